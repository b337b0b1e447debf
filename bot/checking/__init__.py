"""Read campaign files, and apply every rule of ours and of the platforms to them.

``check`` checks the folder of a config once. A ``Checker`` checks it again and again, as the loop
does, and then reads only changed files.
"""

from __future__ import annotations

import gc
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import time as clock_time
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from bot import campaigns, files, lint, planning, share, yamlsource
from bot.engagement.budget import publishing_cost
from bot.errors import Problem, UserError
from bot.model import Account, Content, Slot
from bot.planning.limits import find_excess
from bot.planning.occurrences import DEFAULT_HORIZON
from bot.planning.slots import missing_slots
from bot.platforms import LOADED, PLATFORMS, load_platform
from bot.secrecy import KnownSecrets
from bot.text import join_first
from bot.yamlsource.nodes import MAX_BYTES

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from decimal import Decimal
    from pathlib import Path

    from bot.campaigns.loading import LoadedFolder
    from bot.config import Config
    from bot.model import Campaign, Mark, Part, Post


ProgressCallback = Callable[[float], object]
"""Called now and then with the done share of the work, from 0 to 1."""

CPU_LIMIT = 300.0
"""Most seconds of the loop's own processor time for reading and checking once.

It is enough for 300,000 posts, and well below the usual grace of a post."""

_READING_SHARE, _POSTS_SHARE = 0.45, 0.5
"""Roughly the shares of the work that reading the files and checking each post take."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The campaigns of a folder, and every problem in them."""

    campaigns: tuple[Campaign, ...]
    """As far as they could be read."""
    problems: tuple[Problem, ...]
    """In the order of their places."""
    files: tuple[Path, ...]
    """The files that were read."""
    allowed: tuple[tuple[Problem, str], ...] = ()
    """The problems that comments in the files allow, with the reasons there."""

    @property
    def posts(self) -> list[Post]:
        """The posts of all campaigns."""
        return [post for campaign in self.campaigns for post in campaign.posts]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are not only warnings."""
        return tuple(problem for problem in self.problems if problem.level == "error")

    @property
    def broken_texts(self) -> list[str]:
        """The texts of the files with errors, read again, as far as they can be read."""
        broken = {problem.file for problem in self.errors}
        return [text for path in self.files if str(path) in broken for text in _read_text(path)]

    @property
    def notes(self) -> tuple[Problem, ...]:
        """Effects that the files ask for, but that are easily overlooked."""
        return (*self._cut_notes(), *self._media_notes())

    def _media_notes(self) -> Iterator[Problem]:
        """Yield a note for each picture or film that is sent without some of its data."""
        of_posts = (
            part.media
            for post in self.posts
            for wording in post.wordings
            for part in wording.content.parts
        )
        pages = (campaign.share for campaign in self.campaigns if campaign.share)
        every = chain.from_iterable((*(page.media for page in pages), *of_posts))
        found = {media.path: media for media in every if media.left_out}
        for media in found.values():
            message = f"{media.path.name} is sent without {media.left_out}."
            yield Problem(*media.mark, "M508", message, level="warning")

    def _cut_notes(self) -> Iterator[Problem]:
        """Yield a note for each long text that becomes a thread."""
        cut: dict[tuple[Mark, int], dict[str, None]] = {}
        for post in self.posts:
            for content in (wording.content for wording in post.wordings if wording.cut):
                place = content.parts[0].mark, len(content.parts)
                cut.setdefault(place, {}).update(dict.fromkeys(post.accounts))
        for (mark, parts), accounts in cut.items():
            message = f"The text is too long for one post from {join_first([*accounts])}, "
            message += f"and is sent as a thread of {parts} there."
            yield Problem(*mark, "T407", message, level="warning")

    def new_problems(self, problems: Iterable[Problem]) -> tuple[list[Problem], list[Problem]]:
        """Return the errors and the warnings among ``problems`` that this result does not have.

        The line of a problem does not count.
        """
        identity = attrgetter("file", "code", "message")
        old = Counter(map(identity, self.problems))
        new = []
        for problem in problems:  # of several that read the same, the last ones are new
            old[identity(problem)] -= 1
            if old[identity(problem)] < 0:
                new.append(problem)
        errors = [problem for problem in new if problem.level == "error"]
        return errors, [problem for problem in new if problem.level == "warning"]


def _read_text(path: Path) -> Iterator[str]:
    real = path.resolve()
    with suppress(OSError), files.open_below(real.parent, real.name) as (file, _):
        yield file.read(MAX_BYTES).decode(errors="replace")


def check(
    config: Config, now: datetime, overrides: Mapping[Path, bytes] | None = None
) -> CheckResult:
    """Check the campaigns folder of a config at an instant; see ``Checker``."""
    return Checker.of(config, overrides).check(now)


class Checker:
    """Checks a folder again and again, and reads only its changed files again.

    Without ``accounts``, any name is an account (see ``AnyAccount``). ``overrides`` has new bytes
    of some files, which are checked as if they were written. Posts are queued up to the
    ``horizon``. No post may show one of the ``secrets``. With ``errors_only``, as in the loop,
    there are no warnings, and each check may take ``CPU_LIMIT``.
    """

    def __init__(
        self,
        folder: Path,
        accounts: Mapping[str, Account] | None = None,
        overrides: Mapping[Path, bytes] | None = None,
        *,
        errors_only: bool = False,
        horizon: timedelta = DEFAULT_HORIZON,
        secrets: KnownSecrets | None = None,
    ) -> None:
        from bot.campaigns.loading import FolderReader
        from bot.lint.engine import Linter
        from bot.lint.rules import RULES

        known = AnyAccount() if accounts is None else accounts
        self._folder = folder
        self._seen: dict[Path, Any] = {}
        self._errors_only = errors_only
        self._horizon = horizon
        self._secrets = secrets or KnownSecrets()
        suppressible = dict[str, bool]()
        for package in (yamlsource, campaigns, lint, planning, share):
            suppressible |= dict.fromkeys(package.CODES, False)
        for platform in map(load_platform, PLATFORMS):
            suppressible |= {code: code in platform.ADVICE for code in platform.RULES}
        suppressible |= {rule.code: rule.suppressible for rule in RULES}
        self._linter = Linter(known, _part_price, suppressible, LOADED, errors_only)
        self._reader = FolderReader(folder, known, LOADED, overrides)
        self.campaigns: tuple[Campaign, ...] = ()
        """The campaigns in the files as last read, with mistakes or without."""

    @classmethod
    def of(
        cls,
        config: Config,
        overrides: Mapping[Path, bytes] | None = None,
        *,
        folder: Path | None = None,
        errors_only: bool = False,
    ) -> Checker:
        """Return a checker of the folder of a config, or of another one with its accounts."""
        return cls(
            folder or config.campaigns,
            config.accounts,
            overrides,
            errors_only=errors_only,
            horizon=config.horizon,
            secrets=config.secrets,
        )

    def fingerprint(self) -> str:
        """Return a fingerprint of everything in the folder."""
        from bot.yamlsource.folder import folder_fingerprint

        return folder_fingerprint(self._folder, self._seen)

    def check(self, now: datetime, progress: ProgressCallback | None = None) -> CheckResult:
        """Check new and changed files, and return the result for the whole folder at ``now``.

        If this takes too long, the only result is a problem that names the file read last.
        """
        until = time.thread_time() + (CPU_LIMIT if self._errors_only else math.inf)

        def note_progress(share: float, path: Path) -> None:
            if time.thread_time() > until:
                message = f"Reading the campaign files took more than {CPU_LIMIT:.0f} seconds, and "
                message += "stopped at this one."
                hint = (
                    "If a script has written too much into the file, remove that or split the file."
                )
                raise UserError([Problem(str(path), 0, 0, "Y119", message, hint)])
            if progress:
                progress(share)

        try:
            with without_gc():
                loaded = self._reader.read(
                    lambda done, of, path: note_progress(_READING_SHARE * done / max(of, 1), path)
                )
                file_problems = [*loaded.problems, *self._file_problems(loaded, now, note_progress)]
                checked = self._add_plan_problems(loaded, file_problems, now)
        except UserError as error:
            return CheckResult((), error.problems, ())
        if checked.campaigns:
            self.campaigns = checked.campaigns
        if progress:
            progress(1.0)
        return checked

    def _file_problems(
        self, loaded: LoadedFolder, now: datetime, note_progress: Callable[[float, Path], None]
    ) -> Iterator[Problem]:
        """Yield the problems of the posts and the share page of each file, one by one."""
        from bot.checking.texts import described_page, page_problems, platform_findings
        from bot.lint.share_texts import share_texts

        campaigns = {campaign.id: campaign for campaign in loaded.campaigns}
        for number, read in enumerate(loaded.reads, 1):
            if read.lint_problems is None:
                page = described_page(read, campaigns)
                shared = [*share_texts(page)] if page else []
                found = [
                    finding
                    for post in (*read.posts, *(text.post for text in shared))
                    for finding in platform_findings(post, self._linter.accounts, self._secrets)
                ]
                problems, read.suppressed, read.used_suppressions = self._linter.check_posts(
                    read.posts, campaigns, now, found, shared
                )
                missing = missing_slots(read.posts, self._linter.accounts)
                of_page = page_problems(page) if page else ()
                read.lint_problems = (*problems, *missing, *of_page)
                share = _READING_SHARE + _POSTS_SHARE * number / len(loaded.reads)
                note_progress(share, read.path)
            yield from read.lint_problems

    def _add_plan_problems(
        self, loaded: LoadedFolder, problems: list[Problem], now: datetime
    ) -> CheckResult:
        """Return the result, with the problems of all posts together added to those of files."""
        horizon = now + self._horizon
        excess = find_excess(loaded.campaigns, self._linter.accounts, now, horizon)
        problems = [*problems, *excess]
        allowed = {suppressed for read in loaded.reads for suppressed in read.suppressed}
        # Far too many posts are a mistake, and further checks of them would take long.
        if not any(problem.level == "error" for problem in excess):
            used = chain.from_iterable(read.used_suppressions for read in loaded.reads)
            is_complete = not any(problem.level == "error" for problem in problems)
            found, suppressed = self._linter.check_plan(
                loaded.campaigns, now, used, is_complete=is_complete
            )
            problems += found
            allowed.update(suppressed)
        if self._errors_only:
            problems = [problem for problem in problems if problem.level == "error"]
        unique = tuple(sorted(dict.fromkeys(problems)))
        files = tuple(read.path for read in loaded.reads)
        return CheckResult(loaded.campaigns, unique, files, tuple(sorted(allowed)))


@contextmanager
def without_gc() -> Iterator[None]:
    """Pause the garbage collector, which would scan objects again that are all still needed.

    Each scan stops every thread, and so every send. With 10,000 planned posts, a scan takes 0.2
    seconds instead of 0.03, and a report takes a fifth longer.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


_ASSUMED_SLOTS = (Slot(0, clock_time(9)),)
"""Without a config, an account is taken to have slots, so that none is reported missing."""


class AnyAccount(Mapping[str, Account]):
    """Accounts without a config, whose names say their platforms.

    ``ours-mastodon`` is on the platform that it ends with. Every other name is an account on X.
    """

    def __getitem__(self, name: str) -> Account:
        ending = name.rpartition("-")[2]
        platform = ending if ending in PLATFORMS else "x"
        return Account(name, platform, name, "", slots=_ASSUMED_SLOTS)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _part_price(on: datetime, part: Part, account: Account) -> Decimal:
    return publishing_cost(load_platform(account.platform), Content((part,)), on)

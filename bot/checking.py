"""Everything that can be told about the campaign files before anything is sent.

Loads them, then holds each post against the rules of the platform of each of its accounts. Reads
files; knows no database and no network. ``check`` on the command line and the loop use the same.

What is said about one post depends on its file, on the header of its campaign and on the accounts:
it is kept with the file for as long as these stay (``Checker``). What is said about posts together
is asked anew each time. Only what is an error counts for the loop.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time as clock_time
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from bot import flood
from bot.config.leaks import holds_token
from bot.engagement.spend import price
from bot.memory import without_collector
from bot.model import NOWHERE, Account, Content, Slot
from bot.planning import AHEAD
from bot.platforms import PLATFORMS, base, kind
from bot.reports import Names
from bot.slots import without_slots

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from decimal import Decimal
    from pathlib import Path
    from typing import Literal

    from bot.campaigns.loading import Loaded
    from bot.campaigns.prints import Folder
    from bot.config import Config
    from bot.errors import Allowed, Problem
    from bot.lint.asking import Asking
    from bot.lint.rule import Finding
    from bot.model import Campaign, Mark, Part, Post

Progress = Callable[[float], object]
"""Is told, now and then, what share of the work is done: from 0 to 1."""

_LEAK = "G111"

PATIENCE = 300.0
"""Seconds of processor time that the loop spends on reading and checking, at the most.

It is long enough for 100,000 posts three times over, and well below the usual grace of a post."""

_READING, _POSTS = 0.45, 0.5
"""The shares that reading the files and looking at each post take of the whole, roughly."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The campaigns as far as they could be read, every problem in order, and the files read.

    ``allowed`` are the problems that comments in the files allow; they are not among the others.
    """

    campaigns: tuple[Campaign, ...]
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]
    allowed: tuple[Allowed, ...] = ()

    def news(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Yield those of other problems that are not among these, wherever they stand now."""
        told = attrgetter("file", "code", "message")
        old = set(map(told, self.problems))
        return (problem for problem in problems if told(problem) not in old)


def check(config: Config, now: datetime, replaced: Mapping[Path, bytes] | None = None) -> Checked:
    """Check the campaigns folder of a config, as it is at an instant; see ``check_folder``."""
    folder, accounts = config.campaigns, config.accounts
    return check_folder(folder, now, accounts, replaced, horizon=config.horizon)


def check_folder(
    folder: Path,
    now: datetime,
    accounts: Mapping[str, Account] | None = None,
    replaced: Mapping[Path, bytes] | None = None,
    progress: Progress | None = None,
    horizon: timedelta = AHEAD,
) -> Checked:
    """Check a folder of campaign files; without accounts, any name is taken for an X account.

    ``replaced`` gives other bytes for some files: what would be if they were written. ``horizon``
    is how far ahead posts are queued.
    """
    known = AnyAccount() if accounts is None else accounts
    return Checker(folder, known, replaced, horizon=horizon).look(now, progress=progress)


class Checker:
    """Checks a folder again and again; what did not change is neither read nor checked anew."""

    def __init__(
        self,
        folder: Path,
        accounts: Mapping[str, Account],
        replaced: Mapping[Path, bytes] | None = None,
        *,
        errors_only: bool = False,
        horizon: timedelta = AHEAD,
    ) -> None:
        from bot.campaigns.loading import Reader

        self._errors_only = errors_only
        self._horizon = horizon
        self._asking = _asking(accounts, errors_only=errors_only)
        self._reader = Reader(folder, accounts, replaced)

    def look(
        self, now: datetime, progress: Progress | None = None, patience: float = math.inf
    ) -> Checked:
        """Check what is new or changed, at the instant ``now``, and give all that is known then.

        ``patience`` is the most seconds of processor time that it may take: beyond it, the file
        that was read last is told and nothing else. What the machine does beside does not count.
        """
        until = time.thread_time() + patience

        def tell(share: float, path: Path) -> None:
            if time.thread_time() > until:
                raise _TooSlowError(path)
            if progress:
                progress(share)

        try:
            with without_collector():
                loaded = self._reader.look(
                    lambda done, of, path: tell(_READING * done / max(of, 1), path)
                )
                found = [*loaded.problems, *self._in_files(loaded, now, tell)]
                checked = self._together(loaded, found, now)
        except _TooSlowError as error:
            return Checked((), (_too_slow(error.path, patience),), ())
        if progress:
            progress(1.0)
        return checked

    def _together(self, loaded: Loaded, found: list[Problem], now: datetime) -> Checked:
        """Add to what was found in the files what is wrong with all posts together."""
        flooded = flood.problems(loaded.campaigns, self._asking.accounts, now, now + self._horizon)
        found = [*found, *flooded]
        allowed = {one for read in loaded.reads for one in read.allowed}
        # Of more than anyone can mean, nothing else is worth the time.
        if not any(problem.level == "error" for problem in flooded):
            used = frozenset().union(*(read.used for read in loaded.reads))
            together = self._asking.together(loaded.campaigns, now, used)
            found += together.problems
            allowed |= {*together.allowed}
        problems = dict.fromkeys(self._telling(found))
        told, lifted = tuple(sorted(problems)), tuple(sorted(allowed))
        return Checked(loaded.campaigns, told, loaded.files, lifted)

    def _in_files(
        self, loaded: Loaded, now: datetime, tell: Callable[[float, Path], None]
    ) -> Iterator[Problem]:
        """Give what is wrong with the posts of each file, one by one."""
        campaigns = {campaign.id: campaign for campaign in loaded.campaigns}
        for number, read in enumerate(loaded.reads):
            if read.found is None:
                found = self._asking.of_posts(read.posts, campaigns, now)
                problems = chain(found.problems, without_slots(read.posts, self._asking.accounts))
                read.found, read.used = tuple(self._telling(problems)), found.used
                read.allowed = found.allowed
                tell(_READING + _POSTS * (number + 1) / len(loaded.reads), read.path)
            yield from read.found

    def _telling(self, problems: Iterable[Problem]) -> Iterable[Problem]:
        """Leave out the warnings where only errors count."""
        if not self._errors_only:
            return problems
        return (problem for problem in problems if problem.level == "error")


class _TooSlowError(Exception):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


def _too_slow(path: Path, patience: float) -> Problem:
    from bot.errors import Problem

    message = f"The campaign files took more than {patience:.0f} seconds; this one was read then."
    hint = "Is it made by a script that ran away? Take it out, or split it."
    return Problem(str(path), 0, 0, "Y119", message, hint)


class Files:
    """The campaign files as the loop looks at them, again and again."""

    def __init__(self, config: Config) -> None:
        self._path, self._accounts = config.campaigns, config.accounts
        self._folder: Folder | None = None
        self._make = partial(
            Checker, config.campaigns, config.accounts, errors_only=True, horizon=config.horizon
        )
        self._made: Checker | None = None
        self.names = Names()
        """What people call things, as the files said when they were last read; mistakes or not."""

    def digest(self) -> str:
        """Give a fingerprint of everything in the folder."""
        if self._folder is None:  # only now: it takes a while to import
            from bot.campaigns.prints import Folder

            self._folder = Folder(self._path)
        return self._folder.digest()

    def look(self, now: datetime) -> Checked:
        """Check what is new or changed, and give all that is known then."""
        if self._made is None:  # only now: most commands look at no file
            self._made = self._make()
        found = self._made.look(now, patience=PATIENCE)
        if found.campaigns:
            self.names = Names.of(found.campaigns, self._accounts.values())
        return found


_SLOTS = (Slot(0, clock_time(9)),)
"""Whether an account has slots, nobody can know without a config."""


class AnyAccount(Mapping[str, Account]):
    """Accounts where there is no config to name them: whatever a campaign names is one, on X."""

    def __getitem__(self, name: str) -> Account:
        return Account(name, "x", name, kind("x").API, slots=_SLOTS)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _asking(accounts: Mapping[str, Account], *, errors_only: bool) -> Asking:
    from bot.campaigns.problems import CODES
    from bot.lint.asking import Asking

    rules = {code for name in PLATFORMS for code in kind(name).RULES}
    advice = {code for name in PLATFORMS for code in kind(name).ADVICE}
    return Asking(
        accounts=accounts,
        price=_price,
        others=lambda post: (*_leaks(post), *_of_post(post, accounts)),
        fixed=frozenset({*CODES, *rules, _LEAK}) - advice,
        advice=frozenset(advice),
        errors_only=errors_only,
    )


def _price(part: Part, account: Account, on: datetime) -> Decimal:
    return price(kind(account.platform), Content((part,)), on)


def _of_post(post: Post, accounts: Mapping[str, Account]) -> Iterator[Finding]:
    for name in post.accounts:
        account = accounts.get(name)
        if account:  # that one is missing has been said by the loader
            for content in _contents(post):
                for found in kind(account.platform).check(content, account):
                    yield _finding(found, post, content)


def _contents(post: Post) -> Iterator[Content]:
    return (wording.content for wording in post.wordings)


def _leaks(post: Post) -> Iterator[Finding]:
    """A token that was pasted into a post by mistake would be published."""
    for content in _contents(post):
        for index, part in enumerate(content.parts):
            if holds_token(part.text):
                message = "The text holds what looks like an access token or a password."
                hint = "Take it out, and replace it on the platform if anyone may have read it."
                yield _finding(base.Finding(_LEAK, message, hint, index), post, content)


def _finding(found: base.Finding, post: Post, content: Content) -> Finding:
    from bot.lint.rule import Finding

    level = cast("Literal['error', 'warning']", found.level)
    mark = _mark(post, content, found.part)
    return Finding(found.message, found.hint, mark, post.mark, found.code, level)


def _mark(post: Post, content: Content, part: int) -> Mark:
    parts = content.parts
    mark = parts[part].mark if part < len(parts) else NOWHERE
    return post.mark if mark == NOWHERE else mark

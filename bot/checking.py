"""Everything that can be told about the campaign files before anything is sent.

Loads them, then holds each post against the rules of the platform of each of its accounts. Reads
files; knows no database and no network. ``check`` on the command line and the loop use the same.

What is said about one post depends on its file, on the header of its campaign and on the accounts:
it is kept with the file for as long as these stay (``Checker``). Only what is an error counts for
the loop, and an error never depends on other posts or on what day it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from bot.clock import SystemClock
from bot.config import APIS
from bot.errors import Problem
from bot.model import NOWHERE, Account
from bot.platforms import kind
from bot.platforms.base import Finding
from bot.secrets import holds_token

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import Literal

    from bot.campaigns.edits import Edits
    from bot.campaigns.loading import Loaded
    from bot.campaigns.reading import FileRead
    from bot.config import Config
    from bot.model import Campaign, Content, Mark, Post

Progress = Callable[[float], object]
"""Is told, now and then, what share of the work is done: from 0 to 1."""

_READING, _POSTS = 0.45, 0.5
"""The shares that reading the files and looking at each post take of the whole, roughly."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The campaigns as far as they could be read, every problem in order, and the files read.

    ``edits`` is what changed since the look before; None where that is not known.
    """

    campaigns: tuple[Campaign, ...]
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]
    edits: Edits | None = None


def check(config: Config, now: datetime) -> Checked:
    """Check the campaigns folder of a config, as it is at an instant."""
    return check_folder(config.campaigns, now, config.accounts)


def check_folder(
    folder: Path,
    now: datetime,
    accounts: Mapping[str, Account] | None = None,
    replaced: Mapping[Path, bytes] | None = None,
    progress: Progress | None = None,
) -> Checked:
    """Check a folder of campaign files; without accounts, any name is taken for an X account.

    ``replaced`` gives other bytes for some files: what would be if they were written.
    """
    known = AnyAccount() if accounts is None else accounts
    return Checker(folder, known, replaced).look(now, progress=progress)


class Checker:
    """Checks a folder again and again; what did not change is neither read nor checked anew."""

    def __init__(
        self,
        folder: Path,
        accounts: Mapping[str, Account],
        replaced: Mapping[Path, bytes] | None = None,
        *,
        errors_only: bool = False,
    ) -> None:
        from bot.campaigns.loading import Reader

        self._accounts = accounts
        self._errors_only = errors_only
        self._reader = Reader(folder, accounts, replaced)

    def digest(self, wall: int) -> str:
        """Give a fingerprint of everything in the folder; ``wall`` is the machine's time in ns."""
        return self._reader.digest(wall)

    def forget(self) -> None:
        """Let the next look take everything for new."""
        self._reader.forget()

    def look(self, now: datetime, wall: int = 0, progress: Progress | None = None) -> Checked:
        """Check what is new or changed, at the instant ``now``, and give all that is known then."""
        tell = progress or _untold
        loaded = self._reader.look(wall, lambda done, of: tell(_READING * done / max(of, 1)))
        found = [*loaded.problems, *self._in_files(loaded, tell)]
        if not self._errors_only:
            found += self._together(loaded, now)
        tell(1.0)
        problems = tuple(sorted(dict.fromkeys(self._telling(found))))
        return Checked(loaded.campaigns, problems, loaded.files, loaded.edits)

    def _in_files(self, loaded: Loaded, tell: Progress) -> Iterator[Problem]:
        """Give what is wrong with the posts of each file, one by one."""
        campaigns = {campaign.id: campaign for campaign in loaded.campaigns}
        for number, read in enumerate(loaded.reads):
            if read.found is None:
                read.found = tuple(self._telling(self._in_file(read, campaigns)))
                tell(_READING + _POSTS * (number + 1) / len(loaded.reads))
            yield from read.found

    def _in_file(self, read: FileRead, campaigns: Mapping[str, Campaign]) -> Iterator[Problem]:  # noqa: ARG002 - what the lint rules look at
        for post in read.posts:
            yield from _leaks(post)
            yield from _of_post(post, self._accounts)

    def _together(self, loaded: Loaded, now: datetime) -> Iterator[Problem]:  # noqa: ARG002 - the rules about posts together come here
        yield from ()

    def _telling(self, problems: Iterable[Problem]) -> Iterable[Problem]:
        """Leave out the warnings where only errors count."""
        if not self._errors_only:
            return problems
        return (problem for problem in problems if problem.level == "error")


class Files:
    """The campaign files as the loop looks at them; the file system's time is the machine's."""

    def __init__(self, folder: Path, accounts: Mapping[str, Account]) -> None:
        self._make = partial(Checker, folder, accounts, errors_only=True)
        self._wall = SystemClock().wall
        self._made: Checker | None = None

    @property
    def _checker(self) -> Checker:
        if self._made is None:  # only now: most commands look at no file
            self._made = self._make()
        return self._made

    def digest(self) -> str:
        """Give a fingerprint of everything in the folder."""
        return self._checker.digest(self._wall())

    def anew(self, config: Config, now: datetime) -> Checked:
        """Check everything, whatever is known of it."""
        self._checker.forget()
        return self.again(config, now)

    def again(self, config: Config, now: datetime) -> Checked:  # noqa: ARG002 - it is the one that we were made for
        """Check what is new or changed."""
        return self._checker.look(now, self._wall())


def _untold(share: float) -> None:
    """Nobody wants to know."""


class AnyAccount(Mapping[str, Account]):
    """Accounts where there is no config to name them: whatever a campaign names is one, on X."""

    def __getitem__(self, name: str) -> Account:
        return Account(name, "x", name, APIS["x"])

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _of_post(post: Post, accounts: Mapping[str, Account]) -> Iterator[Problem]:
    for name in post.accounts:
        account = accounts.get(name)
        if account:  # that one is missing has been said by the loader
            for content in _contents(post):
                for finding in kind(account.platform).check(content, account):
                    yield _problem(finding, _mark(post, content, finding.part))


def _contents(post: Post) -> Iterator[Content]:
    return (wording.content for wording in post.wordings)


def _leaks(post: Post) -> Iterator[Problem]:
    """A token that was pasted into a post by mistake would be published."""
    for content in _contents(post):
        for index, part in enumerate(content.parts):
            if holds_token(part.text):
                message = "The text holds what looks like an access token or a password."
                hint = "Take it out, and replace it on the platform if anyone may have read it."
                yield _problem(Finding("G111", message, hint), _mark(post, content, index))


def _mark(post: Post, content: Content, part: int) -> Mark:
    parts = content.parts
    mark = parts[part].mark if part < len(parts) else NOWHERE
    return post.mark if mark == NOWHERE else mark


def _problem(finding: Finding, mark: Mark) -> Problem:
    return Problem(
        mark.file,
        mark.line,
        mark.column,
        finding.code,
        finding.message,
        finding.hint,
        cast("Literal['error', 'warning']", finding.level),
    )

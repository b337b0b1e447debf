"""Loading the folder of campaign files: everything in it, and everything that is wrong with it.

``load`` reads it once. A ``Reader`` reads it again and again: what did not change is neither read
nor made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from bot.campaigns import assembly
from bot.campaigns.prints import print_of
from bot.campaigns.reading import Around, FileRead, begin, finish
from bot.campaigns.source import open_one, starts_as_list, yaml_files
from bot.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.campaigns.header import Header
    from bot.campaigns.prints import Stamp
    from bot.model import Account, Campaign

Progress = Callable[[int, int, Path], object]
"""Is told how many files, of how many, are read, and which of them was the last."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder says: its campaigns, every problem in order of place, and the files read.

    Where there are problems, ``campaigns`` holds what is sound beside them. That is good enough to
    look at, but not to queue from: what is missing would be taken for withdrawn.
    """

    campaigns: tuple[Campaign, ...]
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]
    reads: tuple[FileRead, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it may be planned from: nothing is wrong but what is only a warning."""
        return not any(problem.level == "error" for problem in self.problems)


def load(
    folder: Path,
    accounts: Mapping[str, Account],
    replaced: Mapping[Path, bytes] | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Read every YAML file in the folder; never raises for what is in it.

    ``accounts`` are those of the configuration, by name. ``replaced`` gives other bytes for some of
    the files (paths as in ``folder / name``): what would be if they were written.
    """
    return Reader(folder, accounts, replaced).look(progress)


class Reader:
    """Reads a folder again and again, and keeps what was made of each file."""

    def __init__(
        self,
        folder: Path,
        accounts: Mapping[str, Account],
        replaced: Mapping[Path, bytes] | None = None,
    ) -> None:
        self._folder = folder
        self._accounts = accounts
        self._replaced = replaced or {}
        self._root = folder
        self._shelf: dict[Path, FileRead] = {}

    def look(self, progress: Progress | None = None) -> Loaded:
        """Read what is new or changed.

        Never raises for what is in the folder. Where ``progress`` raises, nothing is kept of it.
        """
        if not self._folder.is_dir():
            message, hint = "There is no such folder.", "groundswell init makes one."
            problem = Problem(str(self._folder), 0, 0, "Y112", message, hint)
            return Loaded((), (problem,), ())
        self._find_root()
        unread: list[OSError] = []
        files = yaml_files(self._folder, unread.append)
        if self._replaced:
            files = tuple(sorted({*files, *self._replaced}))
        pass_ = _Pass(self._root, self._accounts, self._replaced, len(files), progress)
        self._shelf = pass_.read(self._same(files), self._shelf)
        reads, headers = tuple(self._shelf.values()), pass_.headers
        made = assembly.assemble(reads, headers)
        notes = [*chain.from_iterable(one.notes for one in made), *assembly.doubled(reads, headers)]
        problems = sorted([*assembly.problems(reads, notes), *map(_unlisted, unread)])
        campaigns = tuple(one.campaign for one in made if one.campaign)
        return Loaded(campaigns, tuple(problems), files, reads)

    def _find_root(self) -> None:
        """Find the folder itself: media must stay inside of it."""
        root = self._folder.resolve()
        if root != self._root:
            self._shelf, self._root = {}, root

    def _same(self, files: Sequence[Path]) -> Iterator[tuple[Path, str, bool]]:
        """Give each file, the print of its bytes, and whether it is as it was read."""
        seen: dict[str, tuple[Stamp | None, ...]] = {}
        for path in files:
            print_, old = print_of(path), self._shelf.get(path)
            same = old and old.print_ == print_ and old.sound and path not in self._replaced
            yield path, print_, bool(old and same and old.shows_the_same(self._root, seen))


def _unlisted(error: OSError) -> Problem:
    message = f"The folder cannot be read: {error.strerror}."
    return Problem(str(error.filename), 0, 0, "Y112", message, "Check its permissions.")


class _Pass:
    """One pass over the folder: first what describes campaigns, then the lists that name them."""

    def __init__(
        self,
        root: Path,
        accounts: Mapping[str, Account],
        replaced: Mapping[Path, bytes],
        count: int,
        progress: Progress | None,
    ) -> None:
        self._root = root
        self._accounts = accounts
        self._replaced = replaced
        self._count = count
        self._progress = progress
        self._done = 0
        self._shelf: dict[Path, FileRead] = {}
        self._waiting: set[Path] = set()
        self.headers: dict[str, Header] = {}

    def read(
        self, files: Iterator[tuple[Path, str, bool]], before: Mapping[Path, FileRead]
    ) -> dict[Path, FileRead]:
        """Read what is not as it was, and give every file in the order given."""
        for path, print_, same in files:
            if same:
                self._shelf[path] = before[path]
            elif starts_as_list(path, self._replaced):
                self._shelf[path] = FileRead(path, print_, lost=False)
                self._waiting.add(path)
            else:
                source = open_one(path, self._replaced)
                self._shelf[path] = read = begin(source, print_, self._accounts)
                if read.header:
                    around = Around({}, unclear=True)
                    finish(read, source, around, self._accounts, self._root)
                else:
                    self._waiting.add(path)
            self._tell(path, 0 if path in self._waiting else 1)
        around = self._around()
        self._finish_all(around)
        last = self._around()
        if last.whole != around.whole:  # a list that cannot be read may as well be a campaign
            self._finish_all(last)
        return self._shelf

    def _around(self) -> Around:
        reads = self._shelf.values()
        for read in reads:
            if read.header and read.header.id is not None:
                self.headers.setdefault(read.header.id, read.header)
        return Around(self.headers, unclear=any(read.lost for read in reads))

    def _finish_all(self, around: Around) -> None:
        for path, read in self._shelf.items():
            if path in self._waiting or not read.holds(around):
                self._waiting.discard(path)
                source = open_one(path, self._replaced)
                self._shelf[path] = again = begin(source, read.print_, self._accounts)
                finish(again, source, around, self._accounts, self._root)
                self._tell(path, 1)

    def _tell(self, path: Path, more: int) -> None:
        self._done = min(self._done + more, self._count)
        if self._progress:
            self._progress(self._done, self._count, path)

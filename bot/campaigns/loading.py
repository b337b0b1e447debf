"""The folder as a whole: from its files to campaigns, and the problems between files.

A ``FolderReader`` reads it again and again: what is unchanged is not read twice. ``load`` reads it
once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from bot.campaigns.reading import (
    FolderContext,
    LoadedFile,
    content_fingerprint,
    read_campaign_part,
    read_posts_part,
)
from bot.campaigns.source import read_source, starts_as_list, yaml_files
from bot.errors import Problem
from bot.yamlsource.problems import MAX_PROBLEMS, ProblemList, quote_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.campaigns.header import Header
    from bot.campaigns.reading import Stamp
    from bot.model import Account, Campaign, Post
    from bot.yamlsource.problems import Place

_OWN_ID_HINT = "Give each its own id."
_KEEP_ONE_HINT = "Keep one, or give them different ids."


@dataclass(frozen=True, slots=True)
class CrossFileProblem:
    """A problem that two files have with each other, reported for the later one."""

    read: LoadedFile
    code: str
    place: Place
    message: str
    hint: str


def assemble(
    reads: Iterable[LoadedFile], headers: Mapping[str, Header], notes: list[CrossFileProblem]
) -> Iterator[Campaign]:
    """Yield each campaign with its posts from all files; note the problems between these."""
    reads_by_campaign: dict[str, list[LoadedFile]] = {name: [] for name in headers}
    for read in reads:
        for name in read.by_campaign:
            reads_by_campaign.setdefault(name, []).append(read)
    for name, header in headers.items():
        theirs = reads_by_campaign[name]
        parts = [read.by_campaign[name] for read in theirs]
        posts = tuple(chain.from_iterable(_without_duplicate_ids(theirs, parts, notes)))
        if campaign := header.build_campaign(posts):
            yield campaign


def _without_duplicate_ids(
    reads: Sequence[LoadedFile], parts: Sequence[tuple[Post, ...]], notes: list[CrossFileProblem]
) -> Iterator[Sequence[Post]]:
    """Yield the posts of each file, but for those whose id an earlier one has."""
    first: dict[str, Post] = {}
    for read, part in zip(reads, parts, strict=True):
        duplicates: list[Post] = []
        for post in part:
            other = first.setdefault(post.id, post)
            # Those with one mark are one post on several events.
            if other is not post and other.mark != post.mark:
                duplicates.append(post)
        notes += _duplicate_id_problems(read, duplicates, first)
        left_out = {id(post) for post in duplicates}
        yield [post for post in part if id(post) not in left_out] if duplicates else part


def _duplicate_id_problems(
    read: LoadedFile, duplicates: Sequence[Post], first: Mapping[str, Post]
) -> Iterator[CrossFileProblem]:
    by_mark = {post.mark: post for post in reversed(duplicates)}
    for post in [*by_mark.values()][::-1][: MAX_PROBLEMS + 1]:
        index = next(index for index, other in enumerate(read.posts) if other is post)
        line, column = read.places[2 * index : 2 * index + 2]
        mark = first[post.id].mark
        where = f"{mark.file}:{mark.line}"
        message = f"The post {quote_value(post.id)} stands in {where} too"
        if not line:  # its id is made from its time
            line, column = post.mark.line, post.mark.column
            message = f"The post in {where} is for the same time"
        yield CrossFileProblem(read, "R306", (line, column), message, _OWN_ID_HINT)


def duplicate_campaigns(
    reads: Iterable[LoadedFile], headers: Mapping[str, Header]
) -> Iterator[CrossFileProblem]:
    """Yield a problem for every file that describes a campaign which an earlier one describes."""
    for read in reads:
        name = read.header.id if read.header else None
        first = headers[name] if name is not None else None
        if first and first is not read.header:
            shown = quote_value(name or "")
            message = f"The campaign {shown} is described in {first.mark.file} too"
            yield CrossFileProblem(read, "R307", read.header_place, message, _KEEP_ONE_HINT)


def all_problems(
    reads: Iterable[LoadedFile], notes: Iterable[CrossFileProblem]
) -> Iterator[Problem]:
    """Yield the problems of each file, including those that it has with others."""
    theirs: dict[int, list[CrossFileProblem]] = {}
    for note in notes:
        theirs.setdefault(id(note.read), []).append(note)
    for read in reads:
        if notes_on_file := theirs.get(id(read)):
            listed = ProblemList(str(read.path))
            listed.problems += read.problems
            for note in notes_on_file:
                listed.add(note.code, note.place, note.message, note.hint)
            yield from listed.problems
        else:
            yield from read.problems


Progress = Callable[[int, int, Path], object]
"""Called with the number of files read, the number of all files, and the last one read."""


@dataclass(frozen=True, slots=True)
class LoadedFolder:
    """What is in a folder: its campaigns, every problem in order of place, and the files read.

    Where there are problems, ``campaigns`` holds what is sound beside them. That is good enough to
    look at, but not to queue from: what is missing would seem to be withdrawn.
    """

    campaigns: tuple[Campaign, ...]
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]
    reads: tuple[LoadedFile, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it can be planned from: there are warnings at most."""
        return not any(problem.level == "error" for problem in self.problems)


def load(
    folder: Path,
    accounts: Mapping[str, Account],
    overrides: Mapping[Path, bytes] | None = None,
    progress: Progress | None = None,
) -> LoadedFolder:
    """Read every YAML file in the folder; never raises for what is in it.

    ``accounts`` are those of the configuration, by name. ``overrides`` gives other bytes for some
    files (paths as in ``folder / name``), as if they had been written.
    """
    return FolderReader(folder, accounts, overrides).read(progress)


class FolderReader:
    """Reads a folder again and again, and keeps what it has read of each file."""

    def __init__(
        self,
        folder: Path,
        accounts: Mapping[str, Account],
        overrides: Mapping[Path, bytes] | None = None,
    ) -> None:
        self._folder = folder
        self._accounts = accounts
        self._overrides = overrides or {}
        self._root = folder
        self._loaded_files: dict[Path, LoadedFile] = {}

    def read(self, progress: Progress | None = None) -> LoadedFolder:
        """Read what is new or changed.

        Never raises for what is in the folder. Where ``progress`` raises, nothing is kept.
        """
        if not self._folder.is_dir():
            message, hint = "There is no such folder.", "groundswell init makes one."
            problem = Problem(str(self._folder), 0, 0, "Y112", message, hint)
            return LoadedFolder((), (problem,), ())
        self._find_root()
        unread: list[OSError] = []
        files = yaml_files(self._folder, unread.append)
        if self._overrides:
            files = tuple(sorted({*files, *self._overrides}))
        pass_ = _FolderPass(self._root, self._accounts, self._overrides, len(files), progress)
        self._loaded_files = pass_.read(self._find_unchanged(files), self._loaded_files)
        reads, headers = tuple(self._loaded_files.values()), pass_.headers
        notes: list[CrossFileProblem] = []
        campaigns = tuple(assemble(reads, headers, notes))
        notes += duplicate_campaigns(reads, headers)
        problems = sorted([*all_problems(reads, notes), *map(_unlistable_problem, unread)])
        return LoadedFolder(campaigns, tuple(problems), files, reads)

    def _find_root(self) -> None:
        """Find the folder behind a link: media must stay inside of it."""
        root = self._folder.resolve()
        if root != self._root:
            self._loaded_files, self._root = {}, root

    def _find_unchanged(self, files: Sequence[Path]) -> Iterator[tuple[Path, str, bool]]:
        """Yield each file, its fingerprint, and whether it is unchanged since it was read."""
        seen: dict[str, tuple[Stamp | None, ...]] = {}
        for path in files:
            fingerprint, old = content_fingerprint(path), self._loaded_files.get(path)
            unchanged = (
                old is not None
                and old.fingerprint == fingerprint
                and old.has_no_errors
                and path not in self._overrides
                and old.media_unchanged(self._root, seen)
            )
            yield path, fingerprint, unchanged


def _unlistable_problem(error: OSError) -> Problem:
    message = f"The folder cannot be read: {error.strerror}."
    return Problem(str(error.filename), 0, 0, "Y112", message, "Check its permissions.")


class _FolderPass:
    """One pass over the folder: first the files that describe campaigns, then bare lists."""

    def __init__(
        self,
        root: Path,
        accounts: Mapping[str, Account],
        overrides: Mapping[Path, bytes],
        count: int,
        progress: Progress | None,
    ) -> None:
        self._root = root
        self._accounts = accounts
        self._overrides = overrides
        self._count = count
        self._progress = progress
        self._done = 0
        self._loaded_files: dict[Path, LoadedFile] = {}
        self._pending: set[Path] = set()
        self.headers: dict[str, Header] = {}

    def read(
        self, files: Iterator[tuple[Path, str, bool]], before: Mapping[Path, LoadedFile]
    ) -> dict[Path, LoadedFile]:
        """Read what has changed, and return every file in the order given."""
        for path, fingerprint, unchanged in files:
            if unchanged:
                self._loaded_files[path] = before[path]
            elif starts_as_list(path, self._overrides):
                self._loaded_files[path] = LoadedFile(path, fingerprint, campaigns_unknown=False)
                self._pending.add(path)
            else:
                source = read_source(path, self._overrides)
                read = read_campaign_part(source, fingerprint, self._accounts)
                self._loaded_files[path] = read
                if read.header:
                    context = FolderContext({}, is_incomplete=True)
                    read_posts_part(read, source, context, self._accounts, self._root)
                else:
                    self._pending.add(path)
            self._report_progress(path, 0 if path in self._pending else 1)
        context = self._build_context()
        self._finish_all(context)
        last = self._build_context()
        if last.signature != context.signature:  # a list that cannot be read may be a campaign
            self._finish_all(last)
        return self._loaded_files

    def _build_context(self) -> FolderContext:
        reads = self._loaded_files.values()
        for read in reads:
            if read.header and read.header.id is not None:
                self.headers.setdefault(read.header.id, read.header)
        return FolderContext(
            self.headers, is_incomplete=any(read.campaigns_unknown for read in reads)
        )

    def _finish_all(self, context: FolderContext) -> None:
        for path, read in self._loaded_files.items():
            if path in self._pending or not read.is_current(context):
                self._pending.discard(path)
                source = read_source(path, self._overrides)
                again = read_campaign_part(source, read.fingerprint, self._accounts)
                self._loaded_files[path] = again
                read_posts_part(again, source, context, self._accounts, self._root)
                self._report_progress(path, 1)

    def _report_progress(self, path: Path, more: int) -> None:
        self._done = min(self._done + more, self._count)
        if self._progress:
            self._progress(self._done, self._count, path)

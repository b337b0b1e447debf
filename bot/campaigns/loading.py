"""Reads the folder: campaigns from all of its files, and the problems between files.

A ``FolderReader`` reads the folder again and again, and only its changed files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.campaigns.reading import LoadedFile, read_file
from bot.campaigns.source import read_source, starts_as_list
from bot.campaigns.voices import Speakers
from bot.errors import Problem
from bot.text import quote_value
from bot.yamlsource.folder import content_fingerprint, yaml_files
from bot.yamlsource.problems import ProblemList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.campaigns.header import Header
    from bot.campaigns.voices import VoiceRules
    from bot.model import Account, Campaign, Mark, Post
    from bot.yamlsource.folder import Stamp


def _assemble(
    reads: Sequence[LoadedFile], headers: Mapping[str, Header], problems: Mapping[Path, ProblemList]
) -> Iterator[Campaign]:
    """Yield each campaign with its posts from all files.

    A problem between two files is added to ``problems`` of the later one.
    """
    first: dict[tuple[str, str], Post] = {}
    posts: dict[str, list[Post]] = {name: [] for name in headers}
    for read in reads:
        listed = problems[read.path]
        noted: set[Mark] = set()
        for index, post in enumerate(read.posts):
            other = first.setdefault((post.campaign, post.id), post)
            # Posts with the same mark are one entry on several events or platforms.
            if other is post or other.mark == post.mark:
                posts[post.campaign].append(post)
            elif post.mark not in noted and not listed.is_full:
                noted.add(post.mark)
                place = read.id_places[index]
                where = f"{other.mark.file}:{other.mark.line}"
                message = f"The post in {where} has the id {quote_value(post.id)} too"
                if place is None:  # the id is made from the time
                    place = post.mark.line, post.mark.column
                    message = f"The post in {where} is for the same time"
                listed.add("R306", place, message, "Change the id: of one of them.")
        if read.header and read.header.id is not None:
            described = headers[read.header.id]
            if described is not read.header:
                shown = quote_value(read.header.id)
                message = f"The campaign {shown} is described in {described.mark.file} too"
                hint = "Keep one, or change the id of one."
                listed.add("R307", read.header_place, message, hint)
    for name, header in headers.items():
        if campaign := header.build_campaign(tuple(posts[name])):
            yield campaign


Progress = Callable[[int, int, Path], object]
"""Called with the number of files read, the number of all files, and the file read last."""


@dataclass(frozen=True, slots=True)
class LoadedFolder:
    """The content of a folder."""

    campaigns: tuple[Campaign, ...]
    """The campaigns, without the entries that have mistakes.

    If there are problems, nothing may be queued from these: a post that is missing here would seem
    to be withdrawn.
    """
    problems: tuple[Problem, ...]
    """Every problem, in order of place."""
    reads: tuple[LoadedFile, ...]
    """The content of each file."""


class FolderReader:
    """Reads a folder again and again, and keeps the content of each file.

    ``accounts`` are the accounts of the configuration by name, and ``platforms`` the rules of
    platforms by name. ``overrides`` has bytes that some files (paths as in ``folder / name``) are
    read as having.
    """

    def __init__(
        self,
        folder: Path,
        accounts: Mapping[str, Account],
        platforms: Mapping[str, VoiceRules],
        overrides: Mapping[Path, bytes] | None = None,
    ) -> None:
        self._folder = folder
        self._speakers = Speakers(accounts, platforms)
        self._overrides = overrides or {}
        self._root = folder
        self._loaded_files: dict[Path, LoadedFile] = {}

    def read(self, progress: Progress | None = None) -> LoadedFolder:
        """Read the new and changed files.

        Nothing in the folder raises an error. If ``progress`` raises one, nothing is kept.
        """
        if not self._folder.is_dir():
            message = "There is no such folder."
            hint = "Put it back if it was moved or unmounted; groundswell init makes a new one."
            problem = Problem(str(self._folder), 0, 0, "Y112", message, hint)
            return LoadedFolder((), (problem,), ())
        root = self._folder.resolve()  # of a symbolic link's target, in which media must stay
        if root != self._root:
            self._loaded_files, self._root = {}, root
        unread: list[OSError] = []
        files = yaml_files(self._folder, unread.append)
        if self._overrides:
            files = tuple(sorted({*files, *self._overrides}))
        self._loaded_files, headers = self._read_files(files, progress or (lambda *_: None))
        reads = tuple(self._loaded_files.values())
        listed = {read.path: ProblemList(str(read.path), read.problems) for read in reads}
        campaigns = tuple(_assemble(reads, headers, listed))
        problems = [problem for of_file in listed.values() for problem in of_file.problems]
        for error in unread:
            message = f"The folder cannot be read: {error.strerror}."
            hint = "Check its permissions, and that its disk is mounted."
            problems.append(Problem(str(error.filename), 0, 0, "Y112", message, hint))
        return LoadedFolder(campaigns, tuple(sorted(problems)), reads)

    def _read_files(
        self, files: Sequence[Path], progress: Progress
    ) -> tuple[dict[Path, LoadedFile], Mapping[str, Header]]:
        """Return the content of each file and the campaigns' headers; bare lists are read last."""
        loaded: dict[Path, LoadedFile] = {}
        pending: set[Path] = set()
        seen: dict[str, tuple[Stamp | None, ...]] = {}
        for path in files:
            fingerprint, old = content_fingerprint(path), self._loaded_files.get(path)
            overridden = path in self._overrides
            if old and not overridden and old.is_unchanged(fingerprint, self._root, seen):
                loaded[path] = old
            elif starts_as_list(path, self._overrides):
                loaded[path] = LoadedFile(path, fingerprint, campaigns_unknown=False)
                pending.add(path)
            else:
                source = read_source(path, self._root, self._overrides)
                loaded[path] = read_file(source, fingerprint, None, self._speakers)
                pending |= set() if loaded[path].header else {path}
            progress(len(loaded) - len(pending), len(files), path)
        headers: dict[str, Header] = {}
        for read in loaded.values():
            if read.header and read.header.id is not None:
                headers.setdefault(read.header.id, read.header)
        for _ in range(2):  # a bare list that cannot be read may be a campaign after all
            unknown = any(read.campaigns_unknown for read in loaded.values())
            for path, read in loaded.items():
                if path in pending or not read.is_current(headers, is_incomplete=unknown):
                    source = read_source(path, self._root, self._overrides)
                    loaded[path] = read_file(
                        source, read.fingerprint, headers, self._speakers, is_incomplete=unknown
                    )
                    pending.discard(path)
                    progress(len(loaded) - len(pending), len(files), path)
        return loaded, headers

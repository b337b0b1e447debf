"""What is wrong with the YAML of an import, told of the cells that it came from."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.campaigns.queue_file import as_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.bulk.entries import Entry
    from bot.errors import Problem
    from bot.model import Campaign, Post

_TIME = "Write it as YYYY-MM-DD HH:MM, or next slot; a recurrence goes into a campaign file."
_KEY = re.compile(r"(?:- |  )([a-z_]+):")
_WORDING = re.compile(r"    ([a-z0-9][a-z0-9-]*):")


class Placed:
    """Entries as YAML, and which line came from which cell.

    They stand at the end of ``data``, the bytes of the whole ``file``; or are all of it.
    """

    def __init__(
        self,
        fields: Sequence[Mapping[str, Any]],
        entries: Sequence[Entry],
        file: str,
        sheet: str,
        data: bytes | None = None,
    ) -> None:
        texts = [as_yaml([one]) for one in fields]
        self.data = "".join(texts).encode() if data is None else data
        self._file = file
        self._sheet = sheet
        self._entries = entries
        self._lines = [text.splitlines() for text in texts]
        line = self.data.count(b"\n") - sum(text.count("\n") for text in texts) + 1
        self._starts: list[int] = []
        for text in texts:
            self._starts.append(line)
            line += text.count("\n")

    def _entry_at(self, file: str, line: int) -> int | None:
        if file != self._file or not self._starts or line < self._starts[0]:
            return None
        return bisect_right(self._starts, line) - 1

    def posts(self, campaigns: Iterable[Campaign]) -> list[Post | None]:
        """Give the post that came of each entry, or None where there is none."""
        found: list[Post | None] = [None] * len(self._entries)
        for campaign in campaigns:
            for post in campaign.posts:
                index = self._entry_at(post.mark.file, post.mark.line)
                if index is not None:
                    found[index] = post
        return found

    def moved(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Give the problems, those of the entries told of their cells."""
        for problem in problems:
            index = self._entry_at(problem.file, problem.line)
            yield problem if index is None else self._of_cell(problem, index)

    def _of_cell(self, problem: Problem, index: int) -> Problem:
        key, wording = self._key(index, problem.line - self._starts[index])
        row, column = self._entries[index].place(key, wording)
        name = row.name(column)
        message = f"{name[0].upper()}{name[1:]}: {problem.message}"
        line, at = row.place(column)
        unread = column == "when" and problem.code == "S601"
        hint = _TIME if unread else problem.hint  # a file can say more than a cell
        return replace(problem, file=self._sheet, line=line, column=at, message=message, hint=hint)

    def _key(self, index: int, line: int) -> tuple[str, str | None]:
        """Give the key that a line of an entry belongs to, and its wording."""
        key, wording = "id", None
        for text in self._lines[index][: line + 1]:
            if found := _KEY.match(text):
                key, wording = found[1], None
            elif key == "wordings" and (found := _WORDING.match(text)):
                wording = found[1]
        return key, wording

"""The posts of a spreadsheet as YAML, and the cell from which each of its lines came."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.campaigns.queue_file import dump_posts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.authoring.entries import TypedPost
    from bot.errors import Problem
    from bot.model import Campaign, Post

_TIME_HINT = "Write it as YYYY-MM-DD HH:MM, or next slot; a recurrence goes into a campaign file."
_KEY = re.compile(r"(?:- |  )([a-z_]+):")
_WORDING = re.compile(r"    ([a-z0-9][a-z0-9-]*):")


class YamlSourceMap:
    """Entries as YAML, and which line came from which cell.

    They are at the end of ``data``, the bytes of the whole ``file``, or all of it without ``data``.
    """

    def __init__(
        self,
        fields: Sequence[Mapping[str, Any]],
        entries: Sequence[TypedPost],
        file: str,
        sheet: str,
        data: bytes | None = None,
    ) -> None:
        texts = [dump_posts([post]) for post in fields]
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
        """Return the post that each entry became, or None where there is none."""
        posts: list[Post | None] = [None] * len(self._entries)
        for campaign in campaigns:
            for post in campaign.posts:
                index = self._entry_at(post.mark.file, post.mark.line)
                if index is not None:
                    posts[index] = post
        return posts

    def map_problems(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Yield the problems; those of the entries with the place of their cells."""
        for problem in problems:
            index = self._entry_at(problem.file, problem.line)
            yield problem if index is None else self._at_cell(problem, index)

    def _at_cell(self, problem: Problem, index: int) -> Problem:
        key, wording = self._key_at(index, problem.line - self._starts[index])
        row, column = self._entries[index].place(key, wording)
        name = row.name(column)
        message = f"{name[0].upper()}{name[1:]}: {problem.message}"
        line, at = row.place(column)
        # The hint of a time that cannot be read offers what a file can say and a cell cannot.
        is_time = column == "when" and problem.code == "S601"
        hint = _TIME_HINT if is_time else problem.hint
        return replace(problem, file=self._sheet, line=line, column=at, message=message, hint=hint)

    def _key_at(self, index: int, line: int) -> tuple[str, str | None]:
        """Return the key that a line of an entry belongs to, and its wording."""
        key, wording = "id", None
        for text in self._lines[index][: line + 1]:
            if match := _KEY.match(text):
                key, wording = match[1], None
            elif key == "wordings" and (match := _WORDING.match(text)):
                wording = match[1]
        return key, wording

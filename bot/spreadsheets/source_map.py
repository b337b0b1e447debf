"""From the lines of YAML that a spreadsheet became back to its cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.campaigns.editing import dump_posts
from bot.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.model import Post
    from bot.spreadsheets.entries import TypedPost

_TIME_HINT = "Write it as YYYY-MM-DD HH:MM, or next slot; a recurrence goes into a campaign file."
_KEY = re.compile(r"(?:- |  )([a-z_]+):")
_WORDING = re.compile(r"    ([a-z0-9][a-z0-9-]*):")


def keys_by_line(entry: str) -> list[tuple[str, str | None]]:
    """Return the key that each line of an entry belongs to, and its wording."""
    keys: list[tuple[str, str | None]] = []
    key, wording = "id", None
    for line in entry.splitlines():
        if match := _KEY.match(line):
            key, wording = match[1], None
        elif key == "wordings" and (match := _WORDING.match(line)):
            wording = match[1]
        keys.append((key, wording))
    return keys


class YamlSourceMap:
    """Entries as YAML, and the cell that each of its lines came from.

    The entries are at the end of ``data``, the bytes of the whole ``file``. Without ``data``, they
    are the whole file.
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
        origins = [
            (index, key, wording)
            for index, text in enumerate(texts)
            for key, wording in keys_by_line(text)
        ]
        self._last_line = self.data.count(b"\n")
        self._origins = dict(enumerate(origins, self._last_line - len(origins) + 1))
        """The entry that each line belongs to, by its place; the key there, and its wording."""

    def posts(self, posts: Iterable[Post]) -> list[Post | None]:
        """Return, for each entry, the post that it became, or None."""
        became: list[Post | None] = [None] * len(self._entries)
        for post in posts:
            if post.mark.file == self._file and post.mark.line in self._origins:
                became[self._origins[post.mark.line][0]] = post
        return became

    def map_problems(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Yield the problems, with the places of the cells for those of the entries."""
        for problem in problems:
            origin = self._origins.get(min(problem.line, self._last_line))
            if problem.file != self._file or origin is None:
                yield problem
                continue
            index, key, wording = origin
            row, column = self._entries[index].place(key, wording)
            message = f"{row.title(column)}: {problem.message}"
            # The usual hint for a time offers forms that a file can have and a cell cannot.
            is_time = key == "when" and problem.code == "S601"
            hint = _TIME_HINT if is_time else problem.hint
            place = (self._sheet, *row.place(column))
            yield Problem(*place, problem.code, message, hint, problem.level)

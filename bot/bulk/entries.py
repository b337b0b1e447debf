"""From rows to entries: what a person would have typed into ``queue.yaml`` for each post."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from bot.bulk.columns import UNREAD
from bot.bulk.times import when_of
from bot.campaigns.problems import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.bulk.sheet import Row
    from bot.campaigns.problems import ProblemList

NONE = "none"
"""What ``hashtags`` says for none at all."""

PART = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)
"""What begins the next part of a thread."""

_NO_LENGTH = "The row does not say how long its poll is open"

_SAID = ("text", "media", "alt", "poll", "poll_for", "link", "wording")
"""The columns that may differ between the wordings of one post."""

_OPEN = ("", "planned", "scheduled", "queue")
"""States of what is still to come; rows of others tell what was, and are left out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A post as it was typed: its rows (one for each wording), and its fields for the YAML."""

    rows: tuple[Row, ...]
    fields: Mapping[str, Any]

    @property
    def row(self) -> Row:
        """The first of its rows."""
        return self.rows[0]

    @property
    def signed(self) -> bool:
        """Whether its rows name an author."""
        return any("author" in row.cells for row in self.rows)

    @property
    def exported(self) -> bool:
        """Whether it comes from an export, which gives a time to what waits for a queue slot."""
        return "key" in self.row.cells

    def place(self, key: str, wording: str | None = None) -> tuple[Row, str]:
        """Give the row and the column that a key of the YAML came from."""
        row = next((one for one in self.rows if one.cells.get("wording") == wording), self.row)
        columns = _FROM.get(key, (key,))
        return row, next((one for one in columns if one in row.cells), columns[0])


_FROM: Mapping[str, tuple[str, ...]] = {
    "when": ("when", "date", "event", "time", "offset"),
    "thread": ("text",),
    "wordings": ("text",),
}


def entries(
    rows: Iterable[Row], problems: ProblemList, author: str | None
) -> tuple[list[Entry], list[Row]]:
    """Give the posts of the rows, in their order, and the rows that tell of what is over."""
    over = [row for row in rows if row.cells.get("state", "").strip().lower() not in _OPEN]
    left = {id(row) for row in over}
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for number, row in enumerate(rows):
        if id(row) not in left:
            name = row.cells.get("id")
            own = (row.cells.get("campaign", ""), name) if name else ("", "", str(number))
            groups[own].append(row)
    return [_entry(group, problems, author) for group in groups.values()], over


def _entry(rows: Sequence[Row], problems: ProblemList, author: str | None) -> Entry:
    _agree(rows, problems)
    first = rows[0]
    cells = {name: cell for row in reversed(rows) for name, cell in row.cells.items()}
    when = when_of(first, problems)
    said = [_said(row, problems) for row in rows]
    fields: dict[str, Any] = {
        "id": cells.get("id"),
        "campaign": cells.get("campaign"),
        "demand": cells.get("demand"),
        "event": None if isinstance(when, dict) and "event" in when else cells.get("event"),
        "accounts": listed(cells.get("accounts"), ",;\n"),
        "when": when,
    }
    if "wording" in first.cells:
        fields["wordings"] = {
            row.cells.get("wording", ""): one for row, one in zip(rows, said, strict=True)
        }
    else:
        fields |= said[0]
    fields |= {
        "hashtags": _hashtags(cells.get("hashtags")),
        "facts": listed(cells.get("facts"), ",; \n"),
        "statements": listed(cells.get("statements"), ",; \n"),
        "expires": cells.get("expires"),
        "reply_settings": cells.get("reply_settings"),
        "author": cells.get("author") or author,
    }
    empty = {key for key, value in fields.items() if value is None or value == ""}
    return Entry(tuple(rows), {key: value for key, value in fields.items() if key not in empty})


def _agree(rows: Sequence[Row], problems: ProblemList) -> None:
    """Note where rows of one id contradict each other."""
    names: set[str] = set()
    first = rows[0]
    for row in rows:
        name = row.cells.get("wording", "")
        if row is not first and (name in names or "" in {name, *names}):
            message = f"The id of {row.name('id')} stands in row {first.number} too"
            hint = "Give each its own id; or, for several wordings of one post, a wording each."
            problems.add("B717", row.place("id"), message, hint)
        names.add(name)
        for column, cell in row.cells.items():
            told = column in {*UNREAD, *_SAID, "state"}
            if not told and cell != first.cells.get(column):
                message = f"{row.name(column)} differs from row {first.number}, of the same id"
                hint = "Leave it empty, or write the same; only the wording may differ."
                problems.add("B717", row.place(column), message[0].upper() + message[1:], hint)


def listed(cell: str | None, between: str) -> list[str] | None:
    """Give the words of a cell; None where there are none."""
    words = re.split(f"[{re.escape(between)}]+", cell or "")
    return [word.strip() for word in words if word.strip()] or None


def _hashtags(cell: str | None) -> list[str] | None:
    if cell is None:
        return None
    if cell.lower() == NONE:
        return []
    return [word.removeprefix("#") for word in listed(cell, ",; \n") or []]


def _said(row: Row, problems: ProblemList) -> dict[str, Any]:
    """Give what one row says: a text or a thread, with its media, poll and link."""
    texts = [text.strip() for text in PART.split(row.cells.get("text", ""))]
    parts = list(_parts(row, len(texts), problems))
    filled = [{"text": text, **part} for text, part in zip(texts, parts, strict=True)]
    said: dict[str, Any] = filled[0] if len(filled) == 1 else {"thread": filled}
    if "text" not in row.cells:
        said = {"text": "…"}  # so that the rest of the row is checked too
        if "text" not in row.wrong:
            message = f"There is no text in {row.name('text')}"
            problems.add("B707", row.place("text"), message, "Write one, or take the row out.")
    if "link" in row.cells:
        said["link"] = row.cells["link"]
    return said


def _parts(row: Row, count: int, problems: ProblemList) -> Iterator[dict[str, Any]]:
    """Give what is shown beside each of the parts."""
    columns = {name: _by_part(row, name) for name in ("media", "alt", "poll")}
    for name, parts in columns.items():
        if any(parts[count:]):
            message = f"{row.name(name)} has more parts than the text"
            hint = "A line of --- stands between the parts, as in the text."
            problems.add("B716", row.place(name), message[0].upper() + message[1:], hint)
    for index in range(count):
        beside = [parts[index] if index < len(parts) else [] for parts in columns.values()]
        yield {**_media(row, beside[0], beside[1], problems), **_poll(row, beside[2], problems)}


def _by_part(row: Row, column: str) -> list[list[str]]:
    parts = PART.split(row.cells.get(column, ""))
    return [[line.strip() for line in part.splitlines() if line.strip()] for part in parts]


def _media(row: Row, files: list[str], alts: list[str], problems: ProblemList) -> dict[str, Any]:
    if len(files) == 1 and alts:
        alts = [" ".join(alts)]
    if len(files) != len(alts):
        count = f"{len(files)} file{'' if len(files) == 1 else 's'}"
        message = f"{row.name('media')} names {count}, and alt describes {len(alts)}"
        hint = "Write one description a line, for each file."
        problems.add("B716", row.place("media"), message[0].upper() + message[1:], hint)
    media = [{"file": file, "alt": alt} for file, alt in zip_longest(files, alts, fillvalue="…")]
    return {"media": media} if media else {}


def _poll(row: Row, options: list[str], problems: ProblemList) -> dict[str, Any]:
    if not options:
        return {}
    length = row.cells.get("poll_for", "").replace(" ", "").lower()
    found = re.fullmatch(r"(?=.)(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?", length)
    if found is None:
        column = "poll_for" if length else "poll"
        says = f"{shown(row.cells['poll_for'])} is no length of time" if length else _NO_LENGTH
        hint = "Write into the column poll_for how long it is open, as 24h or 3d."
        problems.add("B720", row.place(column), f"{says} ({row.name(column)})", hint)
        return {"poll": {"options": options, "hours": "1"}}  # so that the rest is checked too
    days, hours, minutes = (int(number or 0) for number in found.groups())
    return {"poll": {"options": options, "minutes": str((days * 24 + hours) * 60 + minutes)}}

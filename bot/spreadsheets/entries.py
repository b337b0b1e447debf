"""From the rows of a spreadsheet to posts as a person would have typed them into ``queue.yaml``."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.campaigns.editing import new_id
from bot.schedules import At
from bot.schedules.local_time import ScheduleError, parse_positive_duration
from bot.spreadsheets.columns import (
    IGNORED_COLUMNS,
    LIST_COLUMNS,
    NO_FOCUS,
    NO_HASHTAGS,
    PART_SEPARATOR,
    read_when,
)
from bot.spreadsheets.records import fingerprint_of
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.model import Post
    from bot.spreadsheets.records import RowFingerprint
    from bot.spreadsheets.row import Row
    from bot.yamlsource.problems import ProblemList

_PART_BREAK = re.compile(rf"^[ \t]*{PART_SEPARATOR}[ \t]*$", re.MULTILINE)

_WORDING_COLUMNS = ("text", "media", "alt", "focus", "poll", "poll_for", "link", "wording")
"""The columns that may differ between the wordings of one post."""

_LAST_FIELDS = (
    *("facts", "statements", "expires", "reply_settings", "warning", "language", "labels"),
    "author",
)
"""The fields after the content, in their order."""

# --- Ids ------------------------------------------------------------------------------------------


def assign_ids(new: Sequence[tuple[TypedPost, Post]], taken: set[str]) -> list[dict[str, Any]]:
    """Return the fields of each entry with its own id, or with a new one that is not ``taken``."""
    names = taken | {entry.fields["id"] for entry, _ in new if "id" in entry.fields}
    assigned = []
    for entry, post in new:
        text = post.wordings[0].content.text
        suffix = post.event
        if isinstance(post.when, At):
            suffix = f"{post.when.due.astimezone(ZoneInfo(post.when.timezone)):%Y%m%d}"
        name = entry.fields.get("id") or new_id(text, suffix, names)
        names.add(name)
        assigned.append(with_id(entry.fields, name))
    return assigned


def with_id(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the fields with this id, which comes first, as people write it."""
    return {"id": name, **{key: value for key, value in fields.items() if key != "id"}}


# --- Posts ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TypedPost:
    """A post as it was typed."""

    rows: tuple[Row, ...]
    """Its rows, one for each wording."""
    fields: Mapping[str, Any]
    """Its fields for the YAML."""

    @property
    def row(self) -> Row:
        """The first of its rows."""
        return self.rows[0]

    @property
    def has_author(self) -> bool:
        """Whether its rows name an author."""
        return any("author" in row.cells for row in self.rows)

    @property
    def kept_keys(self) -> set[str]:
        """The keys that a post keeps when its row changes, with its author if no row names one."""
        return {"id", "campaign"} if self.has_author else {"id", "campaign", "author"}

    @property
    def row_fields(self) -> dict[str, Any]:
        """The fields that the row decides, without its id and campaign."""
        kept = self.kept_keys
        return {key: value for key, value in self.fields.items() if key not in kept}

    @cached_property
    def fingerprint(self) -> RowFingerprint:
        """The fingerprint of the row; an author counts only if the row names one."""
        return fingerprint_of(self.row_fields)

    def place(self, key: str, wording: str | None = None) -> tuple[Row, str]:
        """Return the row and the column from which a key of the YAML came."""
        row = next((row for row in self.rows if row.cells.get("wording") == wording), self.row)
        columns = _SOURCE_COLUMNS.get(key, (key,))
        return row, next((column for column in columns if column in row.cells), columns[0])


_SOURCE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "when": ("when", "date", "event", "time", "offset"),
    "thread": ("text",),
    "wordings": ("text",),
}


def typed_posts(
    rows: Iterable[Row], problems: ProblemList, defaults: Mapping[str, str | None]
) -> tuple[list[TypedPost], list[Row]]:
    """Return the posts of the open rows, in their order, and the other rows.

    ``defaults`` has the author and the campaign of rows that name none.
    """
    over: list[Row] = []
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        name = row.cells.get("id")
        key = (row.cells.get("campaign", ""), name) if name else ("", "", str(row.number))
        (groups[key] if row.is_open else over).append(row)
    return [_typed_post(group, problems, defaults) for group in groups.values()], over


def _typed_post(
    rows: Sequence[Row], problems: ProblemList, defaults: Mapping[str, str | None]
) -> TypedPost:
    _check_agreement(rows, problems)
    first = rows[0]
    cells = {**defaults}
    for row in reversed(rows):
        cells |= row.cells
    when = read_when(first, problems)
    contents = [content_fields(row, problems) for row in rows]
    fields: dict[str, Any] = {name: cells.get(name) for name in ("id", "campaign", "demand")}
    fields |= {
        "event": None if isinstance(when, dict) and "event" in when else cells.get("event"),
        "accounts": split_list(cells.get("accounts"), ",;\n"),
        "when": when,
    }
    if "wording" in first.cells:
        fields["wordings"] = {
            row.cells.get("wording", ""): content
            for row, content in zip(rows, contents, strict=True)
        }
    else:
        fields |= contents[0]
    if cell := cells.get("hashtags"):
        words = split_list(cell, ",; \n") if cell.lower() != NO_HASHTAGS else None
        fields["hashtags"] = [word.removeprefix("#") for word in words or ()]
    for name in _LAST_FIELDS:
        cell = cells.get(name)
        fields[name] = split_list(cell, ",; \n") if name in LIST_COLUMNS else cell
    filled = {key: value for key, value in fields.items() if value not in (None, "")}
    return TypedPost(tuple(rows), filled)


def _check_agreement(rows: Sequence[Row], problems: ProblemList) -> None:
    """Note the rows of one id that contradict each other."""
    names: set[str] = set()
    first = rows[0]
    for row in rows:
        name = row.cells.get("wording", "")
        if row is not first and (name in names or "" in {name, *names}):
            message = f"The id in {row.name('id')} is in row {first.number}, too"
            hint = "Write another id; or, for wordings of one post, a wording into each row."
            problems.add("B717", row.place("id"), message, hint)
        names.add(name)
        for column, cell in row.cells.items():
            may_differ = column in {*IGNORED_COLUMNS, *_WORDING_COLUMNS, "state"}
            if not may_differ and cell != first.cells.get(column):
                message = f"{row.title(column)} differs from row {first.number}, of the same id"
                hint = "Empty it, or write the same. Only the wording may differ."
                problems.add("B717", row.place(column), message, hint)


def split_list(cell: str | None, between: str) -> list[str] | None:
    """Return the words of a cell, or None for an empty one."""
    words = re.split(f"[{re.escape(between)}]+", cell or "")
    return [word.strip() for word in words if word.strip()] or None


def content_fields(row: Row, problems: ProblemList) -> dict[str, Any]:
    """Return the content of a row, which is a text or a thread, with its media, poll and link."""
    texts = [text.strip() for text in _PART_BREAK.split(row.cells.get("text", ""))]
    parts = list(_attachment_fields(row, len(texts), problems))
    thread = [{"text": text, **part} for text, part in zip(texts, parts, strict=True)]
    content: dict[str, Any] = thread[0] if len(thread) == 1 else {"thread": thread}
    if "text" not in row.cells:
        content = {"text": "…"}  # so that the rest of the row is checked, too
        if "text" not in row.invalid:
            message = f"There is no text in {row.name('text')}"
            problems.add("B707", row.place("text"), message, "Write a text, or remove the row.")
    if "link" in row.cells:
        content["link"] = row.cells["link"]
    return content


def _attachment_fields(row: Row, count: int, problems: ProblemList) -> Iterator[dict[str, Any]]:
    """Yield the media and the poll of each part."""
    columns = {
        name: [
            [line.strip() for line in part.splitlines() if line.strip()]
            for part in _PART_BREAK.split(row.cells.get(name, ""))
        ]
        for name in ("media", "alt", "focus", "poll")
    }
    for name, parts in columns.items():
        if any(parts[count:]):
            message = f"{row.title(name)} has more parts than the text"
            hint = "Put a line of --- between the parts, as in the text."
            problems.add("B716", row.place(name), message, hint)
    for index in range(count):
        files, alts, points, options = (
            parts[index] if index < len(parts) else [] for parts in columns.values()
        )
        if len(files) == 1 and alts:
            alts = [" ".join(alts)]
        if len(files) != len(alts):
            named = f"{len(files)} file{'' if len(files) == 1 else 's'}"
            message = f"{row.title('media')} names {named}, but alt describes {len(alts)}"
            hint = "Write a description for each file, one a line."
            problems.add("B716", row.place("media"), message, hint)
        if points and len(points) != len(files):
            message = f"{row.title('focus')} has {len(points)} points for {len(files)} files"
            hint = f"Write a point, or {NO_FOCUS}, for each file, one a line."
            problems.add("B716", row.place("focus"), message, hint)
        media = [
            {"file": file, "alt": alt, **_focus_field(point)}
            for file, alt, point in zip_longest(files, alts, points[: len(files)], fillvalue="…")
        ]
        yield {**({"media": media} if media else {}), **_poll_field(row, options, problems)}


def _focus_field(point: str) -> dict[str, Any]:
    return {} if point.lower() in {NO_FOCUS, "…"} else {"focus": re.split(r"[,;\s]+", point)}


def _poll_field(row: Row, options: list[str], problems: ProblemList) -> dict[str, Any]:
    if not options:
        return {}
    length = row.cells.get("poll_for", "").lower()
    try:
        minutes = parse_positive_duration(length, "dhm") // timedelta(minutes=1)
    except ScheduleError:
        column, message = "poll", "The row does not say how long its poll is open"
        if length:
            column = "poll_for"
            message = f"{quote_value(row.cells[column])} is not a length of time"
        hint = "Write into the column poll_for how long the poll is open, such as 24h or 3d."
        problems.add("B720", row.place(column), f"{message} ({row.name(column)})", hint)
        return {"poll": {"options": options, "hours": "1"}}  # so that the rest is checked, too
    return {"poll": {"options": options, "minutes": str(minutes)}}

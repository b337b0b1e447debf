"""The rows of an export, made of planned posts, and the mark of each row. Pure.

A row is one post at one time, with the accounts on which it says the same. Its cell ``exported`` is
the mark, a hash of every cell as it was exported. By it, import tells changes in the sheet from
changes in the files.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.campaigns.editing import MAX_ID_LENGTH
from bot.model import ScheduleKind
from bot.schedules.local_time import ScheduleError, parse_duration, parse_local, to_utc
from bot.spreadsheets.columns import (
    LIST_COLUMNS,
    NEXT_SLOT,
    NO_FOCUS,
    NO_HASHTAGS,
    PART_SEPARATOR,
    escape_cell,
    parse_when,
    plain_signs,
)
from bot.spreadsheets.row import OPEN_STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.model import Campaign, Content, Delivery, Occurrence, Part, Post
    from bot.planning.diff import PlannedDelivery

    Cells = Mapping[str, str]

HEADINGS = (
    *("id", "campaign", "when", "accounts", "text", "demand", "event", "facts", "statements"),
    *("media", "alt", "focus", "poll", "poll_for", "hashtags", "expires", "reply_settings"),
    *("warning", "language", "labels", "author", "state", "local", "key", "exported"),
)
EDITABLE = (
    *("when", "accounts", "text", "demand", "event", "facts", "statements", "media", "alt"),
    *("focus", "poll", "poll_for", "expires", "reply_settings", "warning", "language", "labels"),
    "author",
)
"""The columns of an export that may be changed, and import carries into the files."""

_BOM = "\ufeff"
_HASH_LENGTH = 8
_PART_BREAK = f"\n{PART_SEPARATOR}\n"

# --- Marks ----------------------------------------------------------------------------------------

_MARKED = ("id", *EDITABLE, "hashtags", "campaign")
_MARK_VERSION = "v1-"
_MARK_LENGTH = 5
_MARK = re.compile(rf"{_MARK_VERSION}[a-z2-7]{{{_MARK_LENGTH * len(_MARKED)}}}")
_FREE_TEXT = {"text", "alt", "poll"}


def same_cell(column: str, cell: str) -> str:
    """Return a canonical form of a cell, without extra blanks and with its lists in order."""
    lines = [line.rstrip() for line in plain_signs(column, cell).splitlines()]
    if column in _FREE_TEXT:
        return "\n".join(lines)
    words = " ".join(" ".join(lines).split()) if column != "media" else "\n".join(lines)
    if column == "accounts" or column in LIST_COLUMNS:
        return ", ".join(sorted(filter(None, re.split(r"[,;\s]+", words))))
    return words


def means_same(column: str, one: str, other: str, timezone: str) -> bool:
    """Return whether two cells of a column mean the same, however they are written."""
    if same_cell(column, one) == same_cell(column, other):
        return True
    if column == "reply_settings":
        return {one, other} == {"", "everyone"}
    if column not in {"when", "expires", "poll_for"} or not (one and other):
        return False
    try:
        return _time_value(one, timezone) == _time_value(other, timezone)
    except ScheduleError:
        return False


def _time_value(cell: str, timezone: str) -> object:
    """Return the length of time or the instant in a cell. Raises ScheduleError."""
    with suppress(ScheduleError):
        return parse_duration(cell)
    when = parse_when(cell)
    if not isinstance(when, str):
        return str(when)
    at = parse_local(when)
    return at if at.tzinfo else to_utc(at, timezone, one_off=False)


def mark_cells(cells: Cells) -> str:
    """Return a hash of each cell of a row, in letters that no spreadsheet reformats."""
    return _MARK_VERSION + "".join(_hash(name, cells.get(name, "")) for name in _MARKED)


def marked_hashes(mark: str) -> Mapping[str, str] | None:
    """Return the hash of each column in a mark, or None if the text is not a mark."""
    mark = mark.strip().lower()
    if not _MARK.fullmatch(mark):
        return None
    hashes = mark.removeprefix(_MARK_VERSION)
    starts = range(0, len(hashes), _MARK_LENGTH)
    pieces = (hashes[start : start + _MARK_LENGTH] for start in starts)
    return dict(zip(_MARKED, pieces, strict=True))


def differs(column: str, cell: str, hashes: Mapping[str, str]) -> bool:
    """Return whether a cell has changed since it was exported."""
    return _hash(column, cell) != hashes[column]


def _hash(column: str, cell: str) -> str:
    digest = hashlib.sha256(f"{column}\n{same_cell(column, cell)}".encode("utf-8", "surrogatepass"))
    return base64.b32encode(digest.digest()).decode()[:_MARK_LENGTH].lower()


# --- Rows -----------------------------------------------------------------------------------------


def sheet_rows(
    posts: Iterable[PlannedDelivery], campaigns: Sequence[Campaign], folder: Path
) -> list[dict[str, str]]:
    """Return the cells of each row by their headings, with media named from ``folder``."""
    known = [post for campaign in campaigns for post in campaign.posts]
    by_account = {(post.campaign, post.id, name): post for post in known for name in post.accounts}
    events = {(post.campaign, post.id, post.event) for post in known}
    event_counts = Counter((campaign, name) for campaign, name, _ in events)
    texts = Counter((post.campaign, post.id, post.event, post.platform) for post in known)
    groups: dict[tuple[str, object], list[Occurrence | Delivery]] = {}
    for item, state in posts:
        post = by_account.get((item.campaign, item.post, item.account))
        place = (item.campaign, item.post, item.label, item.due, item.expires)
        same = (*place, item.wording, _typed_content(item, post).digest)
        groups.setdefault((state, same), []).append(item)
    rows = []
    for (state, _), group in groups.items():
        item = group[0]
        name = (item.campaign, item.post)
        post = by_account.get((*name, item.account))
        cells = row_cells(group, post, folder.resolve(), state)
        cells["id"] = _row_id(group, post, event_counts[name])
        # Accounts of one platform with limits of their own have different texts.
        if post and texts[*name, post.event, post.platform] > 1:
            cells["id"] = _shorten_id(f"{cells['id']}-{item.account}")
        cells["exported"] = mark_cells(cells)
        rows.append(cells)
    return rows


def as_csv(rows: Iterable[Cells]) -> str:
    """Return rows as CSV with a line of headings."""
    out = io.StringIO()
    out.write(_BOM)
    writer = csv.DictWriter(out, HEADINGS)
    writer.writeheader()
    writer.writerows(
        {name: escape_cell(name, cell) for name, cell in cells.items()} for cells in rows
    )
    return out.getvalue()


def row_cells(
    group: Sequence[Occurrence | Delivery], post: Post | None, folder: Path, state: str
) -> dict[str, str]:
    """Return the cells of a row but its id and its mark.

    The group says the same at one time from several accounts. A post that still waits for a queue
    slot has no time of its own.
    """
    subject, local = group[0], local_due(group[0])
    parts = _typed_content(subject, post).parts
    polls = [part.poll for part in parts if part.poll]
    in_slot = subject.kind is ScheduleKind.SLOT and state in OPEN_STATES
    return {
        "campaign": subject.campaign,
        "when": NEXT_SLOT if in_slot else _format_time(local),
        "accounts": ", ".join(same.account for same in group),
        "demand": subject.demand or "",
        "event": subject.event or "",
        "facts": ", ".join(post.facts if post else ()),
        "statements": ", ".join(post.statements if post else ()),
        "text": _PART_BREAK.join(escape_template(part.text) for part in parts),
        **_media_cells(parts, folder),
        "poll": _join_parts([part.poll.options if part.poll else () for part in parts]),
        "poll_for": f"{polls[0].minutes}m" if polls else "",
        "reply_settings": subject.content.reply_settings or "",
        "warning": subject.content.warning or "",
        "language": subject.content.language or "",
        "labels": ", ".join(subject.content.labels),
        "hashtags": NO_HASHTAGS,
        "expires": _expires_cell(subject, post),
        "author": subject.author or "",
        "local": f"{local:%a %d %b %Y, %H:%M %Z}",
        "state": state,
        "key": "\n".join(same.key for same in group),
    }


def _typed_content(item: Occurrence | Delivery, post: Post | None) -> Content:
    """Return the content with its links as they are typed, if it is that of the post."""
    wordings = post.wordings if post else ()
    typed = (wording.typed_content for wording in wordings if wording.content == item.content)
    return next(typed, item.content)


def _expires_cell(subject: Occurrence | Delivery, post: Post | None) -> str:
    """Return the length of time after which a post expires, if its file has one, or the instant."""
    if post and isinstance(post.expires, timedelta):
        minutes = post.expires // timedelta(minutes=1)
        amounts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
        return "".join(f"{amount}{unit}" for amount, unit in amounts if amount)
    zone = ZoneInfo(subject.timezone)
    return _format_time(subject.expires.astimezone(zone)) if subject.expires else ""


def _media_cells(parts: Sequence[Part], folder: Path) -> dict[str, str]:
    """Return the cells of the media of the parts, without the cards of their links."""
    shown = [part.attached for part in parts]
    files = [
        [
            file.path.relative_to(folder).as_posix()
            if file.path.is_relative_to(folder)
            else str(file.path)
            for file in media
        ]
        for media in shown
    ]
    return {
        "media": _join_parts(files),
        "alt": _join_parts([[" ".join(file.alt.split()) for file in media] for media in shown]),
        "focus": _join_parts([_focus_lines(part) for part in parts]),
    }


def _focus_lines(part: Part) -> list[str]:
    """Return the focal point of each file of a part, or none if no file has one."""
    lines = [media.focal_point for media in part.media]
    return [line or NO_FOCUS for line in lines] if any(lines) else []


def _row_id(group: Sequence[Occurrence | Delivery], post: Post | None, event_count: int) -> str:
    """Return the post's id, with the time, event, platform or wording if it has several rows."""
    subject, is_of_one = group[0], len({item.platform for item in group}) == 1
    pieces = [subject.post]
    if subject.kind is ScheduleKind.EVERY:
        pieces.append(re.sub(r"[^0-9]", "", subject.label))
    elif event_count > 1:
        pieces.append(subject.label)
    if post:
        pieces.append((post.platform or "") if is_of_one else "")
        pieces.append(subject.wording if len(post.wordings) > 1 else "")
    return _shorten_id("-".join(piece for piece in pieces if piece))


def _shorten_id(name: str) -> str:
    """Return an id that is short enough, and still unlike others."""
    if len(name) <= MAX_ID_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: MAX_ID_LENGTH - _HASH_LENGTH - 1]}-{digest}"


def _format_time(local: datetime) -> str:
    return local.isoformat(sep=" ", timespec="seconds" if local.second else "minutes")


def _join_parts(parts: Sequence[Sequence[str]]) -> str:
    return _PART_BREAK.join("\n".join(part) for part in parts) if any(parts) else ""


_TEMPLATE_SYNTAX = re.compile(
    r"\{\{|\{%|\{#|\}\}|\{\s*(fact|statement|demand|event|value|campaign)\b"
)
_BRACE = re.compile(r"[{}]")
_LONE_DASHES = re.compile("^([ \t]*)(---|[\u2013\u2014]-|-[\u2013\u2014])([ \t]*)$", re.MULTILINE)


def escape_template(text: str) -> str:
    """Return the template of a text, in which its braces and lines of ``---`` are literal."""
    if _TEMPLATE_SYNTAX.search(text):
        text = _BRACE.sub(lambda brace: f'{{{{ "{brace[0]}" }}}}', text)
    return _LONE_DASHES.sub(r'\1{{ "\2" }}\3', text)


def local_due(post: Occurrence | Delivery) -> datetime:
    """Return when a post is due, in its audience's timezone."""
    return post.due.astimezone(ZoneInfo(post.timezone))

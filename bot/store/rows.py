"""From rows to nouns."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from bot.model import (
    COUNTERS,
    Attempt,
    Cause,
    Content,
    Counters,
    Delivery,
    Latest,
    Look,
    Occurrence,
    Part,
    Pause,
    Publication,
    Published,
    ScheduleKind,
    Snapshot,
    State,
)
from bot.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, Row

_OCCURRENCE = tuple(field.name for field in fields(Occurrence))
_of_occurrence = attrgetter(*_OCCURRENCE)
_DELIVERY = tuple(field.name for field in fields(Delivery))
DELIVERY = tuple(t.deliveries.c[name] for name in _DELIVERY)


def _of_publication(name: str) -> Column[Any]:
    table = t.publications if name in t.publications.c else t.deliveries
    return table.c["content" if name == "text" else name]


PUBLICATION = tuple(_of_publication(field.name) for field in fields(Publication))
"""In the order of the fields of Publication, with the content where its text is."""

_NAMES = [column.name for column in PUBLICATION]
_PART, _CONTENT = _NAMES.index("part"), _NAMES.index("content")

LATEST = tuple(t.latest.c[name] for name in ("publication", "read", *COUNTERS, "fell"))


def delivery(row: Sequence[Any], planned: Occurrence | None = None) -> Delivery:
    """Read a row of DELIVERY; what it has in common with ``planned`` is in memory only once."""
    data = dict(zip(_DELIVERY, row, strict=True))
    data["content"] = Content.from_json(data["content"])
    data["kind"], data["state"] = ScheduleKind(data["kind"]), State(data["state"])
    if planned:
        same = zip(_OCCURRENCE, _of_occurrence(planned), strict=True)
        data |= {name: value for name, value in same if value == data[name]}
    return Delivery(**data)


def publication(row: Sequence[Any]) -> Publication:
    """Read a row of PUBLICATION."""
    return published(row)[0]


def published(row: Sequence[Any]) -> tuple[Publication, Part]:
    """Read a row of PUBLICATION, and the part of the post that it is."""
    values = [*row]
    part = Content.part_from_json(values[_CONTENT], values[_PART])
    values[_CONTENT] = part.text
    return Publication(*values), part


def snapshot(row: Row[Any]) -> Snapshot:
    """Read a row of ``snapshots``."""
    return Snapshot(row.publication, row.read, Counters(*(getattr(row, one) for one in COUNTERS)))


def latest(row: Sequence[Any]) -> Latest:
    """Read a row of LATEST."""
    publication, read, *counters, fell = row
    return Latest(publication, read, Counters(*counters), tuple(fell.split()))


def attempt(row: Row[Any]) -> Attempt:
    """Read a row of ``attempts``."""
    names = Attempt.__dataclass_fields__
    data = {name: value for name, value in row._mapping.items() if name in names}  # noqa: SLF001 - as above
    return Attempt(**data)


def pause(row: Row[Any]) -> Pause:
    """Read a row of ``pauses``."""
    return Pause(row.id, row.scope, row.name, row.why, row.who, row.since, Cause(row.cause))


def look(row: Row[Any]) -> Look:
    """Read a row of ``looks``."""
    matches = tuple(
        Published(
            item["id"], item["url"], datetime.fromisoformat(item["at"]), item.get("reply", "")
        )
        for item in json.loads(row.matches or "[]")
    )
    return Look(row.at, bool(row.readable), matches, row.evidence)


def matches_json(matches: Sequence[Published]) -> str:
    """Write the matches of a look."""
    return json.dumps(
        [
            {"id": one.remote_id, "url": one.url, "at": one.at.isoformat(), "reply": one.reply}
            for one in matches
        ],
    )

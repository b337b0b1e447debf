"""From rows to nouns."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.model import Attempt, Content, Delivery, Look, Pause, Publication, Published, State
from bot.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

COUNTERS = (
    "impressions",
    "likes",
    "reposts",
    "quotes",
    "replies",
    "bookmarks",
    "link_clicks",
    "profile_clicks",
)

DELIVERY = tuple(
    t.deliveries.c[name]
    for name in (
        *("id", "key", "campaign", "post", "demand", "event", "account", "platform", "label"),
        *("due", "timezone", "grace", "expires", "content", "state", "not_before", "next_part"),
        *("fence", "tries", "resends", "allowed", "reason"),
        *("wording", "embargo", "stale_from", "approvals", "author"),
    )
)

OUTLINE = tuple(column for column in DELIVERY if column.name != "content")

_UNREAD = Content(())

PUBLICATION = (
    *(t.publications.c[name] for name in ("id", "delivery", "part")),
    *(t.deliveries.c[name] for name in ("campaign", "post", "demand", "event", "wording")),
    t.publications.c.account,
    t.deliveries.c.platform,
    *(t.publications.c[name] for name in ("remote_id", "url")),
    t.deliveries.c.content,
    t.deliveries.c.due,
    *(t.publications.c[name] for name in ("published", "gone", "next_read")),
)


def delivery(row: Row[Any]) -> Delivery:
    """Read a row of DELIVERY."""
    data = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    data["content"] = Content.from_json(data["content"])
    data["state"] = State(data["state"])
    return Delivery(**data)


def outline(row: Row[Any]) -> Delivery:
    """Read a row of OUTLINE: a delivery whose content was not asked for, and is empty."""
    data = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    data["state"] = State(data["state"])
    return Delivery(content=_UNREAD, **data)


def publication(row: Row[Any]) -> Publication:
    """Read a row of PUBLICATION."""
    data = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    content = Content.from_json(data.pop("content"))
    return Publication(**data, text=content.parts[data["part"]].text)


def attempt(row: Row[Any]) -> Attempt:
    """Read a row of ``attempts``."""
    names = Attempt.__dataclass_fields__
    data = {name: value for name, value in row._mapping.items() if name in names}  # noqa: SLF001 - as above
    return Attempt(**data)


def pause(row: Row[Any]) -> Pause:
    """Read a row of ``pauses``."""
    return Pause(row.id, row.scope, row.name, row.why, row.who, row.since)


def look(row: Row[Any]) -> Look:
    """Read a row of ``looks``."""
    matches = tuple(
        Published(item["id"], item["url"], datetime.fromisoformat(item["at"]))
        for item in json.loads(row.matches or "[]")
    )
    return Look(row.at, bool(row.readable), matches, row.evidence)


def matches_json(matches: Sequence[Published]) -> str:
    """Write the matches of a look."""
    return json.dumps(
        [{"id": m.remote_id, "url": m.url, "at": m.at.isoformat()} for m in matches],
    )

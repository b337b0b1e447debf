"""Ids for rows that have none: from the first words and the day, as ``queue add`` makes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.schedules import At

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.bulk.entries import Entry
    from bot.model import Post

_WORDS = 4
_MOST = 60
_EXTRAS = re.compile(r"#\w+|https?://\S+")


def named(new: Sequence[tuple[Entry, Post]], taken: set[str]) -> list[dict[str, Any]]:
    """Give the fields of each entry with an id: its own, or a new one that is not ``taken``."""
    names = taken | {entry.fields["id"] for entry, _ in new if "id" in entry.fields}
    made = []
    for entry, post in new:
        name = entry.fields.get("id") or _new(post, names)
        names.add(name)
        made.append(with_id(entry.fields, name))
    return made


def with_id(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give the fields with this id, which stands first, as people write it."""
    return {"id": name, **{key: value for key, value in fields.items() if key != "id"}}


def _new(post: Post, taken: set[str]) -> str:
    text = _EXTRAS.sub(" ", post.wordings[0].content.text.lower())
    words = re.findall(r"[a-z0-9]+", text)[:_WORDS]
    name = "-".join([*(words or ["post"]), *_when(post)])[:_MOST].rstrip("-")
    if name not in taken:
        return name
    return next(one for n in range(2, len(taken) + 3) if (one := f"{name}-{n}") not in taken)


def _when(post: Post) -> list[str]:
    if isinstance(post.when, At):
        return [f"{post.when.due.astimezone(ZoneInfo(post.when.timezone)):%Y%m%d}"]
    return [post.event] if post.event else []

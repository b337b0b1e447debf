"""What an import did, or would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.schedules import At, EventRelative

if TYPE_CHECKING:
    from pathlib import Path

    from bot.bulk.comparing import Correction, Known
    from bot.bulk.records import Record
    from bot.bulk.sheet import Row
    from bot.checking import Checked
    from bot.errors import Problem
    from bot.model import Post


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do.

    ``gone`` are posts whose row is there no more: taken out where ``removed``, left else. ``over``
    are rows whose state says that they are. ``checked`` is the folder as it is afterwards.
    """

    file: Path
    added: tuple[Post, ...]
    already: tuple[Known, ...]
    changed: tuple[Correction, ...]
    gone: tuple[Record, ...]
    removed: bool
    over: tuple[Row, ...]
    warnings: tuple[Problem, ...]
    written: bool
    checked: Checked

    @property
    def posts(self) -> list[Post]:
        """The posts that were added or changed, as they are afterwards."""
        names = {(change.record.campaign, change.record.id) for change in self.changed}
        names |= {(post.campaign, post.id) for post in self.added}
        posts = [post for campaign in self.checked.campaigns for post in campaign.posts]
        return [post for post in posts if (post.campaign, post.id) in names]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "file": str(self.file),
            "written": self.written,
            "added": [_told(post) for post in self.added],
            "changed": [
                {
                    **_placed(change.record),
                    "row": change.entry.row.number,
                    "what": list(change.what),
                }
                for change in self.changed
            ],
            "removed": [_placed(record) for record in self.gone if self.removed],
            "without_a_row": [_placed(record) for record in self.gone if not self.removed],
            "already_there": [
                {"row": known.row.number, "id": known.id, "edited": known.edited}
                for known in self.already
            ],
            "left_out": [row.number for row in self.over],
            "warnings": [str(problem) for problem in self.warnings],
        }


def _placed(record: Record) -> dict[str, Any]:
    return {"id": record.id, "file": str(record.path), "line": record.place[0]}


def _told(post: Post) -> dict[str, Any]:
    due = post.when.due if isinstance(post.when, At | EventRelative) else None
    zone = _zone(post)
    return {
        "id": post.id,
        "campaign": post.campaign,
        "accounts": list(post.accounts),
        "due": due,
        "local": f"{due.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}" if due else "next slot",
        "timezone": zone,
        "text": post.wordings[0].content.text,
    }


def _zone(post: Post) -> str:
    if isinstance(post.when, EventRelative):
        return post.when.event.timezone
    return post.when.timezone if isinstance(post.when, At) else "UTC"

"""What a corrected row changes in a post, in words; and the result of an import. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.authoring.records import due_of, expiry_of
from bot.planning.content_diff import content_differences
from bot.schedules import At, EventRelative, NextSlot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.authoring.checking import CheckResult
    from bot.authoring.comparing import Correction, KnownRow
    from bot.authoring.entries import TypedPost
    from bot.authoring.records import ImportRecord
    from bot.authoring.sheet import Row
    from bot.errors import Problem
    from bot.model import Post


def list_differences(old: Post, row: TypedPost, new: Post) -> list[str]:
    """Return every difference between a post and what its row says."""
    differences = list(_content_differences(old, new))
    if not (row.from_export and isinstance(old.when, NextSlot)):
        differences += _difference("time", describe_due(old), describe_due(new))
        differences += _difference("end", _describe_expiry(old), _describe_expiry(new))
    for name in ("accounts", "facts", "statements"):
        before, after = (", ".join(sorted(getattr(post, name))) for post in (old, new))
        differences += _difference(name, before, after)
    for name in ("demand", "event", *(["author"] if row.has_author else [])):
        differences += _difference(name, getattr(old, name) or "", getattr(new, name) or "")
    return differences


def _difference(what: str, old: str, new: str) -> list[str]:
    return [f"{what}: {old or 'none'} -> {new or 'none'}"] if old != new else []


def _content_differences(old: Post, new: Post) -> Iterator[str]:
    """Yield what differs in the texts, the media and the polls, wording by wording."""
    before = {wording.name: wording.content for wording in old.wordings}
    after = {wording.name: wording.content for wording in new.wordings}
    for name in {**before, **after}:
        prefix = f"wording {name}, " if name else ""
        if name not in before:
            yield f"{prefix}new: {after[name].text}"
        elif name not in after:
            yield f"{prefix}gone: {before[name].text}"
        else:
            yield from (
                f"{prefix}{change}" for change in content_differences(before[name], after[name])
            )


def describe_due(post: Post) -> str:
    """Return when a post is due, in its audience's timezone."""
    if isinstance(post.when, NextSlot):
        return "next slot"
    due = due_of(post)
    if due is None:
        return "again and again"
    local = due.astimezone(ZoneInfo(_timezone(post)))
    return f"{local:%a %Y-%m-%d %H:%M:%S %Z}".replace(":00 ", " ", not local.second)


def _describe_expiry(post: Post) -> str:
    """Return when a post expires as an instant, whether it is given as one or as a duration."""
    if post.expires is None:
        return ""
    due = due_of(post)
    if due is None and isinstance(post.expires, timedelta):
        return f"{post.expires} after it was due"
    return f"{expiry_of(post, due) if due else post.expires:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or would do.

    ``gone`` are posts whose row no longer exists; they are removed if ``removed``. ``finished`` are
    rows that were skipped as over. ``checked`` is the folder as it is afterwards.
    """

    file: Path
    added: tuple[Post, ...]
    known: tuple[KnownRow, ...]
    changed: tuple[Correction, ...]
    gone: tuple[ImportRecord, ...]
    removed: bool
    finished: tuple[Row, ...]
    warnings: tuple[Problem, ...]
    written: bool
    checked: CheckResult

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
            "added": [_describe_post(post) for post in self.added],
            "changed": [
                {
                    **_record_location(change.record),
                    "row": change.entry.row.number,
                    "what": list(change.what),
                }
                for change in self.changed
            ],
            "removed": [_record_location(record) for record in self.gone if self.removed],
            "without_a_row": [_record_location(record) for record in self.gone if not self.removed],
            "already_there": [
                {"row": known.row.number, "id": known.id, "edited": known.edited}
                for known in self.known
            ],
            "left_out": [row.number for row in self.finished],
            "warnings": [str(problem) for problem in self.warnings],
        }


def _record_location(record: ImportRecord) -> dict[str, Any]:
    return {"id": record.id, "file": str(record.path), "line": record.place[0]}


def _describe_post(post: Post) -> dict[str, Any]:
    due, timezone = due_of(post), _timezone(post)
    return {
        "id": post.id,
        "campaign": post.campaign,
        "accounts": list(post.accounts),
        "due": due,
        "local": f"{due.astimezone(ZoneInfo(timezone)):%a %Y-%m-%d %H:%M}" if due else "next slot",
        "timezone": timezone,
        "text": post.wordings[0].content.text,
    }


def _timezone(post: Post) -> str:
    if isinstance(post.when, EventRelative):
        return post.when.event.timezone
    return post.when.timezone if isinstance(post.when, At) else "UTC"

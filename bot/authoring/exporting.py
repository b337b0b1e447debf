"""What is planned and what has become of it, as CSV: the plan and the queue together. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.authoring.columns import NO_HASHTAGS, PART_SEPARATOR
from bot.authoring.entries import MAX_ID_LENGTH
from bot.model import ScheduleKind
from bot.planning import diff
from bot.reports.exports import escape_formula

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from bot.model import Campaign, Content, Delivery, Occurrence, Post
    from bot.planning.diff import Action


PLANNED = "planned"
"""The state of what is not queued yet, but would be by ``run``."""


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """A post that is planned, queued or over: what it says and when, and its state."""

    subject: Occurrence | Delivery
    state: str

    @property
    def local(self) -> datetime:
        """When it is due, in its audience's timezone."""
        return self.subject.due.astimezone(ZoneInfo(self.subject.timezone))


@dataclass(frozen=True, slots=True)
class ExportSpan:
    """What to export: local days, both included, and one campaign or all.

    Without ``since``, only what is due from ``now`` on.
    """

    now: datetime
    since: date | None = None
    until: date | None = None
    campaign: str | None = None

    def includes(self, planned: PlannedPost) -> bool:
        """Return whether to export a post."""
        post = planned.subject
        is_past = self.since is None and post.due < self.now
        return not is_past and self.includes_day(post.campaign, planned.local.date())

    def includes_day(self, campaign: str, day: date) -> bool:
        """Return whether to export what a campaign has due on a day."""
        too_early = self.since is not None and day < self.since
        too_late = self.until is not None and day > self.until
        return not too_early and not too_late and self.campaign in (None, campaign)


def planned_posts(
    actions: Iterable[Action],
    deliveries: Iterable[Delivery],
    held_back: Collection[str] = (),
) -> list[PlannedPost]:
    """Return each delivery as it will be after the actions, and what they add; by time.

    ``held_back`` are the keys of what disappeared from the files and is not cancelled for now.
    """
    posts = {item.key: PlannedPost(item, item.state.value) for item in deliveries}
    for action in actions:
        match action:
            case diff.Add(occurrence):
                posts[occurrence.key] = PlannedPost(occurrence, PLANNED)
            case diff.AddMissed(occurrence):
                posts[occurrence.key] = PlannedPost(occurrence, "missed")
            case diff.Change(_, occurrence) | diff.Revive(_, occurrence):
                posts[occurrence.key] = PlannedPost(occurrence, "scheduled")
            case diff.Cancel(delivery) if delivery.key not in held_back:
                posts[delivery.key] = PlannedPost(delivery, "cancelled")
    return sorted(posts.values(), key=lambda post: (post.subject.due, post.subject.key))


HEADINGS = (
    *("id", "campaign", "when", "accounts", "text", "demand", "event", "facts", "statements"),
    *("media", "alt", "poll", "poll_for", "hashtags", "expires", "reply_settings", "author"),
    *("state", "local", "key"),
)
_BOM = "\ufeff"
_HASH_LENGTH = 8
_PART_BREAK = f"\n{PART_SEPARATOR}\n"


def as_csv(posts: Iterable[PlannedPost], campaigns: Sequence[Campaign], folder: Path) -> str:
    """Return CSV with a line of headings; ``folder`` is that of the campaign files."""
    out = io.StringIO()
    out.write(_BOM)
    writer = csv.DictWriter(out, HEADINGS)
    writer.writeheader()
    ids = _ExportIds(campaigns)
    for group in _group_rows(posts):
        cells = _cells(group, ids, folder.resolve())
        writer.writerow({key: escape_formula(cell) for key, cell in cells.items()})
    return out.getvalue()


def _group_rows(posts: Iterable[PlannedPost]) -> list[list[PlannedPost]]:
    """Return the posts of each row: the same, at the same time, from several accounts."""
    groups: dict[tuple[object, ...], list[PlannedPost]] = {}
    for planned in posts:
        post = planned.subject
        place = (post.campaign, post.post, post.label, post.due, post.expires, planned.state)
        groups.setdefault((*place, post.wording, post.content.digest), []).append(planned)
    return list(groups.values())


class _ExportIds:
    """Finds the post of each row in the campaigns, and gives each row an id of its own."""

    def __init__(self, campaigns: Iterable[Campaign]) -> None:
        posts = [post for campaign in campaigns for post in campaign.posts]
        self._posts = {(post.campaign, post.id, post.platform): post for post in posts}
        events = {(post.campaign, post.id, post.event) for post in posts}
        self._event_counts = Counter((campaign, name) for campaign, name, _ in events)

    def find_post(self, subject: Occurrence | Delivery) -> Post | None:
        """Return the post in the campaigns that it comes from."""
        own = self._posts.get((subject.campaign, subject.post, subject.platform))
        return own or self._posts.get((subject.campaign, subject.post, None))

    def id_of(self, subject: Occurrence | Delivery) -> str:
        """Return the post's id, with what distinguishes its rows if it has several.

        That is the time, the event, the platform or the wording.
        """
        post = self.find_post(subject)
        pieces = [subject.post]
        if subject.kind is ScheduleKind.EVERY:
            pieces.append(re.sub(r"[^0-9]", "", subject.label))
        elif self._event_counts[subject.campaign, subject.post] > 1:
            pieces.append(subject.label)
        pieces.append((post and post.platform) or "")
        if post and len(post.wordings) > 1:
            pieces.append(subject.wording)
        return _shorten_id("-".join(piece for piece in pieces if piece))


def _shorten_id(name: str) -> str:
    """Return a long id within the limit for ids, still different from others."""
    if len(name) <= MAX_ID_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: MAX_ID_LENGTH - _HASH_LENGTH - 1]}-{digest}"


def _cells(group: Sequence[PlannedPost], ids: _ExportIds, folder: Path) -> dict[str, str]:
    planned = group[0]
    subject, local = planned.subject, planned.local
    post = ids.find_post(subject)
    return {
        "id": ids.id_of(subject),
        "campaign": subject.campaign,
        "when": _format_time(local),
        "accounts": ", ".join(post.subject.account for post in group),
        "demand": subject.demand or "",
        "event": subject.event or "",
        "facts": ", ".join(post.facts if post else ()),
        "statements": ", ".join(post.statements if post else ()),
        **_content_cells(subject.content, folder),
        "hashtags": NO_HASHTAGS,
        "expires": _format_time(subject.expires.astimezone(local.tzinfo))
        if subject.expires
        else "",
        "author": subject.author or "",
        "state": planned.state,
        "local": f"{local:%a %d %b %Y, %H:%M %Z}",
        "key": "\n".join(post.subject.key for post in group),
    }


def _format_time(local: datetime) -> str:
    return local.isoformat(sep=" ", timespec="seconds" if local.second else "minutes")


def _content_cells(content: Content, folder: Path) -> dict[str, str]:
    """Return the cells of a content; ``---`` separates the parts of a thread in each of them."""
    parts = content.parts
    polls = [part.poll for part in parts if part.poll]
    return {
        "text": _PART_BREAK.join(_escape_template(part.text) for part in parts),
        "media": _join_parts(
            [[_relative_path(media.path, folder) for media in part.media] for part in parts]
        ),
        "alt": _join_parts(
            [[" ".join(media.alt.split()) for media in part.media] for part in parts]
        ),
        "poll": _join_parts([part.poll.options if part.poll else () for part in parts]),
        "poll_for": f"{polls[0].minutes}m" if polls else "",
        "reply_settings": content.reply_settings or "",
    }


def _join_parts(parts: Sequence[Sequence[str]]) -> str:
    return _PART_BREAK.join("\n".join(part) for part in parts) if any(parts) else ""


def _relative_path(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


_TEMPLATE_SYNTAX = re.compile(
    r"\{\{|\{%|\{#|\}\}|\{\s*(fact|statement|demand|event|value|campaign)\b"
)
_BRACE = re.compile(r"[{}]")
_LONE_DASHES = re.compile(rf"^([ \t]*){PART_SEPARATOR}([ \t]*)$", re.MULTILINE)


def _escape_template(text: str) -> str:
    """Return what must be typed for a text, so that braces and lines of ``---`` are literal."""
    if _TEMPLATE_SYNTAX.search(text):
        text = _BRACE.sub(lambda brace: f'{{{{ "{brace[0]}" }}}}', text)
    return _LONE_DASHES.sub(rf'\1{{{{ "{PART_SEPARATOR}" }}}}\2', text)

"""What is planned and what has become of it, as CSV and as iCalendar (RFC 5545). Pure.

The UID of a post is its delivery's key, that of an event the campaign's id and its own, so that a
calendar that reads a later export moves what has moved. What will not be sent stays in the export
as cancelled, because a calendar would keep an entry that it merely no longer finds. Instants are in
UTC, and every calendar shows them in its reader's timezone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot import __version__
from bot.authoring.columns import NO_FOCUS, NO_HASHTAGS, PART_SEPARATOR
from bot.authoring.entries import MAX_ID_LENGTH
from bot.model import ScheduleKind
from bot.planning import diff
from bot.reports.exports import escape_formula
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from bot.model import Account, Campaign, Delivery, Event, Occurrence, Part, Post
    from bot.planning.diff import Action

    PlannedPost = tuple[Occurrence | Delivery, str]
    """A post that is planned, queued or over, and its state."""

PLANNED = "planned"
"""The state of what is not queued yet, but would be by ``run``."""


@dataclass(frozen=True, slots=True)
class ExportSpan:
    """What to export: local days, both included, and one campaign or all.

    Without ``since``, only what is due from ``now`` on.
    """

    now: datetime
    since: date | None = None
    until: date | None = None
    campaign: str | None = None

    def includes(self, post: Occurrence | Delivery) -> bool:
        """Return whether to export a post."""
        is_past = self.since is None and post.due < self.now
        return not is_past and self.includes_day(post.campaign, _local_due(post).date())

    def includes_day(self, campaign: str, day: date) -> bool:
        """Return whether to export what a campaign has due on a day."""
        too_early = self.since is not None and day < self.since
        too_late = self.until is not None and day > self.until
        return not too_early and not too_late and self.campaign in (None, campaign)

    def overlaps(self, event: Event) -> bool:
        """Return whether an event takes place in it at least in part."""
        zone = ZoneInfo(event.timezone)
        first, last = (at.astimezone(zone).date() for at in (event.starts, event.ends))
        too_early = last < self.since if self.since else event.ends < self.now
        return not too_early and (self.until is None or first <= self.until)


def planned_posts(actions: Iterable[Action], deliveries: Iterable[Delivery]) -> list[PlannedPost]:
    """Return each delivery as it will be after the actions, and what they add; by time."""
    posts: dict[str, PlannedPost] = {item.key: (item, item.state.value) for item in deliveries}
    for action in actions:
        match action:
            case diff.Add(occurrence):
                posts[occurrence.key] = occurrence, PLANNED
            case diff.AddMissed(occurrence):
                posts[occurrence.key] = occurrence, "missed"
            case diff.Change(_, occurrence) | diff.Revive(_, occurrence):
                posts[occurrence.key] = occurrence, "scheduled"
            case diff.Cancel(delivery):
                posts[delivery.key] = delivery, "cancelled"
    return sorted(posts.values(), key=lambda post: (post[0].due, post[0].key))


def _focus_lines(part: Part) -> list[str]:
    """Return the focal point of each file of a part, if one has any."""
    lines = [media.focal_point for media in part.media]
    return [line or NO_FOCUS for line in lines] if any(lines) else []


def _local_due(post: Occurrence | Delivery) -> datetime:
    """Return when a post is due, in its audience's timezone."""
    return post.due.astimezone(ZoneInfo(post.timezone))


HEADINGS = (
    *("id", "campaign", "when", "accounts", "text", "demand", "event", "facts", "statements"),
    *("media", "alt", "focus", "poll", "poll_for", "hashtags", "expires", "reply_settings"),
    *("warning", "language", "labels", "author", "state", "local", "key"),
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
    known = [post for campaign in campaigns for post in campaign.posts]
    by_account = {(post.campaign, post.id, name): post for post in known for name in post.accounts}
    events = {(post.campaign, post.id, post.event) for post in known}
    event_counts = Counter((campaign, name) for campaign, name, _ in events)
    texts = Counter((post.campaign, post.id, post.event, post.platform) for post in known)
    # A row is for the same, at the same time, from several accounts.
    groups: dict[tuple[str, object], list[Occurrence | Delivery]] = {}
    for item, state in posts:
        place = (item.campaign, item.post, item.label, item.due, item.expires)
        same = (*place, item.wording, item.content.digest)
        groups.setdefault((state, same), []).append(item)
    for (state, _), group in groups.items():
        item = group[0]
        name = (item.campaign, item.post)
        post = by_account.get((*name, item.account))
        cells = _cells(group, post, event_counts[name], folder.resolve()) | {"state": state}
        if (
            post and texts[*name, post.event, post.platform] > 1
        ):  # accounts with limits of their own
            cells["id"] = _shorten_id(f"{cells['id']}-{item.account}")
        writer.writerow({key: escape_formula(cell) for key, cell in cells.items()})
    return out.getvalue()


def _cells(
    group: Sequence[Occurrence | Delivery], post: Post | None, event_count: int, folder: Path
) -> dict[str, str]:
    """Return the cells of a row: of posts that say the same at one time from several accounts."""
    subject, local = group[0], _local_due(group[0])
    parts = subject.content.parts
    polls = [part.poll for part in parts if part.poll]
    expires = subject.expires and subject.expires.astimezone(local.tzinfo)
    return {
        "id": _row_id(subject, post, event_count),
        "campaign": subject.campaign,
        "when": _format_time(local),
        "accounts": ", ".join(same.account for same in group),
        "demand": subject.demand or "",
        "event": subject.event or "",
        "facts": ", ".join(post.facts if post else ()),
        "statements": ", ".join(post.statements if post else ()),
        "text": _PART_BREAK.join(_escape_template(part.text) for part in parts),
        **_media_cells(parts, folder),
        "poll": _join_parts([part.poll.options if part.poll else () for part in parts]),
        "poll_for": f"{polls[0].minutes}m" if polls else "",
        "reply_settings": subject.content.reply_settings or "",
        "warning": subject.content.warning or "",
        "language": subject.content.language or "",
        "labels": ", ".join(subject.content.labels),
        "hashtags": NO_HASHTAGS,
        "expires": _format_time(expires) if expires else "",
        "author": subject.author or "",
        "local": f"{local:%a %d %b %Y, %H:%M %Z}",
        "key": "\n".join(same.key for same in group),
    }


def _media_cells(parts: Sequence[Part], folder: Path) -> dict[str, str]:
    """Return the cells of what the parts show themselves: a link brings its card along."""
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


def _row_id(subject: Occurrence | Delivery, post: Post | None, event_count: int) -> str:
    """Return the post's id, with what distinguishes its rows if it has several.

    That is the time, the event, the platform or the wording.
    """
    pieces = [subject.post]
    if subject.kind is ScheduleKind.EVERY:
        pieces.append(re.sub(r"[^0-9]", "", subject.label))
    elif event_count > 1:
        pieces.append(subject.label)
    if post:
        pieces.append(post.platform or "")
        pieces.append(subject.wording if len(post.wordings) > 1 else "")
    return _shorten_id("-".join(piece for piece in pieces if piece))


def _shorten_id(name: str) -> str:
    """Return an id that is not too long, and still unlike others."""
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
_LONE_DASHES = re.compile(rf"^([ \t]*){PART_SEPARATOR}([ \t]*)$", re.MULTILINE)


def _escape_template(text: str) -> str:
    """Return what must be typed for a text, so that braces and lines of ``---`` are literal."""
    if _TEMPLATE_SYNTAX.search(text):
        text = _BRACE.sub(lambda brace: f'{{{{ "{brace[0]}" }}}}', text)
    return _LONE_DASHES.sub(rf'\1{{{{ "{PART_SEPARATOR}" }}}}\2', text)


POST_DURATION = timedelta(minutes=15)
"""How long a post is on the calendar: one without a length could hardly be seen."""

SUMMARY_LENGTH = 60
"""Characters of a post's text in the title of its calendar entry."""

_CANCELLED_STATES = frozenset({"cancelled", "dropped", "missed", "expired", "rejected"})
_TENTATIVE_STATES = frozenset({"unknown", "needs_human"})


def as_ics(
    posts: Iterable[PlannedPost],
    campaigns: Sequence[Campaign],
    accounts: Mapping[str, Account],
    span: ExportSpan,
) -> str:
    """Return a calendar of the posts, and of the campaigns' events that overlap the span."""
    from icalendar import Calendar, vText
    from icalendar import Event as Entry

    titles = {campaign.id: campaign.title for campaign in campaigns}
    exported = [campaign for campaign in campaigns if span.campaign in (None, campaign.id)]
    name = f"Groundswell: {exported[0].title}" if len(exported) == 1 else "Groundswell"
    calendar = Calendar()
    calendar.add("prodid", f"-//Groundswell//Groundswell {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(name))  # it has no type of its own, so nothing is escaped
    entries = [
        _event_properties(event, campaign)
        for campaign in exported
        for event in campaign.events.values()
        if span.overlaps(event)
    ]
    entries += [_post_properties(planned, titles, accounts) for planned in posts]
    for properties in entries:
        entry = Entry()
        entry.add("dtstamp", span.now.astimezone(UTC))
        entry.add("transp", "TRANSPARENT")
        for key, value in properties.items():
            entry.add(key, value)
        calendar.add_component(entry)
    data: bytes = calendar.to_ical()
    return data.decode()


def _post_properties(
    planned: PlannedPost, titles: Mapping[str, str], accounts: Mapping[str, Account]
) -> dict[str, Any]:
    post, state = planned
    account = accounts.get(post.account)
    lines: list[str] = []
    for part in post.content.parts:  # the full text, and in words what is attached to it
        lines.append(part.text)
        lines += [f"[{media.path.name}] {media.alt}" for media in part.attached]
        lines += [f"Link card: {part.card}"] if part.card else []
        lines += [f"( ) {option}" for option in (part.poll.options if part.poll else ())]
    lines += [
        "",
        f"State: {state}",
        f"Account: {post.account}" + (f" (@{account.handle})" if account else ""),
        f"Due: {_local_due(post):%a %d %b %Y, %H:%M %Z}",
        f"Campaign: {titles.get(post.campaign, post.campaign)}",
        *([f"Demand: {post.demand}"] if post.demand else []),
        *([f"Event: {post.event}"] if post.event else []),
        *([f"Wording: {post.wording}"] if post.wording else []),
    ]
    status = "TENTATIVE" if state in _TENTATIVE_STATES else "CONFIRMED"
    return {
        "uid": post.key,
        "dtstart": post.due,
        "dtend": post.due + POST_DURATION,
        "summary": f"{post.account}: {truncate_line(post.content.text, SUMMARY_LENGTH)}",
        "description": "\n".join(lines),
        "status": "CANCELLED" if state in _CANCELLED_STATES else status,
        "categories": [post.campaign, *([post.demand] if post.demand else [])],
    }


def _event_properties(event: Event, campaign: Campaign) -> dict[str, Any]:
    zone = ZoneInfo(event.timezone)
    starts, ends = event.starts.astimezone(zone), event.ends.astimezone(zone)
    after = ends if ends.time() == time() else ends + timedelta(minutes=1)
    first: date = event.starts.astimezone(UTC)
    last: date = event.ends.astimezone(UTC)
    if starts.time() == time() and after.time() == time():
        # It lasts whole local days: the last day of a calendar's entry is excluded.
        first, last = starts.date(), max(after.date(), starts.date() + timedelta(days=1))
    details = [f"Campaign: {campaign.title}", f"Times are those of {event.timezone}."]
    details += ["The date is only an example."] if event.illustrative else []
    status = "TENTATIVE" if event.illustrative else "CONFIRMED"
    return {
        "uid": f"{campaign.id}/{event.id}",
        "dtstart": first,
        "dtend": last,
        "summary": event.name,
        "location": event.place,
        "description": "\n".join(details),
        "status": "CANCELLED" if event.cancelled else status,
        "categories": [campaign.id],
    }

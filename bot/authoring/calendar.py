"""What is planned as iCalendar (RFC 5545): the posts, and the campaigns' own events.

The UID of a post is its delivery's key, that of an event the campaign's id and its own, so that a
calendar that reads a later export moves what has moved. What will not be sent stays in the export
as cancelled, because a calendar would keep an entry that it merely no longer finds. Instants are in
UTC, and every calendar shows them in its reader's timezone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot import __version__
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from icalendar import Event as Entry

    from bot.authoring.exporting import ExportSpan, PlannedPost
    from bot.model import Account, Campaign, Content, Event

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
    from icalendar import Calendar

    titles = {campaign.id: campaign.title for campaign in campaigns}
    calendar = Calendar()
    calendar.add("prodid", f"-//Groundswell//Groundswell {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    named = [item.title for item in campaigns if span.campaign in (None, item.id)]
    calendar.add("x-wr-calname", f"Groundswell: {named[0]}" if len(named) == 1 else "Groundswell")
    for campaign in campaigns:
        for event in campaign.events.values():
            if _overlaps(event, campaign, span):
                calendar.add_component(_event_component(event, campaign, span.now))
    for planned in posts:
        calendar.add_component(_post_component(planned, titles, accounts, span.now))
    data: bytes = calendar.to_ical()
    return data.decode()


def _component(uid: str, starts: date, ends: date, now: datetime) -> Entry:
    from icalendar import Event as Entry

    entry = Entry()
    entry.add("uid", uid)
    entry.add("dtstamp", now.astimezone(UTC))
    entry.add("dtstart", starts)
    entry.add("dtend", ends)
    return entry


def _post_component(
    planned: PlannedPost, titles: Mapping[str, str], accounts: Mapping[str, Account], now: datetime
) -> Entry:
    post = planned.subject
    entry = _component(post.key, post.due, post.due + POST_DURATION, now)
    account = accounts.get(post.account)
    text = truncate_line(post.content.text, SUMMARY_LENGTH)
    entry.add("summary", f"{post.account}: {text}")
    details = [
        f"State: {planned.state}",
        f"Account: {post.account}" + (f" (@{account.handle})" if account else ""),
        f"Due: {planned.local:%a %d %b %Y, %H:%M %Z}",
        f"Campaign: {titles.get(post.campaign, post.campaign)}",
        *([f"Demand: {post.demand}"] if post.demand else []),
        *([f"Event: {post.event}"] if post.event else []),
        *([f"Wording: {post.wording}"] if post.wording else []),
    ]
    entry.add("description", "\n".join([*_text_lines(post.content), "", *details]))
    entry.add("status", _status(planned.state))
    entry.add("transp", "TRANSPARENT")
    entry.add("categories", [post.campaign, *([post.demand] if post.demand else [])])
    return entry


def _status(state: str) -> str:
    if state in _CANCELLED_STATES:
        return "CANCELLED"
    return "TENTATIVE" if state in _TENTATIVE_STATES else "CONFIRMED"


def _text_lines(content: Content) -> Iterable[str]:
    """Yield the full text, and in words what is attached to it."""
    for part in content.parts:
        yield part.text
        yield from (f"[{media.path.name}] {media.alt}" for media in part.media)
        yield from (f"( ) {option}" for option in (part.poll.options if part.poll else ()))


# --- The campaigns' events ------------------------------------------------------------------------


def _overlaps(event: Event, campaign: Campaign, span: ExportSpan) -> bool:
    starts, ends = (at.astimezone(ZoneInfo(event.timezone)) for at in (event.starts, event.ends))
    too_early = ends.date() < span.since if span.since else event.ends < span.now
    too_late = span.until is not None and starts.date() > span.until
    return not too_early and not too_late and span.campaign in (None, campaign.id)


def _event_component(event: Event, campaign: Campaign, now: datetime) -> Entry:
    entry = _component(f"{campaign.id}/{event.id}", *_event_times(event), now)
    entry.add("summary", event.name)
    entry.add("location", event.place)
    details = [f"Campaign: {campaign.title}", f"Times are those of {event.timezone}."]
    if event.illustrative:
        details.append("The date is only an example.")
    entry.add("description", "\n".join(details))
    status = "TENTATIVE" if event.illustrative else "CONFIRMED"
    entry.add("status", "CANCELLED" if event.cancelled else status)
    entry.add("transp", "TRANSPARENT")
    entry.add("categories", [campaign.id])
    return entry


def _event_times(event: Event) -> tuple[date, date]:
    """Return its start and end: days, the last one excluded, if it lasts whole local days."""
    zone = ZoneInfo(event.timezone)
    starts, ends = event.starts.astimezone(zone), event.ends.astimezone(zone)
    after = ends if ends.time() == time() else ends + timedelta(minutes=1)
    if starts.time() == time() and after.time() == time():
        return starts.date(), max(after.date(), starts.date() + timedelta(days=1))
    return event.starts.astimezone(UTC), event.ends.astimezone(UTC)

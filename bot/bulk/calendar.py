"""What is planned as iCalendar (RFC 5545): the posts, and the campaigns' own events.

A post's UID is its delivery's key and an event's the campaign's id and its own, so that a calendar
that reads a later export moves what has moved. What will not go out stays in it, as cancelled: a
calendar that merely no longer finds it would keep it. Instants are in UTC: every calendar shows
them where its reader is.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from icalendar import Event as Entry

    from bot.bulk.planned import Planned, Span
    from bot.model import Account, Campaign, Content, Event

SHOWN = timedelta(minutes=15)
"""How long a post is on the calendar: one without a length would hardly be seen."""

WORDS = 60
"""Characters of a text that name it in a calendar."""

_GONE = frozenset({"cancelled", "dropped", "missed", "expired", "rejected"})
_UNSURE = frozenset({"unknown", "needs_human"})


def as_ics(
    rows: Iterable[Planned],
    campaigns: Sequence[Campaign],
    accounts: Mapping[str, Account],
    span: Span,
) -> str:
    """Write a calendar of the rows, and of the campaigns' events that touch the span."""
    from icalendar import Calendar

    titles = {campaign.id: campaign.title for campaign in campaigns}
    calendar = Calendar()
    calendar.add("prodid", f"-//Groundswell//Groundswell {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _name(campaigns, span))
    for campaign in campaigns:
        for event in campaign.events.values():
            if _touches(event, campaign, span):
                calendar.add_component(_event(event, campaign, span.now))
    for one in rows:
        calendar.add_component(_post(one, titles, accounts, span.now))
    written: bytes = calendar.to_ical()
    return written.decode()


def _name(campaigns: Sequence[Campaign], span: Span) -> str:
    named = [one.title for one in campaigns if span.campaign in (None, one.id)]
    return f"Groundswell: {named[0]}" if len(named) == 1 else "Groundswell"


def _entry(uid: str, starts: date, ends: date, now: datetime) -> Entry:
    from icalendar import Event as Entry

    entry = Entry()
    entry.add("uid", uid)
    entry.add("dtstamp", now.astimezone(UTC))
    entry.add("dtstart", starts)
    entry.add("dtend", ends)
    return entry


def _post(
    one: Planned, titles: Mapping[str, str], accounts: Mapping[str, Account], now: datetime
) -> Entry:
    said = one.subject
    entry = _entry(said.key, said.due, said.due + SHOWN, now)
    account = accounts.get(said.account)
    entry.add("summary", f"{said.account}: {_short(said.content.text)}")
    told = [
        f"State: {one.state}",
        f"Account: {said.account}" + (f" (@{account.handle})" if account else ""),
        f"Due: {one.local:%a %d %b %Y, %H:%M %Z}",
        f"Campaign: {titles.get(said.campaign, said.campaign)}",
        *([f"Demand: {said.demand}"] if said.demand else []),
        *([f"Event: {said.event}"] if said.event else []),
        *([f"Wording: {said.wording}"] if said.wording else []),
    ]
    entry.add("description", "\n".join([*_said(said.content), "", *told]))
    entry.add("status", _status(one.state))
    entry.add("transp", "TRANSPARENT")
    entry.add("categories", [said.campaign, *([said.demand] if said.demand else [])])
    return entry


def _status(state: str) -> str:
    if state in _GONE:
        return "CANCELLED"
    return "TENTATIVE" if state in _UNSURE else "CONFIRMED"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= WORDS else f"{words[: WORDS - 1]}…"


def _said(content: Content) -> Iterable[str]:
    """Give the full text, and in words what is shown beside it."""
    for part in content.parts:
        yield part.text
        yield from (f"[{one.path.name}] {one.alt}" for one in part.media)
        yield from (f"( ) {option}" for option in (part.poll.options if part.poll else ()))


# --- The campaigns' events ------------------------------------------------------------------------


def _touches(event: Event, campaign: Campaign, span: Span) -> bool:
    starts, ends = (at.astimezone(ZoneInfo(event.timezone)) for at in (event.starts, event.ends))
    begun = ends.date() >= span.since if span.since else event.ends >= span.now
    over = span.until is not None and starts.date() > span.until
    return begun and not over and span.campaign in (None, campaign.id)


def _event(event: Event, campaign: Campaign, now: datetime) -> Entry:
    entry = _entry(f"{campaign.id}/{event.id}", *_times(event), now)
    entry.add("summary", event.name)
    entry.add("location", event.place)
    told = [f"Campaign: {campaign.title}", f"Times are those of {event.timezone}."]
    if event.illustrative:
        told.append("The date is only an example.")
    entry.add("description", "\n".join(told))
    status = "TENTATIVE" if event.illustrative else "CONFIRMED"
    entry.add("status", "CANCELLED" if event.cancelled else status)
    entry.add("transp", "TRANSPARENT")
    entry.add("categories", [campaign.id])
    return entry


def _times(event: Event) -> tuple[date, date]:
    """Give its start and end: days, the last not included, where it lasts whole local days."""
    zone = ZoneInfo(event.timezone)
    starts, ends = event.starts.astimezone(zone), event.ends.astimezone(zone)
    after = ends if ends.time() == time() else ends + timedelta(minutes=1)
    if starts.time() == time() and after.time() == time():
        return starts.date(), max(after.date(), starts.date() + timedelta(days=1))
    return event.starts.astimezone(UTC), event.ends.astimezone(UTC)

"""Export the planned posts as a spreadsheet, or as a calendar in the iCalendar format (RFC 5545).

A post has one calendar entry for all of its accounts. The UID of a post is its campaign, its id and
the schedule's name for the moment; the UID of an event is its campaign and its id. A calendar that
reads a later export moves the entries of posts by these UIDs. Posts that will not be sent stay in
the export as cancelled, because a calendar would keep an entry that is only missing. Instants are
in UTC, and calendars show them in the reader's timezone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot import __version__
from bot.link_marks import unmarked, without_post_marks
from bot.model import group_posts
from bot.model.post_words import platform_name
from bot.model.web_addresses import post_path, web_address
from bot.planning.diff import planned_deliveries
from bot.planning.unplanned import posts_beyond_horizon
from bot.services.plan import later_views
from bot.spreadsheets.exports.rows import HEADINGS, as_csv, local_due, sheet_rows
from bot.spreadsheets.workbook import as_workbook
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Literal

    from bot.checking import CheckResult
    from bot.model import Account, Campaign, Delivery, Event, Occurrence, PostKey
    from bot.planning.diff import PlannedDelivery
    from bot.runtime.app import App
    from bot.services.views_plan import LaterView


@dataclass(frozen=True, slots=True)
class ExportSpan:
    """The days and the campaign to export."""

    now: datetime
    since: date | None = None
    """The first local day, included; if None, posts due from ``now`` on are exported."""
    until: date | None = None
    """The last local day, included; None if there is no limit."""
    campaign: str | None = None
    """The only campaign, or None for all."""

    def includes(self, post: Occurrence | Delivery) -> bool:
        """Return whether to export a post."""
        is_past = self.since is None and post.due < self.now
        return not is_past and self.includes_day(post.campaign, local_due(post).date())

    def includes_day(self, campaign: str, day: date) -> bool:
        """Return whether to export the posts of a campaign on a day."""
        too_early = self.since is not None and day < self.since
        too_late = self.until is not None and day > self.until
        return not too_early and not too_late and self.campaign in (None, campaign)

    def overlaps(self, event: Event) -> bool:
        """Return whether an event takes place at least in part within the span."""
        zone = ZoneInfo(event.timezone)
        first, last = (at.astimezone(zone).date() for at in (event.starts, event.ends))
        too_early = last < self.since if self.since else event.ends < self.now
        return not too_early and (self.until is None or first <= self.until)


@dataclass(frozen=True, slots=True)
class ExportedPlan:
    """A file for a spreadsheet or a calendar."""

    content: str | bytes
    """The content of the file; bytes for a workbook."""
    posts: int
    """The number of posts in it."""
    rows: int
    """The number of rows in a sheet, one for each text of a post, or of entries in a calendar."""
    later: tuple[LaterView, ...]
    """Posts that are not in it yet because they are due beyond the horizon."""


def export_plan(
    app: App, checked: CheckResult, span: ExportSpan, form: Literal["csv", "xlsx", "ics"]
) -> ExportedPlan:
    """Return the posts that are planned in a span, with their states.

    Raise UserError for unknown accounts, and for two posts of one name.
    """
    planned = planned_deliveries(app.queue_sync.plan(checked).actions, app.queue.all())
    posts, campaigns = calendar_posts(planned, span), checked.campaigns
    later = later_views(
        item
        for item in posts_beyond_horizon(campaigns, span.now, app.config.horizon)
        if span.includes_day(item.post.campaign, item.local.date())
    )
    if form == "ics":
        text = as_ics(posts, campaigns, app.config.accounts, span)
        return ExportedPlan(text, len(posts), len(posts), later)
    within = [(item, state) for item, state in planned if span.includes(item)]
    rows = sheet_rows(within, campaigns, app.config.campaigns)
    content = as_workbook(rows, HEADINGS) if form == "xlsx" else as_csv(rows)
    return ExportedPlan(content, len(posts), len(rows), later)


# --- A calendar ----------------------------------------------------------------------------------

POST_DURATION = timedelta(minutes=15)
"""The length of a post's calendar entry; an entry without a length could hardly be seen."""

SUMMARY_LENGTH = 60
"""Characters of a post's text in the title of its calendar entry."""

_CANCELLED_STATES = frozenset({"cancelled", "dropped", "missed", "expired", "rejected"})
_TENTATIVE_STATES = frozenset({"unknown", "needs_human"})


@dataclass(frozen=True, slots=True)
class CalendarPost:
    """A post at one moment, on all of its accounts, as a calendar entry."""

    name: str
    key: PostKey
    deliveries: tuple[PlannedDelivery, ...]
    """Its deliveries, by network and account."""


def calendar_posts(planned: Iterable[PlannedDelivery], span: ExportSpan) -> list[CalendarPost]:
    """Return the posts with a delivery in the span, each on all of its accounts."""
    states = {item.key: (item, state) for item, state in planned}
    return [
        CalendarPost(post.name, post.key, tuple(states[of.key] for of in post.deliveries))
        for post in group_posts(item for item, _ in states.values())
        if any(map(span.includes, post.deliveries))
    ]


def as_ics(
    posts: Iterable[CalendarPost],
    campaigns: Sequence[Campaign],
    accounts: Mapping[str, Account],
    span: ExportSpan,
    origin: str = "",
) -> str:
    """Return a calendar of the posts, and of the campaigns' events that overlap the span.

    With the control room's ``origin``, each post leads to its page.
    """
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
    entries += [_post_properties(post, titles, accounts, origin) for post in posts]
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
    post: CalendarPost, titles: Mapping[str, str], accounts: Mapping[str, Account], origin: str
) -> dict[str, object]:
    first, status = post.deliveries[0][0], _status(state for _, state in post.deliveries)
    # A delivery that is cancelled on one account is not in the title, and does not set the time.
    left = [item for item, state in post.deliveries if state not in _CANCELLED_STATES]
    titled = left or [item for item, _ in post.deliveries]
    due = min(item.due for item in titled)
    networks = dict.fromkeys(platform_name(item.platform) for item in titled)
    words = truncate_line(titled[0].content.text, SUMMARY_LENGTH)
    lines = [
        *_content_lines(post),
        "",
        *_delivery_lines(post, accounts),
        f"Post: {post.name}",
        f"Campaign: {titles.get(first.campaign, first.campaign)}",
        *([f"Demand: {first.demand}"] if first.demand else []),
        *([f"Event: {first.event}"] if first.event else []),
    ]
    return {
        "uid": "/".join(post.key),
        "dtstart": due,
        "dtend": due + POST_DURATION,
        "summary": f"{', '.join(networks)}: {words}",
        "description": "\n".join(lines),
        "status": status,
        "categories": [first.campaign, *([first.demand] if first.demand else [])],
        **({"url": web_address(origin, post_path(*post.key))} if origin else {}),
    }


def _status(states: Iterable[str]) -> str:
    """Return the status of an entry, which is cancelled only if no delivery will be sent."""
    going = {*states} - _CANCELLED_STATES
    if not going:
        return "CANCELLED"
    return "TENTATIVE" if going & _TENTATIVE_STATES else "CONFIRMED"


def _content_lines(post: CalendarPost) -> Iterator[str]:
    """Yield the full text and descriptions of attachments, once for accounts that share them.

    Links are shown without their marks, by which accounts may differ.
    """
    contents: dict[tuple[str, ...], list[Occurrence]] = {}
    for item, _ in post.deliveries:
        texts = (without_post_marks(part.text) for part in item.content.parts)
        contents.setdefault((unmarked(item.content).digest, *texts), []).append(item)
    for group in contents.values():
        if len(contents) > 1:
            yield f"On {', '.join(item.account for item in group)}:"
        for part in group[0].content.parts:
            yield without_post_marks(part.text)
            yield from (f"[{media.path.name}] {media.alt}" for media in part.attached)
            yield from [f"Link card: {without_post_marks(str(part.card))}"] if part.card else []
            yield from (f"( ) {option}" for option in (part.poll.options if part.poll else ()))


def _delivery_lines(post: CalendarPost, accounts: Mapping[str, Account]) -> Iterator[str]:
    for item, state in post.deliveries:
        account = accounts.get(item.account)
        handle = f" (@{account.handle.removeprefix('@')})" if account else ""
        wording = f", in the wording {item.wording}" if item.wording else ""
        place = f"{platform_name(item.platform)}, {item.account}{handle}"
        yield f"{place}: {state}, due {local_due(item):%a %d %b %Y, %H:%M %Z}{wording}"


def _event_properties(event: Event, campaign: Campaign) -> dict[str, object]:
    zone = ZoneInfo(event.timezone)
    starts, ends = event.starts.astimezone(zone), event.ends.astimezone(zone)
    after = ends if ends.time() == time() else ends + timedelta(minutes=1)
    first: date = event.starts.astimezone(UTC)
    last: date = event.ends.astimezone(UTC)
    if starts.time() == time() and after.time() == time():
        # It lasts whole local days, and a calendar excludes the last day of an entry.
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

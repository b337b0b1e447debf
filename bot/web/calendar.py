"""The calendar: a month, a week or a day, in the times of the audiences or of one timezone.

The address has everything that a person has chosen, so that a link shows another person the same.
"""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.model.web_addresses import CALENDAR, with_query
from bot.schedules.local_time import ScheduleError, parse_date, zone
from bot.services import people
from bot.services.calendar import CalendarRequest, present_day, read_calendar
from bot.services.calendar_feed import feed_tag, read_feed
from bot.services.views_calendar import CalendarFilter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from bot.services.views_calendar import CalendarKind, CalendarView, Choice
    from bot.web.visit import Call, Visit

OWN = "own"
"""The name in the address for times of each post's own audience."""

_KINDS: tuple[CalendarKind, ...] = ("month", "week", "day")


def show(visit: Visit) -> Response:
    """Show the part of the calendar that the address names, or the present month."""
    problems: list[str] = []
    chosen = _zone(visit.query, problems)
    kind: CalendarKind = next((kind for kind in _KINDS if kind == visit.query.get("view")), "month")
    scope = visit.user.scope
    day = _day(visit.query, problems) or present_day(visit.app, chosen, scope=scope)
    only = CalendarFilter(
        **{of.name: visit.query.get(of.name, "").strip() for of in fields(CalendarFilter)}
    )
    asked = CalendarRequest(kind, day, chosen, only, visit.page_number)
    view = read_calendar(visit.app, asked, scope=scope)
    values = {
        "view": kind,
        "on": day.isoformat(),
        "zone": chosen.key if chosen else OWN,
        **{of.name: getattr(only, of.name) for of in fields(only)},
    }
    return visit.page(
        "calendar.html.j2",
        status=400 if problems else 200,
        view=view,
        kinds=_KINDS,
        to=partial(_address, values),
        chosen=values,
        filters=_filters(view),
        zones=_zones(view),
        problems=problems,
    )


def feed(call: Call) -> Response:
    """Answer a calendar program that asks for the feed of a person by its secret address."""
    user = people.find_feed(call.app, call.path["token"])
    if user is None:
        raise HTTPException(404)
    tag = f'"{feed_tag(call.app, user.scope)}"'
    headers = {"etag": tag}
    if tag in call.etag:
        return Response(status_code=304, headers=headers)
    return Response(read_feed(call.app, user.scope), media_type="text/calendar", headers=headers)


def _zone(query: Mapping[str, str], problems: list[str]) -> ZoneInfo | None:
    name = query.get("zone", "").strip()
    if name in ("", OWN):
        return None
    try:
        return zone(name)
    except ScheduleError as error:
        problems.append(f"{error} Times are those of each post's audience.")
        return None


def _day(query: Mapping[str, str], problems: list[str]) -> date | None:
    text = query.get("on", "").strip()
    if not text:
        return None
    try:
        return parse_date(text)
    except ScheduleError as error:
        problems.append(f"{error} The present day is shown.")
        return None


def _address(chosen: Mapping[str, str], **changes: object) -> str:
    """Return the address of what was chosen with some values changed; an empty one is left out."""
    values = {**chosen, **{name: str(value or "") for name, value in changes.items()}}
    usual = {"view": "month", "zone": OWN}
    kept = {name: value for name, value in values.items() if value != usual.get(name)}
    return with_query(CALENDAR, **kept)


def _filters(view: CalendarView) -> Sequence[tuple[str, str, Sequence[tuple[str, str]]]]:
    """Return name, label and options of each field of the filter."""
    choices = view.choices
    return (
        ("account", "Account", _options("All accounts", choices.accounts)),
        ("campaign", "Campaign", _options("All campaigns", choices.campaigns)),
        ("demand", "Demand", _options("All demands", choices.demands)),
        ("state", "State", _options("All but cancelled and dropped", choices.states)),
    )


def _options(everything: str, choices: Sequence[Choice]) -> Sequence[tuple[str, str]]:
    return [("", everything), *((of.value, of.words) for of in choices)]


def _zones(view: CalendarView) -> Sequence[tuple[str, str]]:
    """Return the timezones that can be chosen, with UTC and the one that is shown."""
    known = {of.value: f"{of.value} ({of.words})" for of in view.choices.zones}
    for name in ("UTC", view.zone):
        if name:
            known.setdefault(name, name)
    return [(OWN, "Each post's own time"), *known.items()]

"""Whatever is queued, each post that a person may see is in the calendar exactly once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from helpers.calendar_project import ALL, Project, calendar_project
from helpers.extras import examples
from helpers.store import occurrence
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bot.database.tables import deliveries
from bot.model import OVER, Scope, State
from bot.planning.diff import Add
from bot.services import calendar
from bot.services.calendar import CalendarRequest, read_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.services.views_calendar import CalendarKind, CalendarView

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago")
ACCOUNTS = ("a", "b", "c")
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
MONTHS = tuple(date(2026, month, 15) for month in (9, 10, 11))

Queued = tuple[int, str, int, str, State]
"""The number of a post, its account, when it is due in quarters of an hour, its zone and state."""
Shown = tuple[str, date, str, str]
"""The name of a post, its local day and time, and an account."""

posts = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from(ACCOUNTS),
        st.integers(-2 * 24 * 4, 33 * 24 * 4),
        st.sampled_from(ZONES),
        st.sampled_from(list(State)),
    ),
    max_size=25,
    unique_by=lambda post: post[:2],
)
scopes = st.none() | st.frozensets(st.sampled_from(ACCOUNTS))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Yield a project whose days are short pages and whose months show everything."""
    folder = tmp_path_factory.mktemp("shared")
    with calendar_project(folder) as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendar, "SHOWN", {"month": 99, "week": 99, "day": 2})
        patch.setattr(calendar, "PLACES_SHOWN", {"month": 99, "week": 99, "day": 99})
        yield made


def queue_all(project: Project, queued: Sequence[Queued]) -> None:
    """Replace the queue by these deliveries."""
    with project.app.database.writing() as connection:
        connection.execute(delete(deliveries))
    for number, account, quarters, timezone, state in queued:
        key = f"people/p{number}/{account}/once"
        due = BEGIN + timedelta(minutes=15 * quarters)
        one = occurrence(f"p{number}", account=account, key=key, due=due, timezone=timezone)
        project.app.queue.apply([Add(one)], BEGIN - timedelta(days=9))
        project.change(key, state=state.value)


def wanted(
    queued: Sequence[Queued], zone: str | None, accounts: frozenset[str] | None
) -> set[Shown]:
    """Return everything that has to be shown in the months."""
    visible = [of for of in queued if accounts is None or of[1] in accounts]
    states: dict[tuple[object, ...], set[State]] = {}
    for number, _, quarters, timezone, state in visible:
        states.setdefault((number, quarters, timezone), set()).add(state)
    shown = set()
    for number, account, quarters, timezone, _ in visible:
        due = BEGIN + timedelta(minutes=15 * quarters)
        local = due.astimezone(ZoneInfo(zone or timezone))
        if states[number, quarters, timezone] - OVER and local.month in (9, 10, 11):
            shown.add((f"people/p{number}", local.date(), f"{local:%H:%M}", account))
    return shown


def entries(view: CalendarView) -> list[Shown]:
    """Return post, local day, local time and account of everything on the days of a view."""
    return [
        (of.name, day.day, of.local, place.account)
        for week in view.weeks
        for day in week
        if not day.is_outside
        for of in day.entries
        for place in of.places
    ]


@given(queued=posts, zone=st.none() | st.sampled_from(ZONES), accounts=scopes)
@settings(max_examples=examples(40))
def test_each_visible_post_is_on_its_local_day_exactly_once(
    shared: Project, queued: list[Queued], zone: str | None, accounts: frozenset[str] | None
) -> None:
    queue_all(shared, queued)
    home = ZoneInfo(zone) if zone else None

    def look(kind: CalendarKind, day: date, page: int = 1) -> CalendarView:
        asked = CalendarRequest(kind, day, home, ALL, page)
        return read_calendar(shared.app, asked, scope=Scope(accounts, None))

    found: list[Shown] = []
    for month in MONTHS:
        view = look("month", month)
        days = [day for week in view.weeks for day in week if not day.is_outside]
        assert sum(number for _, number in view.counts) == view.posts
        assert view.posts == sum(day.posts for day in days)
        for day in (day.day for day in days if day.posts):  # its pages have what the month has
            pages = [look("day", day, 1 + page) for page in range(look("day", day).pages)]
            listed = [one for page in pages for one in entries(page)]
            assert listed == [one for one in entries(view) if one[1] == day]
        found += entries(view)
    assert len(found) == len(set(found))
    assert set(found) == wanted(queued, zone, accounts)

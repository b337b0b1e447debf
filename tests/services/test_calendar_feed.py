"""The calendar feed: the person's posts in iCalendar, the same entries after every change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from helpers.calendar_project import BERLIN, HEAD, Project, entry
from icalendar import Calendar

from bot.model import EVERYTHING, Scope
from bot.services import calendar_feed
from bot.services.calendar_feed import feed_tag, read_feed

if TYPE_CHECKING:
    from typing import Any

    import pytest

ONLY_BERLIN = Scope(frozenset({"berlin-x"}), None)
EVENT = """\
events:
  summit: {name: The summit, place: Town hall, starts: 2026-12-20 09:00, ends: 2026-12-20 18:00}
posts:
"""


def entries(project: Project, scope: Scope = EVERYTHING) -> dict[str, Any]:
    """Return the entries of the feed by their UIDs."""
    calendar = Calendar.from_ical(read_feed(project.app, scope))
    return {str(of["uid"]): of for of in calendar.walk("VEVENT")}


def test_a_feed_has_queued_posts_and_later_plans_in_utc(project: Project) -> None:
    project.write("a", HEAD + entry("near", "2026-12-04 09:00") + entry("far", "2027-06-04 09:00"))
    project.queue()
    found = entries(project)
    assert set(found) == {"people/near/once", "people/far/once"}
    assert found["people/near/once"]["dtstart"].dt == datetime(2026, 12, 4, 14, tzinfo=UTC)
    assert b"DTSTART:20270604T130000Z" in found["people/far/once"].to_ical()
    assert "scheduled" in found["people/near/once"]["description"]
    assert "planned" in found["people/far/once"]["description"]


def test_an_entry_keeps_its_uid_when_its_post_moves(project: Project) -> None:
    project.write("a", HEAD + entry("one", "2026-12-04 09:00"))
    project.queue()
    before = entries(project)
    project.write("a", HEAD + entry("one", "2026-12-09 09:00"))
    project.queue()
    after = entries(project)
    assert set(before) == set(after)
    [moved] = after.values()
    assert moved["dtstart"].dt.date() == date(2026, 12, 9)


def test_a_feed_reaches_a_year_ahead_and_a_month_back(project: Project) -> None:
    posts = (
        entry(name, when)
        for name, when in (("in", "2027-11-29 09:00"), ("out", "2027-12-03 09:00"))
    )
    project.write("a", HEAD + entry("past", "2026-12-01 09:00") + "".join(posts))
    project.queue()
    assert set(entries(project)) == {"people/past/once", "people/in/once"}
    project.clock.advance(days=20)
    assert "people/past/once" in entries(project)
    project.clock.advance(days=20)
    assert "people/past/once" not in entries(project)


def test_nothing_outside_the_scope_is_in_it(busy: Project) -> None:
    busy.write("c", HEAD.replace("campaign: people", "campaign: third").replace("posts:\n", EVENT))
    everything = read_feed(busy.app, EVERYTHING)
    assert all(words in everything for words in ("people", "ours-x", "The summit"))
    own = read_feed(busy.app, ONLY_BERLIN)
    assert set(entries(busy, ONLY_BERLIN)) == {"berlin/four/once"}
    assert not any(words in own for words in ("people", "ours", "third", "The summit"))
    assert entries(busy, Scope(frozenset(), None)) == {}


def test_accounts_outside_the_scope_are_not_named(busy: Project) -> None:
    own = read_feed(busy.app, Scope(frozenset({"ours-sky"}), None))
    assert "ours-x" not in own
    assert "Bluesky" in own


def test_the_tag_changes_with_the_queue_the_files_the_day_and_the_scope(busy: Project) -> None:
    tags = [feed_tag(busy.app, EVERYTHING)]
    assert feed_tag(busy.app, EVERYTHING) == tags[0]
    busy.change("people/one/ours-x/once", state="published")
    tags.append(feed_tag(busy.app, EVERYTHING))
    busy.write("b", BERLIN + entry("five", "2026-12-08 09:00", "Noch einmal etwas anderes."))
    tags.append(feed_tag(busy.app, EVERYTHING))
    busy.clock.advance(days=1)
    tags += [feed_tag(busy.app, EVERYTHING), feed_tag(busy.app, ONLY_BERLIN)]
    assert len({*tags}) == len(tags)


def test_a_feed_of_too_many_plans_reaches_less_far(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.calendar_times.MAX_DELIVERIES", 400)
    project.write("a", HEAD + entry("daily", "{every: day, at: '09:00', from: 2026-12-01}"))
    last = max(of["dtstart"].dt for of in entries(project).values())
    assert last.date() - project.clock.now().date() in {timedelta(days=91), timedelta(days=92)}


def test_a_feed_has_the_next_posts_if_there_are_very_many(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_feed, "MOST_POSTS", 3)
    project.write("a", HEAD + entry("daily", "{every: day, at: '09:00', from: 2026-12-01}"))
    assert {of["dtstart"].dt.day for of in entries(project).values()} == {1, 2, 3}

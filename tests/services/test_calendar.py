"""The calendar's days and entries: the queue, the plans beyond it, timezones, filters, scopes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.calendar_project import BERLIN, HEAD, NOW, Project, entry
from helpers.store import occurrence, text_content

from bot.config import load
from bot.model import Scope, State
from bot.planning.diff import Add
from bot.runtime.app import create_app
from bot.services import calendar as module
from bot.services.calendar_days import name_span, neighbours, span_around
from bot.services.posts import list_posts
from bot.services.views_calendar import CalendarFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services.views_calendar import (
        CalendarDay,
        CalendarEntry,
        CalendarKind,
        CalendarView,
    )


def days_of(view: CalendarView) -> dict[date, CalendarDay]:
    return {day.day: day for week in view.weeks for day in week}


def entries_of(view: CalendarView) -> list[CalendarEntry]:
    return [of for week in view.weeks for day in week for of in day.entries]


def places(view: CalendarView) -> dict[str, str]:
    """Return the local day and time of each post by its name."""
    return {
        of.name: f"{day.day} {of.local}"
        for week in view.weeks
        for day in week
        for of in day.entries
    }


# --- What is shown --------------------------------------------------------------------------------


class TestEntries:
    def test_a_queued_post_stands_on_its_day_in_the_words_of_the_queue(
        self, project: Project
    ) -> None:
        project.write("a", HEAD + entry("hearing", "2026-12-04 18:30", "Come to the hearing."))
        project.queue()
        [shown] = entries_of(project.look())
        [listed] = list_posts(project.app)
        assert (shown.name, shown.on, shown.state, shown.word, shown.why) == (
            listed.name,
            listed.on,
            listed.state,
            listed.word,
            listed.why,
        )
        assert (shown.local, shown.zone, shown.words) == ("18:30", "EST", "Come to the hearing.")
        assert shown.networks == ("Bluesky", "X")
        assert shown.path == "/posts/people/hearing"

    def test_a_post_that_needs_a_person_on_one_account_says_so(self, project: Project) -> None:
        project.write("a", HEAD + entry("hearing", "2026-12-04 18:30"))
        project.queue()
        first, other = (of.key for of in project.app.queue.all())
        project.change(first, state="needs_human")
        project.change(other, state="published")
        [shown] = entries_of(project.look())
        assert (shown.state, shown.word) == ("mixed", "needs you")
        assert "out on" in shown.why

    def test_a_post_that_waits_says_so_and_why(self, project: Project) -> None:
        head = HEAD.replace("posts:", "require_approval: 1\nposts:")
        project.write("a", head + entry("hearing", "2026-12-04 18:30"))
        project.queue()
        [shown] = entries_of(project.look())
        [listed] = list_posts(project.app)
        assert shown.word == listed.word == "waits"
        assert shown.why == listed.why != ""

    def test_posts_that_are_over_stay_in_the_calendar(self, project: Project) -> None:
        project.write(
            "a", HEAD + entry("one", "2026-12-02 09:00") + entry("two", "2026-12-03 9:00")
        )
        project.queue()
        project.change("people/one/ours-x/once", state="published")
        project.change("people/one/ours-sky/once", state="rejected", reason="too long")
        for account in ("ours-x", "ours-sky"):
            project.change(f"people/two/{account}/once", state="missed", reason="too late")
        project.clock.advance(days=10)
        words = {of.name: of.word for of in entries_of(project.look())}
        assert words == {"people/one": "mixed", "people/two": "missed"}
        assert dict(project.look().counts) == {"mixed": 1, "missed": 1}
        reasons = {of.name: of.why for of in entries_of(project.look())}
        assert reasons == {
            "people/one": "out on X, refused on Bluesky: too long",
            "people/two": "too late",
        }

    def test_beyond_the_horizon_posts_are_shown_as_planned(self, project: Project) -> None:
        near, far = "2026-12-04 09:00", "2027-03-04 09:00"
        project.write("a", HEAD + entry("near", near) + entry("far", far))
        project.queue()
        march = project.look(day=date(2027, 3, 1))
        [shown] = entries_of(march)
        assert (shown.name, shown.state, shown.word) == ("people/far", "planned", "planned")
        assert (shown.on, shown.words) == ("Bluesky, X", "About far.")
        assert places(march) == {"people/far": "2027-03-04 09:00"}
        assert {of.word for of in shown.places} == {"planned"}
        assert entries_of(project.look())[0].word == "scheduled"

    def test_posts_that_no_loop_has_queued_yet_are_planned(self, project: Project) -> None:
        project.write("a", HEAD + entry("near", "2026-12-04 09:00"))
        assert [of.word for of in entries_of(project.look())] == ["planned"]

    def test_plans_that_are_over_are_not_shown(self, project: Project) -> None:
        project.write("a", HEAD + entry("near", "2026-12-04 09:00"))
        project.clock.advance(days=10)
        assert entries_of(project.look()) == []

    def test_a_queued_post_that_moves_beyond_the_horizon_is_shown_once(
        self, project: Project
    ) -> None:
        project.write("a", HEAD + entry("one", "2026-12-04 09:00"))
        project.queue()
        project.write("a", HEAD + entry("one", "2027-01-20 09:00"))
        both = [*entries_of(project.look()), *entries_of(project.look(day=date(2027, 1, 1)))]
        assert [of.word for of in both] == ["scheduled"]  # the loop has not looked yet
        project.queue()
        both = [*entries_of(project.look()), *entries_of(project.look(day=date(2027, 1, 1)))]
        assert [of.word for of in both] == ["planned"]

    @pytest.mark.parametrize("state", ["published", "dropped", "rejected"])
    def test_a_post_that_never_comes_back_is_not_shown_as_planned(
        self, project: Project, state: str
    ) -> None:
        project.write("a", HEAD + entry("one", "2026-12-04 09:00"))
        project.queue()
        for account in ("ours-x", "ours-sky"):
            project.change(f"people/one/{account}/once", state=state)
        project.write("a", HEAD + entry("one", "2027-03-04 09:00"))
        assert entries_of(project.look(day=date(2027, 3, 1))) == []

    def test_a_recurrence_has_the_names_of_its_days_queued_or_planned(
        self, project: Project
    ) -> None:
        when = "{every: monday, at: '09:00', from: 2026-12-01}"
        project.write("a", HEAD + entry("weekly", when))
        project.queue()
        found = [*entries_of(project.look()), *entries_of(project.look(day=date(2027, 1, 10)))]
        words = {of.name: of.word for of in found}
        assert words["people/weekly@2026-12-07"] == "scheduled"
        assert words["people/weekly@2027-01-18"] == "planned"
        assert found[0].path == "/posts/people/weekly?at=2026-12-07T09%3A00"

    def test_accounts_with_times_of_their_own_are_shown_at_each(self, project: Project) -> None:
        due = datetime(2026, 12, 4, 14, tzinfo=UTC)
        for number, account in enumerate(("ours-x", "ours-sky")):
            one = occurrence(
                "hart",
                account=account,
                platform=("x", "bluesky")[number],
                due=due + timedelta(hours=number),
                content=text_content(f"Words of {account}."),
            )
            project.app.queue.apply([Add(one)], NOW)
        shown = entries_of(project.look())
        assert [(of.local, of.on) for of in shown] == [("09:00", "X"), ("10:00", "Bluesky")]

    def test_cancelled_and_dropped_posts_are_counted_and_shown_on_request(
        self, project: Project
    ) -> None:
        project.write("a", HEAD + entry("one", "2026-12-04 09:00"))
        project.queue()
        for account in ("ours-x", "ours-sky"):
            project.change(f"people/one/{account}/once", state="dropped")
        view = project.look()
        assert (entries_of(view), view.posts, view.left_out) == ([], 0, 1)
        assert [
            of.word for of in entries_of(project.look(only=CalendarFilter(state="dropped")))
        ] == ["dropped"]

    def test_mistakes_in_the_files_are_named(self, project: Project) -> None:
        project.write(
            "a", HEAD + entry("one", "2027-03-04 09:00") + entry("two", "2027-13-04 09:00")
        )
        view = project.look(day=date(2027, 3, 1))
        assert [of.name for of in entries_of(view)] == ["people/one"]
        assert "mistakes (1)" in view.notes[0]

    def test_far_too_many_plans_are_not_followed(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.runtime.calendar_times.MAX_DELIVERIES", 60)
        when = "{every: day, at: '09:00', from: 2026-12-01}"
        project.write("a", HEAD + entry("daily", when))
        view = project.look()
        assert entries_of(view) == []
        assert "more than 60 deliveries" in view.notes[0]


# --- Long days ------------------------------------------------------------------------------------


class TestLongDays:
    def queue_many(self, project: Project, count: int, accounts: Sequence[str] = ("a",)) -> None:
        first = datetime(2026, 12, 4, 14, tzinfo=UTC)
        added = [
            Add(
                occurrence(
                    f"p{number}",
                    account=account,
                    due=first + timedelta(minutes=number),
                    content=text_content(f"Number {number}."),
                )
            )
            for number in range(count)
            for account in accounts
        ]
        project.app.queue.apply(added, NOW)

    def test_a_month_shows_the_first_posts_of_a_day_and_counts_the_others(
        self, project: Project
    ) -> None:
        self.queue_many(project, 41)
        view = project.look()
        day = days_of(view)[date(2026, 12, 4)]
        assert [of.name for of in day.entries] == [f"people/p{number}" for number in range(4)]
        assert (day.posts, day.hidden, day.hidden_words, view.posts) == (41, 37, "", 41)

    def test_a_hidden_post_that_needs_a_person_is_named(self, project: Project) -> None:
        self.queue_many(project, 9)
        project.change("people/p7/a/once", state="needs_human")
        project.change("people/p8/a/once", state="missed")
        day = days_of(project.look())[date(2026, 12, 4)]
        assert day.hidden_words == "1 needs you, 1 missed"

    def test_posts_on_many_accounts_are_fewer_but_never_none(self, project: Project) -> None:
        self.queue_many(project, 3, [f"a{number}" for number in range(45)])
        day = days_of(project.look())[date(2026, 12, 4)]
        assert (len(day.entries), day.hidden) == (1, 2)
        assert day.entries[0].on == "X (45)"

    def test_the_pages_of_a_day_have_each_post_once(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "SHOWN", {"month": 4, "week": 12, "day": 5})
        self.queue_many(project, 12)
        pages = [project.look("day", date(2026, 12, 4), page=page) for page in (1, 2, 3, 99)]
        assert [view.pages for view in pages] == [3, 3, 3, 3]
        assert [view.page for view in pages] == [1, 2, 3, 3]
        names = [of.name for view in pages[:3] for of in entries_of(view)]
        assert names == [f"people/p{number}" for number in range(12)]


# --- Timezones ------------------------------------------------------------------------------------


class TestZones:
    def test_each_post_is_on_the_day_of_its_own_audience(self, project: Project) -> None:
        project.write("a", HEAD + entry("late", "2026-12-04 22:00"))
        project.write("b", BERLIN + entry("early", "2026-12-05 01:00"))
        project.queue()
        view = project.look()
        assert places(view) == {
            "people/late": "2026-12-04 22:00",
            "berlin/early": "2026-12-05 01:00",
        }
        assert (view.zone, view.zones) == ("", ("America/New_York", "Europe/Berlin"))

    def test_a_chosen_zone_moves_posts_to_its_days(self, project: Project) -> None:
        project.write("a", HEAD + entry("late", "2026-12-04 22:00"))
        project.queue()
        view = project.look(zone="Europe/Berlin")
        assert places(view) == {"people/late": "2026-12-05 04:00"}
        assert entries_of(view)[0].zone == "CET"
        assert (view.zone, view.zones) == ("Europe/Berlin", ("Europe/Berlin",))

    @pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", ""])
    def test_posts_at_the_edge_of_the_month_are_found_in_every_zone(
        self, project: Project, zone: str
    ) -> None:
        home = zone or "America/New_York"
        project.write(
            "a",
            HEAD.replace("America/New_York", home)
            + entry("first", "2027-02-01 00:00")
            + entry("last", "2027-02-28 23:59"),
        )
        found = places(project.look(day=date(2027, 2, 14), zone=zone))
        assert found == {"people/first": "2027-02-01 00:00", "people/last": "2027-02-28 23:59"}

    def test_own_times_of_one_day_are_in_the_order_that_they_show(self, project: Project) -> None:
        project.write("a", HEAD + entry("nine", "2026-12-04 09:00"))
        project.write("b", BERLIN + entry("ten", "2026-12-04 10:00"))
        project.queue()
        assert [of.local for of in entries_of(project.look())] == ["09:00", "10:00"]

    def test_days_on_which_clocks_change_are_marked(self, project: Project) -> None:
        project.write("b", BERLIN + entry("one", "2027-03-20 10:00"))
        days = days_of(project.look(day=date(2027, 3, 1)))
        marked = {day.day.isoformat(): day.changes for day in days.values() if day.changes}
        assert list(marked) == ["2027-03-28"]
        [words] = marked["2027-03-28"]
        assert words.startswith("Europe/Berlin: clocks go forward 02:00 → 03:00")

    def test_zones_that_change_alike_are_named_together(self, project: Project) -> None:
        project.write("b", BERLIN + entry("one", "2027-03-20 10:00"))
        paris = BERLIN.replace("campaign: berlin", "campaign: paris").replace(
            "Europe/Berlin", "Europe/Paris"
        )
        project.write("c", paris + entry("two", "2027-03-21 10:00", "Other words altogether."))
        view = project.look(day=date(2027, 3, 1))
        [words] = days_of(view)[date(2027, 3, 28)].changes
        assert words.startswith("Europe/Berlin, Europe/Paris: ")

    def test_today_is_that_of_the_zone(self, project: Project) -> None:
        project.write("a", HEAD + entry("one", "2026-12-04 09:00"))
        project.clock.advance_to(datetime(2026, 12, 5, 2, tzinfo=UTC))
        assert project.look().today == date(2026, 12, 4)
        assert project.look(zone="UTC").today == date(2026, 12, 5)
        assert days_of(project.look(zone="UTC"))[date(2026, 12, 5)].is_today

    def test_zones_are_offered_with_those_whose_they_are(self, project: Project) -> None:
        project.write("a", HEAD + entry("one", "2026-12-04 09:00"))
        offered = {of.value: of.words for of in project.look().choices.zones}
        assert offered == {
            "America/New_York": "People over profit and 2 more",
            "Europe/Berlin": "berlin-x",
        }


# --- Filters and scopes ---------------------------------------------------------------------------


def shown_names(view: CalendarView) -> set[str]:
    return {of.name.partition("/")[2] for of in entries_of(view)}


class TestFilters:
    @pytest.mark.parametrize(
        ("only", "names"),
        [
            ({}, {"one", "two", "three", "four"}),
            ({"account": "ours-sky"}, {"one", "two"}),
            ({"campaign": "berlin"}, {"four"}),
            ({"demand": "stop"}, {"one"}),
            ({"state": "published"}, {"two"}),
            ({"state": "planned"}, set()),
            ({"account": "ours-x", "state": "scheduled"}, {"one", "three"}),
            ({"account": "nobody"}, set()),
        ],
    )
    def test_a_filter_limits_the_posts(
        self, busy: Project, only: dict[str, str], names: set[str]
    ) -> None:
        view = busy.look(only=CalendarFilter(**only))
        assert shown_names(view) == names
        assert view.posts == len(names)

    def test_by_an_account_a_post_has_its_state_there(self, busy: Project) -> None:
        [two] = [
            of
            for of in entries_of(busy.look(only=CalendarFilter(account="ours-sky")))
            if of.name == "people/two"
        ]
        assert (two.word, two.on) == ("scheduled", "Bluesky")

    def test_by_a_state_a_post_keeps_its_other_accounts(self, busy: Project) -> None:
        [two] = entries_of(busy.look(only=CalendarFilter(state="published")))
        assert (two.word, two.on) == ("mixed", "Bluesky, X")

    def test_the_choices_are_those_of_the_files_and_what_is_chosen(self, busy: Project) -> None:
        choices = busy.look(only=CalendarFilter(account="gone")).choices
        assert [of.value for of in choices.accounts] == ["ours-x", "ours-sky", "berlin-x", "gone"]
        assert [of.words for of in choices.campaigns] == ["People over profit", "Berlin"]
        assert [of.value for of in choices.demands] == ["stop", "open"]
        states = [of.value for of in choices.states]
        assert sorted(states) == sorted([*(state.value for state in State), "planned"])


class TestScopes:
    @pytest.mark.parametrize(
        ("scope", "names"),
        [
            (Scope(frozenset({"ours-sky"}), None), {"one", "two"}),
            (Scope(None, frozenset({"berlin"})), {"four"}),
            (Scope(frozenset({"ours-x"}), frozenset({"berlin"})), set()),
            (Scope(frozenset(), None), set()),
        ],
    )
    def test_posts_outside_do_not_exist(self, busy: Project, scope: Scope, names: set[str]) -> None:
        view = busy.look(scope=scope)
        assert shown_names(view) == names
        assert view.posts == len(names)

    def test_accounts_outside_do_not_exist(self, busy: Project) -> None:
        view = busy.look(scope=Scope(frozenset({"ours-sky"}), None))
        assert {place.account for of in entries_of(view) for place in of.places} == {"ours-sky"}
        assert {of.word for of in entries_of(view)} == {"scheduled"}  # not mixed with another's

    def test_choices_show_nothing_outside(self, busy: Project) -> None:
        choices = busy.look(scope=Scope(frozenset({"berlin-x"}), None)).choices
        assert [of.value for of in choices.accounts] == ["berlin-x"]
        assert [of.value for of in choices.campaigns] == ["berlin"]
        assert choices.demands == ()
        assert choices.zones == (replace(choices.zones[0], value="Europe/Berlin"),)
        assert "ours" not in choices.zones[0].words


# --- Keeping --------------------------------------------------------------------------------------


class TestKeeping:
    def test_a_write_by_another_process_is_seen(self, busy: Project) -> None:
        assert busy.look().counts
        with create_app(load(busy.folder / "config.yaml", {}), {}, clock=busy.clock) as other:
            delivery = other.queue.get("people/three/ours-x/once")
            assert delivery
            other.queue.drop(delivery, "Kim", busy.clock.now())
        assert shown_names(busy.look()) == {"one", "two", "four"}

    def test_an_edit_of_a_file_is_seen(self, busy: Project) -> None:
        before = shown_names(busy.look())
        busy.write("b", BERLIN + entry("five", "2026-12-08 09:00", "Noch einmal etwas anderes."))
        assert shown_names(busy.look()) == {*before, "five"}

    def test_nothing_is_read_again_until_something_changes(
        self, busy: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = busy.look()

        def fail(*_: object) -> None:
            raise AssertionError("it is read again")

        monkeypatch.setattr("bot.runtime.calendar_times.queued_times", fail)
        monkeypatch.setattr("bot.runtime.calendar_times.plan_occurrences", fail)
        assert busy.look() == first


# --- Days -----------------------------------------------------------------------------------------


class TestDays:
    def test_a_month_is_shown_in_whole_weeks_from_monday_on(self, project: Project) -> None:
        view = project.look()
        assert [len(week) for week in view.weeks] == [7] * 5
        days = list(days_of(view))
        assert (days[0], days[-1]) == (date(2026, 11, 30), date(2027, 1, 3))
        outside = [day.day for day in days_of(view).values() if day.is_outside]
        assert outside == [date(2026, 11, 30), *(date(2027, 1, day) for day in (1, 2, 3))]

    def test_posts_of_the_days_around_are_shown_but_not_counted(self, project: Project) -> None:
        project.write("a", HEAD + entry("new-year", "2027-01-02 09:00"))
        view = project.look()
        assert (len(entries_of(view)), view.posts) == (1, 0)

    @pytest.mark.parametrize(
        ("kind", "day", "title"),
        [
            ("month", "2026-12-31", "December 2026"),
            ("week", "2026-12-04", "Week 49, 30 November to 6 December 2026"),
            ("week", "2026-12-09", "Week 50, 7 to 13 December 2026"),
            ("week", "2027-01-01", "Week 53, 28 December 2026 to 3 January 2027"),
            ("day", "2026-12-04", "Friday, 4 December 2026"),
        ],
    )
    def test_a_span_has_a_name(self, kind: CalendarKind, day: str, title: str) -> None:
        assert name_span(kind, date.fromisoformat(day)) == title

    @pytest.mark.parametrize("kind", ["month", "week", "day"])
    def test_the_next_span_leads_back(self, kind: CalendarKind) -> None:
        day = date(2024, 1, 31)
        for _ in range(40):
            _, following = neighbours(kind, day)
            assert following
            back, _ = neighbours(kind, following)
            assert back
            assert span_around(kind, back) == span_around(kind, day)
            assert span_around(kind, following).inner_first > span_around(kind, day).inner_last
            day = following

    def test_there_is_nothing_before_and_after_the_years_of_campaigns(self) -> None:
        assert neighbours("month", date(2000, 1, 9))[0] is None
        assert neighbours("month", date(2099, 12, 9))[1] is None
        assert neighbours("day", date(2000, 1, 1))[0] is None

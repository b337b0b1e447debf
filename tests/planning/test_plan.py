from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.planning import ACCOUNTS, NOW, campaign, post
from helpers.schedules import event_relative, utc

from bot.errors import UserError
from bot.model import Event, Mark, ScheduleKind
from bot.planning.occurrences import plan_occurrences, planning_window
from bot.schedules import every

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Campaign, Occurrence, Post

SPAN = planning_window(NOW)


def planned(*campaigns: Campaign, span: tuple[datetime, datetime] = SPAN) -> tuple[Occurrence, ...]:
    return plan_occurrences(campaigns, ACCOUNTS, *span)


def planned_keys(*posts: Post, days: int = 30) -> list[str]:
    found = planned(campaign(*posts), span=(NOW, NOW + timedelta(days=days)))
    return [occurrence.key for occurrence in found]


def test_an_occurrence_says_all_that_the_queue_must_know() -> None:
    accounts = {"ours": replace(ACCOUNTS["ours"], grace=timedelta(minutes=40))}
    wanted = replace(post(), demand="take-hart-off-aws", event="nyc")
    (one,) = plan_occurrences([campaign(wanted)], accounts, *SPAN)
    assert one.key == "people/hart/ours/once"
    assert (one.campaign, one.post, one.account, one.label) == ("people", "hart", "ours", "once")
    assert (one.demand, one.event, one.platform) == ("take-hart-off-aws", "nyc", "text")
    assert (one.due, one.timezone) == (utc("2026-11-26 09:00"), "UTC")
    assert (one.grace, one.expires) == (timedelta(minutes=40), None)
    assert one.content is wanted.wordings[0].content


def test_the_kind_of_its_time_is_not_what_it_is_called() -> None:
    starts = NOW + timedelta(days=1)
    slot = Event("slot", "The slot", "Here", "UTC", starts, starts + timedelta(hours=2))
    posts = (
        post("fixed"),
        post("daily", every("thu", ["10:00"], timezone="UTC")),
        post("event", event_relative(slot, "1h")),
    )
    found = planned(campaign(*posts), span=(NOW, NOW + timedelta(days=2)))
    assert {occurrence.post: (occurrence.kind, occurrence.label) for occurrence in found} == {
        "fixed": (ScheduleKind.AT, "once"),
        "daily": (ScheduleKind.EVERY, "2026-11-26T10:00"),
        "event": (ScheduleKind.EVENT, "slot"),
    }


def test_a_post_is_due_once_for_each_account() -> None:
    keys = planned_keys(post(accounts=("partner", "ours")))
    assert keys == ["people/hart/partner/once", "people/hart/ours/once"]


def test_a_recurring_post_has_a_key_for_each_local_time() -> None:
    daily = every("day", ["09:00", "17:00"], timezone="America/New_York")
    labels = ("2026-11-25T09:00", "2026-11-25T17:00")
    assert planned_keys(post("daily", daily), days=1) == [f"people/daily/ours/{n}" for n in labels]


def test_order_is_by_due_then_campaign_then_place_in_the_file() -> None:
    first = campaign(post("b"), post("z", "2026-11-26 08:00"), post("a"))
    second = campaign(post("c", campaign="other"), name="other")
    assert [occurrence.post for occurrence in planned(second, first)] == ["z", "c", "b", "a"]


def test_the_window_reaches_from_a_week_ago_to_a_month_ahead() -> None:
    start, end = SPAN
    assert (NOW - start, end - NOW) == (timedelta(days=7), timedelta(days=30))
    times = ["2026-11-18 11:59", "2026-11-18 12:00", "2026-12-25 11:59", "2026-12-25 12:00"]
    posts = [post(f"p{n}", when) for n, when in enumerate(times)]
    assert [occurrence.post for occurrence in planned(campaign(*posts))] == ["p1", "p2"]


def test_an_end_is_an_instant_or_counts_from_each_due_instant() -> None:
    fixed = utc("2026-11-28 00:00")
    weekly = every("thu", "09:00", timezone="UTC")
    posts = (post("a", expires=fixed), post("b", weekly, expires=timedelta(hours=2)))
    ends: dict[str, set[object]] = {"a": set(), "b": set()}
    for found in planned(campaign(*posts)):
        assert found.expires
        ends[found.post].add(found.expires if found.post == "a" else found.expires - found.due)
    assert ends == {"a": {fixed}, "b": {timedelta(hours=2)}}


def test_a_moved_event_keeps_the_key_and_a_cancelled_one_plans_nothing() -> None:
    starts = utc("2026-12-01 09:00")
    event = Event("nyc", "Summit", "Javits Center", "UTC", starts, starts + timedelta(hours=9))
    moved = replace(event, starts=starts + timedelta(days=2), ends=event.ends + timedelta(days=2))
    cancelled = replace(event, cancelled=True)
    (before,), (after,), nothing = (
        planned(campaign(post("eve", event_relative(version, "-1d", "09:00"))))
        for version in (event, moved, cancelled)
    )
    assert before.key == after.key == "people/eve/ours/nyc"
    assert after.due - before.due == timedelta(days=2)
    assert nothing == ()


def test_every_unknown_account_and_every_doubled_name_is_named_with_its_place() -> None:
    first = replace(post("a", accounts=("ours", "nobody")), mark=Mark("posts/a.yaml", 3, 5))
    again = replace(post("a"), mark=Mark("posts/b.yaml", 9, 5))
    with pytest.raises(UserError) as caught:
        planned(campaign(first, again))
    assert [str(problem).split(" ", 2)[:2] for problem in caught.value.problems] == [
        ["posts/a.yaml:3:5:", "P101"],
        ["posts/a.yaml:3:5:", "P102"],
        ["posts/b.yaml:9:5:", "P102"],
    ]


def test_one_account_named_twice_is_a_problem_and_no_double_post() -> None:
    with pytest.raises(UserError, match="Two posts would be people/hart on ours"):
        planned(campaign(post(accounts=("ours", "ours"))))


def test_the_same_id_in_two_campaigns_is_two_posts() -> None:
    assert len(planned(campaign(post()), campaign(post(campaign="other"), name="other"))) == 2

"""Alerts lead to the page of the control room that settles them, if an origin is declared."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.store import MINUTE, NOW

from bot.model import PauseCause, PauseRequest, ScheduleKind, State
from bot.planning.diff import Hold

if TYPE_CHECKING:
    from helpers.alert_team import Team

pytest_plugins = ["helpers.alert_team"]

ORIGIN = "https://control.example.org"
DAY = timedelta(days=1)


@pytest.fixture
def linked(team: Team) -> Team:
    """Return the team, whose config declares an origin."""
    team.web_origin = ORIGIN
    team.worker = team.another()
    return team


def test_a_lost_post_leads_to_its_page(linked: Team) -> None:
    linked.fail()
    [text] = linked.run()
    assert text == (
        "- Did not go out: people/hart on X, due Mon 2026-03-02 07:00 EST: missed: too late "
        f"{ORIGIN}/posts/people/hart?at=once"
    )
    assert linked.run(days=1) == []


def test_a_recurring_post_leads_to_the_page_of_its_day(linked: Team) -> None:
    label = "2026-03-02T07:00"
    linked.fail(kind=ScheduleKind.EVERY, label=label, key=f"people/hart/mj/{label}")
    [text] = linked.run()
    assert text.endswith(f" {ORIGIN}/posts/people/hart?at=2026-03-02T07%3A00")


def test_a_post_that_asks_leads_to_its_place_in_the_inbox(linked: Team) -> None:
    for account, platform in (("mj", "x"), ("mj-sky", "bluesky")):
        linked.fail(state=State.NEEDS_HUMAN, account=account, platform=platform)
    [text] = linked.run()
    number = min(delivery.id for delivery in linked.store.queue.all())
    assert text.startswith("- Needs a person (groundswell inbox): people/hart")
    assert text.endswith(f" {ORIGIN}/inbox/{number}")


def test_wanted_approvals_lead_to_the_page_on_which_they_are_given(linked: Team) -> None:
    linked.store.add("one", due=NOW + DAY, approvals=1)
    linked.store.add("two", due=NOW + DAY, approvals=1)
    [text] = linked.run()
    assert text.startswith("- Approval wanted (groundswell review): 2 posts")
    assert text.endswith(f" {ORIGIN}/approvals")


def test_a_pause_of_its_own_leads_to_the_pauses(linked: Team) -> None:
    refused = PauseRequest("account", "mj", "the token was refused", PauseCause.REFUSED)
    linked.store.queue.pause(refused, "groundswell", NOW)
    [text] = linked.run()
    assert text.endswith(f"groundswell resume --account mj {ORIGIN}/pauses")


def test_broken_files_lead_to_the_first_page_and_posts_that_left_them_to_the_inbox(
    linked: Team,
) -> None:
    linked.file_errors = [f"a.yaml:1:1: L101 {'no ' * 400}"]
    [text] = linked.run()
    assert text.endswith(f"… {ORIGIN}/")
    posts = [linked.store.add(f"p{n}", due=NOW + DAY) for n in range(9)]
    linked.store.queue.apply([Hold(post, "") for post in posts[:3]], NOW)
    [text] = linked.run()
    assert text.endswith(f"groundswell plan --force {ORIGIN}/inbox")


def test_a_post_that_takes_off_leads_to_its_page(linked: Team) -> None:
    for number in range(10):
        at = NOW - timedelta(days=13 - number)
        linked.publish(f"old-{number}", at, str(number + 1), (1, 300 + number), (3, 500 + number))
    linked.publish("new", NOW - timedelta(hours=2), "99", (2, 1300))
    [text] = linked.run()
    assert text.endswith(f"https://x.com/mj/status/99 {ORIGIN}/posts/people/new?at=once")


def test_more_than_a_message_can_list_leads_to_the_first_page(linked: Team) -> None:
    for number in range(25):
        linked.fail(f"post-{number}")
    [text] = linked.run()
    last = text.splitlines()[-1]
    assert last == f"- and 5 more: see groundswell inbox, groundswell log {ORIGIN}/"


def test_the_digest_leads_to_the_pages(linked: Team) -> None:
    linked.fail("late")
    linked.fail("lost", State.NEEDS_HUMAN)
    linked.store.add("soon", due=NOW + DAY, approvals=1)
    lines = [line.strip() for line in linked.worker.digest(NOW + MINUTE).splitlines()]
    [number] = [of.id for of in linked.store.queue.all() if of.post == "lost"]
    assert [line for line in lines if line.startswith(ORIGIN)] == [
        f"{ORIGIN}/inbox/{number}",
        f"{ORIGIN}/approvals",
        f"{ORIGIN}/posts/people/late?at=once",
    ]


def test_without_an_origin_an_alert_has_no_address(team: Team) -> None:
    team.fail()
    [text] = team.run()
    assert "http" not in text


def test_words_in_an_alert_make_no_other_address_a_link(linked: Team) -> None:
    linked.fail(why=f"see {ORIGIN}.evil.example/sign-in or {ORIGIN}@evil.example/")
    [text] = linked.run()
    assert text.count("https://") == 1
    assert text.endswith(f" {ORIGIN}/posts/people/hart?at=once")

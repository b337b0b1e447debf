"""The booked sum is the sandbox's bill, whatever happened."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE, Crash, content_of, make_media
from helpers.store import text_content

from bot.model import Part, State
from bot.platforms.options import XOptions
from bot.platforms.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.delivery import AppHarness

    from bot.model import Content
    from bot.store.claims import ClaimTransaction

TIMELINE = r"/2/users/\d+/tweets"


def spent(loop: AppHarness) -> Decimal:
    """Return the sandbox's bill."""
    return Decimal(loop.world.spent)


def without_id(loop: AppHarness) -> None:
    """Use a token that does not begin with the account's id, so that X must be asked for it."""
    loop.author.secrets["access_token"] = "opaque"
    loop.restart()


def without_app(loop: AppHarness) -> None:
    """Use another account's app, with which reading own posts is dearer."""
    loop.author.owns_app = False
    loop.account = replace(loop.account, options=XOptions(owns_app=False))
    loop.restart()


def test_a_crash_right_after_the_outcome_loses_no_booking(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = loop.add()
    loop.clock.advance_to(DUE)
    claiming = loop.app.claims.claiming

    @contextmanager
    def dies() -> Iterator[ClaimTransaction]:
        with claiming() as one:
            yield one
        if one.closed:
            raise Crash

    monkeypatch.setattr(loop.app.claims, "claiming", dies)
    loop.crash()
    loop.restart()
    loop.drive(minutes=5)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 1
    assert loop.booked() == spent(loop) == Decimal("0.015")


def shown(folder: Path, words: str = "Look") -> Content:
    return content_of(Part(words, (make_media(folder),)))


def read_all(loop: AppHarness) -> int:
    return loop.app.poller.run("mj", everything=True)


def ask_who(loop: AppHarness) -> None:
    loop.app.budgets.book("x", "mj", loop.app.clients("mj").whoami().charges)


def test_two_days_of_posting_finding_reading_and_asking_are_booked_to_the_cent(
    loop: AppHarness, tmp_path: Path
) -> None:
    without_id(loop)
    loop.add("link", content=text_content("See https://mediajustice.org/aws"))
    loop.add("picture", due=DUE + timedelta(minutes=1), content=shown(tmp_path))
    loop.add("thread", due=DUE + timedelta(minutes=2), content=text_content("One", "Two", "Three"))
    loop.drive(minutes=20)
    loop.fault("commit_then_drop")
    lost = loop.add(
        "lost", due=loop.clock.now() + timedelta(minutes=1), content=text_content("Lost")
    )
    loop.drive(minutes=20)
    assert loop.state(lost) is State.PUBLISHED
    for _ in range(2):
        for _ in range(2):
            assert read_all(loop) == 6
            ask_who(loop)
        loop.clock.advance(days=1)
        loop.restart()
    assert loop.booked() == spent(loop)
    parts = (loop.booked("media_metadata"), loop.booked("user_read"))
    assert parts == (Decimal("0.005"), Decimal("0.020")), "one file, and one account on two days"


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_same_sum_is_booked(
    loop: AppHarness, tmp_path: Path, seed: int
) -> None:
    dice = Random(seed)  # noqa: S311 - it makes a test's sequence, no secret
    if seed % 2:
        without_id(loop)
    if seed > 1:
        without_app(loop)
    contents = [
        text_content("Plain {}"),
        text_content("Link https://example.org/{}"),
        text_content("Head {}", "Tail {} https://example.org"),
        shown(tmp_path, "Picture {}"),
    ]
    faults: list[Any] = [
        "commit_then_drop",
        "commit_then_503",
        {"status": 403, "problem": "not-summoned"},
    ]
    for number in range(7):
        parts = [
            replace(part, text=part.text.format(number)) for part in dice.choice(contents).parts
        ]
        due = loop.clock.now() + timedelta(minutes=3)
        loop.add(f"post {number}", due=due, content=content_of(*parts))
        if dice.random() < 0.4:
            loop.fault(dice.choice(faults))
        if dice.random() < 0.4:
            loop.fault({"status": 503}, TIMELINE, count=dice.randint(1, 3))
        loop.drive(minutes=dice.choice([4, 9]))
        if dice.random() < 0.3:
            loop.restart()
        if dice.random() < 0.5:
            read_all(loop)
        known = {publication.remote_id for publication in loop.app.metrics.publications()}
        if dice.random() < 0.2 and known:
            # Nobody could know of a post that is still looked for that it was billed.
            loop.world.delete_post(loop.world.posts[dice.choice(sorted(known))])
        loop.clock.advance(hours=dice.choice([0, 1, 7]))
        loop.world.faults.pending.clear()
    loop.drive(minutes=6)
    assert len(loop.posts) > 2
    assert loop.booked() == spent(loop)


def test_who_the_account_is_costs_once_a_process_and_is_booked(loop: AppHarness) -> None:
    without_id(loop)
    loop.add()
    loop.drive(minutes=11)
    for _ in range(3):
        read_all(loop)
        loop.clock.advance(days=1)
    asked = [entry for entry in loop.world.entries if entry.item == "user_read"]
    assert len(asked) == 1
    assert loop.booked("user_read") == Decimal("0.010")
    assert loop.booked() == spent(loop)


def test_the_cost_of_a_failed_probe_is_booked(loop: AppHarness) -> None:
    without_id(loop)
    loop.add()
    loop.fault("commit_then_drop")
    loop.fault({"status": 503}, TIMELINE, count=1)
    loop.drive(minutes=11)
    assert loop.booked() == Decimal("0.010"), "X said who the account is, and no more"
    loop.drive(minutes=20)
    assert loop.world.faults.hits
    assert loop.booked() == spent(loop)


def test_the_cost_of_a_failed_read_is_booked(loop: AppHarness) -> None:
    without_id(loop)
    loop.add()
    loop.drive(minutes=11)
    loop.fault({"status": 503}, TIMELINE, count=1)
    assert read_all(loop) == 0
    assert loop.booked("user_read") == Decimal("0.010")
    assert loop.booked() == spent(loop)


def test_the_pages_before_the_one_that_failed_are_on_the_bill(loop: AppHarness) -> None:
    for number in range(130):
        loop.world.add_post(loop.author, f"By hand {number}")
    client = loop.app.clients("mj")
    payload = client.payload(text_content("Not out"), 0, [], None)
    loop.fault({"status": 503}, TIMELINE, skip=1, count=1)
    with pytest.raises(Outcome) as failed:
        client.find(payload, loop.clock.now())
    assert sum(charge.quantity for charge in failed.value.charges) == 100
    assert spent(loop) == Decimal("0.100")


def test_an_account_that_does_not_own_its_app_reads_at_the_usual_price(loop: AppHarness) -> None:
    without_app(loop)
    loop.add("one", content=text_content("One"))
    loop.drive(minutes=11)
    loop.fault("commit_then_drop")
    loop.add("lost", due=loop.clock.now() + timedelta(minutes=1), content=text_content("Lost"))
    loop.drive(minutes=6)
    assert len(loop.app.metrics.publications()) == 2
    loop.clock.advance(days=1)
    assert read_all(loop) == 2
    assert loop.booked("owned_read") == 0
    assert loop.booked("post_read") > 0
    assert loop.booked() == spent(loop)


def test_such_an_account_pays_for_no_post_but_those_that_are_wanted(loop: AppHarness) -> None:
    without_app(loop)
    loop.add()
    loop.drive(minutes=11)
    for number in range(30):
        loop.world.add_post(loop.author, f"By hand {number}")
    assert read_all(loop) == 1
    assert loop.booked("read") == Decimal("0.005")
    assert loop.booked() == spent(loop)


def test_a_file_whose_post_is_refused_was_handed_over_and_is_booked(
    loop: AppHarness, tmp_path: Path
) -> None:
    key = loop.add(content=shown(tmp_path))
    loop.fault({"status": 403, "problem": "not-summoned"})
    loop.drive(minutes=11)
    assert loop.state(key) is State.REJECTED
    assert loop.booked() == spent(loop) == Decimal("0.005")


def test_a_file_that_the_platform_still_holds_is_booked_once(
    loop: AppHarness, tmp_path: Path
) -> None:
    loop.add("first", content=shown(tmp_path, "First"))
    loop.add("second", due=DUE + timedelta(hours=2), content=shown(tmp_path, "Second"))
    loop.drive(hours=3)
    assert len(loop.posts) == 2
    assert loop.booked("media_metadata") == Decimal("0.005")
    assert loop.booked() == spent(loop)


def test_a_budget_that_is_just_enough_pays_for_a_post_whose_file_was_handed_over_before(
    loop: AppHarness, tmp_path: Path
) -> None:
    loop.account = replace(loop.account, budget=Decimal("0.02"), budget_stops_posts=True)
    loop.restart()
    key = loop.add(content=shown(tmp_path))
    loop.drive(minutes=11)
    assert loop.state(key) is State.PUBLISHED
    assert loop.booked() == spent(loop) == Decimal("0.020")


def test_a_read_is_booked_on_the_day_of_the_platforms_answer(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.add()
    loop.drive(minutes=11)
    client = loop.app.clients("mj")
    ask = client.fetch_counters

    def slow(*asked: Any) -> Any:
        found = ask(*asked)
        loop.clock.advance(seconds=2)
        return found

    monkeypatch.setattr(client, "fetch_counters", slow)
    loop.clock.advance_to(datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC))
    read_all(loop)  # midnight comes between the answer and the booking
    read_all(loop)
    assert loop.booked("read") == Decimal("0.002")
    assert loop.booked() == spent(loop)

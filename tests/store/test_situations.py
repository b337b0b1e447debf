"""The claim itself checks what holds a delivery back, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from helpers.store import (
    MINUTE,
    NOW,
    TO_NEXT_PART,
    TO_PUBLISHED,
    TO_UNKNOWN,
    Store,
    account_without_gap,
    at_once,
    occurrence,
    text_content,
)
from sqlalchemy import insert

from bot.database import tables as t
from bot.database.audit import record
from bot.model import Delivery, RemotePost, State, Transition
from bot.planning.diff import Change
from bot.store.approvals import Approvals

HOUR = timedelta(hours=1)
MIDNIGHT = NOW - 7 * HOUR
CAPPED = account_without_gap("mj", daily_cap=2)


def send(store: Store, post: str, transition: Transition, outcome: str) -> Delivery:
    """Send a post with words of its own, to this outcome."""
    delivery = store.add(post, content=text_content(f"About {post}."))
    published = transition.published and replace(transition.published, remote_id=post)
    store.close(store.must_claim(delivery), replace(transition, published=published), outcome)
    return store.now(delivery)


def approve(store: Store, delivery: Delivery, *names: str) -> None:
    for name in names:
        Approvals(store.database).approve(delivery.subject, delivery.approval_digest, name, NOW)


class TestFacts:
    def test_an_accounts_floor_holds_whatever_the_plan_says(self, store: Store) -> None:
        delivery = store.add()
        floor = account_without_gap("mj", require_approval=1)
        assert store.claim(delivery, account=floor) is None
        approvals = Approvals(store.database, {"mj": floor})
        approvals.approve(delivery.subject, delivery.approval_digest, "Ana", NOW)
        assert store.claim(delivery, account=floor) is not None

    def test_quiet_hours_hold(self, store: Store) -> None:
        delivery = store.add(due=NOW - MINUTE)
        quiet = account_without_gap("mj", quiet=(NOW.time(), (NOW + HOUR).time()))
        assert store.claim(delivery, account=quiet) is None
        assert store.claim(delivery) is not None

    @pytest.mark.parametrize(
        ("fields", "goes"),
        [
            ({"embargo": NOW}, True),
            ({"embargo": NOW + MINUTE}, False),
            ({"stale_from": NOW + HOUR}, True),
            ({"stale_from": NOW}, False),
            ({"approvals": 1}, False),
        ],
    )
    def test_embargo_review_and_approval_hold_even_if_set_since_it_was_read(
        self, store: Store, fields: dict[str, Any], *, goes: bool
    ) -> None:
        old = store.add()
        store.queue.apply([Change(old, occurrence(**fields), ())], NOW)
        assert (store.claim(old) is not None) is goes

    # --- approvals ---

    @pytest.mark.parametrize(
        ("needed", "names", "goes"),
        [
            (1, (), False),
            (1, ("Ana",), True),
            (1, ("Bo",), True),
            (2, ("Bo",), False),
            (2, ("Bo", "Cleo"), True),
        ],
    )
    def test_so_many_people_must_have_approved(
        self, store: Store, needed: int, names: tuple[str, ...], goes: bool
    ) -> None:
        delivery = store.add(approvals=needed, author="Ana")
        approve(store, delivery, *names)
        assert (store.claim(delivery) is not None) is goes

    @pytest.mark.parametrize("other", ["ana", "Bo ", "bo"])
    def test_neither_the_author_nor_one_person_under_two_spellings_makes_two(
        self, store: Store, other: str
    ) -> None:
        delivery = store.add(approvals=2, author="Ana")
        approve(store, delivery, "Bo")
        values = {**delivery.subject._asdict(), "digest": delivery.approval_digest, "at": NOW}
        with store.database.writing() as connection:  # past the review, but in the log
            content = delivery.content.to_json()
            detail = {"digest": delivery.approval_digest, "frequency": "once"}
            entry = record(connection, other, "approve", str(delivery.subject), detail, NOW)
            row = {**values, "content": content, "who": other, "entry": entry}
            connection.execute(insert(t.approvals).values(row))
        assert len(Approvals(store.database).all()) == 2
        assert store.claim(delivery) is None

    # --- the daily cap ---

    @pytest.mark.parametrize(
        ("transition", "outcome", "counts"),
        [
            (TO_PUBLISHED, "published", True),
            (TO_UNKNOWN, "unknown", True),
            (Transition(State.NEEDS_HUMAN, reason="who knows"), "duplicate", True),
            (Transition(State.REJECTED, reason="no"), "rejected", False),
            (Transition(State.SCHEDULED, NOW + HOUR, "later", counts_as_try=True), "unsent", False),
        ],
    )
    def test_posts_that_are_out_or_may_be_count(
        self, store: Store, transition: Transition, outcome: str, counts: bool
    ) -> None:
        for post in ("a", "b"):
            send(store, post, transition, outcome)
        assert store.count_published_since("mj", MIDNIGHT) == 2 * counts
        assert (store.claim(store.add(), account=CAPPED) is None) is counts

    def test_posts_proved_absent_or_of_yesterday_or_elsewhere_do_not_count(
        self, store: Store
    ) -> None:
        absent = send(store, "a", TO_UNKNOWN, "unknown")
        gone = Transition(State.MISSED, reason="it is not there")
        assert store.unsettled.resolve(absent, gone, NOW)
        send(store, "b", TO_PUBLISHED, "published")
        assert store.count_published_since("mj", MIDNIGHT) == 1
        assert store.count_published_since("mj", NOW + MINUTE) == 0
        assert store.count_published_since("athena", MIDNIGHT) == 0
        assert store.claim(store.add(), account=CAPPED) is not None

    def test_a_post_counts_once_whatever_was_tried(self, store: Store) -> None:
        thread, single, doubtful = (
            store.add(name, content=text_content(name, "two")) for name in ("a", "b", "c")
        )
        absent = Transition(State.SCHEDULED, NOW, "it is not there")
        for post in (thread, single, doubtful, doubtful):
            store.close(store.must_claim(store.now(post)), TO_UNKNOWN, "unknown")
            assert store.unsettled.resolve(store.now(post), absent, NOW)
        store.close(store.must_claim(store.now(doubtful)), TO_UNKNOWN, "unknown")
        # The first part of a thread is out after all, and its second is in doubt.
        out = replace(TO_NEXT_PART, published=RemotePost("t", "", NOW))
        store.close(store.must_claim(store.now(thread)), out)
        store.close(store.must_claim(store.now(thread)), TO_UNKNOWN, "unknown")
        store.must_claim(store.now(single))  # it is on its way
        assert store.count_published_since("mj", MIDNIGHT) == 3

    def test_a_thread_counts_once_and_goes_on(self, store: Store) -> None:
        send(store, "first", TO_PUBLISHED, "published")
        thread = store.add("thread", content=text_content("one", "two", "three"))
        for number in range(2):
            claim = store.claim(store.now(thread), account=CAPPED)
            assert claim is not None
            out = replace(TO_NEXT_PART, published=RemotePost(f"t{number}", "", NOW))
            store.close(claim, out)
        assert store.count_published_since("mj", MIDNIGHT) == 2
        assert store.claim(store.add(), account=CAPPED) is None
        assert store.claim(store.now(thread), account=CAPPED) is not None

    def test_a_post_found_on_the_timeline_counts(self, store: Store) -> None:
        delivery = store.add("found", content=text_content("Found."))
        settled = Transition(State.PUBLISHED, published=RemotePost("1", "", NOW))
        assert store.claims.give_up(delivery, settled, NOW)  # without an attempt of ours
        assert store.count_published_since("mj", MIDNIGHT) == 1

    def test_of_six_workers_no_more_send_than_the_cap_allows(self, store: Store) -> None:
        deliveries = [store.add(f"p{n}", content=text_content(f"{n}")) for n in range(6)]

        def race(number: int) -> bool:
            worker = f"here/{number}/racer"
            capped = account_without_gap("mj", daily_cap=1)
            won = store.claim(deliveries[number], account=capped, owner=worker)
            if won:
                out = Transition(State.PUBLISHED, published=RemotePost(f"{number}", "", NOW))
                store.close(won, out)
            return won is not None

        assert sum(at_once(6, race)) == 1

"""Claims and their results, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from helpers.store import (
    EDITED_FIELDS,
    LATER,
    MINUTE,
    NOW,
    ON_SQLITE,
    PUBLISHED_POST,
    TO_NEXT_PART,
    TO_PUBLISHED,
    TO_RETRY,
    TO_UNKNOWN,
    Store,
    occurrence,
    text_content,
)
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from bot.database.audit import read_entries
from bot.model import PauseCause, PauseRequest, State, Transition
from bot.planning.diff import Change
from bot.store import claims


class TestClaims:
    # --- claims ---

    def test_a_claim_freezes_the_intent_before_it_returns(self, store: Store) -> None:
        delivery = store.add()
        claim = store.claim(delivery, payload='{"text":"hi"}', reply_to="99")
        assert claim is not None
        [attempt] = store.queue.attempts(delivery.id)
        assert (attempt.payload, attempt.reply_to, attempt.fence) == ('{"text":"hi"}', "99", 1)
        assert (attempt.opened, attempt.closed, attempt.outcome) == (NOW, None, None)
        assert (store.now(delivery).state, claim.fence) == (State.SENDING, 1)

    def test_claimed_once_only(self, store: Store) -> None:
        delivery = store.add()
        assert store.claim(delivery) is not None
        assert store.claim(delivery) is None
        assert store.claim(store.now(delivery)) is None
        assert len(store.queue.attempts(delivery.id)) == 1

    def test_of_eight_threads_exactly_one_wins(self, store: Store) -> None:
        deliveries = [store.add("hart", account=f"mj {number}") for number in range(12)]
        barrier = Barrier(8)

        def race(worker: int) -> list[int]:
            won = []
            for delivery in deliveries:
                barrier.wait(20)
                if store.claim(delivery, owner=f"here/{worker}/racer"):
                    won.append(delivery.id)
            return won

        with ThreadPoolExecutor(8) as pool:
            wins = [number for won in pool.map(race, range(8)) for number in won]
        assert sorted(wins) == [delivery.id for delivery in deliveries]
        assert store.scalar("SELECT count(*) FROM attempts") == len(deliveries)

    @pytest.mark.parametrize(
        "edit",
        [
            {"content": text_content("other words")},
            {"due": NOW - MINUTE},
            {"expires": NOW + MINUTE},
            {"grace": timedelta(minutes=20)},
        ],
    )
    def test_a_post_edited_since_it_was_read_is_claimed_as_it_is_now(
        self, store: Store, edit: dict[str, Any]
    ) -> None:
        read = store.add()
        entry = Change(read, occurrence(**edit), ())
        assert store.queue.apply([entry], NOW)[0] == 1
        before = store.now(read)
        claim = store.claim(read)
        assert claim is not None
        assert claim.delivery == before != read

    def test_nothing_is_claimed_outside_its_time(self, store: Store) -> None:
        delivery = store.add(expires=NOW + 10 * MINUTE)
        second = timedelta(seconds=1)
        assert store.claim(delivery, NOW - second) is None
        assert store.claim(delivery, NOW + 10 * MINUTE + second) is None
        assert store.claim(delivery, NOW + 10 * MINUTE) is not None

    def test_two_open_attempts_at_one_delivery_cannot_be(self, store: Store) -> None:
        delivery = store.add()
        store.must_claim(delivery)
        copy = text(
            "INSERT INTO attempts (delivery, account, part, fence, owner, payload, "
            "payload_sha256, opened, detail) SELECT delivery, account, part, fence, owner, "
            "payload, payload_sha256, opened, detail FROM attempts"
        )
        with pytest.raises(IntegrityError), store.database.writing() as connection:
            connection.execute(copy)
        assert len(store.queue.attempts(delivery.id)) == 1

    # --- closing ---

    def test_published_is_settled_closed_and_listed_at_once(self, store: Store) -> None:
        delivery = store.add()
        assert store.close(store.must_claim(delivery), TO_PUBLISHED)
        new = store.now(delivery)
        [attempt] = store.queue.attempts(delivery.id)
        assert (new.state, new.next_part, attempt.outcome) == (State.PUBLISHED, 1, "published")
        assert attempt.closed == NOW
        assert store.unsettled.known_remote_ids("mj") == {"101"}

    @pytest.mark.parametrize("transition", [TO_PUBLISHED, TO_UNKNOWN, TO_RETRY])
    def test_who_lost_the_fence_writes_nothing(self, store: Store, transition: Transition) -> None:
        delivery = store.add()
        claim = store.must_claim(delivery)
        sending = store.now(delivery)
        [attempt] = store.queue.attempts(delivery.id)
        assert store.unsettled.rescue(sending, attempt, TO_UNKNOWN, NOW)
        before = store.now(delivery)
        assert not store.close(claim, transition)
        assert store.now(delivery) == before
        assert store.unsettled.known_remote_ids("mj") == frozenset()

    def test_who_wakes_when_another_sends_it_again_writes_nothing(self, store: Store) -> None:
        delivery = store.add()
        sleeper = store.must_claim(delivery)
        sending = store.now(delivery)
        store.unsettled.rescue(sending, store.queue.attempts(delivery.id)[0], TO_UNKNOWN, NOW)
        again = Transition(State.SCHEDULED, NOW, "absent")
        store.unsettled.resolve(store.now(delivery), again, NOW, resent=True)
        other = store.must_claim(store.now(delivery))
        assert not store.close(sleeper, TO_PUBLISHED)
        assert (store.now(delivery).state, store.now(delivery).fence) == (
            State.SENDING,
            other.fence,
        )
        assert store.close(other, TO_PUBLISHED)
        assert [attempt.fence for attempt in store.queue.attempts(delivery.id)] == [1, other.fence]

    def test_a_claim_is_closed_once(self, store: Store) -> None:
        delivery = store.add()
        claim = store.must_claim(delivery)
        assert store.close(claim, TO_RETRY, "rate_limited")
        assert not store.close(claim, TO_PUBLISHED)
        assert store.claim(store.now(delivery), LATER - MINUTE) is None  # it has to wait

    def test_tries_count_refusals_in_a_row(self, store: Store) -> None:
        delivery = store.add()
        soon = replace(TO_RETRY, not_before=NOW)
        for tries in (1, 2, 3):
            store.close(store.must_claim(store.now(delivery)), soon, "unsent")
            assert store.now(delivery).tries == tries
        store.close(store.must_claim(store.now(delivery)), TO_UNKNOWN, "unknown")
        assert store.now(delivery).tries == 0

    def test_a_hold_pauses_in_the_same_step(self, store: Store) -> None:
        delivery = store.add()
        hold = PauseRequest("account", "mj", "revoked", PauseCause.REFUSED)
        held = Transition(State.SCHEDULED, NOW, "401", pause_request=hold)
        store.close(store.must_claim(delivery), held, "unauthorized")
        [pause] = store.queue.pauses()
        assert (pause.scope, pause.name, pause.who) == ("account", "mj", "groundswell")
        entry = read_entries(store.database)[-1]
        assert (entry.who, entry.what, entry.subject) == ("groundswell", "pause", "account mj")
        assert store.claim(store.now(delivery)) is None

    def test_one_platform_id_belongs_to_one_delivery(self, store: Store) -> None:
        first, second = store.add("first"), store.add("second", content=text_content("other words"))
        store.close(store.must_claim(first), TO_PUBLISHED)
        claim = store.must_claim(second)
        with pytest.raises(IntegrityError):
            store.close(claim, TO_PUBLISHED)
        assert store.now(second).state is State.SENDING  # rolled back whole, and still unknown

    @pytest.mark.parametrize("name", EDITED_FIELDS)
    def test_giving_up_does_not_undo_an_edit(self, store: Store, name: str) -> None:
        read = store.add()
        edited = Change(read, occurrence(**{name: EDITED_FIELDS[name]}), ())
        store.queue.apply([edited], NOW)
        missed = Transition(State.MISSED, reason="too late")
        assert not store.claims.give_up(read, missed, NOW)
        assert store.now(read).state is State.SCHEDULED
        assert store.claims.give_up(store.now(read), missed, NOW)

    @pytest.mark.parametrize(("reply", "parent"), [("", "101"), ('{"root": 1}', '{"root": 1}')])
    def test_a_thread_keeps_the_reply_target_of_the_platform(
        self, store: Store, reply: str, parent: str
    ) -> None:
        delivery = store.add(content=text_content("one", "two"))
        assert store.parents(delivery) == {}
        out = replace(TO_NEXT_PART, published=replace(PUBLISHED_POST, reply=reply))
        store.close(store.must_claim(delivery), out)
        assert store.parents(store.now(delivery)) == {delivery.id: parent}


@ON_SQLITE
class TestSQLite:
    def test_a_claim_finds_all_by_an_index_however_long_the_queue_is(self, store: Store) -> None:
        """A scan would grow with the queue, and so would the accounts' index by state alone."""
        store.must_claim(store.add(account="other"))  # a database's first claim fills the index
        delivery, queries = store.add(), []

        def grab(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
            if statement.startswith("SELECT"):
                queries.append((statement, values))

        event.listen(store.database.engine, "before_cursor_execute", grab)
        assert store.claim(delivery)
        event.remove(store.database.engine, "before_cursor_execute", grab)
        with store.database.reading() as connection:
            plans = [
                str(row[3])
                for statement, values in queries
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            ]
        grow = ("SCAN deliveries", "SCAN attempts", "SCAN publications", "SCAN voices")
        assert not any(scan in plan for plan in plans for scan in grow)
        assert len(plans) > 8

    def test_due_deliveries_are_found_by_their_instant(self, store: Store) -> None:
        with store.database.reading() as connection:
            query = claims._DUE_ACCOUNTS.compile(store.database.engine)
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", ("scheduled", "2026"))
            assert "(state=? AND not_before<?)" in str(plan.first())


@pytest.mark.parametrize(("payload", "same"), [("{}", True), ('{"text": "Edited since"}', False)])
def test_an_absent_send_is_repeated_under_its_first_key_if_it_is_the_same(
    store: Store, payload: str, same: bool
) -> None:
    delivery = store.add()
    first = store.must_claim(delivery)
    store.close(first, TO_UNKNOWN, "unknown")
    soon = NOW + timedelta(minutes=6)
    absent = Transition(State.SCHEDULED, soon, "proved absent")
    store.unsettled.resolve(store.now(delivery), absent, soon, resent=True)
    again = store.claim(store.now(delivery), soon, payload)
    assert again
    assert again.fence > first.fence
    assert (again.send_key == first.send_key) == same

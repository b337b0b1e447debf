"""The queue as the plan and people change it, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from helpers.store import (
    EDITED_FIELDS,
    LATER,
    MINUTE,
    NOW,
    TO_NEXT_PART,
    TO_PUBLISHED,
    TO_RETRY,
    TO_UNKNOWN,
    Store,
    occurrence,
    text_content,
)
from sqlalchemy import update
from sqlalchemy.exc import StatementError

from bot.database.tables import deliveries
from bot.errors import UserError
from bot.model import PauseCause, PauseRequest, State, Transition
from bot.planning.diff import Add, Cancel, Change, Revive
from bot.store.claims import due_accounts, due_deliveries, next_due
from bot.store.queued_posts import count_unfinished

ELSEWHEN = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


class TestQueue:
    # --- planning ---

    def test_posts_are_counted_once_in_each_state_that_is_not_final(self, store: Store) -> None:
        for post, account in (("one", "mj"), ("one", "ath"), ("two", "mj"), ("two", "ath")):
            store.add(post, account=account)
        is_one = deliveries.c.key == "people/two/ath/once"
        store.change(update(deliveries).where(is_one).values(state="unknown"))
        assert count_unfinished(store.database) == {State.SCHEDULED: 2, State.UNKNOWN: 1}
        store.change(update(deliveries).values(state="published"))
        assert count_unfinished(store.database) == {}

    def test_an_occurrence_comes_back_as_it_went_in(self, store: Store) -> None:
        planned = occurrence(**EDITED_FIELDS)
        store.queue.apply([Add(planned)], NOW)
        queued = store.get(planned.key)
        for name in planned.__dataclass_fields__:
            assert getattr(queued, name) == getattr(planned, name), name
        assert (queued.state, queued.not_before, queued.reason) == (State.SCHEDULED, LATER, "")
        assert queued.due.tzinfo is UTC

    def test_other_offsets_are_the_same_instant(self, store: Store) -> None:
        local = ELSEWHEN.astimezone(ZoneInfo("Asia/Kathmandu"))
        assert store.add(due=local).due == ELSEWHEN

    def test_a_key_is_queued_once(self, store: Store) -> None:
        first = occurrence()
        assert store.queue.apply([Add(first)], NOW)[0] == 1
        other = replace(first, content=text_content("other words"))
        assert store.queue.apply([Add(other)], NOW)[0] == 0
        assert [delivery.content for delivery in store.queue.all()] == [first.content]

    def test_a_naive_datetime_is_refused_with_its_whole_plan(self, store: Store) -> None:
        good, bad = occurrence("good"), occurrence("bad", due=ELSEWHEN.replace(tzinfo=None))
        with pytest.raises(StatementError, match="naive datetime"):
            store.queue.apply([Add(good), Add(bad)], NOW)
        assert store.queue.all() == []

    def test_a_change_takes_over_the_plan(self, store: Store) -> None:
        old = store.add()
        moved = occurrence(
            due=LATER, content=text_content("fixed"), expires=LATER + MINUTE, event="nyc"
        )
        assert store.queue.apply([Change(old, moved, ())], NOW)[0] == 1
        new = store.now(old)
        assert (new.due, new.not_before, new.content) == (LATER, LATER, text_content("fixed"))
        assert (new.expires, new.event, new.id) == (LATER + MINUTE, "nyc", old.id)

    def test_an_edit_that_does_not_move_it_keeps_its_wait(self, store: Store) -> None:
        delivery = store.add()
        store.close(store.must_claim(delivery), TO_RETRY, "rate_limited")
        waiting = store.now(delivery)
        edited = occurrence(content=text_content("fixed"))
        store.queue.apply([Change(waiting, edited, ())], NOW)
        assert store.now(delivery).not_before == LATER

    def test_a_change_of_a_delivery_that_has_moved_on_does_nothing(self, store: Store) -> None:
        old = store.add()
        store.must_claim(old)
        edited = Change(old, occurrence(content=text_content("too late")), ())
        assert store.queue.apply([edited, Cancel(old, "")], NOW)[0] == 0
        new = store.now(old)
        assert (new.state, new.content) == (State.SENDING, old.content)

    def test_cancelled_and_revived(self, store: Store) -> None:
        old = store.add()
        assert store.queue.apply([Cancel(old, "not at this time")], NOW)[0] == 1
        cancelled = store.now(old)
        assert (cancelled.state, cancelled.reason) == (State.CANCELLED, "not at this time")
        assert store.claim(cancelled) is None
        again = Revive(cancelled, occurrence(due=LATER))
        assert store.queue.apply([again], NOW)[0] == 1
        revived = store.now(old)
        assert (revived.state, revived.not_before) == (State.SCHEDULED, LATER)

    def test_dropped_by_a_person_stays_dropped(self, store: Store) -> None:
        old = store.add()
        store.queue.drop(old, "Ana", NOW)
        dropped = store.now(old)
        assert (dropped.state, dropped.reason) == (State.DROPPED, "dropped by Ana")
        entry = Change(old, occurrence(), ())
        assert store.queue.apply([entry, Cancel(old, "")], NOW)[0] == 0
        assert store.claim(old) is None

    def test_ended_deliveries_are_found_by_when_they_ended(self, store: Store) -> None:
        delivery = store.add()
        store.close(store.must_claim(delivery), Transition(State.REJECTED, reason="no"), now=LATER)
        [rejected] = store.queue.in_states([State.REJECTED], changed_since=LATER)
        assert rejected.reason == "no"
        assert store.queue.in_states([State.REJECTED], changed_since=LATER + MINUTE) == []
        assert store.queue.in_states([State.MISSED], changed_since=NOW) == []

    def test_a_delivery_being_sent_cannot_be_dropped(self, store: Store) -> None:
        delivery = store.add()
        store.must_claim(delivery)
        with pytest.raises(UserError, match=r"Q103 It cannot be dropped \(being sent\)\. It may"):
            store.queue.drop(delivery, "Ana", NOW)
        assert store.now(delivery).state is State.SENDING

    # --- reading ---

    def test_found_by_key_and_by_number(self, store: Store) -> None:
        delivery = store.add()
        assert store.queue.get(str(delivery.id)) == delivery
        for nothing in ("people/other/mj/once", "0", "²", "9" * 40):
            assert store.queue.get(nothing) is None

    def test_relevant_are_those_of_the_span_and_those_of_the_keys(self, store: Store) -> None:
        inside, old = store.add("inside"), store.add("old", due=NOW - timedelta(days=40))
        store.add("at its end", due=NOW + MINUTE)
        keys = [old.key, *(f"none/{number}" for number in range(1100))]
        relevant = store.queue.between(NOW, NOW + MINUTE, keys)
        assert {delivery.key for delivery in relevant} == {inside.key, old.key}

    def test_a_delivery_shares_the_values_of_its_plan(self, store: Store) -> None:
        same, edited = store.add("same"), store.add("edited")
        planned = [occurrence("same"), occurrence("edited", **EDITED_FIELDS)]
        queued = store.queue.between(NOW, NOW + MINUTE, (), planned)
        by_key = {delivery.key: delivery for delivery in queued}
        assert by_key == {same.key: same, edited.key: edited}
        assert by_key[same.key].content is planned[0].content

    def test_ready_returns_half_out_threads_first_then_by_due(self, store: Store) -> None:
        late = store.add("late")
        early = store.add("early", due=NOW - MINUTE)
        thread = store.add("thread", content=text_content("one", "two"))
        store.add("other account", account="athena")
        store.add("not yet", due=LATER)
        store.close(store.must_claim(thread), TO_NEXT_PART)
        with store.database.reading() as connection:
            assert due_accounts(connection, NOW) == ["mj", "athena"]
            due = due_deliveries(connection, ["mj"], NOW)
            assert [delivery.id for delivery in due] == [thread.id, early.id, late.id]
            assert due_deliveries(connection, ["mj"], NOW, max_per_account=2) == due[:2]
            assert next_due(connection, NOW) == LATER

    def test_the_posts_due_next_are_counted_once_whatever_accounts_they_are_on(
        self, store: Store
    ) -> None:
        """A post that is out on one account is next for the account on which it waits."""
        for number, post in enumerate(("late", "early", "middle")):
            for account in ("mj", "athena"):
                due = NOW + (3, 1, 2)[number] * MINUTE
                store.add(post, key=f"people/{post}/{account}/once", account=account, due=due)
        store.add("early", key="people/early/far/once", account="far", due=LATER)
        store.queue.drop(store.get("people/late/mj/once"), "Ana", NOW)
        store.add("early", key="other/early/mj/once", campaign="other", due=NOW)
        keys, total = store.queue.next_posts(3)
        assert [key[:2] for key in keys] == [
            ("other", "early"), ("people", "early"), ("people", "middle"),
        ]  # fmt: skip
        assert total == 4
        assert store.queue.next_posts(1)[1] == 4

    def test_posts_that_a_fact_holds_back_are_counted_once(self, store: Store) -> None:
        assert store.queue.next_posts(5) == ([], 0)
        for account in ("mj", "athena"):
            key = f"people/hart/{account}/once"
            store.add(key=key, account=account, stale_from=NOW - MINUTE)
        store.add("fresh", stale_from=LATER)
        assert store.queue.count_stale(NOW) == 1

    def test_counts_and_states(self, store: Store) -> None:
        first = store.add("first")
        store.add("second")
        store.queue.drop(first, "Ana", NOW)
        assert store.queue.count_by_state() == {State.SCHEDULED: 1, State.DROPPED: 1}
        assert [dropped.id for dropped in store.queue.in_states({State.DROPPED})] == [first.id]
        assert store.queue.in_states([State.DROPPED], since=LATER) == []

    # --- pauses ---

    @pytest.mark.parametrize(
        ("scope", "name"),
        [("all", ""), ("platform", "x"), ("account", "mj"), ("campaign", "people")],
    )
    def test_nothing_is_claimed_while_paused(self, store: Store, scope: str, name: str) -> None:
        delivery = store.add()
        assert store.queue.pause(
            PauseRequest(scope, name, "a storm", PauseCause.PERSON), "Ana", NOW
        )
        assert not store.queue.pause(
            PauseRequest(scope, name, "again", PauseCause.PERSON), "Bo", NOW
        )
        [pause] = store.queue.pauses()
        assert pause.covers(delivery)
        assert store.claim(delivery) is None
        assert store.queue.attempts(delivery.id) == []
        assert store.queue.resume(scope, name, "Ana", NOW) == 1
        assert store.claim(delivery) is not None

    @pytest.mark.parametrize("cause", PauseCause)
    def test_a_pause_keeps_its_cause(self, store: Store, cause: PauseCause) -> None:
        store.queue.pause(
            PauseRequest("account", "mj", "the clock is in doubt", cause), "groundswell", NOW
        )
        [pause] = store.queue.pauses()
        assert (pause.why, pause.cause) == ("the clock is in doubt", cause)

    @pytest.mark.parametrize(
        ("scope", "name"),
        [("platform", "bluesky"), ("account", "athena"), ("campaign", "other"), ("account", "x")],
    )
    def test_another_ones_pause_holds_nothing(self, store: Store, scope: str, name: str) -> None:
        delivery = store.add()
        store.queue.pause(PauseRequest(scope, name, "not ours", PauseCause.PERSON), "Ana", NOW)
        [pause] = store.queue.pauses()
        assert not pause.covers(delivery)
        assert store.claim(delivery) is not None


def test_attempts_of_several_deliveries_are_read_together(store: Store) -> None:
    first, other = store.add("first"), store.add("other", account="tv")
    store.close(store.must_claim(first), TO_UNKNOWN, "unknown")
    store.close(store.must_claim(other), TO_PUBLISHED)
    found = store.queue.attempts_of([first.id, other.id])

    assert {id_: [of.outcome for of in attempts] for id_, attempts in found.items()} == {
        first.id: ["unknown"],
        other.id: ["published"],
    }
    assert store.queue.attempts(first.id) == found[first.id]
    assert store.queue.attempts_of([]) == {}

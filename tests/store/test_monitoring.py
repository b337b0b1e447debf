"""Late posts, signs of a loop that acts, and counts, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpers.store import LATER, MINUTE, NOW, publish_post, text_content
from sqlalchemy import update

from bot.database import tables as t
from bot.database.migrations import HEAD
from bot.model import Counters, PauseCause, PauseRequest, Scope, Snapshot, State
from bot.store.lateness import (
    MAX_OVERDUE,
    Late,
    has_abandoned_sends,
    last_act,
    read_late,
    read_overdue,
)
from bot.store.metrics import Metrics
from bot.store.monitoring import (
    count_by_state,
    count_unknown,
    first_due,
    newest_reads,
    schema_revision,
)

if TYPE_CHECKING:
    from helpers.store import Store

HOUR = timedelta(hours=1)


def late(store: Store, scope: Scope | None = None) -> Late:
    with store.database.reading() as connection:
        return read_late(connection, NOW, *([scope] if scope else []))


def test_a_post_on_two_accounts_is_late_once(store: Store) -> None:
    assert late(store) == Late(0, None, "")
    for account in ("mj", "athena"):
        store.add("hart", account=account, due=NOW - HOUR)
    store.add("other", content=text_content("other"), due=NOW - MINUTE)
    store.add("on-time", content=text_content("on-time"), due=NOW + MINUTE)
    assert late(store) == Late(2, NOW - HOUR, "America/New_York")
    assert late(store, Scope(frozenset({"athena"}), None)).posts == 1
    assert late(store, Scope(frozenset(), None)) == Late(0, None, "")


def test_posts_that_are_over_are_not_late_and_one_that_is_being_sent_is(store: Store) -> None:
    post = store.add("hart", due=NOW - HOUR)
    for state in State:
        store.change(update(t.deliveries).values(state=state))
        expected = 1 if state in {State.SCHEDULED, State.SENDING} else 0
        assert late(store).posts == expected, state
    assert post.due == NOW - HOUR


def test_overdue_posts_are_those_that_could_have_been_sent(store: Store) -> None:
    for number in range(MAX_OVERDUE + 2):
        due = NOW - HOUR + number * timedelta(seconds=1)
        store.add(f"no-{number}", content=text_content(f"no-{number}"), due=due)
    again = t.deliveries.c.post == "no-0"
    store.change(update(t.deliveries).where(again).values(not_before=NOW + MINUTE))
    with store.database.reading() as connection:
        found = [delivery.post for delivery in read_overdue(connection, NOW)]
    assert found == [f"no-{number}" for number in range(1, MAX_OVERDUE + 1)]


def test_send_whose_worker_died_is_abandoned_once_its_lease_has_ended(store: Store) -> None:
    claim = store.must_claim(store.add())
    with store.database.reading() as connection:
        assert not has_abandoned_sends(connection, NOW)
    store.expire_lease(claim.delivery)
    with store.database.reading() as connection:
        assert has_abandoned_sends(connection, NOW)


def test_last_act_is_a_send_or_a_record_of_the_log(store: Store) -> None:
    def found() -> object:
        with store.database.reading() as connection:
            return last_act(connection)

    assert found() is None
    store.must_claim(store.add(due=LATER), LATER)
    assert found() == LATER
    pause = PauseRequest("all", "", "a funeral", PauseCause.PERSON)
    store.queue.pause(pause, "Kim", LATER + HOUR)
    assert found() == LATER + HOUR


def test_counts_are_by_account_and_state(store: Store) -> None:
    publish_post(store, "out")
    store.add("next", content=text_content("next"), due=LATER)
    store.add("next", account="athena", due=LATER + HOUR)
    with store.database.reading() as connection:
        assert count_by_state(connection) == {
            ("mj", "x", State.PUBLISHED): 1,
            ("mj", "x", State.SCHEDULED): 1,
            ("athena", "x", State.SCHEDULED): 1,
        }
        assert first_due(connection) == LATER
        assert count_unknown(connection) == 0
        assert schema_revision(connection) == int(HEAD)


def test_unknown_posts_count_once(store: Store) -> None:
    store.add_unknown()
    store.add("hart", account="athena")
    store.change(update(t.deliveries).values(state=State.UNKNOWN))
    with store.database.reading() as connection:
        assert count_unknown(connection) == 1
        assert first_due(connection) is None


def test_newest_reading_of_each_account(store: Store) -> None:
    first, second = publish_post(store, "one"), publish_post(store, "two")
    metrics = Metrics(store.database)
    with store.database.reading() as connection:
        assert newest_reads(connection) == {}
    read = {first: NOW + HOUR, second: NOW + 2 * HOUR}
    metrics.record([Snapshot(id_, at, Counters(likes=1)) for id_, at in read.items()], {}, (), NOW)
    with store.database.reading() as connection:
        assert newest_reads(connection) == {"mj": NOW + 2 * HOUR}

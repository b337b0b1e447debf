"""Deliveries of dead workers, and unknown ones, on SQLite and on PostgreSQL."""

from __future__ import annotations

from helpers.store import LATER, MINUTE, NOW, TO_PUBLISHED, TO_UNKNOWN, Store

from bot.model import State, Transition
from bot.store.outcomes import Unsettled


class TestOutcomes:
    def test_orphans_of_a_dead_worker_are_found(self, store: Store) -> None:
        delivery = store.add()
        store.must_claim(delivery)
        other = Unsettled(store.database, "here/2/second")
        assert other.orphans(NOW, sole=False) == []  # it may be alive
        assert store.unsettled.orphans(NOW, sole=True) == []  # its own
        [(orphan, attempt)] = other.orphans(NOW, sole=True)
        assert (orphan.id, attempt and attempt.fence) == (delivery.id, 1)
        store.expire_lease(delivery)
        [(late, _)] = other.orphans(NOW, sole=False)
        assert late == orphan

    def test_a_rescue_closes_the_attempt_as_unknown(self, store: Store) -> None:
        delivery = store.add()
        store.must_claim(delivery)
        other = Unsettled(store.database, "here/2/second")
        [(orphan, attempt)] = other.orphans(NOW, sole=True)
        assert other.rescue(orphan, attempt, TO_UNKNOWN, NOW)
        assert not other.rescue(orphan, attempt, TO_UNKNOWN, NOW)
        new = store.now(delivery)
        [closed] = store.queue.attempts(delivery.id)
        assert (new.state, new.fence) == (State.UNKNOWN, 2)
        assert (closed.outcome, closed.detail, closed.closed) == ("unknown", "no answer", NOW)

    def test_the_end_of_a_lease_is_an_instant_to_look_at(self, store: Store) -> None:
        assert store.unsettled.next_lease_end() is None
        store.must_claim(store.add())
        assert store.unsettled.next_lease_end() is not None

    def test_whatever_is_written_the_version_differs(self, store: Store) -> None:
        before = store.database.data_version()
        store.add()
        assert store.database.data_version() != before

    def test_unknown_ones_are_due_for_a_look(self, store: Store) -> None:
        delivery = store.add_unknown()
        assert store.unsettled.next_probe() == NOW + MINUTE
        assert store.unsettled.due_probes(NOW) == []
        [(due, attempt)] = store.unsettled.due_probes(NOW + MINUTE)
        assert (due.id, attempt.outcome) == (delivery.id, "unknown")
        assert store.unsettled.first_attempted_at(delivery.id, 0) == NOW

    def test_resolved_once(self, store: Store) -> None:
        read = store.add_unknown()
        assert store.unsettled.resolve(read, TO_PUBLISHED, LATER)
        assert store.now(read).state is State.PUBLISHED
        assert not store.unsettled.resolve(read, Transition(State.SCHEDULED, NOW), LATER)
        assert not store.unsettled.resolve(store.now(read), TO_UNKNOWN, LATER)

    def test_a_resend_is_counted_and_gets_an_attempt_of_its_own(self, store: Store) -> None:
        read = store.add_unknown()
        again = Transition(State.SCHEDULED, NOW, "absent")
        assert store.unsettled.resolve(read, again, NOW, resent=True)
        back = store.now(read)
        assert (back.resends, back.state) == (1, State.SCHEDULED)
        store.must_claim(back, NOW + MINUTE)
        attempts = store.queue.attempts(read.id)
        assert [attempt.outcome for attempt in attempts] == ["unknown", None]
        assert attempts[0].fence < attempts[1].fence
        assert store.unsettled.first_attempted_at(read.id, 0) == NOW

    def test_fences_only_rise(self, store: Store) -> None:
        delivery = store.add()
        fences = [delivery.fence]
        for _ in range(3):
            store.close(store.must_claim(store.now(delivery)), TO_UNKNOWN, "unknown")
            fences.append(store.now(delivery).fence)
            back = Transition(State.SCHEDULED, NOW)
            store.unsettled.resolve(store.now(delivery), back, NOW)
            fences.append(store.now(delivery).fence)
        assert fences == sorted(set(fences))

"""What dead workers left, and what is unknown, on SQLite and on PostgreSQL."""

from __future__ import annotations

from store_support import GONE_OUT, LATER, MINUTE, NOW, UNSURE, OnPostgreSQL, OnSQLite, Store

from bot.model import Settlement, State
from bot.store.sending import Sending


class RescueContract:
    def test_what_a_dead_worker_left_is_found(self, store: Store) -> None:
        delivery = store.add()
        store.claimed(delivery)
        other = Sending(store.database, "here/2/second")
        assert other.orphans(NOW, sole=False) == []  # it may be alive
        assert store.sending.orphans(NOW, sole=True) == []  # its own
        [(orphan, attempt)] = other.orphans(NOW, sole=True)
        assert (orphan.id, attempt and attempt.fence) == (delivery.id, 1)
        store.outlast(delivery)
        [(late, _)] = other.orphans(NOW, sole=False)
        assert late == orphan

    def test_a_rescue_closes_the_attempt_as_unknown(self, store: Store) -> None:
        delivery = store.add()
        store.claimed(delivery)
        other = Sending(store.database, "here/2/second")
        [(orphan, attempt)] = other.orphans(NOW, sole=True)
        assert other.rescue(orphan, attempt, UNSURE, NOW)
        assert not other.rescue(orphan, attempt, UNSURE, NOW)
        new = store.now(delivery)
        [closed] = store.queue.attempts(delivery.id)
        assert (new.state, new.fence) == (State.UNKNOWN, 2)
        assert (closed.outcome, closed.detail, closed.closed) == ("unknown", "no answer", NOW)

    def test_the_end_of_a_lease_is_an_instant_to_look_at(self, store: Store) -> None:
        assert store.sending.next_lease_end() is None
        store.claimed(store.add())
        assert store.sending.next_lease_end() is not None

    def test_whatever_is_written_the_version_differs(self, store: Store) -> None:
        before = store.database.version()
        store.add()
        assert store.database.version() != before

    def test_unknown_ones_are_due_for_a_look(self, store: Store) -> None:
        delivery = store.unknown()
        assert store.sending.next_look() == NOW + MINUTE
        assert store.sending.unknown_due(NOW) == []
        [(found, attempt)] = store.sending.unknown_due(NOW + MINUTE)
        assert (found.id, attempt.outcome) == (delivery.id, "unknown")
        assert store.sending.first_opened(delivery.id, 0) == NOW

    def test_resolved_once(self, store: Store) -> None:
        read = store.unknown()
        assert store.sending.resolve(read, GONE_OUT, LATER)
        assert store.now(read).state is State.PUBLISHED
        assert not store.sending.resolve(read, Settlement(State.SCHEDULED, NOW), LATER)
        assert not store.sending.resolve(store.now(read), UNSURE, LATER)

    def test_a_resend_is_counted_and_gets_an_attempt_of_its_own(self, store: Store) -> None:
        read = store.unknown()
        again = Settlement(State.SCHEDULED, NOW, "absent")
        assert store.sending.resolve(read, again, NOW, resent=True)
        back = store.now(read)
        assert (back.resends, back.state) == (1, State.SCHEDULED)
        store.claimed(back, NOW + MINUTE)
        attempts = store.queue.attempts(read.id)
        assert [one.outcome for one in attempts] == ["unknown", None]
        assert attempts[0].fence < attempts[1].fence
        assert store.sending.first_opened(read.id, 0) == NOW

    def test_fences_only_rise(self, store: Store) -> None:
        delivery = store.add()
        fences = [delivery.fence]
        for _ in range(3):
            store.close(store.claimed(store.now(delivery)), UNSURE, "unknown")
            fences.append(store.now(delivery).fence)
            back = Settlement(State.SCHEDULED, NOW)
            store.sending.resolve(store.now(delivery), back, NOW)
            fences.append(store.now(delivery).fence)
        assert fences == sorted(set(fences))


class TestOnSQLite(OnSQLite, RescueContract):
    pass


class TestOnPostgreSQL(OnPostgreSQL, RescueContract):
    pass

"""The entries of the audit log, and the changes to it that are noticed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from helpers.store import LATER, MINUTE, NOW, Store, at_once, occurrence
from sqlalchemy import delete, insert, update

from bot.database import tables
from bot.database.audit import GENESIS_HASH, read_entries, read_seal, record, verify
from bot.model import PauseCause, PauseRequest, State, Transition
from bot.planning.diff import AddMissed, Cancel

ROWS = tables.audit


class CrashError(Exception):
    pass


def fill(store: Store) -> None:
    for number in range(1, 5):
        record(store.database, "Ana", "note", f"no. {number}", {"n": number}, NOW)
    assert verify(store.database) is None


class TestAudit:
    def test_an_entry_has_who_what_subject_and_time(self, store: Store) -> None:
        detail = {"why": "the lawyer's — «wait»", "count": 2}
        record(store.database, "Ana", "pause", "all", detail, NOW + MINUTE)
        [entry] = read_entries(store.database)
        assert (entry.who, entry.what, entry.subject) == ("Ana", "pause", "all")
        assert (entry.at, entry.detail) == (NOW + MINUTE, detail)

    def test_an_empty_log_is_whole(self, store: Store) -> None:
        assert (read_entries(store.database), verify(store.database)) == ([], None)
        assert read_seal(store.database) == (0, GENESIS_HASH)

    @pytest.mark.parametrize(
        "changed",
        [
            {"who": "Eve"},
            {"what": "resume"},
            {"subject": ""},
            {"detail": "{}"},
            {"at": NOW + timedelta(microseconds=1)},
        ],
    )
    def test_a_changed_entry_is_found(self, store: Store, changed: dict[str, Any]) -> None:
        fill(store)
        second = read_entries(store.database)[1].id
        store.change(update(ROWS).where(ROWS.c.id == second).values(changed))
        assert verify(store.database) == f"record {second}: it was changed after it was written"

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_a_removed_entry_is_found(self, store: Store, place: int) -> None:
        fill(store)
        ids = [entry.id for entry in read_entries(store.database)]
        store.change(delete(ROWS).where(ROWS.c.id == ids[place]))
        broken = f"record {ids[place + 1]}: an entry before it was changed or removed"
        assert verify(store.database) == broken

    def test_a_missing_tail_is_noticed(self, store: Store) -> None:
        fill(store)
        store.change(delete(ROWS).where(ROWS.c.id >= read_entries(store.database)[2].id))
        assert verify(store.database) == "the end: it ends after 2 entries; 4 were written"

    def test_an_inserted_entry_with_a_made_up_hash_is_found(self, store: Store) -> None:
        fill(store)
        forged = {"at": NOW, "who": "Ana", "what": "note", "subject": "more", "detail": "{}"}
        forged |= {"previous": read_seal(store.database)[1], "hash": "a" * 64}
        store.change(insert(ROWS).values(forged))
        broken = verify(store.database)
        assert broken
        assert broken.startswith(f"record {read_entries(store.database)[-1].id}: ")

    def test_the_newest_and_those_since_can_be_asked_for(self, store: Store) -> None:
        fill(store)
        record(store.database, "Ben", "note", "late", {}, LATER)
        assert [entry.subject for entry in read_entries(store.database, limit=2)] == [
            "no. 4",
            "late",
        ]
        assert [entry.subject for entry in read_entries(store.database, since=NOW + MINUTE)] == [
            "late"
        ]

    def test_a_rollback_leaves_no_entry(self, store: Store) -> None:
        fill(store)
        with pytest.raises(CrashError):
            self._fail_after_an_entry(store)
        assert (len(read_entries(store.database)), verify(store.database)) == (4, None)

    def _fail_after_an_entry(self, store: Store) -> None:
        with store.database.writing() as connection:
            record(connection, "Ana", "note", "", {}, NOW)
            raise CrashError

    def test_entries_added_at_once_stand_in_one_chain(self, store: Store) -> None:
        def add(worker: int) -> None:
            for number in range(5):
                record(store.database, f"worker {worker}", "note", str(number), {}, NOW)

        at_once(8, add)
        assert (
            len(read_entries(store.database)),
            read_seal(store.database)[0],
            verify(store.database),
        ) == (40, 40, None)

    # --- entries ---

    def test_pauses_and_drops_and_plans_are_in_it(self, store: Store) -> None:
        delivery = store.add("hart")
        old = occurrence("old", due=NOW - LATER.resolution)
        gone = store.add("gone")
        store.queue.apply([AddMissed(old), Cancel(gone, "")], NOW)
        hold = PauseRequest("campaign", "people", "waiting for the lawyer", PauseCause.PERSON)
        assert store.queue.pause(hold, "Ana", NOW)
        assert not store.queue.pause(hold, "Ben", NOW)
        store.queue.resume("campaign", "people", "Cy", NOW)
        store.queue.resume("campaign", "people", "Dee", NOW)
        store.queue.drop(delivery, "Ana", NOW)
        entries = read_entries(store.database)[2:]
        assert [(entry.who, entry.what, entry.subject) for entry in entries] == [
            ("groundswell", "plan", ""),
            ("Ana", "pause", "campaign people"),
            ("Cy", "resume", "campaign people"),
            ("Ana", "drop", "people/hart/mj/once"),
        ]
        assert entries[0].detail == {
            "missed": {"count": 1, "posts": 1, "keys": ["people/old/mj/once"]},
            "cancelled": {"count": 1, "posts": 1, "keys": ["people/gone/mj/once"]},
        }

    @pytest.mark.parametrize("state", [State.NEEDS_HUMAN, State.REJECTED, State.MISSED])
    def test_posts_that_did_not_go_out_are_recorded(self, store: Store, state: State) -> None:
        delivery = store.add()
        store.close(store.must_claim(delivery), Transition(state, reason="403"), "rejected")
        entry = read_entries(store.database)[-1]
        assert (entry.who, entry.what, entry.subject) == ("groundswell", state, delivery.key)
        assert entry.detail == {"state": state.value, "why": "403"}

    def test_a_persons_decision_is_in_it(self, store: Store) -> None:
        delivery = store.add_unknown()
        store.unsettled.resolve(delivery, Transition(State.DROPPED, reason="enough"), NOW, by="Ana")
        entry = read_entries(store.database)[-1]
        assert (entry.who, entry.what, entry.subject) == ("Ana", "settle", delivery.key)
        assert entry.detail == {"state": "dropped", "why": "enough"}

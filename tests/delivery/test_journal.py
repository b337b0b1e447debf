"""A published post is remembered in the journal if the database could not be written just then."""

from __future__ import annotations

import errno
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE
from helpers.store import NOW, spending, text_content

from bot.delivery.dispatcher import LEASE_SECONDS
from bot.errors import DatabaseReplacedError, StoreError
from bot.model import State, Transition
from bot.store.claims import ClaimTransaction
from bot.store.journal import RESERVED_BYTES, JournalEntry, OutcomeJournal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.delivery import AppHarness

    from bot.store.sends import Claim

ONE = JournalEntry(7, "people/hart/mj/once", 0, 3, 1, '{"text":"Ä"}', "101", "https://x.com/1", NOW)
TWO = replace(ONE, delivery=8, remote_id="102")


@pytest.fixture
def journal(tmp_path: Path) -> OutcomeJournal:
    return OutcomeJournal(tmp_path / "groundswell.db.spill")


# --- the file -------------------------------------------------------------------------------------


def test_what_is_appended_is_read_and_cleared(journal: OutcomeJournal) -> None:
    assert journal.read() == ([], [])
    assert not journal.path.exists()
    journal.append(ONE)
    journal.append(TWO)
    assert journal.read() == ([ONE, TWO], [])
    journal.clear(2)
    assert journal.read() == ([], [])
    assert journal.path.stat().st_mode & 0o077 == 0


def test_clearing_spares_what_came_meanwhile(journal: OutcomeJournal) -> None:
    journal.append(ONE)
    journal.append(TWO)
    journal.clear(1)
    assert journal.read() == ([ONE, TWO], [])


def test_room_is_set_aside_and_then_written_into(journal: OutcomeJournal) -> None:
    journal.reserve()
    assert journal.path.stat().st_size == RESERVED_BYTES
    journal.append(ONE)
    journal.reserve()
    journal.append(TWO)
    assert journal.path.stat().st_size == RESERVED_BYTES
    assert journal.read() == ([ONE, TWO], [])
    for _ in range(200):
        journal.append(ONE)
    assert len(journal.read()[0]) == 202
    journal.clear(202)
    assert journal.read() == ([], [])


def test_a_line_that_was_cut_off_spoils_no_other(journal: OutcomeJournal) -> None:
    journal.append(ONE)
    data = journal.path.read_bytes().rstrip(b"\n")
    journal.path.write_bytes(data[:-20])
    journal.append(TWO)
    good, bad = journal.read()
    assert good == [TWO]
    assert len(bad) == 1
    assert '"remote_id": "101"' in bad[0]


def test_each_line_is_on_disk_when_append_returns(
    journal: OutcomeJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def counted(fd: int) -> None:
        synced.append(fd)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", counted)
    journal.append(ONE)
    assert len(synced) == 1


def test_nothing_is_written_through_a_link_in_its_place(
    journal: OutcomeJournal, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    journal.path.symlink_to(precious)
    for write in (journal.reserve, lambda: journal.append(ONE)):
        with pytest.raises(OSError, match=r"groundswell\.db\.spill is a symbolic link"):
            write()
    with pytest.raises(StoreError, match="may contain the ids of posts that are out"):
        journal.read()
    assert precious.read_text() == "precious"


def test_a_pipe_in_its_place_is_reported_and_not_waited_for(journal: OutcomeJournal) -> None:
    os.mkfifo(journal.path)
    with pytest.raises(StoreError, match="it is a named pipe"):
        journal.read()


# --- the loop -------------------------------------------------------------------------------------


def test_what_keeps_the_next_claim_from_being_made_loses_no_outcome(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction for both is rolled back, and the outcome is written by itself."""
    key = loop.add()
    loop.clock.advance_to(DUE)
    claim = ClaimTransaction.claim

    def fails(self: ClaimTransaction, *asked: Any) -> list[Claim]:
        if self.closed:
            raise StoreError("no more claims")
        return claim(self, *asked)

    monkeypatch.setattr(ClaimTransaction, "claim", fails)
    with pytest.raises(StoreError, match="no more claims"):
        loop.app.dispatcher.run()
    assert loop.state(key) is State.PUBLISHED
    assert not loop.app.journal.path.exists()


def _sent_unwritten(loop: AppHarness, **content: Any) -> str:
    """Publish a post whose result the database cannot take."""
    key = loop.add(**content)
    loop.send_unrecorded()
    assert len(loop.posts) == 1
    assert loop.state(key) is State.SENDING
    return key


def lines(loop: AppHarness) -> list[dict[str, Any]]:
    text = (loop.folder / "groundswell.db.spill").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def test_the_id_is_journaled_and_replayed_at_the_next_reconcile(loop: AppHarness) -> None:
    key = _sent_unwritten(loop)
    [post] = loop.posts
    [line] = lines(loop)
    assert (line["key"], line["remote_id"]) == (key, post.id)
    loop.app.reconciler.rescue(sole=False)
    assert loop.state(key) is State.PUBLISHED
    assert loop.outcomes(key) == ["published"]
    [publication] = loop.app.metrics.publications()
    assert publication.remote_id == post.id
    assert len(spending(loop.app.database)) == 1
    assert lines(loop) == []
    loop.drive(minutes=30)
    assert len(loop.posts) == 1


def test_all_that_is_on_its_way_is_journaled_where_the_database_is_moved_away(
    loop: AppHarness,
) -> None:
    """The first result to come back meets the error. Later ones must not be lost with it."""
    accounts = ("mj", "ally", "third")
    for name in accounts[1:]:
        loop.join(name)
    loop.restart()
    keys = {loop.add(name, account=name, content=text_content(name)) for name in accounts}
    loop.clock.advance_to(DUE)
    database, away = loop.folder / "groundswell.db", loop.folder / "away.db"
    for seconds in (1.0, 1.2, 1.4):
        loop.fault({"stall": seconds}, count=1)
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(loop.app.dispatcher.run)
        while len(loop.world.faults.hits) < len(accounts) and not sending.done():
            time.sleep(0.01)
        database.rename(away)
        with pytest.raises(DatabaseReplacedError):
            sending.result()
    assert {line["key"] for line in lines(loop)} == keys
    away.rename(database)
    loop.restart()
    assert {loop.state(key) for key in keys} == {State.PUBLISHED}
    assert len(loop.posts) == 3


def test_a_restart_takes_it_in(loop: AppHarness) -> None:
    key = _sent_unwritten(loop)
    loop.restart()
    assert loop.state(key) is State.PUBLISHED
    assert lines(loop) == []


def test_a_thread_goes_on_from_there(loop: AppHarness) -> None:
    key = _sent_unwritten(loop, content=text_content("one", "two"))
    loop.restart()
    loop.drive(minutes=2)
    assert loop.texts == ["one", "two"]
    assert loop.posts[1].parent == loop.posts[0].id
    assert loop.state(key) is State.PUBLISHED


def _unknown(loop: AppHarness, key: str) -> None:
    loop.clock.advance(seconds=LEASE_SECONDS + 1)
    journal, loop.app.journal.path = loop.app.journal.path, loop.folder / "not there"
    loop.app.reconciler.rescue(sole=False)
    loop.app.journal.path = journal
    assert loop.state(key) is State.UNKNOWN


def _asked(loop: AppHarness, key: str) -> None:
    _unknown(loop, key)
    asked = Transition(State.NEEDS_HUMAN, reason="unreadable")
    assert loop.app.unsettled.resolve(loop.get(key), asked, loop.clock.now())


def _back(loop: AppHarness, key: str) -> None:
    _unknown(loop, key)
    back = Transition(State.SCHEDULED, loop.clock.now(), "proved absent")
    assert loop.app.unsettled.resolve(loop.get(key), back, loop.clock.now(), resent=True)


@pytest.mark.parametrize("moved_on", [_unknown, _asked, _back])
def test_it_is_taken_in_wherever_it_stands_by_then(
    loop: AppHarness, moved_on: Callable[[AppHarness, str], None]
) -> None:
    key = _sent_unwritten(loop)
    moved_on(loop, key)
    loop.app.reconciler.rescue(sole=False)
    assert loop.state(key) is State.PUBLISHED
    assert lines(loop) == []
    loop.drive(minutes=30)
    assert len(loop.posts) == 1


def test_what_was_given_up_meanwhile_is_reported(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    key = _sent_unwritten(loop)
    _asked(loop, key)
    dropped = Transition(State.DROPPED, reason="dropped by Ana")
    assert loop.app.unsettled.resolve(loop.get(key), dropped, loop.clock.now())
    loop.app.reconciler.rescue(sole=False)
    assert f"{key} is dropped, but it is out as " in caplog.text
    assert lines(loop) == []


def test_what_the_timeline_showed_before_is_taken_in_once(loop: AppHarness) -> None:
    key = _sent_unwritten(loop)
    _unknown(loop, key)
    loop.clock.advance(seconds=20)
    loop.app.reconciler.run()
    assert loop.state(key) is State.PUBLISHED
    loop.app.reconciler.rescue(sole=False)
    assert len(loop.app.metrics.publications()) == 1
    assert lines(loop) == []


def test_where_the_journal_fails_too_the_timeline_tells(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(OutcomeJournal, "append", full)
    key = _sent_unwritten(loop)
    [post] = loop.posts
    assert post.id in caplog.text
    assert "the journal failed too" in caplog.text
    loop.drive(minutes=10)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 1


def test_a_worker_that_lost_its_lease_journals_what_it_sent(loop: AppHarness) -> None:
    def slow(send: Callable[[], Any]) -> Any:
        published = send()
        loop.clock.advance(seconds=LEASE_SECONDS + 1)
        loop.app.reconciler.rescue(sole=False)
        return published

    key = loop.add()
    loop.intercept_publish(slow)
    loop.clock.advance_to(DUE)
    loop.app.dispatcher.run()
    assert loop.state(key) is State.UNKNOWN
    loop.app.reconciler.rescue(sole=False)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 1


def test_nothing_is_journaled_of_what_is_not_out(loop: AppHarness) -> None:
    loop.add()
    loop.fault({"status": 503})
    loop.send_unrecorded()
    assert not (loop.folder / "groundswell.db.spill").exists()
    loop.drive(minutes=10)
    assert len(loop.posts) == 1
    assert loop.clock.now() - DUE < timedelta(minutes=15)

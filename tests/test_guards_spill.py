"""A post that is out is remembered, though the database could not be written just then."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from delivery_support import DUE, disk_full
from store_support import NOW, said

from bot.errors import StoreError
from bot.model import Settlement, State
from bot.store.claiming import Claiming
from bot.store.spill import ROOM, Spill, Spilled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from delivery_support import Loop

    from bot.store.claiming import Claim

ONE = Spilled(7, "people/hart/mj/once", 0, 3, 1, '{"text":"Ä"}', "101", "https://x.com/1", NOW)
TWO = replace(ONE, delivery=8, remote_id="102")


@pytest.fixture
def spill(tmp_path: Path) -> Spill:
    return Spill(tmp_path / "groundswell.db.spill")


# --- the file -------------------------------------------------------------------------------------


def test_what_is_appended_is_read_and_cleared(spill: Spill) -> None:
    assert spill.read() == ([], [])
    assert not spill.path.exists()
    spill.append(ONE)
    spill.append(TWO)
    assert spill.read() == ([ONE, TWO], [])
    spill.clear(2)
    assert spill.read() == ([], [])
    assert spill.path.stat().st_mode & 0o077 == 0


def test_clearing_spares_what_came_meanwhile(spill: Spill) -> None:
    spill.append(ONE)
    spill.append(TWO)
    spill.clear(1)
    assert spill.read() == ([ONE, TWO], [])


def test_room_is_set_aside_and_then_written_into(spill: Spill) -> None:
    spill.reserve()
    assert spill.path.stat().st_size == ROOM
    spill.append(ONE)
    spill.reserve()
    spill.append(TWO)
    assert spill.path.stat().st_size == ROOM
    assert spill.read() == ([ONE, TWO], [])
    for _ in range(200):
        spill.append(ONE)
    assert len(spill.read()[0]) == 202
    spill.clear(202)
    assert spill.read() == ([], [])


def test_a_line_that_was_cut_off_spoils_no_other(spill: Spill) -> None:
    spill.append(ONE)
    data = spill.path.read_bytes().rstrip(b"\n")
    spill.path.write_bytes(data[:-20])
    spill.append(TWO)
    good, bad = spill.read()
    assert good == [TWO]
    assert len(bad) == 1
    assert '"remote_id": "101"' in bad[0]


def test_each_line_is_on_disk_when_append_returns(
    spill: Spill, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def counted(fd: int) -> None:
        synced.append(fd)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", counted)
    spill.append(ONE)
    assert len(synced) == 1


def test_nothing_is_written_through_a_link_in_its_place(spill: Spill, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    spill.path.symlink_to(precious)
    for write in (spill.reserve, lambda: spill.append(ONE)):
        with pytest.raises(OSError, match=r"groundswell\.db\.spill is a symbolic link"):
            write()
    with pytest.raises(StoreError, match="may hold the ids of posts that are out"):
        spill.read()
    assert precious.read_text() == "precious"


def test_a_pipe_in_its_place_is_told_not_waited_for(spill: Spill) -> None:
    os.mkfifo(spill.path)
    with pytest.raises(StoreError, match="it is a named pipe"):
        spill.read()


# --- the loop -------------------------------------------------------------------------------------


def test_what_keeps_the_next_claim_from_being_made_loses_no_outcome(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction that was to write both comes to nothing; the outcome is written by itself."""
    key = loop.add()
    loop.clock.to(DUE)
    claim = Claiming.claim

    def fails(self: Claiming, *asked: Any) -> list[Claim]:
        if self.closed:
            raise StoreError("no more claims")
        return claim(self, *asked)

    monkeypatch.setattr(Claiming, "claim", fails)
    with pytest.raises(StoreError, match="no more claims"):
        loop.app.dispatcher.run()
    assert loop.state(key) is State.PUBLISHED
    assert not loop.app.spill.path.exists()


def _sent_unwritten(loop: Loop, patch: pytest.MonkeyPatch, **content: Any) -> str:
    """Let one go out whose result the database cannot take."""
    key = loop.add(**content)
    loop.clock.to(DUE)
    with patch.context() as full:
        disk_full(full)
        with pytest.raises(StoreError, match="disk is full"):
            loop.app.dispatcher.run()
    assert len(loop.posts) == 1
    assert loop.state(key) is State.SENDING
    return key


def lines(loop: Loop) -> list[dict[str, Any]]:
    text = (loop.folder / "groundswell.db.spill").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def test_the_id_is_spilled_and_taken_in_at_the_next_reconcile(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = _sent_unwritten(loop, monkeypatch)
    [post] = loop.posts
    [line] = lines(loop)
    assert (line["key"], line["remote_id"]) == (key, post.id)
    loop.app.reconciler.rescue(sole=False)
    assert loop.state(key) is State.PUBLISHED
    assert loop.outcomes(key) == ["published"]
    [publication] = loop.app.metrics.publications()
    assert publication.remote_id == post.id
    assert len(loop.app.ledger.spending()) == 1
    assert lines(loop) == []
    loop.drive(minutes=30)
    assert len(loop.posts) == 1


def test_a_restart_takes_it_in(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    key = _sent_unwritten(loop, monkeypatch)
    loop.restart()
    assert loop.state(key) is State.PUBLISHED
    assert lines(loop) == []


def test_a_thread_goes_on_from_there(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    key = _sent_unwritten(loop, monkeypatch, content=said("one", "two"))
    loop.restart()
    loop.drive(minutes=2)
    assert loop.said == ["one", "two"]
    assert loop.posts[1].parent == loop.posts[0].id
    assert loop.state(key) is State.PUBLISHED


def _unknown(loop: Loop, key: str) -> None:
    loop.clock.turn(seconds=61)
    spill, loop.app.spill.path = loop.app.spill.path, loop.folder / "not there"
    loop.app.reconciler.rescue(sole=False)
    loop.app.spill.path = spill
    assert loop.state(key) is State.UNKNOWN


def _asked(loop: Loop, key: str) -> None:
    _unknown(loop, key)
    asked = Settlement(State.NEEDS_HUMAN, reason="unreadable")
    assert loop.app.sending.resolve(loop.get(key), asked, loop.clock.now())


def _back(loop: Loop, key: str) -> None:
    _unknown(loop, key)
    back = Settlement(State.SCHEDULED, loop.clock.now(), "proved absent")
    assert loop.app.sending.resolve(loop.get(key), back, loop.clock.now(), resent=True)


@pytest.mark.parametrize("moved_on", [_unknown, _asked, _back])
def test_it_is_taken_in_wherever_it_stands_by_then(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, moved_on: Callable[[Loop, str], None]
) -> None:
    key = _sent_unwritten(loop, monkeypatch)
    moved_on(loop, key)
    loop.app.reconciler.rescue(sole=False)
    assert loop.state(key) is State.PUBLISHED
    assert lines(loop) == []
    loop.drive(minutes=30)
    assert len(loop.posts) == 1


def test_what_was_given_up_meanwhile_is_told(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = _sent_unwritten(loop, monkeypatch)
    _asked(loop, key)
    dropped = Settlement(State.DROPPED, reason="dropped by Ana")
    assert loop.app.sending.resolve(loop.get(key), dropped, loop.clock.now())
    loop.app.reconciler.rescue(sole=False)
    assert f"{key} is dropped, but it is out as " in caplog.text
    assert lines(loop) == []


def test_what_the_timeline_showed_before_is_taken_in_once(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = _sent_unwritten(loop, monkeypatch)
    _unknown(loop, key)
    loop.clock.turn(seconds=20)
    loop.app.reconciler.run()
    assert loop.state(key) is State.PUBLISHED
    loop.app.reconciler.rescue(sole=False)
    assert len(loop.app.metrics.publications()) == 1
    assert lines(loop) == []


def test_where_the_spill_fails_too_the_timeline_tells(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(Spill, "append", full)
    key = _sent_unwritten(loop, monkeypatch)
    [post] = loop.posts
    assert post.id in caplog.text
    assert "the spill file failed too" in caplog.text
    loop.drive(minutes=10)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 1


def test_a_worker_that_lost_its_lease_spills_what_it_sent(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(send: Callable[[], Any]) -> Any:
        published = send()
        loop.clock.turn(seconds=90)
        loop.app.reconciler.rescue(sole=False)
        return published

    key = loop.add()
    loop.client_that(slow)
    loop.clock.to(DUE)
    loop.app.dispatcher.run()
    assert loop.state(key) is State.UNKNOWN
    loop.app.reconciler.rescue(sole=False)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 1


def test_nothing_is_spilled_of_what_is_not_out(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    loop.add()
    loop.fault({"status": 503})
    loop.clock.to(DUE)
    with monkeypatch.context() as full:
        disk_full(full)
        with pytest.raises(StoreError):
            loop.app.dispatcher.run()
    assert not (loop.folder / "groundswell.db.spill").exists()
    loop.drive(minutes=10)
    assert len(loop.posts) == 1
    assert loop.clock.now() - DUE < timedelta(minutes=15)

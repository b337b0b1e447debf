"""At rest the loop writes nothing, and it notices the changes of other processes."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from bot.model import PauseCause, PauseRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.delivery import AppHarness


def test_check_without_changes_says_so_and_writes_nothing(loop: AppHarness) -> None:
    for _ in range(3):  # until the files are in the plan
        loop.app._watch()
    database = loop.app.database
    before = database.query_directly("PRAGMA data_version")
    assert [loop.app._watch() for _ in range(3)] == [False] * 3
    assert database.query_directly("PRAGMA data_version") == before


def test_change_by_another_command_is_noticed_at_the_next_check(loop: AppHarness) -> None:
    loop.app._watch()
    with sqlite3.connect(str(loop.app.database.path)) as other:
        other.execute("UPDATE deliveries SET reason = 'looked at'")
        other.execute("INSERT INTO meta VALUES ('anything', 'new')")
    other.close()
    assert [loop.app._watch() for _ in range(2)] == [True, False]


def test_the_stop_file_is_noticed_as_it_comes_and_as_it_goes(loop: AppHarness) -> None:
    stop = loop.app.queue.stop_file
    assert stop is not None
    changes: list[Callable[[], object]] = [lambda: stop.write("a storm"), stop.remove]
    loop.app._watch()
    for change in changes:
        change()
        assert [loop.app._watch() for _ in range(2)] == [True, False]


def test_pause_holds_before_the_next_check(loop: AppHarness) -> None:
    """Every send reads the pauses itself, whoever sets them."""
    loop.app.queue.pauses()
    other = sqlite3.connect(str(loop.app.database.path), isolation_level=None)
    values = ("all", "", "a storm", "Ana", "2026-03-02 12:00:00.000000", "person")
    query = "INSERT INTO pauses (scope, name, why, who, since, cause) VALUES (?, ?, ?, ?, ?, ?)"
    other.execute(query, values)
    assert [str(pause.why) for pause in loop.app.queue.pauses()] == ["a storm"]
    other.execute("UPDATE pauses SET lifted = since")
    assert loop.app.queue.pauses() == []
    other.close()
    loop.app.queue.pause(
        PauseRequest("all", "", "again", PauseCause.PERSON), "Ana", loop.clock.now()
    )
    assert [pause.why for pause in loop.app.queue.pauses()] == ["again"]


def test_saved_files_are_checked_again_soon(loop: AppHarness) -> None:
    app = loop.app
    for _ in range(3):
        app._watch()
    assert app._next_watch() is None
    app.queue_sync._seen_digest = "as before"
    app._watch()
    wake = app._next_watch()
    assert wake
    assert wake <= app.clock.after(1)
    app._watch()
    assert app._next_watch() is None

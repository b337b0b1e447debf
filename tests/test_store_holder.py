"""One running instance on a SQLite database; on PostgreSQL several, each signed in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from store_support import LATER, NOW, OnPostgreSQL, OnSQLite, Store, end_connection, opened, written

from bot.errors import AlreadyRunning
from bot.store.audit import Audit
from bot.store.holder import Presence, held, left, new_owner, running, workers
from bot.store.turns import turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent

HOLD = """\
import sys
from datetime import UTC, datetime
from bot.store.database import open_database
from bot.store.holder import held, new_owner

now = datetime(2026, 3, 2, 12, tzinfo=UTC)
with held(open_database(sys.argv[1]), new_owner(now), now):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(url: str) -> Iterator[subprocess.Popen[str]]:
    """Hold a database in another process."""
    command = [sys.executable, "-c", HOLD, url]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def _until_free(store: Store) -> None:
    """Hold it as soon as the death is known: PostgreSQL learns of it from the closed socket."""
    for _ in range(200):
        try:
            with held(store.database, new_owner(LATER), LATER):
                return
        except AlreadyRunning:
            continue
    pytest.fail("the database is still held by a dead process")


def _in_the_end(is_so: Callable[[], bool]) -> bool:
    """Ask until it is so, for ten seconds."""
    end = time.monotonic() + 10
    while not (found := is_so()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


class SignedInContract:
    def test_whoever_left_is_noted_as_stopped(self, store: Store) -> None:
        owner = new_owner(NOW)
        with held(store.database, owner, NOW):
            left(store.database, owner, LATER)
        [worker] = workers(store.database)
        assert (worker.name, worker.pid, worker.stopped) == (owner, os.getpid(), LATER)
        assert worker.state == "stopped"

    def test_starts_stops_and_deaths_are_in_the_audit_log(self, store: Store) -> None:
        with held(store.database, "here/1/dead", NOW):
            pass  # no goodbye
        with held(store.database, "here/2/alive", LATER):
            left(store.database, "here/2/alive", LATER)
        told = [(one.who, one.what, one.subject) for one in Audit(store.database).entries()]
        assert told == [
            ("here/1/dead", "started", ""),
            ("groundswell", "killed", "here/1/dead"),
            ("here/2/alive", "started", ""),
            ("here/2/alive", "stopped", ""),
        ]


class TestOnSQLite(OnSQLite, SignedInContract):
    def test_a_second_holder_is_refused_and_told_of_the_first(self, store: Store) -> None:
        second = Store(store.url)
        words = rf"process {os.getpid()} on .*, running since 2026-03-02 12:00:00 UTC,"
        with (
            held(store.database, new_owner(NOW), NOW),
            pytest.raises(AlreadyRunning, match=words) as caught,
            held(second.database, new_owner(LATER), LATER),
        ):
            pass
        assert caught.value.exit_code == 3
        second.database.close()

    def test_the_same_process_cannot_hold_it_twice(self, store: Store) -> None:
        with (
            held(store.database, new_owner(NOW), NOW),
            pytest.raises(AlreadyRunning),
            held(store.database, new_owner(LATER), LATER),
        ):
            pass

    def test_it_is_free_again_when_the_holder_has_left(self, store: Store) -> None:
        for now in (NOW, LATER):
            with held(store.database, new_owner(now), now):
                left(store.database, new_owner(now), now)
        second = Store(store.url)
        with held(second.database, "here/2/other", NOW):
            pass
        second.database.close()

    def test_it_is_free_again_after_an_error(self, store: Store) -> None:
        with pytest.raises(KeyboardInterrupt), held(store.database, new_owner(NOW), NOW):
            raise KeyboardInterrupt
        with held(store.database, new_owner(LATER), LATER):
            pass

    def test_another_process_is_named_and_its_death_lets_go(self, store: Store) -> None:
        with holding(store.url) as other:
            with (
                pytest.raises(AlreadyRunning, match=rf"process {other.pid} on "),
                held(store.database, new_owner(NOW), NOW),
            ):
                pass
            other.send_signal(signal.SIGKILL)
            other.wait(20)
            _until_free(store)

    def test_whoever_died_without_a_word_is_noted_as_stopped(self, store: Store) -> None:
        with held(store.database, "here/1/dead", NOW):
            pass  # no goodbye
        with held(store.database, "here/2/alive", LATER) as presence:
            presence.confirm(LATER)
            stopped = "SELECT count(*) FROM workers WHERE stopped IS NOT NULL"
            assert store.scalar(stopped) == 1
            query = "SELECT name FROM workers WHERE stopped IS NULL"
            assert store.scalar(query) == "here/2/alive"

    def test_the_lock_tells_who_is_alive_and_nothing_is_written_for_it(self, store: Store) -> None:
        much_later = NOW + timedelta(days=1)
        with held(store.database, "here/1/alive", NOW) as presence:
            before = store.database.glance("PRAGMA data_version")
            presence.confirm(much_later)
            assert store.database.glance("PRAGMA data_version") == before
            [alive] = running(store.database)
            assert alive.name == "here/1/alive"
        assert running(store.database) == []
        [dead] = workers(store.database)  # it has not said that it stops
        assert dead.state == "killed"

    def test_who_only_asks_keeps_nobody_from_starting(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.store.holder.ASKED_SECONDS", 10.0)  # on a busy machine, too
        asks = FileLock(tmp_path / "groundswell.db.lock", thread_local=False)
        asks.acquire()
        soon = threading.Timer(0.1, asks.release)
        soon.start()
        with held(store.database, "here/1/alive", NOW):
            soon.join()

    def test_a_link_to_it_is_the_same_database(self, store: Store, tmp_path: Path) -> None:
        link = tmp_path / "link.db"
        link.symlink_to(tmp_path / "groundswell.db")
        with (
            opened(f"sqlite:///{link}") as second,
            held(store.database, new_owner(NOW), NOW),
            pytest.raises(AlreadyRunning),
            held(second.database, new_owner(LATER), LATER),
        ):
            pass


def states(store: Store) -> dict[str, str]:
    return {worker.name: worker.state for worker in workers(store.database)}


class TestOnPostgreSQL(OnPostgreSQL, SignedInContract):
    def test_the_lock_tells_who_is_alive_and_nothing_is_written_for_it(self, store: Store) -> None:
        with held(store.database, "here/1/alive", NOW) as presence:
            before = written(store.database)
            presence.confirm(LATER)
            with turn(store.database, "plan") as mine:
                assert mine
            assert [one.name for one in running(store.database)] == ["here/1/alive"]
            assert written(store.database) == before
        assert running(store.database) == []
        assert states(store) == {"here/1/alive": "stale"}  # it has not said that it stops

    def test_another_process_is_alive_until_it_dies(self, store: Store) -> None:
        with holding(store.url) as other:
            assert [one.pid for one in running(store.database)] == [other.pid]
            other.send_signal(signal.SIGKILL)
            other.wait(20)
            assert _in_the_end(lambda: not running(store.database))

    def test_several_work_on_it_and_a_start_buries_nobody_alive(self, store: Store) -> None:
        second = Store(store.url)
        with (
            held(store.database, "here/1/first", NOW),
            held(second.database, "there/2/b", NOW),
            held(store.database, "here/3/c", LATER),
        ):
            assert set(states(store).values()) == {"alive"}
        second.database.close()

    def test_one_that_was_cut_off_is_taken_for_killed_until_it_is_back(self, store: Store) -> None:
        name = "here/1/cut"
        with held(store.database, name, NOW) as presence:
            assert end_connection(store.database.engine, f"worker {name}")
            assert states(store) == {name: "stale"}
            with held(store.database, "b/2/b", LATER):
                assert states(store) == {name: "stopped", "b/2/b": "alive"}
                presence.confirm(LATER)
                assert states(store) == {name: "alive", "b/2/b": "alive"}

    def test_one_whose_lost_connection_still_lasts_takes_its_lock_later(self, store: Store) -> None:
        name, second = "here/1/twice", Store(store.url)
        with held(store.database, name, NOW):
            again = Presence(second.database, name)
            again.confirm(LATER)  # the server has not noticed yet
            assert states(store) == {name: "alive"}
        assert states(store) == {name: "stale"}
        again.confirm(LATER)
        assert states(store) == {name: "alive"}
        again.close()
        second.database.close()

    def test_a_turn_is_one_workers_at_a_time(self, store: Store) -> None:
        second = Store(store.url)
        with turn(store.database, "plan") as mine, turn(second.database, "plan") as theirs:
            assert (mine, theirs) == (True, False)
            with turn(second.database, "read:mj") as other:
                assert other
        with turn(second.database, "plan") as theirs:
            assert theirs
        second.database.close()

    def test_whoever_is_stopped_in_its_turn_blocks_nobody_for_long(self, store: Store) -> None:
        with ExitStack() as another:
            with turn(store.database, "plan", seconds=0.05) as sleeper:
                assert sleeper
                assert _in_the_end(lambda: another.enter_context(turn(store.database, "plan")))
            # Who wakes after its turn was taken over does not give back another's.
            with turn(store.database, "plan") as again:
                assert not again
        with turn(store.database, "plan") as again:
            assert again

    def test_what_goes_wrong_in_a_turn_that_was_lost_is_what_is_told(self, store: Store) -> None:
        def lose() -> None:
            with turn(store.database, "plan") as mine:
                assert mine
                assert end_connection(store.database.engine, "turn plan")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            lose()
        with turn(store.database, "plan") as again:
            assert again

    def test_of_many_at_once_one_has_the_turn(self, store: Store) -> None:
        barrier = Barrier(8)

        def take(_: int) -> bool:
            barrier.wait(20)
            with turn(store.database, "plan") as mine:
                barrier.wait(20)
                return mine

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(take, range(8))) == 1

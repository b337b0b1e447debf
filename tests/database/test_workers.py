"""One running instance on a SQLite database; on PostgreSQL several, each registered."""

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
from helpers.databases import row_versions, terminate_lock_holder
from helpers.store import LATER, NOW, ON_POSTGRESQL, ON_SQLITE, Store, opened

from bot.database.audit import read_entries
from bot.database.workers import (
    WorkerLock,
    lease,
    list_workers,
    mark_stopped,
    new_owner,
    running_workers,
    worker_session,
)
from bot.errors import AlreadyRunning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]

HOLD = """\
import sys
from datetime import UTC, datetime
from bot.database.opening import open_database
from bot.database.workers import new_owner, worker_session

now = datetime(2026, 3, 2, 12, tzinfo=UTC)
with worker_session(open_database(sys.argv[1]), new_owner(now), now):
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
    """Wait until the death is known. PostgreSQL learns of it from the closed socket."""
    for _ in range(200):
        try:
            with worker_session(store.database, new_owner(LATER), LATER):
                return
        except AlreadyRunning:
            continue
    pytest.fail("the database is still held by a dead process")


def _eventually(condition: Callable[[], bool]) -> bool:
    """Return whether the condition becomes true within ten seconds."""
    end = time.monotonic() + 10
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return holds


class TestWorkers:
    def test_whoever_left_is_noted_as_stopped(self, store: Store) -> None:
        owner = new_owner(NOW)
        with worker_session(store.database, owner, NOW):
            mark_stopped(store.database, owner, LATER)
        [worker] = list_workers(store.database)
        assert (worker.name, worker.pid, worker.stopped) == (owner, os.getpid(), LATER)
        assert worker.state == "stopped"

    def test_starts_stops_and_deaths_are_in_the_audit_log(self, store: Store) -> None:
        with worker_session(store.database, "here/1/dead", NOW):
            pass  # no goodbye
        with worker_session(store.database, "here/2/alive", LATER):
            assert [worker.stopped for worker in list_workers(store.database)] == [None, LATER]
            mark_stopped(store.database, "here/2/alive", LATER)
        entries = read_entries(store.database)
        assert [(entry.who, entry.what, entry.subject) for entry in entries] == [
            ("here/1/dead", "started", ""),
            ("groundswell", "killed", "here/1/dead"),
            ("here/2/alive", "started", ""),
            ("here/2/alive", "stopped", ""),
        ]


@ON_SQLITE
class TestSQLite:
    def test_a_second_holder_is_refused_with_the_name_of_the_first(self, store: Store) -> None:
        words = rf"process {os.getpid()} on .*, running since 2026-03-02 12:00:00 UTC,"
        with (
            opened(store.url) as second,
            worker_session(store.database, new_owner(NOW), NOW),
            pytest.raises(AlreadyRunning, match=words) as caught,
            worker_session(second.database, new_owner(LATER), LATER),
        ):
            pass
        assert caught.value.exit_code == 3

    def test_it_is_free_again_when_the_holder_has_left(self, store: Store) -> None:
        for now in (NOW, LATER):
            with worker_session(store.database, new_owner(now), now):
                mark_stopped(store.database, new_owner(now), now)
        with opened(store.url) as second, worker_session(second.database, "here/2/other", NOW):
            pass

    def test_it_is_free_again_after_an_error(self, store: Store) -> None:
        with pytest.raises(KeyboardInterrupt), worker_session(store.database, new_owner(NOW), NOW):
            raise KeyboardInterrupt
        with worker_session(store.database, new_owner(LATER), LATER):
            pass

    def test_another_process_is_named_and_its_death_lets_go(self, store: Store) -> None:
        with holding(store.url) as other:
            with (
                pytest.raises(AlreadyRunning, match=rf"process {other.pid} on "),
                worker_session(store.database, new_owner(NOW), NOW),
            ):
                pass
            other.send_signal(signal.SIGKILL)
            other.wait(20)
            _until_free(store)

    def test_the_lock_shows_who_is_alive_without_a_write(self, store: Store) -> None:
        much_later = NOW + timedelta(days=1)
        with worker_session(store.database, "here/1/alive", NOW) as lock:
            before = store.database.query_directly("PRAGMA data_version")
            lock.ensure_held(much_later)
            assert store.database.query_directly("PRAGMA data_version") == before
            [alive] = running_workers(store.database)
            assert alive.name == "here/1/alive"
        assert running_workers(store.database) == []
        [dead] = list_workers(store.database)  # it has not recorded that it stops
        assert dead.state == "killed"

    def test_checking_the_lock_keeps_nobody_from_starting(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.database.worker_locks.LOCK_WAIT_SECONDS", 2.0)
        checked = FileLock(tmp_path / "groundswell.db.lock", thread_local=False)
        checked.acquire()
        soon = threading.Timer(0.1, checked.release)
        soon.start()
        with worker_session(store.database, "here/1/alive", NOW):
            soon.join()

    def test_a_link_to_it_is_the_same_database(self, store: Store, tmp_path: Path) -> None:
        link = tmp_path / "link.db"
        link.symlink_to(tmp_path / "groundswell.db")
        with (
            opened(f"sqlite:///{link}") as second,
            worker_session(store.database, new_owner(NOW), NOW),
            pytest.raises(AlreadyRunning),
            worker_session(second.database, new_owner(LATER), LATER),
        ):
            pass


def states(store: Store) -> dict[str, str]:
    return {worker.name: worker.state for worker in list_workers(store.database)}


@ON_POSTGRESQL
class TestPostgreSQL:
    def test_the_lock_shows_who_is_alive_without_a_write(self, store: Store) -> None:
        with worker_session(store.database, "here/1/alive", NOW) as lock:
            before = row_versions(store.database)
            lock.ensure_held(LATER)
            with lease(store.database, "plan") as mine:
                assert mine
            assert [worker.name for worker in running_workers(store.database)] == ["here/1/alive"]
            assert row_versions(store.database) == before

    def test_without_its_lock_it_is_not_alive(self, store: Store) -> None:
        with worker_session(store.database, "here/1/alive", NOW):
            assert [worker.name for worker in running_workers(store.database)] == ["here/1/alive"]
        # The server learns of it from the closed socket.
        assert _eventually(lambda: not running_workers(store.database))
        assert states(store) == {"here/1/alive": "stale"}  # it has not recorded that it stops

    def test_another_process_is_alive_until_it_dies(self, store: Store) -> None:
        with holding(store.url) as other:
            assert [worker.pid for worker in running_workers(store.database)] == [other.pid]
            other.send_signal(signal.SIGKILL)
            other.wait(20)
            assert _eventually(lambda: not running_workers(store.database))

    def test_several_work_on_it_and_a_start_marks_nobody_alive_as_dead(self, store: Store) -> None:
        with (
            opened(store.url) as second,
            worker_session(store.database, "here/1/first", NOW),
            worker_session(second.database, "there/2/b", NOW),
            worker_session(store.database, "here/3/c", LATER),
        ):
            assert set(states(store).values()) == {"alive"}

    def test_one_that_was_cut_off_is_taken_for_killed_until_it_is_back(self, store: Store) -> None:
        name = "here/1/cut"
        with worker_session(store.database, name, NOW) as lock:
            assert terminate_lock_holder(store.database.engine, f"worker {name}")
            assert states(store) == {name: "stale"}
            with worker_session(store.database, "b/2/b", LATER):
                assert states(store) == {name: "stopped", "b/2/b": "alive"}
                lock.ensure_held(LATER)
                assert states(store) == {name: "alive", "b/2/b": "alive"}

    def test_one_whose_lost_connection_still_lasts_takes_its_lock_later(self, store: Store) -> None:
        name, second = "here/1/twice", Store(store.url)
        with worker_session(store.database, name, NOW):
            again = WorkerLock(second.database, name)
            again.ensure_held(LATER)  # the server has not noticed yet
            assert states(store) == {name: "alive"}
        assert _eventually(lambda: states(store) == {name: "stale"})
        again.ensure_held(LATER)
        assert states(store) == {name: "alive"}
        again.close()
        second.database.close()

    def test_a_lease_is_one_workers_at_a_time(self, store: Store) -> None:
        with opened(store.url) as second:
            with lease(store.database, "plan") as mine, lease(second.database, "plan") as theirs:
                assert (mine, theirs) == (True, False)
                with lease(second.database, "read:mj") as other:
                    assert other
            with lease(second.database, "plan") as theirs:
                assert theirs

    def test_a_worker_that_stops_in_its_lease_blocks_nobody_for_long(self, store: Store) -> None:
        with ExitStack() as another:
            with lease(store.database, "plan", seconds=0.05) as sleeper:
                assert sleeper
                assert _eventually(lambda: another.enter_context(lease(store.database, "plan")))
            # Waking after its lease was taken over, it does not release another's.
            with lease(store.database, "plan") as again:
                assert not again
        with lease(store.database, "plan") as again:
            assert again

    def test_an_error_in_a_lease_that_was_lost_is_raised(self, store: Store) -> None:
        def lose() -> None:
            with lease(store.database, "plan") as mine:
                assert mine
                assert terminate_lock_holder(store.database.engine, "turn plan")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            lose()
        with lease(store.database, "plan") as again:
            assert again

    def test_of_many_at_once_one_has_the_lease(self, store: Store) -> None:
        barrier = Barrier(8)

        def take(_: int) -> bool:
            barrier.wait(20)
            with lease(store.database, "plan") as mine:
                barrier.wait(20)
                return mine

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(take, range(8))) == 1

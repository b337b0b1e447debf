"""One running instance per database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from store_support import LATER, NOW, OnPostgreSQL, OnSQLite, Store

from bot.errors import AlreadyRunning
from bot.store.holder import held, left, new_owner, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

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


class HolderContract:
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
        with held(store.database, "here/2/alive", LATER):
            seen(store.database, "here/2/alive", LATER)
            stopped = "SELECT count(*) FROM workers WHERE stopped IS NOT NULL"
            assert store.scalar(stopped) == 1
            query = "SELECT name FROM workers WHERE stopped IS NULL"
            assert store.scalar(query) == "here/2/alive"


def _until_free(store: Store) -> None:
    """Hold it as soon as the death is known: PostgreSQL learns of it from the closed socket."""
    for _ in range(200):
        try:
            with held(store.database, new_owner(LATER), LATER):
                return
        except AlreadyRunning:
            continue
    pytest.fail("the database is still held by a dead process")


class TestOnSQLite(OnSQLite, HolderContract):
    def test_a_link_to_it_is_the_same_database(self, store: Store, tmp_path: Path) -> None:
        link = tmp_path / "link.db"
        link.symlink_to(tmp_path / "groundswell.db")
        second = Store(f"sqlite:///{link}")
        with (
            held(store.database, new_owner(NOW), NOW),
            pytest.raises(AlreadyRunning),
            held(second.database, new_owner(LATER), LATER),
        ):
            pass


class TestOnPostgreSQL(OnPostgreSQL, HolderContract):
    pass

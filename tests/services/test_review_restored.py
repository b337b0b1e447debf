"""A restored backup does not bring back an approval that was withdrawn since."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import CAMPAIGN_HEAD

from bot.database.audit import read_entries, verify
from bot.database.backup import copy_database
from bot.errors import DatabaseReplacedError
from bot.services.approving import approve, waiting, withdraw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.run import SandboxProject

    from bot.runtime.loop_app import LoopApp


pytest_plugins = ["helpers.run"]

HEAD = f"{CAMPAIGN_HEAD}require_approval: 1\n"


def say(ours: SandboxProject) -> None:
    """Say it in a minute, by the clock of the test."""
    ours.write_campaign(ours.post("soon", "Come to the hearing.", seconds=60), head=HEAD)


def approve_all(app: LoopApp, who: str = "Ana") -> None:
    for pending in waiting(app):
        approve(app, pending, who)


def overwritten(database: Path, copy: Path) -> None:
    """Restore it as ``cp`` does, into the file that is there."""
    shutil.copyfile(copy, database)


def replaced(database: Path, copy: Path) -> None:
    """Restore it as ``mv`` does, by another file under the name."""
    copy.replace(database)


def brought_elsewhere(database: Path, copy: Path) -> None:
    """Restore the database alone, without the file beside it, as on another machine."""
    copy.replace(database)
    database.with_name(f"{database.name}.mark").unlink()


RESTORES: list[Callable[[Path, Path], None]] = [overwritten, replaced, brought_elsewhere]


@pytest.mark.parametrize("restore", RESTORES)
def test_withdrawn_approval_does_not_come_back_with_a_backup(
    ours: SandboxProject, restore: Any, caplog: pytest.LogCaptureFixture
) -> None:
    database, copy = ours.folder / "groundswell.db", ours.folder / "copy.db"
    say(ours)
    ours.take_in()
    with ours.app() as app:
        approve_all(app)
        copy_database(database, copy, force=False)
        assert withdraw(app, "ours/soon", "Ana").posts[0].done == ("our-x",)
    for name in ("groundswell.db-wal", "groundswell.db-shm"):
        with suppress(FileNotFoundError):
            (ours.folder / name).unlink()
    restore(database, copy)
    with ours.started_app() as app:
        assert "1 approvals in this database may have been withdrawn since" in caplog.text
        ours.drive(app, minutes=5)
        assert ours.texts() == []
        [[pending]] = (post.texts for post in waiting(app))
        assert (pending.approvers, pending.lapsed) == ((), ("Ana",))
        assert verify(app.database) is None
        assert app.approvals.differences() == []
        [entry] = [entry for entry in read_entries(app.database) if entry.what == "withdraw"]
        assert (entry.detail["of"], entry.detail["why"]) == ("Ana", "a backup was restored")
        listed = ours.run_cli("review", "--list").out
        assert "Ana had approved it according to a restored backup" in listed
        approve_all(app)
        ours.drive(app, minutes=5)
    assert ours.texts() == ["Come to the hearing."]


def test_approvals_from_before_they_raised_the_generation_stay(ours: SandboxProject) -> None:
    """A database of an older version that has sent nothing yet has no fingerprint."""
    database = ours.folder / "groundswell.db"
    say(ours)
    ours.take_in()
    with ours.app() as app:
        approve_all(app)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM meta WHERE key IN ('instance', 'generation')")
        connection.commit()
    database.with_name(f"{database.name}.mark").unlink()
    with ours.started_app() as app:
        assert app.queue.pauses() == []
        ours.drive(app, minutes=5)
    assert ours.texts() == ["Come to the hearing."]


def test_safe_start_that_a_person_asks_for_asks_for_approvals_again(ours: SandboxProject) -> None:
    """As on PostgreSQL, which leaves no sign that a dump was restored."""
    say(ours)
    ours.take_in()
    with ours.started_app() as app:
        approve_all(app)
        app.restore_check.begin(requested=True)
        [[pending]] = (post.texts for post in waiting(app))
        assert pending.lapsed == ("Ana",)


def test_unchanged_database_keeps_its_approvals(ours: SandboxProject) -> None:
    say(ours)
    ours.take_in()
    for _ in range(2):
        with ours.started_app() as app:
            approve_all(app)
    with ours.started_app() as app:
        assert waiting(app) == []
        ours.drive(app, minutes=5)
    assert ours.texts() == ["Come to the hearing."]


@pytest.mark.parametrize("has_sent", [False, True])
def test_backup_restored_into_the_file_of_a_running_loop_sends_nothing(
    ours: SandboxProject, has_sent: bool
) -> None:
    database, copy = ours.folder / "groundswell.db", ours.folder / "copy.db"
    posts = [ours.post("now", "Read this first.")] if has_sent else []
    ours.write_campaign(*posts, ours.post("soon", "Come to the hearing.", seconds=60), head=HEAD)
    ours.take_in()
    with ours.started_app() as app:
        approve_all(app)
        app.run_once()
        before = ours.texts()
        copy_database(database, copy, force=False)
        with ours.app() as other:  # as a process of its own
            withdraw(other, "ours/soon", "Ana")
        with closing(sqlite3.connect(copy)) as old, closing(sqlite3.connect(database)) as now:
            old.backup(now)
        with pytest.raises(DatabaseReplacedError):
            ours.drive(app, minutes=3)
    assert ours.texts() == before


def test_approving_beside_a_running_loop_is_no_replaced_database(ours: SandboxProject) -> None:
    posts = [ours.post(f"p{n}", f"Say {word}.", seconds=60 * n) for n, word in enumerate("abcdef")]
    ours.write_campaign(*posts, head=HEAD)
    with ours.started_app() as app:
        for _ in posts:
            with ours.app() as other:
                approve(other, waiting(other)[0], "Ana")
            app.run_once()
            ours.clock.advance(seconds=60)
        app.run_once()
    assert len(ours.texts()) == len(posts)

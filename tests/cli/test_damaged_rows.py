"""A row that Groundswell cannot have written is named in one line, and nothing is a bug."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from helpers.cli import write_file

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

COMMANDS = (
    ("status",),
    ("queue", "list", "--all"),
    ("inbox",),
    ("log",),
    ("report",),
    ("export",),
    ("review", "--list"),
)
ROWS = {
    "deliveries": ("due", "grace", "expires", "content", "state", "kind", "not_before", "timezone"),
    "publications": ("part", "published"),
    "attempts": ("opened", "closed"),
    "approvals": ("content", "at"),
    "audit": ("at", "detail"),
    "spending": ("at", "dollars"),
    "meta": ("value",),
}


@pytest.fixture
def published(ours: SandboxProject) -> Path:
    """Return the database of a project with a post that is out, and one that was approved."""
    ours.write_campaign(ours.post("one"), ours.post("two", days=2))
    with ours.started_app() as app:
        ours.drive(app, minutes=1)
    head = "campaign: theirs\ntitle: T\ntimezone: UTC\naccounts: [our-x]\nrequire_approval: 1\n"
    ours.write_campaign(ours.post("asked", days=3), name="theirs", head=head)
    ours.take_in()
    approve = ("review", "--approve", "theirs/asked/our-x", "--as", "Ana")
    assert ours.run_cli(*approve).code == 0
    return write_file(ours.folder / "whole.db", "").with_name("groundswell.db")


def damage(database: Path, table: str, column: str, junk: object) -> int:
    with closing(sqlite3.connect(database)) as connection, connection:
        query = f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})"  # noqa: S608 - names of this file
        return connection.execute(query, (junk,)).rowcount


@pytest.mark.parametrize("table", ROWS)
def test_row_that_cannot_be_read_is_named_and_no_bug(
    ours: SandboxProject, published: Path, table: str
) -> None:
    whole = published.with_name("whole.db")
    shutil.copy(published, whole)
    refused = 0
    for column in ROWS[table]:
        for junk in ("zzz", 1e300) if table != "meta" else ("zzz",):  # any number is JSON
            for suffix in ("-wal", "-shm"):
                published.with_name(f"groundswell.db{suffix}").unlink(missing_ok=True)
            shutil.copy(whole, published)
            assert damage(published, table, column, junk) == 1
            for command in COMMANDS:
                ran = ours.run_cli(*command)
                assert ran.code in {0, 1}, (column, junk, command, ran.err)
                assert "Traceback" not in ran.err
                refused += ran.code
                if ran.code:
                    assert "the database is damaged, or was changed by hand: " in ran.err
    assert refused

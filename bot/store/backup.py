"""Copies of the database: made while the loop runs, whole, and seen to be sound before they count.

A copy is one file (no write-ahead log beside it), readable by its owner alone, and appears under
its name only when it is complete and on disk.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from sqlalchemy import URL

from bot.errors import Problem, StoreError
from bot.store.audit import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.store.database import Database


def backup(database: Database, target: Path, who: str, now: datetime, *, force: bool) -> int:
    """Copy the database to ``target``; give the copy's size in bytes.

    Raises StoreError: it is a PostgreSQL, there is such a file already, or it cannot be written.
    """
    if database.path is None:
        raise StoreError(_for_postgresql(database))
    if target.resolve() == database.path.resolve():
        raise _refused(target, "It is the database itself.", "Give the copy another name.")
    if target.is_dir():
        raise _refused(target, "It is a folder.", "Name a file in it.")
    if target.exists() and not force:
        raise _is_there(target)
    size = copy(database.path, target, force=force)
    record(database, who, "backup", str(target), {"bytes": size}, now)
    return size


def before_migration(path: Path, revision: str) -> Path:
    """Copy a database that is about to be brought to ``revision``; give where the copy is.

    An earlier copy is never written over. Raises StoreError.
    """
    for target in _names(path.with_name(f"{path.name}.before-{revision}")):
        if not target.exists():
            copy(path, target, force=False)
            return target
    raise AssertionError  # there is always a number more


def copy(path: Path, target: Path, *, force: bool) -> int:
    """Copy the database file at ``path``, as it is at one moment. Raises StoreError."""
    try:
        # For its owner alone, and nobody else's: two backups at once do not meet.
        descriptor, name = mkstemp(".part", f"{target.name}.", target.parent)
    except OSError as error:
        raise _unwritten(target, error) from error
    os.close(descriptor)
    beside = Path(name)
    try:
        _copy_into(path, beside)
        _sync(beside)
        _name(beside, target, force=force)
        _sync(target.parent)
    except OSError as error:
        raise _unwritten(target, error) from error
    finally:
        with suppress(OSError):
            beside.unlink()
    return target.stat().st_size


def _copy_into(path: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copied,
        ):
            source.backup(copied)
            copied.execute("PRAGMA journal_mode=DELETE")
            [verdict] = copied.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{target}: {' '.join(str(error).split())}") from error
    if verdict != "ok":
        damage = f"It is damaged ({' '.join(verdict.split())}); no copy was made."
        raise _refused(path, damage, "Restore an earlier copy.")


def _name(beside: Path, target: Path, *, force: bool) -> None:
    if force:
        beside.replace(target)
        return
    try:
        os.link(beside, target)  # unlike a rename, it never takes another file's place
    except FileExistsError:
        raise _is_there(target) from None
    except OSError:  # a file system without links: a stick, say
        if target.exists():
            raise
        beside.rename(target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(target: Path, message: str, hint: str) -> StoreError:
    return StoreError(Problem(str(target), 0, 0, "G121", message, hint))


def _is_there(target: Path) -> StoreError:
    return _refused(target, "It is there already.", "Give another name, or --force.")


def _unwritten(target: Path, error: OSError) -> StoreError:
    if not target.parent.is_dir():
        missing = f"The folder {target.parent} does not exist."
        return _refused(target, missing, "Make it first, or name another.")
    hint = "Name a place that has room, and where you may write."
    return _refused(target, f"It cannot be written ({error.strerror}).", hint)


def _names(first: Path) -> Iterator[Path]:
    yield first
    number = 2
    while True:
        yield first.with_name(f"{first.name}-{number}")
        number += 1


def _for_postgresql(database: Database) -> str:
    url = database.engine.url
    query = {name: value for name, value in url.query.items() if name in {"host", "port"}}
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return (
        "a PostgreSQL is backed up with its own tool: "
        f"pg_dump --format=custom --file=groundswell.dump '{plain.render_as_string()}'"
    )

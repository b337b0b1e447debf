"""Copies of the database: made while the loop runs, complete, and checked before they count.

A copy is one file (no write-ahead log beside it), readable by its owner alone. It appears under its
name only when it is complete and on disk.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from sqlalchemy import URL

from bot.database.audit import record
from bot.errors import Problem, StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from bot.database.opening import Database


def backup(database: Database, target: Path, who: str, now: datetime, *, force: bool) -> int:
    """Copy the database to ``target``, and return the copy's size in bytes.

    Raises StoreError: it is a PostgreSQL database, the file exists, or it cannot be written.
    """
    if database.path is None:
        raise StoreError(_pg_dump_advice(database))
    if target.resolve() == database.path.resolve():
        raise _refused(target, "It is the database itself.", "Choose another name for the copy.")
    if target.is_dir():
        raise _refused(target, "It is a folder.", "Name a file in it.")
    if target.exists() and not force:
        raise _already_exists(target)
    size = copy_database(database.path, target, force=force)
    record(database, who, "backup", str(target), {"bytes": size}, now)
    return size


def backup_before_migration(path: Path, revision: str) -> Path:
    """Copy a database that is about to be migrated to ``revision``; return the copy's path.

    An earlier copy is never overwritten. Raises StoreError.
    """
    target = path.with_name(f"{path.name}.before-{revision}")
    numbers = count(2)
    while target.exists():
        target = path.with_name(f"{path.name}.before-{revision}-{next(numbers)}")
    copy_database(path, target, force=False)
    return target


def copy_database(path: Path, target: Path, *, force: bool) -> int:
    """Copy the database file as it is at one moment, and return the size. Raises StoreError."""
    try:
        # Readable by its owner only, and with a name of its own: two backups at once do not meet.
        descriptor, name = mkstemp(".part", f"{target.name}.", target.parent)
    except OSError as error:
        raise _cannot_write(target, error) from error
    os.close(descriptor)
    part = Path(name)
    try:
        _copy_into(path, part)
        _fsync(part)
        _move_into_place(part, target, force=force)
        _fsync(target.parent)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        with suppress(OSError):
            part.unlink()
    return target.stat().st_size


def _copy_into(path: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            [verdict] = copy.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{target}: {' '.join(str(error).split())}") from error
    if verdict != "ok":
        damage = f"It is damaged ({' '.join(verdict.split())}); no copy was made."
        raise _refused(path, damage, "Restore an earlier copy.")


def _move_into_place(part: Path, target: Path, *, force: bool) -> None:
    if force:
        part.replace(target)
        return
    try:
        os.link(part, target)  # unlike a rename, it never replaces another file
    except FileExistsError:
        raise _already_exists(target) from None
    except OSError:  # a file system without links, such as that of a USB stick
        if target.exists():
            raise
        part.rename(target)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(target: Path, message: str, hint: str) -> StoreError:
    return StoreError(Problem(str(target), 0, 0, "G121", message, hint))


def _already_exists(target: Path) -> StoreError:
    return _refused(target, "It exists already.", "Choose another name, or use --force.")


def _cannot_write(target: Path, error: OSError) -> StoreError:
    if not target.parent.is_dir():
        missing = f"The folder {target.parent} does not exist."
        return _refused(target, missing, "Create it first, or choose another.")
    hint = "Choose a place with enough room that you may write to."
    return _refused(target, f"It cannot be written ({error.strerror}).", hint)


def _pg_dump_advice(database: Database) -> str:
    url = database.engine.url
    query = {name: value for name, value in url.query.items() if name in {"host", "port"}}
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return (
        "a PostgreSQL database is backed up with its own tool: "
        f"pg_dump --format=custom --file=groundswell.dump '{plain.render_as_string()}'"
    )

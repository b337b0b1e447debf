"""Complete copies of the database file, made while the loop runs.

A copy is one file, without a write-ahead log beside it, and readable by its owner alone. It appears
under its name only when it is complete, checked and on disk.
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

from bot import files
from bot.database.audit import record
from bot.errors import Problem, StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from bot.database.connections import Database

_EXISTS = ("It exists already.", "Choose another name, or use --force.")


def backup(database: Database, target: Path, who: str, now: datetime, *, force: bool) -> int:
    """Copy the database to ``target``, and return the copy's size in bytes.

    Raise StoreError if the database is on PostgreSQL, the file exists, or it cannot be written.
    """
    if database.path is None:
        url = database.engine.url
        query = {name: value for name, value in url.query.items() if name in {"host", "port"}}
        plain = URL.create(
            "postgresql", url.username, None, url.host, url.port, url.database, query
        )
        raise StoreError(
            "a PostgreSQL database is backed up with its own tool: "
            f"pg_dump --format=custom --file=groundswell.dump '{plain.render_as_string()}'"
        )
    if target.resolve() == database.path.resolve():
        raise _refused(target, "It is the database itself.", "Choose another name for the copy.")
    if target.is_dir():
        raise _refused(target, "It is a folder.", "Name a file in it.")
    size = copy_database(database.path, target, force=force)
    record(database, who, "backup", str(target), {"bytes": size}, now)
    return size


def migration_copy(path: Path, revision: str) -> Path:
    """Return the path of the first copy that is made before a migration to ``revision``."""
    return path.with_name(f"{path.name}.before-{revision}")


def backup_before_migration(path: Path, revision: str) -> Path:
    """Copy a database that is about to be migrated to ``revision``; return the copy's path.

    An earlier copy is never overwritten. Raise StoreError.
    """
    target = migration_copy(path, revision)
    numbers = count(2)
    while target.exists():
        target = path.with_name(f"{path.name}.before-{revision}-{next(numbers)}")
    copy_database(path, target, force=False)
    return target


def copy_database(path: Path, target: Path, *, force: bool) -> int:
    """Copy the database file as it is at one moment, and return the size. Raise StoreError."""
    part = None
    if target.exists() and not force:
        raise _refused(target, *_EXISTS)
    try:
        # Readable by its owner only, under a name that a second backup at once does not have.
        descriptor, name = mkstemp(".part", f"{target.name}.", target.parent)
        os.close(descriptor)
        part = Path(name)
        _copy_into(path, part)
        files.sync(part)
        if force:
            part.replace(target)
        else:
            _move_into_place(part, target)
        files.sync(target.parent)
    except FileExistsError:
        raise _refused(target, *_EXISTS) from None
    except OSError as error:
        if not target.parent.is_dir():
            missing = f"The folder {target.parent} does not exist."
            raise _refused(target, missing, "Create it first, or choose another.") from error
        hint = "Choose a place with enough room that you may write to."
        message = f"It cannot be written ({error.strerror})."
        raise _refused(target, message, hint) from error
    finally:
        with suppress(OSError):
            if part:
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


def _move_into_place(part: Path, target: Path) -> None:
    try:
        os.link(part, target)  # unlike a rename, it never replaces another file
    except OSError:  # a file system without links, such as that of a USB stick
        if target.exists():
            raise
        part.rename(target)


def _refused(target: Path, message: str, hint: str) -> StoreError:
    return StoreError(Problem(str(target), 0, 0, "G121", message, hint))

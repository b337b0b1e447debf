"""Bluesky's own index of posts (AppView) on this machine, which counts likes and replies."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers import bluesky
from helpers.extras import WANTED, skip_without

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALL = f"apt-get install -y postgresql && {bluesky.INSTALL}"
_PROGRAMS = Path("/usr/lib/postgresql")


@contextmanager
def bluesky_index(front: bluesky.Front) -> Iterator[str]:
    """Yield the address of an index that reads all changes on a server."""
    installed = any(_PROGRAMS.glob("*/bin/initdb")) and bluesky.has_package("@atproto/bsky")
    if not (WANTED and installed):
        skip_without("Bluesky's index", INSTALL)
    ports = str(front.directory), str(front.port)
    with (
        _database() as url,
        bluesky.node_server("bluesky_appview.js", *ports, url) as started,
    ):
        yield f"http://127.0.0.1:{started['appview']}"


@contextmanager
def _database() -> Iterator[str]:
    """Yield the address of a database of Debian's PostgreSQL.

    The index needs the extension pg_trgm, which the other tests' PostgreSQL, from PyPI, lacks.
    """
    programs = max(_PROGRAMS.glob("*/bin"), key=lambda folder: float(folder.parent.name))
    # Not in pytest's folder, which PostgreSQL's user cannot enter; it refuses to run as root.
    folder, who = Path(tempfile.mkdtemp(prefix="groundswell-index-")), _other_user()
    if who:
        shutil.chown(folder, who["user"])

    def run(program: str, *args: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *args]
        with (folder / "log").open("ab") as log:  # not a pipe, which the server would keep open
            subprocess.run(command, check=True, stdout=log, stderr=log, timeout=60, **who)

    try:
        run("initdb", "-A", "trust", "-U", "postgres", "-N")
        run("pg_ctl", "-w", "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "start")
        try:
            yield f"postgresql://postgres@localhost/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _other_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}

"""The imports of the fork server of ``helpers.cli``, and the work of its processes."""

from __future__ import annotations

import atexit
import os
import pkgutil
import random
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import bot
from bot.__main__ import main

IMPORTED_IN_USE = (
    *("alembic.command", "alembic.context", "apscheduler.schedulers.background", "filelock"),
    *("jinja2.sandbox", "psycopg"),
)


def prepare() -> None:
    """Import the whole package, and most of its late imports, once, before the fork."""
    for found in pkgutil.walk_packages(bot.__path__, "bot."):
        if not found.name.startswith("bot.database.migrations."):  # scripts, run by Alembic
            import_module(found.name)
    for name in IMPORTED_IN_USE:
        with suppress(ImportError):  # psycopg needs a library of the system on some machines
            import_module(name)


def run_job(job: dict[str, Any], streams: list[int]) -> None:
    """Run the command of a job with these standard streams."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # Made anew, because the old ones would take a pipe for the file that the server writes to.
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - for good
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115 - for good
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    time.tzset()
    random.seed()
    sys.argv[1:] = job["args"]
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    if isinstance(code, int):
        _end(code)
    raise SystemExit(code)


def _end(code: int) -> NoReturn:
    """End as Python does, but without unloading the modules, which takes 70 ms."""
    threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter calls it
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)

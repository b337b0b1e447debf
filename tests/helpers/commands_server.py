"""The imports of the fork server of ``helpers.cli``, and the work of its processes."""

from __future__ import annotations

import atexit
import os
import pkgutil
import random
import sys
import threading
import time
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from functools import cache
from importlib import import_module
from io import StringIO
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest

import bot
from bot.__main__ import main
from bot.cli.main import run
from helpers.databases import compile_once
from helpers.parsers import make_once

IMPORTED_IN_USE = (
    *("alembic.command", "alembic.context", "apscheduler.schedulers.background", "filelock"),
    *("jinja2.sandbox", "psycopg"),
)

FIRST_COMMANDS = (
    *("init", "queue add One. --at 9:00", "check", "plan", "queue", "status", "inbox"),
    *("pause", "resume", "accounts", "log", "report", "report --format html"),
)


@cache
def prepare() -> None:
    """Import the package and run common commands once, so that the forked ones are quick."""
    for found in pkgutil.walk_packages(bot.__path__, "bot."):
        if not found.name.startswith("bot.database.migrations."):  # scripts, run by Alembic
            import_module(found.name)
    for name in IMPORTED_IN_USE:
        with suppress(ImportError):  # psycopg needs a library of the system on some machines
            import_module(name)
    for_good = pytest.MonkeyPatch()
    compile_once(for_good)
    make_once(for_good)
    with (
        TemporaryDirectory() as folder,
        chdir(folder),
        redirect_stdout(StringIO()),
        redirect_stderr(StringIO()),
    ):
        for line in FIRST_COMMANDS:
            run(line.split())


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

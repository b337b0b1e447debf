"""What the fork server of ``helpers.cli`` has imported, and what its processes do."""

from __future__ import annotations

import os
import pkgutil
import random
import sys
import time
from contextlib import suppress
from importlib import import_module
from typing import Any

import bot
from bot.__main__ import main

IMPORTED_IN_USE = (
    *("alembic.command", "alembic.context", "apscheduler.schedulers.background", "filelock"),
    *("jinja2.sandbox", "psycopg"),
)

# All of the package, and most of what that imports only when it needs it: once, before the fork.
for found in pkgutil.walk_packages(bot.__path__, "bot."):
    if not found.name.startswith("bot.database.migrations."):  # scripts, run by Alembic
        import_module(found.name)
for name in IMPORTED_IN_USE:
    with suppress(ImportError):  # psycopg needs a library of the system on some machines
        import_module(name)


def run_job(job: dict[str, Any], streams: list[int]) -> None:
    """Be the command of a job, with these standard streams."""
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
    main()

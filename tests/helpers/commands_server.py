"""What the fork server of ``helpers.cli`` has imported, and what its processes do."""

from __future__ import annotations

import os
import random
import sys
import time
from typing import Any

# What commands import only when they need it, once and before the fork.
import bot.authoring.importing
import bot.platforms.x.client
import bot.runtime.loop
import bot.runtime.sync
import bot.sandbox  # noqa: F401 - see above
from bot.__main__ import main
from bot.cli.main import COMMANDS, load_command

for name in COMMANDS:
    load_command(name)


def run_job(job: dict[str, Any], streams: list[int]) -> None:
    """Be the command of a job, with these standard streams."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    time.tzset()
    random.seed()
    sys.argv[1:] = job["args"]
    main()

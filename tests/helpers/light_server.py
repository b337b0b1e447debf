"""A fork server whose processes have imported only what others wrote and every command needs.

What such a process has imported in the end is what a fresh one would have, and perhaps more.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from io import StringIO
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from helpers.fork_server import ForkServer, server_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_NEEDED = ("sqlalchemy.dialects.sqlite", "typer._adapters", "yaml")


def prepare() -> None:
    """Import what every command needs, and nothing of ours."""
    for name in _NEEDED:
        import_module(name)


def run_job(job: dict[str, Any], streams: list[int]) -> None:
    """Run the command of a job, and write the names of the modules that are imported then."""
    os.dup2(streams[1], 2)
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    assert not any(name.partition(".")[0] == "bot" for name in sys.modules)
    from bot.cli.main import run

    with redirect_stdout(StringIO()) as out:
        run(job["args"])
    assert out.getvalue()
    os.write(streams[0], "\n".join(sys.modules).encode())
    os._exit(0)


@contextmanager
def light_server() -> Iterator[Callable[..., set[str]]]:
    """Yield a function that returns the modules that a command has imported when it ends."""
    with server_folder() as at:
        server = ForkServer(at, {"PATH": os.environ["PATH"], "HOME": "/"})

        def imported(*args: str, cwd: Path, env: dict[str, str]) -> set[str]:
            with TemporaryFile("w+") as modules, TemporaryFile("w+") as errors:
                job = {"args": args, "cwd": str(cwd), "env": env}
                fds = [modules.fileno(), errors.fileno()]
                code = server.start(__name__, job, fds).wait(120)
                modules.seek(0)
                errors.seek(0)
                assert code == 0, errors.read()
                return {*modules.read().splitlines()}

        yield imported

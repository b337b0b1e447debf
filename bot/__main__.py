"""The entry point of the command ``groundswell``, and of ``python -m bot``."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

from bot import __version__

UNCOLLECTED = 200_000
"""A command that shows something makes fewer objects than this, most of them by its imports."""


def main() -> None:
    """Run the command line and end the process with its exit code; see ``bot.cli.main``."""
    asks_version = sys.argv[1:] in (["--version"], ["-V"])
    if asks_version and sys.stdout:  # before anything that takes time to import
        with suppress(OSError):  # a full disk, which the command line reports
            os.write(sys.stdout.fileno(), f"groundswell {__version__}\n".encode())
            return
    collect_rarely()
    if os.getpid() == 1:
        _end_on_sigterm()
    from bot.cli.main import run
    from bot.cli.output import open_closed_streams

    open_closed_streams()
    code = run(sys.argv[1:])
    gc.freeze()  # the end of the process need not look through all objects either
    sys.exit(code)


def collect_rarely() -> None:
    """Let the garbage collector wait for ``UNCOLLECTED`` new objects, then work as usual.

    Imported objects stay until the end. To look through them again and again takes a tenth of the
    time of a short command.
    """
    usual = gc.get_threshold()

    def resume(*_: object) -> None:
        gc.set_threshold(*usual)
        gc.callbacks.remove(resume)

    gc.callbacks.append(resume)
    gc.set_threshold(UNCOLLECTED)


def _end_on_sigterm() -> None:
    """Let SIGTERM end this process with 143, until a command has a way of its own.

    The kernel ends the first process of a container by no signal that it does not handle.
    """
    import signal

    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


if __name__ == "__main__":
    main()

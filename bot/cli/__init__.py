"""The command line: ``frame`` holds it together, and every noun has a thin file of its own."""

from __future__ import annotations

import sys

from bot import __version__


def main() -> None:
    """Run the command line and end the process with its exit code.

    0 is success, 1 something to mend, 2 wrong usage, 3 already running, 70 a bug, 130 Ctrl-C.
    """
    if sys.argv[1:] in (["--version"], ["-V"]):  # before anything that takes time to import
        sys.stdout.write(f"groundswell {__version__}\n")
        return
    from bot.cli.frame import run

    sys.exit(run(sys.argv[1:]))

"""The entry point of the command ``groundswell``, and of ``python -m bot``."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from bot import __version__


def main() -> None:
    """Run the command line and end the process with its exit code; see ``bot.cli.main``."""
    asks_version = sys.argv[1:] in (["--version"], ["-V"])
    if asks_version and sys.stdout:  # before anything that takes time to import
        with suppress(OSError):  # a full disk, which the command line reports
            os.write(sys.stdout.fileno(), f"groundswell {__version__}\n".encode())
            return
    from bot.cli.main import run
    from bot.cli.output import open_closed_streams

    open_closed_streams()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

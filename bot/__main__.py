"""Where the command ``groundswell``, and ``python -m bot``, begins."""

from __future__ import annotations

import sys

from bot import __version__


def main() -> None:
    """Run the command line and end the process with its exit code; see ``bot.cli.main``."""
    if sys.argv[1:] in (["--version"], ["-V"]):  # before anything that takes time to import
        sys.stdout.write(f"groundswell {__version__}\n")
        return
    from bot.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

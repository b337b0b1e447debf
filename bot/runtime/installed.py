"""Whether the files of the program are still those of the version that runs.

A loop imports all of its modules before it runs (``bot.runtime.later_modules``), but reads some
tables and other files of the program only when it needs them. If another version was installed over
it meanwhile, it would mix both.
"""

from __future__ import annotations

import re
from pathlib import Path

import bot
from bot.errors import UpgradedError

_VERSION = re.compile(r'^__version__ = "([^"\n]+)"', re.MULTILINE)


class InstalledProgram:
    """The file that names the version, compared with the version that was started."""

    def __init__(self) -> None:
        self._path = Path(bot.__file__)
        self._seen = self._identity()

    def check(self) -> None:
        """Raise UpgradedError if another version was installed in the place of this one."""
        found = self._identity()
        if found == self._seen:
            return
        try:
            version = _VERSION.search(self._path.read_text(encoding="utf-8"))
        except OSError:  # an installer replaces it
            return
        if version and version[1] != bot.__version__:
            raise UpgradedError(
                f"Groundswell {version[1]} was installed while {bot.__version__} is running, so "
                "nothing more is sent. Start it again: groundswell run"
            )
        self._seen = found

    def _identity(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

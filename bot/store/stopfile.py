"""A file that stops everything: for when the database cannot be written, or cannot be trusted.

It is called ``PAUSE`` and lies beside ``config.yaml``. That it is there stops; its first line is
the reason. It works for the machine that it lies on.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.model import Pause

if TYPE_CHECKING:
    from pathlib import Path

NAME = "PAUSE"
_LONGEST = 200


class StopFile:
    """The file at this path, whether or not it is there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def beside(cls, config: Path) -> StopFile:
        """Give the one that goes with a config file."""
        return cls(config.absolute().with_name(NAME))

    def pause(self) -> Pause | None:
        """Give the pause that it means; None only where there is no such file for certain."""
        try:
            since = datetime.fromtimestamp(os.lstat(self.path).st_mtime, UTC)
        except FileNotFoundError:
            return None
        except OSError as error:  # what cannot be looked at may well be there
            return self._pause(str(error), datetime.fromtimestamp(0, UTC))
        return self._pause(self._reason(), since)

    def _pause(self, why: str, since: datetime) -> Pause:
        return Pause(0, "all", "", why, f"the file {self.path.name}", since)

    def _reason(self) -> str:
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                first = file.readline(_LONGEST)
        except OSError:
            first = ""
        return " ".join(first.split()) or "no reason given"

    def write(self, why: str) -> None:
        """Make it, on disk when this returns. Raises OSError."""
        with self.path.open("w", encoding="utf-8") as file:
            file.write(" ".join(why.split()) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> bool:
        """Take it away; False where there was none. Raises OSError."""
        there = os.path.lexists(self.path)
        self.path.unlink(missing_ok=True)
        return there

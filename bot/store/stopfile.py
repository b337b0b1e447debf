"""A file that stops everything: for when the database cannot be written, or cannot be trusted.

It is called ``PAUSE`` and lies beside ``config.yaml``. That it is there stops; its first line is
the reason. It works for the machine that it lies on.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot import files
from bot.errors import StoreError
from bot.model import Cause, Pause

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
        who = f"the file {self.path.name}"
        return Pause(0, "all", "", why, who, since, Cause.PERSON)

    def _reason(self) -> str:
        try:
            with files.opened(self.path.parent, self.path.name) as (file, _):
                first = file.readline(4 * _LONGEST).decode(errors="replace")[:_LONGEST]
        except files.WrongFileError as error:
            return f"{self.path.name} is {error.what}, which gives no reason"
        except OSError:
            first = ""
        return " ".join(first.split()) or "no reason given"

    def write(self, why: str) -> None:
        """Make it, on disk when this returns. Raises OSError.

        Whatever else is called so stops everything as it is, and is left alone.
        """
        with suppress(files.WrongFileError):
            files.write(self.path, " ".join(why.split()) + "\n")

    def remove(self) -> bool:
        """Take it away; False where there was none. Raises StoreError where it stays."""
        there = os.path.lexists(self.path)
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            what = "a folder" if self.path.is_dir() else "there"
            raise StoreError(
                f"{self.path} is {what} and cannot be taken away ({error.strerror}). Until it is "
                "gone, it stops everything: remove it by hand",
            ) from error
        return there

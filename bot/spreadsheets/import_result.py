"""What an import of a spreadsheet did, or would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bot.checking import CheckResult
    from bot.errors import Problem
    from bot.model import Post
    from bot.spreadsheets.comparing import Correction, KnownRow
    from bot.spreadsheets.exports.comparing import ExportedRow
    from bot.spreadsheets.records import ImportRecord
    from bot.spreadsheets.row import Row


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or would do.

    ``gone`` are posts whose row no longer exists; they are removed if ``removed``. ``finished`` are
    rows that were skipped as over. ``checked`` is the folder as it is afterwards.
    """

    file: Path
    added: tuple[Post, ...]
    known: tuple[KnownRow, ...]
    changed: tuple[Correction, ...]
    gone: tuple[ImportRecord, ...]
    removed: bool
    finished: tuple[Row, ...]
    warnings: tuple[Problem, ...]
    written: bool
    checked: CheckResult
    edited: tuple[ExportedRow, ...] = ()
    """Rows of an export that were changed, and their posts with them."""
    missing: tuple[str, ...] = ()
    """Posts that are planned on the days of an export, and are not in the sheet: they stay."""

    @property
    def posts(self) -> list[Post]:
        """The posts that were added or changed, as they are afterwards."""
        names = {(change.record.campaign, change.record.id) for change in self.changed}
        names |= {(post.campaign, post.id) for post in self.added}
        names |= {(row.post.campaign, row.post.id) for row in self.edited}
        return [post for post in self.checked.posts if (post.campaign, post.id) in names]

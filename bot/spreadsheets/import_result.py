"""The result of importing a spreadsheet."""

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
    """The changes that an import made, or would make."""

    file: Path
    """The file of the new posts."""
    added: tuple[Post, ...]
    known: tuple[KnownRow, ...]
    """Rows that changed nothing."""
    changed: tuple[Correction, ...]
    gone: tuple[ImportRecord, ...]
    """Posts whose row no longer exists."""
    removed: bool
    """Whether these were removed."""
    finished: tuple[Row, ...]
    """Rows that were skipped, because their posts are published or will not be sent."""
    warnings: tuple[Problem, ...]
    written: bool
    """Whether any file was changed."""
    checked: CheckResult
    """The folder after the import."""
    edited: tuple[ExportedRow, ...] = ()
    """Rows of an export that were changed, and their posts with them."""
    missing: tuple[str, ...] = ()
    """Posts that are planned on the days of an export, but not in the sheet. They stay."""

    @property
    def posts(self) -> list[Post]:
        """The posts that were added or changed, as they are after the import."""
        names = {(change.record.campaign, change.record.id) for change in self.changed}
        names |= {(post.campaign, post.id) for post in self.added}
        names |= {(row.post.campaign, row.post.id) for row in self.edited}
        return [post for post in self.checked.posts if (post.campaign, post.id) in names]

"""What an import of a spreadsheet did, or would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.authoring.records import describe_post

if TYPE_CHECKING:
    from pathlib import Path

    from bot.authoring.checking import CheckResult
    from bot.authoring.comparing import Correction, KnownRow
    from bot.authoring.exports.comparing import ExportedRow
    from bot.authoring.records import ImportRecord
    from bot.authoring.sheet import Row
    from bot.errors import Problem
    from bot.model import Post


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

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        rowless = [_record_location(record) for record in self.gone]
        return {
            "file": str(self.file),
            "written": self.written,
            "added": [
                {**describe_post(post), "text": post.wordings[0].content.text}
                for post in self.added
            ],
            "changed": [
                {
                    **_record_location(change.record),
                    "row": change.entry.row.number,
                    "what": list(change.what),
                }
                for change in self.changed
            ]
            + [
                {
                    "id": row.post.id,
                    "file": str(row.path),
                    "line": row.place[0],
                    "row": row.row.number,
                    "what": list(row.what),
                }
                for row in self.edited
            ],
            "removed": rowless if self.removed else [],
            "without_a_row": [] if self.removed else rowless,
            "not_in_the_sheet": list(self.missing),
            "already_there": [
                {"row": row, "id": name, "edited": edited} for row, name, edited in self.known
            ],
            "left_out": [row.number for row in self.finished],
            "warnings": [str(problem) for problem in self.warnings],
        }


def _record_location(record: ImportRecord) -> dict[str, Any]:
    return {"id": record.id, "file": str(record.path), "line": record.place[0]}

"""Find the posts of rows that come back from an export, and the cells that were changed. Pure.

A row is matched by its cell ``key``. Its cell ``exported`` has the hashes of the row as it was
exported. A cell that differs from its hash was changed in the sheet, and a post that differs from
it was changed in its file. A change on one side is taken. About changes on both sides, a person
decides.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.planning.content_diff import Difference, word_diff
from bot.planning.occurrences import plan_occurrences
from bot.schedules import Every
from bot.spreadsheets.comparing import is_too_late, join_changes, row_problem
from bot.spreadsheets.exports.planned import ANY_TIME, PostsByKey
from bot.spreadsheets.exports.rows import (
    EDITABLE,
    differs,
    marked_hashes,
    means_same,
    row_cells,
    same_cell,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.checking import CheckResult
    from bot.config import Config
    from bot.model import Occurrence, Post
    from bot.spreadsheets.comparing import FindDeliveries, KnownRow
    from bot.spreadsheets.row import Row

_NOT_EXPORTED = ("link", "wording", "date", "time", "offset")
"""Columns that an export does not have, because its other columns have their content."""

_FIXED = {
    "id": "Put it back. For a new post, empty key and exported, too.",
    "campaign": "Put it back, because a post stays in its campaign.",
    "hashtags": "Put it back, and change the hashtags within the text.",
}
"""Columns that import does not carry into a file, and what to do."""

_TEXT_COLUMNS = {"text", "alt"}


@dataclass(frozen=True, slots=True)
class ExportedRow:
    """A row of an export whose post is in the files."""

    row: Row
    post: Post
    occurrences: tuple[Occurrence, ...]
    """The occurrences that it was exported from, one for each account, as the files have them."""
    posts: tuple[Post, ...]
    """The post of each occurrence; several posts if platforms happen to have the same text."""
    cells: Mapping[str, str]
    """Its cells, as they would be exported now."""
    changed: Mapping[str, str]
    """The new cells of the columns that were changed in the sheet, and not in the file yet."""

    @property
    def variants(self) -> list[tuple[Post, Occurrence]]:
        """Each text in the file that the row shows, as the post and one of its occurrences."""
        pairs = zip(self.posts, self.occurrences, strict=True)
        found = {(id(post), now.wording): (post, now) for post, now in pairs}
        return list(found.values())

    @property
    def location(self) -> str:
        """The post's id, with its file and line."""
        return f"{self.post.id} ({self.post.mark.file}:{self.post.mark.line})"

    @property
    def path(self) -> Path:
        """The file that its post is in."""
        return Path(self.post.mark.file)

    @property
    def place(self) -> tuple[int, int]:
        """The place at which its post starts in that file."""
        return self.post.mark.line, self.post.mark.column

    @property
    def what(self) -> tuple[str, ...]:
        """The changes of the row, in words."""
        changes = [
            str(Difference(column, word_diff(self.cells[column], new)))
            if column in _TEXT_COLUMNS
            else f"{column}: {self.cells[column] or 'none'} -> {new or 'none'}"
            for column, new in self.changed.items()
        ]
        if changes and isinstance(self.post.when, Every):
            changes.append("at each of its times")
        return tuple(changes)


@dataclass
class ExportComparison:
    """The rows of a sheet that were exported, compared with the posts of the files."""

    file: str
    """The sheet's name, as it was typed."""
    config: Config
    checked: CheckResult
    queued: FindDeliveries
    rows: list[ExportedRow] = field(default_factory=list)
    """The rows whose posts are in the files."""
    others: list[Row] = field(default_factory=list)
    """Rows of other posts, which are read as a person's own."""
    known: list[KnownRow] = field(default_factory=list)
    """The rows that change nothing."""
    finished: list[Row] = field(default_factory=list)
    """Rows that are skipped, because their posts are published or will not be sent."""
    names: set[tuple[str, str]] = field(default_factory=set)
    """The campaign and the id of every post that the sheet was exported from."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Index the posts of the files."""
        self.planned = PostsByKey(self.checked, self.config)

    @property
    def edits(self) -> list[ExportedRow]:
        """The rows whose changes are to be carried into the files."""
        return [row for row in self.rows if row.changed]

    def compare(self, rows: Iterable[Row], *, update: bool, remove: bool) -> None:
        """Classify each row; each change is a problem without ``update``.

        ``remove``, which removes posts without a row, is refused for an export. It may never have
        had rows for them.
        """
        rows = [*rows]
        split = (key.split("/") for row in rows for key in _keys(row) if key.count("/") > 1)
        self.names = {(campaign, post) for campaign, post, *_ in split}
        deliveries = self.queued(self.names) if self.names else ()
        self._deliveries = {delivery.key: delivery for delivery in deliveries}
        first: dict[str, Row] = {}
        for row in rows:
            if not _keys(row) or "exported" not in row.columns:
                self.others.append(row)
            elif (same := next((first[key] for key in _keys(row) if key in first), None)) is None:
                first.update(dict.fromkeys(_keys(row), row))
                self._compare_row(row)
            else:
                self._compare_copy(row, same)
        if remove and self.names:
            message = "With --remove, posts without a row would be removed, but an export may "
            message += "never have had their rows."
            hint = "Import it without --remove; groundswell queue drop takes a post out."
            self.problems.append(Problem(self.file, 0, 0, "B727", message, hint))
        for edit in self.edits if not update else ():
            message = f"Row {edit.row.number} has changed since {edit.location} was exported: "
            message += f"{join_changes(edit.what)}."
            command = f"groundswell import {shlex.quote(self.file)} --update"
            hint = f"{command} --dry-run shows what would change; {command} changes it."
            self._refuse("B721", edit.row, message, hint)

    def missing(self, now: datetime) -> list[str]:
        """Return the posts of the same campaigns and days that are not in the sheet."""
        due = [found.due for row in self.rows for found in row.occurrences if found.due > ANY_TIME]
        if not due or self.checked.errors:
            return []
        campaigns = {row.post.campaign for row in self.rows}
        rows = (*self.finished, *(row.row for row in self.rows))
        in_sheet = {key for row in rows for key in _keys(row)}
        start, end = max(now, min(due)), max(due) + timedelta.resolution
        planned = plan_occurrences(
            [found for found in self.checked.campaigns if found.id in campaigns],
            self.config.accounts,
            start,
            end,
        )
        left = (f"{found.campaign}/{found.post}" for found in planned if found.key not in in_sheet)
        return [*dict.fromkeys(left)]

    # --- One row ---

    def _compare_copy(self, row: Row, same: Row) -> None:
        if all(_cell(row, name) == _cell(same, name) for name in EDITABLE):
            self.known.append((row.number, _keys(row)[0].split("/")[1], False))
            return
        message = f"Row {row.number} is a copy of row {same.number}, and says something else."
        hint = "For a new post, empty its cells id, key and exported; else remove one of them."
        self._refuse("B727", row, message, hint)

    def _compare_row(self, row: Row) -> None:
        hashes = marked_hashes(row.cells.get("exported", ""))
        if hashes is None:
            message = f"{row.title('exported')} is not the mark that groundswell export wrote."
            hint = "Export again, and change that sheet; for a new post, empty id, key and "
            self._refuse("B727", row, message, f"{hint}exported.")
            return
        changed = {
            name: row.cells.get(name, "")
            for name in EDITABLE
            if name in row.columns and name not in row.invalid
            if differs(name, row.cells.get(name, ""), hashes)
        }
        known = [self._deliveries[key] for key in _keys(row) if key in self._deliveries]
        if not row.is_open or any(map(is_too_late, known)):
            self._note_finished(row, changed)
            return
        found = [self.planned.find(key) for key in _keys(row)]
        pairs = [pair for pair in found if pair]
        if len(pairs) == len(found):
            self._compare_cells(row, pairs, changed, hashes)
        elif pairs or known:
            message = f"Row {row.number} was exported from {_keys(row)[0]}, which the files do not "
            message += "have any more, or not at this time or on all of these accounts."
            hint = "Export again, or remove the row; for a new post, empty its id, key and "
            self._refuse("B727", row, message, f"{hint}exported.")
        else:
            self.others.append(row)  # of another folder, and so new here

    def _current_cells(self, pairs: list[tuple[Post, Occurrence]]) -> Mapping[str, str]:
        """Return the cells of a row as they would be exported now; no text if there are several."""
        folder = self.config.campaigns.resolve()
        cells = row_cells([now for _, now in pairs], pairs[0][0], folder, "planned")
        texts = {row_cells([now], post, folder, "planned")["text"] for post, now in pairs}
        return cells if texts == {cells["text"]} else {**cells, "text": ""}

    def _compare_cells(
        self,
        row: Row,
        pairs: list[tuple[Post, Occurrence]],
        changed: Mapping[str, str],
        hashes: Mapping[str, str],
    ) -> None:
        """Compare the cells that were changed in the sheet with those changed in the files."""
        cells = self._current_cells(pairs)
        in_file = {name for name in EDITABLE if differs(name, cells[name], hashes)}
        mine = {
            name: new
            for name, new in changed.items()
            if not means_same(name, new, cells[name], pairs[0][1].timezone)
        }
        everywhere = ", ".join(pairs[0][0].accounts)
        if "accounts" in mine and means_same("accounts", mine["accounts"], everywhere, "UTC"):
            del mine["accounts"]
        posts, occurrences = zip(*pairs, strict=True)
        exported = ExportedRow(row, posts[0], occurrences, posts, cells, mine)
        self._refuse_fixed(row, hashes)
        if "text" in mine and not mine["text"]:
            message = f"There is no text in {row.name('text')}."
            hint = "Write a text, or remove the row; then its post stays as it is."
            self._refuse("B707", row, message, hint)
        elif both := sorted(in_file & set(mine)):
            message = f"Row {row.number} and {exported.location} have both changed since the "
            message += f"export, in {', '.join(both)}; from file to row: "
            message += f"{join_changes(exported.what)}."
            hint = "Export again, and change that sheet."
            self._refuse("B722", row, message, hint)
        else:
            self.rows.append(exported)
            if not mine:
                self.known.append((row.number, exported.post.id, bool(in_file - set(changed))))

    def _refuse_fixed(self, row: Row, hashes: Mapping[str, str]) -> None:
        for name, hint in _FIXED.items():
            cell = row.cells.get(name, "")
            if name in row.columns and differs(name, cell, hashes) and not _is_number(cell):
                message = f"{row.title(name)} of an exported row cannot be changed."
                self._refuse("B726", row, message, hint, name)
        for name in _NOT_EXPORTED:
            if name in row.cells:
                message = f"{row.title(name)} is not a column of an export."
                self._refuse("B726", row, message, "Empty it, and change when or the text.", name)

    def _note_finished(self, row: Row, changed: Mapping[str, str]) -> None:
        """Skip a row whose post nothing can change any more, and warn if the row was changed."""
        self.finished.append(row)
        if changed:
            state = "published or being sent" if row.is_open else row.cells["state"]
            message = f"Row {row.number} has changed, but {_keys(row)[0]} is {state}, and stays as "
            message += "it is."
            hint = f"Not changed: {', '.join(changed)}."
            self.warnings.append(row_problem(self.file, row, "B725", message, hint, "key"))

    def _refuse(self, code: str, row: Row, message: str, hint: str, column: str = "") -> None:
        self.problems.append(row_problem(self.file, row, code, message, hint, column))


def _keys(row: Row) -> list[str]:
    return row.cells.get("key", "").split()


def _cell(row: Row, column: str) -> str:
    return same_cell(column, row.cells.get(column, ""))


def _is_number(cell: str) -> bool:
    """Return whether a spreadsheet may have made this of an id, such as 7 of 007."""
    return cell.replace(".", "", 1).replace("E+", "", 1).isdigit()

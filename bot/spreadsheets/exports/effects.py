"""Refuse changed cells of an export that would change anything else. Pure.

The rows that the new files would export are compared with the sheet, cell by cell.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.schedules import Every
from bot.spreadsheets.entries import split_list
from bot.spreadsheets.exports.edits import refuse_cell
from bot.spreadsheets.exports.rows import EDITABLE, row_cells, same_cell
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.errors import Problem
    from bot.spreadsheets.exports.comparing import ExportComparison, ExportedRow
    from bot.spreadsheets.exports.planned import PostsByKey


def find_side_effects(
    exported: ExportComparison, after: PostsByKey, folder: Path
) -> Iterator[Problem]:
    """Yield every cell that the new files would not export as the sheet has it."""
    rows, before, file = exported.rows, exported.planned, exported.file
    edited = {(row.path, row.place) for row in rows if row.changed}
    concerned = [row for row in rows if (row.path, row.place) in edited]
    shared: dict[object, dict[str, str]] = defaultdict(dict)
    for row in concerned:
        if isinstance(row.post.when, Every):  # each of its times says the same
            shared[_unit(row)] |= row.changed
    for row in concerned:
        accounts = _accounts(row)
        pairs = [after.find_moved(row.occurrences[0], account) for account in accounts]
        found = [pair for pair in pairs if pair]
        if len(found) < len(pairs):
            yield refuse_cell(file, row, "when", "its post is not found there any more")
            continue
        wanted = {**shared[_unit(row)], **row.changed}
        accounts_now = ", ".join(now.account for _, now in found)
        for post, now in found:
            new = row_cells([now], post, folder, "planned") | {"accounts": accounts_now}
            yield from _compare(row, wanted, new, file)
    yield from _unseen(concerned, before, after, file)


def _accounts(row: ExportedRow) -> list[str]:
    names = split_list(row.changed.get("accounts"), ",;\n")
    return names or [occurrence.account for occurrence in row.occurrences]


def _unit(row: ExportedRow) -> object:
    """Return a key of the rows that share one text."""
    return row.path, row.place, row.post.event, row.post.accounts, row.occurrences[0].wording


def _compare(
    row: ExportedRow, wanted: Mapping[str, str], new: Mapping[str, str], file: str
) -> Iterator[Problem]:
    for name in EDITABLE:
        old, now = (same_cell(name, cells[name]) for cells in (row.cells, new))
        if name not in wanted:
            if now != old:
                why = f"other rows of its post would make it {quote_value(now)}"
                yield refuse_cell(file, row, name, why, "Change all rows of the post alike, or")
        elif now == old:
            yield refuse_cell(file, row, name, "something else in the file decides it")
        elif name == "text" and "{{" not in wanted[name] and now != same_cell(name, wanted[name]):
            yield refuse_cell(file, row, name, f"it would become {quote_value(now)}")


def _unseen(
    rows: Sequence[ExportedRow], before: PostsByKey, after: PostsByKey, file: str
) -> Iterator[Problem]:
    """Yield the posts that the sheet does not show and whose words would change."""
    seen = {
        (row.post.campaign, row.post.id, row.post.event, account, row.occurrences[0].wording)
        for row in rows
        for account in _accounts(row)
    }
    for row in rows:
        names = (row.post.campaign, row.post.id)
        old, new = before.contents(*names), after.contents(*names)
        for key in sorted((old.keys() & new.keys()) - seen, key=str):
            if old[key] != new[key]:
                why = f"it would also change on {key[3]}, which has no row that can be edited here"
                yield refuse_cell(file, row, "text", why)
                return

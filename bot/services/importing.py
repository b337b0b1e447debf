"""Import a spreadsheet of posts, and describe the result."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.model.post_words import count_networks
from bot.schedules.local_time import format_local
from bot.services.prospects import find_prospects, place_of
from bot.services.views_import import (
    ChangedPost,
    ImportedPost,
    ImportView,
    KnownPost,
    RowlessPost,
)
from bot.spreadsheets.existing import timezone_of
from bot.spreadsheets.importing import import_file

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bot.config import Config
    from bot.model import Delivery, Post
    from bot.spreadsheets.comparing import Correction
    from bot.spreadsheets.exports.comparing import ExportedRow
    from bot.spreadsheets.import_result import ImportResult
    from bot.spreadsheets.importing import ImportRequest
    from bot.spreadsheets.records import ImportRecord


@dataclass(frozen=True, slots=True)
class SheetChange:
    """A change that a row, or a row that is gone, is about to make in the files."""

    post: str
    """The post's id."""
    row: int | None
    """The row of the sheet; None if the row is gone, and the post with it."""
    what: tuple[str, ...] = ()
    """What changes, in words."""


def import_sheet(
    config: Config, request: ImportRequest, announce: Callable[[list[SheetChange]], object]
) -> ImportView:
    """Import a spreadsheet. Raise UserError with every problem, in which case nothing is changed.

    ``announce`` gets the changes before they are made.
    """
    result = import_file(
        config,
        request,
        Clock().now(),
        queued=partial(_find_deliveries, config),
        announce=lambda *changes: announce(_sheet_changes(*changes)),
    )
    return _import_view(config, result)


def _find_deliveries(config: Config, posts: Collection[tuple[str, str]]) -> list[Delivery]:
    """Return the deliveries of posts; none if there is no queue yet."""
    from bot.runtime.app import create_app

    if not posts:
        return []
    with create_app(config, os.environ, missing_ok=True) as app:
        return app.queue.of_posts(posts)


def _sheet_changes(
    changed: Sequence[Correction], edited: Sequence[ExportedRow], removed: Sequence[ImportRecord]
) -> list[SheetChange]:
    return [
        *(SheetChange(one.record.id, one.entry.row.number, one.what) for one in changed),
        *(SheetChange(row.post.id, row.row.number, row.what) for row in edited),
        *(SheetChange(record.id, None) for record in removed),
    ]


def _import_view(config: Config, result: ImportResult) -> ImportView:
    rowless = tuple(
        RowlessPost(record.id, str(record.path), record.place[0]) for record in result.gone
    )
    prospects = None
    if result.written and result.posts:
        prospects = find_prospects(config, result.checked, result.posts)
    return ImportView(
        file=str(result.file),
        written=result.written,
        added=_imported_posts(config, result),
        changed=_changed_posts(result),
        removed=rowless if result.removed else (),
        without_a_row=() if result.removed else rowless,
        not_in_the_sheet=tuple(result.missing),
        already_there=tuple(KnownPost(*known) for known in result.known),
        left_out=tuple(row.number for row in result.finished),
        warnings=tuple(result.warnings),
        next=prospects,
    )


def _imported_posts(config: Config, result: ImportResult) -> tuple[ImportedPost, ...]:
    """Return the added posts, each once even if its text differs between platforms."""
    by_name: dict[tuple[str, str], list[Post]] = {
        (post.campaign, post.id): [] for post in result.added
    }
    for post in result.posts:
        if (post.campaign, post.id) in by_name:
            by_name[post.campaign, post.id].append(post)
    views = []
    for first, *others in by_name.values():
        accounts = [name for post in (first, *others) for name in post.accounts]
        due, timezone = first.when.due, timezone_of(first)
        views.append(
            ImportedPost(
                id=first.id,
                campaign=first.campaign,
                accounts=tuple(accounts),
                on=count_networks([place_of(config, name) for name in accounts]),
                due=due,
                local=format_local(due, timezone) if due else "next slot",
                timezone=timezone,
                text=first.wordings[0].content.text,
            )
        )
    return tuple(views)


def _changed_posts(result: ImportResult) -> tuple[ChangedPost, ...]:
    corrected = (
        ChangedPost(
            of.record.id, str(of.record.path), of.record.place[0], of.entry.row.number, of.what
        )
        for of in result.changed
    )
    edited = (
        ChangedPost(row.post.id, str(row.path), row.place[0], row.row.number, row.what)
        for row in result.edited
    )
    return (*corrected, *edited)

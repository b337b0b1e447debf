"""Views of the import of a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import Problem
from bot.services.views_plan import NewPost, ProspectsView


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPost(NewPost):
    """A post that was added from a row."""

    timezone: str
    """The timezone of its time or its slots."""
    text: str
    """Its text."""


@dataclass(frozen=True, slots=True)
class RowlessPost:
    """A post whose row is gone from the sheet."""

    id: str
    """Its id in the campaign."""
    file: str
    """The file with the post."""
    line: int
    """Its line in the file."""


@dataclass(frozen=True, slots=True)
class ChangedPost(RowlessPost):
    """A post that was changed to agree with its row."""

    row: int
    """The row of the sheet."""
    what: tuple[str, ...]
    """What changes, in words."""


@dataclass(frozen=True, slots=True)
class KnownPost:
    """A row whose post is in the files already."""

    row: int
    """The row of the sheet."""
    id: str
    """The post's id in the campaign."""
    edited: bool
    """Whether somebody has changed the post in its file since it was imported."""


@dataclass(frozen=True, slots=True)
class ImportView:
    """The result of an import, or the expected result if nothing was ``written``."""

    file: str
    """The file for new posts."""
    written: bool
    """Whether anything was written."""
    added: tuple[ImportedPost, ...]
    """The posts that are new."""
    changed: tuple[ChangedPost, ...]
    """The posts that were changed."""
    removed: tuple[RowlessPost, ...]
    """The posts that were removed because their rows are gone."""
    without_a_row: tuple[RowlessPost, ...]
    """The posts that stay although their rows are gone."""
    not_in_the_sheet: tuple[str, ...]
    """Posts that are planned on the days of an export but not in the sheet; they stay."""
    already_there: tuple[KnownPost, ...]
    """The rows whose posts are in the files already."""
    left_out: tuple[int, ...]
    """The rows that were skipped because their state says that they are over."""
    warnings: tuple[Problem, ...]
    """Possible mistakes in the posts."""
    next: ProspectsView | None
    """When the added or changed posts will be sent; None if nothing was written."""

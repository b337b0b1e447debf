"""A project to import into, and short ways to import a text as a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot.campaigns.editing import change_files
from bot.checking import Checker
from bot.config import load
from bot.errors import UserError
from bot.planning import occurrences
from bot.spreadsheets import importing
from bot.spreadsheets.exports.rows import HEADINGS, as_csv, sheet_rows
from bot.spreadsheets.importing import ImportRequest, import_file
from helpers.cli import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from bot.config import Config
    from bot.model import Campaign, Content, Occurrence
    from bot.spreadsheets.comparing import FindDeliveries
    from bot.spreadsheets.import_result import ImportResult

NOW = datetime(2026, 11, 25, 0, 6, 40, tzinfo=UTC)
CONFIG = """\
accounts:
  our-x: {platform: x, handle: our_name}
  their-x: {platform: x, handle: their_name}
"""
CAMPAIGN = """\
campaign: ours
title: Ours
timezone: America/New_York
accounts: [our-x]
hashtags: [Ours]
facts:
  cost: {claim: It costs much, figure: $4 million, source: https://example.org, as_of: 2026-11-01}
demands:
  end-it: {ask: End it, target: The council, facts: [cost]}
events:
  hearing: {name: Hearing, place: City Hall, starts: 2026-12-09 18:00, ends: 2026-12-09 20:00}
posts: []
"""


def make_project(folder: Path, campaign: str = CAMPAIGN) -> Path:
    """Make a project with one campaign and two accounts."""
    write_file(folder / "config.yaml", CONFIG)
    write_file(folder / "posts" / "ours.yaml", campaign)
    return folder


def add_slots(folder: Path) -> None:
    """Let the first account have a queue slot a day."""
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("our_name", "our_name, slots: [day 10:30]"))


def load_config(folder: Path) -> Config:
    """Load the project's config."""
    return load(folder / "config.yaml", {})


def import_sheet(
    folder: Path,
    sheet: str | bytes,
    name: str = "plan.csv",
    *,
    author: str = "Ana",
    queued: FindDeliveries = lambda _: (),
    **how: Any,
) -> ImportResult:
    """Import a text, as a spreadsheet of that name."""
    path = folder / name
    path.write_bytes(sheet.encode() if isinstance(sheet, str) else sheet)
    request = ImportRequest(sheet=path, author=author, **how)
    return import_file(load_config(folder), request, NOW, queued=queued)


def import_problems(
    folder: Path, sheet: str | bytes, name: str = "plan.csv", **how: Any
) -> list[str]:
    """Return the problems of a spreadsheet that is refused; no campaign file may have changed."""
    before = campaign_files(folder)
    with pytest.raises(UserError) as caught:
        import_sheet(folder, sheet, name, **how)
    assert campaign_files(folder) == before
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def campaign_files(folder: Path) -> dict[str, bytes]:
    """Return every campaign file."""
    return {path.name: path.read_bytes() for path in (folder / "posts").iterdir() if path.is_file()}


def planned_occurrences(
    folder: Path,
    start: datetime = datetime(2026, 11, 1, tzinfo=UTC),
    end: datetime = datetime(2027, 2, 1, tzinfo=UTC),
) -> tuple[Occurrence, ...]:
    """Plan the project, which must be free of errors."""
    checked = Checker(folder / "posts", load_config(folder).accounts).check(NOW)
    assert [problem for problem in checked.problems if problem.level == "error"] == []
    return occurrences.plan_occurrences(checked.campaigns, load_config(folder).accounts, start, end)


def campaigns_of(folder: Path) -> tuple[Campaign, ...]:
    """Return the campaigns of the project."""
    return Checker(folder / "posts", load_config(folder).accounts).check(NOW).campaigns


def export_rows(folder: Path, occurrences: Iterable[Occurrence]) -> list[dict[str, str]]:
    """Return the rows of an export of the project."""
    rows = [(occurrence, "planned") for occurrence in occurrences]
    return sheet_rows(rows, campaigns_of(folder), folder / "posts")


def exported(folder: Path, occurrences: Iterable[Occurrence]) -> str:
    """Export occurrences of the project as a spreadsheet."""
    return as_csv(export_rows(folder, occurrences))


def read_rows(text: str) -> list[dict[str, str]]:
    """Return the rows of an export, with their cells as they stand in the CSV."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def as_sheet(rows: list[dict[str, str]], headings: Sequence[str] = HEADINGS) -> str:
    """Return rows with these cells as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, headings, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def dues(folder: Path) -> list[str]:
    """Return the times of the planned posts."""
    return [f"{occurrence.due:%Y-%m-%d %H:%MZ}" for occurrence in planned_occurrences(folder)]


def act_before_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Call a function between an import's reading and its writing."""

    def meanwhile(*args: Any, **named: Any) -> None:
        monkeypatch.undo()
        act()
        change_files(*args, **named)

    monkeypatch.setattr(importing, "change_files", meanwhile)


def visible_content(content: Content) -> object:
    """Return the parts of a content that an audience sees."""
    parts = [
        (part.text, [(media.sha256, media.alt) for media in part.media], part.poll)
        for part in content.parts
    ]
    return parts, content.reply_settings, content.warning, content.language

"""A project whose queue follows its files when it is told to, for tests of the calendar."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import update

from bot.config import load
from bot.database.tables import deliveries
from bot.model import EVERYTHING, Scope
from bot.runtime.app import App, create_app
from bot.services.calendar import CalendarRequest, read_calendar
from bot.services.views_calendar import CalendarFilter
from helpers.clock import ManualClock
from helpers.databases import create_sqlite_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from bot.services.views_calendar import CalendarKind, CalendarView

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
CONFIG = """\
accounts:
  ours-x: {platform: x, handle: ours, timezone: America/New_York}
  ours-sky: {platform: bluesky, handle: ours.example.org, timezone: America/New_York}
  berlin-x: {platform: x, handle: berlin, timezone: Europe/Berlin}
campaigns: posts
database: groundswell.db
"""
HEAD = """\
campaign: people
title: People over profit
timezone: America/New_York
accounts: [ours-x, ours-sky]
demands:
  stop: {ask: Stop the contract, target: The council}
  open: {ask: Open the files, target: The council}
posts:
"""
BERLIN = """\
campaign: berlin
title: Berlin
timezone: Europe/Berlin
accounts: [berlin-x]
posts:
"""
DECEMBER = date(2026, 12, 1)
ALL = CalendarFilter()


@dataclass
class Project:
    """A project whose queue follows its files when it is told to."""

    folder: Path
    app: App
    clock: ManualClock

    def write(self, name: str, text: str) -> None:
        (self.folder / "posts" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def queue(self) -> None:
        """Let the queue follow the files, as the loop does."""
        assert self.app.queue_sync.refresh() == []

    def change(self, key: str, **values: Any) -> None:
        """Change a row, as a send or a person would."""
        with self.app.database.writing() as connection:
            query = update(deliveries).where(deliveries.c.key == key).values(values)
            assert connection.execute(query).rowcount

    def look(
        self,
        kind: CalendarKind = "month",
        day: date = DECEMBER,
        zone: str = "",
        *,
        scope: Scope = EVERYTHING,
        page: int = 1,
        only: CalendarFilter = ALL,
    ) -> CalendarView:
        chosen = ZoneInfo(zone) if zone else None
        asked = CalendarRequest(kind, day, chosen, only, page)
        return read_calendar(self.app, asked, scope=scope)


@contextmanager
def calendar_project(folder: Path) -> Iterator[Project]:
    """Yield a project without posts."""
    (folder / "posts").mkdir()
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    create_sqlite_file(folder / "groundswell.db")
    clock = ManualClock(NOW)
    with create_app(load(folder / "config.yaml", {}), {}, clock=clock) as app:
        yield Project(folder, app, clock)


def entry(name: str, when: str, text: str = "", more: str = "") -> str:
    lines = [f"  - id: {name}", f"    when: {when}", f"    text: {text or f'About {name}.'}"]
    return "\n".join([*lines, *([f"    {more}"] if more else [])]) + "\n"


def fill(project: Project) -> None:
    """Write two campaigns, and queue their posts in several states."""
    project.write(
        "a",
        HEAD
        + entry("one", "2026-12-04 09:00", more="demand: stop")
        + entry("two", "2026-12-05 09:00", more="demand: open")
        + entry("three", "2026-12-06 09:00", more="accounts: [ours-x]"),
    )
    project.write("b", BERLIN + entry("four", "2026-12-07 09:00", "Ganz andere Worte hier."))
    project.queue()
    project.change("people/two/ours-x/once", state="published")

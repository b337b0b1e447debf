"""Commands start quickly, because they import and collect no more than they need.

These tests hold the structure that makes it so. ``benchmarks/bench_startup.py`` has the times.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CAMPAIGN_HEAD, CONFIG, bare_environment, write_file
from helpers.light_server import light_server

from bot.clock import Clock
from bot.config import load
from bot.runtime.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def run_python(folder: Path, script: str, *args: str) -> str:
    """Return what a script prints in a process of its own, which starts without any imports."""
    ran = subprocess.run(
        [sys.executable, "-c", script, *args],
        cwd=folder,
        env=bare_environment(folder),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return ran.stdout


# --- The garbage collector ------------------------------------------------------------------------


def test_a_start_is_not_collected_and_a_long_run_is(tmp_path: Path) -> None:
    script = """
import gc
from bot.__main__ import UNCOLLECTED, collect_rarely

usual = gc.get_threshold()
collect_rarely()
during, before = gc.get_threshold()[0], len(gc.callbacks)
kept = [[] for _ in range(UNCOLLECTED + 1000)]
print(during == UNCOLLECTED, gc.get_threshold() == usual, before - len(gc.callbacks))
"""
    assert run_python(tmp_path, script) == "True True 1\n"


# --- Imports --------------------------------------------------------------------------------------

HEAVY = {
    *(
        "PIL",
        "alembic",
        "apprise",
        "apscheduler",
        "argon2",
        "asgiref",
        "atproto_client",
        "dateutil",
    ),
    *("emoji", "icalendar", "jinja2", "keyring", "langcodes", "mako", "mastodon", "openpyxl"),
    *("prometheus_client", "pygments", "requests", "rich.console", "segno", "starlette", "tweepy"),
    *("uvicorn", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm"),
    *("bot.delivery.dispatcher", "bot.evidence", "bot.runtime.loop_app", "bot.web"),
}
"""What a command that reads the database needs for none of its results."""

UNCHECKED = {"bot.campaigns", "bot.checking", "bot.lint", "bot.reports", "regex"}
"""The same, if the files need not be checked: for no result, or because the loop has done so."""

READERS = {"status": True, "inbox": True, "queue list": False, "log": False}
"""The commands, and whether they tell the mistakes in the campaign files."""
POST = """\
posts:
  - {{id: first, demand: stop, when: {:%Y-%m-%d %H:%M}, text: Stop it.}}
"""


@pytest.fixture(scope="module")
def imported_by() -> Iterator[Callable[..., set[str]]]:
    """Return a function that returns what a command imports, in a process that has little."""
    with light_server() as imported:
        yield imported


@pytest.mark.parametrize("json", ["", " --json"])
@pytest.mark.parametrize("with_database", [True, False])
@pytest.mark.parametrize("command", READERS)
def test_command_that_reads_imports_nothing_heavy(
    tmp_path: Path,
    command: str,
    with_database: bool,
    json: str,
    imported_by: Callable[..., set[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "config.yaml", CONFIG)
    tomorrow = Clock().now() + timedelta(days=1)
    write_file(tmp_path / "posts" / "ours.yaml", CAMPAIGN_HEAD + POST.format(tomorrow))
    if with_database:
        with create_app(load(Path("config.yaml"), {}), {}) as app:
            assert app.queue_sync.refresh() == []
            assert len(app.queue.all()) == 1
    args = f"{command}{json}".split()
    loaded = imported_by(*args, cwd=tmp_path, env=bare_environment(tmp_path))
    assert "bot.database.opening" in loaded
    checks = READERS[command] and not with_database
    assert ("bot.checking" in loaded) == checks
    assert sorted(loaded & (HEAVY if checks else HEAVY | UNCHECKED)) == []

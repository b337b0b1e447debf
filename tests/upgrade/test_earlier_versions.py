"""What each released version has left behind is opened by this one, and shows the same.

``make_fixture.py`` has made the folders, one for each version.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import run_cli
from helpers.upgrade import DOCUMENTS, read_documents

from bot import __version__
from bot.clock import Clock
from bot.database.fingerprint import FingerprintFile, read_identity
from bot.database.opening import open_database
from bot.store.journal import OutcomeJournal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpers.cli import CommandResult

VERSIONS = sorted(path.parent for path in Path(__file__).parent.glob("*/database.sql"))


@pytest.fixture(params=VERSIONS, ids=lambda path: str(path.name))
def left_behind(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return a folder as that version left it, at that instant, as the current folder."""
    version: Path = request.param
    folder = tmp_path / "campaign"
    shutil.copytree(version / "posts", folder / "posts")
    shutil.copy(version / "config.yaml", folder)
    shutil.copy(version / "spill.txt", folder / "groundswell.db.spill")
    shutil.copy(version / "mark.json", folder / "groundswell.db.mark")
    with closing(sqlite3.connect(folder / "groundswell.db")) as database:
        database.executescript((version / "database.sql").read_text(encoding="utf-8"))
    instant = datetime.fromisoformat(shown(version)["instant"])
    monkeypatch.setattr(Clock, "now", lambda _: instant)
    monkeypatch.chdir(folder)
    for name in os.environ:
        if name.startswith("GROUNDSWELL_"):
            monkeypatch.delenv(name)
    return folder


def shown(version: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((version / "shown.json").read_text(encoding="utf-8"))
    return found


def differences(then: Any, now: Any, place: str) -> list[str]:
    """Return where something that was shown then is not shown now; new fields do not count."""
    if isinstance(then, dict) and isinstance(now, dict):
        gone = [f"{place}.{name} is gone" for name in then if name not in now]
        both = [name for name in then if name in now]
        return gone + [
            found
            for name in both
            for found in differences(then[name], now[name], f"{place}.{name}")
        ]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            found
            for number, (old, new) in enumerate(zip(then, now, strict=True))
            for found in differences(old, new, f"{place}[{number}]")
        ]
    return [] if then == now else [f"{place} was {then!r} and is {now!r}"]


def test_each_version_is_frozen_before_its_release() -> None:
    """If this fails, run ``make_fixture.py``, which says how."""
    names = [version.name for version in VERSIONS]
    assert "0.1.0" in names
    assert ".dev" in __version__ or __version__ in names


def test_the_commands_show_what_they_showed_then(
    left_behind: Path, request: pytest.FixtureRequest
) -> None:
    version: Path = request.node.callspec.params["left_behind"]
    then: Mapping[str, Any] = shown(version)

    def run(*args: str) -> CommandResult:
        return run_cli(*args)

    now = read_documents(run, "/tmp/campaign", str(left_behind))  # noqa: S108 - the log names it
    log = "log --limit 1000"
    now[log] = [record for record in now[log] if record["what"] != "migrated"]
    known = {table["id"] for table in then["report"]["reports"]}
    now["report"]["reports"] = [of for of in now["report"]["reports"] if of["id"] in known]
    assert len(now["queue list --all"]) == 10
    for line in DOCUMENTS:
        assert differences(then[line], now[line], line) == []
    assert run("log", "--verify").code == 0


def test_its_journal_and_its_fingerprint_can_be_read(left_behind: Path) -> None:
    [entry], unreadable = OutcomeJournal(left_behind / "groundswell.db.spill").read()
    assert (entry.key, unreadable) == ("ours/journaled/our-x/once", [])
    database = open_database(f"sqlite:///{left_behind / 'groundswell.db'}")
    with closing(database), database.reading() as connection:
        instance, generation, refusals = read_identity(connection)
        recorded, in_place = FingerprintFile(database).read() or (None, True)
        assert recorded
        found = (recorded.instance, recorded.generation, recorded.refusals)
        assert found == (instance, generation, refusals)
        assert not in_place  # another machine wrote it


def test_a_lost_value_would_be_noticed() -> None:
    then = {"posts": [{"id": "a", "state": "published"}]}
    assert differences(then, {"posts": [{"id": "a", "state": "published", "new": 1}]}, "x") == []
    assert differences(then, {"posts": []}, "x") != []
    assert differences(then, {"posts": [{"id": "a"}]}, "x") == ["x.posts[0].state is gone"]
    changed = {"posts": [{"id": "a", "state": "queued"}]}
    assert differences(then, changed, "x") == ["x.posts[0].state was 'published' and is 'queued'"]

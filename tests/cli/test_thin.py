"""``groundswell thin``, as a command on a project that has run for long."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.run import SandboxProject, ours
from helpers.store import Store, publish_post

from bot.model import Counters, Snapshot
from bot.store.metrics import Metrics

if TYPE_CHECKING:
    Capture = pytest.CaptureFixture[str]

__all__ = ["ours"]

DAY = timedelta(days=1)


def read(place: SandboxProject, days: int, times: int) -> None:
    """Put a post into the database that was read so many times on one day, so many days ago."""
    store = Store(f"sqlite:///{place.folder / 'groundswell.db'}")
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - days * DAY
    one = publish_post(store, "hart", at=noon - DAY)
    Metrics(store.database).record(
        [Snapshot(one, noon + timedelta(hours=n), Counters(likes=n)) for n in range(times)],
        {},
        [],
        noon,
    )
    store.database.close()


def figures(place: SandboxProject, capsys: Capture) -> object:
    [table] = json.loads(place.run_cli(capsys, "report", "--by", "post", "--json").out)["reports"]
    return table["rows"], table["total"]


def test_a_trial_says_how_many_would_go_and_lets_none_go(
    ours: SandboxProject, capsys: Capture
) -> None:
    read(ours, days=100, times=8)
    first = ours.run_cli(capsys, "thin", "--dry-run")
    assert (first.code, first.out) == (ours.run_cli(capsys, "thin", "--dry-run").code, first.out)
    assert first.out.startswith("7 of 8 snapshots older than 90 days would be deleted; ")


def test_a_report_is_the_same_afterwards_and_the_log_tells_who_did_it(
    ours: SandboxProject, capsys: Capture
) -> None:
    read(ours, days=100, times=8)
    before = figures(ours, capsys)
    told = json.loads(ours.run_cli(capsys, "thin", "--as", "Ana", "--json").out)
    assert told == {"older_than_days": 90, "snapshots": 8, "thinned": 7, "dry_run": False}
    assert figures(ours, capsys) == before
    [entry] = [
        one
        for one in json.loads(ours.run_cli(capsys, "log", "--json").out)
        if one["what"] == "thinned"
    ]
    assert (entry["who"], entry["detail"]["dropped"]) == ("Ana", 7)


def test_younger_snapshots_stay(ours: SandboxProject, capsys: Capture) -> None:
    read(ours, days=80, times=8)
    assert ours.run_cli(capsys, "thin").out == "There are no snapshots older than 90 days.\n"
    assert ours.run_cli(capsys, "thin", "--older-than", "30").code == 2


@pytest.mark.parametrize("days", ["89", "36501", "9999999", "99999999999999999999"])
def test_ages_that_cannot_be_are_wrong_usage(
    ours: SandboxProject, capsys: Capture, days: str
) -> None:
    said = ours.run_cli(capsys, "thin", "--older-than", days)
    assert said.code == 2
    assert "--older-than" in said.err

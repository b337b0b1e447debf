from __future__ import annotations

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from helpers.share_folders import serve_built, write_built

from bot.arrivals.reading import read_arrivals
from bot.errors import UserError
from bot.model.arrivals import Arrival
from bot.share.counters import Counters
from bot.share.listed import Redirect

if TYPE_CHECKING:
    from pathlib import Path

LINK = Redirect("https://ours.example/", "ours", "hart", "x", "")
DAY = date(2026, 3, 2)
MARKED = (
    "https://ours.example/?utm_source=x&utm_medium=share&utm_campaign=ours&utm_content=hart-data"
)


def counted(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return dict(connection.execute("SELECT day, sum(count) FROM opened GROUP BY day"))


def test_counts_go_on_after_a_restart(tmp_path: Path) -> None:
    for _ in range(3):
        counters = Counters(tmp_path / "opened.db", print)
        counters.add(DAY, LINK)
        counters.close()
    assert counted(tmp_path / "opened.db") == {"2026-03-02": 3}


def test_two_processes_count_together(tmp_path: Path) -> None:
    both = [Counters(tmp_path / "opened.db", print) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: both[number % 2].add(DAY, LINK), range(200)))
    for counters in both:
        counters.close()
    assert counted(tmp_path / "opened.db") == {"2026-03-02": 200}


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    Counters(tmp_path / "opened.db", print).close()
    assert (tmp_path / "opened.db").stat().st_mode & 0o777 == 0o600


def test_no_log_of_sqlite_is_left(tmp_path: Path) -> None:
    counters = Counters(tmp_path / "opened.db", print)
    counters.add(DAY, LINK)
    counters.close()
    assert [path.name for path in tmp_path.iterdir()] == ["opened.db"]


def test_other_databases_are_not_written_to(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "groundswell.db")) as connection, connection:
        connection.execute("CREATE TABLE deliveries (id)")
    before = (tmp_path / "groundswell.db").read_bytes()
    with pytest.raises(UserError, match="H202 This is another database"):
        Counters(tmp_path / "groundswell.db", print)
    assert (tmp_path / "groundswell.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"day,count\n" * 200, b"x"])
def test_other_files_are_not_written_to(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "figures.csv").write_bytes(content)
    with pytest.raises(UserError, match="H202"):
        Counters(tmp_path / "figures.csv", print)
    assert (tmp_path / "figures.csv").read_bytes() == content


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"H202 .*No such file"):
        Counters(tmp_path / "nowhere" / "opened.db", print)


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-03-03"), ("America/New_York", "2026-03-02")]
)
def test_day_is_that_of_the_timezone(tmp_path: Path, zone: str, day: str) -> None:
    counters = Counters(tmp_path / "opened.db", print)
    with serve_built(write_built(tmp_path / "public"), counters, zone) as served:
        served.clock.advance_to(datetime(2026, 3, 3, 3, tzinfo=UTC))
        httpx.get(f"{served.url}/ours/g/hart-data-x")
    counters.close()
    assert counted(tmp_path / "opened.db") == {day: 1}


def test_reports_read_the_counters_while_they_are_counted_in(tmp_path: Path) -> None:
    counters = Counters(tmp_path / "opened.db", print)
    links = {
        "ours/g/hart-data-mail": f"{MARKED.replace('=x', '=mail')}",
        "ours/g/hart-data-x": MARKED,
        "theirs/g/hart-data-x": f"{MARKED}&utm_term=athena",
    }
    with serve_built(write_built(tmp_path / "public", links=links), counters) as served:
        for path in (*links, "ours/g/hart-data-x"):
            httpx.get(f"{served.url}/{path}")
        found = read_arrivals([tmp_path / "opened.db"], ["ours"], known=["hart-data", "athena"])
    counters.close()
    assert found.opened == {
        Arrival(DAY, "mail", "share", "ours", "hart-data"): 1,
        Arrival(DAY, "x", "share", "ours", "hart-data", "athena"): 1,
        Arrival(DAY, "x", "share", "ours", "hart-data"): 2,
    }


def test_reader_is_led_on_if_counting_fails_which_is_told_once(tmp_path: Path) -> None:
    """A line for each opening would have the hour of a reader."""
    told: list[str] = []
    counters = Counters(tmp_path / "opened.db", told.append)
    with (
        serve_built(write_built(tmp_path / "public"), counters) as served,
        closing(sqlite3.connect(tmp_path / "opened.db")) as other,
    ):
        other.execute("ALTER TABLE opened RENAME TO hidden")
        for _ in range(3):
            assert httpx.get(f"{served.url}/ours/g/hart-data-x").status_code == 302
        assert told == ["Openings are not counted now: no such table: opened."]
        other.execute("ALTER TABLE hidden RENAME TO opened")
        assert httpx.get(f"{served.url}/ours/g/hart-data-x").status_code == 302
    counters.close()
    assert told[1:] == ["Openings are counted again. 3 were not counted."]
    assert counted(tmp_path / "opened.db") == {"2026-03-02": 1}


def test_locked_file_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.share.counters.BUSY_SECONDS", 0.05)
    told: list[str] = []
    counters = Counters(tmp_path / "opened.db", told.append)
    with closing(sqlite3.connect(tmp_path / "opened.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: counters.add(DAY, LINK), range(16)))
        other.rollback()
    counters.add(DAY, LINK)
    counters.close()
    first, last = told
    assert re.fullmatch(r"Openings are not counted now: .*(locked|busy)\.", first)
    assert last == "Openings are counted again. 16 were not counted."

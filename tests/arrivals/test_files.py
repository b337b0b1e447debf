"""Files that are not what was meant are told before anything is counted, all of them at once."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from helpers.web_logs import CAMPAIGN, DAY, combined, marked
from hypothesis import given
from hypothesis import strategies as st

from bot.arrivals.reading import read_arrivals
from bot.errors import UserError
from bot.model.arrivals import Arrival
from bot.share.counters import Counters
from bot.share.listed import Redirect


def problems(*paths: Path) -> list[str]:
    with pytest.raises(UserError) as raised:
        read_arrivals(paths, [CAMPAIGN])
    return [str(problem) for problem in raised.value.problems]


def test_files_that_cannot_be_opened_are_told_at_once(tmp_path: Path) -> None:
    good, pipe = tmp_path / "access.log", tmp_path / "pipe"
    good.write_text(combined(marked()))
    os.mkfifo(pipe)
    folder, missing = tmp_path / "logs", tmp_path / "missing.log"
    folder.mkdir()
    told = problems(good, pipe, folder, missing, Path("a\0b"), Path("/dev/zero"))
    reasons = ["a device", "a folder", "a named pipe", "no such file", "not a file name"]
    assert len(told) == 5
    assert all(any(reason in one for one in told) for reason in reasons)
    assert all("A101" in one and "Name files that you may read" in one for one in told)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(combined(marked()))
    log.chmod(0)
    assert "permission denied" in problems(log)[0]


OTHERS = {
    "an error log": b"2026/11/30 09:15:00 [error] 7#7: *1 open() failed, client: 192.0.2.1\n",
    "IIS": b"#Software: Microsoft IIS\n#Fields: date time cs-uri-stem\n2026-11-30 09:15:00 /\n",
    "JSON of something else": b'{"time": "2026-11-30", "uri": "/?utm_campaign=x"}\n',
    "a table of something else": b"name,visitors\npeople-over-profit,7\n",
    "an archive of logs": b"access.log".ljust(257, b"\0") + b"ustar\n" + combined("/").encode() * 9,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50,
    "zeros": b"\0" * 200_000,
    "one long line": b"a" * 3_000_000,
    "quotes": b'"' * 100_000,
    "UTF-16 of half a letter": b"\xff\xfea",
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
def test_another_format_is_an_error_that_names_the_known(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(content)
    (told,) = problems(path)
    assert told.startswith(f"{path}:1:1: A102 ")
    assert all(word in told for word in ("Apache", "nginx", "Caddy", "Plausible", "Matomo"))


@pytest.mark.parametrize("start", [b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0", b"PK\x03\x04"])
def test_a_packed_file_of_which_nothing_can_be_read_is_an_error(
    tmp_path: Path, start: bytes
) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(start + b"\x01" * 300)
    assert "A101 The file cannot be read: it is damaged" in problems(path)[0]


def test_zstandard_is_read_if_python_can(tmp_path: Path) -> None:
    path = tmp_path / "access.log.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + b"\x01" * 300)
    assert any(word in problems(path)[0] for word in ("Unpack it first", "is damaged"))


STARTS = [
    *(b"", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"BZh9", b"\xfd7zXZ\0", b"PK\x03\x04", b"\xff\xfe"),
    *(b"SQLite format 3\0", b"utm_campaign,visits,date\n", b"date,Visits,Campaign Name\n"),
    *(b"\xff\xfe" + "utm_campaign,visits,date\n".encode("utf-16-le"), combined("/").encode()),
]


@given(st.sampled_from(STARTS), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(start: bytes, rest: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(start + rest)
        with suppress(UserError):
            read_arrivals([path], [CAMPAIGN])


# --- The counters of groundswell share serve ------------------------------------------------------


def counters(path: Path, *rows: tuple[object, ...]) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        columns = "day TEXT, campaign TEXT, wording TEXT, network TEXT, partner TEXT, count INTEGER"
        connection.execute(f"CREATE TABLE opened ({columns})")
        connection.executemany("INSERT INTO opened VALUES (?, ?, ?, ?, ?, ?)", rows)
    return path


def test_counters_are_opened_and_not_arrived(tmp_path: Path) -> None:
    path = counters(
        tmp_path / "opened?#.db",
        ("2026-11-30", CAMPAIGN, "hart-data", "x", "", 3),
        ("2026-11-30", CAMPAIGN, "hart-data", "x", None, 2),
        ("2026-12-01", CAMPAIGN, "hart-data", "x", "athena", 1),
        ("2026-12-02", "another", "hart-data", "x", "", 9),
    )
    reading = read_arrivals([path], [CAMPAIGN])
    assert reading.arrived == {}
    assert reading.opened == {
        Arrival(DAY, "x", "share", CAMPAIGN, "hart-data"): 5,
        Arrival(date(2026, 12, 1), "x", "share", CAMPAIGN, "hart-data", "athena"): 1,
    }
    assert reading.opened_days == {DAY, date(2026, 12, 1)}


def test_counters_are_read_while_they_count(tmp_path: Path) -> None:
    """What share serve has counted is in its log first, and not in the file itself."""
    path = tmp_path / "opened.db"
    redirect = Redirect("https://example.org/", CAMPAIGN, "hart-data", "x", "athena")
    with closing(Counters(path, print)) as counting:
        for number in range(1, 4):
            counting.add(DAY, redirect)
            assert read_arrivals([path], [CAMPAIGN]).opened == {
                Arrival(DAY, "x", "share", CAMPAIGN, "hart-data", "athena"): number
            }
    assert sum(read_arrivals([path], [CAMPAIGN]).opened.values()) == 3


def test_counters_and_their_backup_are_counted_once(tmp_path: Path) -> None:
    link = (CAMPAIGN, "hart-data", "x", "")
    now = counters(
        tmp_path / "opened.db",
        *(("2026-11-29", *link, 20), ("2026-11-30", *link, 5), ("2026-12-01", *link, 4)),
    )
    backup = counters(
        tmp_path / "opened-backup.db",
        *(("2026-11-28", *link, 9), ("2026-11-29", *link, 20), ("2026-11-30", *link, 3)),
    )
    for order in ((now, backup), (backup, now)):
        reading = read_arrivals(order, [CAMPAIGN])
        assert sum(reading.opened.values()) == 9 + 20 + 5 + 4
        (told,) = reading.notes
        assert told.startswith(f"{order[1]} has counts of the same links and days as {order[0]}")
        assert "on 2 days from 2026-11-29 on" in told


def test_counters_of_different_links_are_counted_without_a_word(tmp_path: Path) -> None:
    first = counters(tmp_path / "a.db", ("2026-11-30", CAMPAIGN, "hart-data", "x", "", 3))
    second = counters(tmp_path / "b.db", ("2026-11-30", CAMPAIGN, "hart-data", "mail", "", 3))
    reading = read_arrivals([first, second], [CAMPAIGN])
    assert (sum(reading.opened.values()), reading.notes) == (6, ())


def test_rows_of_counters_that_make_no_sense_are_unreadable(tmp_path: Path) -> None:
    rows = [("soon", 1), ("2026-11-30", "many"), ("2026-11-30", -1), (None, 1), (b"\xff", 1)]
    made = ((day, CAMPAIGN, "hart-data", "x", "", count) for day, count in rows)
    reading = read_arrivals([counters(tmp_path / "opened.db", *made)], [CAMPAIGN])
    assert (reading.opened, reading.unreadable) == ({}, len(rows))


def test_another_database_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "groundswell.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE deliveries (id INTEGER)")
    assert "A104 This database has no counters" in problems(path)[0]
    path.write_bytes(path.read_bytes()[:2000])
    assert "A104" in problems(path)[0]

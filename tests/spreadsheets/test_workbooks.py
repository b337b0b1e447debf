"""Workbooks of Excel hold the same rows as CSV, and nothing in them runs, fetches or explodes."""

from __future__ import annotations

import io
import json
import random
import zipfile
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.bulk import (
    CAMPAIGN,
    campaign_files,
    dues,
    export_rows,
    exported,
    import_problems,
    import_sheet,
    make_project,
    planned_occurrences,
)
from helpers.cli import run_cli
from openpyxl import Workbook, load_workbook

from bot.errors import UserError
from bot.spreadsheets.exports.rows import HEADINGS
from bot.spreadsheets.sheet import read_sheet
from bot.spreadsheets.workbook import MAX_CELL, MAX_UNPACKED, as_workbook
from bot.yamlsource.problems import ProblemList

if TYPE_CHECKING:
    from pathlib import Path

POSTS = """\
posts:
  - {id: plain, when: 2026-12-01 09:00, text: "=HYPERLINK(1)\\n\\n-1 @all", hashtags: []}
  - {id: "007", when: 2026-12-02 09:00, text: 1/2, hashtags: []}
"""


def workbook(*rows: tuple[Any, ...], title: str = "Posts", **more: tuple[Any, ...]) -> bytes:
    """Return a workbook with these rows, and with other sheets of one row."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, cells in more.items():
        book.create_sheet(name).append(cells)
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_entry(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return out.getvalue()


def replaced(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """Return a workbook with something else within one of its files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.namelist():
            content = before.read(entry)
            if entry == name:
                assert old in content
                content = content.replace(old, new)
            after.writestr(entry, content)
    return out.getvalue()


HEAD = ("when", "text")
GOOD = ("2026-12-01 09:00", "Hello")


# --- There and back -------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return make_project(tmp_path, CAMPAIGN.replace("posts: []\n", POSTS))


def rows(folder: Path) -> list[dict[str, str]]:
    return export_rows(folder, planned_occurrences(folder))


def test_an_export_as_a_workbook_has_the_cells_of_the_csv_all_as_texts(written: Path) -> None:
    sheet: Any = load_workbook(io.BytesIO(as_workbook(rows(written), HEADINGS))).active
    found = [list(row) for row in sheet.iter_rows()]
    assert [cell.value for cell in found[0]] == list(HEADINGS)
    assert {cell.data_type for row in found for cell in row} <= {"s", "inlineStr"}
    assert {cell.number_format for row in found for cell in row} == {"@"}
    assert [row[4].value for row in found[1:]] == ["'=HYPERLINK(1)\n\n'-1 @all", "'1/2"]
    assert found[2][0].value == "'007"
    assert "'007" in exported(written, planned_occurrences(written))


def test_a_workbook_comes_back_as_csv_does(written: Path) -> None:
    before = campaign_files(written)
    done = import_sheet(written, as_workbook(rows(written), HEADINGS), "plan.xlsx", update=True)
    assert (done.added, done.edited, len(done.known)) == ((), (), 2)
    assert campaign_files(written) == before
    changed = [{**row, "text": row["text"].replace("@all", "@everyone")} for row in rows(written)]
    [row] = import_sheet(written, as_workbook(changed, HEADINGS), "plan.xlsx", update=True).edited
    assert row.post.id == "plain"
    assert planned_occurrences(written)[0].content.text == "=HYPERLINK(1)\n\n-1 @everyone"


def test_a_text_that_is_too_long_for_a_cell_is_refused_and_not_cut() -> None:
    row = dict.fromkeys(HEADINGS, "") | {"id": "long", "text": "x" * (MAX_CELL + 1)}
    with pytest.raises(UserError, match="The text of long is too long"):
        as_workbook([row], HEADINGS)


def test_the_command_writes_and_reads_the_format_of_the_file_name(inside: Path) -> None:
    import_sheet(inside, "id,when,text\none,2099-01-01 09:00,One\n", "own.csv")
    ran = run_cli("export", "-o", "plan.xlsx", "--since", "2026-11-01")
    assert (ran.code, ran.out) == (0, "Wrote no posts to plan.xlsx.\n")
    assert load_workbook(inside / "plan.xlsx").active is not None
    assert run_cli("export", "--format", "xlsx").code == 2
    (inside / "new.xlsx").write_bytes(workbook(HEAD, ("2098-12-01 09:00", "Hello")))
    ran = run_cli("import", "new.xlsx", "--json")
    assert [post["text"] for post in json.loads(ran.out)["added"]] == ["Hello\n\n#Ours"]


# --- Cells ----------------------------------------------------------------------------------------

TIMES: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "a date and time": (("when",), (datetime(2026, 12, 1, 9, 0),)),  # noqa: DTZ001 - local
    "not quite": (("when",), (datetime(2026, 12, 1, 8, 59, 59, 999_600),)),  # noqa: DTZ001 - local
    "a text": (("when",), ("2026-12-01 09:00",)),
    "a date and a time": (("date", "time"), (date(2026, 12, 1), time(9))),
    "a share of a day": (("date", "time"), (date(2026, 12, 1), 0.375)),
    "a length": (("date", "time"), (date(2026, 12, 1), timedelta(hours=9))),
    "no-break space": (("when",), ("2026-12-01\u00a009:00",)),
    "curly quotes": (("when",), ("\u201c2026-12-01 09:00\u201d",)),
    "an apostrophe": (("when",), ("'2026-12-01 09:00",)),
}


@pytest.mark.parametrize("how", TIMES)
def test_dates_and_times_of_a_workbook_are_read_as_shown(folder: Path, how: str) -> None:
    head, cells = TIMES[how]
    import_sheet(folder, workbook((*head, "text"), (*cells, "Hello")), "plan.xlsx")
    assert dues(folder) == ["2026-12-01 14:00Z"]


def test_numbers_and_texts_are_read_unchanged(folder: Path) -> None:
    head = ("id", *HEAD, "poll", "poll_for")
    row = (2027, "2026-12-01 09:00", "=not a formula", "10\n20", "24h")
    book = Workbook()
    sheet: Any = book.active
    sheet.append(head)
    sheet.append(row)
    sheet.cell(2, 3).data_type = "s"
    [post] = import_sheet(folder, saved(book), "plan.xlsx").added
    assert post.id == "2027"
    assert post.wordings[0].content.text.startswith("=not a formula")


def test_the_sheet_of_posts_is_found_among_others(folder: Path) -> None:
    data = workbook(("Our notes",), title="Notes", Plan=HEAD)
    book = load_workbook(io.BytesIO(data))
    book["Plan"].append(GOOD)
    import_sheet(folder, saved(book), "plan.xlsx")
    assert dues(folder) == ["2026-12-01 14:00Z"]
    book.copy_worksheet(book["Plan"])
    [problem] = import_problems(folder, saved(book), "more.xlsx")
    assert 'has 2 sheets that may hold the posts, "Plan" and "Plan Copy".' in problem


def test_a_wrong_cell_is_named_by_row_and_column(folder: Path) -> None:
    data = workbook(("text", "when"), ("One", "2026-12-01 09:00"), ("Two", "12/1/26 9:00"))
    [problem] = import_problems(folder, data, "plan.xlsx")
    assert problem.startswith(
        'plan.xlsx:3:2: B715 "12/1/26 9:00" can mean 2026-01-12 or 2026-12-01'
    )
    assert "(cell B3 (when))" in problem


# --- Refusals -------------------------------------------------------------------------------------

PLAIN = workbook(HEAD, GOOD)
_ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
REFUSED = {
    "a formula": (
        workbook(HEAD, ("2026-12-01 09:00", '=HYPERLINK("https://example.org")')),
        "B713",
    ),
    "an error": (workbook(HEAD, ("2026-12-01 09:00", "#N/A")), "B712"),
    "macros": (with_entry(PLAIN, "xl/vbaProject.bin", b"x"), "B728 The workbook has macros"),
    "links": (
        with_entry(PLAIN, "xl/externalLinks/externalLink1.xml", b"<x/>"),
        "B728 The workbook fetches values from other workbooks",
    ),
    "connections": (with_entry(PLAIN, "xl/connections.xml", b"<x/>"), "B728 The workbook fetches"),
    "other files": (with_entry(PLAIN, "xl/embeddings/a.bin", b"x"), "B728 The workbook has other"),
    "a bomb": (
        with_entry(PLAIN, "xl/media/a.bin", bytes(MAX_UNPACKED)),
        "B728 The workbook is far larger",
    ),
    "entities": (
        replaced(PLAIN, "xl/worksheets/sheet1.xml", b"<worksheet", _ENTITIES + b"<worksheet"),
        "B728 The workbook is damaged",
    ),
    "broken XML": (
        replaced(PLAIN, "xl/worksheets/sheet1.xml", b"</sheetData>", b""),
        "B728 The workbook is damaged",
    ),
    "a broken zip": (PLAIN[:600], "B728 The workbook is damaged"),
    "encrypted": (b"\xd0\xcf\x11\xe0" + bytes(600), "B728 The workbook is encrypted"),
    "another zip": (with_entry(b"", "a.txt", b"x"), "B728 The workbook is damaged"),
    "empty": (workbook(), "B708"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_workbook_that_may_run_fetch_or_explode_is_refused(folder: Path, what: str) -> None:
    data, why = REFUSED[what]
    found = import_problems(folder, data, "plan.xlsx")
    assert f"1: {why}" in found[0] or f": {why}" in found[0]


def test_a_workbook_of_too_many_files_is_refused(folder: Path) -> None:
    out = io.BytesIO(PLAIN)
    with zipfile.ZipFile(out, "a") as file:
        for number in range(201):
            file.writestr(f"xl/{number}", b"")
    [problem] = import_problems(folder, out.getvalue(), "plan.xlsx")
    assert "B728 The workbook is far larger" in problem


def test_a_cell_far_away_takes_no_time(folder: Path) -> None:
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    data = replaced(PLAIN, "xl/worksheets/sheet1.xml", b"</sheetData>", far)
    import_sheet(folder, data, "plan.xlsx")
    assert dues(folder) == ["2026-12-01 14:00Z"]


@pytest.mark.parametrize("inside", [True, False], ids=["within a part", "anywhere"])
def test_a_damaged_workbook_is_refused_or_read_and_never_a_traceback(*, inside: bool) -> None:
    chance = random.Random(7)  # noqa: S311 - the same damage each time
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    codes = set()
    for _ in range(100):
        name = chance.choice([*parts])
        damaged = bytearray(parts[name] if inside else PLAIN)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(32, 127)
        data = bytes(damaged)
        if inside:
            data = replaced(PLAIN, name, parts[name], data)
        problems = ProblemList("plan.xlsx")
        read_sheet(data, problems)
        codes |= {problem.code for problem in problems.problems}
    assert "B728" in codes

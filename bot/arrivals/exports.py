"""An export of Plausible as a ZIP, which has a CSV file for each report.

The whole export of a site has ``imported_sources_FROM_TO.csv`` (https://plausible.io/docs/csv-import).
The download of the dashboard has ``utm_campaigns.csv`` and others, each for one mark, at most 300
rows each and without days (https://plausible.io/docs/export-stats). Which network belongs to which
campaign cannot be told from it, so that only its sum is told, in a note.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from itertools import islice
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from bot.arrivals.marks import Marks, fit_value
from bot.arrivals.opening import HEAD_BYTES, DamagedError
from bot.arrivals.tables import DAYS_HINT, TableError, count_table, read_rows, recognise_table
from bot.files import CHUNK_BYTES
from bot.text import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.arrivals.counting import Tally

MAGIC = b"PK\x03\x04"
"""What a ZIP begins with."""

_SOURCES = re.compile(r"imported_sources.*\.csv", re.IGNORECASE)
_CAMPAIGNS = "utm_campaigns.csv"
_MOST_ROWS = 10_000
_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError, ValueError),
)
"""What ``zipfile`` raises for a damaged or an encrypted file."""


def find_reports(raw: IO[bytes]) -> list[str]:
    """Return the tables in a ZIP that may be counted, or none. Raise DamagedError.

    An export has one. Of several, which somebody packed together, some may be copies of others.
    """
    try:
        with zipfile.ZipFile(raw) as packed:
            names = packed.namelist()
    except _ERRORS as error:
        raise DamagedError("is damaged") from error
    plain = [(PurePosixPath(name).name, name) for name in names]
    sources = [name for last, name in plain if _SOURCES.fullmatch(last)]
    return sources or [name for last, name in plain if last == _CAMPAIGNS]


def count_export(name: str, raw: IO[bytes], report: str, tally: Tally) -> Iterator[None]:
    """Count the table of a ZIP, and yield now and then. Raise TableError or DamagedError."""
    raw.seek(0)
    try:
        with zipfile.ZipFile(raw) as packed, packed.open(report) as file:
            if report.endswith(_CAMPAIGNS):
                _note_sums(name, file, tally)
                return
            head = file.read(HEAD_BYTES)
            kind = recognise_table(head)
            if kind is None:
                raise TableError(1, f"{report} lacks the columns utm_campaign or visits")
            yield from count_table(f"{name}/{report}", _chunks(head, file), kind, tally)
    except _ERRORS as error:
        raise DamagedError("is damaged") from error


def _chunks(head: bytes, file: IO[bytes]) -> Iterator[bytes]:
    yield head
    yield from iter(lambda: file.read(CHUNK_BYTES), b"")


def _note_sums(name: str, file: IO[bytes], tally: Tally) -> None:
    """Note the visitors of each campaign in a dashboard's export."""
    tally.note(
        f"{name} is a download of Plausible's dashboard, which tells neither the days nor the "
        f"networks of a campaign. Nothing in it is counted. {DAYS_HINT}"
    )
    rows = read_rows(_chunks(b"", file), "utf-8-sig", ",")
    heading = next(rows, [])
    for cells in islice(rows, _MOST_ROWS):
        row = dict(zip(heading, cells, strict=False))
        marks = Marks(campaign=fit_value(row.get("name") or ""))
        visitors = row.get("visitors") or ""
        if tally.wants(marks) and visitors.isdecimal():
            people = pluralize(int(visitors), "visitor")
            tally.note(f"{name} has {people} by links of {tally.spelling(marks)}.")

"""Exports of statistics as tables, which have a row for each day and each set of marks.

Plausible's whole export (Site settings → Imports & Exports → Export to CSV,
https://plausible.io/docs/export-stats) is a ZIP with ``imported_sources_*.csv``, which has the day
and all five marks (https://plausible.io/docs/csv-import). The download of its dashboard is another
ZIP, without days, in which each mark stands in a file of its own (``utm_campaigns.csv``).

Matomo writes any of its reports as CSV, in UTF-16
(https://developer.matomo.org/api-reference/reporting-api). Its log of visits has the day and all
five marks of each visit, in the columns ``serverDate``, ``campaignName``, ``campaignSource`` and so
on (https://github.com/matomo-org/plugin-MarketingCampaignsReporting, ``VisitorDetails.php``). A
report has the column ``date`` only if it is asked for with ``period=day`` over several days.
Whatever its rows do not name stays unknown. The names that Matomo gives to parameters of its own
are ``mtm_`` and ``pk_``; it reads ``utm_`` as the same
(https://matomo.org/faq/how-to/faq_120/).
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from bot.arrivals.marks import Marks, fit_value
from bot.text import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.arrivals.counting import Tally

_LONGEST_LINE = 4 * 1024 * 1024
"""Most characters of a line. Matomo's log of visits lists all pages of a visit in one."""

_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

_COLUMNS = {
    "day": "serverdate date lastactiondatetime",
    "network": "utmsource mtmsource pksource campaignsource",
    "medium": "utmmedium mtmmedium pkmedium campaignmedium",
    "campaign": (
        "utmcampaign mtmcampaign matomocampaign pkcampaign piwikcampaign campaignname referrername"
    ),
    "content": "utmcontent mtmcontent pkcontent campaigncontent",
    "partner": "utmterm mtmkeyword mtmkwd pkkeyword pkkwd piwikkwd campaignkeyword referrerkeyword",
    "network and medium": "campaignsourcemedium",
    "partner and content": "combinedkeywordcontent",
    "segment": "segment",
    "visits": "visits nbvisits",
    "visit": "idvisit",
    "sum": "isaggregate",
}
"""The columns that are read, by their names in letters and digits alone, best first. Matomo without
its plugin for campaigns calls the campaign ``referrerName``."""

_AFFIXES = re.compile("^(?:metadata)?(?:marketingcampaignsreporting)?")
"""What Matomo writes before the name of a column that it made from a row's label."""

_NAMED = {
    "network": "the network",
    "content": "the wording",
    "partner": "the partner",
}
"""What a table cannot tell without these columns."""

_SEGMENT = re.compile(r"(?:^|;)campaignName==([^;,]{1,300})")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T]\d\d:|$)", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}(?:\.0+)?", re.ASCII)

DAYS_HINT = (
    "From Plausible, take Site settings → Imports & Exports → Export to CSV. From Matomo, export "
    "the log of visits as CSV, or a report with period=day."
)


class TableError(Exception):
    """A table that cannot be read on, with the number of the line."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True)
class TableKind:
    """How a table is to be read."""

    encoding: str
    delimiter: str
    columns: Mapping[str, int]
    """The place of each column of ``_COLUMNS`` that it has."""
    of_matomo: bool
    """Whether its columns are not called ``utm_``, as Plausible's are."""

    @property
    def names_campaigns(self) -> bool:
        """Whether it has a column for the campaign of a visit."""
        return not {"campaign", "segment"}.isdisjoint(self.columns)


def recognise_table(head: bytes) -> TableKind | None:
    """Return the kind of the table that begins like this, or None if it has no visits."""
    encoding = _BOMS.get(head[:2], "utf-8-sig")
    start = head.decode(encoding, "replace").lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=start.count)
    try:
        names = next(csv.reader([start], delimiter=delimiter), [])
    except csv.Error:
        return None
    columns = _find_columns(names)
    if {"visits", "visit"}.isdisjoint(columns):
        return None
    of_matomo = not any(name.strip().lower() == "utm_campaign" for name in names)
    return TableKind(encoding, delimiter, columns, of_matomo)


def _find_columns(names: Iterable[str]) -> dict[str, int]:
    plain = (re.sub("[^a-z0-9]", "", name.lower()) for name in names)
    places: dict[str, int] = {}
    for place, name in enumerate(plain):
        places.setdefault(_AFFIXES.sub("", name), place)
    found = {}
    for column, spellings in _COLUMNS.items():
        if known := [spelling for spelling in spellings.split() if spelling in places]:
            found[column] = places[known[0]]
    return found


def count_table(
    name: str, chunks: Iterable[bytes], kind: TableKind, tally: Tally
) -> Iterator[None]:
    """Count the rows of a table, and yield now and then. Raise TableError."""
    undated: Counter[str] = Counter()
    rows, named = 0, False
    places = kind.columns.items()
    for cells in islice(read_rows(chunks, kind.encoding, kind.delimiter), 1, None):
        rows += 1
        row = {column: cells[place].strip() for column, place in places if place < len(cells)}
        if len(row) == len(kind.columns):
            marks = _read_marks(row)
            named = named or bool(marks.campaign)
            _count_row(row, marks, tally, undated)
        else:  # it ends too early
            tally.unreadable += 1
        if rows % 1000 == 0:
            yield
    tally.lines += rows
    if rows and not named:
        tally.note(f"{name} does not name a campaign in any row, so that nothing in it counts.")
    _note_limits(name, rows, kind, tally)
    for campaign, number in undated.items():
        tally.note(
            f"{name} has {pluralize(number, 'visit')} by links of {campaign} without their day, "
            f"which are therefore not counted. {DAYS_HINT}"
        )


def read_rows(chunks: Iterable[bytes], encoding: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each row that has any, the headings first. Raise TableError."""
    lines = _lines(codecs.iterdecode(chunks, encoding, errors="replace"))
    reader = csv.reader((line.replace("\0", "") for line in lines), delimiter=delimiter)
    try:
        yield from (row for row in reader if any(row))
    except csv.Error as error:
        raise TableError(reader.line_num, f"{error}") from None


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    rest, number = "", 0
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            number += 1
            yield line
        if len(rest) > _LONGEST_LINE:
            raise TableError(number + 1, "the line is too long")
    if rest:
        yield rest


def _count_row(row: Mapping[str, str], marks: Marks, tally: Tally, undated: Counter[str]) -> None:
    if row.get("sum") == "1":  # of rows that follow it
        return
    number = _read_number(row["visits"]) if "visits" in row else 1
    if number is None:
        tally.unreadable += 1
        return
    if day := _read_day(row.get("day", "")):
        tally.days.add(day)
        tally.count_arrival(day, marks, number)
    elif tally.wants(marks):
        undated[tally.spelling(marks)] += number


def _read_marks(row: Mapping[str, str]) -> Marks:
    found = {name: fit_value(row.get(name, "")) for name in Marks._fields}
    if (pair := row.get("network and medium", "")) and not found["network"]:
        found["network"], _, found["medium"] = map(fit_value, pair.partition(" - "))
    if (pair := row.get("partner and content", "")) and not found["content"]:
        # A link of ours always names its content, so that a single value is that.
        found["partner"], _, found["content"] = map(fit_value, pair.rpartition(" - "))
    if not found["campaign"] and (named := _SEGMENT.search(row.get("segment", ""))):
        found["campaign"] = fit_value(unquote_plus(named[1]))
    return Marks(**found)


def _read_number(text: str) -> int | None:
    return int(text.partition(".")[0]) if _NUMBER.fullmatch(text) else None


def _read_day(text: str) -> date | None:
    if not (found := _DAY.match(text)):
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def _note_limits(name: str, rows: int, kind: TableKind, tally: Tally) -> None:
    """Note what the table cannot tell, and that it may have been cut off."""
    columns = {*kind.columns}
    if "network and medium" in columns:
        columns |= {"network"}
    if "partner and content" in columns:
        columns |= {"partner", "content"}
    if missing := [words for column, words in _NAMED.items() if column not in columns]:
        tally.note(f"{name} does not tell {' or '.join(missing)} of a visit.")
    if rows and rows % 100 == 0 and kind.of_matomo:
        tally.note(
            f"{name} has exactly {rows} rows. If a limit has cut it off, rows are missing: Matomo "
            "exports 100 unless it is told filter_limit=-1."
        )

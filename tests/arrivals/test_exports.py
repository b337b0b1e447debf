"""Exports of Plausible and Matomo are counted as far as they tell; the rest is said."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from datetime import date
from typing import TYPE_CHECKING, Literal

import pytest
from helpers.web_logs import CAMPAIGN, DAY, combined, marked

from bot.arrivals.reading import read_arrivals
from bot.errors import UserError
from bot.model.arrivals import Arrival

if TYPE_CHECKING:
    from pathlib import Path

    from bot.model.arrivals import ArrivalReading

ARRIVAL = Arrival(DAY, "mastodon", "share", CAMPAIGN, "hart-data")
PLAUSIBLE = (
    *("date", "source", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_content"),
    *("utm_term", "pageviews", "visitors", "visits", "visit_duration", "bounces"),
)
"""The columns of ``imported_sources`` in https://plausible.io/docs/csv-import."""

VISITS = (
    *("idSite", "idVisit", "visitIp", "visitorId", "actionDetails_0_url", "serverDate"),
    *("lastActionDateTime", "referrerType", "referrerName", "referrerKeyword", "campaignId"),
    *("campaignContent", "campaignKeyword", "campaignMedium", "campaignName", "campaignSource"),
)
"""Columns of Matomo's ``Live.getLastVisitsDetails``, as its own tests and its plugin for campaigns
name them. The real export has some 100 more."""

FLAT = ("CampaignName", "CombinedKeywordContent")
"""Columns of Matomo's report of campaign names, asked for with flat=1 and show_dimensions=1."""


def table(*rows: tuple[str | int, ...], delimiter: str = ",", quoted: bool = False) -> str:
    out = io.StringIO()
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if quoted else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(rows)
    return out.getvalue()


def plausible(
    *marks: str, visits: int = 1, day: str = "2026-11-30", source: str = ""
) -> tuple[str | int, ...]:
    return (day, source, "", *marks, 9 * visits, visits, visits, 60, 0)


SOURCES = table(
    PLAUSIBLE,
    plausible("mastodon", "share", CAMPAIGN, "hart-data", "", visits=3),
    plausible("mastodon", "share", CAMPAIGN, "hart-data", "", visits=2, source="a, b"),
    plausible("x", "share", CAMPAIGN, "hart-data", "athena"),
    plausible("", "", "", "", "", visits=40, day="2026-12-01"),
    plausible("mail", "email", "newsletter", "", ""),
    quoted=True,
)


def read(*paths: Path) -> ArrivalReading:
    return read_arrivals(paths, [CAMPAIGN])


def write(path: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def packed(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return path


def test_plausible_tells_all_marks_by_day(tmp_path: Path) -> None:
    reading = read(write(tmp_path / "imported_sources_20261130_20261201.csv", SOURCES))
    assert reading.arrived == {
        ARRIVAL: 5,
        Arrival(DAY, "x", "share", CAMPAIGN, "hart-data", "athena"): 1,
    }
    assert reading.days == {DAY, date(2026, 12, 1)}
    assert (reading.lines, reading.unreadable, reading.clocks, reading.notes) == (5, 0, (), ())


def test_plausible_gives_a_zip(tmp_path: Path) -> None:
    export = packed(
        tmp_path / "example_org_20261201.zip",
        **{
            "imported_visitors_20261130_20261201.csv": "date,visitors\n2026-11-30,9\n",
            "imported_sources_20261130_20261201.csv": SOURCES,
        },
    )
    assert read(export).arrived[ARRIVAL] == 5


def test_the_download_of_plausibles_dashboard_only_tells_a_sum(tmp_path: Path) -> None:
    campaigns = f"name,visitors,bounce_rate,visit_duration\n{CAMPAIGN},1234,50,60\nother,7,1,1\n"
    export = packed(
        tmp_path / "Plausible export.zip",
        **{"utm_campaigns.csv": campaigns, "utm_sources.csv": campaigns, "visitors.csv": "date\n"},
    )
    reading = read(export)
    assert reading.arrived == {}
    what, number = reading.notes
    assert "Nothing in it is counted" in what
    assert "Export to CSV" in what
    assert number.endswith(f"has 1234 visitors by links of {CAMPAIGN}.")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_matomos_log_of_visits_has_a_row_a_visit(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    def visit(content: str, keyword: str, medium: str, name: str, source: str) -> tuple[str, ...]:
        page = 'https://example.org/?q="a, b"'
        seen = ("1", "7", "192.0.2.1", "0f0f0f0f0f0f0f0f", page, "2026-11-30")
        of_site = ("2026-11-30 09:15:00", "campaign" if name else "direct", name, keyword, "")
        return (*seen, *of_site, content, keyword, medium, name, source)

    rows = table(
        VISITS,
        visit("hart-data", "", "share", CAMPAIGN, "mastodon"),
        visit("hart-data", "", "share", CAMPAIGN, "mastodon"),
        visit("hart-data", "athena", "share", CAMPAIGN, "x"),
        visit("", "", "", "", ""),
        delimiter=delimiter,
    )
    reading = read(write(tmp_path / "visits.csv", rows, encoding))
    assert reading.arrived == {
        ARRIVAL: 2,
        Arrival(DAY, "x", "share", CAMPAIGN, "hart-data", "athena"): 1,
    }
    assert "192.0.2.1" not in repr(reading)
    assert "0f0f0f" not in repr(reading)


def test_matomo_without_its_plugin_names_campaign_and_keyword(tmp_path: Path) -> None:
    rows = table(
        ("idVisit", "serverDate", "referrerType", "referrerName", "referrerKeyword"),
        ("1", "2026-11-30", "campaign", CAMPAIGN, "athena"),
        ("2", "2026-11-30", "search", "Google", ""),
    )
    reading = read(write(tmp_path / "visits.csv", rows, "utf-16"))
    assert reading.arrived == {Arrival(DAY, "", "", CAMPAIGN, "", "athena"): 1}
    assert [note for note in reading.notes if "the network or the wording" in note]


@pytest.mark.parametrize("translated", [False, True])
def test_a_flat_report_of_matomo_tells_its_own_dimensions(tmp_path: Path, translated: bool) -> None:
    """Aggregate rows hold the same visits again."""
    plugin = "MarketingCampaignsReporting_"
    heading = (
        *("date", "label", "nb_uniq_visitors", "nb_visits"),
        *(f"metadata_{plugin}CampaignSourceMedium", f"metadata_{plugin}CampaignName"),
        "metadata_is_aggregate",
    )
    if translated:
        heading = (
            *("date", "Label", "Unique visitors", "Visits"),
            *(f"Metadata: {plugin}CampaignSourceMedium", f"Metadata: {plugin}CampaignName"),
            "Metadata: is_aggregate",
        )
    rows = table(
        heading,
        ("2026-11-30", "x - share", 3, 4, "x - share", "", 1),
        ("2026-11-30", f"x - share - {CAMPAIGN}", 3, 4, "x - share", CAMPAIGN, 0),
        ("2026-12-01", f"mail - email - {CAMPAIGN}", 1, 1, "mail - email", CAMPAIGN, 0),
    )
    reading = read(write(tmp_path / "report.csv", rows, "utf-16"))
    assert reading.arrived == {
        Arrival(DAY, "x", "share", CAMPAIGN, ""): 4,
        Arrival(date(2026, 12, 1), "mail", "email", CAMPAIGN, ""): 1,
    }
    assert "report.csv does not tell the wording or the partner of a visit." in "".join(
        reading.notes
    )


@pytest.mark.parametrize(
    ("both", "partner", "content"),
    [("athena - hart-data", "athena", "hart-data"), ("hart-data", "", "hart-data")],
)
def test_a_flat_report_of_names_tells_wording_and_partner(
    tmp_path: Path, both: str, partner: str, content: str
) -> None:
    rows = table(
        ("date", "nb_visits", *(f"MarketingCampaignsReporting_{name}" for name in FLAT)),
        ("2026-11-30", 4, CAMPAIGN, both),
    )
    reading = read(write(tmp_path / "report.csv", rows, "utf-16"))
    assert reading.arrived == {Arrival(DAY, "", "", CAMPAIGN, content, partner): 4}
    assert [note for note in reading.notes if note.endswith("not tell the network of a visit.")]


def test_a_report_that_names_no_campaign_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    heading = ("date", "label", "nb_visits")
    row = ("2026-11-30", "mastodon", 4)
    other = table((*heading, "metadata_segment"), (*row, "campaignSource==mastodon"))
    reading = read(write(tmp_path / "sources.csv", other, "utf-16"))
    assert [note for note in reading.notes if "does not name a campaign in any row" in note]
    with pytest.raises(UserError, match=r"b\.csv:1:1: A102 This table has visits, and"):
        read(write(tmp_path / "b.csv", table(heading, row), "utf-16"))


def test_a_report_of_campaigns_names_them_in_its_segments(tmp_path: Path) -> None:
    rows = table(
        ("date", "label", "nb_visits", "metadata_segment"),
        ("2026-11-30", "people…", 4, f"campaignName=={CAMPAIGN}"),
        ("2026-11-30", "people…", 4, f"xcampaignName=={CAMPAIGN}"),
    )
    reading = read(write(tmp_path / "report.csv", rows, "utf-16"))
    assert reading.arrived == {Arrival(DAY, "", "", CAMPAIGN, ""): 4}


@pytest.mark.parametrize("period", [None, "2026-11-30,2026-12-06", "November 2026", "30/11/2026"])
def test_visits_without_a_day_are_told_and_not_counted(tmp_path: Path, period: str | None) -> None:
    rows: list[tuple[str, ...]] = [("Campaign Name", "Visits"), (CAMPAIGN, "12")]
    if period:
        rows = [(first, *row) for first, row in zip(("date", period), rows, strict=True)]
    reading = read(write(tmp_path / "report.csv", table(*rows)))
    assert reading.arrived == {}
    assert [note for note in reading.notes if f"12 visits by links of {CAMPAIGN}" in note]


def test_columns_of_other_names_are_read_by_their_meaning(tmp_path: Path) -> None:
    for names in (
        ("mtm_source", "mtm_medium", "mtm_campaign", "mtm_content", "mtm_keyword"),
        ("pk_source", "pk_medium", "pk_campaign", "pk_content", "pk_kwd"),
        (*(f"Campaign {name}" for name in ("Source", "Medium", "Name", "Content", "Keyword")),),
    ):
        marks = ("x", "share", CAMPAIGN, "hart-data", "athena")
        rows = table(("Date", *names, "Visits"), ("2026-11-30", *marks, 2))
        assert read(write(tmp_path / "a.csv", rows)).arrived == {
            Arrival(DAY, "x", "share", CAMPAIGN, "hart-data", "athena"): 2
        }


def test_a_round_number_of_rows_may_have_been_cut_off(tmp_path: Path) -> None:
    heading = ("idVisit", "serverDate", "campaignName")
    for rows, told in ((100, True), (101, False)):
        visits = [("7", "2026-11-30", CAMPAIGN)] * rows
        reading = read(write(tmp_path / "a.csv", table(heading, *visits)))
        assert any("filter_limit=-1" in note for note in reading.notes) == told
    whole = [plausible("x", "share", CAMPAIGN, "a", "")] * 100
    assert read(write(tmp_path / "a.csv", table(PLAUSIBLE, *whole))).notes == ()


def test_blank_lines_before_the_headings_are_passed_over(tmp_path: Path) -> None:
    reading = read(write(tmp_path / "a.csv", "\n\r\n" + SOURCES))
    assert (reading.arrived[ARRIVAL], reading.unreadable) == (5, 0)


def test_rows_without_a_number_are_unreadable(tmp_path: Path) -> None:
    bad = ["", "-1", "many", "1e9", "9" * 20, "٣"]
    rows = [("2026-11-30", CAMPAIGN, number) for number in [*bad, "2", "3.0"]]
    reading = read(write(tmp_path / "a.csv", table(("date", "utm_campaign", "visits"), *rows)))
    assert (sum(reading.arrived.values()), reading.unreadable) == (5, len(bad))


def test_a_row_that_ends_too_early_is_unreadable(tmp_path: Path) -> None:
    good = ("1", "2026-11-30", "campaign", CAMPAIGN)
    rows = table(("idVisit", "serverDate", "referrerType", "referrerName"), good, ("a", "b"), good)
    reading = read(write(tmp_path / "a.csv", rows))
    assert (sum(reading.arrived.values()), reading.unreadable, reading.lines) == (2, 1, 3)


def test_an_open_quote_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = table(PLAUSIBLE, plausible("x", "share", CAMPAIGN, "a", "")) + '"' + "a\n" * 200_000
    with pytest.raises(UserError, match=r"a\.csv:\d+:1: A103 .*Export it again"):
        read(write(tmp_path / "a.csv", text))


def test_a_line_without_end_is_an_error(tmp_path: Path) -> None:
    text = table(PLAUSIBLE) + "a" * 5_000_000
    with pytest.raises(UserError, match=r"a\.csv:2:1: A103 .*too long"):
        read(write(tmp_path / "a.csv", text))


@pytest.mark.parametrize("text", ["No data available", "", "\n\n"])
def test_an_empty_export_is_said_to_be_empty(tmp_path: Path, text: str) -> None:
    reading = read(write(tmp_path / "a.csv", text))
    assert reading.notes == (f"{tmp_path / 'a.csv'} is empty.",)


def test_a_copy_of_an_export_is_counted_once(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.csv", SOURCES), write(tmp_path / "b.csv", SOURCES)
    reading = read(first, second)
    assert reading.arrived[ARRIVAL] == 5
    assert [note for note in reading.notes if "is a copy of" in note]


def test_exports_that_begin_alike_are_not_copies(tmp_path: Path) -> None:
    """The headings of Matomo's log of visits are longer than most files."""
    pages = tuple(f"actionDetails_{number}_pageTitle" for number in range(300))
    files = []
    for number, day in enumerate(("2026-11-29", "2026-11-30")):
        rows = table((*pages, *VISITS[:6], "campaignName"), (*pages, *"123456"[:5], day, CAMPAIGN))
        files.append(write(tmp_path / f"{number}.csv", rows, "utf-16"))
    assert files[0].stat().st_size == files[1].stat().st_size
    reading = read(*files)
    assert sum(reading.arrived.values()) == 2
    assert not [note for note in reading.notes if "is a copy of" in note]


def test_a_zip_with_several_tables_is_an_error(tmp_path: Path) -> None:
    """One of them may be a copy of another, or have the same days."""
    name = "imported_sources_20261130_20261201.csv"
    export = packed(tmp_path / "a.zip", **{f"site/{name}": SOURCES, f"copy/{name}": SOURCES})
    with pytest.raises(UserError, match=r"a\.zip:1:1: A102 .*site/imported.*Unpack it"):
        read(export)


@pytest.mark.parametrize("length", [200_000, 5_000_000])
def test_a_long_cell_of_plausibles_dashboard_is_an_error(tmp_path: Path, length: int) -> None:
    campaigns = f"name,visitors\n{CAMPAIGN},7\n{'a' * length},1\n"
    with pytest.raises(UserError, match=r"a\.zip:3:1: A103 .*Export it again"):
        read(packed(tmp_path / "a.zip", **{"utm_campaigns.csv": campaigns}))


def test_two_kinds_of_files_about_one_day_are_told(tmp_path: Path) -> None:
    """Each visit is counted twice if both are of one site, and rightly if they are not."""
    log = write(tmp_path / "access.log", combined(marked()))
    reading = read(log, write(tmp_path / "a.csv", SOURCES))
    assert reading.arrived[ARRIVAL] == 6
    assert "counted twice" in reading.notes[0]
    other = combined(marked(), time="29/Nov/2026:09:15:00 +0100")
    reading = read(write(log, other), tmp_path / "a.csv")
    assert not [note for note in reading.notes if "counted twice" in note]


def test_an_export_may_be_packed(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.gz", gzip.compress(SOURCES.encode()))).arrived[ARRIVAL] == 5


@pytest.mark.parametrize("damage", [slice(200, 260), slice(-30, -20), slice(60, None)])
def test_a_damaged_zip_is_an_error_or_said(tmp_path: Path, damage: slice) -> None:
    rows = [plausible("x", "share", CAMPAIGN, f"w{number}", "") for number in range(3000)]
    export = packed(tmp_path / "a.zip", **{"imported_sources.csv": table(PLAUSIBLE, *rows)})
    data = bytearray(export.read_bytes())
    data[damage] = b"\xff" * len(data[damage]) if damage.stop else b""
    export.write_bytes(data)
    try:
        notes = read(export).notes
    except UserError as error:
        assert "A101" in str(error)  # noqa: PT017 - either is right, and one of them has to be
    else:
        assert [note for note in notes if "is damaged" in note]


def test_a_zip_of_something_else_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.zip:1:1: A102 "):
        read(packed(tmp_path / "a.zip", **{"letter.txt": "hello"}))

"""The report on share pages, from readings that are known to the unit."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from helpers.arrivals import (
    HART,
    MARKS,
    NIMBUS,
    campaign,
    day,
    posted,
    reading,
    share_evidence,
    shared,
    wording,
)
from helpers.reports import CAMPAIGN, NOW, ago, publication, report, sample_answer, snapshot

from bot.model.arrivals import Arrival, ArrivalReading
from bot.model.share import NETWORK_NAMES, PAGE_NETWORKS, SharePartner
from bot.reports import Evidence, render, tables
from bot.reports.share_notes import (
    NO_FILES,
    NO_SHARE_PAGE,
    NOBODY,
    NOT_MARKED,
    NOT_THE_SAME,
    OPENED_DAYS,
    PAGE_ALONE,
    SMALL,
    UNSEEN_PLACES,
)
from bot.share.networks import NETWORKS

if TYPE_CHECKING:
    from bot.reports.table import Cell, Table

SHARED = {
    shared(1, "x", "hart-data"): 30,
    shared(1, "x", "nimbus"): 12,
    shared(2, "whatsapp", "hart-data"): 51,
    shared(2, "mail", "nimbus", "athena"): 7,
}
POSTED = {posted(1, "x"): 20, posted(2, "mastodon"): 5}
POSTS = [
    publication(1, published=ago(days=1)),
    publication(2, published=ago(days=2)),
    publication(3, published=ago(days=2), platform="mastodon", account="mj-m"),
    publication(4, published=ago(days=9)),
]
READS = [
    snapshot(1, ago(hours=1), impressions=900, likes=40),
    snapshot(2, ago(hours=1), impressions=500, likes=2, reposts=3),
    snapshot(3, ago(hours=1), likes=6),
    snapshot(4, ago(hours=1), impressions=70_000, likes=9_000),
]


@pytest.fixture
def whole() -> Evidence:
    """Return evidence of two days with arrivals by pages, a partner and posts."""
    arrived = reading(SHARED | POSTED, robots=1204, redirected=3, refused=2, lines=99_000)
    of = campaign(partners={"athena": "Athena coalition"})
    return share_evidence(arrived, of, posts=POSTS, snapshots=READS)


def figures(table: Table, what: str, *keys: str) -> dict[Cell, tuple[Cell, ...]]:
    """Return some figures of a kind of rows, by the rows' names."""
    rows = [dict(zip([c.key for c in table.columns], row, strict=True)) for row in table.rows]
    return {row["name"]: tuple(row[k] for k in keys) for row in rows if row["what"] == what}


def part(table: Table, what: str) -> Table:
    return next(part for part in table.parts if part.id == f"share-{what}")


# --- Figures -------------------------------------------------------------------------------------


def test_networks_stand_beside_our_posts_on_them(whole: Evidence) -> None:
    keys = ("arrived", "arrived_from_posts", "posts", "engagements")
    found = figures(report("share", whole), "network", *keys)
    assert found["X"] == (42, 20, 2, 45)
    assert found["Mastodon"] == (0, 5, 1, 6)
    assert found["WhatsApp"] == (51, 0, 0, 0)
    assert found["Mail"] == (7, 0, 0, 0)
    assert found["Threads"] == (0, 0, 0, 0)
    assert found.keys() == {*NETWORK_NAMES.values()}
    assert [*found][:3] == ["WhatsApp", "X", "Mail"]  # most arrivals first


def test_wordings_have_their_demand_and_the_beginning_of_their_text(whole: Evidence) -> None:
    table = report("share", replace(whole, names=whole.names))
    assert figures(table, "wording", "id", "demand", "arrived") == {
        HART: ("hart-data", "hart", 81),
        NIMBUS: ("nimbus", "nimbus", 19),
    }


def test_partners_stand_beside_our_own_page(whole: Evidence) -> None:
    found = figures(report("share", whole), "partner", "id", "arrived")
    assert found == {"Our own page": ("", 93), "Athena coalition": ("athena", 7)}


def test_posts_of_partners_are_not_ours() -> None:
    theirs = {posted(1, "x", partner="athena"): 8, posted(1, "x", partner="stranger"): 2}
    of = campaign(partners={"athena": "Athena coalition"})
    table = report("share", share_evidence(reading(SHARED | POSTED | theirs), of))
    assert table.column_total("arrived_from_posts") == 25
    assert table.column_total("arrived_from_partners") == 10
    keys = ("arrived", "arrived_from_posts", "arrived_from_partners")
    assert figures(table, "network", *keys)["X"] == (42, 20, 10)
    assert figures(table, "partner", *keys) == {
        "Our own page": (93, None, 0),
        "Athena coalition": (7, None, 8),
        "Other, not in the campaign": (0, None, 2),
    }
    assert "arrived_from_partners" in {column.key for column in part(table, "partner").columns}


def test_partners_without_a_page_have_their_id(whole: Evidence) -> None:
    table = report("share", replace(whole, campaigns=[replace(campaign(), partners=("athena",))]))
    assert figures(table, "partner", "arrived") == {"Our own page": (93,), "athena": (7,)}
    assert "arrived_from_partners" not in {column.key for column in part(table, "network").columns}


def test_days_stand_beside_our_posts_of_each(whole: Evidence) -> None:
    keys = ("arrived", "arrived_from_posts", "posts", "engagements")
    assert figures(report("share", whole), "day", *keys) == {
        "2022-07-13 Wed": (42, 20, 1, 40),
        "2022-07-12 Tue": (58, 5, 2, 11),
    }


def test_all_kinds_of_rows_add_up_to_the_same(whole: Evidence) -> None:
    table = report("share", whole)
    assert table.column_total("arrived") == 100
    assert table.column_total("arrived_from_posts") == 25
    assert (table.column_total("posts"), table.column_total("engagements")) == (3, 51)
    for kind in ("network", "wording", "partner", "day"):
        assert sum(int(str(n or 0)) for (n,) in figures(table, kind, "arrived").values()) == 100
        assert part(table, kind).column_total("arrived") == 100


def test_opened_and_arrived_stand_side_by_side_without_a_rate() -> None:
    opened = {shared(1, "x", "hart-data"): 64, shared(2, "mail", "nimbus"): 9}
    both = reading(SHARED, opened=opened, opened_days=frozenset({day(1), day(2)}))
    table = report("share", share_evidence(both))
    assert figures(table, "network", "opened", "arrived")["X"] == (64, 42)
    assert figures(table, "network", "opened", "arrived")["Mail"] == (9, 7)
    assert figures(table, "day", "opened")["2022-07-13 Wed"] == (64,)
    assert table.column_total("opened") == 73
    assert {NOT_THE_SAME, OPENED_DAYS} <= {*table.notes}
    assert "rate" not in {column.kind for column in table.columns}


def test_counters_alone_leave_arrivals_without_data() -> None:
    opened = {shared(1, "x", "hart-data"): 64}
    table = report("share", share_evidence(reading({}, opened=opened, opened_days={day(1)})))
    assert figures(table, "network", "opened", "arrived", "arrived_from_posts")["X"] == (
        *(64, None, None),
    )
    assert table.lead == "Links of the share page were opened 64 times."
    assert "arrived" not in {column.key for column in part(table, "network").columns}


# --- Names that the files do not have -------------------------------------------------------------


def test_a_flood_of_invented_names_is_one_row() -> None:
    flood = {shared(1, f"net-{n}", f"=cmd-{n}", f"p-{n}"): 2 for n in range(5_000)}
    of = campaign(partners={"athena": "Athena coalition"})
    table = report("share", share_evidence(reading(SHARED | flood), of))
    for kind in ("network", "wording", "partner"):
        found = figures(table, kind, "arrived", "id")
        assert found["Other, not in the campaign"] == (10_000, "(other)")
        assert len(found) < 20
    assert "cmd" not in f"{table.rows}{table.parts}"


def test_links_of_other_campaigns_are_left_out() -> None:
    others = {shared(1, "x", "hart-data", campaign="walrus"): 1, posted(1, "x", campaign="sea"): 2}
    table = report("share", share_evidence(reading(SHARED | others)))
    assert table.column_total("arrived") == 100
    assert table.column_total("arrived_from_posts") == 0


def test_links_carry_the_name_that_the_campaign_chose_or_its_id() -> None:
    named = campaign(link_marks=replace(MARKS, campaign="amazon"))
    chosen = {shared(1, "x", "hart-data", campaign="amazon"): 3}
    earlier = {shared(1, "x", "hart-data"): 4, shared(1, "x", "hart-data", campaign="Amazon"): 5}
    table = report("share", share_evidence(reading(chosen | earlier), named))
    assert figures(table, "wording", "arrived")[HART] == (7,)


def test_campaigns_stand_side_by_side_if_there_are_several() -> None:
    walrus = campaign(
        wording("hart-data", "Walruses, too"),
        id="walrus",
        title="Save the walrus",
        link_marks=replace(MARKS, campaign="walrus"),
    )
    more = {shared(1, "x", "hart-data", campaign="walrus"): 9}
    posts = [*POSTS, publication(5, campaign="walrus", published=ago(days=1))]
    of = share_evidence(
        reading(SHARED | POSTED | more), campaign(), walrus, posts=posts, snapshots=READS
    )
    table = report("share", of)
    keys = ("arrived", "arrived_from_posts", "posts", "engagements")
    assert figures(table, "campaign", "id", *keys) == {
        "Amazon, put people over profit": (CAMPAIGN, 100, 25, 3, 51),
        "Save the walrus": ("walrus", 9, 0, 1, None),
    }
    assert figures(table, "wording", "campaign", "arrived")["Walruses, too"] == (
        *("Save the walrus", 9),
    )
    assert "share-campaign" not in {
        of.id for of in report("share", share_evidence(reading(SHARED))).parts
    }


# --- Days ----------------------------------------------------------------------------------------


def test_a_day_without_a_file_has_no_data_and_a_day_without_arrivals_has_none() -> None:
    covered = [day(1), day(2), day(4), day(5)]
    table = report("share", share_evidence(reading(SHARED, covered), posts=POSTS, snapshots=READS))
    keys = ("arrived", "arrived_from_posts", "posts")
    found = figures(table, "day", *keys)
    assert found["2022-07-11 Mon"] == (None, None, None)
    assert found["2022-07-10 Sun"] == (0, 0, 0)
    assert [*found] == sorted(map(str, found), reverse=True)
    assert "2022-07-09 to 2022-07-13" in table.notes[-1]
    assert "No file covers 1 day between these." in table.notes[-1]


def test_a_report_of_some_days_counts_these_alone() -> None:
    of = share_evidence(reading(SHARED), since=ago(days=1, hours=16), until=ago(hours=16))
    table = report("share", of)
    assert figures(table, "day", "arrived") == {"2022-07-13 Wed": (42,)}
    assert table.column_total("arrived") == 42


def test_a_day_within_which_the_report_begins_is_left_out_with_its_posts() -> None:
    since = ago(days=2)  # at 16:00 on the first day of the files
    posts = [of for of in POSTS if of.published >= since]
    of = share_evidence(reading(SHARED | POSTED), posts=posts, snapshots=READS, since=since)
    table = report("share", of)
    assert figures(table, "day", "arrived", "posts") == {"2022-07-13 Wed": (42, 1)}
    assert (table.column_total("arrived"), table.column_total("posts")) == (42, 1)
    said = (
        "2022-07-12 is left out, because the report begins on that day at 16:00, and files are "
        "counted by whole days."
    )
    assert said in table.notes


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (ago(days=2, hours=16), None),  # midnight
        (ago(days=5), None),  # within a day of which the files have nothing
        (None, ago(hours=16)),
        (None, ago(hours=-8)),  # the end of this day
    ],
)
def test_days_are_whole_if_the_report_begins_and_ends_between_them(
    since: datetime | None, until: datetime | None
) -> None:
    of = share_evidence(reading(SHARED), since=since, until=until)
    table = report("share", of)
    assert [*figures(table, "day", "arrived")] == ["2022-07-13 Wed", "2022-07-12 Tue"]
    assert "is left out" not in " ".join(table.notes)


def test_a_day_begins_at_midnight_in_the_timezone_of_the_report() -> None:
    first = {shared(1, "x", "hart-data"): 1}
    midnight = datetime(2022, 7, 13, 4, tzinfo=UTC)
    of = share_evidence(reading(first), timezone="America/New_York", since=midnight)
    assert figures(report("share", of), "day", "arrived") == {"2022-07-13 Wed": (1,)}
    change = Arrival(date(2022, 3, 27), "x", "share", CAMPAIGN, "hart-data")
    skipped = datetime(2022, 3, 26, 22, tzinfo=UTC)  # there, 0:00 is skipped
    of = share_evidence(reading({change: 2}), timezone="Asia/Beirut", since=skipped)
    assert figures(report("share", of), "day", "arrived") == {"2022-03-27 Sun": (2,)}


@pytest.mark.parametrize(("end", "count"), [(date.min, None), (date.max, 2)])
def test_the_first_and_the_last_day_of_the_calendar_are_days(end: date, count: int | None) -> None:
    arrived = Arrival(end, "x", "share", CAMPAIGN, "hart-data")
    of = share_evidence(reading({arrived: 2}), timezone="Asia/Beirut", since=ago(days=2))
    assert report("share", of).column_total("arrived") == count


def test_days_that_the_files_do_not_cover_have_no_rows() -> None:
    table = report("share", share_evidence(reading(SHARED), until=ago(days=30)))
    assert table.rows == ()
    assert table.notes == (
        "The files cover 2022-07-12 to 2022-07-13. The report is about other days.",
    )


def test_files_without_a_day_have_no_rows() -> None:
    table = report("share", share_evidence(ArrivalReading({}, lines=3, unreadable=3)))
    assert table.rows == ()
    assert table.notes == (
        "The files have no day that can be counted.",
        "3 of 3 lines cannot be read.",
    )


def test_ten_years_of_days_are_not_listed() -> None:
    arrived = SHARED | {shared(3650, "x", "hart-data"): 1}
    table = report("share", share_evidence(reading(arrived)))
    assert len(figures(table, "day", "arrived")) == 400
    assert table.column_total("arrived") == 101


@pytest.mark.parametrize(
    ("clocks", "said"),
    [(("-0400",), False), ((), False), (("+0000",), True), (("-0400", "+0000"), True)],
)
def test_another_clock_than_the_campaigns_is_named(clocks: tuple[str, ...], *, said: bool) -> None:
    of = share_evidence(reading(SHARED, clocks=clocks), timezone="America/New_York")
    notes = " ".join(report("share", of).notes)
    assert ("clock" in notes) == said
    assert not said or "not of America/New_York" in notes


# --- Words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "posts", "sentence"),
    [
        (412, 130, "More arrived from the share page (412) than from our own posts (130)."),
        (130, 1412, "Fewer arrived from the share page (130) than from our own posts (1,412)."),
        (400, 410, "About as many arrived from the share page (400) as from our own posts (410)."),
        (25, 18, "About as many arrived from the share page (25) as from our own posts (18)."),
        (19, 3, "19 arrived from the share page, and 3 from our own posts."),
        (0, 0, NOBODY),
    ],
)
def test_counts_are_compared_only_if_they_are_large_enough(
    page: int, posts: int, sentence: str
) -> None:
    counts = {shared(1, "x", "hart-data"): page, posted(1, "x"): posts}
    assert report("share", share_evidence(reading(counts))).lead == sentence


def test_nobody_is_said_of_the_figures_that_are_nothing_alone() -> None:
    """Partners had arrivals, links were opened, and a newsletter has marks of its own."""
    theirs = {posted(1, "x", partner="athena"): 3, shared(1, "mail", "may", medium="email"): 9}
    opened = {shared(1, "x", "hart-data"): 64}
    table = report("share", share_evidence(reading(theirs, opened=opened, opened_days={day(1)})))
    assert table.column_total("arrived_from_partners") == 3
    assert table.column_total("opened") == 64
    assert table.lead == NOBODY
    assert "of the share page or of our own posts" in NOBODY


def test_requests_that_are_left_out_are_named(whole: Evidence) -> None:
    assert (
        "Of the marked requests in all files, 1,204 by robots or previewers, 3 answered with a "
        "redirect and 2 answered with an error are left out."
    ) in report("share", whole).notes


def test_small_numbers_and_unknown_places_are_named_only_if_there_are_any(whole: Evidence) -> None:
    assert SMALL in report("share", whole).notes
    assert UNSEEN_PLACES not in report("share", whole).notes
    large = {shared(1, "copy", name): 20 for name in ("hart-data", "nimbus")}
    notes = report("share", share_evidence(reading(large))).notes
    assert SMALL not in notes
    assert UNSEEN_PLACES in notes


def test_a_campaign_without_marks_has_no_data() -> None:
    bare = campaign(link_marks=None)
    table = report("share", share_evidence(reading({}, [day(1)]), bare))
    assert {found for (found,) in figures(table, "network", "arrived").values()} == {None}
    assert NOT_MARKED in table.notes


def test_links_without_marks_have_no_data_beside_those_with_marks() -> None:
    own, far = campaign(), campaign(wording("far", "Far"), id="far", title="Far")
    assert far.share
    marks, page = replace(MARKS, campaign="far"), "https://elsewhere.example/"
    elsewhere = replace(far, link_marks=marks, share=replace(far.share, link=page))
    bare = campaign(wording("bare", "Bare"), id="bare", title="Bare", link_marks=None)
    table = report("share", share_evidence(reading(SHARED | POSTED), own, elsewhere, bare))
    assert figures(table, "wording", "arrived") == {
        HART: (81,),
        NIMBUS: (19,),
        "Far": (None,),
        "Bare": (None,),
    }
    assert figures(table, "campaign", "arrived", "arrived_from_posts") == {
        own.title: (100, 25),
        "Far": (None, 0),
        "Bare": (None, None),
    }
    notes = [note for note in table.notes if "without marks" in note]
    reasons = [
        f"of Far links to {page} without marks. It does not lead to one of the pages under links:.",
        f"of Bare links to {MARKS.pages[0]} without marks. The campaign does not ask for marks.",
    ]
    assert notes == [f"The share page {reason}" for reason in reasons]
    some = {shared(1, "x", "far", campaign="far"): 3}  # from before links: changed
    table = report("share", share_evidence(reading(SHARED | some), own, elsewhere))
    assert figures(table, "wording", "arrived")["Far"] == (3,)


def test_a_partners_link_without_marks_is_named() -> None:
    own = campaign()
    assert own.share
    athena = SharePartner("athena", "Athena", link="https://athena.example/")
    page = replace(own.share, partners={"athena": athena})
    table = report("share", share_evidence(reading({}, [day(1)]), replace(own, share=page)))
    assert figures(table, "partner", "arrived") == {"Our own page": (0,), "Athena": (None,)}
    start = "The share page of Athena links to https://athena.example/ without marks. "
    assert [note for note in table.notes if note.startswith(start)]


def test_networks_that_take_the_page_alone_have_no_data_unless_somebody_is_counted() -> None:
    """They may link to the page's own address, which has no marks and no counter."""
    assert {*PAGE_NETWORKS} == {of.id for of in NETWORKS.values() if not of.takes_text}
    some = SHARED | {shared(1, "linkedin", "nimbus"): 1}
    opened = {shared(1, "facebook", "nimbus"): 2}
    table = report("share", share_evidence(reading(some, opened=opened, opened_days={day(1)})))
    found = figures(table, "network", "opened", "arrived")
    assert (found["Facebook"], found["LinkedIn"], found["Threads"]) == (
        *((2, None), (None, 1), (0, 0)),
    )
    assert PAGE_ALONE in table.notes
    assert table.column_total("arrived") == 101
    bare = report("share", share_evidence(reading(POSTED), campaign(share=None)))
    assert PAGE_ALONE not in bare.notes


def test_a_campaign_without_a_share_page_has_its_posts_alone() -> None:
    bare = campaign(share=None)
    table = report("share", share_evidence(reading(POSTED), bare, posts=POSTS))
    assert figures(table, "network", "arrived_from_posts") == {"X": (20,), "Mastodon": (5,)}
    assert NO_SHARE_PAGE in table.notes
    assert [of.id for of in table.parts] == ["share-network", "share-day"]


def test_without_a_file_the_table_says_how_to_get_one(whole: Evidence) -> None:
    table = report("share", replace(whole, arrivals=None))
    assert (table.rows, table.notes) == ((), (NO_FILES,))


def test_the_words_are_opened_and_arrived(whole: Evidence) -> None:
    for form in ("terminal", "markdown", "json", "csv"):
        text = shown(whole, form).lower()
        assert not re.search(r"shared by|\bclicks?\b", text)


# --- Formats -------------------------------------------------------------------------------------


def shown(of: Evidence, form: str, width: int = 100) -> str:
    answer = sample_answer(of) if form == "html" else None
    return render(form, of, tables(of, NOW, ["share"]), NOW, answer=answer, width=width)


def test_people_read_a_table_for_each_kind(whole: Evidence) -> None:
    for form in ("terminal", "markdown", "html"):
        text = shown(whole, form)
        titles = ["network", "wording", "partner", "day"]
        places = [text.index(f"Arrivals by {title}") for title in titles]
        assert places == sorted(places)
        assert "Arrivals by campaign" not in text
        assert "Athena coalition" in text
    assert re.search(r"^ X +42 +\S+ +20 +2 +45$", shown(whole, "terminal"), re.MULTILINE)
    assert "| X | 42 | 20 | 2 | 45 |" in shown(whole, "markdown")
    assert "| Threads | 0 | 0 | 0 | 0 |" in shown(whole, "markdown")


def test_programs_read_one_table(whole: Evidence) -> None:
    rows = list(csv.DictReader(io.StringIO(shown(whole, "csv"))))
    document = json.loads(shown(whole, "json"))
    (table,) = document["reports"]
    assert len(rows) == len(table["rows"]) == 11 + 2 + 2 + 2
    for text, row in zip(rows, table["rows"], strict=True):
        assert text == {key: "" if value is None else f"{value}" for key, value in row.items()}
    assert table["rows"][1] == {
        "what": "network",
        "name": "X",
        "id": "x",
        "demand": None,
        "language": None,
        "campaign": None,
        "opened": None,
        "arrived": 42,
        "arrived_from_posts": 20,
        "arrived_from_partners": 0,
        "posts": 2,
        "engagements": 45,
    }
    assert table["total"]["arrived"] == 100


@pytest.mark.parametrize("sign", [*"=+-@"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(sign: str) -> None:
    hostile = campaign(
        wording("hart-data", f"{sign}1+1 for all"), partners={"athena": f"{sign}SUM(A1)"}
    )
    text = shown(share_evidence(reading(SHARED), hostile), "csv")
    names = [row["name"] for row in csv.DictReader(io.StringIO(text))]
    assert f"'{sign}1+1 for all" in names
    assert f"'{sign}SUM(A1)" in names


@pytest.mark.parametrize(
    "text",
    [
        "كاميرا جرس الباب لجارك " * 9,
        "\u202eevil\x1b[2J",
        "W" * 3_000,
        "<b>&lt;</b>",
        "👩🏽‍💻 " * 70,
    ],
)
def test_long_and_foreign_texts_keep_the_figures(text: str) -> None:
    of = share_evidence(reading(SHARED), campaign(wording("hart-data", text)))
    for width in (60, 80, 120):
        lines = shown(of, "terminal", width).splitlines()
        row = next(line for line in lines[lines.index("Arrivals by wording") :] if " 81" in line)
        assert "\x1b" not in row
        assert "\u202e" not in row
    page = shown(of, "html")
    assert "<b>&lt;" not in page
    assert "\u202e" not in page

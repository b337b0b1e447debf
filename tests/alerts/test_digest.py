"""What the digest of a week says, and what it leaves out. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from helpers.store import NOW

from bot.alerts.digest import MAX_LISTED, MAX_ROWS, MAX_TOP_POSTS, DigestNotes, Week, write_digest
from bot.model import Counters, Publication, Snapshot
from bot.reports import Names

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
START = NOW - 7 * DAY
NAMES = Names(
    {"people": "People over profit", "rail": "Rails for all"},
    {("people", "hart"): "Take HART off AWS", ("rail", "buses"): "Buses every ten minutes"},
    accounts={"mj": "@mediajustice"},
)
READ = "; read 2026-03-02 11:00"


def post(number: int, **other: object) -> Publication:
    """Return a post of three days ago."""
    text = ("people", f"post-{number}", "hart", None, "mj", "x", str(number))
    at = NOW - 3 * DAY
    base = Publication(
        number, number, 0, *text, f"https://x.com/{number}", f"Words {number}", at, at
    )
    return replace(base, **other)  # type: ignore[arg-type]


def read(
    number: int, shown: int | None, likes: int | None = None, at: timedelta = HOUR
) -> Snapshot:
    return Snapshot(number, NOW - at, Counters(impressions=shown, likes=likes))


def week(*after: Snapshot, before: tuple[Snapshot, ...] = ()) -> Week:
    first, last = (
        {snapshot.publication: snapshot for snapshot in some} for some in (before, after)
    )
    return Week(START, NOW, first, last, Decimal("1.5"))


NOTHING = Week(START - 7 * DAY, START, {}, {}, Decimal(0))


def lines(posts: list[Publication], found: Week, told: DigestNotes | None = None) -> list[str]:
    return write_digest(posts, found, NOTHING, told or DigestNotes(), "UTC", NAMES).splitlines()


def many(
    count: int, shown: int = 1000, likes: int = 10
) -> tuple[list[Publication], list[Snapshot]]:
    """Return posts that are alike, and their snapshots."""
    numbers = range(100, 100 + count)
    return [post(number) for number in numbers], [read(number, shown, likes) for number in numbers]


def test_a_whole_digest() -> None:
    posts = [
        post(1, text="HART costs\n$6 billion, and it runs on <!channel> servers of Amazon"),
        post(2, part=1, delivery=1, text="The second part"),
        post(3, campaign="rail", demand="buses", account="rail-x", published=START - DAY),
        post(4, demand=None),
    ]
    found = week(
        read(1, 900, 30), read(2, 100, 0), read(3, 250, 5, 30 * HOUR), before=(read(3, 50, 5),)
    )
    told = DigestNotes(
        ["people/lost/mj/once: missed"], [], ["mj: $8 of $10 for 2026-03; 80 % are reached"], 1
    )
    assert lines(posts, found, told) == [
        "The week from 2026-02-23 12:00 to 2026-03-02 12:00 (UTC); in brackets the week before.",
        "",
        "- Posts out: 3 (1)",
        "- Impressions gained: 1,200 (no data)",
        "- Engagements gained: 30 (no data)",
        "- Engagements per impression: 2.50% (no data)",
        "- Counters last read: 2026-03-02 11:00",
        "- No data for the week: 1 of 4 posts",
        "- Spent: $1.50 ($0.00)",
        "- Budget of mj: $8 of $10 for 2026-03; 80 % are reached",
        "",
        "Campaigns",
        (
            "- People over profit: impressions 1,000 (no data), engagements 30 (no data), "
            f"3.00% (no data){READ}"
        ),
        (
            "- Rails for all: impressions 200 (no data), engagements 0 (no data), "
            "0.00% (no data); read 2026-03-01 06:00"
        ),
        "",
        "Demands",
        (
            "- People over profit: Take HART off AWS: impressions 1,000 (no data), "
            f"engagements 30 (no data), 3.00% (no data){READ}"
        ),
        (
            "- Rails for all: Buses every ten minutes: impressions 200 (no data), "
            "engagements 0 (no data), 0.00% (no data); read 2026-03-01 06:00"
        ),
        (
            "- People over profit: no demand: impressions no data (no data), "
            "engagements no data (no data), no data (no data)"
        ),
        "",
        "Accounts",
        (
            "- @mediajustice: impressions 1,000 (no data), engagements 30 (no data), "
            f"3.00% (no data){READ}"
        ),
        (
            "- rail-x: impressions 200 (no data), engagements 0 (no data), "
            "0.00% (no data); read 2026-03-01 06:00"
        ),
        "",
        "Posts that gained most",
        (
            "- “HART costs $6 billion, and it runs on ‹!channel› servers…”: 1,000 impressions"  # noqa: RUF001 - no mark of a chat
            f"{READ}. https://x.com/1"
        ),
        "- “Words 3”: 200 impressions; read 2026-03-01 06:00. https://x.com/3",
        "",
        "Did not go out",
        "- people/lost/mj/once: missed",
        "",
        "Waits for a person",
        "- nothing",
        "",
        "1 post is scheduled for the seven days ahead.",
    ]


def test_without_any_reading_it_says_never_and_gives_no_nought() -> None:
    said = lines([post(1)], week())
    assert "- Counters last read: never" in said
    assert "- Impressions gained: no data (no data)" in said
    assert "Posts that gained most" not in said


def test_names_that_are_not_known_are_given_by_their_ids() -> None:
    posts = [post(1), post(2, campaign="new", demand="else", account="other")]
    said = "\n".join(lines(posts, week(read(1, 10, 1), read(2, 5, 1))))
    assert "- new: else: impressions 5 (no data)" in said
    assert "- other: impressions 5 (no data)" in said


def test_two_campaigns_of_one_title_stay_two_rows() -> None:
    posts = [post(1), post(2, campaign="again")]
    names = Names({"people": "One title", "again": "One title"})
    said = write_digest(posts, week(read(1, 7), read(2, 5)), NOTHING, DigestNotes(), "UTC", names)
    rows = [line for line in said.splitlines() if line.startswith("- One title: ")]
    assert [row.split()[4] for row in rows if "hart" not in row] == ["7", "5"]


def test_what_there_is_one_of_has_no_table_and_the_demand_no_campaign_before_it() -> None:
    posts = [post(1), post(2, demand=None)]
    said = lines(posts, week(read(1, 10, 1), read(2, 5, 1)))
    assert not {"Campaigns", "Accounts"} & {*said}
    assert said[said.index("Demands") + 1].startswith("- Take HART off AWS: impressions 10 ")


def test_tables_and_lists_stay_short_and_say_where_the_rest_is() -> None:
    posts = [post(number, demand=f"d{number}") for number in range(MAX_ROWS + 2)]
    after = week(*(read(number, 100 - number) for number in range(MAX_ROWS + 2)))
    said = lines(
        posts, after, DigestNotes(["lost"] * (MAX_LISTED + 3), ["held"], scheduled_ahead=1200)
    )
    assert "- and 2 more: groundswell report" in said
    assert "- and 3 more: groundswell inbox" in said
    assert said[-1] == "1,200 posts are scheduled for the seven days ahead."
    best = said[said.index("Posts that gained most") + 1 :][: MAX_TOP_POSTS + 1]
    assert best[:1] == [f"- “Words 0”: 100 impressions{READ}. https://x.com/0"]
    assert best[MAX_TOP_POSTS] == ""


# --- against usual --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("others", "shown", "likes", "said"),
    [
        (4, 2000, 50, ", 2.50× the usual engagement of @mediajustice"),  # noqa: RUF001 - times
        (3, 2000, 50, ""),  # with the post itself four, which is too few
        (4, 2000, 20, ", 1.00× the usual engagement of @mediajustice"),  # noqa: RUF001 - times
        (4, 1999, 19, ""),  # 19 engagements, and 20 are not expected either
        (4, 3000, 3, ", 0.10× the usual engagement of @mediajustice"),  # noqa: RUF001 - times
    ],
)
def test_a_post_stands_against_its_accounts_usual_where_that_is_more_than_noise(
    others: int, shown: int, likes: int, said: str
) -> None:
    posts, reads = many(others)
    [row] = [
        line
        for line in lines([*posts, post(1)], week(*reads, read(1, shown, likes)))
        if line.startswith("- “Words 1”")
    ]
    assert row == f"- “Words 1”: {shown:,} impressions{said}{READ}. https://x.com/1"

"""The reports by when, wording and platform, and the figures that say how a post did."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.reports import (
    CAMPAIGN,
    NAMES,
    NOW,
    ago,
    evidence,
    evidence_of,
    publication,
    report,
    snapshot,
)

from bot.model import Counters, Poll, PollVotes, Snapshot
from bot.reports import Names, render
from bot.reports.comparing import METHOD, Verdict
from bot.reports.table import DAYS

if TYPE_CHECKING:
    from bot.model import Publication
    from bot.reports import Evidence
    from bot.reports.table import Cell, Table


def rows(table: Table, *keys: str) -> list[tuple[Cell, ...]]:
    return list(zip(*(table.column(key) for key in keys), strict=True))


def pairs(table: Table, key: str, value: str) -> dict[Cell, Cell]:
    return dict(zip(table.column(key), table.column(value), strict=True))


def read(number: int, seen: int | None, likes: int | None) -> Snapshot:
    return Snapshot(number, ago(hours=1), Counters(impressions=seen, likes=likes))


# --- When ----------------------------------------------------------------------------------------


def test_weekday_and_hour_are_those_of_the_audience() -> None:
    late_sunday = datetime(2022, 7, 11, 3, 30, tzinfo=UTC)
    of = evidence(publication(1, published=late_sunday), timezone="America/New_York")
    assert rows(report("week", of), "weekday", "hour") == [("Sunday", "23:00")]
    elsewhere = evidence(publication(1, published=late_sunday), timezone="Asia/Tokyo")
    assert rows(report("week", elsewhere), "weekday", "hour") == [("Monday", "12:00")]


def test_weekdays_are_in_the_order_of_the_week() -> None:
    days = [publication(n, published=NOW - timedelta(days=n)) for n in range(7)]
    assert report("week", evidence(*days)).column("weekday") == [*DAYS]


def test_a_post_is_before_during_or_after_its_event_to_the_second() -> None:
    starts, ends = ago(hours=20), ago(hours=10)
    moments = {
        "before": starts - timedelta(seconds=1),
        "start": starts,
        "last": ends - timedelta(seconds=1),
        "end": ends,
    }
    posts = [
        publication(n, event="nyc", published=moment, text=name)
        for n, (name, moment) in enumerate(moments.items())
    ]
    names = Names(spans={(CAMPAIGN, "nyc"): (starts, ends)})
    table = report("phase", evidence(*posts, names=names))
    assert rows(table, "phase", "posts") == [("Before", 1), ("During", 2), ("After", 1)]


def test_an_event_that_left_the_files_is_of_unknown_time_and_no_event_is_none() -> None:
    table = report("phase", evidence(publication(1, event="gone"), publication(2)))
    assert rows(table, "event", "phase") == [("No event", "No event"), ("gone", "Time unknown")]


def test_platforms_are_summed_apart() -> None:
    of = evidence(publication(1), publication(2, platform="mastodon"))
    found = rows(report("platform", of), "platform", "platform_id", "posts")
    assert sorted(found) == [("Mastodon", "mastodon", 1), ("X", "x", 1)]


# --- Polls ---------------------------------------------------------------------------------------


def asked(number: int, hours: float = 48, **changes: object) -> Publication:
    poll = Poll(("Yes", "No", "Not yet"), 24 * 60)
    return publication(number, poll=poll, published=ago(hours=hours), **changes)


def votes(*counts: int | None, hours: float = 1, closed: bool = True) -> PollVotes:
    return PollVotes(counts, ago(hours=hours), closed)


def test_votes_are_listed_by_poll_and_option_the_most_voted_first() -> None:
    of = evidence(
        asked(1),
        publication(2),
        asked(3, account="athena"),
        votes={1: votes(1, 3, 4), 3: votes(30, 0, 10, hours=2)},
        names=NAMES,
    )
    table = report("poll", of)
    assert rows(table, "post_id", "option", "votes", "share", "account") == [
        ("post-3", "Yes", 30, Decimal("0.75"), "@AthenaCoalition"),
        ("post-3", "No", 0, Decimal(0), "@AthenaCoalition"),
        ("post-3", "Not yet", 10, Decimal("0.25"), "@AthenaCoalition"),
        ("post-1", "Yes", 1, Decimal("0.125"), "@MediaJustice"),
        ("post-1", "No", 3, Decimal("0.375"), "@MediaJustice"),
        ("post-1", "Not yet", 4, Decimal("0.5"), "@MediaJustice"),
    ]
    assert table.read == ago(hours=1)
    assert table.says_something


def test_votes_that_were_not_read_are_no_data_and_have_no_share() -> None:
    of = evidence(asked(1), asked(2), asked(3), votes={1: votes(5, None, 5), 2: votes(0, 0, 0)})
    table = report("poll", of)
    found = defaultdict(list)
    for post, count, share in rows(table, "post_id", "votes", "share"):
        found[post].append((count, share))
    assert found == {
        "post-1": [(5, None), (None, None), (5, None)],
        "post-2": [(0, None)] * 3,
        "post-3": [(None, None)] * 3,
    }
    assert table.says_something


@pytest.mark.parametrize(
    ("hours", "known", "state"),
    [
        (23, votes(1, 2, 3, closed=False), "open"),
        (23, None, "open"),
        (23, votes(1, 2, 3), "closed"),
        (24, votes(1, 2, 3), "closed"),
        (24, votes(1, 2, 3, closed=False), "closed, last read before its end"),
        (24, None, "closed, never read"),
    ],
)
def test_a_poll_is_open_or_closed_and_says_whether_that_is_its_result(
    hours: float, known: PollVotes | None, state: str
) -> None:
    table = report("poll", evidence(asked(1, hours), votes={1: known} if known else {}))
    assert table.column("state") == [state] * 3
    gone = evidence(asked(1, hours, gone=ago()), votes={1: known} if known else {})
    assert report("poll", gone).column("state") == [f"{state}, deleted"] * 3


def test_a_limit_leaves_out_rows_and_without_a_poll_there_is_nothing_to_show() -> None:
    table = report("poll", evidence(asked(1), asked(2), row_limit=4))
    assert (len(table.rows), table.left_out, table.read) == (4, 2, None)
    none = report("poll", evidence(publication(1)))
    assert (none.rows, none.notes) == ((), ("No post that went out has a poll.",))
    assert not none.says_something


# --- What a figure means -------------------------------------------------------------------------


def test_amplification_counts_quotes_and_reposts_and_conversation_counts_replies() -> None:
    reads = [snapshot(1, ago(), impressions=1000, reposts=6, quotes=4, replies=3)]
    reads.append(snapshot(2, ago(), impressions=900, likes=6))  # the others were not read
    table = report("post", evidence(publication(1), publication(2), snapshots=reads))
    assert rows(table, "amplification", "conversation") == [
        (Decimal("0.01"), Decimal("0.003")),
        (None, None),
    ]


def test_a_post_is_compared_with_its_own_accounts_median() -> None:
    big = [publication(n, account="big") for n in range(5)]
    small = [publication(n, account="small") for n in range(10, 15)]
    reads = [
        *(read(n, 100_000, likes) for n, likes in enumerate((900, 950, 1000, 1050, 1100))),
        *(read(n, 200, likes) for n, likes in enumerate((4, 6, 6, 6, 12), 10)),
    ]
    of = evidence(*big, *small, snapshots=reads)
    found = pairs(report("post", of), "post_id", "against_usual")
    assert (found["post-14"], found["post-4"]) == (2, Decimal("1.1"))
    by_account = pairs(report("account", of), "account_id", "against_usual")
    assert by_account == {"big": 1, "small": 1}


def test_four_posts_of_an_account_have_nothing_usual() -> None:
    posts = [publication(n) for n in range(5)]
    reads = [read(n, 100, 5) for n in range(4)]
    table = report("post", evidence(*posts, snapshots=[*reads, read(4, None, 7)]))
    assert set(table.column("against_usual")) == {None}


def test_a_thread_counts_as_one_post_of_its_account() -> None:
    parts = [publication(n, delivery=1, part=n) for n in range(4)]
    reads = [read(n, 100, 5) for n in range(4)]
    table = report("account", evidence(*parts, publication(9), snapshots=[*reads, read(9, 9, 9)]))
    assert table.column("against_usual") == [None]


def test_posts_read_long_before_the_last_reading_are_mentioned() -> None:
    of = evidence(
        publication(1),
        publication(2),
        publication(3, gone=ago(days=2)),
        snapshots=[
            snapshot(1, ago(hours=1), likes=1),
            snapshot(2, ago(hours=40), likes=1),
            snapshot(3, ago(hours=60), likes=1),
        ],
    )
    note = "Some posts were last read earlier, the first of them 2022-07-13 00:00."
    assert note in report("post", of).notes


# --- Wordings and demands, compared --------------------------------------------------------------


def worded(
    name: str, likes: int, first: int, **changes: object
) -> list[tuple[Publication, Snapshot]]:
    return [
        (
            publication(n, post="nimbus", wording=name, **changes),
            read(n, 1000, likes + (n % 3)),
        )
        for n in range(first, first + 8)
    ]


def compared(*made: tuple[Publication, Snapshot], **rest: Any) -> Evidence:
    return evidence_of(made, **rest)


def test_the_better_wording_is_named_with_the_method() -> None:
    of = compared(*worded("figure", 30, 0), *worded("question", 60, 10))
    table = report("wording", of)
    assert rows(table, "wording", "post_id", "verdict") == [
        ("figure", "nimbus", Verdict.WORSE),
        ("question", "nimbus", Verdict.BETTER),
    ]
    assert table.method == METHOD


def test_wordings_that_no_account_has_both_of_are_not_compared() -> None:
    of = compared(*worded("figure", 30, 0), *worded("question", 60, 10, account="athena"))
    assert set(report("wording", of).column("verdict")) == {Verdict.NO_SHARED_ACCOUNT}


def test_each_account_is_compared_by_itself_and_named() -> None:
    of = compared(
        *worded("figure", 30, 0),
        *worded("question", 60, 10),
        *worded("figure", 5, 20, account="athena"),
        *worded("question", 5, 30, account="athena"),
        names=NAMES,
    )
    assert pairs(report("wording", of), "wording", "verdict") == {
        "figure": "worse on @MediaJustice",
        "question": "better on @MediaJustice",
    }


def test_what_one_account_says_most_does_not_get_its_credit() -> None:
    eager, calm = {"account": "mj"}, {"account": "athena"}
    of = compared(
        *worded("figure", 20, 0, **calm),
        *worded("figure", 20, 10, **calm),
        *worded("figure", 80, 20, **eager),
        *worded("question", 20, 30, **calm),
        *worded("question", 80, 40, **eager),
        *worded("question", 80, 50, **eager),
    )
    table = report("wording", of)
    shares = table.column("engagement_rate")
    assert float(str(shares[1])) > 1.4 * float(str(shares[0]))
    assert set(table.column("verdict")) == {Verdict.TOO_EARLY}


def test_wordings_of_different_posts_are_not_compared() -> None:
    of = compared(*worded("a", 30, 0), *worded("b", 60, 10, campaign="other"))
    assert set(report("wording", of).column("verdict")) == {Verdict.NOTHING_TO_COMPARE}


def test_few_posts_have_no_verdict() -> None:
    of = compared(*worded("figure", 30, 0)[:4], *worded("question", 90, 10)[:4])
    assert report("wording", of).column("verdict") == [Verdict.TOO_EARLY] * 2


def test_posts_with_one_wording_are_a_row_that_is_not_compared() -> None:
    of = compared(*worded("", 30, 0), *worded("figure", 60, 10))
    table = report("wording", of)
    assert rows(table, "wording", "verdict")[0] == ("Posts with one wording", "")
    assert table.column("posts") == [1, 1]
    assert table.column("parts") == [8, 8]


def test_without_wordings_the_report_says_so() -> None:
    table = report("wording", evidence(publication(1)))
    assert table.rows == ()
    assert table.notes == ("No post that went out has several wordings.",)


def test_demands_are_compared_and_posts_without_one_are_not() -> None:
    of = compared(
        *worded("", 30, 0, demand="hart"),
        *worded("", 60, 10, demand="nimbus"),
        *worded("", 90, 20, demand=None),
        names=NAMES,
    )
    found = pairs(report("demand", of), "demand_id", "verdict")
    assert found == {"hart": Verdict.WORSE, "nimbus": Verdict.BETTER, "": ""}


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_verdict_is_read_at_any_usual_width(width: int) -> None:
    of = compared(*worded("figure", 30, 0), *worded("question", 60, 10))
    text = render("terminal", of, [report("wording", of)], NOW, width=width)
    assert "better" in text
    assert "Welch" in text
    assert max(map(len, text.splitlines())) <= width
    assert "Welch" not in render("terminal", of, [report("post", of)], NOW, width=width)

"""After a played month, every total of the report equals the platforms' own, to the cent.

Expected figures never come from Groundswell. Counters come from the records of the simulated X,
Mastodon and Bluesky, costs from X's ledger, and the purpose of each post from the script.
"""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from helpers.played import (
    AFTER_MONTH,
    BUDGET,
    BUDGET_HELD_FROM,
    CLICKS_READ_UNTIL,
    END,
    HANDLES,
    OWNERS,
    MonthResult,
    PlayedMonth,
)
from helpers.played_script import (
    BLUESKY,
    BUDGETED,
    MASTODON,
    UNLIMITED,
    ScriptedPost,
    text_number,
)

from bot.reports.groupings import GROUPINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PUBLIC = ("impressions", "likes", "reposts", "quotes", "replies", "bookmarks")
COUNTERS = (*PUBLIC, "link_clicks", "profile_clicks")
ZONE = ZoneInfo("America/New_York")
BEGINS = datetime(2026, 3, 15, 17, 30, tzinfo=UTC)
ENDS = datetime(2026, 3, 15, 23, tzinfo=UTC)
TITLES = {"cloud": "People over the cloud", "ring": "No doorbells for police"}
ITEMS = {"post_with_url": "post_with_link"}
"""Groundswell's name of an item by the sandbox's name."""

ShownCounters = list[tuple[datetime, dict[str, int]]]


@dataclass(frozen=True)
class PlatformPost:
    """A post as the platform has it, with the part of the script that it comes from."""

    id: str
    source: ScriptedPost
    platform: str
    account: str
    created: datetime
    deleted: bool
    counters: dict[str, int]
    paid: Decimal
    shown: ShownCounters = field(repr=False)
    """All counters that the platform ever showed of it, by time."""

    @property
    def local(self) -> datetime:
        return self.created.astimezone(ZONE)

    @property
    def name(self) -> str:
        """The name by which a person asks for the post that this is a part of."""
        day = f"@{self.local:%Y-%m-%d}" if self.source.post == "weekly" else ""
        return f"{self.source.campaign}/{self.source.post}{day}"

    @property
    def phase(self) -> str:
        if not self.source.event:
            return "No event"
        return ("Before", "During", "After")[(self.created >= BEGINS) + (self.created >= ENDS)]

    def figure(self, name: str, until: datetime = AFTER_MONTH) -> int | None:
        """Return the counter that the platform last showed by then, or None if it showed none.

        Clicks count only as long as Groundswell reads them.
        """
        if name not in self.counters:
            return None
        known = [
            counters[name]
            for at, counters in self.shown
            if at <= until and (name in PUBLIC or at - self.created <= CLICKS_READ_UNTIL)
        ]
        return known[-1] if known else None

    def growth(self, now: datetime) -> int | None:
        latest, yesterday = self.figure("impressions"), now - timedelta(days=1)
        if not self.shown or self.shown[-1][0] <= yesterday:
            return None
        base = 0 if self.created > yesterday else self.figure("impressions", yesterday)
        return None if latest is None or base is None else latest - base


class Side:
    """The figures of the platforms and of Groundswell at one instant, in comparable form."""

    def __init__(self, sides: MonthResult) -> None:
        self.sides = sides
        self.now = sides.now
        self.report = sides.report

    @cached_property
    def posts(self) -> list[PlatformPost]:
        return [
            self._platform_post(platform, post)
            for platform, totals in self.sides.totals.items()
            for post in totals["posts"]
        ]

    def _platform_post(self, platform: str, post: dict[str, Any]) -> PlatformPost:
        shown, counted = self.sides.shown[platform, post["id"]], post["counters"]
        parts = self.sides.totals[platform]["posts"]
        own = [
            part for part in parts if part["parent"] == post["id"] and part["deleted_at"] is None
        ]
        return PlatformPost(
            id=post["id"],
            source=self.sides.script[text_number(post["text"])],
            platform=platform,
            account=OWNERS[platform, post["handle"]],
            created=datetime.fromisoformat(post["created_at"]),
            deleted=post["deleted_at"] is not None,
            counters={**counted, "replies": counted["replies"] - len(own)},
            paid=self.sides.paid[post["id"]] if platform == "x" else Decimal(0),
            shown=[(at, asdict(counters)) for at, counters in shown],
        )

    @cached_property
    def spent(self) -> dict[tuple[str, str], tuple[int, Decimal]]:
        """Number and sum of the platform's charges by account and item."""
        found: dict[tuple[str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
        for charge in self.sides.charges:
            key = self.sides.owners[charge["account"]], ITEMS.get(charge["item"], charge["item"])
            many, dollars = found[key]
            found[key] = many + charge["quantity"], dollars + Decimal(charge["dollars"])
        return dict(found)

    def dollars(self, account: str | None = None) -> Decimal:
        found = [dollars for key, (_, dollars) in self.spent.items() if account in {None, key[0]}]
        return sum(found, Decimal(0))

    def row(self, table: str, **wanted: str) -> dict[str, Any]:
        rows = [row for row in self.report[table]["rows"] if wanted.items() <= row.items()]
        assert len(rows) == 1, (table, wanted)
        found: dict[str, Any] = rows[0]
        return found


Key = tuple[str, ...]

KEYS: dict[str, tuple[Key, Callable[[PlatformPost], Key]]] = {
    "campaign": (("campaign_id",), lambda post: (post.source.campaign,)),
    "demand": (("demand_id", "campaign"), lambda post: (post.source.demand, title(post))),
    "wording": (
        ("wording", "post_id"),
        lambda post: (
            (post.source.wording, post.source.post)
            if post.source.wording
            else ("Posts with one wording", "")
        ),
    ),
    "event": (("event_id", "campaign"), lambda post: (post.source.event, title(post))),
    "phase": (
        ("event_id", "phase", "campaign"),
        lambda post: (post.source.event, post.phase, title(post)),
    ),
    "account": (("account_id",), lambda post: (post.account,)),
    "platform": (("platform_id",), lambda post: (post.platform,)),
    "post": (("name",), lambda post: (post.name,)),
    "hour": (("hour",), lambda post: (f"{post.local:%H}:00",)),
    "week": (("weekday", "hour"), lambda post: (f"{post.local:%A}", f"{post.local:%H}:00")),
}
"""The key columns of each report, and a function that returns a post's key."""


def title(post: PlatformPost) -> str:
    return TITLES[post.source.campaign]


def total(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def expected(posts: list[PlatformPost], now: datetime) -> dict[str, Any]:
    """Return the figures that a row on these posts must have."""
    counted = {name: total(post.figure(name) for post in posts) for name in COUNTERS}
    reads = [post.shown[-1][0] for post in posts if post.shown]
    return {
        "posts": len({post.name for post in posts}),
        "parts": len(posts),
        **counted,
        "engagements": total(counted[name] for name in PUBLIC[1:]),
        "impressions_growth": total(post.growth(now) for post in posts),
        "read": max(reads).isoformat() if reads else None,
    }


def figures(row: dict[str, Any]) -> dict[str, Any]:
    names = ("posts", "parts", *COUNTERS, "engagements", "impressions_growth", "read")
    return {name: row[name] for name in names}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Side]]:
    with ExitStack() as stack:
        month = PlayedMonth(tmp_path_factory.mktemp("month"), stack)
        month.play(END)
        end = month.sides()
        month.play(AFTER_MONTH)
        yield {"end": Side(end), "after": Side(month.sides())}


@pytest.fixture(params=["end", "after"])
def side(request: pytest.FixtureRequest, played: dict[str, Side]) -> Side:
    """Return both sides at the month's end, or after its budget has been renewed."""
    found: Side = played[request.param]
    return found


# --- To the unit ----------------------------------------------------------------------------------


def test_every_report_that_sums_posts_is_compared() -> None:
    assert KEYS.keys() == GROUPINGS.keys()


@pytest.mark.parametrize("table", KEYS)
def test_each_total_equals_the_platforms_figures(side: Side, table: str) -> None:
    assert figures(side.report[table]["total"]) == expected(side.posts, side.now)


@pytest.mark.parametrize("table", KEYS)
def test_each_row_equals_the_platforms_figures_of_its_posts(side: Side, table: str) -> None:
    columns, key = KEYS[table]
    groups: dict[Key, list[PlatformPost]] = defaultdict(list)
    for post in side.posts:
        groups[key(post)].append(post)
    rows = {tuple(row[name] for name in columns): row for row in side.report[table]["rows"]}
    assert {group: figures(row) for group, row in rows.items()} == {
        group: expected(posts, side.now) for group, posts in groups.items()
    }


def test_readable_counters_equal_the_platforms_at_that_instant(side: Side) -> None:
    """A deleted post keeps its last counters, and an old one its last clicks."""
    free = (UNLIMITED, MASTODON, BLUESKY)
    for account in (*free, BUDGETED) if side.now == AFTER_MONTH else free:
        mine = [post for post in side.posts if post.account == account]
        for name in COUNTERS:
            counted = [
                post.figure(name)
                if post.deleted
                or (name not in PUBLIC and side.now - post.created > CLICKS_READ_UNTIL)
                else post.counters.get(name)
                for post in mine
            ]
            assert side.row("account", account_id=account)[name] == total(counted), name


def test_polls_have_the_votes_that_the_platform_counted(side: Side) -> None:
    counted = {
        (side.sides.script[text_number(post["text"])].post, OWNERS[platform, post["handle"]]): post
        for platform, totals in side.sides.totals.items()
        for post in totals["posts"]
        if post["votes"]
    }
    reported: dict[tuple[str, str], list[int]] = defaultdict(list)
    accounts = {"@ours": UNLIMITED, "@ours@sandbox.example": MASTODON}
    for row in side.report["poll"]["rows"]:
        poll = row["post_id"], accounts[row["account"]]
        reported[poll].append(row["votes"])
        votes = counted[poll]["votes"]
        assert float(row["share"]) == pytest.approx(row["votes"] / sum(votes))
        assert row["state"] == "closed"
    assert {poll: sorted(votes) for poll, votes in reported.items()} == {
        poll: sorted(post["votes"]) for poll, post in counted.items()
    }
    names = ("poll-1", "poll-4")
    assert reported.keys() == {
        (name, account) for name in names for account in (UNLIMITED, MASTODON)
    }


def test_the_command_says_the_same(side: Side) -> None:
    ran = side.sides.command
    assert (ran.code, ran.err) == (0, "")
    document = json.loads(ran.out)
    assert document["simulated"] is True
    theirs = {table["id"]: timeless(table) for table in document["reports"]}
    assert theirs == {name: timeless(table) for name, table in side.report.items()}


def timeless(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table without the growth, which depends on the machine's own date."""
    rows = [*table["rows"], table["total"] or {}]
    return {
        "rows": [{key: row[key] for key in row if key != "impressions_growth"} for row in rows],
        "read": table["read"],
    }


# --- To the cent ----------------------------------------------------------------------------------


def test_each_charge_is_booked(side: Side) -> None:
    rows = side.report["spend"]["rows"]
    booked = {
        (f"{row['account'][1:]}-x", row["item"]): (row["quantity"], Decimal(row["dollars"]))
        for row in rows
    }
    assert booked == side.spent
    assert Decimal(side.report["spend"]["total"]["dollars"]) == side.dollars()
    spent = {name: Decimal(totals["spent"]) for name, totals in side.sides.totals.items()}
    assert spent == {"x": side.dollars(), "mastodon": 0, "bluesky": 0}


@pytest.mark.parametrize("table", KEYS)
def test_each_total_costs_what_the_platform_charged(side: Side, table: str) -> None:
    assert Decimal(side.report[table]["total"]["spend"]) == side.dollars()


def test_each_account_and_platform_costs_what_was_charged(side: Side) -> None:
    for account in HANDLES:
        row = side.row("account", account_id=account)
        assert Decimal(row["spend"]) == side.dollars(account)
    for platform, totals in side.sides.totals.items():
        row = side.row("platform", platform_id=platform)
        assert Decimal(row["spend"]) == Decimal(totals["spent"])


@pytest.mark.parametrize("table", [table for table in KEYS if table not in {"account", "platform"}])
def test_each_row_costs_what_the_platform_charged_for_its_posts(side: Side, table: str) -> None:
    columns, key = KEYS[table]
    costs: dict[Key, Decimal] = defaultdict(Decimal)
    for post in side.posts:
        costs[key(post)] += post.paid
    rows = side.report[table]["rows"]
    assert {tuple(row[name] for name in columns): Decimal(row["spend"]) for row in rows} == costs


# --- What happened in this month ------------------------------------------------------------------


def test_deleted_post_keeps_its_last_figures_and_says_so(side: Side) -> None:
    gone = {(post.platform, post.source.post): post for post in side.posts if post.deleted}
    assert [*gone] == [
        ("x", "plain-0"),
        ("x", "thread-1"),
        ("x", "fourth-2"),
        ("mastodon", "other-1"),
        ("bluesky", "third-1"),
    ]
    note = "5 posts have been deleted on Bluesky, Mastodon and X; their last figures stay."
    assert note in side.report["account"]["notes"]
    row = side.row("post", post_id="plain-0")
    assert row["impressions"] == gone["x", "plain-0"].figure("impressions")
    assert row["impressions"] > 1000
    assert row["remark"] == "deleted"
    for name, network in (("other-1", "Mastodon"), ("third-1", "Bluesky")):
        row = side.row("post", name=f"cloud/{name}")
        assert row["remark"] == f"deleted on {network}"
    assert side.row("post", post_id="thread-1")["remark"] == "1 of 4 parts deleted on X"


def test_counter_that_fell_is_shown_as_last_read_and_says_so(side: Side) -> None:
    fell = {
        "plain-1": ("x", "impressions"),
        "first-1": ("x", "impressions"),
        "summit-during": ("x", "impressions"),
        "poll-1": ("mastodon", "likes"),
        "summit-before": ("bluesky", "likes"),
    }
    for name, (platform, counter) in fell.items():
        campaign = "ring" if name == "first-1" else "cloud"
        [post] = [
            post
            for post in side.posts
            if (post.source.post, post.source.campaign, post.platform) == (name, campaign, platform)
        ]
        seen = [counters[counter] for _, counters in post.shown]
        assert seen[-1] < max(seen)
        row = side.row("post", post_id=name, campaign=TITLES[campaign])
        assert row["remark"].startswith(counter)
        assert row["remark"].endswith(" fell")
    on = "Bluesky, Mastodon and X"
    note = f"5 posts have a counter that fell on {on}; they are shown as last read."
    assert note in side.report["account"]["notes"]


def test_post_that_was_never_read_has_no_figures(played: dict[str, Side]) -> None:
    row = played["after"].row("post", post_id="fourth-2")
    assert row["remark"] == "deleted"
    assert {row[name] for name in COUNTERS} == {None}
    late = played["end"].row("post", post_id="late")
    assert {late[name] for name in COUNTERS} == {None}
    assert played["after"].row("post", post_id="late")["impressions"] > 0
    unread = [post for post in played["end"].posts if not post.shown]
    many = len({post.name for post in unread})
    note = f"{many} posts have not been read yet on X, and count only as posts."
    assert note in played["end"].report["post"]["notes"]


def test_a_budget_ends_reading_before_it_ends_posting(played: dict[str, Side]) -> None:
    side = played["end"]
    mine = [post for post in side.posts if post.account == BUDGETED]
    assert max(at for post in mine for at, _ in post.shown) < BUDGET_HELD_FROM
    assert sum(post.created > BUDGET_HELD_FROM for post in mine) >= 5
    assert "dear" not in {post.source.post for post in side.posts}
    assert side.dollars(BUDGETED) <= Decimal(BUDGET)
    assert side.dollars(BUDGETED) + Decimal("0.200") > Decimal(BUDGET)
    [missed] = played["after"].report["attention"]["rows"]
    assert (missed["post_id"], missed["state"]) == ("dear", "Missed")


def test_the_month_was_not_an_easy_one(side: Side) -> None:
    assert 90 <= len(side.posts) <= 130
    assert len({post.source.wording for post in side.posts}) > 4
    assert sum(post.figure("link_clicks") or 0 for post in side.posts) > 100
    assert side.sides.pending == []  # each fault hit
    assert len(side.sides.hits) == 15
    items = {item for _, item in side.spent}
    assert items >= {"post", "post_with_link", "owned_read", "post_read", "user_read"}
    old = [post for post in side.posts if side.now - post.created > CLICKS_READ_UNTIL]
    assert len(old) > 5

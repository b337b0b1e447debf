"""The report counts posts, each at one moment on all of its accounts."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from helpers.reports import (
    CAMPAIGN,
    NAMES,
    NOW,
    ago,
    delivery,
    evidence,
    publication,
    render_page,
    report,
    sample_answer,
    snapshot,
)

from bot.model import PostKey, ScheduleKind, State, name_moments
from bot.reports import Names, render
from bot.reports.advice import PeriodNotes
from bot.reports.cards import build_cards
from bot.reports.exports import render_csv
from bot.reports.medians import Multiple, Sureness
from bot.reports.moved import MovedOn, MovedPost
from bot.reports.period import gains

if TYPE_CHECKING:
    from bot.model import Publication, Snapshot
    from bot.reports import Evidence
    from bot.reports.answer import Answer

NETWORKS = ("x", "mastodon", "bluesky")


def everywhere(number: int, post: str = "hearing", **changes: object) -> list[Publication]:
    """Return a post on three networks; its publications have numbers of their own."""
    return [
        publication(
            number + place,
            **{
                "post": post,
                "account": f"our-{platform}",
                "platform": platform,
                "published": ago(days=2),
                "text": f"The {post}",
                "url": f"https://{platform}.example/{number}",
                **changes,
            },
        )
        for place, platform in enumerate(NETWORKS)
    ]


def read(post: Publication, likes: int, *, days: float = 0.5, **counters: int) -> Snapshot:
    shown = {"impressions": 50 * likes, **counters} if post.platform == "x" else counters
    return snapshot(post.id, ago(days=days), likes=likes, **shown)


def answered(of: Evidence) -> Answer:
    return sample_answer(of, PeriodNotes())


def test_a_post_on_three_networks_is_one_with_a_line_for_each() -> None:
    posts = everywhere(1)
    found = answered(evidence(*posts, snapshots=[read(p, 10 * p.id) for p in posts], names=NAMES))
    assert found.review.out == (1, 0)
    [line] = found.section("best").lines
    assert line.text == (
        "“The hearing” · 60 engagements · for “Take HART off AWS” · people-over-profit/hearing"
    )
    assert [below.text for below in line.on] == [
        "Bluesky: 30 engagements · too early to say",
        "Mastodon: 20 engagements · too early to say",
        "X: 10 engagements · rate 2.00% · no median yet (it takes 5 posts)",
    ]
    assert [below.url for below in line.on] == [
        f"https://{platform}.example/1" for platform in ("bluesky", "mastodon", "x")
    ]
    assert "1 new post" in found.section("demands").lines[0].text
    for form in ("terminal", "markdown", "html"):
        text = render(form, found.evidence, [], NOW, answer=found, width=200)
        assert "Mastodon" in text
        assert "60" in text


def test_one_engagement_is_counted_in_the_singular() -> None:
    bluesky, *_ = posts = everywhere(1)
    found = answered(evidence(*posts, snapshots=[read(p, int(p is bluesky)) for p in posts]))
    [line] = found.section("best").lines
    assert " · 1 engagement · " in line.text
    words = " ".join(below.text for below in line.on)
    assert ": 1 engagement · " in words
    assert ": 0 engagements · " in words
    assert ": 1 engagement, " in found.section("demands").lines[0].text


def test_sums_over_networks_stand_above_those_of_each() -> None:
    posts = everywhere(1)
    reads = [read(post, 10 * post.id, reposts=post.id) for post in posts]
    rows = answered(evidence(*posts, snapshots=reads)).totals
    found = [(row.name, row.now) for row in rows]
    place = found.index(("Passed on", "6"))
    assert found[place + 1 : place + 4] == [
        ("on Bluesky", "3"),
        ("on Mastodon", "2"),
        ("on X", "1"),
    ]
    assert ("Impressions on X", "500") in found


def test_a_row_counts_a_post_once_and_what_stands_on_the_networks_beside_it() -> None:
    thread = [publication(n, post="long", delivery=9, part=n, account="our-x") for n in range(3)]
    short = publication(7, post="long", delivery=8, account="m", platform="mastodon")
    of = evidence(*thread, short, *everywhere(20))
    [long, hearing] = sorted(csv.DictReader(io.StringIO(render_csv(report("post", of)))), key=len)[
        :2
    ]
    found = {row["name"]: (row["posts"], row["parts"]) for row in (long, hearing)}
    assert found == {f"{CAMPAIGN}/long": ("1", "4"), f"{CAMPAIGN}/hearing": ("1", "3")}
    accounts = report("account", of)
    assert sum(accounts.column("posts")) == 5  # type: ignore[arg-type]  # a post in each row
    assert (accounts.column_total("posts"), accounts.column_total("parts")) == (2, 7)


def test_posts_of_one_id_in_two_campaigns_are_two_posts() -> None:
    posts = [*everywhere(1, campaign="a"), *everywhere(11, campaign="b")]
    found = answered(evidence(*posts, snapshots=[read(post, 9) for post in posts]))
    assert found.review.out == (2, 0)
    assert [post.key.campaign for post in found.review.best] == ["a", "b"]


def test_each_day_of_a_recurrence_is_a_post_with_a_name_to_type() -> None:
    labels = ("2022-07-11T09:00", "2022-07-12T09:00")
    posts = [of for n, label in enumerate(labels) for of in everywhere(10 * n, label=label)]
    keys = {PostKey.of(post): ScheduleKind.EVERY for post in posts}
    of = evidence(
        *posts, snapshots=[read(post, 9) for post in posts], post_names=name_moments(keys)
    )
    assert sorted(str(name) for name in report("post", of).column("name")) == [
        f"{CAMPAIGN}/hearing@2022-07-11",
        f"{CAMPAIGN}/hearing@2022-07-12",
    ]
    assert answered(of).review.out == (2, 0)


def test_a_post_is_new_when_the_first_of_its_accounts_publishes_it() -> None:
    early, late, _ = everywhere(1, published=ago(days=8))
    late = publication(
        2, post="hearing", account="our-mastodon", platform="mastodon", published=ago(days=2)
    )
    found = answered(evidence(early, late, snapshots=[read(early, 9), read(late, 9)]))
    assert found.review.out == (0, 1)


def test_twelve_accounts_of_a_network_are_each_named() -> None:
    posts = [publication(n, post="one", account=f"a{n:02}") for n in range(12)]
    found = answered(evidence(*posts, snapshots=[read(post, 9) for post in posts]))
    [line] = found.section("best").lines
    assert "108 engagements" in line.text
    assert [below.text.split(":")[0] for below in line.on] == [f"a{n:02} on X" for n in range(12)]


def test_what_one_network_was_not_asked_for_is_said_and_not_0() -> None:
    seen, unseen, _ = everywhere(1, next_read=NOW)
    found = answered(evidence(seen, unseen, snapshots=[read(seen, 40)]))
    [line] = found.section("best").lines
    assert "at least 40 engagements" in line.text
    assert "Mastodon: no data · too early to say" in [below.text for below in line.on]
    assert "1 of 1 post has no new figures on Mastodon, so the sums may be too low." in found.lead


def test_words_that_differ_by_network_say_whose_they_are() -> None:
    first, *others = everywhere(1)
    short = publication(2, post="hearing", account="m", platform="mastodon", text="Shorter")
    [card] = build_cards(evidence(first, short), NOW, [PostKey.of(first)], 0).values()
    assert card.parts[0].pieces == ("Shorter",)
    assert card.differs == "words differ; these are on Mastodon"
    [same] = build_cards(evidence(first, *others), NOW, [PostKey.of(first)], 0).values()
    assert same.differs == ""
    assert [place.platform for place in same.places] == ["Bluesky", "Mastodon", "X"]


def test_a_post_missed_on_one_account_and_refused_on_two_is_two_rows() -> None:
    missed = delivery(1, State.MISSED, post="a", account="x", reason="The machine was off.")
    refused = [
        delivery(n, State.REJECTED, post="a", account=name, reason="403")
        for n, name in ((2, "y"), (3, "z"))
    ]
    table = report("attention", evidence(deliveries=[missed, *refused]))
    assert [*zip(table.column("reason"), table.column("account"), strict=True)] == [
        ("403", "y, z"),
        ("The machine was off.", "x"),
    ]


# --- The verdict ----------------------------------------------------------------------------------


def two_weeks(now: int | None, before: int | None, *, unread: bool = False) -> str:
    """Return the verdict on a post of each week with so many engagements, or without a reading."""
    posts = [publication(1, published=ago(days=2)), publication(2, published=ago(days=9))]
    reads = [snapshot(1, ago(1), likes=now)] if now is not None else []
    reads += [snapshot(2, ago(days=8), likes=before)] if before is not None else []
    if unread:
        posts.append(publication(3, published=ago(days=2), next_read=NOW))
    return answered(evidence(*posts, snapshots=reads)).lead


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (1_643, 4_350, "Fewer engagements than in the 7 days before (1,643 against 4,350)"),
        (4_350, 1_643, "More engagements than in the 7 days before (4,350 against 1,643)"),
        (1_000, 1_090, "About as many engagements as in the 7 days before (1,000 against 1,090)"),
        (9, 4, "About as many engagements as in the 7 days before (9 against 4)"),
        (9, None, "9 engagements in the past 7 days, no data in the 7 days before. "),
        (9, 0, "9 engagements in the past 7 days, none in the 7 days before. "),
        (None, 9, "No data on engagements in the past 7 days, 9 in the 7 days before. "),
    ],
)
def test_the_verdict_is_no_more_than_the_figures_carry(
    now: int | None, before: int | None, said: str
) -> None:
    assert two_weeks(now, before).startswith(said)


def test_of_what_is_the_least_that_it_can_be_only_more_is_said() -> None:
    assert two_weeks(900, 100, unread=True).startswith("More engagements than in")
    assert two_weeks(100, 900, unread=True).startswith("At least 100 engagements in the past 7 ")
    assert two_weeks(900, 900, unread=True).startswith("At least 900 engagements in the past 7 ")


def moved(*known: tuple[float, Sureness]) -> MovedPost:
    """Return a post with such multiples, one for each account."""
    of = evidence()
    parts = everywhere(1)
    empty = gains(of, answered(of).review.period, ())
    multiples = [Multiple(sure, Decimal(str(value))) for value, sure in known]
    on = tuple(
        MovedOn((part,), empty, found) for part, found in zip(parts, multiples, strict=False)
    )
    return MovedPost(PostKey.of(parts[0]), on, empty, parts[0].published)


@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        ([(3, Sureness.SURE)], "more"),
        ([(3, Sureness.LIKELY), (1.2, Sureness.USUAL)], "more"),
        ([(3, Sureness.SURE), (9, Sureness.TOO_EARLY)], "more"),
        ([(3, Sureness.SURE), (0.9, Sureness.USUAL)], "mixed"),
        ([(3, Sureness.SURE), (0.2, Sureness.LIKELY)], "mixed"),
        ([(0.3, Sureness.SURE), (0.9, Sureness.USUAL)], "less"),
        ([(0.3, Sureness.SURE), (2.4, Sureness.USUAL)], "mixed"),
        ([(0.3, Sureness.TOO_EARLY), (0.9, Sureness.USUAL)], "usual"),
        ([(0.3, Sureness.TOO_EARLY), (0.9, Sureness.NO_MEDIAN)], "unknown"),
    ],
)
def test_one_account_alone_does_not_speak_for_a_post_against_another(
    known: list[tuple[float, Sureness]], outcome: str
) -> None:
    assert moved(*known).outcome == outcome


def month(*new: dict[str, int]) -> Evidence:
    """Return posts on three networks with 60 to 130 engagements each, and new ones with these."""
    old = [of for n in range(8) for of in everywhere(100 + 10 * n, f"old-{n}", published=ago(20))]
    reads = [snapshot(of.id, ago(15), likes=of.id - of.id % 10 - 40) for of in old]
    posts = [everywhere(10 * n, f"new-{n}", published=ago(days=3)) for n in range(len(new))]
    reads += [
        snapshot(of.id, ago(0.5), likes=likes[of.platform])
        for likes, own in zip(new, posts, strict=True)
        for of in own
    ]
    return evidence(*old, *chain(*posts), snapshots=reads)


BELOW = "below your median on every network, which may be chance"


def test_a_post_below_its_median_everywhere_is_listed_alone_and_says_so() -> None:
    of = month({"x": 80, "mastodon": 85, "bluesky": 84})
    section = answered(of).section("best")
    [best] = section.lines
    assert BELOW in best.text
    assert section.head.startswith("No post stands out. ")
    page = render_page(of)
    assert BELOW in page
    assert section.head in page


def test_a_post_below_its_median_is_not_listed_beside_one_that_moved_people() -> None:
    of = month(*(dict.fromkeys(NETWORKS, likes) for likes in (85, 110)))
    section = answered(of).section("best")
    assert [line.text.split(" · ")[0] for line in section.lines] == ["“The new-1”"]
    assert section.head.startswith("Ranked by engagements")


def test_a_post_that_moved_fewer_people_stands_apart_however_many_engaged() -> None:
    found = answered(month({"x": 20, "mastodon": 85, "bluesky": 90}))
    assert found.section("best").lines[0].text.startswith("No post stands out")
    [line] = next(part for part in found.sections if part.id == "worse").lines
    assert "195 engagements · fewer than usual on X" in line.text
    assert found.lead.endswith("The new post moved fewer people than usual.")


# --- Two tables that could contradict each other --------------------------------------------------


def test_another_demand_that_leads_all_time_is_named_in_both_places() -> None:
    names = Names(demands={(CAMPAIGN, "old"): "Open the books", (CAMPAIGN, "new"): "Stop it"})
    posts = [
        publication(1, demand="old", published=ago(days=40)),
        publication(2, demand="new", published=ago(days=2)),
    ]
    reads = [
        snapshot(1, ago(days=30), likes=5_000),
        snapshot(2, ago(1), likes=30),
    ]
    of = evidence(*posts, snapshots=reads, names=names)
    found = answered(of)
    assert found.section("demands").note == (
        "Of all posts up to now, “Open the books” has the most (5,000)."
    )
    text = render("markdown", of, [report("demand", of)], NOW, answer=found)
    assert "The first screen has “Stop it” first, by the engagements of the past 7 days." in text
    alone = evidence(posts[1], snapshots=reads[1:], names=names)
    assert "Of all posts" not in answered(alone).section("demands").note
    assert "The first screen has" not in render(
        "markdown", alone, [report("demand", alone)], NOW, answer=answered(alone)
    )


# --- For programs ---------------------------------------------------------------------------------


def test_json_has_each_post_with_its_accounts() -> None:
    posts = everywhere(1)
    of = evidence(*posts, snapshots=[read(post, 10 * post.id) for post in posts])
    document = json.loads(render("json", of, [], NOW, answer=answered(of)))["answer"]
    [post] = document["best"]
    assert (post["name"], post["engagements"]) == (f"{CAMPAIGN}/hearing", 60)
    assert [(on["platform"], on["engagements"], on["rate"]) for on in post["on"]] == [
        ("bluesky", 30, None),
        ("mastodon", 20, None),
        ("x", 10, "0.02"),
    ]
    assert (document["new_posts"], document["engagements"]) == (1, 60)


def test_marks_of_links_are_not_other_words() -> None:
    link, marks = "https://example.org/a", "utm_medium=post&utm_campaign=people&utm_content=hearing"
    posts = [
        publication(n, post="hearing", account=platform, platform=platform, text=text)
        for n, platform in enumerate(("x", "mastodon"), 1)
        for text in [f"Read {link}?utm_source={platform}&{marks}."]
    ]
    [card] = build_cards(evidence(*posts), NOW, [PostKey.of(posts[0])], 0).values()
    assert card.differs == ""

"""The words of the weekly digest, and what it leaves out. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from helpers.reports import NAMES, NOW, ago, evidence, publication, sample_answer, snapshot

from bot.alerts.digest import last_due, write_digest
from bot.model import BudgetStatus, Slot
from bot.reports.advice import FOR_TECHNICIAN, Matter, PeriodNotes
from bot.reports.answer import LINE_CHARS


def test_a_whole_digest() -> None:
    posts = [
        publication(1, text="HART costs\n$6 billion, on <!channel> servers", published=ago(2)),
        publication(2, post="post-1", delivery=1, part=1, text="The second part", published=ago(2)),
        publication(3, campaign="rail", demand="buses", account="rail-x", published=ago(9)),
    ]
    reads = [
        snapshot(1, ago(1), impressions=900, likes=30),
        snapshot(2, ago(1), impressions=100, likes=0),
        snapshot(3, ago(8), impressions=50, likes=5),
        snapshot(3, ago(3), impressions=250, likes=5),
    ]
    command = "groundswell queue list --all"
    notes = PeriodNotes(
        attention=(Matter(f"Did not go out: rail/lost/rail-x/once. {FOR_TECHNICIAN} {command}"),),
        scheduled_ahead=1,
        budgets=(BudgetStatus("mj", ago(13), ago(-17), Decimal(10), Decimal(2)),),
    )
    found = evidence(*posts, snapshots=reads, names=NAMES)
    assert write_digest(sample_answer(found, notes)).splitlines() == [
        "The week from 2022-07-07 16:00 to 2022-07-14 16:00 (UTC).",
        (
            "More engagements than in the 7 days before (30 against 5), with 1 new post against 1. "
            "It is too early to say how the new post did."
        ),
        "",
        "Needs a person",
        "- Did not go out: rail/lost/rail-x/once.",
        "  For your technician: groundswell queue list --all",
        "",
        "What next",
        "- 1 post is scheduled for the seven days ahead.",
        "- The figures carry no advice yet. No kind of post surely moves more people.",
        "",
        "Leading demands",
        "1. “Take HART off AWS” (Amazon, put people over profit): 30 engagements, 1 new post",
        "",
        "What moved people",
        "Ranked by engagements; posts that did worse than usual stand apart.",
        (
            "1. “HART costs $6 billion, on <!channel> servers” · 30 engagements · rate 3.00% · "
            "no median yet (it takes 5 posts) · for “Take HART off AWS” · @MediaJustice on X · "
            "people-over-profit/post-1 https://x.example/i/status/15400001"
        ),
        (
            "Figures count the gains of posts of any age from Thu 2022-07-07 16:00 to Thu "
            "2022-07-14 16:00. Engagements are likes, reposts, quotes, replies and bookmarks."
        ),
        (
            "“Your median” is that of the account's posts, in engagements per impression. “Surely” "
            "is 99 % certain, “likely” 90 %. The more people saw a post, the smaller a difference "
            "is sure."
        ),
        "",
        "Too early to say",
        "- 1 new post: “HART costs $6 billion, on…”",
        "",
        "Totals, and in brackets those of the time before",
        "- New posts: 1 (1)",
        "- Impressions: 1,200 (50)",
        "- Engagements: 30 (5)",
        "- Passed on: no data (no data)",
        "- Answered: no data (no data)",
        "- Engagements per impression: 2.50% (10.00%)",
        "- Counters last read: 2022-07-13 16:00",
        "- Budget of mj: $2 of $10 for 2022-07",
    ]


def test_a_matter_in_the_digest_has_the_address_of_its_page() -> None:
    matters = (
        Matter(f"Read and approve 1 post. {FOR_TECHNICIAN} groundswell review", "/approvals"),
        Matter(f"Check whether a fact still holds. {FOR_TECHNICIAN} groundswell check"),
    )
    notes = PeriodNotes(attention=matters, web_origin="https://control.example.org")
    said = write_digest(sample_answer(evidence(), notes))
    assert (
        "- Read and approve 1 post.\n"
        "  For your technician: groundswell review\n"
        "  https://control.example.org/approvals\n"
        "- Check whether a fact still holds.\n"
        "  For your technician: groundswell check\n"
        "\n"
    ) in said
    without = write_digest(sample_answer(evidence(), replace(notes, web_origin="")))
    assert "https://" not in without


def test_without_any_reading_it_says_so_and_gives_no_nought() -> None:
    said = write_digest(sample_answer(evidence(publication(1)))).splitlines()
    assert "- Counters last read: never" in said
    assert "- Impressions: no data (no data)" in said
    assert any(line.startswith("- No counters have been read yet") for line in said)


def test_a_long_line_is_cut() -> None:
    notes = PeriodNotes(attention=(Matter("word " * 200),))
    longest = max(write_digest(sample_answer(evidence(), notes)).splitlines(), key=len)
    assert len(longest) <= LINE_CHARS + 2


def test_the_last_digest_was_due_at_its_slot() -> None:
    day, end = last_due(Slot(0, NOW.time()), "UTC", NOW)
    assert (f"{day:%a}", end) == ("Mon", ago(3))

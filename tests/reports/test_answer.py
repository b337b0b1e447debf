"""The first screen, also if there is little or nothing to say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from helpers.reports import (
    CAMPAIGN,
    NAMES,
    NOW,
    ago,
    evidence,
    publication,
    sample_answer,
    snapshot,
)

from bot.model import BudgetStatus
from bot.reports import render, tables
from bot.reports.advice import Matter, PeriodNotes
from bot.reports.answer import answer
from bot.reports.period import Period, moments

if TYPE_CHECKING:
    from bot.model import Publication, Snapshot
    from bot.reports.answer import Answer


def said(answer: Answer, section: str) -> list[str]:
    """Return the lines of a section, or none if it is left out."""
    lines = (line for part in answer.sections if part.id == section for line in part.lines)
    return [f"{line.text} {line.command}".rstrip() for line in lines]


def answered(
    *posts: Publication, snapshots: list[Snapshot] | None = None, **notes: object
) -> Answer:
    of = evidence(*posts, snapshots=snapshots or [], names=NAMES)
    return sample_answer(of, PeriodNotes(**notes))  # type: ignore[arg-type]


def test_a_post_is_named_with_its_gain_its_multiple_and_its_demand() -> None:
    posts = [publication(100 + n, published=ago(days=20 + n)) for n in range(5)]
    reads = [snapshot(post.id, ago(days=15), impressions=2_000, likes=100) for post in posts]
    new = publication(1, published=ago(days=2), text="Tell your council: fund local news.")
    reads.append(snapshot(1, ago(1), impressions=2_000, likes=300))
    [line] = said(answered(*posts, new, snapshots=reads), "best")
    assert line == (
        "“Tell your council: fund local news.” · 300 engagements · rate 15.00% · "
        "3.00\N{MULTIPLICATION SIGN} your median, surely more (2,000 impressions in all) · "
        "for “Take HART off AWS” · people-over-profit/post-1"
    )


def test_an_account_without_posts_says_so() -> None:
    assert said(answered(), "best") == ["Nothing has been published yet."]


def test_posts_that_were_never_read_say_so() -> None:
    [line] = said(answered(publication(1)), "best")
    assert line.startswith("No counters have been read yet")


def test_the_last_reading_is_named_if_reading_stopped_before_the_time() -> None:
    old = publication(1, published=ago(days=30), next_read=ago(days=9))
    [line] = said(answered(old, snapshots=[snapshot(1, ago(days=9), likes=3)]), "best")
    assert line == "No counters were read since Tue 2022-07-05 16:00."


def test_counters_that_stood_still_are_said_to() -> None:
    old = publication(1, published=ago(days=30))
    reads = [snapshot(1, ago(days=days), likes=3) for days in (8, 2)]
    assert said(answered(old, snapshots=reads), "best") == [
        "Nobody engaged with any post in this time."
    ]


def test_new_posts_of_which_nothing_can_be_said_are_counted_in_one_line() -> None:
    posts = [publication(n, published=ago(days=2), text=f"Post {n}") for n in range(5)]
    reads = [snapshot(n, ago(1), impressions=10, likes=1) for n in range(5)]
    [line] = said(answered(*posts, snapshots=reads), "early")
    assert line == "5 new posts: “Post 0”, “Post 1”, “Post 2” and 2 more"


def test_a_deleted_post_keeps_its_place_and_says_so() -> None:
    gone = publication(1, published=ago(days=2), gone=ago(days=1))
    found = answered(gone, snapshots=[snapshot(1, ago(days=1), impressions=10, likes=2)])
    [line] = [line for part in found.sections if part.id == "best" for line in part.lines]
    assert "deleted since" in line.text
    assert line.url == ""


def test_what_needs_a_person_is_listed_and_the_rest_counted() -> None:
    lines = tuple(Matter(f"Thing {n}") for n in range(10))
    assert said(answered(attention=lines), "attention")[-1] == (
        "and 2 more. For your technician: groundswell inbox"
    )
    assert said(answered(), "attention") == ["Nothing."]


@pytest.mark.parametrize("form", ["terminal", "markdown", "html"])
def test_a_matter_leads_to_its_page_in_every_format_if_there_is_an_origin(form: str) -> None:
    matters = (Matter("Decide. For your technician: groundswell inbox", "/inbox/7"),)
    for origin, found in (("https://control.example.org", True), ("", False)):
        first = answered(attention=matters, web_origin=origin)
        text = render(form, first.evidence, [], NOW, answer=first)
        assert "groundswell inbox" in text
        assert ("https://control.example.org/inbox/7" in text.replace("\\", "")) == found


def budget(spent: int) -> BudgetStatus:
    since, until = datetime(2022, 7, 1, tzinfo=UTC), datetime(2022, 8, 1, tzinfo=UTC)
    return BudgetStatus("mj", since, until, Decimal(10), Decimal(spent))


def test_what_needs_a_person_what_next_and_the_demands_come_before_the_posts() -> None:
    read = snapshot(1, ago(hours=1), likes=4)
    found = answered(publication(1), snapshots=[read], attention=(Matter("Decide."),))
    assert [part.id for part in found.sections][:4] == ["attention", "next", "demands", "best"]
    assert said(found, "attention") == ["Decide."]
    text = render("terminal", found.evidence, [], NOW, answer=found)
    assert text.endswith("\nSomething needs a person. See the top of this report.\n")
    nothing = answered(publication(1))
    assert [part.id for part in nothing.sections] == [*FIRST, "best", "unranked", "early"]
    assert "Something needs" not in render("terminal", found.evidence, [], NOW, answer=nothing)


FIRST = ("attention", "next")
TECHNICIAN = "For your technician: raise budget in config.yaml; groundswell plan --cost"


@pytest.mark.parametrize("spent", [8, 10])
def test_a_budget_and_the_figures_that_it_keeps_from_being_read_are_one_line(spent: int) -> None:
    why = f"the budget is spent (${spent} of $10 for 2022-07)"
    post, reads = publication(1, next_read=NOW), [snapshot(1, ago(1), likes=1)]
    paused = {"mj": why} if spent == 10 else {}
    of = evidence(post, snapshots=reads, names=NAMES, paused_accounts=paused)
    found = sample_answer(of, PeriodNotes(budgets=(budget(spent),)))
    anew = "a new budget begins on Mon 2022-08-01 00:00"
    nearly = (
        "@MediaJustice has spent $8 of $10 for 2022-07. Decide whether it may spend more. Once "
        f"all is spent, figures are not read until {anew}."
    )
    wholly = (
        f"@MediaJustice has no new figures since 2022-07-13 16:00, as {why}. Its posts cannot "
        f"be judged meanwhile. Decide whether to spend more or to wait, as {anew}."
    )
    assert said(found, "attention") == [f"{wholly if paused else nearly} {TECHNICIAN}"]


def test_figures_that_stand_still_without_a_reason_ask_whether_it_runs() -> None:
    late = publication(1, next_read=ago(2))
    [line] = said(answered(late), "attention")
    assert line == (
        "@MediaJustice has no new figures yet. Is Groundswell running? For your technician: "
        "groundswell status"
    )


def test_figures_that_carry_no_advice_say_so_and_how_many_there_are() -> None:
    posts = [publication(n, published=ago(days=2 + n)) for n in range(6)]
    posts += [publication(9, published=ago(days=1), text="See https://example.org")]
    reads = [snapshot(post.id, ago(0.5), impressions=1_000, likes=20) for post in posts]
    found = answered(*posts, snapshots=reads, scheduled_ahead=0)
    [first, line] = said(found, "next")
    assert first == (
        "No post is scheduled for the seven days ahead. Write some. For your technician: "
        "groundswell queue add"
    )
    assert line == "The figures carry no advice yet. No kind of post surely moves more people."
    compared = found.section("next").detail
    assert "Too rare to compare: posts with a link (1 of 7 posts). Post more of " in compared
    assert "No difference yet: " in compared


def test_advice_names_what_moves_more_people_and_how_sure_that_is() -> None:
    link = "See https://example.org"
    linked = [publication(n, text=link, published=ago(n)) for n in range(1, 13)]
    plain = [publication(n, text="Words alone", published=ago(n - 20)) for n in range(21, 33)]
    reads = [snapshot(p.id, ago(0.5), impressions=5_000, likes=100 + p.id % 3) for p in linked]
    reads += [snapshot(post.id, ago(0.5), impressions=5_000, likes=40) for post in plain]
    [line] = said(answered(*linked, *plain, snapshots=reads), "next")
    assert line.startswith("Posts with a link move more people: 2.0")
    assert "surely; 12 and 12 posts" in line


def test_of_posts_that_were_not_read_no_figure_looks_whole() -> None:
    posts = [publication(n, published=ago(days=2), next_read=ago()) for n in (1, 2)]
    [line] = said(answered(*posts, snapshots=[snapshot(1, ago(1), likes=4)]), "demands")
    missing = "2 new posts; 1 of 2 posts has no new figures"
    assert line == f"“Take HART off AWS”: at least 4 engagements, {missing}"
    [line] = said(answered(*posts, snapshots=[snapshot(1, ago(1), likes=0)]), "demands")
    assert line == f"“Take HART off AWS”: no data, {missing}"


def test_demands_whose_figures_are_mostly_missing_are_not_ranked() -> None:
    posts = [publication(n, published=ago(days=2), next_read=ago()) for n in range(3)]
    posts += [
        publication(n, published=ago(days=2), demand=name) for n, name in ((8, "a"), (9, "b"))
    ]
    reads = [
        snapshot(0, ago(1), likes=90),
        snapshot(8, ago(1), likes=4),
        snapshot(9, ago(1), likes=7),
    ]
    found = answered(*posts, snapshots=reads)
    assert [line.split(":")[0] for line in said(found, "demands")] == ["“b”", "“a”"]
    [line] = said(found, "unranked")
    assert line.startswith("“Take HART off AWS”: at least 90 engagements")
    [note] = [part.note for part in found.sections if part.id == "demands"]
    assert note.startswith("“b” had the most engagements, as far as is known. It is not proved")


def test_the_first_sentence_is_the_week_beside_the_one_before() -> None:
    posts = [publication(1, published=ago(days=2)), publication(2, published=ago(days=9))]
    reads = [snapshot(1, ago(1), likes=4), snapshot(2, ago(days=8), likes=2)]
    assert answered(*posts, snapshots=reads).lead == (
        "About as many engagements as in the 7 days before (4 against 2), with 1 new post against "
        "1. It is too early to say how the new post did."
    )
    assert answered(publication(1, published=ago(2), next_read=ago())).lead == (
        "No data on engagements in the past 7 days, no data in the 7 days before. 1 new post, none "
        "before. It is too early to say how the new post did. 1 of 1 post has no new figures, so "
        "the sums may be too low."
    )


def test_many_posts_beside_none_are_said_to_be_hardly_alike() -> None:
    new = [publication(number, published=ago(days=2)) for number in range(5)]
    old = [publication(number, published=ago(days=9)) for number in range(5)]
    assert "5 new posts, none before, so the two can hardly be compared." in answered(*new).lead
    assert "No new posts, 5 before, so the two can hardly be compared." in answered(*old).lead


def test_accounts_that_are_read_a_day_later_than_others_are_named() -> None:
    posts = [publication(n, account=name, next_read=NOW) for n, name in ((1, "mj"), (2, "far"))]
    found = answered(*posts, snapshots=[snapshot(1, ago(1), likes=4), snapshot(2, ago(2), likes=4)])
    assert found.reads == (
        ("Counters last read", "2022-07-13 16:00"),
        ("those of far", "2022-07-12 16:00"),
    )


def test_totals_stand_beside_those_of_the_time_before() -> None:
    posts = [publication(1, published=ago(days=2)), publication(2, published=ago(days=9))]
    reads = [
        snapshot(1, ago(1), impressions=100, likes=4, reposts=1),
        snapshot(2, ago(days=8), impressions=60, likes=2),
    ]
    rows = answered(*posts, snapshots=reads).totals
    found = {row.name: (row.now, row.before, row.change) for row in rows}
    assert found["New posts"] == ("1", "1", "0")
    assert found["Impressions"] == ("100", "60", "+40")
    assert found["Engagements"] == ("5", "2", "+3")
    assert found["Engagements per impression"] == ("5.00%", "3.33%", "")


@pytest.mark.parametrize(
    ("start", "end", "title"),
    [
        (ago(days=7), NOW, "The past 7 days"),
        (ago(hours=24), NOW, "The past 24 hours"),
        (ago(hours=10), NOW, "The past 10 hours"),
        (ago(hours=0.7), NOW, "The past hour"),
        (datetime(2022, 7, 1, tzinfo=UTC), datetime(2022, 7, 2, tzinfo=UTC), "Fri 2022-07-01"),
        (
            datetime(2022, 7, 1, tzinfo=UTC),
            datetime(2022, 7, 8, tzinfo=UTC),
            "The 7 days up to Thu 2022-07-07",
        ),
    ],
)
def test_a_time_that_is_over_is_not_called_the_past(
    start: datetime, end: datetime, title: str
) -> None:
    period = Period(start, end)
    found = answer(evidence(moments=moments(period, ZoneInfo("UTC"))), period, PeriodNotes(), NOW)
    assert found.title == title


def test_a_long_time_is_shown_by_longer_steps() -> None:
    year = Period.last_days(365, NOW, ZoneInfo("UTC"))
    assert year.step_days(ZoneInfo("UTC")) == 28
    assert len(year.days(ZoneInfo("UTC"), 28)) == 14
    ages = Period.last_days(9_000, NOW, ZoneInfo("UTC"))
    assert len(ages.days(ZoneInfo("UTC"), ages.step_days(ZoneInfo("UTC")))) <= 32


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_every_format_begins_with_the_answer(form: str) -> None:
    new = publication(1, published=ago(days=2), campaign=CAMPAIGN)
    of = evidence(new, snapshots=[snapshot(1, ago(1), impressions=100, likes=4)], names=NAMES)
    text = render(form, of, [], NOW, answer=sample_answer(of), width=100)
    for words in ("The past 7 days", "What moved people", "Needs a person", "What next"):
        assert (words in text) is (form != "json" or words != "The past 7 days")


@pytest.mark.parametrize("form", ["terminal", "markdown", "html"])
def test_what_the_technician_does_stands_on_its_own_line_and_tables_say_their_time(
    form: str,
) -> None:
    found = answered(publication(1, published=ago(days=2)), scheduled_ahead=0)
    shown = tables(found.evidence, NOW, ["post"])
    text = render(form, found.evidence, shown, NOW, answer=found, width=100)
    assert re.search(
        r"Write some\.\W*(</bdi><span .*>)?For your technician: groundswell queue", text
    )
    assert "count all posts since 2022-07-12 16:00" in text

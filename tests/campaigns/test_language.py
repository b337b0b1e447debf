"""Wordings, posts on several events, embargoes, and the facts and statements of a post."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import campaign_with_post, load_files, load_rows

from bot.planning.occurrences import choose_wording, embargo_of, partner_wordings, stale_from

if TYPE_CHECKING:
    from pathlib import Path

    from bot.model import Campaign, Post


def sound(tmp_path: Path, *rows: str) -> tuple[Campaign, tuple[Post, ...]]:
    found = load_rows(tmp_path, *rows)
    assert found.problems == ()
    return found.campaigns[0], found.campaigns[0].posts


def lines(tmp_path: Path, *rows: str) -> list[str]:
    problems = load_rows(tmp_path, *rows).problems
    return [f"{problem.line}: {problem.code} {problem.message}" for problem in problems]


def test_header_holds_statements_partners_embargo_and_approval(tmp_path: Path) -> None:
    campaign, _ = sound(tmp_path, "when: 2022-07-10 09:00", "text: Hi")
    statement = campaign.statements["hayes"]
    assert (statement.speaker, statement.exact) == ("Myaisha Hayes", False)
    assert statement.words == "Amazon must put people over profit"
    assert campaign.partners == ("athena", "fight-for-us")
    assert campaign.embargo == datetime(2022, 7, 1, 10, tzinfo=UTC)
    assert campaign.require_approval == 2
    assert campaign.facts["hart"].review_by == date(2022, 8, 1)


@pytest.mark.parametrize(
    ("rows", "due"),
    [  # the campaign's embargo ends at 2022-07-01 06:00 in New York
        (("when: { embargo: ends }",), datetime(2022, 7, 1, 10, tzinfo=UTC)),
        (("when: { embargo: ends, offset: 10m }",), datetime(2022, 7, 1, 10, 10, tzinfo=UTC)),
        (
            ("when: { embargo: ends }", "embargo: 2022-07-02 08:00"),
            datetime(2022, 7, 2, 12, tzinfo=UTC),
        ),
        (
            ("when: { embargo: ends }", "embargo: 2022-06-30 08:00"),
            datetime(2022, 7, 1, 10, tzinfo=UTC),
        ),
    ],
)
def test_post_is_due_when_the_later_of_both_embargoes_ends(
    tmp_path: Path, rows: tuple[str, ...], due: datetime
) -> None:
    campaign, [post] = sound(tmp_path, *rows, "text: Hi")
    assert post.when.due == due
    assert (embargo_of(campaign, post) or due) <= due


def test_embargo_of_a_post_holds_that_post_only(tmp_path: Path) -> None:
    campaign, [post] = sound(
        tmp_path, "when: 2022-07-03 09:00", "embargo: 2022-07-03 10:00", "text: Hi"
    )
    assert embargo_of(campaign, post) == datetime(2022, 7, 3, 14, tzinfo=UTC)
    assert embargo_of(campaign, replace(post, embargo=None)) == campaign.embargo


def test_wait_for_a_missing_embargo_is_refused(tmp_path: Path) -> None:
    text = campaign_with_post("text: Hi", when="{embargo: ends}")
    [problem] = load_files(tmp_path, a=text).problems
    assert problem.code == "C203"
    assert problem.message == "Neither the post nor its campaign has an embargo."


def test_time_before_the_end_of_an_embargo_is_refused(tmp_path: Path) -> None:
    [line] = lines(tmp_path, "when: { embargo: ends, offset: -10m }", "text: Hi")
    assert line.endswith("C204 No post is sent before its embargo ends.")


def test_post_for_several_events_is_one_post_for_each(tmp_path: Path) -> None:
    _, posts = sound(
        tmp_path,
        "when: { events: [nyc, chicago], offset: -1d, at: '18:00' }",
        "values: { nyc: { who: New Yorkers }, chicago: { who: Chicago } }",
        "hashtags: []",
        "text: '{{ value.who }}, see you at {{ event.place }}'",
    )
    assert [(post.id, post.event, post.wordings[0].content.text) for post in posts] == [
        ("one", "nyc", "New Yorkers, see you at Javits Center"),
        ("one", "chicago", "Chicago, see you at Chicago"),
    ]


def test_missing_value_is_reported_with_the_event(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        "when: { events: [nyc, chicago] }",
        "values: { nyc: { who: New Yorkers } }",
        "text: '{{ value.who }}, hello'",
    )
    assert found == ['47: T402 The post has no values for the event "chicago".']


def test_wordings_have_names_and_share_media_link_and_hashtags(tmp_path: Path) -> None:
    _, (post,) = sound(
        tmp_path,
        "when: 2022-07-10 09:00",
        "link: https://example.org/a",
        "wordings:",
        "  plain: Take HART off AWS",
        "  asks: { text: Why is HART on AWS?, link: https://example.org/b }",
        "hashtags: [Hart]",
    )
    assert [(wording.name, wording.content.text) for wording in post.wordings] == [
        ("plain", "Take HART off AWS\nhttps://example.org/a\n\n#Hart"),
        ("asks", "Why is HART on AWS?\nhttps://example.org/b\n\n#Hart"),
    ]


def test_accounts_and_partners_take_different_wordings_and_keep_them(tmp_path: Path) -> None:
    campaign, (post,) = sound(
        tmp_path,
        "when: 2022-07-10 09:00",
        "accounts: [mediajustice-x, athena-x]",
        "wordings: { a: One, b: Two, c: Three, d: Four }",
    )
    ours = [choose_wording(post, name, "once") for name in ("mediajustice-x", "athena-x")]
    theirs = partner_wordings(post, "once", campaign.partners)
    taken = [wording.name for wording in (*ours, *theirs.values()) if wording]
    assert sorted(taken) == ["a", "b", "c", "d"]
    assert theirs == partner_wordings(post, "once", campaign.partners)


def test_recurrence_varies_its_wordings(tmp_path: Path) -> None:
    _, (post,) = sound(
        tmp_path, "when: { every: day, at: '09:00' }", "wordings: { a: One, b: Two, c: Three }"
    )
    labels = [f"2022-07-{day:02}T09:00" for day in range(1, 29)]
    taken = {choose_wording(post, "mediajustice-x", label).name for label in labels}
    assert taken == {"a", "b", "c"}


def test_post_relies_on_the_facts_that_it_names_and_fetches(tmp_path: Path) -> None:
    campaign, (post,) = sound(
        tmp_path,
        "when: 2022-07-10 09:00",
        "facts: [prison-calls]",
        "text: '{{ fact.hart.figure }}. {{ statement.hayes.speaker }}'",
    )
    assert (post.facts, post.statements) == (("prison-calls", "hart"), ("hayes",))
    assert stale_from(campaign, post) == datetime(2022, 8, 2, 4, tzinfo=UTC)

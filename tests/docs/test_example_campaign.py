"""The example in ``posts/`` shows every feature, keeps to its facts and passes every check."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.checking import Checker
from bot.config import load
from bot.platforms import PLATFORMS
from bot.platforms.x.prices import POST_WITH_LINK, charges
from bot.schedules import At, EventRelative, Every, NextSlot
from bot.xtext import LIMIT, weighted_length

if TYPE_CHECKING:
    from bot.checking import CheckResult
    from bot.model import Campaign, Part, Post

ROOT = Path(__file__).parents[2]
POSTS = ROOT / "posts"
NOW = datetime(2022, 7, 10, 12, tzinfo=UTC)


@cache
def checked() -> CheckResult:
    """Check the example with the accounts of the example config."""
    return Checker(POSTS, load(ROOT / "config.example.yaml", {}).accounts).check(NOW)


@pytest.fixture
def campaign() -> Campaign:
    (only,) = checked().campaigns
    return only


def parts(campaign: Campaign, platform: str = "") -> list[tuple[Post, Part]]:
    """Return the parts of all posts, or of those on a platform."""
    return [
        (post, part)
        for post in campaign.posts
        if not platform or f"mediajustice-{platform}" in post.accounts
        for wording in post.wordings
        for part in wording.content.parts
    ]


def test_has_no_problem_and_no_warning() -> None:
    assert checked().problems == ()


def test_is_the_campaign_of_the_brief(campaign: Campaign) -> None:
    assert campaign.id == "people-over-profit"
    assert campaign.accounts == ("mediajustice-x", "mediajustice-mastodon", "mediajustice-bluesky")
    figures = {fact.id: fact.figure for fact in campaign.facts.values()}
    assert figures == {
        "hart": "$6 billion",
        "nimbus": "$1.2 billion",
        "ring": "over 2,000",
        "ring-consent": None,
        "prison-calls": None,
        "police-tools": None,
    }
    dated = {(fact.source, fact.as_of) for fact in campaign.facts.values()}
    assert dated == {("https://mediajustice.org/", "2022-07-18")}


def test_the_new_york_summit_is_real_and_the_second_city_an_example(campaign: Campaign) -> None:
    nyc, *others = campaign.events.values()
    assert (nyc.id, nyc.illustrative) == ("nyc", False)
    assert nyc.starts.isoformat() == "2022-07-12T13:00:00+00:00"
    assert others
    assert all(event.illustrative for event in others)


def test_every_demand_has_posts(campaign: Campaign) -> None:
    assert len(campaign.posts) >= 12
    assert {post.demand for post in campaign.posts} >= set(campaign.demands)


def test_every_post_fits_into_a_post_on_x(campaign: Campaign) -> None:
    lengths = {post.id: weighted_length(part.text) for post, part in parts(campaign, "x")}
    assert {name: length for name, length in lengths.items() if length > LIMIT} == {}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_two_posts_of_an_account_say_the_same(campaign: Campaign, platform: str) -> None:
    texts = [" ".join(part.text.split()) for _, part in parts(campaign, platform)]
    assert len(texts) > 30
    assert len(set(texts)) == len(texts)


@dataclass(frozen=True)
class Kind:
    """A kind of post that the example shows."""

    name: str
    least: int
    """Number of posts that the example must have."""
    count: int
    """Number of posts that it has."""


def test_shows_every_kind_of_post(campaign: Campaign) -> None:
    posts = campaign.posts
    kinds = [
        Kind(
            "thread of four or five",
            1,
            sum(len(p.wordings[0].content.parts) in {4, 5} for p in posts),
        ),
        Kind("media", 2, sum(bool(part.media) for _, part in parts(campaign))),
        Kind("poll", 1, sum(part.poll is not None for _, part in parts(campaign))),
        Kind("recurring", 1, sum(isinstance(p.when, Every) for p in posts)),
        Kind("short form", 2, sum(p.mark.file.endswith("queue.yaml") for p in posts)),
        Kind("next free slot", 1, sum(isinstance(p.when, NextSlot) for p in posts)),
        Kind("one for each event", 2, sum(_has_a_brother(p, posts) for p in posts)),
        Kind("several wordings", 2, sum(len(p.wordings) > 1 for p in posts)),
        Kind("end", 5, sum(p.expires is not None for p in posts)),
        Kind("standing on a fact to be reviewed", 5, sum(_is_reviewed(p, campaign) for p in posts)),
        Kind("repeating a statement", 1, sum(bool(p.statements) for p in posts)),
        Kind("other words on a network", 2, sum(p.platform is not None for p in posts)),
        Kind(
            "a poll if the network has polls",
            1,
            sum(_asks_in_words_elsewhere(p, posts) for p in posts),
        ),
        Kind("thread if it is too long", 2, sum(p.wordings[0].cut for p in posts)),
        Kind("mention", 3, len({m for p in posts for m in re.findall(r"@athena\S*", _text(p))})),
        Kind("breaking a rule with a reason", 1, sum(bool(p.suppressions) for p in posts)),
    ]
    assert [kind for kind in kinds if kind.count < kind.least] == []


def _has_a_brother(post: Post, posts: tuple[Post, ...]) -> bool:
    return any(other.id == post.id and other.event != post.event for other in posts)


def _asks_in_words_elsewhere(post: Post, posts: tuple[Post, ...]) -> bool:
    """Return whether one text of a post has a poll and another has none."""
    polls = {bool(p.wordings[0].content.parts[-1].poll) for p in posts if p.id == post.id}
    return polls == {True, False}


def _text(post: Post) -> str:
    return post.wordings[0].content.text


def _is_reviewed(post: Post, campaign: Campaign) -> bool:
    return any(campaign.facts[name].review_by for name in post.facts)


def test_holds_posts_until_the_embargo_and_an_approval(campaign: Campaign) -> None:
    assert campaign.require_approval == 1
    assert campaign.partners == ("athena",)
    dues = [p.when.due for p in campaign.posts if isinstance(p.when, At | EventRelative)]
    assert campaign.embargo
    assert campaign.embargo < min(dues)


def test_paraphrases_its_spokesperson_and_says_so(campaign: Campaign) -> None:
    (said,) = campaign.statements.values()
    assert (said.speaker, said.exact) == ("Myaisha Hayes", False)
    (text,) = {part.text for post, part in parts(campaign) if said.speaker in part.text}
    assert said.role in text
    assert f"Paraphrased, not her words: {said.words}." in text
    assert not re.search('["“”«»]', text)


def test_rule_broken_on_purpose_would_be_reported_without_its_comment(tmp_path: Path) -> None:
    shutil.copytree(POSTS, tmp_path / "posts")
    path = tmp_path / "posts" / "queue.yaml"
    path.write_text(re.sub(r"  # groundswell: allow .*", "", path.read_text()))
    accounts = load(ROOT / "config.example.yaml", {}).accounts
    (found,) = Checker(tmp_path / "posts", accounts).check(NOW).problems
    assert (found.code, found.level) == ("L811", "warning")


@pytest.mark.parametrize(("year", "stale"), [(2022, []), (2026, ["hart", "nimbus", "ring"])])
def test_only_its_facts_are_to_be_reviewed_years_later(year: int, stale: list[str]) -> None:
    accounts = load(ROOT / "config.example.yaml", {}).accounts
    later = NOW.replace(year=year, month=12, day=1)
    found = Checker(POSTS, accounts).check(later).problems
    assert [(problem.code, problem.level) for problem in found] == [("F907", "warning")] * len(
        stale
    )
    for name, problem in zip(stale, found, strict=True):
        assert "Since 2023-01-01, it is missing from the share page" in problem.message
        assert f"fact {name} " in problem.message


@pytest.mark.parametrize("event", ["nyc", "chicago"])
def test_a_series_stands_around_each_event(campaign: Campaign, event: str) -> None:
    around = [
        p.when for p in campaign.posts if isinstance(p.when, EventRelative) and p.event == event
    ]
    summit = campaign.events[event]
    moments = [when.due for when in around]
    assert any(due < summit.starts for due in moments)
    assert any(summit.starts < due < summit.ends for due in moments)
    assert any(summit.ends < due for due in moments)
    assert len(moments) >= 5


def test_a_recurring_post_has_a_first_and_a_last_day(campaign: Campaign) -> None:
    for post in campaign.posts:
        if isinstance(post.when, Every):
            assert post.when.start is not None
            assert post.when.until is not None


def test_only_one_post_costs_the_price_of_a_link(campaign: Campaign) -> None:
    dear = [
        post.id
        for post in campaign.posts
        if "mediajustice-x" in post.accounts
        for wording in post.wordings
        if any(charge.item == POST_WITH_LINK for charge in charges(wording.content))
    ]
    assert dear == ["read-the-sources"]


def test_a_moved_event_moves_its_posts(campaign: Campaign) -> None:
    post = next(post for post in campaign.posts if post.id == "nyc-during")
    assert isinstance(post.when, EventRelative)
    summit = campaign.events["nyc"]
    later = replace(summit, starts=summit.starts.replace(day=19), ends=summit.ends.replace(day=19))
    assert replace(post.when, event=later).due == post.when.due.replace(day=19)

"""Requests for counters, their costs, and both spellings of the answers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.clock import ManualClock
from helpers.platform_contract import send
from helpers.platforms import XBackend
from helpers.store import text_content

from bot.model import Content, Counters, Part, Poll, PollVotes
from bot.platforms.outcomes import RateLimited
from bot.platforms.x import prices, responses, timeline
from bot.platforms.x.transport import XTransport
from bot.sandbox import XWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.platforms.responses import HttpAnswer

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)

OLD = {
    "public_metrics": {
        "retweet_count": 1,
        "reply_count": 2,
        "like_count": 3,
        "quote_count": 4,
        "bookmark_count": 5,
        "impression_count": 600,
    },
    "non_public_metrics": {
        "impression_count": 601,
        "url_link_clicks": 7,
        "user_profile_clicks": 8,
    },
}
NEW: dict[str, Any] = {
    **OLD,
    "public_metrics": {"repost_count": 1}
    | {name: value for name, value in OLD["public_metrics"].items() if name != "retweet_count"},
}
ALL = Counters(600, 3, 1, 4, 2, 5, 7, 8)


@pytest.mark.parametrize("post", [OLD, NEW], ids=["tweet", "post"])
def test_both_spellings_are_read(post: dict[str, Any]) -> None:
    assert timeline.parse_counters(post) == ALL


def test_what_x_does_not_give_is_not_zero() -> None:
    assert timeline.parse_counters({"public_metrics": {"like_count": 0}}) == Counters(likes=0)
    assert timeline.parse_counters({"public_metrics": {"like_count": "3"}}) == Counters()
    assert timeline.parse_counters({}) == Counters()


def test_private_impressions_stand_in_for_public_ones() -> None:
    assert timeline.parse_counters({"non_public_metrics": {"impression_count": 9}}).impressions == 9


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        (
            "tweet",
            {"tweet.fields": "note_tweet,referenced_tweets", "expansions": "author_id"},
        ),
        (
            "post",
            {"post.fields": "note_post", "expansions": "author_id,referenced_posts"},
        ),
    ],
)
def test_fields_are_asked_for_in_the_configured_spelling(
    spelling: str, expected: dict[str, str]
) -> None:
    names = ("note_tweet", "referenced_tweets")
    assert responses.field_params(spelling, names, "author_id") == expected
    assert "expansions" not in responses.field_params(spelling, ("note_tweet",))


def test_private_counters_are_asked_for_29_days_only() -> None:
    posts = [("1", NOW - 29 * DAY), ("2", NOW - 29 * DAY - timedelta(seconds=1))]
    young, old = timeline.split_by_age(posts, NOW)
    assert ([*young[0]], "non_public_metrics" in young[1]) == (["1"], True)
    assert ([*old[0]], "non_public_metrics" in old[1]) == (["2"], False)


def test_no_end_is_asked_for_that_is_not_yet_past() -> None:
    assert "end_time" not in timeline.time_window([NOW - timedelta(seconds=90)], NOW)
    assert timeline.time_window([NOW - DAY], NOW) == {
        "start_time": "2026-11-23T11:59:00Z",
        "end_time": "2026-11-23T12:01:00Z",
    }


# --- Votes --------------------------------------------------------------------------------------

POLL = {
    "id": "7",
    "voting_status": "closed",
    "options": [
        {"position": 2, "label": "No", "votes": 40},
        {"position": 1, "label": "Yes", "votes": 60},
    ],
}


def page_with(poll: dict[str, Any]) -> dict[str, Any]:
    asking = {"id": "1", "attachments": {"poll_ids": ["7"]}}
    return {"data": [asking, {"id": "2"}], "includes": {"polls": [{"id": "8"}, poll]}}


def test_votes_are_in_the_order_of_the_options() -> None:
    found = timeline.parse_votes(page_with(POLL), NOW)
    assert found == {"1": PollVotes((60, 40), NOW, closed=True)}


def test_votes_that_x_does_not_give_are_not_zero() -> None:
    options = [{"position": 1, "label": "Yes"}, {"position": 2, "label": "No", "votes": "3"}]
    found = timeline.parse_votes(page_with({**POLL, "options": options}), NOW)
    assert found["1"].counts == (None, None)
    assert timeline.parse_votes({"data": [{"id": "1"}]}, NOW) == {}
    assert timeline.parse_votes({}, NOW) == {}


@pytest.mark.parametrize(
    ("said", "closed"),
    [
        ({"voting_status": "open", "end_datetime": "2026-11-24T11:00:00.000Z"}, False),
        ({"end_datetime": "2026-11-24T12:00:00.000Z"}, True),
        ({"end_datetime": "2026-11-24T12:00:01.000Z"}, False),
        ({}, False),
    ],
)
def test_a_poll_is_closed_as_x_says_or_else_by_its_end(said: dict[str, Any], closed: bool) -> None:
    poll = {"id": "7", "options": POLL["options"], **said}
    assert timeline.parse_votes(page_with(poll), NOW)["1"].closed is closed


def test_votes_are_asked_for_only_with_posts_that_have_a_poll() -> None:
    posts = [("1", NOW - DAY), ("2", NOW - 30 * DAY)]
    assert all(not params for _, _, params in timeline.split_by_age(posts, NOW, ["3"]))
    young, (_, fields, params) = timeline.split_by_age(posts, NOW, ["2", "3"])
    assert (young[2], "attachments" in young[1]) == ({}, False)
    assert "attachments" in fields
    assert params == {
        "expansions": "attachments.poll_ids",
        "poll.fields": "options,voting_status,end_datetime",
    }


ERRORS = [
    {"type": "https://api.twitter.com/2/problems/resource-not-found", "resource_id": "1"},
    {"type": "https://api.x.com/2/problems/resource-not-found", "value": "2"},
    {"type": "https://api.x.com/2/problems/not-authorized-for-resource", "resource_id": "3"},
    {"type": "https://api.x.com/2/problems/resource-not-found", "resource_id": "99"},
    "odd",
]


def test_gone_is_only_what_was_asked_for_and_does_not_exist() -> None:
    assert timeline.missing_ids({"errors": ERRORS}, ["1", "2", "3", "4"]) == {"1", "2"}
    assert timeline.missing_ids({"errors": None}, ["1"]) == frozenset()


# --- Over HTTP ------------------------------------------------------------------------------------


def bill(charges: Any) -> dict[str, int]:
    items: dict[str, int] = {}
    for charge in charges:
        assert charge.quantity == len(charge.ids)
        items[charge.item] = items.get(charge.item, 0) + charge.quantity
    return items


def test_counters_are_the_platforms_own(stage: XBackend) -> None:
    start = stage.clock.now()
    remote_id = send(stage, text_content("Take HART off AWS"))
    stage.clock.advance(hours=6)
    counted = stage.world.counters(stage.world.posts[remote_id])
    found = stage.client().fetch_counters([(remote_id, start)]).counters[remote_id]
    assert found == Counters(**asdict(counted))
    assert counted.impressions > 0


def test_young_posts_are_read_from_the_timeline(stage: XBackend) -> None:
    start = stage.clock.now()
    ids = [send(stage, text_content(f"Post {number}")) for number in range(60)]
    reading = stage.client().fetch_counters([(remote_id, start) for remote_id in ids])
    assert len(reading.counters) == 60
    assert bill(reading.charges) == {"owned_read": 60}


def test_one_old_post_among_many_is_looked_up(stage: XBackend) -> None:
    start = stage.clock.now()
    remote_id = send(stage, text_content("The wanted one"))
    others = [stage.world.add_post(stage.author, f"By hand {number}").id for number in range(40)]
    reading = stage.client().fetch_counters([(remote_id, start)])
    assert set(reading.counters) == {remote_id, *others[-5:]}
    assert bill(reading.charges) == {"owned_read": 5, "post_read": 1}


def test_the_posts_of_a_page_that_were_not_wanted_are_returned_in_full(stage: XBackend) -> None:
    start = stage.clock.now()
    ids = [send(stage, text_content(f"Post {number}")) for number in range(4)]
    stage.clock.advance(hours=6)
    reading = stage.client().fetch_counters([(ids[0], start)])
    assert bill(reading.charges) == {"owned_read": 4}
    assert set(reading.counters) == {*ids}
    for remote_id, found in reading.counters.items():
        assert found == Counters(**asdict(stage.world.counters(stage.world.posts[remote_id])))


def test_clicks_that_were_read_are_not_lost_where_young_posts_and_old_ones_meet(
    stage: XBackend,
) -> None:
    start = stage.clock.now()
    old = send(stage, text_content("Older than 29 days"))
    stage.clock.advance(seconds=40)
    young, later = send(stage, text_content("Not yet")), stage.clock.now()
    stage.clock.advance(days=29, seconds=-20)
    posts = [(old, start), (young, later)]
    assert len(timeline.split_by_age(posts, stage.clock.now())) == 2
    reading = stage.client().fetch_counters(posts)
    assert set(reading.counters) == {old, young}
    assert reading.counters[young].link_clicks is not None
    assert bill(reading.charges) == {"owned_read": 4}, "both pages show both: one day, paid once"


def test_where_reading_ones_own_is_free_it_is_read_to_the_end(
    stage: XBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = (stage.clock.now().date(), "owned_read", Decimal(0))
    monkeypatch.setattr(prices, "PRICES", (*prices.PRICES, free))
    start = stage.clock.now()
    ids = [stage.world.add_post(stage.author, f"Post {number}").id for number in range(130)]
    reading = stage.client().fetch_counters([(ids[0], start)])
    assert reading.counters[ids[0]].likes is not None


def test_old_posts_have_public_counters_only(stage: XBackend) -> None:
    start = stage.clock.now()
    remote_id = send(stage, text_content("Long ago"))
    stage.clock.advance(days=40)
    young = send(stage, text_content("Just now"))
    posts = [(remote_id, start), (young, stage.clock.now())]
    reading = stage.client().fetch_counters(posts)
    assert reading.counters[remote_id].likes is not None
    assert reading.counters[remote_id].link_clicks is None
    assert reading.counters[young].link_clicks is not None
    assert bill(reading.charges) == {"owned_read": 2}


def test_more_than_a_hundred_lost_posts_are_looked_up_in_batches(stage: XBackend) -> None:
    start = stage.clock.now()
    ids = [stage.world.add_post(stage.author, f"Post {number}").id for number in range(130)]
    for remote_id in ids:
        stage.delete(remote_id)
    reading = stage.client().fetch_counters([(remote_id, start) for remote_id in ids])
    assert reading.gone == set(ids)
    assert reading.counters == {}
    assert reading.charges == []


def test_a_limit_half_way_gives_what_was_read_until_then(stage: XBackend) -> None:
    start = stage.clock.now()
    kept, deleted = send(stage, text_content("Kept")), send(stage, text_content("Deleted"))
    stage.delete(deleted)
    stage.fault({"status": 429, "reset": 60}, "/2/tweets")
    reading = stage.client().fetch_counters([(kept, start), (deleted, start)])
    assert set(reading.counters) == {kept}
    assert reading.gone == frozenset()


def test_a_limit_at_once_is_raised(stage: XBackend) -> None:
    stage.fault({"status": 429, "reset": 60}, "/2/users/")
    with pytest.raises(RateLimited):
        stage.client().fetch_counters([("1", stage.clock.now())])


def test_nothing_wanted_asks_nothing(stage: XBackend) -> None:
    before = stage.world.balance
    assert stage.client().fetch_counters([]).counters == {}
    assert stage.world.balance == before


ASKED = Content((Part("End it?", poll=Poll(("Yes", "Now", "At once"), 120)),))


@pytest.fixture(params=["tweet", "post"])
def either(request: pytest.FixtureRequest) -> Iterator[XBackend]:
    """An account on each version of X."""
    clock = ManualClock()
    world = XWorld(now=clock.now)
    world.spelling = request.param
    with serve(world) as url:
        yield XBackend(url, world, clock)


def test_votes_are_read_with_the_counters_in_the_same_request(
    either: XBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, start = either, either.clock.now()
    plain, asked = send(stage, text_content("Plain")), send(stage, ASKED)
    stage.clock.advance(hours=1)
    posts = [(plain, start), (asked, start)]
    client, requests, ask = stage.client(), list[dict[str, Any]](), XTransport.send

    def watched(line: XTransport, method: str, route: str, **how: Any) -> HttpAnswer:
        requests.append(how)
        return ask(line, method, route, **how)

    monkeypatch.setattr(XTransport, "send", watched)
    without = client.fetch_counters(posts)
    assert len(requests) == 1
    assert not any("poll" in value for value in requests[0]["params"].values())
    reading = client.fetch_counters(posts, [asked])
    assert len(requests) == 2
    assert (reading.counters, reading.charges) == (without.counters, without.charges)
    assert without.votes == {}
    counted = stage.world.votes(stage.world.posts[asked])
    assert reading.votes == {asked: PollVotes(counted, stage.clock.now(), closed=False)}
    assert all(counted)


def test_votes_of_a_poll_that_is_over_stand_also_by_a_look_up(stage: XBackend) -> None:
    start = stage.clock.now()
    asked = send(stage, ASKED)
    for number in range(12):
        stage.world.add_post(stage.author, f"By hand {number}")
    stage.clock.advance(hours=2)
    final = stage.world.votes(stage.world.posts[asked])
    stage.clock.advance(days=3)
    reading = stage.client().fetch_counters([(asked, start)], [asked])
    assert bill(reading.charges) == {"owned_read": 5, "post_read": 1}
    assert reading.votes == {asked: PollVotes(final, stage.clock.now(), closed=True)}


def test_what_is_booked_is_what_the_platform_charged(stage: XBackend) -> None:
    start = stage.clock.now()
    ids = [stage.world.add_post(stage.author, f"Post {number}").id for number in range(12)]
    before = stage.world.balance
    reading = stage.client().fetch_counters([(remote_id, start) for remote_id in ids[:3]])
    spent = before - stage.world.balance
    assert spent == sum(stage.kind.price(charge, start) for charge in reading.charges)

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.audience import simulate_counters, simulate_votes
from bot.sandbox.state import SimAccount, SimCounters, SimPoll, SimPost, SimUpload

if TYPE_CHECKING:
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]

BORN = datetime(2026, 3, 2, 17, tzinfo=UTC)
TEXT = "Amazon must take HART off AWS."


def post(handle: str = "a", text: str = TEXT, born: datetime = BORN, **more: Any) -> SimPost:
    """A post by an account of its own, so that its audience is its own."""
    account = SimAccount("1", handle, "A", BORN)
    return SimPost("1", account, text, born, **more)


PLAIN = post()


def at(hours: float, of: SimPost = PLAIN, seed: int = 1) -> SimCounters:
    return simulate_counters(seed, of, timedelta(hours=hours))


def average(**more: Any) -> float:
    return mean(at(200, post(str(number), **more)).impressions for number in range(300))


@given(
    st.integers(0, 99),
    st.text(max_size=20),
    st.floats(0, 2000),
    st.floats(0, 500),
    st.integers(0, 23),
)
def test_no_counter_ever_falls(seed: int, key: str, hours: float, more: float, hour: int) -> None:
    linked = post(key, born=BORN.replace(hour=hour), has_link=True)
    early, late = at(hours, linked, seed), at(hours + more, linked, seed)
    assert all(before <= after for before, after in zip(astuple(early), astuple(late), strict=True))


def test_same_seed_and_post_give_the_same_counters() -> None:
    assert at(30) == at(30)
    assert at(30) != at(30, seed=2)
    assert at(30) != at(30, post("b"))


def test_counters_start_at_nothing() -> None:
    assert at(0) == SimCounters()
    assert at(-5) == SimCounters()


def test_first_hours_bring_most_and_later_days_little() -> None:
    seen = [at(hours).impressions for hours in (0, 6, 24, 24 * 7, 24 * 8)]
    assert seen[1] > 0.45 * seen[3]
    assert seen[2] > 0.7 * seen[3]
    assert seen[4] - seen[3] < 0.02 * seen[3]


def test_night_is_slower_than_day() -> None:
    night = at(3, post(born=datetime(2026, 3, 2, 7, tzinfo=UTC))).impressions
    day = at(3, post(born=datetime(2026, 3, 2, 19, tzinfo=UTC))).impressions
    assert night < 0.5 * day


def test_growth_slows_from_day_to_day() -> None:
    seen = [at(24 * day).impressions for day in range(8)]
    gains = [after - before for before, after in pairwise(seen)]
    assert gains == sorted(gains, reverse=True)


def test_engagement_rate_is_plausible() -> None:
    for number in range(200):
        counts = at(200, post(str(number), has_link=True))
        assert 0.005 < counts.engagements / counts.impressions < 0.045
        assert counts.likes >= counts.quotes


def test_media_threads_polls_and_moments_do_a_bit_better() -> None:
    plain = average()
    better: list[dict[str, Any]] = [
        {"media": (SimUpload("1", "1", "image/png", 9, BORN),)},
        {"has_replies": True},
        {"poll": SimPoll("1", ("Yes", "No"), BORN)},
        {"text": "Join us at the AWS Summit today."},
    ]
    for more in better:
        assert plain < average(**more) < 1.6 * plain
    assert average(depth=1) < plain


def polled(key: str = "a", hours: int = 24, **more: Any) -> SimPost:
    ends = BORN + timedelta(hours=hours)
    return post(key, poll=SimPoll("9", ("Yes", "No", "Not yet"), ends), **more)


def votes_at(hours: float, of: SimPost, seed: int = 1) -> tuple[int, ...]:
    return simulate_votes(seed, of, timedelta(hours=hours))


@given(st.integers(0, 99), st.text(max_size=20), st.floats(0, 200), st.floats(0, 500))
def test_votes_never_fall_and_stand_once_the_poll_has_ended(
    seed: int, key: str, hours: float, more: float
) -> None:
    asked = polled(key, hours=30)
    early, late = votes_at(hours, asked, seed), votes_at(hours + more, asked, seed)
    assert all(before <= after for before, after in zip(early, late, strict=True))
    assert votes_at(30 + more, asked, seed) == votes_at(30, asked, seed)


def test_votes_are_a_small_share_of_those_who_saw_the_poll() -> None:
    for number in range(100):
        asked = polled(str(number))
        votes, seen = votes_at(24, asked), at(24, asked).impressions
        assert 0 < sum(votes) < 0.06 * seen + 3
        assert len(set(votes)) > 1, "the options differ"
    assert votes_at(0, polled()) == (0, 0, 0)
    assert votes_at(24, PLAIN) == ()


def test_a_reply_after_the_end_brings_no_vote() -> None:
    assert votes_at(40, polled(has_replies=True)) == votes_at(40, polled())


def test_no_link_no_link_clicks() -> None:
    assert at(200).link_clicks == 0
    assert at(200, post(has_link=True)).link_clicks > 0


def test_api_and_totals_tell_the_same_counters(sandbox: SandboxClient) -> None:
    ids = [sandbox.create_post(f"Post {n} https://example.org/{n}") for n in range(3)]
    sandbox.clock.advance(hours=30)
    params = {"ids": ",".join(ids), "tweet.fields": "public_metrics,non_public_metrics"}
    posts = sandbox.api("GET", "/2/tweets", params=params).json()["data"]
    totals = sandbox.control("GET", "/totals")
    likes = sum(post["public_metrics"]["like_count"] for post in posts)
    clicks = sum(post["non_public_metrics"]["url_link_clicks"] for post in posts)
    assert totals["totals"]["likes"] == likes > 0
    assert totals["totals"]["link_clicks"] == clicks > 0
    assert totals["served_totals"] == totals["totals"]


def test_api_and_totals_tell_the_same_votes(sandbox: SandboxClient) -> None:
    poll = {"options": ["Yes", "No"], "duration_minutes": 120}
    id_ = sandbox.create_post("Well?", poll=poll)
    sandbox.create_post("No poll")
    params = {"ids": id_, "expansions": "attachments.poll_ids", "poll.fields": "voting_status"}

    def read_poll() -> tuple[list[int], str]:
        [shown] = sandbox.api("GET", "/2/tweets", params=params).json()["includes"]["polls"]
        return [option["votes"] for option in shown["options"]], shown["voting_status"]

    sandbox.clock.advance(hours=1)
    early, status = read_poll()
    assert status == "open"
    sandbox.clock.advance(hours=5)
    final, status = read_poll()
    assert status == "closed"
    totals = sandbox.control("GET", "/totals")
    assert [post["votes"] for post in totals["posts"]] == [final, []]
    assert all(before < after for before, after in zip(early, final, strict=True))
    sandbox.clock.advance(hours=50)
    assert read_poll() == (final, "closed")


def test_totals_remember_what_was_served(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_post("Hello")
    sandbox.clock.advance(hours=2)
    sandbox.api("GET", "/2/tweets", params={"ids": id_, "tweet.fields": "public_metrics"})
    before = sandbox.control("GET", "/totals")
    assert before["totals"] == before["served_totals"]
    sandbox.clock.advance(hours=20)
    totals = sandbox.control("GET", "/totals")
    assert totals["served_totals"]["impressions"] < totals["totals"]["impressions"]
    assert totals["served_totals"] == before["totals"]


def test_counters_do_not_depend_on_ids_or_clock(sandbox: SandboxClient) -> None:
    from bot.sandbox import XWorld

    sandbox.create_post("Something before")
    post = sandbox.world.posts[sandbox.create_post("Hello")]
    again = XWorld(now=sandbox.clock, seed=7)
    again.add_account("mediajustice", "MediaJustice")
    same = again.add_post(next(iter(again.accounts.values())), "Hello")
    later = sandbox.clock() + timedelta(hours=9)
    assert same.id != post.id
    assert again.counters(same, later) == sandbox.world.counters(post, later)


def test_deleted_post_gathers_no_more(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_post("Hello")
    sandbox.clock.advance(hours=2)
    sandbox.control("POST", f"/posts/{id_}/delete")
    before = sandbox.control("GET", "/totals")["totals"]
    sandbox.clock.advance(hours=20)
    assert sandbox.control("GET", "/totals")["totals"] == before

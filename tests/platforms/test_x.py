"""X's client over real HTTP against the sandbox, by the contract and beyond it."""

from __future__ import annotations

import json
import urllib.request
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from helpers.platform_contract import PlatformContract, send
from helpers.platforms import SEND_KEY, XBackend
from helpers.store import text_content

from bot.model import Account
from bot.platforms import load_platform
from bot.platforms.outcomes import OutOfCredit, RateLimited, Rejected, Unauthorized, Unknown


@pytest.fixture(scope="module", params=["tweet", "post"])
def spelling(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestX(PlatformContract):
    """X keeps the contract, in both of its spellings."""


def test_sent_bytes_are_the_payload(stage: XBackend) -> None:
    client = stage.client()
    payload = client.payload(
        text_content("Z\u00fcrich & \u65e5\u672c", reply_settings="following"), 0, [], None
    )
    client.publish(payload, SEND_KEY)
    assert json.loads(payload) == {
        "text": "Z\u00fcrich & \u65e5\u672c",
        "reply_settings": "following",
    }
    assert stage.posts()[0].reply_settings == "following"


def test_only_the_head_of_a_thread_says_who_may_reply(stage: XBackend) -> None:
    said = text_content("Head", "Tail", reply_settings="following")
    tail = json.loads(stage.client().payload(said, 1, [], "5"))
    assert tail == {"text": "Tail", "reply": {"in_reply_to_tweet_id": "5"}}


def test_a_post_in_the_sandbox_never_points_to_the_real_x(stage: XBackend) -> None:
    client = stage.client()
    published = client.publish(client.payload(text_content("Hello"), 0, [], None), SEND_KEY)
    assert published.url == stage.kind.post_url(stage.account, published.remote_id)
    assert published.url == f"{stage.account.api}/{stage.handle}/status/{published.remote_id}"
    with urllib.request.urlopen(published.url, timeout=10) as page:
        assert b"Hello" in page.read()


@pytest.mark.parametrize("api", ["", "https://api.x.com", "https://api.twitter.com/"])
def test_a_post_on_x_is_at_x(api: str) -> None:
    account = Account("mj", "x", "@mediajustice", api)
    assert load_platform("x").post_url(account, "17") == "https://x.com/mediajustice/status/17"


REFUSALS = [
    ({"status": 400}, Rejected),
    ({"status": 401}, Unauthorized),
    ({"status": 402}, OutOfCredit),
    ({"status": 402, "problem": "credits-depleted"}, OutOfCredit),
    ({"status": 403, "problem": "duplicate"}, Unknown),
    ({"status": 403, "problem": "not-summoned"}, Rejected),
    ({"status": 403, "problem": "suspended"}, Unauthorized),
    ({"status": 403, "problem": "not-permitted"}, Unauthorized),
    ({"status": 403, "problem": "client-forbidden"}, Unauthorized),
    ({"status": 403, "problem": "spend-cap"}, OutOfCredit),
    ({"status": 404}, Rejected),
    ({"status": 429}, RateLimited),
    ({"status": 429, "problem": "usage-capped"}, OutOfCredit),
    ({"status": 503}, Unknown),
    ("commit_then_503", Unknown),
    ("garbage", Unknown),
    ("truncate", Unknown),
    ("redirect", Rejected),
]


@pytest.mark.parametrize(("effect", "outcome"), REFUSALS, ids=str)
def test_every_answer_to_a_send_has_its_outcome(
    stage: XBackend, effect: dict[str, Any] | str, outcome: type[Exception]
) -> None:
    client = stage.client()
    before = len(stage.world.faults.hits)
    stage.fault(effect, count=3)
    with pytest.raises(outcome) as caught:
        client.publish(client.payload(text_content("Once"), 0, [], None), SEND_KEY)
    assert isinstance(caught.value, outcome)
    hits = len(stage.world.faults.hits) - before
    assert hits == 1, "one request, whatever came of it"


def test_the_same_text_again_is_a_duplicate_that_may_be_out(stage: XBackend) -> None:
    send(stage, text_content("Twice"))
    with pytest.raises(Unknown) as caught:
        send(stage, text_content("Twice"))
    assert caught.value.duplicate
    assert stage.visible() == ["Twice"]


def test_a_full_window_says_when_to_come_back(stage: XBackend) -> None:
    stage.fault({"status": 429, "reset": 300})
    with pytest.raises(RateLimited) as caught:
        send(stage, text_content("Patience"))
    assert caught.value.until == stage.clock.now() + timedelta(seconds=300)


def test_an_empty_balance_stops_before_the_post(stage: XBackend) -> None:
    world = stage.world
    balance, world.balance = world.balance, Decimal(0)
    with pytest.raises(OutOfCredit):
        send(stage, text_content("Broke"))
    world.balance = balance
    assert stage.visible() == []


def test_a_copy_from_another_hand_is_found_too(stage: XBackend) -> None:
    client = stage.client()
    author = stage.author
    stage.world.add_post(author, "By hand, in the browser")
    search = client.find(
        client.payload(text_content("By hand, in the browser"), 0, [], None), stage.clock.now()
    )
    assert len(search.matches) == 1


def test_a_search_reads_every_page(stage: XBackend) -> None:
    author, start = stage.author, stage.clock.now()
    stage.world.add_post(author, "The oldest")
    for number in range(230):
        stage.world.add_post(author, f"Post {number}")
    client = stage.client()
    search = client.find(client.payload(text_content("The oldest"), 0, [], None), start)
    assert len(search.matches) == 1
    assert "231 posts" in search.evidence
    assert sum(charge.quantity for charge in search.charges) == 231


def test_a_profile_that_says_automated_discloses(stage: XBackend) -> None:
    profile = stage.client().whoami()
    assert profile.discloses is True
    assert profile.notes == ()
    assert profile.charges[0].item == "user_read"


SILENT = ("Media is a right.", "", "Not a bot.", "We aren't automated", "100 % non-automated")


@pytest.mark.parametrize("bio", SILENT)
def test_a_profile_that_does_not_say_automated_does_not_disclose(stage: XBackend, bio: str) -> None:
    stage.author.description = bio
    assert stage.client().whoami().discloses is None


@pytest.mark.parametrize("bio", ["A bot.", "Bot account run by MediaJustice"])
def test_a_profile_discloses_in_other_words_too(stage: XBackend, bio: str) -> None:
    stage.author.description = bio
    assert stage.client().whoami().discloses is True


def test_credentials_say_whose_they_are_and_whose_they_claim_to_be(stage: XBackend) -> None:
    other = XBackend(stage.url, stage.world, stage.clock)
    profile = stage.client(**other.secrets).whoami()
    assert profile.handle == other.handle
    assert profile.token_user_id == profile.id == other.author.id

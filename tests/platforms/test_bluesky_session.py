"""A session whose renewal was cut by the network, which is not a reason to ask a person."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from helpers.clock import ManualClock
from helpers.platforms import SEND_KEY
from helpers.sandbox_bluesky import BlueskySandboxBackend
from helpers.store import text_content

from bot.platforms.outcomes import Outcome, Unauthorized, Unsent
from bot.sandbox import BlueskyWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

REFRESH = "/xrpc/com.atproto.server.refreshSession"
LOGIN = "/xrpc/com.atproto.server.createSession"
PUT = "/xrpc/com.atproto.repo.putRecord"


@pytest.fixture
def stage() -> Iterator[BlueskySandboxBackend]:
    clock = ManualClock()
    world = BlueskyWorld(now=clock.now)
    with serve(world) as url:
        yield BlueskySandboxBackend(url, world, clock)


def publish(client: Any, text: str) -> None:
    client.publish(client.payload(text_content(text), 0, [], None), SEND_KEY)


CUTS: dict[str, Any] = {
    "no answer": "commit_then_drop",
    "nothing done": "drop_before",
    "half an answer": {"status": 200, "body": '{"accessJwt": "eyJ'},
    "500": {"status": 500},
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_renewal_is_a_fault_of_the_network_and_is_made_again(
    stage: BlueskySandboxBackend, cut: str
) -> None:
    client = stage.client()
    client.whoami()
    stage.clock.advance(hours=3)
    stage.world.faults.add("POST", REFRESH, CUTS[cut])
    with pytest.raises(Unsent) as caught:
        publish(client, "One")
    assert "TokenExpired" not in caught.value.detail
    assert "log" not in caught.value.detail
    publish(client, "One")
    assert stage.visible() == ["One"]


def test_a_renewal_that_is_refused_after_a_cut_one_logs_in_anew(
    stage: BlueskySandboxBackend,
) -> None:
    """The server renewed the session, and its answer was lost. The old token is used up."""
    client = stage.client()
    client.whoami()
    stage.clock.advance(hours=3)
    stage.world.faults.add("POST", REFRESH, "commit_then_drop")
    with pytest.raises(Unsent):
        publish(client, "One")
    stage.clock.advance(hours=3)
    publish(client, "One")
    assert stage.visible() == ["One"]


def test_a_renewal_that_is_refused_without_a_cut_still_asks_a_person(
    stage: BlueskySandboxBackend,
) -> None:
    client = stage.client()
    client.whoami()
    stage.clock.advance(hours=3)
    refusal = {"status": 400, "body": {"error": "ExpiredToken", "message": "revoked"}}
    stage.world.faults.add("POST", REFRESH, refusal)
    with pytest.raises(Unauthorized, match="the session was ended"):
        publish(client, "One")


def test_a_new_token_that_counts_as_expired_is_a_wrong_clock(stage: BlueskySandboxBackend) -> None:
    client = stage.client()
    client.whoami()
    refusal = {"status": 400, "body": {"error": "ExpiredToken", "message": "Token has expired"}}
    for _ in range(2):
        stage.world.faults.add("POST", PUT, refusal)
    with pytest.raises(Unsent, match="calls a new token expired"):
        publish(client, "One")


def test_a_token_of_the_session_is_hidden_in_base64_as_well(stage: BlueskySandboxBackend) -> None:
    client: Any = stage.client()
    client.whoami()
    token = client._repository._tokens.access
    echo = b64encode(f"Bearer {token}".encode()).decode()
    body = {"error": "InvalidRequest", "message": f"bad header {echo} {json.dumps(token)}"}
    stage.world.faults.add("POST", PUT, {"status": 400, "body": body})
    with pytest.raises(Outcome) as caught:
        publish(client, "One")
    assert token[:30] not in caught.value.detail
    assert echo[20:60] not in caught.value.detail

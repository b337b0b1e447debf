"""Bluesky's client keeps the contract in the sandbox, as on a real server."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.clock import ManualClock
from helpers.platform_contract import PlatformContract, new_key, payload
from helpers.sandbox_bluesky import BlueskySandboxBackend

from bot.platforms.outcomes import Outcome, RateLimited, Rejected, Unauthorized, Unknown, Unsent
from bot.sandbox import BlueskyWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


PUT = "/xrpc/com.atproto.repo.putRecord"


@pytest.fixture(scope="module")
def platform() -> Iterator[tuple[str, BlueskyWorld, ManualClock]]:
    clock = ManualClock()
    world = BlueskyWorld(now=clock.now)
    with serve(world) as url:
        yield url, world, clock


@pytest.fixture
def stage(
    platform: tuple[str, BlueskyWorld, ManualClock],
) -> Iterator[BlueskySandboxBackend]:
    yield BlueskySandboxBackend(*platform)
    platform[1].faults.pending.clear()


class TestBlueskyInTheSandbox(PlatformContract):
    """Bluesky's client keeps the contract in the sandbox."""


REFUSALS = [
    ({"status": 400, "problem": "invalid-record"}, Rejected, 0),
    ({"status": 400, "problem": "invalid-token"}, Unauthorized, 0),
    ({"status": 401, "problem": "taken-down"}, Unauthorized, 0),
    ({"status": 401, "problem": "deactivated"}, Unauthorized, 0),
    ({"status": 403, "problem": "account-not-found"}, Unauthorized, 0),
    ({"status": 400, "problem": "blob-not-found"}, Unsent, 0),
    ({"status": 400, "problem": "invalid-swap"}, Unknown, 0),
    ({"status": 429, "reset": 300}, RateLimited, 0),
    ({"status": 413}, Rejected, 0),
    ({"status": 502}, Unknown, 0),
    ("commit_then_503", Unknown, 1),
    ("garbage", Unknown, 1),
    ("truncate", Unknown, 1),
    ("redirect", Rejected, 0),
    ("errors_only", Unknown, 0),
]


@pytest.mark.parametrize(("effect", "outcome", "copies"), REFUSALS, ids=str)
def test_every_fault_of_a_send_has_its_outcome_and_a_repetition_is_one_post(
    stage: BlueskySandboxBackend, effect: Any, outcome: type[Outcome], copies: int
) -> None:
    client, key = stage.client(), new_key(stage.clock.now())
    sent = payload(client, "Once")
    stage.world.faults.add("POST", PUT, effect)
    with pytest.raises(outcome) as caught:
        client.publish(sent, key)
    assert type(caught.value) is outcome or outcome is Unknown
    assert len(stage.visible()) == copies
    if isinstance(caught.value, RateLimited):
        assert caught.value.until == stage.clock.now() + timedelta(seconds=300)
    client.publish(sent, key)
    assert stage.visible() == ["Once"]


def test_a_session_that_ends_in_the_middle_is_renewed(stage: BlueskySandboxBackend) -> None:
    client = stage.client()
    for part in ("One", "Two", "Three"):
        client.publish(payload(client, part), new_key(stage.clock.now()))
        stage.clock.advance(hours=3)
    assert stage.visible() == ["One", "Two", "Three"]
    stage.world.faults.add("POST", PUT, {"type": "status", "problem": "expired-token"})
    client.publish(payload(client, "Four"), new_key(stage.clock.now()))
    assert stage.visible()[-1] == "Four"


def test_what_was_overwritten_meanwhile_is_not_taken_for_the_post(
    stage: BlueskySandboxBackend,
) -> None:
    client, key = stage.client(), new_key(stage.clock.now())
    client.publish(payload(client, "One"), key)
    with pytest.raises(Unknown):
        client.publish(payload(client, "Two"), key)
    assert stage.visible() == ["One"]


def test_a_profile_with_the_label_discloses(stage: BlueskySandboxBackend) -> None:
    assert stage.client().whoami().discloses
    stage.author.automated, stage.author.description = False, "We post by hand."
    stage.world.set_profile(stage.author)
    assert not stage.client().whoami().discloses

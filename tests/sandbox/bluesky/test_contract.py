"""The sandbox as a stage for Bluesky's client: what holds on a real server holds here, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.clock import ManualClock
from helpers.platform_contract import PlatformContract
from helpers.sandbox_bluesky import BlueskySandboxBackend

from bot.sandbox import BlueskyWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


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

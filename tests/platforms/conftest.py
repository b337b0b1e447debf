"""A sandbox for each module of tests, and an account on it for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.clock import ManualClock
from helpers.platforms import XBackend

from bot.sandbox import XWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.x.spec import Spelling


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    """The version of X's fields; a module that tries both gives it parameters."""
    return "tweet"


@pytest.fixture(scope="module")
def platform(spelling: Spelling) -> Iterator[tuple[str, XWorld, ManualClock]]:
    clock = ManualClock()
    world = XWorld(now=clock.now)
    world.spelling = spelling
    with serve(world) as url:
        yield url, world, clock


@pytest.fixture
def stage(platform: tuple[str, XWorld, ManualClock]) -> Iterator[XBackend]:
    yield XBackend(*platform)
    platform[1].faults.pending.clear()

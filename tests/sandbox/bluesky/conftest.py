"""A sandbox that plays Bluesky, for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from helpers.clock import ManualClock
from helpers.sandbox_bluesky import BlueskySandboxClient

from bot.sandbox import BlueskyWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sky() -> Iterator[BlueskySandboxClient]:
    """A fresh world with two accounts, served."""
    clock = ManualClock()
    world = BlueskyWorld(now=clock, seed=7)
    mine = world.add_account("mediajustice.test", "MediaJustice", description="By software.")
    theirs = world.add_account("athena.test", "Athena")
    with serve(world) as url, requests.Session() as session:
        yield BlueskySandboxClient(world, clock, url, mine, theirs, session)

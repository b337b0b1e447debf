"""Bluesky's client against Bluesky's own server: the contract, and what is Bluesky's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.bluesky import BlueskyBackend, Front, bluesky_server
from helpers.platform_contract import PlatformContract

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with bluesky_server(tmp_path_factory.mktemp("bluesky")) as started:
        yield started


@pytest.fixture
def stage(front: Front) -> Iterator[BlueskyBackend]:
    yield BlueskyBackend(front)
    front.faults.clear()


class TestBluesky(PlatformContract):
    """Bluesky keeps the contract."""

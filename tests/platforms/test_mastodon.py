"""Mastodon's client over real HTTP, by the contract, on two servers of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.mastodon_servers import mock_backend, snac
from helpers.platform_contract import PlatformBackend, PlatformContract, publish
from helpers.store import text_content

from bot.model import Content, Part, Poll

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.flaky_proxy import FlakyProxy
    from helpers.mastodon_servers import MastodonBackend, Snac, SnacBackend


@pytest.fixture(scope="module")
def snac_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Snac, FlakyProxy]]:
    with snac(tmp_path_factory.mktemp("snac")) as server:
        yield server


class TestMastodonMock(PlatformContract):
    """A fake of the whole API, written by others."""

    @pytest.fixture
    def stage(self, mastodon_proxy: FlakyProxy) -> Iterator[MastodonBackend]:
        yield mock_backend(mastodon_proxy)
        mastodon_proxy.faults.clear()


class TestSnac(PlatformContract):
    """A real server that has little of the API, and ignores idempotency keys."""

    @pytest.fixture
    def stage(self, snac_server: tuple[Snac, FlakyProxy]) -> Iterator[SnacBackend]:
        server, proxy = snac_server
        yield server.add_account(proxy)
        proxy.faults.clear()

    def test_a_poll_is_published_and_found(self, stage: PlatformBackend) -> None:
        """snac drops a poll that comes by the API, and shows the words."""
        asked = Content((Part("End it?", poll=Poll(("Yes", "Now"), 60)),))
        remote = publish(stage, asked)
        client = stage.client()
        found = client.find(client.payload(asked, 0, [], None), remote.at)
        assert [post.remote_id for post in found.matches] == [remote.remote_id]

    def test_votes_are_read_of_posts_with_a_poll_only(self, stage: PlatformBackend) -> None:
        remote = publish(stage, text_content("Not a question"))
        reading = stage.client().fetch_counters([(remote.remote_id, remote.at)], [remote.remote_id])
        assert reading.counters.keys() == {remote.remote_id}
        assert reading.votes == {}

"""kill -9 at any instant, on servers of Mastodon's API by others: nothing twice, nothing lost.

mastodon_mock knows a repetition by its key, snac does not. The servers' clocks cannot be turned, so
each run dies once, by the wall clock, and what is left is settled with the app's clock going ahead.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from helpers.mastodon_app import KillableWorker, MastodonApp
from helpers.mastodon_servers import mastodon_mock, mock_backend, snac
from helpers.platform_contract import make_media
from helpers.scale import scaled

from bot.model import Part, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from helpers.mastodon_servers import MastodonBackend

RUNS = scaled(200)
CHUNK = 10
WORKING_SECONDS = 0.3
"""A worker needs about that long for a thread of two parts with a picture."""


@pytest.fixture(scope="module", params=["mastodon_mock", "snac"])
def new_backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], MastodonBackend]]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "snac":
        with snac(folder) as (server, proxy):
            yield lambda: server.add_account(proxy)
    else:
        with mastodon_mock(folder) as proxy:
            yield lambda: mock_backend(proxy)


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_killed_at_any_instant_each_part_is_out_once(
    new_backend: Callable[[], MastodonBackend], tmp_path: Path, first: int
) -> None:
    for number in range(first, min(first + CHUNK, RUNS)):
        folder = tmp_path / str(number)
        folder.mkdir()
        stage = MastodonApp(new_backend(), folder)
        picture = make_media(folder)
        with stage.open() as app:
            key = stage.add(app, Part("Take HART off AWS", (picture,)), Part("Who pays? We do."))
        seconds = Random(number).uniform(0, WORKING_SECONDS)  # noqa: S311 - the same every time
        KillableWorker(stage).kill_after(seconds)
        with stage.open() as app, app.registered():
            assert stage.run(app, key) == [State.PUBLISHED], f"run {number}"
            known = app.unsettled.known_remote_ids("mj")
        shown = stage.backend.statuses()
        assert [*stage.backend.visible()] == ["Take HART off AWS", "Who pays? We do."], number
        assert known == {status["id"] for status in shown}
        assert stage.backend.alt_texts() == [picture.alt]

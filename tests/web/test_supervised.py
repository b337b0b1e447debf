"""Signs of life of the control room, from its own event loop."""

from __future__ import annotations

import asyncio
import threading
from itertools import count
from typing import TYPE_CHECKING

import pytest
from helpers.service_manager import listening
from helpers.web import serve_site

from bot.errors import DatabaseReplacedError, StoreError, UpgradedError
from bot.runtime.systemd import ServiceManager
from bot.web.protection import Addresses
from bot.web.server import create_site, server_config
from bot.web.supervised import Server

if TYPE_CHECKING:
    from pathlib import Path

HERE = Addresses(0, "")


@pytest.mark.parametrize(
    ("answers", "signs"),
    [
        (["1", "1", "2"], 3),
        ([StoreError("x is locked"), "1", StoreError("no server")], 3),  # pages say why
        (["1", DatabaseReplacedError("x"), "2", "3"], 1),  # it has to be started anew
        (["1", UpgradedError("x"), "2", "3"], 1),
        ([], 0),
    ],
)
def test_it_is_alive_as_long_as_a_thread_gets_an_answer(
    tmp_path: Path, answers: list[str | StoreError], signs: int
) -> None:
    """After these answers, the database does not answer any more."""
    hangs, released, left = threading.Event(), threading.Event(), iter(answers)

    def current() -> str:
        answer = next(left, None)
        if answer is None:
            hangs.set()
            released.wait(60)
        if isinstance(answer, StoreError):
            raise answer
        return answer or ""

    async def live(server: Server) -> None:
        task = asyncio.create_task(server._live())
        while not hangs.is_set() and not task.done():  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # in which an idle timer would give another one
        task.cancel()
        released.set()

    with listening() as systemd, serve_site(tmp_path) as site:
        environ = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "8000"}
        manager = ServiceManager(environ, count().__next__)  # a sign is due each time
        application = create_site(site.app, HERE)
        vars(application.state.versions)["current"] = current
        settings = server_config(application, "127.0.0.1", 0, HERE)
        asyncio.run(live(Server(settings, manager)))
        assert systemd.receive() == ["WATCHDOG=1"] * signs

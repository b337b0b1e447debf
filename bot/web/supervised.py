"""The server as a service, which tells its service manager that it answers.

A sign of life comes from the server's own event loop, after a thread of its pool has asked the
database. If either hangs, no page is answered. A database that fails is an answer, because the
pages say why.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvicorn
from starlette.concurrency import run_in_threadpool

from bot.errors import RestartNeededError, StoreError

if TYPE_CHECKING:
    import socket

    from bot.runtime.systemd import ServiceManager
    from bot.web.events import Versions


class Server(uvicorn.Server):
    """The server. Before it stops, it ends the streams of open pages, which would go on."""

    def __init__(self, config: uvicorn.Config, manager: ServiceManager) -> None:
        super().__init__(config)
        self._manager = manager
        self._living: asyncio.Task[None] | None = None

    @property
    def _versions(self) -> Versions:
        versions: Versions = self.config.app.state.versions  # type: ignore[union-attr]
        return versions

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, as uvicorn does, and say so."""
        await super().startup(sockets)
        self._manager.ready()
        if self._manager.watchdog_seconds:
            self._living = asyncio.create_task(self._live())

    async def _live(self) -> None:
        """Give signs of life as long as requests are answered, and the database is the same."""
        while True:
            try:
                await run_in_threadpool(self._versions.current)
            except RestartNeededError:  # the watchdog then sees to another start
                return
            except StoreError:  # the pages say why
                pass
            self._manager.alive()
            await asyncio.sleep(self._manager.message_seconds / 2)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, as uvicorn does."""
        self._manager.stopping()
        if self._living:
            self._living.cancel()
        await self._versions.close()
        await super().shutdown(sockets)

"""A stream of version numbers. An open page loads itself again after a new one.

The stream says that something was written, and nothing else. All streams share one look at the
database a second. Without an open page, nothing is looked at.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, StreamingResponse

from bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response

    from bot.runtime.app import App

LOOK_SECONDS = 1.0
"""Seconds between two looks at the database while a page is open."""

STREAM_SECONDS = 300.0
"""After this many seconds a stream ends. The browser opens another, which needs a session."""

MAX_STREAMS = 200
"""Most streams at a time."""


class Versions:
    """The version of the database, and the streams that wait for a new one."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._streams = 0
        self._version = ""
        self._changed = asyncio.Condition()
        self._watching: asyncio.Task[None] | None = None

    def current(self) -> str:
        """Return the version. Raise StoreError."""
        return str(self._app.database.data_version())

    def stream(self) -> Response:
        """Return a response that begins with the version and goes on with each new one."""
        if self._streams >= MAX_STREAMS:
            return PlainTextResponse("Too many pages are open.", 503)
        headers = {"x-accel-buffering": "no"}  # nginx would collect the answer otherwise
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=headers)

    async def _events(self) -> AsyncIterator[str]:
        self._streams += 1
        try:
            if self._watching is None or self._watching.done():
                self._version = await self._look()
                self._watching = asyncio.create_task(self._watch())
            end = asyncio.get_running_loop().time() + STREAM_SECONDS
            sent = ""
            while (left := end - asyncio.get_running_loop().time()) > 0:
                if sent != self._version:
                    sent = self._version
                    yield f"data: {sent}\n\n"
                async with self._changed:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), min(left, 30))
                yield ": still here\n\n"  # a reader that has gone is noticed by this
        finally:
            self._streams -= 1

    async def _watch(self) -> None:
        """Look until no stream is left."""
        while self._streams:
            await asyncio.sleep(LOOK_SECONDS)
            version = await self._look()
            if version != self._version:
                async with self._changed:
                    self._version = version
                    self._changed.notify_all()

    async def _look(self) -> str:
        try:
            return await run_in_threadpool(self.current)
        except StoreError:  # the page says why when it is loaded again
            return "unreadable"

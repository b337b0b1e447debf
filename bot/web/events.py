"""A stream of versions. An open page loads itself again after a new one.

A version says that something was written, and nothing else. All streams share one look at the
database a second. Without an open page, nothing is looked at.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, StreamingResponse

from bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from bot.database.connections import Database

LOOK_SECONDS = 1.0
"""Seconds between two looks at the database while a page is open."""

STREAM_SECONDS = 300.0
"""After this many seconds a stream ends. The browser opens another, which needs a session."""

MAX_STREAMS = 200
"""Most streams at a time."""

UNREADABLE = "unreadable"
"""The version while the database cannot be read. A page that is loaded again says why."""


class Versions:
    """The version of the database, and the streams that wait for a new one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key = secrets.token_bytes(16)  # SQLite counts from one in every process
        self._streams = 0
        self._version = ""
        self._changed = asyncio.Event()
        """Set once the version is another one. Each version has an event of its own."""
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    def current(self) -> str:
        """Return the version, which another start of the server does not repeat.

        Raise StoreError.
        """
        seen = repr(self._database.data_version()).encode()
        return blake2b(seen, digest_size=8, key=self._key).hexdigest()

    def stream(self) -> Response:
        """Return a response that begins with the version and goes on with each new one."""
        if self._streams >= MAX_STREAMS or self._closed:
            return PlainTextResponse("Too many pages are open.", 503)
        self._streams += 1
        return _Stream(self)

    def end_stream(self) -> None:
        """Forget a stream that was answered."""
        self._streams -= 1

    async def close(self) -> None:
        """End all streams, because the server waits for them before it stops."""
        self._closed = True
        self._wake_streams()

    async def events(self) -> AsyncIterator[str]:
        """Yield the version now and after each change, until the stream's time is over."""
        await self._update()
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        end = asyncio.get_running_loop().time() + STREAM_SECONDS
        sent = ""
        while (left := end - asyncio.get_running_loop().time()) > 0 and not self._closed:
            changed = self._changed
            if sent != self._version:
                sent = self._version
                yield f"data: {sent}\n\n"
            # Not by a condition, whose lock a reader that goes at this moment can leave locked.
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), min(left, 30))
            yield ": still here\n\n"  # a proxy would close a connection on which nothing is sent

    async def _watch(self) -> None:
        """Look until no stream is left."""
        while self._streams and not self._closed:
            await asyncio.sleep(LOOK_SECONDS)
            await self._update()

    async def _update(self) -> None:
        try:
            version = await run_in_threadpool(self.current)
        except StoreError:
            version = UNREADABLE
        if version != self._version:
            self._version = version
            self._wake_streams()

    def _wake_streams(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class _Stream(StreamingResponse):
    """The answer with the versions. It counts until its reader is gone."""

    def __init__(self, versions: Versions) -> None:
        headers = {"x-accel-buffering": "no"}  # nginx would collect the answer otherwise
        super().__init__(versions.events(), media_type="text/event-stream", headers=headers)
        self._versions = versions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._versions.end_stream()

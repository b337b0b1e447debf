"""Servers of uvicorn that stop at once, because the tests start and stop hundreds of them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from uvicorn import server

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def stopped_soon() -> Iterator[None]:
    """Let uvicorn look every 5 ms whether a server is to stop, instead of every 100 ms."""

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / 20)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep}))
        yield

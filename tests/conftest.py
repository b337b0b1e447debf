"""What holds for every test: no network but loopback, and nothing of the person who runs it."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from delivery_support import Loop

ROOM = 2**30
"""Bytes of memory that the tests' files may take; they take some 20 MB."""


def pytest_configure() -> None:
    """Hurry no test, and keep its files in memory where there is room: commits wait for no disk."""
    memory = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own there
    # A shared machine may be three times as slow as it was an hour ago; timings are for benchmarks.
    settings.register_profile(
        "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("unhurried")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: many tests wait for a loop, or for a command."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the tests an empty home, none of our settings, no keyring, and loopback only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        for name in os.environ:
            if name.startswith(("GROUNDSWELL_", "XDG_")):
                patch.delenv(name)
        patch.setattr(socket.socket, "connect", _guarded("connect"))
        patch.setattr(socket.socket, "connect_ex", _guarded("connect_ex"))
        yield


@pytest.fixture(scope="session", autouse=True)
def price_lists() -> Iterator[tuple[Any, ...]]:
    """Let X's first price list hold for ever, and give all there are.

    Else the day from which a new one holds would turn tests red that are about something else.
    """
    from bot.platforms.x import prices
    from bot.sandbox import billing

    with pytest.MonkeyPatch.context() as patch:
        lists = prices.PRICES
        patch.setattr(prices, "PRICES", lists[:1])
        patch.setattr(billing, "PRICES", billing.PRICES[:1])
        yield lists


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Give the URL of a real PostgreSQL that lasts as long as the tests of this process."""
    from store_support import postgresql_server

    with postgresql_server() as url:
        yield url


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    """Give the app against a sandbox, with a clock to turn; of its own for every test."""
    from delivery_support import Loop  # heavy, and most tests do without it

    with ExitStack() as stack:
        yield Loop(tmp_path, stack)


def _guarded(name: str) -> Any:
    connect = getattr(socket.socket, name)

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
            raise AssertionError(f"a test wanted to talk to {address}, which is not this machine")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

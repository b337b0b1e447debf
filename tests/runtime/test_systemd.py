from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest
from helpers.service_manager import listening

from bot.runtime.systemd import MAX_STATUS, ServiceManager

if TYPE_CHECKING:
    from pathlib import Path

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")


@pytest.mark.parametrize("abstract", [False, pytest.param(True, marks=LINUX)])
def test_a_message_reaches_the_socket(abstract: bool) -> None:
    with listening(abstract=abstract) as systemd:
        manager = ServiceManager({"NOTIFY_SOCKET": systemd.address})
        manager.ready()
        manager.status("3 posts scheduled")
        manager.stopping()
        assert systemd.receive() == ["READY=1", "STATUS=3 posts scheduled", "STOPPING=1"]


def test_no_child_speaks_for_this_process() -> None:
    environ = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/root"}
    ServiceManager(environ)
    assert environ == {"HOME": "/root"}


@pytest.mark.parametrize(
    ("usec", "process", "seconds"),
    [
        ("3000000", "own", 3.0),
        ("3000000", "", 3.0),
        ("3000000", "1", 0.0),  # it is meant for another process
        ("", "", 0.0),
        ("soon", "", 0.0),
        ("-5", "", 0.0),
        ("²", "", 0.0),
    ],
)
def test_the_watchdog_is_the_one_that_is_asked_for(usec: str, process: str, seconds: float) -> None:
    process = process.replace("own", str(os.getpid()))
    manager = ServiceManager({"WATCHDOG_USEC": usec, "WATCHDOG_PID": process})
    assert manager.watchdog_seconds == seconds


@pytest.mark.parametrize("address", ["", "@", "vsock:2:1234", "relative", "/no/such/socket"])
def test_without_a_socket_nothing_happens(address: str) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    manager.ready()
    manager.status("fine")
    manager.alive()
    assert manager.listens == (address == "/no/such/socket")


def test_signs_of_life_are_sparse_but_twice_as_many_as_asked() -> None:
    seconds = [0.0]
    with listening() as systemd:
        environ = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "8000000"}
        manager = ServiceManager(environ, lambda: seconds[0])
        for _ in range(80):
            manager.alive()
            seconds[0] += 0.1
        assert systemd.receive() == ["WATCHDOG=1"] * 4


def test_without_a_watchdog_there_are_no_signs_of_life() -> None:
    with listening() as systemd:
        ServiceManager({"NOTIFY_SOCKET": systemd.address}).alive()
        assert systemd.receive() == []


def test_a_status_is_one_short_line_and_sent_once() -> None:
    with listening() as systemd:
        manager = ServiceManager({"NOTIFY_SOCKET": systemd.address})
        manager.status("a\nREADY=1 " + "long " * 100)
        manager.status("a\nREADY=1 " + "long " * 100)
        [line] = systemd.receive()
    assert line.startswith("STATUS=a READY=1 long")
    assert len(line) == len("STATUS=") + MAX_STATUS


def _fill(address: str) -> int:
    """Fill the socket's queue, so that it takes nothing of anybody, and return its length.

    A sender has a limit of its own, after which others can still send.
    """
    for sent in range(100_000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            try:
                sender.sendto(b"X=1", address)
            except BlockingIOError:
                return sent
    raise AssertionError


def test_a_full_socket_does_not_block_and_the_message_comes_later() -> None:
    with listening() as systemd:
        manager = ServiceManager({"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "1000000"})
        sent = _fill(systemd.address)
        manager.ready()
        manager.status("fine")
        manager.alive()
        assert systemd.receive() == ["X=1"] * sent
        manager.status("fine")
        assert systemd.receive()[sent:] == ["READY=1", "STATUS=fine"]  # an old sign of life is none


def test_a_service_manager_that_starts_anew_gets_the_next_message(tmp_path: Path) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "later")})
    manager.ready()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as late:
        late.bind(str(tmp_path / "later"))
        manager.status("fine")
        assert late.recv(100) == b"READY=1\nSTATUS=fine"

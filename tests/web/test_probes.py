"""``/healthz``: a word for the program that runs the control room, and nothing for anybody else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from helpers.clock import ManualClock

from bot.errors import StoreError
from bot.web.readiness import PATIENCE_SECONDS, Readiness

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.web import WebSite


def asked(site: WebSite, host: str = "") -> tuple[int, str]:
    client = site.client()
    client.headers.clear()  # a probe sends nothing that a browser does
    answer = client.get("/healthz", headers={"host": host} if host else {})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "set-cookie" not in answer.headers
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1:1", "control-room:8080", "10.0.0.7:8080", "room.example.org", "[::1]"]
)
def test_probe_gets_one_word_under_any_host(site: WebSite, host: str) -> None:
    assert asked(site, host) == (200, "ok\n")


@pytest.mark.parametrize("path", ["/healthz/", "/healthz/../", "/Healthz", "/metrics/x", "/"])
def test_any_host_is_for_exactly_the_routes_of_programs(site: WebSite, path: str) -> None:
    answer = site.client().get(path, headers={"host": "evil.example"})
    assert answer.status_code == 400


def test_answer_has_the_headers_of_every_page(site: WebSite) -> None:
    headers = site.client().get("/healthz", headers={"host": "room:80"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_other_sites_get_no_word(site: WebSite) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert site.client().get("/healthz", headers=headers).status_code == 403


def test_loop_that_is_down_is_no_fault_of_the_control_room(site: WebSite) -> None:
    assert "No loop runs" in site.signed_in().get("/").text
    assert asked(site) == (200, "ok\n")


def test_database_that_was_replaced_is_unavailable(site: WebSite, tmp_path: Path) -> None:
    assert asked(site) == (200, "ok\n")
    (tmp_path / "groundswell.db").rename(tmp_path / "moved.db")
    (tmp_path / "groundswell.db").touch()
    site.clock.advance(seconds=1)
    assert asked(site) == (503, "unavailable\n")
    (tmp_path / "moved.db").replace(tmp_path / "groundswell.db")
    assert asked(site) == (503, "unavailable\n")  # of the same second
    site.clock.advance(seconds=1)
    assert asked(site) == (200, "ok\n")


class Counting:
    """A database that counts its looks, and may block in them."""

    def __init__(self) -> None:
        self.looks = 0
        self.entered, self.free = threading.Event(), threading.Event()
        self.free.set()
        self.error: StoreError | None = None

    def query_directly(self, _query: str) -> list[tuple[str]]:
        self.looks += 1
        self.entered.set()
        assert self.free.wait(60)
        if self.error:
            raise self.error
        return [("0010",)]


def test_however_many_ask_the_database_is_looked_at_once_a_second() -> None:
    database, clock = Counting(), ManualClock()
    readiness = Readiness(database, clock)  # type: ignore[arg-type]  # it has what is asked
    for _ in range(3):
        clock.advance(seconds=1)
        assert [readiness.is_readable() for _ in range(1000)] == [True] * 1000
    assert database.looks == 3


def test_nobody_waits_for_a_database_that_hangs() -> None:
    database, clock = Counting(), ManualClock()
    readiness = Readiness(database, clock)  # type: ignore[arg-type]  # it has what is asked
    clock.advance(seconds=1)
    database.free.clear()
    looking = threading.Thread(target=readiness.is_readable)
    looking.start()
    assert database.entered.wait(60)
    assert readiness.is_readable()  # as at the last look
    clock.advance(seconds=PATIENCE_SECONDS)
    assert not readiness.is_readable()
    database.error = StoreError("the server is gone")
    database.free.set()
    looking.join()
    assert not readiness.is_readable()
    database.error = None
    clock.advance(seconds=1)
    assert readiness.is_readable()

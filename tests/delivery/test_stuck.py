"""Accounts whose server does not answer delay no other account."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from helpers.delivery import content_of, make_media
from helpers.store import own_words, text_content
from helpers.waiting import wait_until

from bot.delivery import threads
from bot.delivery.threads import AccountThreads
from bot.model import Part, State
from bot.runtime.scheduler import JobScheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpers.delivery import AppHarness

    from bot.model import Content

WAIT_SECONDS = 20.0  # of a busy machine


@pytest.fixture
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "STALL_SECONDS", 0.1)


def test_threads_that_are_stuck_are_joined_by_others(released: threading.Event) -> None:
    pool: AccountThreads[str] = AccountThreads("test", 2)
    pool.submit("x", {f"stuck-{number}": partial(_wait, released) for number in range(12)})
    pool.submit("x", {"ours": lambda: "done"})
    found: dict[str, str | None] = {}
    end = time.monotonic() + WAIT_SECONDS
    while "ours" not in found and time.monotonic() < end:
        found |= pool.collect()[0]
    assert found == {"ours": "done"}
    wait_until(lambda: pool.stuck == len(pool.busy) == 12, WAIT_SECONDS)
    released.set()
    pool.wait()
    assert pool.busy == set()
    assert pool.stuck == 0


def _wait(event: threading.Event) -> str:
    event.wait(WAIT_SECONDS)
    return ""


def test_work_that_goes_on_needs_no_more_threads_than_there_are() -> None:
    pool: AccountThreads[int] = AccountThreads("test", 2)
    seen: set[int] = set()

    def work() -> int:
        seen.add(threading.get_ident())
        return 0

    for _ in range(20):
        pool.submit("x", {f"a{number}": work for number in range(10)})
        pool.wait()
    assert len(seen) <= 2


def test_a_post_goes_out_while_forty_other_accounts_get_no_answer(
    loop: AppHarness, released: threading.Event
) -> None:
    """These are more than half of a batch of claims, on the same platform."""
    names = [f"stuck{number}" for number in range(40)]
    for name in names:
        loop.join(name)
    loop.restart()
    waiting: list[str] = []
    for name in names:
        client = loop.app.clients(name)
        vars(client)["publish"] = partial(_hang, waiting, name, released, client.publish)
        loop.add(f"of {name}", due=loop.clock.now(), account=name, content=_content(name))
    dispatcher = threading.Thread(target=loop.app.dispatcher.run)
    dispatcher.start()
    try:
        wait_until(lambda: len(waiting) == len(names), WAIT_SECONDS)
        key = loop.add("ours", due=loop.clock.now())
        wait_until(lambda: loop.state(key) is State.PUBLISHED, WAIT_SECONDS)
        assert len(loop.posts) == 1
    finally:
        released.set()
        dispatcher.join()
    assert len(loop.posts) == 1 + len(names)


def _content(name: str) -> Content:
    return text_content(own_words(name))


def _hang(
    waiting: list[str],
    name: str,
    released: threading.Event,
    publish: Callable[..., object],
    *how: object,
) -> object:
    waiting.append(name)
    released.wait(WAIT_SECONDS)
    return publish(*how)


def test_what_is_looked_for_on_one_account_waits_for_no_other(
    loop: AppHarness, released: threading.Event
) -> None:
    loop.join("stuck")
    loop.restart()
    keys = {}
    for name in ("stuck", "mj"):
        loop.fault("commit_then_drop")
        keys[name] = loop.add(
            f"of {name}", due=loop.clock.now(), account=name, content=_content(name)
        )
        loop.app.dispatcher.run()
        assert loop.state(keys[name]) is State.UNKNOWN
    client, waiting = loop.app.clients("stuck"), list[str]()
    vars(client)["find"] = partial(_hang, waiting, "stuck", released, client.find)
    loop.clock.advance(minutes=1)
    reconciler = threading.Thread(target=loop.app.reconciler.run)
    reconciler.start()
    try:
        wait_until(lambda: waiting == ["stuck"], WAIT_SECONDS)
        wait_until(lambda: loop.state(keys["mj"]) is State.PUBLISHED, WAIT_SECONDS)
        assert loop.state(keys["stuck"]) is State.UNKNOWN
    finally:
        released.set()
        reconciler.join()
    assert loop.state(keys["stuck"]) is State.PUBLISHED


def test_a_picture_is_uploaded_while_a_server_that_is_asked_for_names_does_not_answer(
    loop: AppHarness, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.join("stuck")
    loop.restart()
    monkeypatch.setattr(loop.app.queue_sync, "watch", list)  # no files name these posts
    waiting: list[str] = []
    client = loop.app.clients("stuck")
    asks = partial(_hang, waiting, "stuck", released, lambda *_: None)
    vars(client)["find_names"] = asks
    soon = loop.clock.now() + timedelta(hours=1)
    loop.add("names", soon, account="stuck", content=text_content("With @somebody."))
    scheduler = JobScheduler(loop.app.jobs(), loop.clock)
    scheduler.start()
    try:
        wait_until(lambda: waiting == ["stuck"], WAIT_SECONDS)
        picture = content_of(Part("Look.", (make_media(loop.folder),)))
        key = loop.add("picture", loop.clock.now(), content=picture)
        wait_until(lambda: loop.state(key) is State.PUBLISHED, WAIT_SECONDS)
    finally:
        released.set()
        scheduler.stop()

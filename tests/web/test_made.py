"""Results that several readers ask for are made once, and never older than the question."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from helpers.clock import NOW
from helpers.store import at_once

from bot.web import made
from bot.web.made import BusyError, MadeOnce

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shelf() -> MadeOnce:
    return MadeOnce(10 * MINUTE)


def numbered() -> Callable[[], str]:
    """Return a function that returns the number of its call."""
    numbers = count(1)
    return lambda: str(next(numbers))


def test_ten_who_ask_at_once_get_one(shelf: MadeOnce) -> None:
    make = numbered()
    assert {*at_once(10, lambda _: shelf.get("a", "1", NOW, make))} == {"1"}


def test_another_version_or_ten_minutes_make_it_again(shelf: MadeOnce) -> None:
    make = numbered()
    assert shelf.get("a", "1", NOW, make) == "1"
    assert shelf.get("a", "1", NOW + 9 * MINUTE, make) == "1"
    assert shelf.get("a", "2", NOW + 9 * MINUTE, make) == "2"
    assert shelf.get("a", "2", NOW + 19 * MINUTE, make) == "3"
    assert shelf.get("a", "2", NOW, make) == "4"  # the clock was set back


def test_each_question_has_its_own(shelf: MadeOnce) -> None:
    make = numbered()
    assert [shelf.get(about, "1", NOW, make) for about in ("a", "b", "a")] == ["1", "2", "1"]


def test_who_asked_before_it_was_begun_gets_it_at_any_version(shelf: MadeOnce) -> None:
    """While posts leave, the version changes faster than a report is made."""
    make, begun, go = numbered(), Event(), Event()

    def slow() -> str:
        begun.set()
        assert go.wait(20)
        return make()

    found: list[str] = []
    first = Thread(target=lambda: found.append(shelf.get("a", "1", NOW, slow)))
    first.start()
    assert begun.wait(20)
    others = [
        Thread(target=lambda version=version: found.append(shelf.get("a", version, NOW, make)))
        for version in "2345"
    ]
    for other in others:
        other.start()
    while shelf._making["a"].readers < 5:  # all have asked, and wait
        pass
    go.set()
    for thread in (first, *others):
        thread.join(20)
    assert sorted(found) == ["1", "2", "2", "2", "2"]


def test_few_are_kept_and_a_large_one_is_not(
    shelf: MadeOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = numbered()
    for about in range(made.MAX_KEPT + 1):
        shelf.get(about, "1", NOW, make)
    assert len(shelf._kept) == made.MAX_KEPT
    assert shelf.get(0, "1", NOW, make) == str(made.MAX_KEPT + 2)
    monkeypatch.setattr(made, "MAX_KEPT_CHARS", 0)
    shelf.get("large", "1", NOW, make)
    assert "large" not in shelf._kept


def test_too_many_who_wait_are_told_so(shelf: MadeOnce, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made, "MAX_WAITING", 1)

    def make() -> str:
        with pytest.raises(BusyError):
            shelf.get("b", "1", NOW, numbered())
        return "made"

    assert shelf.get("a", "1", NOW, make) == "made"
    assert shelf.get("b", "1", NOW, numbered()) == "1"


def test_a_failure_is_not_kept_and_lets_the_next_reader_try(shelf: MadeOnce) -> None:
    with pytest.raises(ZeroDivisionError):
        shelf.get("a", "1", NOW, lambda: str(1 / 0))
    assert shelf._making == {}
    assert shelf.get("a", "1", NOW, numbered()) == "1"

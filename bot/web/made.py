"""Results that take long to make and that several readers ask for, such as a report's page.

A result is kept with the version of the database that it was made from. Ten people who ask at once
cause one to be made. Few are made at a time and few people wait, because every page needs a thread.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import count
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from datetime import datetime, timedelta

MAX_KEPT = 8
"""Most results in memory. The one that nobody asked for longest goes first."""

MAX_KEPT_CHARS = 4_000_000
"""Most characters of a result that is kept. A larger one is made for each reader."""

MAX_AT_ONCE = 2
"""Most results that are made at a time."""

MAX_WAITING = 20
"""Most readers who wait, half of the threads that answer pages."""


class BusyError(Exception):
    """Too many people wait for results."""


@dataclass(frozen=True, slots=True)
class _Result:
    text: str
    version: str
    """The version of the database before it was read."""
    at: datetime
    begun: int
    """The place of its beginning among all beginnings and questions."""


@dataclass(slots=True)
class _Making:
    """One kind of result, which readers wait for."""

    lock: Lock = field(default_factory=Lock)
    readers: int = 0


@dataclass(slots=True)
class MadeOnce:
    """Results by what they are about. Several threads may ask at once."""

    max_age: timedelta
    """After this a result is made again, because it speaks of the past days."""
    _kept: OrderedDict[Hashable, _Result] = field(default_factory=OrderedDict)
    _making: dict[Hashable, _Making] = field(default_factory=dict)
    _makers: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(MAX_AT_ONCE))
    _lock: Lock = field(default_factory=Lock)
    _order: Iterator[int] = field(default_factory=count)

    def get(self, about: Hashable, version: str, now: datetime, make: Callable[[], str]) -> str:
        """Return a result that is as new as the question. Raise BusyError.

        A result of this version is, and so is one whose making began after the question.
        """
        with self._lock:
            asked = next(self._order)
            if kept := self._find(about, version, now, asked):
                return kept.text
            if sum(of.readers for of in self._making.values()) >= MAX_WAITING:
                raise BusyError
            making = self._making.setdefault(about, _Making())
            making.readers += 1
        try:
            with making.lock:
                with self._lock:
                    kept = self._find(about, version, now, asked)
                return kept.text if kept else self._make(about, version, now, make)
        finally:
            with self._lock:
                making.readers -= 1
                if not making.readers:
                    del self._making[about]

    def _find(self, about: Hashable, version: str, now: datetime, asked: int) -> _Result | None:
        """Return a result that is kept and new enough, or None."""
        kept = self._kept.get(about)
        if kept is None or not kept.at <= now < kept.at + self.max_age:
            return None
        if kept.version != version and kept.begun < asked:
            return None
        self._kept.move_to_end(about)
        return kept

    def _make(self, about: Hashable, version: str, now: datetime, make: Callable[[], str]) -> str:
        with self._makers:
            with self._lock:
                begun = next(self._order)
            text = make()
        with self._lock:
            self._kept.pop(about, None)
            if len(text) <= MAX_KEPT_CHARS:
                self._kept[about] = _Result(text, version, now, begun)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return text

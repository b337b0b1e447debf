"""Pages of the audit log, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from helpers.store import MINUTE, NOW, Store

from bot.database.audit import AuditEntry, record
from bot.database.audit_search import AuditFilter, find_entry, read_names, search

EVERYTHING = AuditFilter()


def fill(store: Store) -> None:
    """Write nine entries, three at a time at the same instant; then one of an earlier time."""
    for number in range(9):
        who, what = "Ana" if number % 2 else "Ben", "drop" if number < 5 else "pause"
        record(store.database, who, what, f"no. {number}", {}, NOW + number // 3 * MINUTE)
    record(store.database, "Ana", "pause", "late", {}, NOW - MINUTE)  # the clock was set back


def subjects(entries: list[AuditEntry]) -> list[str]:
    return [entry.subject.removeprefix("no. ") for entry in entries]


def pages(store: Store, only: AuditFilter, *, newest_first: bool) -> list[str]:
    """Return the subjects of pages of two entries, one page after the other."""
    found: list[str] = []
    last: AuditEntry | None = None
    while entries := search(store.database, only, 2, beyond=last, newest_first=newest_first):
        found += subjects(entries)
        last = entries[-1]
    return found


NEWEST_FIRST = ["8", "7", "6", "5", "4", "3", "2", "1", "0", "late"]


@pytest.mark.parametrize("about", [None, frozenset({"late", *(f"no. {n}" for n in range(9))})])
def test_pages_have_each_entry_once_by_its_time(store: Store, about: frozenset[str] | None) -> None:
    fill(store)
    only = replace(EVERYTHING, subjects=about)
    assert pages(store, only, newest_first=True) == NEWEST_FIRST
    assert pages(store, only, newest_first=False) == NEWEST_FIRST[::-1]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"who": "Ana"}, ["7", "5", "3", "1", "late"]),
        ({"what": "pause"}, ["8", "7", "6", "5", "late"]),
        ({"who": "Ana", "what": "pause"}, ["7", "5", "late"]),
        ({"since": NOW + MINUTE}, ["8", "7", "6", "5", "4", "3"]),
        ({"until": NOW + MINUTE}, ["2", "1", "0", "late"]),
        ({"since": NOW, "until": NOW + MINUTE, "who": "Ben"}, ["2", "0"]),
        ({"subjects": frozenset({"no. 4", "late", "nothing"})}, ["4", "late"]),
        ({"subjects": frozenset({"no. 4", "late"}), "who": "Ana"}, ["late"]),
        ({"who": "Nobody"}, []),
    ],
)
def test_entries_are_narrowed_by_each_field(
    store: Store, asked: dict[str, Any], found: list[str]
) -> None:
    fill(store)
    only = AuditFilter(**asked)
    assert pages(store, only, newest_first=True) == found
    everything = search(store.database, EVERYTHING, 100)
    assert subjects([*filter(only.includes, everything)]) == found


def test_an_entry_is_found_by_its_number(store: Store) -> None:
    fill(store)
    [first] = search(store.database, EVERYTHING, 1)
    assert find_entry(store.database, first.id) == first
    assert find_entry(store.database, first.id + 1000) is None


def test_names_are_those_of_people_and_actions(store: Store) -> None:
    fill(store)
    record(store.database, "here/1/first", "started", "", {}, NOW)
    assert read_names(store.database) == (["Ana", "Ben"], ["drop", "pause", "started"])

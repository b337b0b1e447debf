"""The loop's check of the campaign files, which ``status`` uses, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.databases import make_config
from helpers.store import NOW

from bot.store import file_checks
from bot.store.file_checks import MAX_AGE, RENEWED_AFTER, FileChecks

if TYPE_CHECKING:
    from datetime import datetime

    from helpers.store import Store

SECOND = timedelta(seconds=1)
CONFIG = make_config(Path("ours"), {}, "", fingerprint="config")
OTHER_CONFIG = make_config(Path("ours"), {}, "", fingerprint="another config")


def read(store: Store, files: str = "files", now: datetime = NOW) -> tuple[str, ...] | None:
    return FileChecks(store.database, CONFIG).read(files, now)


def record(store: Store, *mistakes: str, files: str = "files", now: datetime = NOW) -> None:
    FileChecks(store.database, CONFIG).record(files, mistakes, now)


def test_nothing_is_known_before_the_first_check(store: Store) -> None:
    assert read(store) is None


def test_the_mistakes_of_the_very_files_are_known(store: Store) -> None:
    record(store, "a", "b")
    assert read(store) == ("a", "b")
    record(store)
    assert read(store) == ()


def test_other_files_another_config_and_another_version_are_not_known(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "a")
    assert read(store, files="other files") is None
    assert FileChecks(store.database, OTHER_CONFIG).read("files", NOW) is None
    monkeypatch.setattr(file_checks, "__version__", "another")
    assert read(store) is None


def test_it_is_known_for_some_hours_and_never_from_the_future(store: Store) -> None:
    record(store, "a")
    assert read(store, now=NOW + MAX_AGE - SECOND) == ("a",)
    assert read(store, now=NOW + MAX_AGE) is None
    assert read(store, now=NOW - SECOND) is None


@pytest.mark.parametrize(
    ("later", "mistakes", "is_written"),
    [
        (RENEWED_AFTER - SECOND, ["a"], False),
        (RENEWED_AFTER, ["a"], True),
        (SECOND, [], True),
        (-SECOND, ["a"], True),
    ],
)
def test_the_same_is_not_written_again_soon(
    store: Store, later: timedelta, mistakes: list[str], *, is_written: bool
) -> None:
    record(store, "a")
    before = store.database.data_version()
    record(store, *mistakes, now=NOW + later)
    assert (store.database.data_version() != before) == is_written

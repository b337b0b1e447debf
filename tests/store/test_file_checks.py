"""The loop's check of the campaign files, which ``status`` uses, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.databases import make_config
from helpers.store import NOW

from bot.database import rows
from bot.store import file_checks
from bot.store.file_checks import MAX_AGE, RENEWED_AFTER, FileChecks
from bot.yamlsource.folder import folder_fingerprint

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from helpers.store import Store

SECOND = timedelta(seconds=1)


class Checked:
    """A folder of campaign files, as several programs look at it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        folder.mkdir()
        self.save("a.yaml", "- text: Hi")
        self.checks = self.of_config("config")

    def save(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def of_config(self, fingerprint: str) -> FileChecks:
        config = make_config(self.folder, {}, "", fingerprint=fingerprint)
        return FileChecks(self.store.database, config)

    def read(self, now: datetime = NOW) -> tuple[str, ...] | None:
        return self.checks.read(now)

    def record(self, *mistakes: str, now: datetime = NOW) -> None:
        self.checks.record(folder_fingerprint(self.folder, {}), mistakes, now)


@pytest.fixture
def checked(store: Store, tmp_path: Path) -> Checked:
    return Checked(store, tmp_path / "posts")


def test_nothing_is_known_before_the_first_check(checked: Checked) -> None:
    assert checked.read() is None


def test_the_mistakes_of_the_very_files_are_known(checked: Checked) -> None:
    checked.record("a", "b")
    assert checked.read() == ("a", "b")
    checked.record()
    assert checked.read() == ()


def test_other_files_another_config_and_another_version_are_not_known(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked.record("a")
    checked.save("b.yaml", "")
    assert checked.read() is None
    (checked.folder / "b.yaml").unlink()
    assert checked.read() == ("a",)
    checked.save("a.yaml", "- text: Ho")
    assert checked.read() is None
    checked.save("a.yaml", "- text: Hi")
    assert checked.read() == ("a",)
    assert checked.of_config("another config").read(NOW) is None
    monkeypatch.setattr(file_checks, "__version__", "another")
    assert checked.of_config("config").read(NOW) is None


def test_it_is_known_for_some_hours_and_never_from_the_future(checked: Checked) -> None:
    checked.record("a")
    assert checked.read(now=NOW + MAX_AGE - SECOND) == ("a",)
    assert checked.read(now=NOW + MAX_AGE) is None
    assert checked.read(now=NOW - SECOND) is None


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
    checked: Checked, later: timedelta, mistakes: list[str], *, is_written: bool
) -> None:
    checked.record("a")
    checked.record(*mistakes, now=NOW + later)
    # The version of the data would not tell, because PostgreSQL counts what its own jobs write.
    written = NOW + later if is_written else NOW
    assert rows.read(checked.store.database, "files:check")["at"] == written.isoformat()

"""The checked files that are kept until one of them changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest
from helpers.delivery import ONCE, write_campaign

from bot.checking import Checker
from bot.store.file_checks import MAX_AGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.delivery import AppHarness

    from bot.checking import CheckResult


class Checks:
    """Counts the checks, and stops those that the test wants to hold."""

    def __init__(self) -> None:
        self.count = 0
        self.may_go_on = Event()
        self.may_go_on.set()
        self.begun = Event()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checks]:
    counted, check = Checks(), Checker.check

    def counting(self: Checker, *args: object) -> CheckResult:
        counted.count += 1
        counted.begun.set()
        assert counted.may_go_on.wait(20)
        return check(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Checker, "check", counting)
    yield counted
    counted.may_go_on.set()


def texts(checked: CheckResult) -> list[str]:
    return [post.wordings[0].content.text for post in checked.posts]


def test_unchanged_files_are_checked_once(loop: AppHarness, checks: Checks) -> None:
    write_campaign(loop, ONCE % "Said once.")
    first = loop.app.files.read()
    loop.clock.advance(hours=5)

    assert loop.app.files.read() is first
    assert (texts(first), checks.count) == (["Said once."], 1)


def test_a_changed_file_is_checked_again(loop: AppHarness) -> None:
    write_campaign(loop, ONCE % "Said once.")
    loop.app.files.read()
    write_campaign(loop, ONCE % "Said otherwise.")

    assert texts(loop.app.files.read()) == ["Said otherwise."]


def test_a_mistake_is_shown_and_goes_with_its_correction(loop: AppHarness) -> None:
    write_campaign(loop, ONCE % "Said once.", "  - 7\n")
    assert loop.app.files.read().errors
    write_campaign(loop, ONCE % "Said once.")

    assert loop.app.files.read().errors == ()


def test_warnings_are_shown_which_the_loop_does_not_look_for(loop: AppHarness) -> None:
    write_campaign(loop, ONCE % "THIS IS SHOUTED AT EVERYBODY.")

    assert {problem.level for problem in loop.app.files.read().problems} == {"warning"}


def test_rules_that_depend_on_the_day_are_applied_again_in_time(
    loop: AppHarness, checks: Checks
) -> None:
    write_campaign(loop, ONCE % "Said once.")
    loop.app.files.read()
    loop.clock.advance_to(loop.clock.now() + MAX_AGE)
    loop.app.files.read()

    assert checks.count == 2


def test_nobody_waits_for_a_check_if_there_is_an_earlier_result(
    loop: AppHarness, checks: Checks
) -> None:
    write_campaign(loop, ONCE % "Said once.")
    before = loop.app.files.read()
    checks.begun.clear()
    checks.may_go_on.clear()
    write_campaign(loop, ONCE % "Said otherwise.")
    with ThreadPoolExecutor(1) as pool:
        checking = pool.submit(loop.app.files.read)
        assert checks.begun.wait(20)
        assert loop.app.files.read() is before
        checks.may_go_on.set()

        assert texts(checking.result()) == ["Said otherwise."]


def test_the_first_readers_wait_for_one_check(loop: AppHarness, checks: Checks) -> None:
    write_campaign(loop, ONCE % "Said once.")
    with ThreadPoolExecutor(4) as pool:
        read = [pool.submit(loop.app.files.read) for _ in range(4)]

        assert {tuple(texts(found.result())) for found in read} == {("Said once.",)}
    assert checks.count == 1


def test_a_page_does_not_wait_long_for_files(
    loop: AppHarness, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.checked_files.PATIENCE_SECONDS", 0.01)
    write_campaign(loop, ONCE % "Said once.")
    checks.may_go_on.clear()
    assert loop.app.files.read_soon() is None
    assert loop.app.files.read_soon() is None
    checks.may_go_on.set()
    first = loop.app.files.read()
    assert texts(first) == ["Said once."]

    write_campaign(loop, ONCE % "Said otherwise.")
    checks.may_go_on.clear()
    checks.begun.clear()
    assert loop.app.files.read_soon() is first
    assert checks.begun.wait(20)
    checks.may_go_on.set()
    monkeypatch.undo()
    soon = loop.app.files.read_soon()
    assert soon
    assert texts(soon) == ["Said otherwise."]
    assert checks.count == 2

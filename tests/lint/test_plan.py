"""Posts on both sides of the rules about events, hours and recurrences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from helpers.lint import EXAMPLE_ACCOUNTS, EXAMPLE_HEAD, EXAMPLE_NOW, check_text, problem_codes

from bot.checking import Checker
from bot.model import Account

if TYPE_CHECKING:
    from pathlib import Path

EVENT = """\
events:
  summit: {name: Summit, place: X, starts: 2026-12-01 09:00, ends: 2026-12-01 18:00}
"""


@pytest.mark.parametrize(
    ("when", "more", "found"),
    [
        ("2026-12-01 18:30", "event: summit", ["L811"]),
        ("2026-12-01 17:30", "event: summit", []),
        ("2026-12-01 18:30", "event: summit\n    expires: 3h", []),
        ("{event: summit, offset: 10h}", "", ["L811"]),
        ("{event: summit, offset: 10h, from: end}", "", ["L813"]),
        ("{event: summit, offset: 2h, from: end}", "", []),
        ('{event: summit, offset: 1d, at: "09:00"}', "", []),
        ('{event: summit, offset: 0d, at: "19:00"}', "", ["L811"]),
    ],
)
def test_a_post_after_its_event_says_that_it_is_meant(
    when: str, more: str, found: list[str], tmp_path: Path
) -> None:
    post = f"  - id: one\n    when: {when}\n    {more}\n    text: Hello.\n"
    assert problem_codes(check_text(tmp_path, f"{EXAMPLE_HEAD}{EVENT}posts:\n{post}")) == found


def test_quiet_hours_are_those_of_the_audience(tmp_path: Path) -> None:
    posts = "posts:\n  - {id: one, when: 2026-12-01 12:00, text: Good morning.}\n"
    check_text(tmp_path, EXAMPLE_HEAD + posts)
    account = {"ours": replace(EXAMPLE_ACCOUNTS["ours"], timezone="Pacific/Auckland")}
    [found] = Checker(tmp_path / "posts", account).check(EXAMPLE_NOW).problems
    assert (found.code, found.level) == ("L813", "warning")
    assert "due at 01:00" in found.message


def test_a_recurrence_in_quiet_hours_is_reported_once(tmp_path: Path) -> None:
    post = '  - id: one\n    when: {every: day, at: ["06:00", "12:00"]}\n    text: Hello.\n'
    found = check_text(tmp_path, f"{EXAMPLE_HEAD}posts:\n{post}")
    assert problem_codes(found).count("L813") == 1


@pytest.mark.parametrize("links", ["", "links: {pages: https://example.org/, content: account}\n"])
def test_a_recurrence_is_reported_once_for_all_platforms(tmp_path: Path, links: str) -> None:
    post = "  - id: one\n    when: {every: day, at: 12:00}\n    accounts: [ours, far]\n"
    post += "    text: Hello.\n    link: https://example.org/a\n"
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.yaml").write_text(f"{EXAMPLE_HEAD}{links}posts:\n{post}")
    far = Account("far", "mastodon", "far@social.example", "http://127.0.0.1")
    accounts = {"ours": EXAMPLE_ACCOUNTS["ours"], "far": far}
    found = Checker(tmp_path / "posts", accounts).check(EXAMPLE_NOW).problems
    [repeated] = [problem for problem in found if problem.code == "L815"]
    assert {*repeated.message.rpartition(" on ")[2].rstrip(".").split(", ")} == {"ours", "far"}


def test_past_posts_are_not_reported(tmp_path: Path) -> None:
    post = "  - {id: one, when: 2026-10-01 23:00, text: Good night.}\n"
    assert problem_codes(check_text(tmp_path, f"{EXAMPLE_HEAD}posts:\n{post}")) == []

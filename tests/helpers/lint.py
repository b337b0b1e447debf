"""One campaign file, checked with the accounts that the rules' examples are made for."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.checking import Checker
from bot.model import Account, Slot
from helpers.campaigns import save_picture

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bot.errors import Problem

EXAMPLE_HEAD = """\
campaign: example
title: An example
timezone: UTC
accounts: [ours]
"""
EXAMPLE_DEMAND = """\
demands:
  end-it: {ask: End the contract, target: Andy Jassy}
"""
EXAMPLE_ACCOUNTS = {
    name: Account(
        name,
        "x",
        name,
        "https://api.x.com",
        gap=timedelta(minutes=30),
        quiet=(time(22), time(7)),
        slots=(Slot(0, time(9)),),
    )
    for name in ("ours", "also-ours")
}
"""Accounts for the examples, quiet from 22:00 to 07:00 UTC, with a gap of half an hour and a slot
on Mondays at 09:00."""

EXAMPLE_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)

FACTS = """\
facts:
  hart:
    claim: The HART system for the data of migrants runs on AWS
    figure: $6 billion
    source: https://example.org/hart
    as_of: 2022-07-18
  ring:
    claim: Amazon Ring's partnerships with police departments give access to footage
    figure: over 2,000
    source: https://example.org/ring
    as_of: 2022-07-18
  prison-share:
    claim: This share of calls is searched
    figure: 40%
    source: https://example.org/calls
    as_of: 2022-07-18
demands:
  end-it: {ask: End the contract, target: Andy Jassy, facts: [hart, ring]}
"""


def example_campaign_file(example: str) -> str:
    """Return the campaign file of an example, which is sections or the body of one post."""
    if "posts:\n" in example:
        return EXAMPLE_HEAD + example
    body = "".join(f"    {line}\n" for line in example.splitlines())
    return f"{EXAMPLE_HEAD}{EXAMPLE_DEMAND}posts:\n  - id: one\n    when: 2026-12-01 12:00\n{body}"


def check_text(folder: Path, text: str) -> tuple[Problem, ...]:
    """Check one campaign file; a picture is beside it."""
    posts = folder / "posts"
    posts.mkdir(exist_ok=True)
    save_picture(posts / "media" / "card.png")
    (posts / "example.yaml").write_text(text, encoding="utf-8")
    return Checker(posts, EXAMPLE_ACCOUNTS).check(EXAMPLE_NOW).problems


def check_post(folder: Path, text: str, *more: str, before: str = FACTS) -> tuple[Problem, ...]:
    """Check one post of this text, after these sections; ``more`` are further lines of it."""
    body = "".join(f"      {line}\n" for line in text.splitlines())
    lines = "".join(f"    {line}\n" for line in more)
    post = f"  - id: one\n    when: 2026-12-01 12:00\n{lines}    text: |\n{body}"
    return check_text(folder, f"{EXAMPLE_HEAD}{before}posts:\n{post}")


def problem_codes(problems: Iterable[Problem]) -> list[str]:
    """Return the codes, in order of place."""
    return [problem.code for problem in problems]

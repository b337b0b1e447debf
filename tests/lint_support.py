"""One campaign file, checked with the accounts that the rules' examples are made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaigns_support import picture

from bot.checking import check_folder
from bot.lint.examples import ACCOUNTS, HEAD, NOW

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from bot.errors import Problem

HART = """\
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


def check_text(folder: Path, text: str, now: datetime = NOW) -> tuple[Problem, ...]:
    """Check one campaign file; a picture is beside it."""
    posts = folder / "posts"
    posts.mkdir(exist_ok=True)
    picture(posts / "media" / "card.png")
    (posts / "example.yaml").write_text(text, encoding="utf-8")
    return check_folder(posts, now, ACCOUNTS).problems


def check_post(folder: Path, text: str, *more: str, before: str = HART) -> tuple[Problem, ...]:
    """Check one post of this text, after these sections; ``more`` are further lines of it."""
    body = "".join(f"      {line}\n" for line in text.splitlines())
    lines = "".join(f"    {line}\n" for line in more)
    post = f"  - id: one\n    when: 2026-12-01 12:00\n{lines}    text: |\n{body}"
    return check_text(folder, f"{HEAD}{before}posts:\n{post}")


def codes(problems: Iterable[Problem]) -> list[str]:
    """Give the codes, in order of place."""
    return [problem.code for problem in problems]

"""From a rule's example to a campaign file that can be checked, and shown as it is."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from bot.model import Account, Slot

HEAD = """\
campaign: example
title: An example
timezone: UTC
accounts: [ours]
"""
DEMAND = """\
demands:
  end-it: {ask: End the contract, target: Andy Jassy}
"""
ACCOUNTS = {
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
"""What the examples are checked with: quiet from 22:00 to 07:00 UTC, a gap of half an hour, a
slot on Mondays at 09:00."""

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def campaign_file(example: str) -> str:
    """Give the whole campaign file of an example: sections as they are, or the body of one post."""
    if "posts:\n" in example:
        return HEAD + example
    body = "".join(f"    {line}\n" for line in example.splitlines())
    return f"{HEAD}{DEMAND}posts:\n  - id: one\n    when: 2026-12-01 12:00\n{body}"

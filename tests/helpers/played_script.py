"""The posts of the month that ``helpers.played`` plays, and the purpose of each text.

Every text carries a unique number, by which it is recognised on each platform. Many posts are
published at the same instant, because they are then read in one call.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from helpers.cli import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""A Sunday. New York's clocks go forward on the next one."""

UNLIMITED, BUDGETED = "ours-x", "allies-x"
"""The accounts on X without a budget and with one."""

MASTODON, BLUESKY = "ours-mastodon", "ours-bluesky"
"""Accounts on other networks, which post the texts of ``UNLIMITED``."""

WEEKS = (0, 1, 2, 4)
"""Weeks with posts. The week before the last has none."""

EVERYWHERE = (1, 4)
"""Weeks whose posts all go to all platforms; in others only those of an event or a recurrence."""

_NUMBER = re.compile(r"No\. \d+\.")


@dataclass(frozen=True, slots=True)
class ScriptedPost:
    """The purpose of a text in the script."""

    campaign: str
    post: str
    demand: str = ""
    event: str = ""
    wording: str = ""


class Script:
    """Campaign files under construction; ``by_number`` has each text's purpose by its number."""

    def __init__(self) -> None:
        self.by_number: dict[str, ScriptedPost] = {}
        self._posts: dict[str, list[str]] = defaultdict(list)

    def numbered_text(self, post: ScriptedPost) -> str:
        number = f"No. {len(self.by_number) + 1}."
        self.by_number[number] = post
        digest = hashlib.sha256(number.encode()).hexdigest()
        return f"We say {digest[:9]} and {digest[9:20]}. {number}"

    def add(self, post: ScriptedPost, when: str, *more: str, parts: int = 1) -> None:
        """Add a post; with more than one part, as a thread."""
        texts = [self.numbered_text(post) for _ in range(parts)]
        lines = [f"text: {texts[0]}"]
        if parts > 1:
            lines = ["thread:", *(f"  - {text}" for text in texts)]
        self._put(post, when, [*lines, *more])

    def add_wordings(
        self, post: ScriptedPost, when: str, wordings: Iterable[str], *more: str
    ) -> None:
        """Add a post with several wordings."""
        texts = [
            f"  {name}: {self.numbered_text(replace(post, wording=name))}" for name in wordings
        ]
        self._put(post, when, ["wordings:", *texts, *more])

    def _put(self, post: ScriptedPost, when: str, lines: list[str]) -> None:
        head = [f"id: {post.post}", f"when: {when}"]
        head += [f"demand: {post.demand}"] * bool(post.demand)
        head += [f"event: {post.event}"] * (bool(post.event) and "event:" not in when)
        self._posts[post.campaign].append("  - " + "\n    ".join([*head, *lines]) + "\n")

    def save(self, folder: Path) -> None:
        for campaign, posts in self._posts.items():
            write_file(
                folder / f"{campaign}.yaml", CAMPAIGN_HEADS[campaign] + "posts:\n" + "".join(posts)
            )


CAMPAIGN_HEADS = {
    "cloud": f"""\
campaign: cloud
title: People over the cloud
timezone: America/New_York
accounts: [{UNLIMITED}, {MASTODON}, {BLUESKY}]
demands:
  stop: {{ask: Stop the contract, target: The company}}
  hear: {{ask: Hear the workers, target: The company}}
events:
  summit:
    name: The summit
    place: Chicago
    timezone: America/Chicago
    starts: 2026-03-15 12:30
    ends: 2026-03-15 18:00
""",
    "ring": f"""\
campaign: ring
title: No doorbells for police
timezone: America/New_York
accounts: [{BUDGETED}]
demands:
  stop: {{ask: Stop the sharing, target: The maker}}
  open: {{ask: Open the books, target: The city}}
""",
}
POLL = (
    "poll:",
    "  options: [Certainly, Never]",
    "  hours: 24",
    f"accounts: [{UNLIMITED}, {MASTODON}]",
)
PICTURE = ("media:", "  - file: hart.png", "    alt: A camera above a door")
SUMMIT = {
    "before": '{event: summit, offset: -7d, at: "13:00"}',
    "during": "{event: summit, offset: 30m}",
    "after": "2026-03-29 14:00",
}
LINK = "link: https://example.org/read"


def month_script() -> Script:
    """Return the month's script, with busy Sundays, an event and a recurrence."""
    made = Script()
    for week in WEEKS:
        day = f"{START + timedelta(weeks=week):%Y-%m-%d}"
        _add_unlimited(made, week, day)
        _add_budgeted(made, week, day)
    summit = ScriptedPost("cloud", "", "hear", "summit")
    for name, when in SUMMIT.items():
        made.add(replace(summit, post=f"summit-{name}"), when)
    weekly = ScriptedPost("cloud", "weekly")  # it has no demand
    times, words = '{every: sun, at: "14:00", until: 2026-03-15}', ("plain", "warm", "short")
    # Each account posts each of its texts once.
    made.add_wordings(weekly, times, [f"{word}-{number}" for word in words for number in "123"])
    return made


def _add_unlimited(made: Script, week: int, day: str) -> None:
    """Add a week of ``cloud``, on all platforms or on X alone."""
    on = () if week in EVERYWHERE else (f"accounts: [{UNLIMITED}]",)
    made.add(ScriptedPost("cloud", f"plain-{week}", "stop"), f"{day} 14:00", *on)
    made.add(ScriptedPost("cloud", f"other-{week}", "hear"), f"{day} 14:00", *on)
    made.add(ScriptedPost("cloud", f"third-{week}"), f"{day} 14:00", *on)
    if week in EVERYWHERE:
        made.add(ScriptedPost("cloud", f"thread-{week}", "hear"), f"{day} 14:00", parts=4)
        made.add(ScriptedPost("cloud", f"poll-{week}", "stop"), f"{day} 14:00", *POLL)
    else:
        both = f"accounts: [{UNLIMITED}, {BUDGETED}]"
        words = ("figure", "question")
        made.add_wordings(
            ScriptedPost("cloud", f"both-{week}", "hear"), f"{day} 14:00", words, both
        )
        made.add(ScriptedPost("cloud", f"link-{week}", "stop"), f"{day} 14:00", LINK, *on)
    if week in {2, 4}:
        # X keeps a picture for a day, so it is uploaded and paid for once for both posts.
        made.add(ScriptedPost("cloud", f"picture-{week}", "stop"), f"{day} 14:00", *PICTURE, *on)
        made.add(ScriptedPost("cloud", f"again-{week}", "stop"), f"{day} 14:00", *PICTURE, *on)


def _add_budgeted(made: Script, week: int, day: str) -> None:
    made.add(ScriptedPost("ring", f"first-{week}", "stop"), f"{day} 14:00")
    made.add(
        ScriptedPost("ring", f"second-{week}", "open"),
        f"{day} 14:00",
        parts=3 if week in {1, 2} else 1,
    )
    made.add(ScriptedPost("ring", f"third-{week}"), f"{day} 14:00")
    made.add(ScriptedPost("ring", f"fourth-{week}", "open"), f"{day} 14:00")
    if week in {0, 2}:
        made.add(ScriptedPost("ring", f"link-{week}", "open"), f"{day} 14:00", LINK)


def text_number(text: str) -> str:
    """Return the number that a text carries."""
    found = _NUMBER.search(text)
    assert found, text
    return found[0]

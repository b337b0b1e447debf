"""The posts and files that need a person, each in one line with the ways to act on it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model import State
from bot.model.web_addresses import APPROVALS, CALENDAR, FLOORS, INBOX, PAUSES, TODAY
from bot.services.views_health import Trouble
from bot.services.views_status import Need
from bot.text import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.services.views_status import AttentionView

_COUNTED_NEEDS = {
    "inbox": ("{} to settle", "groundswell inbox", INBOX),
    "refused": (
        "{} refused; edit the words, or take the refusal back",
        "groundswell review --list",
        f"{APPROVALS}#refused",
    ),
    "left_files": (
        "{} left the files and will not be sent until you decide",
        "groundswell inbox",
        f"{INBOX}#left-files",
    ),
    "stale_facts": (
        "{} held back because a fact is due for review",
        "groundswell check",
        f"{CALENDAR}?state={State.SCHEDULED.value}",
    ),
    "lost": (
        "{} not sent on at least one account in the past week",
        "groundswell inbox",
        f"{INBOX}#lost",
    ),
}
"""The words for each number of posts, with the command and the page that help."""


def describe_needs(needs: AttentionView) -> Iterator[Need]:
    """Yield a line for each kind of need."""
    for name, (words, command, path) in _COUNTED_NEEDS.items():
        if number := getattr(needs, name):
            yield Need(Trouble(name), words.format(pluralize(number, "post")), command, path)
    if needs.approvals:
        waits = "waits" if needs.approvals == 1 else "wait"
        words = f"{pluralize(needs.approvals, 'post')} {waits} for approval"
        words += f", the first is due {needs.first_approval}"
        yield Need(Trouble.APPROVALS, words, "groundswell review", APPROVALS)
    for name in needs.floors:
        words = f"{name} asks for fewer approvals than before"
        yield Need(Trouble.FLOORS, words, f"groundswell review --lower {name}", FLOORS)
    for command in needs.stopped:
        words = "paused by Groundswell; once that is fixed"
        yield Need(Trouble.STOPPED, words, command, PAUSES)
    if needs.mistakes is None:
        words = "the campaign files are too large to be checked here"
        yield Need(None, words, "groundswell check", "")
    elif needs.mistakes:
        words = f"{pluralize(len(needs.mistakes), 'mistake')} in the campaign files"
        yield Need(Trouble.MISTAKES, words, "groundswell check", f"{TODAY}#mistakes")

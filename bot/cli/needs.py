"""In words, what needs a person: the same in ``status`` and ``inbox``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli import output
from bot.cli.hints import with_config

if TYPE_CHECKING:
    from bot.needs import Needs

_COUNTED = {
    "inbox": "{} to settle: groundswell inbox",
    "left_files": "{} left the files at once: groundswell inbox",
    "stale_facts": "{} held back by a fact that is due for review: groundswell check",
    "lost": "{} lost in the past week: groundswell inbox",
}
"""What is said of so many posts, and what to do about them."""


def needs_lines(needs: Needs, *, in_inbox: bool = False) -> list[str]:
    """Return a line for each kind of need; ``in_inbox``, without those that only lead there."""
    lines = [
        words.format(output.count(number, "post"))
        for name, words in _COUNTED.items()
        if (number := getattr(needs, name))
    ]
    if in_inbox:
        lines = [line for line in lines if not line.endswith(": groundswell inbox")]
    if needs.approvals:
        count, first = output.count(needs.approvals, "text"), needs.first_approval
        lines.append(f"{count} to approve, first for {first}: groundswell review")
    lines += [f"stopped by itself ({scope}), until groundswell resume" for scope in needs.stopped]
    return [*map(with_config, [*lines, *_files(needs.mistakes)])]


def _files(mistakes: tuple[str, ...] | None) -> list[str]:
    if mistakes is None:
        return ["the campaign files are too large to be checked at each look: groundswell check"]
    if not mistakes:
        return []
    return [f"{output.count(len(mistakes), 'mistake')} in the campaign files: groundswell check"]

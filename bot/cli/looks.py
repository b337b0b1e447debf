"""How a post that waits for approval looks on the terminal: as its account will show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.changes import MARKS, since
from bot.cli import output
from bot.model import ONCE
from bot.text.hidden import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from bot.approval import Waiting
    from bot.changes import Change
    from bot.model import Part

TIMES = 3
"""How many of the times that it is due are named, unless all are asked for."""

_STYLES = {"kept": "", "out": "red strike", "in": "green bold"}
_TAGS = r"https://\S+|(?<!\w)#\w+"


def look(one: Waiting, told: dict[str, Any], *, everything: bool = False) -> str:
    """Give all that a person needs to see before they say yes."""
    rows = Table.grid(padding=(0, 2))
    for what, value in _facts_of_life(told, everything=everything):
        if value:
            rows.add_row(Text(what, style="bold"), Text(visible(value)))
    rows.add_row(Text("Changes", style="bold"), Group(*_changed(one, told)))
    rows.add_row(Text("Stands on", style="bold"), Group(*_ground(told)))
    notes = [Text(note, style="bold yellow") for note in told["notes"]]
    return output.render(_panel(one, told, everything=everything), rows, *notes)


def _panel(one: Waiting, told: dict[str, Any], *, everything: bool) -> Panel:
    many = len(told["parts"]) > 1
    bodies: list[RenderableType] = []
    for index, (part, content) in enumerate(
        zip(told["parts"], one.next.content.parts, strict=True)
    ):
        head = f"Part {index + 1} of {len(told['parts'])}" if many else ""
        bodies += [Text(head, style="dim")] * many
        bodies += [*_part(part, content, everything=everything), Text("")]
    who = f"@{told['handle']} on {told['platform']}, account {told['account']}"
    return Panel(Group(*bodies[:-1]), title=Text(visible(who)), subtitle=Text(told["local"][0]))


def _part(part: dict[str, Any], content: Part, *, everything: bool) -> Iterator[RenderableType]:
    text = Text(visible(content.text))
    text.highlight_regex(_TAGS, "cyan")
    yield text
    for media in content.media:
        file = str(media.path) if everything else media.path.name
        size = f", {media.width} x {media.height}" if media.width else ""
        yield Text(visible(f"\n[{file}{size}]  alt text: {media.alt}"), style="magenta")
    if content.poll:
        lines = output.poll_lines(content.poll.options, content.poll.minutes)
        yield Text(visible("\n".join(["", *lines])))
    yield Text(f"\n{part['length']}", style="dim")


def _facts_of_life(told: dict[str, Any], *, everything: bool) -> Iterator[tuple[str, str]]:
    """Give when, how often, by whom and for how much."""
    given = f", has {_by(told['approved_by'])}" if told["approved_by"] else ""
    yield "Post", f"{told['campaign']}/{told['post']}"
    yield "Wording", told["wording"]
    yield "Due", _times(told["local"], everything=everything)
    yield "How often", "" if told["frequency"] == ONCE else told["frequency"]
    yield "Price", told["price"] + (" each time" if len(told["local"]) > 1 else "")
    yield "Replies", "" if told["may_reply"] == "everyone" else f"only from {told['may_reply']}"
    yield "Author", told["author"] or ""
    yield "Approval", f"needs {told['needed']}{given}"
    yield "Allowed", "\n".join(f"{one['code']}: {one['reason']}" for one in told["allowed"])
    yield "Digest", told["digest"] if everything else ""


def _by(names: list[str]) -> str:
    return f"{len(names)}, from {', '.join(names)}"


def _times(local: list[str], *, everything: bool) -> str:
    shown = local if everything else local[:TIMES]
    more = len(local) - len(shown)
    return ", ".join(shown) + (f", and {more} more until {local[-1]}" if more else "")


def _changed(one: Waiting, told: dict[str, Any]) -> Iterator[Text]:
    if one.before is None:
        yield Text("never approved before")
        return
    who, at = told["before"]["who"], told["before"]["at"]
    yield Text(visible(f"since {who} approved it on {at:%Y-%m-%d %H:%M} UTC:"))
    yield from map(_change, since(one.before, one.next))


def _change(change: Change) -> Text:
    line = Text(visible(f"{change.what}: "))
    for kind, words in change.pieces:
        line.append(MARKS[kind].format(visible(words)), style=_STYLES[kind])
    return line


def _ground(told: dict[str, Any]) -> Iterator[Text]:
    """Give the facts and statements that it stands on, with their sources."""
    for fact in told["facts"]:
        yield Text(visible(_fact_line(fact)))
    for one in told["statements"]:
        said = f"“{one['words']}”" if one["exact"] else f"paraphrased: {one['words']}"
        yield Text(visible(f"{one['speaker']}, {one['role']}, {said}. {one['source']}"))
    if not told["facts"] and not told["statements"]:
        yield Text("no fact or statement of the campaign")


def _fact_line(fact: dict[str, Any]) -> str:
    figure = f" [{fact['figure']}]" if fact["figure"] else ""
    review = f", to be reviewed by {fact['review_by']}" if fact["review_by"] else ""
    return f"{fact['claim']}{figure}. {fact['source']}, as of {fact['as_of']}{review}"

"""How a post that waits for approval looks on the terminal: as its account will show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.cli import output
from bot.model import ONCE
from bot.planning.content_diff import PIECE_FORMATS, differences_since_approval
from bot.text.hidden import escape_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from bot.model import Part
    from bot.planning.approval import PendingApproval
    from bot.planning.content_diff import Difference

MAX_TIMES = 3
"""Due times that are listed, unless all are asked for."""

_STYLES = {"kept": "", "out": "red strike", "in": "green bold"}
_LINKS_AND_TAGS = r"https://\S+|(?<!\w)#\w+"


def render_preview(
    pending: PendingApproval, described: dict[str, Any], *, everything: bool = False
) -> str:
    """Return all that a person needs to see before they approve."""
    rows = Table.grid(padding=(0, 2))
    for what, value in _detail_rows(described, everything=everything):
        if value:
            rows.add_row(Text(what, style="bold"), Text(escape_hidden(value)))
    rows.add_row(Text("Changes", style="bold"), Group(*_change_lines(pending, described)))
    rows.add_row(Text("Based on", style="bold"), Group(*_source_lines(described)))
    notes = [Text(note, style="bold yellow") for note in described["notes"]]
    return output.render(_panel(pending, described, everything=everything), rows, *notes)


def _panel(pending: PendingApproval, described: dict[str, Any], *, everything: bool) -> Panel:
    many = len(described["parts"]) > 1
    bodies: list[RenderableType] = []
    for index, (part, content) in enumerate(
        zip(described["parts"], pending.next.content.parts, strict=True)
    ):
        head = f"Part {index + 1} of {len(described['parts'])}" if many else ""
        bodies += [Text(head, style="dim")] * many
        bodies += [*_part(part, content, everything=everything), Text("")]
    who = f"@{described['handle']} on {described['platform']}, account {described['account']}"
    return Panel(
        Group(*bodies[:-1]), title=Text(escape_hidden(who)), subtitle=Text(described["local"][0])
    )


def _part(part: dict[str, Any], content: Part, *, everything: bool) -> Iterator[RenderableType]:
    text = Text(escape_hidden(content.text))
    text.highlight_regex(_LINKS_AND_TAGS, "cyan")
    yield text
    for media in content.media:
        file = str(media.path) if everything else media.path.name
        size = f", {media.width} x {media.height}" if media.width else ""
        yield Text(escape_hidden(f"\n[{file}{size}]  alt text: {media.alt}"), style="magenta")
    if content.poll:
        lines = output.poll_lines(content.poll.options, content.poll.minutes)
        yield Text(escape_hidden("\n".join(["", *lines])))
    yield Text(f"\n{part['length']}", style="dim")


def _detail_rows(described: dict[str, Any], *, everything: bool) -> Iterator[tuple[str, str]]:
    """Yield when, how often, by whom and at what price it is to be published."""
    names = described["approved_by"]
    given = f", has {len(names)}, from {', '.join(names)}" if names else ""
    yield "Post", f"{described['campaign']}/{described['post']}"
    yield "Wording", described["wording"]
    yield "Due", _times(described["local"], everything=everything)
    yield "How often", "" if described["frequency"] == ONCE else described["frequency"]
    yield "Price", described["price"] + (" each time" if len(described["local"]) > 1 else "")
    yield (
        "Replies",
        "" if described["may_reply"] == "everyone" else f"only from {described['may_reply']}",
    )
    yield "Author", described["author"] or ""
    yield "Approval", f"needs {described['needed']}{given}"
    yield "Allowed", "\n".join(f"{it['code']}: {it['reason']}" for it in described["allowed"])
    yield "Digest", described["digest"] if everything else ""


def _times(local: list[str], *, everything: bool) -> str:
    shown = local if everything else local[:MAX_TIMES]
    more = len(local) - len(shown)
    return ", ".join(shown) + (f", and {more} more until {local[-1]}" if more else "")


def _change_lines(pending: PendingApproval, described: dict[str, Any]) -> Iterator[Text]:
    if pending.previous is None:
        yield Text("never approved before")
        return
    who, at = described["before"]["who"], described["before"]["at"]
    yield Text(escape_hidden(f"since {who} approved it on {at:%Y-%m-%d %H:%M} UTC:"))
    yield from map(_change_line, differences_since_approval(pending.previous, pending.next))


def _change_line(change: Difference) -> Text:
    line = Text(escape_hidden(f"{change.what}: "))
    for kind, words in change.pieces:
        line.append(PIECE_FORMATS[kind].format(escape_hidden(words)), style=_STYLES[kind])
    return line


def _source_lines(described: dict[str, Any]) -> Iterator[Text]:
    """Yield the facts and statements that it is based on, with their sources."""
    for fact in described["facts"]:
        yield Text(escape_hidden(_fact_line(fact)))
    for statement in described["statements"]:
        words, source = statement["words"], statement["source"]
        quote = f"“{words}”" if statement["exact"] else f"paraphrased: {words}"
        yield Text(escape_hidden(f"{statement['speaker']}, {statement['role']}, {quote}. {source}"))
    if not described["facts"] and not described["statements"]:
        yield Text("no fact or statement of the campaign")


def _fact_line(fact: dict[str, Any]) -> str:
    figure = f" [{fact['figure']}]" if fact["figure"] else ""
    review = f", to be reviewed by {fact['review_by']}" if fact["review_by"] else ""
    return f"{fact['claim']}{figure}. {fact['source']}, as of {fact['as_of']}{review}"

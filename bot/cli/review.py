"""``groundswell review``: what waits for approval, shown as it will look, and approving it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.cli import options, output
from bot.cli.main import load_config, open_app
from bot.cli.output import with_config
from bot.errors import UserError
from bot.model import ONCE
from bot.planning.content_diff import PIECE_FORMATS, differences_since_approval
from bot.services import approving
from bot.services.queue import describe_pending, read_campaigns
from bot.text import escape_hidden, truncate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from bot.errors import Problem
    from bot.model import Approval, Campaign, Subject
    from bot.planning.approval import PendingApproval
    from bot.runtime.app import App


QUESTION = "[a]pprove, [s]kip, show [m]ore, [q]uit? "
ANSWERS = {
    **{key: key for key in "asmq"},
    "approve": "a",
    "skip": "s",
    "more": "m",
    "show more": "m",
    "quit": "q",
}
"""What may be typed, and the key that stands for it."""

NO_TERMINAL = "Nothing is asked without a terminal. Approve with: groundswell review --approve NAME"


def review(
    *,
    approve: Annotated[
        list[str] | None,
        typer.Option(
            metavar="POST",
            help="Approve without being asked: its name in the list, its number or key, or "
            "CAMPAIGN/POST; may be repeated.",
        ),
    ] = None,
    withdraw: Annotated[
        list[str] | None, typer.Option(metavar="POST", help="Withdraw your approval.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List what waits; ask nothing.")] = False,
    lower: Annotated[
        str | None,
        typer.Option(
            metavar="CAMPAIGN",
            help="Confirm that the campaign needs no more approvals than its file asks for by now.",
        ),
    ] = None,
    campaign: options.Campaign = None,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show each post that waits for approval as it will look, and ask for it.

    An approval is for exactly these words, pictures and settings, on this account, this often. It
    lapses when one of these changes, but not when the time does. Where two people must approve, the
    author cannot be one of them.
    """
    if bool(approve) + bool(withdraw) + bool(lower) + listing > 1:
        raise typer.BadParameter("use only one of --list, --approve, --withdraw and --lower")
    with open_app(load_config(config)) as opened_app:
        if lower:
            done = approving.lower_floor(opened_app, lower, who)
            numbers = f"{done['to']} instead of {done['from']}"
            words = f"{who} confirmed that posts of {lower} need fewer approvals: {numbers}."
            output.emit(done, lambda: [words], as_json=as_json)
        elif approve:
            _approve(opened_app, approve, who, as_json=as_json)
        elif withdraw:
            names = [of for post in withdraw for of in approving.withdraw(opened_app, post, who)]
            value = [{"name": name, "who": who} for name in names]
            withdrew = f"{who} withdrew the approval of"
            lines = [f"{withdrew} {name}: it needs another one." for name in names]
            output.emit(value, lambda: lines, as_json=as_json)
        elif listing or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            waiting = approving.waiting(opened_app, campaign)
            campaigns = read_campaigns(opened_app) if waiting else {}
            rows = describe_pending(opened_app, waiting, campaigns)
            output.emit(rows, lambda: _list_lines(rows), as_json=as_json)
            output.error_line(*map(with_config, _floor_lines(opened_app)))
            if not listing and not as_json:
                output.error_line(with_config(NO_TERMINAL))
        else:
            review_each(opened_app, campaign, who, _ask)


# --- The list -------------------------------------------------------------------------------------


def _list_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a table of what waits, with the name by which each can be approved."""
    if not rows:
        return ["Nothing waits for approval."]
    cells = []
    for row in rows:
        names = f": {', '.join(row['approved_by'])}" if row["approved_by"] else ""
        approved = f"{len(row['approved_by'])} of {row['needed']}{names}"
        text = truncate(output.printable(" ".join(row["text"].split())), output.TEXT_WIDTH)
        text += " [poll]" if any(part["poll"] for part in row["parts"]) else ""
        cells.append((row["local"][0], str(len(row["due"])), approved, text, row["name"]))
    columns = ("Next due", "Times", "Approved", "Says", "Name")
    allowed = [
        output.printable(f"{row['name']} breaks {found['code']}, allowed: {found['reason']}")
        for row in rows
        for found in row["allowed"]
    ]
    lapsed = [f"{row['name']}: {_lapsed_line(row)}" for row in rows if row["lapsed"]]
    allowed += map(output.printable, lapsed)
    count = output.pluralize(len(rows), "text")
    verb = "waits" if len(rows) == 1 else "wait"
    table = output.table_lines(columns, cells, right=["Times"])
    return [*table, *allowed, f"{count} {verb} for approval."]


def _lapsed_line(row: dict[str, Any]) -> str:
    """Return why approvals that were given do not count any more."""
    names = " and ".join(dict.fromkeys(row["lapsed"]))
    return (
        f"{names} had approved it according to a backup that was restored. That may have been "
        "withdrawn since, so it is asked again."
    )


def _floor_lines(opened_app: App) -> Iterator[str]:
    """Yield a line for each campaign whose file asks for fewer approvals than are needed."""
    words = (
        "{place} asks for fewer approvals of {campaign}, {asked} instead of {needed}. It stays at "
        "{needed} until somebody confirms it: groundswell review --lower {campaign}"
    )
    yield from (words.format_map(held) for held in approving.held_floors(opened_app))


def _approve(opened_app: App, typed: Sequence[str], who: str, *, as_json: bool) -> None:
    """Approve all that can be. Raises UserError, afterwards, for the rest."""
    approvals: list[Approval] = []
    problems: list[Problem] = []
    for name in typed:
        try:
            found = approving.find_waiting(opened_app, name)
        except UserError as error:
            problems += error.problems
            continue
        for pending in found:
            try:
                approvals.append(approving.approve(opened_app, pending, who))
            except UserError as error:
                problems += error.problems
    if approvals or as_json:
        value = [
            {
                "name": str(approval.subject),
                "digest": approval.digest,
                "who": approval.who,
                "at": approval.at,
                "text": approval.content.text,
            }
            for approval in approvals
        ]
        output.emit(value, lambda: _approval_lines(approvals), as_json=as_json)
    if problems:
        raise UserError(problems)


def _approval_lines(approvals: Sequence[Approval]) -> Iterator[str]:
    """Yield all that the audience sees of each, with a blank line between the parts."""
    for approval in approvals:
        yield f"{approval.who} approved {approval.subject}, which says:"
        for index, part in enumerate(approval.content.parts):
            lines = [""] * bool(index) + output.part_lines(part)
            yield from (f"  | {output.printable(line)}" for line in lines)


# --- One after the other --------------------------------------------------------------------------


def review_each(opened_app: App, campaign: str | None, who: str, ask: Callable[[], str]) -> None:
    """Show one text after the other and do what is answered; ``ask`` returns a key of ``ANSWERS``.

    What waits is read again after each answer, as a text may be edited or approved meanwhile.
    """
    done: set[tuple[Subject, str]] = set()
    answer, count = "", 0
    campaigns: Mapping[str, Campaign] = {}
    while answer != "q":
        left = [
            pending
            for pending in approving.waiting(opened_app, campaign)
            if not pending.refusal_reason(who) and (pending.subject, pending.digest) not in done
        ]
        if not left:
            break
        pending = left[0]
        [described] = describe_pending(opened_app, [pending], campaigns)
        if described["notes"]:  # the files are not read yet, or may have changed since
            campaigns = read_campaigns(opened_app)
            [described] = describe_pending(opened_app, [pending], campaigns)
        output.line(render_preview(pending, described))
        output.line(f"\n{len(left)} to review.")
        while (answer := ask()) == "m":
            output.line(render_preview(pending, described, everything=True))
        done.add((pending.subject, pending.digest))
        if answer == "a":
            try:
                approving.approve(opened_app, pending, who)
                count += 1
                output.line(f"Approved by {who}.\n")
            except UserError as error:
                for line in output.problem_lines(error.problems):
                    output.line(line)
    unapproved = approving.waiting(opened_app, campaign)
    others = sum(pending.refusal_reason(who) is not None for pending in unapproved)
    texts, rest = output.pluralize(count, "text"), len(unapproved) or "none"
    end = f", {others} of them by somebody other than {who}." if others else "."
    output.line(f"{texts} approved, {rest} left to approve{end}")


def _ask() -> str:
    """Ask until one of the answers is typed: nothing else may count as an approval."""
    while True:
        sys.stdout.flush()
        try:
            typed = input(QUESTION).strip().casefold()
        except EOFError:
            output.line()
            return "q"
        if typed in ANSWERS:
            return ANSWERS[typed]


# --- The preview ----------------------------------------------------------------------------------

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
    changes = [Text("never approved before")]
    if pending.previous:
        who, at = described["before"]["who"], described["before"]["at"]
        changes = [Text(escape_hidden(f"since {who} approved it on {at:%Y-%m-%d %H:%M} UTC:"))]
        for change in differences_since_approval(pending.previous, pending.next):
            line = Text(escape_hidden(f"{change.what}: "))
            for kind, words in change.pieces:
                line.append(PIECE_FORMATS[kind].format(escape_hidden(words)), style=_STYLES[kind])
            changes.append(line)
    rows.add_row(Text("Changes", style="bold"), Group(*changes))
    sources = Group(*(Text(escape_hidden(line)) for line in _source_lines(described)))
    rows.add_row(Text("Based on", style="bold"), sources)
    notes = [Text(note, style="bold yellow") for note in described["notes"]]
    return output.render(_panel(pending, described, everything=everything), rows, *notes)


def _panel(pending: PendingApproval, described: dict[str, Any], *, everything: bool) -> Panel:
    """Return the post as it will look, with the length of each part."""
    parts = pending.next.content.parts
    bodies: list[RenderableType] = []
    for index, part in enumerate(parts):
        if len(parts) > 1:
            bodies.append(Text(f"Part {index + 1} of {len(parts)}", style="dim"))
        text = Text(escape_hidden(part.text))
        text.highlight_regex(_LINKS_AND_TAGS, "cyan")
        bodies.append(text)
        if part.card:
            bodies.append(Text(escape_hidden(f"\nLink card: {part.card}"), style="magenta"))
        for media in part.media:
            file = str(media.path) if everything else media.path.name
            size = f", {media.width} x {media.height}" if media.width else ""
            words = "  on the card" if part.card else f"  alt text: {media.alt}"
            point = f"  focal point: {media.focal_point}" if media.focus else ""
            line = f"\n[{file}{size}]{words}{point}"
            bodies.append(Text(escape_hidden(line), style="magenta"))
        if part.poll:
            bodies.append(Text(escape_hidden("\n".join(["", *output.poll_lines(part.poll)]))))
        bodies += [Text(f"\n{described['parts'][index]['length']}", style="dim"), Text("")]
    who = f"@{described['handle']} on {described['platform']}, account {described['account']}"
    return Panel(
        Group(*bodies[:-1]), title=Text(escape_hidden(who)), subtitle=Text(described["local"][0])
    )


def _detail_rows(described: dict[str, Any], *, everything: bool) -> Iterator[tuple[str, str]]:
    """Yield when, how often, by whom and at what price it is to be published."""
    names, times = described["approved_by"], described["local"]
    given = f", has {len(names)}, from {', '.join(names)}" if names else ""
    shown = times if everything else times[:MAX_TIMES]
    more = len(times) - len(shown)
    replies = described["may_reply"]
    yield "Post", f"{described['campaign']}/{described['post']}"
    yield "Wording", described["wording"]
    yield "Due", ", ".join(shown) + (f", and {more} more until {times[-1]}" if more else "")
    yield "How often", "" if described["frequency"] == ONCE else described["frequency"]
    yield "Price", described["price"] + (" each time" if len(times) > 1 else "")
    yield "Warning", described["warning"]
    yield "Labels", ", ".join(described["labels"])
    yield "Language", described["language"]
    yield "Replies", "" if replies == "everyone" else f"only from {replies}"
    yield "Author", described["author"] or ""
    yield "Approval", f"needs {described['needed']}{given}"
    yield "Before", _lapsed_line(described) if described["lapsed"] else ""
    yield (
        "Allowed",
        "\n".join(f"{found['code']}: {found['reason']}" for found in described["allowed"]),
    )
    yield "Digest", described["digest"] if everything else ""


def _source_lines(described: dict[str, Any]) -> Iterator[str]:
    """Yield the facts and statements that it is based on, with their sources."""
    for fact in described["facts"]:
        figure = f" [{fact['figure']}]" if fact["figure"] else ""
        review = f", to be reviewed by {fact['review_by']}" if fact["review_by"] else ""
        yield f"{fact['claim']}{figure}. {fact['source']}, as of {fact['as_of']}{review}"
    for statement in described["statements"]:
        words, source = statement["words"], statement["source"]
        quote = f"“{words}”" if statement["exact"] else f"paraphrased: {words}"
        yield f"{statement['speaker']}, {statement['role']}, {quote}. {source}"
    if not described["facts"] and not described["statements"]:
        yield "no fact or statement of the campaign"

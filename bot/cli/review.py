"""``groundswell review``: what waits for approval, shown as it will look, and approving it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.cli import output
from bot.cli.main import (
    ActorOption,
    CampaignOption,
    ConfigPath,
    Json,
    actor_name,
    command_group,
    load_config,
    open_app,
)
from bot.cli.output import with_config
from bot.errors import UserError
from bot.model import ONCE
from bot.planning.content_diff import PIECE_FORMATS, differences_since_approval
from bot.text import escape_hidden, truncate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType

    from bot.errors import Problem
    from bot.model import Approval, Content, Part, Subject
    from bot.planning.approval import PendingApproval
    from bot.planning.content_diff import Difference
    from bot.runtime.app import App
    from bot.services.describe import ReviewDescriber


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


app = command_group()

QUESTION = "[a]pprove, [s]kip, show [m]ore, [q]uit? "
ANSWERS = {
    "a": "a",
    "approve": "a",
    "s": "s",
    "skip": "s",
    "m": "m",
    "more": "m",
    "show more": "m",
    "q": "q",
    "quit": "q",
}
"""What may be typed, and the key that stands for it."""

NO_TERMINAL = "Nothing is asked without a terminal. Approve with: groundswell review --approve NAME"


@app.command()
def review(
    *,
    approve: Annotated[
        list[str] | None,
        typer.Option(
            "--approve",
            metavar="POST",
            help="Approve without being asked: its name in the list, its number or key, or "
            "CAMPAIGN/POST; may be repeated.",
        ),
    ] = None,
    withdraw: Annotated[
        list[str] | None,
        typer.Option("--withdraw", metavar="POST", help="Withdraw your approval."),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List what waits; ask nothing.")] = False,
    campaign: CampaignOption = None,
    who: ActorOption = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Show each post that waits for approval as it will look, and ask for it.

    An approval is for exactly these words, pictures and settings, on this account, this often. It
    lapses when one of these changes, but not when the time does. Where two people must approve, the
    author cannot be one of them.
    """
    if bool(approve) + bool(withdraw) + listing > 1:
        raise typer.BadParameter("use only one of --list, --approve and --withdraw")
    with open_app(load_config(config)) as opened_app:
        if approve:
            _approve(opened_app, approve, actor_name(who), as_json=as_json)
        elif withdraw:
            _withdraw(opened_app, withdraw, actor_name(who), as_json=as_json)
        elif listing or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            _list(opened_app, campaign, as_json=as_json)
            if not listing and not as_json:
                output.error_line(with_config(NO_TERMINAL))
        else:
            review_each(opened_app, campaign, actor_name(who), _ask)


def _make_describer(opened_app: App) -> ReviewDescriber:
    """Return what describes posts; files with mistakes still contribute facts and statements."""
    from bot.authoring.checking import check
    from bot.services.describe import ReviewDescriber

    now = opened_app.clock.now()
    return ReviewDescriber(opened_app, check(opened_app.config, now).campaigns)


# --- The list -------------------------------------------------------------------------------------


def _list(opened_app: App, campaign: str | None, *, as_json: bool) -> None:
    from bot.services.review import waiting

    pending = waiting(opened_app, campaign)
    rows = list(map(_make_describer(opened_app).describe, pending))
    output.emit(rows, lambda: list_lines(rows), as_json=as_json)


def list_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a table of what waits, with the name by which each can be approved."""
    if not rows:
        return ["Nothing waits for approval."]
    cells = [
        (row["local"][0], str(len(row["due"])), _approval_count(row), _excerpt(row), row["name"])
        for row in rows
    ]
    columns = ("Next due", "Times", "Approved", "Says", "Name")
    count = output.pluralize(len(rows), "text")
    verb = "waits" if len(rows) == 1 else "wait"
    allowed = [
        output.printable(
            f"{row['name']} breaks {allowance['code']}, allowed: {allowance['reason']}"
        )
        for row in rows
        for allowance in row["allowed"]
    ]
    table = output.table_lines(columns, cells, right=["Times"])
    return [*table, *allowed, f"{count} {verb} for approval."]


def _approval_count(row: dict[str, Any]) -> str:
    names = f": {', '.join(row['approved_by'])}" if row["approved_by"] else ""
    return f"{len(row['approved_by'])} of {row['needed']}{names}"


def _excerpt(row: dict[str, Any]) -> str:
    text = truncate(output.printable(" ".join(row["text"].split())), output.TEXT_WIDTH)
    return f"{text} [poll]" if any(part["poll"] for part in row["parts"]) else text


# --- Without a question ---------------------------------------------------------------------------


def _approve(opened_app: App, typed: Sequence[str], who: str, *, as_json: bool) -> None:
    """Approve all that can be. Raises UserError, afterwards, for the rest."""
    from bot.services import review

    approvals: list[Approval] = []
    problems: list[Problem] = []
    for name in typed:
        try:
            for pending in review.find_waiting(opened_app, name):
                try:
                    approvals.append(review.approve(opened_app, pending, who))
                except UserError as error:
                    problems += error.problems
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
    for approval in approvals:
        yield f"{approval.who} approved {approval.subject}, which says:"
        for line in _content_lines(approval.content):
            yield f"  | {output.printable(line)}"


def _content_lines(content: Content) -> Iterator[str]:
    """Yield all that the audience sees, with a blank line between the parts."""
    for index, part in enumerate(content.parts):
        yield from [""] * bool(index)
        yield from part.text.splitlines()
        yield from (f"[{media.path.name}] {media.alt}" for media in part.media)
        yield from output.poll_lines(part.poll.options, part.poll.minutes) if part.poll else ()


def _withdraw(opened_app: App, typed: Sequence[str], who: str, *, as_json: bool) -> None:
    from bot.services import review

    names = [name for post in typed for name in review.withdraw(opened_app, post, who)]
    value = [{"name": name, "who": who} for name in names]
    lines = [f"{who} withdrew the approval of {name}: it needs another one." for name in names]
    output.emit(value, lambda: lines, as_json=as_json)


# --- One after the other --------------------------------------------------------------------------


def review_each(
    opened_app: App,
    campaign: str | None,
    who: str,
    ask: Callable[[], str],
) -> None:
    """Show one text after the other and do what is answered; ``ask`` returns a key of ``ANSWERS``.

    What waits is read again after each answer, as a text may be edited or approved meanwhile.
    """
    from bot.services.review import waiting

    done: set[tuple[Subject, str]] = set()
    answer, count = "", 0
    describer = FreshDescriber(opened_app)
    while answer != "q" and (left := _reviewable(opened_app, campaign, who, done)):
        pending = left[0]
        answer = _show_and_ask(pending, describer, ask, len(left))
        done.add((pending.subject, pending.digest))
        count += answer == "a" and _try_approve(opened_app, pending, who)
    unapproved = waiting(opened_app, campaign)
    others = sum(pending.refusal_reason(who) is not None for pending in unapproved)
    texts, rest = output.pluralize(count, "text"), len(unapproved) or "none"
    end = f", {others} of them by somebody other than {who}." if others else "."
    output.line(f"{texts} approved, {rest} left to approve{end}")


def _reviewable(
    opened_app: App, campaign: str | None, who: str, done: set[tuple[Subject, str]]
) -> list[PendingApproval]:
    """Return what this person may approve and has not answered yet."""
    from bot.services.review import waiting

    return [
        pending
        for pending in waiting(opened_app, campaign)
        if not pending.refusal_reason(who) and (pending.subject, pending.digest) not in done
    ]


class FreshDescriber:
    """Describes by the current files: reads them again for whatever they did not have before."""

    def __init__(self, opened_app: App) -> None:
        self._app = opened_app
        self._describer: ReviewDescriber | None = None

    def describe(self, pending: PendingApproval) -> dict[str, Any]:
        """Return it as plain values; see ``bot.services.describe``."""
        if self._describer:
            described = self._describer.describe(pending)
            if not described["notes"]:
                return described
        self._describer = _make_describer(self._app)
        return self._describer.describe(pending)


def _show_and_ask(
    pending: PendingApproval, describer: FreshDescriber, ask: Callable[[], str], number: int
) -> str:
    """Show a text, and more of it if asked to; return the answer."""
    from bot.cli.review import render_preview

    described = describer.describe(pending)
    output.line(render_preview(pending, described))
    output.line(f"\n{number} to review.")
    while (answer := ask()) == "m":
        output.line(render_preview(pending, described, everything=True))
    return answer


def _try_approve(opened_app: App, pending: PendingApproval, who: str) -> bool:
    from bot.services.review import approve

    try:
        approve(opened_app, pending, who)
    except UserError as error:
        for line in output.problem_lines(error.problems):
            output.line(line)
        return False
    output.line(f"Approved by {who}.\n")
    return True


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

"""``groundswell review``: what waits for approval, shown as it will look, and a person's yes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import output
from bot.cli.frame import As, ConfigPath, Json, commands, configured, person
from bot.cli.hints import with_config
from bot.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.app import App
    from bot.approval import Waiting
    from bot.errors import Problem
    from bot.model import Approval, Content, Subject
    from bot.reviewing import Telling

app = commands()

WORDS = 48
"""Characters of a text that name it in the list."""

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
"""What may be typed, and the key that it means."""

NO_TERMINAL = (
    "This is no terminal, so nothing is asked. groundswell review --approve NAME approves."
)


@app.command()
def review(
    *,
    approve: Annotated[
        list[str] | None,
        typer.Option(
            "--approve",
            metavar="POST",
            help="Approve it without being asked: its name in the list, its number or key, or "
            "CAMPAIGN/POST; may be repeated.",
        ),
    ] = None,
    withdraw: Annotated[
        list[str] | None,
        typer.Option("--withdraw", metavar="POST", help="Take your approval of it back."),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="List what waits; nothing is asked.")
    ] = False,
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="ID", help="One campaign only.")
    ] = None,
    who: As = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Show each post that waits for approval as it will look, and ask for it.

    An approval is of these very words, pictures and settings, on this account, and of how often
    they come. It lapses when these change, not when a time does. Where two people must approve, the
    author is none of them.
    """
    if bool(approve) + bool(withdraw) + listing > 1:
        raise typer.BadParameter("say one of --list, --approve and --withdraw")
    from bot.app import opened

    with opened(configured(config), os.environ) as opened_app:
        if approve:
            _approve(opened_app, approve, person(who), as_json=as_json)
        elif withdraw:
            _withdraw(opened_app, withdraw, person(who), as_json=as_json)
        elif listing or as_json or not _asks():
            _list(opened_app, campaign, as_json=as_json)
            if not listing and not as_json:
                output.error_line(with_config(NO_TERMINAL))
        else:
            go_through(opened_app, campaign, person(who), _ask)


def _asks() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _telling(opened_app: App) -> Telling:
    """Give what describes; files with mistakes still lend their facts."""
    from bot.checking import check
    from bot.reviewing import Telling

    now = opened_app.clock.now()
    return Telling(opened_app, check(opened_app.config, now).campaigns)


# --- The list -------------------------------------------------------------------------------------


def _list(opened_app: App, campaign: str | None, *, as_json: bool) -> None:
    from bot.reviewing import waiting

    found = waiting(opened_app, campaign)
    telling = _telling(opened_app)
    rows = [telling.describe(one) for one in found]
    output.emit(rows, lambda: list_lines(rows), as_json=as_json)


def list_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Give a table of what waits, with the name by which each can be approved."""
    if not rows:
        return ["Nothing waits for approval."]
    cells = [
        (row["local"][0], str(len(row["due"])), _approved(row), _words(row), row["name"])
        for row in rows
    ]
    columns = ("Next due", "Times", "Approved", "Says", "Name")
    count = output.count(len(rows), "text")
    verb = "waits" if len(rows) == 1 else "wait"
    allowed = [
        output.printable(f"{row['name']} breaks {one['code']}, allowed: {one['reason']}")
        for row in rows
        for one in row["allowed"]
    ]
    table = output.table_lines(columns, cells, right=["Times"])
    return [*table, *allowed, f"{count} {verb} for approval."]


def _approved(row: dict[str, Any]) -> str:
    names = f": {', '.join(row['approved_by'])}" if row["approved_by"] else ""
    return f"{len(row['approved_by'])} of {row['needed']}{names}"


def _words(row: dict[str, Any]) -> str:
    words = output.printable(" ".join(row["text"].split()))
    words = words if len(words) <= WORDS else f"{words[: WORDS - 1]}…"
    return f"{words} [poll]" if any(part["poll"] for part in row["parts"]) else words


# --- Without being asked --------------------------------------------------------------------------


def _approve(opened_app: App, typed: Sequence[str], who: str, *, as_json: bool) -> None:
    """Approve all that can be; say why the rest cannot. Raises UserError for it, afterwards."""
    from bot import reviewing

    given: list[Approval] = []
    problems: list[Problem] = []
    for name in typed:
        try:
            found = reviewing.named(opened_app, name)
        except UserError as error:
            problems += error.problems
            continue
        for one in found:
            try:
                given.append(reviewing.approve(opened_app, one, who))
            except UserError as error:
                problems += error.problems
    if given or as_json:
        value = [_plain(one) for one in given]
        output.emit(value, lambda: _given_lines(given), as_json=as_json)
    if problems:
        raise UserError(problems)


def _plain(one: Approval) -> dict[str, Any]:
    told = {"digest": one.digest, "who": one.who, "at": one.at, "text": one.content.text}
    return {"name": str(one.subject), **told}


def _given_lines(given: Sequence[Approval]) -> list[str]:
    lines = []
    for one in given:
        lines.append(f"{one.who} approved {one.subject}, which says:")
        lines += [f"  | {output.printable(line)}" for line in _said_lines(one.content)]
    return lines


def _said_lines(content: Content) -> Iterator[str]:
    """Yield all that an audience sees of it, a blank line between its parts."""
    for index, part in enumerate(content.parts):
        yield from [""] * bool(index)
        yield from part.text.splitlines()
        yield from (f"[{media.path.name}] {media.alt}" for media in part.media)
        yield from output.poll_lines(part.poll.options, part.poll.minutes) if part.poll else ()


def _withdraw(opened_app: App, typed: Sequence[str], who: str, *, as_json: bool) -> None:
    from bot import reviewing

    names = [name for one in typed for name in reviewing.withdraw(opened_app, one, who)]
    value = [{"name": name, "who": who} for name in names]
    lines = [f"{who} took back the approval of {name}: it waits for another." for name in names]
    output.emit(value, lambda: lines, as_json=as_json)


# --- One after the other --------------------------------------------------------------------------


def go_through(
    opened_app: App,
    campaign: str | None,
    who: str,
    ask: Callable[[], str],
) -> None:
    """Show one after the other and do what is answered; ``ask`` gives a key of ``ANSWERS``.

    What waits is read again after each answer: an edit, or a colleague, may have been quicker.
    """
    done: set[tuple[Subject, str]] = set()
    answer, count = "", 0
    telling = Fresh(opened_app)
    while answer != "q" and (found := _mine(opened_app, campaign, who, done)):
        one = found[0]
        answer = _shown(one, telling, ask, len(found))
        done.add((one.subject, one.digest))
        count += answer == "a" and _approved_now(opened_app, one, who)
    output.line(_sum(opened_app, campaign, count, who))


def _mine(
    opened_app: App, campaign: str | None, who: str, done: set[tuple[Subject, str]]
) -> list[Waiting]:
    """Give what this person may approve and has not answered yet."""
    from bot.reviewing import waiting

    found = [one for one in waiting(opened_app, campaign) if not one.refusal(who)]
    return [one for one in found if (one.subject, one.digest) not in done]


class Fresh:
    """Describes by the files as they are: reads them again when it meets what it has not seen."""

    def __init__(self, opened_app: App) -> None:
        self._app = opened_app
        self._telling: Telling | None = None

    def describe(self, one: Waiting) -> dict[str, Any]:
        """Describe it; see ``bot.reviewing``."""
        if self._telling:
            told = self._telling.describe(one)
            if not told["notes"]:
                return told
        self._telling = _telling(self._app)
        return self._telling.describe(one)


def _shown(one: Waiting, telling: Fresh, ask: Callable[[], str], number: int) -> str:
    """Show it, more of it where that is wanted; give the answer."""
    from bot.cli.looks import look

    told = telling.describe(one)
    output.line(look(one, told))
    output.line(f"\n{number} to look at.")
    while (answer := ask()) == "m":
        output.line(look(one, told, everything=True))
    return answer


def _approved_now(opened_app: App, one: Waiting, who: str) -> bool:
    from bot.reviewing import approve

    try:
        approve(opened_app, one, who)
    except UserError as error:
        for line in output.problem_lines(error.problems):
            output.line(line)
        return False
    output.line(f"Approved by {who}.\n")
    return True


def _sum(opened_app: App, campaign: str | None, count: int, who: str) -> str:
    from bot.reviewing import waiting

    left = waiting(opened_app, campaign)
    others = sum(one.refusal(who) is not None for one in left)
    told = f"{output.count(count, 'text')} approved, {len(left) or 'none'} left to approve"
    return told + (f", {others} of them by somebody else than {who}." if others else ".")


def _ask() -> str:
    """Ask until one of the answers is given; nothing is taken for a yes but a yes."""
    while True:
        sys.stdout.flush()
        try:
            typed = input(QUESTION).strip().casefold()
        except EOFError:
            output.line()
            return "q"
        if typed in ANSWERS:
            return ANSWERS[typed]

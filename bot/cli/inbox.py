"""``groundswell inbox``: what only a person can decide."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import output
from bot.cli.frame import As, ConfigPath, Json, commands, configured, person, stands_alone
from bot.cli.hints import with_config
from bot.cli.needs import needs_lines
from bot.cli.queue import Number, attempt_lines, found

if TYPE_CHECKING:
    from collections.abc import Iterator

app = commands()

SETTLE = (
    "groundswell inbox settle {number} --sent ID   it is on the page, under this id",
    "groundswell inbox settle {number} --not-sent  it is not there: send it, if still in time",
    "groundswell inbox settle {number} --drop      leave it, send nothing more",
)


@app.callback(
    invoke_without_command=True,
    help="Show what only a person can decide, with the evidence, and what did not go out.\n\n"
    "Each comes with the page to look at and the commands that settle it.",
)
def inbox(ctx: typer.Context, *, config: ConfigPath = None, as_json: Json = False) -> None:
    """Show it, unless a command about it follows."""
    if not stands_alone(ctx):
        return
    from bot.app import opened
    from bot.settling import inbox as read

    with opened(configured(config), os.environ, looking=True) as opened_app:
        value = read(opened_app)
    output.emit(value, lambda: _lines(value), as_json=as_json)


@app.command()
def settle(
    number: Number,
    *,
    sent: Annotated[
        str | None,
        typer.Option("--sent", metavar="ID", help="It is out, under this id or address."),
    ] = None,
    not_sent: Annotated[bool, typer.Option("--not-sent", help="It is not out.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Leave it; send nothing more.")] = False,
    who: As = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Say what became of one.

    Look at the account's page first, then say what you saw there: your word decides.
    """
    if (sent is not None) + not_sent + drop != 1:
        raise typer.BadParameter("say one of --sent ID, --not-sent and --drop")
    from bot import settling
    from bot.app import opened

    with opened(configured(config), os.environ) as opened_app:
        delivery = found(opened_app, number)
        name = person(who)
        if sent is not None:
            settlement = settling.settle_sent(opened_app, delivery, sent, name)
        elif not_sent:
            settlement = settling.settle_not_sent(opened_app, delivery, name)
        else:
            settlement = settling.settle_drop(opened_app, delivery, name)
    value = {"key": delivery.key, "state": settlement.state.value, "why": settlement.reason}
    text = f"{delivery.key} is {settlement.state.value}: {settlement.reason}"
    output.emit(value, lambda: [text], as_json=as_json)


def _lines(value: dict[str, Any]) -> list[str]:
    """Return each part after an empty line."""
    parts = [*map(_asked_lines, value["needs_human"]), *_parts(value)]
    lines = [line for part in parts if part for line in ("", *part)]
    return lines[1:]


def _parts(value: dict[str, Any]) -> Iterator[list[str]]:
    needs = value["needs_person"]
    summary = needs_lines(needs, in_inbox=True)
    summary += ["Nothing needs a person."] * (not needs_lines(needs))
    if value["looking"]:
        count = output.count(value["looking"], "post")
        summary.append(f"{count} being looked for; no need to act.")
    yield summary
    if value["lost"]:
        lost = [
            f"  {row['local']}  {row['key']}: {row['state']}, {row['why']}" for row in value["lost"]
        ]
        yield ["Did not go out in the past week:", *lost]
    if held := value["held_back"]:
        count = f"{len(held['keys'])} of {held['scheduled']}"
        yield [
            f"Left the campaign files at once, and stay queued ({count} posts):",
            *(f"  {key}" for key in held["keys"]),
            with_config("  Put them back, or let them go: groundswell plan --force"),
        ]
    if value["pauses"]:
        paused = [f"  {pause['what']}" for pause in value["pauses"]]
        yield [with_config("Stopped (groundswell resume goes on):"), *paused]


def _asked_lines(row: dict[str, Any]) -> list[str]:
    part = row["parts"][min(row["part"], len(row["parts"])) - 1]
    lines = [f"No. {row['number']}  {row['key']}  due {row['local']}", f"  {row['why']}"]
    lines += [f"  | {line}" for line in part["text"].splitlines()]
    lines += [f"  {line}" for line in attempt_lines(row["attempts"]) if line]
    lines.append(f"  Look at {row['page']} and then say:")
    return [*lines, *(f"    {with_config(one).format(number=row['number'])}" for one in SETTLE)]

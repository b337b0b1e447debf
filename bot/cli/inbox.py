"""``groundswell status`` and ``inbox``: whether all is well, and settling what needs a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import options, output
from bot.cli.main import command_group, load_config, open_app, without_subcommand
from bot.cli.output import with_config
from bot.cli.shown_post import attempt_lines
from bot.planning.left_files import MASS_CANCEL_HINT
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterator

app = command_group()

PostArgument = Annotated[
    str, typer.Argument(metavar="POST", help="Its name or number in the list.")
]

# --- What needs a person --------------------------------------------------------------------------

_NEED_MESSAGES = {
    "inbox": "{} to settle: groundswell inbox",
    "left_files": "{} left the files and will not be sent until you decide: groundswell inbox",
    "stale_facts": "{} held back by a fact that is due for review: groundswell check",
    "lost": "{} lost in the past week: groundswell inbox",
}
"""The message for each number of posts, and the command that helps."""


def attention_lines(needs: dict[str, Any], *, in_inbox: bool = False) -> list[str]:
    """Return a line for each kind of need; ``in_inbox``, without those that only lead there."""
    lines = [
        message.format(output.pluralize(number, "post"))
        for name, message in _NEED_MESSAGES.items()
        if (number := needs[name]) and not (in_inbox and message.endswith(" inbox"))
    ]
    if needs["approvals"]:
        count, first = output.pluralize(needs["approvals"], "post"), needs["first_approval"]
        lines.append(f"{count} to approve, first for {first}: groundswell review")
    lines += [
        f"{name} asks for fewer approvals than before: groundswell review --lower {name}"
        for name in needs["floors"]
    ]
    lines += [f"stopped by itself; once it is fixed: {command}" for command in needs["stopped"]]
    if needs["mistakes"] is None:
        lines.append("the campaign files are too large to be checked here: groundswell check")
    elif needs["mistakes"]:
        count = output.pluralize(len(needs["mistakes"]), "mistake")
        lines.append(f"{count} in the campaign files: groundswell check")
    return list(map(with_config, lines))


def status(*, config: options.ConfigPath = None, as_json: options.Json = False) -> None:
    """Show whether the loop runs, what is paused, what is next, and what needs a person.

    It changes nothing, and its exit code is 0 whatever it finds.
    """
    from bot.services.inbox import read_status

    with open_app(load_config(config), missing_ok=True) as opened_app:
        value = read_status(opened_app)
    output.emit(value, lambda: map(output.printable, status_lines(value)), as_json=as_json)


def status_lines(value: dict[str, Any]) -> Iterator[str]:
    """Yield each part under its name."""
    paused = [
        with_config(f"{pause['what']}, since {pause['since']:%Y-%m-%d %H:%M} UTC")
        for pause in value["pauses"]
    ]
    paused += [
        f"{backoff['account']} waits until {backoff['local']}: {backoff['why']}"
        for backoff in value["rests"]
    ]
    following = [
        f"{post['local']}  {post['account']}  {truncate_line(post['text'], output.TEXT_WIDTH)}"
        + (f"  ({with_config(post['why'])})" if post["why"] else "")
        for post in value["next"]
    ]
    if (more := value["scheduled"] - len(value["next"])) > 0:
        following.append(with_config(f"and {more} more: groundswell queue list"))
    parts = {
        "Loop": _loop_lines(value),
        "Paused": paused or ["nothing"],
        "Next": following or [with_config("nothing is queued: groundswell plan")],
        "Needs a person": attention_lines(value["needs_person"]) or ["nothing"],
        "Budget": (f"{budget['account']}: {budget['words']}" for budget in value["budgets"]),
    }
    for name, part in parts.items():
        if lines := list(part):
            yield name
            yield from (f"  {line}" for line in lines)


def _loop_lines(value: dict[str, Any]) -> Iterator[str]:
    run = with_config("groundswell run")
    if not value["has_run"]:
        yield f"no loop has run on {value['database']} yet: {run}"
    elif not any(worker["state"] == "alive" for worker in value["workers"]):
        yield f"none runs on {value['database']}: {run}"
    for worker in value["workers"]:
        process = f"process {worker['pid']} on {worker['host']}"
        started = f"{worker['started']:%Y-%m-%d %H:%M} UTC"
        if worker["state"] == "alive":
            yield f"{process}, since {started}"
        elif worker["state"] == "killed":
            yield f"{process}, started at {started}, was killed"
        else:
            yield f"{process}, started at {started}, was killed or is cut off from the database"
    for call in value["waiting"]:
        yield f"{call['words']}; it is given up after {call['limit']:.0f} s"


SETTLE_COMMANDS = (
    "groundswell inbox settle {number} --sent ID   it is on the page, under this id",
    "groundswell inbox settle {number} --not-sent  it is not there: send it, if still in time",
    "groundswell inbox settle {number} --drop      send nothing more of it",
)


@app.callback(
    invoke_without_command=True,
    help="Show what only a person can decide, with the evidence, and what was not sent.\n\n"
    "Each comes with the page to look at and the commands that settle it.",
)
def inbox(
    ctx: typer.Context, *, config: options.ConfigPath = None, as_json: options.Json = False
) -> None:
    """Show the inbox, unless a command follows."""
    if not without_subcommand(ctx):
        return
    from bot.services.inbox import read_inbox

    with open_app(load_config(config), missing_ok=True) as opened_app:
        value = read_inbox(opened_app)
    output.emit(value, lambda: _inbox_lines(value), as_json=as_json)


@app.command()
def settle(
    post: PostArgument,
    *,
    account: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="On this account, if several of its accounts need you."),
    ] = None,
    sent: Annotated[
        str | None, typer.Option(metavar="ID", help="It was published, under this id or address.")
    ] = None,
    not_sent: Annotated[bool, typer.Option("--not-sent", help="It was not published.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Send nothing more of it.")] = False,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Record what became of a post.

    Look at the account's page first, then say what you saw there: your word decides.
    """
    if (sent is not None) + not_sent + drop != 1:
        raise typer.BadParameter("use one of --sent ID, --not-sent and --drop")
    from bot.services import inbox

    with open_app(load_config(config)) as opened_app:
        delivery = inbox.find_unsettled(opened_app, post, account)
        if sent is not None:
            transition = inbox.settle_sent(opened_app, delivery, sent, who)
        elif not_sent:
            transition = inbox.settle_not_sent(opened_app, delivery, who)
        else:
            transition = inbox.settle_drop(opened_app, delivery, who)
    value = {"key": delivery.key, "state": transition.state.value, "why": transition.reason}
    text = f"{delivery.key} is {transition.state.value}: {transition.reason}"
    output.emit(value, lambda: [text], as_json=as_json)


def _inbox_lines(value: dict[str, Any]) -> list[str]:
    """Return each section after an empty line."""
    needs = value["needs_person"]
    summary = attention_lines(needs, in_inbox=True)
    summary += ["Nothing needs a person."] * (not attention_lines(needs))
    if value["looking"]:
        count = output.pluralize(value["looking"], "post")
        summary.append(f"{count} being looked for; no need to act.")
    sections = [*map(_undecided_lines, value["needs_human"]), summary]
    if value["lost"]:
        lost = [
            f"  {row['local']}  {row['key']}: {row['state']}, {row['why']}" for row in value["lost"]
        ]
        sections.append(["Not sent in the past week:", *lost])
    if held_back := value["held_back"]:
        count = f"{held_back['posts']} of {held_back['scheduled']}"
        title = "Left the campaign files at once, and will not be sent until you decide"
        sections.append(
            [
                f"{title} ({count} scheduled posts):",
                *(f"  {key}" for key in held_back["keys"]),
                with_config(f"  {MASS_CANCEL_HINT}"),
            ]
        )
    if pauses := [f"  {pause['what']} ({pause['resume']})" for pause in value["pauses"]]:
        sections.append(["Stopped, each with what ends it:", *map(with_config, pauses)])
    return [line for section in sections if section for line in ("", *section)][1:]


def _undecided_lines(row: dict[str, Any]) -> list[str]:
    part = row["parts"][min(row["part"], len(row["parts"])) - 1]
    return [
        f"No. {row['number']}  {row['key']}  due {row['local']}",
        f"  {row['why']}",
        *(f"  | {line}" for line in part["text"].splitlines()),
        *(f"  {line}" for line in attempt_lines(row["attempts"]) if line),
        f"  Look at {row['page'] or 'the page of ' + row['account']} and then say:",
        *(
            f"    {with_config(command).format(number=row['number'])}"
            for command in SETTLE_COMMANDS
        ),
    ]

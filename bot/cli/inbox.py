"""``groundswell status`` and ``inbox`` show the loop, and the posts that need a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.main import (
    ATTENTION,
    DOWN,
    command_group,
    load_config,
    open_app,
    without_subcommand,
)
from bot.cli.output import with_config
from bot.cli.post_table import post_row, post_table
from bot.cli.run import pause_lines
from bot.cli.shown_post import attempt_lines
from bot.planning.left_files import MASS_CANCEL_HINT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.services.views import PostView
    from bot.services.views_health import HealthView, Verdict
    from bot.services.views_status import (
        AttentionView,
        InboxItem,
        InboxView,
        StatusView,
        UndecidedView,
    )

app = command_group()

PostArgument = Annotated[
    str, typer.Argument(metavar="POST", help="Its name or number in the list.")
]

# --- Attention ------------------------------------------------------------------------------------

_INDENT = "  "


def attention_lines(needs: AttentionView, *, in_inbox: bool = False) -> list[str]:
    """Return a line for each kind of need; ``in_inbox`` leaves out lines that only lead there."""
    from bot.services.needs import describe_needs

    return [
        with_config(f"{need.words}: {need.command}")
        for need in describe_needs(needs)
        if not (in_inbox and need.command == "groundswell inbox")
    ]


def status(
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Exit with 4 if the loop is down, 5 if a person is needed."),
    ] = False,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show whether the loop runs, the pauses, the next posts, and the posts that need a person.

    It changes nothing. For people, its exit code is 0 even if something is wrong. With --json, it
    is 4 if the loop is down, which a restart may help. With --check, it is also 5 if a person is
    needed, and the first line names the verdict with its reasons.
    """
    from bot.services.status import read_status

    with open_app(load_config(config), missing_ok=True) as opened_app:
        view = read_status(opened_app)
    first = [_verdict_line(view.health)] if check else []
    output.emit(view, lambda: map(output.printable, [*first, *status_lines(view)]), as_json=as_json)
    if code := _status_code(view.health.verdict, check=check, as_json=as_json):
        raise typer.Exit(code)


def _verdict_line(health: HealthView) -> str:
    """Return the verdict with its reasons. Monitoring shows the first line of a check."""
    words = "; ".join(reason.words for reason in health.reasons)
    return f"{health.verdict}: {words}" if words else str(health.verdict)


def _status_code(verdict: Verdict, *, check: bool, as_json: bool) -> int:
    """Return the exit code for a verdict.

    A container is restarted if its check fails, which helps nothing that waits for a person.
    """
    if verdict == "down" and (check or as_json):
        return DOWN
    return ATTENTION if verdict == "attention" and check else 0


def status_lines(view: StatusView) -> Iterator[str]:
    """Yield each part under its name."""
    paused = pause_lines(view.pauses)
    paused += [f"{rest.account} waits until {rest.local}: {rest.why}" for rest in view.rests]
    following = _short_table(view.next)
    if (more := view.scheduled - len(view.next)) > 0:
        following.append(with_config(f"and {more} more: groundswell queue list"))
    parts = {
        "Loop": _loop_lines(view),
        "Paused": paused or ["nothing"],
        "Late": _late_lines(view),
        "Next": following or [with_config("no posts are queued: groundswell plan")],
        "Needs a person": attention_lines(view.needs_person) or ["nothing"],
        "Budget": (f"{budget.account}: {budget.words}" for budget in view.budgets),
    }
    for name, part in parts.items():
        if lines := list(part):
            yield name
            yield from (f"{_INDENT}{line}" for line in lines)


def _short_table(posts: Iterable[PostView]) -> list[str]:
    """Return a table without heads and notes on differences, which is indented later."""
    rows = [post_row(post, differences=False) for post in posts]
    return post_table(rows, heads=None, width=output.line_width() - len(_INDENT))


def _loop_lines(view: StatusView) -> Iterator[str]:
    run = with_config("groundswell run")
    if not view.has_run:
        yield f"no loop has run on {view.database} yet: {run}"
    elif not any(worker.state == "alive" for worker in view.workers):
        yield f"no loop runs on {view.database}: {run}"
    for worker in view.workers:
        process = f"process {worker.pid} on {worker.host}"
        started = f"{worker.started:%Y-%m-%d %H:%M} UTC"
        if worker.state == "alive":
            yield f"{process}, since {started}"
        elif worker.state == "killed":
            yield f"{process}, started at {started}, was killed"
        else:
            yield f"{process}, started at {started}, was killed or is cut off from the database"
    for call in view.waiting:
        yield f"{call.words}; the request is given up after {call.limit:.0f} s"


def _late_lines(view: StatusView) -> Iterator[str]:
    for reason in view.health.reasons:
        if reason.code == "stuck":
            yield reason.words
        elif reason.code == "late":
            yield with_config(f"{reason.words}: groundswell queue list")


_SETTLE_CHOICES = {
    "--sent ID": "it is there, under this id",
    "--not-sent": "it is not there; send it if it is still in time",
    "--drop": "send nothing more of it",
}
"""The options for a person's finding or decision."""


@app.callback(invoke_without_command=True)
def inbox(
    ctx: typer.Context, *, config: options.ConfigPath = None, as_json: options.Json = False
) -> None:
    """Without a command, list these posts with the evidence, and the posts that were not sent.

    The list names the page to look at, and the commands that settle a post.
    """
    if not without_subcommand(ctx):
        return
    from bot.services.inbox import read_inbox

    with open_app(load_config(config), missing_ok=True) as opened_app:
        view = read_inbox(opened_app)
    output.emit(view, lambda: inbox_lines(view), as_json=as_json)


@app.command()
def settle(
    post: PostArgument,
    *,
    account: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The account, if the post needs you on several."),
    ] = None,
    sent: Annotated[
        str | None, typer.Option(metavar="ID", help="It was published under this id or address.")
    ] = None,
    not_sent: Annotated[bool, typer.Option("--not-sent", help="It was not published.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Send nothing more of it.")] = False,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Record whether a post was published.

    Look at the account's page first, then say what you saw there. Your finding decides.

    Example: groundswell inbox settle our-campaign/opening --not-sent
    """
    if (sent is not None) + not_sent + drop != 1:
        raise typer.BadParameter("use one of --sent ID, --not-sent and --drop")
    from bot.services import inbox

    with open_app(load_config(config)) as opened_app:
        found = inbox.find_unsettled(opened_app, post, account)
        if sent is not None:
            settled = inbox.settle_sent(opened_app, found, sent, who)
        elif not_sent:
            settled = inbox.settle_not_sent(opened_app, found, who)
        else:
            settled = inbox.settle_drop(opened_app, found, who)
    on = f" on {settled.on}" if settled.on else ""
    text = f"{settled.name}{on} is {settled.state.value}: {settled.why}"
    output.emit(settled, lambda: [text], as_json=as_json)


def inbox_lines(view: InboxView) -> list[str]:
    """Return each section after an empty line."""
    needs = attention_lines(view.needs_person)
    summary = attention_lines(view.needs_person, in_inbox=True)
    summary += [] if needs else ["Nothing needs a person."]
    if view.looking:
        count = output.pluralize(view.looking, "post")
        summary.append(f"Groundswell is checking whether {count} went out; no need to act.")
    sections = [*map(_item_lines, view.needs_human), summary]
    if view.lost:
        lost = (f"{_INDENT}{line}" for line in _short_table(view.lost))
        sections.append(["Not sent in the past week:", *lost])
    if held := view.held_back:
        title = "These posts left the files and will not be sent until you decide"
        sections.append(
            [
                f"{title} ({held.posts} of {held.scheduled} scheduled posts):",
                *(f"{_INDENT}{name}" for name in held.names),
                with_config(f"{_INDENT}{MASS_CANCEL_HINT}"),
            ]
        )
    if pauses := [f"{_INDENT}{pause.what} ({pause.resume})" for pause in view.pauses]:
        sections.append(["Paused, each with the command that ends it:", *map(with_config, pauses)])
    return [line for section in sections if section for line in ("", *section)][1:]


def _item_lines(item: InboxItem) -> list[str]:
    post, asked = item.post, item.undecided
    lines = [
        f"No. {post.number}  {post.name}",
        f"{_INDENT}due {post.local} on {post.on}",
        *output.wrap(with_config(post.summary), _INDENT),
    ]
    apart = len({(found.part, found.text) for found in asked}) > 1
    lines += [] if apart else _quote(asked[0].text)
    for found in asked:
        lines += [f"{_INDENT}On {found.on}:"] if len(asked) > 1 else []
        lines += _quote(found.text) if apart else []
        lines += [f"{_INDENT}{line}" for line in _evidence_lines(found)]
    choices = (f"{_INDENT * 2}{option:<11} {seen}" for option, seen in _SETTLE_CHOICES.items())
    return [*lines, f"{_INDENT}with one of these options:", *choices]


def _quote(text: str) -> list[str]:
    return [line for part in text.splitlines() for line in output.wrap(part, f"{_INDENT}| ")]


def _evidence_lines(found: UndecidedView) -> Iterator[str]:
    yield from (line for line in attempt_lines(found.attempts) if line)
    yield f"Look at {found.page or 'the page of ' + found.account}, then run"
    yield f"{_INDENT}{with_config(found.command)}"

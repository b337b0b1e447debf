"""``groundswell backup``, ``workers`` and ``log`` are commands on the database."""

from __future__ import annotations

import textwrap
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.main import load_config, open_app
from bot.cli.output import with_config
from bot.clock import Clock
from bot.schedules.local_time import ScheduleError, parse_positive_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services.views_running import LogRow


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Copy the database into a file, even while the loop runs.

    To restore it, stop the loop and put the copy in the place of the database. Before the next run
    sends anything, it looks for posts that were published since the copy. Approvals are needed
    again.
    """
    from bot.services.database import back_up

    with open_app(load_config(config)) as opened_app:
        copy = back_up(opened_app, file, who, force=force)
    text = f"{copy.file}: a complete copy of the database, {copy.bytes / 1024:,.0f} KiB."
    output.emit(copy, lambda: [text], as_json=as_json)


LISTED_WORKERS = 20


def workers(
    *,
    everyone: Annotated[
        bool, typer.Option("--all", help="Also list processes that ended long ago.")
    ] = False,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """List the processes that use the database or have used it.

    A process is alive, stopped, killed or stale. Stale means killed or cut off from the database.
    """
    from bot.services.database import list_workers

    with open_app(load_config(config), missing_ok=True) as opened_app:
        listed = list_workers(opened_app, None if everyone else LISTED_WORKERS)
    columns = ("State", "Host", "Process", "Started (UTC)")
    cells = [
        (worker.state, worker.host, str(worker.pid), f"{worker.started:%Y-%m-%d %H:%M:%S}")
        for worker in listed
    ]
    alive = sum(worker.state == "alive" for worker in listed)
    lines = [with_config("No process has used this database yet. groundswell run starts one.")]
    if listed:
        lines = output.table_lines(columns, cells, right=["Process"])
        lines.append(f"{output.pluralize(alive, 'worker')} alive")
    output.emit(listed, lambda: lines, as_json=as_json)


MAX_RECORDS = 1_000_000
"""Most records in one list, because the database does not accept an unlimited number."""

LISTED_RECORDS = 50


def log(
    *,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help="Only records since then: 7d, 12h, 30m, or a date and time in UTC."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=MAX_RECORDS, help="Only the latest N.")
    ] = LISTED_RECORDS,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Check that no record was changed or removed, and that all approvals are logged.",
        ),
    ] = False,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show who did what and when: pauses, decisions, plans, starts and stops, missed posts.

    The log does not list published posts. See groundswell report and groundswell queue show.
    """
    from bot.services.database import verify_log
    from bot.services.history import read_log, read_records

    with open_app(load_config(config), missing_ok=True) as opened_app:
        if verify:
            seal = verify_log(opened_app)
            lines = [
                f"The audit log is intact: {output.pluralize(seal.count, 'record')}.",
                f"Its seal is {seal.hash}",
                "Keep a copy of it elsewhere. It proves later that nobody has rewritten the log.",
            ]
            output.emit(seal, lambda: lines, as_json=as_json)
            return
        start = parse_since(since, Clock().now()) if since else None
        records = read_records(opened_app, start, limit) if as_json else []
        rows = [] if as_json else read_log(opened_app, start, limit)
    output.emit(records, lambda: _log_lines(rows), as_json=as_json)


def parse_since(typed: str, now: datetime) -> datetime:
    """Return the instant of ``7d``, or of a date and time in UTC. Raise BadParameter."""
    with suppress(ScheduleError):
        return now - parse_positive_duration(typed)
    try:
        instant = datetime.fromisoformat(typed.strip())
    except ValueError:
        message = f"{typed!r} is not a time; write 7d, 12h, YYYY-MM-DD or 'YYYY-MM-DD HH:MM'"
        raise typer.BadParameter(message, param_hint="--since") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _log_lines(rows: Sequence[LogRow]) -> list[str]:
    """Return a line for each row; details that do not fit follow below, and names stay whole."""
    if not rows:
        return ["The log is empty."]
    who = max(len(row.who) for row in rows)
    what = max(len(row.what) for row in rows)
    width, lines = output.line_width(), []
    for row in rows:
        begin = f"{row.at:%Y-%m-%d %H:%M:%S}  {row.who:<{who}}  {row.what:<{what}}  {row.subject}"
        if len(begin) + len(row.more) + 2 <= width:
            lines.append(f"{begin}  {row.more}".rstrip())
        else:
            indent = " " * len("2026-12-04 09:00:00  ")
            room = max(width, 2 * len(indent))
            more = textwrap.wrap(row.more, room, initial_indent=indent, subsequent_indent=indent)
            lines += [begin.rstrip(), *more]
    head = f"{'When (UTC)':<19}  {'Who':<{who}}  {'What':<{what}}  To what"
    return [head, *lines]

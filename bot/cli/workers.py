"""``groundswell workers``: who works on the database."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import output
from bot.cli.frame import ConfigPath, Json, commands, configured
from bot.cli.hints import with_config

if TYPE_CHECKING:
    from bot.store.holder import Worker

app = commands()

LATEST = 20


@app.command()
def workers(
    *,
    everyone: Annotated[bool, typer.Option("--all", help="Also those of long ago.")] = False,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """List who works on the database, and who has.

    Each is alive, killed, stale (killed, or cut off from the database) or stopped.
    """
    from bot.app import opened
    from bot.store.holder import workers as listed

    with opened(configured(config), os.environ, looking=True) as opened_app:
        found = listed(opened_app.database, None if everyone else LATEST)
    rows = [_plain(one) for one in found]
    output.emit(rows, lambda: _lines(rows), as_json=as_json)


def _plain(worker: Worker) -> dict[str, Any]:
    return {**asdict(worker), "state": worker.state}


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return [with_config("Nobody has worked on this database yet. groundswell run does.")]
    columns = ("State", "Host", "Process", "Started (UTC)")
    cells = [
        (one["state"], one["host"], str(one["pid"]), f"{one['started']:%Y-%m-%d %H:%M:%S}")
        for one in rows
    ]
    return [*output.table_lines(columns, cells, right=["Process"]), _count(rows)]


def _count(rows: list[dict[str, Any]]) -> str:
    alive = sum(one["state"] == "alive" for one in rows)
    return f"{output.count(alive, 'worker')} alive"

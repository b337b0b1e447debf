"""``groundswell thin``: a database that has grown for years keeps the last word of each day."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Annotated

import typer

from bot.cli import output, progress
from bot.cli.frame import As, ConfigPath, Json, commands, configured, person

app = commands()

OLDEST = 36_500
"""Days, a hundred years: nothing is older, and a calendar has an end."""


@app.command()
def thin(
    *,
    older: Annotated[
        int,
        typer.Option(
            "--older-than",
            min=90,
            max=OLDEST,
            metavar="DAYS",
            help="Younger snapshots all stay.",
        ),
    ] = 90,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say how many would go.")] = False,
    who: As = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Thin old snapshots of counters to one a day, also while the loop runs.

    No total changes: of each post and each day, what was known at its end stays. Charts of those
    days become coarser. What goes is gone: make a backup first if you may want it back.
    """
    from bot.app import opened
    from bot.engagement.thinning import thin as thinned
    from bot.store.thinning import OldSnapshots

    with opened(configured(config), os.environ) as opened_app:
        now = opened_app.clock.now()
        old = OldSnapshots(opened_app.database, now - timedelta(days=older))
        before = old.count()
        with progress.bar("Thinning", shown=not as_json) as told:
            gone = thinned(old, dry=dry, told=told)
        if gone and not dry:
            old.note(person(who), gone, now)
    value = {"older_than_days": older, "snapshots": before, "thinned": gone, "dry_run": dry}
    output.emit(value, lambda: [_said(before, gone, older, dry=dry)], as_json=as_json)


def _said(before: int, gone: int, older: int, *, dry: bool) -> str:
    if not before:
        return f"There are no snapshots older than {older} days."
    done = "would go" if dry else "are gone"
    return (
        f"{gone:,} of {before:,} snapshots older than {older} days {done}; each day keeps its last "
        "word, and no total changes. The file keeps its size; the room in it is used again."
    )

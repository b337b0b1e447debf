"""``groundswell backup``: a copy of the database, also while the loop runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import output
from bot.cli.frame import As, ConfigPath, Json, commands, configured, person

app = commands()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to put the copy.")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    who: As = None,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Copy the database into a file, also while the loop runs.

    To go back to it, stop the loop and put the file in the database's place. The next run looks
    for what went out since then before it sends anything.
    """
    from bot.app import opened
    from bot.store.backup import backup as make

    with opened(configured(config), os.environ) as opened_app:
        now = opened_app.clock.now()
        size = make(opened_app.database, file, person(who), now, force=force)
    value = {"file": str(file), "bytes": size}
    text = f"{file}: a whole copy of the database, {size / 1024:,.0f} KiB."
    output.emit(value, lambda: [text], as_json=as_json)

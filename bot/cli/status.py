"""``groundswell status``: whether all is well, in one look."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from bot.cli import output
from bot.cli.frame import ConfigPath, Json, commands, configured
from bot.cli.hints import with_config
from bot.cli.needs import needs_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

app = commands()

WORDS = 48
"""Characters of a text that name it in the list."""

INDENT = "  "


@app.command()
def status(*, config: ConfigPath = None, as_json: Json = False) -> None:
    """Show whether the loop runs, what is paused, what is next, and what needs a person.

    It only looks, and ends with 0 whatever it finds.
    """
    from bot.app import opened
    from bot.status import status as read

    with opened(configured(config), os.environ, looking=True) as opened_app:
        value = read(opened_app)
    output.emit(value, lambda: map(output.printable, status_lines(value)), as_json=as_json)


def status_lines(value: dict[str, Any]) -> Iterator[str]:
    """Yield each part under its name."""
    parts = {
        "Loop": _loop(value),
        "Paused": _paused(value),
        "Next": _next(value),
        "Needs a person": needs_lines(value["needs_person"]) or ["nothing"],
        "Budget": (f"{one['account']}: {one['words']}" for one in value["budgets"]),
    }
    for name, found in parts.items():
        if lines := list(found):
            yield name
            yield from (f"{INDENT}{line}" for line in lines)


def _loop(value: dict[str, Any]) -> Iterator[str]:
    alive = [one for one in value["workers"] if one["state"] == "alive"]
    run = with_config("groundswell run")
    if not value["has_run"]:
        yield f"no loop has run on {value['database']} yet: {run}"
    elif not alive:
        yield f"none runs on {value['database']}: {run}"
    for one in value["workers"]:
        process = f"process {one['pid']} on {one['host']}"
        if one["state"] == "alive":
            yield f"{process}, since {one['started']:%Y-%m-%d %H:%M} UTC"
        elif one["state"] == "killed":
            yield f"{process}, begun at {one['started']:%Y-%m-%d %H:%M} UTC, was killed"
        else:
            begun = f"{one['started']:%Y-%m-%d %H:%M} UTC"
            yield f"{process}, begun at {begun}, was killed or is cut off from the database"


def _paused(value: dict[str, Any]) -> Iterator[str]:
    for one in value["pauses"]:
        yield with_config(f"{one['what']}, since {one['since']:%Y-%m-%d %H:%M} UTC")
    for one in value["rests"]:
        yield f"{one['account']} waits until {one['local']}: {one['why']}"
    if not value["pauses"] and not value["rests"]:
        yield "nothing"


def _next(value: dict[str, Any]) -> Iterator[str]:
    for one in value["next"]:
        words = " ".join(one["text"].split())
        words = words if len(words) <= WORDS else f"{words[: WORDS - 1]}…"
        yield f"{one['local']}  {one['account']}  {words}  ({with_config(one['why'])})"
    more = value["scheduled"] - len(value["next"])
    if more > 0:
        yield with_config(f"and {more} more: groundswell queue list")
    if not value["scheduled"]:
        yield with_config("nothing is queued: groundswell plan")

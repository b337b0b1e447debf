"""``groundswell init``: a config and a campaign to start from, with comments that teach."""

from __future__ import annotations

import shlex
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import output
from bot.cli.frame import Json, commands
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

app = commands()

# What is written, from which template.
STARTER = {
    "config.yaml": "config.yaml",
    "posts/our-campaign.yaml": "campaign.yaml",
    "posts/queue.yaml": "queue.yaml",
    ".gitignore": "gitignore",
}
SCHEMA = "posts/campaign.schema.json"

# Days from today that the templates speak of, so that nothing in them is over when it is written.
_DAYS = {
    "@TODAY@": 0,
    "@TOMORROW@": 1,
    "@NEXT_WEEK@": 7,
    "@IN_TEN_DAYS@": 10,
    "@IN_TWO_WEEKS@": 14,
    "@IN_TWO_MONTHS@": 60,
}

Folder = Annotated[Path, typer.Argument(help="Where to; made if it is not there.")]


@app.command()
def init(folder: Folder = Path(), *, as_json: Json = False) -> None:
    """Write a starter config and campaign, with comments that teach the format.

    Nothing that is there already is changed.
    """
    from bot.clock import SystemClock

    if occupied := [name for name in ("config.yaml", "posts") if _is_there(folder / name)]:
        raise UserError([_occupied(folder, name) for name in occupied])
    texts = starter(SystemClock().now().date())
    kept = [name for name in texts if (folder / name).exists()]  # .gitignore, at most
    written = {name: text for name, text in texts.items() if name not in kept}
    _write(folder, written)
    value = {"folder": str(folder), "written": sorted(written), "kept": kept}
    output.emit(value, lambda: _lines(folder, sorted(written), kept), as_json=as_json)


def _is_there(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


def starter(today: date) -> dict[str, str]:
    """Give the files to write, by name, with times that lie ahead of this day."""
    from bot.cli.schema import campaign_schema

    days = {name: str(today + timedelta(days=number)) for name, number in _DAYS.items()}
    texts = {name: _filled(template, days) for name, template in STARTER.items()}
    return {**texts, SCHEMA: output.json_text(campaign_schema()) + "\n"}


def _filled(template: str, days: Mapping[str, str]) -> str:
    text = (files("bot.cli") / "starter" / template).read_text(encoding="utf-8")
    for name, day in days.items():
        text = text.replace(name, day)
    return text


def _occupied(folder: Path, name: str) -> Problem:
    hint = "Nothing was written. Choose another folder, or move it away."
    return Problem(str(folder / name), 0, 0, "G107", "This is there already.", hint)


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # "x": never over what somebody else wrote
            file.write(text)


def _lines(folder: Path, written: list[str], kept: list[str]) -> list[str]:
    at = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    return [
        *(f"wrote {folder / name}" for name in written),
        *(f"kept  {folder / name}, as it was" for name in kept),
        "",
        "Next:",
        "  1. Put your account's name into config.yaml.",
        "  2. Write your campaign over the example in posts/our-campaign.yaml.",
        f"  3. {at}groundswell check",
        "  4. groundswell accounts login our-x, then groundswell accounts check",
    ]

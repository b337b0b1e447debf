"""``groundswell init`` and ``schema``: files to start from, and the JSON Schema for editors."""

from __future__ import annotations

import shlex
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import options, output
from bot.errors import Problem, UserError
from bot.services.documents import json_text

if TYPE_CHECKING:
    from datetime import date

TEMPLATES = {
    "config.yaml": "config.yaml",
    "posts/our-campaign.yaml": "campaign.yaml",
    "posts/queue.yaml": "queue.yaml",
    ".gitignore": "gitignore",
}
"""The template of each file that is written."""

SCHEMA_PATH = "posts/campaign.schema.json"

_DAY_OFFSETS = {
    "@TODAY@": 0,
    "@TOMORROW@": 1,
    "@NEXT_WEEK@": 7,
    "@IN_TEN_DAYS@": 10,
    "@IN_TWO_WEEKS@": 14,
    "@IN_TWO_MONTHS@": 60,
}
"""Days from today for the dates in the templates, so that none is past when it is written."""

TargetFolder = Annotated[Path, typer.Argument(help="The folder, which is created if necessary.")]


def init(folder: TargetFolder = Path(), *, as_json: options.Json = False) -> None:
    """Write a starter config and campaign, with comments that teach the format.

    Files that exist already are not changed.
    """
    from bot.clock import Clock

    occupied = [
        path
        for path in (folder / "config.yaml", folder / "posts")
        if (any(path.iterdir()) if path.is_dir() else path.exists())
    ]
    if occupied:
        hint = "Nothing was written. Choose another folder, or move it away."
        raise UserError(
            [Problem(str(path), 0, 0, "G107", "This exists already.", hint) for path in occupied]
        )
    texts = starter_files(Clock().now().date())
    kept = [name for name in texts if (folder / name).exists()]  # .gitignore, at most
    written = {name: text for name, text in texts.items() if name not in kept}
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # "x": never overwrite a file
            file.write(text)
    value = {"folder": str(folder), "written": sorted(written), "kept": kept}
    cd = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    lines = [
        *(f"wrote {folder / name}" for name in sorted(written)),
        *(f"kept  {folder / name}, as it was" for name in kept),
        "",
        "Next:",
        "  1. Put your account's name into config.yaml.",
        "  2. Replace the example in posts/our-campaign.yaml with your campaign.",
        f"  3. {cd}groundswell check",
        "  4. groundswell accounts login our-x, then groundswell accounts check",
    ]
    output.emit(value, lambda: lines, as_json=as_json)


def starter_files(today: date) -> dict[str, str]:
    """Return the files to write, by name, with times that are after this day."""
    from bot.campaigns.validation import campaign_file_schema

    texts = {}
    for name, template in TEMPLATES.items():
        text = (files("bot.cli") / "starter" / template).read_text(encoding="utf-8")
        for placeholder, days in _DAY_OFFSETS.items():
            text = text.replace(placeholder, f"{today + timedelta(days=days)}")
        texts[name] = text
    return {**texts, SCHEMA_PATH: json_text(campaign_file_schema()) + "\n"}


def schema(
    *,
    config: Annotated[
        bool,
        typer.Option("--config", help="Print the schema of config.yaml, not of campaign files."),
    ] = False,
    documents: Annotated[
        bool,
        typer.Option("--documents", help="Print the schema of what commands print with --json."),
    ] = False,
) -> None:
    """Print the JSON Schema of campaign files.

    A campaign file names it in its first line for the editor:
    # yaml-language-server: $schema=./campaign.schema.json
    """
    if config and documents:
        raise typer.BadParameter("use only one of --config and --documents")
    if config:
        found = config_schema()
    elif documents:
        from bot.cli.documents import document_schemas

        found = document_schemas()
    else:
        from bot.campaigns.validation import campaign_file_schema

        found = campaign_file_schema()
    output.line(json_text(found))


def config_schema() -> dict[str, Any]:
    """Return the schema of ``config.yaml``."""
    from bot.config.schema import ConfigForm

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ConfigForm.model_json_schema(),
        "title": "Groundswell configuration",
    }

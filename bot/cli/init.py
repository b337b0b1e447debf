"""``groundswell init`` and ``schema`` write a starter project, and print the JSON Schemas."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import options, output
from bot.model.documents import json_text

TargetFolder = Annotated[Path, typer.Argument(help="The folder, which is created if needed.")]


def init(folder: TargetFolder = Path(), *, as_json: options.Json = False) -> None:
    """Write a starter config and campaign, with comments that teach the format.

    Files that exist already are not changed.
    """
    from bot.clock import Clock
    from bot.services.starting import write_starter

    starter = write_starter(folder, Clock().now().date())
    cd = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    lines = [
        *(f"wrote {folder / name}" for name in starter.written),
        *(f"kept  {folder / name}, as it was" for name in starter.kept),
        "",
        "Next:",
        "  1. Put your account's name into config.yaml.",
        "  2. Replace the example in posts/our-campaign.yaml with your campaign.",
        f"  3. {cd}groundswell check",
        "  4. groundswell accounts login our-x, then groundswell accounts check",
    ]
    output.emit(starter, lambda: lines, as_json=as_json)


def schema(
    *,
    config: Annotated[
        bool,
        typer.Option("--config", help="Print the schema of config.yaml instead."),
    ] = False,
    documents: Annotated[
        bool,
        typer.Option("--documents", help="Print the schema of the output of --json instead."),
    ] = False,
) -> None:
    """Print the JSON Schema of campaign files.

    A campaign file names it in its first line for the editor:
    # yaml-language-server: $schema=./campaign.schema.json
    """
    if config and documents:
        raise typer.BadParameter("use only one of --config and --documents")
    if config:
        from bot.config.schema import config_schema

        found = config_schema()
    elif documents:
        from bot.cli.documents import document_schemas

        found = document_schemas()
    else:
        from bot.campaigns.validation import campaign_file_schema

        found = campaign_file_schema()
    output.line(json_text(found))

"""``groundswell schema``: what editors need to complete and check the YAML as it is typed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bot.cli import output
from bot.cli.frame import commands

app = commands()


@app.command()
def schema(
    *,
    config: Annotated[
        bool,
        typer.Option("--config", help="Print the schema of config.yaml, not of campaign files."),
    ] = False,
) -> None:
    """Print the JSON Schema of campaign files.

    A campaign file names it in its first line for the editor:
    # yaml-language-server: $schema=./campaign.schema.json
    """
    output.line(output.json_text(config_schema() if config else campaign_schema()))


def config_schema() -> dict[str, Any]:
    """Give the schema of ``config.yaml``."""
    from bot.config.form import ConfigForm

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ConfigForm.model_json_schema(),
        "title": "Groundswell configuration",
    }


def campaign_schema() -> dict[str, Any]:
    """Give the schema of a file in the campaigns folder."""
    from bot.campaigns.schema import schema

    return schema()

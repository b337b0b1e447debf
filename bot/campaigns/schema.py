"""The JSON Schema of campaign files, by which editors complete and check them as they are typed."""

from __future__ import annotations

from typing import Any


def schema() -> dict[str, Any]:
    """Give the schema (draft 2020-12) of both shapes: a campaign, or a bare list of posts."""
    from pydantic import TypeAdapter

    from bot.campaigns.form import CampaignForm, QueuedPostForm

    adapter: TypeAdapter[Any] = TypeAdapter(CampaignForm | list[QueuedPostForm])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Groundswell campaign file",
        "description": "A campaign, or a bare list of posts for one.",
        **adapter.json_schema(mode="validation"),
    }

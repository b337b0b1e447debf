"""The JSON Schema of campaign files, by which editors complete and check them as they are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from bot.campaigns.form import CampaignForm, QueuedPostForm

if TYPE_CHECKING:
    from pydantic_core import core_schema


class _WithoutNull(GenerateJsonSchema):
    """A key that may be left out may not be left empty: so no null, and no default of null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Give the schema of what is not null."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Give the schema without the default: the descriptions say it in words."""
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Refuse other ids than those that the pattern allows."""
        return {**super().dict_schema(schema), "additionalProperties": False}


def schema() -> dict[str, Any]:
    """Give the schema (draft 2020-12) of both shapes: a campaign, or a bare list of posts."""
    adapter: TypeAdapter[Any] = TypeAdapter(CampaignForm | list[QueuedPostForm])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Groundswell campaign file",
        "description": "A campaign, or a bare list of posts for one.",
        **adapter.json_schema(schema_generator=_WithoutNull),
    }

"""What each command prints with ``--json``, and the JSON Schema of it all.

It loads every view, so it is imported to make the schema only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ConfigDict, create_model
from pydantic.json_schema import GenerateJsonSchema

from bot.reports.document import ReportView
from bot.services.starting import StarterView
from bot.services.views import DeliveryView, PostView
from bot.services.views_accounts import (
    AccountCheck,
    AccountView,
    AdoptedAccount,
    DisclosureRecord,
    LoggedInAccount,
    LoggedOutAccount,
    MarkedAccount,
)
from bot.services.views_approval import ApprovalView, LoweredFloorView, PostDecision
from bot.services.views_checking import CheckView, CodeView
from bot.services.views_import import ImportView
from bot.services.views_plan import AddedPostView, CostView, PlanView
from bot.services.views_queue import DroppedPost, ShownPost
from bot.services.views_running import (
    BackupView,
    LogRecord,
    PausingView,
    ResumingView,
    SealView,
    WorkerView,
)
from bot.services.views_sharing import SharedPost
from bot.services.views_status import InboxView, SettledView, StatusView

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema

DOCUMENTS: dict[str, object] = {
    "accounts adopt": AdoptedAccount,
    "accounts check": list[AccountCheck],
    "accounts disclosed": DisclosureRecord,
    "accounts list": list[AccountView],
    "accounts login": LoggedInAccount,
    "accounts logout": LoggedOutAccount,
    "accounts mark-as-bot": MarkedAccount,
    "backup": BackupView,
    "check --explain": CodeView,
    "check": CheckView,
    "import": ImportView,
    "inbox settle": SettledView,
    "inbox": InboxView,
    "init": StarterView,
    "log --verify": SealView,
    "log": list[LogRecord],
    "pause": PausingView,
    "plan --cost": CostView,
    "plan": PlanView,
    "queue add": AddedPostView,
    "queue drop": list[DroppedPost],
    "queue list --by account": list[DeliveryView],
    "queue list": list[PostView],
    "queue show": list[ShownPost],
    "report": ReportView,
    "resume": ResumingView,
    "review --approve": list[PostDecision],
    "review --lower": LoweredFloorView,
    "review --withdraw": list[PostDecision],
    "review": list[ApprovalView],
    "share-texts": list[SharedPost],
    "status": StatusView,
    "workers": list[WorkerView],
}
"""The type of each command's document; if an option gives another document, under both."""

TITLE = "What Groundswell's commands print with --json"


def document_schemas() -> JsonSchemaValue:
    """Return one JSON Schema, which has each command's document under ``$defs``, by its name.

    A field's description is the text beside it in the code.
    """
    fields = {command: (kind, ...) for command, kind in DOCUMENTS.items()}
    config = ConfigDict(use_attribute_docstrings=True)
    documents = create_model("Documents", __config__=config, **fields)  # type: ignore[call-overload]  # names with spaces
    schema = documents.model_json_schema(mode="serialization", schema_generator=_ViewSchema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "$defs": _plain_words({**schema["properties"], **schema["$defs"]}),
    }


def _plain_words(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Return it with the first paragraph of each description, which is for all readers."""
    for about in schema.values():
        if "description" in about:
            words, _, _ = about["description"].partition("\n\n")
            about["description"] = " ".join(words.replace("``", "`").split())
        _plain_words(about.get("properties", {}))
    return schema


class _ViewSchema(GenerateJsonSchema):
    """Describes views as ``bot.model.documents`` writes them."""

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's signature
        """Return what a duration is: seconds."""
        return {"type": "number"}

    def field_is_required(self, *_: object, **__: object) -> bool:
        """Return True: a view always has all of its fields."""
        return True

    def field_title_should_be_set(self, *_: object) -> bool:
        """Return False: the title would only repeat the name."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema without the default, as the field is always there."""
        return self.generate_inner(schema["schema"])

"""The document that each command prints with ``--json``, and the JSON Schema of all of them.

This module loads every view, so it is imported only to make the schema.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TYPE_CHECKING

from pydantic import ConfigDict, create_model
from pydantic.json_schema import GenerateJsonSchema

from bot.reports.document import ReportView
from bot.services.starting import StarterView
from bot.services.views import PostView, SingleDelivery
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
from bot.services.views_people import LoginAddress, MetricsToken, NewPassword, UserView
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
from bot.services.views_share import BuiltFolderView, MarkedLinkView
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
    "queue list --by account": list[SingleDelivery],
    "queue list": list[PostView],
    "queue show": list[ShownPost],
    "report": ReportView,
    "resume": ResumingView,
    "review --approve": list[PostDecision],
    "review --lower": LoweredFloorView,
    "review --withdraw": list[PostDecision],
    "review": list[ApprovalView],
    "share build": BuiltFolderView,
    "share links": list[MarkedLinkView],
    "share-texts": list[SharedPost],
    "status": StatusView,
    "web link": LoginAddress,
    "web token": MetricsToken,
    "web user add": NewPassword,
    "web user limit": UserView,
    "web user list": list[UserView],
    "web user password": NewPassword,
    "web user remove": UserView,
    "web user role": UserView,
    "workers": list[WorkerView],
}
"""The type of each command's document, and of the document of an option if it has its own."""

_CONFIG = ConfigDict(use_attribute_docstrings=True)

TITLE = "What Groundswell's commands print with --json"


def document_schemas() -> JsonSchemaValue:
    """Return one JSON Schema with each command's document under ``$defs``, by its name.

    The description of a field is the text beside it in the code.
    """
    fields = {command: (kind, ...) for command, kind in DOCUMENTS.items()}
    documents = create_model("Documents", __config__=_CONFIG, **fields)  # type: ignore[call-overload]  # names with spaces
    schema = documents.model_json_schema(mode="serialization", schema_generator=_ViewSchema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "$defs": _plain_words({**schema["properties"], **schema["$defs"]}),
    }


def _plain_words(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Return the schema with only the first paragraph of each description, without ``code``."""
    for about in schema.values():
        if "description" in about:
            words, _, _ = about["description"].partition("\n\n")
            about["description"] = " ".join(words.replace("``", "`").split())
        _plain_words(about.get("properties", {}))
    return schema


class _ViewSchema(GenerateJsonSchema):
    """Describes views as ``bot.model.documents`` writes them."""

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's signature
        """Return the schema of a duration, which is written in seconds."""
        return {"type": "number"}

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Return the schema of a view, with the texts beside the fields of its bases.

        Pydantic reads only those in the class itself.
        """
        found = super().dataclass_schema(schema)
        for base in filter(is_dataclass, schema["cls"].__mro__[1:]):
            model = create_model("Base", __config__=_CONFIG, base=(base, ...))
            described = model.model_json_schema(mode="serialization")["$defs"][base.__name__]
            for name, about in described["properties"].items():
                if "description" in about:
                    found["properties"][name].setdefault("description", about["description"])
        return found

    def field_is_required(self, *_: object, **__: object) -> bool:
        """Return True, because a view always has all of its fields."""
        return True

    def field_title_should_be_set(self, *_: object) -> bool:
        """Return False, because the title would only repeat the name."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema without the default, because the field is always there."""
        return self.generate_inner(schema["schema"])

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import ROOT, run_cli
from helpers.documents import check_document, document_name
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]

from bot.cli.documents import DOCUMENTS, document_schemas
from bot.cli.main import COMMANDS, load_command

if TYPE_CHECKING:
    from collections.abc import Iterator


FILE = ROOT / "docs" / "documents.schema.json"


def test_the_committed_schema_is_that_of_the_code() -> None:
    printed = json.loads(run_cli("schema", "--documents").out)
    Draft202012Validator.check_schema(printed)
    assert printed == json.loads(FILE.read_text(encoding="utf-8")), (
        "run: groundswell schema --documents > docs/documents.schema.json"
    )


def test_each_field_has_a_description_or_a_name_that_says_it_all() -> None:
    """A name that is used for several things, such as ``detail``, is not among those."""
    clear = {
        *("account", "campaign", "demand", "description", "event", "handle", "link", "options"),
        *("page", "platform", "post", "quantity", "title", "text", "who"),
    }
    bare = {
        f"{name}.{field}"
        for name, schema in _objects().items()
        for field, about in schema.items()
        if field not in clear and "description" not in about
    }
    assert bare == set()


def _objects() -> dict[str, dict[str, dict[str, object]]]:
    defined = document_schemas()["$defs"]
    return {name: found["properties"] for name, found in defined.items() if "properties" in found}


def test_the_document_of_a_line_is_found_by_its_command_and_options() -> None:
    assert document_name(["accounts", "--json"]) == "accounts list"
    assert document_name(["--debug", "accounts", "check", "--json"]) == "accounts check"
    assert document_name(["accounts", "logout", "list", "--json"]) == "accounts logout"
    assert document_name(["queue", "--all", "--json"]) == "queue list"
    assert document_name(["queue", "--by", "account", "--json"]) == "queue list --by account"
    assert document_name(["queue", "list", "--json", "--by", "post"]) == "queue list"
    assert document_name(["check", "--json", "--explain", "L801"]) == "check --explain"


def test_each_command_with_json_has_a_document() -> None:
    printing = {
        " ".join(words)
        for words, command in _commands()
        if any("--json" in option.opts for option in command.params)
    }
    assert len(printing) > 20
    assert {name for name in printing if document_name(name.split()) is None} == set()


def _commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command, and each of a noun, with its words."""
    for name in COMMANDS:
        command = load_command(name)
        yield (name,), command
        for inner, found in getattr(command, "commands", {}).items():
            yield (name, inner), found


def test_a_document_with_another_field_is_refused() -> None:
    account = {"account": "a", "platform": "x", "handle": "a", "api": "", "secrets": {}}
    check_document(["accounts", "--json"], json.dumps([account]))
    for wrong in ([{**account, "more": 1}], [{"account": "a"}], account):
        with pytest.raises(ValidationError):
            check_document(["accounts", "--json"], json.dumps(wrong))


def test_the_page_names_each_document() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    assert [name for name in DOCUMENTS if f"`{name}`" not in page] == []

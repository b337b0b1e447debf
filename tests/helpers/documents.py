"""Validates the output of commands with ``--json`` by the JSON Schema of their documents."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no types

from bot.cli.documents import DOCUMENTS, document_schemas

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def check_document(args: Sequence[str | Path], printed: str) -> None:
    """Raise ValidationError if a command printed a document that is not as its schema says."""
    words = [str(arg) for arg in args]
    if not ({"--json", "json"} & {*words} and printed.strip()):
        return
    command = document_name(words)
    if command:
        _validator(command).validate(json.loads(printed))


def document_name(words: Sequence[str]) -> str | None:
    """Return the name under which the document of a command line is described."""
    while words and words[0].startswith("-"):
        words = words[1:]
    nouns = {name.removesuffix(" list") for name in DOCUMENTS if name.endswith(" list")}
    if words[0] in nouns and (len(words) == 1 or words[1].startswith("-")):
        words = [words[0], "list", *words[1:]]  # which it does without a command
    fitting = [name for name in DOCUMENTS if _fits(name, [*words])]
    return max(fitting, key=len, default=None)


def _fits(name: str, words: list[str]) -> bool:
    """Return whether a line begins with the command of a name, and has its option."""
    command, _, option = name.partition(" --")
    first, rest = command.split(), f" {' '.join(words)} "
    return words[: len(first)] == first and (not option or f" --{option} " in rest)


@cache
def _validator(command: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{command}", **_strict_schema()})


@cache
def _strict_schema() -> dict[str, Any]:
    """Return the schema with no other fields than those that it names.

    The published one lets documents get more fields later.
    """
    schema: dict[str, Any] = json.loads(json.dumps(document_schemas()))
    for found in schema["$defs"].values():
        if "properties" in found:
            found["additionalProperties"] = False
    return schema

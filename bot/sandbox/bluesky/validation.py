"""Checks values by lexicons, with a real server's words for a refusal.

The words are those of ``@atproto/lex-schema`` in a PDS of 2026. As there, a refusal names only the
first problem, in the order of the lexicon.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.sandbox.bluesky.data import CID_BYTES, decode_cid
from bot.sandbox.bluesky.lexicons import DEFINITIONS, RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.bluesky.lexicons import Definition

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HANDLE = rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?"
_DID = r"did:[a-z]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]"
_NSID = rf"[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?(?:\.{_LABEL})+\.[A-Za-z][A-Za-z0-9]{{0,62}}"
_KEY = r"(?!\.{1,2}(?![^/]))[A-Za-z0-9_~.:-]{1,512}"
_DAY = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_FORMATS = {
    "tid": "[234567a-j][234567a-z]{12}",
    "handle": _HANDLE,
    "did": _DID,
    "at-identifier": f"{_DID}|{_HANDLE}",
    "nsid": _NSID,
    "record-key": _KEY,
    "at-uri": f"at://(?:{_DID}|{_HANDLE})(?:/{_NSID}(?:/{_KEY})?)?",
    "uri": r"\w+:(?://)?[^\s/]\S*",
    "datetime": rf"\d{{4}}-{_DAY}T{_TIME}:[0-5]\d(?:\.\d+)?(?:Z|(?!-00:00)[+-]{_TIME})",
    "language": "[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    "(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(?:-(?![xX])[A-Za-z0-9](?:-[A-Za-z0-9]{2,8})+)*"
    "(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?",
}
_PATTERNS = {name: re.compile(pattern, re.ASCII) for name, pattern in _FORMATS.items()}
_NAMES = {
    "tid": "TID string",
    "did": "DID",
    "nsid": "NSID",
    "cid": "CID string",
    "at-identifier": "AT identifier",
    "record-key": "record key",
}
_PREVIEW = 48
"""Most characters of a text in a refusal."""


class InvalidValueError(ValueError):
    """The lexicon does not allow a value. The text is that of the answer."""


def check_record(collection: str, key: str, record: dict[str, Any]) -> bool:
    """Check a record and its key by the lexicon of its collection. Raise InvalidValueError.

    Return False if the collection has no lexicon here.
    """
    if collection not in RECORDS:
        return False
    form, definition = RECORDS[collection]
    key_definition = {"type": "string", "format": form}
    if form.startswith("literal:"):
        key_definition = {"type": "literal", "value": form.removeprefix("literal:")}
    try:
        check(key_definition, key)
    except InvalidValueError as error:
        raise InvalidValueError(f"Invalid record key for {collection}: {error}") from None
    try:
        check(definition, record, "$.record")
    except InvalidValueError as error:
        raise InvalidValueError(f"Invalid {collection} record: {error}") from None
    return True


def check(definition: Definition, value: Any, path: str = "$") -> None:
    """Check a value by a lexicon's definition. Raise InvalidValueError with the first problem."""
    name = definition["type"]
    kind = _TYPES.get(name)
    if kind and type(value) is not kind:
        raise _unexpected("object" if name == "unknown" else name, value, path)
    if name in _CHECKS:
        _CHECKS[name](definition, value, path)


def _check_object(definition: Definition, value: Any, path: str) -> None:
    required, nullable = definition["required"], definition.get("nullable", ())
    for name, inner in definition["properties"].items():
        if name not in value:
            if name in required:
                raise InvalidValueError(f'Missing required key "{name}" at {path}')
        elif value[name] is not None or name not in nullable:
            check(inner, value[name], f"{path}.{name}")


def _check_array(definition: Definition, value: Any, path: str) -> None:
    _check_size("array", len(value), definition.get("maxLength"), path)
    for index, item in enumerate(value):
        check(definition["items"], item, f"{path}[{index}]")


def _check_union(definition: Definition, value: Any, path: str) -> None:
    """Check a value by the definition that it names, if that is one of the union."""
    if not isinstance(value, dict) or not isinstance(value.get("$type"), str):
        raise _unexpected('an object which includes the "$type" property', value, path)
    name = value["$type"].removesuffix("#main")
    if name in definition["refs"]:
        check(DEFINITIONS[name], value, path)


def _check_string(definition: Definition, value: Any, path: str) -> None:
    _check_size("string", len(value.encode()), definition.get("maxLength"), path)
    if (most := definition.get("maxGraphemes")) is not None and len(value) > most:
        _check_size("grapheme", len(_graphemes().findall(value)), most, path)
    kind = definition.get("format", "")
    fits = decode_cid(value) if kind == "cid" else not kind or _PATTERNS[kind].fullmatch(value)
    if not fits:
        name = _NAMES.get(kind, kind)
        raise InvalidValueError(f"Invalid {name} (got {_quote(value)}) at {path}")


def _check_integer(definition: Definition, value: Any, path: str) -> None:
    if value < definition["minimum"]:
        least = definition["minimum"]
        raise InvalidValueError(f"integer too small (minimum {least}, got {value}) at {path}")
    _check_size("integer", value, definition.get("maximum"), path)


def _check_literal(definition: Definition, value: Any, path: str) -> None:
    if value != definition["value"]:
        expected = _quote(definition["value"])
        raise InvalidValueError(f"Expected {expected} (got {show(value)}) at {path}")


def _check_blob(definition: Definition, value: Any, path: str) -> None:
    if not is_blob(value):
        raise _unexpected("blob", value, path)
    mime, accepted = value["mimeType"], definition["accept"]
    if not any(
        mime == kind or (kind.endswith("/*") and mime.startswith(kind[:-1])) for kind in accepted
    ):
        shown = _one_of([_quote(kind) for kind in accepted])
        raise InvalidValueError(f"Expected {shown} (got {_quote(mime)}) at {path}.mimeType")
    _check_size("blob", value["size"], definition["maxSize"], path)


def is_blob(value: Any) -> bool:
    """Return whether a value refers to an uploaded file, with CID, media type and size."""
    if not isinstance(value, dict) or value.get("$type") != "blob":
        return False
    ref, mime, size = value.get("ref"), value.get("mimeType"), value.get("size")
    link = ref.get("$link") if isinstance(ref, dict) else None
    raw = decode_cid(link) if isinstance(link, str) else None
    is_size = type(size) is int and size >= 0
    return raw is not None and raw[1] == CID_BYTES and isinstance(mime, str) and is_size


_TYPES: dict[str, type] = {
    "object": dict,
    "unknown": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
}
"""The types of JSON of which values have to be."""
_CHECKS: dict[str, Callable[[Definition, Any, str], None]] = {
    "object": _check_object,
    "array": _check_array,
    "union": _check_union,
    "ref": lambda definition, value, path: check(DEFINITIONS[definition["ref"]], value, path),
    "string": _check_string,
    "integer": _check_integer,
    "literal": _check_literal,
    "blob": _check_blob,
}


def _check_size(what: str, size: int, most: int | None, path: str) -> None:
    if most is not None and size > most:
        raise InvalidValueError(f"{what} too big (maximum {most}, got {size}) at {path}")


def _unexpected(expected: str, value: Any, path: str) -> InvalidValueError:
    return InvalidValueError(f"Expected {expected} value type (got {show(value)}) at {path}")


def show(value: Any) -> str:
    """Return a value in the shortened form of a refusal."""
    if isinstance(value, dict):
        shown = [f"{_quote(name)}: ..." for name in list(value)[:2]]
        return "{" + ", ".join(shown + ["..."] * (len(value) > 2)) + "}"  # noqa: PLR2004 - as above
    if isinstance(value, list):
        return "[" + ", ".join([*map(show, value[:2])] + ["..."] * (len(value) > 2)) + "]"  # noqa: PLR2004 - as above
    return _quote(value) if isinstance(value, str) else json.dumps(value)


def _quote(text: str) -> str:
    shown = text if len(text) < _PREVIEW else f"{text[: _PREVIEW - 1]}\u2026"
    return json.dumps(shown, ensure_ascii=False)


def _one_of(values: list[str]) -> str:
    if len(values) == 1:
        return values[0]
    return f"one of {', '.join(values[:-1])} or {values[-1]}"


@cache
def _graphemes() -> Any:
    import regex

    return regex.compile(r"\X")

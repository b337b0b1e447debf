"""JSON of views, by their fields. All JSON of the program is made here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


def to_json(value: object) -> JsonValue:  # noqa: C901, PLR0911 - a line for each type
    """Return plain values, with an object for a dataclass and a list for a tuple.

    Times are in ISO 8601, durations in seconds, and an enumeration is its value. Money is text, as
    a number would be rounded. Raise TypeError for a type that has no such form.
    """
    match value:
        case Enum():
            return to_json(value.value)
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(to_json(key)): to_json(item) for key, item in value.items()}
        case list() | tuple():
            return [to_json(item) for item in value]
        case set() | frozenset():
            return [to_json(item) for item in sorted(value)]
        case date():  # a datetime, too
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return f"{value:f}"
        case Path():
            return str(value)
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    message = f"{type(value).__name__} has no form in JSON"
    raise TypeError(message)


def json_text(value: object) -> str:
    """Return the JSON of a view, of several, or of plain values."""
    return json.dumps(to_json(value), ensure_ascii=False, indent=2)

"""From pydantic's errors to problems with a place, in words of the campaign file."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from bot.campaigns import advice, form, when_form
from bot.campaigns.kinds import FormError
from bot.campaigns.marks import Fields, Items, Text
from bot.campaigns.problems import MOST_PROBLEMS, did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pydantic_core import ErrorDetails

    from bot.campaigns.marks import Node
    from bot.campaigns.problems import ProblemList
    from bot.campaigns.when_form import Form

F = TypeVar("F", bound="Form")
Place = tuple[int, int]
Loc = tuple[int | str, ...]

_TIMES = (
    when_form.AtForm,
    when_form.EventTimeForm,
    when_form.EventsTimeForm,
    when_form.SlotForm,
    when_form.EveryForm,
)
_INNER: dict[str, type[Form]] = {
    "media": form.MediaForm,
    "poll": form.PollForm,
    "thread": form.PartForm,
    "wordings": form.WordingForm,
    "on": form.OnForm,
    **dict(zip(("<at>", "<event>", "<events>", "<slot>", "<every>"), _TIMES, strict=True)),
    "<end>": when_form.EndForm,
}
"""The forms inside of a post, by the key under which they stand, or by the kind of time."""

_ONE_TEXT = (
    "Write one value. A text with a colon in it, or one that starts with - or [, goes in quotes "
)
_ONE_TEXT += 'or after "|".'
_SLUG_HINT = "Use small letters, digits and hyphens, as in prison-calls."


def fill_in(
    model: type[F],
    node: Node,
    problems: ProblemList,
    others: Iterable[str] = (),
) -> F | None:
    """Read a node by a form; None, and every problem noted, where it does not fit.

    ``others`` are keys that may stand beside those of the form, and are read elsewhere.
    """
    try:
        return model.model_validate(node)
    except ValidationError as error:
        details = error.errors(include_url=False)[: 2 * MOST_PROBLEMS]
        for detail in _telling(details, model, others):
            _note(detail, model, node, problems, others)
        return None


def place_of(node: Node, *path: int | str) -> Place:
    """Give the place that a path of keys and indices leads to, as far as it can be followed."""
    for step in path:
        if isinstance(node, Fields) and isinstance(step, str) and step in node:
            node = node[Text(step)]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node):
            node = node[step]
    return node.place


def _telling(
    details: Sequence[ErrorDetails],
    model: type[Form],
    others: Iterable[str],
) -> list[ErrorDetails]:
    """Leave out the errors that only follow from another one in the list."""
    unknown = [item["loc"] for item in details if item["type"] == "extra_forbidden"]
    return [
        item
        for item in details
        if not _follows(item, unknown, [other["loc"] for other in details], model, others)
    ]


def _follows(
    item: ErrorDetails,
    unknown: Sequence[Loc],
    locs: Sequence[Loc],
    model: type[Form],
    others: Iterable[str],
) -> bool:
    loc, kind = item["loc"], item["type"]
    if kind == "extra_forbidden":
        return False
    if kind in ("too_short", "too_long") and any(
        len(other) > len(loc) and other[: len(loc)] == loc for other in locs
    ):
        return True  # it counts only the elements that were sound
    if loc[:1] in (("when",), ("expires",)) and len(loc) > 1:
        return any(other[:1] == loc[:1] for other in unknown)
    return kind == "missing" and any(
        other[:-1] == loc[:-1] and _closest(str(other[-1]), _keys(model, loc, others)) == loc[-1]
        for other in unknown
    )


def _closest(name: str, known: Collection[str]) -> str:
    """Return the known key that an unknown one is meant to be, if any."""
    near = difflib.get_close_matches(name[:80], sorted(known), n=1)
    meant = advice.of_key(name, known)[0] or next(iter(near), "")
    return meant or ("text" if _is_prose(name) and "text" in known else "")


def _is_prose(key: str) -> bool:
    """Tell whether a key may be the first words of a text with a colon in it."""
    return re.fullmatch(r"[a-z0-9_-]+", key) is None


def _form(model: type[Form], loc: Loc) -> type[Form]:
    """Return the form of the mapping in which ``loc`` ends."""
    outer = [str(step) for step in loc[:-1] if step in _INNER]
    return _INNER[outer[-1]] if outer else model


def _keys(model: type[Form], loc: Loc, others: Iterable[str] = ()) -> set[str]:
    """Return the keys that may stand in the mapping in which ``loc`` ends."""
    inner = _form(model, loc)
    # Beside at: alone, a slip of the finger may be the key that would tell the kind of time.
    forms = _TIMES if inner is when_form.AtForm else (inner,)
    names = {field.alias or name for known in forms for name, field in known.model_fields.items()}
    return names | set(others) if inner is model else names


def _note(
    item: ErrorDetails,
    model: type[Form],
    node: Node,
    problems: ProblemList,
    others: Iterable[str],
) -> None:
    loc, context = item["loc"], item.get("ctx", {})
    name = next((str(step) for step in reversed(loc) if _is_key(step)), "")
    error = context.get("error")
    if isinstance(error, FormError):
        place = _key_place(node, (*loc, error.key)) if error.key else place_of(node, *loc)
        place = error.place or place
        problems.add(error.code, place, error.message.rstrip("."), error.hint)
    elif item["type"] == "extra_forbidden":
        _note_unknown(str(loc[-1]), _key_place(node, loc), _keys(model, loc, others), problems)
    elif item["type"] == "missing":
        hint = f"Add {name}: {_describe(_form(model, loc), name)}".strip()
        problems.add("C203", place_of(node, *loc[:-1]), f"{shown(name)} is missing", hint)
    else:
        code, message, hint = _words(item["type"], context, item["input"], name)
        problems.add(
            code, place_of(node, *loc), f"{shown(name)}: {message}" if name else message, hint
        )


def _is_key(step: int | str) -> bool:
    return isinstance(step, str) and not step.startswith("<")


def _key_place(node: Node, loc: Loc) -> Place:
    """Give the place of a key itself, not of its value."""
    for step in loc[:-1]:
        if isinstance(node, Fields) and isinstance(step, str) and step in node:
            node = node[Text(step)]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node):
            node = node[step]
    return node.key_place(str(loc[-1])) if isinstance(node, Fields) else node.place


def _note_unknown(name: str, place: Place, known: set[str], problems: ProblemList) -> None:
    hint = advice.of_key(name, known)[1] or did_you_mean(name, known)
    if _is_prose(name) and _closest(name, known) == "text" and hint.startswith("Known"):
        hint = "Put a text with a colon in it in quotes."
    problems.add("C202", place, f"The key {shown(name)} is unknown", hint)


def _describe(inner: type[Form], name: str) -> str:
    field = inner.model_fields.get(name)
    return (field.description or "") if field else ""


def _words(kind: str, context: dict[str, Any], value: object, name: str) -> tuple[str, str, str]:
    """Return code, message and hint for one of pydantic's own types of error."""
    wrong = {
        "string_type": ("a text is expected here", _ONE_TEXT),
        "tuple_type": ("a list is expected here", "Write it as [one, two], or a line with - each."),
        "dict_type": ("names and values are expected here", "Write it as {name: value}."),
        "model_type": ("keys and values are expected here", "Write it as {key: value}."),
        "model_attributes_type": ("keys and values are expected here", "Write it as {key: value}."),
    }
    if kind in wrong:
        message, hint = wrong[kind]
        advised = "" if kind == "string_type" else advice.of_shape(name, value)
        return "C201", message, advised or hint
    if kind == "union_tag_not_found":
        hint = "Write at:, or event: and offset:, or every: and at:, or slot: next."
        return "C203", "it does not say when", advice.of_shape(name, value) or hint
    return _limits(kind, context, value)


def _limits(kind: str, context: dict[str, Any], value: object) -> tuple[str, str, str]:
    said = shown(value) if isinstance(value, str) else "it"
    if kind == "bool_parsing":
        return "C205", f"{said} is neither true nor false", "Write true or false."
    if kind == "int_parsing":
        return "C204", f"{said} is not a whole number", "Write digits only."
    if kind == "literal_error":
        return "C205", f"{said} is not one of its values", f"It can be {context['expected']}."
    if kind in ("greater_than_equal", "less_than_equal"):
        least, most = context.get("ge"), context.get("le")
        return (
            "C204",
            f"{said} is out of bounds",
            f"At most {most}." if least is None else f"At least {least}.",
        )
    if kind == "string_pattern_mismatch" and context["pattern"] != r"\S":
        hint = _SLUG_HINT if context["pattern"][:7] == "^[a-z0-" else "Write it as en or pt-BR."
        return "C204", f"{said} cannot be used here", hint
    return _lengths(kind, context)


def _lengths(kind: str, context: dict[str, Any]) -> tuple[str, str, str]:
    least, most = context.get("min_length"), context.get("max_length")
    if kind in ("string_too_short", "string_pattern_mismatch"):
        return "C204", "nothing is written here", "Write it, or leave the key out."
    if kind == "string_too_long":
        return "C204", f"the text is longer than {most} characters", "Shorten it."
    if kind in ("too_short", "too_long"):
        wanted = f"at least {least}" if kind == "too_short" else f"at most {most}"
        return "C204", f"the list has {context['actual_length']} entries", f"It needs {wanted}."
    return "C204", f"it cannot be used ({kind})", "See the output of groundswell schema."

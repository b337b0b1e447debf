"""From the bytes of a config file to its form, or to problems with their places.

Two rules hold for every message: it names the place, and it repeats no value, because what stands
in the wrong place of a config may be a secret.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from bot.campaigns import encoding
from bot.campaigns.marks import Fields, Items, Node, Text, parse
from bot.campaigns.problems import ProblemList, did_you_mean
from bot.config.form import AccountForm, AlertsForm, ConfigForm, LogForm
from bot.config.leaks import hide, is_key, looks_secret
from bot.config.x_form import XForm
from bot.schedules.hours import is_within
from bot.secrets import (
    channel_name,
    names_secret,
    passwords,
    variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic import BaseModel

    from bot.errors import Problem

Loc: TypeAlias = tuple[str | int, ...]


def read(path: Path) -> tuple[ConfigForm | None, list[Problem]]:
    """Read a config file; the form is None where it could not be filled."""
    problems = ProblemList(str(path))
    data = encoding.read(path, problems)
    document = None if data is None else parse(data, problems)
    form = None if document is None else _filled(document.root or Text(), problems)
    return form, sorted(_hushed(problem) for problem in problems.found)


_MESSAGES = {
    "Y108": ("Anchors, aliases and merge keys are not read.", "Write the value out, in quotes."),
    "Y109": ("Tags are not read.", "Write the value without it, in quotes."),
    "Y117": ("YAML takes what begins here for a comment.", "Put a value with # in quotes."),
    "Y113": ("The file is empty.", "`groundswell init` in an empty folder shows a complete one."),
}


def _hushed(problem: Problem) -> Problem:
    """Take out of a problem whatever the general YAML reader may have quoted of a value."""
    message, hint = _MESSAGES.get(problem.code, (problem.message, problem.hint))
    if problem.code == "Y107" and "://" in message:  # a channel named by its address
        message = "A key stands here twice."
    return replace(problem, message=hide(message), hint=hide(hint))


def _filled(root: Node, problems: ProblemList) -> ConfigForm | None:
    if not isinstance(root, Fields):
        place = getattr(root, "place", (1, 1)) if root else (1, 1)
        problems.add("G102", place, "The config must hold keys, such as accounts:")
        return None
    secret = set()
    for loc, place, message, hint in _secrets(root):
        problems.add("G110", place, message, hint)
        secret.add(loc)
    try:
        form = ConfigForm.model_validate(root)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        for fault in faults:
            if not _is_misspelled(fault, faults) and not any(
                fault["loc"][: end + 1] in secret for end in range(len(fault["loc"]))
            ):
                problems.add(*_explained(root, fault))
        return None
    _refuse_twins(root, form, problems)
    _refuse_quiet_slots(root, form, problems)
    return form


def _refuse_twins(root: Fields, form: ConfigForm, problems: ProblemList) -> None:
    """One account under two names would publish everything twice."""
    seen: dict[tuple[str, str], str] = {}
    for name, account in form.accounts.items():
        first = seen.setdefault((account.platform, account.handle.lower()), name)
        if first != name:
            message = f"accounts.{name} is the same account as accounts.{first}"
            hint = "Keep one of them; under two names it would say everything twice."
            problems.add("G104", _place(root, ("accounts", name), of_key=True), message, hint)


def _refuse_quiet_slots(root: Fields, form: ConfigForm, problems: ProblemList) -> None:
    """A slot in quiet hours would never be taken."""
    for name, account in form.accounts.items():
        for index, line in enumerate(account.slots):
            if account.quiet and any(is_within(slot.at, account.quiet) for slot in line):
                loc = ("accounts", name, "slots", index)
                message = f"{_name(loc)} is in the account's quiet hours"
                hint = "Move the slot, or mend quiet:."
                problems.add("G105", _place(root, loc), message, hint)


# --- Secrets --------------------------------------------------------------------------------------


def _secrets(root: Fields) -> Iterator[tuple[Loc, tuple[int, int], str, str]]:
    for loc, key, value in _walk(root, ()):
        if loc[0] == "alerts" and any("://" in str(part) for part in loc):
            if "://" in key:  # what is below it would be named by it
                message = f"{_name(loc[:-1])} names a channel by its address, which is a secret"
                yield loc, _place(root, loc, of_key=True), message, _instead(loc[:-1])
        elif names_secret(key) and value and not _is_name(loc):
            yield loc, _place(root, loc, of_key=True), f"{_name(loc)} is a secret", _instead(loc)
        elif isinstance(value, Text) and loc == ("database",) and passwords(value):
            message = "database contains a password"
            hint = "Set the variable GROUNDSWELL_DATABASE to this URL, and take it out of the file."
            yield loc, value.place, message, hint
        elif loc[0] == "alerts" and isinstance(value, Text) and "://" in value:
            yield (
                loc,
                value.place,
                f"{_name(loc)} holds an address, which is a secret",
                _instead(loc),
            )
        elif is_key(key) or (isinstance(value, Text) and _is_secret(value, loc)):
            message = f"{_name(loc)} looks like a secret"
            yield loc, _place(root, loc, of_key=is_key(key)), message, _instead(loc)


_PATHS = frozenset({"campaigns", "database", "reports"})


def _is_secret(value: Text, loc: Loc) -> bool:
    """Say whether a value is likely a secret; commit hashes and the like in a path are none."""
    return is_key(value) if loc[0] in _PATHS or loc[-1] == "handle" else looks_secret(value)


def _walk(node: Node, loc: Loc) -> Iterator[tuple[Loc, str, Node]]:
    """Yield every value with its place in the tree and the key that leads to it."""
    pairs: Any = node.items() if isinstance(node, Fields) else ()
    pairs = enumerate(node) if isinstance(node, Items) else pairs
    for key, value in pairs:
        here = (*loc, key if isinstance(key, int) else str(key))
        yield here, str(key), value
        yield from _walk(value, here)


def _is_name(loc: Loc) -> bool:
    """Say whether a key is the name that somebody gave an account or a channel."""
    return loc[:-1] in {("accounts",), ("alerts", "channels")}


def _instead(loc: Loc) -> str:
    hint = "No secret belongs in this file. Take it out, and replace it on the platform if anyone "
    hint += "else may have read the file."
    if loc[0] == "alerts" and len(loc) > 2:  # noqa: PLR2004 - a channel
        hint += f" Its place is the variable {variable(channel_name(str(loc[2])), 'url')}, or the "
        hint += f"keyring: `groundswell alerts login {loc[2]}`."
    if loc[0] == "accounts" and len(loc) > 2 and names_secret(str(loc[2])):  # noqa: PLR2004 - a key
        account, key = str(loc[1]), str(loc[2])
        hint += f" Its place is the variable {variable(account, key)}, or the keyring: "
        hint += f"`groundswell accounts login {account}`."
    return hint


# --- Other faults ---------------------------------------------------------------------------------

_WORDS = {
    "string_type": "must be a text",
    "model_type": "must hold keys of its own",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "tuple_type": "must be one text, or a list of them",
    "greater_than_equal": "must be 1 or more",
    "less_than_equal": "is more than anyone should read in a day",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "too_short": "must name at least one account",
    "too_long": "has too many entries",
    "string_pattern_mismatch": "must be a name as on the platform, such as @mediajustice",
}
_BY_NAME = {
    "accounts": "must hold your accounts by name, as our-x: {platform: x, handle: our_name}",
    "channels": "must hold your channels by name, as team: [failed, person]",
}
_FORMS: dict[str, type[BaseModel]] = {
    "accounts": AccountForm,
    "log": LogForm,
    "alerts": AlertsForm,
}


def _form(loc: Loc) -> type[BaseModel]:
    """Give the form that a key is in."""
    if loc[2:3] == ("x",) and loc[3:]:  # accounts, its name, x, a key
        return XForm
    return _FORMS[str(loc[0])] if len(loc) > 1 else ConfigForm


def _explained(root: Fields, fault: Any) -> tuple[str, tuple[int, int], str, str]:
    loc, kind = _without_key(fault["loc"]), fault["type"]
    name = _name(loc)
    if kind == "extra_forbidden":
        known = _form(loc).model_fields
        hint = did_you_mean(str(loc[-1]), known)
        if loc[-1] in XForm.model_fields and "x" in known:
            hint = 'It is a setting of X: write it under the account\'s "x:".'
        return "G103", _place(root, loc, of_key=True), f"{name} is not a key of the config", hint
    if kind == "missing":
        return "G102", _place(root, loc[:-1], of_key=True), f"{name} is missing", _about(loc)
    if fault["loc"][-1] == "[key]":
        what = "a channel" if loc[0] == "alerts" else "an account"
        message = f"{name} is no name for {what}"
        hint = "Use a to z, 0 to 9 and single hyphens, such as our-name-x."
        return "G102", _place(root, loc, of_key=True), message, hint
    if kind == "model_type":
        hint = "Write each key on an indented line below it, or all as {key: value}."
        return "G102", _place(root, loc), f"{name} {_WORDS[kind]}", hint
    if kind == "dict_type":
        words = _BY_NAME.get(str(loc[-1]), "must hold names and their values")
        return "G102", _place(root, loc), f"{name} {words}", ""
    words = _WORDS.get(kind) or fault["msg"].removeprefix("Input should ")
    if kind == "literal_error":
        words = f"must be {fault['ctx']['expected']}"
    return "G102", _place(root, loc), f"{name} {words}", ""


def _is_misspelled(fault: Any, faults: Sequence[Any]) -> bool:
    """Return whether a key is missing only because it stands there under an unknown name."""
    return fault["type"] == "missing" and any(
        other["loc"][:-1] == fault["loc"][:-1]
        and get_close_matches(str(other["loc"][-1]), _form(other["loc"]).model_fields, n=1)
        == [fault["loc"][-1]]
        for other in faults
        if other["type"] == "extra_forbidden"
    )


def _about(loc: Loc) -> str:
    field = _form(loc).model_fields.get(str(loc[-1]))
    return (field.description or "") if field else ""


def _without_key(loc: Loc) -> Loc:
    """Take away the step by which pydantic says that it means the key, not the value."""
    return loc[:-1] if loc[-1:] == ("[key]",) else loc


def _name(loc: Loc) -> str:
    return ".".join(map(str, loc)) or "The config"


def _place(root: Fields, loc: Loc, *, of_key: bool = False) -> tuple[int, int]:
    """Find where a value stands, or its key; as near to it as the file goes."""
    node: Any = root
    place = root.place
    for step in loc:
        if isinstance(node, Text):  # one text where there may be a list of them
            break
        try:
            key = node.key_place(str(step)) if isinstance(node, Fields) else place
            node = node[step]
        except (KeyError, IndexError, TypeError):
            break
        place = key if of_key else node.place
    return place

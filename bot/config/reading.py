"""From the bytes of a config file to its form, or to problems with their places.

Every message names the place. None repeats a value, because a value in the wrong place may be a
secret.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationError

from bot.config.missing_extras import find_missing_extras
from bot.config.schema import AccountForm, AlertsForm, ConfigForm, LogForm, WebForm
from bot.config.secrets import (
    channel_secret_owner,
    environment_variable,
    is_secret_name,
    looks_like_key,
    looks_like_secret,
    passwords_in,
    redact_likely_secrets,
)
from bot.platforms import load_platform
from bot.platforms.options import PLATFORM_OPTIONS
from bot.schedules.account_times import quiet_span
from bot.yamlsource.forms import FormReader
from bot.yamlsource.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    parse,
    place_of,
    read_bytes,
)
from bot.yamlsource.problems import FormError, ProblemList, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from bot.errors import Problem
    from bot.yamlsource.forms import Loc
    from bot.yamlsource.problems import Place

_VALUE_FREE_MESSAGES = {
    "Y108": ("Anchors, aliases and merge keys are not read.", "Write the value out, in quotes."),
    "Y109": ("Tags are not read.", "Write the value without it, in quotes."),
    "Y117": ("YAML takes the text from here on for a comment.", "Put a value with # in quotes."),
    "Y113": ("The file is empty.", "`groundswell init` in an empty folder shows a complete one."),
}
"""Messages that replace the YAML reader's own, which quote the file."""


def read(
    path: Path, database: str = "", *, without_extras: bool = False
) -> tuple[ConfigForm | None, list[Problem]]:
    """Read a config file. The form is None if problems leave none.

    ``database`` is an address that overrides the file's. Extras that are not installed are problems
    unless the config is read ``without_extras``.
    """
    problems = ProblemList(str(path))
    data = read_bytes(path, problems)
    parsed = None if data is None else parse(data, problems)
    root = parsed[0] or ScalarNode() if parsed else None
    form = None if root is None else _validate(root, problems)
    safe = []
    for problem in problems.problems:  # the YAML reader may have quoted a value
        message, hint = _VALUE_FREE_MESSAGES.get(problem.code, (problem.message, problem.hint))
        if problem.code == "Y107" and "://" in message:  # a channel named by its address
            message = "A key stands here twice."
        message, hint = redact_likely_secrets(message), redact_likely_secrets(hint)
        safe.append(replace(problem, message=message, hint=hint))
    # The hints of these have paths, in which nothing is to be hidden.
    if root is not None and form and not without_extras:
        safe += find_missing_extras(str(path), root, form, database)
    return form, sorted(safe)


def _validate(root: Node, problems: ProblemList) -> ConfigForm | None:
    if not isinstance(root, MappingNode):
        place = getattr(root, "place", (1, 1)) if root else (1, 1)
        problems.add("G102", place, "The config must hold keys, such as accounts:")
        return None
    secrets = set()
    for loc, place, message, hint in _find_secrets(root):
        problems.add("G110", place, message, hint)
        secrets.add(loc)
    try:
        form = ConfigForm.model_validate(root)
    except ValidationError as error:
        _ConfigFormReader(ConfigForm).note_errors(
            error,
            root,
            problems,
            skip=lambda loc: any(loc[: end + 1] in secrets for end in range(len(loc))),
        )
        return None
    _check_accounts(root, form, problems)
    return form


def _check_accounts(root: MappingNode, form: ConfigForm, problems: ProblemList) -> None:
    """Refuse accounts, and keys of an account, that do not go together."""
    first_names: dict[tuple[str, str], str] = {}
    any_day = date(2001, 1, 1)
    for name, account in form.accounts.items():
        first = first_names.setdefault((account.platform, account.handle.lower()), name)
        if first != name:
            message = f"accounts.{name} is the same account as accounts.{first}"
            hint = "Keep one of them; under two names it would publish everything twice."
            problems.add("G104", place_of(root, "accounts", name, of_key=True), message, hint)
        _check_platform(root, name, account, problems)
        for index, line in enumerate(account.slots):
            instants = (datetime.combine(any_day, slot.at, UTC) for slot in line)
            if any(quiet_span(account.quiet, "UTC", instant) for instant in instants):
                loc = ("accounts", name, "slots", index)
                message = f"{_dotted_name(loc)} is in the account's quiet hours"
                hint = "Move the slot, or change quiet:."
                problems.add("G105", place_of(root, *loc), message, hint)


def _check_platform(
    root: MappingNode, name: str, account: AccountForm, problems: ProblemList
) -> None:
    """Refuse settings of another platform, and a handle that does not name its API."""
    for other in PLATFORM_OPTIONS:
        if other != account.platform and getattr(account, other):
            message = f"accounts.{name}.{other} is for accounts on {other.capitalize()}"
            hint = f"Take the key out, because this one is on {account.platform.capitalize()}."
            place = place_of(root, "accounts", name, other, of_key=True)
            problems.add("G103", place, message, hint)
    if account.api is None:
        try:
            load_platform(account.platform).api_of(account.handle)
        except ValueError as error:
            message = f"accounts.{name}.handle does not name the account's server"
            problems.add("G102", place_of(root, "accounts", name, "handle"), message, str(error))


# --- Secrets --------------------------------------------------------------------------------------

_PATHS = frozenset({"campaigns", "database", "reports"})
_CHOSEN_NAMES: frozenset[Loc] = frozenset({("accounts",), ("alerts", "channels")})
"""The keys below these are names that somebody has chosen."""


def _find_secrets(root: MappingNode) -> Iterator[tuple[Loc, Place, str, str]]:
    """Yield the path, place, message and hint of each value that is or may be a secret."""
    for loc, value in _walk_values(root, ()):
        key = str(loc[-1])
        name, key_place = _dotted_name(loc), place_of(root, *loc, of_key=True)
        text = value if isinstance(value, ScalarNode) else ScalarNode()
        if loc[0] == "alerts" and any("://" in str(step) for step in loc):
            if "://" in key:  # the names of all values below have it
                channel = _dotted_name(loc[:-1])
                message = f"{channel} names a channel by its address, which is a secret"
                yield loc, key_place, message, _secret_hint(loc[:-1])
        elif is_secret_name(key) and value and loc[:-1] not in _CHOSEN_NAMES:
            yield loc, key_place, f"{name} is a secret", _secret_hint(loc)
        elif loc == ("database",) and passwords_in(text):
            hint = "Set the variable GROUNDSWELL_DATABASE to this URL, and take it out of the file."
            yield loc, value.place, "database contains a password", hint
        elif loc[0] == "alerts" and "://" in text:
            message = f"{name} holds an address, which is a secret"
            yield loc, value.place, message, _secret_hint(loc)
        else:
            # In a path, commit hashes and the like are not secrets.
            in_path = loc[0] in _PATHS or loc[-1] == "handle"
            likely = looks_like_key(text) if in_path else looks_like_secret(text)
            if likely or looks_like_key(key):
                place = key_place if looks_like_key(key) else value.place
                yield loc, place, f"{name} looks like a secret", _secret_hint(loc)


def _walk_values(node: Node, loc: Loc) -> Iterator[tuple[Loc, Node]]:
    """Yield every value with its path in the tree."""
    pairs: Any = node.items() if isinstance(node, MappingNode) else ()
    pairs = enumerate(node) if isinstance(node, SequenceNode) else pairs
    for key, value in pairs:
        here = (*loc, key if isinstance(key, int) else str(key))
        yield here, value
        yield from _walk_values(value, here)


def _secret_hint(loc: Loc) -> str:
    hint = "No secret belongs in this file. Take it out, and replace it on the platform if anyone "
    hint += "else may have read the file."
    section, name, key = (*map(str, loc), "", "", "")[:3]
    if section == "alerts" and key:
        variable = environment_variable(channel_secret_owner(key), "url")
        hint += f" Its place is the variable {variable}, or the keyring: "
        hint += f"`groundswell alerts login {key}`."
    if section == "accounts" and is_secret_name(key):
        hint += f" Its place is the variable {environment_variable(name, key)}, or the keyring: "
        hint += f"`groundswell accounts login {name}`."
    return hint


# --- Other errors ---------------------------------------------------------------------------------

_ERROR_MESSAGES = {
    "string_type": "must be a text",
    "model_type": "must hold keys of its own",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "tuple_type": "must be one text, or a list of them",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "too_short": "must name at least one account",
    "too_long": "has too many entries",
    "string_pattern_mismatch": "must be a name as on the platform, such as @mediajustice",
}
_MAPPING_MESSAGES = {
    "accounts": 'must hold your accounts by name, as "our-x: {platform: x, handle: our_name}"',
    "channels": 'must hold your channels by name, as "team: [failed, person]"',
}
_FORMS: dict[str, type[BaseModel]] = {
    "accounts": AccountForm,
    "log": LogForm,
    "alerts": AlertsForm,
    "web": WebForm,
}


class _ConfigFormReader(FormReader):
    missing_at_key: ClassVar[bool] = True

    def form_at(self, loc: Loc) -> type[BaseModel]:
        """Return the form of the mapping in which ``loc`` ends."""
        if loc[3:] and loc[2] in PLATFORM_OPTIONS:  # accounts, its name, x, a key
            return PLATFORM_OPTIONS[str(loc[2])]
        return _FORMS[str(loc[0])] if len(loc) > 1 else ConfigForm

    def explain_unknown(self, loc: Loc, known: Collection[str]) -> FormError:
        """Explain an unknown key by the one that is meant."""
        hint = did_you_mean(str(loc[-1]), known)
        for name, form in PLATFORM_OPTIONS.items():
            if loc[-1] in form.model_fields and name in known:
                hint = f"Write this setting of {name.capitalize()} under the account's `{name}:`."
        return FormError("G103", f"{_dotted_name(loc)} is not a key of the config", hint)

    def explain_missing(self, loc: Loc, description: str) -> FormError:
        """Explain a missing key by its meaning."""
        return FormError("G102", f"{_dotted_name(loc)} is missing", description)

    def explain(self, error: ErrorDetails, node: Node) -> FormError:
        """Explain any other error, without the value."""
        loc, kind, hint = error["loc"], error["type"], ""
        if loc[-1] == "[key]":  # for pydantic, the key is wrong and not the value
            loc = loc[:-1]
            what = "a channel" if loc[0] == "alerts" else "an account"
            message = f"{_dotted_name(loc)} is not a name for {what}"
            hint = "Use a to z, 0 to 9 and single hyphens, such as our-name-x."
            return FormError("G102", message, hint, place_of(node, *loc, of_key=True))
        words = _ERROR_MESSAGES.get(kind, "").format_map(error.get("ctx", {}))
        words = words or error["msg"].removeprefix("Input should ")
        words = words.removeprefix("Value error, ")
        if kind == "model_type":
            hint = "Write each key on an indented line below it, or all of them within { }."
        elif kind == "dict_type":
            words = _MAPPING_MESSAGES.get(str(loc[-1]), "must hold names and their values")
        elif kind == "literal_error":
            words = f"must be {error['ctx']['expected']}"
        return FormError("G102", f"{_dotted_name(loc)} {words}", hint)


def _dotted_name(loc: Loc) -> str:
    return ".".join(map(str, loc)) or "The config"

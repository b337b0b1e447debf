"""Units of systemd for the loop, the control room and the share page, filled in for a machine.

The files are in ``bot/runtime/units``. systemd splits some values into words, and expands ``%`` in
all of them and ``$`` in commands
(https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html).
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import FILE_NAME
from bot.errors import Problem, UserError
from bot.text import escape_hidden, quote_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.config import Config

USER = "groundswell"
"""The user of the loop, if the campaign's folder is root's."""

WEB_USER = "groundswell-web"
"""The user of the control room, who is to be another one, without secrets."""

ENVIRONMENT = Path("/etc/groundswell.env")
"""The file with the secrets of the loop."""

SHARE_PAGES = Path("/srv/share")
"""The folder of the share pages."""

_FOLDER = Path(__file__).parents[1] / "runtime" / "units"
_HOMES = ("/home", "/root", "/run/user")
"""The folders that ``ProtectHome`` is about."""
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - nothing is written there
"""The folders of which ``PrivateTmp`` gives a service its own."""
_PLAIN = re.compile(r"[\w/.,:@+=-]+", re.ASCII)
"""A word that systemd takes as it is."""


@dataclass(frozen=True, slots=True)
class UnitChoices:
    """The values that a person has chosen. The others are guessed."""

    command: tuple[str, ...]
    """The words that start this program, the first with its whole path."""
    user: str | None = None
    """The user as whom it runs."""
    group: str | None = None
    """The group of the control room."""
    environment: Path | None = None
    """The file with variables of the environment."""
    pages: Path | None = None
    """The folder that ``share build`` wrote."""
    command_chosen: bool = False
    """Whether a person has chosen the command too."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, as systemd reads it."""

    text: str
    guesses: tuple[str, ...]
    """A line for each value that was guessed, with the option that names another."""
    warnings: tuple[str, ...] = ()
    """A line for each place that the service cannot reach."""


def run_unit(config: Config, choices: UnitChoices) -> Unit:
    """Return the unit of the loop. Raise UserError for a value that a unit cannot have."""
    folder, writable = _folders(config)
    guesses = _guessed_places(config, choices)
    owner = _owner(config.path)
    user, why = owner, f"the owner of {config.path.name}"
    if owner == "root":
        user, why = USER, f"{config.path.name} belongs to root, as whom it should not run"
    if choices.user is None:
        guesses.append(f"User={user}: {why}. --user names another.")
    if choices.environment is None:
        guesses.append(
            f"EnvironmentFile={ENVIRONMENT}: it may be missing. --env-file names another."
        )
    values = {
        "user": _name(user if choices.user is None else choices.user),
        "folder": take_line(folder),
        "writable": quote(writable),
        "environment": _environment(choices.environment or ENVIRONMENT),
    }
    warnings = _unreachable(config, choices, values["user"])
    return _fill("groundswell", _command(config, choices) | values, guesses, warnings)


def web_unit(config: Config, choices: UnitChoices) -> Unit:
    """Return the unit of the control room. Raise UserError for a value that a unit cannot have."""
    folder, writable = _folders(config)
    guesses, group = _guessed_places(config, choices), choices.group
    if choices.user is None:
        guesses.append(f"User={WEB_USER}: another user than the loop's. --user names another.")
    if group is None:
        group, why = _group(Path(writable)), f"the group of {writable}"
        if group == "root":
            group, why = USER, f"{writable} belongs to root"
        guesses.append(f"Group={group}: {why}. --group names another.")
    file, on_server = choices.environment, not config.database.startswith("sqlite")
    if on_server:
        guesses.append("IPAddressAllow=localhost: add the address of a PostgreSQL elsewhere.")
    elif writable == folder:
        guesses.append(
            f"ReadWritePaths={folder}: the control room could change the campaign files. Give the "
            "database a folder of its own."
        )
    values = {
        "user": _name(WEB_USER if choices.user is None else choices.user),
        "group": _name(group, "--group"),
        "folder": take_line(folder),
        "writable": "" if on_server else quote(writable),
        "environment": f"EnvironmentFile={_environment(file)}\n" if file else "",
        "secrets": quote(ENVIRONMENT),
        "home": _protect_home(folder, writable, choices.command[0]),
    }
    warnings = _unreachable(config, choices, values["user"], group)
    return _fill("groundswell-web", _command(config, choices) | values, guesses, warnings)


def share_unit(choices: UnitChoices) -> Unit:
    """Return the unit of the share page. Raise UserError for a value that a unit cannot have."""
    pages = _absolute(choices.pages or SHARE_PAGES)
    guesses = _guessed_command(choices)
    if choices.pages is None:
        guesses.append(f"{pages}: the folder with the pages. --pages names another.")
    values = {
        "command": _command_line(choices.command, pages),
        "pages": quote(pages),
        "home": _protect_home(pages, choices.command[0]),
    }
    return _fill("groundswell-share", values, guesses, find_hidden([pages]))


def _fill(
    name: str, values: Mapping[str, str], guesses: Sequence[str], warnings: Sequence[str] = ()
) -> Unit:
    template = (_FOLDER / f"{name}.service").read_text(encoding="utf-8")
    return Unit(template.format_map(values), tuple(guesses), tuple(warnings))


# --- The values -----------------------------------------------------------------------------------


def _command(config: Config, choices: UnitChoices) -> dict[str, str]:
    name = config.path.name
    named = "" if name == FILE_NAME else name
    line = _command_line(choices.command, named)
    return {"command": line, "config": f" --config {quote(named)}" if named else ""}


def _command_line(command: Sequence[str], argument: str = "") -> str:
    """Return a command. If ``:`` comes first, systemd takes each ``$`` in the line as it is."""
    if re.search(r"[\\\"']", command[0]):
        message = "systemd starts no program with such a path."
        hint = "Install it at a path without quotes and without \\."
        raise UserError([Problem(command[0], 0, 0, "V101", message, hint)])
    line = " ".join(map(quote, command))
    return f":{line}" if "$" in line + argument else line


def _guessed_places(config: Config, choices: UnitChoices) -> list[str]:
    folder, _ = _folders(config)
    found = f"WorkingDirectory={folder}: the folder of {config.path.name}. --config names another."
    return [*_guessed_command(choices), found]


def _guessed_command(choices: UnitChoices) -> list[str]:
    line = f"ExecStart={' '.join(choices.command)}: this command. --command names another."
    return [] if choices.command_chosen else [line]


def _folders(config: Config) -> tuple[str, str]:
    """Return the campaign's folder, and the one that has the database file."""
    folder = _absolute(config.path.parent)
    scheme, _, name = config.database.partition(":///")
    return folder, _absolute(Path(name).parent) if scheme == "sqlite" else folder


def _absolute(path: Path) -> str:
    """Return a path from the root. Symbolic links stay, because their target may change."""
    return os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow the links


def _environment(file: Path) -> str:
    """Return the path of a file with variables, in which systemd would take ``*`` for any name."""
    return take_line(re.sub(r"([*?\[\\])", r"\\\1", _absolute(file)))


def _protect_home(*paths: str) -> str:
    """Return how much of the homes is hidden, if these paths must be seen."""
    below = any(Path(path).is_relative_to(home) for path in paths for home in _HOMES)
    return "read-only" if below else "yes"


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # a user without a name
        return str(path.stat().st_uid)


def _group(path: Path) -> str:
    try:
        return path.group()
    except (KeyError, OSError):  # a group without a name, or a folder that is still to be made
        return USER


# --- Whether the user gets there ------------------------------------------------------------------


def _unreachable(
    config: Config, choices: UnitChoices, user: str, group: str | None = None
) -> list[str]:
    """Return what keeps the service from its program, its config and its database."""
    program = [] if choices.command_chosen else [sys.executable]
    _, writable = _folders(config)
    paths = [*program, choices.command[0], str(config.path), f"{writable}/database"]
    return find_hidden(paths) + find_closed(user, group, paths)


def find_hidden(paths: Sequence[str]) -> list[str]:
    """Return a line for each path that ``PrivateTmp`` hides."""
    return [
        f"{path}: a service has {folder} of its own, and does not see this."
        for path in paths
        for folder in TEMPORARY
        if Path(path).is_relative_to(folder)
    ]


def find_closed(user: str, group: str | None, paths: Sequence[str]) -> list[str]:
    """Return a line for each folder on the way to these paths that the user may not enter."""
    folders = {folder for path in paths for folder in Path(path).resolve().parents}
    closed = [folder for folder in sorted(folders) if not _may_enter(folder, user, group)]
    return [
        f"{folder}: {user} may not enter this folder, and the service needs it."
        for folder in closed
    ]


def _may_enter(folder: Path, user: str, group: str | None) -> bool:
    try:
        state, known = folder.stat(), pwd.getpwnam(user)
        named = grp.getgrnam(group).gr_gid if group else known.pw_gid
    except (OSError, KeyError):  # a folder, a user or a group that is still to be made
        return True
    if state.st_uid == known.pw_uid:
        return bool(state.st_mode & stat.S_IXUSR)
    if state.st_gid in {named, *os.getgrouplist(user, known.pw_gid)}:
        return bool(state.st_mode & stat.S_IXGRP)
    return bool(state.st_mode & stat.S_IXOTH)


# --- systemd's syntax -----------------------------------------------------------------------------


def quote(value: str | Path) -> str:
    """Return a value as one word. Raise UserError if a unit cannot have it."""
    text = _expressible(str(value)).replace("%", "%%")
    if _PLAIN.fullmatch(text.replace("%", "")):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def take_line(value: str) -> str:
    """Return a value that takes a whole line. Raise UserError if a unit cannot have it."""
    text = _expressible(value)
    if text != text.strip() or text.endswith("\\"):
        raise _inexpressible(text)
    return text.replace("%", "%%")


def _name(name: str, option: str = "--user") -> str:
    """Return the name of a user or a group. Raise UserError, at its option, if it is not one."""
    if not re.fullmatch(r"[\w.][\w.-]*\$?", name, re.ASCII):
        message = f"{quote_value(name)} is not the name of a user or a group."
        raise UserError([Problem(option, 0, 0, "V102", message, "Type its name on this machine.")])
    return name


def _expressible(text: str) -> str:
    if not text.isprintable():  # a line end, or bytes that are not UTF-8
        raise _inexpressible(text)
    return text


def _inexpressible(text: str) -> UserError:
    message = "A unit of systemd cannot have this path."
    hint = "Rename it, without line ends and without spaces or \\ at its end."
    return UserError([Problem(escape_hidden(text), 0, 0, "V101", message, hint)])

"""Read and store secrets in the environment, the keyring, or a private file.

A variable of the environment takes precedence over the operating system's keyring, and the keyring
over the file. New secrets go into the keyring. Only a machine without a keyring has the file, which
is read only if it is its owner's alone, and outside of every campaign's folder and repository.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import files
from bot.config.secrets import Secrets, environment_variable
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

KEYRING_SERVICE = "groundswell"
"""The keyring's service for our secrets; its user is ``<account>/<secret>``."""

FOLDER_VARIABLE = "XDG_CONFIG_HOME"
_MAX_FILE_BYTES = 1024 * 1024
_LOCK_SECONDS = 10.0
_LOG_IN_AGAIN = "Remove it, and log in again."


# --- Reading --------------------------------------------------------------------------------------


def load_secrets(account: str, names: Sequence[str], environ: Mapping[str, str]) -> Secrets:
    """Return an account's secrets, each from the first place that has it.

    Raise UserError with every one that is missing or malformed.
    """
    return check_secrets(account, {name: look_up(account, name, environ)[0] for name in names})


def check_secrets(account: str, values: Mapping[str, str | None]) -> Secrets:
    """Return the secrets. Raise UserError with every one that is missing or malformed."""
    problems = []
    for name, value in values.items():
        variable = environment_variable(account, name)
        login = f"run `groundswell accounts login {account}`"
        if not value:
            message, hint = f"there is no {name} for this account.", f"Set {variable}, or {login}."
            problems.append(Problem(account, 0, 0, "G201", message, hint))
        elif not (value.isascii() and value.isprintable() and " " not in value):
            message = f"the {name} contains a space or an odd character, so it was not copied "
            message += "completely."
            hint = f"Set {variable} again, or {login}."
            problems.append(Problem(account, 0, 0, "G202", message, hint))
    if problems:
        raise UserError(problems)
    return Secrets({name: value for name, value in values.items() if value})


def look_up(account: str, name: str, environ: Mapping[str, str]) -> tuple[str | None, str]:
    """Return a secret and its place, as ``environment``, ``keyring``, ``file`` or ``missing``.

    Raise UserError if it may be in a file that must not be used.
    """
    if value := environ.get(environment_variable(account, name), "").strip():
        return value, "environment"
    if value := _in_keyring(account, name):
        return value, "keyring"
    path = file_path(environ)
    value = _read(path).get(account, {}).get(name, "").strip() if path else ""
    return value or None, "file" if value else "missing"


def look_up_stored(
    account: str, names: Iterable[str], environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the secrets that are in the keyring or the file. Raise UserError as ``look_up``."""
    variables = {environment_variable(account, name) for name in names}
    without = {name: value for name, value in environ.items() if name not in variables}
    found = {name: look_up(account, name, without)[0] for name in names}
    return {name: value for name, value in found.items() if value}


# --- Storing and removing -------------------------------------------------------------------------


def require_place(account: str, names: Iterable[str], environ: Mapping[str, str]) -> None:
    """Raise UserError if secrets cannot be stored, before anyone types or makes them."""
    if has_keyring():
        return
    path = file_path(environ)
    if path is None:
        variables = ", ".join(environment_variable(account, name) for name in names)
        message = "this machine has neither a keyring that can be used nor a home folder."
        hint = f"Set {variables} in the environment instead; for a service, in a file that only "
        hint += "its user can read."
        raise UserError([Problem(account, 0, 0, "G203", message, hint)])
    require_own_place(path)
    _read(path)


def store_secrets(account: str, secrets: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """Store an account's secrets, and return the place. Raise UserError if that fails.

    Secrets under other names stay.
    """
    require_place(account, secrets, environ)
    path = file_path(environ)
    if not has_keyring():
        assert path, "a place is required"
        _change_file(path, account, secrets)
        return str(path)
    import keyring

    try:
        for name, value in secrets.items():
            keyring.set_password(KEYRING_SERVICE, f"{account}/{name}", value)
    except Exception as error:  # keyrings raise what the system behind them does
        raise UserError([_refused_by_keyring(account, error)]) from error
    if path:  # from the time when the machine had no keyring
        _forget_in_file(path, account, secrets)
    return "the keyring"


def remove_secrets(account: str, names: Iterable[str], environ: Mapping[str, str]) -> None:
    """Remove an account's secrets from the keyring and the file. Raise UserError."""
    import keyring
    from keyring.errors import KeyringError

    for name in names:
        if _in_keyring(account, name):
            try:
                keyring.delete_password(KEYRING_SERVICE, f"{account}/{name}")
            except KeyringError as error:
                raise UserError([_refused_by_keyring(account, error)]) from error
    if path := file_path(environ):
        _forget_in_file(path, account, names)


# --- The keyring ----------------------------------------------------------------------------------


def has_keyring() -> bool:
    """Return whether there is a keyring that can store secrets."""
    import keyring

    # keyring's fallbacks have priority 0 (always fails) and -1 (stores nothing).
    return getattr(keyring.get_keyring(), "priority", 0) > 0


def _in_keyring(account: str, name: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    with suppress(KeyringError):  # there is no keyring
        return (keyring.get_password(KEYRING_SERVICE, f"{account}/{name}") or "").strip()
    return ""


def _refused_by_keyring(account: str, error: Exception) -> Problem:
    message = f"this machine's keyring refuses it ({type(error).__name__})."
    return Problem(account, 0, 0, "G203", message, "Unlock it, and run the command again.")


# --- The file -------------------------------------------------------------------------------------


def file_path(environ: Mapping[str, str]) -> Path | None:
    """Return the path of the file, or None if the environment names no folder for it."""
    folder, home = environ.get(FOLDER_VARIABLE, ""), environ.get("HOME", "")
    base = Path(folder) if folder.startswith("/") else Path(home, ".config") if home else None
    return base / "groundswell" / "secrets.json" if base else None


def _read(path: Path) -> dict[str, dict[str, str]]:
    """Return the secrets in the file by account and name; none without a file.

    Raise UserError if the file must not be used.
    """
    try:
        with files.open_below(path.parent, path.name) as (file, state):
            _require_private(path, state)
            text = file.read(_MAX_FILE_BYTES)
    except FileNotFoundError:
        return {}
    except files.WrongFileError as error:
        raise refused(path, f"is {error.what}", _LOG_IN_AGAIN) from error
    except OSError as error:
        hint = "Make sure that you can read it."
        raise refused(path, f"cannot be read: {error.strerror}", hint) from error
    require_own_place(path)
    try:
        document: Any = json.loads(text)
        return {
            account: {name: str(value) for name, value in secrets.items()}
            for account, secrets in document.items()
        }
    except (ValueError, AttributeError, RecursionError):  # its message would quote the file
        raise refused(path, "is damaged", _LOG_IN_AGAIN) from None


def _require_private(path: Path, state: os.stat_result) -> None:
    mode = stat.S_IMODE(state.st_mode)
    if state.st_uid != os.geteuid():
        raise refused(path, "belongs to another user", _LOG_IN_AGAIN)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        hint = f"Run `chmod 600 {path}`. If others may have read it, log out and in again."
        raise refused(path, f"can be used by others (its mode is {mode:o})", hint)


def require_own_place(path: Path, variable: str = FOLDER_VARIABLE) -> None:
    """Raise UserError in a campaign's folder or a repository, whose files are passed on.

    ``variable`` is the variable of the environment that names the folder of the secrets.
    """
    for folder in path.resolve().parents:
        kind = "a campaign" if _has_config(folder) else "a repository"
        if kind == "a campaign" or (folder / ".git").exists():
            hint = f"Set {variable} to a folder outside of it. If the file was passed on "
            hint += "with it, log out and in again."
            raise refused(path, f"would be part of {kind}, {folder}", hint)


def _has_config(folder: Path) -> bool:
    """Return whether a folder has a config of ours, as other programs use the name, too."""
    with suppress(OSError), (folder / "config.yaml").open("rb") as file:
        return b"accounts" in file.read(_MAX_FILE_BYTES)
    return False


def refused(path: Path, why: str, hint: str) -> UserError:
    """Return the error that a file must not be used for secrets."""
    message = f"The file for secrets {why}, and is not used."
    return UserError([Problem(str(path), 0, 0, "G204", message, hint)])


def _forget_in_file(path: Path, account: str, names: Iterable[str]) -> None:
    if _read(path).get(account, {}).keys() & {*names}:
        _change_file(path, account, dict.fromkeys(names))


def _change_file(path: Path, account: str, changes: Mapping[str, str | None]) -> None:
    """Write the file with these secrets of an account, without those that are None."""
    from filelock import FileLock

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=_LOCK_SECONDS, mode=files.PRIVATE_MODE):
            stored: dict[str, Any] = _read(path)
            secrets = stored.pop(account, {}) | changes
            if kept := {name: value for name, value in secrets.items() if value}:
                stored[account] = kept
            files.write_atomically(path, json.dumps(stored, indent=2, sort_keys=True) + "\n")
    except OSError as error:  # also that of the lock
        why = error.strerror or "another command holds its lock"
        hint = "Make sure that you can write there."
        raise refused(path, f"cannot be written: {why}", hint) from error

"""Variables of the environment whose values are files of a folder.

Containers and systemd hand secrets to a program as files, which no child inherits and no list of
processes shows (https://systemd.io/CREDENTIALS/). A file is named as its variable, and stands for
it. A variable that is set itself takes precedence.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from bot import files
from bot.config.secret_store import refused, require_own_place
from bot.config.secrets import CREDENTIALS_VARIABLE, SECRETS_VARIABLE
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"GROUNDSWELL_[A-Z0-9_]{1,200}")
_NEVER = {SECRETS_VARIABLE, "GROUNDSWELL_CONFIG"}
"""These name files, and are no secrets."""
_MAX_BYTES = 64 * 1024
_HINT = "Correct that, or unset the variable that names the folder."


def read_secret_files(environ: Mapping[str, str], only: str = "") -> dict[str, str]:
    """Return the variables that are files, except those that are set; or ``only`` one of them.

    The folder is the one that GROUNDSWELL_SECRETS names, or systemd's own. Other files in it are
    other programs'. Raise UserError with every file that must not be used.
    """
    folder = environ.get(SECRETS_VARIABLE, "").strip() or environ.get(CREDENTIALS_VARIABLE, "")
    if not folder:
        return {}
    try:
        names = sorted(path.name for path in Path(folder).iterdir())
    except OSError as error:
        if SECRETS_VARIABLE not in environ:  # systemd has none for us
            return {}
        message = f"{SECRETS_VARIABLE} names this folder, which cannot be read: {error.strerror}."
        hint = "Correct the variable, or unset it."
        raise UserError([Problem(folder, 0, 0, "G204", message, hint)]) from error
    wanted = [name for name in names if _NAME.fullmatch(name) and name not in _NEVER]
    wanted = [name for name in wanted if only in {"", name}]
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for name in wanted:
        try:
            found[name] = _read(Path(folder, name))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    return {name: value for name, value in found.items() if not environ.get(name, "").strip()}


def _read(path: Path) -> str:
    """Return the text of a file, whose last line end is an editor's. Raise UserError."""
    try:
        real = Path(os.path.realpath(path, strict=True))  # Kubernetes has links
        require_own_place(real, SECRETS_VARIABLE)
        with files.open_found(real) as (file, state):
            if state.st_mode & stat.S_IWOTH:
                raise refused(path, "can be changed by every user of this machine", _HINT)
            data = file.read(_MAX_BYTES + 1)
        text = data.decode()
    except files.WrongFileError as error:
        raise refused(path, f"is {error.what}", _HINT) from error
    except OSError as error:
        raise refused(path, f"cannot be read: {error.strerror}", _HINT) from error
    except UnicodeDecodeError:  # its message would quote the file
        raise refused(path, "is not a text in UTF-8", _HINT) from None
    if len(data) > _MAX_BYTES or "\0" in text:
        raise refused(path, "is not a secret, but something longer or binary", _HINT)
    return text.removesuffix("\n").removesuffix("\r")

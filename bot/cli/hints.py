"""Commands that messages name, with the config that they must be run on.

Whoever works with ``--config rehearsal.yaml`` and follows a hint must not start the live config:
so every hint passes ``with_config``. What a post says never does: its words stay as they are.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GROUPS = {
    "accounts": ("check", "list", "login"),
    "alerts": ("digest", "login", "test"),
    "inbox": ("settle",),
    "queue": ("add", "drop", "list", "show"),
}
"""Commands that have commands of their own."""

SINGLE = (
    *("backup", "check", "export", "import", "log", "pause", "plan", "report", "resume", "review"),
    *("run", "share-texts", "status", "thin", "workers"),
)
"""The other commands that take ``--config``."""

_NAMES = [*(rf"{name}(?: (?:{'|'.join(inner)}))?" for name, inner in GROUPS.items()), *SINGLE]
COMMAND = re.compile(rf"\bgroundswell (?:{'|'.join(_NAMES)})(?![\w-])")


@dataclass
class _Used:
    """The option that names the config of this process, whichever of its threads writes."""

    option: str = ""


_used = _Used()


def use(config: Path | None) -> None:
    """Let hints name this config, unless it is the one that is used where none is named."""
    from bot.config import is_default

    named = config is not None and not is_default(config)
    _used.option = f" --config {shlex.quote(str(config))}" if named else ""


def with_config(text: str) -> str:
    """Return a message of ours, each command in it with the config that is used."""
    return COMMAND.sub(lambda found: found[0] + _used.option, text) if _used.option else text

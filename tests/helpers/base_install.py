"""A base install, which has no extra, as a command to start.

``GROUNDSWELL_BASE`` may name the command of a real one. Otherwise it is this checkout, in a process
that cannot find any package but those that a base install has. Run as a program, this module is
that process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
HIDDEN = "HIDDEN_MODULES"
"""The variable with the modules that the process must not find."""
INSTALLED = os.environ.get("GROUNDSWELL_BASE", "")
"""The command of a real base install, or ""."""


def base_command() -> list[str]:
    """Return the beginning of a command line."""
    return [INSTALLED] if INSTALLED else [sys.executable, __file__]


def base_environment(home: Path) -> dict[str, str]:
    """Return a bare environment for the command."""
    hidden = {} if INSTALLED else {"PYTHONPATH": str(ROOT), HIDDEN: " ".join(hidden_modules())}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        **hidden,
    }


def run_base(
    *args: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command line of a base install."""
    return subprocess.run(
        [*base_command(), *map(str, args)],
        cwd=cwd,
        env={**base_environment(cwd), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


@cache
def hidden_modules() -> list[str]:
    """Return the modules here that a base install lacks, as the lock and ``pyproject.toml`` say."""
    from distribution.runtime import runtime_in
    from packaging.utils import canonicalize_name

    runtime = runtime_in(ROOT)
    base = {pin.name for pin in runtime.pins} - runtime.extras.keys()
    base |= {"groundswell", "pip"}  # the latter is in every environment that venv makes
    return sorted(
        module
        for module, packages in packages_distributions().items()
        if not {*map(canonicalize_name, packages)} & base
    )


class _Finder(PathFinder):
    """Finds the modules of a base install only."""

    hidden: frozenset[str] = frozenset()

    @classmethod
    def find_spec(cls, fullname: str, *place: Any, **more: Any) -> Any:
        """Return None for a hidden module, as for one that does not exist."""
        if fullname.partition(".")[0] in cls.hidden:
            return None
        return super().find_spec(fullname, *place, **more)


if __name__ == "__main__":
    del sys.path[0]  # this folder, whose names are not those of any library
    _Finder.hidden = frozenset(os.environ[HIDDEN].split())
    sys.meta_path[sys.meta_path.index(PathFinder)] = _Finder
    from bot.__main__ import main

    main()

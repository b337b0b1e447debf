"""Which tries there are, and the Pythons of this machine."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from itertools import product
from pathlib import Path

WAYS = ("pip", "uv", "pipx")
PYTHONS = ("3.11", "3.12", "3.13")
"""The Pythons that the wheel's metadata names."""


@dataclass(frozen=True)
class Try:
    """One try: how Groundswell is installed, on which Python, in which versions."""

    way: str
    """`pip`, `uv` or `pipx`."""
    python: str
    """The Python, such as 3.11."""
    versions: str
    """`locked`, by the constraints of the release, or `lowest`, the floors of pyproject.toml."""
    extra: str = "all"
    """The extra that is installed, or "" for Groundswell alone."""


def find_pythons() -> dict[str, Path]:
    """Return the Pythons of this machine that can make environments, by version."""
    found = {}
    for version in PYTHONS:
        managed = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob(
            f"versions/{version}.*/bin/python{version}"
        )
        on_path = shutil.which(f"python{version}")
        for candidate in (*sorted(managed, key=_release_number, reverse=True), on_path):
            if candidate and _makes_environments(candidate, version):
                found[version] = Path(candidate)
                break
    return found


def _release_number(path: Path) -> int:
    return int(re.findall(r"\d+", path.parents[1].name)[-1])


def _makes_environments(python: str | Path, version: str) -> bool:
    code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    ran = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    return ran.stdout.strip() == version


def choose(pythons: list[str], *, quick: bool, everything: bool) -> list[Try]:
    """Return the tries on these Pythons, of which the first is the oldest.

    Of each question there is one try that answers it: every way on the oldest Python, every Python
    by pip, the floors on the oldest and the newest, and Groundswell without extras. ``quick`` is
    one try; ``everything`` is every combination.
    """
    oldest, newest = pythons[0], pythons[-1]
    if quick:
        return [Try("pip", oldest, "locked")]
    if everything:
        combinations = product(WAYS, pythons, ("locked", "lowest"))
        alone = [Try("pip", python, "locked", "") for python in pythons]
        return [Try(*combination) for combination in combinations] + alone
    return [
        *(Try("pip", python, "locked") for python in pythons),
        *(Try(way, oldest, "locked") for way in WAYS[1:]),
        *(Try("pip", python, "lowest") for python in dict.fromkeys((oldest, newest))),
        Try("pip", oldest, "locked", ""),
    ]

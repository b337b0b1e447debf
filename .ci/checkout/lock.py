"""Write the locks anew, to the newest versions: ``python -m checkout.lock``, with uv on the path.

Each set is resolved with the versions of those before it, and names only what they lack. So a
package stands in one lock, and what a user runs is decided before what a developer adds.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from checkout.install import LOCKS

ROOT = Path(__file__).resolve().parents[2]
_OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-strip-extras"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--quiet"),
)
_NAME = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==", re.MULTILINE)


def main() -> None:
    """Lock every set. Options for uv, as in ``--upgrade``, are those of the command line."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    earlier: list[str] = []
    for name, lock in LOCKS.items():
        print(f"locking {lock}", flush=True)
        # uv would read the groups itself only in a project that `uv sync` manages.
        wanted = "\n".join(groups["build" if name == "runtime" else name])
        command = _command(name, lock, earlier, sys.argv[1:])
        if subprocess.run(command, cwd=ROOT, input=wanted, text=True, check=False).returncode:
            sys.exit(f"uv could not lock the set {name}.")
        file = ROOT / lock
        pins = file.read_text(encoding="utf-8").partition("\n# The following packages were excl")[0]
        file.write_text(pins.rstrip() + "\n", encoding="utf-8")
        earlier.append(lock)


def _command(name: str, lock: str, earlier: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return the command that locks a set on top of the earlier locks."""
    command = ["uv", "pip", "compile", *_OPTIONS, *options, "--output-file", lock, "-"]
    if name == "runtime":
        return [*command, "pyproject.toml", "--all-extras"]
    for one in earlier:
        command += ["--constraints", one]
        for package in _NAME.findall((ROOT / one).read_text(encoding="utf-8")):
            command += ["--no-emit-package", package]
    return command


if __name__ == "__main__":
    main()

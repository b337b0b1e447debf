"""The packages of all tries, downloaded once for the same needs, and kept.

This is the only part that uses a network. Wheels only: what has none on a Python cannot be
installed there without a compiler.
"""

import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from trying.release import Release

TOOLS = ("uv", "pipx", "pip")
"""What people install with, in an environment of its own. pipx makes others by the pip here."""


@dataclass(frozen=True)
class Wheelhouse:
    """Downloaded packages for one Python and one set of versions."""

    wheels: Path
    """A folder of wheels, without Groundswell's own."""
    constraints: Path
    """The versions that have to be installed."""


def make_tools(folder: Path) -> Path:
    """Return the folder with the commands uv and pipx, which are installed once."""
    commands = folder / "tools" / "bin"
    if not (commands / "pipx").exists():
        shutil.rmtree(commands.parent, ignore_errors=True)
        _run([sys.executable, "-m", "venv", commands.parent])
        _run([*_pip(commands / "python", "install"), *TOOLS])
    return commands


def fill(
    folder: Path, release: Release, python: Path, version: str, versions: str, commands: Path
) -> Wheelhouse:
    """Return the packages for a Python, downloaded unless they are there from an earlier run."""
    kind = f"{version}-{versions}"
    house = folder / f"{release.needs[:16]}-{kind}"
    made = Wheelhouse(house / "wheels", house / "constraints.txt")
    if (house / "complete").exists():
        return made
    print(f"downloading the {versions} packages for Python {version}", flush=True)
    for earlier in folder.glob(f"*-{kind}"):  # of other needs, or not complete
        shutil.rmtree(earlier)
    made.wheels.mkdir(parents=True)
    if versions == "locked":
        shutil.copy(release.constraints, made.constraints)
    else:
        _write_floors(made.constraints, release, version, commands, house)
    download = _pip(python, "download")
    _run([*download, "-c", made.constraints, "-d", made.wheels, f"{release.wheel}[all]"])
    _run([*download, "-d", made.wheels, "pip"])  # pipx looks for a newer one
    (made.wheels / release.wheel.name).unlink()  # the release's own is tried, from its folder
    (house / "complete").touch()
    return made


def _write_floors(
    constraints: Path, release: Release, version: str, commands: Path, folder: Path
) -> None:
    """Write the lowest versions that pyproject.toml allows, and for the rest the newest ones."""
    with tarfile.open(release.sdist) as files:
        top = release.sdist.name.removesuffix(".tar.gz")
        project = files.extractfile(f"{top}/pyproject.toml")
        assert project
        (folder / "pyproject.toml").write_bytes(project.read())
    _run(
        [
            *(commands / "uv", "pip", "compile", folder / "pyproject.toml", "--all-extras"),
            *("--resolution", "lowest-direct", "--python-version", version),
            *("--only-binary", ":all:", "--no-emit-package", "groundswell"),
            *("--no-annotate", "--no-header", "--quiet", "--output-file", constraints),
        ]
    )


def _pip(python: Path, command: str) -> list[str | Path]:
    options = ["--disable-pip-version-check", "--quiet", "--only-binary", ":all:"]
    return [python, "-m", "pip", command, *options]


def _run(command: list[str | Path]) -> None:
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{ran.stdout}{ran.stderr}")

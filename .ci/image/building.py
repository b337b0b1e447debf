"""The folder that the image is built from, and a base of Debian's packages."""

import os
import shutil
import subprocess
from pathlib import Path

from trying.release import read_release

from image import wheels

CI = Path(__file__).resolve().parents[1]
ROOT = CI.parent
_BASE_PACKAGES = "ca-certificates,python3,python3-venv"
_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")


def fill_context(dist: Path, folder: Path) -> str:
    """Fill the folder that the image is built from, and return the version of Groundswell.

    Exit if dist/ has not exactly the files of its SHA256SUMS.
    """
    release = read_release(dist)
    wheels.download(ROOT, folder / "wheels")
    shutil.copy(release.wheel, folder / "wheels")
    for file in (release.constraints, CI / "Containerfile", CI / "image" / "root.sh"):
        shutil.copy(file, folder)
    return release.version


def make_base(archive: Path) -> None:
    """Make the root of a Debian 13 with Python, as an archive, from this machine's own mirror."""
    command = ["mmdebstrap", "--quiet", "--variant=apt", f"--include={_BASE_PACKAGES}"]
    for name in ("Acquire::Check-Valid-Until", "Acquire::Check-Date"):
        command += [f'--aptopt={name} "{_apt_option(name)}"'] if _apt_option(name) else []
    sources = _SOURCES.read_bytes() if _SOURCES.exists() else None
    command += ["trixie", str(archive), *(["-"] if sources else [])]
    subprocess.run(
        command, input=sources, check=True, timeout=900, env={**os.environ, "LC_ALL": "C"}
    )


def _apt_option(name: str) -> str:
    asked = ["apt-config", "shell", "VALUE", name]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return said.partition("=")[2].strip().strip("'")

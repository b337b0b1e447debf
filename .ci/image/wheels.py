"""The locked wheels of the libraries, for the Python of the image."""

import platform
import subprocess
import sys
from pathlib import Path

from distribution.runtime import Pin, machine, runtime_in
from packaging.markers import Marker

PYTHON = "3.13"
"""Debian 13 has no other."""
_GLIBC_MINORS = range(5, 42)
"""Wheels name the oldest glibc that they run on, and Debian 13 has 2.41."""


def download(root: Path, folder: Path) -> None:
    """Download the wheels that the lock names, by their hashes, for this machine's processor."""
    folder.mkdir(parents=True)
    wanted = folder / "wanted.txt"
    lines = (_with_hashes(pin) for pin in runtime_in(root).pins if is_for_image(pin))
    wanted.write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
    command += ["--implementation", "cp", "--python-version", PYTHON]
    for abi in (f"cp{PYTHON.replace('.', '')}", "abi3", "none"):
        command += ["--abi", abi]
    for minor in _GLIBC_MINORS:
        command += ["--platform", f"manylinux_2_{minor}_{platform.machine()}"]
    command += ["--platform", f"manylinux2014_{platform.machine()}"]
    command += ["--dest", str(folder), "--requirement", str(wanted)]
    subprocess.run(command, check=True, timeout=900)
    wanted.unlink()


def is_for_image(pin: Pin) -> bool:
    """Return whether the image needs a package."""
    there = machine(f"{PYTHON}.0", "linux", platform.machine())
    return not pin.marker or Marker(pin.marker).evaluate(there)


def _with_hashes(pin: Pin) -> str:
    hashes = "".join(f" --hash=sha256:{digest}" for digest in pin.hashes)
    return f"{pin.name}=={pin.version}{hashes}\n"

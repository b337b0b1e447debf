"""Builds the files of a release, as `make dist` does."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from helpers.extras import WANTED

ROOT = Path(__file__).resolve().parents[2]

needs_git = pytest.mark.skipif(
    not (WANTED or (ROOT / ".git").exists()), reason="there is no git checkout here"
)


def make_dist(root: Path, folder: Path, *, umask: int = 0o022, **environment: str) -> str:
    """Build into `folder` from the project at `root`, and return the warnings."""
    run = subprocess.run(
        [sys.executable, "-m", "distribution", str(folder)],
        env=os.environ | {"PYTHONPATH": str(root / ".ci")} | environment,
        umask=umask,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return run.stderr


def commit_elsewhere(folder: Path) -> Path:
    """Make a checkout in `folder` with the files of this one, as if all of them were committed."""
    clone(ROOT, folder)
    for name in git(ROOT, "ls-files", "-z", "--deleted", "--modified").split("\0")[:-1]:
        (folder / name).unlink(missing_ok=True)
    copy_files(folder)
    git(folder, "add", "--all")
    person = ("-c", "user.name=Test", "-c", "user.email=test@test.example")
    git(folder, *person, "commit", "--quiet", "--allow-empty", "--message", "What is here")
    return folder


def copy_files(folder: Path, *, tests: bool = True) -> Path:
    """Copy the files of this checkout into `folder`, committed or not, and return it."""
    for name in git(ROOT, "ls-files", "-z", "-co", "--exclude-standard").split("\0")[:-1]:
        if (ROOT / name).is_file() and (tests or not name.startswith("tests/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def clone(checkout: Path, folder: Path) -> Path:
    """Clone the last commit of a checkout into `folder`."""
    git(checkout, "clone", "--quiet", "--no-local", str(checkout), str(folder))
    return folder


def git(root: Path, *arguments: str) -> str:
    """Run git in a checkout, and return what it prints."""
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def names_in(folder: Path) -> tuple[set[str], set[str]]:
    """Return the names in the wheel in `folder`, and those in the sdist without its own folder."""
    with zipfile.ZipFile(wheel_in(folder)) as wheel:
        in_wheel = set(wheel.namelist())
    with tarfile.open(sdist_in(folder)) as sdist:
        in_sdist = {name.partition("/")[2] for name in sdist.getnames()}
    return in_wheel, in_sdist


def wheel_in(folder: Path) -> Path:
    """Return the one wheel in `folder`."""
    (wheel,) = folder.glob("*.whl")
    return wheel


def sdist_in(folder: Path) -> Path:
    """Return the one sdist in `folder`."""
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def read_in_wheel(folder: Path, end: str) -> str:
    """Return the text of the one file in the wheel whose name ends like this."""
    with zipfile.ZipFile(wheel_in(folder)) as wheel:
        (name,) = (one for one in wheel.namelist() if one.endswith(end))
        return wheel.read(name).decode()

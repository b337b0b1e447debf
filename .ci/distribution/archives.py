"""The sdist and the wheel, by hatchling, as the same bytes wherever they are built.

Hatchling sorts the files, and sets owners, rights and times by itself. The time comes from
https://reproducible-builds.org/docs/source-date-epoch/.
"""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any


def build_sdist(tree: Path, folder: Path, epoch: int) -> Path:
    """Build the sdist of `tree` into `folder`, and return its path."""
    return _build("sdist", tree, folder, epoch)


def build_wheel(tree: Path, folder: Path, epoch: int) -> Path:
    """Build the wheel of `tree` into `folder`, and return its path."""
    return _build("wheel", tree, folder, epoch)


def read_metadata(tree: Path) -> dict[str, Any]:
    """Return the table `project` of pyproject.toml, with the version that hatchling finds."""
    metadata: dict[str, Any] = json.loads(_hatchling(tree, "metadata"))
    return metadata


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist into `folder`, and return the one folder that it has."""
    with tarfile.open(sdist) as files:
        files.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def _build(target: str, tree: Path, folder: Path, epoch: int) -> Path:
    before = set(folder.iterdir())
    _hatchling(tree, "build", "-t", target, "-d", str(folder), SOURCE_DATE_EPOCH=str(epoch))
    (built,) = set(folder.iterdir()) - before
    return built


def _hatchling(tree: Path, *arguments: str, **environment: str) -> str:
    """Run the hatchling that is installed here, so that nothing is downloaded."""
    run = subprocess.run(
        [sys.executable, "-m", "hatchling", *arguments],
        cwd=tree,
        env=os.environ | environment,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    if run.returncode:
        sys.exit(f"hatchling {arguments[0]} failed:\n{run.stderr}")
    return run.stdout

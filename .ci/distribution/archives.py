"""The sdist and the wheel, by hatchling, as the same bytes wherever they are built.

Hatchling sorts the files, and sets owners, rights and times by itself. The time comes from
https://reproducible-builds.org/docs/source-date-epoch/.
"""

import os
import subprocess
import sys
import tarfile
from pathlib import Path


def build_sdist(tree: Path, folder: Path, epoch: int) -> Path:
    """Build the sdist of `tree` into `folder`, and return its path."""
    return _build("sdist", tree, folder, epoch)


def build_wheel(tree: Path, folder: Path, epoch: int) -> Path:
    """Build the wheel of `tree` into `folder`, and return its path."""
    return _build("wheel", tree, folder, epoch)


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist into `folder`, and return the one folder that it has."""
    with tarfile.open(sdist) as files:
        files.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def _build(target: str, tree: Path, folder: Path, epoch: int) -> Path:
    """Build with the hatchling that is installed here, so that nothing is downloaded."""
    before = set(folder.glob("*"))
    build = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=tree,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(epoch)},
        check=False,
        capture_output=True,
        text=True,
    )
    if build.returncode:
        sys.exit(f"hatchling could not build the {target}:\n{build.stderr}")
    (built,) = set(folder.glob("*")) - before
    return built

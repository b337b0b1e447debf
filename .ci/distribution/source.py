"""A clean copy of the project, from which everything is built."""

import io
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from distribution.archives import build_sdist, unpack


@dataclass(frozen=True)
class Source:
    """What is built."""

    tree: Path
    """A folder with the project's files and nothing else."""
    epoch: int
    """The time that every file in the archives gets, in seconds since 1970."""
    warnings: tuple[str, ...] = ()
    """What the person who builds should know."""


def copy_source(root: Path, folder: Path) -> Source:
    """Copy the project at `root` into `folder`, without anything that git does not track."""
    if _is_checkout(root):
        return _export(root, folder)
    return _copy_unpacked(root, folder)


def _is_checkout(root: Path) -> bool:
    """Return whether `root` itself is a checkout, and not merely a folder within one."""
    try:
        top = _git(root, "rev-parse", "--show-toplevel").decode().rstrip("\n")
    except (OSError, subprocess.CalledProcessError):
        return False
    return Path(top).resolve() == root.resolve()


def _export(root: Path, folder: Path) -> Source:
    # The settings of the person's own git must not change the files.
    archive = _git(root, "-c", "core.autocrlf=false", "archive", "--format=tar", "HEAD")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    changed = _git(root, "status", "--porcelain").decode().splitlines()
    warnings = [f"not in the build, because it is not committed: {line[3:]}" for line in changed]
    return Source(folder, int(_git(root, "log", "-1", "--format=%ct")), tuple(warnings))


def _copy_unpacked(root: Path, folder: Path) -> Source:
    """Copy an unpacked sdist, in which hatchling passes over what `.gitignore` names.

    Its files have the time of the release, so that the same archives come out again.
    """
    record = root / "PKG-INFO"
    if not record.is_file():
        sys.exit(f"{root} is neither a git checkout with git at hand nor an unpacked sdist")
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or record.stat().st_mtime)
    tree = unpack(build_sdist(root, folder, epoch), folder)
    (tree / "PKG-INFO").unlink()  # the build writes it anew
    warning = "there is no git here: files that were added to the unpacked sdist are in the build"
    return Source(tree, epoch, (warning,))


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ).stdout

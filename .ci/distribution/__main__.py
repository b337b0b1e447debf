"""Make the files of a release in a folder: see `make dist`."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from distribution.archives import build_sdist, build_wheel, unpack
from distribution.runtime import read_runtime
from distribution.source import copy_source

ROOT = Path(__file__).resolve().parents[2]
_HEAD = """\
# The versions with which this release of Groundswell was tested, for all extras:
#   pip install --constraint constraints.txt groundswell
"""


def main() -> None:
    """Build from the project that this file is in, into the folder that the command line names."""
    (folder,) = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        made = make_release(ROOT, Path(scratch))
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("groundswell-*"):
            old.unlink()
        for file in made:
            shutil.copy(file, folder)
            print(f"{file.stat().st_size:>10,}  {folder / file.name}")


def make_release(root: Path, scratch: Path) -> list[Path]:
    """Make the files of a release of the project at `root`, and return their paths.

    The wheel is built from the unpacked sdist, so that the sdist makes the same wheel anywhere.
    """
    source = copy_source(root, _folder(scratch, "source"))
    for warning in source.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    made = _folder(scratch, "made")
    runtime = read_runtime(
        (source.tree / "pyproject.toml").read_text(encoding="utf-8"),
        (source.tree / "requirements.lock").read_text(encoding="utf-8"),
    )
    sdist = build_sdist(source.tree, made, source.epoch)
    wheel = build_wheel(unpack(sdist, _folder(scratch, "unpacked")), made, source.epoch)
    constraints = made / "constraints.txt"
    constraints.write_text(_HEAD + "".join(f"{pin}\n" for pin in runtime.pins), encoding="utf-8")
    return [wheel, sdist, constraints, _write_sums(made, [constraints, sdist, wheel])]


def _write_sums(folder: Path, files: list[Path]) -> Path:
    sums = folder / "SHA256SUMS"
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    sums.write_text("".join(lines), encoding="utf-8")
    return sums


def _folder(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()

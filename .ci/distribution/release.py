"""All files of a release, in the order in which one is made from the other."""

import hashlib
import sys
from pathlib import Path

from distribution.archives import build_sdist, build_wheel, read_metadata, unpack
from distribution.dependencies import read_tables
from distribution.runtime import Runtime, runtime_in
from distribution.sbom import Release, build_sbom
from distribution.source import Source, copy_source

SBOM = "sbom.cdx.json"
_HEAD = """\
# The versions with which this release of Groundswell was tested, for all extras:
#   pip install --constraint constraints.txt groundswell
"""


def make_release(root: Path, scratch: Path) -> list[Path]:
    """Make the files of a release of the project at `root` in `scratch`, and return their paths.

    The wheel is built from the unpacked sdist, so that the sdist makes the same wheel anywhere.
    Raise ValueError if the lock or the list of licences lacks something.
    """
    source = copy_source(root, _folder(scratch, "source"))
    for warning in source.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    made = _folder(scratch, "made")
    runtime = runtime_in(source.tree)
    constraints = _HEAD + "".join(f"{pin}\n" for pin in runtime.pins)
    (made / "constraints.txt").write_text(constraints, encoding="utf-8")
    sbom = _describe(source, runtime)
    for folder in (made, source.tree):
        (folder / SBOM).write_text(sbom, encoding="utf-8")
    sdist = build_sdist(source.tree, made, source.epoch)
    build_wheel(unpack(sdist, _folder(scratch, "unpacked")), made, source.epoch)
    files = sorted(made.iterdir())
    return [*files, _write_sums(made / "SHA256SUMS", files)]


def _describe(source: Source, runtime: Runtime) -> str:
    project = read_metadata(source.tree)
    return build_sbom(
        Release(project["version"], project["license"], project["description"], source.epoch),
        runtime,
        read_tables((source.tree / ".ci/dependencies.toml").read_text(encoding="utf-8")).licences,
    )


def _write_sums(sums: Path, files: list[Path]) -> Path:
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    sums.write_text("".join(lines), encoding="utf-8")
    return sums


def _folder(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir()
    return folder

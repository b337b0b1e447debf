"""The files of a release, which are tried as they are."""

import hashlib
import sys
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path


@dataclass(frozen=True)
class Release:
    """The files in a folder, which are those that its SHA256SUMS names."""

    wheel: Path
    """The one wheel."""
    sdist: Path
    """The one sdist, which has the example campaign and its config."""
    constraints: Path
    """The locked versions."""
    version: str
    """The version, as the wheel's metadata has it."""
    needs: str
    """A digest of what the wheel needs, and of the constraints. A wheelhouse goes by it."""


def read_release(folder: Path) -> Release:
    """Return the release in a folder. Exit if files are missing, or are not those of the sums."""
    sums = folder / "SHA256SUMS"
    if not sums.is_file():
        sys.exit(f"{folder} has no release. Run: make dist")
    wrong = [
        line for line in sums.read_text(encoding="utf-8").splitlines() if not _holds(sums, line)
    ]
    if wrong:
        sys.exit("These files are not those of SHA256SUMS. Run: make dist\n" + "\n".join(wrong))
    wheel, sdist = _only(folder, "*.whl", sums), _only(folder, "*.tar.gz", sums)
    constraints = _only(folder, "constraints.txt", sums)
    with zipfile.ZipFile(wheel) as files:
        [metadata] = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        fields = HeaderParser().parsestr(files.read(metadata).decode())
    needed = "\n".join(sorted(fields.get_all("Requires-Dist", ())))
    needs = hashlib.sha256(needed.encode() + constraints.read_bytes()).hexdigest()
    return Release(wheel, sdist, constraints, fields["Version"], needs)


def _holds(sums: Path, line: str) -> bool:
    digest, _, name = line.partition("  ")
    file = sums.with_name(name)
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == digest


def _only(folder: Path, pattern: str, sums: Path) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1 or f"  {found[0].name}\n" not in sums.read_text(encoding="utf-8"):
        names = ", ".join(sorted(file.name for file in found)) or "none"
        sys.exit(f"{folder} should have one {pattern} that SHA256SUMS names. Found: {names}")
    return found[0].resolve()

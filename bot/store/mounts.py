"""Which file system a file lies on: a network's locks cannot be trusted with a database."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

NETWORK = frozenset(
    {"9p", "afs", "cifs", "fuse.sshfs", "glusterfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"},
)
"""File systems of a network, as Linux names them: https://sqlite.org/faq.html#q5 says why not."""

IMAGE = frozenset({"aufs", "fuse-overlayfs", "overlay"})
"""Those of a container's image: what lies there is as it was built, on whatever machine."""

MOUNTS = "/proc/self/mounts"

_OCTAL = re.compile(r"\\([0-7]{3})")


def lies_on(path: Path) -> str:
    """Return the type of the file system that a path lies on; "" where the system does not tell."""
    try:
        mounts = Path(MOUNTS).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    return file_system(path.resolve(), mounts)


def file_system(path: Path, mounts: str) -> str:
    """Give the type of the file system that an absolute path lies on; "" where none is named.

    ``mounts`` is the text of ``/proc/self/mounts``: of two mounts on one place, the later counts.
    """
    wanted = PurePosixPath(path)
    found, depth = "", -1
    for line in mounts.split("\n"):
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - device, place, type
            continue
        place = PurePosixPath(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[1]))
        if wanted.is_relative_to(place) and len(place.parts) >= depth:
            found, depth = fields[2], len(place.parts)
    return found

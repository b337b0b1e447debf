"""The pins of the lock that an installed Groundswell needs, without the tools of developers.

Nothing is resolved here. The lock says which version a package has, and the packages that are
installed from it say which others they need. A package that this machine cannot install (one for
Windows, or for an older Python) is followed by the lock's own comments, "via".
"""

import functools
import itertools
import re
import tomllib
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURSELVES = "groundswell"
_PIN = re.compile(
    r"^(?P<name>[a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==(?P<version>[^ ;\\]+)"
    r"(?: ; (?P<marker>[^\\]*\S))? \\$"
)
_HASH = re.compile(r"^    --hash=sha256:([0-9a-f]{64})")
_VIA = re.compile(r"^    # (?:via |  )([a-z0-9-]+)")


@dataclass
class Pin:
    """One package at one version, as the lock has it."""

    name: str
    """The canonical name, as in `python-dateutil`."""
    version: str
    """The exact version."""
    marker: str
    """On which machines it is installed, as an environment marker; empty for all."""
    hashes: list[str] = field(default_factory=list)
    """The SHA-256 digests of the files that may be installed."""
    via: list[str] = field(default_factory=list)
    """The packages that need it, those that build a checkout among them."""

    def __str__(self) -> str:
        """Return the pin as a line of a constraints file."""
        return f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")


@dataclass(frozen=True)
class Runtime:
    """What an installed Groundswell needs, with all extras."""

    pins: tuple[Pin, ...]
    """The pins, by name."""
    needs: dict[str, frozenset[str]]
    """The packages that each package needs, and those of Groundswell itself with all its extras."""
    extras: dict[str, tuple[str, ...]]
    """For each package that comes with an extra of Groundswell only, the names of these extras."""


def read_lock(text: str) -> list[Pin]:
    """Return the pins of `requirements.lock`, in its order."""
    pins: list[Pin] = []
    for line in text.splitlines():
        if found := _PIN.match(line):
            pins.append(Pin(found["name"], found["version"], found["marker"] or ""))
        elif found := _HASH.match(line):
            pins[-1].hashes.append(found[1])
        elif found := _VIA.match(line):
            pins[-1].via.append(found[1])
        elif line.strip() != "# via":
            raise ValueError(f"requirements.lock: this line is of an unknown kind: {line}")
    return pins


def runtime_in(tree: Path) -> Runtime:
    """Return what the project in a folder needs: see read_runtime."""
    files = (tree / name for name in ("pyproject.toml", "requirements.lock"))
    return read_runtime(*(file.read_text(encoding="utf-8") for file in files))


def read_runtime(pyproject: str, lock: str) -> Runtime:
    """Return the part of the lock that Groundswell needs, with all extras.

    Raise ValueError if the lock lacks a package, or if another version is installed here.
    """
    project = tomllib.loads(pyproject)["project"]
    pins = read_lock(lock)
    optional = project.get("optional-dependencies", {})
    base = _reach(OURSELVES, project, pins)
    by_extra = {extra: _reach(f"{OURSELVES}[{extra}]", project, pins) for extra in optional}
    needs = _reach(f"{OURSELVES}[{','.join(optional)}]", project, pins)
    return Runtime(
        tuple(pin for pin in pins if pin.name in needs),
        {name: frozenset(needed) for name, needed in needs.items()},
        {
            name: tuple(extra for extra in sorted(optional) if name in by_extra[extra])
            for name in needs.keys() - base.keys()
        },
    )


def _reach(root: str, project: dict[str, Any], pins: list[Pin]) -> dict[str, set[str]]:
    """Return all packages that come with `root`, each with the packages that it needs itself."""
    needs: dict[str, set[str]] = {}
    waiting = [Requirement(root)]
    done: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - {extra for of, extra in done if of == name}:
            done.add((name, extra))
            needed = _requirements(name, extra, project, pins)
            needs.setdefault(name, set()).update(canonicalize_name(one.name) for one in needed)
            waiting.extend(needed)
    return needs


def _requirements(
    name: str, extra: str, project: dict[str, Any], pins: list[Pin]
) -> list[Requirement]:
    """Return what a package needs by itself, or because of one of its extras."""
    if name == OURSELVES:
        lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
        return [Requirement(line) for line in lines]
    ours = [pin for pin in pins if pin.name == name]
    if not ours:
        raise ValueError(f"requirements.lock lacks {name}. Lock it, as CONTRIBUTING.md says.")
    here = [pin for pin in ours if not pin.marker or Marker(pin.marker).evaluate()]
    if not here:
        return [Requirement(pin.name) for pin in pins if name in pin.via]
    version, every = _installed(name)
    if version != here[0].version:
        raise ValueError(f"{name} is not installed here as it is locked. Run make install.")
    return [one for one in every if _may_apply(one.marker, extra)]


@functools.cache
def _installed(name: str) -> tuple[str, tuple[Requirement, ...]]:
    """Return the version of a package that is installed here, and all that it may need."""
    found = metadata.distribution(name)
    return found.version, tuple(map(Requirement, found.requires or ()))


@functools.cache
def _may_apply(marker: Marker | None, extra: str) -> bool:
    """Return whether a requirement holds on any machine that the lock is for."""
    return marker is None or any(marker.evaluate({**one, "extra": extra}) for one in _MACHINES)


_SYSTEMS = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "win32": ("nt", "Windows")}


def machine(python: str, system: str, processor: str) -> dict[str, str]:
    """Return the variables of markers on a machine, such as 3.13.9, linux and x86_64."""
    return {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "sys_platform": system,
        "os_name": _SYSTEMS[system][0],
        "platform_system": _SYSTEMS[system][1],
        "platform_machine": processor,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


_MACHINES = [
    machine(*of)
    for of in itertools.product(
        ("3.11.0", "3.11.9", "3.12.9", "3.13.9"), _SYSTEMS, ("x86_64", "aarch64", "arm64", "AMD64")
    )
]

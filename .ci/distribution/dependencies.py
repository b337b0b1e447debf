"""The libraries that an installed Groundswell needs: their licences, and versions that are safe.

``PYTHONPATH=.ci python -m distribution.dependencies`` writes the tables of docs/dependencies.md
anew, from .ci/dependencies.toml and requirements.lock. Nothing is asked of a server.
"""

import re
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from distribution.runtime import Pin, Runtime, runtime_in

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / ".ci" / "dependencies.toml"
PAGE = ROOT / "docs" / "dependencies.md"
REMAKE = "run: PYTHONPATH=.ci python -m distribution.dependencies"
_CLASSIFIED = {
    "MIT License": "MIT",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""Classifiers that mean one licence. "BSD License" means several."""


@dataclass(frozen=True)
class Safe:
    """The first version of a package without a vulnerability that is known."""

    package: str
    """The canonical name."""
    version: str
    """The version, as in ``2.8.0``."""
    advisories: list[str]
    """The CVE or GHSA numbers that decide it, newest first."""
    what: str
    """The harm that an older one may do."""
    read: str
    """Where it was read."""
    unreached: str = ""
    """The reason why an older one does no harm here, if an installer could leave one."""


@dataclass(frozen=True)
class Tables:
    """The file .ci/dependencies.toml."""

    allowed: dict[str, str]
    """The reason for each licence that a library may have."""
    licences: dict[str, str]
    """An SPDX expression for each package."""
    read: dict[str, str]
    """Where the licence was read, for each package whose metadata do not say it."""
    safe: list[Safe]
    """The versions that are safe."""


def read_tables(text: str) -> Tables:
    """Return what the text of .ci/dependencies.toml says."""
    tables = tomllib.loads(text)
    return Tables(**{**tables, "safe": [Safe(**row) for row in tables["safe"]]})


# --- Licences -------------------------------------------------------------------------------------


def licence_problems(tables: Tables, names: set[str]) -> list[str]:
    """Return what is wrong with the licences of these packages, and what to do about each."""
    found = [
        f"{name}: add its licence to [licences] in .ci/dependencies.toml, as an SPDX expression. "
        f"{_declared_words(name)}"
        for name in sorted(names - tables.licences.keys())
    ]
    found += [
        f"{name}: it is not needed any more; take it out of .ci/dependencies.toml"
        for name in sorted((tables.licences.keys() | tables.read.keys()) - names)
    ]
    for name in sorted(names & tables.licences.keys()):
        found += _problems_of(name, tables)
    return found


def _problems_of(name: str, tables: Tables) -> list[str]:
    expression = tables.licences[name]
    try:
        canonical = canonicalize_license_expression(expression)
    except InvalidLicenseExpression:
        return [f"{name}: {expression} is not an SPDX expression"]
    found = [
        f"{name}: nobody has said why {licence} may come with Groundswell. If it may, say why in "
        "[allowed] in .ci/dependencies.toml. If not, do without the package."
        for licence in re.split(r" AND | OR |[()]", canonical)
        if licence and licence not in tables.allowed
    ]
    declared = declared_licence(name)
    if declared is None:
        return found
    if not declared and name not in tables.read:
        found.append(f"{name}: its metadata do not say the licence. Read it, and say where: [read]")
    if declared and name in tables.read:
        found.append(f"{name}: its metadata say {declared} now; take it out of [read]")
    if declared and declared != canonical:
        found.append(f"{name}: its metadata say {declared}, and .ci/dependencies.toml {canonical}")
    return found


def declared_licence(name: str) -> str | None:
    """Return the licence in the metadata of an installed package, or "" if it is not clear there.

    Return None for a package that is not installed on this machine.
    """
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    for stated in (_field(told, "License-Expression"), _field(told, "License")):
        try:
            return str(canonicalize_license_expression(stated))
        except InvalidLicenseExpression:
            continue
    kinds = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or ()]
    meant = {_CLASSIFIED[kind] for kind in kinds if kind in _CLASSIFIED}
    return meant.pop() if len(meant) == 1 else ""


def _field(told: metadata.PackageMetadata, name: str) -> str:
    return next(iter(told.get_all(name) or ()), "")


def _declared_words(name: str) -> str:
    declared = declared_licence(name)
    if declared is None:
        return "It is not installed here; its metadata are on its index page."
    return f"Its metadata say {declared or 'nothing clear; read its licence file, and say so'}."


# --- Safe versions --------------------------------------------------------------------------------


def safe_problems(tables: Tables, pyproject: str, runtime: Runtime) -> list[str]:
    """Return which safe versions do not hold, and what to do about each."""
    found = []
    ours, brought = floors(tomllib.loads(pyproject)["project"], runtime)
    for row in tables.safe:
        because = f"{', '.join(row.advisories)}: {row.what}"
        pins = [pin for pin in runtime.pins if pin.name == row.package]
        if not pins:
            found.append(f"{row.package}: it is not needed any more; take it out of [[safe]]")
        found += [
            f"requirements.lock has {row.package} {pin.version}, and {row.version} is the first "
            f"that is safe ({because}). Lock it anew: make lock"
            for pin in pins
            if Version(pin.version) < Version(row.version)
        ]
        declared = ours[row.package]
        lowest = min(declared or brought[row.package], default=Version("0"))
        if lowest >= Version(row.version):
            if row.unreached:
                found.append(f"{row.package}: a floor holds it; take `unreached` out of [[safe]]")
        elif not row.unreached:
            found.append(
                f"pyproject.toml lets an installer take {row.package} {lowest}, and {row.version} "
                f"is the first that is safe ({because}). Raise or add its floor there."
            )
    return found


def floors(
    project: dict[str, Any], runtime: Runtime
) -> tuple[defaultdict[str, list[Version]], defaultdict[str, list[Version]]]:
    """Return the floors for each package, in our own requirements and in those of other packages.

    A requirement without one has the floor 0.
    """
    lines = [*project["dependencies"]]
    for more in project.get("optional-dependencies", {}).values():
        lines += more
    ours: defaultdict[str, list[Version]] = defaultdict(list)
    brought: defaultdict[str, list[Version]] = defaultdict(list)
    for line in lines:
        _note(ours, line)
    for pin in runtime.pins:
        for line in _requirements(pin):
            if canonicalize_name(Requirement(line).name) in runtime.needs[pin.name]:
                _note(brought, line)
    return ours, brought


def _requirements(pin: Pin) -> list[str]:
    try:
        return metadata.requires(pin.name) or []
    except metadata.PackageNotFoundError:  # one for another machine
        return []


def _note(floors: defaultdict[str, list[Version]], line: str) -> None:
    requirement = Requirement(line)
    lowest = [
        Version(one.version.removesuffix(".*"))
        for one in requirement.specifier
        if one.operator in (">=", "==", "~=")
    ]
    floors[canonicalize_name(requirement.name)].append(max(lowest, default=Version("0")))


# --- The page -------------------------------------------------------------------------------------


def with_tables(page: str, tables: Tables, runtime: Runtime) -> str:
    """Return the page with both tables written anew, between the comments that name them."""
    rows = {
        "licences": [
            "| Package | Version | Licence | Comes with |",
            "|---|---|---|---|",
            *(_licence_row(pin, tables, runtime) for pin in _once(runtime.pins)),
        ],
        "safe versions": [
            "| Package | From | Advisories | An older one | Read in |",
            "|---|---|---|---|---|",
            *(_safe_row(row) for row in tables.safe),
        ],
    }
    for name, lines in rows.items():
        start, end = f"<!-- table: {name} -->\n", "<!-- end of the table -->"
        head, _, rest = page.partition(start)
        page = head + start + "\n".join(lines) + "\n" + end + rest.partition(end)[2]
    return page


def _once(pins: tuple[Pin, ...]) -> list[Pin]:
    return list({pin.name: pin for pin in pins}.values())


def _licence_row(pin: Pin, tables: Tables, runtime: Runtime) -> str:
    extras = [f"`{one}`" for one in runtime.extras.get(pin.name, ()) if one != "all"]
    licence = tables.licences.get(pin.name, "")
    return f"| {pin.name} | {pin.version} | {licence} | {', '.join(extras) or 'always'} |"


def _safe_row(row: Safe) -> str:
    harm = row.what + (f". Not reached: {row.unreached}" if row.unreached else "")
    return f"| {row.package} | {row.version} | {', '.join(row.advisories)} | {harm} | {row.read} |"


def read_project() -> tuple[Tables, str, Runtime]:
    """Return the tables, the text of pyproject.toml, and what the lock has for run time."""
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    tables = read_tables(TABLES.read_text(encoding="utf-8"))
    return tables, pyproject, runtime_in(ROOT)


def problems() -> list[str]:
    """Return what is wrong with the tables and with their page, and what to do about each."""
    tables, pyproject, runtime = read_project()
    names = {pin.name for pin in runtime.pins}
    found = licence_problems(tables, names) + safe_problems(tables, pyproject, runtime)
    page = PAGE.read_text(encoding="utf-8")
    if with_tables(page, tables, runtime) != page:
        found.append(f"docs/dependencies.md is not as the tables are; {REMAKE}")
    return found


def main() -> int:
    """Write the page anew. Say what is wrong with the tables, and return 1 if anything is."""
    tables, _, runtime = read_project()
    page = with_tables(PAGE.read_text(encoding="utf-8"), tables, runtime)
    PAGE.write_text(page, encoding="utf-8")
    found = problems()
    for problem in found:
        print(problem, file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

"""Say whether the last commit can be released: ``make release-check``. It changes nothing.

``--notes`` prints the release's part of CHANGELOG.md instead.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from packaging.version import Version

from distribution import dependencies

ROOT = Path(__file__).resolve().parents[2]
VERSION_FILE = "bot/__init__.py"
UNRELEASED = "Unreleased"
_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<day>\S+))?$", re.MULTILINE)
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_NOT_YET = re.compile(r"not\s+(?:published|released)\s+yet")

_NAMED = re.compile(r"groundswell-(\d\S*?)(?:-py3|\.tar\.gz)|git checkout v(\d[\w.]*\w)")


@dataclass(frozen=True)
class Section:
    """One version's part of CHANGELOG.md."""

    name: str
    """The version, or "Unreleased"."""
    day: str
    """The day as it is written, or "" if there is none."""
    body: str
    """The text below the heading, without blank lines around it."""


@dataclass(frozen=True)
class Candidate:
    """What is looked at before a release."""

    version: str
    """The version in bot/__init__.py."""
    changes: str
    """The text of CHANGELOG.md."""
    pages: dict[str, str]
    """The text of each page but CHANGELOG.md, by its path."""
    uncommitted: list[str]
    """The paths that differ from the last commit."""


def sections(changes: str) -> list[Section]:
    """Return the versions of CHANGELOG.md, newest first."""
    found = list(_HEADING.finditer(changes))
    ends = [heading.start() for heading in found[1:]] + [len(changes)]
    return [
        Section(heading["name"], heading["day"] or "", changes[heading.end() : end].strip())
        for heading, end in zip(found, ends, strict=True)
    ]


def problems(candidate: Candidate, tag: str | None, today: date) -> list[str]:
    """Return what keeps the candidate from being released, and what to do about each."""
    version = candidate.version
    found = []
    if Version(version).is_prerelease or Version(version).local:
        found.append(f"{VERSION_FILE} says {version}: write the version of the release there")
    if tag is not None and tag != f"v{version}":
        found.append(f"the tag is {tag}, and {VERSION_FILE} says {version}: tag it v{version}")
    found += _problems_of_changes(sections(candidate.changes), version, today)
    for path, text in sorted(candidate.pages.items()):
        found += [f"{path}:{problem}" for problem in _problems_of_page(text, version)]
    found += [f"{path} differs from the last commit: commit it" for path in candidate.uncommitted]
    return found


def _problems_of_page(text: str, version: str) -> list[str]:
    found = [
        (hit, f'"{" ".join(hit[0].split())}" will not be true any more: rewrite it')
        for hit in _NOT_YET.finditer(text)
    ]
    found += [
        (hit, f"{hit[0]} is of another version: write {version}")
        for hit in _NAMED.finditer(text)
        if version not in hit.groups()
    ]
    return [f"{text[: hit.start()].count(chr(10)) + 1}: {words}" for hit, words in found]


def _problems_of_changes(known: list[Section], version: str, today: date) -> list[str]:
    wanted = f"## [{version}] - {today.isoformat()}"
    if known and known[0].name == UNRELEASED:
        if known[0].body:
            return [f"CHANGELOG.md has changes under {UNRELEASED}: name that heading {wanted}"]
        known = known[1:]
    if not known or known[0].name != version:
        return [f"CHANGELOG.md begins with another version: add {wanted}"]
    if not known[0].body:
        return [f"CHANGELOG.md says nothing about {version}"]
    try:
        day = date.fromisoformat(known[0].day)
    except ValueError:
        return [f"CHANGELOG.md gives {version} no date: write {wanted}"]
    if day > today:
        return [f"CHANGELOG.md dates {version} to {day}, which is still to come: write {wanted}"]
    return []


def read_version(root: Path) -> str:
    """Return the version, which stands in one place."""
    (version,) = _VERSION.findall((root / VERSION_FILE).read_text(encoding="utf-8"))
    return str(version)


def read_candidate(root: Path) -> Candidate:
    """Return the checkout at ``root`` as it is."""
    tracked = _git(root, "ls-files", "*.md", ":!CHANGELOG.md").splitlines()
    return Candidate(
        read_version(root),
        (root / "CHANGELOG.md").read_text(encoding="utf-8"),
        {path: (root / path).read_text(encoding="utf-8") for path in tracked},
        [line[3:] for line in _git(root, "status", "--porcelain").splitlines()],
    )


def _git(root: Path, *words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return ran.stdout


def main() -> int:
    """Print the problems, or the notes. Return 1 if there are problems."""
    candidate = read_candidate(ROOT)
    if sys.argv[1:] == ["--notes"]:
        own = [one.body for one in sections(candidate.changes) if one.name == candidate.version]
        print(*own)
        return not own
    tag = sys.argv[1] if sys.argv[1:] else None
    found = problems(candidate, tag, datetime.now(UTC).date()) + dependencies.problems()
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        print(f"{candidate.version} can be released: make dist, make try-dist, then the tag")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

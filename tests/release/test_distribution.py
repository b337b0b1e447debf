"""The files of a release: the same bytes wherever they are built, with what belongs into them."""

import hashlib
import json
import re
import subprocess
import sys
from email import message_from_string
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from distribution.archives import build_wheel, unpack
from distribution.runtime import read_lock
from helpers.extras import left_to_ci
from helpers.release import (
    ROOT,
    clone,
    commit_elsewhere,
    git,
    make_dist,
    names_in,
    needs_git,
    read_in_wheel,
    sdist_in,
    wheel_in,
)
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bot

INFO = f"groundswell-{bot.__version__}.dist-info"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout with all that is here, or this unpacked sdist."""
    if not (ROOT / ".git").exists():
        return ROOT
    return commit_elsewhere(tmp_path_factory.mktemp("checkout") / "groundswell")


@pytest.fixture(scope="module")
def release(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    make_dist(checkout, folder)
    return folder


@pytest.fixture(scope="module")
def unpacked(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(sdist_in(release), tmp_path_factory.mktemp("unpacked"))


@pytest.fixture(scope="module")
def sbom(release: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((release / "sbom.cdx.json").read_text(encoding="utf-8"))
    return read


def test_a_release_is_five_files_and_their_sums_hold(release: Path) -> None:
    sums = (release / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert {file.name for file in release.iterdir()} == {
        f"groundswell-{bot.__version__}-py3-none-any.whl",
        f"groundswell-{bot.__version__}.tar.gz",
        "constraints.txt",
        "sbom.cdx.json",
        "SHA256SUMS",
    }
    assert sums == [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}"
        for file in sorted(release.iterdir())
        if file.name != "SHA256SUMS"
    ]


@needs_git
@left_to_ci()
def test_stray_files_and_another_machine_change_no_byte(
    checkout: Path, release: Path, tmp_path: Path
) -> None:
    """Another folder, umask, time zone, locale and order of sets, in a checkout in use."""
    other = clone(checkout, tmp_path / "elsewhere")
    (other / "bot" / "stray.py").write_text("stray\n", encoding="utf-8")
    (other / "posts" / "stray.yaml").write_text("stray\n", encoding="utf-8")
    (other / "node_modules").mkdir()
    (other / "node_modules" / "stray.js").write_text("stray\n", encoding="utf-8")
    (other / "README.md").write_text("changed\n", encoding="utf-8")
    warned = make_dist(
        other,
        tmp_path / "made",
        umask=0o077,
        TZ="Pacific/Kiritimati",
        LC_ALL="C",
        PYTHONHASHSEED="29",
        SOURCE_DATE_EPOCH="1",
        HOME=str(tmp_path),
    )
    assert sums(tmp_path / "made") == sums(release)
    assert warned.splitlines() == [
        f"warning: not in the build, because it is not committed: {name}"
        for name in ("README.md", "bot/stray.py", "posts/stray.yaml")
    ]


@left_to_ci()
def test_an_unpacked_sdist_makes_the_same_release_without_git(
    release: Path, unpacked: Path, tmp_path: Path
) -> None:
    warned = make_dist(unpacked, tmp_path / "made", PATH="/nowhere", TZ="America/Caracas")
    assert sums(tmp_path / "made") == sums(release)
    assert "there is no git here" in warned


@left_to_ci()
def test_an_installer_that_starts_from_the_sdist_gets_the_same_wheel(
    release: Path, unpacked: Path, tmp_path: Path
) -> None:
    epoch = int((unpacked / "PKG-INFO").stat().st_mtime)
    built = build_wheel(unpacked, tmp_path, epoch)
    assert built.read_bytes() == wheel_in(release).read_bytes()


@needs_git
@left_to_ci()
def test_a_wheel_built_from_the_checkout_is_the_same(
    checkout: Path, release: Path, tmp_path: Path
) -> None:
    other, made = clone(checkout, tmp_path / "other"), tmp_path / "made"
    (other / "sbom.cdx.json").write_bytes((release / "sbom.cdx.json").read_bytes())
    made.mkdir()
    built = build_wheel(other, made, int(git(checkout, "log", "-1", "--format=%ct")))
    assert built.read_bytes() == wheel_in(release).read_bytes()


@needs_git
def test_the_sdist_is_what_git_tracks(checkout: Path, release: Path) -> None:
    tracked = set(git(checkout, "ls-tree", "-r", "--name-only", "HEAD").splitlines())
    _, in_sdist = names_in(release)
    assert in_sdist - tracked == {"PKG-INFO", "sbom.cdx.json"}
    assert tracked - in_sdist == set()


def test_the_wheel_is_the_package_and_the_example(release: Path) -> None:
    in_wheel, in_sdist = names_in(release)
    posts = {
        name for name in in_sdist if name.startswith("posts/") and name != "posts/media/make.py"
    }
    assert in_wheel == (
        {name for name in in_sdist if name.startswith("bot/")}
        | {name.replace("posts/", "bot/example/", 1) for name in posts}
        | {f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
        | {f"{INFO}/licenses/LICENSE", f"{INFO}/sboms/sbom.cdx.json"}
    )


def test_no_kind_of_file_gets_into_the_wheel_unnoticed(release: Path) -> None:
    kinds = {Path(name).suffix for name in names_in(release)[0] if name.startswith("bot/")}
    assert kinds == {
        *(".py", ".typed"),
        *(".css", ".html", ".j2", ".js", ".svg"),
        *(".json", ".service", ".txt", ".yaml"),
        *(".png", ""),  # pictures of the example, and the starter's gitignore
    }


def test_the_metadata_say_what_pyproject_says(release: Path) -> None:
    told = message_from_string(read_in_wheel(release, "/METADATA"))
    assert (told["Name"], told["Version"]) == ("groundswell", bot.__version__)
    assert (told["Requires-Python"], told["License-Expression"]) == (">=3.11", "MIT")
    assert told.get_all("License-File") == ["LICENSE"]


def test_the_readme_on_an_index_has_no_link_that_leads_nowhere(release: Path) -> None:
    shown = str(message_from_string(read_in_wheel(release, "/METADATA")).get_payload())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", shown) == []
    assert re.findall("(?m)^#.*", shown) == re.findall("(?m)^#.*", readme)
    assert "[" not in "".join(re.findall(r"(?m)^\| .*", shown))


def test_each_constraint_is_a_pin_of_the_lock(release: Path) -> None:
    lock = read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert set(constraints(release)) <= {str(pin) for pin in lock}


def test_the_constraints_hold_all_that_the_wheel_needs_and_no_tool(release: Path) -> None:
    """Whatever a constrained package needs on this machine is constrained, too."""
    told = message_from_string(read_in_wheel(release, "/METADATA"))
    pinned = {Requirement(line).name for line in constraints(release)}
    needed = {named(line) for line in told.get_all("Requires-Dist", [])}
    here = {
        line.name
        for line in map(Requirement, constraints(release))
        if not line.marker or line.marker.evaluate()
    }
    for name in here:
        needed |= {named(line) for line in metadata.requires(name) or () if applies(line)}
    assert needed - pinned == set()
    assert {"apprise", "atproto", "psycopg-binary", "tzdata"} <= pinned  # the extras, too
    assert pinned & {"pytest", "hatchling", "mypy", "ruff", "httptools", "twine"} == set()


def test_pip_takes_the_constraints(release: Path) -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"),
            *("--ignore-installed", "--constraint", release / "constraints.txt"),
            wheel_in(release),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert f"Would install groundswell-{bot.__version__}" in run.stdout


def test_the_sbom_is_valid_and_in_the_wheel(release: Path) -> None:
    text = (release / "sbom.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(text) is None
    assert read_in_wheel(release, f"{INFO}/sboms/sbom.cdx.json") == text


def test_the_sbom_lists_what_the_constraints_hold(release: Path, sbom: dict[str, Any]) -> None:
    root = sbom["metadata"]["component"]
    assert (root["name"], root["version"]) == ("groundswell", bot.__version__)
    listed = [f"{one['name']}=={one['version']}" for one in sbom["components"]]
    assert listed == [line.partition(" ;")[0] for line in constraints(release)]


def test_the_sbom_has_the_hashes_of_the_lock_and_licences_of_spdx(sbom: dict[str, Any]) -> None:
    lock = read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    locked = {f"{pin.name}=={pin.version}": sorted(pin.hashes) for pin in lock}
    for one in sbom["components"]:
        (files,) = one["externalReferences"]
        hashes = [each["content"] for each in files["hashes"]]
        assert sorted(hashes) == locked[f"{one['name']}=={one['version']}"]
        (licence,) = one["licenses"]
        assert "expression" in licence or "id" in licence["license"], one["name"]


def test_the_sbom_tells_extras_from_what_always_comes(sbom: dict[str, Any]) -> None:
    optional = {
        one["name"]: {each["value"] for each in one["properties"] if each["name"].endswith("extra")}
        for one in sbom["components"]
        if one["scope"] == "optional"
    }
    assert optional["apprise"] == {"alerts", "all"}
    assert optional["atproto"] == optional["libipld"] == {"bluesky", "all"}
    assert optional["psycopg-binary"] == {"postgresql", "all"}
    assert optional.keys() & {"tweepy", "mastodon-py", "requests", "starlette"} == set()


def test_everything_in_the_sbom_is_needed_by_something_in_it(sbom: dict[str, Any]) -> None:
    needs = {one["ref"]: set(one.get("dependsOn", ())) for one in sbom["dependencies"]}
    waiting = [sbom["metadata"]["component"]["bom-ref"]]
    reached: set[str] = set()
    while waiting:
        reached.add(one := waiting.pop())
        waiting += needs[one] - reached
    assert reached == needs.keys()
    assert {one["bom-ref"] for one in sbom["components"]} < reached


def sums(folder: Path) -> str:
    return (folder / "SHA256SUMS").read_text(encoding="utf-8")


def constraints(folder: Path) -> list[str]:
    lines = (folder / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def named(line: str) -> str:
    return canonicalize_name(Requirement(line).name)


def applies(line: str) -> bool:
    marker = Requirement(line).marker
    return marker is None or marker.evaluate({"extra": ""})

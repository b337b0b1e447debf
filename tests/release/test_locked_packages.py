"""The locked packages are installed by any pip, whatever an index offers besides."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from checkout.install import LOCKS
from distribution.runtime import read_lock
from helpers.extras import left_to_ci
from helpers.installing import installed, make
from helpers.package_index import PackageIndex, make_wheel, next_versions
from helpers.release import ROOT, copy_files, needs_git
from packaging.markers import Marker
from packaging.utils import parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [left_to_ci(), needs_git]
OLDEST_PIP = {(3, 11): "22.3", (3, 12): "23.2.1", (3, 13): "24.2"}
"""The pip that the first release of each Python brought."""
YANKED = "urllib3"
OTHER_PIP = """\
import subprocess, venv

def take_another_pip(self, context):
    command = [context.env_exe, "-m", "pip", "install", "--quiet", "--no-index", {wheel!r}]
    subprocess.run(command, check=True)

venv.EnvBuilder.post_setup = take_another_pip
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the very files that are locked for this machine, and with two pips."""
    folder = tmp_path_factory.mktemp("wheels")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    exact = ["--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    locks = [part for lock in LOCKS.values() for part in ("--requirement", str(ROOT / lock))]
    subprocess.run([*pip, *exact, "--require-hashes", *locks], check=True)
    for version in ("pip", f"pip=={OLDEST_PIP[sys.version_info[:2]]}"):
        subprocess.run([*pip, *exact, version], check=True)
    return folder


@pytest.fixture
def index(wheels: Path, tmp_path: Path) -> Iterator[PackageIndex]:
    """Serve the locked files, of which one is yanked, and two later versions of each."""
    index = PackageIndex()
    for wheel in wheels.glob("*.whl"):
        name, version, *_ = parse_wheel_filename(wheel.name)
        index.offer(
            wheel, *(make_wheel(tmp_path, name, one) for one in next_versions(str(version)))
        )
        if name == YANKED:
            index.yanked.add(wheel.name)
    with index.served():
        yield index


def locked(*sets: str) -> dict[str, str]:
    """Return the versions that the locks name for this machine."""
    pins = (pin for one in sets for pin in read_lock((ROOT / LOCKS[one]).read_text("utf-8")))
    return {
        pin.name: pin.version for pin in pins if not pin.marker or Marker(pin.marker).evaluate()
    }


@pytest.mark.parametrize("newest", [False, True], ids=["oldest pip", "newest pip"])
def test_every_set_is_installed_as_it_is_locked(
    index: PackageIndex, wheels: Path, tmp_path: Path, newest: bool
) -> None:
    first, *_, last = sorted(
        wheels.glob("pip-*.whl"), key=lambda one: parse_wheel_filename(one.name)[1]
    )
    pip = last if newest else first
    (tmp_path / "sitecustomize.py").write_text(OTHER_PIP.format(wheel=str(pip)))
    checkout = copy_files(tmp_path / "checkout", tests=False)
    ran = make(checkout, "tools", index.address, PYTHONPATH=str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    said = subprocess.check_output([checkout / ".venv/bin/pip", "--version"], text=True)
    assert said.startswith(f"pip {parse_wheel_filename(pip.name)[1]} ")
    found = installed(checkout)
    assert found.pop("groundswell")
    assert found == locked(*LOCKS)


def test_the_demo_needs_no_tool_of_ours(index: PackageIndex, tmp_path: Path) -> None:
    for name in locked("release", "test", "lint"):
        for file in [one for one in index.wheels if parse_wheel_filename(one)[0] == name]:
            del index.wheels[file]
    checkout = copy_files(tmp_path / "checkout", tests=False)
    ran = make(checkout, "install", index.address)
    assert ran.returncode == 0, ran.stderr
    found = installed(checkout)
    assert found.pop("groundswell")
    assert found == locked("runtime")
    groundswell = checkout / ".venv/bin/groundswell"
    checked = subprocess.run([groundswell, "check"], cwd=checkout, capture_output=True, check=False)
    assert b"posts, 2 events, 3 accounts" in checked.stdout

"""Try the files of a release as people will install them: see `make try-dist`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trying.inventory import compare, read_sbom, unpinned
from trying.matrix import PYTHONS, Try, choose, find_pythons
from trying.release import Release, read_release
from trying.wheelhouse import Wheelhouse, fill, make_tools

ROOT = Path(__file__).resolve().parents[2]
_NAMESPACE = ["unshare", "--map-root-user", "--net", "--mount"]
_BASE_TESTS = "tests/extras/test_base_install.py"


@dataclass(frozen=True)
class Tried:
    """The result of one try."""

    tried: Try
    """What was tried."""
    megabytes: float
    """The size of the environment, with its Python's links and its pip."""
    seconds: float
    """How long all of it took."""
    problem: str
    """What went wrong; empty if nothing did."""


def main() -> None:
    """Try everything, print a table, and exit with 1 if one try failed."""
    options = _parse()
    release = read_release(options.dist)
    pythons = find_pythons()
    for version in PYTHONS:
        print(f"Python {version}: {pythons.get(version, 'not found here, and not tried')}")
    if not pythons:
        sys.exit("There is no Python to try it on.")
    isolated = _can_isolate()
    if not isolated and not options.with_network:
        sys.exit(
            f"This machine allows no namespace ({' '.join(_NAMESPACE)} fails), so nobody can see "
            "that nothing is fetched. To try it all the same: --with-network"
        )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    house = cache / "groundswell-try-dist"
    tries = choose(list(pythons), quick=options.quick, everything=options.all)
    by_tool = any(one.way != "pip" or one.versions == "lowest" for one in tries)
    commands = make_tools(house) if by_tool else house
    houses = {
        (one.python, one.versions): fill(
            house, release, pythons[one.python], one.python, one.versions, commands
        )
        for one in tries
    }
    with tempfile.TemporaryDirectory(prefix="try-dist-") as scratch:
        bench = _Bench(release, pythons, commands, Path(scratch), isolated=isolated)
        results = [bench.tried(one, houses[one.python, one.versions]) for one in tries]
    _print_table(results, isolated=isolated)
    sys.exit(any(result.problem for result in results))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="trying", description=__doc__)
    parser.add_argument("dist", type=Path, help="the folder that make dist has filled")
    parser.add_argument("--all", action="store_true", help="try every combination")
    parser.add_argument("--quick", action="store_true", help="one try: pip, locked versions")
    parser.add_argument(
        "--with-network", action="store_true", help="go on where namespaces are not allowed"
    )
    return parser.parse_args()


def _can_isolate() -> bool:
    command = [*_NAMESPACE, "mount", "-t", "tmpfs", "none", "/tmp"]  # noqa: S108 - in the namespace
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:  # no Linux
        return False


@dataclass(frozen=True)
class _Bench:
    """What all tries share."""

    release: Release
    """The files that are tried."""
    pythons: dict[str, Path]
    """The Pythons of this machine, by version."""
    commands: Path
    """The folder of uv and pipx."""
    scratch: Path
    """A folder for everything that is installed."""
    isolated: bool
    """Whether each try is in a namespace, without a network and without this checkout."""

    def tried(self, one: Try, packages: Wheelhouse) -> Tried:
        """Try it in a folder of its own, and return the result."""
        print(f"trying {_describe(one)}", flush=True)
        folder = self.scratch / "one"
        dist = folder / "dist"
        dist.mkdir(parents=True)
        for file in (self.release.wheel, self.release.sdist):
            shutil.copy(file, dist)
        shutil.copy(Path(__file__).with_name("attempt.py"), folder)
        job = {
            "way": one.way,
            "extra": one.extra,
            "version": self.release.version,
            "folder": str(folder),
            "dist": str(dist),
            "sdist": str(dist / self.release.sdist.name),
            "wheels": str(packages.wheels),
            "constraints": str(packages.constraints),
            "commands": str(self.commands),
            "hidden": [str(ROOT)],
            "isolated": self.isolated,
        }
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        result = self._attempt(folder, self.pythons[one.python])
        if not result["problem"]:
            pins = packages.constraints.read_text(encoding="utf-8")
            result["problem"] = unpinned(pins, result["installed"])
        if one.versions == "locked" and not result["problem"]:
            sbom, installed = read_sbom(self.release.wheel), result["installed"]
            result["problem"] = compare(sbom, installed, result["python"], extras=bool(one.extra))
        if not one.extra and not result["problem"]:
            result["problem"] = self._try_the_base(folder)
        if result["problem"]:
            print((folder / "log").read_text(encoding="utf-8", errors="replace")[-6000:])
            print(f"FAILED: {result['problem']}")
        shutil.rmtree(folder)
        return Tried(one, result["megabytes"], result["seconds"], result["problem"])

    def _attempt(self, folder: Path, python: Path) -> dict[str, Any]:
        within: list[str | Path] = [*_NAMESPACE] if self.isolated else []
        environment = {"PATH": os.environ["PATH"], "TRY_HOME": str(folder)}
        with (folder / "log").open("w", encoding="utf-8") as log:
            ran = subprocess.run(
                [*within, python, "-I", folder / "attempt.py", folder / "job.json"],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        try:
            result: dict[str, Any] = json.loads((folder / "result.json").read_text())
        except FileNotFoundError:
            problem = f"the try itself ended with exit code {ran.returncode}"
            return {"problem": problem, "megabytes": 0.0, "seconds": 0.0}
        return result

    def _try_the_base(self, folder: Path) -> str:
        """Run the tests of a base install on it; return the problem, if any."""
        begun = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-q", "-n", "0", _BASE_TESTS]
        environment = {**os.environ, "GROUNDSWELL_BASE": str(folder / "venv/bin/groundswell")}
        with (folder / "log").open("a", encoding="utf-8") as log:
            ran = subprocess.run(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False
            )
        print(f"{_BASE_TESTS} took {time.monotonic() - begun:.0f} s")
        return f"{_BASE_TESTS} failed" if ran.returncode else ""


def _describe(one: Try) -> str:
    what = f"groundswell[{one.extra}]" if one.extra else "groundswell"
    return f"{what} by {one.way} on Python {one.python}, {one.versions}"


def _print_table(results: list[Tried], *, isolated: bool) -> None:
    print("\nway   Python  versions  extras      MB  seconds  result")
    for result in results:
        one = result.tried
        print(
            f"{one.way:<5} {one.python:<7} {one.versions:<9} {one.extra or 'none':<6} "
            f"{result.megabytes:>7.0f} {result.seconds:>8.0f}  {result.problem or 'works'}"
        )
    where = "with loopback as the only network, and without the checkout"
    print(f"Each was installed and used {where if isolated else 'WITH A NETWORK'}.")


if __name__ == "__main__":
    main()

"""Run tests against the built wheel, from a copy of them beside which there is no checkout.

``python -m trying.installed DIST ARGUMENTS`` hands the arguments to pytest. The libraries are those
of this environment, which are the locked ones.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from trying.release import read_release

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Make an environment with the wheel and a copy of the tests, and exit as pytest does."""
    dist, *arguments = sys.argv[1:]
    release = read_release(Path(dist))
    with tempfile.TemporaryDirectory(prefix="installed-") as scratch:
        environment, copy = Path(scratch) / "venv", Path(scratch) / "copy"
        python = make_environment(environment)
        install(release.wheel, python)
        _copy_without_package(copy)
        left_out = {"CI", "PYTHONPATH", "VIRTUAL_ENV"}  # with CI, tests want what npm has installed
        variables = {name: text for name, text in os.environ.items() if name not in left_out}
        variables["GROUNDSWELL_INSTALLED"] = str(environment)
        command = [str(python), "-m", "pytest", *arguments]
        print("$ pytest " + " ".join(arguments), flush=True)
        sys.exit(subprocess.run(command, cwd=copy, env=variables, check=False).returncode)


def make_environment(folder: Path) -> Path:
    """Make an environment with the libraries of this one, and return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    [packages] = folder.glob("lib/python3.*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin" / "python"


def install(wheel: Path, python: Path) -> None:
    """Install a wheel of ours in such an environment, in the place of the one that is there."""
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    options = ["--no-deps", "--no-index", "--upgrade", "--disable-pip-version-check"]
    subprocess.run([*pip, *options, str(wheel)], check=True)


def _copy_without_package(folder: Path) -> None:
    """Copy what git tracks, without the package itself."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, names):
        if not name.startswith("bot/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


if __name__ == "__main__":
    main()

"""One try: install Groundswell into an empty folder, and use it there as a person does.

A script of its own, for the Python that is tried and with nothing but its standard library. It is
given a job as JSON, and writes its result beside it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
OUTSIDE = ("192.0.2.1", 443)
"""An address that is nobody's: https://www.rfc-editor.org/rfc/rfc5737"""

LIMIT_SECONDS = 600
"""Longest time that one command may take, on a machine that has other work."""


class FailedError(Exception):
    """A step that did not do what a person would expect."""


def main() -> None:
    """Do the job whose file the command line names."""
    file = Path(sys.argv[1])
    job: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    begun = time.monotonic()
    result: dict[str, Any] = {"problem": "", "megabytes": 0.0, "installed": []}
    try:
        if job["isolated"]:
            cut_off(job["hidden"])
        attempt(job, result)
    except (FailedError, OSError, subprocess.SubprocessError) as error:
        result["problem"] = str(error) or repr(error)
    result["python"] = sys.version.split()[0]
    result["seconds"] = time.monotonic() - begun
    file.with_name("result.json").write_text(json.dumps(result), encoding="utf-8")


def cut_off(hidden: list[str]) -> None:
    """Leave loopback as the only network, and put an empty folder over each hidden one."""
    for folder in hidden:
        subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)
        _expect([*Path(folder).iterdir()] == [], f"{folder} could still be read")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        asked = struct.pack("16sh14x", b"lo", 0)
        _, flags = struct.unpack("16sh14x", fcntl.ioctl(probe, _SIOCGIFFLAGS, asked))
        fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
    with socket.socket() as outside:
        outside.settimeout(5)
        answer = outside.connect_ex(OUTSIDE)
        _expect(answer == errno.ENETUNREACH, f"there is a way out: {os.strerror(answer)}")


def attempt(job: dict[str, Any], result: dict[str, Any]) -> None:
    """Install Groundswell, look at what was installed, and use it."""
    folder = Path(job["folder"])
    install = {"pip": by_pip, "uv": by_uv, "pipx": by_pipx}[job["way"]]
    environment, command = install(job, folder)
    result["megabytes"] = _megabytes(environment)
    python = environment / "bin" / "python"
    _look_for_the_package(python, environment)
    result["installed"] = _installed(environment)
    work = folder / "work"
    work.mkdir()
    printed = run([command, "--version"], work)
    _expect(printed.strip() == f"groundswell {job['version']}", f"it says it is {printed!r}")
    for package, name in (("posts", "posts"), ("config.example.yaml", "config.yaml")):
        _unpack(Path(job["sdist"]), package, work / name)
    if job["extra"]:
        run([command, "check"], work)
        planned = run([command, "plan"], work)
        _expect("our-bluesky" in planned or "bluesky" in planned, "the plan lacks an account")
        played = run([command, "demo", "--folder", "played"], work)
        _expect("exactly once" in played, "the demo did not say that each post was out once")
        _expect((work / "played" / "report.html").is_file(), "the demo wrote no report")


def by_pip(job: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Install as `pip install` does; return the environment and the command."""
    environment = folder / "venv"
    run([sys.executable, "-m", "venv", environment], folder)
    python = environment / "bin" / "python"
    run(
        [python, "-m", "pip", "install", *_sources(job), "-c", job["constraints"], _what(job)],
        folder,
    )
    run([python, "-m", "pip", "check"], folder)
    return environment, environment / "bin" / "groundswell"


def by_uv(job: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Install as `uv tool install` does; return the environment and the command."""
    uv = Path(job["commands"]) / "uv"
    options = ["--offline", "--python", sys.executable, "--constraints", job["constraints"]]
    run([uv, "tool", "install", *options, *_sources(job), _what(job)], folder)
    environment = folder / "uv" / "tools" / "groundswell"
    run([uv, "pip", "check", "--python", environment / "bin" / "python"], folder)
    return environment, folder / "bin" / "groundswell"


def by_pipx(job: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Install as `pipx install` does; return the environment and the command."""
    pipx = Path(job["commands"]) / "pipx"
    options = " ".join([*_sources(job), "--constraint", job["constraints"]])
    run([pipx, "install", "--python", sys.executable, f"--pip-args={options}", _what(job)], folder)
    return folder / "pipx" / "venvs" / "groundswell", folder / "bin" / "groundswell"


def run(command: list[Any], folder: Path) -> str:
    """Run a command in a folder, as a person whose home that is. Return its output."""
    home = Path(os.environ["TRY_HOME"])
    environment = {
        "PATH": f"{home / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_CACHE_DIR": str(home / "uv" / "cache"),
        "UV_TOOL_DIR": str(home / "uv" / "tools"),
        "UV_TOOL_BIN_DIR": str(home / "bin"),
        "UV_LINK_MODE": "copy",
        "PIPX_HOME": str(home / "pipx"),
        "PIPX_BIN_DIR": str(home / "bin"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    words = " ".join(map(str, command))
    print(f"$ {words}", flush=True)
    ran = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    print(ran.stdout, flush=True)
    _expect(ran.returncode == 0, f"exit code {ran.returncode} of: {words}")
    return ran.stdout


def _expect(holds: object, problem: str) -> None:
    if not holds:
        raise FailedError(problem)


def _sources(job: dict[str, Any]) -> list[str]:
    return ["--no-index", "--find-links", job["wheels"], "--find-links", job["dist"]]


def _what(job: dict[str, Any]) -> str:
    return f"groundswell[{job['extra']}]" if job["extra"] else "groundswell"


def _look_for_the_package(python: Path, environment: Path) -> None:
    found = run([python, "-I", "-c", "import bot; print(bot.__file__)"], environment).strip()
    inside = Path(found).resolve().is_relative_to(environment.resolve())
    _expect(inside, f"bot is {found}, which is not in {environment}")


def _installed(environment: Path) -> list[tuple[str, str]]:
    """Return the name and the version of each package."""
    [packages] = environment.glob("lib/python3.*/site-packages")
    found = metadata.distributions(path=[str(packages)])
    return [(one.metadata["Name"], one.version) for one in found]


def _unpack(sdist: Path, name: str, target: Path) -> None:
    """Copy a file or folder of the sdist."""
    with tarfile.open(sdist) as files:
        top = f"{sdist.name.removesuffix('.tar.gz')}/{name}"
        members = [one for one in files if f"{one.name}/".startswith(f"{top}/")]
        files.extractall(target.parent / "sdist", members=members, filter="data")
    shutil.move(target.parent / "sdist" / top, target)


def _megabytes(folder: Path) -> float:
    files = (Path(top, name) for top, _, names in os.walk(folder) for name in names)
    return sum(file.lstat().st_size for file in files) / 1e6


if __name__ == "__main__":
    main()

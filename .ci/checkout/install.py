"""Install the locked packages that a target of the Makefile needs into `.venv`: ``install.py SET``.

A script of its own with nothing but the standard library, because `make` runs it before anything is
installed. Nothing is resolved: pip takes the very files that the locks name, and nothing else that
an index may offer. What was cut off is not taken for whole: the environment is made anew.
"""

from __future__ import annotations  # so that an older Python comes as far as the refusal

import fcntl
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

LOCKS = {
    "runtime": "requirements.lock",
    "release": ".ci/locks/release.lock",
    "test": ".ci/locks/test.lock",
    "lint": ".ci/locks/lint.lock",
}
"""The lock of each set, in the order of their installation: each builds on those before it.

`runtime` is what a user runs: the libraries with all extras, and what builds the checkout.
"""
ENVIRONMENT = ".venv"
_MEBIBYTE = 1 << 20


class NotInstalledError(Exception):
    """Says in one line why something could not be installed, and what to do."""


def main() -> None:
    """Install the set that the command line names, and those before it."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python comes as far as this line
        sys.exit(
            f"Groundswell needs Python 3.11 or newer, and {sys.executable} is "
            f"{platform.python_version()}. Name a newer one: make PYTHON=python3.12"
        )
    try:
        install(Path.cwd(), sys.argv[1])
    except NotInstalledError as error:
        sys.exit(f"Not installed: {error}")
    except OSError as error:
        sys.exit(f"Not installed: {explain(str(error))}")
    except KeyboardInterrupt:
        sys.exit(130)


def install(root: Path, last: str) -> None:
    """Install what is not there yet of the checkout and of each set up to the last one.

    Each has a stamp in the environment: empty before its installation, a digest of its lock after
    it. If a lock has changed since, or a stamp is empty, the environment is made anew, so that
    nothing is left of what was there.
    """
    environment, names = root / ENVIRONMENT, list(LOCKS)[: list(LOCKS).index(last) + 1]
    python = environment / "bin" / "python"
    with (root / LOCKS["runtime"]).open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # a second `make` waits for the first
        wanted = {name: _digest(root, LOCKS[name]) for name in names}
        found = {name: _stamp(environment, name) for name in names}
        spoilt = any(found[name] not in (wanted[name], None) for name in names)
        if spoilt or found["runtime"] is None or not python.exists():
            _make_environment(environment)
        for name in names:
            if _stamp(environment, name) != wanted[name]:
                _write_stamp(environment, name, "")
                _install_lock(python, root / LOCKS[name])
                _write_stamp(environment, name, wanted[name])
        _install_checkout(root, python)


def _digest(root: Path, name: str) -> str:
    """Return what the stamp of a file says: what is in it, and where the checkout is.

    An environment that is moved does not work, because its commands name the path of their Python.
    """
    return hashlib.sha256((root / name).read_bytes() + bytes(root)).hexdigest()


def _stamp(environment: Path, name: str) -> str | None:
    file = environment / f".{name}"
    return file.read_text(encoding="utf-8") if file.exists() else None


def _write_stamp(environment: Path, name: str, text: str) -> None:
    (environment / f".{name}").write_text(text, encoding="utf-8")


def _make_environment(environment: Path) -> None:
    command = [sys.executable, "-m", "venv", "--clear", str(environment)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
    if ran.returncode:
        raise NotInstalledError(explain(ran.stdout + ran.stderr))


def _install_checkout(root: Path, python: Path) -> None:
    """Let `groundswell` run from the checkout, and let pip say whether a package is missing."""
    environment, wanted = root / ENVIRONMENT, _digest(root, "pyproject.toml")
    if _stamp(environment, "checkout") != wanted:
        local = ("--no-deps", "--no-index", "--no-build-isolation", "--editable")
        _pip(python, "install", *local, str(root))
        _pip(python, "check")
        _write_stamp(environment, "checkout", wanted)


def _install_lock(python: Path, lock: Path) -> None:
    """Install what a lock names, without its bytecode.

    Python compiles what it imports, and pip would compile all files, most of which nobody imports.
    """
    count = len(re.findall(r"^[a-z0-9].*==", lock.read_text(encoding="utf-8"), re.MULTILINE))
    print(f"Installing the {count} packages of {lock.name} into {ENVIRONMENT}", flush=True)
    begun = time.monotonic()
    exact = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile")
    _pip(python, "install", *exact, "--requirement", str(lock), count=count)
    _pip(python, "check")
    print(f"Installed them in {time.monotonic() - begun:.0f} s", flush=True)


def _pip(python: Path, *arguments: str, count: int = 0) -> None:
    """Run pip, with a bar of the packages if their count is given and somebody is watching."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    watched = count and sys.stdout.isatty()
    lines: list[str] = []
    found = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            found += line.startswith("Collecting ")
            if watched:
                bar = "#" * (found * 40 // count)
                print(f"\r{bar:<40} {found} of {count} ", end="", flush=True)
    if watched:
        print("\r\x1b[K", end="", flush=True)
    if pip.returncode:
        raise NotInstalledError(explain("".join(lines)))


def explain(output: str) -> str:
    """Return in one line what went wrong, and what to do, from the output of venv or pip."""
    for pattern, meaning in _CAUSES:
        if found := re.search(pattern, output):
            return meaning.format(found[1] if found.groups() else "", **_facts())
    return _last_line(output)


def _facts() -> dict[str, object]:
    """Return what the explanations name of this machine."""
    return {
        "python": f"Python {platform.python_version()}",
        "debian": f"python{sys.version_info.major}.{sys.version_info.minor}-venv",
        "machine": f"{platform.system()} on {platform.machine()}",
        "free": shutil.disk_usage(".").free // _MEBIBYTE,
    }


def _last_line(output: str) -> str:
    """Return the last error of pip, or its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["pip ended without a word."])[-1]


_DISK = """\
the disk is full. A user's packages take 250 MB, a developer's 700, and {free} MB are free here. \
Make room, here and where temporary files are, and run make again."""
_RIGHTS = """\
{0} cannot be written. Give yourself the right to write here, or copy the checkout to a place \
that is yours."""
_VENV = "{python} has no venv. On Debian and Ubuntu: sudo apt install {debian}"
_PROXY = """\
the proxy does not let pip through to the package index. Look at HTTPS_PROXY, or at the proxy in \
pip's configuration, and run make again."""
_CERTIFICATE = """\
the certificate of the package index is not trusted here. If a proxy of yours signs it, name its \
certificate in PIP_CERT, and run make again."""
_BROKEN = """\
the connection to the package index broke off. Run make again; what has come is kept."""
_NETWORK = """\
the package index cannot be reached. Look at the network, or name another index in PIP_INDEX_URL, \
and run make again."""
_FORGED = """\
a file came that is not the locked one: it was cut off, or the package index offers another. \
Run make again, and if it says this again, do not go on with this index."""
_LACKING = "the package index has no {0} for {python} ({machine})."
_CAUSES: tuple[tuple[str, str], ...] = (
    ("No space left on device|Disk quota exceeded", _DISK),
    (r"(?:Read-only file system|Permission denied): '?([^'\n]*)'?", _RIGHTS),
    ("ensurepip is not|No module named '?(?:venv|ensurepip)", _VENV),
    ("ProxyError|[Cc]annot connect to proxy|Tunnel connection failed", _PROXY),
    ("CERTIFICATE_VERIFY_FAILED", _CERTIFICATE),
    ("DO NOT MATCH THE HASHES", _FORGED),
    ("Connection broken|IncompleteRead|Connection aborted|ConnectionReset|ProtocolError", _BROKEN),
    ("RemoteDisconnected|EOF occurred in violation|[Rr]ead timed out|ReadTimeout", _BROKEN),
    ("NewConnectionError|[Nn]ame ?[Rr]esolution|Name or service not known", _NETWORK),
    ("Network is unreachable|ConnectTimeout|Connection refused", _NETWORK),
    (r"No matching distribution found for ([^\s(]+)", _LACKING),
)
"""What pip and venv print, and what it means. The first that is found counts."""


if __name__ == "__main__":
    main()

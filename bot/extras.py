"""The extras of the package, which are libraries that not every team needs.

``pyproject.toml`` has the versions of their packages. A config that needs an extra which is not
installed is refused as a whole (``bot.config.reading``), because a loop that goes on without it
would post on some networks only. For that, packages are looked up and not imported. A package that
is there and yet cannot be imported is found by ``load``, before the loop sends anything.
"""

from __future__ import annotations

import shlex
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bot import __version__
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

CODES = {
    "G115": "A library that the config needs is in an extra, which must be installed on its own.",
    "G116": "A library of an extra is installed, and yet it cannot be imported.",
}

EXTRAS: Mapping[str, Mapping[str, str]] = {
    "alerts": {"apprise": "apprise"},
    "bluesky": {"libipld": "libipld", "atproto_client": "atproto"},
    "postgresql": {"psycopg": "psycopg"},
}
"""The modules of each extra, with the packages that bring them; a module follows those that it
imports. The extra of a platform has its name."""

_LONGEST_REASON = 300
"""Most characters that are shown of an exception's own words."""


def explain_lack(subject: str, extra: str) -> str:
    """Return the sentence that a subject lacks an extra, or "" if it is installed.

    The subject is the part of the config or of the program that needs the extra.
    """
    packages = EXTRAS[extra]
    absent = [package for module, package in packages.items() if not _is_installed(module)]
    if not absent:
        return ""
    if len(absent) == len(packages):
        return f"{subject} needs the extra {extra}, which is not installed."
    return f"{subject} needs the extra {extra}, of which {' and '.join(absent)} is not installed."


def _is_installed(module: str) -> bool:
    """Return whether a module can be found. A folder without code, as a removal leaves, cannot."""
    spec = find_spec(module)
    return spec is not None and spec.origin is not None


def load(subject: str, extra: str, modules: Collection[str] = ()) -> None:
    """Import the modules of an extra, or only these. Raise UserError if it is missing or broken."""
    if message := explain_lack(subject, extra):
        hint = f"Run: {install_command([extra])}"
        raise UserError([Problem(f"extra {extra}", 0, 0, "G115", message, hint)])
    for module, package in EXTRAS[extra].items():
        if modules and module not in modules:
            continue
        try:
            import_module(module)
        except Exception as error:  # a broken package may raise anything while it is imported
            reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
            message = f"{subject} needs {package}, which is installed but broken ({reason})."
            hint = f"Run: {install_command([extra], again=True)}"
            raise UserError([Problem(f"extra {extra}", 0, 0, "G116", message, hint)]) from error


def install_command(wanted: Iterable[str], *, again: bool = False) -> str:
    """Return the command that installs extras where this program is installed.

    It also names the extras that are installed, because ``uv tool`` and ``pipx`` would remove them
    otherwise, and the version, which must not change by the way. If this program was installed
    from a wheel that is still there, the command takes that, with the constraints beside it. With
    ``again``, packages that are there are replaced.
    """
    installed = (extra for extra in EXTRAS if not explain_lack("", extra))
    chosen = f"[{','.join(sorted({*wanted, *installed}))}]"
    package, limits = shlex.quote(f"groundswell{chosen}=={__version__}"), ""
    if wheel := _own_wheel():
        package = shlex.quote(f"{wheel}{chosen}")
        if (constraints := wheel.with_name("constraints.txt")).exists():
            limits = f"-c {shlex.quote(str(constraints))} "
    if (Path(sys.prefix) / "uv-receipt.toml").exists():
        return f"uv tool install {'--reinstall ' if again else ''}{limits}{package}"
    if (Path(sys.prefix) / "pipx_metadata.json").exists():
        handed = f"--pip-args={shlex.quote(limits.strip())} " if limits else ""
        return f"pipx install --force {handed}{package}"
    python = shlex.quote(sys.executable)
    if find_spec("pip"):
        return f"{python} -m pip install {'--force-reinstall ' if again else ''}{limits}{package}"
    return f"uv pip install --python {python} {'--reinstall ' if again else ''}{limits}{package}"


def _own_wheel() -> Path | None:
    """Return the wheel from which this program was installed, if it is still on this machine.

    Installers note it (PEP 610). An index may not have it, or have another under its name.
    """
    from importlib.metadata import PackageNotFoundError, distribution
    from json import loads
    from urllib.parse import unquote, urlsplit

    try:
        address = urlsplit(
            loads(distribution("groundswell").read_text("direct_url.json") or "")["url"]
        )
    except (PackageNotFoundError, ValueError, LookupError, TypeError):
        return None
    wheel = Path(unquote(address.path))
    return (
        wheel if address.scheme == "file" and wheel.suffix == ".whl" and wheel.is_file() else None
    )

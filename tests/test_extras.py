"""What a config needs and what is installed, without installing anything."""

from __future__ import annotations

import ast
import json
import re
import shlex
import sys
import tomllib
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CONFIG, PACKAGE, ROOT, write_file
from helpers.config import config_problems, load_config

from bot import __version__, extras
from bot.config import load
from bot.extras import EXTRAS, explain_lack, install_command
from bot.platforms import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Without = Callable[..., None]

BLUESKY = f"{CONFIG}  sky:\n    platform: bluesky\n    handle: our.example\n"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Without:
    """Return a function that lets modules be missing."""

    hidden: set[str] = set()
    find = "bot.extras.find_spec"
    monkeypatch.setattr(find, lambda name: None if name in hidden else find_spec(name))
    return lambda *modules: hidden.update(modules)


@pytest.fixture
def installed_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that notes the address from which the package was installed."""
    noted = tmp_path / f"groundswell-{__version__}.dist-info"
    write_file(noted / "METADATA", f"Name: groundswell\nVersion: {__version__}\n")
    monkeypatch.syspath_prepend(tmp_path)

    def note(address: str) -> None:
        write_file(noted / "direct_url.json", json.dumps({"url": address, "archive_info": {}}))

    return note


@pytest.fixture
def prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed_from: Callable[[str], None]
) -> Path:
    """The folder of this installation, empty, which came from an index."""
    installed_from("https://example.org/groundswell.whl")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    return tmp_path


def test_the_table_names_the_packages_of_the_project() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = tomllib.loads(text)["project"]["optional-dependencies"]
    assert wanted.pop("all") == [f"groundswell[{','.join(sorted(EXTRAS))}]"]
    assert wanted.keys() == EXTRAS.keys()
    for (
        extra,
        modules,
    ) in EXTRAS.items():  # the project also names what these bring, if it must be new
        assert {*modules.values()} <= {re.split(r"[<>=\[]", line)[0] for line in wanted[extra]}


def test_the_lock_has_every_extra() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for package in (package for modules in EXTRAS.values() for package in modules.values()):
        assert re.search(rf"^{package}(\[.*\])?==", lock, re.MULTILINE)


def imported_at_start(path: Path) -> Iterator[str]:
    """Yield the packages that a module of ours imports when it is imported itself."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_only_the_client_of_bluesky_imports_an_extra_at_its_start() -> None:
    """``connect`` imports that client, after it has looked for the extra."""
    modules = {"atproto_core", "atproto_server"}.union(*EXTRAS.values())
    paths = PACKAGE.rglob("*.py")
    found = {path for path in paths if modules & {*imported_at_start(path)}}
    assert {str(path.relative_to(PACKAGE.parent)) for path in found} == {
        "bot/platforms/bluesky/client.py",
        "bot/platforms/bluesky/repository.py",
        "bot/platforms/bluesky/transport.py",
    }


def test_a_platform_without_an_extra_needs_none(tmp_path: Path, without: Without) -> None:
    without(*(module for modules in EXTRAS.values() for module in modules))
    assert EXTRAS.keys() & PLATFORMS.keys() == {"bluesky"}
    assert load_config(tmp_path, CONFIG).accounts.keys() == {"our-x"}


# --- The messages ---------------------------------------------------------------------------------


def test_an_extra_is_missing_as_a_whole_or_in_part(without: Without) -> None:
    assert explain_lack("It", "bluesky") == ""
    without("libipld")
    part = "It needs the extra bluesky, of which libipld is not installed."
    assert explain_lack("It", "bluesky") == part
    without("libipld", "atproto_client")
    assert explain_lack("It", "bluesky") == "It needs the extra bluesky, which is not installed."


def test_the_folder_that_a_removed_package_leaves_behind_is_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "removed_package" / "__pycache__").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(extras, "EXTRAS", {"one": {"removed_package": "removed-package"}})
    assert explain_lack("It", "one") == "It needs the extra one, which is not installed."


@pytest.mark.parametrize(
    ("file", "first", "again"),
    [
        ("uv-receipt.toml", "uv tool install ", "uv tool install --reinstall "),
        ("pipx_metadata.json", "pipx install --force ", "pipx install --force "),
        ("pyvenv.cfg", "{}/bin/python -m pip install ", "--force-reinstall "),
    ],
)
def test_the_command_is_that_of_the_tool_by_which_groundswell_was_installed(
    file: str, first: str, again: str, prefix: Path, without: Without
) -> None:
    write_file(prefix / file, "")
    without("libipld", "apprise")
    package = f"'groundswell[bluesky,postgresql]=={__version__}'"  # the latter is there already
    assert install_command(["bluesky"]) == first.format(prefix) + package
    assert install_command(["bluesky"], again=True).endswith(again + package)


def test_without_pip_the_command_is_that_of_uv(prefix: Path, without: Without) -> None:
    without("pip", "apprise", "psycopg")
    package = f"'groundswell[alerts,bluesky]=={__version__}'"
    command = f"uv pip install --python {prefix}/bin/python {package}"
    assert install_command(["alerts"]) == command


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("uv-receipt.toml", "uv tool install -c {limits} {package}"),
        ("pipx_metadata.json", "pipx install --force --pip-args={pip_args} {package}"),
        ("pyvenv.cfg", "{prefix}/bin/python -m pip install -c {limits} {package}"),
    ],
)
def test_the_wheel_that_was_installed_is_taken_as_long_as_it_is_there(
    file: str, command: str, prefix: Path, without: Without, installed_from: Callable[[str], None]
) -> None:
    """No index has it before its release, and another may be there under the same name."""
    write_file(prefix / file, "")
    without("apprise", "psycopg", "libipld")
    wheel = write_file(prefix / "a b" / f"groundswell-{__version__}-py3-none-any.whl", "")
    from_index = f"'groundswell[bluesky]=={__version__}'"
    installed_from(wheel.as_uri())
    assert install_command(["bluesky"]).endswith(f" '{wheel}[bluesky]'")
    limits = write_file(wheel.with_name("constraints.txt"), "")
    taken = command.format(
        pip_args=shlex.quote(f"-c '{limits}'"),
        limits=f"'{limits}'",
        package=f"'{wheel}[bluesky]'",
        prefix=prefix,
    )
    assert install_command(["bluesky"]) == taken
    for other in ("https://example.org/groundswell.whl", "file:///tmp", "nothing"):
        installed_from(other)
        assert install_command(["bluesky"]).endswith(from_index)
    wheel.unlink()
    installed_from(wheel.as_uri())
    assert install_command(["bluesky"]).endswith(from_index)


# --- The config -----------------------------------------------------------------------------------


def test_each_extra_is_one_problem_at_the_first_place_that_needs_it(
    tmp_path: Path, prefix: Path, without: Without
) -> None:
    without("atproto_client", "libipld", "apprise", "psycopg")
    second = BLUESKY + "  sky-2: {platform: bluesky, handle: second.example}\n"
    text = f"{second}alerts:\n  channels: {{team: [failed]}}\ndatabase: postgres://h/d\n"
    package = f"'groundswell[alerts,bluesky,postgresql]=={__version__}'"
    hint = f"Run: {prefix}/bin/python -m pip install {package}"
    assert config_problems(tmp_path, text) == [
        f"config.yaml:{place}: G115 {subject} needs the extra {extra}, which is not installed. "
        f"{hint}"
        for place, subject, extra in (
            ("6:15", "accounts.sky.platform", "bluesky"),
            ("10:3", "alerts.channels", "alerts"),
            ("11:11", "database", "postgresql"),
        )
    ]


def test_the_other_mistakes_of_the_config_are_listed_too(tmp_path: Path, without: Without) -> None:
    without("libipld")
    text = f"{BLUESKY}    mastodon: {{characters: 300}}\n"
    assert [problem.split()[1] for problem in config_problems(tmp_path, text)] == ["G115", "G103"]


def test_an_address_in_the_environment_is_the_database_that_counts(
    tmp_path: Path, without: Without
) -> None:
    without("psycopg")
    found = config_problems(tmp_path, CONFIG, GROUNDSWELL_DATABASE="postgresql://u:geheim@h/d")
    words = "The database needs the extra postgresql, which is not installed."
    assert [problem.split(" Run")[0] for problem in found] == [
        f"GROUNDSWELL_DATABASE: G115 {words}"
    ]
    file = write_file(tmp_path / "config.yaml", f"{CONFIG}database: postgresql://h/d\n")
    assert load(file, {"GROUNDSWELL_DATABASE": "ours.db"}).database.startswith("sqlite:")


@pytest.mark.parametrize("name", ["postgres.db", "postgresql/ours.db", "sqlite:///postgres.db"])
def test_a_file_is_not_a_server_whatever_its_name(
    tmp_path: Path, without: Without, name: str
) -> None:
    without("psycopg")
    file = write_file(tmp_path / "config.yaml", f"{CONFIG}database: {name}\n")
    assert load(file, {}).database.startswith("sqlite:")
    assert load(file, {"GROUNDSWELL_DATABASE": name}).database.startswith("sqlite:")


def test_a_command_that_stops_or_simulates_reads_the_config_without_extras(
    tmp_path: Path, without: Without
) -> None:
    without("libipld", "apprise", "psycopg")
    text = f"{BLUESKY}alerts: {{channels: {{team: [failed]}}}}\ndatabase: postgresql://h/d\n"
    file = write_file(tmp_path / "config.yaml", text)
    assert load(file, {}, without_extras=True).accounts.keys() == {"our-x", "sky"}

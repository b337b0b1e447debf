"""The recipe of the image, and the wheels that go into it; `make try-image` builds and tries it."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib

import pytest
from distribution.runtime import runtime_in
from helpers.cli import ROOT
from image.wheels import is_for_image

from bot.cli.main import COMMANDS
from bot.config.secrets import is_secret_name

CONTAINERFILE = ROOT / ".ci" / "Containerfile"


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage with their arguments."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = filter(None, re.sub(r"\\\n\s*", "", text).splitlines())
    found: list[list[tuple[str, str]]] = [[]]
    for name, _, value in (line.partition(" ") for line in lines):
        if name == "FROM":
            found.append([])
        found[-1].append((name, value))
    return found


def last(name: str) -> list[str]:
    return [value for instruction, value in stages()[-1] if instruction == name]


def test_the_last_stage_only_copies() -> None:
    assert last("FROM") == ["scratch"]
    assert not {"RUN", "ADD", "SHELL"} & {name for name, _ in stages()[-1]}
    assert all("--from=builder" in value for value in last("COPY"))


def test_it_runs_as_a_fixed_user_who_owns_one_volume() -> None:
    (user,) = last("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert last("VOLUME") == last("WORKDIR") == ["/campaign"]
    assert any(
        f"--chown={user}" in value and value.endswith(" /campaign") for value in last("COPY")
    )
    root = (ROOT / ".ci" / "image" / "root.sh").read_text(encoding="utf-8")
    assert f"groundswell:x:{user}:" in root


def test_it_runs_any_command_and_the_loop_by_default() -> None:
    (entrypoint,), (command,) = last("ENTRYPOINT"), last("CMD")
    assert (json.loads(entrypoint), json.loads(command)) == (["groundswell"], ["run"])
    (check,) = last("HEALTHCHECK")
    first, *arguments = json.loads(check.partition("CMD ")[2])
    assert [first, *arguments] == ["groundswell", "status", "--json"]
    assert arguments[0] in COMMANDS


def test_the_engine_stops_it_by_the_signal_that_the_loop_knows() -> None:
    assert last("STOPSIGNAL") == ["SIGTERM"]


def test_no_secret_and_no_setting_of_ours_is_in_the_image() -> None:
    names = re.findall(r"([A-Z_]+)=", " ".join([*last("ENV"), *last("ARG")]))
    assert names
    assert not [name for name in names if is_secret_name(name) or name.startswith("GROUNDSWELL_")]


def test_pip_asks_no_network_and_takes_the_versions_of_the_release() -> None:
    runs = " ".join(value for name, value in stages()[1] if name == "RUN")
    assert "--no-index" in runs
    assert "--constraint /build/constraints.txt" in runs


def test_the_extras_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (extras,) = [
        value.partition("=")[2] for name, value in stages()[1] if value.startswith("EXTRAS=")
    ]
    assert {*extras.split(",")} <= project["optional-dependencies"].keys()


def test_the_script_of_the_root_is_of_a_plain_shell() -> None:
    subprocess.run(["sh", "-n", str(ROOT / ".ci" / "image" / "root.sh")], check=True)  # noqa: S607


@pytest.mark.parametrize(
    ("name", "is_wanted"),
    [("sqlalchemy", True), ("secretstorage", True), ("backports-tarfile", False)],
)
def test_the_wheels_are_those_for_the_python_of_the_image(name: str, *, is_wanted: bool) -> None:
    pins = {pin.name: pin for pin in runtime_in(ROOT).pins}
    assert is_for_image(pins[name]) == is_wanted
    assert all(pin.hashes for pin in pins.values())

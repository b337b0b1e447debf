"""The compose file, as docker-compose reads it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.extras import skip_without
from helpers.ports import free_port
from helpers.web import serve_site

from bot.cli.main import COMMANDS

FILE = Path(__file__).resolve().parents[2] / "docs" / "deploy" / "compose.yaml"
OURS = ("loop", "web")


@pytest.fixture(scope="module")
def composed() -> Any:
    """Return the whole file, with all defaults filled in."""
    if not shutil.which("docker-compose"):
        skip_without("docker-compose", "apt install docker-compose")
    ran = subprocess.run(
        ["docker-compose", "--file", str(FILE), "config", "--format", "json"],  # noqa: S607
        env={"PATH": os.environ["PATH"], "CONTROL_ROOM": "control.example.org"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return json.loads(ran.stdout)


def secrets_of(composed: Any, name: str) -> set[str]:
    return {secret["source"] for secret in composed["services"][name].get("secrets", [])}


def test_only_the_loop_gets_secrets_of_platforms(composed: Any) -> None:
    assert secrets_of(composed, "loop") > {"GROUNDSWELL_DATABASE"}
    assert secrets_of(composed, "web") == {"GROUNDSWELL_DATABASE"}
    assert secrets_of(composed, "database") == {"database-password"}
    assert secrets_of(composed, "proxy") == set()


def test_no_secret_is_in_the_file(composed: Any) -> None:
    for service in composed["services"].values():
        for name, value in (service.get("environment") or {}).items():
            assert name in {"GROUNDSWELL_SECRETS", "POSTGRES_USER", "POSTGRES_DB"} or (
                name.endswith("_FILE") and value.startswith("/run/secrets/")
            )


def test_all_services_run_without_rights(composed: Any) -> None:
    for service in composed["services"].values():
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
    given = {name: of["cap_add"] for name, of in composed["services"].items() if "cap_add" in of}
    assert given == {"proxy": ["NET_BIND_SERVICE"]}


def test_the_control_room_and_the_database_reach_nothing_outside(composed: Any) -> None:
    inside = {name for name, of in composed["networks"].items() if of.get("internal")}
    networks = {name: {*of["networks"]} for name, of in composed["services"].items()}
    assert networks["web"] <= inside
    assert networks["database"] <= inside
    assert networks["loop"] - inside
    assert networks["loop"] & networks["web"] == networks["database"]
    assert not networks["proxy"] & networks["database"]
    assert not networks["proxy"] & networks["loop"]
    assert [name for name, of in composed["services"].items() if of.get("ports")] == ["proxy"]


def test_the_control_room_believes_the_proxy_alone(composed: Any) -> None:
    services = composed["services"]
    command = services["web"]["command"]
    believed = command[command.index("--proxy") + 1]
    assert services["proxy"]["networks"]["front"]["ipv4_address"] == believed
    assert services["web"]["networks"]["front"]["ipv4_address"] != believed


def test_the_control_room_cannot_change_the_files(composed: Any) -> None:
    (volume,) = composed["services"]["web"]["volumes"]
    assert volume["read_only"] is True
    assert volume["target"] == "/campaign"


def test_every_image_has_a_tag_or_is_built_here(composed: Any) -> None:
    images = {name: of["image"] for name, of in composed["services"].items()}
    assert {images.pop(name) for name in OURS} == {"localhost/groundswell"}
    assert all(re.fullmatch(r"docker\.io/library/[a-z]+:\d+", image) for image in images.values())


def test_the_commands_are_ours_and_have_time_to_stop(composed: Any) -> None:
    for name in OURS:
        service = composed["services"][name]
        assert service["command"][0] in COMMANDS
        assert service["stop_grace_period"] == "15s"


def test_a_check_of_health_is_the_same_for_podman_which_splits_it_at_spaces(composed: Any) -> None:
    for name in ("web", "database"):
        kind, *words = composed["services"][name]["healthcheck"]["test"]
        assert kind == "CMD"
        assert words == " ".join(words).split()


def test_the_check_of_the_control_room_fails_unless_it_answers(
    composed: Any, tmp_path: Path
) -> None:
    _, python, *arguments = composed["services"]["web"]["healthcheck"]["test"]
    assert python == "python"

    (tmp_path / "urllib.py").write_text("raise SystemExit(0)")  # as somebody may write into posts

    def check(port: int) -> int:
        code = arguments[-1].replace(":8080/", f":{port}/")
        command = [sys.executable, *arguments[:-1], code]
        ran = subprocess.run(command, check=False, capture_output=True, cwd=tmp_path)
        return ran.returncode

    assert check(free_port()) == 1
    with serve_site(tmp_path) as site:
        assert check(site.addresses.port) == 0

"""Secrets as files of a folder, as containers and systemd hand them over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.cli import CONFIG, bare_environment, run_cli_process, write_file

from bot.config import without_secrets
from bot.config.secret_files import read_secret_files
from bot.config.secrets import secrets_in_environment
from bot.errors import UserError

TOKEN = "GROUNDSWELL_OUR_X_ACCESS_TOKEN"
CANARY = "98765432-Q7wErT2yUiOp4AsDfGhJ6kLzXcVbN8m"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "secrets"
    made.mkdir()
    return made


@pytest.fixture
def environ(folder: Path) -> dict[str, str]:
    return {"GROUNDSWELL_SECRETS": str(folder)}


def secret(folder: Path, text: str | bytes = CANARY, name: str = TOKEN, mode: int = 0o444) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (CANARY, CANARY),
        (f"{CANARY}\n", CANARY),
        (f"{CANARY}\r\n", CANARY),
        (f"{CANARY}\n\n", f"{CANARY}\n"),
        ("", ""),
    ],
)
def test_a_file_stands_for_its_variable(
    folder: Path, environ: dict[str, str], text: str, value: str
) -> None:
    secret(folder, text)
    assert read_secret_files(environ) == {TOKEN: value}


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o444, 0o600, 0o644])
def test_others_may_read_it_as_in_a_container(
    folder: Path, environ: dict[str, str], mode: int
) -> None:
    secret(folder, mode=mode)
    assert read_secret_files(environ)


def test_a_variable_that_is_set_takes_precedence(folder: Path, environ: dict[str, str]) -> None:
    secret(folder)
    assert read_secret_files({**environ, TOKEN: "own"}) == {}
    assert read_secret_files({**environ, TOKEN: " "}) == {TOKEN: CANARY}


def test_other_files_are_other_programs(folder: Path, environ: dict[str, str]) -> None:
    names = ("POSTGRES_PASSWORD", "groundswell_our_x", "GROUNDSWELL_", "..data", TOKEN + ".old")
    for name in (*names, "GROUNDSWELL_CONFIG", "GROUNDSWELL_SECRETS"):
        secret(folder, name=name)
    assert read_secret_files(environ) == {}


def test_links_are_followed_as_kubernetes_makes_them(folder: Path, environ: dict[str, str]) -> None:
    (folder / "..2026").mkdir()
    secret(folder / "..2026")
    (folder / "..data").symlink_to("..2026")
    (folder / TOKEN).symlink_to(f"..data/{TOKEN}")
    assert read_secret_files(environ) == {TOKEN: CANARY}


def test_systemd_has_a_folder_of_its_own(folder: Path) -> None:
    secret(folder)
    assert read_secret_files({"CREDENTIALS_DIRECTORY": str(folder)}) == {TOKEN: CANARY}
    assert read_secret_files({"CREDENTIALS_DIRECTORY": str(folder / "none")}) == {}


def test_a_folder_that_is_named_must_be_there(folder: Path) -> None:
    for name, why in (("none", "No such file or directory"), (TOKEN, "Not a directory")):
        words = f"{name}: G204 GROUNDSWELL_SECRETS names this folder, which cannot be read: {why}. "
        secret(folder)
        with pytest.raises(UserError, match=f"{words}Correct the variable, or unset it"):
            read_secret_files({"GROUNDSWELL_SECRETS": str(folder / name)})


def test_every_file_that_must_not_be_used_is_named(folder: Path, environ: dict[str, str]) -> None:
    secret(folder, mode=0o666)
    secret(folder, b"\xff" + CANARY.encode(), name="GROUNDSWELL_A_B")
    secret(folder, CANARY + "\0", name="GROUNDSWELL_A_C")
    secret(folder, CANARY * 10_000, name="GROUNDSWELL_A_D")
    os.mkfifo(folder / "GROUNDSWELL_A_E")
    (folder / "GROUNDSWELL_A_F").mkdir()
    (folder / "GROUNDSWELL_A_G").symlink_to("nowhere")
    (folder / "GROUNDSWELL_A_H").symlink_to("GROUNDSWELL_A_H")
    with pytest.raises(UserError) as raised:
        read_secret_files(environ)
    names = {Path(problem.file).name for problem in raised.value.problems}
    assert names == {TOKEN, *(f"GROUNDSWELL_A_{letter}" for letter in "BCDEFGH")}
    assert CANARY[:8] not in str(raised.value)


def test_a_folder_in_a_campaign_is_refused(folder: Path, environ: dict[str, str]) -> None:
    secret(folder)
    write_file(folder.parent / "config.yaml", CONFIG)
    with pytest.raises(UserError, match=r"part of a campaign, .* Set GROUNDSWELL_SECRETS to"):
        read_secret_files(environ)


def test_a_link_into_a_campaign_is_refused(
    folder: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    secret(folder, name="GROUNDSWELL_A_B")
    write_file(tmp_path / "campaign" / "config.yaml", CONFIG)
    (folder / TOKEN).symlink_to(secret(tmp_path / "campaign"))
    with pytest.raises(UserError, match="would be part of a campaign"):
        read_secret_files(environ)


def test_the_path_is_not_a_secret_and_goes_with_the_secrets(environ: dict[str, str]) -> None:
    assert secrets_in_environment(environ) == []
    assert without_secrets({**environ, "CREDENTIALS_DIRECTORY": "/x", "HOME": "/h"}) == {
        "HOME": "/h"
    }


# --- In a process ---------------------------------------------------------------------------------


def test_commands_find_them_and_hide_them(tmp_path: Path, folder: Path) -> None:
    project = tmp_path / "project"
    write_file(project / "config.yaml", CONFIG)
    secret(folder)
    secret(folder, "elsewhere.db\n", name="GROUNDSWELL_DATABASE")
    env = {"GROUNDSWELL_SECRETS": str(folder)}
    ran = run_cli_process("accounts", "list", "--json", cwd=project, env=env)
    [account] = json.loads(ran.out)
    assert account["secrets"]["access_token"] == "environment"
    assert account["secrets"]["consumer_key"] == "missing"
    ran = run_cli_process("status", cwd=project, env=env)
    assert "elsewhere.db" in ran.out + ran.err
    assert CANARY not in ran.out + ran.err


def test_a_broken_secret_does_not_stand_in_the_way_of_a_stop(tmp_path: Path, folder: Path) -> None:
    project = tmp_path / "project"
    write_file(project / "config.yaml", CONFIG)
    secret(folder, b"\xff")
    secret(folder, "elsewhere.db\n", name="GROUNDSWELL_DATABASE", mode=0o600)
    env = {"GROUNDSWELL_SECRETS": str(folder)}
    ran = run_cli_process("pause", cwd=project, env=env)
    assert (ran.code, (project / "elsewhere.db").exists()) == (0, True)
    assert run_cli_process("resume", cwd=project, env=env).code == 1
    secret(folder, "\0", name="GROUNDSWELL_DATABASE")  # nobody can know which database is meant
    assert run_cli_process("pause", cwd=project, env=env).code == 1


def test_help_needs_no_folder(tmp_path: Path) -> None:
    env = {"GROUNDSWELL_SECRETS": "/none"}
    assert run_cli_process("--help", cwd=tmp_path, env=env).code == 0
    ran = run_cli_process("status", cwd=tmp_path, env=env)
    assert (ran.code, "G204" in ran.err) == (1, True)


def test_no_child_inherits_them_with_the_control_room(tmp_path: Path, folder: Path) -> None:
    """The server starts anew without them, and without the folder that would bring them back."""
    write_file(tmp_path / "project" / "config.yaml", CONFIG)
    secret(folder)
    secret(folder, "groundswell.db", name="GROUNDSWELL_DATABASE")
    code = "import os, sys; from bot.cli import main, serving; main.run(sys.argv[1:])"
    code = code.replace("main.run", "os.execve = lambda *a: print(sorted(a[2])); main.run")
    env = {**bare_environment(tmp_path), "GROUNDSWELL_SECRETS": str(folder)}
    command = [sys.executable, "-c", code, "web", "--host", "192.0.2.7"]
    ran = subprocess.run(
        command, cwd=tmp_path / "project", env=env, capture_output=True, text=True, check=False
    )
    kept = ran.stdout.splitlines()[0]
    assert "GROUNDSWELL_DATABASE" in kept
    assert "GROUNDSWELL_SECRETS" not in kept
    assert TOKEN not in kept

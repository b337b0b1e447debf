from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
from helpers.cli import (
    CONFIG,
    ROOT,
    bare_environment,
    run_cli,
    run_cli_process,
    start_command,
    write_file,
)
from helpers.platforms import SEND_KEY
from helpers.ports import free_port

from bot.config import load
from bot.model import Account, Content, Part
from bot.platforms import load_platform
from bot.platforms.options import XOptions
from bot.services.simulation import REHEARSAL_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.x.spec import Spelling


SECRET = re.compile(
    r"export GROUNDSWELL_(\w+?)_((?:CONSUMER|ACCESS)_(?:KEY|SECRET|TOKEN|TOKEN_SECRET))=(\S+)"
)
POST = "campaign: ours\ntitle: Ours\ntimezone: UTC\naccounts: [our-x]\nposts:\n"


class Sandbox:
    """``groundswell sandbox`` as a process, and what it printed until it was ready."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.port = free_port(3)
        command = ["sandbox", "--port", str(self.port), *args]
        reading, writing = os.pipe()
        with Path(os.devnull).open("rb") as nothing, os.fdopen(writing, "wb") as stream:
            streams = [nothing.fileno(), stream.fileno(), stream.fileno()]
            env = bare_environment(folder)
            self.process = start_command(command, cwd=folder, env=env, streams=streams)
        self.output = os.fdopen(reading, encoding="utf-8")
        self.lines: list[str] = []
        for line in self.output:
            self.lines.append(line.rstrip("\n"))
            if line == "Ctrl-C stops it.\n":
                break

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.output.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def secrets(self) -> dict[str, str]:
        """Return the first account's secrets, as it printed them."""
        found = (SECRET.fullmatch(line) for line in reversed(self.lines))
        return {match[2].lower(): match[3] for match in found if match}

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path, "--handle", "our_name", "--handle", "partner") as made:
        yield made


def test_it_says_where_it_is_and_how_to_sign_in(sandbox: Sandbox) -> None:
    assert sandbox.lines[0] == "Sandbox: a simulated X. Nobody sees these posts."
    assert sandbox.lines[1].endswith(f" {sandbox.url}")
    assert "  @our_name (our_name)" in sandbox.lines
    assert "  @partner (partner)" in sandbox.lines
    assert len(sandbox.secrets) == 4
    with urllib.request.urlopen(sandbox.url, timeout=10) as page:
        assert b"simulated" in page.read().lower()


def test_printed_lines_are_all_that_run_needs(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    write_file(folder / "config.yaml", CONFIG + f"    api: {sandbox.url}\n")
    write_file(folder / "posts" / "ours.yaml", POST)
    env = {f"GROUNDSWELL_OUR_X_{name.upper()}": value for name, value in sandbox.secrets.items()}
    ran = run_cli_process("accounts", "check", cwd=folder, env=env)
    assert ran.code == 0, ran.out + ran.err
    assert "@our_name" in ran.out


def test_beside_a_config_a_shell_takes_its_lines_as_they_are(tmp_path: Path) -> None:
    """Named for the account that has the handle, however it is written there."""
    write_file(tmp_path / "config.yaml", CONFIG.replace("our_name", '"@Our_Name"'))
    with Sandbox(tmp_path, "--handle", "our_name", "--handle", "partner") as made:
        config = (tmp_path / "config.yaml").read_text() + f"    api: {made.url}\n"
        write_file(tmp_path / "config.yaml", config)
        write_file(tmp_path / "posts" / "ours.yaml", POST)
        exports = [line for line in made.lines if line.startswith("export ")]
        assert [line.split("_")[1] for line in exports[4:]] == ["PARTNER"] * 4
        script = "\n".join([*exports, f"exec {sys.executable} -m bot accounts check"])
        ran = subprocess.run(
            ["bash", "-euc", script],  # noqa: S607 - the reader's own
            cwd=tmp_path,
            env=bare_environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "@our_name" in ran.stdout


THREE = """
accounts:
  our-x: {platform: x, handle: our_name, api: "http://127.0.0.1:PORT"}
  our-masto: {platform: mastodon, handle: us@social.example, api: "http://127.0.0.1:NEXT"}
  our-sky: {platform: bluesky, handle: us.bsky.social, api: "http://127.0.0.1:THIRD"}
"""


def on_ports(first: int) -> str:
    text = THREE
    for place, word in enumerate(("PORT", "NEXT", "THIRD")):
        text = text.replace(word, str(first + place))
    return text


def test_all_accounts_of_the_config_are_played_each_platform_on_its_port(tmp_path: Path) -> None:
    write_file(tmp_path / "config.yaml", on_ports(9))
    with Sandbox(tmp_path) as made:
        config = on_ports(made.port)
        write_file(tmp_path / "config.yaml", config)
        write_file(tmp_path / "posts" / "ours.yaml", POST)
        assert f"  in config.yaml      api: http://127.0.0.1:{made.port + 1}" in made.lines
        exports = [line for line in made.lines if line.startswith("export ")]
        assert [line.partition("=")[0] for line in exports[4:]] == [
            "export GROUNDSWELL_OUR_MASTO_ACCESS_TOKEN",
            "export GROUNDSWELL_OUR_SKY_APP_PASSWORD",
        ]
        pairs = (line.removeprefix("export ").split("=") for line in exports)
        env = dict(pairs)
        ran = run_cli_process("accounts", "check", cwd=tmp_path, env=env)
        assert ran.code == 0, ran.out + ran.err
        for handle in ("@our_name", "us@social.example", "us.bsky.social"):
            assert handle in ran.out


def test_a_handle_with_a_server_is_on_mastodon(tmp_path: Path) -> None:
    handles = ("@us@social.example", "us@other.example", "them@social.example")
    args = [arg for handle in handles for arg in ("--handle", handle)]
    with Sandbox(tmp_path, "--minimal", *args) as made:
        assert not any("simulated X" in line for line in made.lines)
        servers = [line.split()[1] for line in made.lines if line.startswith("  domain")]
        assert servers == ["social.example", "other.example"]
        assert any("server              minimal: ignores" in line for line in made.lines)
        names = [line.split("_ACCESS")[0] for line in made.lines if line.startswith("export")]
        assert names == [
            "export GROUNDSWELL_US_SOCIAL_EXAMPLE",
            "export GROUNDSWELL_THEM_SOCIAL_EXAMPLE",
            "export GROUNDSWELL_US_OTHER_EXAMPLE",
        ]


def test_a_broken_config_does_not_keep_the_sandbox_from_starting(tmp_path: Path) -> None:
    write_file(tmp_path / "config.yaml", "accounts: [\n")
    with Sandbox(tmp_path, "--handle", "our_name") as made:
        assert {match[1] for match in map(SECRET.fullmatch, made.lines) if match} == {"OUR_NAME"}


@pytest.mark.parametrize(("spelling", "version"), [("tweet", "2.166"), ("post", "2.167")])
def test_it_says_which_field_names_it_knows(
    tmp_path: Path, spelling: Spelling, version: str
) -> None:
    with Sandbox(tmp_path, "--spelling", spelling) as made:
        [said] = [line for line in made.lines if line.startswith("  field names ")]
        assert said.split()[2] == spelling
        assert version in said
        account = Account(
            "ours", "x", "mediajustice", made.url, options=XOptions(field_spelling=spelling)
        )
        client = load_platform("x").connect(account, made.secrets)
        said = client.payload(Content((Part("Hello"),)), 0, [], None)
        client.publish(said, SEND_KEY)
        assert len(client.find(said, datetime.now(UTC)).matches) == 1


def test_accounts_that_share_an_app_pay_for_reading_but_the_first(tmp_path: Path) -> None:
    with Sandbox(tmp_path, "--one-app", "--handle", "our_name", "--handle", "partner") as made:
        keys = {line.partition("=")[2] for line in made.lines if "CONSUMER_KEY" in line}
        assert len(keys) == 1
        account = Account("partner", "x", "partner", made.url, options=XOptions(owns_app=False))
        found = filter(None, map(SECRET.fullmatch, made.lines))
        partners = {match[2].lower(): match[3] for match in found if match[1] == "PARTNER"}
        client = load_platform("x").connect(account, partners)
        said = client.payload(Content((Part("Hello"),)), 0, [], None)
        out = client.publish(said, SEND_KEY)
        charges = client.fetch_counters([(out.remote_id, out.at)]).charges
        with urllib.request.urlopen(f"{made.url}/sandbox/ledger", timeout=10) as answer:
            billed = [entry["item"] for entry in json.load(answer)["entries"]]
        assert billed == ["post", *(charge.item for charge in charges)] == ["post", "post_read"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(sandbox: Sandbox, number: int) -> None:
    """Ctrl-C is the normal end, not a failure."""
    assert sandbox.end(number) == 0
    assert "Traceback" not in sandbox.output.read()


def test_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = run_cli("sandbox", "--port", str(port))
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.splitlines() == [
        f"127.0.0.1:{port}: N101 Cannot serve: the port is taken. Choose another with --port.",
        "1 problem",
    ]


def test_port_after_the_last_one_is_one_line() -> None:
    handles = ("--handle", "us", "--handle", "us@social.example")
    ran = run_cli("sandbox", "--port", "65535", *handles)
    assert ran.code == 1
    assert "127.0.0.1:6553" in ran.err
    assert " N101 Cannot serve: " in ran.err


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1"])
def test_port_that_is_none_is_a_wrong_usage(port: str) -> None:
    assert run_cli("sandbox", "--port", port).code == 2


HANDLES = {
    "twice": ["--handle", "ours", "--handle", "Ours"],
    "not a handle": ["--handle", "not a handle"],
    "empty": ["--handle", ""],
    "too long": ["--handle", "x" * 16],
    "no server": ["--handle", "us@"],
    "no name": ["--handle", "@@social.example"],
    "too long for mastodon": ["--handle", f"{'x' * 31}@social.example"],
    "twice on mastodon": ["--handle", "us@social.example", "--handle", "@Us@Social.example"],
}


@pytest.mark.parametrize("which", HANDLES)
def test_handle_that_the_platform_would_not_have_is_one_line(which: str) -> None:
    ran = run_cli("sandbox", "--port", str(free_port()), *HANDLES[which])
    assert ran.code == 1
    assert ran.out == ""
    problem, count = ran.err.splitlines()
    assert problem.startswith("--handle: N102 ")
    assert count == "1 problem"


def test_handle_may_be_written_with_its_at(tmp_path: Path) -> None:
    with Sandbox(tmp_path, "--handle", "@our_name") as made:
        assert "  @our_name (our_name)" in made.lines


TUTORIAL = """\
accounts:
  our-x: { platform: x, handle: our_name, quiet: 22:00-07:00 }
  our-mastodon: { platform: mastodon, handle: our_name@social.example }
  our-bluesky:
    platform: bluesky
    handle: our-name.bsky.social
    api: https://pds.example.org
alerts: { channels: { team: [failed] } }
"""


def test_a_rehearsal_has_all_accounts_on_the_sandbox_and_a_database_of_its_own(
    tmp_path: Path,
) -> None:
    write_file(tmp_path / "config.yaml", TUTORIAL)
    write_file(tmp_path / "posts" / "ours.yaml", POST)
    with Sandbox(tmp_path, "--rehearsal", "rehearsal.yaml") as made:
        assert "Wrote rehearsal.yaml. Use it with --config rehearsal.yaml" in made.lines
        config = load(tmp_path / "rehearsal.yaml", {})
        ports = {name: account.api for name, account in config.accounts.items()}
        first = int(made.url.rpartition(":")[2])
        assert ports == {
            name: f"http://127.0.0.1:{first + place}"
            for place, name in enumerate(["our-x", "our-mastodon", "our-bluesky"])
        }
        assert config.accounts["our-x"].quiet
        assert config.alerts.channels == {}
        assert config.database_name.endswith("/rehearsal.db")
        exports = [line for line in made.lines if line.startswith("export ")]
        check = f"exec {sys.executable} -m bot accounts check --config rehearsal.yaml"
        ran = subprocess.run(
            ["sh", "-c", "\n".join([*exports, check])],  # noqa: S607 - the reader's own
            cwd=tmp_path,
            env={**bare_environment(tmp_path), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_rehearsal_does_not_overwrite_a_file_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "config.yaml", CONFIG)
    port = str(free_port())
    ran = run_cli("sandbox", "--port", port, "--rehearsal", "config.yaml")
    assert ran.code == 1
    assert ran.err.startswith("config.yaml: N103 This file is not the config of a rehearsal.")
    assert (tmp_path / "config.yaml").read_text() == CONFIG


def test_a_rehearsal_is_not_made_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With GROUNDSWELL_CONFIG still set, changes of config.yaml would have no effect."""
    monkeypatch.chdir(tmp_path)
    text = f"{REHEARSAL_HEADER}{CONFIG}"
    write_file(tmp_path / "rehearsal.yaml", text)
    monkeypatch.setenv("GROUNDSWELL_CONFIG", "rehearsal.yaml")
    ran = run_cli("sandbox", "--port", str(free_port()), "--rehearsal", "rehearsal.yaml")
    assert ran.code == 1
    assert ran.err.startswith("rehearsal.yaml: N103 GROUNDSWELL_CONFIG names this file")
    assert (tmp_path / "rehearsal.yaml").read_text() == text


def test_a_rehearsal_without_an_account_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "config.yaml", CONFIG)
    asked = ("--handle", "stranger", "--rehearsal", "rehearsal.yaml")
    ran = run_cli("sandbox", "--port", str(free_port()), *asked)
    assert ran.code == 1
    assert "rehearsal.yaml: N104 No account of the config has the handle." in ran.err
    assert not (tmp_path / "rehearsal.yaml").exists()


def test_a_handle_that_no_account_has_is_shown(tmp_path: Path) -> None:
    write_file(tmp_path / "config.yaml", CONFIG.replace("our_name", "city_voice"))
    with Sandbox(tmp_path, "--handle", "our_name") as made:
        pass
    note = "config.yaml has no account with the handle our_name. Its secrets are named after"
    assert any(line.startswith(note) for line in made.lines)

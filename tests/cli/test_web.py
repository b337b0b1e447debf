"""``groundswell web``: the server, people with their passwords, and login links."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import segno
from helpers.cli import (
    CONFIG,
    bare_environment,
    run_cli,
    run_cli_process,
    start_command,
    write_file,
)
from helpers.login import Terminal
from helpers.passwords import cheap_hashes
from helpers.ports import free_port
from helpers.service_manager import listening

from bot.cli.web import qr_code

PASSWORD = "violet harbor 17"
ADD = ("web", "user", "add")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cheap_hashes(monkeypatch)
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "config.yaml", CONFIG)
    return tmp_path


def add(name: str = "Ana", *more: str, role: str = "approve") -> str:
    ran = run_cli(*ADD, name, "--role", role, "--phrase", *more)
    assert ran.code == 0, ran.err
    return ran.out.splitlines()[-1].strip()


def document(*args: str) -> Any:
    ran = run_cli(*args, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


class Served:
    """``groundswell web`` as a process, once it says where it is."""

    def __init__(self, folder: Path, *options: str, **environ: str) -> None:
        self.port = free_port()
        reading, writing = os.pipe()
        with Path(os.devnull).open("r+b") as nothing, os.fdopen(writing, "wb") as errors:
            self.process = start_command(
                ["web", "--port", str(self.port), *options],
                cwd=folder,
                env={**bare_environment(folder), **environ},
                streams=[nothing.fileno(), nothing.fileno(), errors.fileno()],
            )
        self.errors = os.fdopen(reading, encoding="utf-8")
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.errors.close()

    def read(self) -> str:
        return self.errors.readline()


def test_the_control_room_is_served_until_ctrl_c(folder: Path) -> None:
    with Served(folder) as served:
        url = f"http://127.0.0.1:{served.port}"
        assert served.read() == f"The control room is at {url} until Ctrl-C.\n"
        assert served.read().startswith("Nobody can sign in yet: groundswell web user add NAME")
        add()
        made = run_cli("web", "link", "Ana", "--port", str(served.port))
        page = httpx.get(made.out.splitlines()[1])
        assert (page.status_code, "Ana" in page.text) == (200, True)
        # The loop goes first if both want the processor.
        niceness = os.getpriority(os.PRIO_PROCESS, served.process.pid)
        assert niceness > os.getpriority(os.PRIO_PROCESS, 0)
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(20) == 130
        assert served.errors.read() == ""


def test_as_a_service_it_is_ready_once_it_answers_and_alive_while_it_does(folder: Path) -> None:
    with (
        listening() as systemd,
        Served(folder, NOTIFY_SOCKET=systemd.address, WATCHDOG_USEC="2000000") as served,
    ):
        systemd.until(lambda lines: "READY=1" in lines)
        assert httpx.get(f"http://127.0.0.1:{served.port}/sign-in").status_code == 200
        other = sqlite3.connect(folder / "groundswell.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")  # a database that cannot be written is not its failure
        lines = systemd.until(lambda lines: lines.count("WATCHDOG=1") >= 5)
        other.close()
        assert f"STATUS=serves http://127.0.0.1:{served.port}" in lines
        assert "STOPPING=1" not in lines
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(20) == -signal.SIGTERM  # which systemd takes for a clean end
        assert systemd.receive()[-1] == "STOPPING=1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "room.example"])  # noqa: S104
def test_others_reach_it_by_https_only(host: str) -> None:
    ran = run_cli("web", "--host", host)
    assert ran.code == 1
    assert f"W105 {host} is reached by others" in ran.err


@pytest.mark.parametrize(
    ("proxy", "slowed"), [("127.0.0.0/30", False), ("127.0.0.1", False), ("192.0.2.7", True)]
)
def test_only_the_named_proxy_says_whose_password_is_wrong(
    proxy: str, *, slowed: bool, folder: Path
) -> None:
    origin = "https://room.example"
    write_file(folder / "config.yaml", f"{CONFIG}web: {{origin: {origin}}}\n")
    add()
    with Served(folder, "--proxy", proxy) as served:
        served.read()
        codes = [
            httpx.post(
                f"http://127.0.0.1:{served.port}/sign-in",
                data={"name": "Ana", "password": f"wrong {n}"},
                headers={
                    "host": "room.example",
                    "origin": origin,
                    "x-forwarded-for": f"10.0.0.{n}",
                },
            ).status_code
            for n in range(8)
        ]
    assert (codes[-1] == 429) == slowed


@pytest.mark.parametrize("proxy", ["proxy.example", "0.0.0.0/0", "::/0", "*", "127.0.0.1,::1"])
def test_a_proxy_is_an_address_or_a_network(proxy: str) -> None:
    ran = run_cli("web", "--proxy", proxy)
    assert ran.code == 2
    assert "--proxy" in ran.err


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run_cli("web", "--port", str(port))
    assert (ran.code, ran.err.splitlines()[0]) == (
        1,
        f"127.0.0.1:{port}: N101 Cannot serve: the port is taken. Choose another with --port.",
    )


def test_an_option_before_the_command_is_refused() -> None:
    ran = run_cli("web", "--port", "9000", "link", "Ana")
    assert ran.code == 2
    assert "--port goes after link" in ran.err


# --- People ---------------------------------------------------------------------------------------


def test_a_phrase_is_shown_once_and_logged_never() -> None:
    ran = run_cli(*ADD, "Ana", "--role", "approve", "--phrase", "--as", "Root")
    phrase = ran.out.splitlines()[-1].strip()
    assert ran.out == (
        "Ana can sign in, and may see and approve.\n"
        f"The password, which is not shown again:\n  {phrase}\n"
    )
    assert len(phrase.split()) == 6
    for command in (("web", "user", "list"), ("log",), ("log", "--json")):
        assert phrase not in run_cli(*command).out
    assert "Root  user added  Ana" in run_cli("log").out


def test_a_password_is_read_twice_from_a_pipe(folder: Path) -> None:
    args = (*ADD, "Ana", "--role", "see")
    ran = run_cli_process(*args, cwd=folder, stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert (ran.code, ran.out) == (0, "Ana can sign in, and may see all pages.\n")
    assert PASSWORD not in ran.err


def test_two_passwords_that_differ_add_nobody(folder: Path) -> None:
    args = (*ADD, "Ana", "--role", "see")
    ran = run_cli_process(*args, cwd=folder, stdin=f"{PASSWORD}\n{PASSWORD} \n")
    assert (ran.code, ran.out) == (1, "")
    assert "U106 The two passwords differ" in ran.err
    assert document("web", "user", "list") == []


def test_a_weak_password_is_refused_before_it_is_typed_again(folder: Path) -> None:
    ran = run_cli_process(*ADD, "Ana", "--role", "see", cwd=folder, stdin="our_name our_name\n")
    assert ran.code == 1
    assert "U105 It is little more than a name that others know. Several words" in ran.err


def test_a_terminal_does_not_show_the_password(folder: Path) -> None:
    with Terminal(*ADD, "Ana", "--role", "see", cwd=folder, env={}) as terminal:
        for label in ("Password of Ana (not shown)", "The same again (not shown)"):
            terminal.read_until(f"{label}: ")
            terminal.type(f"{PASSWORD}\n")
        assert terminal.wait() == 0
    assert "Ana can sign in" in terminal.shown
    assert PASSWORD not in terminal.shown


def test_a_password_in_the_command_is_refused() -> None:
    ran = run_cli(*ADD, "Ana", "--role", "see", "--password", PASSWORD)
    assert ran.code == 2
    assert "Choose another one" in " ".join(ran.err.split())
    assert PASSWORD not in ran.err
    assert document("web", "user", "list") == []


def test_a_name_that_is_taken_is_refused() -> None:
    add()
    ran = run_cli(*ADD, "ana", "--role", "admin", "--phrase")
    assert ran.code == 1
    assert '"ana": U101 The same name belongs to somebody else' in ran.err


def test_everything_about_a_person_can_be_changed() -> None:
    add()
    limited = document("web", "user", "limit", "ANA", "--account", "our-x")
    assert (limited["name"], limited["accounts"], limited["campaigns"]) == ("Ana", ["our-x"], None)
    ran = run_cli("web", "user", "role", "Ana", "run")
    assert ran.out == (
        "Ana may see, approve, pause and settle, but only posts of accounts our-x now, and has to "
        "sign in again.\n"
    )
    ran = run_cli("web", "user", "limit", "Ana", "--none")
    assert ran.out == "Ana sees all posts now, and has to sign in again.\n"
    assert document("web", "user", "password", "Ana", "--phrase")["phrase"]
    removed = document("web", "user", "remove", "Ana")
    assert removed["removed"]
    assert document("web", "user", "list") == []
    [kept] = document("web", "user", "list", "--all")
    assert (kept["name"], kept["role"]) == ("Ana", "run")


def test_the_list_is_a_table() -> None:
    assert "groundswell web user add NAME" in run_cli("web", "user", "list").out
    add()
    add("Ben", "--account", "our-x", role="see")
    rows = [line.split() for line in run_cli("web", "user", "list").out.splitlines()[2:]]
    assert rows == [["Ana", "approve", "all", "posts"], ["Ben", "see", "accounts", "our-x"]]


@pytest.mark.parametrize("args", [(), ("--none", "--account", "our-x")])
def test_a_limit_needs_to_be_named(args: tuple[str, ...]) -> None:
    add()
    assert run_cli("web", "user", "limit", "Ana", *args).code == 2


@pytest.mark.parametrize(
    "args", [("role", "Bne", "see"), ("remove", "Bne"), ("password", "Bne", "--phrase")]
)
def test_an_unknown_person_is_named_with_those_known(args: tuple[str, ...]) -> None:
    add("Ben")
    ran = run_cli("web", "user", *args)
    assert ran.code == 1
    assert ran.err.startswith('web user: U104 Nobody of the name "Bne" can sign in. Did you mean')


# --- Login links ----------------------------------------------------------------------------------


def test_a_link_is_the_address_on_this_machine() -> None:
    add()
    ran = run_cli("web", "link", "ana", "--port", "9000")
    first, address, where = ran.out.splitlines()
    assert first.startswith("Whoever opens this first is Ana, until ")
    assert address.startswith("http://127.0.0.1:9000/link/")
    assert len(address.rpartition("/")[2]) == 43
    assert where == "It opens on this machine only. For others, set web: origin: in the config."
    logged = run_cli("log", "--json").out
    assert "login link made" in logged
    assert address.rpartition("/")[2] not in logged


def test_a_link_is_below_the_declared_origin(folder: Path) -> None:
    write_file(folder / "config.yaml", f"{CONFIG}web:\n  origin: https://Room.example.org\n")
    add()
    found = document("web", "link", "Ana")
    assert found["address"].startswith("https://room.example.org/link/")
    assert found["only_here"] is False


def test_a_terminal_shows_a_phone_the_link(folder: Path) -> None:
    write_file(folder / "config.yaml", f"{CONFIG}web:\n  origin: https://room.example.org\n")
    add()
    with Terminal("web", "link", "Ana", cwd=folder, env={"TERM": "xterm-256color"}) as terminal:
        assert terminal.wait() == 0
    address = next(line for line in terminal.shown.splitlines() if line.startswith("https://"))
    assert modules(terminal.shown) == [
        [bool(module) for module in row]
        for row in segno.make(address, error="l", micro=False).matrix_iter(border=2)
    ]
    assert "\x1b[97;40m" in terminal.shown  # light on dark, whatever the terminal's own colours


# --- The metrics ----------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_logged_without_it() -> None:
    first = run_cli("web", "token", "--as", "Root")
    assert first.out.startswith("The token, which is not shown again:\n  ")
    secret = first.out.splitlines()[-1].strip()
    assert len(secret) == 43
    second = document("web", "token")
    assert second["replaced"]
    assert second["token"] not in {secret, None}
    log = run_cli("log").out
    assert "Root  metrics token made" in log
    assert secret not in log + run_cli("log", "--json").out


def test_a_new_token_says_that_the_one_before_has_ended() -> None:
    run_cli("web", "token")
    assert run_cli("web", "token").out.startswith("The earlier token has ended.")
    revoked = run_cli("web", "token", "--revoke")
    assert (revoked.code, revoked.out) == (
        0,
        "The token has ended. Nobody can read the metrics.\n",
    )
    again = run_cli("web", "token", "--revoke")
    assert again.out == "There was no token, so nothing was changed.\n"
    assert "metrics token revoked" in run_cli("log").out


def modules(shown: str) -> list[list[bool]]:
    """Return the modules that a terminal shows by half blocks; True is dark."""
    lines = [
        [char for char in line if char in " ▀▄█"]
        for line in shown.splitlines()
        if "█" in line or "▀▀" in line
    ]
    rows = []
    for line in lines:
        cells = [char for char in line if char in " ▀▄█"]
        rows.append([char in " ▄" for char in cells])
        rows.append([char in " ▀" for char in cells])
    size = len(rows[0])
    return rows[:size]


def test_a_pipe_gets_no_code() -> None:
    add()
    assert "█" not in run_cli("web", "link", "Ana").out
    assert "█" in qr_code("https://room.example.org/link/x")

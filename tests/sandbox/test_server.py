from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bot.sandbox import XWorld, serve
from bot.sandbox.server import startup_lines

if TYPE_CHECKING:
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]


def test_only_one_address_of_loopback_is_served(sandbox: SandboxClient) -> None:
    place = "127.0.0.2", int(sandbox.url.removeprefix("http://127.0.0.1:"))
    with pytest.raises(OSError, match=r"refused|assign"), socket.create_connection(place):
        pytest.fail("it listens there")


def test_port_is_free_again_after_the_end(sandbox: SandboxClient) -> None:
    with serve(XWorld(now=sandbox.clock)) as url:
        port = int(url.rsplit(":", 1)[1])
        requests.get(url, timeout=10)
    with serve(XWorld(now=sandbox.clock), port=port) as again:
        assert again == url
    assert not [t for t in threading.enumerate() if t.name == "sandbox" and not t.is_alive()]


def test_taken_port_is_said(sandbox: SandboxClient) -> None:
    port = int(sandbox.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"), serve(XWorld(now=sandbox.clock), port=port):
        pytest.fail("it listens")


def test_other_host_names_are_refused(sandbox: SandboxClient) -> None:
    answer = requests.get(sandbox.url, headers={"Host": "rebound.example"}, timeout=10)
    assert answer.status_code == 400


def test_body_over_the_most_is_refused(sandbox: SandboxClient) -> None:
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rsplit(":", 1)[1]))) as line:
        head = "POST /2/tweets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n"
        line.sendall(head.encode())
        assert b" 413 " in line.recv(1000)


def test_client_that_leaves_in_the_middle_leaves_no_trace(
    sandbox: SandboxClient, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rsplit(":", 1)[1]))) as line:
        line.sendall(b"POST /2/tweets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
    sandbox.create_post("Still there")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(sandbox.world.posts) == 1


def test_answers_are_quick(sandbox: SandboxClient) -> None:
    took = []
    for number in range(20):
        begun = time.perf_counter()
        sandbox.create_post(f"Post {number}")
        took.append(time.perf_counter() - begun)
    # A delayed ACK would cost 40 ms each time; a busy machine is late only sometimes.
    assert min(took) < 0.03


def test_many_at_once_get_ids_of_their_own(sandbox: SandboxClient) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = {*pool.map(sandbox.create_post, [f"Post {number}" for number in range(40)])}
    assert len(ids) == 40 == len(sandbox.world.posts)


def test_same_text_at_once_is_accepted_once(sandbox: SandboxClient) -> None:
    def work(text: str) -> int:
        url, auth = f"{sandbox.url}/2/tweets", sandbox.auth()
        return requests.post(url, json={"text": text}, auth=auth, timeout=10).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(work, "aaaaaa")) == [201, 403, 403, 403, 403, 403]


def test_start_shows_where_and_with_which_credentials(sandbox: SandboxClient) -> None:
    with serve(sandbox.world) as url:
        shown = "\n".join(startup_lines(url, sandbox.world, "{}_{}".format))
    assert url in shown
    assert "Nobody sees these posts" in shown
    assert sandbox.own.secrets["access_token_secret"] in shown


PROGRAM = """
from datetime import UTC, datetime
from bot.sandbox import XWorld, run
import sys
world = XWorld(now=lambda: datetime.now(UTC))
world.add_account("us", "Us")
def show(text):
    sys.stdout.write(text); sys.stdout.flush()
run([world], port=0, show=show, variable=lambda _, *names: "_".join(names))
print("ended")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_standalone_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(3)]
        assert "http://127.0.0.1:" in lines[1]
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert out.endswith("ended\n")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
def test_changes_from_another_page_are_refused(sandbox: SandboxClient, headers: Any) -> None:
    answer = requests.post(
        f"{sandbox.url}/sandbox/credits",
        json={"balance": "0"},
        headers=headers,
        timeout=10,
    )
    assert answer.status_code == 403
    sandbox.create_post("Still solvent")


def test_accounts_can_be_added_over_http(sandbox: SandboxClient) -> None:
    body = {"handle": "coalition", "name": "Coalition", "description": "Run by software"}
    secrets = sandbox.control("POST", "/accounts", 201, json=body)
    account = sandbox.world.accounts[secrets.pop("user_id")]
    assert secrets == account.secrets
    answer = sandbox.api("GET", "/2/users/me", account)
    assert answer.json()["data"]["username"] == "coalition"
    assert "exists already" in sandbox.control("POST", "/accounts", 422, json=body)["error"]
    sandbox.control("POST", "/accounts", 422, json={"handle": "x"})
    sandbox.control("POST", "/accounts", 400, data="{")
    sandbox.control("POST", "/posts/42/delete", 404)

"""Two servers with Mastodon's API on this machine, for the tests of its client.

mastodon_mock is a public fake with all of Mastodon's features. snac is a real server with few. It
ignores idempotency keys, and has neither batches nor pages nor the limits of version 2.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import requests

from bot.model import Account
from bot.platforms import load_platform
from bot.platforms.calls import Limits
from bot.platforms.mastodon.timeline import to_text
from helpers.clock import OffsetClock
from helpers.extras import WANTED, skip_without
from helpers.flaky_proxy import flaky_proxy
from helpers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bot.platforms.base import Client
    from helpers.flaky_proxy import FlakyProxy

DOMAIN = "social.example"
MOCK_ACCOUNTS = 400
"""Number of the mock's accounts, more than all tests and all kills need."""
_unused = count(3)
"""The numbers of the mock's accounts that no test has used; the first two are for logging in."""


class MastodonBackend:
    """A new account on a shared server, behind a proxy."""

    send_path = "/api/v1/statuses"
    keeps_keys = True

    def __init__(self, proxy: FlakyProxy, name: str, token: str) -> None:
        self.kind = load_platform("mastodon")
        self.proxy, self.name = proxy, name
        self.clock = OffsetClock()
        self.secrets: Mapping[str, str] = {"access_token": token}
        self.account = Account(name, "mastodon", f"{name}@{DOMAIN}", proxy.url)
        self.waited: list[float] = []

    def client(self, **secrets: str) -> Client:
        options = {"clock": self.clock, "limits": Limits(silence=5.0), "wait": self.waited.append}
        return self.kind.connect(self.account, {**self.secrets, **secrets}, options)

    def api(self, method: str, path: str, **fields: Any) -> requests.Response:
        """Send a request past the proxy, as the owner's other programs would."""
        token = self.secrets["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        url = self.proxy.upstream + path
        return requests.request(method, url, headers=headers, timeout=10, **fields)

    def statuses(self) -> list[dict[str, Any]]:
        """Return the account's posts, oldest first."""
        account = self.api("GET", "/api/v1/accounts/verify_credentials").json()["id"]
        shown = self.api("GET", f"/api/v1/accounts/{account}/statuses", params={"limit": 40}).json()
        return [*reversed(shown)]

    def visible(self) -> list[str]:
        return [to_text(status["content"]) for status in self.statuses()]

    def parents(self) -> dict[str, str | None]:
        return {status["id"]: status["in_reply_to_id"] for status in self.statuses()}

    def alt_texts(self) -> list[str]:
        media = (item for status in self.statuses() for item in status["media_attachments"])
        return [item["description"] for item in media]

    def delete(self, remote_id: str) -> None:
        assert self.api("DELETE", f"/api/v1/statuses/{remote_id}").ok

    def break_next_send(self, how: str) -> None:
        self.proxy.break_next(how, self.send_path)


class SnacBackend(MastodonBackend):
    """An account on snac, which ignores keys and deletes posts only by its owner's page."""

    keeps_keys = False

    def __init__(self, proxy: FlakyProxy, name: str, token: str, password: str) -> None:
        super().__init__(proxy, name, token)
        self.password = password

    def delete(self, remote_id: str) -> None:
        uri = self.api("GET", f"/api/v1/statuses/{remote_id}").json()["uri"]
        answer = requests.post(
            f"{self.proxy.upstream}/{self.name}/admin/action",
            data={"id": uri, "actor": f"http://{DOMAIN}/{self.name}", "action": "Delete"},
            auth=(self.name, self.password),
            allow_redirects=False,
            timeout=10,
        )
        assert answer.status_code == 303, answer.text


@contextmanager
def _running(command: list[str], url: str, folder: Path) -> Iterator[None]:
    """Run a server within the block, with its output in ``server.log``."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                if requests.get(f"{url}/api/v1/instance", timeout=5).ok:
                    break
            except requests.RequestException:
                pass
            said = (folder / "server.log").read_text(errors="replace")[-2000:]
            assert process.poll() is None, f"the server ended: {said}"
            assert time.monotonic() < until, f"the server does not answer: {said}"
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait(20)


# --- mastodon_mock --------------------------------------------------------------------------------


def mock_name(number: int) -> str:
    return f"mediajustice{number}"


@contextmanager
def mastodon_mock(folder: Path) -> Iterator[str]:
    """Yield the address of a mastodon_mock that has ``MOCK_ACCOUNTS`` accounts."""
    lines = [f'domain = "{DOMAIN}"', "[database]", 'path = ":memory:"']
    for number in range(1, MOCK_ACCOUNTS + 1):
        name = mock_name(number)
        lines += ["[[seed.accounts]]", f'username = "{name}"', f'access_token = "{name}-token"']
    (folder / "mock.toml").write_text("\n".join(lines))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mastodon_mock", "serve", "--config", "mock.toml"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--domain", DOMAIN]
    with _running(command, url, folder):
        yield url


def mock_backend(proxy: FlakyProxy) -> MastodonBackend:
    """Return the next account that no test has used."""
    name = mock_name(next(_unused))
    return MastodonBackend(proxy, name, f"{name}-token")


# --- snac -----------------------------------------------------------------------------------------


class Snac:
    """snac over a folder, with one account that all others are copied from.

    Making the keys of an account takes longer than the test that uses it.
    """

    FIRST = "first"

    def __init__(self, folder: Path, port: int) -> None:
        if not (WANTED and shutil.which("snac")):
            skip_without("a real server of Mastodon's API", "apt-get install -y snac2")
        self._data, self._numbers = folder / "data", count(1)
        answers = f"127.0.0.1\n{port}\n{DOMAIN}\n\n\n"
        self._snac("init", answers=answers)
        file = self._data / "server.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "protocol": "http"}))
        said = self._snac("adduser", self.FIRST)
        self._password = said.partition("User password is ")[2].split()[0]

    def _snac(self, command: str, *rest: str, answers: str = "") -> str:
        argv = ["snac", command, str(self._data), *rest]
        ran = subprocess.run(argv, input=answers, text=True, capture_output=True, check=True)
        return ran.stdout + ran.stderr

    def add_account(self, proxy: FlakyProxy) -> SnacBackend:
        """Return a new account, with the keys of the first."""
        name = f"mediajustice{next(self._numbers)}"
        users = self._data / "user"
        shutil.copytree(users / self.FIRST, users / name)
        file = users / name / "user.json"
        user = json.loads(file.read_text())
        # snac hashes the name with the password, which is therefore set anew.
        file.write_text(json.dumps({**user, "uid": name, "name": name}))
        said = self._snac("resetpwd", name)
        password = said.split()[-1]
        answer = requests.post(
            f"{proxy.upstream}/oauth/x-snac-get-token",
            data={"login": name, "passwd": password},
            timeout=10,
        )
        return SnacBackend(proxy, name, answer.text.strip(), password)


@contextmanager
def snac(folder: Path) -> Iterator[tuple[Snac, FlakyProxy]]:
    """Yield a snac and a proxy in front of it; without snac, skip or fail."""
    port = free_port()
    server, url = Snac(folder, port), f"http://127.0.0.1:{port}"
    command = ["snac", "httpd", str(folder / "data")]
    with _running(command, url, folder), flaky_proxy(url) as proxy:
        yield server, proxy

"""One account's fault is reported in one clear line, and the other account's post goes out.

The tests read the output of ``accounts check`` and the loop's log on Mastodon and Bluesky.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers.cli import run_cli, write_file
from helpers.clock import ManualClock
from helpers.databases import create_sqlite_file, make_config
from helpers.delivery import content_of
from helpers.platform_contract import make_media
from helpers.platforms import MastodonSandboxBackend
from helpers.sandbox_bluesky import BlueskySandboxBackend
from helpers.servers import beat
from helpers.store import occurrence, own_words

from bot.config.secrets import environment_variable
from bot.model import Part
from bot.planning.diff import Add
from bot.platforms.calls import Limits
from bot.runtime.loop_app import create_loop_app
from bot.sandbox import BlueskyWorld, MastodonWorld, serve
from bot.sandbox.mastodon.views import render_own_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Both = tuple[Any, Any]
    """The account with the fault, and the one without."""

PAGE = b"<!DOCTYPE html><title>Welcome</title>"
SETTINGS = {"gap": timedelta(0), "part_gap": timedelta(0)}
BACKENDS: dict[str, tuple[Any, Any]] = {
    "mastodon": (MastodonWorld, MastodonSandboxBackend),
    "bluesky": (BlueskyWorld, BlueskySandboxBackend),
}
EVERYTHING = "/"
SEND = {"mastodon": "/api/v1/statuses", "bluesky": "/xrpc/com.atproto.repo.putRecord"}
UPLOAD = {"mastodon": "/api/v2/media", "bluesky": "/xrpc/com.atproto.repo.uploadBlob"}
OWN_ACCOUNT = "/api/v1/accounts/verify_credentials"
RENEWAL = "/xrpc/com.atproto.server.refreshSession"


class Case(NamedTuple):
    """A fault of one account, and the words in the lines about it."""

    effect: Any
    """A fault of the server, or the account's wrong API, secret or new address."""
    words: str
    path: str = EVERYTHING
    checked: bool = True
    """False if only sending a post shows the fault."""
    skip: int = 0
    """Number of requests that pass before the fault."""


MASTODON = {
    "down": Case({"api": "http://127.0.0.1:9"}, "127.0.0.1:9 (Connection refused): is its address"),
    "a web page": Case(
        {"api": "page"}, "without a readable answer: is the account's server right?"
    ),
    "slow": Case({"stall": 2, "commit": "never"}, "no answer arrived", checked=False),
    "wrong token": Case({"secret": "wrong-canary-4711"}, "(HTTP 401); groundswell accounts login"),
    "no write scope": Case(
        {"status": 403, "problem": "scope"}, "needs the scopes read, write", SEND["mastodon"], False
    ),
    "moved": Case({"moved": "us@new.example"}, "the account has moved to us@new.example"),
    "suspended": Case(
        {"status": 403, "problem": "disabled"},
        "login is currently disabled (HTTP 403); its owner learns why by signing in to it",
    ),
    "refused": Case(
        {"status": 422, "problem": "blank"},
        "rejected: Validation failed: Text can't be blank",
        SEND["mastodon"],
        False,
    ),
    "rate limit": Case({"status": 429, "reset": 300}, "Too many requests (HTTP 429); again from "),
    "expired in a thread": Case(
        {"status": 401, "problem": "token-revoked"},
        "part 2/2 scheduled: the platform refuses it: "
        "The access token was revoked (HTTP 401); groundswell accounts login makes a new one",
        SEND["mastodon"],
        False,
        1,
    ),
    "too large a picture": Case(
        {"status": 422, "body": {"error": "File file size must be less than 1 MB"}},
        "rejected: media: iris.png: File file size must be less than 1 MB",
        UPLOAD["mastodon"],
        False,
    ),
}
BLUESKY = {
    "down": MASTODON["down"],
    "a web page": Case({"api": "page"}, "is not readable: is this a server of Bluesky, and is the"),
    "slow": MASTODON["slow"],
    "wrong token": Case(
        {"secret": "wrong-canary-4711"},
        "Invalid identifier or password (HTTP 401); is the handle right, and does the app password "
        "still exist? groundswell accounts login",
    ),
    "moved": Case(
        {"status": 401, "problem": "deactivated"},
        "Account is deactivated (HTTP 401); signing in to it by hand makes it active again",
    ),
    "suspended": Case(
        {"status": 401, "problem": "taken-down"},
        "Account has been taken down (HTTP 401); its owner learns why, and can appeal, by signing "
        "in to it",
    ),
    "refused": Case(
        {"status": 400, "problem": "invalid-record"},
        "rejected: InvalidRequest: Invalid",
        SEND["bluesky"],
        False,
    ),
    "rate limit": Case(
        {"status": 429, "reset": 300}, "Rate Limit Exceeded (HTTP 429); again from "
    ),
    "expired in a thread": Case(
        {"status": 400, "problem": "expired-token"},
        "part 2/2 scheduled: the platform refuses it: the session was ended",
        SEND["bluesky"],
        False,
        1,
    ),
    "too large a picture": Case(
        {"status": 400, "body": {"error": "BlobTooLarge", "message": "This file is too large."}},
        "rejected: media: iris.png: BlobTooLarge: This file is too large.",
        UPLOAD["bluesky"],
        False,
    ),
}
CASES = [
    *(("mastodon", name) for name in MASTODON),
    *(("bluesky", name) for name in BLUESKY),
]


class _WebSite(BaseHTTPRequestHandler):
    """Answers every request with a web page, as a wrong address does."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response_only(200)  # without a date, which would say that the clock is wrong
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _web_site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _WebSite)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def web_site() -> Iterator[str]:
    with _web_site() as url:
        yield url


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, list[tuple[str, Any]]]]:
    """Yield two servers of each platform, of which the first is for the faults."""
    clock, found = ManualClock(), dict[str, list[tuple[str, Any]]]()
    worlds = {name: [world(now=clock.now) for _ in "ab"] for name, (world, _) in BACKENDS.items()}
    with (
        serve(worlds["mastodon"][0]) as a,
        serve(worlds["mastodon"][1]) as b,
        serve(worlds["bluesky"][0]) as c,
        serve(worlds["bluesky"][1]) as d,
    ):
        found["mastodon"] = [*zip((a, b), worlds["mastodon"], strict=True)]
        found["bluesky"] = [*zip((c, d), worlds["bluesky"], strict=True)]
        yield found


@pytest.fixture
def both(servers: Any, platform: str) -> Iterator[Both]:
    backend = BACKENDS[platform][1]
    clock = ManualClock()
    for _, world in servers[platform]:
        world.now = clock.now
    broken, healthy = (backend(url, world, clock) for url, world in servers[platform])
    yield broken, healthy
    broken.world.faults.pending.clear()


def break_account(broken: Any, case: Case, page: str) -> None:
    match case.effect:
        case {"api": url}:
            broken.account = replace(broken.account, api=page if url == "page" else url)
        case {"secret": wrong}:
            broken.secrets = dict.fromkeys(broken.secrets, wrong)
        case {"moved": address}:
            own = render_own_account(broken.world, broken.author, broken.account.api)
            body = {**own, "moved": {**own, "acct": address}}
            broken.world.faults.add("GET", OWN_ACCOUNT, {"status": 200, "body": body}, count=1000)
        case effect:
            broken.world.faults.add("*", case.path, effect, count=1000, skip=case.skip)
    if case.skip and broken.account.platform == "bluesky":
        ended = {"status": 400, "problem": "revoked-token"}
        broken.world.faults.add("*", RENEWAL, ended, count=1000)


@pytest.mark.parametrize(("platform", "name"), CASES)
def test_one_line_names_the_fault_and_the_other_account_goes_on(
    both: Both,
    platform: str,
    name: str,
    web_site: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    case = {"mastodon": MASTODON, "bluesky": BLUESKY}[platform][name]
    stages = dict(zip(("broken", "healthy"), both, strict=True))
    break_account(both[0], case, web_site)
    accounts = {who: replace(it.account, name=who, **SETTINGS) for who, it in stages.items()}
    environ = {
        environment_variable(who, secret): value
        for who, stage in stages.items()
        for secret, value in stage.secrets.items()
    }
    checked = check(accounts, environ, tmp_path, monkeypatch) if case.checked else []
    assert all(case.words in line for line in checked)
    assert len(checked) == case.checked
    lines = run_loop(stages, accounts, environ, tmp_path, caplog)
    assert both[1].visible() == [own_words("head of healthy"), own_words("tail of healthy")]
    assert not any("healthy" in line for line in lines)
    about = [line for line in lines if case.words in line]
    assert about
    assert len(about) == len({*lines}) <= 2, "one of the account, and one of its post, each once"
    assert not any("Traceback" in text or "canary" in text for text in (*lines, caplog.text))
    assert not any(value in caplog.text for value in environ.values())


def check(
    accounts: Any, environ: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Return the lines of ``accounts check`` below its table, without the last."""
    lines = ["accounts:"]
    for name, account in accounts.items():
        settings = f"handle: '{account.handle}', api: '{account.api}'"
        lines.append(f"  {name}: {{platform: {account.platform}, {settings}}}")
    write_file(folder / "config.yaml", "\n".join(lines) + "\n")
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    ran = run_cli("accounts", "check", "--config", folder / "config.yaml")
    assert (ran.code, ran.err) == (1, "")
    return ran.out.partition("\n\n")[2].splitlines()[:-1]


def run_loop(
    stages: Any, accounts: Any, environ: Any, folder: Path, caplog: pytest.LogCaptureFixture
) -> list[str]:
    """Let each account post a thread with a picture, and return the logged warnings."""
    caplog.set_level(logging.WARNING, "groundswell")
    config = make_config(folder, accounts, create_sqlite_file(folder / "groundswell.db"))
    clock = stages["broken"].clock
    options = {"limits": Limits(silence=1.0)}
    with create_loop_app(config, environ, clock=clock, options=options) as app, app.registered():
        now = clock.now()
        for name, account in accounts.items():
            head, tail = own_words(f"head of {name}"), own_words(f"tail of {name}")
            picture = make_media(folder, own_words(f"picture of {name}"))
            content = content_of(Part(head, (picture,)), Part(tail))
            fields = {"account": name, "platform": account.platform, "due": now}
            planned = occurrence("hart", content=content, grace=timedelta(hours=2), **fields)
            app.queue.apply([Add(planned)], now)
        for _ in range(4):
            for name in accounts:
                app.verified_clients.verify(name)
            beat(app)
            clock.advance(seconds=10)
    return [record.getMessage() for record in caplog.records]

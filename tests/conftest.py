"""What holds for every test: no network but loopback, and nothing of the person who runs it."""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import signal
import socket
import ssl
import sys
from collections import Counter
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.extras import examples
from helpers.fork_server import CAN_FORK, SHARED, server_folder
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpers.databases import PostgresServer
    from helpers.delivery import AppHarness
    from helpers.flaky_proxy import FlakyProxy
    from helpers.servers import ServerBackend
    from helpers.store import Store
    from playwright.sync_api import Browser

NEEDED_BYTES = 2**30
"""Bytes of memory that the tests' files may take; they take some 20 MB."""

MORE_PROCESSES = 1
"""Processes beyond one a core, because many tests wait for a loop, or for a command."""

COLLECT_AFTER = 20_000
"""New objects after which garbage is collected; Python's 700 costs a fiftieth of the time."""

GROUPS = {
    "tests/e2e/test_played_month.py": "a month is played once",
    "tests/release/test_locked_packages.py": "the locked files are downloaded once",
    "tests/e2e/test_run_imports.py": "a loop imports the package once",
    "tests/docs/test_architecture_walk.py": "the walk is traced once",
    "tests/reports/test_browser.py": "one browser is started",
    "tests/reports/test_accessible.py": "one browser is started",
    "tests/reports/test_paper.py": "one browser is started",
    "tests/share/test_browser.py": "one browser is started",
    "tests/share/test_posting.py": "one browser is started",
    "tests/share/test_built_folder.py": "one browser is started",
    "tests/share/test_public_folder.py": "one browser is started",
    "tests/web/test_end_to_end.py": "one browser is started",
    "tests/web/test_calendar_browser.py": "one browser is started",
    "tests/web/test_browser.py": "the campaign is played once",
    "tests/platforms/test_bluesky.py": "Bluesky's server takes a second for each account",
    "tests/platforms/test_bluesky_wire.py": "Bluesky's server takes a second for each account",
    "tests/cli/test_login_bluesky.py": "Bluesky's server takes a second for each account",
    "tests/platforms/test_mastodon.py": "two servers of Mastodon's API are started",
    "tests/platforms/test_mastodon_errors.py": "two servers of Mastodon's API are started",
    "tests/cli/test_login_mastodon.py": "two servers of Mastodon's API are started",
    "tests/e2e/test_on_servers.py": "two servers of Mastodon's API are started",
    "tests/faults/test_faults_servers.py": "two servers of Mastodon's API are started",
    "tests/cli/test_start.py": "one fork server is started",
    "tests/release/test_distribution.py": "a release is built once",
    "tests/docs/test_architecture.py": "what the package imports is read once",
    "tests/faults/test_faults_disk.py": "a disk that fails is compiled, and its workers started",
    "tests/upgrade/test_next_version.py": "two versions are built, and a campaign is played",
    "tests/sandbox/bluesky/test_same_as_server.py": "Bluesky's server and ours answer the same",
}
"""Files whose tests share what is slow to make: one process runs all of a group."""

LONGEST = (
    *GROUPS,
    "tests/stateful/",
    "tests/faults/",
    "tests/cli/test_demo.py",
    "tests/platforms/test_bluesky_index.py",
    "tests/docs/test_commands.py",
    "tests/delivery/test_workers.py",
)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist is untyped
    """Hands out single tests, and groups whole.

    xdist's own groups are marks that it adds to a test's id, which pytest 9.2 does not let it do.
    """

    def _split_scope(self, nodeid: str) -> str:
        return GROUPS.get(nodeid.partition("::")[0], nodeid)

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Forget a group that is done: xdist counts all that it has handed out for each test."""
        del duration
        name = self.registered_collections[node][item_index]
        groups, group = self.assigned_work[node], self._split_scope(name)
        groups[group][name] = True
        if all(groups[group].values()):
            del groups[group]
        self._reschedule(node)


def pytest_configure(config: pytest.Config) -> None:
    """Hurry no test, and keep its files in memory where there is room: commits wait for no disk."""
    _require_installed()
    gc.disable()  # until all modules are imported and all tests collected, which stay
    memory = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own there
    # A shared machine may be three times as slow as it was an hour ago; timings are for benchmarks.
    settings.register_profile(
        "unhurried",
        deadline=None,
        max_examples=examples(100),
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("unhurried")
    # Where the person's shell forbids it, each process would compile all that it imports.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # In the background of a script it is ignored, and would be by each command that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > NEEDED_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
    if CAN_FORK and "PYTEST_XDIST_WORKER" not in os.environ:  # one server for all of its workers
        stack = ExitStack()
        os.environ[SHARED] = str(stack.enter_context(server_folder()))
        config.add_cleanup(stack.close)


def pytest_xdist_auto_num_workers() -> int:
    return (os.cpu_count() or 1) + MORE_PROCESSES


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling | None:
    return GroupScheduling(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that none runs on alone."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """Let garbage collections pass over the modules and tests, which are most of the memory."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write a line for each reason why tests were skipped."""
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"SKIPPED [{count}] {reason}")


@pytest.fixture(scope="session", autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the tests have an empty home, none of our settings, no keyring, and loopback only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        for name in os.environ:
            if name.startswith(("GROUNDSWELL_", "XDG_")) or name == "COLUMNS":
                patch.delenv(name)
        patch.setattr(socket.socket, "connect", _loopback_only("connect"))
        patch.setattr(socket.socket, "connect_ex", _loopback_only("connect_ex"))
        yield


@pytest.fixture(scope="session", autouse=True)
def price_lists() -> Iterator[tuple[Any, ...]]:
    """Let X's first prices hold for ever, and return all there are.

    Else the day from which a new one holds would turn tests red that are about something else.
    """
    from bot.platforms.x import prices
    from bot.sandbox.x import prices as sandbox

    with pytest.MonkeyPatch.context() as patch:
        rows = prices.PRICES
        for module in (prices, sandbox):
            first = {row[1]: row for row in reversed(module.PRICES)}
            patch.setattr(module, "PRICES", tuple(reversed(first.values())))
        yield rows


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Compile each statement once: a program opens one database, the tests open thousands."""
    from helpers.databases import compile_once

    with pytest.MonkeyPatch.context() as patch:
        compile_once(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def authorities_once() -> Iterator[None]:
    """Read the certificate authorities once, not for each client of httpx, which takes 4 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def parsers_made_once() -> Iterator[None]:
    """Make the parser of each command once: a program parses one line, the tests thousands."""
    from helpers.parsers import make_once

    with pytest.MonkeyPatch.context() as patch:
        make_once(patch)
        yield


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A real PostgreSQL, the same one for all processes that run tests."""
    from helpers.databases import postgresql_server

    folder = tmp_path_factory.getbasetemp()
    with postgresql_server(
        folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    ) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Which database: whatever takes the fixture ``store`` or ``url`` runs on both."""
    return str(request.param)


@pytest.fixture
def url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database that is still empty."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'groundswell.db'}"
        return
    with request.getfixturevalue("postgresql").new_database() as url:
        yield url


@pytest.fixture
def store(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """An open database without any rows."""
    from helpers.databases import create_sqlite_file
    from helpers.store import opened

    with ExitStack() as stack:
        if dialect == "sqlite":
            url = create_sqlite_file(tmp_path / "groundswell.db")
        else:
            url = stack.enter_context(request.getfixturevalue("postgresql").database())
        yield stack.enter_context(opened(url))


@pytest.fixture(scope="session")
def mastodon_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a mastodon_mock, which takes seconds to start."""
    from helpers.mastodon_servers import mastodon_mock

    with mastodon_mock(tmp_path_factory.mktemp("mastodon_mock")) as url:
        yield url


@pytest.fixture(scope="module")
def mastodon_proxy(mastodon_url: str) -> Iterator[FlakyProxy]:
    """A proxy before that mock, of the module alone: what a test left in it breaks no other."""
    from helpers.flaky_proxy import flaky_proxy

    with flaky_proxy(mastodon_url) as proxy:
        yield proxy


@pytest.fixture(scope="module", params=["mastodon_mock", "snac", "bluesky"])
def new_backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], ServerBackend]]:
    """What returns an account without posts, on each of the servers by others."""
    from helpers.mastodon_servers import mock_backend
    from helpers.servers import bluesky_accounts, snac_accounts

    if request.param == "mastodon_mock":
        proxy = request.getfixturevalue("mastodon_proxy")
        yield lambda: mock_backend(proxy)
        return
    accounts = {"snac": snac_accounts, "bluesky": bluesky_accounts}[request.param]
    with accounts(tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[AppHarness]:
    """Yield the app against a sandbox of its own, with a clock to turn."""
    from helpers.delivery import AppHarness  # heavy, and most tests do without it

    with ExitStack() as stack:
        yield AppHarness(tmp_path, stack)


@pytest.fixture(scope="module")  # while it runs, no other event loop can in this thread
def browser() -> Iterator[Browser]:
    """Yield a browser; without one, skip or fail."""
    from helpers.browser import chromium  # heavy, and most tests do without it

    with chromium() as started:
        yield started


def _require_installed() -> None:
    """Exit if the tests of an installed wheel would test another package, such as a checkout."""
    import bot

    folder = os.environ.get("GROUNDSWELL_INSTALLED")
    if folder and not Path(bot.__file__).is_relative_to(folder):
        pytest.exit(f"bot is {bot.__file__}, which is not in {folder}", 4)


def _loopback_only(name: str) -> Any:
    connect = getattr(socket.socket, name)

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
            raise AssertionError(f"a test wanted to talk to {address}, which is not this machine")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

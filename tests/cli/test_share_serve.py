"""``groundswell share serve`` as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx
import pytest
from helpers.cli import WAIT_SECONDS, bare_environment, run_cli, start_command
from helpers.ports import free_port
from helpers.service_manager import listening
from helpers.share_folders import LINK, write_built

if TYPE_CHECKING:
    import subprocess

    from helpers.fork_server import ForkedProcess


PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0 Zwiebelfisch/7"
PATH = "/ours/g/hart-data-x"


@dataclass
class ServingProcess:
    """A server of the folder ``public``, which counts in ``opened.db``. Use it as a context."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: ForkedProcess | subprocess.Popen[bytes] | None = None
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Start it, and wait until it answers."""
        args = f"share serve public --port {self.port} --counters opened.db --timezone UTC".split()
        env = {**bare_environment(self.folder), **self.environ}
        with self.log.open("wb") as stream, Path(os.devnull).open("rb") as nothing:
            streams = [nothing.fileno(), stream.fileno(), stream.fileno()]
            self.process = start_command(args, cwd=self.folder, env=env, streams=streams)
        end = time.monotonic() + WAIT_SECONDS
        while "until Ctrl-C" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.end(signal.SIGKILL)

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"

    def end(self, number: int) -> int:
        """Send a signal, and return the exit code."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(WAIT_SECONDS)

    def opened(self) -> int:
        with closing(sqlite3.connect(self.folder / "opened.db")) as connection, connection:
            [(count,)] = connection.execute("SELECT sum(count) FROM opened").fetchall()
        return int(count or 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a built page in ``public``."""
    write_built(tmp_path / "public")
    return tmp_path


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def open_link(url: str) -> httpx.Response:
    return httpx.get(f"{url}{PATH}", headers={"user-agent": PERSON}, timeout=WAIT_SECONDS)


def test_it_serves_and_counts_until_a_signal(folder: Path) -> None:
    with ServingProcess(folder) as served:
        assert "Say it in your own words" in httpx.get(f"{served.url}/ours/").text
        assert open_link(served.url).headers["location"] == LINK
        httpx.head(f"{served.url}{PATH}", headers={"user-agent": PERSON})
        httpx.get(f"{served.url}{PATH}", headers={"user-agent": "facebookexternalhit/1.1"})
        served.end(signal.SIGTERM)
    assert served.opened() == 1
    assert served.log.read_text() == f"The share page is at {served.url}/ until Ctrl-C.\n"


def test_as_a_service_it_is_ready_once_it_answers(folder: Path) -> None:
    with (
        listening() as systemd,
        ServingProcess(folder, environ={"NOTIFY_SOCKET": systemd.address}) as served,
    ):
        assert systemd.until(list) == ["READY=1"]
        assert httpx.get(f"{served.url}/ours/").status_code == 200


def test_a_signal_ends_it_also_with_open_connections(folder: Path) -> None:
    """A reader who stays, and one who asks for half a page, do not hold it up."""
    with ServingProcess(folder) as served, httpx.Client() as client:
        client.get(f"{served.url}/ours/")
        with socket.create_connection(("127.0.0.1", served.port)) as half:
            half.sendall(b"GET / HTT")
            served.end(signal.SIGTERM)
        assert not list(folder.glob("opened.db-*"))  # the file is whole by itself


def test_nothing_of_the_readers_is_kept_or_said(folder: Path) -> None:
    """No file holds the address, the browser or the time of day, also while it runs."""
    headers = {
        "user-agent": PERSON,
        "x-forwarded-for": "203.0.113.77",
        "referer": "https://social.example/@somebody",
        "cookie": "who=somebody-else",
        "accept-language": "gsw-x-rare",
    }
    with ServingProcess(folder) as served:
        for path in (PATH, "/ours/", "/nowhere?me=somebody", f"{PATH}?fbclid=somebody"):
            answer = httpx.get(f"{served.url}{path}", headers=headers)
            assert "set-cookie" not in answer.headers
        with socket.create_connection(("127.0.0.1", served.port)) as broken:
            broken.sendall(b"nonsense from 203.0.113.77\r\n\r\n")
            broken.recv(1_000)
        kept = files_in(folder)
        served.end(signal.SIGTERM)
        kept |= {f"{name} at the end": data for name, data in files_in(folder).items()}
    with closing(sqlite3.connect(folder / "opened.db")) as connection, connection:
        [row] = connection.execute("SELECT * FROM opened").fetchall()
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert row == (today, "ours", "hart-data", "x", "", 2)
    for name, content in kept.items():
        said = content.replace(served.url.encode(), b"")  # its own address
        for word in (b"127.0.0.1", b"203.0.113", b"Zwiebelfisch", b"somebody", b"gsw-x-rare"):
            assert word not in said, name
        assert time.strftime("%H:%M").encode() not in said, name


def test_counts_are_whole_after_it_is_killed_at_any_moment(folder: Path) -> None:
    """Each answered opening is counted, and of those on their way at most all."""
    answered: list[int] = []

    def keep_opening(url: str) -> None:
        with suppress(httpx.HTTPError), httpx.Client(headers={"user-agent": PERSON}) as client:
            while True:
                answered.append(client.get(f"{url}{PATH}").status_code)

    for least in (1, 30, 31, 77):
        with ServingProcess(folder) as served, ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(keep_opening, served.url)
            while len(answered) < least:
                time.sleep(0.001)
            served.end(signal.SIGKILL)
    assert {*answered} == {302}
    assert len(answered) <= served.opened() <= len(answered) + 16


def test_a_folder_that_is_not_built_is_refused(tmp_path: Path) -> None:
    ran = run_cli("share", "serve", tmp_path)
    assert ran.code == 1
    assert "H201 This is not the folder of a share page" in ran.err
    assert "share build" in ran.err


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run_cli("share", "serve", folder / "public", "--port", str(port))
    assert ran.code == 1
    assert f"127.0.0.1:{port}: N101 Cannot serve: the port is taken" in ran.err


def test_without_counters_it_says_that_nothing_is_counted(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run_cli("share", "serve", folder / "public", "--port", str(port))
    assert "Openings are not counted" in ran.err


def test_counters_in_the_published_folder_are_refused(folder: Path) -> None:
    public = folder / "public"
    ran = run_cli("share", "serve", public, "--counters", public / "ours" / "opened.db")
    assert ran.code == 2
    assert "name a file outside the folder" in ran.err
    assert not (public / "ours" / "opened.db").exists()


@pytest.mark.parametrize("zone", ["EST", "Nowhere/City"])
def test_a_timezone_that_is_not_one_is_refused(folder: Path, zone: str) -> None:
    ran = run_cli("share", "serve", folder / "public", "--timezone", zone)
    assert ran.code == 2
    assert "--timezone" in ran.err


def test_a_database_of_the_bot_is_refused(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "groundswell.db")) as connection, connection:
        connection.execute("CREATE TABLE deliveries (id)")
    args = ("share", "serve", folder / "public", "--counters", folder / "groundswell.db")
    ran = run_cli(*args)
    assert ran.code == 1
    assert "H202 This is another database" in ran.err

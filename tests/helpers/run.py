"""A project on a sandbox: files, secrets that are told from all else, and a clock to be turned.

Processes are real and see the machine's time; what goes on in this process, and the sandbox, see
``OffsetClock``. After every test, no secret may stand in anything that was printed or written.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.config import load
from bot.config.secrets import environment_variable
from bot.runtime.app import App, create_app
from bot.runtime.loop import start_up
from bot.sandbox import XWorld, serve
from helpers.cli import (
    CAMPAIGN_HEAD,
    WAIT_SECONDS,
    CommandResult,
    bare_environment,
    run_cli,
    run_cli_process,
    start_command,
    write_file,
)
from helpers.clock import OffsetClock
from helpers.databases import create_sqlite_file

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping

    from bot.model import Delivery, State
    from helpers.fork_server import ForkedProcess

CONFIG = """\
accounts:
  our-x:
    platform: x
    handle: our_name
    api: {url}
    gap: 0s
    part_gap: 0s
campaigns: posts
database: groundswell.db
"""


class RunProcess:
    """A ``groundswell run`` that goes on as a process of its own."""

    def __init__(self, popen: ForkedProcess | subprocess.Popen[bytes], log: Path) -> None:
        self.popen = popen
        self.log = log

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def until(self, words: str) -> str:
        """Wait until it has said something; give all that it said."""
        self.wait(lambda: words in self.output() or self.popen.poll() is not None)
        assert words in self.output(), self.output()
        return self.output()

    def wait(self, holds: Callable[[], object]) -> None:
        """Wait until something holds that it brings about."""
        end = time.monotonic() + WAIT_SECONDS
        while not holds():
            assert time.monotonic() < end, f"waited in vain; it said:\n{self.output()}"
            time.sleep(0.02)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; give its exit code, and the seconds that it took to end."""
        begun = time.monotonic()
        self.popen.send_signal(number)
        code = self.popen.wait(WAIT_SECONDS)
        return code, time.monotonic() - begun


@dataclass
class SandboxProject:
    """A project in a folder, on a sandbox of its own."""

    folder: Path
    clock: OffsetClock
    world: XWorld
    url: str
    secrets: Mapping[str, str]
    outputs: list[str] = field(default_factory=list)
    run_processes: list[RunProcess] = field(default_factory=list)

    # --- files ---

    def write_campaign(self, *posts: str, name: str = "ours", head: str = CAMPAIGN_HEAD) -> None:
        """Write a campaign with these posts, each an entry of YAML from ``post``."""
        body = "posts:\n" + "".join(posts) if posts else ""
        write_file(self.folder / "posts" / f"{name}.yaml", head + body)

    def post(self, name: str, text: str = "", *, more: str = "", **due: float) -> str:
        """Give a post as YAML, due in so many minutes, say, by the clock; at once if not said."""
        at = self.clock() + timedelta(**due)
        said = f"text: {text or f'Post {name}.'}" if "thread:" not in more else ""
        lines = [f"id: {name}", f"when: {at:%Y-%m-%d %H:%M}", said, *more.splitlines()]
        entry = "\n    ".join(line for line in lines if line)
        return f"  - {entry}\n"

    def configure(self, old: str, new: str) -> None:
        path = self.folder / "config.yaml"
        before = path.read_text(encoding="utf-8")
        assert old in before
        write_file(path, before.replace(old, new, 1))

    # --- commands ---

    @property
    def environ(self) -> dict[str, str]:
        return {environment_variable("our-x", name): value for name, value in self.secrets.items()}

    def run_cli_process(
        self, *args: str | Path, without: str = "", wrong: str = ""
    ) -> CommandResult:
        """Run a command as a process of its own; one secret may be left out, or be a wrong one."""
        environ = self.environ
        if without:
            del environ[environment_variable("our-x", without)]
        if wrong:
            environ[environment_variable("our-x", wrong)] += "0"
        ran = run_cli_process(*args, cwd=self.folder, env=environ)
        self.outputs += [ran.out, ran.err]
        return ran

    def run_cli(self, capsys: pytest.CaptureFixture[str], *args: str | Path) -> CommandResult:
        """Run a command in this process; the folder must be the current one."""
        ran = run_cli(capsys, *args)
        self.outputs += [ran.out, ran.err]
        return ran

    def start(self, *args: str, until: str = "Ctrl-C stops", fresh: bool = False) -> RunProcess:
        """Start a loop that goes on, and wait until it says that it does; see ``start_command``."""
        log = self.folder / f"loop-{len(self.run_processes)}.log"
        env = {**bare_environment(self.folder), **self.environ}
        with log.open("wb") as stream, Path(os.devnull).open("rb") as nothing:
            streams = [nothing.fileno(), stream.fileno(), stream.fileno()]
            popen = start_command(
                ["run", *args], cwd=self.folder, env=env, streams=streams, fresh=fresh
            )
        loop = RunProcess(popen, log)
        self.run_processes.append(loop)
        if until:
            loop.until(until)
        return loop

    # --- in this process, by the clock that is turned ---

    @contextmanager
    def app(self) -> Iterator[App]:
        """Open it as a loop would, on the same database, by the clock of the test."""
        config = load(self.folder / "config.yaml", {})
        with create_app(config, self.environ, clock=self.clock) as app:
            yield app

    def take_in(self, *posts: str, head: str = CAMPAIGN_HEAD) -> None:
        """Write these posts, if there are any, and bring the queue to the files as a loop does."""
        if posts:
            self.write_campaign(*posts, head=head)
        with self.app() as app:
            assert app.queue_sync.refresh() == []

    @contextmanager
    def started_app(self) -> Iterator[App]:
        """Begin as ``run`` does: hold the database, settle what was left, queue."""
        with self.app() as app, app.registered():
            start_up(app)
            yield app

    def drive(self, app: App, minutes: int = 20, step: int = 10) -> None:
        """Let so many minutes pass, with a pass every few seconds."""
        for _ in range(minutes * 60 // step):
            app.run_once()
            self.clock.advance(seconds=step)

    def deliveries(self) -> dict[str, Delivery]:
        """Give all deliveries by their post."""
        with self.app() as app:
            return {delivery.post: delivery for delivery in app.queue.all()}

    def states(self) -> dict[str, State]:
        return {post: delivery.state for post, delivery in self.deliveries().items()}

    # --- the other side ---

    def texts(self) -> list[str]:
        """Give what stands in the sandbox, oldest first."""
        return [post.raw for post in self.world.visible()]

    def find_leaks(self) -> list[str]:
        """Give where a secret stands that should stand nowhere."""
        written = [path for path in self.folder.rglob("*") if path.is_file()]
        places = {str(path.relative_to(self.folder)): path.read_bytes() for path in written}
        places |= {f"output {n}": text.encode() for n, text in enumerate(self.outputs)}
        return [
            f"{name} in {place}"
            for place, data in places.items()
            for name, secret in self.secrets.items()
            if secret.encode() in data
        ]


@contextmanager
def sandbox_project(folder: Path, **world: Any) -> Iterator[SandboxProject]:
    """Give a project on a sandbox; end its loops, and look for secrets where none may be."""
    clock = OffsetClock()
    simulated = XWorld(now=clock, seed=3, **world)
    account = simulated.add_account("our_name", "Ours", description="Automated posts.")
    with serve(simulated) as url:
        write_file(folder / "config.yaml", CONFIG.format(url=url))
        create_sqlite_file(folder / "groundswell.db")
        made = SandboxProject(folder, clock, simulated, url, account.secrets)
        made.write_campaign()
        try:
            yield made
        finally:
            for loop in made.run_processes:
                loop.popen.kill()
                loop.popen.wait()
    assert made.find_leaks() == []


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxProject]:
    """A project, as the current folder."""
    folder = tmp_path / "ours"
    with sandbox_project(folder) as made:
        monkeypatch.chdir(folder)
        # Commands run in this process must not find the secrets of another test.
        for name in os.environ:
            if name.startswith("GROUNDSWELL_"):
                monkeypatch.delenv(name)
        yield made

"""A project on a sandbox, with files, recognisable secrets, and a clock that can be advanced.

Other processes are real and use the machine's time. This process and the sandbox use
``OffsetClock``. After every test, no output and no file may contain a secret.
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
from bot.runtime.loop import start_up
from bot.runtime.loop_app import LoopApp, create_loop_app
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
from helpers.waiting import wait_until

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
    """A ``groundswell run`` in another process."""

    def __init__(self, popen: ForkedProcess | subprocess.Popen[bytes], log: Path) -> None:
        self.popen = popen
        self.log = log

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def until(self, words: str) -> str:
        """Wait for words in its output, and return the whole output."""
        self.wait(lambda: words in self.output() or self.popen.poll() is not None)
        assert words in self.output(), self.output()
        return self.output()

    def wait(self, holds: Callable[[], object]) -> None:
        """Wait until a condition holds."""
        wait_until(holds, said=lambda: f"it said:\n{self.output()}")

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the exit code and the seconds until the process ended."""
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
    others: dict[str, str] = field(default_factory=dict)
    """Variables of the environment beside the account's."""
    outputs: list[str] = field(default_factory=list)
    run_processes: list[RunProcess] = field(default_factory=list)

    # --- files ---

    def write_campaign(self, *posts: str, name: str = "ours", head: str = CAMPAIGN_HEAD) -> None:
        """Write a campaign with these posts, each an entry of YAML from ``post``."""
        body = "posts:\n" + "".join(posts) if posts else ""
        write_file(self.folder / "posts" / f"{name}.yaml", head + body)

    def post(self, name: str, text: str = "", *, more: str = "", **due: float) -> str:
        """Return a post as YAML, due now or in, say, so many ``minutes`` by the clock."""
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
        own = {environment_variable("our-x", name): value for name, value in self.secrets.items()}
        return own | self.others

    def run_cli_process(
        self, *args: str | Path, without: str = "", wrong: str = ""
    ) -> CommandResult:
        """Run a command in another process; one secret may be missing or wrong."""
        environ = self.environ
        if without:
            del environ[environment_variable("our-x", without)]
        if wrong:
            environ[environment_variable("our-x", wrong)] += "0"
        ran = run_cli_process(*args, cwd=self.folder, env=environ)
        self.outputs += [ran.out, ran.err]
        return ran

    def run_cli(self, *args: str | Path) -> CommandResult:
        """Run a command in this process; the folder must be the current one."""
        ran = run_cli(*args)
        self.outputs += [ran.out, ran.err]
        return ran

    def start(self, *args: str, until: str = "Ctrl-C stops", fresh: bool = False) -> RunProcess:
        """Start a loop and wait for words in its output; see ``start_command``."""
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

    # --- in this process, by the advancing clock ---

    @contextmanager
    def app(self) -> Iterator[LoopApp]:
        """Open the app as a loop would, on the same database, by the test's clock."""
        config = load(self.folder / "config.yaml", self.others)
        with create_loop_app(config, self.environ, clock=self.clock) as app:
            yield app

    def take_in(self, *posts: str, head: str = CAMPAIGN_HEAD) -> None:
        """Write these posts, if any, and update the queue from the files as a loop does."""
        if posts:
            self.write_campaign(*posts, head=head)
        with self.app() as app:
            assert app.queue_sync.refresh() == []

    @contextmanager
    def started_app(self) -> Iterator[LoopApp]:
        """Open the app, lock the database, settle interrupted sends and queue, as ``run`` does."""
        with self.app() as app, app.registered():
            start_up(app)
            yield app

    def drive(self, app: LoopApp, minutes: int = 20, step: int = 10) -> None:
        """Let so many minutes pass, with a pass every few seconds."""
        for _ in range(minutes * 60 // step):
            app.run_once()
            self.clock.advance(seconds=step)

    def deliveries(self) -> dict[str, Delivery]:
        """Return all deliveries by their post."""
        with self.app() as app:
            return {delivery.post: delivery for delivery in app.queue.all()}

    def states(self) -> dict[str, State]:
        return {post: delivery.state for post, delivery in self.deliveries().items()}

    # --- the other side ---

    def texts(self) -> list[str]:
        """Return the texts of the sandbox's posts, oldest first."""
        return [post.raw for post in self.world.visible()]

    def find_leaks(self) -> list[str]:
        """Return the places in which a secret leaked."""
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
    """Yield a project on a sandbox; then end its loops and assert that no secret leaked."""
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
    """Yield a project whose folder is the current one."""
    folder = tmp_path / "ours"
    with sandbox_project(folder) as made:
        monkeypatch.chdir(folder)
        # Commands run in this process must not find the secrets of another test.
        for name in os.environ:
            if name.startswith("GROUNDSWELL_"):
                monkeypatch.delenv(name)
        yield made

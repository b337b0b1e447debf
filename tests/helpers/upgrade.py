"""A campaign that an installed wheel has worked on, whose version can be changed.

Every command is one of the installed package, in a process of its own whose clock can be turned.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from trying.installed import install, make_environment

from bot.config.secrets import environment_variable
from bot.sandbox import XWorld, serve
from helpers.cli import WAIT_SECONDS, CommandResult, write_file
from helpers.clock import OffsetClock
from helpers.run import CONFIG, RunProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

_START = """\
import os, socket, sys
from datetime import datetime, timedelta
import bot.clock, bot.database.opening
assert bot.__file__.startswith(sys.prefix), bot.__file__
shift, now = timedelta(seconds=float(os.environ["SHIFT"])), bot.clock.Clock.now
still = os.environ.get("STILL")
bot.clock.Clock.now = lambda clock: (
    datetime.fromisoformat(still) if still else now(clock) + shift
)
bot.clock.Clock.arm = lambda clock, job, instant: instant - shift
bot.clock.Clock.boot_time = lambda clock: 0.0
bot.database.opening.BUSY_SECONDS = 1
socket.gethostname = lambda: "server"
from bot.__main__ import main
sys.argv[0] = "groundswell"
main()
"""
"""Starts the installed command with its clock turned, and on a machine with a made-up name."""

HEAD = """\
campaign: {name}
title: The {name} campaign
timezone: UTC
accounts: [our-x]
require_approval: {approvals}
demands:
  stop: {{ask: Stop it, target: The council}}
posts:
"""

DOCUMENTS = (
    "check",
    "plan",
    "queue list --all",
    "queue list --all --by account",
    "queue show ours/out ours/thread ours/doubtful ours/asked ours/journaled ours/dropped",
    "queue show ours/refused careful/approved careful/waiting",
    "review --list",
    "inbox",
    "log --limit 1000",
    "report",
    "web user list --all",
    "workers",
)
"""Commands whose JSON has to say the same before an upgrade and after it."""


class Environment:
    """A virtual environment with a wheel of ours; the libraries are those of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = make_environment(folder)

    def install(self, wheel: Path) -> None:
        """Install a wheel, in the place of the one that is there."""
        install(wheel, self.python)


@dataclass
class UpgradeProject:
    """A project in a folder, on a sandbox, whose commands are those of an environment."""

    folder: Path
    clock: OffsetClock
    world: XWorld
    secrets: Mapping[str, str]
    environment: Environment
    loops: list[RunProcess] = field(default_factory=list)
    still: datetime | None = None
    """The instant at which time stands still for commands, if any."""
    due: dict[str, datetime] = field(default_factory=dict)
    """When each post of the campaign is due."""

    def run(self, *args: str) -> CommandResult:
        """Run a command of the installed version."""
        ran = subprocess.run(
            self._command(args),
            cwd=self.folder,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
        return CommandResult(ran.returncode, ran.stdout, ran.stderr)

    def must(self, *args: str) -> str:
        """Run a command that has to succeed, and return its output."""
        ran = self.run(*args)
        assert ran.code == 0, (args, ran)
        return ran.out

    def start_loop(self, until: str = "Ctrl-C stops") -> RunProcess:
        """Start a loop and wait for words in its output."""
        log = self.folder.parent / f"loop-{len(self.loops)}.log"
        with log.open("wb") as stream:
            popen = subprocess.Popen(
                self._command(["run"]),
                cwd=self.folder,
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        loop = RunProcess(popen, log)
        self.loops.append(loop)
        loop.until(until)
        return loop

    def start_campaign(self) -> None:
        """Start a loop on a campaign with a post of another day."""
        _write(self, "ours", 0, [_post(self, "queued", 3, "text: A post that waits.")])
        self.start_loop()

    def advance_to(self, post: str) -> None:
        """Let the time come at which a post is due."""
        wait = self.due[post] - self.clock.now()
        self.clock.advance(seconds=wait.total_seconds() + 30)

    def states(self) -> dict[str, str]:
        """Return the state of each post."""
        with closing(sqlite3.connect(self.folder / "groundswell.db")) as database:
            return dict(database.execute("SELECT post, state FROM deliveries").fetchall())

    def texts(self) -> list[str]:
        """Return the texts of the sandbox's posts, oldest first."""
        return [post.raw for post in self.world.visible()]

    def _command(self, args: Sequence[str]) -> list[str]:
        return [str(self.environment.python), "-I", "-c", _START, *args]

    def _environ(self) -> dict[str, str]:
        secrets = {environment_variable("our-x", name): of for name, of in self.secrets.items()}
        shift = str((self.clock.now() - OffsetClock().now()).total_seconds())
        return {
            **secrets,
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder.parent),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "SHIFT": shift,
            **({"STILL": self.still.isoformat()} if self.still else {}),
        }


@contextmanager
def upgrade_project(folder: Path, environment: Environment) -> Iterator[UpgradeProject]:
    """Yield a project in a new folder, and end its loops afterwards."""
    clock = OffsetClock()
    world = XWorld(now=clock, seed=3)
    account = world.add_account("our_name", "Ours", description="Automated posts.")
    with ExitStack() as stack:
        url = stack.enter_context(serve(world))
        write_file(folder / "config.yaml", CONFIG.format(url=url))
        project = UpgradeProject(folder, clock, world, account.secrets, environment)
        try:
            yield project
        finally:
            for loop in project.loops:
                loop.popen.kill()
                loop.popen.wait()


def play(project: UpgradeProject) -> None:
    """Leave a database with a post in each state, and its files beside it."""
    _publish(project)
    _queue_more(project)
    project.must("web", "user", "add", "Ana", "--role", "approve", "--phrase", "--as", "Root")
    project.must("web", "user", "add", "Ben", "--role", "admin", "--phrase", "--as", "Root")
    project.must("web", "user", "remove", "Ben", "--as", "Root")
    project.must("queue", "drop", "ours/dropped", "--as", "Ana")
    reason = ("--because", "The figure is old.", "--as", "Ana")
    project.must("review", "--refuse", "ours/refused", *reason)
    project.must("review", "--approve", "careful/approved", "--as", "Ana")
    why = ("--why", "the hearing is postponed")
    project.must("pause", "--campaign", "careful", *why, "--as", "Ana")
    _leave_journal(project)


def _publish(project: UpgradeProject) -> None:
    """Publish a post and a thread, and read their counters three hours later."""
    thread = 'thread: ["The first part.", "The second part."]'
    ours = [_post(project, "out", 0, "text: Stop it now."), _post(project, "thread", 0, thread)]
    _write(project, "ours", 0, ours)
    project.must("run", "--once")
    assert project.texts() == ["Stop it now.", "The first part.", "The second part."]
    project.clock.advance(hours=3)
    project.must("run", "--once")


def _queue_more(project: UpgradeProject) -> None:
    """Queue posts, and leave one unknown and one that a person has to settle."""
    ours = [
        _post(project, "doubtful", 0, "text: Who pays for it?"),
        _post(project, "asked", 0, "text: Stop it now."),
        *(_post(project, name, 2, f"text: A post {name}.") for name in ("dropped", "refused")),
        _post(project, "queued", 3, "text: A post that waits."),
    ]
    _write(project, "ours", 0, ours)
    careful = [_post(project, name, 2, f"text: {name}.") for name in ("approved", "waiting")]
    _write(project, "careful", 1, careful)
    project.world.faults.add("POST", "/2/tweets", "drop_before")
    project.must("run", "--once")
    assert project.texts() == ["Stop it now.", "The first part.", "The second part."]


def _leave_journal(project: UpgradeProject) -> None:
    """Publish a post while the database is locked, and end the loop as a power cut does."""
    file = project.folder / "posts" / "ours.yaml"
    journaled = _post(project, "journaled", 0, "text: A post of the journal.")
    write_file(file, file.read_text(encoding="utf-8") + journaled)
    project.world.faults.add("POST", "/2/tweets", {"stall": 1.5})
    loop = project.start_loop()
    loop.wait(lambda: "A post of the journal." in project.texts())
    spill = project.folder / "groundswell.db.spill"
    with closing(sqlite3.connect(project.folder / "groundswell.db")) as locking:
        locking.isolation_level = None
        locking.execute("BEGIN IMMEDIATE")
        loop.wait(lambda: spill.read_bytes().strip())
        loop.popen.kill()
        loop.popen.wait()


def _post(project: UpgradeProject, name: str, days: int, text: str) -> str:
    at = (project.clock.now() + timedelta(days=days)).replace(second=0, microsecond=0)
    project.due[name] = at
    return f"  - id: {name}\n    when: {at:%Y-%m-%d %H:%M}\n    {text}\n"


def _write(project: UpgradeProject, name: str, approvals: int, posts: Sequence[str]) -> None:
    head = HEAD.format(name=name, approvals=approvals)
    write_file(project.folder / "posts" / f"{name}.yaml", head + "".join(posts))


def read_documents(run: Callable[..., CommandResult], *folders: str) -> dict[str, Any]:
    """Return the JSON of all commands in ``DOCUMENTS``, without the names of these folders."""
    documents = {}
    for line in DOCUMENTS:
        ran = run(*line.split(), "--json")
        assert ran.out.startswith(("{", "[")), (line, ran)
        text = ran.out
        for folder in folders:
            text = text.replace(folder, "FOLDER")
        documents[line] = json.loads(text)
    return documents

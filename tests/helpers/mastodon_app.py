"""The whole app on a server of Mastodon's API, and a process of it that a test may kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.config.secrets import environment_variable
from bot.model import Account, Part, State
from bot.planning.diff import Add
from bot.runtime.app import App, create_app
from helpers.cli import ROOT
from helpers.clock import OffsetClock
from helpers.databases import create_sqlite_file, make_config
from helpers.delivery import content_of
from helpers.store import occurrence

if TYPE_CHECKING:
    from helpers.mastodon_servers import MastodonBackend

ABOUT = "https://social.example/about"
ENDED = frozenset(State) - {State.SCHEDULED, State.SENDING, State.UNKNOWN}


def open_app(folder: Path, account: Account, token: str, clock: OffsetClock) -> Any:
    """Return an app that posts from this account, in a context."""
    config = make_config(folder, {"mj": account}, f"sqlite:///{folder / 'groundswell.db'}")
    environ = {environment_variable("mj", "access_token"): token}
    return create_app(config, environ, clock=clock, options={"read_timeout": 5.0})


def beat(app: App) -> None:
    """Do once all that the loop does for posts."""
    app.restore_check.run()
    app.uploads.run()
    app.dispatcher.run()
    app.reconciler.rescue(sole=False)
    app.reconciler.run()


class MastodonApp:
    """An account on a server, and the app that posts from it."""

    def __init__(self, backend: MastodonBackend, folder: Path) -> None:
        self.backend, self.folder = backend, folder
        backend.proxy.now = backend.clock.now
        handle, api = backend.account.handle, backend.account.api
        self.account = Account("mj", "mastodon", handle, api, disclosed_at=ABOUT)
        create_sqlite_file(folder / "groundswell.db")

    @property
    def token(self) -> str:
        return self.backend.secrets["access_token"]

    def open(self) -> Any:
        """Return a new app, as another process would be."""
        return open_app(self.folder, self.account, self.token, self.backend.clock)

    def add(self, app: App, *parts: Part, post: str = "hart") -> str:
        now, content = self.backend.clock.now(), content_of(*parts)
        fields = {"platform": "mastodon", "due": now, "grace": timedelta(hours=2)}
        planned = occurrence(post, content=content, **fields)
        app.queue.apply([Add(planned)], now)
        return planned.key

    def run(self, app: App, *keys: str) -> list[State]:
        """Let the app work until these are at their end; return their states."""
        clock = self.backend.clock
        for _ in range(100):
            beat(app)
            states = [delivery.state for key in keys if (delivery := app.queue.get(key))]
            if ENDED.issuperset(states):
                return states
            parts = (app.dispatcher, app.uploads, app.reconciler)
            wakes = [wake for part in parts if (wake := part.next_wake())]
            wait = (min(wakes) - clock.now()).total_seconds() if wakes else 0.0
            clock.advance(seconds=min(max(wait, 0.1), 60.0))
        raise AssertionError(f"still {states}")


class KillableWorker:
    """A process of the app for one account, that works until it is killed."""

    def __init__(self, app: MastodonApp) -> None:
        about = {"folder": str(app.folder), "token": app.token}
        about |= {"handle": app.account.handle, "api": app.account.api}
        command = [sys.executable, "-m", "helpers.mastodon_app", json.dumps(about)]
        environ = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        assert self._process.stdout
        if self._process.stdout.readline() != "ready\n":
            self.kill_after(0)
            raise AssertionError("the worker did not begin")

    def kill_after(self, seconds: float) -> None:
        """Kill it, as by kill -9, so long after it began to work."""
        time.sleep(seconds)
        self._process.kill()
        self._process.communicate(timeout=20)


def _work(about: dict[str, str]) -> None:
    account = Account("mj", "mastodon", about["handle"], about["api"], disclosed_at=ABOUT)
    account = replace(account, part_gap=timedelta(0))
    with open_app(Path(about["folder"]), account, about["token"], OffsetClock()) as app:
        app.clients.connect_all()
        print("ready", flush=True)  # noqa: T201 - to who starts it
        with app.registered():
            while True:
                beat(app)
                time.sleep(0.005)


if __name__ == "__main__":
    _work(json.loads(sys.argv[1]))

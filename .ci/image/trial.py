"""What the image must do, tried in containers without a network, without rights, and read-only."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from image.engine import Engine

STOP_SECONDS = 10
"""Docker kills a container that long after it asked it to stop."""
_WAIT_SECONDS = 180.0

_CONFIG = """\
accounts:
  our-x:
    platform: x
    handle: our_name
    gap: 0s
campaigns: posts
"""
_CAMPAIGN = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [our-x]
demands:
  stop: {ask: Stop it, target: The council}
posts:
"""
_WRITE = """
import json, pathlib, sys
for name, text in json.load(sys.stdin).items():
    path = pathlib.Path("/campaign", name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
"""
_ASK = """
import sys, urllib.request
method, path, body = sys.argv[1:]
asked = urllib.request.Request(
    "http://127.0.0.1:8765" + path, body.encode() or None, method=method)
print(urllib.request.urlopen(asked).read().decode())
"""

_HEALTHZ = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/healthz').status)"


class TrialError(Exception):
    """The image does not do what it must."""


def demand(holds: object, words: str) -> None:
    """Raise TrialError unless something holds."""
    if not holds:
        raise TrialError(words)


@dataclass
class Rehearsal:
    """A campaign on a volume, with a sandbox, and loops that come and go."""

    engine: Engine
    image: str
    volume: str
    sandbox: str = ""
    """The container of the sandbox, whose loopback the others share."""
    secrets: tuple[str, ...] = ()
    """The options that hand the sandbox's secrets to a loop."""

    def begin(self) -> None:
        """Make the volume, with a campaign in it, and start a sandbox."""
        self.engine("volume", "create", self.volume)
        self.write({"config.yaml": _CONFIG})
        self.plan()
        self.sandbox = self.engine.start(
            self.image, "sandbox", "--rehearsal", "rehearsal.yaml",
            options=("--network", "none", *self._mount),
        )  # fmt: skip
        said = self.until(self.sandbox, "Ctrl-C stops it")
        exports = (line.removeprefix("export ") for line in said.splitlines())
        self.secrets = tuple(
            part for line in exports if line.startswith("GROUNDSWELL_") for part in ("--env", line)
        )
        demand(self.secrets, f"the sandbox names no secrets:\n{said}")

    def write(self, files: dict[str, str]) -> None:
        """Write files into the volume, as the image's own user."""
        options = ("--network", "none", *self._mount, "--entrypoint", "python")
        self.engine.once(self.image, "-c", _WRITE, options=options, given=json.dumps(files))

    def plan(self, *due_now: str) -> None:
        """Write posts that are due now, and one of the next hour."""
        now = datetime.now(UTC)
        due = dict.fromkeys(due_now, now) | {"later": now + timedelta(hours=1)}
        entries = (
            f"  - id: {name}\n    when: {at:%Y-%m-%d %H:%M}\n    text: This is the post {name}.\n"
            for name, at in due.items()
        )
        self.write({"posts/ours.yaml": _CAMPAIGN + "".join(entries)})

    def start(self) -> str:
        """Start a loop, and return its container."""
        return self.engine.start(self.image, options=(*self._beside, *self.secrets))

    def serve(self) -> str:
        """Start the control room, and return its container."""
        return self.engine.start(self.image, "web", options=self._beside)

    def room_answers(self) -> str:
        """Return what the control room says about its health, or nothing."""
        code, out, _ = self.engine.ask("exec", self.sandbox, "python", "-c", _HEALTHZ)
        return "" if code else out

    def run(self, *command: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command on the volume in a container of its own, and return what it prints."""
        return self.engine.once(self.image, *command, options=self._beside, codes=codes)

    def ask(self, method: str, path: str, body: str = "") -> Any:
        """Ask the sandbox, from within its container."""
        command = ("exec", self.sandbox, "python", "-c", _ASK, method, path, body)
        return json.loads(self.engine(*command))

    def posts(self) -> list[str]:
        """Return the texts on the sandbox."""
        return sorted(post["text"] for post in self.ask("GET", "/sandbox/posts")["posts"])

    def states(self) -> dict[str, str]:
        """Return the state of each post."""
        listed = json.loads(self.run("queue", "list", "--all", "--json"))
        return {post["post"]: post["state"] for post in listed}

    def stop(self, container: str, code: int = 0) -> float:
        """Stop a container as Docker does, and return the seconds until it ends with a code."""
        begun = time.monotonic()
        self.engine("stop", "--time", str(STOP_SECONDS), container)
        seconds = time.monotonic() - begun
        state = self.engine.inspect("container", container)["State"]
        log = self.engine("logs", container)
        demand(state["ExitCode"] == code, f"it was stopped with {state['ExitCode']}:\n{log}")
        return seconds

    def until(self, container: str, words: str) -> str:
        """Wait for words in a container's log, and return the whole log."""
        return wait(lambda: self._said(container, words), words)

    def _said(self, container: str, words: str) -> str:
        code, out, said = self.engine.ask("logs", container)
        return out + said if code == 0 and words in out + said else ""

    @property
    def _mount(self) -> tuple[str, ...]:
        return ("--volume", f"{self.volume}:/campaign")

    @property
    def _beside(self) -> tuple[str, ...]:
        config = ("--env", "GROUNDSWELL_CONFIG=rehearsal.yaml")
        return ("--network", f"container:{self.sandbox}", *self._mount, *config)


def wait(holds: Callable[[], str], what: str) -> str:
    """Return what a condition returns once it holds. Raise TrialError if it never does."""
    end = time.monotonic() + _WAIT_SECONDS
    while not (found := holds()):
        demand(time.monotonic() < end, f"waited {_WAIT_SECONDS:.0f} s in vain: {what}")
        time.sleep(0.3)
    return found

"""The checks of the image, one after the other."""

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from image.engine import Engine
from image.trial import STOP_SECONDS, Rehearsal, demand, wait

MOST_BYTES = 275_000_000
"""The size of the image with all extras, unpacked; an image that grows is to be noticed."""
_DEMO_SECONDS = 600.0
_USER = "10001:10001"
_HEALTHY, _NO_LOOP = 0, 4
"""Exit codes of `groundswell status --json`."""

_COMPARE = """
import base64, csv, hashlib, importlib.metadata as metadata, io, pathlib
seen = 0
for found in metadata.distributions():
    for name, digest, size in csv.reader(io.StringIO(found.read_text("RECORD"))):
        if digest:
            kind, _, wanted = digest.partition("=")
            data = pathlib.Path(found.locate_file(name)).read_bytes()
            has = base64.urlsafe_b64encode(hashlib.new(kind, data).digest()).decode().rstrip("=")
            assert has == wanted, f"{name} is not the file of its wheel"
            seen += 1
print(seen)
"""
_LOOK = """
import os, shutil, ssl, zoneinfo
for tool in ("sh", "bash", "apt-get", "dpkg", "pip", "pip3", "gcc", "perl"):
    assert shutil.which(tool) is None, f"{tool} is in the image"
try:
    import pip
except ModuleNotFoundError:
    pass
else:
    raise AssertionError("pip is in the image")
try:
    open("/written", "w")
except OSError:
    pass
else:
    raise AssertionError("the root can be written to")
assert os.getuid() == 10001
assert ssl.create_default_context().get_ca_certs()
zoneinfo.ZoneInfo("America/New_York")
lacking = [
    os.path.join(folder, file)
    for top in ("/usr/lib/python3.13", "/opt/groundswell/lib")
    for folder, _, files in os.walk(top)
    for file in files
    if file.endswith(".py") and "-" not in file
    and not os.path.exists(os.path.join(folder, "__pycache__", file[:-2] + "cpython-313.pyc"))
]
print(len(lacking))
"""


@dataclass
class Trial:
    """The image, and where it is tried."""

    engine: Engine
    image: str

    def all(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Yield each check with its name; it returns what it found, or raises TrialError."""
        rehearsal = Rehearsal(self.engine, self.image, "rehearsal")
        yield "its settings", self.settings
        yield "its size", self.size
        yield "its files", self.files
        yield "the demo, without a network", self.demo
        rehearsal.begin()
        yield "health without a loop", lambda: self.no_loop(rehearsal)
        yield "SIGTERM while nothing is sent", lambda: self.quiet_stop(rehearsal)
        yield "health while paused", lambda: self.paused(rehearsal)
        yield "SIGTERM while a server does not answer", lambda: self.stop_with_open_send(rehearsal)
        yield "the control room", lambda: self.control_room(rehearsal)

    def settings(self) -> str:
        """Look at what the image asks of an engine."""
        image: Any = self.engine.inspect("image", self.image)
        found, check = image["Config"], image["Healthcheck"]["Test"]
        demand(found["User"] == _USER, f"it runs as {found['User']}")
        demand(set(found["Volumes"]) == {"/campaign"}, f"its volumes are {found['Volumes']}")
        demand(check[1:] == ["groundswell", "status", "--json"], f"its check is {check}")
        secret = [line for line in found["Env"] if line.startswith("GROUNDSWELL_")]
        demand(not secret, f"it has settings of ours in its environment: {secret}")
        said = self.engine.once(self.image, "--version", options=("--network", "none"))
        version = said.split()[1]
        label = found["Labels"]["org.opencontainers.image.version"]
        demand(label == version, f"its label says {label}, and the command {version}")
        return f"user {_USER}, one volume, version {version}"

    def size(self) -> str:
        """Bound the size of the image, unpacked."""
        size = self.engine.inspect("image", self.image)["Size"]
        demand(size <= MOST_BYTES, f"it has {size:,} bytes, and {MOST_BYTES:,} were enough")
        return f"{size / 1e6:.0f} MB unpacked"

    def files(self) -> str:
        """Compare every file with its wheel, and look for what should not be there."""
        python = ("--network", "none", "--entrypoint", "python")
        same = self.engine.once(self.image, "-c", _COMPARE, options=python).strip()
        lacking = self.engine.once(self.image, "-c", _LOOK, options=python).strip()
        demand(int(lacking) < 5, f"{lacking} modules have no bytecode")  # noqa: PLR2004
        return f"{same} files are those of their wheels; no shell, no pip; root is read-only"

    def demo(self) -> str:
        """Play the demo on a volume."""
        self.engine("volume", "create", "demo")
        options = ("--network", "none", "--volume", "demo:/campaign")
        said = self.engine.once(self.image, "demo", options=options, within=_DEMO_SECONDS)
        last = next(line for line in said.splitlines() if "exactly once" in line)
        return last.split(",")[0]

    def no_loop(self, rehearsal: Rehearsal) -> str:
        """Ask for the health of a database on which no loop runs."""
        rehearsal.run("status", "--json", codes=(_NO_LOOP,))
        return f"exit code {_NO_LOOP}"

    def quiet_stop(self, rehearsal: Rehearsal) -> str:
        """Stop a loop that has sent a post and has another one in its queue."""
        rehearsal.plan("first")
        loop = rehearsal.start()
        wait(lambda: str(rehearsal.posts() or ""), "the first post is out")
        code, out, said = self.engine.ask("healthcheck", "run", loop)
        demand(code == _HEALTHY, f"although a loop runs, its check says {code}:\n{out}{said}")
        seconds = rehearsal.stop(loop)
        states = rehearsal.states()
        demand(states == {"first": "published", "later": "scheduled"}, str(states))
        return f"stopped after {seconds:.1f} s, {states}"

    def paused(self, rehearsal: Rehearsal) -> str:
        """Ask for the health of a loop that was paused."""
        loop = rehearsal.start()
        rehearsal.until(loop, "running; Ctrl-C stops")
        self.engine("exec", loop, "groundswell", "pause", "--why", "a trial")
        wait(lambda: "" if self.engine.ask("healthcheck", "run", loop)[0] else "healthy", "health")
        self.engine("exec", loop, "groundswell", "resume")
        rehearsal.stop(loop)
        return f"exit code {_HEALTHY}"

    def stop_with_open_send(self, rehearsal: Rehearsal) -> str:
        """Stop a loop whose send gets no answer, and see that the next loop settles it."""
        fault = {"method": "POST", "path": "/2/tweets", "effect": {"stall": 60}}
        rehearsal.ask("POST", "/sandbox/faults", json.dumps(fault))
        before = rehearsal.posts()
        rehearsal.plan("first", "slow")
        loop = rehearsal.start()
        wait(lambda: "sent" if rehearsal.posts() != before else "", "the slow post is sent")
        seconds = rehearsal.stop(loop)
        demand(seconds < STOP_SECONDS, f"it took {seconds:.1f} s to stop")
        left = rehearsal.states()
        loop = rehearsal.start()
        settled = {"first": "published", "slow": "published", "later": "scheduled"}
        wait(lambda: "settled" if rehearsal.states() == settled else "", f"{settled}")
        rehearsal.stop(loop)
        demand(len(rehearsal.posts()) == len(before) + 1, f"posts: {rehearsal.posts()}")
        return f"stopped after {seconds:.1f} s as {left['slow']}, then found, and published once"

    def control_room(self, rehearsal: Rehearsal) -> str:
        """Serve the control room, ask whether it is well, and stop it."""
        room = rehearsal.serve()
        wait(rehearsal.room_answers, "the control room answers")
        seconds = rehearsal.stop(room, 128 + signal.SIGTERM)
        return f"answered, and stopped after {seconds:.1f} s"

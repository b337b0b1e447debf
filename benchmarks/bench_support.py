"""A workspace, a sandbox, a running loop and figures, for all benchmarks.

Repeat one with ``python benchmarks/bench_NAME.py``, or all with ``make bench``. Each measures a
process of its own, started as people start it, which is ``groundswell`` of the environment that
runs the benchmark, with an empty home, against ``groundswell sandbox`` on loopback. Nothing passes
or fails here. Each figure stands beside its bar.
"""

from __future__ import annotations

import json
import math
import os
import platform
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
COMMAND = str(Path(sys.executable).with_name("groundswell"))
BENCH = ROOT / ".bench"
"""The files that benchmarks keep between two runs, which git ignores."""
FIGURES = BENCH / "figures.json"
SAME = ("group", "name", "at", "unit")
"""A figure replaces an older one with the same values of these."""
SECRETS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
PATIENCE = 120.0
"""Seconds that a benchmark waits for something before it gives up."""

# --- Figures -------------------------------------------------------------------------------------


def title(what: str) -> None:
    """Print a title, the machine and its load, which makes every figure worse."""
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{what}\n{machine()}, load {loads}\n")


def row(name: str, figure: str, bar: str = "") -> None:
    """Print one figure, and the bar beside it."""
    print(f"  {name:<50} {figure:<34} {f'bar: {bar}' if bar else ''}".rstrip(), flush=True)


def keep(
    group: str,
    name: str,
    value: float,
    unit: str,
    *,
    at: int | None = None,
    of: str = "",
    bar: str = "",
) -> None:
    """Print a figure and keep it for ``performance_page.py``.

    It was measured ``at`` so many ``of`` something.
    """
    label = name if at is None else f"{name}, {counted(at, of)}"
    row(label, f"{shown(value):>10} {unit}", bar)
    figure = {"group": group, "name": name, "at": at, "of": of, "value": value, "unit": unit}
    measured = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    figure |= {"bar": bar, "machine": machine(), "measured": measured}
    others = [old for old in _kept() if any(old[key] != figure[key] for key in SAME)]
    _write([*others, figure])


def counted(number: int, of: str) -> str:
    """Return ``1 account``, ``4 accounts``."""
    return f"{number:,} {of.removesuffix('s') if number == 1 else of}"


def forget(group: str) -> None:
    """Drop the older figures of a group, as ratios need figures of one run."""
    _write([old for old in _kept() if old["group"] != group])


def _kept() -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = json.loads(FIGURES.read_text()) if FIGURES.exists() else []
    return kept


def _write(figures: list[dict[str, Any]]) -> None:
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def shown(value: float) -> str:
    """Return a figure with three significant digits, or with all before the point."""
    return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:.3g}"


def machine() -> str:
    """Return the machine in words."""
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{system}, Python {platform.python_version()}"


def spread(values: Sequence[float]) -> str:
    """Return the median of seconds with the least and the most, in ms."""
    middle, least, most = (f(values) * 1000 for f in (statistics.median, min, max))
    return f"{middle:6.0f} ms  ({least:.0f} to {most:.0f})"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the percentile by the nearest rank; ``share`` is from 0 to 1."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


# --- The workspace --------------------------------------------------------------------------------


@dataclass(slots=True)
class Workspace:
    """A folder with a config and campaigns, and the environment that commands run in."""

    folder: Path
    environ: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Start from a bare environment, without the settings of the person who measures."""
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),  # measure this checkout, whatever the environment has
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    def write(self, name: str, text: str) -> None:
        """Write a file of the workspace."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def write_example(self) -> None:
        """Write the example campaign and its config."""
        shutil.copy(ROOT / "config.example.yaml", self.folder / "config.yaml")
        shutil.copytree(ROOT / "posts", self.folder / "posts")

    def start(self, *command: str, output: Any = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start a process in the workspace."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environ,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def seconds(self, *command: str) -> float:
        """Return how long a command takes from start to end, in seconds of wall-clock time."""
        begin = time.perf_counter()
        process = self.start(*command)
        if process.wait():  # with a timeout, it would look only now and then
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        return time.perf_counter() - begin


@contextmanager
def workspace() -> Iterator[Workspace]:
    """Yield a temporary folder to work in."""
    with tempfile.TemporaryDirectory(prefix="groundswell-bench-") as name:
        yield Workspace(Path(name))


# --- Campaigns ------------------------------------------------------------------------------------

_HEAD = """\
campaign: measured-{number}
title: A campaign to measure with
timezone: UTC
accounts: [{accounts}]
hashtags: [Measured]
facts:
  figure:
    claim: A figure that a text fetches, as those of real campaigns do
    figure: $6 billion
    source: https://example.org/
    as_of: 2022-07-18
demands:
  ask:
    ask: Measure before you change
    target: Whoever waits for a command
    facts: [figure]
posts:
"""
_POST = """\
  - id: post-{number}
    demand: ask
    when: {due:%Y-%m-%d %H:%M:%S}Z
    text: |
      {{{{ fact.figure.figure }}}}: {words}. {{{{ demand.ask }}}}.
"""


def campaign(number: int, accounts: Sequence[str], dues: Sequence[datetime]) -> str:
    """Return a campaign file with a post for each due instant; no two texts are alike."""
    head = _HEAD.format(number=number, accounts=", ".join(accounts))
    chance = random.Random(number)  # noqa: S311 - repeatable, no secret
    posts = [_POST.format(number=i, due=due, words=_words(chance)) for i, due in enumerate(dues)]
    return head + "".join(posts)


def words(seed: int) -> Iterator[str]:
    """Yield new words without end, from a seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    while True:
        yield _words(chance)


def _words(chance: random.Random) -> str:
    """Return words that no other post has, as two accounts must not post similar texts."""
    return " ".join("".join(chance.choices("aeioubdgklmnprst", k=6)) for _ in range(25))


def write_many(place: Workspace, accounts: Sequence[str], posts: int) -> None:
    """Write a file of so many posts for each account, one every half hour, starting in an hour.

    More than 50 a day from one account are refused, as are posts that repeat another account's.
    """
    first = datetime.now(UTC) + timedelta(hours=1)
    dues = [first + timedelta(minutes=30 * i) for i in range(posts)]
    for number, account in enumerate(accounts):
        place.write(f"posts/measured-{number}.yaml", campaign(number, [account], dues))


# --- The sandbox and the loop ---------------------------------------------------------------------


@contextmanager
def sandbox(place: Workspace, accounts: Sequence[str], settings: str) -> Iterator[None]:
    """Serve a simulated X, with these accounts in it and, with more settings, in the config."""
    url = f"http://127.0.0.1:{free_port()}"
    process = place.start(COMMAND, "sandbox", "--port", url.rpartition(":")[2])
    try:
        wait_for(lambda: _answers(url), "the sandbox to answer")
        lines = ["accounts:"]
        for name in accounts:
            credentials = join(url, name)
            place.environ |= {secret_variable(name, s): credentials[s] for s in SECRETS}
            lines += [f"  {name}:", "    platform: x", f"    handle: {_handle(name)}"]
            lines += [f"    api: {url}", settings]
        place.write("config.yaml", "\n".join(lines))
        yield
    finally:
        end(process)


def get(url: str) -> Any:
    """Return the JSON at an address of the sandbox."""
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own loopback sandbox
        return json.load(answer)


@contextmanager
def loop(place: Workspace) -> Iterator[subprocess.Popen[str]]:
    """Run ``groundswell run``, with its output in ``run.log``."""
    with (place.folder / "run.log").open("w") as log:
        process = place.start(COMMAND, "run", output=log)
        try:
            yield process
        finally:
            end(process)


def count_logged(place: Workspace, words: str) -> int:
    """Count the lines of the loop's log that hold these words."""
    lines = (place.folder / "run.log").read_text(encoding="utf-8").splitlines()
    return sum(words in line for line in lines)


def wait_for(
    condition: Callable[[], Any], what: str, patience: float = PATIENCE, every: float = 0.02
) -> float:
    """Wait until a condition holds; return how many seconds that took.

    It is asked ``every`` so many seconds, as asking may slow the measured process.
    """
    begin = time.perf_counter()
    while not condition():
        if time.perf_counter() - begin > patience:
            raise SystemExit(f"waited {patience:.0f} s for {what}")
        time.sleep(every)
    return time.perf_counter() - begin


def end(process: subprocess.Popen[str]) -> None:
    """Stop a process cleanly."""
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        get(f"{url}/sandbox/faults")
    except OSError:
        return False
    return True


def _handle(name: str) -> str:
    return name.replace("-", "_")


def join(url: str, name: str) -> dict[str, str]:
    """Open an account in the sandbox; return its credentials."""
    body = json.dumps({"handle": _handle(name), "name": name}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/sandbox/accounts", body, headers)  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own sandbox
        credentials: dict[str, str] = json.load(answer)
    return credentials


def secret_variable(account: str, secret: str) -> str:
    """Return the environment variable of an account's secret."""
    return f"GROUNDSWELL_{account}_{secret}".upper().replace("-", "_")

"""Following README.md and the other pages as people do, block by block.

A block's commands are run, unless a comment right before the block says otherwise.

- ``not run: WHY`` marks commands that no test can run.
- ``file: NAME`` makes the test write the block to this file.
- ``in: NAME`` makes the test add the block to this file, which must pass ``groundswell check``.
- ``part of: PATH`` marks a piece of a file of the reader's system.

A command that runs until Ctrl-C is started and stopped. The test replaces the sandbox's port and
the secrets that the sandbox printed, which differ on each machine.
"""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any, Self

import yaml

from helpers.cli import ROOT, bare_environment, write_program
from helpers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
SECURITY = ROOT / ".github" / "SECURITY.md"
PAGES = (README, CONTRIBUTING, SECURITY, *sorted((ROOT / "docs").glob("*.md")))
PORT = "127.0.0.1:8765"
NETWORKS = ("x", "mastodon", "bluesky")
"""The networks of the tutorial, in the order in which its sandbox serves them."""
_FENCE = re.compile(
    r"^(?:<!--\s*(?P<mark>(?:(?!-->).)*?)\s*-->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_PRINTED = re.compile(r"export (GROUNDSWELL_\w+)=(\S+)")


@dataclass(frozen=True)
class Block:
    """A fenced block with its language, its text, and the comment before it."""

    language: str
    text: str
    mark: str

    @property
    def runs(self) -> bool:
        """Whether the test runs the block's commands."""
        return self.language == "sh" and not self.mark

    def named(self, mark: str) -> str:
        """Return the file that the block's mark names, if the mark is of this kind."""
        kind, _, name = self.mark.partition(": ")
        return name if kind == mark else ""


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page in their order."""
    found = _FENCE.finditer(page.read_text(encoding="utf-8"))
    return [Block(block["language"], block["text"], block["mark"] or "") for block in found]


def commands(block: Block) -> list[str]:
    """Return a block's commands, one a line."""
    return [line for line in block.text.splitlines() if line.split("#")[0].strip()]


@dataclass
class Reader:
    """A person who follows a page in a folder. Use it as a context."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    port: int = 0
    printed: dict[str, str] = field(default_factory=dict)
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Add a ``groundswell`` to the path."""
        command = self.folder / "bin" / "groundswell"
        command.parent.mkdir()
        write_program(command)
        self.environ = bare_environment(self.folder)
        self.environ["PATH"] = f"{command.parent}:{self.environ['PATH']}"
        self.environ["PWD"] = str(self.folder)
        self.port = free_port(len(NETWORKS))
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes that still run."""
        for process in self._running:
            process.kill()
            process.communicate()

    def prepare(self) -> None:
        """Make the campaign, account and valid secrets with which a page in docs/ starts."""
        self.shell("groundswell init my-campaign\ncd my-campaign")
        self.start("groundswell sandbox --handle our_name")
        self.environ |= self.printed

    def follow(self, block: Block) -> None:
        """Run a block, or write it to its file."""
        text = block.text.replace(PORT, f"127.0.0.1:{self.port}")
        if name := block.named("file"):
            (Path(self.environ["PWD"]) / name).write_text(text, encoding="utf-8")
        elif name := block.named("in"):
            path = Path(self.environ["PWD"]) / name
            path.write_text(_added(path.read_text(encoding="utf-8"), text), encoding="utf-8")
            self._on_the_sandbox()
            self.shell("groundswell check")
        elif block.runs:
            for variable, value in self.printed.items():
                text = re.sub(rf"(?<={variable}=)…", value, text)
            self._commands(text)

    def _commands(self, text: str) -> None:
        at_once: list[str] = []
        for line in text.splitlines():
            if _goes_on(line):
                self.shell("\n".join(at_once))
                at_once.clear()
                self.start(line)
            else:
                at_once.append(line)
        self.shell("\n".join(at_once))

    def shell(self, script: str) -> None:
        """Run commands in one shell, which stops at the first failure; keep its environment."""
        if not script.strip():
            return
        state = self.folder / "state"
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{script}\nenv -0 > {shlex.quote(str(state))}"],  # noqa: S607 - the reader's own
            cwd=self.environ["PWD"],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, f"{script}\n{ran.stdout}{ran.stderr}"
        pairs = (pair.partition("=") for pair in state.read_text().split("\0") if pair)
        self.environ = {name: value for name, _, value in pairs}
        self._on_the_sandbox()

    def _on_the_sandbox(self) -> None:
        """Point every new config to the sandbox instead of the networks."""
        for path in self.folder.rglob("config.yaml"):
            values = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - it makes texts only
            accounts = values["accounts"].values()
            if all("api" in account for account in accounts):
                continue
            for account in accounts:
                port = self.port + NETWORKS.index(account["platform"])
                account.setdefault("api", f"http://127.0.0.1:{port}")
            path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")

    def start(self, line: str) -> None:
        """Start a lasting command and wait for its output; stop it if it is a loop."""
        if line.startswith("groundswell sandbox"):
            process = self._started(f"{line} --port {self.port}")
            self.printed = _credentials(process)
        else:
            process = self._started(line)
            assert process.stderr
            said = list(_until(process.stderr, "Ctrl-C stops"))
            assert any("Ctrl-C stops" in one for one in said), f"{line}\n{''.join(said)}"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            assert process.returncode == 130, f"{line}\n{out}{err}"

    def _started(self, line: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            shlex.split(line),
            cwd=self.environ["PWD"],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        killer = threading.Timer(300, process.kill)  # a silent one must not hang the test
        killer.daemon = True
        killer.start()
        return process


def _added(before: str, more: str) -> str:
    """Return a config with these keys, or a campaign with these posts or keys of its header."""
    if more.startswith("- "):
        return f"{before}\n{indent(more, '  ')}"
    if "\nposts:\n" in before:
        key = more.partition(":")[0]
        before = re.sub(rf"^{key}:.*\n", "", before, flags=re.MULTILINE)
        return before.replace("\nposts:\n", f"\n{more}\nposts:\n")
    # Values are read as texts, because only Groundswell interprets them.
    ours, theirs = (yaml.load(text, yaml.BaseLoader) for text in (before, more))  # noqa: S506 - it makes texts only
    return yaml.safe_dump(_merged(ours, theirs), sort_keys=False)


def _merged(ours: Any, theirs: Any) -> Any:
    """Return two trees of keys merged; the second one's values win."""
    if not (isinstance(ours, dict) and isinstance(theirs, dict)):
        return theirs
    both = {key: _merged(ours[key], theirs[key]) for key in ours.keys() & theirs.keys()}
    return {**ours, **theirs, **both}


def _goes_on(line: str) -> bool:
    return bool(re.match(r"groundswell (run|sandbox)\b(?!.*--once)", line))


def _until(lines: Iterator[str], words: str) -> Iterator[str]:
    for line in lines:
        yield line
        if words in line:
            return


def _credentials(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout
    said = list(_until(process.stdout, "Ctrl-C stops"))
    found = (_PRINTED.match(line) for line in said)
    return {one[1]: one[2] for one in found if one}

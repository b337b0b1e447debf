"""Reading README.md as its readers do: the blocks that they copy, section by section.

A block of shell commands is run, unless a comment right before it says «not run» and why. A block
after «file: NAME» is written to that file. A command that goes on until Ctrl-C is started, waited
for and stopped. What stands for the reader's own machine is put in: the sandbox's port, and the
secrets that the sandbox printed.
"""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cli_support import ROOT, bare_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

README = ROOT / "README.md"
PORT = "127.0.0.1:8765"
_FENCE = re.compile(
    r"^(?:<!--\s*(?P<mark>.*?)\s*-->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_PRINTED = re.compile(r"export (GROUNDSWELL_\w+)=(\S+)")


@dataclass(frozen=True)
class Block:
    """A fenced block: what it is, where it stands, and what the comment before it says."""

    section: str
    language: str
    text: str
    mark: str

    @property
    def runs(self) -> bool:
        """Whether it is a block of commands that the test runs."""
        return self.language == "sh" and not self.mark.startswith("not run: ")

    @property
    def file(self) -> str:
        """The file that the block is to be written to, or an empty text."""
        return self.mark.removeprefix("file: ") if self.mark.startswith("file: ") else ""


def blocks() -> list[Block]:
    """Give the README's blocks in their order."""
    found: list[Block] = []
    for section in re.split(r"^(?=## )", README.read_text(encoding="utf-8"), flags=re.MULTILINE):
        title = section.partition("\n")[0].lstrip("# ")
        found += [
            Block(title, one["language"], one["text"], one["mark"] or "")
            for one in _FENCE.finditer(section)
        ]
    return found


def commands(block: Block) -> list[str]:
    """Give a block's commands, one a line."""
    return [line for line in block.text.splitlines() if line.split("#")[0].strip()]


@dataclass
class Reader:
    """Somebody who follows the README in a folder of their own. Use as a context."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    port: int = 0
    printed: dict[str, str] = field(default_factory=dict)
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Put a `groundswell` into the path."""
        command = self.folder / "bin" / "groundswell"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m bot "$@"\n')
        command.chmod(0o755)
        self.environ = bare_environment(self.folder)
        self.environ["PATH"] = f"{command.parent}:{self.environ['PATH']}"
        self.environ["PWD"] = str(self.folder)
        self.port = _free_port()
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs."""
        for process in self._running:
            process.kill()
            process.communicate()

    def prepare(self) -> None:
        """Be where a how-to starts: a campaign, an account, and secrets that work."""
        self.shell("groundswell init my-campaign\ncd my-campaign")
        self.start("groundswell sandbox --handle our_name")
        self.environ |= self.printed

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        text = block.text.replace(PORT, f"127.0.0.1:{self.port}")
        if block.file:
            (Path(self.environ["PWD"]) / block.file).write_text(text, encoding="utf-8")
        elif block.runs:
            for name, value in self.printed.items():
                text = re.sub(rf"(?<={name}=)…", value, text)
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
        """Run commands as one shell, which stops at the first that fails; keep its surroundings."""
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
        self._without_x()

    def _without_x(self) -> None:
        """Have every new config talk to the sandbox, where the reader's talks to X."""
        for path in self.folder.rglob("config.yaml"):
            text = path.read_text(encoding="utf-8")
            if "api:" not in text:
                line = f"    platform: x\n    api: http://127.0.0.1:{self.port}\n"
                path.write_text(text.replace("    platform: x\n", line), encoding="utf-8")

    def start(self, line: str) -> None:
        """Start what goes on, and see that it does; a loop is then stopped as a reader stops it."""
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
        killer = threading.Timer(60, process.kill)  # a silent one must not hang the test
        killer.daemon = True
        killer.start()
        return process


def _goes_on(line: str) -> bool:
    return bool(re.match(r"groundswell (run|sandbox)\b(?!.*--once)", line))


def _until(lines: Iterator[str], words: str) -> Iterator[str]:
    for line in lines:
        yield line
        if words in line:
            return


def _credentials(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout
    said = list(_until(process.stdout, "ACCESS_TOKEN_SECRET"))
    found = (_PRINTED.match(line) for line in said)
    return {one[1]: one[2] for one in found if one}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])

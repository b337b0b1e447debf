"""A person's actions in a browser and at a terminal while an account logs in."""

from __future__ import annotations

import codecs
import json
import os
import re
import select
import subprocess
import sys
from contextlib import suppress
from html import unescape
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from bot.cli.main import run
from helpers.cli import WAIT_SECONDS, CommandResult, bare_environment, captured
from helpers.documents import check_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pytest

    from helpers.cli import Captured

Line: TypeAlias = "str | Callable[[str], str]"
"""A line of input, or a function that returns it for the address that was shown last."""


class Typist:
    """Replaces stdin, with lines that may depend on the address that was shown last."""

    def __init__(self, stderr: Captured, *lines: Line) -> None:
        self._stderr = stderr
        self._lines = [*lines]
        self.closed = False

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        if not self._lines:
            return ""
        line = self._lines.pop(0)
        if callable(line):
            line = line(re.findall(r"http\S+", self._stderr.text)[-1])
        return f"{line}\n"


class LoginProject:
    """A campaign's folder with one account, a home folder, and no keyring."""

    def __init__(self, tmp_path: Path, patch: pytest.MonkeyPatch, platform: str) -> None:
        self.folder, self.home, self.patch = tmp_path / "campaign", tmp_path / "home", patch
        self.platform, self.name = platform, f"our-{platform}"
        self.folder.mkdir()
        patch.chdir(self.folder)
        patch.setenv("HOME", str(self.home))
        patch.delenv("GROUNDSWELL_CONFIG", raising=False)

    def configure(self, handle: str, url: str) -> None:
        """Write the config, with the address of the account's API."""
        about = {"platform": self.platform, "handle": handle, "api": url}
        text = json.dumps({"accounts": {self.name: about}})
        (self.folder / "config.yaml").write_text(text)
        self.url = url

    def run(self, *args: str, lines: tuple[Line, ...] = ()) -> CommandResult:
        """Run a command with these lines as its input."""
        return run_typing(self.patch, *args, lines=lines)

    def login(self, *lines: Line, options: tuple[str, ...] = ()) -> CommandResult:
        return self.run("accounts", "login", self.name, *options, lines=lines)

    def logout(self, *options: str) -> CommandResult:
        return self.run("accounts", "logout", self.name, *options)

    @property
    def file(self) -> Path:
        return self.home / ".config" / "groundswell" / "secrets.json"

    def stored(self) -> dict[str, str]:
        """Return the account's secrets in the file."""
        return json.loads(self.file.read_text()).get(self.name, {}) if self.file.exists() else {}


def run_typing(
    patch: pytest.MonkeyPatch, *args: str, lines: tuple[Line, ...] = ()
) -> CommandResult:
    """Run a command in this process with these lines as its input."""
    with captured() as (out, err):
        patch.setattr(sys, "stdin", Typist(err, *lines))
        code = run([*args])
    check_document(args, out.text)
    return CommandResult(code, out.text, err.text)


def line_of(ran: CommandResult, code: str) -> str:
    """Return the one line that explains an error."""
    assert ran.code == 1
    assert ran.out == ""
    [line] = [line for line in ran.err.splitlines() if f": {code} " in line]
    assert ran.err.endswith(f"{line}\n1 problem\n")
    return line


def allow(handle: str = "our_name") -> Line:
    """Allow an app of X, in whichever browser."""
    return lambda address: allow_in_browser(address, handle)


def allow_in_browser(address: str, handle: str) -> str:
    """Allow an app as an account on the sandbox's page, and return the PIN."""
    with requests.Session() as browser:
        page = browser.get(address, timeout=10)
        assert f'value="{handle}"' in page.text, page.text
        token = parse_qs(urlsplit(address).query)["oauth_token"][0]
        form = {"oauth_token": token, "handle": handle}
        shown = browser.post(urljoin(address, "/oauth/authorize"), data=form, timeout=10)
        found = re.search(r'<code id="pin">(\d+)</code>', shown.text)
        assert found, shown.text
        return found[1]


def let_in_on_mastodon(name: str) -> Line:
    """Allow an app as an account, on the page of a server that asks for no password."""

    def browse(address: str) -> str:
        with requests.Session() as browser:
            page = browser.get(address, timeout=10).text
            hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
            form = {key: unescape(value) for key, value in hidden} | {"username": name}
            url = urljoin(address, "/oauth/authorize")
            shown = browser.post(url, data=form, timeout=10).text
        found = re.search(r'code: (\S+?)<|class="code"[^>]* value="([^"]+)"', shown)
        assert found, shown
        return found[1] or found[2]

    return browse


class Terminal:
    """A command in its own terminal, which shows the typed characters unless they are hidden."""

    _START = (
        "import fcntl, os, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "from bot.__main__ import main; main()"
    )

    def __init__(self, *args: str, cwd: Path, env: Mapping[str, str]) -> None:
        self._master, terminal = os.openpty()
        command = [sys.executable, "-c", self._START, *args]
        environ = {**bare_environment(cwd), **env}
        self._process = subprocess.Popen(
            command, cwd=cwd, env=environ, stdin=terminal, stdout=terminal, stderr=terminal
        )
        os.close(terminal)
        self.shown = ""
        # A read may end within a character, as in the blocks of a QR code.
        self._decode = codecs.getincrementaldecoder("utf-8")().decode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def read_until(self, words: str) -> str:
        """Wait until words are shown, and return all that was shown."""
        while words not in self.shown:
            ready, _, _ = select.select([self._master], [], [], WAIT_SECONDS)
            assert ready, self.shown
            self.shown += self._decode(os.read(self._master, 10_000))
        return self.shown

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait(self) -> int:
        """Wait for the command's end while reading its output, and return its exit code."""
        with suppress(OSError):  # Linux's way to say that nobody has the terminal open
            while piece := os.read(self._master, 10_000):
                self.shown += self._decode(piece)
        return self._process.wait(WAIT_SECONDS)

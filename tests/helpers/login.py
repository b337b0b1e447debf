"""What a person does while an account logs in: in a browser, and at a terminal."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from helpers.cli import WAIT_SECONDS, bare_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def allow_in_browser(address: str, handle: str) -> str:
    """Open an address of the sandbox's page for apps, allow the app as an account, give the PIN."""
    with requests.Session() as browser:
        page = browser.get(address, timeout=10)
        assert f'value="{handle}"' in page.text, page.text
        token = parse_qs(urlsplit(address).query)["oauth_token"][0]
        form = {"oauth_token": token, "handle": handle}
        shown = browser.post(urljoin(address, "/oauth/authorize"), data=form, timeout=10)
        found = re.search(r'<code id="pin">(\d+)</code>', shown.text)
        assert found, shown.text
        return found[1]


class Terminal:
    """A command in a terminal of its own, where what is typed appears unless it is hidden."""

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def read_until(self, words: str) -> str:
        """Wait until something is shown, and give all that was."""
        while words not in self.shown:
            ready, _, _ = select.select([self._master], [], [], WAIT_SECONDS)
            assert ready, self.shown
            self.shown += os.read(self._master, 10_000).decode()
        return self.shown

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait(self) -> int:
        """Wait for its end, reading what it shows until then, and give its exit code."""
        with suppress(OSError):  # Linux's way to say that nobody has the terminal open
            while piece := os.read(self._master, 10_000):
                self.shown += piece.decode()
        return self._process.wait(WAIT_SECONDS)

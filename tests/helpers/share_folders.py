"""Folders as ``groundswell share build`` writes them, and a server of them on a loopback port."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from socket import create_server
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.share.listed import LIST, REDIRECTS, BuiltFolder
from bot.share.serving import Server, Serving
from helpers.clock import ManualClock
from helpers.stopping import stopped_soon

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bot.share.counters import Counters

POLICY = "default-src 'none'; style-src 'sha256-abc='; base-uri 'none'; form-action 'none'"
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; '
    'style-src &#39;sha256-abc=&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;">'
    "<title>{}</title></head><body><p>{}</p></body></html>"
)
LINK = (
    "https://ours.example/act?utm_source=x&utm_medium=share&utm_campaign=ours&utm_content=hart-data"
)
FILES: Mapping[str, str | bytes] = {
    "index.html": PAGE.format("All", "All campaigns"),
    "ours/index.html": PAGE.format("Ours", "Say it in your own words"),
    "ours/es/index.html": PAGE.format("Nuestra", "Dilo con tus palabras"),
    "ours/pictures/hart.png": b"\x89PNG" + bytes(range(256)) * 1_000,
}
LINKS = {
    "ours/g/hart-data-x": LINK,
    "ours/g/hart-data-mail": LINK.replace("=x&", "=mail&"),
    "ours/g/plain-bluesky": "https://ours.example/",
}


def write_built(
    folder: Path,
    files: Mapping[str, str | bytes] = FILES,
    links: Mapping[str, str] | None = LINKS,
) -> Path:
    """Write files as a build does, the list of them last."""
    content = {
        path: data.encode() if isinstance(data, str) else data for path, data in files.items()
    }
    if links is not None:
        content[REDIRECTS] = json.dumps(links).encode()
    lines = []
    for path, data in sorted(content.items()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        _replace(folder / path, data)
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {path}\n")
    _replace(folder / LIST, "".join(lines).encode())
    return folder


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)


@dataclass
class ServedFolder:
    """A running server."""

    url: str
    port: int
    clock: ManualClock
    warnings: list[str]
    server: Server

    def connections(self) -> int:
        """Return the number of open connections."""
        return len(self.server.server_state.connections)


@contextmanager
def serve_built(
    folder: Path, counters: Counters | None = None, zone: str = "UTC"
) -> Iterator[ServedFolder]:
    """Serve a built folder in a thread, on a free port of this machine."""
    warnings: list[str] = []
    clock = ManualClock()
    built = BuiltFolder(folder, warnings.append)
    serving = Serving(built, counters, clock, ZoneInfo(zone), lambda agent: "bot" in agent.lower())
    with stopped_soon(), create_server(("127.0.0.1", 0)) as listener:
        server = Server(serving, ready=list)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.005)
            port = listener.getsockname()[1]
            yield ServedFolder(f"http://127.0.0.1:{port}", port, clock, warnings, server)
        finally:
            server.should_exit = True
            thread.join(20)

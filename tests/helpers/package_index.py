"""A package index on loopback, with wheels of its own making or the very ones that are locked."""

from __future__ import annotations

import hashlib
import html
import re
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name, parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


def make_wheel(folder: Path, name: str, version: str, needs: Collection[str] = ()) -> Path:
    """Write a wheel that holds one empty module, and return its path."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    needed = "".join(f"Requires-Dist: {one}\n" for one in needs)
    files = {
        f"{module}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    wheel = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return wheel


def lock_of(*wheels: Path) -> str:
    """Return a lock that names wheels by their digests."""
    pins = []
    for wheel in wheels:
        name, version, *_ = parse_wheel_filename(wheel.name)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        pins.append(f"{name}=={version} \\\n    --hash=sha256:{digest}\n")
    return "".join(pins)


@dataclass
class PackageIndex:
    """What an index offers, by https://peps.python.org/pep-0503/, and what it was asked for."""

    wheels: dict[str, Path] = field(default_factory=dict)
    """The files by their names."""
    yanked: set[str] = field(default_factory=set)
    """The names of files that nobody should take who did not name their version (PEP 592)."""
    taken: list[str] = field(default_factory=list)
    """The names of files that were downloaded."""
    cuts: bool = False
    """Whether the connection breaks off within each file."""
    address: str = ""
    """Where it is, once it runs."""

    def offer(self, *wheels: Path) -> None:
        """Offer wheels."""
        self.wheels |= {wheel.name: wheel for wheel in wheels}

    def page(self, name: str) -> str:
        """Return the page of a package, with a link to each file of it."""
        return "".join(
            f'<a href="/files/{html.escape(file)}"{" data-yanked" * (file in self.yanked)}>'
            f"{html.escape(file)}</a>\n"
            for file in self.wheels
            if canonicalize_name(file.partition("-")[0]) == name
        )

    @contextmanager
    def served(self) -> Iterator[PackageIndex]:
        """Serve it on a free port of loopback."""
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                _, kind, name, *_ = self.path.split("/")
                if kind == "files" and name in index.wheels:
                    self.answer("application/octet-stream", index.wheels[name].read_bytes(), name)
                elif kind == "simple" and (page := index.page(name)):
                    self.answer("text/html", page.encode())
                else:
                    self.send_error(404)

            def answer(self, kind: str, body: bytes, file: str = "") -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:-1] if file and index.cuts else body)
                index.taken += [file] if file else []

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            self.address = f"http://127.0.0.1:{server.server_port}/simple"
            yield self
            server.shutdown()


def next_versions(version: str) -> tuple[str, str]:
    """Return two later versions: one that differs a little, and the next major one."""
    release = re.match(r"\d+(\.\d+)*", version)
    assert release, version
    return f"{release[0]}.1", f"{int(release[0].split('.')[0]) + 1}.0"

"""Real web servers on loopback, whose own access logs are counted: nginx and Caddy."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.extras import WANTED, skip_without
from helpers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = b"<!doctype html><title>People over profit</title>" + b" " * 2000

NGINX = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 64; }}
http {{
  access_log access.log combined;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp;
  scgi_temp_path tmp;
  server {{
    listen 127.0.0.1:{port};
    root www;
    location = /old {{ return 301 /$is_args$args; }}
    location = /moved {{ return 302 /$is_args$args; }}
    location = /broken {{ return 500; }}
    location = /form {{ return 200; }}
  }}
}}
"""

CADDY = """
{{
  admin off
  auto_https off
}}
http://:{port} {{
  bind 127.0.0.1
  root * www
  redir /old /?{{query}} 301
  redir /moved /?{{query}} 302
  respond /broken 500
  respond /form 200
  file_server
  log {{
    output file access.log
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class WebServer:
    """A running server with one page."""

    port: int
    log: Path
    """Its access log."""

    def send(self, request: bytes) -> bytes:
        """Send the bytes of a request on a connection of its own, and return the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))


@contextmanager
def web_server(kind: str, folder: Path) -> Iterator[WebServer]:
    """Yield nginx or Caddy over a folder, and let it write all of its log at the end.

    Skip or fail if it is not installed.
    """
    program = shutil.which(kind, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not (WANTED and program):
        skip_without(f"the web server {kind}", f"apt-get install -y {kind}")
    port = free_port()
    for name in ("www", "tmp"):
        (folder / name).mkdir()
    (folder / "www" / "index.html").write_bytes(PAGE)
    config = folder / "server.conf"
    config.write_text({"nginx": NGINX, "caddy": CADDY}[kind].format(port=port))
    command = {
        "nginx": [program, "-p", str(folder), "-c", str(config), "-e", "error.log"],
        "caddy": [program, "run", "--config", str(config), "--adapter", "caddyfile"],
    }[kind]
    environment = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "server.log").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
    try:
        _wait_until_open(port, process, folder / "server.log")
        yield WebServer(port, folder / "access.log")
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_open(port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            assert process.poll() is None, said.read_text(errors="replace")
            assert time.monotonic() < until, said.read_text(errors="replace")
            time.sleep(0.05)
        else:
            return

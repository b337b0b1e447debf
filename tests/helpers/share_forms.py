"""The networks' own forms, on a server of this machine, and a program for mail.

A browser takes the server for every other host, so that nothing leaves the machine. Each request is
recorded as it was sent. ``read_address`` decodes an address as the network's documents say.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from helpers.trap import certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINK_APART = ("x", "threads", "telegram")
"""Networks that take the link beside the text, and not in it."""

ONLY_LINKS = ("facebook", "linkedin")
"""Networks that take no text."""

_FORMS = {
    ("x.com", "/intent/tweet"): ("x", ["text", "url"]),
    ("bsky.app", "/intent/compose"): ("bluesky", ["text"]),
    ("share.joinmastodon.org", "/"): ("mastodon", ["text"]),
    ("www.threads.com", "/intent/post"): ("threads", ["text", "url"]),
    ("t.me", "/share/url"): ("telegram", ["text", "url"]),
    ("wa.me", "/"): ("whatsapp", ["text"]),
    ("www.facebook.com", "/sharer/sharer.php"): ("facebook", ["u"]),
    ("www.linkedin.com", "/sharing/share-offsite/"): ("linkedin", ["url"]),
}
"""The form at a host and path, with the parameters that it reads."""

_FORM = """<!doctype html><title>Form</title><link rel="icon" href="data:,"><textarea></textarea>
<script>
const parameters = new URLSearchParams(location.search || location.hash.replace("#", "?"));
document.querySelector("textarea").value = parameters.get("text");
</script>"""
"""A form that reads its query, or else its fragment, as share.joinmastodon.org does."""


class Received(NamedTuple):
    """What a network's form shows to the supporter."""

    network: str
    text: str
    """Its text, with the link if that stands in the text. Lines end in one sign."""
    link: str = ""
    """The link beside the text, or the page if the network takes no text."""
    subject: str = ""


class Sent(NamedTuple):
    """A request as it arrived."""

    address: str
    referrer: str | None
    cookie: str | None


def read_address(address: str) -> Received:
    """Return what the form at an address shows. All of the address has to be for the form."""
    parts = urlsplit(address)
    if parts.scheme == "mailto":
        return _read_mail(address)
    assert parts.scheme == "https"
    network, names = _FORMS[parts.netloc, parts.path]
    asked, ignored = parts.query, parts.fragment
    if network == "mastodon":
        asked, ignored = ignored, asked
    assert not ignored
    pairs = parse_qsl(asked, strict_parsing=True, keep_blank_values=True, errors="strict")
    assert sorted(name for name, _ in pairs) == names
    values = dict(pairs)
    return Received(network, values.get("text", ""), values.get("url") or values.get("u") or "")


def _read_mail(address: str) -> Received:
    """Read an address as RFC 6068 says: a plus sign is one, and a line ends in CRLF."""
    recipient, _, query = address.removeprefix("mailto:").partition("?")
    assert not recipient
    assert "#" not in query
    pairs = [pair.split("=") for pair in query.split("&")]
    values = {name: unquote_to_bytes(value).decode() for name, value in pairs}
    assert [name for name, _ in pairs] == ["subject", "body"]
    body, subject = values["body"], values["subject"]
    assert body.count("\r\n") == body.count("\n") == body.count("\r")
    assert "\n" not in subject
    return Received("mail", body.replace("\r\n", "\n"), subject=subject)


@dataclass
class Forms:
    """The running server."""

    port: int
    sent: list[Sent]
    """All that arrived at the forms, in its order."""
    pages: dict[str, str]
    """Pages that the server has besides, by their addresses. Nothing protects them but themselves,
    as with the plainest web server."""
    programs: Path
    """The folder of the program for mail."""

    @property
    def flags(self) -> tuple[str, str]:
        """The flags of a browser that takes this server for every other host."""
        rules = f"MAP * 127.0.0.1:{self.port}, EXCLUDE 127.0.0.1"
        return (f"--host-resolver-rules={rules}", "--ignore-certificate-errors")

    def take_mail(self) -> str:
        """Return the address with which the program for mail was started, and forget it."""
        mail = self.programs / "mail"
        for _ in range(500):
            if mail.exists():
                address = mail.read_text(encoding="ascii")
                mail.unlink()
                return address
            time.sleep(0.02)
        raise AssertionError("the program for mail was not started")


@contextmanager
def serve_forms(folder: Path) -> Iterator[Forms]:
    """Serve the forms of all networks in a thread. The folder gets a certificate and a program."""
    sent: list[Sent] = []
    pages: dict[str, str] = {}
    hosts = {host for host, _ in _FORMS}
    program = folder / "xdg-email"  # the name by which Chromium starts it
    program.write_text(
        f"#!/bin/sh\nprintf %s \"$1\" > '{folder}/new' && mv '{folder}/new' '{folder}/mail'\n"
    )
    program.chmod(0o755)

    class Form(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host, *values = map(self.headers.get, ("host", "referer", "cookie"))
            address = f"https://{host}{self.path}"
            if host in hosts:  # Chromium itself asks Google for this and that
                sent.append(Sent(address, *values))
            body = pages.get(address, _FORM).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Say nothing of connections that Chromium itself opens without HTTPS, or gives up."""

    with Server(("127.0.0.1", 0), Form) as server:
        server.socket = certificate(folder).wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Forms(server.server_address[1], sent, pages, folder)
        finally:
            server.shutdown()
            thread.join()

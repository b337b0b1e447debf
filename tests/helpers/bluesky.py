"""Bluesky's own server on this machine, and a front between it and the tests' clients.

The server (PDS) and the directory of accounts (PLC) are the real ones, from npm. ``Front`` passes
requests on, breaks some, and answers as the index does, which a PDS alone lacks. Bluesky's own
index, which needs a PostgreSQL and some seconds to start, is in ``bluesky_index``.
"""

from __future__ import annotations

import base64
import hmac
import json
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from bot.model import Account
from bot.platforms import load_platform
from bot.platforms.base import SendKey
from bot.platforms.bluesky.records import record_key, timestamp
from bot.platforms.calls import Limits
from bot.platforms.options import BlueskyOptions
from helpers.clock import ManualClock, OffsetClock
from helpers.extras import WANTED, skip_without

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.platforms.base import Client

TESTS = Path(__file__).parents[1]
INSTALL = (
    "apt-get install -y nodejs npm libnode-dev g++ make python3 && "
    "npm ci --prefix tests --ignore-scripts && "
    "npm_config_build_from_source=true npm_config_nodedir=/usr npm rebuild --prefix tests "
    "better-sqlite3"
)
POSTS = "app.bsky.feed.post"
JWT_SECRET = b"jwt-secret-of-the-tests"
ADMIN_PASSWORD = "admin-password-of-the-tests"
_NATIVE = TESTS / "node_modules/better-sqlite3/build/Release/better_sqlite3.node"
_HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "date"}
_numbers = count(1)


def has_package(name: str) -> bool:
    """Return whether a package of npm is installed for the tests."""
    return (TESTS / "node_modules" / name / "package.json").exists()


@contextmanager
def bluesky_server(folder: Path, *, limits: bool = False) -> Iterator[Front]:
    """Yield the front of a server that keeps all of its data in a folder."""
    installed = shutil.which("node") and has_package("@atproto/pds") and _NATIVE.exists()
    if not (WANTED and installed):
        skip_without("Bluesky's server", INSTALL)
    with node_server("bluesky_server.js", str(folder), *(["limits"] if limits else [])) as ports:
        front = Front(ports["pds"], ports["plc"])
        try:
            yield front
        finally:
            front.close()


@contextmanager
def node_server(script: str, *args: str) -> Iterator[dict[str, int]]:
    """Yield the ports of servers that a script beside this module starts."""
    with subprocess.Popen(
        [shutil.which("node") or "node", str(TESTS / "helpers" / script), *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        assert line, process.stderr.read()
        try:
            yield json.loads(line)
        finally:
            process.stdin.close()
            process.wait(timeout=30)


@dataclass(frozen=True)
class Fault:
    """A fault of the next request of a method."""

    how: str
    """``lost`` (done, but not answered), ``dropped`` (not passed on), ``twice`` (passed on twice,
    with the second answer), ``pass`` (no fault) or ``answer`` (with the other fields)."""
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Front:
    """Stands in front of the server; ``hits`` are the methods that were requested.

    ``directory`` is the port of the directory of accounts.
    """

    def __init__(self, port: int, directory: int) -> None:
        self.port, self.directory = port, directory
        self.faults: dict[str, list[Fault]] = {}
        self.hits: list[str] = []
        self.counts: dict[str, dict[str, int]] = {}
        self.unindexed: set[str] = set()
        self.spare: list[BlueskyBackend] = []
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"front": self}))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fault(self, method: str, how: str, **fields: Any) -> None:
        self.faults.setdefault(method, []).append(Fault(how, **fields))

    def error(self, method: str, status: int, name: str, **headers: str) -> None:
        """Answer the next request of a method with an error, as a server writes it."""
        body = json.dumps({"error": name, "message": f"about {name}"}).encode()
        shown = {header.replace("_", "-"): value for header, value in headers.items()}
        shown["content-type"] = "application/json"
        self.fault(method, "answer", status=status, body=body, headers=shown)

    def forward(
        self, verb: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(verb, path, body or None, dict(headers))
            answer = connection.getresponse()
            kept = {
                name.lower(): value
                for name, value in answer.getheaders()
                if name.lower() not in _HOP_HEADERS
            }
            return answer.status, kept, answer.read()
        finally:
            connection.close()

    def call(
        self, method: str, data: Mapping[str, Any] | None = None, token: str = "", **params: Any
    ) -> dict[str, Any]:
        """Send a request past all faults, as a procedure with ``data``, otherwise as a query."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        path, body = f"/xrpc/{method}", b""
        if data is not None:
            headers["content-type"], body = "application/json", json.dumps(data).encode()
        elif params:
            path += f"?{urlencode(params)}"
        status, _, answer = self.forward("POST" if body else "GET", path, headers, body)
        assert status == 200, (method, status, answer)
        document: dict[str, Any] = json.loads(answer) if answer else {}
        return document

    def take_down(self, did: str) -> None:
        """Take an account down, as moderators do."""
        basic = base64.b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
        subject = {"$type": "com.atproto.admin.defs#repoRef", "did": did}
        data = {"subject": subject, "takedown": {"applied": True}}
        path, body = "/xrpc/com.atproto.admin.updateSubjectStatus", json.dumps(data).encode()
        headers = {"authorization": f"Basic {basic}", "content-type": "application/json"}
        status, _, answer = self.forward("POST", path, headers, body)
        assert status == 200, answer

    def index(self, uris: list[str]) -> tuple[int, bytes]:
        """Answer ``app.bsky.feed.getPosts`` as the index does, by its lexicon."""
        from atproto_client.models.app.bsky.feed.get_posts import Response
        from atproto_client.models.utils import get_or_create

        if not 1 <= len(uris) <= 25:
            return 400, b'{"error": "InvalidRequest", "message": "Error: uris must have 1 to 25"}'
        views = []
        for uri in uris:
            did, _, key = uri.removeprefix("at://").split("/")
            path = f"/xrpc/com.atproto.repo.getRecord?repo={did}&collection={POSTS}&rkey={key}"
            status, _, answer = self.forward("GET", path, {}, b"")
            if status == 200 and uri not in self.unindexed:
                views.append(self._view(uri, did, json.loads(answer)))
        document = {"posts": views}
        assert get_or_create(document, Response, strict=True, strict_string_format=True)
        return 200, json.dumps(document).encode()

    def _view(self, uri: str, did: str, entry: dict[str, Any]) -> dict[str, Any]:
        counted = ("likeCount", "repostCount", "replyCount", "quoteCount", "bookmarkCount")
        return {
            "uri": uri,
            "cid": entry["cid"],
            "author": {"did": did, "handle": "someone.test"},
            "record": entry["value"],
            "indexedAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            **{name: self.counts.get(uri, {}).get(name, 0) for name in counted},
        }


class _Server(ThreadingHTTPServer):
    request_queue_size = 64
    """Connections that may wait if a test makes many at once."""


class _Handler(BaseHTTPRequestHandler):
    """Passes a request on, unless its method has a fault."""

    protocol_version = "HTTP/1.1"
    front: Front

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def _pass(self) -> None:
        front, address = self.front, urlsplit(self.path)
        method = address.path.rpartition("/")[2]
        front.hits.append(method)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = front.faults[method].pop(0) if front.faults.get(method) else Fault("")
        dropped = {*_HOP_HEADERS, "accept-encoding"}
        headers = {name: text for name, text in self.headers.items() if name.lower() not in dropped}
        if fault.how == "answer":
            self._answer(fault.status, fault.headers, fault.body)
        elif fault.how == "dropped":
            self.close_connection = True
        elif method == "app.bsky.feed.getPosts":
            status, answer = front.index(parse_qs(address.query).get("uris", []))
            self._answer(status, {"content-type": "application/json"}, answer)
        else:
            for _ in range(2 if fault.how == "twice" else 1):
                result = front.forward(self.command, self.path, headers, body)
            if fault.how == "lost":
                self.close_connection = True
            else:
                self._answer(*result)

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        # One packet with the headers, because two would wait for each other.
        self._headers_buffer.append(b"\r\n" + body)  # type: ignore[attr-defined]
        self.flush_headers()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class BlueskyBackend:
    """An account on the server. Once ``spoiled``, no other test can use it."""

    def __init__(self, front: Front, clock: ManualClock | OffsetClock | None = None) -> None:
        self.kind = load_platform("bluesky")
        self.front = front
        self.clock: ManualClock | OffsetClock = clock or ManualClock()
        number = next(_numbers)
        self.handle = f"mediajustice{number}.test"
        self.own_password = f"full-access-of-{number}"
        made = front.call(
            "com.atproto.server.createAccount",
            {
                "handle": self.handle,
                "email": f"press{number}@example.org",
                "password": self.own_password,
            },
        )
        self.did, self.token = str(made["did"]), str(made["accessJwt"])
        app = front.call("com.atproto.server.createAppPassword", {"name": "tests"}, self.token)
        self.secrets: Mapping[str, str] = {"app_password": str(app["password"])}
        self.account = Account("mj", "bluesky", self.handle, front.url)
        self.spoiled = False
        self._client: Client | None = None

    def client(self, **secrets: str) -> Client:
        """Return the account's shared client, or a new one if secrets are given."""
        if secrets or self._client is None:
            options = {"clock": self.clock, "limits": Limits(silence=5.0)}
            client = self.kind.connect(self.account, {**self.secrets, **secrets}, options)
            if secrets:
                return client
            self._client = client
        return self._client

    def records(self) -> list[dict[str, Any]]:
        """Return the account's posts as the server keeps them, oldest first."""
        page = self.front.call(
            "com.atproto.repo.listRecords",
            repo=self.did,
            collection=POSTS,
            limit=100,
            reverse="true",
        )
        return list(page["records"])

    def visible(self) -> list[str]:
        return [entry["value"]["text"] for entry in self.records()]

    def alt_texts(self) -> list[str]:
        embeds = [entry["value"].get("embed", {}) for entry in self.records()]
        return [image["alt"] for embed in embeds for image in embed.get("images", [])]

    def blob(self, cid: str) -> bytes:
        """Return a public file of the account."""
        path = f"/xrpc/com.atproto.sync.getBlob?did={self.did}&cid={cid}"
        status, _, body = self.front.forward("GET", path, {}, b"")
        assert status == 200, body
        return body

    def delete(self, remote_id: str) -> None:
        data = {"repo": self.did, "collection": POSTS, "rkey": remote_id}
        self.front.call("com.atproto.repo.deleteRecord", data, self.token)

    def break_next_send(self, how: str) -> None:
        self.front.fault("com.atproto.repo.putRecord", how)

    def put(self, collection: str, key: str, record: dict[str, Any]) -> None:
        """Write a record by hand, as an app does."""
        data = {"repo": self.did, "collection": collection, "rkey": key, "record": record}
        self.front.call("com.atproto.repo.putRecord", data, self.token)

    def profile(self) -> dict[str, Any]:
        """Return the account's profile, as its repository has it."""
        kind = "app.bsky.actor.profile"
        found: dict[str, Any] = self.front.call(
            "com.atproto.repo.getRecord", repo=self.did, collection=kind, rkey="self"
        )["value"]
        return found

    def reset(self) -> None:
        """Delete all posts. The client stays logged in, because a login takes long."""
        delete = {"$type": "com.atproto.repo.applyWrites#delete"}
        while entries := self.records():
            keys = [entry["uri"].rpartition("/")[2] for entry in entries]
            writes = [{**delete, "collection": POSTS, "rkey": key} for key in keys]
            data = {"repo": self.did, "writes": writes}
            self.front.call("com.atproto.repo.applyWrites", data, self.token)
        profile = {"repo": self.did, "collection": "app.bsky.actor.profile", "rkey": "self"}
        self.front.call("com.atproto.repo.deleteRecord", profile, self.token)
        if self.account.options:
            self.account, self._client = replace(self.account, options=None), None
        self.clock.__init__()  # type: ignore[misc]  # the client has it

    def forget_session(self) -> None:
        """Make the next client log in again, as in another process."""
        self._client = None

    def post_by_hand(self, *texts: str) -> list[str]:
        """Write posts as an app does, a second apart, and return their ids."""
        ids, writes = [], []
        for text in texts:
            self.clock.advance(seconds=1)
            at = self.clock.now()
            ids.append(record_key(SendKey("by hand", at)))
            value = {"$type": POSTS, "text": text, "createdAt": timestamp(at)}
            create = {"$type": "com.atproto.repo.applyWrites#create", "collection": POSTS}
            writes.append({**create, "rkey": ids[-1], "value": value})
        for start in range(0, len(writes), 200):
            data = {"repo": self.did, "writes": writes[start : start + 200]}
            self.front.call("com.atproto.repo.applyWrites", data, self.token)
        return ids

    def expire_session(self) -> None:
        """Replace the client's access token by one that was issued two hours ago."""
        session = self.client()._repository  # type: ignore[attr-defined]
        header, payload, _ = session._tokens.access.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        claims.update(iat=claims["iat"] - 7300, exp=claims["iat"] - 100)
        payload = _encode(json.dumps(claims).encode())
        signed = hmac.digest(JWT_SECRET, f"{header}.{payload}".encode(), "sha256")
        token = f"{header}.{payload}.{_encode(signed)}"
        session._tokens = replace(session._tokens, access=token)

    def speaking(self, *languages: str) -> None:
        """Set the account's languages."""
        self.account = replace(self.account, options=BlueskyOptions(languages=languages))
        self._client = None


@contextmanager
def borrowed_account(front: Front) -> Iterator[BlueskyBackend]:
    """Yield an empty account that tests share, because a new one takes as long as most tests."""
    backend = front.spare.pop() if front.spare else BlueskyBackend(front)
    front.hits.clear()
    try:
        yield backend
    finally:
        for left in (front.faults, front.counts, front.unindexed):
            left.clear()
        if not backend.spoiled:
            backend.reset()
            front.spare.append(backend)

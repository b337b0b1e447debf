"""A proxy on loopback that breaks sends, by refusals, resets, stalls, half answers and garbage.

Requests that are not sends pass.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_RESET = struct.pack("ii", 1, 0)  # linger for 0 s, which makes closing send a RST
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_TLS_HELLO = b"\x16\x03"


@dataclass(frozen=True)
class NetworkFault:
    """One way in which a send goes wrong."""

    name: str
    """``reset``, ``stall``, or a description for the test's name."""
    answer: bytes = b""
    """Bytes that the client receives before the connection ends."""
    forwarded: bool = False
    """Whether the request reaches the platform."""
    half: bool = False
    """Whether the client receives only most of the answer."""
    drip: bytes = b""
    """Bytes sent slowly and repeatedly until the client closes the connection."""
    before: bytes = b""
    """Bytes sent before the platform's own answer."""


class FaultyProxy:
    """Stands between a client and the sandbox, and breaks POST requests to paths under ``send``."""

    def __init__(self, target: str, send: str) -> None:
        self.trouble: NetworkFault | None = None
        """Fault of the next send, once."""
        self.always: list[NetworkFault] = []
        """Faults of the other sends, in turn."""
        self.url = ""
        self.fault_count = 0
        self._target = urlsplit(target)
        self._send = f"POST {send}".encode()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one request and its answer, or break it."""
        start = await reader.read(len(self._send))
        if self.trouble and self.trouble.name == "reset unread" and start == self._send:
            self._met()
            _reset(writer)
            return
        if start.startswith(_TLS_HELLO):  # as a server without TLS answers
            writer.write(http_response("400 Bad Request"))
            writer.close()
            return
        request = start + await _read_rest(reader)
        trouble = self.trouble
        if not trouble and self.always and request.startswith(self._send):
            self.always.append(trouble := self.always.pop(0))
        if trouble and request.startswith(self._send):
            self._met()
            await self._break(trouble, request, (reader, writer))
        else:
            writer.write(await self._ask(request))
        writer.close()

    def _met(self) -> None:
        self.fault_count += 1
        self.trouble = None

    async def _break(self, trouble: NetworkFault, request: bytes, line: _Streams) -> None:
        reader, writer = line
        answer = await self._ask(request) if trouble.forwarded else b""
        if trouble.name == "reset":
            _reset(writer)
        elif trouble.name == "stall":
            await reader.read()  # until the client gives up
        elif trouble.drip:
            writer.write(trouble.answer)
            await _drip(trouble.drip, writer)
        elif trouble.before:
            writer.write(trouble.before + (answer or await self._ask(request)))
        elif trouble.half:
            whole = answer or http_response("201 Created", b'{"data":{"id":"1795000000000000000"}}')
            writer.write(whole[: -len(whole) // 8])
        else:
            writer.write(trouble.answer)

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        writer.write(request.replace(b"Connection: keep-alive", b"Connection: close"))
        answer = await reader.read()
        writer.close()
        return answer


async def _drip(chunk: bytes, writer: asyncio.StreamWriter) -> None:
    """Send a chunk again and again, one byte every hundredth of a second."""
    try:
        while not writer.transport.is_closing():
            for byte in chunk:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.01)
    except OSError:
        pass  # the client has closed the connection
    finally:
        writer.transport.abort()


def http_response(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    """Return the bytes of an HTTP answer that ends the connection."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _read_rest(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    return head + await reader.readexactly(length)


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


@contextmanager
def faulty_proxy(target: str, send: str) -> Iterator[FaultyProxy]:
    """Run a proxy in a thread."""
    made, loop = FaultyProxy(target, send), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(made.carry, "127.0.0.1", 0))
    made.url = "http://{}:{}".format(*server.sockets[0].getsockname())
    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()

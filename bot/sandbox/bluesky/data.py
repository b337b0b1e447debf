"""CIDs, keys and JSON of records, as the AT Protocol has them.

A CID is the SHA-256 of a record as DAG-CBOR, or of a file's bytes. The same content has the same
CID here as on every server. A TID is an instant in microseconds, and ten bits against collisions.
"""

from __future__ import annotations

from base64 import b32decode, b32encode, b64decode
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

CID_BYTES, CID_RECORD = 0x55, 0x71
"""The codes in CIDs of plain bytes, and of DAG-CBOR."""
_SHA256 = bytes([0x12, 32])
_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_LARGEST = 2**53 - 1
"""The largest number that JSON carries safely."""


def cid_of_bytes(content: bytes) -> str:
    """Return the CID of a file."""
    return _encode_cid(CID_BYTES, content)


def cid_of_record(record: dict[str, Any]) -> str:
    """Return the CID of a record, which is JSON from ``normalized``."""
    import libipld  # of the extra bluesky, while every sandbox imports this module

    return _encode_cid(CID_RECORD, libipld.encode_dag_cbor(_to_ipld(record)))


def _encode_cid(codec: int, content: bytes) -> str:
    raw = bytes([1, codec]) + _SHA256 + sha256(content).digest()
    return "b" + b32encode(raw).decode().rstrip("=").lower()


def decode_cid(text: str) -> bytes | None:
    """Return the bytes of a CID in base 32 with SHA-256, or None for another text."""
    try:
        raw = b32decode(text[1:].upper() + "=" * (-len(text[1:]) % 8))
    except ValueError:
        return None
    known = raw[:1] == b"\x01" and raw[1:2] in {b"\x55", b"\x71"} and raw[2:4] == _SHA256
    return raw if known and len(raw) == 36 and text == f"b{text[1:].lower()}" else None  # noqa: PLR2004 - 4 bytes before the hash


def normalized(value: Any, invalid: Callable[[Any, str], Exception], path: str = "$") -> Any:
    """Return JSON with whole numbers and whole characters only.

    For a number that is not whole, raise the exception that ``invalid`` makes of it and its path.
    """
    if isinstance(value, dict):
        return {
            _whole(name): normalized(item, invalid, f"{path}.{name}")
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [normalized(item, invalid, f"{path}[{place}]") for place, item in enumerate(value)]
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > _LARGEST):
        raise invalid(value, path)
    return value


def in_order(value: Any) -> Any:
    """Return JSON as a server answers it, with its keys in the order of DAG-CBOR."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: in_order(value[key]) for key in keys}
    return [*map(in_order, value)] if isinstance(value, list) else value


def _whole(text: str) -> str:
    """Return a text without halves of characters, which UTF-8 cannot hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _to_ipld(value: Any) -> Any:
    """Return JSON with its links and bytes in the form of DAG-CBOR."""
    if isinstance(value, dict):
        if value.keys() == {"$link"} and isinstance(value["$link"], str):
            return decode_cid(value["$link"]) or value
        if value.keys() == {"$bytes"} and isinstance(value["$bytes"], str):
            with suppress(ValueError):
                return b64decode(value["$bytes"] + "==")
        return {name: _to_ipld(item) for name, item in value.items()}
    return [*map(_to_ipld, value)] if isinstance(value, list) else value


def tid(moment: datetime, clock: int = 0) -> str:
    """Return the TID of an instant (https://atproto.com/specs/tid)."""
    number = (round(moment.timestamp() * 1_000_000) << 10) | clock
    return "".join(_TID_ALPHABET[(number >> 5 * place) & 31] for place in range(12, -1, -1))

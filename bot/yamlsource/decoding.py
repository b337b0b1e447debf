"""From bytes to text: size, encoding and characters are checked before anything is parsed."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from bot.text.hidden import UNSENDABLE

if TYPE_CHECKING:
    from pathlib import Path

    from bot.yamlsource.problems import Place, ProblemList

MAX_BYTES = 1024 * 1024
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""The line ends of YAML 1.1."""

_START = (1, 1)
_SAVE_AS = "Save it as UTF-8 (without BOM)."
_BOMS = {
    b"\xef\xbb\xbf": ("Y103", "The file starts with a byte-order mark"),
    b"\xff\xfe\x00\x00": ("Y102", "The file is UTF-32, not UTF-8"),
    b"\x00\x00\xfe\xff": ("Y102", "The file is UTF-32, not UTF-8"),
    b"\xff\xfe": ("Y102", "The file is UTF-16, not UTF-8"),
    b"\xfe\xff": ("Y102", "The file is UTF-16, not UTF-8"),
}
_ALLOWED_ASCII = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])


def read_bytes(path: Path, problems: ProblemList) -> bytes | None:
    """Read at most 1 MiB (and a byte) of a file; a pipe or device is refused, not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            problems.add("Y112", _START, "This is not a plain file", "Move it elsewhere.")
            return None
        with os.fdopen(handle, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        folder = path.absolute().parent
        nor = "" if folder.is_dir() else ", which is not there either"
        problems.add("Y112", _START, "The file is not there", f"Looked for in {folder}{nor}.")
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        message = f"The file cannot be read: {reason}"
        problems.add("Y112", _START, message, "Check its permissions.")
        return None


def decode(data: bytes, problems: ProblemList) -> str | None:
    """Decode a file's bytes; None, with the reason as a problem, where they are not usable text."""
    if len(data) > MAX_BYTES:
        message = "The file is larger than 1 MiB"
        problems.add("Y101", _START, message, "Split it into several files.")
        return None
    if not data.strip():
        hint = "Write [] into it, or delete it."
        problems.add("Y113", _START, "The file is empty", hint)
        return None
    for start, (code, message) in _BOMS.items():
        if data.startswith(start):
            problems.add(code, _START, message, _SAVE_AS)
            return None
    return _decode_utf8(data, problems)


def _decode_utf8(data: bytes, problems: ProblemList) -> str | None:
    if _looks_like_utf16(data):
        problems.add("Y102", _START, "The file is UTF-16, not UTF-8", _SAVE_AS)
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = place_after(data[: error.start].decode("utf-8", "replace"))
        problems.add(*_decoding_problem(data, error.start, place))
        return None
    return text if _check_characters(data, text, problems) else None


def _looks_like_utf16(data: bytes) -> bool:
    """Return whether every other of the first bytes is NUL, as in UTF-16 of Western text."""
    head = data[:64]
    nuls = max(head[::2].count(0), head[1::2].count(0))
    return len(head) > 3 and nuls * 4 >= len(head)  # noqa: PLR2004 - less is no evidence


def _decoding_problem(data: bytes, start: int, place: Place) -> tuple[str, Place, str, str]:
    first, second = data[start], data[start + 1] if start + 1 < len(data) else 0
    if first == 0xED and second >= 0xA0:  # noqa: PLR2004 - U+D800 to U+DFFF as UTF-8
        message = "Half of a surrogate pair stands here"
        return "Y115", place, message, "Type the character (an emoji?) again."
    return "Y102", place, f"The byte 0x{first:02x} here is not UTF-8", _SAVE_AS


def _check_characters(data: bytes, text: str, problems: ProblemList) -> bool:
    if text.isascii() and not data.translate(None, _ALLOWED_ASCII):
        return True
    control = UNSENDABLE.search(text)
    if control:
        place = place_after(text[: control.start()])
        message = f"The control character U+{ord(control[0]):04X} stands here"
        problems.add("Y104", place, message, "Take it out.")
    return not control


def place_after(before: str) -> Place:
    """Return the place of what follows this beginning of a text."""
    rows = LINE_BREAK.split(before)
    return len(rows), len(rows[-1]) + 1

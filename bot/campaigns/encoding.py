"""From bytes to text: size, encoding and characters, checked before any of it is parsed."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from bot.text.hidden import CONTROLS, OVERRIDES

if TYPE_CHECKING:
    from pathlib import Path

    from bot.campaigns.problems import ProblemList

MOST_BYTES = 1024 * 1024
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML 1.1 takes for the end of a line."""

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
UNSENDABLE = re.compile(f"(?![\r\x85])[{CONTROLS}{OVERRIDES}\ufeff\ufffe\uffff]")
"""Controls and non-characters, and what turns the direction of writing unseen (copied along with
telephone numbers, and a known way to make a text look like another)."""
SURROGATE = re.compile("[\ud800-\udfff]")


def read(path: Path, problems: ProblemList) -> bytes | None:
    """Read a whole file of at most 1 MiB; a pipe or device is refused, not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            problems.add("Y112", _START, "This is not a plain file", "Move it elsewhere.")
            return None
        with os.fdopen(handle, "rb") as file:
            return file.read(MOST_BYTES + 1)
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


def text_of(data: bytes, problems: ProblemList) -> str | None:
    """Decode a file's bytes, or note why they are not the text of a campaign file."""
    if len(data) > MOST_BYTES:
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
    return _decoded(data, problems)


def _decoded(data: bytes, problems: ProblemList) -> str | None:
    if _looks_like_utf16(data):
        problems.add("Y102", _START, "The file is UTF-16, not UTF-8", _SAVE_AS)
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = place_in(data[: error.start].decode("utf-8", "replace"))
        problems.add(*_undecodable(data, error.start, place))
        return None
    return text if _only_text(data, text, problems) else None


def _looks_like_utf16(data: bytes) -> bool:
    """Tell whether every other of the first bytes is NUL, as in UTF-16 of Western text."""
    head = data[:64]
    nuls = max(head[::2].count(0), head[1::2].count(0))
    return len(head) > 3 and nuls * 4 >= len(head)  # noqa: PLR2004 - less tells nothing


def _undecodable(
    data: bytes,
    start: int,
    place: tuple[int, int],
) -> tuple[str, tuple[int, int], str, str]:
    first, second = data[start], data[start + 1] if start + 1 < len(data) else 0
    if first == 0xED and second >= 0xA0:  # noqa: PLR2004 - how UTF-8 would spell U+D800 to U+DFFF
        message = "Half of a surrogate pair stands here"
        return "Y115", place, message, "Write the character (an emoji?) anew."
    return "Y102", place, f"The byte 0x{first:02x} here is not UTF-8", _SAVE_AS


def _only_text(data: bytes, text: str, problems: ProblemList) -> bool:
    if text.isascii() and not data.translate(None, _ALLOWED_ASCII):
        return True
    found = UNSENDABLE.search(text)
    if found:
        place = place_in(text[: found.start()])
        message = f"The control character U+{ord(found.group()):04X} stands here"
        problems.add("Y104", place, message, "Take it out.")
    return not found


def place_in(before: str) -> tuple[int, int]:
    """Give the line and column, from 1, of what follows this beginning of a text."""
    rows = LINE_BREAK.split(before)
    return len(rows), len(rows[-1]) + 1

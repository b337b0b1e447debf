"""The files and redirects of a built folder, as its lists name them.

Nothing else of the folder can be served or counted. The lists are read again as soon as one of them
changes, so that a new build is taken up at once. Files are read when they are asked for.
"""

from __future__ import annotations

import errno
import hashlib
import html
import json
import os
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from bot import files
from bot.errors import Problem, UserError
from bot.link_marks import MARK_NAMES
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path

LIST = ".groundswell-share"
"""The name of the list of files, with the name that the pages are in, and then a line
``<sha256>  <path>`` for each."""

REDIRECTS = "redirects.json"
"""The name of the list of redirects, an object of paths and links."""

MAX_LIST_BYTES = 10_000_000
"""Most bytes of each list. The longest that a build writes has a tenth of them."""

MAX_FILE_BYTES = 50_000_000
"""Most bytes of a file that is served. Pictures have less."""

INDEX = "index.html"
_OWN = frozenset({LIST, REDIRECTS})
DAMAGE = (OSError, ValueError, AttributeError, RecursionError)
"""The errors that tell of a damaged list of redirects, such as one that is not an object."""
_NAME_LINE = re.compile(r"own|partner \S+")
_SHA_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]{1,4000})"')
_POLICY_WITHIN = 8_000
"""The page's policy stands within these first bytes."""
_REDIRECT = re.compile(r"([^/]+)/g/(?:[A-Za-z0-9-]+/)?([^/]+)-([a-z]+)")
"""A redirect's path, with a language if the wording stands on a page in another than its own."""
_SAFE = "".join(map(chr, range(0x21, 0x7F)))
"""The characters that stand in a link as they are. All others are percent-encoded."""

_BUILD = "Build it anew with groundswell share build."
_UNTIL = re.compile(rb' data-until="(\d{4}-\d\d-\d\d)"')
_PRETENDED = b" data-today="
"""The mark of a demo's page, which takes another day for today."""
_NO_POLICY = "default-src 'none'"
_FRAMES = "frame-ancestors 'none'"
"""What a policy in a page cannot say (https://www.w3.org/TR/CSP3/#meta-element)."""

_MIMES = {
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


class FileList(NamedTuple):
    """The list of the files of a build."""

    name: str
    """``own``, or ``partner <id>`` for pages in a partner's name; "" in a list without it."""
    files: list[tuple[str, str]]
    """The path of each file, and the sha256 of its bytes in hex."""


class ListedLink(NamedTuple):
    """A link of the list of redirects, as it stands there."""

    path: str
    """Its path below the folder."""
    target: str
    """The link to which it leads."""
    campaign: str
    """The campaign's id."""
    wording: str
    """The wording's id."""
    network: str
    """The network's id."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A link that leads to the organisation's page through a counter."""

    link: str
    """The address to which it leads, in ASCII."""
    campaign: str
    """The ``utm_campaign`` of the links beside it, or the campaign's folder if none has marks."""
    wording: str
    """The wording's id."""
    network: str
    """The network's id."""
    partner: str
    """The ``utm_term`` of the links beside it, or ""."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What may be asked for, by the path of its address."""

    files: Mapping[str, str]
    """The paths of the files in the folder. A page has two addresses, with its name and without."""
    folders: frozenset[str]
    """Addresses of pages that lack their slash at the end."""
    redirects: Mapping[str, Redirect]


class FileState(NamedTuple):
    """What changes when a file does."""

    inode: int
    size: int
    changed: int
    """Nanoseconds since 1970."""


class Known(NamedTuple):
    """What is known of a file's content."""

    etag: str
    """The entity tag, made from the content alone."""
    policy: str
    """The Content-Security-Policy to send with it."""
    until: str
    """The last day on which all of a page may be shown, such as ``2026-03-18``; "" for none."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file of the list that is open to be sent."""

    content: IO[bytes]
    size: int
    """The number of its bytes."""
    mime: str
    known: Known


class BuiltFolder:
    """A folder that ``groundswell share build`` wrote. Raise UserError if it lacks its lists.

    ``warn`` is told once if a later build cannot be read, and the lists before it stay in force. It
    is also told, once a build, of a page that shows a fact past its day.
    """

    def __init__(self, root: Path, warn: Callable[[str], None]) -> None:
        self._root = root
        self._warn = warn
        self._states = self._look()
        self._lists = read_lists(root)
        self._known: dict[str, tuple[FileState, Known]] = {}
        self._old: set[str] = set()
        """The pages of which somebody has been told that they are old."""

    def lists(self) -> Lists:
        """Return the lists, which are read again if one of them has changed."""
        states = self._look()
        if states != self._states:
            self._states = states
            self._old.clear()
            try:
                self._lists = read_lists(self._root)
            except UserError as error:
                self._warn(f"{error}\nUntil then, the build before it is served.")
        return self._lists

    def _look(self) -> tuple[FileState | None, ...]:
        return tuple(_state_of(self._root / name) for name in (LIST, REDIRECTS))

    def warn_of_old(self, path: str, until: str, today: date) -> None:
        """Tell a person that a page shows a fact past its day, if a browser has no JavaScript."""
        if until and until < today.isoformat() and path not in self._old:
            self._old.add(path)
            self._warn(f"{path} has a fact that was due for review by {until}. {_BUILD}")

    def open(self, path: str) -> OpenFile | None:
        """Open a file of the list; None if it is gone, too large, or not a plain file any more."""
        try:
            with files.open_below(self._root, path) as (found, status):
                state = _state(status)
                if state.size > MAX_FILE_BYTES:
                    return None
                content = os.fdopen(os.dup(found.fileno()), "rb")
        except (OSError, ValueError):
            return None
        mime = _MIMES.get(PurePosixPath(path).suffix, "application/octet-stream")
        known_state, known = self._known.get(path, (None, None))
        if known is None or known_state != state:
            known = _examine(content, state.size)
            self._known[path] = state, known
        content.seek(0)
        return OpenFile(content, state.size, mime, known)


def _state_of(path: Path) -> FileState | None:
    try:
        return _state(path.lstat())
    except OSError:
        return None


def _state(status: os.stat_result) -> FileState:
    return FileState(status.st_ino, status.st_size, status.st_mtime_ns)


def _examine(content: IO[bytes], size: int) -> Known:
    digest, page = hashlib.sha256(), b""
    for chunk in files.read_chunks(content, size):
        digest.update(chunk)
        page = page or chunk  # a page is far shorter than the first chunk
    days = [] if _PRETENDED in page else _UNTIL.findall(page)
    until = min(days, default=b"").decode("ascii")
    return Known(f'"{digest.hexdigest()[:32]}"', policy_of(page), until)


def policy_of(page: bytes) -> str:
    """Return the policy that a page declares at its beginning, as a header that says more.

    Without one, nothing in the page applies.
    """
    found = _POLICY.search(page[:_POLICY_WITHIN])
    own = html.unescape(found[1].decode("ascii", "replace")) if found else _NO_POLICY
    policy = own if own.isascii() and own.isprintable() else _NO_POLICY
    return f"{policy.rstrip('; ')}; {_FRAMES}"


# --- The lists ------------------------------------------------------------------------------------


def read_lists(root: Path) -> Lists:
    """Read the lists of a built folder. Raise UserError if it has none, or one is damaged."""
    found = [path for path, _ in read_file_list(root).files]
    shown = [path for path in found if path not in _OWN]
    pages = [path.removesuffix(INDEX) for path in shown if PurePosixPath(path).name == INDEX]
    addresses = {f"/{path}": path for path in shown}
    return Lists(
        {**addresses, **{f"/{page}": f"{page}{INDEX}" for page in pages}},
        frozenset(f"/{page.rstrip('/')}" for page in pages if page),
        _read_redirects(root) if REDIRECTS in found else {},
    )


def read_file_list(root: Path) -> FileList:
    """Read the list of files. While a build writes, it has both the old and the new ones.

    Raise UserError if there is no list, or it is damaged.
    """
    try:
        *lines, rest = _read(root, LIST).decode("utf-8", "replace").split("\n")
    except OSError as error:
        why = f"({error.strerror})" if error.strerror else ""
        message = f"This is not the folder of a share page: {LIST} cannot be read. {why}"
        raise _problem(root, message, _BUILD) from error
    name = lines.pop(0) if lines and _NAME_LINE.fullmatch(lines[0]) else ""
    matches = [match for match in map(_SHA_LINE.fullmatch, lines) if match]
    found = [(match[2], match[1]) for match in matches]
    is_whole = not rest and len(found) == len(lines) > 0
    if not is_whole or not all(_is_below(path) for path, _ in found):
        raise _problem(root / LIST, "This list of files is damaged.", _BUILD)
    return FileList(name, found)


def _read_redirects(root: Path) -> Mapping[str, Redirect]:
    try:
        links = read_links(root)
    except DAMAGE as error:
        message = f"This list of redirects is damaged: {error}."
        raise _problem(root / REDIRECTS, message, _BUILD) from error
    # All links of a page have one campaign and one partner. A link without marks of ours, such as
    # the page's own address, gets them from the others.
    marks = {link.campaign: found for link in links if (found := _marks(link))}
    redirects = {}
    for link in links:
        campaign, partner = marks.get(link.campaign, (link.campaign, ""))
        target = quote(link.target, safe=_SAFE)
        redirects[f"/{link.path}"] = Redirect(target, campaign, link.wording, link.network, partner)
    return redirects


def read_links(root: Path) -> list[ListedLink]:
    """Return the links of the list. Raise one of ``DAMAGE`` if it is not one of a build."""
    listed: dict[str, object] = json.loads(_read(root, REDIRECTS))
    return [_listed_link(path, target) for path, target in listed.items()]


def _listed_link(path: str, target: object) -> ListedLink:
    named = _REDIRECT.fullmatch(path)
    parts = urlsplit(target) if isinstance(target, str) and target.isprintable() else None
    if (
        not named
        or not path.isprintable()
        or not parts
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
    ):
        raise ValueError(quote_value(path))
    return ListedLink(path, str(target), *named.groups())


def _marks(link: ListedLink) -> tuple[str, str] | None:
    """Return the campaign and the partner that a link's marks name, or None without marks of ours.

    A link may have come with marks of somebody else.
    """
    values = {name: first for name, (first, *_) in parse_qs(urlsplit(link.target).query).items()}
    source, _, campaign, content, term = (values.get(name, "") for name in MARK_NAMES)
    if (source, content) != (link.network, link.wording) or not campaign:
        return None
    return campaign, term


def _is_below(path: str) -> bool:
    """Return whether a path of the list stays in the folder."""
    steps = path.split("/")
    return path.isprintable() and "\\" not in path and not {"", ".", ".."} & {*steps}


def _read(root: Path, name: str) -> bytes:
    with files.open_below(root, name) as (file, status):
        if status.st_size > MAX_LIST_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return b"".join(files.read_chunks(file, MAX_LIST_BYTES))


def _problem(path: Path, message: str, hint: str) -> UserError:
    return UserError([Problem(str(path), 0, 0, "H201", message, hint)])

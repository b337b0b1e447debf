"""Marks links to the organisation's own pages, so that its statistics tell where people came from.

A mark is a parameter such as ``utm_source=mastodon``. Everything that a link has by itself stays
byte by byte. A link that could break, or that says already where it stands, is left as it is, and
the reason is told. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.model import Content
    from bot.model.share import LinkMarks

MARK_NAMES = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
"""The parameters that are marks, in the order in which they stand."""

_TELLS_ORIGIN = ("utm_", "mtm_", "matomo_", "pk_", "piwik_")
"""How names of parameters begin that say where a visitor came from. Matomo reads all five:
https://matomo.org/faq/reports/what-is-campaign-tracking-and-why-it-is-important/"""

_SIGNING_PREFIXES = ("x-amz-", "x-goog-", "x-oss-", "x-ms-")
_SIGNING_ENDS = ("signature", "token", "hmac", "secret", "expires")
_SIGNING_NAMES = """
    auth checksum digest exp expiry hash hdnea hdnts jwt mac md5 nonce sha1 sha256 sig sign signed
    verify"""
_SIGNING_WORDS = frozenset(_SIGNING_NAMES.split())
"""Words of parameters that sign an address, or make it good for a time or for one person.

Whoever checks such an address may check its other parameters, too, as S3, CloudFront, Google Cloud,
Azure, Akamai and Laravel do. Each of them has one of these words; CloudFront's ``Policy`` and
``Key-Pair-Id`` stand beside a ``Signature``. Only whole words count, because ``hashtag`` and
``design`` sign nothing.
"""

_DIGEST = re.compile(r"[0-9a-f]{32,}", re.IGNORECASE)
"""A value that signs an address under a name of one letter, as imgix's ``s=``."""

_NOT_AN_ADDRESS = re.compile(r"[\s\\<>\"\x00-\x20\x7f-\x9f]")
"""Characters that browsers drop from an address, or read as others, such as a backslash."""

_LONGEST_HOST = 253
"""Most characters of a host (RFC 1035)."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class MarkedLink:
    """A link with its marks, or the reason that it has none."""

    link: str
    """The link as it is to stand in a text."""
    reason: str = ""
    """The reason that the link is left as it was, in a sentence; "" if it is marked."""


def mark_link(link: str, marks: LinkMarks | None, values: Mapping[str, str]) -> MarkedLink:
    """Return the link with these parameters after its own, before its fragment.

    ``values`` are the values by the names of the parameters, in the order in which they are to
    stand; see ``post_values`` and ``share_values``. Empty values are left out.
    """
    reason = reason_to_leave(link, marks)
    added = _encode(tuple(values.items()))
    if not reason and not added:
        reason = "There is nothing to tell about it."
    if reason:
        return MarkedLink(link, reason)
    return MarkedLink(_add(link, added))


def _add(link: str, added: str) -> str:
    """Return a link with these encoded parameters after its own, before its fragment."""
    address, sign, fragment = link.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{added}{sign}{fragment}"


@lru_cache(maxsize=256)  # all links of a wording have the same values
def _encode(values: tuple[tuple[str, str], ...]) -> str:
    return "&".join(f"{name}={_encode_value(value)}" for name, value in values if value)


def _encode_value(value: str) -> str:
    """Return a value percent-encoded, also a full stop at its end, which would end a sentence."""
    encoded = quote(value, safe="")
    return f"{encoded[:-1]}%2E" if encoded.endswith(".") else encoded


def post_values(platform: str, marks: LinkMarks | None, content: str) -> dict[str, str]:
    """Return the marks of a link in a post of ours.

    ``content`` is the post, the account or the wording, as ``marks.content`` asks.
    """
    return _values(platform, "post", marks, content)


def share_values(
    network: str, marks: LinkMarks | None, wording: str, partner: str
) -> dict[str, str]:
    """Return the marks of a link on the share page, or on the page of a partner."""
    return _values(network, "share", marks, wording, partner)


def with_term(link: str, term: str) -> str:
    """Return a marked link with ``utm_term`` after its other marks."""
    return _add(link, _encode(((MARK_NAMES[-1], term),)))


def _values(
    source: str, medium: str, marks: LinkMarks | None, content: str, term: str = ""
) -> dict[str, str]:
    campaign = marks.campaign if marks else ""
    return dict(zip(MARK_NAMES, (source, medium, campaign, content, term), strict=True))


def reason_to_leave(link: str, marks: LinkMarks | None) -> str:
    """Return the reason that a link is not marked, in a sentence, or "" if it is marked."""
    if marks is None:
        return "The campaign does not ask for marks."
    page = _parse(link)
    if page is None:
        return "It is not a plain address that begins with https://."
    if not any(_covers(own, page) for own in _parse_all(marks.pages)):
        return "It does not lead to one of the pages under links:."
    if any(_covers(left, page) for left in _parse_all(marks.leave)):
        return "It leads to a page under leave:."
    return _reason_in_parameters(link)


def _reason_in_parameters(link: str) -> str:
    query, _, fragment = link.partition("#")
    own = [*_parameters(query)]
    for name, _ in (*own, *_parameters(f"?{fragment}")):  # some statistics read the fragment
        if name.startswith(_TELLS_ORIGIN):
            return f"It says already where it stands, by {quote_value(name)}."
    for name, value in own:
        if _signs(name) or _DIGEST.fullmatch(value):
            return f"It may be signed, by {quote_value(name)}, and another parameter may break it."
    return ""


# --- Without marks --------------------------------------------------------------------------------

_VALUE = r"\.*+[\w~%-]++(?:\.++[\w~%-]++)*+"
"""An encoded value. The full stop of a sentence does not belong to it."""

_MARK = re.compile(rf"[?&](?:{'|'.join(MARK_NAMES)})=(?:{_VALUE})?+", re.ASCII)
_POST_MARKS = re.compile(
    rf"[?&]utm_source={_VALUE}&utm_medium=post&utm_campaign={_VALUE}&utm_content={_VALUE}"
    rf"(?:&utm_term={_VALUE})?+(?![&=])",
    re.ASCII,
)


def without_marks(text: str) -> str:
    """Return the text with its links as they were before they were marked; only for comparing.

    Marks that a person typed are left out, too.
    """
    return _MARK.sub("", text) if "utm_" in text else text


def without_post_marks(text: str) -> str:
    """Return the text with its links as they were before they were marked for a post of ours.

    Other marks stay, and so does everything else.
    """
    return _POST_MARKS.sub("", text) if "utm_" in text else text


def unmarked(content: Content) -> Content:
    """Return the content with its links as they were before they were marked; only for comparing.

    Two posts that differ in these marks alone say the same.
    """
    if not any("utm_" in part.text for part in content.parts):  # a card's link stands in its text
        return content
    parts = [
        replace(
            part,
            text=without_marks(part.text),
            marked=(),
            card=replace(part.card, link=without_marks(part.card.link)) if part.card else None,
        )
        for part in content.parts
    ]
    return replace(content, parts=tuple(parts))


def differ_in_marks_alone(before: Content, after: Content) -> bool:
    """Return whether two contents differ, but only in the marks of links in our own posts."""
    texts = [[without_post_marks(part.text) for part in one.parts] for one in (before, after)]
    if texts[0] != texts[1] or before.digest == after.digest:
        return False
    return unmarked(before).digest == unmarked(after).digest


def covers(pages: Iterable[str], link: str) -> bool:
    """Return whether a link leads to one of these pages, or to a page below one of them."""
    page = _parse(link)
    return page is not None and any(_covers(own, page) for own in _parse_all((*pages,)))


def same_address(link: str, other: str) -> bool:
    """Return whether two links lead to the same page with the same parameters."""
    return _address(link) == _address(other)


def _address(link: str) -> tuple[_Page | str, str]:
    query = link.partition("#")[0].partition("?")[2]
    return _parse(link) or link, query


def host_of(link: str) -> str:
    """Return the host of a link as browsers ask for it, or "" if the link has none."""
    page = _parse(link)
    return page.host if page else ""


# --- Pages by their meaning -----------------------------------------------------------------------


class _Page(NamedTuple):
    """An address as a browser reads it, without parameters and fragment."""

    scheme: str
    host: str
    """In ASCII letters, lower case, without a dot at its end."""
    port: int
    path: tuple[str, ...]
    """The names between the slashes, decoded, without ``.`` and ``..`` and without empty ones."""


def _covers(page: _Page, other: _Page) -> bool:
    """Return whether the other page is this one, or is below it."""
    return page[:3] == other[:3] and page.path == other.path[: len(page.path)]


@lru_cache(maxsize=256)  # the same few settings for each link of a campaign
def _parse_all(pages: tuple[str, ...]) -> tuple[_Page, ...]:
    return tuple(page for page in map(_parse, pages) if page)


def _parse(link: str) -> _Page | None:
    """Return the page of a link, or None if it is not a plain http address.

    An address with a name before an ``@`` is not: it passes for another.
    """
    if _NOT_AN_ADDRESS.search(link):
        return None
    try:
        parts = urlsplit(link)
        host, port = _canonical_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or "@" in parts.netloc or not host:
        return None
    return _Page(parts.scheme, host, port or _PORTS[parts.scheme], _canonical_path(parts.path))


def _canonical_host(host: str) -> str:
    """Return a host as browsers ask for it. Raise ValueError for one that they refuse."""
    if len(host) > _LONGEST_HOST:
        raise ValueError(host)
    if host.isascii():
        return host.lower().removesuffix(".")
    import idna  # few addresses need its tables

    return idna.encode(host, uts46=True).decode("ascii").removesuffix(".")


def _canonical_path(path: str) -> tuple[str, ...]:
    """Return the names between the slashes; an encoded slash is part of a name."""
    names: list[str] = []
    for name in (unquote(name, errors="surrogateescape") for name in path.split("/")):
        if name == "..":
            del names[-1:]
        elif name not in ("", "."):
            names.append(name)
    return tuple(names)


# --- A link's own parameters ----------------------------------------------------------------------


def _parameters(link: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each parameter, decoded and in lower case, and its value."""
    for pair in re.split("[?&;]", link)[1:]:
        name, _, value = pair.partition("=")
        yield unquote(name).strip().lower(), value


def _signs(name: str) -> bool:
    """Return whether a parameter of this name may sign its address."""
    words = re.findall("[a-z0-9]+", name)
    return name.startswith(_SIGNING_PREFIXES) or any(
        word in _SIGNING_WORDS or word.endswith(_SIGNING_ENDS) for word in words
    )

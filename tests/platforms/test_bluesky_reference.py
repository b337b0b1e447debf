"""What can be clicked on Bluesky, held against its own code, npm's @atproto/api."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers.bluesky import INSTALL, has_package
from helpers.extras import WANTED, skip_without

from bot.platforms.bluesky.facets import entities, facets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Reason = Callable[[str, "Found", list["Found"]], bool]
    """Whether it explains that only one side has a facet, by the text and the other side's."""

TESTS = Path(__file__).parents[1]
COUNT = 6_000
SEED = 24

PROSE = [
    *("we ", "A", "x1", " and ", " ", " ", " ", "\n", "\t", "\xa0", "\u3000", "\u200b", "\u200d"),
    *(".", ",", "!", "?", ";", ":", "'", "\u2019", '"', "\u201c", "\u201d", "-", "_", "\u2026"),
    *("(", ")", "[", "]", "\u3002", "\u3001", "/", "=", "&", "+", "~", "|", "\u2192"),
]
SCRIPTS = [
    *("\xe9", "e\u0301", "\u65e5\u672c\u8a9e", "\u05e9\u05dc\u05d5\u05dd", "\u0639\u0631\u0628"),
    *("\u200f", "\u2068", "\u2069", "\U0001f525", "\U0001f468\u200d\U0001f469", "\ufe0f", "\u20e3"),
    *("\U0001d400", "\u0939\u093f", "\U0001f1fa\U0001f1f8"),
]
LINKS = [
    *(" https://a.org", " http://b.org/x_(y)", "https://c.org/", " HTTPS://D.ORG", " example.org"),
    *(" bit.ly/a", ",bit.ly/b", "?url=petition.example.com", " my-site.org", " b.co.uk/x?y=1#z"),
    *("(example.org)", " x.notatld", " 1.2", " e.g", "press@example.org", "/@a.org", "#part", "/a"),
    *("/https://a.org/", "=https://a.org", ":8080", " xn--p1ai.com", " example.com.", "\u201d)"),
]
NAMES = [
    *(" @alice.bsky.social", "@a.org", " @b.test", "(@c.com)", " @us", " @A.Org", " @d.com-", "@"),
    *(
        " #vote",
        "#a",
        " #1",
        " #2026b",
        "(#x",
        "#HART's",
        "\uff03tag",
        " #a.b",
        " #a,b",
        " #\U0001f525",
    ),
    *(" #" + "a" * 64, " #" + "b" * 65, "#!", " $AMZN", "$a", " $goog.", " $5.00", "($B)", "#"),
]
KINDS = [PROSE, PROSE, SCRIPTS, LINKS, LINKS, NAMES, NAMES]

KNOWN = [
    "Share it: example.org/share?url=petition.example.com and tell @alice.bsky.social why. #vote",
    "bit.ly/a,bit.ly/b #vote",
    "See example.org/r?u=https://a.org/ and #StopAWS\u2192https://example.org/petition",
]


class Found(NamedTuple):
    """A facet of ``@atproto/api`` with its places in bytes, its kind and its target."""

    start: int
    end: int
    kind: str
    target: str


Compared = list[tuple[str, list[Found], dict[str, Any]]]
"""Texts, each with our facets and what Bluesky's code says."""


def generated(count: int) -> Iterator[str]:
    """Yield the known cases and texts of a few kinds of pieces each, no two the same."""
    chance = random.Random(SEED)  # noqa: S311 - the same texts each time
    seen = dict.fromkeys(KNOWN)
    while len(seen) < count:
        kinds = chance.sample(KINDS, chance.randint(1, 4))
        pieces = (chance.choice(chance.choice(kinds)) for _ in range(chance.randint(1, 24)))
        seen[chance.choice(("", " ")).join(pieces)] = None
    yield from seen


def ours(text: str) -> list[Found]:
    """Return the facets of a text in the form of theirs; a name stands for its id."""
    found = []
    for facet in facets(text):
        [feature] = facet["features"]
        kind = feature.pop("$type").partition("#")[2]
        [target] = feature.values()
        found.append(Found(facet["index"]["byteStart"], facet["index"]["byteEnd"], kind, target))
    return found


@pytest.fixture(scope="module")
def compared() -> Compared:
    """Texts, each with our facets and what Bluesky's code says of the text and of these facets."""
    if not (WANTED and shutil.which("node") and has_package("@atproto/api")):
        skip_without("node and npm's @atproto/api", INSTALL)
    texts = [*generated(COUNT)]
    asked = json.dumps([{"text": text, "facets": facets(text)} for text in texts]).encode()
    script = TESTS / "bluesky_facets.js"
    answered = subprocess.run(
        [shutil.which("node") or "node", script], input=asked, stdout=subprocess.PIPE, check=True
    )
    said = json.loads(answered.stdout)
    return [(text, ours(text), answer) for text, answer in zip(texts, said, strict=True)]


def test_readers_see_as_a_link_what_was_meant_as_one(compared: Compared) -> None:
    """Their reader skips a facet that overlaps another, and shows wrong bytes as they are."""
    for text, _, answer in compared:
        meant = [text[entity.start : entity.end] for _, entity in entities(text)]
        assert answer["shown"] == meant, ascii(text)


def _leads_as_far_as_its_meaning(text: str, said: Found, mine: list[Found]) -> bool:
    """Punctuation, a quote, a bracket or a direction's sign behind a link is not part of it."""
    same = [each for each in mine if (each.start, each.kind) == (said.start, "link")]
    return said.kind == "link" and any(said.target.startswith(each.target) for each in same)


def _is_mail(text: str, said: Found, mine: list[Found]) -> bool:
    """``example.org@a.org`` is an address of mail, or none."""
    return said.kind == "link" and "@" in said.target and not said.target.endswith("/")


def _may_go_on(text: str, said: Found, mine: list[Found]) -> bool:
    """The characters after a name or a domain may be more of it, which would be cut in half."""
    end = len(text.encode()[: said.end].decode())
    return said.kind != "tag" and bool(
        re.match(r"[\w@+-]", text[end:]) or re.search(r"[+-]", said.target)
    )


def _is_shorter(text: str, said: Found, mine: list[Found]) -> bool:
    """An apostrophe, a sign of direction, a second hashtag, a link or a name ends a hashtag."""
    ended = re.search("[#\uff03'\u2019\u200f\u2068\u2069]", said.target) or any(
        said.start < each.start < said.end for each in mine
    )
    return said.kind == "tag" and bool(ended)


def _is_part_of_ours(text: str, said: Found, mine: list[Found]) -> bool:
    """A link, name or hashtag of ours that begins before is not cut."""
    return any(each.start < said.start < each.end for each in mine)


THEIRS_ONLY: list[Reason] = [
    _leads_as_far_as_its_meaning,
    _is_mail,
    _may_go_on,
    _is_shorter,
    _is_part_of_ours,
]


def _stands_behind_a_sign(text: str, mine: Found, said: list[Found]) -> bool:
    """A quote, a dash, a bracket or a comma before it does not hide it."""
    before = text.encode()[: mine.start].decode()[-1:]
    allowed = r"\s" if mine.kind == "tag" and not mine.target.startswith("$") else r"\s("
    return bool(before) and not re.match(f"[{allowed}]", before)


def _has_capitals_or_hyphens(text: str, mine: Found, said: list[Found]) -> bool:
    """Their reader knows no domain with a hyphen or a top-level domain in capitals."""
    shown = text.encode()[mine.start : mine.end].decode()
    return mine.kind != "tag" and bool(re.search("[A-Z]|-", shown))


def _would_be_too_long(text: str, mine: Found, said: list[Found]) -> bool:
    """Theirs goes on beyond the 64 characters of a hashtag, and ours ends before."""
    run = re.match(r"\S*", text.encode()[mine.start :].decode())
    return mine.kind == "tag" and run is not None and len(run[0]) > len("#") + 64


def _follows_no_domain(text: str, mine: Found, said: list[Found]) -> bool:
    """What looks like a domain and is none takes the rest of its word with it, in theirs."""
    before = text.encode()[: mine.start].decode()
    return mine.kind != "tag" and bool(
        re.search(r"[a-z0-9]\.[a-z0-9]+\S*\($", before, re.IGNORECASE)
    )


def _replaces_theirs(text: str, mine: Found, said: list[Found]) -> bool:
    """Theirs at this place is one of ``THEIRS_ONLY``."""
    return any(each.start < mine.end and mine.start < each.end for each in said)


OURS_ONLY: list[Reason] = [
    _stands_behind_a_sign,
    _has_capitals_or_hyphens,
    _would_be_too_long,
    _follows_no_domain,
    _replaces_theirs,
]


def _unexplained(
    compared: Compared, reasons: list[Reason], *, theirs: bool
) -> tuple[list[str], set[str]]:
    """Return the facets that only one side has for none of these reasons, and the reasons seen."""
    unexplained, seen = [], set()
    for text, mine, answer in compared:
        said = [Found(*each) for each in answer["found"]]
        these, others = (said, mine) if theirs else (mine, said)
        for facet in these:
            if facet not in others:
                whys = [why.__name__ for why in reasons if why(text, facet, others)]
                seen.update(whys)
                unexplained += [] if whys else [f"{text!a}: {facet!a}"]
    return unexplained, seen


def test_what_bluesky_finds_is_found_but_for_known_reasons(compared: Compared) -> None:
    unexplained, seen = _unexplained(compared, THEIRS_ONLY, theirs=True)
    assert unexplained == []
    assert seen == {why.__name__ for why in THEIRS_ONLY}


def test_no_more_is_found_but_for_known_reasons(compared: Compared) -> None:
    unexplained, seen = _unexplained(compared, OURS_ONLY, theirs=False)
    assert unexplained == []
    assert seen == {why.__name__ for why in OURS_ONLY}


def test_most_of_what_is_found_is_the_same(compared: Compared) -> None:
    """Reasons that explain everything would prove nothing."""
    said = [(text, Found(*each)) for text, _, answer in compared for each in answer["found"]]
    mine = {(text, each) for text, found, _ in compared for each in found}
    for kind in ("link", "mention", "tag"):
        these = [each for each in said if each[1].kind == kind]
        assert len(these) > COUNT / 10
        assert sum(each in mine for each in these) > 0.6 * len(these), kind

"""Adapts a text to an account's platform: mentions, threads and link cards. Pure.

A text is written once. ``@athena`` becomes the name that the campaign's ``mentions:`` has for the
platform. Any other ``@name`` must be a name there. A mention that would reach somebody else, or
become plain text, is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from bot.campaigns.templates import MAX_FLAWS, TemplateError
from bot.model import Part
from bot.text import URL_PATTERN, TextRules, quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bot.model import Account, LinkCard, Media

MENTION_CODE = "R312"

_TYPED = re.compile(r"(?<![0-9A-Za-z_@])@(\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)*)?)")
"""A possible mention: a name, and the domain or server that belongs to it."""

_REST = re.compile(r"-|\.(?![a-z0-9])")
"""May follow a name without belonging to it, as in ``@athena-led`` or ``@athena.Next sentence``."""

MAX_PARTS = 100
"""Most parts of a thread, also of one that a person writes."""

_SENTENCE_END = re.compile(
    "[.!?\u2026\u061f\u06d4\u0964]+[\"'\u2019\u201d\xbb)\\]]*(?=\\s)"
    "|[\u3002\uff01\uff1f]+[\u201d\u2019\u300d\u300f\uff09]*|\n+"
)
_ABBREVIATED = """
    dr mr mrs ms prof st no nos vs etc approx dept gov sen rep jr sr inc ltd co corp jan feb mar apr
    jun jul aug sep sept oct nov dec fig art vol al cf bzw ca nr usw bijv"""
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
"""Abbreviations, whose full stop hardly ever ends a sentence."""


class VoiceRules(TextRules, Protocol):
    """The part of ``bot.platforms.base.Platform`` that reads and measures texts."""

    def length(self, part: Part, account: Account) -> tuple[int, int]:
        """Return the length of the part's text by the platform's count, and the limit."""
        ...


@dataclass(frozen=True, slots=True)
class Voice:
    """How one or more accounts of a platform say a text."""

    account: Account
    """One of the accounts."""
    rules: VoiceRules
    mentions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The campaign's ``mentions``."""
    cuts: bool = False
    """Whether a long text becomes a thread."""

    @property
    def platform(self) -> str:
        """The platform's name."""
        return self.account.platform

    def fill_mentions(self, text: str) -> tuple[str, list[TemplateError]]:
        """Return the text with its mentions as the platform writes them, and every flaw."""
        if "@" not in text:
            return text, []
        flaws: dict[str, TemplateError] = {}
        filled, done = "", 0
        spans: dict[tuple[int, int], str] = {}
        for typed in self._typed_mentions(text):
            filled += text[done : typed.start()]
            done = typed.start() + 1
            try:
                name, mention = self._find_name(typed[1])
            except TemplateError as flaw:
                flaws.setdefault(flaw.word, flaw)
                continue
            spans[len(filled), len(filled) + len(mention)] = f"@{name}"
            filled += mention
            done += len(name)
        filled += text[done:]
        if not flaws:
            entities = self.rules.entities(filled)
            found = {(span.start, span.end) for kind, span in entities if kind == "mention"}
            for start, end in sorted(spans.keys() ^ found):  # not found, or within a link
                mention = filled[start:end]
                word = spans.get((start, end), mention)
                flaws.setdefault(word, self._other_mention(word, mention))
        return filled, [*flaws.values()][:MAX_FLAWS]

    def _typed_mentions(self, text: str) -> Iterator[re.Match[str]]:
        links = [found.span() for found in URL_PATTERN.finditer(text)] if "://" in text else []
        for typed in _TYPED.finditer(text):
            while links and links[0][1] <= typed.start():
                del links[0]
            if not links or typed.start() < links[0][0]:
                yield typed

    def _find_name(self, typed: str) -> tuple[str, str]:
        """Return the name at the start of ``typed``, and its mention. Raise TemplateError."""
        name, why = typed, ""
        while True:
            key = name.casefold().replace("_", "-")
            if key in self.mentions:
                return name, self._declared(key, name)
            try:
                return name, self.rules.mention(name)
            except ValueError as error:
                why = why or str(error)
            at = max(name.rfind("-"), name.rfind("."))
            if at < 0 or "@" in name or not _REST.match(name, at):
                message = f"{quote_value(f'@{typed}')} {why}"
                hint = "Add its name on each platform under mentions: in the campaign, or write it "
                raise TemplateError(message, f"{hint}without the @.", MENTION_CODE, f"@{typed}")
            name = name[:at]

    def _declared(self, key: str, name: str) -> str:
        mention = self.mentions[key].get(self.platform)
        if mention is not None:
            return mention
        message = f"{quote_value(f'@{name}')} has no name on {self.platform}"
        hint = f"Add {self.platform}: to {key}: under mentions: in the campaign, or write a text "
        hint += f"without it under on: {self.platform}:."
        raise TemplateError(message, hint, MENTION_CODE, f"@{name}")

    def _other_mention(self, word: str, mention: str) -> TemplateError:
        message = f"On {self.platform}, {quote_value(mention)} would mention nobody or "
        message += "somebody else"
        hint = "Put a space before and after it, or leave out the @."
        return TemplateError(message, hint, MENTION_CODE, word)

    def add_card(
        self,
        part: Part,
        cards: Mapping[str, tuple[LinkCard, tuple[Media, ...]]],
        typed: Mapping[str, str],
    ) -> Part:
        """Return the part with the card of its first link that has one, unless it shows media.

        ``cards`` are the campaign's cards by their links, each with its picture, if it has one.
        ``typed`` are marked links by the form in which they go out. A card opens the marked link.
        """
        if self.rules.MAKES_CARDS or part.media or not cards:
            return part
        for kind, entity in self.rules.entities(part.text):
            link = typed.get(entity.text, entity.text)
            if kind == "link" and link in cards:
                card, media = cards[link]
                return replace(part, card=replace(card, link=entity.text), media=media)
        return part

    # --- Long texts ---

    def cut(
        self,
        text: str,
        hashtags: str,
        link: str,
        *,
        reserved: str = "",
        marked: tuple[str, ...] = (),
    ) -> list[str] | None:
        """Return the texts of a thread that says this text, or None if it fits or cannot be cut.

        The hashtags belong to the first text, and the link to the last. If a first sentence is too
        long with the hashtags, they follow the link. ``reserved`` is a text that the platform shows
        and counts with each, and ``marked`` are the links that have marks. A sentence that is too
        long by itself is not cut, and the platform's rules then refuse it.
        """
        spare = self._length(reserved)[0] if reserved else 0

        def fits(words: str) -> bool:
            used, limit = self._length(words, marked)
            return used + spare <= limit

        if not self.cuts or fits(f"{text}{link}{hashtags}"):
            return None
        ends = self._sentence_ends(text)
        first = text[: ends[0]].strip()
        if fits(first) and not fits(f"{first}{hashtags}"):
            hashtags, link = "", f"{link}{hashtags}"
        pieces: list[str] = []
        begin = start = 0
        while start < len(ends) and len(pieces) <= MAX_PARTS:
            head = "" if pieces else hashtags

            def fits_to(index: int, begin: int = begin, head: str = head) -> bool:
                tail = link if index == len(ends) - 1 else ""
                return fits(f"{text[begin : ends[index]].strip()}{head}{tail}")

            last = _last_that_fits(range(start, len(ends)), fits_to)
            pieces.append(f"{text[begin : ends[last]].strip()}{head}")
            begin, start = ends[last], last + 1
        if fits(f"{pieces[-1]}{link}"):
            pieces[-1] += link
        elif link:
            pieces.append(link.strip())
        return pieces if 1 < len(pieces) <= MAX_PARTS else None

    def _length(self, text: str, marked: tuple[str, ...] = ()) -> tuple[int, int]:
        return self.rules.length(Part(text, marked=marked), self.account)

    def _sentence_ends(self, text: str) -> list[int]:
        """Return the ends of sentences and lines outside of links, mentions and hashtags."""
        spans = [(entity.start, entity.end) for _, entity in self.rules.entities(text)]
        ends: list[int] = []
        behind = -1  # the end of the last entity before, whose final dot abbreviates no word
        for found in _SENTENCE_END.finditer(text):
            while spans and spans[0][1] <= found.start():
                behind = spans.pop(0)[1]
            inside = bool(spans) and spans[0][0] < found.end() < spans[0][1]
            if inside or (behind != found.start() and _is_abbreviation(text, found)):
                continue
            if ends and not text[ends[-1] : found.end()].strip():  # only an empty line follows
                ends.pop()
            ends.append(found.end())
        return [*(end for end in ends if text[end:].strip()), len(text)]


def _last_that_fits(indices: range, fits: Callable[[int], bool]) -> int:
    """Return the last index that fits, by halving; the first if none does."""
    low, step = 0, 1
    while low + step < len(indices) and fits(indices[low + step]):
        low, step = low + step, step * 2
    high = min(low + step, len(indices))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(indices[middle]) else (low, middle)
    return indices[low]


def _is_abbreviation(text: str, end: re.Match[str]) -> bool:
    """Return whether a full stop abbreviates: Dr. Hart, U.S. agencies, J. Doe, 1. Come."""
    if end[0] != ".":
        return False
    line = text[text.rfind("\n", 0, end.start()) + 1 : end.start()]
    word = line.rpartition(" ")[2].lstrip("(\"\u201c\u201e'\u2018")
    following = text[end.end() :].lstrip()[:1]
    numbered = word == line.strip() and word.isdigit()
    short = len(word) == 1 or "." in word or word.lower() in _ABBREVIATIONS
    return numbered or short or following.islower()


@dataclass(frozen=True, slots=True)
class Speakers:
    """The accounts of the configuration, and the rules of their platforms, by name."""

    accounts: Mapping[str, Account]
    platforms: Mapping[str, VoiceRules]

    def voices(
        self,
        names: Sequence[str],
        mentions: Mapping[str, Mapping[str, str]],
        *,
        cuts: bool,
        apart: bool = False,
    ) -> list[tuple[Voice | None, list[str]]]:
        """Return the voices of a post's accounts, each with its accounts.

        The voice of an unknown platform is None. The accounts of a platform may have different
        limits, so with ``cuts`` each account has a voice of its own. With ``apart``, each account
        has one as well, and the order of the accounts is the same as without ``apart``.
        """
        alike: dict[object, list[str]] = {}
        for name in names:
            platform = self.accounts[name].platform
            alike.setdefault((platform, name if cuts else ""), []).append(name)
        groups = [*alike.values()]
        if apart:
            groups = [[name] for theirs in groups for name in theirs]
        voices: list[tuple[Voice | None, list[str]]] = []
        for theirs in groups:
            account = self.accounts[theirs[0]]
            rules = self.platforms.get(account.platform)
            voices.append((Voice(account, rules, mentions, cuts) if rules else None, theirs))
        return voices or [(None, [])]

    def common_platform(self, names: Sequence[str]) -> str | None:
        """Return the platform of all of these accounts, or None if there are several."""
        platforms = {self.accounts[name].platform for name in names}
        return platforms.pop() if len(platforms) == 1 else None

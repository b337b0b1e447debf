"""How an account says a text: mentions as its platform writes them. Pure.

A text is written once. ``@athena`` becomes what the campaign's ``mentions:`` gives for the
platform; any other ``@name`` has to be a name there. So nobody else is mentioned by mistake, and no
mention turns into plain text: both are errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.campaigns.templates import MAX_FLAWS, TemplateError
from bot.text import URL_PATTERN, quote_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.model import Account
    from bot.text import TextRules

MENTION_CODE = "R312"

_TYPED = re.compile(r"(?<![\w@])@(\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)*)?)")
"""What a person may mean as a mention: a name, and a domain or a server that belongs to it."""

_REST = re.compile(r"-|\.(?![a-z0-9])")
"""What may follow a name without being a part of it: ``@athena-led``, ``@athena.Next sentence``."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A platform, and the names that the campaign's mentions have there."""

    platform: str
    rules: TextRules
    mentions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def fill_mentions(self, text: str) -> tuple[str, list[TemplateError]]:
        """Return the text with its mentions as the platform writes them, and every flaw in it."""
        if "@" not in text:
            return text, []
        flaws: dict[str, TemplateError] = {}
        filled, spans, done = "", set(), 0
        for typed in self._typed_mentions(text):
            filled += text[done : typed.start()]
            done = typed.start() + 1
            try:
                name, mention = self._find_name(typed[1])
            except TemplateError as flaw:
                flaws.setdefault(flaw.word, flaw)
                continue
            spans.add((len(filled), len(filled) + len(mention), f"@{name}"))
            filled += mention
            done += len(name)
        filled += text[done:]
        if not flaws:
            found = {
                tuple(span[:2]) for kind, span in self.rules.entities(filled) if kind == "mention"
            }
            for start, end, word in sorted(spans):
                if (start, end) not in found:
                    flaws.setdefault(word, self._hidden_mention(word, filled[start:end]))
        return filled, [*flaws.values()][:MAX_FLAWS]

    def _typed_mentions(self, text: str) -> Iterator[re.Match[str]]:
        """Yield what may be a mention: an @ within a link is none."""
        links = [found.span() for found in URL_PATTERN.finditer(text)] if "://" in text else []
        for typed in _TYPED.finditer(text):
            while links and links[0][1] <= typed.start():
                del links[0]
            if not links or typed.start() < links[0][0]:
                yield typed

    def _find_name(self, typed: str) -> tuple[str, str]:
        """Return the name at the start of what was typed, and its mention. Raise TemplateError."""
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
                hint = (
                    "Give it its name on each platform, under mentions: in the campaign, or write "
                )
                raise TemplateError(message, f"{hint}it without the @.", MENTION_CODE, f"@{typed}")
            name = name[:at]

    def _declared(self, key: str, name: str) -> str:
        mention = self.mentions[key].get(self.platform)
        if mention is not None:
            return mention
        message = f"{quote_value(f'@{name}')} has no name on {self.platform}"
        hint = f"Add {self.platform}: to {key}: under mentions: in the campaign, or give the post "
        hint += f"a text without it, under on: {self.platform}:."
        raise TemplateError(message, hint, MENTION_CODE, f"@{name}")

    def _hidden_mention(self, word: str, mention: str) -> TemplateError:
        message = (
            f"On {self.platform}, {quote_value(mention)} would mention nobody here, or another"
        )
        return TemplateError(message, "Put a space before and behind it.", MENTION_CODE, word)


@dataclass(frozen=True, slots=True)
class Speakers:
    """The accounts of the configuration by name, and the platforms that they are on."""

    accounts: Mapping[str, Account]
    platforms: Mapping[str, TextRules]

    def voices(
        self, names: Sequence[str], mentions: Mapping[str, Mapping[str, str]]
    ) -> list[tuple[Voice | None, list[str]]]:
        """Return which of these accounts say a post in which way; None if by no known one."""
        by_platform: dict[str, list[str]] = {}
        for name in names:
            by_platform.setdefault(self.accounts[name].platform, []).append(name)
        voices: list[tuple[Voice | None, list[str]]] = []
        for platform, theirs in by_platform.items():
            rules = self.platforms.get(platform)
            voices.append((Voice(platform, rules, mentions) if rules else None, theirs))
        return voices or [(None, [])]

    def common_platform(self, names: Sequence[str]) -> str | None:
        """Return the platform that all of these accounts are on, None if there are several."""
        platforms = {self.accounts[name].platform for name in names}
        return platforms.pop() if len(platforms) == 1 else None

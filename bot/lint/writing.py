"""How a text is written: who it calls out to, in what tone, and with what hidden signs."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bot.text.hidden import hidden, visible
from bot.text.words import LINK, listed, mentions, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.lint.rule import Finding, Sight
    from bot.model import Account, Campaign, Post

_BESIDE = 12
"""Characters on either side of a hidden one that are shown with it."""

_AROUND = ".,;:!?…\"“”„‘’'()[]–—/"
_LOUD_WORDS = 3
_LOUD_ASCII = re.compile(r"[A-Z]{2}\S{0,40}\s{1,9}[^\w\s]{0,9}[A-Z]{2}")
_LOUD_LETTERS = 10
"""Three acronyms in a row (US DHS ICE) have fewer letters than a shout."""

_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]*")
_LONG_NAME = 6
"""Letters from which a handle in capitals is no acronym, as @ACLU is."""


def unsolicited(sight: Sight) -> Iterator[Finding]:
    """Find people who would be notified without having asked for it."""
    for part in sight.parts:
        others = sorted({f"@{name}" for name in mentions(part.text) if not _is_ours(name, sight)})
        if others:
            message = f"The text mentions {listed(others)}, who will be notified."
            hint = "Keep it only if they agreed to it; else write the name without the @."
            yield sight.at(part, message, hint)


def is_ours(name: str, accounts: Mapping[str, Account], campaign: Campaign, post: Post) -> bool:
    """Return whether a handle is an account of the config, or is named as a partner is."""
    low = name.casefold()
    handles = {account.handle.lstrip("@").casefold() for account in accounts.values()}
    # Without a config, the accounts are taken to be called what the post calls them.
    handles |= {found.handle.casefold() for one in post.accounts if (found := accounts.get(one))}
    partners = {one.replace("-", "") for one in campaign.partners}
    return low in handles or low.replace("_", "") in partners


def _is_ours(name: str, sight: Sight) -> bool:
    return is_ours(name, sight.accounts, sight.campaign, sight.post)


def unseen(sight: Sight) -> Iterator[Finding]:
    """Find hidden characters, in all that is shown."""
    for part in sight.parts:
        for shown in sight.shown(part):
            if found := list(hidden(shown)):
                chars = listed(list(dict.fromkeys(map(_named, found))), most=9)
                message = f"Hidden in “{_around(shown, found[0].start())}”: {chars}."
                yield sight.at(part, message, "Type that place anew instead of pasting it.")


def _named(found: re.Match[str]) -> str:
    char = found[1]
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()


def _around(text: str, place: int) -> str:
    """Return what stands around a place of a text, with nothing hidden."""
    start = max(0, place - _BESIDE)
    return " ".join(visible(text[start : place + _BESIDE]).split())


def loud(sight: Sight) -> Iterator[Finding]:
    """Find three or more words in a row that are all capitals."""
    for part in sight.parts:
        if _may_be_loud(part.text) and (run := _loud_run(plain(part.text))):
            hint = "Write it in small letters: capitals read as shouting, or letter by letter."
            yield sight.at(part, f"“{run[:60]}” is all capitals.", hint)


def _may_be_loud(text: str) -> bool:
    """Spare most texts the longer look; what is not ASCII may have capitals of any script."""
    return not text.isascii() or _LOUD_ASCII.search(text) is not None


def _loud_run(text: str) -> str | None:
    """Give the first run of capitals; a comma ends one, as lists of acronyms have it."""
    run: list[str] = []
    for word in [*text.split(), ""]:
        bare = word.strip(_AROUND)
        loud = len(bare) > 1 and bare.isupper()
        run += [bare] if loud else []
        if not loud or word[-1] in ",;:/)":
            if len(run) >= _LOUD_WORDS and sum(map(len, run)) >= _LOUD_LETTERS:
                return " ".join(run)
            run = []
    return None


def shouting(sight: Sight) -> Iterator[Finding]:
    """Find a name that is shouted: in capitals, or in a sentence that ends in !! or more."""
    demand = sight.campaign.demands.get(sight.post.demand or "")
    target = demand.target if demand else ""
    for part in sight.parts:
        name = _in_capitals(part.text, target, sight) or _with_marks(part.text, target, sight)
        if name:
            message = f"This shouts at {name}."
            hint = "Say it calmly: one exclamation mark at most, and names as they are written."
            yield sight.at(part, message, hint)


def _in_capitals(text: str, target: str, sight: Sight) -> str | None:
    loud_target = target.upper()
    if (
        target
        and loud_target != target
        and re.search(rf"(?<!\w){re.escape(loud_target)}(?!\w)", text)
    ):
        return target
    names = [one for one in mentions(text) if one.isupper() and len(one) >= _LONG_NAME]
    return next((f"@{one}" for one in names if not _is_ours(one, sight)), None)


def _with_marks(text: str, target: str, sight: Sight) -> str | None:
    if "!!" not in text and "!?!" not in text:
        return None
    for sentence in _SENTENCE.findall(LINK.sub(" ", text)):
        if not re.search(r"!\??!", sentence):
            continue
        names = [one for one in mentions(sentence) if not _is_ours(one, sight)]
        if names:
            return f"@{names[0]}"
        if target and re.search(rf"(?<!\w){re.escape(target)}(?!\w)", sentence, re.IGNORECASE):
            return target
    return None

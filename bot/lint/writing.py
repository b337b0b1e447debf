"""How a text is written: who it calls out to, in what tone, and with what hidden signs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.text.words import LINK, MENTION, listed, mentions, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.rule import Finding, Sight

_TURNS = re.compile("[\u2066-\u2069\u202a-\u202e]")
_MARKS = re.compile("[\u200e\u200f\u061c]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")

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


def _is_ours(name: str, sight: Sight) -> bool:
    """Say whether a handle is an account of the config, or is named as a partner is."""
    low = name.casefold()
    short = low.split("@")[0].split(".")[0]
    handles = {account.handle.lstrip("@").casefold() for account in sight.accounts.values()}
    # Without a config, the accounts are taken to be called what the post calls them.
    handles |= {
        found.handle.casefold() for one in sight.post.accounts if (found := sight.accounts.get(one))
    }
    partners = {one.replace("-", "") for one in sight.campaign.partners}
    return low in handles or re.sub(r"[\W_]", "", short) in partners


def turned(sight: Sight) -> Iterator[Finding]:
    """Find signs that turn the direction of writing unseen, in all that is shown."""
    for part in sight.parts:
        for shown in (part.text, *(one.alt for one in part.media), *_options(part.poll)):
            if not shown.isascii() and (sign := _turning(shown)):
                message = f"An unseen sign, U+{ord(sign):04X}, turns the direction of writing."
                yield sight.at(part, message, "Type that place anew instead of pasting it.")


def _options(poll: object) -> tuple[str, ...]:
    return getattr(poll, "options", ())


def _turning(text: str) -> str | None:
    found = _TURNS.search(text) or (not _RIGHT_TO_LEFT.search(text) and _MARKS.search(text))
    return found.group() if found else None


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
        names = [one for one in MENTION.findall(sentence) if not _is_ours(one, sight)]
        if names:
            return f"@{names[0]}"
        if target and re.search(rf"(?<!\w){re.escape(target)}(?!\w)", sentence, re.IGNORECASE):
            return target
    return None

"""Hashtags: how many, and whether a screen reader can read them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.text.words import hashtags, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.rule import Finding, Sight

MOST = 3
"""More in one post are read as spam, by people and by platforms; X advises two at most."""

LONG = 12
"""Letters in a row from which a hashtag without capitals inside is taken for several words."""

_LEXICON = """
    a act action after against ai all amazon an and any are art as ask at aws back ban be big
    black body border boss bosses build by call care cars cash change children city climate cloud
    code color control cops corp crime data day deal deals defend defund demand dirty do dont down
    drop earth end ending equal every eyes face facts fair fight fire first food for free freedom
    from fund future gas get give go google great green half hands have health help her here him
    his home homes hope hour house housing how human ice if immigrants in is it its jobs join just
    justice keep kids land law lawyer let life lives living love make march matter matters media
    men migrants military million mine more must my national need net network never new no not now
    of off oil old on one open or our out over party pay peace people planet police politics power
    press prison privacy profit profits protect public raid raids rent rights ring rise safe save
    say school science share shut silent site so social some south spy stand state stay stop store
    strike student students summit sun support take tax team tech that the their them they this
    time to together town trade trans tribe truth union unions unite us vote voter voters votes
    wage wages walk wall war watch water we west what when where who why will win with women work
    worker workers world year you young your youth"""
_WORDS = frozenset(_LEXICON.split())
_LONGEST = max(map(len, _WORDS))
"""Words that campaign hashtags are made of; with them, a run of letters falls into its parts."""

_SHORT = 6
"""As in LGBTQIA: an acronym, or one short word."""

_ONE_WORD = re.compile(
    "(?:tions?|sions?|ments?|ances?|ences?|ity|ities|ness|isms?|ists?|ships?|able|ible|ally|ing"
    "|ated|ative|ological|graphy|graphic)$"
)
"""How long English words that are only one word end: accountability, surveillance."""


def too_many(sight: Sight) -> Iterator[Finding]:
    """Find parts with more than ``MOST`` hashtags."""
    for part in sight.parts:
        tags = hashtags(part.text)
        if len(tags) > MOST:
            message = f"There are {len(tags)} hashtags: {listed([f'#{tag}' for tag in tags], 5)}."
            yield sight.at(part, message, f"Keep the {MOST} at most that people search for.")


def unreadable(sight: Sight) -> Iterator[Finding]:
    """Find hashtags of several words without capitals; the campaign's own are told once, there."""
    home = sight.campaign.mark
    for part in sight.parts:
        for tag in dict.fromkeys(hashtags(part.text)):
            if not is_readable(tag):
                hint = "Give each word a capital, as in #NoTechForIce."
                found = sight.at(part, f"#{tag} runs its words together.", hint)
                shared = tag in sight.campaign.hashtags
                yield replace(found, mark=home, beside=home) if shared else found


@lru_cache(maxsize=1024)
def is_readable(tag: str) -> bool:
    """Say whether a screen reader can tell the words of a hashtag apart.

    It can where each begins with a capital, or where there is only one.
    """
    return not any(map(_runs_together, re.split(r"[\d_]+", tag)))


def _runs_together(letters: str) -> bool:
    if len(letters) <= _SHORT or not (letters[1:].islower() or letters.isupper()):
        return False
    low = letters.lower()
    return _falls_apart(low) or (len(low) >= LONG and not _ONE_WORD.search(low))


def _falls_apart(low: str) -> bool:
    """Say whether the letters are nothing but two or more known words."""
    ends = {0}
    for end in range(2, len(low) + 1):
        starts = range(max(0, end - _LONGEST), end)
        if any(start in ends and low[start:end] in _WORDS for start in starts):
            ends.add(end)
    return len(low) in ends and low not in _WORDS

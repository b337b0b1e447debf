"""Which facts a text states, because their figures stand in it. Pure.

Somebody may have typed the figure by hand, in another form than the fact has it, as ``$4m`` and
``four million dollars``. The texts are compared by meaning as far as ``amounts`` reads them, which
is made for English. In other languages, the figure counts only as the fact or its translation has
it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.text import strip_entities, strip_hidden
from bot.voice.altered import plain_digits
from bot.voice.amounts import all_numbers, figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.model import Fact
    from bot.voice.amounts import Figure


def stated_facts(
    text: str, facts: Mapping[str, Fact], translations: Iterable[Mapping[str, Fact]] = ()
) -> Iterator[Fact]:
    """Yield the facts whose figure, in one of their translations, stands in a text."""
    plain = plain_digits(strip_entities(strip_hidden(text)))
    found = figures(plain)
    translated = [*translations]
    for name, fact in facts.items():
        forms = {fact.figure, *(one.get(name, fact).figure for one in translated)}
        if any(_has(plain, form) for form in forms if form) or _states(found, fact):
            yield fact


def claimed_facts(
    fact: Fact, translations: Iterable[Fact], stated: Callable[[str], Iterable[Fact]]
) -> Iterator[Fact]:
    """Yield the facts whose figure stands in the claim of a fact that has another figure itself.

    ``stated`` returns the facts that a text states.
    """
    own = {one.id for one in stated(fact.figure or "")}
    texts = (text for form in (fact, *translations) for text in (form.claim, form.counts))
    for text in dict.fromkeys(texts):
        yield from (one for one in stated(text) if one.id not in {*own, fact.id})


def counts_the_same(figure: Figure, fact: Fact) -> bool:
    """Return whether the words after a number, as in "3,000 partnerships", are in the fact."""
    words = f"{fact.claim} {fact.figure or ''}".lower()
    return any(noun[:6] in words for noun in figure.nouns)


def _has(text: str, figure: str) -> bool:
    """Return whether a figure stands in a text as it is, and not as a part of another number."""
    line, wanted = (" ".join(one.split()).casefold() for one in (text, figure))
    return bool(re.search(rf"(?<![\w.,]){re.escape(wanted)}(?!\w|[.,]\d)", line))


def _states(found: Iterable[Figure], fact: Fact) -> bool:
    """Return whether one of the figures of a text is the fact's."""
    sourced = all_numbers(fact.figure or "")
    return any(
        figure.same_amount(number)
        for figure in found
        for number in sourced
        if not (figure.loose and not figure.unit)  # a thousand reasons
        if not figure.year or counts_the_same(figure, fact)
    )

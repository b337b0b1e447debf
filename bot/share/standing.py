"""Which texts of a campaign may stand on its page on a day, and until when. Pure.

A text relies on a fact if it names the fact, or if somebody typed the fact's figure into it. From
the day after the fact's review was due, the text must not stand there. Posts wait then, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bot.errors import Problem
from bot.voice.stated import claimed_facts, stated_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from bot.model import Campaign, Fact, Mark
    from bot.model.share import SharePage, ShareWording


class Standing(NamedTuple):
    """Whether a text may stand on a page."""

    reason: str
    """The reason against it, in a sentence, or ""."""
    until: date | None
    """The last day on which it may stand, or None if it relies on no fact with such a day."""


class Judge:
    """Judges the texts of a page on a day."""

    def __init__(self, campaign: Campaign, share: SharePage, day: date) -> None:
        self._facts = campaign.facts
        self._dated = {name: fact for name, fact in campaign.facts.items() if fact.review_by}
        self._translations = [one.facts for one in share.languages]
        self._day = day
        self._found: dict[str, tuple[Fact, ...]] = {}

    def judge_text(self, text: str) -> Standing:
        """Return whether a text may stand, by the figures in it."""
        return self._combine(self._stated(text))

    def judge_fact(self, name: str) -> Standing:
        """Return whether a fact may stand, with its claim in every language."""
        forms = (one[name] for one in self._translations if name in one)
        fact = self._facts[name]
        return self._combine([fact, *claimed_facts(fact, forms, self._stated)])

    def judge_wording(self, wording: ShareWording) -> Standing:
        """Return whether a wording may stand, by the facts that it names and the figures in it."""
        named = [self.judge_fact(name) for name in wording.facts if name in self._facts]
        found = [*named, self.judge_text(wording.literal_text)]
        reason = next((one.reason for one in found if one.reason), "")
        return Standing(reason, min((one.until for one in found if one.until), default=None))

    def refusals(self, share: SharePage) -> Iterator[Problem]:
        """Yield a problem for each text that must not stand, but that no page can do without."""
        for language in share.languages:
            title = language.marks.get("title", language.mark)
            texts = [("title", language.title, title)]
            texts += [
                (f"demand {demand.id}", f"{demand.ask} {demand.target}", demand.mark)
                for demand in language.demands.values()
            ]
            for name, text, mark in texts:
                if reason := self.judge_text(text).reason:
                    yield _refusal(f"{name} in {language.language}", mark, reason)

    def _stated(self, text: str) -> tuple[Fact, ...]:
        """Return the facts with a day of review whose figure stands in a text."""
        if text not in self._found:  # several pages have it
            found = stated_facts(text, self._dated, self._translations)
            self._found[text] = tuple(found)
        return self._found[text]

    def _combine(self, facts: Iterable[Fact]) -> Standing:
        days = {fact.review_by: fact for fact in facts if fact.review_by}
        first = min(days, default=None)
        if first and first < self._day:
            reason = f"The review of the fact {days[first].id} was due by {first}."
            return Standing(reason, None)
        return Standing("", first)


def _refusal(name: str, mark: Mark, reason: str) -> Problem:
    message = f"The {name} has a figure that is past its review. {reason}"
    hint = "Review the fact, and set a new as_of: and review_by:, or take the figure out."
    return Problem(mark.file, mark.line, mark.column, "H111", message, hint)

"""The rule about facts on a share page that are past their review, and all that goes with them.

The page itself is judged likewise by ``bot.share.standing``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from bot.lint.share import facts_on, name_all, pages
from bot.planning.occurrences import review_deadline
from bot.schedules.local_time import zone
from bot.text import join_words
from bot.voice.stated import claimed_facts, stated_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.lint.context import Finding, PlanContext
    from bot.model import Campaign, Fact
    from bot.model.share import ShareLanguage, SharePage

REVIEW_AHEAD = timedelta(days=14)
"""How long before its review a fact on the page is reported."""


def facts_due(context: PlanContext) -> Iterator[Finding]:
    """Find facts that are, or soon will be, missing from the page, and what goes with them."""
    for campaign, page in pages(context):
        gone, left_out = set[str](), set[str]()
        for name, fact in sorted(campaign.facts.items()):
            deadline = fact.review_by and review_deadline(campaign, fact.review_by)
            if not deadline or deadline > context.now + REVIEW_AHEAD:
                continue
            relying = _texts_relying_on(campaign, page, fact)
            if deadline <= context.now:
                gone.add(name)
                left_out.update(relying.wordings)
            if name in facts_on(page) or any(relying):
                yield _fact_due(context, campaign, fact, relying)
        yield from _bare_demands(context, page, gone, left_out)


class _Relying(NamedTuple):
    """The texts of a page that name a fact, or have its figure."""

    wordings: list[str]
    """The ids of the wordings among them."""
    leaving: list[str]
    """Those that are left out with the fact."""
    needed: list[str]
    """Those that a page needs, so that it cannot be built."""


def _texts_relying_on(campaign: Campaign, page: SharePage, fact: Fact) -> _Relying:
    translations = [language.facts for language in page.languages]

    def stated(text: str) -> tuple[Fact, ...]:
        return tuple(stated_facts(text, {fact.id: fact}, translations))

    facts = [
        name
        for name, other in campaign.facts.items()
        if [*claimed_facts(other, (one[name] for one in translations if name in one), stated)]
    ]
    wordings = [
        wording.id
        for wording in page.wordings
        if not {fact.id, *facts}.isdisjoint(wording.facts) or stated(wording.literal_text)
    ]
    named = ((wordings, "the wording"), (facts, "the fact"))
    leaving = [name_all(names, kind) for names, kind in named if names]
    leaving += [
        f"the {name} in {language.language}"
        for language in page.languages
        for name in ("intro", "subject")
        if stated(getattr(language, name))
    ]
    pictures = dict.fromkeys(media.path.name for media in page.media if stated(media.alt))
    leaving += [f"the picture {name}" for name in pictures]
    needed = [
        f"{text} in {language.language}"
        for language in page.languages
        for text in _needed_texts(language, stated)
    ]
    return _Relying(wordings, leaving, needed)


def _needed_texts(
    language: ShareLanguage, stated: Callable[[str], tuple[Fact, ...]]
) -> Iterator[str]:
    """Yield the title and the demands in a language that state a fact."""
    if stated(language.title):
        yield "the title"
    for demand in language.demands.values():
        if stated(f"{demand.ask} {demand.target}"):
            yield f"the demand {demand.id}"


def _fact_due(context: PlanContext, campaign: Campaign, fact: Fact, relying: _Relying) -> Finding:
    assert fact.review_by is not None
    deadline = review_deadline(campaign, fact.review_by)
    since = f"{deadline.astimezone(zone(campaign.timezone)):%Y-%m-%d}"
    is_over = deadline <= context.now
    with_it = f", with {join_words(relying.leaving)}" if relying.leaving else ""
    message = f"The review of the fact {fact.id} is due by {fact.review_by}. From {since} on, it "
    message += f"will be missing from the share page{with_it}."
    if is_over:
        message = f"The review of the fact {fact.id} was due by {fact.review_by}. Since {since}, "
        message += f"it is missing from the share page{with_it}."
    if relying.needed:
        message += f" No page {'can' if is_over else 'can then'} be built, because its figure is "
        message += f"in {join_words(relying.needed)}."
    hint = "Check whether it is still true, set a new as_of: and review_by:, and build the page "
    hint += "again."
    return context.finding(fact, message, hint)


def _bare_demands(
    context: PlanContext, page: SharePage, gone: set[str], left_out: set[str]
) -> Iterator[Finding]:
    """Yield the wordings that stand without any fact, because all facts of the demand are gone."""
    demands = page.languages[0].demands
    for wording in page.wordings:
        facts = demands[wording.demand].facts
        if facts and gone.issuperset(facts) and wording.id not in left_out:
            message = f"All facts of the demand {wording.demand} are past their review. "
            message += f"The wording {wording.id} stands on the page without a fact beside it."
            yield context.finding(wording, message, "Review the facts, or take the wording out.")

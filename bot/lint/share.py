"""Rules about the share page: its wordings, and its translations.

The rules about one post read its texts as well; see ``share_texts``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from bot.lint.near_duplicates import PostUse, one_voice, sayings
from bot.lint.share_texts import in_language, introductions, wording_post
from bot.lint.translations import other_number, surely_differ
from bot.text import (
    URL_PATTERN,
    find_as_x,
    join_first,
    join_words,
    normalized_words,
    quote_value,
    strip_entities,
    truncate,
)
from bot.voice.amounts import figures
from bot.voice.persons import speaks_as_person
from bot.voice.quotations import outside_quotations
from bot.voice.said import MIN_SENTENCE_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.context import Finding, PlanContext
    from bot.model import Campaign, Mark, Post
    from bot.model.share import ShareLanguage, SharePage, ShareWording


def pages(context: PlanContext) -> Iterator[tuple[Campaign, SharePage]]:
    """Return the campaigns that have a share page, each with its page."""
    return (
        (campaign, campaign.share) for campaign in context.campaigns if campaign.share is not None
    )


def _wordings(context: PlanContext) -> Iterator[ShareWording]:
    return (wording for _, page in pages(context) for wording in page.wordings)


def _texts(context: PlanContext) -> Iterator[tuple[str, str, ShareWording | SharePage, Mark]]:
    """Yield each wording and introduction with its language, its element and its place."""
    for wording in _wordings(context):
        yield wording.text, wording.language, wording, wording.mark
    for _, page in pages(context):
        for language in page.languages:
            for text, mark in introductions(language):
                yield text, language.language, page, mark


# --- What a wording says --------------------------------------------------------------------------


def invented_person(context: PlanContext) -> Iterator[Finding]:
    """Find texts that read as if one person spoke of their own life."""
    for text, language, element, mark in _texts(context):
        if words := speaks_as_person(text, language):
            message = f"{quote_value(words)} makes it the words of one person, whoever posts it."
            hint = "Say what the campaign says; supporters add themselves in their own words."
            yield context.finding(element, message, hint, mark)


_GAPS = "name|city|town|state|date|time|place|link|url|number"
_PLACEHOLDER = re.compile(
    rf"(?i:\[[^\[\]\n]{{0,20}}\b(?:your|insert|add|here|{_GAPS}"
    r"|(?:tu|su|ciudad|nombre|fecha|lugar|enlace)|(?:votre|ton|ta|nom|ville|lieu|lien)"
    r"|(?:dein|deine|ihr|ihre|stadt|ort|datum)|(?:seu|sua|cidade|nome)|(?:tuo|tua|citt[àa]|luogo)"
    r")\b[^\[\]\n]{0,20}\])"
    rf"|(?i:\((?:your (?:{_GAPS})|(?:tu|su) (?:ciudad|nombre)|(?:votre|ta|ton) (?:ville|nom)"
    r"|(?:deine|ihre?|dein) (?:stadt|name)|(?:sua|seu) (?:cidade|nome)|(?:tua|tuo) (?:città|nome)"
    rf")\))|\$(?i:{_GAPS})(?![^\W_])|%[A-Z][A-Z_]{{1,30}}%"
    r"|<[^\W\d_][\w '/-]{0,30}>|(?<!\{)\{[^\W\d_][\w .'-]{0,30}\}(?!\})|_{3,}|(?<!\S)\.{5,}"
    r"|\b(?:(?<!Bowl )[xX]{3,}|TK(?! Maxx)|TBD|TBA|TBC|FIXME|lorem ipsum)\b"
    r"|\byour (?:name|city|town) here\b|\b(?:TODO|todo)(?=:)"
    r"|(?i:\binsert (?:your )?\w{1,20} here\b)",
)


def unfilled_placeholder(context: PlanContext) -> Iterator[Finding]:
    """Find texts in which something is left to fill in."""
    for text, _, element, mark in _texts(context):
        if found := _PLACEHOLDER.search(outside_quotations(strip_entities(text))):
            message = f"{quote_value(found[0])} is left to fill in, and would be posted as it is."
            hint = "Fill it in, or leave it out: supporters change the text anyway."
            yield context.finding(element, message, hint, mark)


def typed_link(context: PlanContext) -> Iterator[Finding]:
    """Find wordings with a link in their text."""
    for wording in _wordings(context):
        if found := URL_PATTERN.search(wording.text):
            link = truncate(found[0], 60)
            message = f"{link} stands in the text, and the page adds its own link."
            hint = "Take it out: the page's link has the marks that count."
            yield context.finding(wording, message, hint)


def repeated_wording(context: PlanContext) -> Iterator[Finding]:
    """Find wordings that say the same as a post of ours or as another wording.

    All of them may ask what the demand asks, in its own words.
    """
    wordings = {
        id(post): (wording, post)
        for campaign, page in pages(context)
        for wording in page.wordings
        for post in [_without_ask(campaign, page, wording)]
    }
    if not wordings:
        return
    uses = [use._replace(account="", platform="") for use in context.uses]
    for number, (_, post) in enumerate(wordings.values(), len(uses) + 1):
        now, content = context.now, post.wordings[0].content
        uses.append(PostUse(now, number, now, f"{number}", "", post, content))
    found = sayings(uses, lambda _: find_as_x)
    same: dict[int, tuple[PostUse, str]] = {}
    for alike, one, other in one_voice(found):
        first, *others = sorted((*found[one].uses, *found[other].uses), key=attrgetter("number"))
        for key in {id(use.post) for use in others if use.post is not first.post} & wordings.keys():
            if key not in same or first.number < same[key][0].number:
                same[key] = first, f"{alike.verb}s {alike.what}"
    for key, (first, sameness) in same.items():
        post, mark = first.post, first.post.mark
        name = f"the post {post.campaign}/{post.id}"
        if id(post) in wordings:
            name = f"the wording {post.id}"
        message = f"It {sameness} as {name} ({mark.file}:{mark.line})."
        hint = "Say it in other words: unchanged, it would look like a copy of your account."
        if id(post) in wordings:
            hint = "Say it in other words, or leave one out: unchanged, they look like one voice."
        yield context.finding(wordings[key][0], message, hint)


def _without_ask(campaign: Campaign, page: SharePage, wording: ShareWording) -> Post:
    """Return a wording as a post, without the demand's own words if others are left."""
    asks = [
        language.demands[wording.demand].ask
        for language in page.languages
        if wording.demand in language.demands
    ]
    rest = wording.text
    for ask in asks:
        rest = rest.replace(ask, " ")
    long = len(normalized_words(rest)) >= MIN_SENTENCE_WORDS
    return wording_post(campaign, replace(wording, text=rest) if long else wording)


# --- What the page lacks --------------------------------------------------------------------------


def facts_on(page: SharePage, language: str | None = None) -> set[str]:
    """Return the facts beside the demands of the page, and those behind its wordings.

    With a language, only the wordings in that language count.
    """
    beside = {name for demand in page.languages[0].demands.values() for name in demand.facts}
    wordings = (wording for wording in page.wordings if language in (None, wording.language))
    return beside | {name for wording in wordings for name in wording.facts}


def missing_wordings(context: PlanContext) -> Iterator[Finding]:
    """Find demands without a wording, on the page in each of its languages."""
    for _, page in pages(context):
        own = page.languages[0]
        for language in page.languages:
            spoken = {
                wording.demand
                for wording in page.wordings
                if wording.language == language.language and wording.partner is None
            }
            missing = [name for name in own.demands if name not in spoken]
            if missing:
                spoken_in = ""
                hint = "Add one to wordings:, or supporters find nothing to start from."
                if language is not own:
                    spoken_in = f" in {language.language}"
                    hint = "Add one, or the page shows those in the campaign's own language."
                message = f"There is no wording{spoken_in} for {name_all(missing, 'the demand')}."
                yield context.finding(page, message, hint, language.mark)


def missing_translations(context: PlanContext) -> Iterator[Finding]:
    """Find texts of the page that are not translated, in each of the other languages."""
    for campaign, page in pages(context):
        for language in page.languages[1:]:
            if missing := list(_untranslated(campaign, page, language)):
                message = f"The page in {language.language} has no translation of "
                message += f"{join_words(missing)}."
                hint = f"Add them to {language.language}: of the page's languages."
                yield context.finding(page, message, hint, language.mark)


def _untranslated(campaign: Campaign, page: SharePage, language: ShareLanguage) -> Iterator[str]:
    own = page.languages[0]
    if language.title == own.title:
        yield "the title"
    if own.intro and not language.intro:
        yield "the intro"
    if demands := [name for name in campaign.demands if name not in language.demands]:
        yield name_all(demands, "the demand")
    shown = facts_on(page, language.language) - language.facts.keys()
    if facts := [name for name in campaign.facts if name in shown]:
        yield name_all(facts, "the fact")
    if own.pictures and not language.pictures:
        yield "the alt texts of its pictures"


def name_all(names: list[str], kind: str) -> str:
    """Return what things are, and their names."""
    return f"{kind}{'' if len(names) == 1 else 's'} {join_first(names, 8)}"


def wrong_translation(context: PlanContext) -> Iterator[Finding]:
    """Find figures in another language that are surely not the figures of their facts."""
    for campaign, page in pages(context):
        own = page.languages[0]
        for language in page.languages:
            for fact in language.facts.values() if language is not own else ():
                figure, translated = campaign.facts[fact.id].figure or "", fact.figure or ""
                if surely_differ(figure, own.language, translated, language.language):
                    message = f"{translated} is another figure than {figure}, that of the fact "
                    message += f"{fact.id}."
                    hint = "Correct it: a billion is mil millones in Spanish, and a Milliarde in "
                    hint += "German."
                    yield context.finding(page, message, hint, fact.mark)
            yield from _other_numbers(context, in_language(campaign, language), page, language)


def _other_numbers(
    context: PlanContext, campaign: Campaign, page: SharePage, language: ShareLanguage
) -> Iterator[Finding]:
    """Yield the wordings of a language that change the number in a fact's figure.

    Figures that are read in every language are compared as in posts.
    """
    for wording in page.wordings:
        names = {*wording.facts, *campaign.demands[wording.demand].facts}
        for name in sorted(names) if wording.language == language.language else ():
            fact = campaign.facts.get(name)
            found = other_number(wording.text, (fact and fact.figure) or "")
            if fact and found and not figures(found):
                template = f"{{{{ fact.{name.replace('-', '_')}.figure }}}}"
                message = f"{found} differs from the fact {name}: {fact.figure}."
                hint = f"Write {template}; if it is another figure, add a fact for it."
                yield context.finding(wording, message, hint)

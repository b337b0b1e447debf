"""The texts of a share page, in the form in which the rules about one post read them.

Each wording and each other text of the page is a post without an account. A text in another
language is judged by the facts and demands of that language.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from bot.campaigns.templates import REFERENCE_MARK
from bot.model import Content, Part, Post, Wording
from bot.schedules import At

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Campaign, Mark, Media
    from bot.model.share import ShareLanguage, SharePage, ShareWording


class ShareText(NamedTuple):
    """A text of a share page as a post."""

    campaign: Campaign
    """The campaign as it reads in the text's language."""
    post: Post
    fetches: bool
    """Whether templates are filled in, as they are in wordings only."""


_NEVER = At(datetime.max.replace(tzinfo=UTC), "UTC")


def share_texts(campaign: Campaign) -> Iterator[ShareText]:
    """Yield every text that people see or hear on the share page of a campaign."""
    page = campaign.share
    if page is None:
        return
    by_language = {
        language.language: in_language(campaign, language) for language in page.languages
    }
    for wording in page.wordings:
        yield ShareText(by_language[wording.language], wording_post(campaign, wording), True)
    for language in page.languages:
        for post in _page_texts(campaign, page, language):
            yield ShareText(by_language[language.language], post, False)


def in_language(campaign: Campaign, language: ShareLanguage) -> Campaign:
    """Return the campaign with the facts and demands as they read in a language of its page."""
    return replace(
        campaign,
        title=language.title,
        facts={**campaign.facts, **language.facts},
        demands={**campaign.demands, **language.demands},
    )


def wording_post(campaign: Campaign, wording: ShareWording) -> Post:
    """Return a wording as a post."""
    return Post(
        id=wording.id,
        campaign=campaign.id,
        accounts=(),
        when=_NEVER,
        wordings=(_wording(wording.text, wording.language, wording.mark, wording.literal_text),),
        demand=wording.demand,
        facts=wording.facts,
        statements=wording.statements,
        suppressions=wording.suppressions,
        mark=wording.mark,
    )


def _wording(
    text: str, language: str, mark: Mark, literal: str | None = None, *media: Media
) -> Wording:
    part = Part(text, media, mark=mark)
    literals = () if literal is None else (literal,)
    return Wording("", Content((part,), language=language), literal_texts=literals)


def _page_texts(campaign: Campaign, page: SharePage, language: ShareLanguage) -> Iterator[Post]:
    """Yield the texts of the page in a language besides its wordings."""
    own = language is page.languages[0]
    texts = [*language.words.values()]
    if own:
        texts += [page.organisation, page.link, page.address or ""]
        for partner in page.partners.values():
            texts += [partner.name, partner.link or "", partner.address or ""]
    texts_with_marks = [*introductions(language), *((text, language.mark) for text in texts)]
    for text, mark in dict(filter(itemgetter(0), texts_with_marks)).items():
        yield _page_post(campaign, page, _wording(text, language.language, mark))
    for media in (*language.pictures, *([page.card] if own and page.card else [])):
        yield _page_post(campaign, page, _wording("", language.language, media.mark, None, media))
    for demand in language.demands.values():
        text = f"{demand.ask}\n\n{demand.target}"
        wording = _wording(text, language.language, demand.mark)
        yield replace(_page_post(campaign, page, wording), demand=demand.id, facts=demand.facts)
    for fact in language.facts.values():
        text = "\n\n".join(filter(None, (fact.claim, fact.figure, fact.counts)))
        wording = _wording(text, language.language, fact.mark, REFERENCE_MARK)
        post = replace(_page_post(campaign, page, wording), facts=(fact.id,))
        yield replace(post, mark=fact.mark, suppressions=fact.suppressions) if own else post


def introductions(language: ShareLanguage) -> Iterator[tuple[str, Mark]]:
    """Yield the title, the intro and the subject of a page in a language, with their places."""
    for name in ("title", "intro", "subject"):
        if text := getattr(language, name):
            yield text, language.marks.get(name, language.mark)


def _page_post(campaign: Campaign, page: SharePage, wording: Wording) -> Post:
    return Post(
        id="share",
        campaign=campaign.id,
        accounts=(),
        when=_NEVER,
        wordings=(wording,),
        facts=tuple(campaign.facts),
        suppressions=page.suppressions,
        mark=page.mark,
    )

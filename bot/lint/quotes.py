"""Rules that compare the quotations in posts with the statements of the campaign."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.lint.style import whole_word
from bot.text import strip_hidden, truncate_line
from bot.voice.omissions import is_fair_excerpt, spans_in_order
from bot.voice.quotations import MIN_SPEECH_WORDS, quotations
from bot.voice.words import canonical_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.context import Finding, PostContext
    from bot.model import Content, Part
    from bot.voice.quotations import Quotation

MIN_RUN_WORDS = 6
"""Words in a row that do not match a statement by chance."""

_RESEMBLES = 0.6
"""Share of a title's words from which it is taken for the statement that has them."""
_HASH = re.compile(r"[#＃](?=\w)")
_WORD = re.compile(r"\w+(?:['’]\w+)*")


def _quotations(context: PostContext) -> Iterator[tuple[Part, Content, str]]:
    """Yield every quotation that people see or hear, with its part and content."""
    for content in (wording.content for wording in context.post.wordings):
        for part, quotation in (*_in_text(content), *_beside_text(content, context)):
            if quotation.is_certain or _resembles_statement(quotation.text, context):
                yield part, content, quotation.text


def _in_text(content: Content) -> Iterator[tuple[Part, Quotation]]:
    """Yield the quotations of a thread's text, each with the part in which it opens."""
    texts = [strip_hidden(_HASH.sub("", part.text)) for part in content.parts]
    starts = [*accumulate((len(text) + 2 for text in texts[:-1]), initial=0)]
    for quotation in quotations("\n\n".join(texts)):
        yield content.parts[bisect_right(starts, quotation.start) - 1], quotation


def _beside_text(content: Content, context: PostContext) -> Iterator[tuple[Part, Quotation]]:
    """Yield the quotations of warnings, poll options, link cards and alt texts."""
    for part in content.parts:
        texts = [content.warning] if content.warning and part is content.parts[0] else []
        texts += part.poll.options if part.poll else ()
        texts += part.card.texts if part.card else ()
        yield from ((part, quotation) for text in texts for quotation in quotations(text))
        for media in part.media:
            # Lettering in a picture stands in marks as well, and need not be speech.
            statements = context.campaign.statements.values()
            speech = any(_surname(one.speaker).search(media.alt) for one in statements)
            for quotation in quotations(media.alt):
                yield part, replace(quotation, is_certain=quotation.is_certain and speech)


@lru_cache(maxsize=256)
def _surname(speaker: str) -> re.Pattern[str]:
    return whole_word(speaker.rsplit(maxsplit=1)[-1], re.IGNORECASE)


def _resembles_statement(quotation: str, context: PostContext) -> bool:
    words = {*canonical_words(quotation)}
    return any(
        len(words & _canonical_set(statement.words)) >= _RESEMBLES * len(words)
        for statement in context.campaign.statements.values()
    )


@lru_cache(maxsize=1024)
def _canonical_set(text: str) -> frozenset[str]:
    return frozenset(canonical_words(text))


@lru_cache(maxsize=4)  # two rules need it, one after the other
def _unsourced(context: PostContext) -> list[tuple[Part, str]]:
    """Return every quotation without a source that has its words, with its part."""
    return [
        (part, quotation)
        for part, content, quotation in _quotations(context)
        if not _is_sourced(quotation, content, context)
    ]


def unsourced_quotation(context: PostContext, *, paraphrased: bool) -> Iterator[Finding]:
    """Find quotations that no statement has to the letter, either paraphrases or all others."""
    for part, quotation in _unsourced(context):
        words, shown = _spaced_words(quotation), truncate_line(quotation, 60)
        speakers = (
            statement.speaker
            for statement in context.campaign.statements.values()
            if not statement.exact and words in _spaced_words(statement.words)
        )
        speaker = next(speakers, None)
        if paraphrased and speaker is not None:
            message = f"“{shown}” is a paraphrase, and not the words of {speaker}."
            hint = "Remove the quotation marks, or quote the exact words."
            yield context.finding(message, hint, part)
        elif not paraphrased and speaker is None:
            yield context.finding(*_why_unsourced(quotation, shown, context), part)


def _why_unsourced(quotation: str, shown: str, context: PostContext) -> tuple[str, str]:
    for statement in context.campaign.statements.values():
        if statement.exact and spans_in_order(quotation, statement.words):
            message = f"“{shown}” leaves out words that change what {statement.speaker} said."
            hint = "Quote the whole sentence; or, if it is fair, add it to the statement's "
            return message, f"{hint}excerpts:."
    message = f"“{shown}” is not word for word in any statement."
    hint = "Add it under statements: with quote:, correct the words, or remove the marks."
    return message, hint


def unnamed_speaker(context: PostContext) -> Iterator[Finding]:
    """Find a statement's words in a post that does not name the speaker or the statement."""
    for wording in context.post.wordings if context.campaign.statements else ():
        text = wording.content.text
        for statement in context.campaign.statements.values():
            name = _surname(statement.speaker)
            if statement.id in context.post.statements or name.search(text):
                continue
            runs, length = _runs(statement.words)
            for part in wording.content.parts:
                words = _plain_words(part.text)
                starts = range(len(words) - length + 1)
                if any(tuple(words[start : start + length]) in runs for start in starts):
                    message = f"These are words of {statement.speaker}, who is not named."
                    template = f"{{{{ statement.{statement.id.replace('-', '_')}.speaker }}}}"
                    yield context.finding(message, f"Name who said it, as {template}.", part)
                    break


def _is_sourced(quotation: str, content: Content, context: PostContext) -> bool:
    """Return whether a statement, a fact of the post or the campaign's header has these words."""
    campaign = context.campaign
    sources = [campaign.facts[name].claim for name in context.post.facts if name in campaign.facts]
    sources += [campaign.title, *(demand.ask for demand in campaign.demands.values())]
    sources += [event.name for event in campaign.events.values()]
    statements = (statement for statement in campaign.statements.values() if statement.exact)
    return any(is_fair_excerpt(quotation, source, content.language) for source in sources) or any(
        is_fair_excerpt(quotation, statement.words, content.language, statement.excerpts)
        for statement in statements
    )


@lru_cache(maxsize=4096)  # each quotation is compared with every statement and fact
def _spaced_words(text: str) -> str:
    return f" {' '.join(_plain_words(text))} "


def _plain_words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


@lru_cache(maxsize=256)
def _runs(text: str) -> tuple[frozenset[tuple[str, ...]], int]:
    """Return every run of ``MIN_RUN_WORDS`` words of a statement, and the length of the runs.

    The runs of a statement with fewer words are shorter.
    """
    words = _plain_words(text)
    length = min(MIN_RUN_WORDS, max(len(words), MIN_SPEECH_WORDS + 1))
    return frozenset(tuple(words[i : i + length]) for i in range(len(words) - length + 1)), length

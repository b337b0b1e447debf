"""Rules that compare the figures in posts with the facts of the campaign."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from bot.campaigns.templates import FIGURE_MARK
from bot.text import quote_value, strip_hidden
from bot.voice.altered import altered, disguised, plain_digits
from bot.voice.amounts import AT_LEAST, AT_MOST, CONTEXT, NUMBER, all_numbers, figures
from bot.voice.stated import counts_the_same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.context import Finding, PostContext
    from bot.model import Fact, Media, Part
    from bot.voice.amounts import Figure

_SAME_MAGNITUDE = 10
"""Figures of one unit that differ by more than this factor count different things."""

FigureVerdict: TypeAlias = Literal["differs", "retyped", "unknown", "altered"]


def judged_figures(verdict: FigureVerdict, context: PostContext) -> Iterator[Finding]:
    """Find figures that differ from a fact, retype the figure of a fact, or have no fact."""
    for found, fact, figure, part, media in _judge_figures(context):
        if found != verdict:
            continue
        if fact is None:
            message = f"{figure.text} is in no fact of the campaign."
            hint = "Add a fact with its source, and fetch the figure from it."
        else:
            template = f"{{{{ fact.{fact.id.replace('-', '_')}.figure }}}}"
            message = f"{figure.text} is typed by hand, but the fact {fact.id} has this figure."
            hint = f"Write {template}, which follows the fact."
            if verdict == "differs":
                message = f"{figure.text} differs from the fact {fact.id}: {fact.figure}."
                written = template if context.fetches else fact.figure
                hint = f"Write {written}; if it is another figure, add a fact for it."
        yield context.finding(message, hint, part, media)


@lru_cache(maxsize=4)  # three rules need it, one after the other
def _judge_figures(
    context: PostContext,
) -> list[tuple[FigureVerdict, Fact | None, Figure, Part, Media | None]]:
    found = []
    for part, text, media, is_text in _texts(context):
        for figure in figures(context.words(text)):
            verdict = _judge(figure, context)
            if figure.loose and verdict and verdict[0] == "unknown":
                continue
            if verdict and verdict[0] == "retyped" and _is_altered(figure, verdict[1]):
                verdict = "altered", verdict[1]
            # Templates are filled in only in the text. Other texts may repeat a fact's figure.
            if verdict and ((is_text and context.fetches) or verdict[0] != "retyped"):
                found.append((*verdict, figure, part, media))
    return found


def _is_altered(figure: Figure, fact: Fact | None) -> bool:
    """Return whether a text beside the figure of a fact changes it, and is not in the fact too.

    A scale of another language is read as such a text, as in 6000 millones.
    """
    beside = {sourced.altered for sourced in all_numbers((fact and fact.figure) or "")}
    return bool(figure.altered) and figure.altered not in beside


def _texts(context: PostContext) -> Iterator[tuple[Part, str, Media | None, bool]]:
    """Yield every text that people see or hear, with plain digits, with its part and its media.

    The last value is whether it is the part's own text, in which marks stand for fetched values.
    """
    for part, typed, wording in context.literal_texts:
        yield part, plain_digits(strip_hidden(typed)), None, True
        warning = wording.content.warning if part is wording.content.parts[0] else None
        beside = [(media.alt, media) for media in part.media]
        texts = [warning or "", *(part.poll.options if part.poll else ())]
        texts += part.card.texts if part.card else ()
        for text, media in [*beside, *((text, None) for text in texts)]:
            yield part, plain_digits(strip_hidden(text)), media, False


def _beside_fetched(context: PostContext) -> Iterator[tuple[Part, str, str]]:
    """Yield the text before and after each figure that is fetched from a fact, with its part."""
    for part, typed, _ in context.literal_texts:
        text = plain_digits(strip_hidden(typed))
        for match in re.finditer(FIGURE_MARK, text):
            yield part, text[: match.start()][-CONTEXT:], text[match.end() :][: 2 * CONTEXT]


def altered_figures(context: PostContext) -> Iterator[Finding]:
    """Find text right beside the figure of a fact that makes another figure of it."""
    hint = "Put the whole figure, with its unit and scale, into the fact; keep spaces around it."
    for part, before, after in _beside_fetched(context):
        if beside := altered(before, after):
            message = f"{quote_value(beside)} right beside the figure of a fact changes it."
            yield context.finding(message, hint, part)
    for verdict, fact, figure, part, media in _judge_figures(context):
        if verdict == "altered" and fact:
            message = f"{quote_value(figure.altered)} right beside {figure.text} changes the "
            message += f"figure of the fact {fact.id}."
            yield context.finding(message, hint, part, media)
    for part, text in context.visible_texts:
        for shown in _disguised_figures(strip_hidden(text)):
            message = f"{quote_value(shown)} has signs that only look like digits."
            yield context.finding(message, "Type the digits.", part)


def _disguised_figures(text: str) -> Iterator[str]:
    plain = plain_digits(text)
    for match in NUMBER.finditer(plain) if plain != text else ():
        first, last = match.span("number")
        if disguised(text[first:last], plain[first:last]):
            yield text[match.start() : match.end()].strip()


def qualified_figures(context: PostContext) -> Iterator[Finding]:
    """Find "over" or "under" before a fetched figure, if the claim of its fact does not say so."""
    claims = [
        f"{fact.claim} {fact.figure or ''} "
        for name in context.post.facts
        if (fact := context.campaign.facts.get(name))
    ]
    for part, before, _ in _beside_fetched(context):
        for direction in (AT_LEAST, AT_MOST):
            said = direction.search(before)
            if said and not any(_says(claim, direction) for claim in claims):
                word = quote_value(said[0].strip())
                message = f"{word} before the figure of a fact is not in its claim."
                hint = "Leave it out, or put it into the fact if the source says it too."
                yield context.finding(message, hint, part)


def _says(claim: str, direction: re.Pattern[str]) -> bool:
    return any(
        direction.search(claim[: match.start()]) for match in re.finditer(r"[$€£¥]?\d", claim)
    )


def _judge(figure: Figure, context: PostContext) -> tuple[FigureVerdict, Fact | None] | None:
    """Return the verdict on a figure and the fact it concerns, or None if the figure is fine."""
    campaign, post = context.campaign, context.post
    demand = campaign.demands.get(post.demand or "")
    names = dict.fromkeys((*post.facts, *(demand.facts if demand else ())))
    post_facts = [campaign.facts[name] for name in names if name in campaign.facts]
    if figure.year and not any(counts_the_same(figure, fact) for fact in post_facts):
        return None
    for fact in (*post_facts, *campaign.facts.values()):
        for sourced in all_numbers(fact.figure or ""):
            if figure.same_amount(sourced):
                opposed = figure.bound * sourced.bound < 0
                return ("differs" if opposed else "retyped"), fact
    texts = [statement.words for statement in campaign.statements.values()]
    texts += [fact.claim for fact in post_facts]
    if any(figure.same_amount(number) for text in texts for number in all_numbers(text)):
        return None
    for fact in post_facts:
        for sourced in all_numbers(fact.figure or ""):
            # A figure of similar size that counts the same is meant to be the fact's.
            if figure.unit == sourced.unit and sourced.value and figure.value:
                alike = 1 / _SAME_MAGNITUDE <= figure.value / sourced.value <= _SAME_MAGNITUDE
                if alike and (figure.unit or counts_the_same(figure, fact)):
                    return "differs", fact
    return "unknown", None

"""Figures in posts, compared with the facts of the campaign: none may drift from its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from bot.lint.figures import Figure, all_numbers, figures
from bot.lint.rule import Finding
from bot.planning.occurrences import review_deadline
from bot.schedules import NextSlot
from bot.text.shorten import join_first
from bot.text.words import strip_entities

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.lint.rule import PlanContext, PostContext
    from bot.model import Fact, Mark, Post

_SAME_MAGNITUDE = 10
"""Figures of one unit that are not even of one order of magnitude are about different things."""

_LOOK_AHEAD = timedelta(days=366)
"""A recurrence without a time within this has none to come."""

FigureVerdict: TypeAlias = Literal["differs", "retyped", "unknown"]


@dataclass(frozen=True, slots=True)
class _JudgedFigure:
    verdict: FigureVerdict
    figure: Figure
    fact: Fact | None
    mark: Mark


def wrong_figure(context: PostContext) -> Iterator[Finding]:
    """Find figures that differ from the post's facts."""
    for judged in _with_verdict(context, "differs"):
        fact = judged.fact
        assert fact is not None
        message = f"{judged.figure.text} is not what the fact {fact.id} says: {fact.figure}."
        hint = f"Write {_figure_template(fact)}; if it is another figure, add a fact for it."
        yield context.finding(judged.mark, message, hint)


def retyped_figure(context: PostContext) -> Iterator[Finding]:
    """Find figures that are typed by hand although a fact has them."""
    for judged in _with_verdict(context, "retyped"):
        assert judged.fact is not None
        message = f"{judged.figure.text} is typed by hand; the fact {judged.fact.id} holds it."
        hint = f"Write {_figure_template(judged.fact)}: so it cannot drift."
        yield context.finding(judged.mark, message, hint)


def unsourced_figure(context: PostContext) -> Iterator[Finding]:
    """Find figures that no fact of the campaign supports."""
    for judged in _with_verdict(context, "unknown"):
        message = f"No fact of the campaign carries {judged.figure.text}."
        hint = "Add a fact with its source, and fetch the figure from it."
        yield context.finding(judged.mark, message, hint)


def overdue_review(context: PlanContext) -> Iterator[Finding]:
    """Find facts whose review is overdue, with the posts that they hold back."""
    for campaign in context.campaigns:
        overdue = {
            fact.id: fact
            for fact in campaign.facts.values()
            if fact.review_by and review_deadline(campaign, fact.review_by) <= context.now
        }
        held_back: dict[str, list[str]] = {}
        for post in campaign.posts if overdue else ():
            for name in post.facts:
                if name in overdue and _is_upcoming(post, context.now):
                    posts = held_back.setdefault(name, [])
                    posts += [post.id] * (post.id not in posts)
        for name, posts in held_back.items():
            fact = overdue[name]
            message = f"The fact {name} was to be reviewed by {fact.review_by}"
            message += f"; it holds back {join_first(posts)}."
            hint = "Look whether it still holds, then give it a new as_of: and review_by:."
            yield Finding(message, hint, fact.mark, fact.mark)


def _is_upcoming(post: Post, now: datetime) -> bool:
    if isinstance(post.when, NextSlot):
        return True
    return next(post.when.occurrences(now, now + _LOOK_AHEAD), None) is not None


def _figure_template(fact: Fact) -> str:
    return f"{{{{ fact.{fact.id.replace('-', '_')}.figure }}}}"


# --- Judging a figure -----------------------------------------------------------------------------


def _with_verdict(context: PostContext, verdict: FigureVerdict) -> Iterator[_JudgedFigure]:
    return (judged for judged in _judge_figures(context) if judged.verdict == verdict)


@lru_cache(maxsize=4)  # three rules need it, one after the other
def _judge_figures(context: PostContext) -> tuple[_JudgedFigure, ...]:
    found: list[_JudgedFigure] = []
    for part, typed, _ in context.literal_texts:
        for figure in figures(strip_entities(typed)):
            verdict = _judge(figure, context)
            found += [_JudgedFigure(*verdict, context.mark_of(part))] if verdict else []
        for media in part.media:  # an alt text has no templates: it may repeat what a fact says
            for figure in figures(strip_entities(media.alt)):
                verdict = _judge(figure, context)
                if verdict and verdict[0] != "retyped":
                    found.append(_JudgedFigure(*verdict, context.mark_of(part, media)))
    return tuple(dict.fromkeys(found))


def _judge(
    figure: Figure, context: PostContext
) -> tuple[FigureVerdict, Figure, Fact | None] | None:
    """Judge one figure; None where there is nothing to report."""
    campaign = context.campaign
    post_facts = _facts_behind(context)
    if figure.year and not any(_counts_the_same(figure, fact) for fact in post_facts):
        return None
    for fact in (*post_facts, *campaign.facts.values()):
        for sourced in _figures_of(fact):
            if figure.same_amount(sourced):
                opposed = figure.bound * sourced.bound < 0
                return ("differs" if opposed else "retyped"), figure, fact
    texts = [statement.words for statement in campaign.statements.values()]
    texts += [fact.claim for fact in post_facts]
    if any(figure.same_amount(number) for text in texts for number in all_numbers(text)):
        return None
    for fact in post_facts:
        if any(_has_drifted(figure, sourced, fact) for sourced in _figures_of(fact)):
            return "differs", figure, fact
    return "unknown", figure, None


def _facts_behind(context: PostContext) -> list[Fact]:
    """Return the facts that the post names or uses, and those of its demand."""
    campaign, post = context.campaign, context.post
    demand = campaign.demands.get(post.demand or "")
    names = dict.fromkeys((*post.facts, *(demand.facts if demand else ())))
    return [campaign.facts[name] for name in names if name in campaign.facts]


def _figures_of(fact: Fact) -> tuple[Figure, ...]:
    return all_numbers(fact.figure) if fact.figure else ()


def _has_drifted(figure: Figure, sourced: Figure, fact: Fact) -> bool:
    """Return whether a figure must be meant to be the fact's: of its size, and of the same."""
    if figure.unit != sourced.unit or not sourced.value or not figure.value:
        return False
    alike = 1 / _SAME_MAGNITUDE <= figure.value / sourced.value <= _SAME_MAGNITUDE
    return alike and (figure.unit != "" or _counts_the_same(figure, fact))


def _counts_the_same(figure: Figure, fact: Fact) -> bool:
    """Return whether the words after a bare number are in the fact: 3,000 partnerships."""
    words = f"{fact.claim} {fact.figure or ''}".lower()
    return any(noun[:6] in words for noun in figure.nouns)

"""Figures in posts held against the facts of the campaign: none may drift from its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from bot.facts import due_for_review
from bot.lint.figures import Figure, every_number, figures
from bot.lint.rule import Finding
from bot.schedules import NextSlot
from bot.text.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.lint.rule import Sight, Whole
    from bot.model import Campaign, Fact, Mark, Post

_NEAR = 10
"""Two figures of one unit that are not even of one order of magnitude are about two things."""

Verdict: TypeAlias = Literal["differs", "retyped", "unknown"]


@dataclass(frozen=True, slots=True)
class _Judged:
    verdict: Verdict
    figure: Figure
    fact: Fact | None
    mark: Mark


def differs(sight: Sight) -> Iterator[Finding]:
    """Find figures that are not what the post's facts say."""
    for one in _of_kind(sight, "differs"):
        assert one.fact is not None
        message = f"{one.figure.text} is not what the fact {one.fact.id} says: {one.fact.figure}."
        hint = f"Write {_fetch(one.fact)}; if it is another figure, add a fact for it."
        yield sight.on(one.mark, message, hint)


def retyped(sight: Sight) -> Iterator[Finding]:
    """Find figures that are typed by hand though a fact holds them."""
    for one in _of_kind(sight, "retyped"):
        assert one.fact is not None
        message = f"{one.figure.text} is typed by hand; the fact {one.fact.id} holds it."
        yield sight.on(one.mark, message, f"Write {_fetch(one.fact)}: so it cannot drift.")


def unknown(sight: Sight) -> Iterator[Finding]:
    """Find figures that no fact of the campaign carries."""
    for one in _of_kind(sight, "unknown"):
        message = f"No fact of the campaign carries {one.figure.text}."
        yield sight.on(
            one.mark, message, "Add a fact with its source, and fetch the figure from it."
        )


def unreviewed(whole: Whole) -> Iterator[Finding]:
    """Find facts whose day of review has passed, with the posts that they hold back."""
    for campaign in whole.campaigns:
        over = {
            fact.id: fact
            for fact in campaign.facts.values()
            if fact.review_by and due_for_review(campaign, fact.review_by) <= whole.now
        }
        for name, posts in _held(campaign, over, whole).items():
            fact = over[name]
            message = f"The fact {name} was to be reviewed by {fact.review_by}"
            message += f"; it holds back {listed(posts)}."
            hint = "Look whether it still holds, then give it a new as_of: and review_by:."
            yield Finding(message, hint, fact.mark, fact.mark)


def _held(campaign: Campaign, over: dict[str, Fact], whole: Whole) -> dict[str, list[str]]:
    """Give the posts to come that stand on each of these facts."""
    held: dict[str, list[str]] = {}
    for post in campaign.posts if over else ():
        for name in post.facts:
            if name in over and _comes(post, whole.now) and post.id not in held.get(name, []):
                held.setdefault(name, []).append(post.id)
    return held


_LATER = timedelta(days=366)


def _comes(post: Post, now: datetime) -> bool:
    if isinstance(post.when, NextSlot):
        return True
    return next(post.when.occurrences(now, now + _LATER), None) is not None


def _fetch(fact: Fact) -> str:
    return f"{{{{ fact.{fact.id.replace('-', '_')}.figure }}}}"


def _of_kind(sight: Sight, verdict: Verdict) -> Iterator[_Judged]:
    return (one for one in _judged(sight) if one.verdict == verdict)


@lru_cache(maxsize=4)  # three rules ask, one after the other
def _judged(sight: Sight) -> tuple[_Judged, ...]:
    found: list[_Judged] = []
    for part, typed, _ in sight.typed:
        mark = part.mark if part.mark.line else sight.post.mark
        for figure in figures(plain(typed)):
            verdict = _verdict(figure, sight)
            found += [_Judged(*verdict, mark)] if verdict else []
        for media in part.media:  # an alt text cannot fetch: it may say what a fact says
            for figure in figures(plain(media.alt)):
                verdict = _verdict(figure, sight)
                if verdict and verdict[0] != "retyped":
                    found.append(_Judged(*verdict, media.mark if media.mark.line else mark))
    return tuple(dict.fromkeys(found))


def _verdict(figure: Figure, sight: Sight) -> tuple[Verdict, Figure, Fact | None] | None:
    """Judge one figure; None where there is nothing to say."""
    campaign = sight.campaign
    stood_on = _stood_on(sight)
    if figure.year and not any(_counts_the_same(figure, fact) for fact in stood_on):
        return None
    for fact in (*stood_on, *campaign.facts.values()):
        for held in _figures_of(fact):
            if figure.same(held):
                opposed = figure.bound * held.bound < 0
                return ("differs" if opposed else "retyped"), figure, fact
    carried = (
        *(one.words for one in campaign.statements.values()),
        *(fact.claim for fact in stood_on),
    )
    if any(figure.same(held) for words in carried for held in every_number(words)):
        return None
    for fact in stood_on:
        if any(_drifted(figure, held, fact) for held in _figures_of(fact)):
            return "differs", figure, fact
    return "unknown", figure, None


def _stood_on(sight: Sight) -> list[Fact]:
    """Give the facts that the post names or fetches, and those of its demand."""
    campaign, post = sight.campaign, sight.post
    demand = campaign.demands.get(post.demand or "")
    names = dict.fromkeys((*post.facts, *(demand.facts if demand else ())))
    return [campaign.facts[name] for name in names if name in campaign.facts]


def _figures_of(fact: Fact) -> tuple[Figure, ...]:
    return every_number(fact.figure) if fact.figure else ()


def _drifted(figure: Figure, held: Figure, fact: Fact) -> bool:
    """Say whether a figure must be meant to be the one held: as much, of the same."""
    if figure.unit != held.unit or not held.value or not figure.value:
        return False
    alike = 1 / _NEAR <= figure.value / held.value <= _NEAR
    return alike and (figure.unit != "" or _counts_the_same(figure, fact))


def _counts_the_same(figure: Figure, fact: Fact) -> bool:
    """Say whether the words after a bare number are in the fact: 3,000 partnerships."""
    said = f"{fact.claim} {fact.figure or ''}".lower()
    return any(noun[:6] in said for noun in figure.nouns)

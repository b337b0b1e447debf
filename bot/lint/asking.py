"""Asking every rule, and taking away what is allowed: from campaigns to problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.lint import allowing
from bot.lint.rule import Sight, Whole
from bot.lint.rules import POST_RULES, RULES, WHOLE_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.lint.rule import Finding, Price
    from bot.model import Account, Allowance, Campaign, Mark, Post

OWN = frozenset(rule.code for rule in RULES)


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong with the posts of a file, and the marks of the allowances that were used."""

    problems: tuple[Problem, ...]
    used: frozenset[Mark]


@dataclass(frozen=True)
class Asking:
    """What the rules are asked with.

    ``others`` gives what the platforms find in a post. ``fixed`` are codes that nobody can allow;
    ``advice`` those of other rooms that can be. ``errors_only`` asks no rule that only warns.
    """

    accounts: Mapping[str, Account]
    price: Price
    others: Callable[[Post], Iterable[Finding]]
    fixed: frozenset[str]
    advice: frozenset[str]
    errors_only: bool = False

    @property
    def _known(self) -> frozenset[str]:
        return OWN | self.fixed | self.advice

    def of_posts(self, posts: Iterable[Post], campaigns: Mapping[str, Campaign]) -> Found:
        """Ask about posts one by one: the findings depend on them and on their campaign alone."""
        rules = [rule for rule in POST_RULES if not self.errors_only or rule.level == "error"]
        problems: list[Problem] = []
        used: set[Mark] = set()
        for post in posts:
            found = [*self.others(post)]
            campaign = campaigns.get(post.campaign)
            if campaign:
                sight = Sight(campaign, post, self.accounts, self.price)
                found += [one for rule in rules for one in rule(sight)]
            mine = allowing.of_post(post)
            if mine:
                found += allowing.flaws(mine, self._known, self.fixed, OWN)
            if found:
                every = {**(allowing.of_header(campaign) if campaign else {}), **mine}
                sifted = allowing.sift(found, every, self.fixed)
                used |= sifted.used
                problems += map(_problem, sifted.left)
        return Found(tuple(dict.fromkeys(problems)), frozenset(used))

    def together(
        self, campaigns: Sequence[Campaign], now: datetime, used: Iterable[Mark]
    ) -> Iterator[Problem]:
        """Ask about all posts together; ``used`` are the allowances that were used before."""
        whole = Whole(campaigns, self.accounts, now)
        found = [one for rule in WHOLE_RULES for one in rule(whole)]
        headers, posts = _allowed(campaigns)
        sifted = allowing.sift(found, {**headers, **posts}, self.fixed)
        yield from map(_problem, sifted.left)
        yield from map(_problem, allowing.flaws(headers, self._known, self.fixed, OWN))
        spent = sifted.used.union(used)
        every = {**headers, **posts}
        yield from map(_problem, allowing.unused(every, spent, self._known, self.fixed))


_Allowed = dict["Mark", tuple["Allowance", ...]]


def _allowed(campaigns: Iterable[Campaign]) -> tuple[_Allowed, _Allowed]:
    headers: _Allowed = {}
    posts: _Allowed = {}
    for campaign in campaigns:
        headers |= allowing.of_header(campaign)
        posts |= {post.mark: post.allowed for post in campaign.posts if post.allowed}
    return headers, posts


def _problem(one: Finding) -> Problem:
    mark = one.mark
    return Problem(
        mark.file, mark.line, mark.column, one.code, one.message, one.hint, level=one.level
    )

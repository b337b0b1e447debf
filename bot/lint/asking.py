"""Asking every rule, and taking away what is allowed: from campaigns to problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bot.errors import Allowed, Problem
from bot.lint import allowing
from bot.lint.rule import Rule, Sight, Whole, next_due
from bot.lint.rules import POST_RULES, RULES, WHOLE_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.lint.rule import Finding, Price
    from bot.model import Account, Allowance, Campaign, Mark, Part, Post

_Rule = TypeVar("_Rule", bound=Rule)

OWN = frozenset(rule.code for rule in RULES)
NOT_LIFTABLE = frozenset(rule.code for rule in RULES if not rule.liftable)


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong with posts, what of it is allowed, and the marks of what was used for that."""

    problems: tuple[Problem, ...]
    allowed: tuple[Allowed, ...]
    used: frozenset[Mark]


@dataclass(frozen=True)
class Asking:
    """What the rules are asked with.

    ``price`` gives the dollars that a part costs from an account on a day, ``others`` what the
    platforms find in a post. ``fixed`` are codes that nobody can allow;
    ``advice`` those of other rooms that can be. ``errors_only`` asks no rule that only warns.
    """

    accounts: Mapping[str, Account]
    price: Callable[[Part, Account, datetime], Decimal]
    others: Callable[[Post], Iterable[Finding]]
    fixed: frozenset[str]
    advice: frozenset[str]
    errors_only: bool = False

    @property
    def _known(self) -> frozenset[str]:
        return OWN | self.fixed | self.advice

    @property
    def _fixed(self) -> frozenset[str]:
        return NOT_LIFTABLE | self.fixed

    def of_posts(
        self, posts: Iterable[Post], campaigns: Mapping[str, Campaign], now: datetime
    ) -> Found:
        """Ask about posts one by one: the findings depend on them and on their campaign alone.

        What a post costs, and nothing else, depends on the day on which it is due next.
        """
        rules = self._asked(POST_RULES)
        known, fixed = self._known, self._fixed
        problems: list[Problem] = []
        lifted: list[tuple[Finding, Allowance]] = []
        used: set[Mark] = set()
        for post in posts:
            found = [*self.others(post)]
            campaign = campaigns.get(post.campaign)
            if campaign:
                sight = Sight(campaign, post, self.accounts, self._priced(post, now))
                found += [one for rule in rules for one in rule(sight)]
            mine = allowing.of_post(post)
            if mine:
                found += allowing.flaws(mine, known, fixed, OWN)
            if found:
                every = {**(allowing.of_header(campaign) if campaign else {}), **mine}
                sifted = allowing.sift(found, every, fixed)
                used |= sifted.used
                lifted += sifted.lifted
                problems += map(_problem, sifted.left)
        return _found(problems, lifted, used)

    def _priced(self, post: Post, now: datetime) -> Price:
        return lambda part, account: self.price(part, account, next_due(post, now))

    def together(self, campaigns: Sequence[Campaign], now: datetime, used: Iterable[Mark]) -> Found:
        """Ask about all posts together; ``used`` are the allowances that were used before."""
        known, fixed = self._known, self._fixed
        whole = Whole(campaigns, self.accounts, now)
        found = [one for rule in self._asked(WHOLE_RULES) for one in rule(whole)]
        headers, posts = _allowed(campaigns)
        every = {**headers, **posts}
        sifted = allowing.sift(found, every, fixed)
        spent = sifted.used.union(used)
        flaws = allowing.flaws(headers, known, fixed, OWN)
        left = (*sifted.left, *flaws, *allowing.unused(every, spent, known, fixed))
        return _found(map(_problem, left), sifted.lifted, spent)

    def _asked(self, rules: Iterable[_Rule]) -> list[_Rule]:
        return [rule for rule in rules if not self.errors_only or rule.level == "error"]


def _found(
    problems: Iterable[Problem],
    lifted: Iterable[tuple[Finding, Allowance]],
    used: Iterable[Mark],
) -> Found:
    allowed = (Allowed(_problem(finding), by.reason) for finding, by in lifted)
    return Found(tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(allowed)), frozenset(used))


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

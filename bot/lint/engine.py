"""Applies the rules to posts and plans, and the comments that allow a finding."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from bot.errors import Problem
from bot.lint.context import RECURRENCE_REACH, PlanContext, PostContext
from bot.lint.rules import PLAN_RULES, POST_RULES, RULES
from bot.text import quote_value
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.lint.context import Finding, Level, Rule
    from bot.lint.share_texts import ShareText
    from bot.model import Account, Campaign, Fact, Mark, Part, Post, Statement, Suppression
    from bot.model.share import LinkMarks, SharePage, ShareWording
    from bot.text import TextRules

    _Element = Campaign | Fact | LinkMarks | Statement | Post | SharePage | ShareWording
    """Something beside which a suppression can stand."""

    SuppressionsByMark = Mapping[Mark, tuple[Suppression, ...]]
    """The suppressions beside each of these elements, by its mark."""

    LintResult = tuple[list[Problem], list[tuple[Problem, str]], set[Mark]]
    """The problems, the allowed problems with their reasons, the marks of the suppressions used."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_Context = TypeVar("_Context", "PostContext", "PlanContext")


@dataclass(frozen=True)
class Linter:
    """Applies the rules."""

    accounts: Mapping[str, Account]
    """The accounts of the config by name."""
    price: Callable[[datetime, Part, Account], Decimal]
    """Returns the dollars that a part costs an account on a day."""
    suppressible: Mapping[str, bool]
    """Every code, and whether a comment can allow it."""
    platforms: Mapping[str, TextRules]
    """How each platform reads a text, by the platform's name."""
    errors_only: bool = False
    """Whether to skip the rules that only warn."""

    def check_posts(
        self,
        posts: Sequence[Post],
        campaigns: Mapping[str, Campaign],
        now: datetime,
        others: Iterable[Finding],
        shared: Sequence[ShareText] = (),
    ) -> LintResult:
        """Check posts one by one, and the texts of a share page in the same way.

        The findings depend on each post and its campaign alone, except that its price depends on
        the day on which it is due next. ``others`` are findings of other packages. Comments may
        allow these as well.
        """
        findings = [*others]
        triples = ((campaigns.get(post.campaign), post, True) for post in posts)
        for campaign, post, fetches in (*triples, *shared):
            if campaign:
                price = partial(self.price, _next_due(post, now))
                context = PostContext(campaign, post, self.accounts, price, self.platforms, fetches)
                findings += self._apply(POST_RULES, context)
        every = [*posts, *(text.post for text in shared)]
        beside_posts = _suppressions_of(every)
        named = campaigns.keys() & {post.campaign for post in every}
        suppressions = _header_suppressions(campaigns[name] for name in named) | beside_posts
        problems, allowed, used = self._filter(findings, suppressions)
        return [*problems, *self._flaws(beside_posts)], allowed, used

    def check_plan(
        self,
        campaigns: Sequence[Campaign],
        now: datetime,
        used: Iterable[Mark],
        *,
        is_complete: bool,
    ) -> tuple[list[Problem], list[tuple[Problem, str]]]:
        """Check all posts together; ``used`` marks the suppressions that ``check_posts`` used.

        ``is_complete`` is whether the files have no mistakes, which would leave something out.
        """
        context = PlanContext(campaigns, self.accounts, now, self.platforms, is_complete)
        suppressions = _header_suppressions(campaigns) | _suppressions_of(context.posts)
        findings = self._apply(PLAN_RULES, context)
        problems, allowed, used_now = self._filter(findings, suppressions)
        return [*problems, *self._flaws(suppressions, used_now.union(used))], allowed

    def _apply(self, rules: Iterable[Rule[_Context]], context: _Context) -> Iterator[Finding]:
        for rule in rules:
            if not self.errors_only or rule.level == "error":
                for finding in rule.check(context):
                    yield replace(finding, code=rule.code, level=rule.level)

    def _filter(self, findings: Iterable[Finding], suppressions: SuppressionsByMark) -> LintResult:
        """Separate the findings that a comment allows from the others."""
        problems: list[Problem] = []
        allowed: list[tuple[Problem, str]] = []
        used: set[Mark] = set()
        for found in findings:
            problem = Problem(*found.mark, found.code, found.message, found.hint, found.level)
            matching = [
                suppression
                for suppression in suppressions.get(found.element, ())
                if suppression.code == found.code and _WORD.search(suppression.reason)
            ]
            if matching and self.suppressible.get(found.code):
                allowed.append((problem, matching[0].reason))
                used.update(suppression.mark for suppression in matching)
            else:
                problems.append(problem)
        return problems, allowed, used

    def _flaws(
        self, suppressions: SuppressionsByMark, used: Container[Mark] | None = None
    ) -> Iterator[Problem]:
        """Yield the mistakes in suppressions; with ``used``, also each that suppresses nothing."""
        for suppression in chain.from_iterable(suppressions.values()):
            code = suppression.code
            level: Level = "error"
            if code not in self.suppressible:
                flaw, message = "L891", f"{quote_value(code)} is not the code of a rule."
                if not code:
                    message = "The comment does not name the rule that may be broken here."
                hint = did_you_mean(code.upper(), (rule.code for rule in RULES))
            elif not self.suppressible[code]:
                flaw, message = "L893", f"{code} cannot be allowed."
                hint = f"Remove the comment, and correct what {code} reports."
            elif not _WORD.search(suppression.reason):
                flaw, message = "L890", f"{code} is allowed without a reason."
                hint = f"Write it after the code: # groundswell: allow {code} because …"
            elif used is not None and suppression.mark not in used:
                flaw, message = "L892", f"Nothing here breaks {code} any more."
                hint, level = "Remove the comment.", "warning"
            else:
                continue
            yield Problem(*suppression.mark, flaw, message, hint, level)


def _next_due(post: Post, now: datetime) -> datetime:
    """Return when a post is due next, or ``now`` if that is not known."""
    if post.when.due:
        return post.when.due
    moment = next(iter(post.when.occurrences(now, now + RECURRENCE_REACH)), None)
    return moment.due if moment else now


def _header_suppressions(campaigns: Iterable[Campaign]) -> dict[Mark, tuple[Suppression, ...]]:
    elements: list[_Element] = []
    for campaign in campaigns:
        elements += [campaign, *campaign.facts.values(), *campaign.statements.values()]
        if campaign.link_marks:
            elements.append(campaign.link_marks)
        if campaign.share:
            elements += [campaign.share, *campaign.share.wordings]
    return _suppressions_of(elements)


def _suppressions_of(elements: Iterable[_Element]) -> dict[Mark, tuple[Suppression, ...]]:
    return {element.mark: element.suppressions for element in elements if element.suppressions}

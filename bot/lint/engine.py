"""Applies the rules to posts and plans, except where a comment suppresses a finding."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from bot.errors import Problem, SuppressedProblem
from bot.lint.rule import Finding, PlanContext, PostContext, Rule, next_due
from bot.lint.rules import PLAN_RULES, POST_RULES, RULES
from bot.yamlsource.problems import did_you_mean, quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.lint.rule import Level
    from bot.model import Account, Campaign, Fact, Mark, Part, Post, Statement, Suppression

    SuppressionsByMark = Mapping[Mark, tuple[Suppression, ...]]
    """The suppressions beside each post, fact, statement or campaign, by its mark."""

LINT_CODES = frozenset(rule.code for rule in RULES)
UNSUPPRESSIBLE_LINT_CODES = frozenset(rule.code for rule in RULES if not rule.suppressible)

_WORD = re.compile(r"[^\W\d_]{2,}")
_Rule = TypeVar("_Rule", bound=Rule)


@dataclass(frozen=True, slots=True)
class LintResult:
    """What is wrong with posts, what of it is allowed, and the marks of the suppressions used."""

    problems: tuple[Problem, ...]
    allowed: tuple[SuppressedProblem, ...]
    used: frozenset[Mark]


@dataclass(frozen=True)
class Linter:
    """Applies the rules.

    ``price`` returns the dollars that a part costs from an account on a day, ``platform_findings``
    what the platforms find in a post. ``unsuppressible`` are codes that nobody can allow,
    ``suppressible_codes`` those of other packages that can be allowed. With ``errors_only``, rules
    that only warn are skipped.
    """

    accounts: Mapping[str, Account]
    price: Callable[[Part, Account, datetime], Decimal]
    platform_findings: Callable[[Post], Iterable[Finding]]
    unsuppressible: frozenset[str]
    suppressible_codes: frozenset[str]
    errors_only: bool = False

    def check_posts(
        self, posts: Iterable[Post], campaigns: Mapping[str, Campaign], now: datetime
    ) -> LintResult:
        """Check posts one by one: the findings depend on them and on their campaign alone.

        Only what a post costs depends on the day on which it is due next.
        """
        rules, filtered = self._enabled(POST_RULES), _Filter(self._fixed)
        for post in posts:
            findings = [*self.platform_findings(post)]
            campaign = campaigns.get(post.campaign)
            if campaign:

                def price(part: Part, account: Account, post: Post = post) -> Decimal:
                    return self.price(part, account, next_due(post, now))

                context = PostContext(campaign, post, self.accounts, price)
                findings += [finding for rule in rules for finding in rule(context)]
            own = {post.mark: post.suppressions} if post.suppressions else {}
            findings += self._flaws(own)
            if findings:
                headers = _header_suppressions(campaign) if campaign else {}
                filtered.add(findings, {**headers, **own})
        return filtered.result()

    def check_plan(
        self, campaigns: Sequence[Campaign], now: datetime, used: Iterable[Mark]
    ) -> LintResult:
        """Check all posts together; ``used`` marks the suppressions that were used before."""
        context = PlanContext(campaigns, self.accounts, now)
        headers: dict[Mark, tuple[Suppression, ...]] = {}
        posts: dict[Mark, tuple[Suppression, ...]] = {}
        for campaign in campaigns:
            headers |= _header_suppressions(campaign)
            posts |= {post.mark: post.suppressions for post in campaign.posts if post.suppressions}
        filtered = _Filter(self._fixed, used=set(used))
        findings = [found for rule in self._enabled(PLAN_RULES) for found in rule(context)]
        filtered.add(findings, {**headers, **posts})
        filtered.remaining += self._flaws(headers)
        filtered.remaining += self._unused({**headers, **posts}, filtered.used)
        return filtered.result()

    def _enabled(self, rules: Iterable[_Rule]) -> list[_Rule]:
        return [rule for rule in rules if not self.errors_only or rule.level == "error"]

    @cached_property
    def _fixed(self) -> frozenset[str]:
        """The codes that no comment can suppress."""
        return UNSUPPRESSIBLE_LINT_CODES | self.unsuppressible

    @cached_property
    def _known(self) -> frozenset[str]:
        return LINT_CODES | self.unsuppressible | self.suppressible_codes

    def _flaws(self, suppressions: SuppressionsByMark) -> Iterator[Finding]:
        """Yield what is wrong with suppressions themselves."""
        for element, beside in suppressions.items():
            for suppression in beside:
                code = suppression.code
                if code not in self._known:
                    message = f"{quote_value(code)} is the code of no rule."
                    if not code:
                        message = "The comment does not say which rule it allows to be broken."
                    hint = did_you_mean(code.upper(), LINT_CODES)
                    yield _flaw("L891", suppression, element, message, hint)
                elif code in self._fixed:
                    message = f"{code} cannot be allowed."
                    hint = f"Remove the comment, and correct what {code} reports."
                    yield _flaw("L893", suppression, element, message, hint)
                elif not _has_reason(suppression):
                    message = f"{code} is allowed without a reason."
                    hint = f"Write it behind: # groundswell: allow {code} because …"
                    yield _flaw("L890", suppression, element, message, hint)

    def _unused(self, suppressions: SuppressionsByMark, used: Container[Mark]) -> Iterator[Finding]:
        """Yield suppressions that had no effect, and have no flaw of their own."""
        for element, beside in suppressions.items():
            for suppression in beside:
                code = suppression.code
                effective = code in self._known and code not in self._fixed
                if effective and _has_reason(suppression) and suppression.mark not in used:
                    message = f"Nothing here breaks {code} any more."
                    yield _flaw("L892", suppression, element, message, "Take the comment away.")


@dataclass
class _Filter:
    """Separates findings that are suppressed, except those whose codes are ``fixed``."""

    fixed: frozenset[str]
    used: set[Mark] = field(default_factory=set)
    remaining: list[Finding] = field(default_factory=list)
    suppressed: list[SuppressedProblem] = field(default_factory=list)

    def add(self, findings: Iterable[Finding], suppressions: SuppressionsByMark) -> None:
        for finding in findings:
            matching = [
                suppression
                for suppression in suppressions.get(finding.element, ())
                if suppression.code == finding.code and _has_reason(suppression)
            ]
            if matching and finding.code not in self.fixed:
                problem = _to_problem(finding)
                self.suppressed.append(SuppressedProblem(problem, matching[0].reason))
                self.used.update(suppression.mark for suppression in matching)
            else:
                self.remaining.append(finding)

    def result(self) -> LintResult:
        problems = dict.fromkeys(map(_to_problem, self.remaining))
        return LintResult(
            tuple(problems), tuple(dict.fromkeys(self.suppressed)), frozenset(self.used)
        )


def _header_suppressions(campaign: Campaign) -> dict[Mark, tuple[Suppression, ...]]:
    """Return the suppressions of the campaign, its facts and its statements, by their marks."""
    elements: list[Campaign | Fact | Statement] = [campaign]
    elements += [*campaign.facts.values(), *campaign.statements.values()]
    return {element.mark: element.suppressions for element in elements if element.suppressions}


def _has_reason(suppression: Suppression) -> bool:
    return _WORD.search(suppression.reason) is not None


def _flaw(code: str, suppression: Suppression, element: Mark, message: str, hint: str) -> Finding:
    level: Level = "warning" if code == "L892" else "error"
    return Finding(message, hint, suppression.mark, element, code, level)


def _to_problem(finding: Finding) -> Problem:
    return Problem(*finding.mark, finding.code, finding.message, finding.hint, level=finding.level)

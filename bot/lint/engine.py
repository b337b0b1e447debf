"""Applies the rules to posts and plans, except where a comment suppresses a finding.

A rule about one post is given a ``PostContext``, a rule about all posts a ``PlanContext``; both
yield each ``Finding``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from bot.errors import Problem, SuppressedProblem
from bot.lint.near_duplicates import TextIndex
from bot.lint.rules import PLAN_RULES, POST_RULES, RULES
from bot.schedules import At, EventRelative
from bot.text import quote_value
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from bot.lint.rules import Rule
    from bot.model import (
        Account,
        Campaign,
        Fact,
        Mark,
        Media,
        Part,
        Post,
        Statement,
        Suppression,
        Wording,
    )

    SuppressionsByMark = Mapping[Mark, tuple[Suppression, ...]]
    """The suppressions beside each post, fact, statement or campaign, by its mark."""

    PartPrice = Callable[[Part, Account], Decimal]
    """Dollars that a part costs from an account, by the prices of the day on which it is due."""

Level: TypeAlias = Literal["error", "warning"]

RECURRENCE_REACH = timedelta(days=30)
"""How far ahead the rules about all posts follow recurrences."""

_FAR_AHEAD = datetime.max.replace(tzinfo=UTC)

_WORD = re.compile(r"[^\W\d_]{2,}")
_Context = TypeVar("_Context", "PostContext", "PlanContext")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a rule finds, at ``mark``; a suppression at ``element`` may cover it.

    ``element`` is the mark of a post, fact, statement or campaign. ``code`` and ``level`` are those
    of the rule, which sets them.
    """

    message: str
    hint: str
    mark: Mark
    element: Mark
    code: str = ""
    level: Level = "warning"


# --- What a rule is given -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PostContext:
    """One post, and all that a rule about one post may depend on.

    ``accounts`` are all those of the config, whether the post is from them or not.
    """

    campaign: Campaign
    post: Post
    accounts: Mapping[str, Account]
    price: PartPrice

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts of every wording."""
        return tuple(part for wording in self.post.wordings for part in wording.content.parts)

    @cached_property
    def visible_texts(self) -> tuple[tuple[Part, str], ...]:
        """All that people see or hear, each with its part: texts, alt texts, poll options."""
        return tuple(
            (part, text)
            for part in self.parts
            for text in (
                part.text,
                *(media.alt for media in part.media),
                *(part.poll.options if part.poll else ()),
            )
        )

    @cached_property
    def literal_texts(self) -> tuple[tuple[Part, str, Wording], ...]:
        """Each part with its text as it was typed, without what templates inserted."""
        return tuple(
            (part, wording.literal_texts[index] if wording.literal_texts else part.text, wording)
            for wording in self.post.wordings
            for index, part in enumerate(wording.content.parts)
        )

    def mark_of(self, part: Part, media: Media | None = None) -> Mark:
        """Return where a part, or one of its media, is written; the post where that is unknown."""
        marks = (media.mark, part.mark) if media else (part.mark,)
        return next((mark for mark in marks if mark.line), self.post.mark)

    def finding_in(self, part: Part, message: str, hint: str) -> Finding:
        """Return a finding in a part's text."""
        return self.finding(self.mark_of(part), message, hint)

    def finding(self, mark: Mark, message: str, hint: str) -> Finding:
        """Return a finding at a place of the post, such as one of its media."""
        return Finding(message, hint, mark, self.post.mark)


@dataclass(frozen=True, slots=True)
class DuePost:
    """A post at one of its instants, from one of its accounts."""

    at: datetime
    account: str
    campaign: Campaign
    post: Post


@dataclass(frozen=True, eq=False)
class PlanContext:
    """All posts together, at the instant ``now``."""

    campaigns: Sequence[Campaign]
    accounts: Mapping[str, Account]
    now: datetime

    @cached_property
    def upcoming(self) -> tuple[DuePost, ...]:
        """Every instant that is still to come, in order: only those posts can be corrected.

        Recurrences are followed for ``RECURRENCE_REACH``. A post that waits for a queue slot has no
        instant: it gets a slot that keeps every rule.
        """
        due_posts = []
        for campaign in self.campaigns:
            for post in campaign.posts:
                # Only recurrences need an end: every other post has one instant at most.
                once = isinstance(post.when, At | EventRelative)
                end = _FAR_AHEAD if once else self.now + RECURRENCE_REACH
                for moment in post.when.occurrences(self.now, end):
                    due_posts += [
                        DuePost(moment.due, account, campaign, post) for account in post.accounts
                    ]
        return tuple(sorted(due_posts, key=lambda due: due.at))

    @cached_property
    def text_index(self) -> TextIndex:
        """Which account publishes which text, and which texts are near."""
        return TextIndex(self.campaigns, self.accounts, self.now)

    @staticmethod
    def finding(element: Post | Fact, message: str, hint: str) -> Finding:
        """Return a finding at a post or a fact."""
        return Finding(message, hint, element.mark, element.mark)


# --- Applying the rules ---------------------------------------------------------------------------


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
    what the platforms find in a post. ``unsuppressible`` are codes of other packages that nobody
    can allow, ``suppressible`` those that can be allowed. With ``errors_only``, rules that only
    warn are skipped.
    """

    accounts: Mapping[str, Account]
    price: Callable[[Part, Account, datetime], Decimal]
    platform_findings: Callable[[Post], Iterable[Finding]]
    unsuppressible: frozenset[str]
    suppressible: frozenset[str]
    errors_only: bool = False

    def check_posts(
        self, posts: Sequence[Post], campaigns: Mapping[str, Campaign], now: datetime
    ) -> LintResult:
        """Check posts one by one: the findings depend on them and on their campaign alone.

        Only what a post costs depends on the day on which it is due next.
        """
        findings: list[Finding] = []
        suppressions: dict[Mark, tuple[Suppression, ...]] = {}
        for name in campaigns.keys() & {post.campaign for post in posts}:
            suppressions |= _header_suppressions(campaigns[name])
        for post in posts:
            findings += self.platform_findings(post)
            if campaign := campaigns.get(post.campaign):

                def price(part: Part, account: Account, post: Post = post) -> Decimal:
                    return self.price(part, account, _next_due(post, now))

                context = PostContext(campaign, post, self.accounts, price)
                findings += self._apply(POST_RULES, context)
            if post.suppressions:
                suppressions[post.mark] = post.suppressions
                findings += self._flaws({post.mark: post.suppressions})
        return self._filter(findings, suppressions, set())

    def check_plan(
        self, campaigns: Sequence[Campaign], now: datetime, used: Iterable[Mark]
    ) -> LintResult:
        """Check all posts together; ``used`` marks the suppressions that were used before."""
        suppressions: dict[Mark, tuple[Suppression, ...]] = {}
        for campaign in campaigns:
            suppressions |= _header_suppressions(campaign)
            posts = (post for post in campaign.posts if post.suppressions)
            suppressions |= {post.mark: post.suppressions for post in posts}
        context = PlanContext(campaigns, self.accounts, now)
        result = self._filter(self._apply(PLAN_RULES, context), suppressions, set(used))
        flaws = map(_to_problem, self._flaws(suppressions, result.used))
        return replace(result, problems=(*result.problems, *flaws))

    def _apply(self, rules: Iterable[Rule[_Context]], context: _Context) -> list[Finding]:
        return [
            replace(finding, code=rule.code, level=rule.level)
            for rule in rules
            if not self.errors_only or rule.level == "error"
            for finding in rule.check(context)
        ]

    @cached_property
    def _fixed(self) -> frozenset[str]:
        """The codes that no comment can suppress."""
        return self.unsuppressible | {rule.code for rule in RULES if not rule.suppressible}

    def _filter(
        self, findings: Iterable[Finding], suppressions: SuppressionsByMark, used: set[Mark]
    ) -> LintResult:
        """Separate the findings that are suppressed; ``used`` gains what suppresses them."""
        problems, allowed = [], []
        for finding in findings:
            matching = [
                suppression
                for suppression in suppressions.get(finding.element, ())
                if suppression.code == finding.code and _has_reason(suppression)
            ]
            if matching and finding.code not in self._fixed:
                allowed.append(SuppressedProblem(_to_problem(finding), matching[0].reason))
                used.update(suppression.mark for suppression in matching)
            else:
                problems.append(_to_problem(finding))
        unique = tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(allowed))
        return LintResult(*unique, frozenset(used))

    def _flaws(
        self, suppressions: SuppressionsByMark, used: Container[Mark] | None = None
    ) -> Iterator[Finding]:
        """Yield what is wrong with suppressions themselves; with ``used``, where one has no use."""
        lint_codes = {rule.code for rule in RULES}
        known = lint_codes | self._fixed | self.suppressible
        for element, beside in suppressions.items():
            for suppression in beside:
                code = suppression.code
                level: Level = "error"
                if code not in known:
                    flaw, message = "L891", f"{quote_value(code)} is the code of no rule."
                    if not code:
                        message = "The comment does not say which rule it allows to be broken."
                    hint = did_you_mean(code.upper(), lint_codes)
                elif code in self._fixed:
                    flaw, message = "L893", f"{code} cannot be allowed."
                    hint = f"Remove the comment, and correct what {code} reports."
                elif not _has_reason(suppression):
                    flaw, message = "L890", f"{code} is allowed without a reason."
                    hint = f"Write it behind: # groundswell: allow {code} because …"
                elif used is not None and suppression.mark not in used:
                    flaw, message = "L892", f"Nothing here breaks {code} any more."
                    hint, level = "Take the comment away.", "warning"
                else:
                    continue
                yield Finding(message, hint, suppression.mark, element, flaw, level)


def _next_due(post: Post, now: datetime) -> datetime:
    """Return when a post is due next; now, where that is not known."""
    if isinstance(post.when, At | EventRelative):
        return post.when.due
    moment = next(iter(post.when.occurrences(now, now + RECURRENCE_REACH)), None)
    return moment.due if moment else now


def _header_suppressions(campaign: Campaign) -> dict[Mark, tuple[Suppression, ...]]:
    """Return the suppressions of the campaign, its facts and its statements, by their marks."""
    elements: list[Campaign | Fact | Statement] = [campaign]
    elements += [*campaign.facts.values(), *campaign.statements.values()]
    return {element.mark: element.suppressions for element in elements if element.suppressions}


def _has_reason(suppression: Suppression) -> bool:
    return _WORD.search(suppression.reason) is not None


def _to_problem(finding: Finding) -> Problem:
    return Problem(*finding.mark, finding.code, finding.message, finding.hint, level=finding.level)

"""Applies the rules to posts and plans, except where a comment suppresses a finding.

A rule about one post is given a ``PostContext``, a rule about all posts a ``PlanContext``; both
yield each ``Finding``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from bot.errors import Problem
from bot.lint.near_duplicates import near_texts, sayings
from bot.lint.rules import PLAN_RULES, POST_RULES, RULES
from bot.text import find_as_x, hashtags, mentions, quote_value, strip_entities
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from bot.lint.near_duplicates import PostUse, Saying
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
    from bot.text import EntityFinder, TextRules

    SuppressionsByMark = Mapping[Mark, tuple[Suppression, ...]]
    """The suppressions beside each post, fact, statement or campaign, by its mark."""

    LintResult = tuple[list[Problem], list[tuple[Problem, str]], set[Mark]]
    """What is wrong with posts, what is allowed and why, and the marks of the suppressions used."""

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

    ``accounts`` are all those of the config, whether the post is from them or not, ``platforms``
    what reads the texts.
    """

    campaign: Campaign
    post: Post
    accounts: Mapping[str, Account]
    price: PartPrice
    platforms: Mapping[str, TextRules] = field(default_factory=dict)

    @cached_property
    def finders(self) -> tuple[EntityFinder, ...]:
        """How each platform of the post's accounts finds links, mentions and hashtags."""
        accounts = (self.accounts.get(name) for name in self.post.accounts)
        names = dict.fromkeys(account.platform for account in accounts if account)
        return tuple(entity_finder(self.platforms, name) for name in names) or (find_as_x,)

    def mentions(self, text: str) -> list[str]:
        """Return the names that any of the platforms would notify."""
        return list(dict.fromkeys(name for find in self.finders for name in mentions(text, find)))

    def hashtags(self, text: str) -> list[str]:
        """Return what is a hashtag on any of the platforms."""
        return list(dict.fromkeys(tag for find in self.finders for tag in hashtags(text, find)))

    def words(self, text: str) -> str:
        """Return the text without what is a link, mention or hashtag on any of the platforms."""
        for find in self.finders:
            text = strip_entities(text, find)
        return text

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts of every wording."""
        return tuple(part for wording in self.post.wordings for part in wording.content.parts)

    @cached_property
    def visible_texts(self) -> tuple[tuple[Part, str], ...]:
        """All that people see or hear, each with its part: also alt texts and poll options."""
        return tuple(
            (content.parts[index], text)
            for content in (wording.content for wording in self.post.wordings)
            for index, text in content.texts
        )

    @cached_property
    def literal_texts(self) -> tuple[tuple[Part, str, Wording], ...]:
        """Each part with its text, without what templates inserted."""
        return tuple(
            (part, wording.literal_texts[index] if wording.literal_texts else part.text, wording)
            for wording in self.post.wordings
            for index, part in enumerate(wording.content.parts)
        )

    def finding(
        self, message: str, hint: str, part: Part | None = None, media: Media | None = None
    ) -> Finding:
        """Return a finding where a part, or one of its media, is written; or else the post."""
        marks = (written.mark for written in (media, part) if written and written.mark.line)
        return Finding(message, hint, next(marks, self.post.mark), self.post.mark)


@dataclass(frozen=True, eq=False)
class PlanContext:
    """All posts together, at the instant ``now``."""

    campaigns: Sequence[Campaign]
    accounts: Mapping[str, Account]
    now: datetime
    platforms: Mapping[str, TextRules] = field(default_factory=dict)

    def finder(self, platform: str) -> EntityFinder:
        """Return how a platform finds links, mentions and hashtags."""
        return entity_finder(self.platforms, platform)

    @property
    def posts(self) -> Iterator[Post]:
        """The posts of all campaigns."""
        return (post for campaign in self.campaigns for post in campaign.posts)

    @cached_property
    def upcoming(self) -> list[tuple[datetime, str, Campaign, Post]]:
        """Every instant that is still to come, in order, with its account, campaign and post.

        Only those posts can be corrected. Recurrences are followed for ``RECURRENCE_REACH``. A post
        that waits for a queue slot has no instant: it gets a slot that keeps every rule.
        """
        found = []
        for campaign in self.campaigns:
            for post in campaign.posts:
                # Only recurrences need an end: every other post has one instant at most.
                end = _FAR_AHEAD if post.when.due else self.now + RECURRENCE_REACH
                for moment in post.when.occurrences(self.now, end):
                    found += [(moment.due, name, campaign, post) for name in post.accounts]
        return sorted(found, key=itemgetter(0))

    @cached_property
    def sayings(self) -> list[Saying]:
        """What is said on each platform, and by whom."""
        return sayings(self)

    @cached_property
    def near_texts(self) -> tuple[list[list[PostUse]], list[tuple[float, int, int]]]:
        """Who publishes each text, and which texts are near: see ``near_duplicates``."""
        return near_texts(self)

    @staticmethod
    def finding(element: Post | Fact, message: str, hint: str) -> Finding:
        """Return a finding at a post or a fact."""
        return Finding(message, hint, element.mark, element.mark)


def entity_finder(platforms: Mapping[str, TextRules], name: str) -> EntityFinder:
    """Return how a platform finds links, mentions and hashtags; as X does, if it is not known."""
    rules = platforms.get(name)
    return rules.entities if rules else find_as_x


# --- Applying the rules ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Linter:
    """Applies the rules.

    ``price`` returns the dollars that on a day a part costs from an account, ``suppressible`` for
    every code whether a comment can allow it. ``platforms`` are what reads the texts. With
    ``errors_only``, rules that only warn are skipped.
    """

    accounts: Mapping[str, Account]
    price: Callable[[datetime, Part, Account], Decimal]
    suppressible: Mapping[str, bool]
    platforms: Mapping[str, TextRules]
    errors_only: bool = False

    def check_posts(
        self,
        posts: Sequence[Post],
        campaigns: Mapping[str, Campaign],
        now: datetime,
        others: Iterable[Finding],
    ) -> LintResult:
        """Check posts one by one: the findings depend on them and on their campaign alone.

        Only what a post costs depends on the day on which it is due next. ``others`` are findings
        of other packages, which comments may allow as well.
        """
        findings = [*others]
        for post in posts:
            if campaign := campaigns.get(post.campaign):
                price = partial(self.price, _next_due(post, now))
                context = PostContext(campaign, post, self.accounts, price, self.platforms)
                findings += self._apply(POST_RULES, context)
        beside_posts = _suppressions_of(posts)
        named = campaigns.keys() & {post.campaign for post in posts}
        suppressions = _header_suppressions(campaigns[name] for name in named) | beside_posts
        problems, allowed, used = self._filter(findings, suppressions)
        return [*problems, *self._flaws(beside_posts)], allowed, used

    def check_plan(
        self, campaigns: Sequence[Campaign], now: datetime, used: Iterable[Mark]
    ) -> LintResult:
        """Check all posts together; ``used`` marks the suppressions that were used before."""
        context = PlanContext(campaigns, self.accounts, now, self.platforms)
        suppressions = _header_suppressions(campaigns) | _suppressions_of(context.posts)
        findings = self._apply(PLAN_RULES, context)
        problems, allowed, used_now = self._filter(findings, suppressions)
        used_now.update(used)
        return [*problems, *self._flaws(suppressions, used_now)], allowed, used_now

    def _apply(self, rules: Iterable[Rule[_Context]], context: _Context) -> Iterator[Finding]:
        for rule in rules:
            if not self.errors_only or rule.level == "error":
                for finding in rule.check(context):
                    yield replace(finding, code=rule.code, level=rule.level)

    def _filter(self, findings: Iterable[Finding], suppressions: SuppressionsByMark) -> LintResult:
        """Separate the findings that are suppressed."""
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
        """Yield what is wrong with suppressions themselves; with ``used``, where one has no use."""
        for suppression in chain.from_iterable(suppressions.values()):
            code = suppression.code
            level: Level = "error"
            if code not in self.suppressible:
                flaw, message = "L891", f"{quote_value(code)} is the code of no rule."
                if not code:
                    message = "The comment does not say which rule it allows to be broken."
                hint = did_you_mean(code.upper(), (rule.code for rule in RULES))
            elif not self.suppressible[code]:
                flaw, message = "L893", f"{code} cannot be allowed."
                hint = f"Remove the comment, and correct what {code} reports."
            elif not _WORD.search(suppression.reason):
                flaw, message = "L890", f"{code} is allowed without a reason."
                hint = f"Write it behind: # groundswell: allow {code} because …"
            elif used is not None and suppression.mark not in used:
                flaw, message = "L892", f"Nothing here breaks {code} any more."
                hint, level = "Take the comment away.", "warning"
            else:
                continue
            yield Problem(*suppression.mark, flaw, message, hint, level)


def _next_due(post: Post, now: datetime) -> datetime:
    """Return when a post is due next; now, where that is not known."""
    if post.when.due:
        return post.when.due
    moment = next(iter(post.when.occurrences(now, now + RECURRENCE_REACH)), None)
    return moment.due if moment else now


def _header_suppressions(campaigns: Iterable[Campaign]) -> dict[Mark, tuple[Suppression, ...]]:
    """Return the suppressions of campaigns, their facts and their statements, by their marks."""
    elements: list[Campaign | Fact | Statement] = []
    for campaign in campaigns:
        elements += [campaign, *campaign.facts.values(), *campaign.statements.values()]
    return _suppressions_of(elements)


def _suppressions_of(
    elements: Iterable[Campaign | Fact | Statement | Post],
) -> dict[Mark, tuple[Suppression, ...]]:
    return {element.mark: element.suppressions for element in elements if element.suppressions}

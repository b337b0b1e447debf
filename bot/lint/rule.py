"""What a rule is, what it is given to check, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from bot.lint.near_duplicates import TextIndex
from bot.schedules import At, EventRelative

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from bot.model import Account, Campaign, Mark, Media, Part, Post, Wording


Level: TypeAlias = Literal["error", "warning"]

RECURRENCE_REACH = timedelta(days=30)
"""How far before and after now the rules about all posts follow recurrences."""


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


PartPrice: TypeAlias = "Callable[[Part, Account], Decimal]"
"""Dollars that a part costs from an account, by the price list of the day on which it is due."""


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

    @staticmethod
    def visible_texts(part: Part) -> tuple[str, ...]:
        """Return all that people see or hear of a part: text, alt texts, poll options."""
        options = part.poll.options if part.poll else ()
        return (part.text, *(media.alt for media in part.media), *options)

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

    def finding(self, message: str, hint: str) -> Finding:
        """Return a finding at the post."""
        return Finding(message, hint, self.post.mark, self.post.mark)


@dataclass(frozen=True, eq=False)
class PlanContext:
    """All posts together, at the instant ``now``."""

    campaigns: Sequence[Campaign]
    accounts: Mapping[str, Account]
    now: datetime

    @cached_property
    def due_posts(self) -> tuple[DuePost, ...]:
        """Every instant of every one-off, and those of recurrences near now, in order.

        Near is within ``RECURRENCE_REACH``. A post that waits for a queue slot has none: it gets a
        slot that keeps every rule.
        """
        due_posts = [
            DuePost(at, account, campaign, post)
            for campaign in self.campaigns
            for post in campaign.posts
            for at in _instants(post, self.now)
            for account in post.accounts
        ]
        return tuple(sorted(due_posts, key=lambda due: due.at))

    @cached_property
    def text_index(self) -> TextIndex:
        """Which account publishes which text, and which texts are near."""
        return TextIndex(self.campaigns, self.accounts, self.now)

    @cached_property
    def upcoming(self) -> tuple[DuePost, ...]:
        """Those of ``due_posts`` that are still to come: only they can be corrected."""
        return tuple(due for due in self.due_posts if due.at >= self.now)


def next_due(post: Post, now: datetime) -> datetime:
    """Return when a post is due next; now, where that is not known."""
    if isinstance(post.when, At | EventRelative):
        return post.when.due
    moment = next(iter(post.when.occurrences(now, now + RECURRENCE_REACH)), None)
    return moment.due if moment else now


def _instants(post: Post, now: datetime) -> list[datetime]:
    when = post.when
    if isinstance(when, At):
        return [when.due]
    if isinstance(when, EventRelative):
        return [] if when.event.cancelled else [when.due]
    return [
        moment.due for moment in when.occurrences(now - RECURRENCE_REACH, now + RECURRENCE_REACH)
    ]


@dataclass(frozen=True, slots=True)
class Rule:
    """What all rules have: a code, a level, the reason in one sentence, and two examples.

    An example is the YAML of one post without ``id`` and ``when``, or of whole sections of a
    campaign file: see ``tests/helpers/lint.py``. ``bad`` breaks this rule and no other, ``good``
    none. A rule that is not ``suppressible`` prevents deception: no comment can allow a violation.
    """

    code: str
    level: Level
    why: str
    bad: str
    good: str
    suppressible: bool = field(default=True, kw_only=True)

    def _with_code(self, found: Iterator[Finding]) -> list[Finding]:
        return [replace(finding, code=self.code, level=self.level) for finding in found]


@dataclass(frozen=True, slots=True)
class PostRule(Rule):
    """A rule about one post: it depends on its context alone, so its findings can be cached."""

    check: Callable[[PostContext], Iterator[Finding]]

    def __call__(self, context: PostContext) -> list[Finding]:
        """Return what it finds."""
        return self._with_code(self.check(context))


@dataclass(frozen=True, slots=True)
class PlanRule(Rule):
    """A rule about all posts together, or about the current time."""

    check: Callable[[PlanContext], Iterator[Finding]]

    def __call__(self, context: PlanContext) -> list[Finding]:
        """Return what it finds."""
        return self._with_code(self.check(context))

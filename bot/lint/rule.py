"""What a rule is: what it is given to look at, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from bot.lint.near import Sayings
from bot.schedules import At, EventRelative

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.model import Account, Campaign, Mark, Part, Post, Wording

Level: TypeAlias = Literal["error", "warning"]

AROUND = timedelta(days=30)
"""How far before and after now recurrences are followed, by the rules about posts together."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a rule finds, at ``mark``; what is allowed at ``beside`` may cover it.

    ``beside`` is the mark of a post, fact, statement or campaign. ``code`` and ``level`` are the
    rule's own, and set by whoever asked it.
    """

    message: str
    hint: str
    mark: Mark
    beside: Mark
    code: str = ""
    level: Level = "warning"


Price: TypeAlias = "Callable[[Part, Account], Decimal]"
"""Dollars that a part costs from an account, by the price list of the day on which it is due."""


@dataclass(frozen=True, eq=False)
class Sight:
    """One post, and all that a rule about one post may know. The same sight, the same findings.

    ``accounts`` are all of the config, whether the post is from them or not.
    """

    campaign: Campaign
    post: Post
    accounts: Mapping[str, Account]
    price: Price

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What is posted, one after the other, in each of its wordings."""
        return tuple(part for one in self.post.wordings for part in one.content.parts)

    @staticmethod
    def shown(part: Part) -> tuple[str, ...]:
        """Return all that people see or hear of a part: text, alt texts, options of the poll."""
        options = part.poll.options if part.poll else ()
        return (part.text, *(media.alt for media in part.media), *options)

    @cached_property
    def typed(self) -> tuple[tuple[Part, str, Wording], ...]:
        """Each part with what somebody typed of its text, without what was fetched into it."""
        return tuple(
            (part, one.typed[index] if one.typed else part.text, one)
            for one in self.post.wordings
            for index, part in enumerate(one.content.parts)
        )

    def at(self, part: Part, message: str, hint: str) -> Finding:
        """Give a finding in a part's text."""
        return self.on(part.mark if part.mark.line else self.post.mark, message, hint)

    def on(self, mark: Mark, message: str, hint: str) -> Finding:
        """Give a finding at a place of the post, such as one of its pictures."""
        return Finding(message, hint, mark, self.post.mark)


@dataclass(frozen=True, slots=True)
class Due:
    """A post at one of its instants, from one of its accounts."""

    at: datetime
    account: str
    campaign: Campaign
    post: Post

    def on(self, message: str, hint: str) -> Finding:
        """Give a finding at the post."""
        return Finding(message, hint, self.post.mark, self.post.mark)


@dataclass(frozen=True, eq=False)
class Whole:
    """All posts together, at the instant ``now``."""

    campaigns: Sequence[Campaign]
    accounts: Mapping[str, Account]
    now: datetime

    @cached_property
    def dues(self) -> tuple[Due, ...]:
        """Every instant of every one-off, and of recurrences those ``AROUND`` now; in order.

        A post that waits for a queue slot has none: it gets one that keeps every rule.
        """
        found = [
            Due(at, account, campaign, post)
            for campaign in self.campaigns
            for post in campaign.posts
            for at in _instants(post, self.now)
            for account in post.accounts
        ]
        return tuple(sorted(found, key=lambda due: due.at))

    @cached_property
    def sayings(self) -> Sayings:
        """Who says what, and which texts are near."""
        return Sayings(self.campaigns, self.accounts, self.now)

    @cached_property
    def coming(self) -> tuple[Due, ...]:
        """Those of them that are not over yet: only they can still be mended."""
        return tuple(due for due in self.dues if due.at >= self.now)


def next_due(post: Post, now: datetime) -> datetime:
    """Return when it is due, and of a recurrence, when next; now, where that is not known."""
    if isinstance(post.when, At | EventRelative):
        return post.when.due
    moment = next(iter(post.when.occurrences(now, now + AROUND)), None)
    return moment.due if moment else now


def _instants(post: Post, now: datetime) -> list[datetime]:
    when = post.when
    if isinstance(when, At):
        return [when.due]
    if isinstance(when, EventRelative):
        return [] if when.event.cancelled else [when.due]
    return [moment.due for moment in when.occurrences(now - AROUND, now + AROUND)]


@dataclass(frozen=True, slots=True)
class Rule:
    """What all rules have: a code, a level, the reason in one sentence, and two examples.

    An example is the YAML of one post without ``id`` and ``when``, or of whole sections of a
    campaign file: see ``bot.lint.examples``. ``bad`` breaks this rule and no other; ``good`` none.
    A rule that is not ``liftable`` keeps others from being deceived: no comment allows to break it.
    """

    code: str
    level: Level
    why: str
    bad: str
    good: str
    liftable: bool = field(default=True, kw_only=True)

    def _signed(self, found: Iterator[Finding]) -> list[Finding]:
        return [replace(one, code=self.code, level=self.level) for one in found]


@dataclass(frozen=True, slots=True)
class PostRule(Rule):
    """A rule about one post: it depends on nothing but its sight, so its findings can be kept."""

    judge: Callable[[Sight], Iterator[Finding]]

    def __call__(self, sight: Sight) -> list[Finding]:
        """Give what it finds."""
        return self._signed(self.judge(sight))


@dataclass(frozen=True, slots=True)
class WholeRule(Rule):
    """A rule about posts together, or about what day it is."""

    judge: Callable[[Whole], Iterator[Finding]]

    def __call__(self, whole: Whole) -> list[Finding]:
        """Give what it finds."""
        return self._signed(self.judge(whole))

"""What a rule is given, and what it returns.

A rule about one post takes a ``PostContext``, a rule about all posts a ``PlanContext``. Both yield
a ``Finding`` for each problem. A ``Rule`` is such a function with its reason and its examples.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

from bot.lint.near_duplicates import post_uses, sayings
from bot.model import NOWHERE
from bot.text import entity_finder, find_as_x, hashtags, mentions, strip_entities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from bot.lint.near_duplicates import PostUse, Saying
    from bot.model import Account, Campaign, Fact, Mark, Media, Part, Post, Wording
    from bot.model.share import LinkMarks, SharePage, ShareWording
    from bot.text import EntityFinder, TextRules

    PartPrice = Callable[[Part, Account], Decimal]
    """Returns the dollars that a part costs an account on the day on which it is due."""

Level: TypeAlias = Literal["error", "warning"]

_Context = TypeVar("_Context")

RECURRENCE_REACH = timedelta(days=30)
"""How far ahead the rules about all posts follow recurrences."""

_FAR_AHEAD = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem that a rule found."""

    message: str
    """What is wrong, in one sentence."""
    hint: str
    """What to do about it."""
    mark: Mark
    """The place that is shown."""
    element: Mark
    """The mark of the post, fact, statement or campaign whose comments may allow it."""
    code: str = ""
    """The code of the rule. The engine sets it."""
    level: Level = "warning"
    """The level of the rule. The engine sets it."""


@dataclass(frozen=True, eq=False)
class PostContext:
    """One post, and everything that a rule about one post may depend on."""

    campaign: Campaign
    post: Post
    accounts: Mapping[str, Account]
    """All accounts of the config by name, also those that do not publish the post."""
    price: PartPrice
    platforms: Mapping[str, TextRules] = field(default_factory=dict)
    """How each platform reads a text, by the platform's name."""
    fetches: bool = True
    """Whether its text can fetch values from the campaign, as the intro of a share page cannot."""

    @cached_property
    def finders(self) -> tuple[EntityFinder, ...]:
        """How each platform of the post's accounts finds links, mentions and hashtags.

        A rule asks all of them, because a text is wrong if it is wrong on one of its platforms.
        """
        accounts = (self.accounts.get(name) for name in self.post.accounts)
        names = dict.fromkeys(account.platform for account in accounts if account)
        return tuple(entity_finder(self.platforms, name) for name in names) or (find_as_x,)

    def mentions(self, text: str) -> list[str]:
        """Return the names that any of the platforms would notify."""
        return list(dict.fromkeys(name for find in self.finders for name in mentions(text, find)))

    def hashtags(self, text: str) -> list[str]:
        """Return the hashtags that any of the platforms finds."""
        return list(dict.fromkeys(tag for find in self.finders for tag in hashtags(text, find)))

    def words(self, text: str) -> str:
        """Return the text without the links, mentions and hashtags of any of the platforms."""
        for find in self.finders:
            text = strip_entities(text, find)
        return text

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts of every wording as they are published.

        Templates are filled in. The first part ends in the hashtags, the last one in the link.
        """
        return tuple(part for wording in self.post.wordings for part in wording.content.parts)

    @cached_property
    def visible_texts(self) -> tuple[tuple[Part, str], ...]:
        """Every text that people see or hear, each with its part: also alt texts and poll options.

        Templates are filled in.
        """
        return tuple(
            (content.parts[index], text)
            for content in (wording.content for wording in self.post.wordings)
            for index, text in content.texts
        )

    @cached_property
    def literal_texts(self) -> tuple[tuple[Part, str, Wording], ...]:
        """The text of each part as it was typed, with the part and its wording.

        In place of a value that a template fetched stands ``FIGURE_MARK`` (of a fact) or
        ``REFERENCE_MARK`` (of a statement or event). A text without such values may end in the
        hashtags and the link.
        """
        return tuple(
            (part, wording.literal_texts[index] if wording.literal_texts else part.text, wording)
            for wording in self.post.wordings
            for index, part in enumerate(wording.content.parts)
        )

    def finding(
        self, message: str, hint: str, part: Part | None = None, media: Media | None = None
    ) -> Finding:
        """Return a finding at the place of a picture, or else of a part, or else of the post."""
        marks = (written.mark for written in (media, part) if written and written.mark.line)
        return Finding(message, hint, next(marks, self.post.mark), self.post.mark)


@dataclass(frozen=True, eq=False)
class PlanContext:
    """All posts together at one instant."""

    campaigns: Sequence[Campaign]
    accounts: Mapping[str, Account]
    now: datetime
    platforms: Mapping[str, TextRules] = field(default_factory=dict)
    """How each platform reads a text, by the platform's name."""
    is_complete: bool = True
    """Whether the files have no mistakes, which would leave out posts or a share page."""

    def finder(self, platform: str) -> EntityFinder:
        """Return how a platform finds links, mentions and hashtags."""
        return entity_finder(self.platforms, platform)

    @property
    def posts(self) -> list[Post]:
        """The posts of all campaigns."""
        return [post for campaign in self.campaigns for post in campaign.posts]

    @cached_property
    def upcoming(self) -> list[tuple[datetime, str, Campaign, Post]]:
        """Every instant to come at which a post is due: the instant, its account, campaign, post.

        Past instants are left out, because nobody can correct their posts. Recurrences are followed
        for ``RECURRENCE_REACH``. A time that goes by a cancelled event never comes, and is left
        out. So is a post that waits for a queue slot. It will get one that keeps the gap, days and
        hours of its account.
        """
        found = []
        for campaign in self.campaigns:
            for post in campaign.posts:
                # Only recurrences need an end, because other posts have at most one instant.
                end = _FAR_AHEAD if post.when.due else self.now + RECURRENCE_REACH
                for moment in post.when.occurrences(self.now, end):
                    found += [(moment.due, name, campaign, post) for name in post.accounts]
        return sorted(found, key=itemgetter(0))

    @cached_property
    def uses(self) -> list[PostUse]:
        """Each content with each account that says it, in the order of the files."""
        return list(post_uses(self.campaigns, self.accounts, self.now))

    @cached_property
    def sayings(self) -> list[Saying]:
        """What is said on each platform, and by whom."""
        return sayings(self.uses, self.finder)

    @staticmethod
    def finding(
        element: Post | Fact | LinkMarks | ShareWording | SharePage,
        message: str,
        hint: str,
        mark: Mark = NOWHERE,
    ) -> Finding:
        """Return a finding at an element, or at a mark whose problems its comments may allow."""
        return Finding(message, hint, mark if mark.line else element.mark, element.mark)


@dataclass(frozen=True, slots=True)
class Rule(Generic[_Context]):
    """A rule with its reason and examples.

    An example is the YAML of one post without ``id`` and ``when``, or of whole sections of a
    campaign file (``tests/helpers/lint.py``).
    """

    code: str
    level: Level
    """``error`` keeps the whole plan from being applied."""
    why: str
    """The reason for the rule, in one sentence."""
    bad: str
    """An example that breaks this rule and no other."""
    good: str
    """An example that breaks no rule."""
    check: Callable[[_Context], Iterator[Finding]]
    """Yields the violations. They depend on the context alone, because they are cached."""
    suppressible: bool = field(default=True, kw_only=True)
    """Whether a comment can allow a violation. False for rules that prevent deception."""

"""Views of everything about one post at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.errors import Problem
from bot.services.views_approval import AllowedView, FactView, StatementView
from bot.services.views_approvals_page import ApprovalCard
from bot.services.views_post_version import PostVersion
from bot.services.views_queue import AttemptView
from bot.services.views_running import LogRow


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """An approval of the version that is shown here."""

    who: str
    at: datetime
    """When, in UTC."""
    on: str
    """The places that it is for; "" if those are all places of the post."""


@dataclass(frozen=True, slots=True)
class OtherMoment:
    """Another moment of the same post."""

    label: str
    """The schedule's name for it; see ``PostKey``."""
    local: str
    """When it is due, in the timezone of the audience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPage:
    """Everything about one post at one moment, as far as a person may see it.

    Only a queued post has more than the defaults in the fields that have one.
    """

    name: str
    """The name that a person types, such as ``library-hours/evening@2026-12-04``."""
    campaign: str
    post: str
    label: str
    """The schedule's name for the moment; see ``PostKey``."""
    number: int | None = None
    """A number that may be typed instead of the name; None if the post is not queued yet."""
    title: str
    """The campaign's title; its id if the files cannot be read."""
    demand: str
    """What the demand that it supports asks for; "" if it supports none."""
    event: str
    """The event that it is about, with its place; "" if it is about none."""
    due: datetime
    """When the first of its deliveries is due, in UTC."""
    local: str
    """When that is, in the timezone of the audience."""
    timezone: str
    """That timezone."""
    word: str
    """The state in one word for people: ``out``, ``waits``, ``planned``, ``mixed``."""
    summary: str
    """The states with their reasons: ``out on X, waits on Mastodon: its account is paused``."""
    on: str
    """The networks in words, with the number of accounts on each: ``X, Mastodon (12)``."""
    frequency: str
    """How often the post comes, such as ``7 times a week``; "" if it does not recur."""
    author: str
    """The author, if the files name one."""
    price: Decimal
    """The cost of publishing it, in US dollars."""
    versions: tuple[PostVersion, ...]
    """Its versions; accounts that say the same share one."""
    problems: tuple[Problem, ...]
    """Everything that ``check`` says of this post, and of the sources that it uses."""
    notes: tuple[str, ...] = ()
    """Differences between files and queue, and other reasons that hold it."""
    facts: tuple[FactView, ...]
    """The facts of the campaign that it uses."""
    statements: tuple[StatementView, ...]
    """The statements of the campaign that it uses."""
    allowed: tuple[AllowedView, ...]
    """The broken rules in it that comments in the files allow."""
    waiting: tuple[ApprovalCard, ...] = ()
    """The versions that wait for approval, with all that changed since the last approval. If the
    post recurs, a decision is for all of its times."""
    refused: tuple[ApprovalCard, ...] = ()
    """The versions that somebody has refused, with the reasons."""
    to_send: str = ""
    """The name of exactly the versions that are still to be sent; "" if there are none."""
    decided_elsewhere: bool = False
    """Whether people decide about one of its versions together with versions of other moments."""
    approvals: tuple[GivenApproval, ...] = ()
    """The approvals of these versions, oldest first."""
    history: tuple[LogRow, ...] = ()
    """The records of the audit log about this post, oldest first."""
    attempts: tuple[AttemptView, ...] = ()
    """The attempts to send it, by account and oldest first."""
    earlier: OtherMoment | None = None
    """The queued moment before this one."""
    later: OtherMoment | None = None
    """The queued moment after this one."""

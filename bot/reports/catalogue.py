"""The reports, in one dict that can be read: a report is one function and one line of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.compared import Compared
from bot.reports.figures import fell, one_line
from bot.reports.grouped import Grouping, Key, build
from bot.reports.listed import attention, spend
from bot.reports.moments import by_hour, by_phase, by_week
from bot.reports.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.model import Spending
    from bot.reports.evidence import Evidence
    from bot.reports.numbers import Sums

FIRST_WORDS = 70
"""Characters of a post's text that name it in a table."""


def by_campaign(evidence: Evidence, now: datetime) -> Table:
    """Sum by campaign."""
    grouping = Grouping(
        "campaign",
        "Campaigns",
        lambda each: (each.campaign,),
        (Column("campaign", "Campaign", "text"), _id("campaign_id")),
        lambda key, _: (_campaign(evidence, key), key[0]),
        _booked(evidence, lambda each: each.campaign),
    )
    return build(grouping, evidence, now)


def by_demand(evidence: Evidence, now: datetime) -> Table:
    """Sum by the demand that posts carry, and compare the demands of each campaign."""
    grouping = Grouping(
        "demand",
        "Demands",
        lambda each: (each.campaign, each.demand or ""),
        (Column("demand", "Demand", "text"), _id("demand_id"), _CAMPAIGN),
        lambda key, _: (_demand(evidence, key), key[1], _campaign(evidence, key)),
        compared=Compared(lambda key: key[:1] if key[1] else None, rank=3),
    )
    return build(grouping, evidence, now)


def by_event(evidence: Evidence, now: datetime) -> Table:
    """Sum by the event that posts belong to."""
    events = evidence.names.events
    grouping = Grouping(
        "event",
        "Events",
        lambda each: (each.campaign, each.event or ""),
        (Column("event", "Event", "text"), _id("event_id"), _CAMPAIGN),
        lambda key, _: (
            events.get((key[0], key[1]), key[1] or "No event"),
            key[1],
            _campaign(evidence, key),
        ),
    )
    return build(grouping, evidence, now)


def by_account(evidence: Evidence, now: datetime) -> Table:
    """Sum by the account that posted."""
    handles = evidence.names.accounts
    grouping = Grouping(
        "account",
        "Accounts",
        lambda each: (each.account, each.platform),
        (
            Column("account", "Account", "text"),
            _id("account_id"),
            Column("platform", "Platform", "text", rank=4),
        ),
        lambda key, _: (handles.get(key[0], key[0]), *key),
        _booked_by_account(evidence),
    )
    return build(grouping, evidence, now)


def by_post(evidence: Evidence, now: datetime) -> Table:
    """Sum by post as the YAML names it: all its accounts, occurrences and thread parts together."""
    grouping = Grouping(
        "post",
        "Posts",
        lambda each: (each.campaign, each.post),
        (
            Column("post", "Post", "text"),
            _id("post_id"),
            Column("demand", "Demand", "text", rank=6),
            Column("published", "First out", "instant", rank=4),
            Column("remark", "Remark", "text", rank=4),
            _CAMPAIGN,
        ),
        lambda key, sums: _post(evidence, key, sums),
    )
    return build(grouping, evidence, now)


def by_platform(evidence: Evidence, now: datetime) -> Table:
    """Sum by platform."""
    grouping = Grouping(
        "platform",
        "Platforms",
        lambda each: (each.platform,),
        (Column("platform", "Platform", "text"),),
        lambda key, _: key,
        _booked_by_platform(evidence),
    )
    return build(grouping, evidence, now)


def by_wording(evidence: Evidence, now: datetime) -> Table:
    """Sum by wording, and compare the wordings of each post that has several."""
    several = [each for each in evidence.publications if each.wording]
    grouping = Grouping(
        "wording",
        "Wordings",
        lambda each: (each.campaign, each.post, each.wording) if each.wording else _ONE_WORDING,
        (
            Column("wording", "Wording", "text"),
            Column("post_id", "Post", "text"),
            Column("text", "Text", "text", rank=7),
            _CAMPAIGN,
        ),
        lambda key, sums: _wording(evidence, key, sums),
        ordered=True,
        compared=Compared(lambda key: None if key == _ONE_WORDING else key[:2], rank=0),
    )
    table = build(grouping, evidence, now)
    if several or not evidence.publications:
        return table
    notes = ("No post that went out has several wordings.",)
    return replace(table, rows=(), total=None, trends=(), notes=notes, method="")


REPORTS: dict[str, Callable[[Evidence, datetime], Table]] = {
    "campaign": by_campaign,
    "demand": by_demand,
    "wording": by_wording,
    "event": by_event,
    "phase": by_phase,
    "account": by_account,
    "platform": by_platform,
    "post": by_post,
    "hour": by_hour,
    "week": by_week,
    "spend": spend,
    "attention": attention,
}


def _id(key: str) -> Column:
    return Column(key, "Id", "text", machine=True)


_CAMPAIGN = Column("campaign", "Campaign", "text", rank=8)

_ONE_WORDING = ("", "", "")
"""The key of all posts that have but one wording; it is sorted first."""


def _campaign(evidence: Evidence, key: Key) -> str:
    return evidence.names.campaigns.get(key[0], key[0])


def _demand(evidence: Evidence, key: Key) -> str:
    return evidence.names.demands.get((key[0], key[1]), key[1] or "No demand")


def _post(evidence: Evidence, key: Key, sums: Sums) -> tuple[Cell, ...]:
    first = min(
        (each.publication for each in sums.standings),
        key=lambda each: (each.published, each.part, each.id),
    )
    return (
        one_line(first.text, FIRST_WORDS) or key[1],
        key[1],
        _demand(evidence, (key[0], first.demand or "")),
        first.published,
        _remark(sums),
        _campaign(evidence, key),
    )


def _wording(evidence: Evidence, key: Key, sums: Sums) -> tuple[Cell, ...]:
    if key == _ONE_WORDING:
        return ("Posts with one wording", "", "", "")
    first = min((each.publication for each in sums.standings), key=lambda each: each.part)
    return (key[2], key[1], one_line(first.text, FIRST_WORDS), _campaign(evidence, key))


def _remark(sums: Sums) -> str:
    gone = "deleted" if sums.gone == sums.posts else f"{sums.gone} of {sums.posts} deleted"
    fallen = fell(name for each in sums.standings for name in each.fell)
    return ", ".join([gone] * bool(sums.gone) + [fallen] * bool(fallen))


def _booked(
    evidence: Evidence, key: Callable[[Spending], str | None]
) -> Mapping[Key, Decimal] | None:
    if evidence.spending is None:
        return None
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for each in evidence.spending:
        if (name := key(each)) is not None:
            found[(name,)] += each.dollars
    return found


def _booked_by_account(evidence: Evidence) -> Mapping[Key, Decimal] | None:
    booked = _booked(evidence, lambda each: each.account)
    if booked is None:
        return None
    names = {(each.account, each.platform) for each in evidence.publications}
    return {name: booked.get(name[:1], Decimal(0)) for name in names}


def _booked_by_platform(evidence: Evidence) -> Mapping[Key, Decimal] | None:
    """An account is on one platform, so that its reads made in batches are the platform's too."""
    platforms = {each.account: each.platform for each in evidence.publications}
    return _booked(evidence, lambda each: platforms.get(each.account))

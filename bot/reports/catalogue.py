"""The reports, in one dict that can be read: a report is a function and a line of ``REPORTS``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.grouped import Grouping, build_table
from bot.reports.lists import attention_table, spend_table
from bot.reports.measures import RowFamilies
from bot.reports.table import DAYS, Cell, Column, Table, describe_fallen, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.model import Publication, Spending
    from bot.reports.evidence import Evidence, GroupKey
    from bot.reports.totals import Totals

EXCERPT_LENGTH = 70
"""Characters of a post's text that name it in a table."""

_CAMPAIGN_COLUMN = Column("campaign", "Campaign", "text", rank=8)

_ONE_WORDING = ("", "", "")
"""The key of all posts that have only one wording; it is sorted first."""

_PHASES = ("Before", "During", "After", "Time unknown", "No event")


def _id_column(key: str) -> Column:
    return Column(key, "Id", "text", machine_only=True)


# --- By what posts are about ----------------------------------------------------------------------


def by_campaign(evidence: Evidence, now: datetime) -> Table:
    """Sum by campaign."""
    grouping = Grouping(
        "campaign",
        "Campaigns",
        lambda post: (post.campaign,),
        (Column("campaign", "Campaign", "text"), _id_column("campaign_id")),
        lambda key, _: (evidence.names.campaign(key[0]), key[0]),
        _booked_by(evidence, lambda booking: booking.campaign),
    )
    return build_table(grouping, evidence, now)


def by_demand(evidence: Evidence, now: datetime) -> Table:
    """Sum by the demand that posts carry, and compare the demands of each campaign."""
    names = evidence.names
    grouping = Grouping(
        "demand",
        "Demands",
        lambda post: (post.campaign, post.demand or ""),
        (Column("demand", "Demand", "text"), _id_column("demand_id"), _CAMPAIGN_COLUMN),
        lambda key, _: (names.demand(key[0], key[1]), key[1], names.campaign(key[0])),
        families=RowFamilies(lambda key: key[:1] if key[1] else None, rank=3),
    )
    return build_table(grouping, evidence, now)


def by_wording(evidence: Evidence, now: datetime) -> Table:
    """Sum by wording, and compare the wordings of each post that has several."""
    grouping = Grouping(
        "wording",
        "Wordings",
        lambda post: (post.campaign, post.post, post.wording) if post.wording else _ONE_WORDING,
        (
            Column("wording", "Wording", "text"),
            Column("post_id", "Post", "text"),
            Column("text", "Text", "text", rank=7),
            _CAMPAIGN_COLUMN,
        ),
        lambda key, totals: _wording_cells(evidence, key, totals),
        ordered=True,
        families=RowFamilies(lambda key: None if key == _ONE_WORDING else key[:2], rank=0),
    )
    table = build_table(grouping, evidence, now)
    publications = evidence.publications
    if not publications or any(publication.wording for publication in publications):
        return table
    notes = ("No post that went out has several wordings.",)
    return replace(table, rows=(), total=None, trends=(), notes=notes, method="")


def _wording_cells(evidence: Evidence, key: GroupKey, totals: Totals) -> tuple[Cell, ...]:
    if key == _ONE_WORDING:
        return ("Posts with one wording", "", "", "")
    first = min((each.publication for each in totals.metrics), key=lambda post: post.part)
    campaign = evidence.names.campaign(key[0])
    return (key[2], key[1], one_line(first.text, EXCERPT_LENGTH), campaign)


def by_post(evidence: Evidence, now: datetime) -> Table:
    """Sum by post as the YAML names it: all its accounts, occurrences and thread parts together."""
    grouping = Grouping(
        "post",
        "Posts",
        lambda post: (post.campaign, post.post),
        (
            Column("post", "Post", "text"),
            _id_column("post_id"),
            Column("demand", "Demand", "text", rank=6),
            Column("published", "First out", "instant", rank=4),
            Column("remark", "Remark", "text", rank=4),
            _CAMPAIGN_COLUMN,
        ),
        lambda key, totals: _post_cells(evidence, key, totals),
    )
    return build_table(grouping, evidence, now)


def _post_cells(evidence: Evidence, key: GroupKey, totals: Totals) -> tuple[Cell, ...]:
    first = min(
        (each.publication for each in totals.metrics),
        key=lambda post: (post.published, post.part, post.id),
    )
    return (
        one_line(first.text, EXCERPT_LENGTH) or key[1],
        key[1],
        evidence.names.demand(key[0], first.demand),
        first.published,
        _remark(totals),
        evidence.names.campaign(key[0]),
    )


def _remark(totals: Totals) -> str:
    gone = "deleted" if totals.gone == totals.posts else f"{totals.gone} of {totals.posts} deleted"
    fallen = describe_fallen(name for each in totals.metrics for name in each.fell)
    return ", ".join([gone] * bool(totals.gone) + [fallen] * bool(fallen))


# --- By who posted --------------------------------------------------------------------------------


def by_account(evidence: Evidence, now: datetime) -> Table:
    """Sum by the account that posted."""
    grouping = Grouping(
        "account",
        "Accounts",
        lambda post: (post.account, post.platform),
        (
            Column("account", "Account", "text"),
            _id_column("account_id"),
            Column("platform", "Platform", "text", rank=4),
        ),
        lambda key, _: (evidence.names.account(key[0]), *key),
        _booked_by_account(evidence),
    )
    return build_table(grouping, evidence, now)


def by_platform(evidence: Evidence, now: datetime) -> Table:
    """Sum by platform."""
    # An account is on one platform, so its reads made in batches are the platform's too.
    platforms = {post.account: post.platform for post in evidence.publications}
    grouping = Grouping(
        "platform",
        "Platforms",
        lambda post: (post.platform,),
        (Column("platform", "Platform", "text"),),
        lambda key, _: key,
        _booked_by(evidence, lambda booking: platforms.get(booking.account)),
    )
    return build_table(grouping, evidence, now)


def _booked_by(
    evidence: Evidence, key: Callable[[Spending], str | None]
) -> Mapping[GroupKey, Decimal] | None:
    if evidence.spending is None:
        return None
    booked: dict[GroupKey, Decimal] = defaultdict(Decimal)
    for booking in evidence.spending:
        if (name := key(booking)) is not None:
            booked[(name,)] += booking.dollars
    return booked


def _booked_by_account(evidence: Evidence) -> Mapping[GroupKey, Decimal] | None:
    booked = _booked_by(evidence, lambda booking: booking.account)
    if booked is None:
        return None
    accounts = {(post.account, post.platform) for post in evidence.publications}
    return {account: booked.get(account[:1], Decimal(0)) for account in accounts}


# --- By when posts went out -----------------------------------------------------------------------


def by_hour(evidence: Evidence, now: datetime) -> Table:
    """Sum by the hour of the audience's day at which posts went out."""
    grouping = Grouping(
        "hour",
        "Hour of publication",
        lambda post: (f"{post.published.astimezone(evidence.zone):%H}:00",),
        (Column("hour", "Hour", "text"),),
        lambda key, _: key,
        ordered=True,
        all_rows=True,
    )
    return build_table(grouping, evidence, now)


def by_week(evidence: Evidence, now: datetime) -> Table:
    """Sum by weekday and hour, in the audience's timezone."""

    def weekday_and_hour(post: Publication) -> tuple[str, str]:
        local = post.published.astimezone(evidence.zone)
        return str(local.weekday()), f"{local:%H}:00"

    grouping = Grouping(
        "week",
        "Weekday and hour of publication",
        weekday_and_hour,
        (Column("weekday", "Weekday", "text"), Column("hour", "Hour", "text")),
        lambda key, _: (DAYS[int(key[0])], key[1]),
        ordered=True,
        all_rows=True,
    )
    return build_table(grouping, evidence, now)


def by_event(evidence: Evidence, now: datetime) -> Table:
    """Sum by the event that posts belong to."""
    names = evidence.names
    grouping = Grouping(
        "event",
        "Events",
        lambda post: (post.campaign, post.event or ""),
        (Column("event", "Event", "text"), _id_column("event_id"), _CAMPAIGN_COLUMN),
        lambda key, _: (names.event(key[0], key[1]), key[1], names.campaign(key[0])),
    )
    return build_table(grouping, evidence, now)


def by_phase(evidence: Evidence, now: datetime) -> Table:
    """Sum by event, and whether posts went out before, during or after it."""
    names = evidence.names
    grouping = Grouping(
        "phase",
        "Before, during and after events",
        lambda post: (post.campaign, post.event or "", str(_phase(evidence, post))),
        (
            Column("event", "Event", "text"),
            _id_column("event_id"),
            Column("phase", "When", "text"),
            _CAMPAIGN_COLUMN,
        ),
        lambda key, _: (
            names.event(key[0], key[1]),
            key[1],
            _PHASES[int(key[2])],
            names.campaign(key[0]),
        ),
        ordered=True,
        all_rows=True,
    )
    return build_table(grouping, evidence, now)


def _phase(evidence: Evidence, post: Publication) -> int:
    """Return the index in ``_PHASES``; an event lasts from its start up to its end."""
    if post.event is None:
        return _PHASES.index("No event")
    span = evidence.names.spans.get((post.campaign, post.event))
    if span is None:
        return _PHASES.index("Time unknown")
    starts, ends = span
    return 0 if post.published < starts else 1 if post.published < ends else 2


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
    "spend": spend_table,
    "attention": attention_table,
}
"""The reports by name, in their usual order."""

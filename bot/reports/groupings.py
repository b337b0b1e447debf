"""The reports that sum publications, as the entries of ``GROUPINGS``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model import PostKey
from bot.model.post_words import platform_name
from bot.reports.grouped import Grouping, build_table
from bot.reports.table import (
    DAYS,
    EXCERPT_LENGTH,
    Cell,
    Column,
    Table,
    describe_fallen,
    join_platforms,
    one_line,
)

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Publication
    from bot.reports.evidence import Evidence, GroupKey
    from bot.reports.totals import Totals

_ONE_WORDING = ("", "", "")
"""The key of all posts that have only one wording, which is sorted first."""

_PHASES = ("Before", "During", "After", "Time unknown", "No event")


def _id_column(key: str) -> Column:
    return Column(key, "Id", "text", machine_only=True)


def _named(key: str, name: str, rank: int = 0) -> tuple[Column, Column]:
    """Return the column of a name for people, and that of the id behind it."""
    return Column(key, name, "text", rank=rank), _id_column(f"{key}_id")


def _wording_cells(_: Evidence, key: GroupKey, totals: Totals) -> tuple[Cell, ...]:
    if key == _ONE_WORDING:
        return ("Posts with one wording", "", "")
    first = min((metrics.publication for metrics in totals.metrics), key=lambda post: post.part)
    return (key[2], key[1], one_line(first.text, EXCERPT_LENGTH))


def _post_cells(evidence: Evidence, key: GroupKey, totals: Totals) -> tuple[Cell, ...]:
    first = min(
        (metrics.publication for metrics in totals.metrics),
        key=lambda post: (post.published, post.part, post.id),
    )
    platforms = {metrics.publication.platform for metrics in totals.metrics}
    fallen = describe_fallen(name for metrics in totals.metrics for name in metrics.fell)
    return (
        one_line(first.text, EXCERPT_LENGTH) or key[1],
        evidence.post_name(PostKey(*key)),
        key[1],
        evidence.names.demand(key[0], first.demand),
        first.published,
        join_platforms(platforms),
        ", ".join(filter(None, [_deleted(totals), fallen])),
    )


def _deleted(totals: Totals) -> str:
    """Return in words on which networks a post is deleted, in whole or in part, or ""."""
    by_account: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for metrics in totals.metrics:
        of = metrics.publication
        by_account[of.platform, of.account].append(of.gone is not None)
    several = len(by_account) > 1
    found = []
    for (platform, _), gone in sorted(by_account.items()):
        parts = "" if all(gone) else f"{sum(gone)} of {len(gone)} parts "
        on = f" on {platform_name(platform)}" if several else ""
        if any(gone):
            found.append(f"{parts}deleted{on}")
    return ", ".join(found)


def _phase_key(evidence: Evidence, post: Publication) -> GroupKey:
    """Return campaign, event and the index in ``_PHASES``."""
    phase = "No event"
    if post.event is not None:
        phase = "Time unknown"
        if span := evidence.names.spans.get((post.campaign, post.event)):
            starts, ends = span
            after = "During" if post.published < ends else "After"
            phase = "Before" if post.published < starts else after
    return (post.campaign, post.event or "", str(_PHASES.index(phase)))


def week_key(evidence: Evidence, post: Publication) -> GroupKey:
    """Return the weekday, from 0 for Monday, and the hour in the audience's timezone."""
    local = post.published.astimezone(evidence.zone)
    return str(local.weekday()), f"{local:%H}:00"


_GROUPINGS = (
    Grouping(
        id="campaign",
        title="Campaigns",
        key=lambda _, post: (post.campaign,),
        columns=_named("campaign", "Campaign"),
        label=lambda evidence, key, _: (evidence.names.campaign(key[0]), key[0]),
        booked_by="campaign",
    ),
    Grouping(
        id="demand",
        title="Demands",
        key=lambda _, post: (post.campaign, post.demand or ""),
        columns=_named("demand", "Demand"),
        label=lambda evidence, key, _: (evidence.names.demand(*key), key[1]),
        in_campaign=True,
        family=lambda key: key[:1] if key[1] else None,
    ),
    Grouping(
        id="wording",
        title="Wordings",
        key=lambda _, post: (
            (post.campaign, post.post, post.wording) if post.wording else _ONE_WORDING
        ),
        columns=(
            Column("wording", "Wording", "text"),
            Column("post_id", "Post", "text"),
            Column("text", "Text", "text", rank=7),
        ),
        label=_wording_cells,
        in_campaign=True,
        ordered=True,
        family=lambda key: None if key == _ONE_WORDING else key[:2],
    ),
    Grouping(
        id="event",
        title="Events",
        key=lambda _, post: (post.campaign, post.event or ""),
        columns=_named("event", "Event"),
        label=lambda evidence, key, _: (evidence.names.event(*key), key[1]),
        in_campaign=True,
    ),
    Grouping(
        id="phase",
        title="Before, during and after events",
        key=_phase_key,
        columns=(*_named("event", "Event"), Column("phase", "When", "text")),
        label=lambda evidence, key, _: (
            evidence.names.event(key[0], key[1]),
            key[1],
            _PHASES[int(key[2])],
        ),
        in_campaign=True,
        ordered=True,
        all_rows=True,
    ),
    Grouping(
        id="account",
        title="Accounts",
        key=lambda _, post: (post.account, post.platform),
        columns=(*_named("account", "Account"), *_named("platform", "Platform", rank=4)),
        label=lambda evidence, key, _: (
            evidence.names.account(key[0]),
            key[0],
            platform_name(key[1]),
            key[1],
        ),
        booked_by="account",
    ),
    Grouping(
        id="platform",
        title="Platforms",
        key=lambda _, post: (post.platform,),
        columns=_named("platform", "Platform"),
        label=lambda _, key, __: (platform_name(key[0]), key[0]),
        booked_by="account",
    ),
    Grouping(
        id="post",
        title="Posts",
        key=lambda _, post: PostKey.of(post),
        columns=(
            Column("post", "Post", "text"),
            Column("name", "Name", "text", rank=6),
            _id_column("post_id"),
            Column("demand", "Demand", "text", rank=6),
            Column("published", "First out", "instant", rank=4),
            Column("networks", "On", "text", rank=6),
            Column("remark", "Remark", "text", rank=4),
        ),
        label=_post_cells,
        in_campaign=True,
    ),
    Grouping(
        id="hour",
        title="Hour of publication",
        key=lambda evidence, post: week_key(evidence, post)[1:],
        columns=(Column("hour", "Hour", "text"),),
        label=lambda _, key, __: key,
        ordered=True,
        all_rows=True,
    ),
    Grouping(
        id="week",
        title="Weekday and hour of publication",
        key=week_key,
        columns=(Column("weekday", "Weekday", "text"), Column("hour", "Hour", "text")),
        label=lambda _, key, __: (DAYS[int(key[0])], key[1]),
        ordered=True,
        all_rows=True,
    ),
)
GROUPINGS = {grouping.id: grouping for grouping in _GROUPINGS}
"""The reports that sum publications, by id and in their usual order."""


def by_wording(evidence: Evidence, now: datetime) -> Table:
    """Sum by wording. The table has no rows if no post has several wordings."""
    table = build_table(GROUPINGS["wording"], evidence, now)
    publications = evidence.publications
    if not publications or any(publication.wording for publication in publications):
        return table
    notes = ("No post that went out has several wordings.",)
    return replace(table, rows=(), total=None, notes=notes)

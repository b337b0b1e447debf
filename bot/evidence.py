"""Gathers what a report draws on: what happened, and what things are called."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.engagement.spend import price
from bot.model import Content, Part, State
from bot.platforms import kind
from bot.reports import Evidence, Names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal

    from bot.app import App
    from bot.model import Account, Campaign, Publication

UNDONE = (State.MISSED, State.EXPIRED, State.REJECTED, State.NEEDS_HUMAN, State.UNKNOWN)
"""Deliveries that did not go out, and should have."""


def gather(
    app: App,
    campaigns: Iterable[Campaign],
    *,
    campaign: str | None = None,
    since: datetime | None = None,
) -> Evidence:
    """Give the evidence on one campaign or all, on what went out from ``since`` on."""
    listed = list(campaigns)
    publications = [
        one
        for one in app.metrics.publications()
        if (not campaign or one.campaign == campaign) and (not since or one.published >= since)
    ]
    everything = not campaign and not since
    deliveries = app.queue.in_states((*UNDONE, State.PUBLISHED), since=since)
    contents = {one.id: one.content for one in deliveries}
    return Evidence(
        publications=publications,
        snapshots=app.metrics.snapshots(None if everything else [one.id for one in publications]),
        spending=app.ledger.spending(since),
        prices={one.id: _price(one, contents.get(one.delivery)) for one in publications},
        deliveries=[one for one in deliveries if not campaign or one.campaign == campaign],
        names=Names.of(listed, app.config.accounts.values()),
        timezone=_zone(listed, campaign),
        simulated=all(map(_simulated, app.config.accounts.values())),
    )


def _price(publication: Publication, content: Content | None) -> Decimal:
    """Give what publishing it cost, by the prices of that day.

    A thread that is still going out is priced by its words alone.
    """
    part = content.parts[publication.part] if content else Part(publication.text)
    return price(kind(publication.platform), Content((part,)), publication.published)


def _zone(campaigns: list[Campaign], wanted: str | None) -> str:
    zones = [one.timezone for one in campaigns if not wanted or one.id == wanted]
    return zones[0] if zones else "UTC"


def _simulated(account: Account) -> bool:
    return urlsplit(account.api).hostname in {"127.0.0.1", "::1", "localhost"}

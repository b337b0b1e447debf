"""The accounts, campaigns, demands, states and timezones that the calendar's forms offer."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.model import OVER
from bot.model.post_words import STATE_WORDS, platform_name
from bot.planning.diff import PLANNED
from bot.schedules.local_time import zone as zone_of
from bot.services.views_calendar import CalendarChoices, CalendarFilter, Choice
from bot.text import join_first, truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.model import Account, Campaign
    from bot.model.people import Scope

WORDS_LENGTH = 60
"""Characters of a title or a demand that a form shows."""


def visible_campaigns(campaigns: Iterable[Campaign], scope: Scope) -> list[Campaign]:
    """Return the campaigns of which the scope shows at least one account."""
    return [campaign for campaign in campaigns if _is_visible(campaign, scope)]


def _is_visible(campaign: Campaign, scope: Scope) -> bool:
    if scope.is_everything:
        return True
    names = {*campaign.accounts, *(name for post in campaign.posts for name in post.accounts)}
    return any(scope.sees(campaign.id, name) for name in names)


def main_zone(campaigns: Iterable[Campaign], scope: Scope) -> ZoneInfo:
    """Return the timezone of most of the campaigns that the scope shows, or UTC."""
    zones = Counter(campaign.timezone for campaign in visible_campaigns(campaigns, scope))
    return zone_of(zones.most_common(1)[0][0]) if zones else ZoneInfo("UTC")


def read_choices(
    campaigns: Iterable[Campaign],
    accounts: Mapping[str, Account],
    only: CalendarFilter,
    scope: Scope,
) -> CalendarChoices:
    """Return the choices that the scope shows, and those that are chosen already."""
    campaigns = visible_campaigns(campaigns, scope)
    seen = {name: account for name, account in accounts.items() if scope.sees_account(name)}
    demands = {
        demand.id: truncate_line(demand.ask, WORDS_LENGTH)
        for campaign in campaigns
        for demand in campaign.demands.values()
        if only.campaign in ("", campaign.id)
    }
    titles = {of.id: truncate_line(of.title, WORDS_LENGTH) for of in campaigns}
    names = {name: f"{name} ({platform_name(of.platform)})" for name, of in seen.items()}
    states = {state.value: word for state, word in STATE_WORDS.items() if state not in OVER}
    states[PLANNED] = f"{PLANNED}, not queued yet"
    states |= {state.value: STATE_WORDS[state] for state in sorted(OVER)}
    return CalendarChoices(
        accounts=_choices(names, only.account),
        campaigns=_choices(titles, only.campaign),
        demands=_choices(demands, only.demand),
        states=_choices(states, only.state),
        zones=_zones(campaigns, seen.values()),
    )


def _choices(words: Mapping[str, str], chosen: str) -> tuple[Choice, ...]:
    """Return the choices; one that is chosen stays although there is none of it any more."""
    added = {} if chosen in words or not chosen else {chosen: chosen}
    return tuple(Choice(value, said) for value, said in {**words, **added}.items())


def _zones(campaigns: Sequence[Campaign], accounts: Iterable[Account]) -> tuple[Choice, ...]:
    owners: dict[str, list[str]] = defaultdict(list)
    for campaign in campaigns:
        owners[campaign.timezone].append(truncate_line(campaign.title, WORDS_LENGTH))
    for account in accounts:
        owners[account.timezone].append(account.name)
    return tuple(Choice(name, join_first(owners[name], 1)) for name in sorted(owners))

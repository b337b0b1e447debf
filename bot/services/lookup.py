"""Find the delivery that a person means by a number, a key or the name of a post."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.errors import Problem, UserError
from bot.store.queue import UNFINISHED

if TYPE_CHECKING:
    from bot.model import Delivery
    from bot.runtime.app import App

MAX_CANDIDATES = 8
"""Deliveries that are listed where a name can mean several."""


def named_deliveries(app: App, typed: str) -> list[Delivery]:
    """Return every delivery with this number, this key, or a key that begins with these parts."""
    if delivery := app.queue.get(typed):
        return [delivery]
    campaign, _, rest = typed.partition("/")
    post = rest.partition("/")[0]
    return [
        delivery
        for delivery in app.queue.of_posts([(campaign, post)])
        if f"{delivery.key}/".startswith(f"{typed.rstrip('/')}/")
    ]


def find_delivery(app: App, typed: str) -> Delivery:
    """Return the one delivery that is meant. Raises UserError where there are none or several."""
    deliveries = named_deliveries(app, typed)
    if len(deliveries) == 1:
        return deliveries[0]
    if deliveries:
        raise UserError([_ambiguous_name(typed, deliveries)])
    hint = _why_not_queued(app, typed) or "groundswell queue list --all shows what there is."
    raise UserError([Problem(typed, 0, 0, "Q101", "There is no such post.", hint)])


def _ambiguous_name(typed: str, deliveries: list[Delivery]) -> Problem:
    """Return the problem with the candidates, unfinished ones first."""
    deliveries = sorted(deliveries, key=lambda delivery: delivery.state not in UNFINISHED)
    listed = [
        f"{delivery.id} ({delivery.due.astimezone(ZoneInfo(delivery.timezone)):%a %Y-%m-%d %H:%M}, "
        f"{delivery.account}, {delivery.state.value})"
        for delivery in deliveries[:MAX_CANDIDATES]
    ]
    more = f" and {rest} more" if (rest := len(deliveries) - len(listed)) else ""
    message = f"It can mean {len(deliveries)} posts: No. {', '.join(listed)}{more}."
    return Problem(typed, 0, 0, "Q102", message, "Name one by its number.")


def _why_not_queued(app: App, typed: str) -> str | None:
    """Return why a post of the campaign files is not queued: it is due too late, or is past."""
    from bot.campaigns.loading import load
    from bot.planning import unplanned

    if "/" not in typed:
        return None
    config, now = app.config, app.clock.now()
    campaigns = load(config.campaigns, config.accounts).campaigns
    for past in unplanned.past_posts(campaigns, config.accounts, now):
        if f"{typed}/".startswith(f"{'/'.join(past.post_key)}/"):
            [problem] = unplanned.past_post_warnings([past], now)
            return f"{problem.message} {problem.hint}"
    for later in unplanned.posts_beyond_horizon(campaigns, now, config.horizon):
        if f"{typed}/".startswith(f"{later.name}/"):
            reach = f"Its time is beyond the horizon of {config.horizon.days} days"
            return f"{reach}: it is queued from {later.queued_on} on."
    return None

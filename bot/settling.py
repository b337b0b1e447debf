"""The inbox: what only a person can decide, and carrying out the decision."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.delivery import person
from bot.errors import Problem, UserError
from bot.model import Published, State
from bot.needs import lost, needs
from bot.platforms import kind
from bot.showing import Showing
from bot.store.twins import twins

if TYPE_CHECKING:
    from bot.app import App
    from bot.model import Account, Delivery, Settlement


def inbox(app: App) -> dict[str, Any]:
    """Return what needs a person, what did not go out in the past week, and what is paused."""
    showing = Showing(app)
    asked = app.queue.in_states([State.NEEDS_HUMAN])
    pauses = [{"what": str(one), "since": one.since} for one in app.queue.pauses()]
    return {
        "needs_human": [_asked(app, showing, delivery) for delivery in asked],
        "looking": len(app.queue.in_states([State.UNKNOWN])),
        "lost": [showing.describe(delivery) for delivery in lost(app)],
        "pauses": pauses,
        "needs_person": needs(app),
        "held_back": _held_back(app),
    }


def _held_back(app: App) -> dict[str, Any] | None:
    """Give what has left the campaign files at once, and stays queued until a person says so."""
    held = app.mass_cancels.held_back()
    if held is None:
        return None
    return {"since": held.at, "scheduled": held.scheduled, "keys": sorted(held.keys)}


def _asked(app: App, showing: Showing, delivery: Delivery) -> dict[str, Any]:
    account = app.config.accounts.get(delivery.account)
    return {
        **showing.describe(delivery),
        "part": delivery.next_part + 1,
        "page": kind(delivery.platform).profile_url(account) if account else "",
        "attempts": showing.history(delivery),
    }


def settle_sent(app: App, delivery: Delivery, remote: str, who: str) -> Settlement:
    """Take a person's word that it is out under this id or address. Raises UserError."""
    account = _account(app, delivery)
    remote_id = _remote_id(remote, account)
    if remote_id in app.sending.known_ids(delivery.account):
        message = f"Post {remote_id} belongs to another delivery already."
        raise UserError([Problem("inbox settle", 0, 0, "Q403", message, "Check the id.")])
    attempts = app.queue.attempts(delivery.id)
    at = attempts[-1].opened if attempts else app.clock.now()
    url = kind(delivery.platform).post_url(account, remote_id)
    now = app.clock.now()
    settlement = person.sent(delivery, account, Published(remote_id, url, at), who, now)
    settlement = replace(settlement, bill=app.spend.bill(delivery))
    _resolve(app, delivery, settlement, who)
    app.budgets.check(delivery.account)
    return settlement


def _remote_id(typed: str, account: Account) -> str:
    """Give the platform's id, from the id or the address of one of the account's own posts."""
    platform, remote_id = kind(account.platform), typed.strip()
    if "/" in remote_id:
        home = re.escape(urlsplit(platform.post_url(account, "")).path)
        found = re.search(f"{home}([^/?#]*)", remote_id, re.IGNORECASE)
        remote_id = found[1] if found else ""
    if not platform.POST_ID.fullmatch(remote_id):
        message = f"{typed!r} is no post of {account.handle}."
        hint = "Give the id at the end of the post's address, or the whole address."
        raise UserError([Problem("inbox settle", 0, 0, "Q402", message, hint)])
    return remote_id


def settle_not_sent(app: App, delivery: Delivery, who: str) -> Settlement:
    """Take a person's word that it is not out. Raises UserError.

    Where the account has said the same before, it is their leave to say it again.
    """
    now = app.clock.now()
    with app.database.reading() as connection:
        twin = twins(connection, [delivery], now).get(delivery.id)
    settlement = person.not_sent(delivery, who, now, twin)
    _resolve(app, delivery, settlement, who, allowed=twin is not None)
    return settlement


def settle_drop(app: App, delivery: Delivery, who: str) -> Settlement:
    """Leave it at that. Raises UserError."""
    settlement = person.drop(who)
    _resolve(app, delivery, settlement, who)
    return settlement


def _account(app: App, delivery: Delivery) -> Account:
    account = app.config.accounts.get(delivery.account)
    if account is None:
        message = f"config.yaml has no account {delivery.account}."
        raise UserError([Problem("inbox settle", 0, 0, "Q404", message, "Add it, then settle.")])
    return account


def _resolve(
    app: App,
    delivery: Delivery,
    settlement: Settlement,
    who: str,
    *,
    allowed: bool = False,
) -> None:
    now = app.clock.now()
    if not app.sending.resolve(delivery, settlement, now, by=who, allowed=allowed):
        message = f"{delivery.key} is {delivery.state}, not waiting for a person."
        hint = "groundswell inbox shows what is."
        raise UserError([Problem("inbox settle", 0, 0, "Q401", message, hint)])

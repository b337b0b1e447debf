"""What needs a person: counted for ``status``, shown in the ``inbox`` and settled."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.alerts.notices import FAILED_STATES
from bot.campaigns.reading import stamp_of
from bot.campaigns.source import yaml_files
from bot.database.workers import list_workers
from bot.delivery import transitions
from bot.delivery.decide import describe_duplicate
from bot.errors import Problem, UserError
from bot.model import RemotePost, State, Transition
from bot.platforms import load_platform
from bot.schedules.local_time import format_local
from bot.services.approving import held_floors
from bot.services.posts import find_posts
from bot.services.queue import (
    attempt_views,
    describe_deliveries,
    explain,
    format_due,
    waiting_calls,
)
from bot.store.facts import find_duplicates
from bot.store.pauses import read_backoffs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Account, Delivery
    from bot.runtime.app import App

NEXT_LIMIT = 5
"""Posts due next that the status lists."""

MAX_CHECKED_BYTES = 500_000
"""Campaign files larger than this in all are not checked: the status must be quick."""

_INBOX_HINT = "groundswell inbox lists the posts that wait for one."
_WEEK = timedelta(days=7)


# --- What needs a person --------------------------------------------------------------------------


def attention_summary(app: App) -> dict[str, Any]:
    """Return how much of each kind needs a person; changes nothing and asks no platform.

    ``stopped`` are the commands that end what Groundswell paused by itself: a person knows what
    they paused. ``floors`` are the campaigns whose files ask for fewer approvals than before.
    ``mistakes`` keep the campaign files from being followed; None where they were not checked.
    """
    now = app.clock.now()
    waiting = app.approvals.waiting(now)
    held_back = app.mass_cancels.held_back()
    mistakes = None
    stamps = filter(None, map(stamp_of, yaml_files(app.config.campaigns)))
    if sum(size for size, *_ in stamps) <= MAX_CHECKED_BYTES:
        mistakes = list(map(str, app.queue_sync.files.check(now).problems))
    return {
        "inbox": app.queue.count_by_state().get(State.NEEDS_HUMAN, 0),
        "approvals": len(waiting),
        "first_approval": format_due(waiting[0].first.next) if waiting else None,
        "left_files": held_back.posts if held_back else 0,
        "stale_facts": app.queue.count_stale(now),
        "lost": len(recently_lost(app)),
        "floors": [floor.campaign for floor in held_floors(app)],
        "stopped": [p.resume_command for p in app.queue.pauses() if p.is_automatic],
        "mistakes": mistakes,
    }


def recently_lost(app: App) -> Sequence[Delivery]:
    """Return what was not published in the past week, and will not be."""
    return app.queue.in_states(FAILED_STATES, since=app.clock.now() - _WEEK)


def read_status(app: App) -> dict[str, Any]:
    """Return the status as plain values; changes nothing and asks no platform."""
    workers, now = list_workers(app.database), app.clock.now()
    accounts = app.config.accounts
    following = app.queue.in_states([State.SCHEDULED], limit=NEXT_LIMIT)
    reasons = explain(app, following)
    with app.database.reading() as connection:  # who waits because their platform asked for it
        backoffs = read_backoffs(connection, [*accounts])
    return {
        "config": str(app.config.path),
        "database": app.config.database_name,
        "has_run": bool(workers),
        "workers": [  # those that have not stopped in good order: alive, killed or stale
            {**asdict(worker), "state": worker.state} for worker in workers if not worker.stopped
        ],
        "pauses": [
            {**asdict(pause), "what": str(pause), "by_itself": pause.is_automatic}
            for pause in app.queue.pauses()
        ],
        "rests": [
            {"account": name, "until": wait.until, "why": wait.why}
            | {"local": format_local(wait.until, accounts[name].timezone)}
            for name in accounts
            if (wait := backoffs.get(name)) and now < wait.until
        ],
        "waiting": [
            {**asdict(waiting), "words": waiting.describe(now)} for waiting in waiting_calls(app)
        ],
        "scheduled": app.queue.count_by_state().get(State.SCHEDULED, 0),
        "next": [
            {"number": delivery.id, "key": delivery.key, "account": delivery.account}
            | {"due": delivery.due, "local": format_due(delivery)}
            | {"text": delivery.content.text, "why": reasons[delivery.id]}
            for delivery in following
        ],
        "needs_person": attention_summary(app),
        "budgets": [
            {**asdict(budget), "mark": budget.threshold, "words": str(budget)}
            for budget in app.budgets.statuses()
        ],
    }


def read_inbox(app: App) -> dict[str, Any]:
    """Return what needs a person, what was not published in the past week, and what is paused."""
    undecided, held_back = app.queue.in_states([State.NEEDS_HUMAN]), app.mass_cancels.held_back()
    described = describe_deliveries(app, [*undecided, *recently_lost(app)])
    return {
        "needs_human": [
            {
                **row,
                "part": delivery.next_part + 1,
                "page": load_platform(delivery.platform).profile_url(account) if account else "",
                "attempts": attempt_views(app, [delivery]),
            }
            for delivery, row in zip(undecided, described, strict=False)
            for account in [app.config.accounts.get(delivery.account)]
        ],
        "looking": len(app.queue.in_states([State.UNKNOWN])),
        "lost": described[len(undecided) :],
        "pauses": [
            {"what": str(pause), "since": pause.since, "resume": pause.resume_command}
            for pause in app.queue.pauses()
        ],
        "needs_person": attention_summary(app),
        "held_back": held_back
        and {
            "since": held_back.at,
            "posts": held_back.posts,
            "scheduled": held_back.scheduled,
            "keys": sorted(held_back.keys),
        },
    }


# --- Settling -------------------------------------------------------------------------------------


def find_unsettled(app: App, typed: str, account: str | None = None) -> Delivery:
    """Return the delivery of a post that needs a person. Raise UserError if it is none, or several.

    With ``account``, it is the one on that account.
    """
    [named] = find_posts(app, [typed], [account] if account else [])
    asked = [of for of in named.deliveries if of.state is State.NEEDS_HUMAN]
    if len(asked) == 1:
        return asked[0]
    if not asked and len(named.deliveries) == 1:
        return named.deliveries[0]
    name = named.post.name
    if not asked:
        message = f"{name} waits for a person on none of its accounts."
        raise UserError([Problem("inbox settle", 0, 0, "Q401", message, _INBOX_HINT)])
    accounts = " or ".join(f"--account {delivery.account}" for delivery in asked)
    message = f"{name} needs a person on {len(asked)} accounts, each with its own page."
    raise UserError([Problem("inbox settle", 0, 0, "Q406", message, f"Add {accounts}.")])


def settle_sent(app: App, delivery: Delivery, remote: str, who: str) -> Transition:
    """Record, on a person's word, that it was published under this id or address.

    Raises UserError.
    """
    account = app.config.accounts.get(delivery.account)
    if account is None:
        message = f"config.yaml has no account {delivery.account}."
        raise UserError([Problem("inbox settle", 0, 0, "Q404", message, "Add it, then settle.")])
    remote_id = parse_remote_id(remote, account)
    if remote_id in app.unsettled.known_remote_ids(delivery.account):
        message = f"Post {remote_id} belongs to another delivery already."
        raise UserError([Problem("inbox settle", 0, 0, "Q403", message, "Check the id.")])
    now = app.clock.now()
    attempts = app.queue.attempts(delivery.id)
    post = RemotePost(
        remote_id,
        load_platform(delivery.platform).post_url(account, remote_id),
        attempts[-1].opened if attempts else now,
    )
    bill = app.budgets.bill(delivery)
    transition = transitions.transition_for(delivery, account, post, now, bill=bill)
    transition = replace(transition, reason=f"{who} found it on the platform")
    _resolve(app, delivery, transition, who)
    app.budgets.check(delivery.account)
    return transition


def parse_remote_id(typed: str, account: Account) -> str:
    """Return the platform's id, from the id or the address of one of the account's own posts."""
    platform, remote_id = load_platform(account.platform), typed.strip()
    if "/" in remote_id:
        profile = re.escape(urlsplit(platform.post_url(account, "")).path)
        match = re.search(f"{profile}([^/?#]*)", remote_id, re.IGNORECASE)
        remote_id = match[1] if match else ""
    if not platform.POST_ID.fullmatch(remote_id):
        message = f"{typed!r} is not a post of {account.handle}."
        hint = "Use the id at the end of the post's address, or the whole address."
        raise UserError([Problem("inbox settle", 0, 0, "Q402", message, hint)])
    return remote_id


def settle_not_sent(app: App, delivery: Delivery, who: str) -> Transition:
    """Record, on a person's word, that it was not published. Raises UserError.

    If the account has said the same before, this is also the permission to say it again. There is
    none for what another account of the platform has said.
    """
    now = app.clock.now()
    with app.database.reading() as connection:
        duplicate = find_duplicates(connection, [delivery], now).get(delivery.id)
    own = duplicate is not None and duplicate.may_be_allowed(delivery)
    if duplicate and not own and not delivery.next_part:
        message = f"{describe_duplicate(duplicate, delivery)}."
        hint = f"groundswell inbox settle {delivery.key} --drop; then let it say something of its "
        hint += "own, as a new post."
        raise UserError([Problem("inbox settle", 0, 0, "Q405", message, hint)])
    # What is allowed already was not what they were asked about this time.
    if not own or delivery.allowed:
        duplicate = None
    transition = transitions.confirmed_unsent(delivery, who, now, duplicate)
    _resolve(app, delivery, transition, who, allowed=duplicate is not None)
    return transition


def settle_drop(app: App, delivery: Delivery, who: str) -> Transition:
    """Send nothing more of it. Raises UserError."""
    transition = Transition(State.DROPPED, reason=f"dropped by {who}")
    _resolve(app, delivery, transition, who)
    return transition


def _resolve(
    app: App, delivery: Delivery, transition: Transition, who: str, *, allowed: bool = False
) -> None:
    now = app.clock.now()
    if not app.unsettled.resolve(delivery, transition, now, by=who, allowed=allowed):
        message = f"{delivery.key} is {delivery.state}, not waiting for a person."
        raise UserError([Problem("inbox settle", 0, 0, "Q401", message, _INBOX_HINT)])

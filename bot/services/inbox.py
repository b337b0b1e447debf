"""Show and settle the posts that need a person."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.delivery import transitions
from bot.delivery.decide import describe_duplicate
from bot.errors import Problem, UserError
from bot.model import RemotePost, State, Transition, post_number, visible
from bot.model.people import EVERYTHING
from bot.model.post_words import STATE_WORDS, place_names
from bot.platforms import load_platform
from bot.schedules.local_time import format_local
from bot.services.concealing import Concealer
from bot.services.left_files import held_back_view
from bot.services.posts import find_posts, places_of, post_views, posts_of
from bot.services.queue import attempt_views
from bot.services.status import (
    attention_summary,
    count_posts,
    recently_lost,
    visible_pauses,
)
from bot.services.views_status import InboxItem, InboxView, SettledView, UndecidedView
from bot.store.duplicates import find_duplicates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Account, Delivery
    from bot.model.people import Scope
    from bot.runtime.app import App

_INBOX_HINT = "groundswell inbox lists the posts that wait for a person."


# --- Showing --------------------------------------------------------------------------------------


def read_inbox(app: App, scope: Scope = EVERYTHING) -> InboxView:
    """Return the posts that need a person, the lost posts of the past week, and the pauses."""
    return InboxView(
        needs_human=tuple(_undecided(app, scope)),
        looking=count_posts(visible(app.queue.in_states([State.UNKNOWN]), scope)),
        lost=tuple(post_views(app, visible(recently_lost(app), scope), scope)),
        pauses=visible_pauses(app, scope),
        needs_person=attention_summary(app, scope),
        held_back=held_back_view(app) if scope.is_everything else None,
    )


def _undecided(app: App, scope: Scope) -> Iterator[InboxItem]:
    asked = {of.id: of for of in visible(app.queue.in_states([State.NEEDS_HUMAN]), scope)}
    concealer = Concealer(app, scope)
    for post in post_views(app, asked.values(), scope):
        views = [view for view in post.deliveries if view.number in asked]
        places = place_names(post.deliveries)
        undecided = []
        for view in views:
            delivery, account = asked[view.number], app.config.accounts.get(view.account)
            part = min(delivery.next_part, len(view.parts) - 1)
            narrowed = f" --account {view.account}" if len(views) > 1 else ""
            undecided.append(
                UndecidedView(
                    account=view.account,
                    number=view.number,
                    on=places[view.account],
                    why=view.why,
                    part=part + 1,
                    text=view.parts[part].text,
                    page=load_platform(view.platform).profile_url(account) if account else "",
                    command=f"groundswell inbox settle {post.name}{narrowed}",
                    attempts=(attempts := attempt_views(app, [delivery], concealer)),
                    shown=attempts[-1].opened.isoformat() if attempts else "",
                    sent_again=(again := _is_sent_again(app, delivery)),
                    if_not_sent=_if_not_sent(delivery, again=again),
                )
            )
        yield InboxItem(post, tuple(undecided))


def _is_sent_again(app: App, delivery: Delivery) -> bool:
    """Return whether a delivery is sent again if a person says now that it is not out."""
    after = transitions.confirmed_unsent(delivery, "", app.clock.now())
    return after.state is State.SCHEDULED


def _if_not_sent(delivery: Delivery, *, again: bool) -> str:
    """Return what follows now if a person says that a delivery is not out."""
    until = format_local(delivery.deadline, delivery.timezone)
    if again:
        return f"It is sent again at once, because there is time until {until}"
    return f"Nothing more of it is sent, because its time was over at {until}"


def find_item(app: App, number: int, scope: Scope) -> InboxItem | None:
    """Return the item with this post's or delivery's number; None if none waits."""
    for item in _undecided(app, scope):
        if number in {item.post.number, *(view.number for view in item.undecided)}:
            return item
    return None


def find_shown(app: App, number: int, shown: str, scope: Scope = EVERYTHING) -> Delivery | None:
    """Return a delivery that still waits for a person as it was shown, or None.

    ``shown`` is the ``shown`` of its view. An answer to an older attempt must not settle a newer.
    """
    for item in _undecided(app, scope):
        for view in item.undecided:
            if (view.number, view.shown) == (number, shown):
                return app.queue.get(str(number))
    return None


# --- Settling -------------------------------------------------------------------------------------


def find_unsettled(app: App, typed: str, account: str | None) -> Delivery:
    """Return the only delivery of a post that needs a person, or its delivery on ``account``.

    Raise UserError if there is none, or more than one.
    """
    [named] = find_posts(app, [typed], [account] if account else [])
    asked = [of for of in named.deliveries if of.state is State.NEEDS_HUMAN]
    if len(asked) == 1:
        return asked[0]
    if not asked and len(named.deliveries) == 1:
        return named.deliveries[0]
    name = named.post.name
    if not asked:
        message = f"{name} does not wait for a person on any of its accounts."
        raise _refusal("Q401", message, _INBOX_HINT)
    accounts = " or ".join(f"--account {delivery.account}" for delivery in asked)
    message = f"{name} needs a person on {len(asked)} accounts, each with its own page."
    raise _refusal("Q406", message, f"Add {accounts}.")


def settle_sent(app: App, delivery: Delivery, remote: str, who: str) -> SettledView:
    """Record a person's finding that it was published under this id or address.

    Raise UserError.
    """
    account = app.config.accounts.get(delivery.account)
    if account is None:
        message = f"config.yaml has no account {delivery.account}."
        raise _refusal("Q404", message, "Add it, then settle the post.")
    remote_id = parse_remote_id(remote, account)
    if remote_id in app.unsettled.known_remote_ids(delivery.account):
        message = f"The id {remote_id} belongs to another post of the queue already."
        raise _refusal("Q403", message, "Check the id.")
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
    settled = _resolve(app, delivery, transition, who)
    app.budgets.check(delivery.account)
    return settled


def parse_remote_id(typed: str, account: Account) -> str:
    """Return the platform's id of one of the account's own posts, from its id or address."""
    platform, remote_id = load_platform(account.platform), typed.strip()
    if "/" in remote_id:
        profile = re.escape(urlsplit(platform.post_url(account, "")).path)
        match = re.search(f"{profile}([^/?#]*)", remote_id, re.IGNORECASE)
        remote_id = match[1] if match else ""
    if not platform.POST_ID.fullmatch(remote_id):
        message = f"{typed!r} is not a post of {account.handle}."
        hint = "Use the id at the end of the post's address, or the whole address."
        raise _refusal("Q402", message, hint)
    return remote_id


def settle_not_sent(app: App, delivery: Delivery, who: str) -> SettledView:
    """Record a person's finding that it was not published. Raise UserError.

    If the account has said the same before, this also permits it to say it again. No person can
    permit it to repeat what another account of the platform has said.
    """
    now = app.clock.now()
    with app.database.reading() as connection:
        duplicate = find_duplicates(connection, [delivery], now).get(delivery.id)
    own = duplicate is not None and duplicate.may_be_allowed(delivery)
    if duplicate and not own and not delivery.next_part:
        command = f"groundswell inbox settle {delivery.key} --drop"
        hint = f"Drop it: {command}. Then write a new post with other words."
        raise _refusal("Q405", f"{describe_duplicate(duplicate, delivery)}.", hint)
    # If the repetition is allowed already, the person was asked about something else.
    if not own or delivery.allowed:
        duplicate = None
    transition = transitions.confirmed_unsent(delivery, who, now, duplicate)
    return _resolve(app, delivery, transition, who, allowed=duplicate is not None)


def settle_drop(app: App, delivery: Delivery, who: str) -> SettledView:
    """Drop it, which sends nothing more of it. Raise UserError."""
    transition = Transition(State.DROPPED, reason=f"dropped by {who}")
    return _resolve(app, delivery, transition, who)


def _resolve(
    app: App, delivery: Delivery, transition: Transition, who: str, *, allowed: bool = False
) -> SettledView:
    now = app.clock.now()
    if not app.unsettled.resolve(delivery, transition, now, by=who, allowed=allowed):
        message = f"{delivery.key} does not wait for a person ({STATE_WORDS[delivery.state]})."
        raise _refusal("Q401", message, _INBOX_HINT)
    [post] = posts_of(app, [delivery])
    on = places_of(post, [delivery]) if len(post.deliveries) > 1 else ""
    return SettledView(
        post.name, post_number(post), delivery.account, on, transition.state, transition.reason
    )


def _refusal(code: str, message: str, hint: str) -> UserError:
    return UserError([Problem("inbox settle", 0, 0, code, message, hint)])

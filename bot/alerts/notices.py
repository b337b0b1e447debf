"""The events that deserve an alert, and the words of each. Pure.

An alert names a post, and does not repeat its text, which may be under embargo. A post on several
accounts is one notice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from bot.model import PlannedPost, PostKey, ScheduleKind, State, post_number
from bot.model.post_words import join_places, place_names, platform_name, summarize_states
from bot.model.web_addresses import APPROVALS, INBOX, PAUSES, TODAY, inbox_path, post_path
from bot.planning.left_files import MASS_CANCEL_HINT
from bot.schedules.local_time import format_local
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from bot.config.schema import AlertKind
    from bot.model import BudgetStatus, Delivery, Pause
    from bot.planning.pending import PendingPost
    from bot.store.pauses import HeldBack


FAILED_STATES = (State.REJECTED, State.MISSED, State.EXPIRED)
"""The final states of a delivery that should have gone out, and did not."""

MAX_LINES = 20
"""How many notices one message lists; the others are counted."""

_MAX_CHARS = 400  # of one notice: a platform's words can be long


APPROVAL_AHEAD = (timedelta(days=1), timedelta(hours=2))
"""How long before a post is due a team is alerted that it lacks approval.

A day before is the same hour of the day. The people who approve are then at work, and have until
the next day for posts that need new words. Two hours before is the last time at which two people
can still be reached, one after the other."""

APPROVAL_SPAN = 3 * max(APPROVAL_AHEAD)
"""How far ahead posts are read for that. Those that are named are due within twice the day, and on
another account perhaps hours later."""

MAX_APPROVALS = 3
"""How many posts that wait for approval are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Notice:
    """News for a team."""

    keys: tuple[str, ...]
    """The keys of its events. It is sent if one of them is new."""
    kind: AlertKind
    text: str
    page: str
    """The path of the page of the control room that settles it, or shows it; "" without one."""
    also: tuple[str, ...] = ()
    """The keys of more events in it. If only these are new, it is not sent."""


# --- Posts ----------------------------------------------------------------------------------------


class _OnAccount(NamedTuple):
    account: str
    network: str
    state: State
    why: str


def describe_post(post: PlannedPost[Delivery], concerned: Sequence[Delivery]) -> str:
    """Return the name of a post, the time it was due, and its state on each account.

    The deliveries that the message is about, ``concerned``, come first.
    """
    first = min(concerned, key=lambda delivery: (delivery.due, delivery.id))
    due = format_local(first.due, first.timezone)
    everywhere = [*map(_on_account, post.deliveries)]
    others = [delivery for delivery in post.deliveries if delivery not in concerned]
    groups = [group for group in (concerned, others) if group]
    among = everywhere if others else ()
    words = [summarize_states([*map(_on_account, group)], among) for group in groups]
    separator = "; " if ":" in words[0] else ", "
    on = "" if others else f" on {join_places(everywhere, place_names(everywhere))}"
    return f"{post.name}{on}, due {due}: {separator.join(words)}"


def _on_account(delivery: Delivery) -> _OnAccount:
    network = platform_name(delivery.platform)
    return _OnAccount(delivery.account, network, delivery.state, delivery.reason)


def event_key(delivery: Delivery) -> str:
    """Return the key of a delivery's event."""
    if delivery.state is State.NEEDS_HUMAN:
        return f"{delivery.state}:{delivery.key}:{delivery.fence}"
    # At another time, or by another attempt, it is another failure.
    return f"{delivery.state}:{delivery.key}:{delivery.due.isoformat()}:{delivery.fence}"


def post_failed(post: PlannedPost[Delivery]) -> Notice:
    """Return the notice of a post that did not go out on some or all of its accounts."""
    lost = [delivery for delivery in post.deliveries if delivery.state in FAILED_STATES]
    keys = tuple(map(event_key, lost))
    words = f"{failure_title(post)}: {describe_post(post, lost)}"
    return Notice(keys, "failed", words, post_path(*post.key))


def failure_title(post: PlannedPost[Delivery]) -> str:
    """Return the title for a lost post, which says whether it is out on some account."""
    is_out = any(delivery.state is State.PUBLISHED for delivery in post.deliveries)
    return "Did not go out everywhere" if is_out else "Did not go out"


def needs_human(post: PlannedPost[Delivery]) -> Notice:
    """Return the notice of a post about which a person must decide."""
    asks = [delivery for delivery in post.deliveries if delivery.state is State.NEEDS_HUMAN]
    words = f"Needs a person (groundswell inbox): {describe_post(post, asks)}"
    return Notice(tuple(map(event_key, asks)), "person", words, inbox_path(post_number(post)))


def approval_wanted(waiting: Iterable[PendingPost], now: datetime) -> list[Notice]:
    """Return the one notice of the posts that wait for approval and are due soon, if there are any.

    It also names posts within twice the time, so that posts that are due one after the other are
    one message.
    """
    # A post that left the files does not wait for approval alone.
    posts = [of for post in waiting if (of := post.only(lambda text: not text.next.waits_for_word))]
    near = [post for post in posts if post.due - now <= 2 * max(APPROVAL_AHEAD)]
    keys, also = list[str](), list[str]()
    for post in near:
        left = post.due - now
        steps = [step for step in APPROVAL_AHEAD if left <= step]
        keys += [_approval_key(post, min(steps))] if steps else []
        also += [_approval_key(post, step) for step in APPROVAL_AHEAD if left <= 2 * step]
    if not keys:
        return []
    return [Notice(tuple(keys), "approval", _approval_words(near), APPROVALS, tuple(also))]


def _approval_key(post: PendingPost, step: timedelta) -> str:
    """Return the key of an alert so long before a post; an hourly post has one a day."""
    first, kind = post.first.next, f"approval:{step.total_seconds():.0f}"
    if first.kind is ScheduleKind.EVERY:
        day = first.label.partition("T")[0]
        return f"{kind}:{first.campaign}/{first.post}/{day}:{first.wording}"
    return f"{kind}:{'/'.join(PostKey.of(first))}:{post.due.isoformat()}"


def _approval_words(posts: Sequence[PendingPost]) -> str:
    named = [_pending_words(post) for post in posts[:MAX_APPROVALS]]
    more = f"; and {rest} more" if (rest := len(posts) - len(named)) else ""
    many = f"{len(posts)} posts are" if len(posts) > 1 else "a post is"
    words = (
        f"Approval wanted (groundswell review): {many} due soon, and will not be sent without it"
    )
    return f"{words}: {'; '.join(named)}{more}"


def _pending_words(post: PendingPost) -> str:
    deliveries = [_on_account(text.next) for text in post.texts]
    where = join_places(deliveries, place_names(deliveries))
    due = format_local(post.due, post.first.next.timezone)
    lacks = max(text.needed - len(text.approvers) for text in post.texts)
    approvals = "1 approval" if lacks == 1 else f"{lacks} approvals"
    return f"{post.name} on {where}, {due}, lacks {approvals}"


# --- All else -------------------------------------------------------------------------------------


def mass_cancelled(held_back: HeldBack) -> Notice:
    """Return the notice of posts that left the campaign files at once, and are not cancelled."""
    words = f"Needs a person: {held_back}. {MASS_CANCEL_HINT}"
    # If one of them goes out or is put back, that is not news.
    return Notice((f"vanished:{held_back.at.isoformat()}",), "person", words, INBOX)


def own_pauses(pauses: Iterable[Pause]) -> list[Notice]:
    """Return a notice of each pause that Groundswell set by itself. People know their own."""
    found = []
    for pause in (pause for pause in pauses if pause.is_automatic):
        scope = "everything" if pause.scope == "all" else f"{pause.scope} {pause.name}"
        words = f"Stopped by itself: {scope}. {pause.why}. Once it is fixed: {pause.resume_command}"
        found.append(Notice((f"pause:{pause.id}",), "paused", words, PAUSES))
    return found


def file_errors(problems: Sequence[str]) -> list[Notice]:
    """Return the notice of mistakes in the campaign files, with the first one, if there are any."""
    if not problems:
        return []
    count = f"{len(problems)} mistakes" if len(problems) > 1 else "a mistake"
    words = (
        f"The campaign files have {count}. Until you correct that, the posts still in the files go "
        f"out as last planned. See groundswell check. First: {problems[0]}"
    )
    digest = hashlib.sha256("\n".join(problems).encode()).hexdigest()[:32]
    return [Notice((f"files:{digest}",), "files", words, TODAY)]


def budget_thresholds(budgets: Iterable[BudgetStatus]) -> list[Notice]:
    """Return a notice of each budget that is nearly or wholly spent."""
    return [
        Notice(
            (f"budget:{budget.account}:{budget.since:%Y-%m}:{budget.threshold}",),
            "budget",
            f"Budget of {budget.account}: {budget.threshold} % is spent, {budget}",
            TODAY,
        )
        for budget in budgets
        if budget.threshold
    ]


def add_address(text: str, address: str) -> str:
    """Return the text of a notice with the address of its page behind it, on a line of its own.

    ``compose_message`` shortens the text, and never an address.
    """
    return f"{truncate_line(text, _MAX_CHARS)}\n{address}" if address else text


def compose_message(
    texts: Sequence[str], hint: Callable[[str], str] = str, today: str = ""
) -> tuple[str, str]:
    """Return one message for several notices: its title, and a body with a line for each.

    ``today`` is the address of the page of everything that needs a person, or "".
    """
    shown = [f"- {_on_one_line(text)}" for text in texts[:MAX_LINES]]
    if more := len(texts) - len(shown):
        rest = hint(f"- and {more} more: see groundswell inbox, groundswell log")
        shown.append(f"{rest} {today}".rstrip())
    title = "Groundswell" if len(texts) == 1 else f"Groundswell: {len(texts)} things"
    return title, "\n".join(shown)


def _on_one_line(text: str) -> str:
    """Return the text of a notice, shortened, with its address; see ``add_address``."""
    words, _, address = text.rpartition("\n")
    if address.startswith("https://") and words:
        return f"{truncate_line(words, _MAX_CHARS)} {address}"
    return truncate_line(text, _MAX_CHARS)

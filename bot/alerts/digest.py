"""The lines of a report and the digest about what needs a person, and the digest as plain text.

A post that did not go out may be under embargo. It is named by its ids, without its words.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.alerts.notices import (
    FAILED_STATES,
    describe_post,
    failure_title,
    mass_cancelled,
    own_pauses,
)
from bot.model import EVERYTHING, Slot, State, post_number
from bot.model.web_addresses import APPROVALS, TODAY, inbox_path, post_path
from bot.planning.approval import refused_words
from bot.planning.pending import visible_posts
from bot.reports.advice import FOR_TECHNICIAN, Matter
from bot.reports.answer import plain_lines
from bot.reports.table import format_instant
from bot.schedules.local_time import format_local, to_utc, zone
from bot.store.queued_posts import posts_of
from bot.text import end_sentence, pluralize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date

    from bot.model import Campaign, Scope
    from bot.planning.pending import PendingPost
    from bot.reports.answer import Answer
    from bot.store.approvals import Approvals
    from bot.store.pauses import MassCancelStore
    from bot.store.queue import Queue

MAX_POSTS = 3
"""At most this many posts of a kind are named; the others are counted."""

REVIEW_AHEAD = timedelta(days=7)
"""Facts that are due for review within this time are named."""


def attention_lines(
    queue: Queue,
    approvals: Approvals,
    mass_cancels: MassCancelStore,
    campaigns: Iterable[Campaign],
    since: datetime,
    now: datetime,
    campaign: str | None = None,
    scope: Scope = EVERYTHING,
) -> list[Matter]:
    """Return the matters that need a person, and the posts that did not go out since then.

    They stand in the weekly digest, whose ``now`` is the end of the week, and on the first screen
    of each report, which cuts a long list.
    With ``campaign``, only its posts are named; pauses, approvals and refusals are those of all.
    Posts that left the files at once are named only to people who see everything.
    """

    def posts(title: str, decide: str, states: Collection[State], command: str) -> Iterator[Matter]:
        found = queue.in_states(states, since=since if states == FAILED_STATES else None)
        own = [
            of
            for of in found
            if campaign in {None, of.campaign} and scope.sees(of.campaign, of.account)
        ]
        grouped = posts_of(queue, own, scope)
        for post in grouped[:MAX_POSTS]:
            concerned = [delivery for delivery in post.deliveries if delivery.state in states]
            words = describe_post(post, concerned).rstrip(".")
            said = failure_title(post) if states == FAILED_STATES else title
            asks = State.NEEDS_HUMAN in states
            page = inbox_path(post_number(post)) if asks else post_path(*post.key)
            yield Matter(f"{said}: {words}. {decide}. {FOR_TECHNICIAN} {command}", page)
        if (more := len(grouped) - MAX_POSTS) > 0:
            yield Matter(f"{title}: {more} more. {FOR_TECHNICIAN} {command}", TODAY)

    look, wait = "Check whether it is out", "Groundswell is checking whether it is out; wait"
    lines = [*posts("Needs a person", look, [State.NEEDS_HUMAN], "groundswell inbox")]
    lines += posts("Perhaps out", wait, [State.UNKNOWN], "groundswell inbox")
    notices = own_pauses(pause for pause in queue.pauses() if pause.is_seen(scope))
    held_back = mass_cancels.held_back() if scope.is_everything else None
    if held_back:
        notices.append(mass_cancelled(held_back))
    lines += [Matter(notice.text, notice.page) for notice in notices]
    lines += _approvals(visible_posts(approvals.waiting(now), scope))
    lines += _refused(visible_posts(approvals.refused(now), scope))
    lines += _facts(campaigns, queue.count_stale(now, scope), now)
    again = "Decide whether to post it again"
    lines += posts("Did not go out", again, FAILED_STATES, "groundswell queue list --all")
    return lines


def _approvals(waiting: Sequence[PendingPost]) -> Iterator[Matter]:
    """Yield the one matter of the posts that wait for approval, if there are any."""
    if waiting:
        due = format_local(waiting[0].due, waiting[0].first.next.timezone)
        count = pluralize(len(waiting), "post")
        first = f"Read and approve {count}, the first is due {due}"
        yield Matter(f"{first}. {FOR_TECHNICIAN} groundswell review", APPROVALS)


def _refused(posts: Sequence[PendingPost]) -> Iterator[Matter]:
    """Yield the refused posts, because their authors are to change them before they are due."""
    technician = f"{FOR_TECHNICIAN} groundswell review --list"
    for post in posts[:MAX_POSTS]:
        due = format_local(post.due, post.first.next.timezone)
        said = refused_words(of for text in post.texts for of in text.refusals)
        words = end_sentence(f"{post.name}, due {due}, is {said}")
        yield Matter(f"{words} Edit it, or take the refusal back. {technician}", APPROVALS)
    if (more := len(posts) - MAX_POSTS) > 0:
        count = "1 more post is" if more == 1 else f"{more} more posts are"
        yield Matter(f"{count} refused. {technician}", APPROVALS)


def _facts(campaigns: Iterable[Campaign], held: int, now: datetime) -> Iterator[Matter]:
    """Yield the facts that are due for review within a week, by the days of their campaign.

    They have no page, because a fact is confirmed in its file.
    """
    soon: list[tuple[date, str]] = sorted(
        (fact.review_by, f"{campaign.id}/{fact.id}")
        for campaign in campaigns
        for fact in campaign.facts.values()
        if fact.review_by
        and fact.review_by <= (now + REVIEW_AHEAD).astimezone(zone(campaign.timezone)).date()
    )
    for day, name in soon[:MAX_POSTS]:
        look = f"Check by {day} whether the fact {name} still holds"
        yield Matter(f"{look}. {FOR_TECHNICIAN} groundswell check")
    if (more := len(soon) - MAX_POSTS) > 0:
        facts = pluralize(more, "more fact")
        yield Matter(f"Check whether {facts} still hold. {FOR_TECHNICIAN} groundswell check")
    if held:
        posts = "1 post is" if held == 1 else f"{held} posts are"
        why = f"{posts} held back until somebody confirms a fact whose review is overdue"
        yield Matter(f"{why}. {FOR_TECHNICIAN} groundswell queue list", TODAY)


# --- The digest -----------------------------------------------------------------------------------

DEFAULT_SLOT = Slot(0, time(9))
"""The digest's time, unless the config has another."""

DIGEST_GRACE = timedelta(hours=48)
"""After a downtime, a digest later than this is skipped, because the next one is near."""

TITLE = "Groundswell: the week"


def last_due(slot: Slot, timezone: str, now: datetime) -> tuple[date, datetime]:
    """Return the local day and the instant at which the digest was last due.

    Of an hour that the clock shows twice, the first counts. If it skips the hour, the digest is due
    as much later.
    """
    today = now.astimezone(zone(timezone)).date()
    days = [today - timedelta(days=back) for back in range(8)]
    due = [
        (day, to_utc(datetime.combine(day, slot.at), timezone, one_off=False))
        for day in days
        if day.weekday() == slot.day
    ]
    return next((day, instant) for day, instant in due if instant <= now)


def write_digest(answer: Answer) -> str:
    """Return the digest of a week, as plain text."""
    evidence, period = answer.evidence, answer.review.period
    start, end = (format_instant(at, evidence.zone) for at in (period.start, period.end))
    week = f"The week from {start} to {end} ({evidence.timezone})."
    return "\n".join([week, *plain_lines(answer)])

"""When posts are due, relative to their event and to the other posts of their account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.schedules import At, EventRelative, zone
from bot.schedules.account_times import quiet_span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from bot.lint.rule import DuePost, Finding, PlanContext, PostContext


def post_after_event(context: PostContext) -> Iterator[Finding]:
    """Find posts that come after their event without showing that this is meant.

    ``expires`` shows it, a whole day's distance, or counting from the event's end.
    """
    post, event = context.post, context.campaign.events.get(context.post.event or "")
    if event is None or event.cancelled or post.expires is not None:
        return
    when = post.when
    if not isinstance(when, At | EventRelative) or when.due <= event.ends:
        return
    home = zone(event.timezone)
    if isinstance(when, EventRelative):
        another_day = when.due.astimezone(home).date() > event.ends.astimezone(home).date()
        if when.anchor == "end" or (when.at is not None and another_day):
            return
    message = f"The post is due after {event.name} has ended, "
    message += f"at {event.ends.astimezone(home):%Y-%m-%d %H:%M}."
    hint = "If it is meant, count from the end (from: end), or add expires:; else move it."
    yield context.finding(post.mark, message, hint)


def too_close_together(context: PlanContext) -> Iterator[Finding]:
    """Find posts that follow another one of their account sooner than its gap allows."""
    last: dict[str, DuePost] = {}
    for due in context.upcoming:
        before = last.get(due.account)
        last[due.account] = due
        account = context.accounts.get(due.account)
        if before and account and due.at - before.at < account.gap:
            apart = _format_seconds(due.at - before.at)
            when = "at the very same time" if due.at == before.at else f"only {apart} before this"
            place = f"{before.post.id} ({before.post.mark.file}:{before.post.mark.line})"
            message = f"{due.account} posts {place} {when}; its gap is "
            message += f"{_format_seconds(account.gap)}."
            yield due.finding(message, "Move one of them, or the second goes out late.")


def _format_seconds(length: timedelta) -> str:
    """Return a short duration to the second, as gaps are written: ``90 s`` or ``2 min``."""
    seconds = int(length.total_seconds())
    return f"{seconds} s" if seconds % 60 else f"{seconds // 60} min"


def in_quiet_hours(context: PlanContext) -> Iterator[Finding]:
    """Find posts that are due in their account's quiet hours."""
    for due in context.upcoming:
        account = context.accounts.get(due.account)
        if account and account.quiet and quiet_span(account.quiet, account.timezone, due.at):
            local = due.at.astimezone(zone(account.timezone))
            start, end = (f"{clock:%H:%M}" for clock in account.quiet)
            message = f"{due.account} is quiet from {start} to {end}; "
            message += f"this is due at {local:%H:%M}."
            hint = "It will still be sent. Move it unless this is intended."
            yield due.finding(message, hint)


def before_embargo(context: PlanContext) -> Iterator[Finding]:
    """Find posts that are due before their campaign's embargo ends."""
    for due in context.upcoming:
        embargo = due.campaign.embargo
        if embargo and due.at < embargo:
            local = f"{embargo.astimezone(zone(due.campaign.timezone)):%Y-%m-%d %H:%M}"
            message = f"The post is due before the campaign's embargo ends, at {local}."
            yield due.finding(message, "Move it behind the embargo, or it is held back and missed.")

"""When posts are due: beside their event, and beside the others of their account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.schedules import At, EventRelative, zone
from bot.schedules.hours import is_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.rule import Due, Finding, Sight, Whole
    from bot.model import Event


def after_event(sight: Sight) -> Iterator[Finding]:
    """Find posts that come after their event and do not say that this is meant.

    They say so by ``expires``, by a whole day's distance, or by counting from the event's end.
    """
    post, event = sight.post, sight.campaign.events.get(sight.post.event or "")
    if event is None or event.cancelled or post.expires is not None:
        return
    when = post.when
    if isinstance(when, At | EventRelative) and when.due > event.ends and not _meant(when, event):
        local = f"{event.ends.astimezone(zone(event.timezone)):%Y-%m-%d %H:%M}"
        message = f"The post is due after {event.name} has ended, at {local}."
        hint = "If it is meant, count from the end (from: end), or add expires:; else move it."
        yield sight.on(post.mark, message, hint)


def _meant(when: At | EventRelative, event: Event) -> bool:
    if isinstance(when, At):
        return False
    home = zone(event.timezone)
    later = when.due.astimezone(home).date() > event.ends.astimezone(home).date()
    return when.anchor == "end" or (when.at is not None and later)


def crowded(whole: Whole) -> Iterator[Finding]:
    """Find posts that follow another of their account sooner than its gap allows."""
    last: dict[str, Due] = {}
    for due in whole.coming:
        before = last.get(due.account)
        last[due.account] = due
        account = whole.accounts.get(due.account)
        if before and account and due.at - before.at < account.gap:
            apart = int((due.at - before.at).total_seconds())
            when = f"only {_span(apart)} before this" if apart else "at the very same time"
            needed = int(account.gap.total_seconds())
            place = f"{before.post.id} ({before.post.mark.file}:{before.post.mark.line})"
            message = f"{due.account} posts {place} {when}; its gap is {_span(needed)}."
            yield due.on(message, "Move one of them, or the second goes out late.")


def _span(seconds: int) -> str:
    if seconds % 60:
        return f"{seconds} s"
    return f"{seconds // 60} min"


def quiet(whole: Whole) -> Iterator[Finding]:
    """Find posts that are due while their account is quiet."""
    for due in whole.coming:
        account = whole.accounts.get(due.account)
        if account and account.quiet:
            local = due.at.astimezone(zone(account.timezone))
            if is_within(local.time(), account.quiet):
                start, end = (f"{one:%H:%M}" for one in account.quiet)
                message = (
                    f"{due.account} is quiet from {start} to {end}; this is due at {local:%H:%M}."
                )
                yield due.on(
                    message, "It goes out all the same: move it, unless it is meant for then."
                )


def embargoed(whole: Whole) -> Iterator[Finding]:
    """Find posts that are due before their campaign may speak at all."""
    for due in whole.coming:
        embargo = due.campaign.embargo
        if embargo and due.at < embargo:
            local = f"{embargo.astimezone(zone(due.campaign.timezone)):%Y-%m-%d %H:%M}"
            message = f"The post is due before the campaign's embargo ends, at {local}."
            yield due.on(message, "Move it behind the embargo, or it is held back and missed.")

"""Rules about posts together: their times, and accounts that say the same.

Several accounts that say the same, or mention the same stranger, would deceive people, and the
platforms forbid it (https://docs.x.com/developer-guidelines). No comment can allow this error,
whatever the length of the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.lint.near_duplicates import near_texts, one_voice
from bot.lint.style import strangers
from bot.planning.occurrences import account_wordings, embargo_of, review_deadline
from bot.schedules import EventRelative, Every, NextSlot
from bot.schedules.account_times import quiet_span
from bot.schedules.local_time import zone
from bot.text import join_first, mentions, pluralize
from bot.voice.said import said
from bot.voice.words import names_and_figures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from bot.lint.context import Finding, PlanContext, PostContext
    from bot.lint.near_duplicates import PostUse
    from bot.model import Mark, Post
    from bot.voice.sameness import Likeness


REPEAT_SPAN = timedelta(days=30)
"""An account does not say almost the same again within this time."""

_MONTH = timedelta(days=28)
"""The shortest time between two dates of a monthly rule, such as every first Monday."""

_LOOK_AHEAD = timedelta(days=366)
"""A recurrence without a time within this span has no time to come."""


# --- When a post is due ---------------------------------------------------------------------------


def post_after_event(context: PostContext) -> Iterator[Finding]:
    """Find posts that are due after their event has ended, unless they show that this is intended.

    They show it by ``expires``, by a local time on another day, or by ``from: end``.
    """
    post, event = context.post, context.campaign.events.get(context.post.event or "")
    if event is None or event.cancelled or post.expires is not None:
        return
    when = post.when
    if when.due is None or when.due <= event.ends:
        return
    home = zone(event.timezone)
    if isinstance(when, EventRelative):
        another_day = when.due.astimezone(home).date() > event.ends.astimezone(home).date()
        if when.anchor == "end" or (when.at is not None and another_day):
            return
    message = f"The post is due after {event.name} has ended, "
    message += f"at {event.ends.astimezone(home):%Y-%m-%d %H:%M}."
    hint = "If it is intended, count from the end (from: end), or add expires:; else move it."
    yield context.finding(message, hint)


def too_close_together(context: PlanContext) -> Iterator[Finding]:
    """Find posts that follow another post of their account sooner than its gap allows."""
    last: dict[str, tuple[datetime, Post]] = {}
    found: dict[tuple[Mark, str, str, str], tuple[Post, list[str]]] = {}
    for due, name, _, post in context.upcoming:
        due_before, before = last.get(name, (None, post))
        last[name] = due, post
        account = context.accounts.get(name)
        if due_before and account and due - due_before < account.gap:
            lengths = (due - due_before, account.gap)
            seconds = [int(length.total_seconds()) for length in lengths]
            # In the form in which gaps are written, as 90 s or 2 min.
            apart, gap = (f"{n} s" if n % 60 else f"{n // 60} min" for n in seconds)
            when = "at the very same time" if due == due_before else f"only {apart} before this"
            place = f"{before.id} ({before.mark.file}:{before.mark.line})"
            found.setdefault((post.mark, place, when, gap), (post, []))[1].append(name)
    hint = "Move one of them, or the second is sent late."
    for (_, place, when, gap), (post, accounts) in found.items():
        names = [*dict.fromkeys(accounts)]
        verb, whose = ("posts", "its") if len(names) == 1 else ("post", "their")
        message = f"{join_first(names)} {verb} {place} {when}; {whose} gap is {gap}."
        yield context.finding(post, message, hint)


def in_quiet_hours(context: PlanContext) -> Iterator[Finding]:
    """Find posts that are due in their account's quiet hours."""
    for due, name, _, post in context.upcoming:
        account = context.accounts.get(name)
        if account and account.quiet and quiet_span(account.quiet, account.timezone, due):
            local = due.astimezone(zone(account.timezone))
            start, end = (f"{clock:%H:%M}" for clock in account.quiet)
            message = f"{name} is quiet from {start} to {end}; this is due at {local:%H:%M}."
            hint = "It will still be sent. Move it unless this is intended."
            yield context.finding(post, message, hint)


def before_embargo(context: PlanContext) -> Iterator[Finding]:
    """Find posts that are due before their embargo, or their campaign's, ends."""
    for due, _, campaign, post in context.upcoming:
        embargo = embargo_of(campaign, post)
        if embargo and due < embargo:
            local = f"{embargo.astimezone(zone(campaign.timezone)):%Y-%m-%d %H:%M}"
            message = f"The post is due before its embargo ends, at {local}. It waits until then, "
            message += "and is missed if its grace ends first."
            hint = "Write when: { embargo: ends } to send it then, or move it to a later time."
            yield context.finding(post, message, hint)


def overdue_review(context: PlanContext) -> Iterator[Finding]:
    """Find facts whose review is overdue, with the posts that they hold back."""
    now = context.now
    for campaign in context.campaigns:
        overdue = {
            fact.id: fact
            for fact in campaign.facts.values()
            if fact.review_by and review_deadline(campaign, fact.review_by) <= now
        }
        held_back: dict[str, list[str]] = {}
        for post in campaign.posts if overdue else ():
            names = [name for name in post.facts if name in overdue]
            waits = isinstance(post.when, NextSlot)
            if names and (waits or any(post.when.occurrences(now, now + _LOOK_AHEAD))):
                for name in names:
                    held_back.setdefault(name, []).append(post.id)
        for name, posts in held_back.items():
            fact = overdue[name]
            message = f"The review of the fact {name} was due by {fact.review_by}. "
            message += f"It holds back {join_first(list(dict.fromkeys(posts)))}."
            hint = "Check whether it is still true, and set a new as_of: and review_by:."
            yield context.finding(fact, message, hint)


# --- Several accounts -----------------------------------------------------------------------------


def coordinated_text(context: PlanContext) -> Iterator[Finding]:
    """Find clusters of posts in which several accounts of a platform say the same."""
    names = {name for post in context.posts for name in post.accounts}
    posting = [account for name in names if (account := context.accounts.get(name))]
    counts = Counter(account.platform for account in posting)
    for platform in (name for name, count in counts.items() if count > 1):
        found = [item for item in context.sayings if item.uses[0].platform == platform]
        likenesses = list(one_voice(found))
        clusters = _clusters((one, other) for _, one, other in likenesses)
        alike: dict[int, list[Likeness]] = defaultdict(list)
        for likeness, one, _ in likenesses:
            alike[one].append(likeness)
        for cluster in clusters:
            uses = [use for number in cluster for use in found[number].uses]
            if any(use.last >= context.now for use in uses):
                hint = "Let each account say it in its own words, or only one account say it."
                if len({id(use.post) for use in uses}) == 1:
                    hint = "Add wordings: to it, at least one for each account, "
                    hint += "or let only one account say it."
                deed = _common_deed(like for number in cluster for like in alike[number])
                yield _coordination(context, uses, deed, hint)


def _common_deed(found: Iterable[Likeness]) -> str:
    """Return what the accounts of a cluster do, such as ``say almost the same``."""
    weakest = max(found, key=lambda alike: (alike.verb != "say", not alike.exact))
    return {"the same words": "say the same", "almost the same words": "say almost the same"}.get(
        weakest.what, f"{weakest.verb} {weakest.what}"
    )


def _clusters(pairs: Iterable[tuple[int, int]]) -> list[set[int]]:
    """Return the sets of sayings that pairs connect, directly or through others (union-find)."""
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        while (above := parent.setdefault(number, number)) != number:
            parent[number] = parent[above]  # halves the path for the next call
            number = above
        return number

    for number, other in pairs:
        parent[root(other)] = root(number)
    clusters: dict[int, set[int]] = defaultdict(set)
    for number in list(parent):
        clusters[root(number)].add(number)
    return list(clusters.values())


def coordinated_mention(context: PlanContext) -> Iterator[Finding]:
    """Find strangers that several accounts of a platform mention."""
    uses_by_name: dict[tuple[str, str], list[PostUse]] = defaultdict(list)
    for use in context.uses:
        names = mentions(use.content.text, context.finder(use.platform))
        for name in dict.fromkeys(strangers(names, context.accounts, [use.account])):
            uses_by_name[use.platform, name.casefold()].append(use)
    # Strangers who are mentioned in the same posts make one finding.
    found: dict[tuple[int, ...], tuple[list[PostUse], list[str]]] = {}
    for (_, name), uses in uses_by_name.items():
        several = len({use.account for use in uses}) > 1
        if several and any(use.last >= context.now for use in uses):
            numbers = tuple(use.number for use in uses)
            found.setdefault(numbers, (uses, []))[1].append(f"@{name}")
    for uses, names in found.values():
        line = f"may_mention: [{', '.join(name.removeprefix('@') for name in sorted({*names}))}]"
        hint = (
            "Let only one account mention them, and write the name without the @ in the others. If "
            f"they agreed to it, put this into config.yaml, under each of the accounts: `{line}`."
        )
        yield _coordination(context, uses, f"mention {join_first(names)}", hint)


def _coordination(context: PlanContext, uses: Collection[PostUse], deed: str, hint: str) -> Finding:
    """Return a finding at the last post to come; the others may be published by then."""
    accounts = {use.account: use.platform for use in uses}
    posts: dict[str, dict[int, Post]] = defaultdict(dict)
    for use in sorted(uses, key=lambda use: use.number):
        posts[use.account][id(use.post)] = use.post
    names = list(posts)
    if len({number for own in posts.values() for number in own}) > 1:
        # Name a post of each account. If all share one post, the accounts' names are enough.
        for index, own in enumerate(posts.values()):
            post = next(iter(own.values()))
            more = f", and {len(own) - 1} more" if len(own) > 1 else ""
            place = f"{post.mark.file}:{post.mark.line}"
            names[index] += f" ({post.campaign}/{post.id}, {place}{more})"
    message = f"{len(accounts)} accounts on {next(iter(accounts.values()))} {deed}: "
    message += f"{', '.join(names)}."
    coming = [use for use in uses if use.last >= context.now]
    last = max(coming)
    return context.finding(last.post, message, hint)


# --- One account, again ---------------------------------------------------------------------------


def repeated_text(context: PlanContext) -> Iterator[Finding]:
    """Find posts that say almost the same as the nearest post that their account said before."""
    texts, pairs = near_texts(context.sayings)
    whole: dict[tuple[int, str], list[PostUse]] = defaultdict(list)
    """The uses of a text by an account."""
    for number, uses in enumerate(texts):
        for use in uses:
            whole[number, use.account].append(use)
    nearest: dict[int, tuple[float, PostUse, PostUse]] = {}
    """The similarity, the earlier and the later use, by the later post."""
    for similarity, number, other in pairs:
        for text, before in dict.fromkeys([(number, other), (other, number)]):
            for use in texts[text]:
                own = whole.get((before, use.account), [])
                index = bisect_left(own, use)
                previous = own[index - 1] if index else None
                known = nearest.get(id(use.post))
                if (
                    previous
                    and use.first - previous.last < REPEAT_SPAN
                    and (known is None or known[0] < similarity)
                    and not _is_neighbour(context, previous, use)
                ):
                    nearest[id(use.post)] = similarity, previous, use
    for _, earlier, later in nearest.values():
        if later.last < context.now:
            continue
        identical = not _different_words(context, earlier, later)
        mark = earlier.post.mark
        message = f"It says {'' if identical else 'almost '}the same as {earlier.post.id} "
        message += f"({mark.file}:{mark.line}), less than {REPEAT_SPAN.days} days after it "
        message += f"on {later.account}."
        yield context.finding(later.post, message, "Say it in other words, or later.")
    yield from _unvaried_recurrences(context, nearest)


def _different_words(context: PlanContext, earlier: PostUse, later: PostUse) -> frozenset[str]:
    find = context.finder(later.platform)
    one, other = (said(use.content, find).wordings for use in (earlier, later))
    return one[-1] ^ other[-1] if one and other else frozenset()


def _is_neighbour(context: PlanContext, earlier: PostUse, later: PostUse) -> bool:
    """Return whether two near posts differ in a name or a figure, as hearings in two cities do."""
    different = _different_words(context, earlier, later)
    texts = (earlier.content.text, later.content.text) if different else ()
    return any(not different.isdisjoint(names_and_figures(text)) for text in texts)


def _unvaried_recurrences(context: PlanContext, reported: Collection[int]) -> Iterator[Finding]:
    """Find recurrences that say the same words every time on an account."""
    found: dict[tuple[str, str, int], tuple[Post, list[str]]] = {}  # platforms may have own posts
    for post in context.posts:
        when = post.when
        if not isinstance(when, Every) or id(post) in reported:
            continue
        names = [name for name in post.accounts if len(account_wordings(post, name)) == 1]
        if not names:
            continue
        start = datetime.combine(when.start, time(), UTC) if when.start else context.now
        dues = [moment.due for moment in when.occurrences(start, start + 2 * _MONTH)]
        shortest = min((later - due for due, later in pairwise(dues)), default=_MONTH)
        if shortest < _MONTH:
            days = max(1, round(shortest / timedelta(days=1)))
            found.setdefault((post.campaign, post.id, days), (post, []))[1].extend(names)
    for (_, _, days), (post, names) in found.items():
        after = pluralize(days, "day")
        message = f"It comes again after {after}, word for word, on {join_first(names)}."
        hint = "Add wordings: to it, at least two for each account, to be said in turn."
        yield context.finding(post, message, hint)

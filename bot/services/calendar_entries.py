"""The posts that the calendar shows, with their words and the reasons of their states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.model import State, name_moments
from bot.model.post_words import (
    MIXED,
    STATE_WORDS,
    combined_state,
    combined_word,
    common_reason,
    count_networks,
    platform_name,
    state_word,
    summarize_states,
)
from bot.model.web_addresses import post_path
from bot.planning.diff import PLANNED
from bot.services.concealing import Concealer
from bot.services.queue import explain
from bot.services.views_calendar import CalendarEntry, CalendarPlace
from bot.store.calendar import read_by_number
from bot.store.posts import kinds_of_posts
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Delivery, Occurrence, PostKey, Scope
    from bot.runtime.app import App
    from bot.runtime.calendar_times import CalendarTimes, PostTime

WORDS_LENGTH = 90
"""Characters of a post's text that the calendar shows."""


@dataclass(frozen=True, slots=True)
class _Queued:
    """A queued post on one account."""

    account: str
    network: str
    """The platform's name for people."""
    state: State
    why: str
    """Why it is in its state, or waits."""


def read_entries(
    app: App, times: CalendarTimes, posts: Sequence[tuple[datetime, PostTime]], scope: Scope
) -> list[CalendarEntry]:
    """Return a view of each post, given with its local time. Raise StoreError.

    Reasons name nothing outside the scope.
    """
    numbers = [place.number for _, post in posts for place in post.places if place.number]
    deliveries = {of.id: of for of in read_by_number(app.database, numbers)}
    shown = Concealer(app, scope).words
    reasons = {id_: shown(why) for id_, why in explain(app, [*deliveries.values()]).items()}
    names = read_names(app, times, {post.key for _, post in posts})
    return [
        _entry(local, post, names[post.key], deliveries, reasons, times) for local, post in posts
    ]


def read_names(app: App, times: CalendarTimes, keys: Iterable[PostKey]) -> Mapping[PostKey, str]:
    """Return the names of posts; all of their queued moments count, and the planned ones here."""
    posts = {(key.campaign, key.post) for key in keys}
    kinds = kinds_of_posts(app.database, posts)
    for (key, _), occurrence in times.planned.items():
        if (key.campaign, key.post) in posts:
            kinds.setdefault(key, occurrence.kind)
    return name_moments(kinds)


def _entry(
    local: datetime,
    post: PostTime,
    name: str,
    deliveries: Mapping[int, Delivery],
    reasons: Mapping[int, str],
    times: CalendarTimes,
) -> CalendarEntry:
    ordered = sorted(post.places, key=lambda place: (place.platform, place.account))
    queued = [
        _Queued(of.account, platform_name(of.platform), of.state, reasons[of.id])
        for of in (deliveries[place.number] for place in ordered if place.number)
    ]
    words = {of.account: state_word(of) for of in queued}
    places = tuple(
        CalendarPlace(of.account, platform_name(of.platform), words.get(of.account, PLANNED))
        for of in ordered
    )
    state, word, why = MIXED, MIXED, ""
    if not queued:
        state = word = PLANNED
    elif len(queued) == len(places):
        state, word = combined_state(queued), combined_word(queued)
        if any(of.state is State.NEEDS_HUMAN for of in queued):
            word = STATE_WORDS[State.NEEDS_HUMAN]
        why = summarize_states(queued) if MIXED in {state, word} else common_reason(queued)
    campaign, own, label = post.key
    first = ordered[0]
    content: Occurrence = (
        deliveries[first.number] if first.number else times.planned[post.key, first.account]
    )
    return CalendarEntry(
        name=name,
        path=post_path(campaign, own, label if "@" in name else ""),
        campaign=campaign,
        due=post.due,
        local=f"{local:%H:%M}",
        zone=f"{local:%Z}",
        networks=tuple(dict.fromkeys(place.network for place in places)),
        on=count_networks(places),
        state=state,
        word=word,
        why=why,
        places=places,
        words=truncate_line(content.content.text, WORDS_LENGTH),
    )

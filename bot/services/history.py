"""Read the audit log for people, with one row for an action on several accounts of a post."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.database import audit
from bot.model import EVERYTHING, PostKey, group_posts, visible
from bot.model.post_words import Place, join_places, place_names, platform_name
from bot.model.web_addresses import post_path
from bot.services.views_running import LogRecord, LogRow
from bot.text import join_first, pluralize

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.database.audit import AuditEntry
    from bot.model import Delivery, Scope
    from bot.runtime.app import App

_AT_ONCE = timedelta(seconds=1)
"""Entries about one post within this time belong to one command."""

_OF_VERSIONS = frozenset({"digest", "approval", "refusal", "frequency"})
"""Details of entries that name a version. A post's page leaves them out and shows the versions."""

_MAX_NAMES = 5
"""At most this many names of a list are shown; the others are counted."""


def read_log(app: App, since: datetime | None = None, limit: int | None = None) -> list[LogRow]:
    """Return the actions, oldest first.

    With ``limit``, only that many of the latest rows are returned. Each of them is whole, because a
    row that was cut would name too few accounts.
    """
    wanted = limit
    while True:
        entries = audit.read_entries(app.database, since, wanted)
        subjects = LogSubjects(app, entries)
        groups = [*group_entries(entries, subjects.name)]
        if limit is None or len(groups) > limit or len(entries) < (wanted or 0):
            return [
                describe_entries(group, subjects.words(group)) for group in groups[-(limit or 0) :]
            ]
        wanted = 4 * (wanted or limit)


def read_records(app: App, since: datetime | None, limit: int | None) -> list[LogRecord]:
    """Return the records as they were written, oldest first; with ``limit``, the latest ones."""
    return [
        LogRecord(of.id, of.at, of.who, of.what, of.subject, of.detail)
        for of in audit.read_entries(app.database, since, limit)
    ]


def read_post_log(app: App, deliveries: Sequence[Delivery]) -> list[LogRow]:
    """Return the actions on these deliveries of one post, oldest first.

    The subject of a row is the places that it is about, or "" if it is about all of them.
    """
    subjects = {of.key: of for of in deliveries} | {str(of.subject): of for of in deliveries}

    def words(group: Sequence[AuditEntry]) -> str:
        return _some_places(deliveries, (subjects[entry.subject].account for entry in group))

    entries = audit.read_about(app.database, subjects)
    groups = group_entries(entries, lambda _: "post", _OF_VERSIONS)
    return [describe_entries(group, words(group), _OF_VERSIONS) for group in groups]


def _some_places(deliveries: Iterable[Delivery], accounts: Iterable[str]) -> str:
    """Return the places of these accounts of a post, or "" if they are all of its accounts."""
    places = {of.account: Place(of.account, platform_name(of.platform)) for of in deliveries}
    on = [places[account] for account in dict.fromkeys(accounts)]
    if len(on) == len(places):
        return ""
    return join_places(on, place_names([*places.values()]))


def group_entries(
    entries: Iterable[AuditEntry],
    name_of: Callable[[str], str],
    may_differ: Collection[str] = frozenset({"approval", "refusal"}),
) -> Iterator[list[AuditEntry]]:
    """Yield the entries, grouped by command and post.

    ``name_of`` names the post of a subject. The details that ``may_differ`` within a group are
    those of approvals, which have an entry for each account.
    """
    group: list[AuditEntry] = []
    for entry in entries:
        name = name_of(entry.subject)
        if group and not (
            name
            and name == name_of(group[0].subject)
            and _act(entry, may_differ) == _act(group[0], may_differ)
            and entry.at - group[0].at <= _AT_ONCE
        ):
            yield group
            group = []
        group.append(entry)
    if group:
        yield group


def _act(entry: AuditEntry, may_differ: Collection[str]) -> object:
    """Return the person, the action and its details but for those that may differ."""
    detail = {name: value for name, value in entry.detail.items() if name not in may_differ}
    return entry.who, entry.what, detail


def describe_entries(
    group: Sequence[AuditEntry], subject: str, left_out: Collection[str] = ()
) -> LogRow:
    """Return the row of the entries of one action."""
    first = group[0]
    return LogRow(
        at=first.at,
        who=first.who,
        what=first.what,
        subject=subject,
        more=", ".join(
            f"{name}: {_detail(value)}"
            for name, value in first.detail.items()
            if name not in left_out
            and value not in (None, "")
            and all(of.detail.get(name) == value for of in group)
        ),
    )


def _detail(value: object) -> str:
    """Return a value in words: a text, a number of posts, or the first of several names."""
    if isinstance(value, dict):
        if "posts" in value:
            return pluralize(value["posts"], "post")
        if "count" in value:  # an entry from before posts were counted
            return f"{value['count']} on single accounts"
        return ", ".join(f"{name} {_detail(inner)}" for name, inner in value.items())
    return join_first([*map(str, value)], _MAX_NAMES) if isinstance(value, list) else str(value)


class LogSubjects:
    """Finds the posts and accounts of the subjects of entries, as far as a person sees them."""

    def __init__(self, app: App, entries: Iterable[AuditEntry], scope: Scope = EVERYTHING) -> None:
        parts = [entry.subject.split("/") for entry in entries]
        posts = {(found[0], found[1]) for found in parts if len(found) > 2}  # noqa: PLR2004 - a Subject or a key
        deliveries = visible(app.queue.of_posts(posts), scope)
        self._names = {post.key: post.name for post in group_posts(deliveries)}
        self._of: Mapping[tuple[str, str], list[Delivery]] = defaultdict(list)
        for delivery in deliveries:
            self._of[delivery.campaign, delivery.post].append(delivery)

    def find(self, subject: str) -> tuple[str, str, str] | None:
        """Return the campaign, post and account of a delivery's key or of an approved text."""
        campaign, _, rest = subject.partition("/")
        post, _, rest = rest.partition("/")
        account = rest.partition("/")[0]
        known = any(of.account == account for of in self._of.get((campaign, post), ()))
        return (campaign, post, account) if known else None

    def name(self, subject: str) -> str:
        """Return the name of the post of a subject, or "" for another thing."""
        found = self.find(subject)
        if not found:
            return ""
        campaign, post, _ = found
        label = _label(subject, found)
        return self._names.get(PostKey(campaign, post, label), f"{campaign}/{post}")

    def path(self, subject: str) -> str:
        """Return the path of the post's page in the control room, or "" for another thing."""
        found = self.find(subject)
        return post_path(*found[:2], _label(subject, found)) if found else ""

    def words(self, group: Sequence[AuditEntry]) -> str:
        """Return the post's name, with these accounts if they are not all, or the plain subject."""
        subjects = [entry.subject for entry in group]
        name, found = self.name(subjects[0]), self.find(subjects[0])
        if not found:
            return subjects[0]
        accounts = (place[2] for place in map(self.find, subjects) if place)
        on = _some_places(self._of[found[:2]], accounts)
        return f"{name} on {on}" if on else name


def _label(subject: str, found: tuple[str, str, str]) -> str:
    """Return the moment in a delivery's key, or "" for an approved text, which has none."""
    return subject.removeprefix("/".join(found)).removeprefix("/")

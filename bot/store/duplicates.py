"""Posts that are out, or may be, and say the same as a delivery: its account's own, and others'."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam

from bot.database import rows
from bot.database import tables as t
from bot.database.types import BATCH_PARAM, batched
from bot.link_marks import unmarked
from bot.model import Duplicate, ScheduleKind
from bot.store.accounts import read_identities
from bot.store.voices import find_others, finder, out_since
from bot.text import normalized_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from bot.model import Content, Delivery

DUPLICATE_WINDOW = timedelta(days=30)
"""How long an account does not repeat its own post, unless a person permits it."""


def words_digest(content: Content, platform: str) -> str:
    """Return the sha256 of the words, in hex; of the whole content, if it has no words.

    Spaces do not count, nor the places at which a thread is split, nor the links, mentions and
    hashtags that the platform finds, nor the marks of links.
    """
    words = "".join(normalized_words(content.text, finder(platform)))
    if not words:
        return unmarked(content).digest
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def _words_digests(delivery: Delivery) -> set[str]:
    """Return the digests under which posts with its words may stand in the database.

    These are several only for a post without words. Before marks were left out, it stood under the
    digest of its whole content.
    """
    content = delivery.content
    if "utm_" not in content.text:
        return {delivery.words}
    whole = {content.digest, unmarked(content).digest}
    return whole if delivery.words in whole else {delivery.words}


_D = t.deliveries.c
# The index begins with the platform. Without it, every row would be examined.
_SAME_WORDS = _D.platform.in_(bindparam("platforms", expanding=True)) & _D.words.in_(BATCH_PARAM)
_POSTED = out_since(
    [_D.id, _D.platform, _D.words, _D.digest, _D.content, _D.kind, _D.label], _SAME_WORDS
)


def find_duplicates(
    connection: Connection, deliveries: Sequence[Delivery], now: datetime
) -> dict[int, Duplicate]:
    """Return the newest other post that says the same, for each delivery that has one.

    A post of another account counts before the account's own, because no person can permit it.
    """

    def is_one_account(name: str, other: str) -> bool:
        known = read_identities(connection, (name, other))
        return name in known and other in known and known[name].is_same(known[other])

    own = _find_own(connection, deliveries, now, is_one_account)
    accounts = {delivery.id: delivery.account for delivery in deliveries}
    duplicates = {
        number: replace(_duplicate(row), account=accounts[number]) for number, row in own.items()
    }
    for number, (row, alike) in find_others(connection, deliveries, now, is_one_account).items():
        duplicates[number] = replace(_duplicate(row), what=alike.done)
    return duplicates


def _duplicate(row: Row[Any]) -> Duplicate:
    name = f"{row.campaign}/{row.post}"
    return Duplicate(name, row.account, rows.state(row.state), row.due, row.url or "")


def _find_own(
    connection: Connection,
    deliveries: Sequence[Delivery],
    now: datetime,
    is_one_account: Callable[[str, str], bool],
) -> dict[int, Row[Any]]:
    """Return the newest other post of the same account that is a repeat, for each delivery.

    It may have been sent under another name of the account in the config.
    """
    posted: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    platforms = sorted({delivery.platform for delivery in deliveries})
    digests = {delivery.id: _words_digests(delivery) for delivery in deliveries}
    for batch in batched(sorted(set().union(*digests.values()))):
        params = {"platforms": platforms, "batch": batch, "since": now - DUPLICATE_WINDOW}
        for row in connection.execute(_POSTED, params):
            posted[row.platform, row.words].append(row)
    own = {}
    for delivery in deliveries:
        found = [
            row
            for digest in digests[delivery.id]
            for row in posted[delivery.platform, digest]
            if _is_repeat(row, delivery)
            and (row.account == delivery.account or is_one_account(row.account, delivery.account))
        ]
        if found:
            own[delivery.id] = max(found, key=lambda row: (row.due, row.id))
    return own


def _has_content(row: Row[Any], delivery: Delivery) -> bool:
    """Return whether a row has the content of a delivery, apart from the marks of its links."""
    if row.digest == delivery.content.digest:
        return True
    if "utm_" not in row.content and "utm_" not in delivery.content.text:
        return False
    return unmarked(rows.content(row.content)).digest == unmarked(delivery.content).digest


def _is_repeat(row: Row[Any], delivery: Delivery) -> bool:
    """Return whether a post has the same content as a delivery, and is not meant to repeat it."""
    if row.id == delivery.id or not _has_content(row, delivery):
        return False
    # Under another kind of ``when`` its key is new (see the table in ``docs/architecture.md``), but
    # it is the same post. The times of a recurrence, and several events, are meant to be several.
    kinds = {row.kind, delivery.kind}
    rescheduled = len(kinds) > 1 and ScheduleKind.EVERY not in kinds
    same_post = (row.campaign, row.post) == (delivery.campaign, delivery.post)
    return not same_post or rescheduled or bool(row.label == delivery.label)

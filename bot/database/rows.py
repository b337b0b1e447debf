"""Rows as the nouns of ``bot.model``, their columns, and single values by a key."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, select, true

from bot.database import tables as t
from bot.database.access_tables import users
from bot.database.types import BATCH_PARAM, batched, damaged, dialect_insert, read_json
from bot.model import (
    COUNTER_NAMES,
    Attempt,
    Content,
    Counters,
    Delivery,
    Occurrence,
    Part,
    PostKey,
    Publication,
    Role,
    ScheduleKind,
    Scope,
    Snapshot,
    State,
    User,
)
from bot.schedules.local_time import zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select
    from sqlalchemy.dialects.postgresql import Insert

    from bot.database.connections import Database

_OCCURRENCE_FIELDS = tuple(field.name for field in fields(Occurrence))
_occurrence_values = attrgetter(*_OCCURRENCE_FIELDS)
_DELIVERY_FIELDS = tuple(field.name for field in fields(Delivery))
DELIVERY_COLUMNS = tuple(t.deliveries.c[name] for name in _DELIVERY_FIELDS)
DUE_ORDER = (t.deliveries.c.due, t.deliveries.c.id)
POST_COLUMNS = tuple(t.deliveries.c[name] for name in PostKey._fields)
"""The columns that deliveries of one post share."""


_OF_CONTENT = ("poll",)
"""The last fields of Publication, which ``publication_with_part`` reads from the content."""

PUBLICATION_COLUMNS = tuple(
    (t.publications if name in t.publications.c else t.deliveries).c[name]
    for field in fields(Publication)
    if (name := "content" if field.name == "text" else field.name) not in _OF_CONTENT
)
"""In the order of Publication's fields, with the content in the place of the text."""

PUBLICATIONS_WITH_DELIVERIES = t.publications.join(
    t.deliveries, t.publications.c.delivery == t.deliveries.c.id
)

_NAMES = [column.name for column in PUBLICATION_COLUMNS]
_PART, _CONTENT = _NAMES.index("part"), _NAMES.index("content")

_SELECT_DELIVERIES = select(*DELIVERY_COLUMNS)  # once, because building takes longer than answering

LATEST_COLUMNS = tuple(t.latest.c[name] for name in ("publication", "read", *COUNTER_NAMES, "fell"))


def in_scope(scope: Scope) -> ColumnElement[bool]:
    """Return the condition for the deliveries that a person sees."""
    c = t.deliveries.c
    limits = {c.account: scope.accounts, c.campaign: scope.campaigns}
    return and_(true(), *(name.in_(only) for name, only in limits.items() if only is not None))


def select_post_count(*where: ColumnElement[bool]) -> Select[Any]:
    """Return a query for the number of posts with a delivery that meets all conditions."""
    posts = select(*POST_COLUMNS).where(*where).distinct().subquery()
    return select(func.count()).select_from(posts)


def select_deliveries(
    *where: ColumnElement[bool], order: Sequence[ColumnElement[Any]] = DUE_ORDER
) -> Select[Any]:
    """Return a query for deliveries, in the order in which they are due."""
    return _SELECT_DELIVERIES.where(*where).order_by(*order)


def read_deliveries(
    connection: Connection,
    *where: ColumnElement[bool],
    order: Sequence[ColumnElement[Any]] = DUE_ORDER,
    limit: int | None = None,
    planned: Mapping[str, Occurrence | None] | None = None,
) -> list[Delivery]:
    """Return the deliveries that meet all conditions.

    A delivery shares the equal values of its occurrence in ``planned``, which is by key.
    """
    result = connection.execute(select_deliveries(*where, order=order).limit(limit))
    return [delivery(row, planned.get(row.key) if planned else None) for row in result]


def delivery(row: Sequence[Any], planned: Occurrence | None = None) -> Delivery:
    """Return the delivery of a row of DELIVERY_COLUMNS; equal values are those of ``planned``."""
    data = dict(zip(_DELIVERY_FIELDS, row, strict=True))
    data["content"] = content(data["content"])
    try:
        data["kind"], data["state"] = ScheduleKind(data["kind"]), State(data["state"])
        zone(data["timezone"])
    except ValueError as error:
        raise damaged(f"the delivery {data['key']}", error) from None
    if planned:
        pairs = zip(_OCCURRENCE_FIELDS, _occurrence_values(planned), strict=True)
        data |= {name: value for name, value in pairs if value == data[name]}
    return Delivery(**data)


def state(name: str) -> State:
    """Return the state that a row names. Raise StoreError."""
    try:
        return State(name)
    except ValueError:
        raise damaged("the state of a delivery", name) from None


def kind(name: str) -> ScheduleKind:
    """Return the kind of schedule that a row names. Raise StoreError."""
    try:
        return ScheduleKind(name)
    except ValueError:
        raise damaged("the kind of a delivery's schedule", name) from None


def content(text: str) -> Content:
    """Return the content that a row holds as JSON. Raise StoreError."""
    try:
        return Content.from_json(text)
    except ValueError:
        raise damaged("the content of a post", text) from None


def select_publications(*where: ColumnElement[bool]) -> Select[Any]:
    """Return a query for publications, in the order in which they were published."""
    query = select(*PUBLICATION_COLUMNS).select_from(PUBLICATIONS_WITH_DELIVERIES).where(*where)
    return query.order_by(t.publications.c.published, t.publications.c.id)


def publication(row: Sequence[Any]) -> Publication:
    """Return the publication of a row of PUBLICATION_COLUMNS."""
    return publication_with_part(row)[0]


def publication_with_part(row: Sequence[Any]) -> tuple[Publication, Part]:
    """Return the publication of a row of PUBLICATION_COLUMNS, and its part of the post."""
    values = [*row]
    try:
        part = content(values[_CONTENT]).parts[values[_PART]]
    except (IndexError, TypeError):
        raise damaged("the part of a thread that a publication is", values[_PART]) from None
    values[_CONTENT] = part.text
    values.append(part.poll)
    return Publication(*values), part


def snapshot(row: Row[Any]) -> Snapshot:
    """Return the snapshot of a row of ``snapshots``."""
    counters = Counters(*(getattr(row, name) for name in COUNTER_NAMES))
    return Snapshot(row.publication, row.read, counters)


def latest(row: Sequence[Any]) -> Snapshot:
    """Return the counters of a row of LATEST_COLUMNS."""
    publication, read, *counters, fell = row
    return Snapshot(publication, read, Counters(*counters), tuple(fell.split()))


def attempt(row: Row[Any]) -> Attempt:
    """Return the attempt of a row of ``attempts``."""
    names = Attempt.__dataclass_fields__
    data = {name: value for name, value in row._mapping.items() if name in names}  # noqa: SLF001 - SQLAlchemy's public name for it
    return Attempt(**data)


USER_COLUMNS = (users.c.id, users.c.name, users.c.role, users.c.accounts, users.c.campaigns)


def user(row: Sequence[Any]) -> User:
    """Return the user of a row that begins with USER_COLUMNS. Raise StoreError."""
    id_, name, role, accounts, campaigns = row[: len(USER_COLUMNS)]
    try:
        found = Role(role)
    except ValueError:
        raise damaged("the role of a user", role) from None
    return User(id_, name, found, Scope(_names(accounts), _names(campaigns)))


def _names(text: str | None) -> frozenset[str] | None:
    if text is None:
        return None
    names = read_json(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise damaged("the limits of a user", text)
    return frozenset(names)


_IN_BATCH = t.meta.c.key.in_(BATCH_PARAM)
_GET_ONE = select(t.meta.c.value).where(t.meta.c.key == bindparam("key"))
_GET = select(t.meta.c.key, t.meta.c.value).where(_IN_BATCH)
_DROP = delete(t.meta).where(_IN_BATCH)


@cache
def _put(dialect: str) -> Insert:
    query = dialect_insert(dialect, t.meta)
    return query.on_conflict_do_update(index_elements=["key"], set_={"value": query.excluded.value})


def get(connection: Connection, key: str) -> Any:
    """Return the value, or None."""
    return connection.scalar(_GET_ONE, {"key": key})


def get_all(connection: Connection, keys: Sequence[str]) -> dict[str, Any]:
    """Return the values of those keys that exist."""
    values: dict[str, Any] = {}
    for batch in batched(keys):
        values |= {row.key: row.value for row in connection.execute(_GET, {"batch": batch})}
    return values


def read(database: Database, key: str) -> Any:
    """Return the value, or None, in a transaction of its own. Raise StoreError."""
    with database.reading() as connection:
        return get(connection, key)


def put(connection: Connection, key: str, value: Any) -> None:
    """Write a value that JSON can express, whether or not the key exists."""
    connection.execute(_put(connection.dialect.name), {"key": key, "value": value})


def write(database: Database, key: str, value: Any) -> None:
    """Write a value, in a transaction of its own. Raise StoreError."""
    with database.writing() as connection:
        put(connection, key, value)


def drop(connection: Connection, *keys: str) -> None:
    """Delete the values of these keys."""
    for batch in batched(keys):
        connection.execute(_DROP, {"batch": batch})

"""Sessions, login links, calendar feeds and the metrics, known by the sha256 of a random token.

The token itself is in the browser, the message or the calendar of its person, or in the file of a
monitoring system, and nowhere here.
All of them end if the clock went back, or if the database may be an earlier copy, because both
could bring back what has ended. Then people sign in again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, false, func, insert, or_, select, true, update

from bot.database import access_tables as t
from bot.database import rows, tables
from bot.database.audit import GROUNDSWELL, record
from bot.database.fingerprint import FingerprintFile
from bot.errors import Problem, UserError
from bot.model import SignedIn
from bot.planning.sessions import (
    ABSOLUTE_LIMIT,
    CLOCK_STEP,
    IDLE_LIMIT,
    LINK_LIFE,
    SEEN_EVERY,
    link_is_over,
    session_is_over,
)
from bot.store.logged_users import require_logged

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Column, Connection, Row, Select, Table

    from bot.clock import Clock
    from bot.database.connections import Database
    from bot.model import User

TOKEN_BYTES = 32
_TOKEN_LENGTH = len(secrets.token_urlsafe(TOKEN_BYTES))

_METRICS_KEY = "metrics token"
"""The key in ``meta`` of the one token of programs that read the metrics."""


class SignIns:
    """The sessions, links and feeds in the database, and the token of the metrics."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._boot_time = clock.boot_time()
        self._compared = False

    # --- sessions ---

    def open_session(self, user: User, address: str) -> str:
        """Open a session, and return its token. Raise UserError if the user has changed."""
        now, token = self._clock.now(), _new_token()
        with self._database.writing() as connection:
            _require_unchanged(connection, user)
            require_logged(connection, user)
            values = {"hash": _hash(token), "user": user.id, "opened": now, "seen": now}
            connection.execute(insert(t.sessions).values(**values, address=address))
        return token

    def find_session(self, token: str, *, active: bool) -> SignedIn | None:
        """Return the session of a token if it goes on, and note its use if it is ``active``."""
        c, now = t.sessions.c, self._clock.now()
        row = self._find(t.sessions, token, c.opened, c.seen, c.address)
        if row is None or session_is_over(row.opened, row.seen, now):
            return None
        if active and now - row.seen >= SEEN_EVERY:
            query = update(t.sessions).where(c.id == row.number, c.ended.is_(None))
            with self._database.writing() as connection:
                if not connection.execute(query.values(seen=now)).rowcount:
                    return None
        return _signed_in(row)

    def sessions(self) -> list[SignedIn]:
        """Return the sessions that go on, the latest first."""
        c, now = t.sessions.c, self._clock.now()
        query = _of_users(t.sessions, c.opened, c.seen, c.address).order_by(c.id.desc())
        found = self._database.read(query)
        return [_signed_in(row) for row in found if not session_is_over(row.opened, row.seen, now)]

    def end_session(self, token: str, who: str) -> None:
        """End the session of a token, as its person signs out."""
        c, now = t.sessions.c, self._clock.now()
        query = update(t.sessions).where(c.hash == _hash(token), c.ended.is_(None))
        with self._database.writing() as connection:
            if connection.execute(query.values(ended=now)).rowcount:
                record(connection, who, "signed out", who, {}, now)

    def end_sessions(self, user: User, by: str) -> int:
        """End all sessions and login links of a user, and return how many sessions there were."""
        now = self._clock.now()
        with self._database.writing() as connection:
            count = _end(connection, t.sessions, now, user.id)
            _end(connection, t.login_links, now, user.id)
            record(connection, by, "signed out everywhere", user.name, {"sessions": count}, now)
        return count

    # --- login links ---

    def create_link(self, user: User, by: str) -> tuple[str, datetime]:
        """Make a login link, and return its token and its end. Raise UserError if they changed."""
        now, token = self._clock.now(), _new_token()
        with self._database.writing() as connection:
            _require_unchanged(connection, user)
            values = {"hash": _hash(token), "user": user.id, "made": now}
            connection.execute(insert(t.login_links).values(**values))
            record(connection, by, "login link made", user.name, {}, now)
        return token, now + LINK_LIFE

    def find_link(self, token: str) -> User | None:
        """Return the user of a link that can still be used, without using it."""
        row = self._find(t.login_links, token, t.login_links.c.made)
        if row is None or link_is_over(row.made, self._clock.now()):
            return None
        return rows.user(row)

    def use_link(self, token: str, address: str) -> User | None:
        """Use up a link, and return its user; None if it cannot be used any more."""
        user, now, c = self.find_link(token), self._clock.now(), t.login_links.c
        if user is None:
            return None
        query = update(t.login_links).where(c.hash == _hash(token), c.ended.is_(None))
        with self._database.writing() as connection:  # of two at once, one changes the row
            if not connection.execute(query.values(ended=now)).rowcount:
                return None
            detail = {"by": "a login link", "from": address}
            record(connection, user.name, "signed in", user.name, detail, now)
        return user

    # --- feeds ---

    def create_feed(self, user: User) -> str:
        """Make the feed of a user, which replaces the one before, and return its token."""
        now, token = self._clock.now(), _new_token()
        with self._database.writing() as connection:
            _require_unchanged(connection, user)
            _end(connection, t.feeds, now, user.id)
            connection.execute(insert(t.feeds).values(hash=_hash(token), user=user.id, made=now))
            record(connection, user.name, "calendar feed made", user.name, {}, now)
        return token

    def find_feed(self, token: str) -> User | None:
        """Return the user of a feed, or None if the feed was revoked."""
        row = self._find(t.feeds, token)
        return rows.user(row) if row else None

    def feed_made(self, user: User) -> datetime | None:
        """Return when the feed of a user was made, or None if they have none."""
        c = t.feeds.c
        query = select(c.made).where(c.user == user.id, c.ended.is_(None))
        made: datetime | None = self._database.read_value(query)
        return made

    def revoke_feed(self, user: User) -> bool:
        """Revoke the feed of a user, and return whether they had one."""
        now = self._clock.now()
        with self._database.writing() as connection:
            revoked = bool(_end(connection, t.feeds, now, user.id))
            if revoked:
                record(connection, user.name, "calendar feed revoked", user.name, {}, now)
        return revoked

    # --- the metrics ---

    def create_metrics_token(self, by: str) -> tuple[str, bool]:
        """Make the token of the metrics; return it, and whether it replaces another one."""
        now, token = self._clock.now(), _new_token()
        with self._database.writing() as connection:
            replaces = _end_metrics_token(connection)
            rows.put(connection, _METRICS_KEY, {"hash": _hash(token)})
            record(connection, by, "metrics token made", "", {"replaces": replaces}, now)
        return token, replaces

    def is_metrics_token(self, token: str) -> bool:
        """Return whether this is the token of the metrics."""
        if not self._is_plausible(token):
            return False
        known = rows.read(self._database, _METRICS_KEY) or {"hash": ""}
        return hmac.compare_digest(_hash(token), known["hash"])

    def revoke_metrics_token(self, by: str) -> bool:
        """Revoke the token of the metrics, and return whether there was one."""
        with self._database.writing() as connection:
            revoked = _end_metrics_token(connection)
            if revoked:
                record(connection, by, "metrics token revoked", "", {}, self._clock.now())
        return revoked

    # --- all of them ---

    def delete_ended(self) -> int:
        """Delete the sessions, links and feeds that have ended, and return how many."""
        s, links, now = t.sessions.c, t.login_links.c, self._clock.now()
        over = {
            t.sessions: or_(s.opened <= now - ABSOLUTE_LIMIT, s.seen <= now - IDLE_LIMIT),
            t.login_links: links.made <= now - LINK_LIFE,
            t.feeds: false(),
        }
        ended = {table: or_(table.c.ended.is_not(None), where) for table, where in over.items()}
        found = (select(table.c.id).where(where).limit(1) for table, where in ended.items())
        if not any(map(self._database.read, found)):  # an idle loop writes nothing
            return 0
        with self._database.writing() as connection:
            deleted = (delete(table).where(where) for table, where in ended.items())
            return sum(connection.execute(query).rowcount for query in deleted)

    def _find(self, table: Table, token: str, *columns: Column[Any]) -> Row[Any] | None:
        """Return the user of a token, the number of its row, and these columns, if not ended."""
        if not self._is_plausible(token):
            return None
        query = _of_users(table, *columns).where(table.c.hash == _hash(token))
        found = self._database.read(query)
        return found[0] if found else None

    def _is_plausible(self, token: str) -> bool:
        """Return whether this may be a token, once no doubt is left about those that have ended."""
        if len(token) != _TOKEN_LENGTH:
            return False
        with self._lock:
            self._end_all_if_in_doubt()
        return True

    def _end_all_if_in_doubt(self) -> None:
        """End everything if some that has ended may look as if it went on. Raise StoreError.

        The doubt is over once this has succeeded. Nobody gets in by another thread meanwhile.
        """
        boot_time, before = self._clock.boot_time(), self._boot_time
        went_back = boot_time < before - CLOCK_STEP.total_seconds()
        why = None if self._compared else FingerprintFile(self._database).mismatch()
        if not why and (went_back or (not self._compared and self._is_behind())):
            why = "the clock was set back"
        if why:
            with self._database.writing() as connection:
                revoke_all(connection, why, self._clock.now())
        self._boot_time = boot_time if went_back else max(boot_time, before)
        self._compared = True

    def _is_behind(self) -> bool:
        """Return whether the clock is behind the newest instant in the database."""
        last = select(tables.audit.c.at).order_by(tables.audit.c.id.desc()).limit(1)
        queries = (last, select(func.max(t.sessions.c.seen)))
        newest = [self._database.read_value(query) for query in queries]
        return any(self._clock.now() < at - CLOCK_STEP for at in newest if at)


def revoke_access(connection: Connection, now: datetime, user: int | None = None) -> int:
    """End the sessions, links and feeds of a user, or of all, and return how many there were."""
    return sum(_end(connection, table, now, user) for table in _TABLES)


def revoke_all(connection: Connection, why: str, now: datetime) -> None:
    """End all sessions, links, feeds and the metrics' token, and log it if there were any."""
    if count := revoke_access(connection, now) + _end_metrics_token(connection):
        detail = {"why": why, "sessions, links, feeds and tokens": count}
        record(connection, GROUNDSWELL, "everybody signed out", "", detail, now)


_TABLES = (t.sessions, t.login_links, t.feeds)


def _end(connection: Connection, table: Table, now: datetime, user: int | None) -> int:
    of_user = true() if user is None else table.c.user == user
    query = update(table).where(of_user, table.c.ended.is_(None))
    return connection.execute(query.values(ended=now)).rowcount


def _end_metrics_token(connection: Connection) -> bool:
    """Forget the token of the metrics, and return whether there was one."""
    known = rows.get(connection, _METRICS_KEY) is not None
    if known:
        rows.drop(connection, _METRICS_KEY)
    return known


def _require_unchanged(connection: Connection, user: User) -> None:
    """Raise UserError if a user was removed, or got other rights, since they were read."""
    c = t.users.c
    query = select(*rows.USER_COLUMNS).where(c.id == user.id, c.removed.is_(None))
    row = connection.execute(query.with_for_update()).first()
    if row is None or rows.user(row) != user:
        message = f"{user.name} was removed or changed meanwhile."
        raise UserError([Problem(user.name, 0, 0, "U103", message, "Sign in again.")])


def _signed_in(row: Row[Any]) -> SignedIn:
    return SignedIn(rows.user(row), row.number, row.opened, row.seen, row.address)


def _of_users(table: Table, *columns: Column[Any]) -> Select[Any]:
    """Return a query for rows that have not ended, each after the columns of its user."""
    query = select(*rows.USER_COLUMNS, table.c.id.label("number"), *columns)
    of_users = query.join_from(table, t.users, table.c.user == t.users.c.id)
    return of_users.where(table.c.ended.is_(None), t.users.c.removed.is_(None))


def _new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""People of the control room: add, change and remove them; sign in, sessions, links and feeds.

What a person may do is checked by the caller. A token is returned once, and only its hash is kept.
Every act is in the audit log, without any token or password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.database.audit import GROUNDSWELL, record
from bot.errors import Problem, UserError
from bot.model import EVERYTHING, Role, Scope
from bot.model.web_addresses import login_path, web_address
from bot.services.passwords import (
    hash_password,
    needs_new_hash,
    password_fault,
    password_matches,
)
from bot.services.views_people import LinkView, LoginAddress, UserView
from bot.text import quote_value
from bot.yamlsource.problems import did_you_mean, require_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bot.model import SignedIn, User
    from bot.runtime.app import App
    from bot.store.people import Person

ROLE_WORDS = {
    Role.SEE: "see all pages",
    Role.APPROVE: "see and approve",
    Role.RUN: "see, approve, pause and settle",
    Role.ADMIN: "see, approve, pause, settle, and add people",
}
"""What a role may do, in words."""

REFUSED = "sign-in refused"
"""How the audit log names a wrong name or password."""

NOT_ALLOWED = "not allowed"
"""How the audit log names a form that was sent without the role for it."""


def has_users(app: App) -> bool:
    """Return whether anybody can sign in."""
    return bool(app.people.all())


def list_users(app: App, *, removed: bool = False) -> list[UserView]:
    """Return the people who can sign in, with ``removed`` those who could as well, oldest first."""
    sessions = app.sign_ins.sessions()
    return [_view(person, sessions) for person in app.people.all(removed=removed)]


def find_user(app: App, name: str) -> User:
    """Return the person of a name, whatever its capitals and blanks. Raise UserError."""
    person = app.people.find(name)
    if person is None:
        known = [other.user.name for other in app.people.all()]
        hint = did_you_mean(name, known, "Add the person: groundswell web user add NAME")
        message = f"Nobody of the name {quote_value(name)} can sign in."
        raise UserError([Problem("web user", 0, 0, "U104", message, hint)])
    return person.user


# --- Changes --------------------------------------------------------------------------------------


def add_user(
    app: App,
    name: str,
    role: Role,
    by: str,
    scope: Scope = EVERYTHING,
    password: str | None = None,
) -> UserView:
    """Add a person. Without a password, they sign in by links only. Raise UserError."""
    _require_known(app, scope)
    hashed = None if password is None else _checked_hash(app, name, password)
    user = app.people.add(name, role, scope, hashed, by, app.clock.now())
    return _viewed(app, user)


def waiting_again(app: App) -> tuple[str, ...]:
    """Return the posts that wait because their typed approvals count no longer.

    If two people must approve, only those count who had signed in, once somebody can.
    """
    waiting = app.approvals.waiting(app.clock.now())
    return tuple(post.name for post in waiting if any(text.typed for text in post.texts))


def change_role(app: App, name: str, role: Role, by: str) -> UserView:
    """Give a person another role. They have to sign in again. Raise UserError."""
    user = find_user(app, name)
    app.people.change_role(user, role, by, app.clock.now())
    return _viewed(app, user)


def change_scope(app: App, name: str, scope: Scope, by: str) -> UserView:
    """Limit a person to some accounts and campaigns, or to none. They have to sign in again."""
    user = find_user(app, name)
    _require_known(app, scope)
    app.people.change_scope(user, scope, by, app.clock.now())
    return _viewed(app, user)


def set_password(app: App, name: str, password: str, by: str) -> UserView:
    """Replace a person's password. They have to sign in again. Raise UserError."""
    user = find_user(app, name)
    app.people.set_password(user, _checked_hash(app, user.name, password), by, app.clock.now())
    return _viewed(app, user)


def remove_user(app: App, name: str, by: str) -> UserView:
    """Let a person sign in no more. Their approvals stay, and nobody gets their name."""
    user = find_user(app, name)
    app.people.remove(user, by, app.clock.now())
    return _viewed(app, user)


def require_new_password(app: App, name: str, password: str) -> None:
    """Raise UserError if a person cannot have a password."""
    accounts = app.config.accounts.values()
    names = (name, *(word for of in accounts for word in (of.name, of.handle)))
    if why := password_fault(password, names):
        hint = "Several words that nobody would guess are long enough, and easy to type."
        raise UserError([Problem("password", 0, 0, "U105", f"{why}.", hint)])


def _checked_hash(app: App, name: str, password: str) -> str:
    require_new_password(app, name, password)
    return hash_password(password)


def _require_known(app: App, scope: Scope) -> None:
    """Raise UserError for an account or campaign that does not exist, which would hide all."""
    for account in sorted(scope.accounts or ()):
        require_name("web user", "account", account, app.config.accounts)
    if scope.campaigns:
        files = app.queue_sync.files.check(app.clock.now()).campaigns
        known = {campaign.id for campaign in files} | {of.campaign for of in app.queue.all()}
        for campaign in sorted(scope.campaigns):
            require_name("web user", "campaign", campaign, known)


# --- Signing in -----------------------------------------------------------------------------------


def note_not_allowed(app: App, user: User, what: str, where: str) -> None:
    """Log that a person has tried something for which they lack the role, and from where."""
    record(app.database, user.name, NOT_ALLOWED, what, {"from": where}, app.clock.now())


def sign_in(app: App, name: str, password: str, where: str) -> User | None:
    """Return the person of a name if the password is theirs, or None; log either.

    ``where`` is the address that asks. The work is the same whether or not there is such a person.
    The log names only people that exist, because others type a password as the name by mistake.
    """
    person = app.people.find(name)
    stored = person.password if person else None
    now, detail = app.clock.now(), {"by": "a password", "from": where}
    if not password_matches(password, stored) or person is None or stored is None:
        known = person.user.name if person else ""
        record(app.database, GROUNDSWELL, REFUSED, known, detail, now)
        return None
    user = person.user
    if needs_new_hash(stored):
        app.people.renew_hash(user, stored, hash_password(password))
    record(app.database, user.name, "signed in", user.name, detail, now)
    return user


def require_sign_in(app: App, name: str, password: str, where: str) -> User:
    """Return the person of a name whose password this is. Raise UserError."""
    user = sign_in(app, name, password, where)
    if user is None:
        message = f"This is not the password of {name}."
        hint = "An administrator can set a new one: groundswell web user password NAME"
        raise UserError([Problem("password", 0, 0, "U107", message, hint)])
    app.people.require_logged(user)
    return user


def create_link(app: App, name: str, by: str) -> LinkView:
    """Make a link that signs a person in once, within ten minutes. Raise UserError."""
    user = find_user(app, name)
    token, expires = app.sign_ins.create_link(user, by)
    return LinkView(user.name, token, expires)


def login_address(app: App, name: str, by: str, port: int) -> LoginAddress:
    """Make a login link, and return its address. Without an origin, ``port`` is on this machine."""
    link = create_link(app, name, by)
    origin = app.config.web_origin
    address = web_address(origin or f"http://127.0.0.1:{port}", login_path(link.token))
    return LoginAddress(link.name, address, link.expires, only_here=not origin)


def peek_link(app: App, token: str) -> User | None:
    """Return whom a login link would sign in, without using it; None if it has ended."""
    return app.sign_ins.find_link(token)


def use_link(app: App, token: str, where: str) -> User | None:
    """Use up a login link, and return whom it signs in; None if it has ended."""
    return app.sign_ins.use_link(token, where)


# --- Sessions -------------------------------------------------------------------------------------


def open_session(app: App, user: User, where: str = "") -> str:
    """Open a session from the address ``where``, and return its token.

    Raise UserError if the person was removed, or got another role, since they were read.
    """
    return app.sign_ins.open_session(user, where)


def find_session(app: App, token: str, *, active: bool = True) -> SignedIn | None:
    """Return the session of a token, with its person as they are now; None if it has ended.

    A use that is not ``active``, such as a page that refreshes itself, does not prolong it.
    """
    return app.sign_ins.find_session(token, active=active)


def list_sessions(app: App, user: User) -> list[SignedIn]:
    """Return the sessions of a person that go on, the latest first."""
    return [session for session in app.sign_ins.sessions() if session.user.id == user.id]


def end_session(app: App, token: str) -> None:
    """End the session of a token, if it goes on."""
    if found := app.sign_ins.find_session(token, active=False):
        app.sign_ins.end_session(token, found.user.name)


def end_sessions(app: App, user: User, by: str) -> int:
    """End all sessions of a person, and return how many there were."""
    return app.sign_ins.end_sessions(user, by)


# --- Feeds ----------------------------------------------------------------------------------------


def create_feed(app: App, user: User) -> str:
    """Make the calendar feed of a person, which replaces the one before; return its token."""
    return app.sign_ins.create_feed(user)


def find_feed(app: App, token: str) -> User | None:
    """Return whose calendar feed this is, or None if it was revoked."""
    return app.sign_ins.find_feed(token)


def revoke_feed(app: App, user: User) -> bool:
    """Revoke the calendar feed of a person, and return whether they had one."""
    return app.sign_ins.revoke_feed(user)


# --- Views ----------------------------------------------------------------------------------------


def _viewed(app: App, user: User) -> UserView:
    people = {person.user.id: person for person in app.people.all(removed=True)}
    return _view(people[user.id], app.sign_ins.sessions())


def _view(person: Person, sessions: Iterable[SignedIn]) -> UserView:
    user = person.user
    seen = [session.seen for session in sessions if session.user.id == user.id]
    return UserView(
        number=user.id,
        name=user.name,
        role=user.role,
        accounts=_sorted(user.scope.accounts),
        campaigns=_sorted(user.scope.campaigns),
        limits=_limits(user.scope),
        has_password=person.password is not None,
        added=person.added,
        removed=person.removed,
        sessions=len(seen),
        seen=max(seen, default=None),
    )


def _sorted(names: Collection[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(names))


def _limits(scope: Scope) -> str:
    """Return what a person sees, in words; "" for everything."""
    kinds = (("accounts", scope.accounts), ("campaigns", scope.campaigns))
    return "; ".join(
        f"{kind} {', '.join(sorted(names)) or 'none'}" for kind, names in kinds if names is not None
    )

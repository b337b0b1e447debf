"""Change people from a page: an administrator changes others, and everybody their own account.

An administrator sees everything, and changes nothing about themselves, so that one is always left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model.web_addresses import feed_path, web_address
from bot.services import people
from bot.services.passwords import new_phrase, password_matches
from bot.services.pausing import known_campaigns

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Role, Scope, SignedIn, User
    from bot.runtime.app import App
    from bot.services.views_people import UserView


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What a person can see and change about themselves."""

    view: UserView
    """The person."""
    sessions: tuple[SignedIn, ...]
    """The browsers with which they are signed in, the latest first."""
    feed_made: datetime | None
    """When their calendar feed was made; None if they have none."""


def require_manager(by: User) -> None:
    """Raise UserError for an administrator who sees only a part of the posts."""
    if not by.scope.is_everything:
        message = f"{by.name} sees only a part of the posts, and cannot change who sees what."
        hint = "Ask an administrator without limits."
        raise UserError([Problem("people", 0, 0, "U108", message, hint)])


def find_person(app: App, number: str) -> UserView | None:
    """Return the person of a number who can sign in, or None."""
    found = (person for person in people.list_users(app) if str(person.number) == number)
    return next(found, None)


def limits_to_choose(app: App, person: UserView | None) -> tuple[list[str], list[str]]:
    """Return the accounts and the campaigns to which a person can be limited, those of now too."""
    accounts, campaigns = {*app.config.accounts}, {*known_campaigns(app)}
    if person:
        accounts |= {*(person.accounts or ())}
        campaigns |= {*(person.campaigns or ())}
    return sorted(accounts), sorted(campaigns)


# --- Other people ---------------------------------------------------------------------------------


def change_role(app: App, person: UserView, role: Role, shown: str, by: User) -> UserView:
    """Give a person another role than the one that was ``shown``. Raise UserError."""
    _require_other(person, by)
    _require_shown(person, shown, person.role)
    return people.change_role(app, person.name, role, by.name)


def change_scope(app: App, person: UserView, scope: Scope, shown: str, by: User) -> UserView:
    """Change the limits that were ``shown``. Raise UserError."""
    _require_other(person, by)
    _require_shown(person, shown, person.limits)
    return people.change_scope(app, person.name, scope, by.name)


def renew_password(app: App, person: UserView, by: User) -> str:
    """Give a person a new phrase as the password, and return it. Raise UserError."""
    _require_other(person, by)
    phrase = new_phrase()
    people.set_password(app, person.name, phrase, by.name)
    return phrase


def remove(app: App, person: UserView, by: User) -> UserView:
    """Remove a person. Raise UserError."""
    _require_other(person, by)
    return people.remove_user(app, person.name, by.name)


def _require_other(person: UserView, by: User) -> None:
    require_manager(by)
    if person.number == by.id:
        message = f"{by.name} cannot change or remove {by.name}."
        hint = "Ask another administrator. Your own password is on your own page."
        raise UserError([Problem("people", 0, 0, "U110", message, hint)])


def _require_shown(person: UserView, shown: str, now: str) -> None:
    if shown != now:
        message = f"{person.name} was changed since the page was shown. Nothing was done."
        raise UserError([Problem("people", 0, 0, "U109", message, "Look at the person again.")])


# --- Oneself --------------------------------------------------------------------------------------


def own_account(app: App, user: User) -> OwnAccount:
    """Return what a person can see about themselves."""
    [view] = [person for person in people.list_users(app) if person.number == user.id]
    sessions = tuple(people.list_sessions(app, user))
    return OwnAccount(view, sessions, app.sign_ins.feed_made(user))


def knows_password(app: App, user: User, password: str) -> bool:
    """Return whether this is a person's password."""
    stored = next((of.password for of in app.people.all() if of.user.id == user.id), None)
    return password_matches(password, stored)


def change_own_password(app: App, user: User, new: str, again: str) -> None:
    """Replace a person's own password, which ends all of their sessions. Raise UserError."""
    if new != again:
        message = "The two new passwords differ. Nothing was changed."
        raise UserError([Problem("password", 0, 0, "U106", message, "Type them again.")])
    people.set_password(app, user.name, new, user.name)


def make_feed(app: App, user: User, base: str) -> str:
    """Make a person's calendar feed, which replaces the one before, and return its address."""
    return web_address(base, feed_path(people.create_feed(app, user)))

"""The people who can sign in, for an administrator: add, change and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from bot.errors import Problem, UserError
from bot.model import EVERYTHING, Role, Scope
from bot.services import managing, people
from bot.services.passwords import new_phrase
from bot.services.people import ROLE_WORDS

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.services.views_people import UserView
    from bot.web.visit import Visit

_PEOPLE = ("People", "/people")
_LIMITS = (("account", "accounts"), ("campaign", "campaigns"))
"""The fields of a form with what a person sees, each with its word."""


def show(visit: Visit) -> Response:
    """Show everybody, and the form that adds somebody."""
    managing.require_manager(visit.user)
    found = people.list_users(visit.app, removed=True)
    return visit.page(
        "people.html.j2",
        people=[person for person in found if not person.removed],
        removed=[person for person in found if person.removed],
        roles=_roles(),
        limits=_limits(visit),
    )


def show_one(visit: Visit) -> Response:
    """Show one person, with a form for each change."""
    managing.require_manager(visit.user)
    person = _person(visit)
    return visit.page(
        "person.html.j2", member=person, roles=_roles(), limits=_limits(visit, person)
    )


def add(visit: Visit) -> Response:
    """Add a person with a phrase as the password, which the answer shows once."""
    managing.require_manager(visit.user)
    name, phrase = visit.value("name"), new_phrase()
    added = people.add_user(visit.app, name, _role(visit), visit.user.name, _scope(visit), phrase)
    lines = [f"{added.name} may {_may(added)}.", *_phrase_lines(phrase)]
    if again := people.waiting_again(visit.app):
        lines += ["Typed names had approved these posts, which need two people who sign in:"]
        lines += [*again, "They wait again."]
    return _result(visit, f"{added.name} can sign in", lines, added)


def change_role(visit: Visit) -> Response:
    """Give a person another role."""
    shown = visit.value("shown")
    changed = managing.change_role(visit.app, _person(visit), _role(visit), shown, visit.user)
    return _changed(visit, changed)


def change_limits(visit: Visit) -> Response:
    """Change the accounts and campaigns that a person sees."""
    shown = visit.value("shown")
    changed = managing.change_scope(visit.app, _person(visit), _scope(visit), shown, visit.user)
    return _changed(visit, changed)


def renew_password(visit: Visit) -> Response:
    """Give a person a new phrase, which the answer shows once."""
    person = _person(visit)
    phrase = managing.renew_password(visit.app, person, visit.user)
    return _result(visit, f"{person.name} has a new password", [*_phrase_lines(phrase)], person)


def make_link(visit: Visit) -> Response:
    """Make a login link, which the answer shows once."""
    managing.require_manager(visit.user)
    person, port = _person(visit), visit.site.addresses.port
    link = people.login_address(visit.app, person.name, visit.user.name, port)
    lines = [
        link.address,
        f"Whoever opens this address first is signed in as {link.name}. Send it to nobody else.",
        f"It ends at {link.expires:%H:%M} UTC, and works once.",
    ]
    return _result(visit, f"A link for {person.name}", lines, person)


def sign_out(visit: Visit) -> Response:
    """End the sessions of a person."""
    managing.require_manager(visit.user)
    user = people.find_user(visit.app, _person(visit).name)
    count = people.end_sessions(visit.app, user, visit.user.name)
    lines = [f"{count} of the sessions of {user.name} were ended, and all login links."]
    return visit.result("Signed out", lines, links=[_PEOPLE])


def remove(visit: Visit) -> Response:
    """Remove a person."""
    removed = managing.remove(visit.app, _person(visit), visit.user)
    lines = [
        f"{removed.name} can sign in no more, and was signed out everywhere.",
        "The approvals of the person stay. Nobody else gets the name.",
    ]
    return visit.result("Removed", lines, links=[_PEOPLE])


def _person(visit: Visit) -> UserView:
    person = managing.find_person(visit.app, visit.path["number"])
    if person is None:
        raise HTTPException(404)
    return person


def _roles() -> list[tuple[str, str]]:
    return [(role.value, f"{role.value}: may {ROLE_WORDS[role]}") for role in Role]


def _role(visit: Visit) -> Role:
    typed = visit.value("role")
    try:
        return Role(typed)
    except ValueError as error:
        message = "No role was chosen."
        raise UserError([Problem("role", 0, 0, "W102", message, "Choose one.")]) from error


def _limits(visit: Visit, person: UserView | None = None) -> list[dict[str, object]]:
    """Return a field for the accounts and one for the campaigns, with what is ticked."""
    choices = managing.limits_to_choose(visit.app, person)
    ticked = (person.accounts, person.campaigns) if person else (None, None)
    return [
        {"name": name, "words": words, "choices": known, "ticked": now}
        for (name, words), known, now in zip(_LIMITS, choices, ticked, strict=True)
    ]


def _scope(visit: Visit) -> Scope:
    """Return the limits of a form. Raise UserError if it limits a person to nothing."""
    found: list[frozenset[str] | None] = []
    for name, words in _LIMITS:
        some, ticked = visit.value(f"{name}s") == "some", visit.form.get(name, ())
        if some and not ticked:
            message = f"None of the {words} was ticked, so the person would see nothing."
            hint = f"Tick at least one, or choose all {words}."
            raise UserError([Problem(words, 0, 0, "U111", message, hint)])
        found.append(frozenset(ticked) if some else None)
    return Scope(*found) if any(names is not None for names in found) else EVERYTHING


def _may(person: UserView) -> str:
    limited = f", but only posts of {person.limits}" if person.limits else ""
    return f"{ROLE_WORDS[person.role]}{limited}"


def _phrase_lines(phrase: str) -> tuple[str, ...]:
    return "The password, which is not shown again:", phrase


def _changed(visit: Visit, person: UserView) -> Response:
    lines = [f"{person.name} may {_may(person)} now, and has to sign in again."]
    return _result(visit, "Changed", lines, person)


def _result(visit: Visit, title: str, lines: list[str], person: UserView) -> Response:
    links = [(person.name, f"/people/{person.number}"), _PEOPLE]
    return visit.result(title, lines, links=links)

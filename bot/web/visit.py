"""A request, the person who makes it, and the pages that answer it.

Values of a template are escaped by Jinja. Hidden and direction characters in them are shown as
escapes, so that no stored text can change how a page reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse

from bot.errors import Problem, UserError
from bot.model import Role
from bot.model.post_words import state_word
from bot.model.web_addresses import PAUSES, TODAY
from bot.pages import page_environment
from bot.reports.cards import safe_url
from bot.schedules.local_time import format_local, zone
from bot.services.database import loop_runs
from bot.services.status import count_waiting, visible_pauses
from bot.text import escape_hidden
from bot.web.made import MadeOnce
from bot.web.slowing import Slowing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from jinja2 import Environment
    from starlette.responses import Response

    from bot.model import Scope, SignedIn, User
    from bot.runtime.app import App
    from bot.services.views_running import PauseView
    from bot.web.events import Versions
    from bot.web.protection import Addresses
    from bot.web.readiness import Readiness

MAX_SCOPES = 50
"""Most limits of people for which the numbers of waiting posts are kept."""

MAX_PACKING = 2
"""Most share pages that are packed at a time, because each takes room on the disk."""

MAX_VALUE = 4_000
"""Most characters of a value in a form or an address."""

_PAGE_DIGITS = 4
"""Most digits of the number of a page."""

_ID_DIGITS = 18
"""Most digits of the number of a post or a record."""

_COMMAND = re.compile(r"[:,;]? (?:\(|or )?groundswell [a-z-]+(?: [^;.()]*)?\)?")

_DIGEST = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b")


@cache
def templates() -> Environment:
    """Return the templates. Nothing in them is marked as safe but their own markup."""
    environment = page_environment(Path(__file__).parent / "templates", _show_hidden)
    environment.globals["Role"] = Role
    environment.globals["word_of"] = state_word
    environment.filters["local"] = format_local
    environment.filters["without_commands"] = without_commands
    environment.filters["short_digests"] = short_digests
    environment.filters["safe_url"] = safe_url
    return environment


def without_commands(words: str) -> str:
    """Return a reason without the commands in it, which nobody can type on a phone."""
    return _COMMAND.sub("", words)


def short_digests(words: str) -> str:
    """Return words with only the beginning of each digest. The log's export has them whole."""
    return _DIGEST.sub(r"\1…", words)


def _show_hidden(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Markup):
        return escape_hidden(value)
    return "" if value is None else value


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that requests share."""

    app: App
    addresses: Addresses
    versions: Versions
    readiness: Readiness
    slowing: Slowing = field(default_factory=Slowing)
    """The wrong passwords."""
    token_slowing: Slowing = field(default_factory=Slowing)
    """The wrong tokens of programs, which keep nobody from signing in."""
    scrapes: MadeOnce = field(default_factory=lambda: MadeOnce(timedelta(seconds=2)))
    """The metrics. Several programs that ask at once cause one reading."""
    made: MadeOnce = field(default_factory=lambda: MadeOnce(timedelta(minutes=10)))
    """Reports, and checks of the log, which take long."""
    packing: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(MAX_PACKING))
    """Keeps the number of share pages that are packed at a time."""
    counts: dict[Scope, tuple[str, Mapping[str, int]]] = field(default_factory=dict)
    """How many posts wait, by what a person may see, with the version of the database."""

    def waiting(self, scope: Scope, version: str) -> Mapping[str, int]:
        """Return how many posts wait for approval and in the inbox; read once a version."""
        known = self.counts.get(scope)
        if known is None or known[0] != version:
            known = version, count_waiting(self.app, scope)
            if len(self.counts) >= MAX_SCOPES:
                self.counts.clear()
            self.counts[scope] = known
        return known[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, of a person who may not have signed in."""

    site: Site
    now: datetime
    """When it came, in UTC."""
    address: str
    """The network address that it came from."""
    route: str
    """The path of its route, such as ``/inbox/{number}``."""
    path: Mapping[str, str]
    """The parts of the path that the route names."""
    query: Mapping[str, str]
    """The values behind ``?`` in the address; the last one counts if a name stands there twice."""
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The values of a form that was sent, by the names of its fields."""
    token: str = ""
    """The session's token from the cookie; "" if there is none."""
    bearer: str = ""
    """The token of a program, from ``Authorization``; "" if there is none."""
    etag: str = ""
    """The tags of the versions that the reader has already; "" if it names none."""

    @property
    def app(self) -> App:
        """All parts of the program, without any secret of a platform."""
        return self.site.app

    def value(self, name: str) -> str:
        """Return the first value of a form's field without blanks around it, or ""."""
        return self.exact_value(name).strip()

    def exact_value(self, name: str) -> str:
        """Return the first value of a form's field as it was typed, such as a password, or ""."""
        return next(iter(self.form.get(name, ())), "")

    def plain_page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page that says nothing of the campaign."""
        return _render(template, status, values)

    def sign_in_page(
        self, why: str = "", status: int = 200, target: str = "/", name: str = ""
    ) -> Response:
        """Return the form for signing in, which leads to ``target``, and why it is asked for."""
        return self.plain_page("signin.html.j2", status=status, why=why, next=target, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Call):
    """A request of a person who has signed in and may make it."""

    signed_in: SignedIn
    """The person and the session."""
    version: str
    """The version of the database (see ``events``), from before anything was read for the page."""

    @property
    def user(self) -> User:
        """The person."""
        return self.signed_in.user

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone that the reader chose; None for those of the campaigns and accounts.

        Raise UserError for an unknown name.
        """
        name = self.query.get("zone", "own")
        if name == "own":
            return None
        try:
            return zone(name)
        except (ValueError, KeyError, OSError) as error:
            message = f"{name} is not a time zone that this machine knows."
            hint = "Write one such as Europe/Berlin."
            raise UserError([Problem("zone", 0, 0, "W101", message, hint)]) from error

    @property
    def page_number(self) -> int:
        """The number of the page in the address, from 1 on; 1 if there is none."""
        number = whole_number(self.query.get("page", ""), _PAGE_DIGITS)
        return 1 if number is None else number

    @property
    def home(self) -> str:
        """The timezone of the first account, for times that are not of one post."""
        return next((of.timezone for of in self.app.config.accounts.values()), "UTC")

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page of the control room, with the person, the pauses and the navigation."""
        common = {
            "user": self.user,
            "route": self.route,
            "clock": format_local(self.now, self.home),
            "home": self.home,
            "strip": _strip_lines(self.app, self.user.scope),
            "version": "" if self.form else self.version,
            "waiting": self.site.waiting(self.user.scope, self.version),
        }
        return _render(template, status, {**common, **values})

    def result(
        self,
        title: str,
        lines: Sequence[str],
        *,
        links: Sequence[tuple[str, str]] = (),
        problems: Sequence[Problem] = (),
        status: int = 200,
        correctable: bool = True,
    ) -> Response:
        """Return the page that says what a form has done, and why some of it was not done.

        ``links`` are addresses on this site, each with its words. Without ``correctable``, the same
        form would fail again, as one that is stale.
        """
        return self.page(
            "result.html.j2",
            status=status,
            title=title,
            lines=lines,
            links=links,
            problems=problems,
            correctable=correctable,
        )


@dataclass(frozen=True, slots=True)
class StripLine:
    """A line that stands at the top of every page while something is not as usual."""

    kind: str
    """``pause`` or ``loop``."""
    words: str
    path: str
    """The page that helps; "" if there is none."""
    link: str
    """The words of the link to it."""


def _strip_lines(app: App, scope: Scope) -> list[StripLine]:
    pauses = visible_pauses(app, scope)
    lines = [StripLine("pause", _pause_words(of), PAUSES, "See the pauses") for of in pauses]
    if not loop_runs(app):
        words = "No loop runs, so no posts are sent."
        lines.append(StripLine("loop", words, f"{TODAY}#loop", "What to do"))
    return lines


def _pause_words(pause: PauseView) -> str:
    """Return a pause in words that begin with what is paused, and what is not."""
    if pause.scope == "all":
        return f"Everything is paused by {pause.who}: {pause.why}"
    others = {"account": "accounts", "campaign": "campaigns", "platform": "platforms"}[pause.scope]
    what = f"The {pause.scope} {pause.name} is paused by {pause.who}: {pause.why}"
    return f"{what}. Other {others} go on."


def _render(template: str, status: int, values: Mapping[str, object]) -> Response:
    return HTMLResponse(templates().get_template(template).render(**values), status)


def whole_number(typed: str, digits: int = _ID_DIGITS) -> int | None:
    """Return the number in an address, or None if it is not one or has too many digits."""
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= digits
    return int(typed) if is_number else None


def see_other(path: str) -> Response:
    """Return an answer that leads a browser to another page of this site."""
    return RedirectResponse(path, 303)

"""Reports of any period, made when somebody asks, as a page or as a file to keep.

A page is the document that ``groundswell report`` writes, under its own policy. It holds only what
the person sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from bot.errors import Problem, UserError
from bot.model.web_addresses import REPORTS
from bot.reports.html import page_policy
from bot.reports.period import ALL_DAYS, DayRange
from bot.schedules.local_time import ScheduleError, parse_date
from bot.services.reporting import STORED_REPORTS, known_campaigns, report_day, write_report
from bot.web.made import BusyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.web.visit import Visit

_TYPES = {
    "html": "text/html",
    "csv": "text/csv",
    "json": "application/json",
    "markdown": "text/markdown",
}
_ENDINGS = {"markdown": "md"}

PERIODS = (
    ("7d", "The past 7 days"),
    ("30d", "The past 30 days"),
    ("month", "This month"),
    ("all", "Everything"),
    ("days", "The days below"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A report that somebody asks for, as the address has it; "" for all, or for the usual."""

    period: str
    """One of ``PERIODS``."""
    first: str
    """The first day, if the period is ``days``."""
    last: str
    """The last day, included, if the period is ``days``."""
    campaign: str
    account: str
    by: str
    """The only table."""

    @classmethod
    def of(cls, visit: Visit) -> Asked:
        """Return the report that the address asks for."""
        names = {"first": "from", "last": "to"}
        values = {
            name: visit.query.get(names.get(name, name), "").strip()
            for name in cls.__dataclass_fields__
        }
        period = values["period"] or ("days" if values["first"] or values["last"] else "7d")
        return cls(**{**values, "period": period})


def show(visit: Visit) -> Response:
    """Show the form, and the usual reports as links."""
    return _form(visit, Asked.of(visit))


def show_report(visit: Visit) -> Response:
    """Show the report that the address asks for, or send it as a file."""
    asked, form = Asked.of(visit), visit.query.get("format", "html")
    try:
        days = _days(visit, asked)
        if form not in _TYPES:
            raise _refusal("There is no such format.", f"Choose {', '.join(_TYPES)}.")
        if asked.by and asked.by not in STORED_REPORTS:
            raise _refusal("There is no such table.", f"Choose {', '.join(STORED_REPORTS)}.")

        def make() -> str:
            return write_report(
                visit.app,
                form,
                scope=visit.user.scope,
                campaign=asked.campaign or None,
                account=asked.account or None,
                days=days,
                by=asked.by or None,
            )

        about = ("report", form, asked, days, visit.user.scope)
        text = visit.site.made.get(about, visit.version, visit.now, make)
    except UserError as error:
        return _form(visit, asked, error.problems)
    except BusyError:
        words = "Many people wait for reports already. Ask again in a minute."
        return visit.result("Not made yet", [words], links=[("Reports", REPORTS)], status=503)
    return _document(text, form, visit)


def _document(text: str, form: str, visit: Visit) -> Response:
    if form == "html":
        headers = {"content-security-policy": f"{page_policy()}; frame-ancestors 'none'"}
    else:
        name = f"report-{visit.now:%Y-%m-%d}.{_ENDINGS.get(form, form)}"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=_TYPES[form], headers=headers)


def _form(visit: Visit, asked: Asked, problems: Sequence[Problem] = ()) -> Response:
    app, scope = visit.app, visit.user.scope
    accounts = [(name, name) for name in app.config.accounts if scope.sees_account(name)]
    return visit.page(
        "reports.html.j2",
        status=400 if problems else 200,
        asked=asked,
        problems=problems,
        periods=PERIODS,
        campaigns=[("", "All campaigns"), *known_campaigns(app, scope)],
        accounts=[("", "All accounts"), *accounts],
        tables=[("", "The usual tables"), *((name, name.capitalize()) for name in STORED_REPORTS)],
    )


# --- The days -------------------------------------------------------------------------------------


def _days(visit: Visit, asked: Asked) -> DayRange:
    """Return the days of a report. Raise UserError if the address does not say them clearly."""
    first, last = _day("First day", asked.first), _day("Last day", asked.last)
    if asked.period == "days":
        if first and last and first > last:
            raise _refusal("The last day is before the first.", "Exchange them.")
        return DayRange(first, last)
    if first or last:
        hint = "Choose “The days below”, or empty both days."
        raise _refusal("A period is chosen, and days are typed, too.", hint)
    if asked.period == "month":
        today = report_day(visit.app, asked.campaign or None, visit.user.scope)
        return DayRange(today.replace(day=1))
    known = {"7d": DayRange(days=7), "30d": DayRange(days=30), "all": ALL_DAYS}
    if asked.period not in known:
        raise _refusal("There is no such period.", "Choose one of the list.")
    return known[asked.period]


def _day(name: str, typed: str) -> date | None:
    if not typed:
        return None
    try:
        return parse_date(typed)
    except ScheduleError as error:
        raise _refusal(f"The day in “{name}”: {error.message}", error.hint) from error


def _refusal(message: str, hint: str) -> UserError:
    return UserError([Problem("report", 0, 0, "W202", message, hint)])

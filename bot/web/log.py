"""The audit log by pages, its check, and its export. Nothing here changes anything."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from bot.errors import Problem, UserError
from bot.model.web_addresses import LOG, with_query
from bot.schedules.local_time import ScheduleError, parse_date
from bot.services.database import BrokenLogError, verify_log
from bot.services.log_pages import export_log, read_log_page
from bot.services.views_running import LogFilter
from bot.text import pluralize
from bot.web.made import BusyError
from bot.web.visit import whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from typing import Literal

    from bot.web.visit import Visit

_FIELDS = ("who", "what", "about", "from", "to", "zone")
"""What a search of the log has in its address."""

_LOG = ("The log", LOG)


def show(visit: Visit) -> Response:
    """Show a page of the log, newest first."""
    typed = {name: visit.query.get(name, "").strip() for name in _FIELDS}
    before, problems = whole_number(visit.query.get("before", "")), list[Problem]()
    zone = _zone(visit)
    try:
        asked = _asked(visit, zone)
    except UserError as error:
        problems, asked, before = [*error.problems], LogFilter(), None
    page = read_log_page(visit.app, asked, visit.user.scope, before)
    return visit.page(
        "log.html.j2",
        status=400 if problems else 200,
        problems=problems,
        typed=typed,
        lines=[(f"{line.row.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", line) for line in page.lines],
        zone_name=str(zone),
        reached=page.reached and f"{page.reached.astimezone(zone):%Y-%m-%d %H:%M}",
        people=[("", "Everybody"), *((name, name) for name in page.people)],
        actions=[("", "All actions"), *((name, name) for name in page.actions)],
        older=with_query(LOG, **typed, before=page.older) if page.older else "",
        newest="" if before is None else with_query(LOG, **typed),
        export=[
            (words, with_query(f"{LOG}/export", **typed, format=form))
            for form, words in (("csv", "CSV"), ("jsonl", "JSON lines"))
        ],
    )


def export(visit: Visit) -> Response:
    """Send the records of a search as a file, oldest first."""
    form: Literal["csv", "jsonl"] = "jsonl" if visit.query.get("format") == "jsonl" else "csv"
    lines = export_log(visit.app, _asked(visit, _zone(visit)), form, visit.user.scope)
    first = next(lines)  # a problem becomes a page, and not a file that breaks off
    name = f"log-{visit.now:%Y-%m-%d}.{form}"
    return StreamingResponse(
        chain([first], lines),
        media_type="text/csv" if form == "csv" else "application/jsonl",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def verify(visit: Visit) -> Response:
    """Check the whole log, and show the seal that is to be noted elsewhere."""
    if not visit.user.scope.is_everything:
        line = "You see a part of the log, and only the whole log can be checked."
        return visit.result("Not checked", [line], links=[_LOG], status=403)

    def check() -> str:
        seal = verify_log(visit.app)
        counted = pluralize(seal.count, "record")
        return f"The audit log is intact: {counted}.\nIts seal is {seal.hash}"

    try:
        found = visit.site.made.get(("log",), visit.version, visit.now, check)
    except BrokenLogError as error:
        return visit.result("The log was changed", _broken(error), links=[_LOG], status=409)
    except UserError as error:
        title = "The approvals and the log differ"
        return visit.result(title, [], problems=error.problems, links=[_LOG], status=409)
    except BusyError:
        words = "Many people wait for results already. Ask again in a minute."
        return visit.result("Not checked yet", [words], links=[_LOG], status=503)
    keep = "Keep a copy of it elsewhere. It proves later that nobody has rewritten the log."
    return visit.result("The log is intact", [*found.splitlines(), keep], links=[_LOG])


def _broken(error: BrokenLogError) -> Sequence[str]:
    where = str(error)
    return [
        f"{where[:1].upper()}{where[1:]}.",
        "Somebody or something has written to the database past Groundswell.",
        "Compare it with a backup and with the seal that you noted, and find out who could.",
    ]


def _asked(visit: Visit, zone: tzinfo) -> LogFilter:
    """Return the search in the address. Raise UserError for a day that cannot be read."""
    first, last = (_day(visit, name) for name in ("from", "to"))
    if first and last and first > last:
        raise _refusal("The last day is before the first.", "Exchange them.")
    return LogFilter(
        who=visit.query.get("who", "").strip(),
        what=visit.query.get("what", "").strip(),
        about=visit.query.get("about", "").strip(),
        since=first and first.replace(tzinfo=zone),
        until=last and (last + timedelta(days=1)).replace(tzinfo=zone),
    )


def _day(visit: Visit, name: str) -> datetime | None:
    """Return the beginning of a day in the address, without a timezone."""
    typed = visit.query.get(name, "").strip()
    try:
        return datetime.combine(parse_date(typed), time()) if typed else None
    except ScheduleError as error:
        day = {"from": "First day", "to": "Last day"}[name]
        raise _refusal(f"The day in “{day}”: {error.message}", error.hint) from error


def _zone(visit: Visit) -> tzinfo:
    return visit.zone or UTC


def _refusal(message: str, hint: str) -> UserError:
    return UserError([Problem("log", 0, 0, "W202", message, hint)])

"""Read the audit log by pages, narrowed to what somebody looks for, and export it.

A person who sees only some accounts or campaigns gets the entries about their posts and accounts.
A detail of these that names another account or campaign is left out.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.database.audit_search import AuditFilter, find_entry, read_names, search
from bot.errors import UserError
from bot.model import EVERYTHING
from bot.reports.exports import csv_cell
from bot.services.concealing import Concealer
from bot.services.history import LogSubjects, describe_entries, group_entries
from bot.services.posts import matching_posts
from bot.services.views_running import LogLine, LogPage
from bot.store.accounts import ADOPT, DISCLOSED, MARKED
from bot.store.safeguards import CONFIG_CHANGED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Literal

    from bot.database.audit import AuditEntry
    from bot.model import Scope
    from bot.runtime.app import App
    from bot.services.views_running import LogFilter

PAGE_ROWS = 100
"""Actions on a page."""

MAX_READ = 20_000
"""Most entries that are read for a page. A person who sees little may otherwise wait for all."""

_CHUNK = 400
_EXPORT_CHUNK = 1000

_ACCOUNT_ACTS = frozenset({ADOPT, DISCLOSED, MARKED, CONFIG_CHANGED})
"""The actions on an account. Those on a user may have the same name as their subject."""

_COLUMNS = ("id", "at", "who", "what", "subject", "detail")


def read_log_page(app: App, asked: LogFilter, scope: Scope, beyond: int | None) -> LogPage:
    """Return a page of the log, the newest one or the one beyond a record."""
    only = _audit_filter(app, asked)
    last = None if beyond is None else find_entry(app.database, beyond)
    entries: list[AuditEntry] = []
    read = 0
    while True:
        chunk = search(app.database, only, _CHUNK, beyond=last)
        entries += _visible(app, chunk, scope)
        read, last = read + len(chunk), chunk[-1] if chunk else last
        subjects = LogSubjects(app, entries, scope)
        groups = [*group_entries(reversed(entries), subjects.name)]
        is_over, is_full = len(chunk) < _CHUNK, len(groups) > PAGE_ROWS
        if is_over or is_full or read >= MAX_READ:
            break
    shown = groups[-PAGE_ROWS:][::-1]
    stopped = None if is_over or is_full else last
    concealer = Concealer(app, scope)
    lines = tuple(_line(group, subjects, concealer) for group in shown)
    people, actions = _choices(app, lines, asked, scope)
    return LogPage(
        lines,
        older=shown[-1][0].id if is_full else stopped.id if stopped else None,
        reached=stopped.at if stopped else None,
        people=tuple(people),
        actions=tuple(actions),
    )


def export_log(
    app: App, asked: LogFilter, form: Literal["csv", "jsonl"], scope: Scope = EVERYTHING
) -> Iterator[str]:
    """Yield the records, oldest first, as CSV with a header or as a JSON object a line.

    No cell of the CSV is a formula for a spreadsheet. JSON has the texts as they were written.
    """
    only = _audit_filter(app, asked)
    write = _csv_lines if form == "csv" else _json_lines
    if form == "csv":
        yield ",".join(_COLUMNS) + "\r\n"
    concealer = Concealer(app, scope)
    last: AuditEntry | None = None
    while True:
        chunk = search(app.database, only, _EXPORT_CHUNK, beyond=last, newest_first=False)
        seen = _visible(app, chunk, scope)
        yield write([_shown(entry, concealer) for entry in seen])
        if len(chunk) < _EXPORT_CHUNK:
            return
        last = chunk[-1]


def _audit_filter(app: App, asked: LogFilter) -> AuditFilter:
    subjects = _subjects(app, asked.about) if asked.about else None
    return AuditFilter(asked.who, asked.what, asked.since, asked.until, subjects)


def _subjects(app: App, typed: str) -> frozenset[str]:
    """Return the subjects that a person means: of a post, an account or a campaign."""
    try:
        posts = matching_posts(app, typed)
    except UserError:  # it is not the name of a post
        posts = []
    deliveries = [of for named in posts for of in named.deliveries]
    keys = {key for of in deliveries for key in (of.key, str(of.subject))}
    return frozenset({typed, f"account {typed}", f"campaign {typed}", *keys})


def _line(group: Sequence[AuditEntry], subjects: LogSubjects, concealer: Concealer) -> LogLine:
    row = describe_entries([_shown(of, concealer) for of in group], subjects.words(group))
    return LogLine(row, subjects.path(group[0].subject))


def _choices(
    app: App, lines: Sequence[LogLine], asked: LogFilter, scope: Scope
) -> tuple[Collection[str], Collection[str]]:
    """Return the people and the actions to choose from, which tell nobody of others' actions."""
    if scope.is_everything:
        people, actions = read_names(app.database)
    else:
        people, actions = (
            sorted({getattr(line.row, name) for line in lines}) for name in ("who", "what")
        )
    chosen = ((people, asked.who), (actions, asked.what))
    return tuple([*names, *({name} - {*names, ""})] for names, name in chosen)  # type: ignore[return-value]


# --- What a person sees ---------------------------------------------------------------------------


def _visible(app: App, entries: Sequence[AuditEntry], scope: Scope) -> list[AuditEntry]:
    """Return the entries about posts and accounts that a person sees."""
    if scope.is_everything:
        return [*entries]
    subjects = LogSubjects(app, entries, scope)
    return [of for of in entries if subjects.find(of.subject) or _is_of_account(app, of, scope)]


def _is_of_account(app: App, entry: AuditEntry, scope: Scope) -> bool:
    """Return whether an entry is about an account, or a pause, that a person sees."""
    if entry.what in {"pause", "resume"}:
        kind, _, name = entry.subject.partition(" ")
        sees = {"account": scope.sees_account, "campaign": scope.sees_campaign}.get(kind)
        return sees is not None and sees(name)
    if entry.what not in _ACCOUNT_ACTS or entry.subject not in app.config.accounts:
        return False
    return scope.sees_account(entry.subject)


def _shown(entry: AuditEntry, concealer: Concealer) -> AuditEntry:
    """Return the entry without details that name something that a person does not see."""
    detail = {
        name: value
        for name, value in entry.detail.items()
        if not concealer.hides(f"{name} {value}")
    }
    return replace(entry, detail=detail)


# --- Files ----------------------------------------------------------------------------------------


def _json_lines(entries: Sequence[AuditEntry]) -> str:
    return "".join(f"{json.dumps(_values(entry))}\n" for entry in entries)


def _csv_lines(entries: Sequence[AuditEntry]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    for entry in entries:
        *cells, detail = _values(entry).values()
        cells.append(json.dumps(detail, ensure_ascii=False) if detail else "")
        writer.writerow([csv_cell(str(cell)) for cell in cells])
    return out.getvalue()


def _values(entry: AuditEntry) -> dict[str, object]:
    values = {name: getattr(entry, name) for name in _COLUMNS}
    return {**values, "at": entry.at.isoformat(), "detail": dict(entry.detail)}

"""``groundswell log``: the audit log, and whether it is whole."""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import output
from bot.cli.frame import ConfigPath, Json, commands, configured
from bot.errors import StoreError, UserError

if TYPE_CHECKING:
    from bot.store.approvals import Approvals
    from bot.store.audit import Audit, Entry

app = commands()

UNITS = {"d": "days", "h": "hours", "m": "minutes"}
MOST = 1_000_000
"""Records that one list may hold; a database takes no number without an end."""

LATEST = 50


@app.command()
def log(
    *,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="7d, 12h, 30m, or a date and time in UTC."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=MOST, help="So many of the latest.")
    ] = LATEST,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Check that no record was changed or taken out, and that every approval is in it.",
        ),
    ] = False,
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Show who did what, and when: pauses, decisions, plans, starts and stops, what was missed.

    What was sent is not in it: see report, and queue show.
    """
    from bot.app import opened
    from bot.store.audit import Audit

    with opened(configured(config), os.environ, looking=True) as opened_app:
        audit = Audit(opened_app.database)
        if verify:
            _verified(audit, opened_app.approvals, as_json=as_json)
            return
        start = instant(since, opened_app.clock.now()) if since else None
        entries = audit.entries(start, limit)
    output.emit([asdict(one) for one in entries], lambda: _lines(entries), as_json=as_json)


def _verified(audit: Audit, approvals: Approvals, *, as_json: bool) -> None:
    """Say that it is whole. Raises StoreError where it is not, or approvals are not in it."""
    broken, seal = audit.verify(), audit.seal()
    if broken:
        where = "the end" if broken.entry is None else f"record {broken.entry}"
        raise StoreError(f"the audit log is broken at {where}: {broken.why}")
    if problems := approvals.differences():
        raise UserError(problems)
    lines = [
        f"The audit log is whole: {output.count(seal.count, 'record')}.",
        f"Its seal is {seal.hash}",
        "Noted elsewhere, it shows later that nobody has written the log anew.",
    ]
    output.emit({"whole": True, **asdict(seal)}, lambda: lines, as_json=as_json)


def instant(typed: str, now: datetime) -> datetime:
    """Read ``7d``, or a date and time in UTC. Raises BadParameter."""
    if found := re.fullmatch(r"(\d{1,5})([dhm])", typed.strip()):
        return now - timedelta(**{UNITS[found[2]]: int(found[1])})
    try:
        given = datetime.fromisoformat(typed.strip())
    except ValueError:
        words = f"{typed!r} is no time; say 7d, 12h, YYYY-MM-DD or 'YYYY-MM-DD HH:MM'"
        raise typer.BadParameter(words, param_hint="--since") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _lines(entries: list[Entry]) -> list[str]:
    if not entries:
        return ["Nothing has been done yet."]
    columns = ("When (UTC)", "Who", "What", "To what", "More")
    cells = [
        (f"{one.at:%Y-%m-%d %H:%M:%S}", one.who, one.what, one.subject, _more(one.detail))
        for one in entries
    ]
    return output.table_lines(columns, cells)


def _more(detail: Any) -> str:
    """Say the detail in one line: ``why: the lawyer``; of a plan, how many of each."""
    told = {name: value for name, value in detail.items() if value not in (None, "")}
    counted = {n: v["count"] if isinstance(v, dict) else v for n, v in told.items()}
    return ", ".join(f"{name}: {value}" for name, value in counted.items())

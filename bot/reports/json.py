"""All tables as JSON, in a shape that programs can rely on.

::

    {"groundswell_report": 1,              version; rises when a key changes its meaning or goes
     "generated": "2022-07-13T12:00:00Z",  the instant that the report speaks of
     "simulated": false,                   true: the figures come from the sandbox
     "timezone": "America/New_York",       the audience's; instants here are UTC all the same
     "since": null, "until": null,         instants between which posts went out, if asked for
     "reports": [
       {"id": "demand", "title": "Demands", "read": "2022-07-13T11:58:00Z" or null,
        "notes": [], "method": "",          how rows were compared, if they were
        "columns": [{"key": "impressions", "name": "Impressions", "kind": "count", "meaning": ""}],
        "rows": [{"impressions": 1200, "engagement_rate": "0.0325", "spend": null}],
        "left_out": 0,                      rows that are not here, as fewer were asked for
        "total": {"impressions": 1200} or null,
        "trends": [[0, 800, 400]]}]}       impressions gained in equal spans, a list for each row

Kinds: text, count and delta (integers); rate (share of 1), factor (multiple) and money (US dollars)
as decimal strings, so that nothing is rounded on the way; instant (ISO 8601, UTC). null is "no
data", not 0.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.reports.evidence import Evidence
    from bot.reports.table import Cell, Table

VERSION = 1


def render_json(evidence: Evidence, tables: Iterable[Table], now: datetime) -> str:
    """Write the tables as one JSON document, pure ASCII, indented by two."""
    document = {
        "groundswell_report": VERSION,
        "generated": plain(now),
        "simulated": evidence.simulated,
        "timezone": evidence.timezone,
        "since": plain(evidence.since),
        "until": plain(evidence.until),
        "reports": [as_object(table) for table in tables],
    }
    return json.dumps(document, indent=2) + "\n"


def as_object(table: Table) -> dict[str, Any]:
    """Give one table as plain values."""
    keys = [column.key for column in table.columns]
    return {
        "id": table.id,
        "title": table.title,
        "notes": list(table.notes),
        "method": table.method,
        "read": plain(table.read),
        "columns": [
            {"key": each.key, "name": each.name, "kind": each.kind, "meaning": each.meaning}
            for each in table.columns
        ],
        "rows": [_row(keys, row) for row in table.rows],
        "left_out": table.left_out,
        "total": None if table.total is None else _row(keys, table.total),
        "trends": [list(trend) for trend in table.trends],
    }


def _row(keys: list[str], row: tuple[Cell, ...]) -> dict[str, Any]:
    return dict(zip(keys, map(plain, row), strict=True))


def plain(cell: Cell) -> str | int | None:
    """Give one cell as JSON holds it."""
    match cell:
        case datetime():
            return f"{cell.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case Decimal():
            return f"{cell:f}"
        case _:
            return cell

"""All reports, by name in ``REPORTS``.

Most reports sum publications and are an entry of ``bot.reports.groupings``. Those on polls, on
share pages, on spending and on posts that need attention are functions in modules of their own.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.reports.attention import attention_table
from bot.reports.grouped import build_table
from bot.reports.groupings import GROUPINGS, by_wording
from bot.reports.polls import poll_table
from bot.reports.share import share_table
from bot.reports.spending import spend_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.reports.evidence import Evidence
    from bot.reports.table import Table

REPORTS: dict[str, Callable[[Evidence, datetime], Table]] = {
    **{name: partial(build_table, grouping) for name, grouping in GROUPINGS.items()},
    "wording": by_wording,
    "poll": poll_table,
    "share": share_table,
    "spend": spend_table,
    "attention": attention_table,
}
"""The reports by name, in their usual order."""

"""What the database knows of an account that its platform does not say in ``accounts check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.cli.main import open_app
from bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.config import Config


def note_blank_reads(settings: Config, checks: Sequence[dict[str, Any]]) -> None:
    """Add to the notes of each account whether its platform has stopped giving counters."""
    try:
        with open_app(settings, missing_ok=True) as opened_app:
            blank = opened_app.metrics.blank_reads.since()
    except StoreError:
        return
    for check in (check for check in checks if check["account"] in blank):
        since = f"{blank[check['account']]:%Y-%m-%d %H:%M} UTC"
        note = f"its platform has given no counters of any post since {since}"
        check["notes"] = (*check["notes"], note)

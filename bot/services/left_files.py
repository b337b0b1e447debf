"""The posts that left the campaign files in large numbers, and letting them be cancelled."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import State
from bot.services.posts import held_names
from bot.services.views_status import HeldBackView

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.runtime.app import App


def held_back_view(app: App) -> HeldBackView | None:
    """Return the posts that are held back, or None if there are none."""
    held = app.mass_cancels.held_back()
    if held is None:
        return None
    return HeldBackView(
        since=held.at,
        posts=held.posts,
        scheduled=held.scheduled,
        names=tuple(_names(app, held.keys)),
        digest=_digest(held.keys),
    )


def permit_shown(app: App, digest: str, who: str) -> int:
    """Let the loop cancel the posts that were shown, and return how many.

    Raise UserError if others are held back by now.
    """
    held = app.mass_cancels.held_back()
    if held is None or _digest(held.keys) != digest:
        message = "The posts that are held back are not the ones that were shown."
        raise UserError([Problem("left files", 0, 0, "Q302", message, "Look at them again.")])
    app.mass_cancels.permit(held.keys, _names(app, held.keys), who, app.clock.now())
    return held.posts


def _names(app: App, keys: Collection[str]) -> list[str]:
    scheduled = app.queue.in_states([State.SCHEDULED])
    return held_names(app, [of for of in scheduled if of.key in keys])


def _digest(keys: Collection[str]) -> str:
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()

"""Hide sentences that name accounts or campaigns which a person may not see.

A reason for a wait can name other posts, such as one that said the same. Such a sentence is left
out as a whole, because the rest of it could still tell what it is about.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from bot.store.queued_posts import read_campaign_names

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.model.people import Scope
    from bot.runtime.app import App

CONCEALED = "for a reason that names posts which you do not see"
"""Stands in the place of a sentence."""


class Concealer:
    """Hides sentences from a person who sees only some accounts or campaigns."""

    def __init__(self, app: App, scope: Scope) -> None:
        self._app = app
        self._scope = scope

    def words(self, text: str) -> str:
        """Return the text, or ``CONCEALED`` if it names something that is hidden."""
        return CONCEALED if self.hides(text) else text

    def hides(self, text: str) -> bool:
        """Return whether a text names an account or a post of a campaign that is hidden."""
        if self._scope.is_everything or not text:
            return False
        if self._accounts and self._accounts.search(text):
            return True
        return "/" in text and bool(self._campaigns and self._campaigns.search(text))

    @cached_property
    def _accounts(self) -> re.Pattern[str] | None:
        seen = self._scope.accounts
        if seen is None:
            return None
        accounts = [of for of in self._app.config.accounts.values() if of.name not in seen]
        names = {of.name for of in accounts} | {of.handle.lstrip("@") for of in accounts}
        return _pattern(names - seen, "")

    @cached_property
    def _campaigns(self) -> re.Pattern[str] | None:
        seen = self._scope.campaigns
        if seen is None:
            return None
        return _pattern(read_campaign_names(self._app.database) - seen, "/")


def _pattern(names: Collection[str], ending: str) -> re.Pattern[str] | None:
    """Return the pattern of whole names, each with this ending; None without names."""
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)
    after = re.escape(ending) or r"(?![\w-])"
    return re.compile(rf"(?<![\w-])(?:{words}){after}", re.IGNORECASE) if words else None

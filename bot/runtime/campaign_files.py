"""The campaign files as last read, for pages that are shown again and again.

``QueueSync`` reads them for the queue, and checks every rule. Pages only need what stands in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from bot.checking import without_gc
from bot.platforms import LOADED

if TYPE_CHECKING:
    from pathlib import Path

    from bot.config import Config
    from bot.errors import Problem
    from bot.model import Campaign


@dataclass(frozen=True, slots=True, eq=False)
class CampaignsRead:
    """The content of the campaign files at one look, which is equal to itself only."""

    digest: str
    """A digest of the folder, which changes if any file changes."""
    campaigns: tuple[Campaign, ...]
    """The campaigns, without the entries that have mistakes."""
    problems: tuple[Problem, ...]
    """The mistakes for which entries are left out."""


class CampaignFiles:
    """Reads the files of a folder again once they change, for several threads."""

    def __init__(self, config: Config) -> None:
        from bot.campaigns.loading import FolderReader

        self._folder = config.campaigns
        self._reader = FolderReader(config.campaigns, config.accounts, LOADED)
        self._seen: dict[Path, Any] = {}
        self._last: CampaignsRead | None = None
        self._lock = Lock()

    def read(self) -> CampaignsRead:
        """Return the content of the files, which is the same object as long as nothing changes."""
        from bot.campaigns.reading import folder_fingerprint

        with self._lock:
            # The digest comes first: a file that changes meanwhile is read again at the next look.
            digest = folder_fingerprint(self._folder, self._seen)
            if self._last is None or self._last.digest != digest:
                with without_gc():
                    loaded = self._reader.read()
                self._last = CampaignsRead(digest, loaded.campaigns, loaded.problems)
            return self._last

"""Views of the page of approvals, which show each post as one person may decide about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.services.views_approval import ApprovalView
from bot.services.views_post_version import PostVersion


@dataclass(frozen=True, slots=True)
class ApprovalCard:
    """A post that waits for approval or is refused, shown whole."""

    view: ApprovalView
    """Everything that a person reads before the decision."""
    versions: tuple[PostVersion, ...]
    """Its versions as they will look, each once with its accounts."""
    timezone: str
    """The timezone of its audience."""
    shown: str
    """The name of what is shown, which a form sends back; see ``approvals_page``."""
    why_not: str
    """Why this person cannot approve it, or take its refusal back; "" if they can."""
    not_on: str
    """On which accounts this person's approval would not count, with the reason; "" if on none."""
    files_read: bool
    """Whether the campaign files were read, which have its sources and may differ from it."""
    is_mine: bool
    """Whether this person has approved it, and can withdraw that."""

    @property
    def due(self) -> datetime:
        """When its first delivery is due, in UTC."""
        return self.view.due

    @property
    def word(self) -> str:
        """The word for its state, which is the same for all of its accounts."""
        return "waits"

    @property
    def notes(self) -> tuple[str, ...]:
        """Differences between files and queue, and reasons that hold it even if approved."""
        notes = dict.fromkeys(note for account in self.view.accounts for note in account.notes)
        return tuple(notes) if self.files_read else ()

    @property
    def lapsed(self) -> tuple[str, ...]:
        """Why approvals or refusals of it do not count any more, in sentences."""
        said: dict[str, None] = {}
        for account in self.view.accounts:
            if account.lapsed:
                names = " and ".join(account.lapsed)
                said[
                    f"{names} had approved it according to a restored backup, and is asked again."
                ] = None
            elif account.before:
                said[f"It was edited since {account.before.who} approved it."] = None
            if account.refused_before:
                before = account.refused_before
                said[f"{before.who} refused an earlier version: {before.why}"] = None
        return tuple(said)


@dataclass(frozen=True, slots=True)
class ApprovalsPage:
    """The posts about which people decide, as far as one person sees them."""

    waiting: tuple[ApprovalCard, ...]
    """The waiting posts of this page, the next due first."""
    count: int
    """How many posts wait, on all pages."""
    page: int
    """The number of this page, from 1."""
    pages: int
    """The number of pages."""
    refused: tuple[ApprovalCard, ...]
    """The refused posts, the next due first."""
    more_refused: int
    """How many more posts are refused than are shown."""

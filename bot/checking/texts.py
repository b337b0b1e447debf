"""The problems that platforms find in texts of posts and share pages, and tokens pasted there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.config.secrets import contains_token
from bot.lint.context import Finding
from bot.model import NOWHERE
from bot.platforms import base, load_platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.campaigns.reading import LoadedFile
    from bot.errors import Problem
    from bot.model import Account, Campaign, Content, Post
    from bot.secrecy import KnownSecrets


def described_page(read: LoadedFile, campaigns: Mapping[str, Campaign]) -> Campaign | None:
    """Return the campaign whose share page a file describes, or None."""
    campaign = campaigns.get(read.header.id or "") if read.header else None
    if campaign and read.header and campaign.share and campaign.share is read.header.share:
        return campaign
    return None


def page_problems(campaign: Campaign) -> Iterator[Problem]:
    """Yield wordings that fit no network, and problems of the page's own words."""
    if not campaign.share:
        return
    from bot.share.buttons import find_too_long  # most campaigns have no share page
    from bot.share.words import find_word_problems

    yield from find_word_problems(campaign.share)
    yield from find_too_long(campaign)


def platform_findings(
    post: Post, accounts: Mapping[str, Account], secrets: KnownSecrets
) -> Iterator[Finding]:
    """Yield contents that the platforms refuse or advise against, and pasted tokens."""
    # The loader has reported missing accounts.
    known = [account for name in post.accounts if (account := accounts.get(name))]
    for content in (wording.content for wording in post.wordings):
        violations: list[base.Violation] = []
        for account in known:
            violations += load_platform(account.platform).check(content, account)
        for found in (*violations, *_leaked_tokens(content, secrets)):
            parts = content.parts[found.part : found.part + 1]
            mark = parts[0].mark if parts and parts[0].mark != NOWHERE else post.mark
            yield Finding(found.message, found.hint, mark, post.mark, found.code, found.level)


def _leaked_tokens(content: Content, secrets: KnownSecrets) -> Iterator[base.Violation]:
    """Yield the parts into which a token was pasted by mistake, and would be published."""
    links = ((index, part.card.link) for index, part in enumerate(content.parts) if part.card)
    reported: set[int] = set()
    for index, text in (*content.texts, *links):
        known = secrets.are_in(text)
        if index not in reported and (known or contains_token(text)):
            reported.add(index)
            message = "The text seems to hold an access token or a password."
            if known:
                message = "The text holds a secret of your environment, such as an access token."
            hint = "Take it out, and replace it on the platform if anyone may have read it."
            yield base.Violation("G111", message, hint, index)

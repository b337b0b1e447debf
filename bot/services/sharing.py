"""Choose texts for an account or a partner of a coalition, so that no two say the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import Content
from bot.planning.occurrences import shared_texts
from bot.planning.unplanned import posts_beyond_horizon
from bot.platforms import load_platform
from bot.schedules.local_time import format_local
from bot.services.plan import check_or_raise, later_views, planned_occurrences
from bot.services.views_sharing import LengthView, SharedFile, SharedPart, SharedPost
from bot.text import pluralize
from bot.yamlsource.problems import did_you_mean, require_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.config import Config
    from bot.model import Account, Campaign, Part
    from bot.planning.occurrences import SharedText
    from bot.services.views_plan import LaterView


@dataclass(frozen=True, slots=True)
class SharedTexts:
    """The texts for an account or a partner."""

    posts: list[SharedPost]
    """The posts, with the texts."""
    later: tuple[LaterView, ...]
    """The posts beyond the horizon, which are not among ``posts``."""
    unapproved: list[str]
    """The campaigns whose posts need an approval, which does not cover a partner's texts."""


def read_shared_texts(
    config: Config, name: str, campaign: str | None, now: datetime, *, everything: bool
) -> SharedTexts:
    """Return the texts for an account or a partner, of one campaign or of all.

    With ``everything``, past posts and posts beyond the horizon are included. Raise UserError with
    every mistake in the files, or for an unknown name.
    """
    checked = check_or_raise(config, now).campaigns
    if campaign:
        require_name("share-texts", "campaign", campaign, {item.id for item in checked})
    campaigns = [item for item in checked if campaign in (None, item.id)]
    _require_speaker(campaigns, name)
    planned, _ = planned_occurrences(config, checked, everything=everything)
    accounts = config.accounts
    posts = [_shared_post(text, accounts) for text in shared_texts(campaigns, planned, name)]
    as_partner = {item.id: item for item in campaigns if name in item.partners}
    later = [
        item
        for item in ([] if everything else posts_beyond_horizon(campaigns, now, config.horizon))
        if name in item.post.accounts or item.post.campaign in as_partner
    ]
    unapproved = [item.id for item in as_partner.values() if item.require_approval]
    return SharedTexts(posts, later_views(later), unapproved if posts else [])


def _require_speaker(campaigns: Sequence[Campaign], name: str) -> None:
    names = {name for item in campaigns for post in item.posts for name in post.accounts}
    names |= {name for item in campaigns for name in item.partners}
    if name not in names:
        message = f"No campaign has an account or a partner named {name}."
        hint = did_you_mean(name, names, "Name partners: in the campaign.")
        raise UserError([Problem("share-texts", 0, 0, "Q602", message, hint)])


def _shared_post(text: SharedText, accounts: Mapping[str, Account]) -> SharedPost:
    speakers = {account.platform: account for account in _speakers(text, accounts)}
    others, wording = _others(text, accounts), text.wording
    content = wording.content if wording else Content(())
    return SharedPost(
        due=text.occurrence.due,
        local=format_local(text.occurrence.due, text.occurrence.timezone),
        campaign=text.post.campaign,
        post=text.post.id,
        event=text.post.event,
        platforms=tuple(speakers),
        wording=wording.name if wording else "",
        warning=content.warning,
        language=content.language,
        labels=tuple(content.labels),
        parts=tuple(_shared_part(part, speakers) for part in content.parts),
        alone=wording is not None and not others,
        like=tuple(others),
        notes=tuple(_notes(text, others)),
    )


def _shared_part(part: Part, speakers: Mapping[str, Account]) -> SharedPart:
    lengths = {
        name: LengthView(*load_platform(name).length(part, account))
        for name, account in speakers.items()
    }
    media = tuple(SharedFile(str(media.path), media.alt) for media in part.attached)
    return SharedPart(part.text, lengths, media, part.poll)


def _speakers(text: SharedText, accounts: Mapping[str, Account]) -> Iterator[Account]:
    """Yield the account of the text; for a partner, our accounts without their special limits."""
    if text.name in accounts:
        yield accounts[text.name]
        return
    for name in text.wordings:
        if name in accounts:
            yield replace(accounts[name], options=None)


def _others(text: SharedText, accounts: Mapping[str, Account]) -> list[str]:
    """Return the accounts and partners that would look like many voices if they said the same.

    Our own accounts on other platforms are not among them, because one organisation may say the
    same once on each platform.
    """
    own = accounts.get(text.name)
    return [
        name
        for name in text.shared_with
        if not own or name not in accounts or accounts[name].platform == own.platform
    ]


def _notes(text: SharedText, others: Sequence[str]) -> Iterator[str]:
    verb = "is" if text.wording_count == 1 else "are"
    wordings = pluralize(text.wording_count, "wording")
    count = f"only {wordings} for {len(text.wordings)} accounts and partners"
    if text.wording is None:
        yield (
            f"No wording is left for {text.name} alone, as there {verb} {count}. Write your own "
            "words; two voices that say the same look like many."
        )
    elif others:
        yield (
            f"Not yours alone: {', '.join(others)} would say the same, as there {verb} {count}. "
            "Write your own words."
        )
    planned = text.occurrence
    if planned.embargo and planned.due < planned.embargo:
        yield f"Embargo: not before {format_local(planned.embargo, planned.timezone)}."
    if planned.stale_from and planned.stale_from <= planned.due:
        day = format_local(planned.stale_from, planned.timezone)
        yield f"A fact in it is due for review from {day} on. Ask before you publish it."

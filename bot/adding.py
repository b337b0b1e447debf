"""Adding a post by hand: from what somebody typed to an entry of ``queue.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.checking import Checked, check, check_folder
from bot.engagement.spend import price
from bot.errors import Problem, UserError
from bot.platforms import kind
from bot.schedules import ScheduleError
from bot.schedules.phrases import read_phrase

if TYPE_CHECKING:
    from pathlib import Path

    from bot.config import Config
    from bot.model import Campaign, Post

_LONG_AGO = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)
_FAR_AHEAD = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Wish:
    """A post that somebody wants to add, as typed."""

    text: str
    at: str
    demand: str | None
    campaign: str | None
    accounts: tuple[str, ...]
    link: str | None
    media: Path | None
    alt: str | None
    name: str | None


def add_post(config: Config, wish: Wish, now: datetime) -> dict[str, Any]:
    """Add it to ``queue.yaml``; give what was added. Raises UserError: then nothing is."""
    from bot.campaigns.queue_file import append

    if wish.alt and not wish.media:
        raise UserError([_no("--alt describes a picture.", "Name the picture with --media.")])
    if wish.media and not (wish.alt or "").strip():
        hint = "Add --alt with what it shows, for people who cannot see it."
        raise UserError([_no("The picture has no description.", hint)])
    before = check(config, now)
    campaign = _campaign(before, wish)
    local = _local(wish.at, campaign.timezone, now)
    name = wish.name or _new_name(wish.text, local, {post.id for post in campaign.posts})
    path = config.campaigns / "queue.yaml"
    after: list[Checked] = []

    def checked(new: bytes) -> list[Problem]:
        after.append(check_folder(config.campaigns, now, config.accounts, {path: new}))
        old = {(problem.file, problem.code, problem.message) for problem in before.problems}
        found = [one for one in after[-1].problems if one.level == "error"]
        return [one for one in found if (one.file, one.code, one.message) not in old]

    several = len(before.campaigns) > 1
    wish = replace(wish, media=wish.media and _in_folder(wish.media, config.campaigns))
    entry = _as_yaml(wish, name, local, campaign.id if several else None)
    lines = path.read_bytes().count(b"\n") if path.is_file() else 0
    try:
        append(path, entry, check=checked)
    except UserError as error:
        raise UserError(_of_wish(one, str(path), lines) for one in error.problems) from error
    return _added(config, after[-1], campaign.id, name, path)


def _in_folder(media: Path, folder: Path) -> Path:
    """Give the file as a campaign names it, also where it was typed as seen from here."""
    here, home = media.resolve(), folder.resolve()
    return here.relative_to(home) if here.is_file() and here.is_relative_to(home) else media


def _of_wish(problem: Problem, path: str, lines: int) -> Problem:
    """Say of a problem in the new entry that it is one of what was typed: no file holds it."""
    if problem.file == path and problem.line > lines:
        return replace(problem, file="queue add", line=0, column=0)
    return problem


def _campaign(checked: Checked, wish: Wish) -> Campaign:
    found = [one for one in checked.campaigns if wish.campaign in {None, one.id}]
    if len(found) == 1:
        return found[0]
    if not checked.campaigns:
        raise UserError(checked.problems or [_no("There is no campaign yet.", "groundswell init")])
    names = ", ".join(campaign.id for campaign in checked.campaigns)
    raise UserError([_no("Which campaign is meant?", f"Name one with --campaign: {names}.")])


def _no(message: str, hint: str) -> Problem:
    return Problem("queue add", 0, 0, "Q201", message, hint)


def _local(text: str, timezone: str, now: datetime) -> datetime:
    """Read a time as people write it, in the campaign's timezone; it must lie ahead."""
    try:
        return read_phrase(text, timezone, now)
    except ScheduleError as error:
        raise UserError([_no(f"--at: {error.message}", error.hint)]) from None


# --- The entry ------------------------------------------------------------------------------------


def _new_name(text: str, local: datetime, taken: set[str]) -> str:
    """Make an id from the first words and the day: it stays when the words are mended."""
    words = re.findall(r"[a-z0-9]+", text.lower())[:4]
    name = "-".join([*(words or ["post"]), f"{local:%Y%m%d}"])[:60]
    numbers = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbers if one not in taken)


def _as_yaml(wish: Wish, name: str, local: datetime, campaign: str | None) -> dict[str, Any]:
    media = wish.media and [{"file": str(wish.media), "alt": wish.alt or ""}]
    fields = {
        "id": name,
        "campaign": campaign,
        "demand": wish.demand,
        "accounts": list(wish.accounts),
        "when": f"{local:%Y-%m-%d %H:%M}",
        "text": wish.text,
        "media": media,
        "link": wish.link,
    }
    return {key: value for key, value in fields.items() if value}


def _added(
    config: Config,
    checked: Checked,
    campaign: str,
    name: str,
    path: Path,
) -> dict[str, Any]:
    post = _found(checked, campaign, name)
    account = config.accounts[post.accounts[0]]
    moment = next(post.when.occurrences(_LONG_AGO, _FAR_AHEAD))
    module = kind(account.platform)
    content = post.wordings[0].content
    used, most = module.length(content.parts[0], account)
    dollars = price(module, content, moment.due) * len(post.accounts)
    return {
        "id": name,
        "file": str(path),
        "campaign": campaign,
        "accounts": list(post.accounts),
        "due": moment.due,
        "local": f"{moment.due.astimezone(ZoneInfo(moment.timezone)):%a %Y-%m-%d %H:%M}",
        "timezone": moment.timezone,
        "length": f"{used} of {most} characters",
        "price": str(dollars),
        "errors": sum(problem.level == "error" for problem in checked.problems),
    }


def _found(checked: Checked, campaign: str, name: str) -> Post:
    posts = (post for one in checked.campaigns if one.id == campaign for post in one.posts)
    return next(post for post in posts if post.id == name)

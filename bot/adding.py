"""Adding a post by hand: from what somebody typed to an entry of ``queue.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.campaigns.problems import did_you_mean, shown
from bot.checking import Checked, check
from bot.engagement.spend import price
from bot.errors import Problem, UserError
from bot.platforms import kind
from bot.schedules import ScheduleError
from bot.schedules.phrases import read_phrase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.config import Config
    from bot.model import Campaign, Post

_LONG_AGO = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)
_FAR_AHEAD = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Wish:
    """A post that somebody wants to add, as typed.

    Without ``at``, it takes the next queue slot. ``parts`` are those of a thread after ``text``.
    """

    text: str
    at: str | None
    demand: str | None
    campaign: str | None
    accounts: tuple[str, ...]
    link: str | None
    media: Path | None
    alt: str | None
    name: str | None
    parts: tuple[str, ...] = ()
    poll: tuple[str, ...] = ()
    poll_for: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """A post that was added, and what is told of it; ``warnings`` are those that it gives rise to.

    ``checked`` is the folder with the post in it.
    """

    told: dict[str, Any]
    post: Post
    warnings: tuple[Problem, ...]
    checked: Checked


def add_post(config: Config, wish: Wish, now: datetime) -> Added:
    """Add it to ``queue.yaml``. Raises UserError: then nothing is added."""
    from bot.campaigns.queue_file import append

    if wish.alt and not wish.media:
        raise UserError([_no("--alt describes a picture.", "Name the picture with --media.")])
    if wish.media and not (wish.alt or "").strip():
        hint = "Add --alt with what it shows, for people who cannot see it."
        raise UserError([_no("The picture has no description.", hint)])
    before = check(config, now)
    campaign = _campaign(before, wish)
    local = _local(wish.at, campaign.timezone, now) if wish.at is not None else None
    name = wish.name or _new_name(wish.text, local, {post.id for post in campaign.posts})
    path = config.campaigns / "queue.yaml"
    after: list[Checked] = []
    warnings: list[Problem] = []

    def checked(new: bytes) -> list[Problem]:
        after.append(check(config, now, {path: new}))
        news = list(before.news(after[-1].problems))
        warnings[:] = [problem for problem in news if problem.level == "warning"]
        return [problem for problem in news if problem.level == "error"]

    several = len(before.campaigns) > 1
    wish = replace(wish, media=wish.media and _in_folder(wish.media, config.campaigns))
    entry = _as_yaml(wish, name, local, campaign.id if several else None)
    lines = _lines(path.read_bytes()) if path.is_file() else 0
    try:
        append(path, entry, check=checked)
    except UserError as error:
        moved = [_of_wish(problem, path, lines, entry) for problem in error.problems]
        raise UserError(moved) from error
    post = _found(after[-1], campaign.id, name)
    told = _told(config, post, path, after[-1])
    return Added(told, post, tuple(warnings), after[-1])


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def _in_folder(media: Path, folder: Path) -> Path:
    """Give the file as a campaign names it, also where it was typed as seen from here."""
    here, home = media.resolve(), folder.resolve()
    return here.relative_to(home) if here.is_file() and here.is_relative_to(home) else media


_KEY = re.compile(r"(?:- |  )([a-z_]+):")
_OPTIONS = {
    "campaign": " --campaign",
    "demand": " --demand",
    "accounts": " --account",
    "when": " --at",
    "text": " TEXT",
    "thread": " TEXT",
    "media": " --media",
    "link": " --link",
    "poll": " --poll",
}
"""What was typed for each key of the entry. On the line of the id, the whole post is meant."""


def _of_wish(problem: Problem, path: Path, lines: int, entry: Mapping[str, Any]) -> Problem:
    """Say of an error in the new entry what was typed: no file holds it."""
    from bot.campaigns.queue_file import as_yaml

    if problem.file != str(path) or problem.line <= lines:
        return problem
    rows = as_yaml([entry]).splitlines()[: problem.line - lines]
    keys = [found[1] for row in rows if (found := _KEY.match(row))]
    place = f"queue add{_OPTIONS.get(keys[-1], '')}"
    return replace(problem, file=place, line=0, column=0)


def _campaign(checked: Checked, wish: Wish) -> Campaign:
    found = [one for one in checked.campaigns if wish.campaign in {None, one.id}]
    if len(found) == 1:
        return found[0]
    if not checked.campaigns:
        raise UserError(checked.problems or [_no("There is no campaign yet.", "groundswell init")])
    names = [campaign.id for campaign in checked.campaigns]
    if wish.campaign is None:
        hint = f"Name one with --campaign: {', '.join(names)}."
        raise UserError([_no("Which campaign is meant?", hint)])
    message = f"There is no campaign {shown(wish.campaign)}."
    raise UserError([_no(message, did_you_mean(wish.campaign, names))])


def _no(message: str, hint: str) -> Problem:
    return Problem("queue add", 0, 0, "Q201", message, hint)


def _local(text: str, timezone: str, now: datetime) -> datetime:
    """Read a time as people write it, in the campaign's timezone; it must lie ahead."""
    try:
        return read_phrase(text, timezone, now)
    except ScheduleError as error:
        raise UserError([_no(f"--at: {error.message}", error.hint)]) from None


# --- The entry ------------------------------------------------------------------------------------


def _new_name(text: str, local: datetime | None, taken: set[str]) -> str:
    """Make an id from the first words and the day: it stays when the words are mended."""
    words = re.findall(r"[a-z0-9]+", text.lower())[:4]
    day = [f"{local:%Y%m%d}"] if local else []
    name = "-".join([*(words or ["post"]), *day])[:60].rstrip("-")
    numbers = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbers if one not in taken)


def _as_yaml(wish: Wish, name: str, local: datetime | None, campaign: str | None) -> dict[str, Any]:
    media = wish.media and [{"file": str(wish.media), "alt": wish.alt or ""}]
    said = {"text": wish.text, "media": media}
    first = _filled(said) if media else wish.text
    fields = {
        "id": name,
        "campaign": campaign,
        "demand": wish.demand,
        "accounts": list(wish.accounts),
        "when": f"{local:%Y-%m-%d %H:%M}" if local else {"slot": "next"},
        **({"thread": [first, *wish.parts]} if wish.parts else said),
        "poll": _poll(wish) if wish.poll else None,
        "link": wish.link,
    }
    return _filled(fields)


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value}


def _poll(wish: Wish) -> dict[str, Any]:
    from bot.schedules import ScheduleError, parse_lifetime

    try:
        length = parse_lifetime(wish.poll_for or "")
    except ScheduleError as error:
        raise UserError([_no(f"--poll-for: {error.message}", "Write it as 24h.")]) from error
    return {"options": list(wish.poll), "minutes": str(length // timedelta(minutes=1))}


def _told(config: Config, post: Post, path: Path, checked: Checked) -> dict[str, Any]:
    account = config.accounts[post.accounts[0]]
    moment = next(post.when.occurrences(_LONG_AGO, _FAR_AHEAD), None)
    module = kind(account.platform)
    content = post.wordings[0].content
    lengths = ["{} of {}".format(*module.length(part, account)) for part in content.parts]
    # A slot is not dealt out yet: by the newest price list.
    dollars = price(module, content, moment.due if moment else _FAR_AHEAD) * len(post.accounts)
    local = moment and moment.due.astimezone(ZoneInfo(moment.timezone))
    return {
        "id": post.id,
        "file": str(path),
        "campaign": post.campaign,
        "accounts": list(post.accounts),
        "due": moment and moment.due,
        "local": f"{local:%a %Y-%m-%d %H:%M}" if local else "next slot",
        "timezone": moment and moment.timezone,
        "length": f"{', '.join(lengths)} characters",
        "price": str(dollars),
        "errors": sum(problem.level == "error" for problem in checked.problems),
    }


def _found(checked: Checked, campaign: str, name: str) -> Post:
    posts = (post for one in checked.campaigns if one.id == campaign for post in one.posts)
    return next(post for post in posts if post.id == name)

"""Add one post, as a person typed it, to ``queue.yaml``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.campaigns.editing import change_files, dump_posts, new_id, with_posts_appended
from bot.checking import check
from bot.errors import Problem, UserError
from bot.schedules.local_time import ScheduleError, parse_positive_duration
from bot.schedules.phrases import describe_reading, means_next_slot, parse_phrase
from bot.spreadsheets.source_map import keys_by_line
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bot.checking import CheckResult
    from bot.config import Config
    from bot.model import Campaign, Post

QUEUE_FILE = "queue.yaml"


@dataclass(frozen=True, slots=True)
class PostRequest:
    """A post that somebody wants to add, as typed."""

    text: str
    at: str | None
    """The time in words or as a date; None for the next queue slot."""
    demand: str | None
    campaign: str | None
    accounts: tuple[str, ...]
    """The accounts, or () for the accounts of the campaign."""
    link: str | None
    media: Path | None
    alt: str | None
    """The description of the picture."""
    name: str | None
    """The id of the post; None to make one from the text."""
    parts: tuple[str, ...] = ()
    """The parts of a thread after ``text``."""
    poll: tuple[str, ...] = ()
    """The answers of a poll."""
    poll_for: str | None = None
    """The time for which the poll is open, such as ``24h``."""


def add_post(
    config: Config,
    request: PostRequest,
    now: datetime,
    say: Callable[[str], object] = lambda _: None,
) -> tuple[list[Post], CheckResult, list[Problem]]:
    """Add a post to ``queue.yaml``; return it, the checked folder, and the warnings that it causes.

    It is several posts if its text differs between platforms. ``say`` gets the understood time
    before anything is written. Raise UserError, in which case nothing is added.
    """
    before = check(config, now)
    campaign = _find_campaign(before, request)
    local = None
    if request.at is not None and not means_next_slot(request.at):
        try:
            local = parse_phrase(request.at, campaign.timezone, now)
            reading = describe_reading(request.at, local, campaign.timezone)
        except ScheduleError as error:
            raise _refusal(f"--at: {error.message}", error.hint) from None
        if reading:
            say(reading)
    day = f"{local:%Y%m%d}" if local else None
    name = request.name or new_id(request.text, day, {post.id for post in campaign.posts})
    path = config.campaigns / QUEUE_FILE
    after: list[CheckResult] = []
    warnings: list[Problem] = []

    def find_errors(new: Mapping[Path, bytes]) -> list[Problem]:
        after.append(check(config, now, new))
        errors, warnings[:] = before.new_problems(after[-1].problems)
        return errors

    named_campaign = campaign.id if len(before.campaigns) > 1 else None
    entry = _queue_entry(request, config.campaigns, name, local, named_campaign)
    lines = len(path.read_bytes().splitlines()) if path.is_file() else 0
    try:
        change_files(
            {path: lambda old: with_posts_appended(old or b"", [entry], str(path))}, find_errors
        )
    except UserError as error:
        problems = [_point_at_option(problem, path, lines, entry) for problem in error.problems]
        raise UserError(problems) from error
    checked = after[-1]
    added = [post for post in checked.posts if (post.campaign, post.id) == (campaign.id, name)]
    return added, checked, warnings


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
"""The option for each key of the entry. A problem on the id's line is about the whole post."""


def _point_at_option(
    problem: Problem, path: Path, lines: int, entry: Mapping[str, object]
) -> Problem:
    """Return an error in the new entry with an option as its place, because it is in no file."""
    if problem.file != str(path) or problem.line <= lines:
        return problem
    keys = [key for key, _ in keys_by_line(dump_posts([entry]))]
    key = keys[min(problem.line - lines, len(keys)) - 1]
    place = f"queue add{_OPTIONS.get(key, '')}"
    return replace(problem, file=place, line=0, column=0)


def _find_campaign(checked: CheckResult, request: PostRequest) -> Campaign:
    campaigns = {campaign.id: campaign for campaign in checked.campaigns}
    if not campaigns:
        if checked.problems:
            raise UserError(checked.problems)
        raise _refusal("There is no campaign yet.", "groundswell init writes one.")
    if request.campaign is not None:
        require_name("queue add", "campaign", request.campaign, campaigns)
        return campaigns[request.campaign]
    if len(campaigns) > 1:
        hint = f"Name one with --campaign: {', '.join(campaigns)}."
        raise _refusal("There are several campaigns.", hint)
    return checked.campaigns[0]


def _refusal(message: str, hint: str) -> UserError:
    return UserError([Problem("queue add", 0, 0, "Q201", message, hint)])


# --- The entry ------------------------------------------------------------------------------------


def _queue_entry(
    request: PostRequest, folder: Path, name: str, local: datetime | None, campaign: str | None
) -> dict[str, object]:
    if request.alt and not request.media:
        raise _refusal("--alt describes a picture.", "Name the picture with --media.")
    if request.media and not (request.alt or "").strip():
        hint = "Describe it with --alt, for people who cannot see it."
        raise _refusal("The picture has no description.", hint)
    media = None
    if file := request.media:
        # The entry names it relative to the posts, even if it was typed relative to this folder.
        real, home = file.resolve(), folder.resolve()
        if real.is_file() and real.is_relative_to(home):
            file = real.relative_to(home)
        media = [{"file": str(file), "alt": request.alt or ""}]
    content = {"text": request.text, "media": media}
    first = content if media else request.text
    poll = None
    if request.poll:
        try:
            length = parse_positive_duration(request.poll_for or "")
        except ScheduleError as error:
            raise _refusal(f"--poll-for: {error.message}", "Write it as 24h.") from error
        poll = {"options": list(request.poll), "minutes": str(length // timedelta(minutes=1))}
    fields = {
        "id": name,
        "campaign": campaign,
        "demand": request.demand,
        "accounts": list(request.accounts),
        "when": f"{local:%Y-%m-%d %H:%M}" if local else {"slot": "next"},
        **({"thread": [first, *request.parts]} if request.parts else content),
        "poll": poll,
        "link": request.link,
    }
    return {key: value for key, value in fields.items() if value}

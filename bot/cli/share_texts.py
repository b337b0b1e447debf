"""``groundswell share-texts``: what an account or a partner of the coalition is given to say."""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.changes import poll_line
from bot.cli import output
from bot.cli.frame import ConfigPath, Json, commands, configured
from bot.cli.hints import with_config
from bot.errors import Problem, UserError
from bot.model import Poll

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.config import Config
    from bot.model import Campaign, Delivery, Occurrence
    from bot.sharing import Share
    from bot.slots import Given

app = commands()

FORMATS = ("text", "json", "csv", "md")
COLUMNS = (
    *("local", "campaign", "post", "part", "text", "media", "alt", "poll", "poll_for"),
    *("wording", "alone", "notes"),
)
RULE = "-" * 32
"""What stands before and after a text that is to be copied."""

APPROVAL = (
    "These campaigns require approval, and groundswell review shows what your own accounts say. "
    "Have somebody read these texts before you hand them on: {}."
)


@app.command("share-texts")
def share_texts(
    *,
    account: Annotated[
        str,
        typer.Option("--account", metavar="NAME", help="An account, or a partner of a campaign."),
    ],
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="ID", help="One campaign only.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was due before, or is far ahead.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, json, csv or md.")
    ] = "text",
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """List what an account or a partner is to say, each text with its date and pictures.

    No two of a coalition get the same words while there are enough wordings; where there are not,
    it says so. Nothing is posted.
    """
    from bot.sharing import shares

    form = "json" if as_json else form
    if form not in FORMATS:
        raise typer.BadParameter(f"it is one of {', '.join(FORMATS)}", param_hint="--format")
    settings = configured(config)
    checked = _checked(settings, campaign)
    campaigns = [one for one in checked if campaign in (None, one.id)]
    _refuse_unknown(account, campaigns)
    planned = _planned(settings, checked, everything=everything)
    rows = [described(one) for one in shares(campaigns, planned, account)]
    output.document(written(rows, account, form))
    for line in [] if everything else _later_lines(settings, campaigns, account):
        output.error_line(line)
    needing = [one.id for one in campaigns if one.require_approval and account in one.partners]
    if needing and rows:
        output.error_line(with_config(APPROVAL.format(", ".join(needing))))


def _checked(config: Config, wanted: str | None) -> Sequence[Campaign]:
    """Give all campaigns. Raises UserError: mistakes in them, or none that is called so."""
    from bot.campaigns.problems import did_you_mean
    from bot.checking import check
    from bot.clock import SystemClock

    checked = check(config, SystemClock().now())
    if any(problem.level == "error" for problem in checked.problems):
        raise UserError(checked.problems)
    known = {one.id for one in checked.campaigns}
    if wanted and wanted not in known:
        message = f"There is no campaign {wanted}."
        raise UserError(
            [Problem("share-texts", 0, 0, "Q601", message, did_you_mean(wanted, known))]
        )
    return checked.campaigns


def _refuse_unknown(name: str, campaigns: Sequence[Campaign]) -> None:
    from bot.campaigns.problems import did_you_mean
    from bot.sharing import voices

    if name not in (known := voices(campaigns)):
        message = f"No campaign has an account or a partner {name}."
        hint = did_you_mean(name, known, "Name partners: in the campaign.")
        raise UserError([Problem("share-texts", 0, 0, "Q602", message, hint)])


def _planned(
    config: Config, campaigns: Sequence[Campaign], *, everything: bool
) -> list[Occurrence]:
    """Give what is planned ahead, as far as the queue reaches; or all that the files date."""
    from bot import planning, slots
    from bot.clock import SystemClock
    from bot.sharing import span

    now = SystemClock().now()
    within = planning.window(now, config.horizon)
    if everything:
        within = span(campaigns, *within)
    timed = planning.plan(campaigns, config.accounts, *within)
    keys = [*slots.keys(campaigns)]
    queued, given = _queued(config, within, keys) if keys else ([], {})
    filled = slots.fill(timed, campaigns, config.accounts, queued, now, within, given)
    return [one for one in filled.occurrences if everything or now <= one.due]


def _later_lines(config: Config, campaigns: Sequence[Campaign], name: str) -> list[str]:
    """Return what an account or a partner says later than the queue reaches."""
    from bot.cli.plan import later_lines
    from bot.clock import SystemClock
    from bot.horizon import beyond

    partner = {campaign.id for campaign in campaigns if name in campaign.partners}
    found = [
        later
        for later in beyond(campaigns, SystemClock().now(), config.horizon)
        if name in later.post.accounts or later.post.campaign in partner
    ]
    lines = later_lines(found, "listed")
    return [*lines, "--all lists it too."] if lines else []


def _queued(
    config: Config, within: tuple[datetime, datetime], keys: Sequence[str]
) -> tuple[list[Delivery], Given]:
    """Give what is queued, as it may have its slot already, and who has approved what."""
    from bot.app import opened

    if not config.has_database:
        return [], {}
    with opened(config, os.environ) as opened_app:
        return opened_app.queue.relevant(*within, keys), opened_app.approvals.given()


def described(one: Share) -> dict[str, Any]:
    """Give it as plain values; ``alone`` is whether nobody else says the same."""
    return {
        "due": one.due,
        "local": _local(one.due, one.timezone),
        "campaign": one.post.campaign,
        "post": one.post.id,
        "event": one.post.event,
        "wording": one.wording.name,
        "parts": [
            {
                "text": part.text,
                "media": [{"file": str(media.path), "alt": media.alt} for media in part.media],
                "poll": asdict(part.poll) if part.poll else None,
            }
            for part in one.wording.content.parts
        ],
        "alone": not one.like,
        "like": list(one.like),
        "notes": list(_notes(one)),
    }


def _local(due: datetime, timezone: str) -> str:
    return f"{due.astimezone(ZoneInfo(timezone)):%a %Y-%m-%d %H:%M %Z}"


def _notes(one: Share) -> Iterator[str]:
    if one.like:
        verb, texts = "is" if one.wordings == 1 else "are", output.count(one.wordings, "wording")
        yield (
            f"Not yours alone: {', '.join(one.like)} would say the same, as there {verb} only "
            f"{texts} for {one.voices}. Write your own words."
        )
    if one.embargo and one.due < one.embargo:
        yield f"Embargo: not before {_local(one.embargo, one.timezone)}."
    if one.stale_from and one.stale_from <= one.due:
        day = _local(one.stale_from, one.timezone)
        yield f"A fact in it is due for review from {day} on: ask before you say it."


# --- The formats ----------------------------------------------------------------------------------


def written(rows: Sequence[dict[str, Any]], name: str, form: str) -> str:
    """Write them in a format; ends with a line end."""
    if form == "json":
        return output.json_text(rows) + "\n"
    if form == "csv":
        return _csv(rows)
    lines = _md_lines(rows, name) if form == "md" else _text_lines(rows, name)
    return "\n".join(lines) + "\n"


def _text_lines(rows: Sequence[dict[str, Any]], name: str) -> Iterator[str]:
    if not rows:
        yield f"Nothing for {name} to say; --all also looks at what was due before."
    for row in rows:
        yield f"{row['local']}  {_what(row)}"
        yield from (f"! {note}" for note in row["notes"])
        for index, part in enumerate(row["parts"]):
            yield from _shown(part)
            yield _head(row, index, f"{RULE} ") or RULE
            yield part["text"]
            yield RULE
        yield ""
    if rows:
        yield _sum(rows)


def _shown(part: dict[str, Any]) -> Iterator[str]:
    for media in part["media"]:
        yield f"Picture: {media['file']}"
        yield f"Its alt text: {' '.join(media['alt'].split())}"
    if part["poll"]:
        yield f"Poll: {poll_line(Poll(**part['poll']))}"


def _head(row: dict[str, Any], index: int, before: str = "") -> str:
    many = len(row["parts"])
    return f"{before}part {index + 1} of {many}" if many > 1 else ""


def _what(row: dict[str, Any]) -> str:
    wording = f" ({row['wording']})" if row["wording"] else ""
    return f"{row['campaign']}/{row['post']}{wording}"


def _sum(rows: Sequence[dict[str, Any]]) -> str:
    shared = sum(not row["alone"] for row in rows)
    told = output.count(len(rows), "post")
    return f"{told}, {shared} of them not in words of their own." if shared else f"{told}."


def _md_lines(rows: Sequence[dict[str, Any]], name: str) -> Iterator[str]:
    yield f"# What {name} says"
    if not rows:
        yield from ("", "Nothing.")
    for row in rows:
        yield from ("", f"## {row['local']}", "", f"`{_what(row)}`")
        yield from (line for note in row["notes"] for line in ("", f"**{note}**"))
        for index, part in enumerate(row["parts"]):
            yield from ("", *([_head(row, index), ""] if _head(row, index) else ()))
            fence = _fence(part["text"])
            yield from (f"{fence}text", part["text"], fence)
            yield from (f"\n- {line}" for line in _shown(part))


def _fence(text: str) -> str:
    """Give a fence that is longer than any within the text."""
    return "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    """Write a line for each part, safe to open in a spreadsheet, as the reports are."""
    from bot.reports.csv import plain

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        for index, part in enumerate(row["parts"]):
            cells = {
                **row,
                "part": str(index + 1),
                "text": part["text"],
                "media": "\n".join(media["file"] for media in part["media"]),
                "alt": "\n".join(media["alt"] for media in part["media"]),
                "poll": "\n".join(part["poll"]["options"]) if part["poll"] else "",
                "poll_for": f"{part['poll']['minutes']}m" if part["poll"] else "",
                "alone": "yes" if row["alone"] else "no",
                "notes": " ".join(row["notes"]),
            }
            writer.writerow([plain(cells[column]) for column in COLUMNS])
    return out.getvalue()

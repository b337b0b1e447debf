"""``groundswell share-texts``: what an account or a partner of the coalition is to say."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli import options, output
from bot.cli.main import load_config
from bot.cli.output import with_config
from bot.clock import Clock
from bot.errors import Problem, UserError
from bot.model import Content, Poll
from bot.planning.content_diff import poll_line
from bot.platforms import load_platform
from bot.schedules.local_time import format_local
from bot.services.documents import json_text
from bot.services.plan import check_or_raise, planned_occurrences
from bot.yamlsource.problems import did_you_mean, require_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.config import Config
    from bot.model import Account, Campaign, Part
    from bot.planning.occurrences import SharedText


COLUMNS = (
    *("local", "campaign", "post", "platforms", "part", "text", "length", "media", "alt"),
    *("poll", "poll_for", "warning", "labels", "wording", "alone", "notes"),
)
NO_PART: dict[str, Any] = {"text": "", "lengths": {}, "media": [], "poll": None}
"""The cells of a row without a text: a partner is to write its own."""
SEPARATOR = "-" * 32
"""The line before and after a text that is to be copied."""

APPROVAL_NOTE = (
    "These campaigns require approval, and groundswell review shows what your own accounts say. "
    "Have somebody read these texts before you hand them on: {}."
)


def show(
    *,
    account: Annotated[
        str, typer.Option(metavar="NAME", help="An account, or a partner of a campaign.")
    ],
    campaign: options.Campaign = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was due before, or is due far ahead.")
    ] = False,
    form: Annotated[
        Literal["text", "json", "csv", "md"],
        typer.Option("--format", metavar="FORMAT", help="text, json, csv or md."),
    ] = "text",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """List what an account or a partner is to say, each text with its date and pictures.

    With each text are the networks that it is for, and how long it is there.
    A partner never gets words that an account of yours or another partner says. If no wording is
    left, it says so, and the partner writes its own. Nothing is posted.
    """
    from bot.planning.occurrences import shared_texts

    form = "json" if as_json else form
    settings = load_config(config)
    checked = check_or_raise(settings, Clock().now()).campaigns
    if campaign:
        require_name("share-texts", "campaign", campaign, {item.id for item in checked})
    campaigns = [item for item in checked if campaign in (None, item.id)]
    names = {name for item in campaigns for post in item.posts for name in post.accounts}
    names |= {name for item in campaigns for name in item.partners}
    if account not in names:
        message = f"No campaign has an account or a partner {account}."
        hint = did_you_mean(account, names, "Name partners: in the campaign.")
        raise UserError([Problem("share-texts", 0, 0, "Q602", message, hint)])
    planned, _ = planned_occurrences(settings, checked, everything=everything)
    rows = [
        describe_share(shared, settings.accounts)
        for shared in shared_texts(campaigns, planned, account)
    ]
    if form == "json":
        text = json_text(rows) + "\n"
    elif form == "csv":
        text = _csv_text(rows)
    else:
        lines = _md_lines(rows, account) if form == "md" else _text_lines(rows, account)
        text = "\n".join(lines) + "\n"
    output.document(text)
    if not everything:
        output.error_line(*_later_lines(settings, campaigns, account))
    unapproved = [
        item.id for item in campaigns if item.require_approval and account in item.partners
    ]
    if unapproved and rows:
        output.error_line(with_config(APPROVAL_NOTE.format(", ".join(unapproved))))


def _later_lines(config: Config, campaigns: Sequence[Campaign], name: str) -> list[str]:
    """Return what an account or a partner is to say beyond the horizon."""
    from bot.cli.plan import later_lines
    from bot.planning.unplanned import posts_beyond_horizon

    as_partner = {campaign.id for campaign in campaigns if name in campaign.partners}
    later = [
        item
        for item in posts_beyond_horizon(campaigns, Clock().now(), config.horizon)
        if name in item.post.accounts or item.post.campaign in as_partner
    ]
    lines = later_lines(later, "listed")
    return [*lines, "--all lists it too."] if lines else []


def describe_share(text: SharedText, accounts: Mapping[str, Account]) -> dict[str, Any]:
    """Return it as plain values; ``alone`` is whether nobody else says the same.

    A partner may say it on each of the platforms on which our own accounts do. It has no ``parts``
    if none of the wordings is left for it alone.
    """
    speakers = {account.platform: account for account in _speakers(text, accounts)}
    others, wording = _others(text, accounts), text.wording
    content = wording.content if wording else Content(())
    return {
        "due": text.occurrence.due,
        "local": format_local(text.occurrence.due, text.occurrence.timezone),
        "campaign": text.post.campaign,
        "post": text.post.id,
        "event": text.post.event,
        "platforms": [*speakers],
        "wording": wording.name if wording else "",
        "warning": content.warning,
        "language": content.language,
        "labels": list(content.labels),
        "parts": [
            {
                "text": part.text,
                "lengths": {name: _length(part, account) for name, account in speakers.items()},
                "media": [{"file": str(media.path), "alt": media.alt} for media in part.attached],
                "poll": asdict(part.poll) if part.poll else None,
            }
            for part in content.parts
        ],
        "alone": wording is not None and not others,
        "like": others,
        "notes": _notes(text, others),
    }


def _others(text: SharedText, accounts: Mapping[str, Account]) -> list[str]:
    """Return who would say the same where it would look like many voices.

    Our own accounts on other platforms do not: it is one organisation, once on each.
    """
    own = accounts.get(text.name)
    return [
        name
        for name in text.shared_with
        if not own or name not in accounts or accounts[name].platform == own.platform
    ]


def _notes(text: SharedText, others: Sequence[str]) -> list[str]:
    """Return what somebody is to know before they say it."""
    notes = []
    verb = "is" if text.wording_count == 1 else "are"
    wordings = output.pluralize(text.wording_count, "wording")
    count = f"only {wordings} for {len(text.wordings)} accounts and partners"
    if text.wording is None:
        notes.append(
            f"No wording is left for {text.name} alone, as there {verb} {count}. Write your own "
            "words; two voices that say the same look like many."
        )
    elif others:
        notes.append(
            f"Not yours alone: {', '.join(others)} would say the same, as there {verb} {count}. "
            "Write your own words."
        )
    planned = text.occurrence
    if planned.embargo and planned.due < planned.embargo:
        notes.append(f"Embargo: not before {format_local(planned.embargo, planned.timezone)}.")
    if planned.stale_from and planned.stale_from <= planned.due:
        day = format_local(planned.stale_from, planned.timezone)
        notes.append(f"A fact in it is due for review from {day} on: ask before you say it.")
    return notes


def _speakers(text: SharedText, accounts: Mapping[str, Account]) -> Iterator[Account]:
    """Yield the account that says it; for a partner, ours without what only they are allowed."""
    if text.name in accounts:
        yield accounts[text.name]
        return
    for name in text.post.accounts:
        yield replace(accounts[name], options=None)


def _length(part: Part, account: Account) -> dict[str, int]:
    length, limit = load_platform(account.platform).length(part, account)
    return {"length": length, "limit": limit}


def _length_line(part: dict[str, Any]) -> str:
    """Return how long a text is on each platform: ``12 of 280 characters on x``."""
    found = part["lengths"].items()
    return ", ".join(f"{it['length']} of {it['limit']} characters on {name}" for name, it in found)


def _text_lines(rows: Sequence[dict[str, Any]], name: str) -> Iterator[str]:
    if not rows:
        yield f"Nothing for {name} to say; --all also lists what was due before."
    for row in rows:
        yield f"{row['local']}  {_post_name(row)}"
        yield from (f"! {note}" for note in row["notes"])
        yield from _setting_lines(row)
        for number, part in enumerate(row["parts"], start=1):
            yield from _attachment_lines(part)
            many = len(row["parts"])
            yield f"{SEPARATOR} part {number} of {many}" if many > 1 else SEPARATOR
            yield part["text"]
            yield SEPARATOR
            yield _length_line(part)
        yield ""
    if rows:
        shared = sum(not row["alone"] for row in rows)
        count = output.pluralize(len(rows), "post")
        yield f"{count}, {shared} of them without words of their own." if shared else f"{count}."


def _setting_lines(row: dict[str, Any]) -> Iterator[str]:
    if row["warning"]:
        yield f"Content warning: {row['warning']}"
    if row["labels"]:
        yield f"Labels of the pictures: {', '.join(row['labels'])}"


def _attachment_lines(part: dict[str, Any]) -> Iterator[str]:
    for media in part["media"]:
        yield f"Picture: {media['file']}"
        yield f"Its alt text: {' '.join(media['alt'].split())}"
    if part["poll"]:
        yield f"Poll: {poll_line(Poll(**part['poll']))}"


def _post_name(row: dict[str, Any]) -> str:
    wording = f" ({row['wording']})" if row["wording"] else ""
    return f"{row['campaign']}/{row['post']}{wording} on {', '.join(row['platforms'])}"


def _md_lines(rows: Sequence[dict[str, Any]], name: str) -> Iterator[str]:
    yield f"# What {name} says"
    if not rows:
        yield from ("", "Nothing.")
    for row in rows:
        yield from ("", f"## {row['local']}", "", f"`{_post_name(row)}`")
        yield from (line for note in row["notes"] for line in ("", f"**{note}**"))
        yield from (line for setting in _setting_lines(row) for line in ("", setting))
        for number, part in enumerate(row["parts"], start=1):
            yield ""
            if len(row["parts"]) > 1:
                yield from (f"part {number} of {len(row['parts'])}", "")
            # A fence that is longer than any in the text.
            longest = max(map(len, re.findall("`+", part["text"])), default=0)
            fence = "`" * max(3, 1 + longest)
            yield from (f"{fence}text", part["text"], fence)
            yield from (f"\n- {line}" for line in (_length_line(part), *_attachment_lines(part)))


def _csv_text(rows: Sequence[dict[str, Any]]) -> str:
    """Return CSV with a row for each part, as safe to open in a spreadsheet as the reports."""
    from bot.reports.exports import csv_cell

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        for index, part in enumerate(row["parts"] or [NO_PART]):
            cells = {
                **row,
                "part": str(index + 1) if row["parts"] else "",
                "text": part["text"],
                "platforms": ", ".join(row["platforms"]),
                "length": _length_line(part),
                "media": "\n".join(media["file"] for media in part["media"]),
                "alt": "\n".join(media["alt"] for media in part["media"]),
                "poll": "\n".join(part["poll"]["options"]) if part["poll"] else "",
                "poll_for": f"{part['poll']['minutes']}m" if part["poll"] else "",
                "warning": row["warning"] or "",
                "labels": ", ".join(row["labels"]),
                "alone": "yes" if row["alone"] else "no",
                "notes": " ".join(row["notes"]),
            }
            writer.writerow([csv_cell(cells[column]) for column in COLUMNS])
    return out.getvalue()

"""``groundswell share-texts`` lists texts for an account or a partner of a coalition."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli import options, output
from bot.cli.main import load_config
from bot.cli.output import with_config
from bot.clock import Clock
from bot.model.documents import json_text
from bot.services.views_sharing import SharedPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.services.views_sharing import SharedPost


COLUMNS = (
    *("local", "campaign", "post", "platforms", "part", "text", "length", "media", "alt"),
    *("poll", "poll_for", "warning", "labels", "wording", "alone", "notes"),
)
NO_PART = SharedPart("", {}, (), None)
"""The part of a row without a text, for which the partner writes its own."""
SEPARATOR = "-" * 32
"""The line before and after a text to copy."""

APPROVAL_NOTE = (
    "These campaigns require approval, which covers only the texts of your own accounts: {}. Have "
    "somebody read these texts before you hand them on."
)


def show(
    *,
    account: Annotated[
        str, typer.Option(metavar="NAME", help="An account, or a partner of a campaign.")
    ],
    campaign: options.Campaign = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List past posts too, and posts beyond the horizon.")
    ] = False,
    form: Annotated[
        Literal["text", "json", "csv", "md"],
        typer.Option("--format", metavar="FORMAT", help="text, json, csv or md."),
    ] = "text",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """List the texts for an account or a partner, each with its date and pictures.

    Each text comes with its networks and its length there. A partner never gets a wording that one
    of your accounts or another partner uses. If no wording is left, the list says so, and the
    partner has to write its own. Nothing is posted.
    """
    from bot.cli.plan import later_lines
    from bot.services.sharing import read_shared_texts

    form = "json" if as_json else form
    now = Clock().now()
    found = read_shared_texts(load_config(config), account, campaign, now, everything=everything)
    posts = found.posts
    if form == "json":
        text = json_text(posts) + "\n"
    elif form == "csv":
        text = _csv_text(posts)
    else:
        lines = _md_lines(posts, account) if form == "md" else _text_lines(posts, account)
        text = "\n".join(lines) + "\n"
    output.document(text)
    if found.later:
        output.error_line(*later_lines(found.later, "listed"), "--all lists them too.")
    if found.unapproved:
        output.error_line(with_config(APPROVAL_NOTE.format(", ".join(found.unapproved))))


def _length_line(part: SharedPart) -> str:
    return ", ".join(
        f"{found.length} of {found.limit} characters on {name}"
        for name, found in part.lengths.items()
    )


def _text_lines(posts: Sequence[SharedPost], name: str) -> Iterator[str]:
    if not posts:
        yield f"No posts for {name}. --all also lists past posts."
    for post in posts:
        yield f"{post.local}  {_post_name(post)}"
        yield from (f"! {note}" for note in post.notes)
        yield from _setting_lines(post)
        for number, part in enumerate(post.parts, start=1):
            yield from _attachment_lines(part)
            many = len(post.parts)
            yield f"{SEPARATOR} part {number} of {many}" if many > 1 else SEPARATOR
            yield part.text
            yield SEPARATOR
            yield _length_line(part)
        yield ""
    if posts:
        shared = sum(not post.alone for post in posts)
        count = output.pluralize(len(posts), "post")
        yield (
            f"{count}, {shared} of them without a wording of their own." if shared else f"{count}."
        )


def _setting_lines(post: SharedPost) -> Iterator[str]:
    if post.warning:
        yield f"Content warning: {post.warning}"
    if post.labels:
        yield f"Labels of the pictures: {', '.join(post.labels)}"


def _attachment_lines(part: SharedPart) -> Iterator[str]:
    for media in part.media:
        yield f"Picture: {media.file}"
        yield f"Its alt text: {' '.join(media.alt.split())}"
    if part.poll:
        minutes = output.pluralize(part.poll.minutes, "minute")
        yield f"Poll: {' / '.join(part.poll.options)}, open for {minutes}"


def _post_name(post: SharedPost) -> str:
    wording = f" ({post.wording})" if post.wording else ""
    return f"{post.campaign}/{post.post}{wording} on {', '.join(post.platforms)}"


def _md_lines(posts: Sequence[SharedPost], name: str) -> Iterator[str]:
    yield f"# Posts for {name}"
    if not posts:
        yield from ("", "No posts.")
    for post in posts:
        yield from ("", f"## {post.local}", "", f"`{_post_name(post)}`")
        yield from (line for note in post.notes for line in ("", f"**{note}**"))
        yield from (line for setting in _setting_lines(post) for line in ("", setting))
        for number, part in enumerate(post.parts, start=1):
            yield ""
            if len(post.parts) > 1:
                yield from (f"part {number} of {len(post.parts)}", "")
            # A fence that is longer than any in the text.
            longest = max(map(len, re.findall("`+", part.text)), default=0)
            fence = "`" * max(3, 1 + longest)
            yield from (f"{fence}text", part.text, fence)
            yield from (f"\n- {line}" for line in (_length_line(part), *_attachment_lines(part)))


def _csv_text(posts: Sequence[SharedPost]) -> str:
    """Return CSV with a row for each part, as safe to open in a spreadsheet as the reports."""
    from bot.reports.exports import csv_cell

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for post in posts:
        about = {
            "local": post.local,
            "campaign": post.campaign,
            "post": post.post,
            "platforms": ", ".join(post.platforms),
            "warning": post.warning or "",
            "labels": ", ".join(post.labels),
            "wording": post.wording,
            "alone": "yes" if post.alone else "no",
            "notes": " ".join(post.notes),
        }
        for number, part in enumerate(post.parts or [NO_PART], start=1):
            cells = {
                **about,
                "part": str(number) if post.parts else "",
                "text": part.text,
                "length": _length_line(part),
                "media": "\n".join(media.file for media in part.media),
                "alt": "\n".join(media.alt for media in part.media),
                "poll": "\n".join(part.poll.options) if part.poll else "",
                "poll_for": f"{part.poll.minutes}m" if part.poll else "",
            }
            writer.writerow([csv_cell(cells[column]) for column in COLUMNS])
    return out.getvalue()

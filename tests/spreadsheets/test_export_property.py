"""Importing an export of any valid folder changes nothing, or only the post of a changed cell."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from helpers.bulk import (
    NOW,
    as_sheet,
    campaign_files,
    import_sheet,
    load_config,
    planned_occurrences,
    read_rows,
)
from helpers.campaigns import save_picture
from helpers.cli import write_file
from helpers.extras import examples
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from bot.checking import check
from bot.errors import UserError
from bot.schedules import NextSlot
from bot.spreadsheets.exports.planned import PostsByKey
from bot.spreadsheets.exports.rows import HEADINGS, as_csv, same_cell, sheet_rows
from bot.spreadsheets.workbook import as_workbook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

    from bot.errors import Problem

PLATFORMS = {"x": "our-x", "mastodon": "our-masto", "bluesky": "our-bsky"}
CONFIG = """\
accounts:
  our-x: {platform: x, handle: our_name, slots: [day 10:30, day 15:30]}
  our-masto: {platform: mastodon, handle: our@example.org, slots: [day 10:45, day 15:45]}
  our-bsky: {platform: bluesky, handle: our.example.org, slots: [day 10:50, day 15:50]}
"""
HEADER: dict[str, Any] = {
    "campaign": "ours",
    "title": "Ours",
    "timezone": "America/New_York",
    "accounts": ["our-x", "our-masto", "our-bsky"],
    "hashtags": ["Ours"],
    "mentions": {
        "ally": {"x": "ally", "mastodon": "ally@social.example", "bluesky": "ally.example.org"}
    },
    "cards": {"https://example.org/page": {"title": "A page", "description": "About it"}},
    "facts": {
        "cost": {
            "claim": "It costs much",
            "figure": "$4 million",
            "source": "https://example.org",
            "as_of": "2026-11-01",
        }
    },
    "demands": {"end-it": {"ask": "End it", "target": "The council", "facts": ["cost"]}},
    "events": {
        name: {
            "name": f"Hearing {name}",
            "place": "City Hall",
            "starts": f"2026-12-{day} 18:00",
            "ends": f"2026-12-{day} 20:00",
        }
        for name, day in (("first", "09"), ("second", "16"))
    },
}
WORDS = [
    *("Come to the hearing", "It costs {{ fact.cost.figure }} a year", "Thanks to @ally for this"),
    *("=HYPERLINK(1)", "-1 is not enough", "'quoted", "1/2", "007", "A\u00a0b \u201cc\u201d"),
    *('{{ "{" }}braces', "see https://example.org/page", "\u2014-", "a; =b", "tab\tbed", "None"),
    *("caf\u00e9 \U0001f3f3\ufe0f", "true"),
]
IDS = ["p", "007", "1e5", "2026-12-01", "true", "none", "a-b"]


@st.composite
def texts(draw: DrawFn, number: int) -> str:
    """A text that no other post has, of a few lines."""
    lines = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    return "\n".join([*lines, f"Said as number {number}."])


@st.composite
def contents(draw: DrawFn, number: int, platforms: list[str]) -> dict[str, Any]:
    """The content of a post, in one of the forms in which it can be written."""
    text = draw(texts(number))
    media = [{"file": "media/a.png", "alt": "A camera", "focus": ["0.0", "0.5"]}]
    poll = {"options": ["yes", "1/2", "no"], "hours": "2"}
    shape = draw(st.sampled_from(["text", "media", "poll", "thread", "wordings", "on", "same"]))
    if shape == "thread":
        return {"thread": [text, {"text": f"Part two of {number}", "media": media}, "---\nThree"]}
    if shape == "wordings":
        return {
            "wordings": {
                "plain": text,
                "blunt": f"Bluntly {number}",
                "long": {"text": f"At length {number}"},
            }
        }
    if shape in ("on", "same"):
        said = {name: text if shape == "same" else f"{text}\nOn {name}" for name in platforms}
        return {"on": said}
    shown: dict[str, dict[str, Any]] = {"media": {"media": media}, "poll": {"poll": poll}}
    return {"text": text, **shown.get(shape, {})}


@st.composite
def times(draw: DrawFn, number: int) -> Any:
    """When a post is due, at a time that no other post of the account has."""
    at = f"{8 + number}:{draw(st.sampled_from(['00', '17', '45']))}".zfill(5)
    return draw(
        st.sampled_from(
            [
                f"2026-12-0{1 + number} {at}",
                f"2026-12-0{1 + number} {at}+02:00",
                {"event": "first", "offset": f"-{number + 1}d"},
                {"event": "first", "offset": f"{number + 1}d", "at": at},
                {"events": ["first", "second"], "offset": f"-{number + 1}h"},
                {"every": ["tue", "fri"], "at": [at], "from": "2026-12-01", "until": "2026-12-20"},
                {"slot": "next"},
            ]
        )
    )


@st.composite
def posts(draw: DrawFn, number: int) -> dict[str, Any]:
    platforms = draw(st.lists(st.sampled_from([*PLATFORMS]), min_size=1, unique=True))
    when = draw(times(number))
    post: dict[str, Any] = {
        "id": f"{draw(st.sampled_from(IDS))}{number}",
        "accounts": [PLATFORMS[name] for name in platforms],
        "when": when,
        **draw(contents(number, platforms)),
    }
    options: dict[str, Any] = {
        "demand": "end-it",
        "facts": ["cost"],
        "link": "https://example.org/page",
        "hashtags": draw(st.sampled_from([[], ["One", "Two"]])),
        "language": "pt-BR",
        "author": "Ana\u2013Maria",
        "expires": draw(st.sampled_from(["3h", "1d12h", "2026-12-31 09:00"])),
        "reply_settings": "following",
    }
    if platforms == ["mastodon"]:
        options |= {"warning": "Cameras", "labels": ["graphic-media"]}
    for name in draw(st.lists(st.sampled_from([*options]), unique=True, max_size=4)):
        post[name] = options[name]
    return post


@st.composite
def campaigns(draw: DrawFn) -> dict[str, Any]:
    count = draw(st.integers(1, 4))
    return {**HEADER, "posts": [draw(posts(number)) for number in range(count)]}


def make_folder(campaign: dict[str, Any]) -> Path:
    """Return a folder with the campaign, which is taken to have no mistake."""
    folder = Path(tempfile.mkdtemp())
    write_file(folder / "config.yaml", CONFIG)
    write_file(folder / "posts" / "ours.yaml", yaml.safe_dump(campaign, sort_keys=False))
    save_picture(folder / "posts" / "media" / "a.png")
    if check(load_config(folder), NOW).errors:
        note(str(check(load_config(folder), NOW).errors[0]))
        shutil.rmtree(folder)
        assume(condition=False)
    return folder


def export(folder: Path) -> list[dict[str, str]]:
    """Return the rows of all planned posts, and of those that wait for a slot."""
    checked = check(load_config(folder), NOW)
    planned = PostsByKey(checked, load_config(folder))
    keys = [
        f"{post.campaign}/{post.id}/{account}/slot"
        for post in checked.posts
        if isinstance(post.when, NextSlot)
        for account in post.accounts
    ]
    waiting = [pair[1] for pair in map(planned.find, keys) if pair]
    posts = [(one, "planned") for one in (*planned_occurrences(folder), *waiting)]
    return sheet_rows(posts, checked.campaigns, folder / "posts")


WITHOUT_MARKS = [name for name in HEADINGS if name not in {"id", "key", "exported"}]
SETTINGS = settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


@SETTINGS
@given(campaigns())
def test_an_unchanged_export_of_any_campaign_is_nothing_to_do(campaign: dict[str, Any]) -> None:
    folder = make_folder(campaign)
    before, rows = campaign_files(folder), export(folder)
    for data, name in ((as_csv(rows), "plan.csv"), (as_workbook(rows, HEADINGS), "plan.xlsx")):
        done = import_sheet(folder, data, name, update=True)
        assert (done.added, done.edited, done.missing) == ((), (), ())
        assert len(done.known) == len(rows)
        assert not any(edited for _, _, edited in done.known)
    assert campaign_files(folder) == before
    shutil.rmtree(folder)


@SETTINGS
@given(campaigns())
def test_without_its_marks_an_export_of_any_campaign_adds_nothing(campaign: dict[str, Any]) -> None:
    folder = make_folder(campaign)
    done = import_sheet(folder, as_sheet(read_rows(as_csv(export(folder))), WITHOUT_MARKS))
    assert done.added == ()
    shutil.rmtree(folder)


@SETTINGS
@given(campaigns(), st.data())
def test_one_changed_text_changes_its_post_alone_or_nothing(
    campaign: dict[str, Any], data: st.DataObject
) -> None:
    folder = make_folder(campaign)
    before, rows = campaign_files(folder), export(folder)
    index = data.draw(st.integers(0, len(rows) - 1))
    text = rows[index]["text"].replace("Said as number", "Told as number").replace("wo of", "wo in")
    new = [{**row, "text": text} if row is rows[index] else row for row in rows]
    problems: Sequence[Problem] = ()
    try:
        done = import_sheet(folder, as_csv(new), update=True)
    except UserError as error:
        problems = error.problems
    if problems:
        assert {problem.code for problem in problems} <= {"B726"}
        assert campaign_files(folder) == before
    else:
        assert len(done.edited) == int(text != rows[index]["text"])
        after = {key: row for row in export(folder) for key in row["key"].split()}
        name = "/".join(rows[index]["key"].split("/")[:2])
        for key in rows[index]["key"].split():
            assert same_cell("text", after[key]["text"]) == same_cell("text", text)
        for old in (row for row in rows if not row["key"].startswith(f"{name}/")):
            assert after[old["key"].split()[0]] == old
    shutil.rmtree(folder)

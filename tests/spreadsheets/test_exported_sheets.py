"""Importing an unchanged export does nothing, and a changed cell changes its post."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.bulk import (
    CAMPAIGN,
    as_sheet,
    campaign_files,
    exported,
    import_problems,
    import_sheet,
    load_config,
    planned_occurrences,
    read_rows,
)
from helpers.campaigns import save_picture
from helpers.cli import run_cli, write_file
from sqlalchemy import update as updating

from bot.cli import output
from bot.database.tables import deliveries
from bot.runtime.app import create_app
from bot.spreadsheets.exports.rows import HEADINGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.spreadsheets.import_result import ImportResult


CONFIG = """\
accounts:
  our-x: {platform: x, handle: our_name, slots: [day 10:30]}
  our-masto: {platform: mastodon, handle: our@example.org}
  our-bsky: {platform: bluesky, handle: our.example.org}
"""
EVERYWHERE = CAMPAIGN.replace(
    "accounts: [our-x]",
    "accounts: [our-x, our-masto, our-bsky]\n"
    "mentions: {ally: {x: ally, mastodon: ally@social.example, bluesky: ally.example.org}}",
)
POSTS = """\
posts:
  # The first of all.
  - id: plain
    when: 2026-12-01 09:00   # as agreed with Ben
    accounts: [our-x]
    demand: end-it
    text: Come to the hearing.
  - id: fact
    when: 2026-12-02 09:00
    accounts: [our-x]
    text: It costs {{ fact.cost.figure }} a year.
  - id: around
    when: {event: hearing, offset: -1d}
    accounts: [our-x]
    text: Tomorrow.
    expires: 3h
  - id: per-platform
    when: 2026-12-03 09:00
    on: {x: "For X.", mastodon: "For Mastodon.", bluesky: "For Bluesky."}
  - id: same-on-two
    when: 2026-12-04 09:00
    accounts: [our-x, our-bsky]
    on: {x: The same words., bluesky: The same words.}
  - id: named
    when: 2026-12-05 09:00
    text: We stand with @ally today.
  - id: weekly
    when: {every: [mon], at: ["09:00"], from: 2026-12-01, until: 2026-12-21}
    accounts: [our-x]
    text: Again.
  - id: two-ways
    when: 2026-12-06 09:00
    accounts: [our-x, our-bsky]
    wordings: {plain: Plainly said, blunt: Bluntly put}
  - id: parts
    when: 2026-12-07 19:00
    accounts: [our-x]
    thread: [One., {text: Two., poll: {options: ["yes", "no"], hours: 2}}]
  - id: seen
    when: 2026-12-08 09:00
    accounts: [our-masto]
    warning: Cameras
    language: en
    text: Look.
    media: [{file: media/a.png, alt: "A camera", focus: [0.0, 0.5]}]
  - {id: waits, when: {slot: next}, accounts: [our-x], text: Whenever., expires: 3d}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_file(tmp_path / "config.yaml", CONFIG)
    write_file(tmp_path / "posts" / "ours.yaml", EVERYWHERE.replace("posts: []\n", POSTS))
    save_picture(tmp_path / "posts" / "media" / "a.png")
    return tmp_path


def export(folder: Path) -> list[dict[str, str]]:
    """Return the rows of an export of all posts that have a time."""
    return read_rows(exported(folder, planned_occurrences(folder)))


def changed(rows: list[dict[str, str]], start: str, **cells: str) -> list[dict[str, str]]:
    """Return the rows with other cells in the only one whose id starts so."""
    [row] = [row for row in rows if row["id"].startswith(start)]
    return [{**row, **cells} if other is row else other for other in rows]


def said(folder: Path, post: str) -> list[str]:
    found = [item for item in planned_occurrences(folder) if item.post == post]
    return [item.content.text.removesuffix("\n\n#Ours") for item in found]


def what(done: ImportResult) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in done.edited:
        found.setdefault(row.post.id, []).extend(" ".join(one.split()) for one in row.what)
    return found


def yaml_of(folder: Path) -> str:
    return campaign_files(folder)["ours.yaml"].decode()


# --- Unchanged ------------------------------------------------------------------------------------


def test_an_unchanged_export_of_posts_of_any_form_adds_nothing(folder: Path) -> None:
    before = campaign_files(folder)
    rows = export(folder)
    for update in (False, True):
        done = import_sheet(folder, as_sheet(rows), update=update)
        assert (done.added, done.edited, done.written, done.missing) == ((), (), False, ())
        assert len(done.known) == len(rows)
    assert campaign_files(folder) == before


def test_neither_order_nor_other_columns_nor_a_missing_one_change_a_post(folder: Path) -> None:
    rows = export(folder)[::-1]
    headings = [name for name in reversed(HEADINGS) if name not in {"media", "alt", "local"}]
    for row in rows:
        row["notes"] = "ours"
    done = import_sheet(folder, as_sheet(rows, [*headings, "notes"]), update=True)
    assert (done.added, done.edited) == ((), ())


# --- Changed --------------------------------------------------------------------------------------

EDITS = {
    "a text": (
        ("plain", {"text": "Come to the meeting.\n\n#Ours"}),
        ["text: Come to the [-hearing-]{+meeting+}. #Ours"],
        "text: Come to the meeting.\n",
    ),
    "a text with a figure that stays a template": (
        ("fact", {"text": "It costs us $4 million each year.\n\n#Ours"}),
        ["text: It costs{+ us+} $4 million [-a-]{+each+} year. #Ours"],
        "It costs us {{ fact.cost.figure }} each year.",
    ),
    "its hashtags": (
        ("plain", {"text": "Come to the hearing.\n\n#Ours #Now"}),
        ["text: Come to the hearing. #Ours{+ #Now+}"],
        "hashtags: []",
    ),
    "a time": (
        ("plain", {"when": "2026-12-01 10:00"}),
        ["when: 2026-12-01 09:00-05:00 -> 2026-12-01 10:00"],
        "when: 2026-12-01 10:00   # as agreed with Ben",
    ),
    "the time by an event": (
        ("around", {"when": "2026-12-08 12:00-05:00"}),
        ["when: 2026-12-08 18:00-05:00 -> 2026-12-08 12:00-05:00"],
        "event: hearing",
    ),
    "a text of one platform": (
        ("per-platform-mastodon", {"text": "For all there.\n\n#Ours"}),
        ["text: For [-Mastodon-]{+all there+}. #Ours"],
        "mastodon: For all there.",
    ),
    "a text that two platforms have alike": (
        ("same-on-two", {"text": "The very same words.\n\n#Ours"}),
        ["text: The{+ very+} same words. #Ours"],
        "bluesky: The very same words.",
    ),
    "a wording": (
        ("two-ways-plain", {"text": "Said plainly\n\n#Ours"}),
        ["text: [-Plainly said-]{+Said plainly+} #Ours"],
        "plain: Said plainly",
    ),
    "a part of a thread": (
        ("parts", {"text": "One.\n\n#Ours\n---\nAnd two."}),
        ["text: One. #Ours --- [-Two-]{+And two+}."],
        "text: And two.",
    ),
    "a poll": (
        ("parts", {"poll": "---\nyes\nnever"}),
        ["poll: --- yes no -> --- yes never"],
        "- never",
    ),
    "what a picture shows": (
        ("seen", {"alt": "A camera on a mast"}),
        ["alt: A camera{+ on a mast+}"],
        "alt: A camera on a mast",
    ),
    "a warning and no language": (
        ("seen", {"warning": "Surveillance", "language": ""}),
        ["warning: Cameras -> Surveillance", "language: en -> none"],
        "warning: Surveillance",
    ),
    "the accounts": (
        ("plain", {"accounts": "our-x, our-bsky"}),
        ["accounts: our-x -> our-x, our-bsky"],
        "accounts:",
    ),
    "no demand, and an author": (
        ("plain", {"demand": "", "author": "Ben"}),
        ["demand: end-it -> none", "author: none -> Ben"],
        "author: Ben",
    ),
    "an end": (
        ("around", {"expires": "5h"}),
        ["expires: 3h -> 5h"],
        "expires: 5h",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_changed_cell_is_reported_and_with_update_changes_its_post_and_nothing_else(
    folder: Path, name: str
) -> None:
    (post, cells), changes, written = EDITS[name]
    rows = export(folder)
    sheet = as_sheet(changed(rows, post, **cells))
    problems = import_problems(folder, sheet)
    assert [problem.split()[1] for problem in problems] == ["B721"]
    dry = import_sheet(folder, sheet, update=True, dry_run=True)
    assert (dry.written, [*what(dry).values()]) == (False, [changes])
    done = import_sheet(folder, sheet, update=True)
    assert (done.added, done.written) == ((), True)
    assert [*what(done).values()] == [changes]
    assert written in yaml_of(folder)
    assert "# The first of all." in yaml_of(folder)
    unlike = [(a, b) for a, b in zip(rows, export(folder), strict=True) if a != b]
    assert {row["id"].removesuffix("-x") for pair in unlike for row in pair} <= {post, "plain"}
    again = import_sheet(folder, sheet, update=True)
    assert (again.written, again.edited) == (False, ())


def test_rows_of_two_files_may_alternate(folder: Path) -> None:
    more = "- {id: other, when: 2026-12-01 12:00, accounts: [our-x], text: Other.}\n"
    write_file(folder / "posts" / "more.yaml", more)
    rows = [{**row, "author": "Ben"} for row in export(folder)]
    done = import_sheet(folder, as_sheet(rows[:3]), update=True)
    assert [row.post.id for row in done.edited] == ["plain", "other", "fact"]
    assert campaign_files(folder)["more.yaml"].endswith(b"author: Ben}\n")


def test_a_text_that_all_networks_share_is_changed_in_all_of_its_rows(folder: Path) -> None:
    rows = export(folder)
    one = changed(rows, "named-x", text="We stand with @ally now.\n\n#Ours")
    found = import_problems(folder, as_sheet(one), update=True)
    assert {problem.split()[1] for problem in found} == {"B726"}
    assert "Change all rows of the post alike" in found[0]
    every = [
        {**row, "text": row["text"].replace("today", "now")} if "named" in row["id"] else row
        for row in rows
    ]
    import_sheet(folder, as_sheet(every), update=True)
    assert "We stand with @ally now." in yaml_of(folder)


def test_a_change_that_would_also_change_an_unseen_account_is_refused(
    folder: Path,
) -> None:
    rows = [row for row in export(folder) if row["id"] != "named-mastodon"]
    every = [
        {**row, "text": row["text"].replace("today", "now")} if "named" in row["id"] else row
        for row in rows
    ]
    found = import_problems(folder, as_sheet(every), update=True)
    assert any(
        "it would also change on our-masto, which has no row that can be edited here" in one
        for one in found
    )


def test_a_text_of_a_recurrence_is_changed_for_all_of_its_times(
    folder: Path,
) -> None:
    sheet = as_sheet(changed(export(folder), "weekly-20261207", text="Once more.\n\n#Ours"))
    done = import_sheet(folder, sheet, update=True)
    assert what(done) == {"weekly": ["text: [-Again-]{+Once more+}. #Ours", "at each of its times"]}
    assert said(folder, "weekly") == ["Once more."] * 3


REFUSED = {
    "a filled-in figure": (
        "fact",
        {"text": "It costs $5 million a year.\n\n#Ours"},
        "fact.cost.figure",
    ),
    "the time of a recurrence": (
        "weekly-20261207",
        {"when": "2026-12-08 09:00"},
        "again and again",
    ),
    "an id": ("plain", {"id": "other"}, "cannot be changed"),
    "a campaign": ("plain", {"campaign": "theirs"}, "cannot be changed"),
    "hashtags": ("plain", {"hashtags": "Now"}, "change the hashtags within the text"),
    "no text": ("plain", {"text": ""}, "There is no text"),
    "no accounts": ("plain", {"accounts": ""}, "a row needs an account"),
    "accounts of one wording": ("two-ways-plain", {"accounts": "our-masto"}, "different texts"),
    "a mark": ("plain", {"exported": "v1-abc"}, "is not the mark that groundswell export wrote"),
    "an unknown demand": ("plain", {"demand": "end-its"}, "end-its"),
    "a time in another order": (
        "plain",
        {"when": "12/1/2026 9:00"},
        "can mean 2026-01-12 or 2026-12-01",
    ),
    "a text too long": ("plain", {"text": "word " * 80}, "With the changes of the sheet: "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_cell_that_cannot_be_carried_out_is_refused_and_nothing_is_changed(
    folder: Path, name: str
) -> None:
    post, cells, why = REFUSED[name]
    sheet = as_sheet(changed(export(folder), post, **cells))
    found = import_problems(folder, sheet, update=True)
    assert why in " ".join(found)


# --- Both sides -----------------------------------------------------------------------------------


def test_a_later_change_in_the_file_stays(folder: Path) -> None:
    rows = export(folder)
    text = yaml_of(folder).replace("Come to the hearing.", "Come to the vote.")
    write_file(folder / "posts" / "ours.yaml", text)
    done = import_sheet(folder, as_sheet(rows), update=True)
    assert (done.written, done.edited) == (False, ())
    assert ("plain", True) in [(name, edited) for _, name, edited in done.known]
    import_sheet(folder, as_sheet(changed(rows, "plain", demand="")), update=True)
    assert said(folder, "plain") == ["Come to the vote."]
    mine = changed(rows, "plain", text="Come to the meeting.\n\n#Ours")
    [problem] = import_problems(folder, as_sheet(mine), update=True)
    assert "B722 Row 2 and plain (" in problem
    assert "text: Come to the [-vote-]{+meeting+}." in problem


def test_a_copied_row_is_a_new_post_only_without_id_key_and_mark(folder: Path) -> None:
    rows = export(folder)
    copy = {**rows[0], "when": "2026-12-20 09:00"}
    [problem] = import_problems(folder, as_sheet([*rows, copy]), update=True)
    assert f"B727 Row {len(rows) + 2} is a copy of row 2, and says something else." in problem
    same = import_sheet(folder, as_sheet([*rows, rows[0]]), update=True)
    assert (same.added, same.written) == ((), False)
    new = {**copy, "id": "", "key": "", "exported": ""}
    done = import_sheet(folder, as_sheet([*rows, new]), update=True)
    assert len(done.added) == 1
    again = import_sheet(folder, as_sheet([*rows, new]), update=True)
    assert (again.added, again.written) == ((), False)


def test_a_post_whose_row_was_deleted_stays_and_is_named(folder: Path) -> None:
    rows = [row for row in export(folder) if row["id"] != "fact"]
    done = import_sheet(folder, as_sheet(rows), update=True)
    assert (done.missing, done.written) == (("ours/fact",), False)
    [problem] = import_problems(folder, as_sheet(rows), update=True, remove=True)
    assert ": B727 With --remove, posts without a row" in problem


def test_a_post_that_left_the_files_does_not_come_back_by_an_old_export(folder: Path) -> None:
    rows = export(folder)
    with create_app(load_config(folder), {}) as app:
        app.queue_sync.refresh()
        queued = app.queue.of_posts
        text = yaml_of(folder)
        start, end = text.index("  - id: fact"), text.index("  - id: around")
        write_file(folder / "posts" / "ours.yaml", text[:start] + text[end:])
        [problem] = import_problems(folder, as_sheet(rows), queued=queued)
    assert "was exported from ours/fact/our-x/once, which the files do not have" in problem


@pytest.mark.parametrize("state", ["published", "sending", "unknown"])
def test_an_edit_of_a_post_that_is_out_or_being_sent_says_so_and_changes_nothing(
    folder: Path, state: str
) -> None:
    rows = export(folder)
    before = campaign_files(folder)
    with create_app(load_config(folder), {}) as app:
        app.queue_sync.refresh()
        with app.database.writing() as connection:
            where = deliveries.c.post == "plain"
            connection.execute(updating(deliveries).where(where).values(state=state))
        sheet = as_sheet(changed(rows, "plain", text="Other words."))
        done = import_sheet(folder, sheet, update=True, queued=app.queue.of_posts)
    [warning] = [str(problem) for problem in done.warnings]
    assert "B725 Row 2 has changed, but ours/plain/our-x/once is published or being sent" in warning
    assert (done.written, campaign_files(folder)) == (False, before)


def test_a_changed_row_of_a_finished_post_is_warned_of(folder: Path) -> None:
    rows = changed(export(folder), "plain", state="published", text="Other words.")
    done = import_sheet(folder, as_sheet(rows), update=True)
    assert [problem.code for problem in done.warnings] == ["B725"]
    assert [row.number for row in done.finished] == [2]


# --- The command ----------------------------------------------------------------------------------


def test_the_command_lists_each_change_before_it_makes_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    write_file(folder / "my plan.csv", as_sheet(changed(export(folder), "plain", demand="")))
    refused = run_cli("import", "my plan.csv")
    assert "groundswell import 'my plan.csv' --update --dry-run shows" in refused.err
    before = campaign_files(folder)
    seen = []
    monkeypatch.setattr(output, "line", lambda text: seen.append((text, campaign_files(folder))))
    ran = run_cli("import", "my plan.csv", "--update")
    assert ran.code == 0
    words, files = seen[0]
    assert "plain" in words
    assert "demand: end-it -> none" in words
    assert files == before
    assert campaign_files(folder) != before


# --- What spreadsheets make of cells --------------------------------------------------------------


HABITS: dict[str, Callable[[str], str]] = {
    "line ends": lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n"),
    "byte-order mark": lambda text: "\ufeff" + text,
    "separator": lambda text: "sep=,\r\n" + text,
    "quotes": lambda text: text.replace(
        "2026-12-01 09:00-05:00", "\u201c2026-12-01 09:00-05:00\u201d"
    ),
    "blanks": lambda text: text.replace("2026-12-01 09:00", "2026-12-01\u00a009:00"),
    "hyphens": lambda text: text.replace("2026-12-01 09:00", "2026\u201112\u201101 09:00"),
    "an apostrophe": lambda text: text.replace("2026-12-01 09:00", "'2026-12-01 09:00"),
}


@pytest.mark.parametrize("habit", HABITS)
def test_signs_that_a_spreadsheet_replaces_are_not_a_change(folder: Path, habit: str) -> None:
    done = import_sheet(folder, HABITS[habit](as_sheet(export(folder))), update=True)
    assert (done.added, done.edited, done.written) == ((), (), False)


def test_an_id_that_a_spreadsheet_made_a_number_of_is_not_a_change(folder: Path) -> None:
    text = yaml_of(folder).replace("id: plain", 'id: "007"')
    write_file(folder / "posts" / "ours.yaml", text)
    rows = export(folder)
    assert rows[0]["id"] == "'007"
    rows[0] |= {"id": "7", "demand": ""}
    [row] = import_sheet(folder, as_sheet(rows), update=True).edited
    assert row.post.id == "007"


DATES = {
    "12/1/26 9:00": "can mean 2026-01-12 or 2026-12-01",
    "01.12.2026 09:00": "can mean 2026-01-12 or 2026-12-01",
    "46357.375": "is a spreadsheet's number for a date, 2026-12-01 09:00 or four years",
}


@pytest.mark.parametrize("cell", DATES)
def test_a_date_that_was_reformatted_is_refused_with_its_readings(folder: Path, cell: str) -> None:
    found = import_problems(
        folder, as_sheet(changed(export(folder), "plain", when=cell)), update=True
    )
    assert DATES[cell] in found[0]
    found = import_problems(folder, f"when,text\n{cell},Hello\n", "own.csv")
    assert DATES[cell] in found[0]

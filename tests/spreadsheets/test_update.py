"""When a corrected spreadsheet is imported again, no post goes out in both versions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.bulk import (
    CAMPAIGN,
    act_before_writing,
    add_slots,
    campaign_files,
    exported,
    import_problems,
    import_sheet,
    load_config,
    make_project,
    planned_occurrences,
)
from helpers.cli import run_cli, write_file
from helpers.extras import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update as updating

from bot.clock import Clock
from bot.database.tables import deliveries
from bot.errors import UserError
from bot.runtime.app import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from bot.spreadsheets.import_result import ImportResult


FIRST = "2026-12-01 09:00,Come to the hearing.,\n"
SECOND = "2026-12-02 17:30,Thank you all.,\n"
THIRD = "2026-12-03 09:00,Write to the council.,end-it\n"
HEAD = "when,text,demand\n"
SHEET = HEAD + FIRST + SECOND + THIRD
NAMED = "id,when,text\none,2026-12-01 09:00,Come to the hearing.\ntwo,2026-12-02 17:30,Thanks.\n"


def says(folder: Path) -> list[tuple[str, str]]:
    """Return the times and texts of the planned posts, by time."""
    return [
        (f"{occurrence.due:%m-%d %H:%M}", occurrence.content.text.removesuffix("\n\n#Ours"))
        for occurrence in planned_occurrences(folder)
    ]


def imported(folder: Path) -> str:
    return campaign_files(folder)["imported-plan.yaml"].decode()


def edit(folder: Path, old: str, new: str) -> None:
    """Edit the file that import wrote, as a person does."""
    path = folder / "posts" / "imported-plan.yaml"
    assert old in imported(folder)
    path.write_text(imported(folder).replace(old, new, 1), encoding="utf-8")


def codes(folder: Path, sheet: str, name: str = "plan.csv", **how: bool) -> list[str]:
    """Return the codes of the problems of a sheet that is refused."""
    return [problem.split()[1] for problem in import_problems(folder, sheet, name, **how)]


def what(done: ImportResult) -> dict[str, list[str]]:
    return {
        correction.record.id: [" ".join(difference.split()) for difference in correction.what]
        for correction in done.changed
    }


# --- A row that has changed -----------------------------------------------------------------------

CORRECTIONS = {
    "a typo": (
        FIRST.replace("hearing", "meeting"),
        ["text: Come to the [-hearing-]{+meeting+}. #Ours"],
    ),
    "another time": (
        FIRST.replace("09:00", "10:00"),
        ["time: Tue 2026-12-01 09:00 EST -> Tue 2026-12-01 10:00 EST"],
    ),
    "another day": (
        FIRST.replace("12-01", "12-04"),
        ["time: Tue 2026-12-01 09:00 EST -> Fri 2026-12-04 09:00 EST"],
    ),
    "a demand": (FIRST.replace(".,", ".,end-it"), ["demand: none -> end-it"]),
    "words and a demand": (
        "2026-12-01 09:00,Write.,end-it\n",
        ["text: [-Come to the hearing-]{+Write+}. #Ours", "demand: none -> end-it"],
    ),
}


@pytest.mark.parametrize("name", CORRECTIONS)
def test_a_row_that_has_changed_is_refused_and_with_update_changes_its_post(
    folder: Path, name: str
) -> None:
    import_sheet(folder, SHEET)
    row, changes = CORRECTIONS[name]
    sheet = HEAD + row + SECOND + THIRD
    (problem,) = import_problems(folder, sheet)
    assert problem.startswith("plan.csv:2:18: B721 Row 2 has changed since it was imported as ")
    assert f"imported-plan.yaml:5): {'; '.join(changes)}. groundswell import {folder}/" in problem
    assert f"{folder}/plan.csv --update --dry-run shows what would change" in problem
    done = import_sheet(folder, sheet, update=True)
    assert (done.added, done.gone, done.written) == ((), (), True)
    assert what(done) == {"come-to-the-hearing-20261201": changes}
    assert [post.id for post in done.posts] == ["come-to-the-hearing-20261201"]
    assert len(says(folder)) == 3
    again = import_sheet(folder, sheet)
    assert ([row for row, _, _ in again.known], again.written) == ([2, 3, 4], False)


def test_rows_that_moved_are_the_same_rows(folder: Path) -> None:
    import_sheet(folder, SHEET)
    before = campaign_files(folder)
    moved = HEAD + "2026-12-05 09:00,New.,\n" + THIRD + FIRST + SECOND
    assert [post.id for post in import_sheet(folder, moved, dry_run=True).added] == ["new-20261205"]
    assert import_sheet(folder, HEAD + THIRD + SECOND + FIRST).written is False
    assert campaign_files(folder) == before
    row = SECOND.replace("all", "all of you")
    done = import_sheet(folder, HEAD + THIRD + row + FIRST, update=True)
    assert what(done) == {"thank-you-all-20261202": ["text: Thank you all{+ of you+}. #Ours"]}


def test_several_rows_are_corrected_at_once_and_new_ones_added(folder: Path) -> None:
    import_sheet(folder, SHEET)
    sheet = HEAD + FIRST.replace("hearing", "meeting") + SECOND.replace("17:30", "18:00") + THIRD
    done = import_sheet(folder, sheet + "2026-12-04 09:00,Fourth.,\n", update=True)
    assert [*what(done)] == ["come-to-the-hearing-20261201", "thank-you-all-20261202"]
    assert [post.id for post in done.added] == ["fourth-20261204"]
    assert says(folder) == [
        ("12-01 14:00", "Come to the meeting."),
        ("12-02 23:00", "Thank you all."),
        ("12-03 14:00", "Write to the council."),
        ("12-04 14:00", "Fourth."),
    ]


def test_a_new_row_may_have_the_old_text_of_a_corrected_one(folder: Path) -> None:
    import_sheet(folder, NAMED)
    sheet = NAMED.replace("one,2026-12-01", "one,2026-12-05")
    for name in ("three", ""):
        row = f"{name},2026-12-01 09:00,Come to the hearing.\n"
        done = import_sheet(folder, sheet + row, update=True, dry_run=True)
        assert (len(done.added), [*what(done)]) == (1, ["one"])


def test_an_id_finds_its_post_after_any_change(folder: Path) -> None:
    import_sheet(folder, NAMED)
    sheet = NAMED.replace("2026-12-01 09:00,Come to the hearing.", "2026-12-09 08:00,Other words.")
    (problem,) = import_problems(folder, sheet)
    assert " B721 Row 2 has changed since it was imported as one (" in problem
    import_sheet(folder, sheet, update=True)
    assert says(folder) == [("12-02 22:30", "Thanks."), ("12-09 13:00", "Other words.")]


def test_every_cell_of_a_row_can_be_corrected(folder: Path) -> None:
    cells = "id,when,text,link,poll,poll_for,accounts,facts,author\n"
    import_sheet(folder, cells + "one,2026-12-01 09:00,Agree?,https://example.org/a,,,our-x,,Ben\n")
    edit(folder, "- id: one", "# Ana: the first\n- id: one")
    row = 'one,2026-12-01 09:00,"Agree,\nall of you?",,"Aye\nNay",1d,their-x,cost,Cem\n'
    done = import_sheet(folder, cells + row, update=True)
    assert what(done)["one"] == [
        "text: [-Agree? https://example.org/a #Ours-]{+Agree, all of you? #Ours+}",
        "poll: {+Aye / Nay, open for 1440 minutes+}",
        "accounts: our-x -> their-x",
        "facts: none -> cost",
        "author: Ben -> Cem",
    ]
    assert "# Ana: the first\n- id: one\n" in imported(folder)
    [(_, name, edited)] = import_sheet(folder, cells + row).known
    assert (name, edited) == ("one", False)


def test_comments_and_layout_of_the_file_stay(folder: Path) -> None:
    import_sheet(folder, SHEET)
    edit(folder, "when: 2026-12-01 09:00\n", "when: '2026-12-01 09:00'   # as agreed with Ben\n")
    edit(folder, "- id: thank-you", "\n# The second week\n\n- id: thank-you")
    before = imported(folder)
    import_sheet(folder, SHEET.replace("hearing", "meeting"), update=True)
    kept = [line for line in imported(folder).splitlines() if "imported:" not in line]
    wanted = before.replace("text: Come to the hearing.", "text: Come to the meeting.").splitlines()
    assert kept == [line for line in wanted if "imported:" not in line]


def test_a_post_that_was_moved_to_another_file_is_changed_there(folder: Path) -> None:
    import_sheet(folder, NAMED)
    head, one, two = imported(folder).split("- id: ")
    write_file(folder / "posts" / "imported-plan.yaml", f"{head}- id: {two}")
    write_file(folder / "posts" / "more.yaml", f"# More\n- id: {one}# end\n")
    sheet = NAMED.replace("hearing", "meeting").replace("Thanks", "Thank you")
    done = import_sheet(folder, sheet, update=True)
    files = [correction.record.path.name for correction in done.changed]
    assert files == ["more.yaml", "imported-plan.yaml"]
    assert [text for _, text in says(folder)] == ["Come to the meeting.", "Thank you."]
    assert campaign_files(folder)["more.yaml"].startswith(b"# More\n- id: one\n")
    assert campaign_files(folder)["more.yaml"].endswith(b"# end\n")


def test_a_dry_run_lists_changes_and_writes_nothing(folder: Path) -> None:
    import_sheet(folder, SHEET)
    before = campaign_files(folder)
    sheet = HEAD + FIRST.replace("hearing", "meeting") + THIRD + "2026-12-04 09:00,Fourth.,\n"
    done = import_sheet(folder, sheet, update=True, remove=True, dry_run=True)
    assert (len(done.changed), len(done.gone), len(done.added)) == (1, 1, 1)
    assert (done.written, campaign_files(folder)) == (False, before)


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-12-04 09:00,Fourth.,no-demand\n",
        f"2026-12-04 09:00,{'word ' * 70},\n",
        "12/4/2026 9:00,Fourth.,\n",
    ],
)
def test_one_wrong_row_keeps_every_change_out(folder: Path, wrong: str) -> None:
    import_sheet(folder, SHEET)
    import_problems(folder, SHEET.replace("hearing", "meeting") + wrong, update=True)


def test_a_change_that_would_lose_a_comment_is_refused(folder: Path) -> None:
    sheet = 'id,when,text,hashtags\none,2026-12-01 09:00,One,"Left,Right"\n'
    sheet += "two,2026-12-02 09:00,Two,\n"
    import_sheet(folder, sheet)
    edit(folder, "  - Left\n", "  - Left   # Ben: ask first\n")
    corrected = sheet.replace("Left,Right", "Right").replace("Two", "Too")
    (problem,) = import_problems(folder, corrected, update=True)
    assert "imported-plan.yaml:9:1: Y116 The change would lose a comment" in problem


def test_an_edit_during_the_import_is_not_overwritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_sheet(folder, SHEET)
    act_before_writing(monkeypatch, lambda: edit(folder, "Thank you", "Thanks to you"))
    with pytest.raises(UserError, match="changed by somebody else"):
        import_sheet(folder, SHEET.replace("hearing", "meeting"), update=True)
    assert [text for _, text in says(folder)][:2] == ["Come to the hearing.", "Thanks to you all."]


def test_an_import_of_the_same_sheet_by_another_person_changes_nothing(folder: Path) -> None:
    import_sheet(folder, SHEET, author="Ana")
    assert import_sheet(folder, SHEET, author="Ben", update=True).written is False
    import_sheet(folder, SHEET.replace("hearing", "meeting"), author="Ben", update=True)
    assert {occurrence.author for occurrence in planned_occurrences(folder)} == {"Ana"}


# --- Ambiguous rows -------------------------------------------------------------------------------


def test_a_row_without_an_id_that_changed_in_all_is_not_taken_for_new(folder: Path) -> None:
    import_sheet(folder, SHEET)
    sheet = HEAD + "2026-12-09 08:00,Other words.,\n" + SECOND + THIRD
    for update in (False, True):
        (problem,) = import_problems(folder, sheet, update=update)
        assert problem.startswith(
            "plan.csv:2:18: B723 Row 2 is new, or corrects a post that has no row any more: "
            "come-to-the-hearing-20261201 ("
        )
    known = "id," + HEAD + "come-to-the-hearing-20261201,2026-12-09 08:00,Other words.,\n"
    import_sheet(folder, known + "," + SECOND + "," + THIRD, update=True)
    assert says(folder)[-1] == ("12-09 13:00", "Other words.")
    assert len(says(folder)) == 3


def test_two_ambiguous_corrections_are_refused(folder: Path) -> None:
    add_slots(folder)
    import_sheet(folder, "when,text\nnext slot,One.\nnext slot,Two.\nnext slot,Three.\n")
    moved = "when,text\nnext slot,Two.\nnext slot,Won.\nnext slot,Three.\n"
    import_sheet(folder, moved, update=True)
    both = "when,text\nnext slot,Won.\nnext slot,Too.\nnext slot,Tree.\n"
    assert codes(folder, both, update=True) == ["B723", "B723"]


def test_an_id_of_its_own_does_not_make_a_correction_new(folder: Path) -> None:
    import_sheet(folder, SHEET)
    sheet = "id," + HEAD + "a,2026-12-01 09:00,Come to the meeting.,\n" + f",{SECOND},{THIRD}"
    assert codes(folder, sheet, update=True) == ["B723"]
    sheet = sheet.replace("a,2026-12-01 09:00", "a,2026-12-01 12:00")
    assert [post.id for post in import_sheet(folder, sheet).added] == ["a"]


def test_a_column_of_ids_that_comes_later_makes_no_second_posts(folder: Path) -> None:
    import_sheet(folder, SHEET)
    sheet = "id," + HEAD + f"a,{FIRST}b,{SECOND}c,{THIRD}"
    done = import_sheet(folder, sheet)
    assert (done.added, len(done.known)) == ((), 3)


# --- Edited in the file ---------------------------------------------------------------------------


def test_a_post_that_was_edited_stays_and_is_not_added_again(folder: Path) -> None:
    import_sheet(folder, SHEET)
    edit(folder, "Come to the hearing.", "Come to the hearing, all.")
    edit(folder, "when: 2026-12-02 17:30", "when: 2026-12-02 18:30")
    for update in (False, True):
        done = import_sheet(folder, SHEET, update=update)
        assert (done.added, done.changed, done.written) == ((), (), False)
        assert [edited for _, _, edited in done.known] == [True, True, False]
    assert says(folder)[:2] == [
        ("12-01 14:00", "Come to the hearing, all."),
        ("12-02 23:30", "Thank you all."),
    ]


@pytest.mark.parametrize("update", [False, True])
def test_a_row_and_a_post_that_were_both_edited_are_shown_and_refused(
    folder: Path, *, update: bool
) -> None:
    import_sheet(folder, SHEET)
    edit(folder, "Come to the hearing.", "Come to the hearing, all.")
    sheet = SHEET.replace("Come to the hearing.", "Come to the hearing tonight.")
    (problem,) = import_problems(folder, sheet, update=update)
    assert "plan.csv:2:18: B722 Row 2 and come-to-the-hearing-20261201 (" in problem
    both = "from file to row: text: Come to the hearing[-, all-]{+ tonight+}. #Ours. Make"
    assert both in problem


def test_the_same_correction_on_both_sides_is_no_conflict_and_remembered(folder: Path) -> None:
    import_sheet(folder, SHEET)
    edit(folder, "Come to the hearing.", "Come to the meeting.")
    sheet = SHEET.replace("Come to the hearing.", "Come to the meeting.")
    assert import_sheet(folder, sheet).written is False
    import_sheet(folder, sheet, update=True)
    done = import_sheet(folder, sheet.replace("meeting", "assembly"), update=True)
    assert [*what(done)] == ["come-to-the-hearing-20261201"]
    assert len(says(folder)) == 3


def test_a_post_with_a_mistake_is_not_added_a_second_time(folder: Path) -> None:
    import_sheet(folder, SHEET)
    edit(folder, "  text: Thank you all.", "  txt: Thank you all.")
    done = import_sheet(folder, SHEET)
    assert (done.added, len(done.known)) == ((), 3)
    sheet = SHEET.replace("Thank you", "Thanks to you")
    (problem,) = import_problems(folder, sheet, update=True)
    assert " B723 Row 3 is new, or corrects a post that " in problem
    sheet = "id," + HEAD + f",{FIRST}thank-you-all-20261202,{SECOND}".replace("all.", "all!")
    (problem,) = import_problems(folder, sheet, update=True)
    assert "there is a mistake in the file" in problem
    edit(folder, "- id: thank", "- [id: thank")
    assert import_problems(folder, SHEET)[0].split()[1].startswith("Y1")


# --- A row that is gone ---------------------------------------------------------------------------


def test_a_post_without_a_row_is_named_and_left_unless_removing_is_asked_for(folder: Path) -> None:
    import_sheet(folder, SHEET)
    edit(folder, "- id: thank", "# Ben: soon\n- id: thank")
    for update in (False, True):
        done = import_sheet(folder, HEAD + FIRST + THIRD, update=update)
        assert [record.id for record in done.gone] == ["thank-you-all-20261202"]
        assert (done.removed, done.written, len(says(folder))) == (False, False, 3)
    done = import_sheet(folder, HEAD + FIRST + THIRD, update=True, remove=True)
    assert [record.id for record in done.gone] == ["thank-you-all-20261202"]
    assert [text for _, text in says(folder)] == ["Come to the hearing.", "Write to the council."]
    assert "# Ben: soon\n- id: write" in imported(folder)


def test_removing_makes_room_for_a_new_post(folder: Path) -> None:
    import_sheet(folder, SHEET)
    sheet = HEAD + FIRST + THIRD + "2026-12-09 08:00,Other words.,\n"
    assert codes(folder, sheet, update=True) == ["B723"]
    done = import_sheet(folder, sheet, update=True, remove=True)
    assert ([record.id for record in done.gone], len(done.added)) == (["thank-you-all-20261202"], 1)
    assert len(says(folder)) == 3


def test_a_post_without_a_row_that_was_edited_is_not_removed(folder: Path) -> None:
    import_sheet(folder, SHEET)
    edit(folder, "Thank you all.", "Thank you, all.")
    (problem,) = import_problems(folder, HEAD + FIRST + THIRD, update=True, remove=True)
    assert "imported-plan.yaml:10:3: B722 The row of thank-you-all-20261202 is gone" in problem


def test_a_row_that_is_marked_as_cancelled_counts_as_gone(folder: Path) -> None:
    import_sheet(folder, NAMED)
    state = NAMED.replace("text\n", "text,state\n").replace("Thanks.", "Thanks.,cancelled")
    done = import_sheet(folder, state.replace("hearing.", "hearing.,"))
    assert [record.id for record in done.gone] == ["two"]


def test_a_past_post_needs_no_row(folder: Path) -> None:
    import_sheet(folder, "when,text\n2026-11-01 09:00,Long ago.\n2026-12-01 09:00,Soon.\n")
    done = import_sheet(folder, "when,text\n2026-12-01 09:00,Soon.\n2026-12-05 09:00,Later.\n")
    assert ([post.id for post in done.added], done.gone) == (["later-20261205"], ())


# --- Several spreadsheets -------------------------------------------------------------------------


def test_another_spreadsheet_does_not_change_a_post(folder: Path) -> None:
    import_sheet(folder, NAMED)
    other = NAMED.replace("Come to the hearing.", "Buy our bonds.")
    for update in (False, True):
        (problem,) = import_problems(folder, other, "other.csv", update=update)
        assert "other.csv:2:1: B724 Row 2 differs from one (" in problem
        assert "which was imported from plan.csv: text: " in problem


def test_a_renamed_spreadsheet_does_not_say_a_corrected_row_twice(folder: Path) -> None:
    import_sheet(folder, SHEET)
    sheet = SHEET.replace("hearing", "meeting")
    for update in (False, True):
        (problem,) = import_problems(folder, sheet, "plan (1).csv", update=update)
        assert "plan (1).csv:2:18: B724 Row 2 differs from come-to-the-hearing-20261201" in problem
    sheet = HEAD + "2026-12-09 08:00,Other words.,\n" + SECOND + THIRD
    assert codes(folder, sheet, "plan-1.csv") == ["B723"]


def test_spreadsheets_that_have_nothing_in_common_do_not_meet(folder: Path) -> None:
    import_sheet(folder, SHEET)
    other = "when,text\n2026-12-09 08:00,Other words.\n2026-12-10 08:00,And more.\n"
    done = import_sheet(folder, other, "other.csv", update=True, remove=True)
    assert (len(done.added), done.gone) == (2, ())
    assert import_sheet(folder, SHEET).gone == ()


def test_two_campaigns_may_have_the_same_id(folder: Path) -> None:
    write_file(
        folder / "posts" / "more.yaml", CAMPAIGN.replace("campaign: ours", "campaign: theirs")
    )
    sheet = "id,campaign,when,text\na,ours,2026-12-01 09:00,Hello\na,theirs,2026-12-02 09:00,Hi\n"
    import_sheet(folder, sheet)
    done = import_sheet(folder, sheet.replace("Hi", "Good day"), update=True)
    [record] = [correction.record for correction in done.changed]
    assert (record.campaign, record.id) == ("theirs", "a")


# --- There and back -------------------------------------------------------------------------------


def test_imported_and_exported_posts_are_not_imported_again(folder: Path) -> None:
    add_slots(folder)
    import_sheet(folder, "id,when,text\nslot,next slot,Any time: {{ fact.cost.figure }}.\n")
    import_sheet(folder, SHEET, "other.csv")
    before = campaign_files(folder)
    sheet = exported(folder, planned_occurrences(folder))
    done = import_sheet(folder, sheet, "export.csv", update=True)
    assert (done.added, done.changed, len(done.known)) == ((), (), 3)
    assert campaign_files(folder) == before


# --- Any change of a sheet ------------------------------------------------------------------------

WORDS = ("Come to the hearing.", "Write to the council.", "Thank you.", "Read this.")
ROW = st.tuples(
    st.sampled_from(["a", "b", "c", "", "", ""]),
    st.integers(1, 5),
    st.sampled_from(WORDS),
    st.sampled_from(["", "end-it"]),
)
ROWS = st.lists(ROW, min_size=1, max_size=4, unique_by=lambda row: row[0] or object())
Rows = list[tuple[str, int, str, str]]


def sheet_of(rows: Rows) -> str:
    lines = [f"{name},2026-12-0{day} 09:00,{text},{demand}\n" for name, day, text, demand in rows]
    return "id,when,text,demand\n" + "".join(lines)


def on_days(folder: Path) -> set[tuple[int, str]]:
    return {
        (occurrence.due.day, occurrence.content.text.removesuffix("\n\n#Ours"))
        for occurrence in planned_occurrences(folder)
    }


@settings(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))
@given(sheets=st.tuples(ROWS, ROWS, ROWS), remove=st.booleans())
def test_after_an_update_the_files_have_the_posts_of_the_sheet(
    tmp_path_factory: pytest.TempPathFactory, sheets: tuple[Rows, Rows, Rows], *, remove: bool
) -> None:
    """With whatever rows with an id and without, moved, corrected, taken out and put in."""
    folder = make_project(tmp_path_factory.mktemp("any"))
    for rows in sheets:
        before = on_days(folder)
        try:
            import_sheet(folder, sheet_of(rows), update=True, remove=remove)
        except UserError:
            if remove:  # then nothing of the old sheet is in the way
                raise
            return
        wanted = {(day, text) for _, day, text, _ in rows}
        now = on_days(folder)
        assert now == wanted if remove else wanted <= now <= wanted | before
        assert import_sheet(folder, sheet_of(rows)).written is False


# --- Published posts, and the command -------------------------------------------------------------


def days_ahead(count: int) -> str:
    return f"{(Clock().now() + timedelta(days=count)).date()} 09:00"


def sheet_file(inside: Path, *rows: str) -> None:
    lines = [f"{'abc'[n]},{days_ahead(1 + n)},{row}\n" for n, row in enumerate(rows)]
    write_file(inside / "plan.csv", "id,when,text\n" + "".join(lines))


def became(inside: Path, post: str, state: str) -> None:
    with create_app(load_config(inside), {}) as app:
        assert app.queue_sync.refresh() == []
        with app.database.writing() as connection:
            query = updating(deliveries).where(deliveries.c.post == post)
            connection.execute(query.values(state=state))


@pytest.mark.parametrize("state", ["published", "sending", "unknown", "needs_human", "rejected"])
def test_a_post_that_may_be_out_is_never_changed_and_a_warning_says_so(
    inside: Path, state: str
) -> None:
    sheet_file(inside, "Come.", "Thanks.", "Write.")
    assert run_cli("import", "plan.csv").code == 0
    became(inside, "a", state)
    sheet_file(inside, "Come all.", "Thank you.", "Write.")
    ran = run_cli("import", "plan.csv", "--update")
    assert ran.code == 0
    assert "B725 warning: Row 2 has changed, but a (posts/imported-plan.yaml:5) is" in ran.err
    assert "is published or being sent, and stays as it is." in ran.err
    assert "Not changed: text: Come{+ all+}." in ran.err
    assert "  text: Come.\n" in imported(inside)
    assert "  text: Thank you.\n" in imported(inside)
    assert "1 post changed." in ran.out
    ran = run_cli("import", "plan.csv")
    assert (ran.code, "B725" in ran.err) == (0, True)


def test_a_published_post_is_not_removed_and_needs_no_row(inside: Path) -> None:
    sheet_file(inside, "Come.", "Thanks.", "Write.")
    run_cli("import", "plan.csv")
    became(inside, "c", "published")
    sheet_file(inside, "Come.")
    ran = run_cli("import", "plan.csv", "--update", "--remove")
    assert "remove   b      no row" in ran.out
    assert "1 post removed." in ran.out
    assert ("id: c\n" in imported(inside), "id: b\n" in imported(inside)) == (True, False)


def test_a_published_post_whose_row_is_corrected_is_not_sent_again(inside: Path) -> None:
    due = Clock().now().replace(second=0, microsecond=0, tzinfo=None)
    sheet = f"when,text\n{due:%Y-%m-%d %H:%M}Z,Come.\n"
    write_file(inside / "plan.csv", sheet)
    assert run_cli("import", "plan.csv").code == 0
    [row] = json.loads(run_cli("import", "plan.csv", "--json").out)["already_there"]
    became(inside, row["id"], "published")
    write_file(inside / "plan.csv", sheet.replace("Come.", "Come all."))
    ran = run_cli("import", "plan.csv", "--update")
    assert (ran.code, "B725" in ran.err) == (0, True)
    assert imported(inside).count("- id:") == 1


def test_the_command_lists_its_changes_and_their_prospects(inside: Path) -> None:
    sheet_file(inside, "Come.", "Thanks.", "Write.")
    added = run_cli("import", "plan.csv").out.splitlines()
    assert added[-1].startswith("No loop runs on this database. groundswell run queues")
    sheet_file(inside, "Come all.", "Thanks.")
    refused_ = run_cli("import", "plan.csv")
    assert (refused_.code, "plan.csv:2:1: B721 Row 2 has changed" in refused_.err) == (1, True)
    dry = run_cli("import", "plan.csv", "--update", "--dry-run")
    assert "change   a      row 2   text: Come{+ all+}. #Ours" in dry.out
    assert "Without a row now, but still planned: c (posts/imported-plan.yaml:" in dry.out
    assert dry.out.splitlines()[-1] == "1 post would be changed. Nothing was written."
    result = json.loads(run_cli("import", "plan.csv", "--update", "--remove", "--json").out)
    assert [(correction["id"], correction["row"]) for correction in result["changed"]] == [("a", 2)]
    assert [row["id"] for row in result["removed"]] == ["c"]
    assert result["next"]["loop_runs"] is False
    ran = run_cli("import", "plan.csv", "--update")
    assert ran.out.splitlines()[-1] == "The sheet has no new posts, and nothing was added."


def test_the_command_names_the_rows_whose_posts_were_edited(inside: Path) -> None:
    sheet_file(inside, "Come.", "Thanks.")
    run_cli("import", "plan.csv")
    edit(inside, "Come.", "Come all.")
    out = run_cli("import", "plan.csv").out
    assert (
        "Row 2 is in the files already, as a, which was edited in its file and is not changed.\n"
        in out
    )


def test_removing_without_updating_is_wrong_usage(inside: Path) -> None:
    sheet_file(inside, "Come.")
    assert run_cli("import", "plan.csv", "--remove").code == 2


def test_a_change_reaches_the_queue_and_no_second_delivery_comes_of_it(inside: Path) -> None:
    write_file(inside / "plan.csv", f"when,text\n{days_ahead(2)},Come to teh hearing.\n")
    run_cli("import", "plan.csv")
    became(inside, "none", "published")
    write_file(inside / "plan.csv", f"when,text\n{days_ahead(2)},Come to the hearing.\n")
    run_cli("import", "plan.csv", "--update")
    with create_app(load_config(inside), {}) as app:
        assert app.queue_sync.refresh() == []
        [delivery] = app.queue.all()
    assert delivery.content.text == "Come to the hearing.\n\n#Ours"
    assert delivery.due > datetime.now(UTC)

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from helpers.bulk import (
    CAMPAIGN,
    act_before_writing,
    add_slots,
    campaign_files,
    dues,
    import_problems,
    import_sheet,
    planned_occurrences,
)
from helpers.campaigns import save_picture
from helpers.cli import run_cli, write_file

from bot.errors import UserError
from bot.model import Poll
from bot.spreadsheets import CODES
from bot.spreadsheets.columns import COLUMN_ALIASES, COLUMNS

SHEET = """\
when,text,demand
2026-12-01 09:00,"First: {{ fact.cost.figure }}, and ""more"".

{{ demand.ask }}.",end-it
2026-12-02 17:30,Second,
"""


def texts(folder: Path) -> list[str]:
    return [occurrence.content.text for occurrence in planned_occurrences(folder)]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("C\u0251meras w\u0251tch our street-by'night,,", "say the same"),
        ("Cameras watch our street by day,,", "say almost the same"),
        ("Who decides?,close the netw0rk\nKEEP it,24h", "ask the same poll"),
        (
            "A lot has happened since the spring. Cameras watch our street by night.,,",
            "say the same sentence, “Cameras watch our street by night”",
        ),
    ],
)
def test_a_text_of_another_account_is_refused(folder: Path, row: str, what: str) -> None:
    import_sheet(
        folder,
        "when,text,accounts,poll,poll_for\n"
        "2026-12-01 09:00,Cameras watch our street by night,our-x,,\n"
        "2026-12-02 09:00,What do you say about it?,our-x,Keep it\nClose the network,24h\n".replace(
            "Keep it\nClose the network", '"Keep it\nClose the network"'
        ),
    )
    text, poll, hours = row.split(",")
    sheet = f'when,text,accounts,poll,poll_for\n2026-12-03 09:00,{text},their-x,"{poll}",{hours}\n'
    [problem] = import_problems(folder, sheet, "theirs.csv")
    assert f"L817 Row 2: 2 accounts on x {what}: " in problem
    assert all(f"{name} (ours/" in problem for name in ("our-x", "their-x"))


# --- Rows that are imported -----------------------------------------------------------------------


def test_a_time_and_a_text_are_enough(folder: Path) -> None:
    done = import_sheet(folder, SHEET)
    first = 'First: $4 million, and "more".\n\nEnd it.\n\n#Ours'
    assert texts(folder) == [first, "Second\n\n#Ours"]
    assert dues(folder) == ["2026-12-01 14:00Z", "2026-12-02 22:30Z"]
    assert [post.id for post in done.added] == ["first-4-million-and-20261201", "second-20261202"]
    assert {occurrence.author for occurrence in planned_occurrences(folder)} == {"Ana"}


def test_posts_go_into_a_file_of_their_own_that_names_their_sheet(folder: Path) -> None:
    before = campaign_files(folder)
    import_sheet(folder, SHEET, "Our Plan, final (2).csv")
    after = campaign_files(folder)
    assert set(after) - set(before) == {"imported-our-plan-final-2.yaml"}
    assert b'# Imported from "Our Plan, final (2).csv".' in after["imported-our-plan-final-2.yaml"]
    assert before.items() <= after.items()


AS_SAVED = {
    "byte-order mark": "\ufeff" + SHEET,
    "carriage returns": SHEET.replace("\n", "\r\n"),
    "semicolons": re.sub(",(?! )", ";", SHEET),
    "the separator named": "sep=,\r\n" + SHEET.replace("\n", "\r\n"),
    "tabs": "when\ttext\tdemand\n"
    '2026-12-01 09:00\t"First: {{ fact.cost.figure }}, and ""more"".\n\n'
    '{{ demand.ask }}."\tend-it\n'
    "2026-12-02 17:30\tSecond\t\n",
    "empty rows and columns": SHEET.replace("demand\n", "demand,,\n,,,,\n").rstrip()
    + ",,\n,,,\n,,,,\n",
    "headings as people write them": SHEET.replace("when,text,demand", " When ,TEXT, Demand"),
    "own notes": SHEET.replace("demand\n", "demand,Notes\n").replace("end-it", "end-it,=not read"),
}


@pytest.mark.parametrize("how", AS_SAVED)
def test_the_forms_that_spreadsheets_save_are_read(folder: Path, how: str) -> None:
    import_sheet(folder, AS_SAVED[how])
    assert len(texts(folder)) == 2
    assert texts(folder)[0].startswith('First: $4 million, and "more".')
    assert texts(folder)[1].startswith("Second")


TIMES = {
    "when\n2026-12-01 09:00": "2026-12-01 14:00Z",
    "when\n2026-12-01 9:00:00 AM": "2026-12-01 14:00Z",
    "when\n2026-12-01T09:00": "2026-12-01 14:00Z",
    "when\n2026-12-01 09:00+01:00": "2026-12-01 08:00Z",
    "date,time\n2026-12-01,9:00": "2026-12-01 14:00Z",
    "date,time\n2026-12-01,12:30 am": "2026-12-01 05:30Z",
    "date,time\n2026-12-01,12:30:00 PM": "2026-12-01 17:30Z",
    "event,offset\nhearing,-1d": "2026-12-08 23:00Z",
    "event,offset\nhearing,'-1d": "2026-12-08 23:00Z",
    "event,offset\nhearing,1d before": "2026-12-08 23:00Z",
    "event,offset\nhearing,2h after end": "2026-12-10 03:00Z",
    "event,offset,time\nhearing,-1d,09:00": "2026-12-08 14:00Z",
    "event,time\nhearing,8:00 AM": "2026-12-09 13:00Z",
    "event,when\nhearing,2026-12-01 09:00": "2026-12-01 14:00Z",
}


@pytest.mark.parametrize("cells", TIMES)
def test_times_are_read_as_people_fill_them_in(folder: Path, cells: str) -> None:
    head, row = cells.split("\n")
    import_sheet(folder, f"{head},text\n{row},Hello\n")
    assert dues(folder) == [TIMES[cells]]


def test_a_row_can_wait_for_the_next_slot(folder: Path) -> None:
    add_slots(folder)
    import_sheet(folder, "id,when,text\none,Next slot,Hello\n")
    assert b"slot: next" in campaign_files(folder)["imported-plan.yaml"]


def test_every_field_of_a_post_has_a_column(folder: Path) -> None:
    save_picture(folder / "posts" / "media" / "a.png")
    save_picture(folder / "posts" / "media" / "b.png")
    cells = {
        "id": "all",
        "when": "2026-12-01 09:00",
        "text": "One\n---\nTwo\n---\nThree",
        "accounts": "their-x",
        "media": "media/a.png\nmedia/b.png",
        "alt": "A, large\nB",
        "focus": "none\n-0.25, 1",
        "poll": "---\n---\nyes\nno",
        "poll_for": "2d",
        "link": "https://example.org/a",
        "hashtags": "#One #Two",
        "facts": "cost",
        "expires": "3h",
        "author": "Ben",
        "reply_settings": "following",
        "language": "pt-BR",
    }
    import_sheet(folder, ",".join(cells) + "\n" + ",".join(f'"{cell}"' for cell in cells.values()))
    [one] = planned_occurrences(folder)
    assert one.account == "their-x"
    first, second, third = one.content.parts
    texts = ("One\n\n#One #Two", "Two", "Three\nhttps://example.org/a")
    assert (first.text, second.text, third.text) == texts
    assert [media.alt for media in first.media] == ["A, large", "B"]
    assert [media.focus for media in first.media] == [None, (-0.25, 1.0)]
    assert third.poll == Poll(("yes", "no"), 2880)
    assert (one.author, one.content.reply_settings) == ("Ben", "following")
    assert one.content.language == "pt-BR"
    assert one.expires == one.due + timedelta(hours=3)


def test_rows_of_one_id_are_the_wordings_of_one_post(folder: Path) -> None:
    sheet = "id,when,text,wording\none,2026-12-01 09:00,Plain,plain\none,,Blunt,blunt\n"
    (post,) = import_sheet(folder, sheet).added
    said = {wording.name: wording.content.text for wording in post.wordings}
    assert said == {"plain": "Plain\n\n#Ours", "blunt": "Blunt\n\n#Ours"}


def test_with_several_campaigns_a_row_names_its_own(folder: Path) -> None:
    write_file(
        folder / "posts" / "more.yaml", CAMPAIGN.replace("campaign: ours", "campaign: theirs")
    )
    assert import_problems(folder, SHEET)[0].startswith(
        "plan.csv:2:1: R308 Row 2: It is not clear which"
    )
    done = import_sheet(folder, "campaign,when,text\ntheirs,2026-12-01 09:00,Hello\n")
    assert [post.campaign for post in done.added] == ["theirs"]


# --- Twice, and by others -------------------------------------------------------------------------


def test_the_same_file_twice_adds_nothing_twice(folder: Path) -> None:
    import_sheet(folder, SHEET)
    before = campaign_files(folder)
    again = import_sheet(folder, SHEET)
    assert (again.added, again.written) == ((), False)
    assert [row for row, _, _ in again.known] == [2, 3]
    assert campaign_files(folder) == before
    import_sheet(folder, SHEET, "renamed.csv")
    assert campaign_files(folder) == before


def test_new_posts_are_added_after_the_changes_of_a_colleague(folder: Path) -> None:
    import_sheet(folder, SHEET)
    path = folder / "posts" / "imported-plan.yaml"
    path.write_text(path.read_text() + "# Reviewed by Ben\n")
    kept = path.read_bytes()
    done = import_sheet(folder, SHEET + "2026-12-03 09:00,Third,\n")
    assert [post.id for post in done.added] == ["third-20261203"]
    assert path.read_bytes().startswith(kept)


def test_rows_that_say_the_same_in_one_file_are_one_post(folder: Path) -> None:
    done = import_sheet(folder, SHEET + "2026-12-02 17:30,Second,\n")
    assert (len(done.added), len(done.known)) == (2, 1)


def test_an_id_that_says_something_else_already_is_refused(folder: Path) -> None:
    post = "posts:\n  - {id: one, when: 2026-12-01 09:00, text: Hello}\n"
    write_file(folder / "posts" / "ours.yaml", CAMPAIGN.replace("posts: []\n", post))
    for row, what in {
        "one,2026-12-01 09:00,Goodbye": "text",
        "one,2026-12-01 10:00,Hello": "time",
        "one,2026-12-02 10:00,Goodbye": "text and time",
    }.items():
        (problem,) = import_problems(folder, f"id,when,text\n{row}\n")
        assert problem.startswith('plan.csv:2:1: B718 The id "one" is in ')
        assert f"ours.yaml:13, with another {what} (cell A2 (id))." in problem


def test_a_dry_run_writes_nothing_and_finds_the_same(folder: Path) -> None:
    before = campaign_files(folder)
    dry = import_sheet(folder, SHEET, dry_run=True)
    assert campaign_files(folder) == before
    assert not dry.written
    done = import_sheet(folder, SHEET)
    assert [post.id for post in dry.added] == [post.id for post in done.added]


def test_an_import_at_the_same_time_is_not_overwritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act_before_writing(monkeypatch, lambda: import_sheet(folder, SHEET))  # the same rows
    with pytest.raises(UserError) as caught:
        import_sheet(folder, SHEET)
    assert {problem.code for problem in caught.value.problems} == {"R306"}
    assert len(texts(folder)) == 2


# --- Refusals -------------------------------------------------------------------------------------

WRONG = {  # the beginning of each problem after the file's name
    "": "1:1: B708 The file is empty.",
    "when,text\n": "1:1: B708 There is no post in the file.",
    "when,words\n2026-12-01 09:00,Hi\n": (
        '1:1: B705 The column B, "words", is unknown.\n1:1: B707 There is no column named text.'
    ),
    "when,text,Text\n2026-12-01 09:00,Hi,Hi\n": "1:1: B706 Two columns mean text, the second in C.",
    'when,text\n2026-12-01 09:00,"Hi\n': "2:1: B703 The quotes of this row",
    'when,text\n2026-12-01 09:00,"Hi" there\n': "2:1: B703 The quotes of this row",
    "when,text\n2026-12-01 09:00,Hi, there\n": "2:1: B709 The cell C2 has no heading",
    f"when,text\n2026-12-01 09:00,{'x' * 140_000}\n": "2:1: B704 A cell here is longer",
    f"when,text\n2026-12-01 09:00,{'x' * 26_000}\n": (
        '2:18: C204 Cell B2 (text): "text": the text is longer than 25000 characters.'
    ),
    "when,text\n12/1/2026 9:00,Hi\n": (
        '2:1: B715 "12/1/2026 9:00" can mean 2026-01-12 or 2026-12-01 (cell A2 (when)). Write '
        "it as 2026-01-12 or 2026-12-01; "
    ),
    "date,time,text\n1.12.2026,9:00,Hi\n": '2:1: B715 "1.12.2026" can mean 2026-01-12',
    "when,text\n31/12/2026 9:00,Hi\n": (
        '2:1: B715 "31/12/2026 9:00" has its date in another order (cell A2 (when)). Write it '
        "as 2026-12-31; "
    ),
    "when,text\nevery monday 9:00,Hi\n": (
        '2:1: S601 Cell A2 (when): "every monday 9:00" is not a date and time. Write it as '
        "YYYY-MM-DD HH:MM, or next slot; "
    ),
    "date,text\n2026-12-01,Hi\n": "2:1: B714 The row has a date but no time (cell A2",
    "event,text\nhearing,Hi\n": "2:1: B714 The row does not say when its post is due",
    "event,offset,text\nhearing,soon,Hi\n": '2:9: B714 "soon" is not an offset (cell',
    "date,time,text\n2026-12-01,13:00 pm,Hi\n": (
        '2:1: S601 Cell A2 (date): "2026-12-01 13:00 pm" is not a date and time. Write it as '
        "YYYY-MM-DD HH:MM, or next slot; "
    ),
    "when,text\n2026-12-01 25:00,Hi\n": '2:1: S601 Cell A2 (when): "25:00" is not a time',
    "when,demand,text\n2026-12-01 09:00,end-its,Hi\n": (
        '2:18: R304 Cell B2 (demand): The demand "end-its" is unknown.'
    ),
    "when,accounts,text\n2026-12-01 09:00,ours,Hi\n": (
        '2:18: R302 Cell B2 (accounts): The account "ours" is unknown.'
    ),
    "when,text\n2026-12-01 09:00,{{ fact.hart.figure }}\n": "2:18: T402 Cell B2 (text): ",
    "when,text,media\n2026-12-01 09:00,Hi,media/a.png\n": (
        "2:21: B716 Cell C2 (media) names 1 file, but alt describes 0.\n"
        "2:21: M501 Cell C2 (media): "
    ),
    "when,text\n2026-12-01 09:00,Hi\x00\n": "2:18: B711 The control character U+0000 is",
    "when,text\n2026-12-01 09:00,Hi \u202eevil\n": "2:18: B711 The control character",
    'when,text\n2026-12-01 09:00,"=HYPERLINK(""https://example.org"")"\n': (
        '2:18: B713 "=HYPERLINK(\\"https://example.org\\")" in cell B2 (text) is a'
    ),
    "when,text\n2026-12-01 09:00,#NAME?\n": '2:18: B712 "#NAME?" in cell B2 (text) is a',
    "when,text\n#######,Hi\n": '2:1: B712 "#######" in cell A2 (when) is a',
    "when,text\n2026-12-01 09:00,\n": "2:18: B707 There is no text in cell B2 (text).",
    "id,when,text\none,2026-12-01 09:00,A\none,2026-12-02 09:00,B\n": (
        "3:1: B717 The id in cell A3 (id) is in row 2, too.\n"
        "3:5: B717 Cell B3 (when) differs from row 2, of the same id."
    ),
    'id,when,text,poll\none,2026-12-01 09:00,A,"a\nb"\n': (
        "2:24: B720 The row does not say how long its poll is open (cell D2 (poll)). Write "
        "into the column poll_for how long the poll is open, such as 24h or 3d."
    ),
    'id,when,text,poll,poll_for\none,2026-12-01 09:00,A,"a\nb",long\n': (
        '3:4: B720 "long" is not a length of time (cell E2 (poll_for)). Write into the'
    ),
}


@pytest.mark.parametrize("sheet", WRONG, ids=lambda sheet: ascii(sheet[:60]))
def test_a_problem_is_reported_with_its_cell_and_nothing_is_imported(
    folder: Path, sheet: str
) -> None:
    found = import_problems(folder, sheet)
    for problem, start in zip(found, WRONG[sheet].splitlines(), strict=True):
        assert problem.startswith(f"plan.csv:{start}")


def test_all_problems_come_at_once_and_one_wrong_row_keeps_all_out(folder: Path) -> None:
    rows = ["2026-12-01 09:00,Sound,,", "12/1/2026,Hi,end-its,", "2026-12-01 09:00,,x,#REF!"]
    found = import_problems(folder, "when,text,demand,link\n" + "\n".join(rows))
    codes = [problem.split()[1] for problem in found]
    assert codes == ["B715", "R304", "B707", "R304", "B712"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("when,text\n2026-12-01 09:00,Hi\n".encode("utf-16"), "1:1: B702 The file is UTF-16"),
        ("when,text\n2026-12-01 09:00,Hi\n".encode("utf-16-le"), "1:1: B702 The file is UTF-16"),
        ("when,text\n2026-12-01 09:00,café\n".encode("cp1252"), "2:21: B702 The byte 0xe9 here"),
        (b"x" * (1 << 20) + b"x", "1:1: B701 The file is larger than 1 MiB"),
        (
            b"when,text\n" + b'2026-12-01 09:00,"%s"\n' % (b"x\n" * 50_000) * 5,
            "1:1: B701 The posts are larger than 1 MiB as YAML",
        ),
        (b"when,text\n" + b"2026-12-01 09:00,Hi\n" * 5001, "5002:1: B710 The file has 5001 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(folder: Path, data: bytes, code: str) -> None:
    (problem,) = import_problems(folder, data)
    assert problem.startswith(f"plan.csv:{code}")


def test_a_cell_knows_its_line_in_the_file_behind_texts_of_several_lines(folder: Path) -> None:
    sheet = 'text,when,demand\r\n"One\r\ntwo, ""three""",2026-12-01 09:00,end-it\r\n'
    sheet += '"a\nb",2026-12-01 09:00,wrong\r\n'
    (problem,) = import_problems(folder, sheet)
    assert problem.startswith("plan.csv:5:21: R304 Cell C3 (demand): ")


def test_a_broken_campaign_file_that_keeps_rows_out_is_named(folder: Path) -> None:
    write_file(folder / "posts" / "ours.yaml", "campaign: [")
    assert import_problems(folder, SHEET)[0].startswith("posts/ours.yaml:1:1: Y105")


def test_mistakes_in_other_files_do_not_keep_rows_out(folder: Path) -> None:
    write_file(folder / "posts" / "queue.yaml", "- when: 2026-12-01 25:00\n  text: Hi\n")
    assert len(import_sheet(folder, SHEET).added) == 2


def test_a_time_that_has_passed_is_warned_of(folder: Path) -> None:
    done = import_sheet(folder, "when,text\n2026-11-01 09:00,Hi\n2026-12-01 09:00,Ho\n")
    [warning] = [str(problem) for problem in done.warnings if problem.code == "B719"]
    assert warning.endswith(
        "/plan.csv:2:1: B719 The time in cell A2 (when) has passed. The post will not be sent."
    )


def test_rows_whose_state_says_that_they_are_over_are_left_out(folder: Path) -> None:
    rows = ["2026-12-01 09:00,A,planned", "2026-12-02 09:00,B,cancelled", "2026-12-03 09:00,C,"]
    done = import_sheet(folder, "when,text,state\n" + "\n".join(rows))
    assert [post.id for post in done.added] == ["a-20261201", "c-20261203"]
    assert [row.number for row in done.finished] == [3]


@pytest.mark.parametrize("text", ["+1 for the council", "-1 is what we have", "'=1+1"])
def test_a_text_that_only_looks_like_a_formula_is_kept(folder: Path, text: str) -> None:
    import_sheet(folder, f"when,text\n2026-12-01 09:00,{text}\n")
    assert texts(folder) == [text.removeprefix("'") + "\n\n#Ours"]


# --- The command ----------------------------------------------------------------------------------


def test_the_command_lists_added_and_known_posts(inside: Path) -> None:
    write_file(inside / "plan.csv", SHEET.replace("2026", "2076"))
    dry = run_cli("import", "plan.csv", "--dry-run")
    assert (dry.code, dry.err) == (0, "")
    assert "2 posts would be added to " in dry.out
    ran = run_cli("import", "plan.csv", "--as", "Ana")
    assert "second-20761202" in ran.out
    assert "2 posts added to " in ran.out
    again = run_cli("import", "plan.csv")
    assert again.out.splitlines() == [
        "Row 2 is in the files already, as first-4-million-and-20761201.",
        "Row 3 is in the files already, as second-20761202.",
        "The sheet has no new posts, and nothing was added.",
    ]
    result = json.loads(run_cli("import", "plan.csv", "--json").out)
    assert (result["added"], len(result["already_there"])) == ([], 2)
    assert b"author: Ana" in campaign_files(inside)["imported-plan.yaml"]


def test_a_row_that_says_something_else_on_each_network_is_one_post(inside: Path) -> None:
    config = "accounts:\n  our-x: {platform: x, handle: ours, slots: [day 09:00]}\n"
    config += "  our-mastodon: {platform: mastodon, handle: ours@social.example,"
    config += " slots: [day 09:00]}\n"
    write_file(inside / "config.yaml", config)
    names = "{ally: {x: ally, mastodon: ally@social.example}}"
    both = f"accounts: [our-x, our-mastodon]\npartners: [ally]\nmentions: {names}"
    write_file(inside / "posts" / "ours.yaml", CAMPAIGN.replace("accounts: [our-x]", both))
    rows = "when,text\n2076-12-01 09:00,With @ally at the hearing\nnext slot,Come along\n"
    write_file(inside / "plan.csv", rows)
    result = json.loads(run_cli("import", "plan.csv", "--dry-run", "--json").out)
    assert [post["accounts"] for post in result["added"]] == [["our-x", "our-mastodon"]] * 2
    assert [post["on"] for post in result["added"]] == ["X, Mastodon"] * 2
    ran = run_cli("import", "plan.csv")
    assert "2 posts added to " in ran.out
    first, second = ran.out.splitlines()[1:3]
    assert re.search(r"Tue 2076-12-01 09:00 EST  ours/with-[a-z-]+-20761201  X, Mastodon ", first)
    assert second.split()[:3] == ["next", "slot", "ours/come-along"]


def test_the_command_ends_with_1_and_every_problem(inside: Path) -> None:
    write_file(inside / "plan.csv", "when,text\n12/1/2026,#REF!\n")
    ran = run_cli("import", "plan.csv")
    assert ran.code == 1
    assert [line.split()[1] for line in ran.err.splitlines()] == ["B715", "B712", "problems"]


@pytest.mark.parametrize(
    ("name", "nor"), [("no.csv", ""), ("no/a.csv", ", which does not exist either")]
)
def test_a_missing_spreadsheet_is_reported_with_its_folder(
    inside: Path, name: str, nor: str
) -> None:
    [line, _] = run_cli("import", name).err.splitlines()
    folder = (inside / name).parent
    assert line == f"{name}:1:1: Y112 The file does not exist. Looked for in {folder}{nor}."


def test_the_command_explains_every_column() -> None:
    lines = run_cli("import", "--columns").out.splitlines()
    assert [line.split()[0] for line in lines] == list(COLUMNS)
    assert set(COLUMN_ALIASES.values()) <= set(COLUMNS)


def test_every_code_of_a_spreadsheet_is_shown_here_once() -> None:
    codes = [code for code in CODES if code.startswith("B")]
    here = Path(__file__)
    files = (
        here,
        *map(here.with_name, ("test_update.py", "test_exported_sheets.py", "test_workbooks.py")),
    )
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    assert [code for code in codes if f" {code}" not in source and f'"{code}"' not in source] == []


def test_a_thousand_rows_take_no_more_than_their_share_of_time(folder: Path) -> None:
    rows = "".join(
        f"2027-01-{1 + n % 28:02} {n // 28 % 24:02}:{n % 60:02},Number {n}\n" for n in range(1000)
    )
    began = time.process_time()
    assert len(import_sheet(folder, "when,text\n" + rows).added) == 1000
    assert time.process_time() - began < 10


def test_the_help_says_that_only_columns_needs_no_file() -> None:
    said = run_cli("import", "--help").out
    assert "[required]" not in said
    assert "import [OPTIONS] [FILE]" in said
    ran = run_cli("import")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        "Error: Invalid value for FILE: name the spreadsheet",
    )

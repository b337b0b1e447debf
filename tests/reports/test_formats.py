from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from helpers.reports import (
    NAMES,
    NOW,
    ago,
    delivery,
    evidence,
    publication,
    sample_answer,
    sample_evidence,
    snapshot,
)

from bot.model import State
from bot.reports import FORMATS, Evidence, render, tables
from bot.reports.catalogue import REPORTS
from bot.reports.exports import render_csv
from bot.reports.table import Cell, Column, ColumnKind, Table, clean, format_cell, one_line
from bot.reports.terminal import draw_bar


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("count", 1234567, "1,234,567"),
        ("count", 0, "0"),
        ("count", None, "\N{EN DASH}"),
        ("delta", 1200, "+1,200"),
        ("delta", 0, "0"),
        ("delta", -3, "\N{MINUS SIGN}3"),
        ("rate", Decimal("0.04339"), "4.34%"),
        ("rate", Decimal(0), "0.00%"),
        ("money", Decimal(0), "$0.00"),
        ("money", Decimal("1234.565"), "$1,234.57"),
        ("money", Decimal("0.2"), "$0.20"),
        ("money", Decimal("0.015"), "$0.015"),
        ("money", Decimal("0.99999"), "$1.00"),
        ("money", Decimal("0.0000937"), "$0.000094"),
        ("money", Decimal("-0.5"), "\N{MINUS SIGN}$0.50"),
        ("instant", NOW, "2022-07-14 12:00"),
        ("text", "two\nlines", "two lines"),
    ],
)
def test_figures_are_written_alike_everywhere(kind: ColumnKind, value: Cell, text: str) -> None:
    assert format_cell(value, Column("k", "K", kind), ZoneInfo("America/New_York")) == text


def test_what_would_act_on_a_screen_is_replaced() -> None:
    hostile = "a\x1b[2Jb\u202ec\x07d\x9be\ud83df"
    assert clean(hostile) == "a�[2Jb�c�d�e�f"


@pytest.mark.parametrize(
    ("text", "short"),
    [("short", "short"), ("one two three", "one two…"), ("abcdefghijklmnop", "abcdefghi…")],
)
def test_long_text_is_cut_at_a_word(text: str, short: str) -> None:
    assert one_line(text, 10) == short


# --- CSV -----------------------------------------------------------------------------------------


def texts(*values: str) -> Table:
    return Table("t", "T", (Column("text", "Text", "text"),), tuple((value,) for value in values))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\n=1", "\uff1d1", '=HYPERLINK("x")'],
)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    (_, row) = csv.reader(io.StringIO(render_csv(texts(text)), newline=""))
    assert row[0].startswith("'")


@pytest.mark.parametrize("sign", [*"=+-@\uff1d\uff0b\uff0d\uff20"])
@pytest.mark.parametrize("before", [";", "; ", "\t", "\n", ";;", ";\t \n"])
def test_a_text_that_other_separators_would_part_runs_nowhere(before: str, sign: str) -> None:
    (_, row) = csv.reader(io.StringIO(render_csv(texts(f"Come{before}{sign}1+1")), newline=""))
    for piece in re.split("[;\t\n]", row[0]):
        assert piece.strip()[:1] not in {*"=+-@\uff1d\uff0b\uff0d\uff20"}


def test_numbers_instants_and_no_data_are_plain_in_csv() -> None:
    columns = tuple(Column(name, name, "count") for name in "abcde")
    table = Table("t", "T", columns, ((-5, Decimal("0.0000001"), NOW, None, "fine"),))
    assert render_csv(table) == "a,b,c,d,e\r\n-5,0.0000001,2022-07-14T16:00:00Z,,fine\r\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("1E+3", "1000"),
        ("0.015", "0.015"),
        ("0.00000001", "0.00000001"),
        ("0.0175656565", "0.01756566"),
        ("2E-9", "0.00000000"),
    ],
)
def test_a_decimal_in_csv_has_at_most_eight_places_and_no_exponent(
    value: str, written: str
) -> None:
    table = Table("t", "T", (Column("a", "A", "rate"),), ((Decimal(value),),))
    assert render_csv(table) == f"a\r\n{written}\r\n"


def test_commas_quotes_and_lines_survive_csv() -> None:
    text = 'He said: "no", then\nleft'
    (_, row) = csv.reader(io.StringIO(render_csv(texts(text)), newline=""))
    assert row == [text]


# --- JSON ----------------------------------------------------------------------------------------


def test_json_has_its_documented_shape() -> None:
    of = sample_evidence()
    document = json.loads(render("json", of, tables(of, NOW), NOW))
    assert document["groundswell_report"] == 3
    assert document["generated"] == "2022-07-14T16:00:00+00:00"
    assert document["simulated"] is True
    assert [entry["id"] for entry in document["reports"]] == list(REPORTS)
    for report in document["reports"]:
        keys = {column["key"] for column in report["columns"]}
        assert all(row.keys() == keys for row in report["rows"])


def test_json_writes_decimals_as_strings_and_no_data_as_null() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, ago(), impressions=3, likes=1)])
    document = json.loads(render("json", of, tables(of, NOW, ["demand"]), NOW))
    (row,) = document["reports"][0]["rows"]
    assert row["impressions"] == 3
    assert isinstance(row["engagement_rate"], str)
    assert row["engagement_rate"].startswith("0.3333333333")
    assert row["quotes"] is None
    assert row["read"] == "2022-07-14T16:00:00+00:00"


# --- Markdown ------------------------------------------------------------------------------------


def test_markdown_has_a_table_with_figures_set_right_and_says_when_they_were_read() -> None:
    of = evidence(
        publication(1, demand="hart"),
        publication(2, demand="ring"),
        snapshots=[snapshot(1, ago(hours=1), impressions=12_345, likes=0)],
        names=NAMES,
        simulated=True,
    )
    lines = render("markdown", of, tables(of, NOW, ["demand"]), NOW).splitlines()
    assert "**Simulated platform.** These figures come from the sandbox." in lines
    (header,) = [line for line in lines if line.startswith("| Demand |")]
    (rule,) = [line for line in lines if line.startswith("| --- |")]
    (row,) = [line for line in lines if line.startswith("| Take HART off AWS |")]
    assert header.count("|") == rule.count("|") == row.count("|")
    assert "| 12,345 |" in row
    assert "| 0 |" in row
    (unread,) = [line for line in lines if line.startswith("| End Ring")]
    assert "| no data |" in unread
    (named,) = [line for line in lines if line.startswith("Without data, and not shown: ")]
    assert "Cost per 100 engagements" in named
    assert "Last read 2022-07-14 15:00." in lines


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a | b", r"a \| b"),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("![x](https://a.example)", r"\!\[x\](https\://a.example)"),
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("**bold** _and_ `code` & $x$", r"\*\*bold\*\* \_and\_ \`code\` \& \$x\$"),
        ("www.a.example @someone #4", r"www\.a.example \@someone \#4"),
        ("a back\\slash\nand\ta line", r"a back\\slash and a line"),
    ],
)
def test_no_text_of_a_post_comes_alive_in_markdown(text: str, written: str) -> None:
    of = evidence(publication(1, text=text))
    lines = render("markdown", of, tables(of, NOW, ["post"]), NOW).splitlines()
    assert any(line.startswith(f"| {written} |") for line in lines)


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "csv"])
def test_a_report_of_some_days_says_so(form: str) -> None:
    of = evidence(publication(1), since=ago(days=9), until=ago(days=1))
    lines = render(form, of, tables(of, NOW, ["demand"]), NOW, answer=sample_answer(of))
    text = " ".join(lines.split())  # a terminal wraps it
    assert ("2022-07-05T16:00:00+00:00" if form == "json" else "from 2022-07-05 16:00") in text
    assert ("2022-07-13T16:00:00+00:00" if form == "json" else "until 2022-07-13 16:00") in text


# --- Terminal ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 50, 80, 100, 132, 200])
def test_terminal_tables_stay_within_their_width_and_never_cut_a_figure(width: int) -> None:
    of = sample_evidence()
    text = render("terminal", of, tables(of, NOW), NOW, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "45,920" in text
    assert "4.34%" in text


def worded(count: int = 2, **changes: object) -> Evidence:
    """Return a post in several wordings, each seen often, all on the same account."""
    names = ("asks-at-the-end", "figure-in-front", "plainly-said")[:count]
    posts = [
        publication(n, post="a-post-of-long-name", wording=name, **changes)
        for n, name in enumerate(names, 1)
    ]
    reads = [snapshot(n, ago(), impressions=157_766, likes=2_651) for n in range(1, count + 1)]
    return evidence(*posts, snapshots=reads)


@pytest.mark.parametrize("width", [40, 46, 50, 60, 64, 70, 76, 80, 100])
def test_a_narrow_terminal_shortens_names_and_never_breaks_a_figure(width: int) -> None:
    of = worded(3)
    text = render("terminal", of, tables(of, NOW, ["wording"]), NOW, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count(" 157,766 ") == 3
    assert text.count(" 1.68%") == 4
    assert "473,298" in text


def test_a_verdict_of_several_accounts_is_read_to_its_end() -> None:
    of = worded(1)
    [table] = tables(of, NOW, ["wording"])
    verdict = "better on @MediaJustice, worse on @AthenaCoalition"
    row = [verdict if column.key == "verdict" else cell for column, cell in table_cells(table)]
    text = render("terminal", of, [replace(table, rows=(tuple(row),))], NOW, width=100)
    assert all(word in text for word in verdict.split())


def table_cells(table: Table) -> list[tuple[Column, Cell]]:
    return list(zip(table.columns, table.rows[0], strict=True))


@pytest.mark.parametrize(
    ("form", "rate"), [("terminal", "Rate (Engagement rate)"), ("markdown", "Engagement rate")]
)
def test_what_the_shown_columns_mean_is_said_once(form: str, rate: str) -> None:
    of = sample_evidence()
    shown = tables(of, NOW, ["demand", "event"])
    text = " ".join(render(form, of, shown, NOW, width=110).split())
    assert text.count(f"{rate}: Engagements per impression, of posts") == 1
    assert "Engagements per impression" not in render(
        form, evidence(), tables(evidence(), NOW), NOW
    )


def test_the_legend_names_what_its_meanings_speak_of_and_points_nowhere() -> None:
    of = sample_evidence()
    text = " ".join(render("terminal", of, tables(of, NOW, ["demand"]), NOW, width=240).split())
    assert "Shown (Impressions): Times that posts were shown." in text
    assert "Compared: Against the other rows of its kind." in text
    assert "below the table" not in text


@pytest.mark.parametrize("form", ["terminal", "markdown"])
@pytest.mark.parametrize("name", ["demand", "event", "phase"])
def test_rows_of_several_campaigns_say_of_which_they_are(form: str, name: str) -> None:
    one, two = publication(1, demand=None), publication(2, demand=None, campaign="second")
    of = evidence(one, two)
    text = render(form, of, tables(of, NOW, [name]), NOW, width=100)
    assert "Campaign" in text
    assert sum("No " in line and "second" in line for line in text.splitlines()) == 1
    alone = render(form, evidence(one), tables(evidence(one), NOW, [name]), NOW, width=100)
    assert "Campaign" not in alone


def test_a_table_without_rows_says_why_though_another_said_so_and_wants_no_width() -> None:
    of = evidence()
    text = render("terminal", of, tables(of, NOW, ["campaign", "demand", "event"]), NOW)
    assert text.count("Nothing has been published yet.") == 3
    assert "wider terminal" not in text


def test_eighty_columns_show_the_figures_that_matter_with_bars() -> None:
    of = sample_evidence()
    text = render("terminal", of, tables(of, NOW, ["demand"]), NOW, width=80)
    (line,) = [row for row in text.splitlines() if "Nimb" in row]
    assert line.split()[-7:] == ["too", "early", "14,867", "██████", "636", "4.28%", "$0.06"]
    assert "A wider terminal shows more columns" in text


def test_terminal_has_escape_codes_only_with_color() -> None:
    of = sample_evidence()
    shown = tables(of, NOW)
    assert "\x1b" not in render("terminal", of, shown, NOW)
    assert "\x1b[1m" in render("terminal", of, shown, NOW, color=True)
    assert "simulated platform" in render("terminal", of, [], NOW)


def test_hostile_text_and_markup_reach_the_terminal_as_text() -> None:
    of = evidence(publication(1, text="[bold red]x[/] \x1b]0;pwned\x07"))
    text = render("terminal", of, tables(of, NOW, ["post"]), NOW, width=120)
    assert "[bold red]x[/] �]0;pwned�" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_why_counters_are_not_read_does_not_steer_the_terminal(form: str) -> None:
    why = "the platform refuses it: \x1b[2J\x9b\u202e"
    of = evidence(publication(1, next_read=NOW), paused_accounts={"mj": why})
    text = render(form, of, tables(of, NOW, ["post"]), NOW, width=200)
    assert "the platform refuses it" in text
    assert not {"\x1b", "\x9b", "\u202e"} & {*text}


def test_what_needs_a_person_comes_first_and_its_reason_in_full() -> None:
    reason = "The connection broke after sending and the timeline shows no copy: look there."
    of = evidence(
        deliveries=[
            delivery(1, State.MISSED, reason="too late"),
            delivery(2, State.PUBLISHED),
            delivery(3, State.NEEDS_HUMAN, reason=reason),
        ],
    )
    table = REPORTS["attention"](of, NOW)
    assert table.column("state") == ["Needs a person", "Missed"]
    text = render("terminal", of, [table], NOW, width=80)
    assert all(word in text for word in reason.split())


def test_bars_keep_proportion() -> None:
    assert [draw_bar(value, 8) for value in (8, 4, 0, -1)] == ["██████", "███", "", ""]
    assert draw_bar(1, 0) == ""


def test_ids_and_names_are_both_kept_for_machines() -> None:
    of = evidence(publication(1), names=NAMES)
    table = REPORTS["demand"](of, NOW)
    assert table.rows[0][:2] == ("Take HART off AWS", "hart")


def test_tables_cost_no_heavy_import() -> None:
    code = (
        "import sys; from bot.reports import Evidence, tables; from datetime import datetime, UTC;"
        "tables(Evidence(publications=()), datetime.now(UTC));"
        "print({'jinja2', 'rich', 'PIL', 'sqlalchemy'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert out.stdout.strip() == "set()"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_takes_every_report(form: str) -> None:
    of = sample_evidence()
    text = render(form, of, tables(of, NOW), NOW, answer=sample_answer(of))
    assert "45,920" in text or "45920" in text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("terminal", "2 more rows; --rows shows as many as you ask for"),
        ("markdown", "2 more rows."),
        ("json", '"left_out": 2'),
    ],
)
def test_rows_that_nobody_asked_for_are_counted_and_in_the_total(form: str, words: str) -> None:
    reads = [snapshot(n, ago(hours=1), impressions=10 * n, likes=n) for n in (1, 2, 3)]
    of = evidence(*(publication(n) for n in (1, 2, 3)), snapshots=reads, row_limit=1)
    [table] = tables(of, NOW, ["post"])
    assert table.column("post_id") == ["post-3"]
    assert (table.column_total("impressions"), len(table.rows)) == (60, 1)
    assert words in render(form, of, [table], NOW, width=200)


def test_a_report_that_is_of_use_only_whole_has_all_its_rows() -> None:
    of = evidence(*(publication(n, published=ago(hours=n)) for n in (1, 2, 3)), row_limit=1)
    [table] = tables(of, NOW, ["hour"])
    assert (len(table.rows), table.left_out) == (3, 0)

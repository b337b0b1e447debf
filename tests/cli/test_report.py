from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import urllib.request
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from helpers.cli import Captured, run_cli, run_cli_process
from helpers.store import spending

from bot.reports.period import DayRange

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

COUNTERS = ("impressions", "likes", "reposts", "quotes", "replies", "bookmarks")
KEYS = {
    "campaign": ["ours"],
    "account": ["our-x"],
    "demand": ["stop", None],
    "post": ["one", "two", "thread"],
}
THREAD = "thread:\n  - The first part.\n  - The second part."


@pytest.fixture
def ran(ours: SandboxProject) -> SandboxProject:
    """A loop ran for some hours, and read everything at its end."""
    ours.clock.advance(hours=-6)
    ours.write_campaign(
        ours.post("one", more="demand: stop"),
        ours.post("two", "<script>alert(1)</script> & co", more="link: https://example.org/a"),
        ours.post("thread", more=THREAD),
        ours.post("missed", minutes=-90),
    )
    with ours.started_app() as app:
        app.run_once()
        ours.clock.advance(hours=5)
        app.poller.run("our-x", everything=True)
    return ours


def totals(ours: SandboxProject) -> dict[str, Any]:
    """Return the counters that the sandbox returned at the last request, asked over HTTP."""
    with urllib.request.urlopen(f"{ours.url}/sandbox/totals", timeout=10) as answer:
        served: dict[str, Any] = json.load(answer)
    return served


def test_a_file_has_no_colours_even_if_a_terminal_asks(
    ran: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Captured, "isatty", lambda _: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in ran.run_cli("report").out
    ran.run_cli("report", "--output", "report.txt")
    assert "\x1b" not in (ran.folder / "report.txt").read_text(encoding="utf-8")


def test_any_address_of_this_machine_is_a_simulated_platform(ours: SandboxProject) -> None:
    ours.configure("127.0.0.1", "127.0.0.2")
    ours.write_campaign(ours.post("one"))
    with ours.started_app():
        pass
    found = json.loads(ours.run_cli("report", "--format", "json").out)
    assert found["simulated"] is True


def test_totals_are_those_of_the_sandbox(ran: SandboxProject) -> None:
    theirs = totals(ran)
    said = ran.run_cli("report", "--format", "csv")
    assert said.code == 0
    rows = list(csv.DictReader(io.StringIO(said.out)))
    own = sum(post["parent"] is not None for post in theirs["posts"])
    for name in COUNTERS:
        counted = theirs["served_totals"][name] - (own if name == "replies" else 0)
        assert sum(int(row[name]) for row in rows) == counted, name
    assert own > 0, "there is a thread, whose parts the platform counts"
    assert theirs["served_totals"]["impressions"] > 0
    with ran.app() as app:
        spent = sum((entry.dollars for entry in spending(app.database)), start=Decimal(0))
    assert spent == Decimal(theirs["spent"])


def test_table_is_for_a_person(ran: SandboxProject) -> None:
    said = ran.run_cli("report")
    assert said.code == 0
    assert said.err == ""
    impressions = totals(ran)["served_totals"]["impressions"]
    assert f"{impressions:,}" in said.out
    assert "Stop it" in said.out
    assert "missed" in said.out


def test_by_names_the_reports(ran: SandboxProject) -> None:
    one = ran.run_cli("report", "--by", "demand").out
    both = ran.run_cli("report", "--by", "demand", "--by", "account").out
    assert "Demands" in one
    assert "Accounts" not in one
    assert "Demands" in both
    assert "Accounts" in both


def test_json_can_be_read_by_a_program(ran: SandboxProject) -> None:
    said = ran.run_cli("report", "--format", "json")
    again = ran.run_cli("report", "--json").out
    assert json.loads(said.out)["generated"] <= json.loads(again)["generated"]
    assert untimed(said.out) == untimed(again)


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_output_goes_to_a_file_in_whatever_folder(ran: SandboxProject, form: str) -> None:
    printed = ran.run_cli("report", "--format", form).out
    path = ran.folder / "new" / "folder" / "report.txt"
    said = ran.run_cli("report", "--format", form, "-o", path)
    assert said == (0, "", f"Written to {path}\n")
    written = path.read_text(encoding="utf-8")
    assert untimed(written) == untimed(printed)


@pytest.mark.parametrize("args", [["report", "--format", "html"], ["export"]])
def test_nothing_is_written_through_a_link(ran: SandboxProject, args: list[str]) -> None:
    precious = ran.folder / "precious"
    precious.write_text("precious")
    (ran.folder / "page").symlink_to(precious)
    said = ran.run_cli(*args, "-o", "page")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "groundswell: page is a symbolic link, which is not overwritten; name another file\n"
    )
    assert precious.read_text() == "precious"
    assert ran.run_cli(*args, "-o", "other").code == 0
    assert stat.S_IMODE((ran.folder / "other").stat().st_mode) == 0o600


def untimed(text: str) -> list[str]:
    """Return a report's lines without times of day, because another second may have begun."""
    return re.sub(r"[0-9]{2}:[0-9]{2}(:[0-9.]+)?", "TIME", text).splitlines()


@pytest.mark.parametrize("to", [[], ["-o", "page.html"]])
def test_page_is_one_file_that_shows_no_markup_of_a_post(
    ran: SandboxProject, to: list[str]
) -> None:
    said = ran.run_cli("report", "--format", "html", *to)
    assert said.code == 0
    path = ran.folder / (to[-1] if to else "reports/report.html")
    assert said.err == f"The page is {path}\n"
    page = path.read_text(encoding="utf-8")
    assert "<script>alert(1)</script>" not in page
    assert f"{totals(ran)['served_totals']['impressions']:,}" in page


def test_one_campaign_only(ran: SandboxProject) -> None:
    head = "campaign: second\ntitle: Second\ntimezone: UTC\naccounts: [our-x]\n"
    ran.write_campaign(ran.post("other"), name="second", head=head)
    with ran.started_app() as app:
        app.run_once()
    every = ran.run_cli("report", "--by", "post", "--format", "csv").out
    one = ran.run_cli("report", "--by", "post", "--format", "csv", "--campaign", "second").out
    assert "other" in one
    assert "thread" in every
    assert "thread" not in one


def test_money_and_posts_of_one_campaign_are_its_own(ran: SandboxProject) -> None:
    head = "campaign: second\ntitle: Second\ntimezone: UTC\naccounts: [our-x]\n"
    ran.write_campaign(ran.post("other"), name="second", head=head)
    with ran.started_app() as app:
        app.run_once()
    said = ran.run_cli("report", "--by", "spend", "--json", "--campaign", "second").out
    [spent] = json.loads(said)["reports"]
    assert [row["quantity"] for row in spent["rows"]] == [1]
    assert spent["total"]["dollars"] == "0.015"


def test_days_are_whole_and_both_included(ran: SandboxProject) -> None:
    with ran.app() as app:
        out = [publication.published.date() for publication in app.metrics.publications()]
    first, last = min(out), max(out)
    day = timedelta(days=1)

    def posts(*args: object) -> int:
        said = ran.run_cli("report", "--format", "csv", *map(str, args))
        assert said.code == 0
        return sum(int(row["parts"]) for row in csv.DictReader(io.StringIO(said.out)))

    assert posts("--since", first, "--until", last) == len(out)
    assert posts("--since", last, "--until", last) <= len(out)
    assert posts("--until", first - day) == 0


def test_days_are_those_of_the_audience() -> None:
    day = date(2026, 11, 1)
    later = datetime(2027, 1, 1, tzinfo=UTC)
    since, until = DayRange(day, day).instants(ZoneInfo("America/New_York"), later)
    assert since == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert until == datetime(2026, 11, 2, 5, tzinfo=UTC)  # 25 hours, because the clocks go back


def test_report_of_some_days_says_so(ran: SandboxProject) -> None:
    said = ran.run_cli("report", "--since", "2001-02-03")
    assert "The tables show only posts that went out from 2001-02-03 00:00." in said.out


def test_empty_campaign_name_is_refused(ran: SandboxProject) -> None:
    said = ran.run_cli("report", "--campaign", "")
    assert (said.code, said.out) == (1, "")


def test_unknown_campaign_name_is_refused(ran: SandboxProject) -> None:
    said = ran.run_cli("report", "--campaign", "our")
    assert said.code == 1
    assert said.err.splitlines()[0] == (
        'report: Q601 There is no campaign "our". Did you mean "ours"?'
    )
    assert said.out == ""


def test_empty_database_has_no_data_and_no_zeros(ours: SandboxProject) -> None:
    for form in ("table", "csv", "json", "markdown", "html"):
        said = ours.run_cli("report", "--format", form, "-o", "out")
        assert said.code == 0
        text = (ours.folder / "out").read_text(encoding="utf-8")
        if form == "csv":
            assert len(text.splitlines()) == 1
        else:
            assert "Nothing has been published" in text or form == "json"
            assert "undefined" not in text or form == "html"


def test_posts_that_were_never_read_are_no_data(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("one"))
    with ours.started_app() as app:
        app.dispatcher.run()
    [row] = csv.DictReader(io.StringIO(ours.run_cli("report", "--format", "csv").out))
    assert row["impressions"] == ""
    assert " 0 " not in ours.run_cli("report", "--by", "post").out


@pytest.mark.parametrize(
    "args",
    [
        ["--format", "xml"],
        ["--by", "colour"],
        ["--open"],
        ["--format", ""],
        ["--since", "yesterday"],
        ["--until", "2026-02-30"],
        ["--since", "2026-11-02", "--until", "2026-11-01"],
    ],
)
def test_wrong_usage_ends_with_2(args: list[str]) -> None:
    said = run_cli("report", *args)
    assert said.code == 2
    assert "Usage: groundswell report" in said.err


@pytest.mark.parametrize(
    "command", ["report --since", "report --until", "export --since", "plan --on"]
)
@pytest.mark.parametrize(
    "typed", ["2026-13-99", "2026-02-30", "yesterday", "2026-11-02T10:00", "\x1b[31m"]
)
def test_other_words_than_a_day_are_refused_plainly(command: str, typed: str) -> None:
    said = run_cli(*command.split(), typed)
    assert said.code == 2
    shown = typed.replace("\x1b", r"\u001b")
    option = command.split()[1]
    assert (
        f"Invalid value for '{option}': {shown} is not a day; write it as YYYY-MM-DD." in said.err
    )
    assert "%Y" not in said.err + said.out


@pytest.mark.parametrize(
    "command",
    ["report --since", "report --until", "export --since", "plan --on", "plan --cost --on"],
)
@pytest.mark.parametrize("typed", ["0001-01-01", "9999-12-31"])
def test_a_day_at_an_end_of_the_calendar_is_refused(command: str, typed: str) -> None:
    said = run_cli(*command.split(), typed)
    assert said.code == 2
    assert f"{typed} is too far away" in said.err


def test_report_is_made_while_the_loop_runs(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("one"))
    loop = ours.start(until=" published: ")
    assert ours.run_cli("report").code == 0
    assert loop.popen.poll() is None


def test_report_survives_broken_campaign_files(ran: SandboxProject) -> None:
    (ran.folder / "posts" / "ours.yaml").write_text("posts: [")
    said = ran.run_cli("report", "--format", "csv")
    assert said.code == 0
    assert len(said.out.splitlines()) > 1


def test_folder_in_the_way_of_the_file_is_one_line(ran: SandboxProject) -> None:
    said = ran.run_cli("report", "--format", "csv", "-o", ran.folder)
    assert said.code == 1
    assert len(said.err.splitlines()) == 1


def test_json_is_not_another_format_too(ours: SandboxProject) -> None:
    said = ours.run_cli("report", "--json", "--format", "html")
    assert said.code == 2
    assert "use either --json or --format html" in said.err
    assert ours.run_cli("report", "--json", "--format", "json").code == 0


# --- The first screen -----------------------------------------------------------------------------

FIRST_SCREEN = ("What moved people", "Needs a person", "What next")


@pytest.fixture
def ran_twice(ours: SandboxProject) -> SandboxProject:
    """A post of ten days ago and one of five hours ago, both read an hour ago."""
    ours.clock.advance(days=-10)
    ours.write_campaign(ours.post("old", more="demand: stop"), ours.post("new", days=9, hours=19))
    with ours.started_app() as app:
        app.run_once()
        ours.clock.advance(days=5)
        app.poller.run("our-x", everything=True)
        ours.clock.advance(days=4, hours=19)
        app.run_once()
        ours.clock.advance(hours=4)
        app.poller.run("our-x", everything=True)
    return ours


def csv_rows(said: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(said)))


@pytest.mark.parametrize("form", ["table", "markdown", "html", "json"])
def test_the_first_screen_is_about_the_past_week_unless_said(
    ran_twice: SandboxProject, form: str
) -> None:
    said = ran_twice.run_cli("report", "--format", form, "-o", "out")
    assert said.code == 0
    text = (ran_twice.folder / "out").read_text(encoding="utf-8")
    for title in FIRST_SCREEN:
        assert title in text
    if form == "json":
        answer = json.loads(text)["answer"]
        start, end = (datetime.fromisoformat(answer[name]) for name in ("start", "end"))
        assert end - start == timedelta(days=7)
        # The old post is among them, because its gains count however old it is.
        assert {post["post"] for post in answer["best"]} <= {"old", "new"}
    else:
        assert "The past 7 days" in text
        assert "The tables show only posts that went out" not in text


@pytest.mark.parametrize(
    ("since", "title", "posts"),
    [
        ("7d", "The past 7 days", {"new"}),
        ("1w", "The past 7 days", {"new"}),
        ("1d", "The past 24 hours", {"new"}),
        ("2w", "The past 14 days", {"old", "new"}),
        ("9999d", "The past 9999 days", {"old", "new"}),
    ],
)
def test_days_back_are_those_of_the_first_screen_and_of_the_tables(
    ran_twice: SandboxProject, since: str, title: str, posts: set[str]
) -> None:
    said = ran_twice.run_cli("report", "--since", since)
    assert (said.code, said.err) == (0, "")
    assert title in said.out
    assert "The tables show only posts that went out from" in said.out
    rows = csv_rows(ran_twice.run_cli("report", "--since", since, "--format", "csv").out)
    assert {row["post_id"] for row in rows} == posts


def test_days_back_end_with_the_last_day(ran_twice: SandboxProject) -> None:
    last = (datetime.now(UTC) - timedelta(days=8)).date()
    args = ("report", "--since", "7d", "--until", str(last), "--json")
    found = json.loads(ran_twice.run_cli(*args).out)
    end = datetime.combine(last, datetime.min.time(), UTC) + timedelta(days=1)
    assert datetime.fromisoformat(found["answer"]["end"]) == end
    assert datetime.fromisoformat(found["answer"]["start"]) == end - timedelta(days=7)


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown", "html"])
def test_days_that_are_yet_to_come_are_wrong_usage(ran: SandboxProject, form: str) -> None:
    day = (datetime.now(UTC) + timedelta(days=2)).date()
    said = ran.run_cli("report", "--since", str(day), "--format", form)
    assert (said.code, said.out) == (2, "")
    assert "Invalid value for '--since': these days are yet to come" in said.err
    assert not (ran.folder / "reports").exists()


def test_another_form_of_days_is_wrong_usage(ours: SandboxProject) -> None:
    for typed in ("0d", "-7d", "7 d", "7m", "10000d", "d"):
        said = ours.run_cli("report", f"--since={typed}")
        assert said.code == 2
        assert "Or as a number of days, such as 7d." in " ".join(said.err.split())


@pytest.mark.parametrize("form", ["table", "markdown", "html", "json"])
def test_a_long_time_is_shown_by_steps(ran_twice: SandboxProject, form: str) -> None:
    args = ("report", "--since", "2001-01-01", "--format", form, "-o", "out")
    assert ran_twice.run_cli(*args).code == 0
    text = (ran_twice.folder / "out").read_text(encoding="utf-8")
    if form == "json":
        assert 2 * 25 < len(json.loads(text)["answer"]["days"]) <= 2 * 32
    else:
        assert "2001-01-01" in text


def test_the_first_screen_of_one_campaign_is_about_its_posts(ran: SandboxProject) -> None:
    head = "campaign: second\ntitle: Second\ntimezone: UTC\naccounts: [our-x]\n"
    ran.write_campaign(
        ran.post("other", "Of the second."),
        ran.post("failed", minutes=-90),
        name="second",
        head=head,
    )
    with ran.started_app() as app:
        app.run_once()
        ran.clock.advance(minutes=50)
        app.poller.run("our-x", everything=True)
    every = json.loads(ran.run_cli("report", "--json").out)["answer"]
    own = json.loads(ran.run_cli("report", "--json", "--campaign", "second").out)["answer"]
    assert {post["campaign"] for post in own["best"] + own["too_early"]} == {"second"}
    assert {post["campaign"] for post in every["too_early"]} == {"ours", "second"}
    lines = {
        name: section_lines(answer, "attention")
        for name, answer in (("every", every), ("own", own))
    }
    assert any("ours/" in line for line in lines["every"])
    assert not any("ours/" in line for line in lines["own"])
    assert any("second/" in line for line in lines["own"])


def section_lines(answer: dict[str, Any], name: str) -> list[str]:
    [section] = [section for section in answer["sections"] if section["id"] == name]
    return [f"{line['text']} {line['command']}" for line in section["lines"]]


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_tables_that_are_asked_for_come_without_the_first_screen(
    ran: SandboxProject, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.delattr("bot.evidence.answer")  # which nobody would see
    said = ran.run_cli("report", "--by", "account", "--format", form)
    assert said.code == 0
    assert "Accounts" in said.out  # though it has a single row, which repeats the total
    for title in FIRST_SCREEN:
        assert title not in said.out


def test_a_table_of_one_row_is_shown_only_by_name(ran: SandboxProject) -> None:
    assert "\nAccounts" not in ran.run_cli("report").out
    assert ran.run_cli("report", "--format", "html", "--by", "account").code == 0
    page = (ran.folder / "reports" / "report.html").read_text(encoding="utf-8")
    assert 'id="account"' in page
    assert 'id="answer"' in page


def test_csv_holds_plain_decimals_of_eight_places_at_most(ran: SandboxProject) -> None:
    for by in ("post", "demand", "account", "hour", "spend"):
        said = ran.run_cli("report", "--format", "csv", "--by", by)
        cells = [cell for row in csv.reader(io.StringIO(said.out)) for cell in row]
        numbers = [cell for cell in cells if re.fullmatch(r"[-+]?[0-9][0-9.,eE+-]*", cell)]
        assert any("." in number for number in numbers), by
        for number in numbers:
            assert re.fullmatch(r"-?[0-9]+(\.[0-9]{1,8})?|[0-9]{2}:00", number), (by, number)


# --- The page -------------------------------------------------------------------------------------

ASKED = ("report", "--since", "2026-11-01", "--by", "demand", "--format", "html")


@pytest.fixture
def browsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file into which a browser of our own writes what it was asked to open."""
    opened_pages = tmp_path / "opened_pages"
    for name in ("xdg-open", "open"):
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{opened_pages}"\n')
        script.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(tmp_path / "bin" / "open"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return opened_pages


def opened(opened_pages: Path) -> str:
    return opened_pages.read_text().strip().removeprefix("file://") if opened_pages.exists() else ""


@pytest.mark.parametrize("to", ["report.html", "new/folder/report.html"])
def test_the_page_goes_where_it_was_asked_for_and_opens(
    ours: SandboxProject, browsed: Path, to: str
) -> None:
    path = ours.folder / to
    # Whoever opens it holds the output of the process, which ends only when that does.
    environ = {**ours.environ, **{name: os.environ[name] for name in ("PATH", "BROWSER")}}
    said = run_cli_process(*ASKED, "-o", path, "--open", cwd=ours.folder, env=environ)
    assert said == (0, "", f"The page is {path}\n")
    assert opened(browsed) == str(path)
    page = path.read_text(encoding="utf-8")
    assert 'id="demand"' in page
    assert 'id="account"' not in page
    assert "The tables show only posts that went out from 2026-11-01 00:00." in page


def test_nothing_opens_unasked(ours: SandboxProject, browsed: Path) -> None:
    assert ours.run_cli(*ASKED).code == 0
    assert (ours.folder / "reports" / "report.html").exists()
    assert opened(browsed) == ""

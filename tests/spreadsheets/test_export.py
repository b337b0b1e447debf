from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from helpers.bulk import (
    CAMPAIGN,
    NOW,
    add_slots,
    campaign_files,
    campaigns_of,
    exported,
    import_problems,
    import_sheet,
    load_config,
    make_project,
    planned_occurrences,
    read_rows,
    visible_content,
)
from helpers.campaigns import save_picture
from helpers.cli import run_cli, write_file
from helpers.clock import ManualClock
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from bot.campaigns.templates import fill_template
from bot.clock import Clock
from bot.model import PostKey
from bot.planning import diff
from bot.planning.diff import planned_deliveries as put_together
from bot.reports.exports import escape_formula
from bot.runtime.app import create_app
from bot.services.exporting import ExportSpan, as_ics, calendar_posts
from bot.spreadsheets.columns import COLUMNS, unescaped
from bot.spreadsheets.exports import rows as exported_rows
from bot.spreadsheets.exports.rows import HEADINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model import Occurrence
    from bot.planning.diff import PlannedDelivery

ROOT = Path(__file__).parents[2]
START, END = datetime(2022, 7, 1, tzinfo=UTC), datetime(2022, 9, 1, tzinfo=UTC)
RICH = CAMPAIGN.replace(
    "posts: []",
    """\
posts:
  - id: all
    demand: end-it
    event: hearing
    when: 2026-12-01 09:00
    accounts: [their-x]
    facts: [cost]
    reply_settings: following
    language: pt-BR
    expires: 3h
    author: Ben
    thread:
      - text: "= {{ fact.cost.figure }}, \\"said\\" {the} council"
        media: [{file: media/a.png, alt: "A, large"}, {file: media/b.png, alt: B, focus: [-0.5, 0]}]
      - "@everyone, look: {{ '{{ fact.cost.figure }}' }}"
      - text: |
          Before

          ---
          -1 after
        poll: {options: ["yes", "no"], minutes: 90}
  - id: weekly
    when: {every: [tue, fri], at: ["09:00", "17:00"], from: 2026-12-01, until: 2026-12-12}
    text: Again
  - id: two-ways
    when: 2026-12-02 09:00
    accounts: [our-x, their-x]
    wordings: {plain: Plainly said, blunt: Bluntly said}
  - {id: around, when: {event: hearing, offset: -1d}, text: Tomorrow, expires: {event: hearing}}
""",
)


def rows(occurrences: Iterable[Occurrence]) -> list[PlannedDelivery]:
    return [(occurrence, "planned") for occurrence in occurrences]


def what_is_seen(occurrences: Iterable[Occurrence]) -> set[str]:
    """Return the posts as readers see them, but for the mark that names the post in a link."""
    names = ("account", "due", "expires", "demand", "event")
    seen = (
        repr([getattr(occurrence, name) for name in names] + [visible_content(occurrence.content)])
        for occurrence in occurrences
    )
    return {re.sub(r"&utm_content=[\w-]+", "", text) for text in seen}


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    folder = make_project(tmp_path, RICH)
    for name in ("a", "b"):
        save_picture(folder / "posts" / "media" / f"{name}.png")
    return folder


def emptied(folder: Path, campaign: Path) -> None:
    """Take all posts out of a campaign file, and all other files away."""
    text = campaign.read_text(encoding="utf-8")
    for path in folder.glob("posts/*.yaml"):
        path.unlink()
    campaign.write_text(text[: text.index("\nposts:") + 1], encoding="utf-8")


# --- There and back -------------------------------------------------------------------------------


def test_an_export_that_is_imported_makes_the_same_plan(rich: Path) -> None:
    before = planned_occurrences(rich)
    sheet = exported(rich, before)
    emptied(rich, rich / "posts" / "ours.yaml")
    assert planned_occurrences(rich) == ()
    import_sheet(rich, sheet)
    assert what_is_seen(planned_occurrences(rich)) == what_is_seen(before)
    assert len(planned_occurrences(rich)) == len(before) == 12


def test_the_example_goes_there_and_back(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "posts", tmp_path / "posts")
    shutil.copy(ROOT / "config.example.yaml", tmp_path / "config.yaml")
    before = planned_occurrences(tmp_path, START, END)
    sheet = exported(tmp_path, before)
    emptied(tmp_path, tmp_path / "posts" / "people-over-profit.yaml")
    import_sheet(tmp_path, sheet)
    after = planned_occurrences(tmp_path, START, END)
    assert what_is_seen(after) == what_is_seen(before)
    assert len(after) == len(before) > 20


def test_a_moved_post_does_not_come_back_at_its_old_time(rich: Path) -> None:
    sheet = exported(rich, planned_occurrences(rich))
    write_file(rich / "posts" / "ours.yaml", RICH.replace("offset: -1d", "offset: -2d"))
    before = campaign_files(rich)
    done = import_sheet(rich, sheet)
    assert (done.added, campaign_files(rich)) == ((), before)
    assert [name for _, name, edited in done.known if edited] == ["around"]
    headings = {name: name.replace("exported", "notes") for name in HEADINGS}
    old = sheet.replace(",".join(HEADINGS), ",".join(headings.values()))
    assert ["another time" in problem for problem in import_problems(rich, old)] == [True]


def test_a_row_is_one_text_at_one_time(rich: Path) -> None:
    one = next(occurrence for occurrence in planned_occurrences(rich) if occurrence.post == "all")
    other = replace(one, account="our-x", key="ours/all/our-x/once")  # as on another platform
    found = read_rows(exported(rich, [other, *planned_occurrences(rich)]))
    named = {row["id"]: row for row in found}
    assert len(named) == len(found)
    assert named["all"]["accounts"] == "our-x, their-x"
    assert {"weekly-202612010900", "two-ways-plain", "two-ways-blunt", "around"} <= set(named)
    assert named["all"]["when"] == "2026-12-01 09:00-05:00"
    assert named["all"]["local"] == "Tue 01 Dec 2026, 09:00 EST"
    assert named["all"]["key"] == "ours/all/our-x/once\nours/all/their-x/once"


# --- Spreadsheets ---------------------------------------------------------------------------------


def test_no_cell_of_an_export_is_computed(rich: Path) -> None:
    rows = read_rows(exported(rich, planned_occurrences(rich)))
    cells = [cell for row in rows for cell in row.values()]
    assert [cell for cell in cells if cell.lstrip()[:1] in {"=", "+", "-", "@"}] == []
    assert any(cell.startswith("'= $4 million") for cell in cells)


def test_an_export_opens_in_excel_as_utf_8(rich: Path) -> None:
    text = exported(rich, planned_occurrences(rich))
    assert text.startswith("\ufeffid,campaign,when,")
    assert "\r\n" in text


@given(st.text(alphabet=st.sampled_from("'=+-@; \t\r\nab\uff1d\uff0b\uff0d\uff20"), max_size=9))
@example("Come;=1+1")
@example("first\n=HYPERLINK(1)")
@example(";' \t\n''=")
def test_a_cell_gives_its_text_back_and_is_never_a_formula(text: str) -> None:
    cell = escape_formula(text)
    assert unescaped(cell) == text
    assert cell[:1] not in {"\t", "\r", "\n"}
    # With a comma as the decimal sign, a spreadsheet parts cells and rows at other places.
    for piece in re.split("[;\t\r\n]", cell):
        assert piece.lstrip()[:1] not in {*"=+-@\uff1d\uff0b\uff0d\uff20"}


@given(st.text(alphabet=st.sampled_from("{}%#' \n-afct."), min_size=1, max_size=20))
def test_an_escaped_text_renders_as_itself(text: str) -> None:
    typed = exported_rows.escape_template(text)
    filled = fill_template(typed, {})
    assert filled.flaws == []
    assert filled.rendered == text.rstrip()


# --- Plan and queue together ----------------------------------------------------------------------


def soon(folder: Path, *posts: str) -> None:
    text = CAMPAIGN.replace("posts: []", "posts:\n" + "".join(posts))
    write_file(folder / "posts" / "ours.yaml", text)


def due(name: str, days: int, text: str = "Hello") -> str:
    day = (Clock().now() + timedelta(days=days)).date()
    return f"  - {{id: {name}, when: {day} 12:00, text: {text}}}\n"


def states(*args: str) -> dict[str, str]:
    ran = run_cli("export", *args)
    assert ran.code == 0, ran.err
    return {row["id"]: row["state"] for row in read_rows(ran.out)}


def test_the_plan_and_the_queue_are_put_together(inside: Path) -> None:
    soon(inside, due("kept", 2), due("gone", 3))
    assert states() == {"kept": "planned", "gone": "planned"}
    with create_app(load_config(inside), {}) as app:
        assert app.queue_sync.refresh() == []
    soon(inside, due("kept", 4), due("new", 3))
    assert states() == {"kept": "scheduled", "gone": "cancelled", "new": "planned"}


def test_days_and_campaign_narrow_an_export(inside: Path) -> None:
    soon(inside, due("one", 2), due("two", 3), due("three", 4))
    days = [(Clock().now() + timedelta(days=n)).date().isoformat() for n in range(6)]
    assert set(states("--since", days[3])) == {"two", "three"}
    assert set(states("--until", days[3])) == {"one", "two"}
    assert set(states("--since", days[3], "--until", days[3])) == {"two"}
    assert states("--campaign", "ours", "--since", days[5]) == {}
    ran = run_cli("export", "--campaign", "our")
    assert (ran.code, "Did you mean" in ran.err) == (1, True)


def test_an_export_goes_to_a_file_that_import_reads(inside: Path) -> None:
    soon(inside, due("one", 2), due("two", 3))
    ran = run_cli("export", "-o", "out/plan.csv")
    assert ran.out == "Wrote 2 posts to out/plan.csv.\n"
    again = run_cli("import", "out/plan.csv")
    assert again.out.endswith("The sheet has no new posts, and nothing was added.\n")
    ics = run_cli("export", "--format", "ics", "-o", "plan.ics")
    assert ics.code == 0
    assert b"\r\r" not in (inside / "plan.ics").read_bytes()
    assert len(Calendar.from_ical((inside / "plan.ics").read_bytes()).walk("VEVENT")) >= 2


def test_an_exported_post_in_a_slot_keeps_its_slot_and_is_not_imported_again(inside: Path) -> None:
    add_slots(inside)
    soon(inside, "  - {id: any, when: {slot: next}, text: Hi}\n", due("one", 2))
    (row,) = [row for row in read_rows(run_cli("export").out) if row["id"] == "any"]
    assert (row["when"], row["local"][17:22]) == ("next slot", "10:30")
    run_cli("export", "-o", "plan.csv")
    soon(inside, due("other", 3), "  - {id: any, when: {slot: next}, text: Hi}\n", due("one", 2))
    again = run_cli("import", "plan.csv")
    assert again.out.endswith("The sheet has no new posts, and nothing was added.\n")


def test_a_mistake_in_the_files_is_reported_instead_of_an_export(inside: Path) -> None:
    soon(inside, "  - {id: one, when: 2026-12-01 25:00, text: Hi}\n")
    ran = run_cli("export")
    assert (ran.code, ran.out) == (1, "")


def test_a_held_post_that_left_the_files_stays_scheduled(rich: Path) -> None:
    with create_app(load_config(rich), {}, clock=ManualClock(NOW)) as app:
        app.queue_sync.refresh()
        (delivery, *_) = app.queue.all()
    cancel = diff.Cancel(delivery, "it left")
    assert put_together([cancel], [delivery])[0][1] == "cancelled"
    assert put_together([diff.Hold(delivery, "it left")], [delivery])[0][1] == "scheduled"


# --- The calendar ---------------------------------------------------------------------------------


ALL_SPAN = ExportSpan(NOW, since=NOW.date() - timedelta(days=400))


def calendar(folder: Path, found: Iterable[PlannedDelivery], span: ExportSpan = ALL_SPAN) -> Any:
    accounts = load_config(folder).accounts
    text = as_ics(calendar_posts(found, span), campaigns_of(folder), accounts, span)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return {str(entry["UID"]): entry for entry in Calendar.from_ical(text).walk("VEVENT")}


def uid(occurrence: Occurrence) -> str:
    return "/".join(PostKey.of(occurrence))


def test_a_post_in_the_calendar_has_its_instant_its_words_and_its_states(rich: Path) -> None:
    found = planned_occurrences(rich)
    entries = calendar(rich, rows(found))
    assert {uid(occurrence) for occurrence in found} <= set(entries)
    for occurrence in found:
        entry = entries[uid(occurrence)]
        assert entry["DTSTART"].dt == occurrence.due
        assert entry["DTSTART"].to_ical().endswith(b"Z")
        for part in occurrence.content.parts:
            assert part.text in entry["DESCRIPTION"]
        assert f"\nX, {occurrence.account} (@" in entry["DESCRIPTION"]
        assert "): planned, due " in entry["DESCRIPTION"]
        assert entry["SUMMARY"].startswith("X: ")
        assert entry["STATUS"] == "CONFIRMED"


NETWORKS = """\
accounts:
  our-x: {platform: x, handle: us}
  our-mastodon: {platform: mastodon, handle: us@social.example, timezone: Europe/Berlin}
  our-bluesky: {platform: bluesky, handle: us.example.org}
"""


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A project with a post on three networks, of which Mastodon's has words of its own."""
    posts = "posts:\n  - id: one\n    when: 2026-12-01 09:00\n    text: Come to the hearing.\n"
    posts += "    on: {mastodon: {text: Come to the hearing at six.}}\n"
    everywhere = "accounts: [our-x, our-mastodon, our-bluesky]"
    text = CAMPAIGN.replace("accounts: [our-x]", everywhere).replace("hashtags: [Ours]\n", "")
    text = text.replace("posts: []", posts)
    folder = make_project(tmp_path, text)
    write_file(folder / "config.yaml", NETWORKS)
    return folder


def test_a_post_on_three_networks_has_one_entry_with_its_differences(three: Path) -> None:
    found = planned_occurrences(three)
    assert len(found) == 3
    entries = calendar(three, rows(found))
    assert set(entries) == {"ours/one/once", "ours/hearing"}
    entry = entries["ours/one/once"]
    assert entry["SUMMARY"] == "Bluesky, Mastodon, X: Come to the hearing."
    assert str(entry["DESCRIPTION"]).splitlines()[:9] == [
        "On our-bluesky, our-x:",
        "Come to the hearing.",
        "On our-mastodon:",
        "Come to the hearing at six.",
        "",
        "Bluesky, our-bluesky (@us.example.org): planned, due Tue 01 Dec 2026, 09:00 EST",
        "Mastodon, our-mastodon (@us@social.example): planned, due Tue 01 Dec 2026, 09:00 EST",
        "X, our-x (@us): planned, due Tue 01 Dec 2026, 09:00 EST",
        "Post: ours/one",
    ]


def test_the_calendar_has_a_text_once_if_only_the_marks_of_its_links_differ(three: Path) -> None:
    file = three / "posts" / "ours.yaml"
    text = file.read_text().replace("posts:\n", "links: {pages: https://example.org/}\nposts:\n")
    text = text.replace("    on: {mastodon: {text: Come to the hearing at six.}}\n", "")
    file.write_text(text.replace("hearing.\n", "hearing.\n    link: https://example.org/a?b=1\n"))
    found = planned_occurrences(three)
    assert len({item.content.text for item in found}) == 3
    description = str(calendar(three, rows(found))["ours/one/once"]["DESCRIPTION"])
    assert description.splitlines()[:3] == [
        "Come to the hearing.",
        "https://example.org/a?b=1",
        "",
    ]


def test_the_title_in_the_calendar_leaves_out_networks_that_do_not_get_the_post(
    three: Path,
) -> None:
    found = planned_occurrences(three)
    states = ["dropped" if of.account == "our-x" else "scheduled" for of in found]
    entry = calendar(three, zip(found, states, strict=True))["ours/one/once"]
    assert entry["SUMMARY"] == "Bluesky, Mastodon: Come to the hearing."


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (("published", "missed", "published"), "CONFIRMED"),
        (("scheduled", "needs_human", "published"), "TENTATIVE"),
        (("cancelled", "dropped", "missed"), "CANCELLED"),
        (("rejected", "expired", "missed"), "CANCELLED"),
        (("planned", "planned", "planned"), "CONFIRMED"),
    ],
)
def test_an_entry_is_cancelled_only_if_nothing_of_the_post_goes_out(
    three: Path, states: tuple[str, ...], status: str
) -> None:
    found = planned_occurrences(three)
    entry = calendar(three, zip(found, states, strict=True))["ours/one/once"]
    assert entry["STATUS"] == status
    for occurrence, state in zip(found, states, strict=True):
        account = occurrence.account
        assert re.search(rf"{account} \(@[^)]*\): {state}, due", str(entry["DESCRIPTION"]))


def test_a_post_in_the_slots_of_other_time_zones_stands_at_the_first_and_names_each(
    three: Path,
) -> None:
    found = [
        replace(occurrence, due=NOW + timedelta(days=1, hours=hours), timezone=zone)
        for occurrence, hours, zone in zip(
            planned_occurrences(three), (6, 0, 3), ("UTC", "Europe/Berlin", "UTC"), strict=True
        )
    ]
    entry = calendar(three, rows(found))["ours/one/once"]
    assert entry["DTSTART"].dt == NOW + timedelta(days=1)
    for occurrence in found:
        local = occurrence.due.astimezone(ZoneInfo(occurrence.timezone))
        assert f"planned, due {local:%a %d %b %Y, %H:%M %Z}" in entry["DESCRIPTION"]
    early = found[1]
    moved = calendar(three, [*rows([found[0], found[2]]), (early, "cancelled")])["ours/one/once"]
    assert moved["DTSTART"].dt == min(found[0].due, found[2].due)
    since = ExportSpan(NOW, since=found[0].due.date())
    whole = calendar(three, rows(found), since)["ours/one/once"]
    assert str(whole["DESCRIPTION"]).count(": planned, due") == 3


def test_posts_of_one_id_in_two_campaigns_are_two_entries(three: Path) -> None:
    found = planned_occurrences(three)
    theirs = [replace(one, campaign="theirs", key=f"theirs/{one.key}") for one in found]
    entries = calendar(three, rows([*found, *theirs]))
    assert {"ours/one/once", "theirs/one/once"} <= set(entries)


def test_a_moved_post_keeps_its_uid(rich: Path) -> None:
    before = calendar(rich, rows(planned_occurrences(rich)))
    write_file(rich / "posts" / "ours.yaml", RICH.replace("2026-12-09", "2026-12-10"))
    after = calendar(rich, rows(planned_occurrences(rich)))
    assert set(before) == set(after)
    key = "ours/around/hearing"
    assert after[key]["DTSTART"].dt - before[key]["DTSTART"].dt == timedelta(days=1)


def test_the_campaigns_events_are_in_the_calendar(tmp_path: Path) -> None:
    zone = "timezone: Asia/Kolkata"
    text = CAMPAIGN.replace(
        "posts: []",
        f"""\
  days: {{name: Days, place: Delhi, {zone}, starts: 2026-12-05 00:00, ends: 2026-12-07 00:00}}
  day: {{name: A day, place: Delhi, {zone}, starts: 2026-12-05 00:00, ends: 2026-12-05 23:59}}
  off: {{name: Off, place: X, starts: 2026-12-05 09:00, ends: 2026-12-05 10:00, cancelled: true}}
  past: {{name: Past, place: X, starts: 2026-11-05 09:00, ends: 2026-11-05 10:00}}
posts: []
""",
    )
    found = calendar(make_project(tmp_path, text), [], ExportSpan(NOW))
    assert set(found) == {"ours/hearing", "ours/days", "ours/day", "ours/off"}
    assert found["ours/hearing"]["DTSTART"].dt == datetime(2026, 12, 9, 23, tzinfo=UTC)
    assert found["ours/hearing"]["LOCATION"] == "City Hall"
    spans = {name: (found[name]["DTSTART"].dt, found[name]["DTEND"].dt) for name in found}
    assert [f"{day}" for day in spans["ours/days"]] == ["2026-12-05", "2026-12-07"]
    assert [f"{day}" for day in spans["ours/day"]] == ["2026-12-05", "2026-12-06"]
    assert found["ours/off"]["STATUS"] == "CANCELLED"
    since = ExportSpan(NOW, since=datetime(2026, 12, 6, tzinfo=UTC).date())
    assert set(calendar(tmp_path, [], since)) == {"ours/hearing", "ours/days"}


def test_no_text_breaks_out_of_its_entry(tmp_path: Path) -> None:
    text = '"Hi\\nEND:VEVENT\\nBEGIN:VEVENT\\nUID:evil; and, \\\\n more"'
    campaign = CAMPAIGN.replace(
        "posts: []", f"posts:\n  - {{id: one, when: 2026-12-01 09:00, text: {text}}}\n"
    )
    folder = make_project(tmp_path, campaign)
    entries = calendar(folder, rows(planned_occurrences(folder)))
    assert set(entries) == {"ours/one/once", "ours/hearing"}
    said = entries["ours/one/once"]["DESCRIPTION"]
    assert "END:VEVENT\nBEGIN:VEVENT\nUID:evil; and, \\n more" in said


@pytest.mark.parametrize(
    ("title", "escaped"),
    [
        ("Books; and, bread", r"Books\; and\, bread"),
        ("Two\nlines", r"Two\nlines"),
        ("A\r\nEND:VCALENDAR", r"A\nEND:VCALENDAR"),
        (r"a\n", r"a\\n"),
    ],
)
def test_title_of_several_lines_names_the_calendar(
    tmp_path: Path, title: str, escaped: str
) -> None:
    folder = make_project(tmp_path, CAMPAIGN.replace("title: Ours", f"title: {json.dumps(title)}"))
    text = as_ics([], campaigns_of(folder), load_config(folder).accounts, ExportSpan(NOW))
    assert f"\r\nX-WR-CALNAME:Groundswell: {escaped}\r\n" in text
    assert Calendar.from_ical(text).walk("VEVENT")


def test_the_headings_are_columns_that_import_knows() -> None:
    assert set(HEADINGS) <= set(COLUMNS)

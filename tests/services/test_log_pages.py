"""Pages of the audit log, what a limited person sees of it, and its export."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.databases import query_plans
from helpers.delivery import DUE

from bot.database.audit import record
from bot.model import EVERYTHING, Scope
from bot.services import log_pages
from bot.services.log_pages import PAGE_ROWS, export_log, read_log_page
from bot.services.views_running import LogFilter

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

    from bot.services.views_running import LogPage

ONLY_MJ = Scope(frozenset({"mj"}), None)
ONLY_PEOPLE = Scope(None, frozenset({"people"}))
SECOND = timedelta(seconds=1)


def note(loop: AppHarness, number: int, subject: str, **more: Any) -> None:
    """Write an entry two seconds after the one before."""
    who, what = more.pop("who", "Ana"), more.pop("what", "drop")
    record(loop.app.database, who, what, subject, more, DUE + 2 * number * SECOND)


def page(loop: AppHarness, scope: Scope = EVERYTHING, **asked: Any) -> LogPage:
    beyond = asked.pop("beyond", None)
    return read_log_page(loop.app, LogFilter(**{"who": "Ana", **asked}), scope, beyond)


def subjects(found: LogPage) -> list[str]:
    return [line.row.subject for line in found.lines]


@pytest.fixture
def two(loop: AppHarness) -> AppHarness:
    """Return a harness with posts of two accounts and two campaigns, and an entry about each."""
    loop.join("partner")
    loop.restart()
    for number, (campaign, account) in enumerate(
        (("people", "mj"), ("people", "partner"), ("walrus", "mj"))
    ):
        key = f"{campaign}/hart/{account}/once"
        loop.add("hart", campaign=campaign, account=account, key=key)
        note(loop, number, key)
    return loop


def test_a_page_is_newest_first_and_leads_to_the_page_of_each_post(two: AppHarness) -> None:
    found = page(two)
    assert subjects(found) == ["walrus/hart", "people/hart on partner", "people/hart on mj"]
    assert found.lines[0].path == "/posts/walrus/hart?at=once"
    assert (found.older, found.reached) == (None, None)


def test_pages_have_every_action_once(loop: AppHarness) -> None:
    for number in range(2 * PAGE_ROWS + 50):
        note(loop, number, f"thing {number}")
    seen: list[str] = []
    beyond: int | None = None
    sizes = []
    while True:
        found = page(loop, beyond=beyond)
        seen += subjects(found)
        sizes.append(len(found.lines))
        if found.older is None:
            break
        beyond = found.older
    assert sizes == [PAGE_ROWS, PAGE_ROWS, 50]
    assert seen == [f"thing {number}" for number in reversed(range(2 * PAGE_ROWS + 50))]


def test_an_action_on_several_accounts_is_one_row_also_at_the_end_of_a_page(
    two: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_pages, "PAGE_ROWS", 2)
    monkeypatch.setattr(log_pages, "_CHUNK", 3)
    for number in range(10, 14):
        for account in ("mj", "partner"):
            record(
                two.app.database,
                "Ana",
                f"act {number}",
                f"people/hart/{account}",
                {},
                DUE + number * timedelta(minutes=1),
            )
    found = page(two)
    assert [(line.row.what, line.row.subject) for line in found.lines] == [
        ("act 13", "people/hart"),
        ("act 12", "people/hart"),
    ]
    found = page(two, beyond=found.older)
    assert [line.row.what for line in found.lines] == ["act 11", "act 10"]


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({"who": ""}, [5, 4, 3, 2, 1]),
        ({"who": "Ben"}, [4]),
        ({"what": "pause"}, [5]),
        ({"since": DUE + 5 * SECOND}, [5, 3]),
        ({"until": DUE + 5 * SECOND}, [2, 1]),
        ({"who": "", "about": "people/hart"}, [2, 1]),
        ({"who": "", "about": "mj"}, [5]),
        ({"who": "Ben", "about": "people/hart"}, []),
        ({"about": "nothing/here"}, []),
    ],
)
def test_a_search_is_narrowed_by_each_of_its_fields(
    loop: AppHarness, asked: dict[str, Any], numbers: list[int]
) -> None:
    key = loop.add("hart")
    since = DUE - timedelta(minutes=1)
    for number, (who, what, subject) in enumerate(
        [
            ("Ana", "approve", "people/hart/mj"),
            ("Ana", "drop", key),
            ("Ana", "plan", ""),
            ("Ben", "plan", ""),
            ("Ana", "pause", "account mj"),
        ],
        1,
    ):
        note(loop, number, subject, who=who, what=what, place=number)
    found = page(loop, **{"since": since, **asked})
    shown = [line.row.more for line in found.lines if line.row.more.startswith("place")]
    assert shown == [f"place: {number}" for number in numbers]


def test_the_choices_are_the_people_and_actions_of_the_log(two: AppHarness) -> None:
    note(two, 9, "", who="Ben", what="plan --force")
    found = page(two)
    assert set(found.people) <= {"Ana", "Ben", "groundswell"}  # and no loop that started
    assert {"Ana", "Ben"} <= set(found.people)
    assert {"drop", "plan --force"} <= {*found.actions}
    limited = page(two, ONLY_MJ)
    assert "Ben" not in limited.people
    assert page(two, ONLY_MJ, who="Someone").people == ("Someone",)


# --- What a limited person sees -------------------------------------------------------------------


def test_a_limited_person_sees_the_posts_and_accounts_in_scope(two: AppHarness) -> None:
    rows = [
        ("pause", "account mj"),
        ("pause", "account partner"),
        ("pause", "all"),
        ("resume", "campaign walrus"),
        ("accounts adopt", "mj"),
        ("accounts adopt", "partner"),
        ("user added", "mj"),
        ("backup", "people/hart/mj/once.db"),
        ("plan", ""),
    ]
    for number, (what, subject) in enumerate(rows, 10):
        note(two, number, subject, what=what)
    mine = [(line.row.what, line.row.subject) for line in page(two, ONLY_MJ).lines]
    assert ("pause", "account partner") not in mine
    assert set(mine) == {
        ("drop", "people/hart"),
        ("drop", "walrus/hart"),
        ("pause", "account mj"),
        ("resume", "campaign walrus"),
        ("accounts adopt", "mj"),
        ("backup", "people/hart"),  # it is the name of a post of theirs
    }
    people = {line.row.subject for line in page(two, ONLY_PEOPLE).lines}
    assert not any("walrus" in subject for subject in people)
    assert people == {
        "people/hart on mj",
        "people/hart on partner",
        "account mj",
        "account partner",
        "mj",
        "partner",
    }


def test_details_that_name_what_is_hidden_are_left_out(two: AppHarness) -> None:
    key = "people/hart/mj/once"
    note(two, 20, key, what="kept", before="walrus/hart/mj/once", reason="plain")
    note(two, 21, key, what="kept", account="partner", reason="plain")
    assert {line.row.more for line in page(two, ONLY_PEOPLE, what="kept").lines} == {
        "reason: plain",
        "account: partner, reason: plain",
    }
    assert {line.row.more for line in page(two, ONLY_MJ, what="kept").lines} == {
        "before: walrus/hart/mj/once, reason: plain",
        "reason: plain",
    }
    for form in ("csv", "jsonl"):
        assert "partner" not in "".join(export_log(two.app, LogFilter(), form, ONLY_MJ))
        assert "walrus" not in "".join(export_log(two.app, LogFilter(), form, ONLY_PEOPLE))


def test_a_search_that_finds_little_stops_and_says_how_far_it_came(
    two: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_pages, "MAX_READ", 10)
    monkeypatch.setattr(log_pages, "_CHUNK", 5)
    for number in range(10, 40):
        note(two, number, "people/hart/partner/once")
    found = page(two, ONLY_MJ)
    assert (found.lines, found.reached) == ((), DUE + 2 * 30 * SECOND)
    pages = 1
    while found.older is not None:
        found, pages = page(two, ONLY_MJ, beyond=found.older), pages + 1
        if found.lines:
            break
    assert subjects(found) == ["walrus/hart", "people/hart"]
    assert pages == 4


# --- Cost, and files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked", [{}, {"who": "Ana"}, {"since": DUE, "until": DUE + timedelta(days=1)}]
)
def test_a_page_is_found_by_an_index(loop: AppHarness, asked: dict[str, Any]) -> None:
    note(loop, 1, "thing")
    with query_plans(loop.app.database) as found:
        page(loop, **{"who": "", **asked})
    plans = [
        plan
        for query, plan in found
        if "FROM audit" in query and "LIMIT" in query and "DISTINCT" not in query
    ]
    assert plans
    assert all("ix_audit_" in plan for plan in plans)
    assert not any("TEMP B-TREE" in plan for plan in plans)


def test_the_json_export_has_every_record_as_written(two: AppHarness) -> None:
    note(two, 5, "", what="plan", reason="=1+1", text="\u202ehidden")
    records = [
        json.loads(line) for line in "".join(export_log(two.app, LogFilter(), "jsonl")).splitlines()
    ]
    assert [of["at"] for of in records] == sorted(of["at"] for of in records)
    assert records[-1]["detail"] == {"reason": "=1+1", "text": "\u202ehidden"}
    assert records[-1]["at"] == (DUE + 10 * SECOND).isoformat()


def test_no_cell_of_the_csv_export_is_a_formula(two: AppHarness) -> None:
    for number, text in enumerate(("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a;=1"), 5):
        note(two, number, text, who=text, what=text, reason=text)
    text = "".join(export_log(two.app, LogFilter(), "csv"))
    rows = [*csv.reader(io.StringIO(text))]
    assert rows[0] == ["id", "at", "who", "what", "subject", "detail"]
    cells = [cell for row in rows[1:] for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "'=1+1" in cells


def test_a_long_log_is_exported_in_pieces(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_pages, "_EXPORT_CHUNK", 3)
    for number in range(8):
        note(loop, number, f"thing {number}")
    pieces = [*export_log(loop.app, LogFilter(who="Ana"), "jsonl")]
    assert [piece.count("\n") for piece in pieces] == [3, 3, 2]
    assert sum(f'"thing {number}"' in "".join(pieces) for number in range(8)) == 8

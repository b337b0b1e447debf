"""``groundswell report --by share`` on web logs, down to the unit."""

from __future__ import annotations

import csv
import gzip
import html
import io
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from helpers.cli import CAMPAIGN_HEAD
from helpers.web_logs import FIREFOX, combined, marked

from bot.model.share import NETWORK_NAMES

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

SHARE = """\
language: en
partners: [athena]
links:
  pages: [https://example.org/]
share:
  organisation: Our campaign
  page: https://example.org/share/
  link: https://example.org/
  partners:
    athena: {name: Athena coalition, page: https://example.org/athena/}
  wordings:
    - id: stop-now
      demand: stop
      text: It can stop now. {{ demand.ask }}.
    - id: stop-cost
      demand: stop
      text: "=Two contracts too many, and both can end."
"""

MARKED = re.compile(r"https://example\.org(/[a-z/]*\?utm_source=[a-z]+(?:&utm_[a-z]+=[a-z-]+)+)")


def ours_link(network: str, content: str = "stop-now", **more: str) -> str:
    return marked(network, content, campaign="ours", **more)


@pytest.fixture
def shared(ours: SandboxProject) -> SandboxProject:
    """A campaign with a share page, whose post went out today, and today's web log."""
    ours.write_campaign(ours.post("one", more="demand: stop"), head=CAMPAIGN_HEAD + SHARE)
    with ours.started_app() as app:
        app.run_once()
    today, now = ours.clock(), []
    for target, count in (
        (ours_link("mastodon"), 23),
        (ours_link("mastodon", "stop-cost"), 4),
        (ours_link("whatsapp"), 9),
        (ours_link("x", "one", medium="post"), 6),
        (ours_link("x", "=1+1"), 2),
        (marked("x", campaign="another"), 7),
        ("/", 50),
    ):
        now += [combined(target, time=f"{today:%d/%b/%Y}:00:00:01 +0000")] * count
    robot = FIREFOX.replace("Firefox", "Googlebot")
    now += [combined(ours_link("x"), agent=robot, time=f"{today:%d/%b/%Y}:00:00:02 +0000")] * 3
    (ours.folder / "access.log").write_text("".join(now), encoding="utf-8")
    return ours


def share_rows(said: str, what: str) -> dict[str, dict[str, Any]]:
    (table,) = json.loads(said)["reports"]
    return {row["id"]: row for row in table["rows"] if row["what"] == what}


def arrived(said: str, what: str) -> dict[str, int]:
    """Return how many arrived from the share page, by the ids of the rows with any."""
    rows = share_rows(said, what).items()
    return {id_: row["arrived"] for id_, row in rows if row["arrived"]}


def test_figures_are_those_of_the_log(shared: SandboxProject) -> None:
    said = shared.run_cli("report", "--by", "share", "--arrivals", "access.log", "--json")
    assert said.code == 0, said.err
    assert arrived(said.out, "network") == {"mastodon": 27, "whatsapp": 9, "x": 2}
    networks = share_rows(said.out, "network")
    assert networks["x"]["arrived_from_posts"] == 6
    assert networks["x"]["posts"] == 1
    assert arrived(said.out, "wording") == {"stop-now": 32, "stop-cost": 4, "(other)": 2}
    assert arrived(said.out, "partner") == {"": 38}
    assert share_rows(said.out, "wording")["stop-now"]["name"] == "It can stop now. Stop it."
    (day,) = share_rows(said.out, "day").values()
    assert (day["arrived"], day["arrived_from_posts"], day["posts"]) == (38, 6, 1)
    (table,) = json.loads(said.out)["reports"]
    assert any("3 by robots" in note for note in table["notes"])


@pytest.mark.parametrize("form", ["table", "markdown", "html", "csv"])
def test_every_format_has_the_figures(shared: SandboxProject, form: str) -> None:
    said = shared.run_cli("report", "--by", "share", "--arrivals", "access.log", "--format", form)
    assert said.code == 0, said.err
    page = shared.folder / "reports" / "report.html"
    text = page.read_text(encoding="utf-8") if form == "html" else said.out
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        found = {row["name"]: row["arrived"] for row in rows if row["what"] == "wording"}
        assert [*found.values()] == ["32", "4", "2"]
        assert [*found][1].startswith("'=Two")
        return
    words = re.sub(r"<[^>]*>|\s+", " ", text)
    assert "More arrived from the share page (38) than from our own posts (6)." in words
    assert "=1+1" not in text
    assert "192.0.2.1" not in text


def test_every_link_of_built_pages_is_counted_in_its_row(shared: SandboxProject) -> None:
    links = []
    for folder, partner in (("own", ()), ("theirs", ("--partner", "athena"))):
        assert shared.run_cli("share", "build", folder, *partner).code == 0
        page = (shared.folder / folder / "ours" / "index.html").read_text(encoding="utf-8")
        links += sorted({*MARKED.findall(unquote(html.unescape(page)))})
    assert len(links) == 2 * 2 * len(NETWORK_NAMES)
    (shared.folder / "all.log").write_text("".join(map(combined, links)), encoding="utf-8")
    asked = ("report", "--by", "share", "--arrivals", "all.log", "--json")
    out = shared.run_cli(*asked).out
    found = {what: arrived(out, what) for what in ("network", "wording", "partner", "day")}
    assert found["network"] == dict.fromkeys(NETWORK_NAMES, 4)
    half = len(links) // 2
    assert found["wording"] == {"stop-now": half, "stop-cost": half}
    assert found["partner"] == {"": half, "athena": half}
    assert found["day"] == {"2026-11-30": len(links)}


def test_several_files_follow_one_option(shared: SandboxProject) -> None:
    log = shared.folder / "access.log"
    older = log.read_text(encoding="utf-8").replace(":00:00:01", ":00:00:00").encode()
    (shared.folder / "access.log.1.gz").write_bytes(gzip.compress(older))
    both = ("access.log", "access.log.1.gz")
    said = shared.run_cli("report", "--by", "share", "--json", "--arrivals", *both)
    assert share_rows(said.out, "network")["mastodon"]["arrived"] == 54
    again = shared.run_cli(
        "report", "--by", "share", "--json", "--arrivals", both[0], "--arrivals", both[1]
    )
    assert share_rows(again.out, "network") == share_rows(said.out, "network")


def test_a_file_adds_the_table_to_the_usual_ones(shared: SandboxProject) -> None:
    asked = ("report", "--arrivals", "access.log")
    usual = json.loads(shared.run_cli(*asked, "--json").out)
    assert {"demand", "share", "spend"} <= {table["id"] for table in usual["reports"]}
    assert '"id": "share"' not in shared.run_cli("report", "--json").out
    out = shared.run_cli(*asked).out
    assert out.index("Needs a person") < out.index("Arrivals by network")
    one = shared.run_cli(*asked, "--by", "demand").out
    assert "Arrivals" in one
    assert shared.run_cli(*asked, "--format", "csv").out.startswith("what,name,id")


def test_days_and_campaigns_are_chosen_as_in_other_tables(shared: SandboxProject) -> None:
    asked = ("report", "--by", "share", "--arrivals", "access.log", "--json")
    early = shared.run_cli(*asked, "--until", "2020-01-01")
    (table,) = json.loads(early.out)["reports"]
    assert table["rows"] == []
    assert "The report is about other days." in table["notes"][0]
    shared.write_campaign(name="theirs", head=CAMPAIGN_HEAD.replace("ours", "theirs"))
    theirs = shared.run_cli(*asked, "--campaign", "theirs")
    assert "stop-now" not in theirs.out
    ours = shared.run_cli(*asked, "--campaign", "ours")
    assert share_rows(ours.out, "wording")["stop-now"]["arrived"] == 32


def test_without_a_file_it_says_how_to_get_one(shared: SandboxProject) -> None:
    said = shared.run_cli("report", "--by", "share")
    assert said.code == 2
    assert "--arrivals FILE" in said.err
    assert "docs/reports.md" in said.err
    stray = shared.run_cli("report", "access.log")
    assert stray.code == 2
    assert "--arrivals access.log" in stray.err


def test_files_that_cannot_be_counted_are_all_named(shared: SandboxProject) -> None:
    (shared.folder / "poem.txt").write_text("Roses are red.\n" * 9, encoding="utf-8")
    said = shared.run_cli("report", "--by", "share", "--arrivals", "poem.txt", "gone.log")
    assert said.code == 1
    assert "poem.txt" in said.err
    assert "gone.log" in said.err
    assert said.out == ""


def test_an_empty_log_has_no_day(shared: SandboxProject) -> None:
    (shared.folder / "empty.log").write_text("", encoding="utf-8")
    said = shared.run_cli("report", "--by", "share", "--arrivals", "empty.log")
    assert said.code == 0
    assert "The files have no day that can be counted." in said.out
    assert "empty.log is empty." in said.out

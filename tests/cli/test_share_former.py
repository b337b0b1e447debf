"""Links that supporters have posted lead on after the next build, and never to somebody else."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from helpers.cli import run_cli, write_file
from helpers.share_folders import serve_built
from helpers.sharing import SHARE, SHARE_HEADER, share_yaml

from bot.share.counters import Counters
from bot.share.listed import LIST, REDIRECTS

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.cli import CommandResult


CONFIG = "accounts: {mediajustice-x: {platform: x, handle: ours}}\n"
LINKS = "links: {pages: [https://example.org/, https://share.example.org/]}\n"
COUNTED = SHARE.replace("  intro: A page", "  redirects: true\n  intro: A page")
COST = COUNTED[COUNTED.index("    - id: cost\n") : COUNTED.index("    - id: calls\n")]
WITHOUT_COST = COUNTED.replace(COST, "")
WITHOUT_SPANISH = COUNTED[: COUNTED.index("  languages:")]
AS_OF = "as_of: 2022-07-18\n"
WITHOUT_SPANISH_WORDINGS = COUNTED[: COUNTED.rindex("      wordings:")]
STILL = (
    "{} of earlier builds, which supporters may have posted, still lead on. groundswell share "
    "serve has to answer for them."
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_file(tmp_path / "config.yaml", CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return tmp_path


def say(project: Path, share: str = COUNTED, header: str = SHARE_HEADER + LINKS) -> None:
    write_file(project / "posts/people.yaml", share_yaml(share, header))


def build(*options: str) -> CommandResult:
    ran = run_cli("share", "build", "public", *options)
    assert ran.code == 0, ran.err
    return ran


def listed(project: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((project / "public" / REDIRECTS).read_text())
    return found


def forge(project: Path, links: object) -> None:
    """Replace the list of redirects, and its digest in the list of files."""
    data = json.dumps(links).encode()
    path = project / "public" / REDIRECTS
    before, after = (hashlib.sha256(each).hexdigest() for each in (path.read_bytes(), data))
    path.write_bytes(data)
    files = project / "public" / LIST
    files.write_text(files.read_text().replace(before, after))


@pytest.mark.parametrize(
    ("share", "header", "links"),
    [
        pytest.param(WITHOUT_COST, SHARE_HEADER, 11, id="a wording is deleted"),
        pytest.param(
            COUNTED,
            SHARE_HEADER.replace(AS_OF, f"{AS_OF}    review_by: 2023-01-01\n", 1),
            22,
            id="a fact is past its day",
        ),
        pytest.param(SHARE, SHARE_HEADER, 33, id="redirects are taken out"),
        pytest.param(WITHOUT_SPANISH_WORDINGS, SHARE_HEADER, 11, id="a language has none now"),
        pytest.param(WITHOUT_SPANISH, SHARE_HEADER, 11, id="a language is gone"),
    ],
)
def test_links_that_no_page_has_any_more_lead_where_they_led(
    project: Path, share: str, header: str, links: int
) -> None:
    say(project)
    assert "earlier builds" not in build().out
    before = listed(project)
    assert len(before) == 33
    say(project, share, header + LINKS)
    assert STILL.format(f"{links} links") in build().out.splitlines()
    after = listed(project)
    led = {path: after[path] for path in before}
    if "languages:" not in share:  # its page is gone
        before = {path: link.replace("/people/es/?", "/people/?") for path, link in before.items()}
    assert led == before
    again = build("--json")
    assert json.loads(again.out)["former_links"] == links
    assert listed(project) == after


def test_a_new_link_is_reached_with_the_marks_of_the_old_address(project: Path) -> None:
    say(project)
    build()
    before = listed(project)["people/g/cost-x"]
    assert before.startswith("https://example.org/petition?utm_source=x&")
    say(project, WITHOUT_COST.replace("org/petition", "org/vote"))
    build()
    assert listed(project)["people/g/cost-x"] == before.replace("org/petition", "org/vote")
    say(project, WITHOUT_COST.replace("org/petition", "org/vote"), SHARE_HEADER)
    build()
    assert listed(project)["people/g/cost-x"] == "https://example.org/vote"


def test_links_of_a_campaign_that_is_not_built_lead_on(project: Path) -> None:
    say(project)
    other = share_yaml(SHARE, SHARE_HEADER.replace("campaign: people", "campaign: other"))
    write_file(project / "posts/other.yaml", other)
    build()
    before = listed(project)
    (project / "posts/people.yaml").unlink()
    build()
    say(project)
    assert STILL.format("33 links") in build("--campaign", "other").out.splitlines()
    assert listed(project) == before


def test_links_of_a_campaign_without_a_file_lead_on_to_a_site_of_ours(project: Path) -> None:
    say(project)
    build()
    before = listed(project)
    other = SHARE_HEADER.replace("campaign: people", "campaign: other")
    (project / "posts/people.yaml").unlink()
    write_file(project / "posts/other.yaml", share_yaml(SHARE, other))
    assert STILL.format("33 links") in build().out.splitlines()
    assert listed(project) == before


def test_links_of_a_campaign_whose_site_nobody_names_are_lost_and_said_so(project: Path) -> None:
    say(project)
    build()
    other = SHARE_HEADER.replace("campaign: people", "campaign: other")
    (project / "posts/people.yaml").unlink()
    share = COUNTED.replace("https://example.org/petition", "https://elsewhere.example/")
    write_file(project / "posts/other.yaml", share_yaml(share, other))
    said = build().out.splitlines()
    assert STILL.format("6 links") in said  # those to the share page itself
    [lost] = [line for line in said if "nowhere" in line]
    assert lost.startswith("27 links of earlier builds lead nowhere now")
    assert "for them: people." in lost
    assert "people/g/cost-x" not in listed(project)


@pytest.mark.parametrize("share", [COUNTED, SHARE, WITHOUT_COST])
def test_a_forged_list_leads_nobody_to_another_site(project: Path, share: str) -> None:
    say(project)
    build()
    paths = [
        *listed(project),
        *("people/g/made-up-x", "people/g/made-up-facebook", "people/g/es/made-up-linkedin"),
        *("gone/g/made-up-x", "people/g/made-up-unknown", "gone/g/de/made-up-copy"),
    ]
    for target in (
        "https://evil.example/",
        "https://evil.example/people/es/?utm_source=x",
        "https://example.org@evil.example/",
        "https://example.org.evil.example/petition",
        "http://example.org/petition",
        "https://example.org:8443/petition",
        "https://example.org\\.evil.example/",
        "https://share.example.org@evil.example/es/",
    ):
        say(project)
        build()
        forge(project, dict.fromkeys(paths, target))
        say(project, share)
        build()
        ours = ("https://example.org/petition", "https://share.example.org/people/")
        found = listed(project)
        assert {*found} >= {*paths[:33]}
        for path, link in found.items():
            assert link.partition("?")[0].removesuffix("es/") in ours, (path, target)


@pytest.mark.parametrize(
    "links",
    [
        *([], "no", {"people/g/cost-x": 3}, {"people/g/cost-x": "javascript:alert(1)"}),
        *({"../g/a/b/c-x": "https://a.org/"}, {"people/g/a\n-x": "https://a.org/"}),
        *({"people/g/\ud800-x": "https://a.org/"}, {"people/g/a-x": "https://[a.org/"}),
    ],
)
def test_a_damaged_list_stops_the_build_before_anything_is_lost(
    project: Path, links: object
) -> None:
    say(project)
    build()
    forge(project, links)
    before = (project / "public" / REDIRECTS).read_bytes()
    say(project, WITHOUT_COST)
    ran = run_cli("share", "build", "public")
    assert ran.code == 1
    assert ran.err.startswith("public/redirects.json: H107 The links of the build before cannot")
    assert (project / "public" / REDIRECTS).read_bytes() == before
    assert "The system costs" in (project / "public/people/index.html").read_text()


def test_a_list_that_somebody_changed_is_not_taken(project: Path) -> None:
    say(project)
    build()
    changed = {**listed(project), "people/g/other-x": "https://example.org/other"}
    (project / "public" / REDIRECTS).write_text(json.dumps(changed))
    ran = run_cli("share", "build", "public")
    assert ran.code == 1
    assert ran.err.startswith("public/redirects.json: H102 This file was changed")


def test_an_old_address_is_counted_and_led_on(project: Path) -> None:
    say(project)
    build()
    say(project, SHARE)
    build()
    counters = Counters(project / "opened.db", pytest.fail)
    with serve_built(project / "public", counters) as served:
        answer = httpx.get(f"{served.url}/people/g/cost-x", headers={"user-agent": "Mozilla/5.0"})
        page = httpx.get(f"{served.url}/people/").text
    counters.close()
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("https://example.org/petition?utm_source=x&")
    assert "people/g/" not in page
    assert "people%2Fg%2F" not in page
    with closing(sqlite3.connect(project / "opened.db")) as connection, connection:
        rows = connection.execute("SELECT campaign, wording, network, count FROM opened").fetchall()
    assert rows == [("people", "cost", "x", 1)]


def test_a_partners_folder_keeps_its_links_too(project: Path) -> None:
    asks = "  partners:\n    athena:\n      page: https://athena.example.org/people/\n"
    plain = SHARE.replace("  partners:\n    athena:\n", asks)
    say(project, plain.replace(asks, f"{asks}      redirects: true\n"))
    build("--partner", "athena")
    before = listed(project)
    say(project, plain)
    assert STILL.format("44 links") in build("--partner", "athena").out.splitlines()
    assert listed(project) == before
    assert before["people/g/ours-x"].startswith("https://athena.example.org/")

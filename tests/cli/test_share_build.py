"""``groundswell share build`` says where the pages lie, what they lack, and how long they stand."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.cli import run_cli, write_file
from helpers.sharing import SHARE, SHARE_HEADER, share_yaml

from bot.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path


CONFIG = "accounts: {mediajustice-x: {platform: x, handle: ours}}\n"
OTHER = """\
campaign: other
title: Other
timezone: UTC
accounts: [mediajustice-x]
posts: []
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_file(tmp_path / "config.yaml", CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return tmp_path


def say(project: Path, share: str = SHARE, header: str = SHARE_HEADER) -> None:
    write_file(project / "posts/people.yaml", share_yaml(share, header))


def contents(project: Path) -> dict[Path, bytes]:
    """Return the bytes of each file of the folder."""
    return {path: path.read_bytes() for path in (project / "public").rglob("*") if path.is_file()}


def reviewed(days: int) -> tuple[str, str]:
    """Return a header whose fact is due for review so many days from now, and that day."""
    day = str((Clock().now() + timedelta(days=days)).date())
    as_of = "as_of: 2022-07-18\n"
    return SHARE_HEADER.replace(as_of, f"{as_of}    review_by: {day}\n", 1), day


def test_it_says_where_the_pages_lie_and_until_when_they_stand(project: Path) -> None:
    header, day = reviewed(10)
    say(project, header=header)
    ran = run_cli("share", "build", "public")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0] == "people"
    assert lines[1].startswith("  en  public/people/index.html (")
    assert lines[2] == "      for https://share.example.org/people/"
    assert lines[3].startswith("  es  public/people/es/index.html (")
    assert lines[-2].startswith("2 pages in public, ")
    assert lines[-1] == f"They may stand until {day}. Build them again by then."
    assert (project / "public/people/index.html").is_file()


def test_it_says_what_is_left_out_and_why(project: Path) -> None:
    header, day = reviewed(-3)
    share = SHARE.replace("Who listens to calls from prison? It is a machine.", "Who? " * 60)
    share = share.replace("  page: https://share.example.org/people/\n", "")
    say(project, share, header)
    ran = run_cli("share", "build", "public")
    assert ran.code == 0, ran.err
    said = [line.removeprefix("  Left out: ") for line in ran.out.splitlines()]
    stale = "the fact hart, the wording cost, the wording coste"
    assert f"{stale}. The review of the fact hart was due by {day}." in said
    assert (
        "the button for X beside the wording calls. With its link it has 323 of 280 characters "
        "there."
    ) in said
    without = "the buttons for Facebook, the buttons for LinkedIn, the card in en, the card in es"
    assert f"{without}. Without page: the address of the share page is not known." in said
    assert "may stand until" not in ran.out


def test_a_stale_figure_in_a_title_or_demand_stops_the_build(project: Path) -> None:
    header, day = reviewed(-3)
    share = SHARE.replace("title: La gente primero", "title: Cuesta $6 billion")
    say(project, share, header.replace("ask: Take HART", "ask: Take the six billion dollar HART"))
    ran = run_cli("share", "build", "public")
    assert ran.code == 1
    refused = [line for line in ran.err.splitlines() if " H111 " in line]
    assert len(refused) == 2
    assert "The demand take-hart-off in en has a figure that is past its review." in refused[0]
    assert "The title in es has a figure that is past its review." in refused[1]
    for line in refused:
        assert line.startswith("posts/people.yaml:")
        assert f"The review of the fact hart was due by {day}." in line
    assert not (project / "public").exists()


def test_a_figure_that_no_page_can_hide_is_told(project: Path) -> None:
    header, day = reviewed(10)
    say(project, SHARE.replace("intro: A page", "subject: $6bn\n  intro: A page"), header)
    ran = run_cli("share", "build", "public")
    assert ran.code == 0, ran.err
    assert f"the subject of mails has a figure that is due after {day}." in ran.out
    say(project, header=header)
    assert "the subject of mails" not in run_cli("share", "build", "public").out


def test_the_document_has_the_same(project: Path) -> None:
    header, day = reviewed(10)
    say(project, header=header)
    write_file(project / "posts/other.yaml", OTHER)
    ran = run_cli("share", "build", "public", "--json")
    assert ran.code == 0, ran.err
    built = json.loads(ran.out)
    assert (built["folder"], built["until"], built["without"]) == ("public", day, ["other"])
    [campaign] = built["campaigns"]
    assert [page["language"] for page in campaign["pages"]] == ["en", "es"]
    for page in campaign["pages"]:
        assert page["size"] == (project / page["file"]).stat().st_size


def test_mistakes_in_the_files_stop_the_build(project: Path) -> None:
    say(project, SHARE.replace("demand: take-hart-off\n", "demand: take-it-off\n", 1))
    ran = run_cli("share", "build", "public")
    assert ran.code == 1
    assert "R304" in ran.err
    assert not (project / "public").exists()


@pytest.mark.parametrize("command", [("build", "public"), ("links",)])
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("    facts: [hart]\n", "    facts: [hurt]\n", "R303"),
        ("    claim: The HART", "    claims: The", "C202"),
    ],
)
def test_a_demand_without_its_fact_is_a_mistake_and_no_crash(
    project: Path, command: tuple[str, ...], old: str, new: str, code: str
) -> None:
    say(project, header=SHARE_HEADER.replace(old, new))
    ran = run_cli("share", *command)
    assert ran.code == 1
    assert f" {code} The " in ran.err
    assert "Traceback" not in ran.err
    assert not (project / "public").exists()


def test_without_a_share_page_it_says_what_to_add(project: Path) -> None:
    write_file(project / "posts/other.yaml", OTHER)
    ran = run_cli("share", "build", "public")
    assert ran.code == 1
    assert "H105 The campaign other has no share page. Add share: to a campaign's file" in ran.err


def test_one_campaign_can_be_built(project: Path) -> None:
    say(project)
    write_file(project / "posts/other.yaml", OTHER)
    assert run_cli("share", "build", "public", "--campaign", "people").code == 0
    ran = run_cli("share", "build", "public", "--campaign", "other")
    assert "The campaign other has no share page" in ran.err
    ran = run_cli("share", "build", "public", "--campaign", "peple")
    assert "people" in ran.err


def test_a_partner_gets_pages_in_its_name(project: Path) -> None:
    say(project)
    ran = run_cli("share", "build", "public", "--partner", "athena")
    assert ran.code == 0, ran.err
    page = (project / "public/people/index.html").read_text(encoding="utf-8")
    assert "Athena coalition" in page
    assert "Our coalition asks Amazon Web Services to stop." in page
    ran = run_cli("share", "build", "public", "--partner", "atena")
    assert ran.code == 1
    assert 'No share page has a partner named atena. Did you mean "athena"?' in ran.err


@pytest.mark.parametrize("names", [([], ["--partner", "athena"]), (["--partner", "athena"], [])])
def test_a_partners_pages_do_not_replace_ours_or_the_other_way_round(
    project: Path, names: tuple[list[str], list[str]]
) -> None:
    say(project, SHARE.replace("  intro: A page", "  redirects: true\n  intro: A page"))
    first, second = names
    assert run_cli("share", "build", "public", *first).code == 0
    before = contents(project)
    ran = run_cli("share", "build", "public", *second)
    assert ran.code == 1
    assert ran.err.startswith("public: H109 The pages here are in the ")
    assert "Give the pages in another name a folder of their own." in ran.err
    assert contents(project) == before
    assert run_cli("share", "build", "elsewhere", *second).code == 0
    assert run_cli("share", "build", "public", *first).code == 0


def test_one_campaign_built_again_takes_no_other_page_offline(project: Path) -> None:
    say(project)
    other = share_yaml(SHARE, SHARE_HEADER.replace("campaign: people", "campaign: other"))
    write_file(project / "posts/other.yaml", other)
    assert run_cli("share", "build", "public").code == 0
    before = contents(project)
    ran = run_cli("share", "build", "public", "--campaign", "other")
    assert ran.code == 1
    assert ran.err.startswith(
        "public: H110 --campaign other would remove other pages here: people. "
        "Build without --campaign, or name a folder for other alone."
    )
    assert contents(project) == before
    for _ in range(2):
        assert run_cli("share", "build", "alone", "--campaign", "other").code == 0
    (project / "posts/people.yaml").unlink()
    ran = run_cli("share", "build", "public")
    assert "Removed, as it is not needed any more: people/index.html" in ran.out
    assert run_cli("share", "build", "public", "--campaign", "other").code == 0


def test_an_embargo_and_missing_approvals_are_told(project: Path) -> None:
    later = (Clock().now() + timedelta(days=5)).strftime("%Y-%m-%d")
    more = f"embargo: {later} 12:00\nrequire_approval: 1\nfacts:\n"
    say(project, header=SHARE_HEADER.replace("facts:\n", more, 1))
    ran = run_cli("share", "build", "public")
    assert "Embargo: do not publish it before " in ran.out
    assert f"{later} 12:00 E" in ran.out
    assert "No approval of posts covers it." in ran.out


def test_files_of_an_earlier_build_are_named_if_they_go(project: Path) -> None:
    say(project)
    assert run_cli("share", "build", "public").code == 0
    say(project, SHARE[: SHARE.index("  languages:")])
    ran = run_cli("share", "build", "public")
    assert "Removed, as it is not needed any more: people/es/index.html" in ran.out


def test_a_file_of_somebody_else_in_the_way_is_an_error(project: Path) -> None:
    say(project)
    write_file(project / "public/index.html", "a site")
    ran = run_cli("share", "build", "public")
    assert ran.code == 1
    assert ran.err.startswith("public/index.html: H102 There is a file here")
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("out", ["notes.txt", "notes.txt/public"])
def test_a_file_in_place_of_the_folder_is_an_error(project: Path, out: str) -> None:
    say(project)
    write_file(project / "notes.txt", "ours")
    ran = run_cli("share", "build", out)
    assert ran.code == 1
    assert "H103 The folder cannot be written: Not a directory. Name a folder" in ran.err
    assert (project / "notes.txt").read_text() == "ours"


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (".", "The pages would stand among the campaign files of posts."),
        ("..", "The pages would stand among the campaign files of posts."),
        ("posts", "The pages would stand among the campaign files of posts."),
        ("posts/public/people", "The pages would stand among the campaign files of posts."),
        ("public/../posts/media", "The pages would stand among the campaign files of posts."),
        ("link", "The pages would stand among the campaign files of posts."),
    ],
)
def test_pages_do_not_stand_among_the_campaign_files(project: Path, out: str, message: str) -> None:
    say(project)
    (project / "link").symlink_to(project / "posts")
    before = sorted(project.rglob("*"))
    ran = run_cli("share", "build", out)
    assert ran.code == 1
    assert ran.err.startswith(f"{out}: H108 {message} Name a folder for the pages alone, such as")
    assert sorted(project.rglob("*")) == before
    assert run_cli("share", "build", "public/pages").code == 0


def test_pages_do_not_stand_beside_the_config(project: Path) -> None:
    write_file(project / "settings/config.yaml", f"campaigns: ../posts\n{CONFIG}")
    say(project)
    build = ("share", "build", "--config", "settings/config.yaml")
    ran = run_cli(*build, "settings")
    assert ran.code == 1
    beside = "The pages would stand beside settings/config.yaml."
    assert ran.err.startswith(f"settings: H108 {beside}")
    assert run_cli(*build, "settings/public").code == 0


def test_it_says_where_the_counters_have_to_answer(project: Path) -> None:
    share = SHARE.replace("  intro: A page", "  redirects: true\n  intro: A page")
    say(project, share)
    ran = run_cli("share", "build", "public")
    assert (
        "  33 links lead through https://share.example.org/people/g/, where groundswell share "
        "serve has to answer."
    ) in ran.out.splitlines()
    assert "proxy" not in ran.out
    say(project, share.replace("org/people/", "org/share/"))
    ran = run_cli("share", "build", "public")
    assert "  It answers at /people/g/, to which a proxy has to lead." in ran.out

from __future__ import annotations

import json
import re
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CONFIG, PACKAGE, ROOT, run_cli, run_cli_process, write_file

from bot.checking import Checker, check
from bot.config import load
from bot.services.checking import all_codes

if TYPE_CHECKING:
    from pathlib import Path


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

CAMPAIGN = """\
campaign: ours
title: Ours
timezone: America/New_York
accounts: [our-x]
events:
  nyc: {name: Summit, place: New York, starts: 2099-12-01 09:00, ends: 2099-12-01 18:00}
posts:
  - id: first
    when: 2099-12-01 09:00
    text: Something to say.
  - id: second
    when: {event: nyc, offset: -1d, at: "09:00"}
    thread:
      - A short part.
      - "TEXT"
"""
LONG = "word " * 60
CANARY = "98765432-Q7wErT2yUiOp4AsDfGhJ6kLzXcVbN8m"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without a mistake, as the current folder."""
    write_file(tmp_path / "config.yaml", CONFIG)
    write_file(tmp_path / "posts" / "ours.yaml", CAMPAIGN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return tmp_path


def edit(project: Path, old: str, new: str) -> None:
    path = project / "posts" / "ours.yaml"
    write_file(path, path.read_text(encoding="utf-8").replace(old, new))


def test_sound_project_is_summed_up(project: Path) -> None:
    assert run_cli("check") == (0, "2 posts, 1 event, 1 account: no problems\n", "")


def test_platform_rule_points_to_the_part_that_breaks_it(project: Path) -> None:
    edit(project, "TEXT", LONG)
    ran = run_cli("check")
    assert ran.code == 1
    first, last = ran.out.splitlines()
    assert first.startswith("posts/ours.yaml:15:9: X701 The text has 299 characters")
    assert last == "2 posts, 1 event, 1 account: 1 problem"


def test_long_posts_of_an_account_are_allowed(project: Path) -> None:
    edit(project, "TEXT", LONG)
    write_file(project / "config.yaml", CONFIG + "    x: {long_posts: true}\n")
    assert run_cli("check").code == 0


def test_same_finding_of_two_accounts_is_said_once(project: Path) -> None:
    write_file(project / "config.yaml", CONFIG + "  other-x: {platform: x, handle: other}\n")
    edit(project, "[our-x]", "[our-x, other-x]")
    edit(project, "TEXT", LONG)
    checked = check(load(project / "config.yaml", {}), NOW)
    assert [problem.code for problem in checked.problems].count("X701") == 1


def test_warning_passes_unless_strict(project: Path) -> None:
    edit(project, "TEXT", "Thanks to @somebody.")
    ran = run_cli("check")
    assert ran.code == 0
    assert "posts/ours.yaml:15:9: L801 warning: The text mentions @somebody" in ran.out
    assert ran.out.endswith("no problems, 1 warning\n")
    assert run_cli("check", "--strict").code == 1


def test_config_and_campaigns_are_reported_together_in_order(project: Path) -> None:
    write_file(project / "config.yaml", CONFIG + "    grace: soon\n")
    edit(project, "id: first\n", "id: first\n    demnad: none\n")
    edit(project, "TEXT", LONG)
    ran = run_cli("check")
    assert ran.code == 1
    *problems, assumed, _ = ran.out.splitlines()
    assert [line.split(" ")[1] for line in problems] == ["G102", "C202", "X701"]
    assert assumed.endswith("Assumed: our-x on X.")


def test_token_pasted_into_a_post_is_refused_and_not_shown(project: Path) -> None:
    edit(project, "TEXT", f"See {CANARY} there.")
    ran = run_cli("check")
    assert ran.code == 1
    assert "posts/ours.yaml:15:9: G111 The text seems to hold an access token" in ran.out
    assert CANARY not in ran.out + ran.err


@pytest.mark.parametrize(
    ("form", "place"),
    [("{}", "15:9"), ("{:.24} {:.0}{rest}", "15:9"), ("<{base64}>", "15:9")],
)
def test_a_secret_of_the_environment_is_known_whatever_it_looks_like(
    project: Path, monkeypatch: pytest.MonkeyPatch, form: str, place: str
) -> None:
    """A token of GoToSocial has 48 letters and digits, which could be anything."""
    token = "ZWVJYZC4MWUTMTVIOS0ZZJM2LWE3ZDCTNZM5OWE1MZM1NJJM"
    monkeypatch.setenv("GROUNDSWELL_OUR_X_ACCESS_TOKEN", token)
    coded = b64encode(token.encode()).decode()
    edit(project, "TEXT", form.format(token, token, rest=token[24:], base64=coded))
    ran = run_cli("check")
    assert ran.code == 1
    assert f"posts/ours.yaml:{place}: G111 The text holds a secret of your environment" in ran.out
    assert token not in ran.out + ran.err
    monkeypatch.delenv("GROUNDSWELL_OUR_X_ACCESS_TOKEN")
    assert run_cli("check").code == 0


def test_a_token_in_an_option_of_a_poll_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = '{options: ["Yes", "98765432-Q7wErT2yUiOp4AsDf"], hours: 1}'
    edit(project, "    text: Something to say.\n", f"    text: Well?\n    poll: {poll}\n")
    monkeypatch.setenv("GROUNDSWELL_OUR_X_ACCESS_TOKEN", "98765432-Q7wErT2yUiOp4AsDf")
    ran = run_cli("check")
    assert "G111 The text holds a secret of your environment" in ran.out


def test_link_with_a_long_name_is_no_token(project: Path) -> None:
    edit(project, "TEXT", "https://example.org/20220718-MediaJusticeDemandsPeopleOverProfit")
    assert run_cli("check").code == 0


def test_json_holds_every_problem_with_its_place(project: Path) -> None:
    edit(project, "TEXT", LONG)
    ran = run_cli("check", "--json")
    assert ran.code == 1
    read = json.loads(ran.out)
    assert (read["posts"], read["events"], read["accounts"], read["errors"]) == (2, 1, 1, 1)
    [problem] = read["problems"]
    assert (problem["file"], problem["line"], problem["column"]) == ("posts/ours.yaml", 15, 9)
    assert (problem["code"], problem["level"]) == ("X701", "error")


def test_folder_is_checked_without_a_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(tmp_path / "said" / "ours.yaml", CAMPAIGN.replace("TEXT", LONG))
    monkeypatch.chdir(tmp_path)
    ran = run_cli("check", "said")
    assert ran.code == 1
    assert "said/ours.yaml:15:9: X701" in ran.out
    assert "G101" not in ran.out
    assert "note: No config names these accounts. Assumed: our-x on X." in ran.out


def test_without_a_config_a_name_says_which_platforms_rules_apply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = CAMPAIGN.replace("[our-x]", "[ours, our-mastodon, our-bluesky]")
    write_file(tmp_path / "said" / "ours.yaml", campaign)
    monkeypatch.chdir(tmp_path)
    ran = run_cli("check", "said")
    places = "our-bluesky on Bluesky, our-mastodon on Mastodon, ours on X"
    assert f"note: No config names these accounts. Assumed: {places}." in ran.out
    write_file(tmp_path / "said" / "ours.yaml", campaign.replace("TEXT", "word " * 70))
    read = json.loads(run_cli("check", "said", "--json").out)
    assert sorted(problem["code"] for problem in read["problems"]) == ["K701", "X701"]
    assert read["assumed"] == {"our-bluesky": "bluesky", "our-mastodon": "mastodon", "ours": "x"}


def test_the_config_counts_although_an_extra_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.extras.find_spec", lambda _: None)
    monkeypatch.chdir(tmp_path)
    write_file(
        tmp_path / "config.yaml", "accounts: {our-x: {platform: bluesky, handle: us.example}}"
    )
    write_file(tmp_path / "posts" / "ours.yaml", CAMPAIGN.replace("TEXT", "word " * 58))
    assert run_cli("check", "posts", "--config", "elsewhere.yaml").out.count("X701") == 1
    read = json.loads(run_cli("check", "--json").out)
    assert ([problem["code"] for problem in read["problems"]], read["assumed"]) == (["G115"], {})


def test_folder_takes_the_place_of_the_configs_own(project: Path) -> None:
    write_file(project / "other" / "ours.yaml", CAMPAIGN.replace("[our-x]", "[their-x]"))
    ran = run_cli("check", "other")
    assert ran.code == 1
    assert "other/ours.yaml:4:12: R302" in ran.out


def test_missing_config_is_a_problem_that_points_to_init(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run_cli("check")
    assert ran.code == 1
    assert ran.out.startswith("config.yaml: G101 There is no such config file. `groundswell init`")


def test_missing_folder_is_a_problem(project: Path) -> None:
    ran = run_cli("check", "nowhere")
    assert ran.code == 1
    assert "nowhere: " in ran.out


def test_empty_file_of_another_kind_is_no_part_of_the_campaign(project: Path) -> None:
    write_file(project / "posts" / "notes.txt", "not YAML: [")
    checked = Checker(project / "posts").check(NOW)
    assert not checked.problems
    assert [path.name for path in checked.files] == ["ours.yaml"]


def test_example_has_no_problem_but_facts_that_were_to_be_reviewed() -> None:
    """It is of 2022, and its share page shows none of these facts today."""
    ran = run_cli_process("check", "posts", "--config", "config.example.yaml", cwd=ROOT)
    assert ran.code == 0, ran.out + ran.err
    warnings = [line for line in ran.out.splitlines() if " warning: " in line]
    assert len(warnings) == 3
    assert all(" F907 " in line for line in warnings)


def test_malformed_bytes_end_in_a_line_not_in_a_traceback(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    (folder / "a.yaml").write_bytes(b"campaign: \x00\xff\n\t- [{\n")
    ran = run_cli_process("check", "posts", cwd=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    assert "Traceback" not in ran.out
    assert ran.out.startswith("posts/a.yaml:1:")


@pytest.mark.parametrize("code", ["F901", "f901", "L892", "Y107", "X705", "G102"])
def test_a_code_is_explained(code: str) -> None:
    ran = run_cli("check", "--explain", code)
    assert ran.code == 0
    assert ran.out.startswith(code.upper())
    assert ("Bad:" in ran.out, "Good:" in ran.out) == (code.upper() == "F901",) * 2


def test_every_code_that_is_printed_is_explained() -> None:
    # The sandbox prints none, and says "S256" as OAuth does.
    paths = [path for path in PACKAGE.rglob("*.py") if "sandbox" not in path.parts]
    text = "".join(path.read_text() for path in paths)
    codes = set(re.findall(r"\"([A-Z]\d{3})\"(?!:)", text))
    assert set(all_codes()) <= codes
    assert [code for code in codes if run_cli("check", "--explain", code).code] == []


def test_an_explanation_has_its_examples_for_programs_too() -> None:
    read = json.loads(run_cli("check", "--explain", "L801", "--json").out)
    assert read["level"] == "warning"
    assert read["bad"] == "text: Read this, @somebody.\n"


def test_a_code_of_nothing_is_a_slip_of_the_command() -> None:
    ran = run_cli("check", "--explain", "L8O1")
    assert ran.code == 2
    assert "there is no code L8O1. Did you mean" in ran.err


def test_problems_that_a_comment_allows_are_listed_with_the_reason(project: Path) -> None:
    edit(project, "TEXT", "With @alliance.")
    allow = "  # groundswell: allow L801 they asked to be named"
    edit(project, "    thread:", f"  {allow}\n    thread:")
    ran = run_cli("check")
    assert ran.code == 0
    allowed, last = ran.out.splitlines()
    assert allowed.startswith("posts/ours.yaml:16:9: L801 allowed: The text mentions @alliance, ")
    assert allowed.endswith(" (they asked to be named)")
    assert last == "2 posts, 1 event, 1 account: no problems, 1 allowed"
    found = json.loads(run_cli("check", "--json").out)
    [one] = found["allowed"]
    assert (one["problem"]["code"], one["reason"]) == ("L801", "they asked to be named")
    assert found["problems"] == []
    assert run_cli("check", "--strict").code == 0


def test_allowing_a_deception_is_an_error_with_its_place(project: Path) -> None:
    edit(project, "TEXT", "Ask Ama\u200bzon.")
    allow = "  # groundswell: allow L807 it looks better"
    edit(project, "    thread:", f"  {allow}\n    thread:")
    ran = run_cli("check")
    assert ran.code == 1
    tried, found, last = ran.out.splitlines()
    assert tried.startswith("posts/ours.yaml:13:5: L893 L807 cannot be allowed.")
    assert found.startswith("posts/ours.yaml:16:9: L807 Hidden in “Ask Ama\\u200bzon.”")
    assert last == "2 posts, 1 event, 1 account: 2 problems"


def test_explain_says_that_no_comment_allows_a_deception() -> None:
    ran = run_cli("check", "--explain", "L807")
    assert "No comment in a campaign file can allow it." in ran.out
    assert "groundswell: allow" not in ran.out
    assert "Ama\\u200bzon" in ran.out

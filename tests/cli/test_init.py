from __future__ import annotations

import json
import shlex
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.cli import ROOT, run_cli, run_cli_process
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no types

from bot.campaigns.validation import campaign_file_schema
from bot.checking import check
from bot.config import load
from bot.config.schema import config_schema
from bot.services.starting import starter_files

if TYPE_CHECKING:
    from pathlib import Path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_starter_passes_check(tmp_path: Path) -> None:
    ran = run_cli_process("init", "new", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert sorted(contents(tmp_path / "new")) == [
        ".gitignore",
        "config.yaml",
        "posts/campaign.schema.json",
        "posts/our-campaign.yaml",
        "posts/queue.yaml",
    ]
    checked = run_cli_process("check", "--strict", cwd=tmp_path / "new")
    assert checked == (0, "5 posts, 1 event, 1 account: no problems\n", "")


@pytest.mark.parametrize("today", [date(2026, 11, 25), date(2027, 2, 28), date(2027, 12, 31)])
def test_nothing_in_the_starter_is_over_when_it_is_written(today: date, tmp_path: Path) -> None:
    for name, text in starter_files(today).items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    checked = check(load(tmp_path / "config.yaml", {}), datetime.combine(today, time(), UTC))
    assert not checked.problems
    [campaign] = checked.campaigns
    for post in campaign.posts:
        start = datetime.combine(today, time(23, 59), UTC)
        assert any(post.when.occurrences(start, start + timedelta(days=90)))


def test_the_share_page_of_the_starter_can_be_switched_on(tmp_path: Path) -> None:
    assert run_cli("init", str(tmp_path)).code == 0
    campaign = tmp_path / "posts/our-campaign.yaml"
    before, share, after = campaign.read_text().partition("# share:\n")
    lines = (share + after).split("\n")
    end = lines.index("")
    text = "\n".join([*(line.removeprefix("# ") for line in lines[:end]), *lines[end:]])
    campaign.write_text(before.replace("# language: en", "language: en") + text)
    config = str(tmp_path / "config.yaml")
    assert "no problems\n" in run_cli("check", "--config", config).out
    built = run_cli("share", "build", str(tmp_path / "public"), "--config", config)
    assert built.code == 0
    assert (tmp_path / "public/our-campaign/index.html").is_file()


def test_nothing_that_is_there_is_changed(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n", encoding="utf-8")
    assert run_cli("init", tmp_path).code == 0
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine\n"
    before = contents(tmp_path)
    ran = run_cli("init", tmp_path)
    assert ran.code == 1
    assert "config.yaml: G107 This exists already. Nothing was written." in ran.err
    assert contents(tmp_path) == before


def test_campaigns_without_config_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "mine.yaml").write_text("[]\n", encoding="utf-8")
    assert run_cli("init", tmp_path).code == 1
    assert list(contents(tmp_path)) == ["posts/mine.yaml"]


def test_json_names_the_written_files(tmp_path: Path) -> None:
    read = json.loads(run_cli("init", tmp_path, "--json").out)
    assert read["folder"] == str(tmp_path)
    assert "posts/our-campaign.yaml" in read["written"]
    assert read["kept"] == []


def test_folder_that_cannot_be_made_is_shown_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = run_cli("init", tmp_path / "file" / "new")
    assert ran.code == 1
    assert ran.err.startswith("groundswell: ")
    assert "Traceback" not in ran.err


def test_next_step_names_a_folder_as_a_shell_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "our campaign's"
    [step] = [line for line in run_cli("init", folder).out.splitlines() if "cd " in line]
    assert shlex.split(step) == ["3.", "cd", str(folder), "&&", "groundswell", "check"]


# --- schema ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "title"),
    [(["schema"], "Groundswell campaign file"), (["schema", "--config"], "Groundswell conf")],
)
def test_schema_is_printed_and_valid(args: list[str], title: str) -> None:
    ran = run_cli(*args)
    assert ran.code == 0
    schema = json.loads(ran.out)
    Draft202012Validator.check_schema(schema)
    assert schema["title"].startswith(title)


def test_starter_names_the_schema_and_writes_it() -> None:
    texts = starter_files(date(2026, 11, 25))
    for name in ("posts/our-campaign.yaml", "posts/queue.yaml"):
        first = texts[name].splitlines()[0]
        assert first == "# yaml-language-server: $schema=./campaign.schema.json"
    assert json.loads(texts["posts/campaign.schema.json"]) == campaign_file_schema()


def test_example_config_fits_the_schema_that_editors_use() -> None:
    import yaml

    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    Draft202012Validator(config_schema()).validate(yaml.safe_load(text))

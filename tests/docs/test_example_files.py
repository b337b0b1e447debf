"""The example's files use figures only through facts, and its pictures show the same figures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from PIL import Image

from bot.campaigns.validation import campaign_file_schema

ROOT = Path(__file__).parents[2]
POSTS = ROOT / "posts"
FILES = ("people-over-profit.yaml", "queue.yaml")
MOST_BYTES = 150_000
_FILLED_IN = re.compile(r"\{\{.*?\}\}")
_YEAR = re.compile(r"\b20\d\d\b")


class EditorLoader(yaml.SafeLoader):
    """Reads values by YAML 1.2 as an editor does, with dates, times, no and yes as texts."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":int", ":float"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
EditorLoader.yaml_implicit_resolvers["t"] = [
    ("tag:yaml.org,2002:bool", re.compile("true")),
]


def typed(name: str) -> Any:
    return yaml.load((POSTS / name).read_text(encoding="utf-8"), EditorLoader)  # noqa: S506 - a SafeLoader


def texts_as_typed() -> list[tuple[str, str]]:
    posts = [*typed(FILES[0])["posts"], *typed(FILES[1])]
    found = []
    for post in posts:
        name = str(post.get("id", post["when"]))
        parts = [*post.get("wordings", {}).values()] or [*post.get("thread", [post])]
        parts += post.get("on", {}).values()
        found += [(name, part if isinstance(part, str) else part["text"]) for part in parts]
        found += [
            (name, value) for values in post.get("values", {}).values() for value in values.values()
        ]
    return found


@pytest.mark.parametrize(("post", "text"), texts_as_typed())
def test_no_figure_is_typed_by_hand(post: str, text: str) -> None:
    words = _YEAR.sub("", _FILLED_IN.sub("", text))
    assert not re.search(r"\d|\b(b|m)illion|thousand|hundred", words), post


def test_every_fact_is_used() -> None:
    campaign = typed(FILES[0])
    used = " ".join(text for _, text in texts_as_typed())
    facts = set(campaign["facts"])
    said = {name for name in facts if f"fact.{name.replace('-', '_')}." in used}
    carrying = {name for demand in campaign["demands"].values() for name in demand["facts"]}
    assert said == facts
    assert carrying == facts


@pytest.mark.parametrize("name", FILES)
def test_the_first_line_names_the_schema_for_the_editor(name: str) -> None:
    first = (POSTS / name).read_text(encoding="utf-8").partition("\n")[0]
    assert first == "# yaml-language-server: $schema=./campaign.schema.json"


def test_the_schema_beside_them_is_the_one_that_is_generated() -> None:
    committed = json.loads((POSTS / "campaign.schema.json").read_text(encoding="utf-8"))
    assert committed == campaign_file_schema(), (
        "run: groundswell schema > posts/campaign.schema.json"
    )


@pytest.mark.parametrize("name", FILES)
def test_an_editor_marks_no_errors(name: str) -> None:
    errors = Draft202012Validator(campaign_file_schema()).iter_errors(typed(name))
    assert [error.message for error in errors] == []


def pictures() -> list[tuple[str, dict[str, str]]]:
    campaign = typed(FILES[0])
    return [(post["id"], media) for post in campaign["posts"] for media in post.get("media", [])]


@pytest.mark.parametrize(("post", "media"), pictures())
def test_a_picture_is_small_and_of_the_size_that_feeds_show_whole(
    post: str, media: dict[str, str]
) -> None:
    path = POSTS / media["file"]
    with Image.open(path) as image:
        assert image.size == (1200, 675), post
    assert path.stat().st_size < MOST_BYTES


@pytest.mark.parametrize(("post", "media"), pictures())
def test_a_picture_and_its_alt_text_show_the_figure_of_the_fact(
    post: str, media: dict[str, str]
) -> None:
    fact = typed(FILES[0])["facts"][Path(media["file"]).stem]
    with Image.open(POSTS / media["file"]) as image:
        assert image.info["Figure"] == fact["figure"], f"draw it anew for {post}"
    assert fact["figure"] in media["alt"]


def test_the_pictures_can_be_drawn_anew(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    (folder / "media").mkdir(parents=True)
    for name in (FILES[0], "media/make.py"):
        (folder / name).write_bytes((POSTS / name).read_bytes())
    subprocess.run([sys.executable, folder / "media" / "make.py"], check=True)
    drawn = {path.name for path in (folder / "media").glob("*.png")}
    assert drawn == {Path(media["file"]).name for _, media in pictures()}


def test_the_example_files_are_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "posts"],  # noqa: S607 - git of the PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    needed = {f"posts/{name}" for name in FILES} | {
        f"posts/{media['file']}" for _, media in pictures()
    }
    assert needed <= set(listed.stdout.split())

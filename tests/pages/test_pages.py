from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from helpers.reports import sample_page

from bot import pages

ROOT = Path(__file__).parents[2] / "bot"
TEMPLATES = sorted((ROOT / "web" / "templates").glob("*.j2"))


def icon_names() -> list[str]:
    symbols = ET.fromstring(pages.icons())  # noqa: S314 - our own file
    return [symbol.attrib["id"].removeprefix("icon-") for symbol in symbols]


def test_each_icon_has_a_name_of_its_own_and_draws_something() -> None:
    assert len(icon_names()) == len({*icon_names()}) > 25
    for symbol in ET.fromstring(pages.icons()):  # noqa: S314 - our own file
        assert symbol.attrib["viewBox"] == "0 0 24 24"
        assert len(symbol) > 0


def test_the_report_has_the_shared_style_first() -> None:
    style = sample_page().split("<style>")[1].split("</style>")[0]
    assert style.startswith(pages.base_style())
    assert len(style) > len(pages.base_style())


@pytest.mark.parametrize(
    ("text", "lit"),
    [
        ("no highlight", []),
        ("Read https://example.org/a, #Now @them", ["https://example.org/a,", "#Now", "@them"]),
        ("#first", ["#first"]),
        ("By @them@a.example and @they.example.org.", ["@them@a.example", "@they.example.org"]),
    ],
)
def test_every_second_piece_of_a_text_is_a_link_a_hashtag_or_a_mention(
    text: str, lit: list[str]
) -> None:
    pieces = pages.split_highlights(text)
    assert "".join(pieces) == text
    assert [*pieces[1::2]] == lit


def test_values_are_escaped_and_finished_before_they_are_shown(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_text("{{ value }}{{ icons()[:4] }}")
    environment = pages.page_environment(tmp_path, lambda value: value.upper())  # type: ignore[attr-defined]
    assert environment.get_template("a.j2").render(value="<b>") == "&lt;B&gt;<SVG"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_style_and_no_script_of_its_own(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe\b", text) == []
    assert re.findall(r"<script(?! type=\"module\" src=\"/static/)", text) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_uses_only_icons_that_are_drawn(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    used = re.findall(r'\bicon\("([\w-]+)"', text) + re.findall(r'drawing="([\w-]+)"', text)
    assert sorted({*used} - {*icon_names()}) == []

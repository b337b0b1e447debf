"""``groundswell share links`` shows exactly what is appended to each link, or why nothing is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import run_cli, write_file

if TYPE_CHECKING:
    from pathlib import Path


CONFIG = """\
accounts:
  our-x: {platform: x, handle: ours}
  our-masto: {platform: mastodon, handle: ours@social.example}
"""
HEAD = """\
campaign: people
title: People
timezone: UTC
language: en
accounts: [our-x, our-masto]
partners: [athena]
demands: {end-it: {ask: End the contract, target: The council}}
"""
POSTS = """\
events:
  one: {name: One, place: There, starts: 2030-01-01 09:00, ends: 2030-01-01 10:00}
  two: {name: Two, place: Here, starts: 2030-01-02 09:00, ends: 2030-01-02 10:00}
posts:
  - id: signs
    when: {events: [one, two], offset: -1d}
    text: "Read https://a.org/, says example.org. {{ event.place }}."
    link: https://example.org/petition#sign
  - id: votes
    when: 2030-01-03 09:00
    wordings: {plain: "Vote. https://example.org/give", asks: "Will you? https://example.org/vote"}
"""
LINKS = "links: {pages: https://example.org/, leave: https://example.org/give}\n"
SHARE = """\
share:
  organisation: Ours
  page: https://share.example.org/people/
  link: https://example.org/petition
  wordings: [{id: ask, demand: end-it, text: "{{ demand.ask }}!"}]
  partners: {athena: {name: Athena}}
"""
PAGES = "pages: [https://example.org/, https://share.example.org/people/]"
OURS = "https://example.org/petition?utm_source={}&utm_medium={}&utm_campaign=people&utm_content={}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_file(tmp_path / "config.yaml", CONFIG)
    write_file(tmp_path / "posts/people.yaml", HEAD + LINKS + SHARE + POSTS)
    other = HEAD.replace("people", "other").replace("People", "Other")
    write_file(
        tmp_path / "posts/other.yaml",
        f"{other}posts: [{{id: a, when: 2030-02-01 09:00, text: 'See https://example.org/b'}}]\n",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return tmp_path


def as_json(*options: str) -> list[dict[str, Any]]:
    ran = run_cli("share", "links", "--json", *options)
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def test_each_link_stands_with_its_place_and_what_is_appended(project: Path) -> None:
    ran = run_cli("share", "links", "--campaign", "people")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    place = "posts/people.yaml:"
    assert lines[:2] == ["people", f"  signs ({place}19)"]
    marked = OURS.format("NETWORK", "post", "signs")
    assert f"    x, mastodon: {marked}#sign" in lines
    after = lines.index("    x, mastodon: https://a.org/") + 1
    assert lines[after] == (
        "      Left as it is. It does not lead to one of the pages under links:."
    )
    assert f"  votes, wording plain ({place}23)" in lines
    assert "      Left as it is. It leads to a page under leave:." in lines
    [shared] = [line for line in lines if line.endswith(OURS.format("NETWORK", "share", "ask"))]
    assert shared.startswith("    copy, device, x, ")
    assert any(line.endswith("&utm_content=ask&utm_term=athena") for line in lines)
    assert lines[-3:-1] == [
        "NETWORK is the network that stands before the link.",
        (
            "Facebook and LinkedIn share the page itself. Add https://share.example.org/people/ to "
            "pages: under links:, and these links get marks as well."
        ),
    ]


def test_a_page_with_redirects_shows_the_address_of_each_counter(project: Path) -> None:
    file = project / "posts/people.yaml"
    text = file.read_text().replace("  partners:", "  redirects: true\n  partners:")
    file.write_text(text.replace("pages: https://example.org/", PAGES))
    lines = run_cli("share", "links", "--campaign", "people").out.splitlines()
    at = lines.index("  the share page in en, ask (posts/people.yaml:13)")
    assert lines[at + 2 : at + 4] == [
        (
            "      On the page it is https://share.example.org/people/g/ask-NETWORK, "
            "which counts and leads there."
        ),
        (
            "    facebook, linkedin: https://share.example.org/people/?utm_source=NETWORK"
            "&utm_medium=share&utm_campaign=people&utm_content=ask"
        ),
    ]
    assert not any("Facebook and LinkedIn" in line for line in lines)
    ours = [link for link in as_json() if not link["partner"]]
    [mail] = [link for link in ours if link["network"] == "mail"]
    assert mail["counter"] == "https://share.example.org/people/g/ask-mail"
    assert mail["language"] == "en"


def test_json_has_each_network_with_its_accounts(project: Path) -> None:
    found = as_json("--campaign", "people")
    signs = [link for link in found if link["typed"].endswith("#sign")]
    assert [(link["network"], link["accounts"], link["link"]) for link in signs] == [
        ("x", ["our-x"], OURS.format("x", "post", "signs") + "#sign"),
        ("mastodon", ["our-masto"], OURS.format("mastodon", "post", "signs") + "#sign"),
    ]
    ours = [link for link in found if link["kind"] == "share" and not link["partner"]]
    share = {link["network"]: link for link in ours}
    assert share["mail"]["link"] == OURS.format("mail", "share", "ask")
    assert share["mail"]["name"] == "ask"
    assert share["facebook"]["typed"] == "https://share.example.org/people/"
    assert share["facebook"]["reason"] != ""
    assert all((link["link"] == link["typed"]) == bool(link["reason"]) for link in found)


def test_a_campaign_without_marks_says_so_at_each_link(project: Path) -> None:
    found = as_json("--campaign", "other")
    assert {(link["typed"], link["reason"]) for link in found} == {
        ("https://example.org/b", "The campaign does not ask for marks.")
    }
    assert len(as_json()) > len(found) + 10


def test_nothing_is_shown_for_a_campaign_without_links(project: Path) -> None:
    write_file(project / "posts/other.yaml", HEAD.replace("people", "other"))
    ran = run_cli("share", "links", "--campaign", "other")
    assert ran.out == "No link stands in a post or on a share page.\n"


def test_an_unknown_campaign_and_a_mistake_in_the_files_are_named(project: Path) -> None:
    ran = run_cli("share", "links", "--campaign", "peple")
    assert (ran.code, ran.out) == (1, "")
    assert 'Did you mean "people"?' in ran.err
    write_file(project / "posts/people.yaml", f"{HEAD}links: {{page: https://example.org/}}\n")
    ran = run_cli("share", "links")
    assert (ran.code, ran.out) == (1, "")
    assert "C202" in ran.err

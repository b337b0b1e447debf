"""A sheet shows links as they are typed, whatever marks they get on each platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.bulk import (
    CAMPAIGN,
    as_sheet,
    campaign_files,
    exported,
    import_problems,
    import_sheet,
    planned_occurrences,
    read_rows,
)
from helpers.cli import write_file

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
accounts:
  our-x: {platform: x, handle: our_name}
  our-masto: {platform: mastodon, handle: our@example.org}
  also-masto: {platform: mastodon, handle: also@example.org}
  our-bsky: {platform: bluesky, handle: our.example.org}
"""
POSTS = """\
posts:
  - id: plain
    when: 2026-12-01 09:00
    text: Read https://example.org/a?b=1#c today.
    link: https://example.org/petition
  - id: two-ways
    when: 2026-12-06 09:00
    accounts: [our-masto, also-masto]
    wordings: {plain: "Read https://example.org/a", blunt: "Will you? https://example.org/b"}
"""
PLAIN_ROW = """\
campaign,when,text,link
ours,2026-12-01 09:00,Read https://example.org/a?b=1#c today.,https://example.org/petition
"""


@pytest.fixture(params=["post", "account", "wording"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    links = f"links: {{pages: https://example.org/, content: {request.param}}}"
    header = CAMPAIGN.replace(
        "accounts: [our-x]", f"accounts: [our-x, our-masto, our-bsky]\n{links}"
    )
    write_file(tmp_path / "config.yaml", CONFIG)
    write_file(tmp_path / "posts" / "ours.yaml", header.replace("posts: []\n", POSTS))
    return tmp_path


def export(folder: Path) -> list[dict[str, str]]:
    return read_rows(exported(folder, planned_occurrences(folder)))


def test_a_row_has_typed_links_and_the_accounts_of_all_platforms(folder: Path) -> None:
    plain, *others = export(folder)
    assert plain["text"] == (
        "Read https://example.org/a?b=1#c today.\nhttps://example.org/petition\n\n#Ours"
    )
    assert plain["accounts"] == "our-x, our-masto, our-bsky"
    assert {row["text"] for row in others} == {
        "Read https://example.org/a\n\n#Ours",
        "Will you? https://example.org/b\n\n#Ours",
    }
    assert any("utm_" in item.content.text for item in planned_occurrences(folder))


def test_an_unchanged_export_changes_nothing(folder: Path) -> None:
    before = campaign_files(folder)
    done = import_sheet(folder, as_sheet(export(folder)), update=True)
    assert (done.added, done.edited, done.written, done.missing) == ((), (), False, ())
    assert campaign_files(folder) == before


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("today", "now", "text: Read https://example.org/a?b=1#c now.\n"),
        ("/petition", "/petition?a=2", "link: https://example.org/petition"),
        ("https://example.org/a?b=1#c", "https://a.org/", "text: Read https://a.org/ today.\n"),
    ],
)
def test_a_changed_cell_keeps_the_typed_links(
    folder: Path, old: str, new: str, expected: str
) -> None:
    rows = export(folder)
    rows[0]["text"] = rows[0]["text"].replace(old, new)
    done = import_sheet(folder, as_sheet(rows), update=True)
    assert [row.post.id for row in done.edited] == ["plain"]
    file = campaign_files(folder)["ours.yaml"].decode()
    assert "utm_" not in file
    assert expected in file or "petition?a=2" in file
    [shown] = {row["text"] for row in export(folder) if "petition" in row["text"]}
    assert shown == rows[0]["text"]


@pytest.mark.parametrize("marked", [True, False])
def test_a_row_without_an_id_that_says_what_a_post_says_is_known(
    folder: Path, *, marked: bool
) -> None:
    if not marked:
        path = folder / "posts" / "ours.yaml"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("links:")))
    before = campaign_files(folder)
    done = import_sheet(folder, PLAIN_ROW)
    assert ([post for _, post, _ in done.known], done.added, done.written) == (["plain"], (), False)
    assert campaign_files(folder) == before


def test_a_row_with_the_id_and_the_words_of_a_post_is_known(folder: Path) -> None:
    sheet = PLAIN_ROW.replace("campaign,", "campaign,id,").replace("ours,", "ours,plain,")
    done = import_sheet(folder, sheet)
    assert ([post for _, post, _ in done.known], done.added) == (["plain"], ())


def test_a_row_that_says_other_words_than_its_post_is_refused_without_marks(folder: Path) -> None:
    sheet = PLAIN_ROW.replace("campaign,", "campaign,id,").replace("ours,", "ours,plain,")
    [found] = import_problems(folder, sheet.replace("today", "now"))
    assert "B718" in found
    row = "campaign,id,when,text,link\nours,two,2026-12-03 09:00,Hear it.,https://example.org/two\n"
    import_sheet(folder, row)
    [found] = import_problems(folder, row.replace("Hear", "See"))
    assert "B721" in found
    assert "utm_" not in found
    assert "row-0-of" not in found


@pytest.mark.parametrize("names", ["our-x, our-masto", "our-bsky", "also-masto, our-x"])
def test_a_row_moves_its_post_to_other_accounts(folder: Path, names: str) -> None:
    rows = export(folder)
    rows[0]["accounts"] = names
    done = import_sheet(folder, as_sheet(rows), update=True)
    assert [row.post.id for row in done.edited] == ["plain"]
    assert [row["accounts"] for row in export(folder) if row["id"] == "plain"] == [names]


def test_accounts_that_have_a_row_of_their_own_cannot_be_moved(folder: Path) -> None:
    path = folder / "posts" / "ours.yaml"
    mentions = (
        "mentions: {ally: {x: ally_x, mastodon: ally@example.org, bluesky: ally.example.org}}"
    )
    text = path.read_text().replace("posts:\n", f"{mentions}\nposts:\n")
    path.write_text(text.replace("text: Read https", "text: With @ally, read https"))
    rows = export(folder)
    assert len({row["text"] for row in rows if row["id"].startswith("plain")}) > 1
    rows[0]["accounts"] = "also-masto"
    [found] = import_problems(folder, as_sheet(rows), update=True)
    assert "the post has other accounts, which are in other rows" in found

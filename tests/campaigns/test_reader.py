"""A folder is read again and again, and only its changed files."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import (
    ACCOUNTS,
    HEADER,
    campaign_with_post,
    campaign_yaml,
    save_picture,
    write_campaigns,
)

from bot.campaigns.loading import FolderReader
from bot.platforms import LOADED
from bot.yamlsource.folder import content_fingerprint

if TYPE_CHECKING:
    from pathlib import Path

    from bot.campaigns.loading import LoadedFolder
    from bot.model import Post

LIST = """\
- {id: two, campaign: people, when: 2022-07-11 09:00, text: 'From {{ fact.hart.figure }} on'}
- {id: three, campaign: people, when: {slot: next}, text: Soon}
- {id: four, campaign: people, when: {slot: next}, accounts: [athena-x], text: Soon after}
"""
OTHER = campaign_yaml(header=HEADER.replace("campaign: people", "campaign: other"))


class Folder:
    """A folder with a campaign, a list of posts of it, and another campaign; and its reader."""

    def __init__(self, folder: Path) -> None:
        self.path = write_campaigns(
            folder / "posts", people=campaign_yaml(), list=LIST, zother=OTHER
        )
        self.reader = FolderReader(self.path, ACCOUNTS, LOADED)
        self.last = self.look()

    def look(self) -> LoadedFolder:
        return self.reader.read()

    def edited(self, **files: str) -> set[str]:
        """Write files; return the names of those that were read again."""
        write_campaigns(self.path, **files)
        return self.seen()

    def seen(self) -> set[str]:
        """Look again; return the names of the files that were read again."""
        before = {read.path: read for read in self.last.reads}
        self.last = self.look()
        return {read.path.stem for read in self.last.reads if read is not before.get(read.path)}

    @property
    def posts(self) -> dict[str, Post]:
        """The posts of the first campaign, by their ids."""
        return {post.id: post for post in self.last.campaigns[0].posts}

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.last.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_unchanged_files_are_not_read_again(folder: Folder) -> None:
    campaigns = folder.last.campaigns
    assert folder.seen() == set()
    assert (folder.last.campaigns, folder.last.problems) == (campaigns, ())


@pytest.mark.parametrize("figure", ["{{ fact.hart.figure }}", "{{ fact.hart.figure", "{{ a }}"])
def test_reading_leaves_nothing_to_the_garbage_collector(folder: Folder, figure: str) -> None:
    """The collector is off while the loop plans, and would keep the text of every file."""
    found = []
    gc.disable()
    gc.freeze()  # the objects of all other tests take long to search
    try:
        for number in range(4):  # another test's server may leave something meanwhile
            edited = f"# {number}\n{LIST.replace('{{ fact.hart.figure }}', figure)}"
            gc.collect()
            assert folder.edited(people=f"# {number}\n{campaign_yaml()}", list=edited)
            found.append(gc.collect())
    finally:
        gc.unfreeze()
        gc.enable()
    assert 0 in found[1:]  # the objects that the first edit replaced are frozen


def test_a_changed_text_is_read_from_its_file_alone(folder: Folder) -> None:
    assert folder.edited(list=LIST.replace("on'", "on!'")) == {"list"}
    assert folder.posts["two"].wordings[0].content.text.startswith("From $6 billion on!")


def test_a_comment_changes_the_places_and_no_other_file(folder: Folder) -> None:
    line = folder.posts["one"].mark.line
    assert folder.edited(people=f"# Corrected\n{campaign_yaml()}") == {"people"}
    assert folder.posts["one"].mark.line == line + 1


def test_a_share_page_changes_in_its_own_file_alone(folder: Folder) -> None:
    """Posts in other files do not depend on it."""
    header = HEADER.replace("timezone:", "language: en\ntimezone:")
    share = "share: {organisation: %s, link: 'https://example.org'}\n"
    assert "list" in folder.edited(people=campaign_yaml(header=header + share % "One"))
    assert folder.edited(people=campaign_yaml(header=header + share % "Two")) == {"people"}
    page = folder.last.campaigns[0].share
    assert page
    assert page.organisation == "Two"


def test_a_fact_changes_the_posts_of_its_campaign_in_all_files(folder: Folder) -> None:
    corrected = campaign_yaml().replace("$6 billion", "$7 billion")
    assert folder.edited(people=corrected) == {"people", "list"}
    assert "$7 billion" in folder.posts["two"].wordings[0].content.text


def test_a_file_that_is_renamed_or_gone_takes_its_posts_along(folder: Folder) -> None:
    (folder.path / "list.yaml").rename(folder.path / "later.yaml")
    assert folder.seen() == {"later"}
    assert [*folder.posts] == ["two", "three", "four", "one"]
    (folder.path / "later.yaml").unlink()
    assert folder.seen() == set()
    assert [*folder.posts] == ["one"]


def test_a_corrected_file_is_as_before(folder: Folder) -> None:
    campaigns = folder.last.campaigns
    folder.edited(list="- {id: two, campaign: people")
    assert folder.codes != []
    assert folder.edited(list=LIST) == {"list"}
    assert folder.codes == []
    assert folder.last.campaigns == campaigns


def test_ids_that_collide_over_files_are_found_and_forgotten(folder: Folder) -> None:
    folder.edited(list=LIST.replace("id: two", "id: one"))
    assert folder.codes == ["R306"]
    folder.edited(people=campaign_yaml("  []\n"))
    assert folder.codes == []


def test_a_campaign_described_twice_is_found_and_forgotten(folder: Folder) -> None:
    folder.edited(zother=campaign_yaml("  []\n"))
    assert folder.codes == ["R307"]
    folder.edited(zother=OTHER)
    assert folder.codes == []


def test_a_list_is_read_again_when_its_campaign_comes_and_goes(folder: Folder) -> None:
    text = (folder.path / "people.yaml").read_text()
    (folder.path / "people.yaml").unlink()
    assert folder.seen() == {"list"}
    assert folder.codes == ["R301"] * 3
    assert folder.edited(people=text) == {"list", "people"}
    assert folder.codes == []
    assert [*folder.posts] == ["two", "three", "four", "one"]


def test_another_picture_and_a_missing_one_are_noticed(folder: Folder) -> None:
    shows = campaign_with_post("text: Hi", "media: [{file: media/a.png, alt: A}]")
    folder.edited(people=shows)
    assert folder.codes == ["M501"]
    image = save_picture(folder.path / "media" / "a.png")
    assert folder.seen() == {"people"}
    assert folder.codes == []
    save_picture(image, (50, 50))
    assert folder.seen() == {"people"}
    save_picture(folder.path / "media" / "b.png")
    assert folder.seen() == set()


def test_a_file_with_a_mistake_is_read_again(folder: Folder) -> None:
    folder.edited(people=campaign_yaml().replace("campaign: people", "campaign: [people]"))
    assert folder.codes != []
    assert "people" in folder.seen()


def test_a_folder_that_is_switched_is_read_again(tmp_path: Path) -> None:
    new = write_campaigns(tmp_path / "new", people=campaign_yaml().replace("Hello", "Hallo"))
    write_campaigns(tmp_path / "old", people=campaign_yaml())
    link = tmp_path / "posts"
    link.symlink_to("old")
    reader = FolderReader(link, ACCOUNTS, LOADED)
    reader.read()
    link.unlink()
    link.symlink_to(new)
    loaded = reader.read()
    assert loaded.campaigns[0].posts[0].wordings[0].content.text.startswith("Hallo")


# --- Whether a file has changed - ---------------------------------------------------------------


def test_a_file_that_cannot_be_read_has_a_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    assert content_fingerprint(tmp_path / "a.yaml") != content_fingerprint(tmp_path / "b.yaml")

"""Reading a folder again: what did not change stays, what did is told, whatever it was."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from campaigns_support import ACCOUNTS, HEADER, campaign, picture, post, write

from bot.campaigns.edits import Edits
from bot.campaigns.loading import Reader
from bot.campaigns.stamps import DOUBT, Prints
from bot.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from bot.campaigns.loading import Loaded

LIST = """\
- {id: two, campaign: people, when: 2022-07-11 09:00, text: 'From {{ fact.hart.figure }} on'}
- {id: three, campaign: people, when: {slot: next}, text: Soon}
- {id: four, campaign: people, when: {slot: next}, accounts: [athena-x], text: Soon after}
"""
OTHER = campaign(header=HEADER.replace("campaign: people", "campaign: other"))


class Folder:
    """A folder with a campaign, a list of posts of it, and another campaign; and its reader."""

    def __init__(self, folder: Path) -> None:
        self.path = write(folder / "posts", people=campaign(), list=LIST, zother=OTHER)
        self.reader = Reader(self.path, ACCOUNTS)
        self.last = self.look()

    def look(self) -> Loaded:
        return self.reader.look(SystemClock().wall())

    def edited(self, **files: str) -> tuple[set[str], Edits]:
        """Write files; give the names of those that were read again, and what changed."""
        write(self.path, **files)
        return self.seen()

    def seen(self) -> tuple[set[str], Edits]:
        before = {read.path: read for read in self.last.reads}
        self.last = self.look()
        again = {one.path.stem for one in self.last.reads if one is not before.get(one.path)}
        assert self.last.edits is not None
        return again, self.last.edits

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.last.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def names(edits: Edits) -> set[str]:
    return {f"{campaign}/{post}" for campaign, post in edits.posts}


def test_the_first_look_knows_of_no_look_before(folder: Folder) -> None:
    assert folder.last.edits is None
    assert folder.last.problems == ()


def test_what_is_as_it_was_is_not_read_again(folder: Folder) -> None:
    campaigns = folder.last.campaigns
    again, edits = folder.seen()
    assert (again, edits) == (set(), Edits())
    assert all(a is b for a, b in zip(folder.last.campaigns, campaigns, strict=True))


def test_a_text_is_one_post(folder: Folder) -> None:
    again, edits = folder.edited(list=LIST.replace("on'", "on!'"))
    assert again == {"list"}
    assert names(edits) == {"people/two"}
    assert edits.accounts == {"mediajustice-x"}


def test_a_comment_changes_nothing(folder: Folder) -> None:
    again, edits = folder.edited(people=f"# Mended\n{campaign()}")
    assert (again, edits) == ({"people"}, Edits())
    assert folder.last.campaigns[0].posts[0].mark.line != 0


def test_a_fact_changes_all_posts_of_its_campaign_in_whatever_file(folder: Folder) -> None:
    again, edits = folder.edited(people=campaign().replace("$6 billion", "$7 billion"))
    assert again == {"people", "list"}
    assert names(edits) == {"people/one", "people/two", "people/three", "people/four"}
    assert "$7 billion" in folder.last.campaigns[0].posts[0].wordings[0].content.text
    assert edits.accounts == {"mediajustice-x", "athena-x"}


def test_another_order_of_posts_in_slots_is_a_change(folder: Folder) -> None:
    first, second, third = LIST.splitlines(keepends=True)
    assert names(folder.edited(list=first + third + second)[1]) == {"people/three", "people/four"}
    assert names(folder.edited(list=third + second + first)[1]) == set()


def test_a_file_that_is_renamed_or_gone_takes_its_posts_along(folder: Folder) -> None:
    (folder.path / "list.yaml").rename(folder.path / "later.yaml")
    again, edits = folder.seen()
    assert again == {"later"}
    assert names(edits) == {"people/two", "people/three", "people/four"}
    (folder.path / "later.yaml").unlink()
    assert names(folder.seen()[1]) == {"people/two", "people/three", "people/four"}


def test_what_was_broken_and_mended_is_told_both_times(folder: Folder) -> None:
    again, edits = folder.edited(list="- {id: two, campaign: people")
    assert not folder.last.ok
    assert names(edits) == {"people/two", "people/three", "people/four"}
    assert folder.edited(list=LIST) == (again, edits)
    assert folder.last.ok


def test_ids_that_collide_over_files_are_found_and_forgotten(folder: Folder) -> None:
    folder.edited(list=LIST.replace("id: two", "id: one"))
    assert folder.codes == ["R306"]
    folder.edited(people=campaign("  []\n"))
    assert folder.codes == []


def test_a_campaign_described_twice_is_found_and_forgotten(folder: Folder) -> None:
    folder.edited(zother=campaign("  []\n"))
    assert folder.codes == ["R307"]
    folder.edited(zother=OTHER)
    assert folder.codes == []


def test_a_list_is_read_again_when_its_campaign_comes_and_goes(folder: Folder) -> None:
    text = (folder.path / "people.yaml").read_text()
    (folder.path / "people.yaml").unlink()
    assert folder.seen()[0] == {"list"}
    assert folder.codes == ["R301"] * 3
    again, edits = folder.edited(people=text)
    assert again == {"list", "people"}
    assert folder.codes == []
    assert names(edits) == {"people/one", "people/two", "people/three", "people/four"}


def test_another_picture_and_a_missing_one_are_noticed(folder: Folder) -> None:
    shows = post("text: Hi", "media: [{file: media/a.png, alt: A}]")
    folder.edited(people=shows)
    assert folder.codes == ["M501"]
    assert folder.seen()[0] == set()
    image = picture(folder.path / "media" / "a.png")
    again, edits = folder.seen()
    assert (again, names(edits)) == ({"people"}, {"people/one"})
    assert folder.codes == []
    picture(image, (50, 50))
    again, edits = folder.seen()
    assert (again, names(edits)) == ({"people"}, {"people/one"})
    picture(folder.path / "media" / "b.png")
    assert folder.seen()[0] == set()


def test_a_folder_that_is_switched_is_read_anew(tmp_path: Path) -> None:
    new = write(tmp_path / "new", people=campaign().replace("Hello", "Hallo"))
    write(tmp_path / "old", people=campaign())
    link = tmp_path / "posts"
    link.symlink_to("old")
    reader = Reader(link, ACCOUNTS)
    reader.look(0)
    link.unlink()
    link.symlink_to(new)
    loaded = reader.look(0)
    assert loaded.edits is None
    assert loaded.campaigns[0].posts[0].wordings[0].content.text.startswith("Hallo")


# --- Stamps ---------------------------------------------------------------------------------------


def test_what_changed_a_moment_ago_is_read_again_and_later_not(tmp_path: Path) -> None:
    path = write(tmp_path, a="a: 1\n") / "a.yaml"
    changed = path.stat().st_ctime_ns
    prints = Prints()
    first = prints.of(path, changed + DOUBT)
    assert prints._known == {}
    assert prints.of(path, changed + DOUBT + 1) == first
    assert list(prints._known) == [path]


def test_an_edit_of_the_same_size_and_time_is_seen(tmp_path: Path) -> None:
    path = write(tmp_path, a="a: 1\n") / "a.yaml"
    state = path.stat()
    prints, later = Prints(), state.st_ctime_ns + 9 * DOUBT
    first = prints.of(path, later)
    path.write_text("a: 2\n")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert prints.of(path, later) != first


def test_what_cannot_be_read_has_a_print_too(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    assert Prints().of(tmp_path / "a.yaml", 0) != Prints().of(tmp_path / "b.yaml", 0)

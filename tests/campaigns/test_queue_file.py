from __future__ import annotations

import errno
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from helpers.campaigns import ACCOUNTS, campaign_yaml, load, load_files, write_campaigns
from hypothesis import given
from hypothesis import strategies as st

from bot.campaigns.editing import change_files, parse_or_raise, with_posts_appended
from bot.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from bot.errors import Problem

POST = {"when": "2022-07-11 09:00", "text": "Hello: all\n\nof you"}
ADDED = """\
- when: 2022-07-11 09:00
  text: |-
    Hello: all

    of you
"""
FIRST = "- when: 2022-07-10 09:00\n  text: First"

# The file before, and what it must be after.
FILES = {
    "empty": ("", ADDED),
    "blank": ("\n", "\n" + ADDED),
    "comments": ("# Queue: short posts\n", "# Queue: short posts\n" + ADDED),
    "comment without line end": ("# Queue", "# Queue\n" + ADDED),
    "empty list": ("[]\n", "\n" + ADDED),
    "empty list with comments": ("# a\n[ ]  # b\n# c\n", "# a\n  # b\n# c\n" + ADDED),
    "brackets in a comment": ("# []\n[]\n", "# []\n\n" + ADDED),
    "empty document": ("---\n", "---\n" + ADDED),
    "one post": (FIRST + "\n", FIRST + "\n" + ADDED),
    "no line end": (FIRST, FIRST + "\n" + ADDED),
    "comments between and after": (
        f"# top\n{FIRST}  # why\n\n# end\n",
        f"# top\n{FIRST}  # why\n\n# end\n{ADDED}",
    ),
    "umlauts before": (f"# \xfc\u2028\n{FIRST}\n", f"# \xfc\u2028\n{FIRST}\n{ADDED}"),
    "ends in a text of lines": (
        "- when: 2022-07-10 09:00\n  text: |\n    First\n",
        "- when: 2022-07-10 09:00\n  text: |\n    First\n" + ADDED,
    ),
    "ends in a text that keeps lines": (
        "- when: 2022-07-10 09:00\n  text: |+\n    First\n\n\n",
        "- when: 2022-07-10 09:00\n  text: |+\n    First\n\n\n" + ADDED,
    ),
}


def add_post(
    path: Path,
    post: Mapping[str, Any],
    check: Callable[[Mapping[Path, bytes]], Iterable[Problem]] = lambda _new: (),
) -> None:
    """Add a post to a file, which is made if it is not there."""
    change_files({path: lambda old: with_posts_appended(old or b"", [post], str(path))}, check)


@pytest.mark.parametrize("name", FILES)
def test_a_post_is_added_and_every_byte_is_kept(name: str, tmp_path: Path) -> None:
    before, after = FILES[name]
    path = tmp_path / "queue.yaml"
    path.write_bytes(before.encode())
    add_post(path, POST)
    assert path.read_bytes().decode() == after
    assert [item.name for item in tmp_path.iterdir()] == ["queue.yaml"]


def test_the_indentation_of_the_list_is_followed() -> None:
    before = "  - when: 2022-07-10 09:00\n    text: First\n"
    after = with_posts_appended(
        before.encode(), [{"when": "2022-07-11 09:00", "text": "Hi"}], "q"
    ).decode()
    assert after == before + "  - when: 2022-07-11 09:00\n    text: Hi\n"


def test_line_ends_of_windows_are_kept() -> None:
    after = with_posts_appended(FIRST.replace("\n", "\r\n").encode(), [POST], "q")
    assert after.count(b"\n") == after.count(b"\r\n") == 7


def test_a_missing_file_is_created(tmp_path: Path) -> None:
    add_post(tmp_path / "queue.yaml", POST)
    assert (tmp_path / "queue.yaml").read_text() == ADDED
    assert (tmp_path / "queue.yaml").stat().st_mode & 0o777 == 0o644


def test_mode_and_link_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text(FIRST)
    real.chmod(0o640)
    (tmp_path / "queue.yaml").symlink_to(real)
    add_post(tmp_path / "queue.yaml", POST)
    assert (tmp_path / "queue.yaml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_text().endswith(ADDED)


REFUSED = {
    "a campaign file": ("campaign: a\n", "list of posts"),
    "a list in brackets": ("[{when: 2022-07-10 09:00, text: a}]\n", "list of posts"),
    "a text": ("hello\n", "list of posts"),
    "not yaml": ("- a: 'b\n", "never closed"),
    "a duplicate key": (FIRST + "\n  text: a\n", "twice"),
    "an ended document": (FIRST + "\n...\n", "Y1"),
    "a tab": ("- a: b\n\tc: d\n", "tab"),
    "utf-16": ("- a: b\n\0", "control"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_take_a_post_is_left_alone(name: str, tmp_path: Path) -> None:
    before, words = REFUSED[name]
    path = tmp_path / "queue.yaml"
    path.write_text(before)
    with pytest.raises(UserError, match=words):
        add_post(path, POST)
    assert path.read_text() == before
    assert [item.name for item in tmp_path.iterdir()] == ["queue.yaml"]


@pytest.mark.parametrize(
    ("post", "words"),
    [
        ({"text": "a"}, '"when" is missing'),
        ({"when": "soon", "text": "a"}, "not a date and time"),
        ({"when": "2022-07-10 09:00", "text": "a", "demnd": "b"}, 'Did you mean "demand"'),
        ({"when": "2022-07-10 09:00", "text": ""}, "nothing is written"),
        ({"when": "2022-07-10 09:00", "text": "a\0b"}, "control character"),
        ({"when": "2022-07-10 09:00", "text": "a\ud83d"}, "surrogate"),
        ({"when": "2022-07-10 09:00", "text": "a" * (1 << 20)}, "1 MiB"),
    ],
)
def test_a_post_that_is_wrong_is_not_added(
    post: dict[str, str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=words):
        add_post(tmp_path / "queue.yaml", post)
    assert list(tmp_path.iterdir()) == []


def test_the_whole_folder_can_be_checked_before(tmp_path: Path) -> None:
    path = write_campaigns(tmp_path, a=campaign_yaml(), queue="[]\n") / "queue.yaml"

    def check(new: Mapping[Path, bytes]) -> Iterable[Problem]:
        return load(tmp_path, ACCOUNTS, new).problems

    with pytest.raises(UserError, match="T402"):
        add_post(path, {**POST, "text": "{{ fact.hrat.claim }}"}, check=check)
    assert path.read_text() == "[]\n"
    add_post(path, {**POST, "text": "{{ fact.hart.claim }}"}, check=check)
    added = load(tmp_path, ACCOUNTS).campaigns[0].posts[1]
    assert added.wordings[0].content.text.startswith("The HART")


def test_a_change_by_somebody_else_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "queue.yaml"
    path.write_text(FIRST)

    def meanwhile(_new: Mapping[Path, bytes]) -> Iterable[Problem]:
        path.write_text(FIRST + " and more")
        return ()

    with pytest.raises(UserError, match="Somebody else has just changed"):
        add_post(path, POST, check=meanwhile)
    assert path.read_text() == FIRST + " and more"


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "queue.yaml"
    threads = [
        threading.Thread(target=add_post, args=(path, {**POST, "id": f"post-{number}"}))
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loaded = load_files(tmp_path, a=campaign_yaml("  []\n"))
    assert {post.id for post in loaded.campaigns[0].posts} == {f"post-{n}" for n in range(12)}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_file_that_cannot_be_written_is_one_problem_and_loses_nothing(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    path = write_campaigns(tmp_path, queue=FIRST) / "queue.yaml"
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(UserError) as caught:
        add_post(path, POST)
    assert str(caught.value) == (
        f"{path}: Y116 It cannot be written: {os.strerror(number)}. "
        "Free space on the disk, or correct the permissions of its folder; then try again."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["queue.yaml"]
    assert path.read_text() == FIRST


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="folder"):
        add_post(tmp_path / "none" / "queue.yaml", POST)


ANY_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=200
)


@given(ANY_TEXT)
def test_any_text_is_read_back_as_it_was_written(text: str) -> None:
    from bot.text import UNSENDABLE

    if not text.strip() or UNSENDABLE.search(text):
        return
    after = with_posts_appended(FIRST.encode(), [{"when": "2022-07-11 09:00", "text": text}], "q")
    root, _ = parse_or_raise(after, "q")
    assert isinstance(root, list)
    entry = root[1]
    assert isinstance(entry, dict)
    wanted = "\n".join(line.rstrip() for line in text.splitlines()).rstrip()
    assert next(value for key, value in entry.items() if key == "text") == wanted

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import (
    ACCOUNTS,
    campaign_with_post,
    campaign_yaml,
    load,
    load_files,
    only_problem,
    problem_lines,
    write_campaigns,
)

from bot.yamlsource.problems import MAX_PROBLEMS

if TYPE_CHECKING:
    from pathlib import Path

SOUND = campaign_yaml()

# A file's bytes, and the beginning of the one line that must report it.
TABLE = {
    "not utf-8": (SOUND.replace("Hello", "Caf\xe9").encode("latin-1"), "30:14: Y102"),
    "utf-16 with bom": (SOUND.encode("utf-16"), "1:1: Y102"),
    "utf-16 without bom": (SOUND.encode("utf-16-le"), "1:1: Y102"),
    "utf-16 big end first": (SOUND.encode("utf-16-be"), "1:1: Y102"),
    "utf-32": (SOUND.encode("utf-32"), "1:1: Y102"),
    "utf-8 bom": (SOUND.encode("utf-8-sig"), "1:1: Y103"),
    "nul": (SOUND.replace("Hello", "Hel\0lo").encode(), "30:14: Y104"),
    "escape character": (SOUND.replace("Hello", "\x1b[31m").encode(), "30:11: Y104"),
    "c1 control": (SOUND.replace("Hello", "H\x9b").encode(), "30:12: Y104"),
    "writing turned round": (SOUND.replace("Hello", "\u202eHello").encode(), "30:11: Y104"),
    "nul by escape": (SOUND.replace("Hello", r'"\0"').encode(), "30:11: Y104"),
    "lone surrogate, raw": (SOUND.encode().replace(b"Hello", b"\xed\xa0\xbd"), "30:11: Y115"),
    "lone surrogate, escaped": (SOUND.replace("Hello", r'"\ud83d"').encode(), "30:14: Y115"),
    "over 1 MiB": (SOUND.encode() + b"#" * (1 << 20), "1:1: Y101"),
    "empty": (b"", "1:1: Y113"),
    "blank": (b" \n\n", "1:1: Y113"),
    "half-written, in a quote": (SOUND.replace("Hello", '"Hello').encode(), "30:11: Y105"),
    "half-written, in a bracket": (b"campaign: people\naccounts: [a\n", "2:11: Y105"),
    "half-written, in a key": (SOUND.encode() + b"    accou", "31:5: Y105"),
    "colon in a text": (SOUND.replace("Hello", "Hello: you").encode(), "30:16: Y105"),
    "template without quotes": (
        SOUND.replace("Hello", "{{ fact.hart.claim }}").encode(),
        "30:12: Y105",
    ),
    "at sign": (SOUND.replace("Hello", "@athena says").encode(), "30:11: Y105"),
    "hashtag without quotes": (SOUND.replace('"#Hart"', "#Hart").encode(), "5:30: Y117"),
    "tab as indentation": (SOUND.replace("    text", "\ttext").encode(), "30:1: Y106"),
    "duplicate key": (SOUND.encode() + b"    text: Hi\n", "31:5: Y107"),
    "duplicate fact": (SOUND.replace("  prison-calls:", "  hart:").encode(), "12:3: Y107"),
    "alias": (SOUND.replace("Hello", "*hello").encode(), "30:11: Y108"),
    "anchor": (SOUND.replace("Hello", "&a Hello").encode(), "30:11: Y108"),
    "billion laughs": (b"a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "1:4: Y108"),
    "merge key": (SOUND.encode() + b"    <<: {text: a}\n", "31:5: Y108"),
    "tag": (SOUND.replace("Hello", "!!python/object:os.system ls").encode(), "30:11: Y109"),
    "two documents": (SOUND.encode() + b"---\na: b\n", "31:1: Y110"),
    "depth bomb of brackets": (b"posts: " + b"[" * 100_000, "1:1007: Y111"),
    "depth bomb of hyphens": (b"- " * 100_000, "1:41: Y111"),
    "depth bomb of mappings": (b"{a: " * 100_000, "1:81: Y111"),
    "flow nested past libyaml": (b"[" * 1_000_000, "1:1001: Y111"),
    "a bare text": (b"hello\n", "1:1: C201"),
    "5,001 posts": (b"- {}\n" * 5001, "5001:3: Y114"),
    "a key that is a list": (b"? [a]\n: b\n", "1:3: Y105"),
    "unknown directive": (b"%YAML 9.9\n---\na: b\n", "1:1: Y105"),
}


@pytest.mark.parametrize("key", ["a" * 1_030, "a" * 1_000_000, f'"{"a" * 2_000}"'], ids=len)
def test_a_key_that_is_too_long_for_yaml_is_reported_as_such(key: str, tmp_path: Path) -> None:
    line = only_problem(tmp_path, bad=f"{SOUND}    {key}: x\n".encode())
    assert line == (
        "bad.yaml:31:5: Y105 YAML reads no key of more than 1,024 characters. "
        "Write a shorter one; a text goes after its key."
    )


@pytest.mark.parametrize("name", TABLE)
def test_malformed_bytes_are_reported_in_one_line_with_its_place(name: str, tmp_path: Path) -> None:
    data, start = TABLE[name]
    began = time.process_time()
    found = problem_lines(load_files(tmp_path, bad=data), tmp_path)
    assert time.process_time() - began < 1
    assert [line[: len(start) + 9] for line in found] == [f"bad.yaml:{start}"]
    assert re.fullmatch(r"bad\.yaml:\d+:\d+: [YC]\d{3} \S.*[.?]", found[0])
    assert "\n" not in found[0]
    assert found[0].isprintable()


def test_a_folder_in_place_of_a_file_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").mkdir()
    write_campaigns(tmp_path, sound=SOUND)
    assert load(tmp_path, ACCOUNTS).problems == ()


def test_a_folder_that_cannot_be_listed_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_campaigns(tmp_path, sound=SOUND)
    write_campaigns(tmp_path / "more", queue="[]")
    really = os.scandir

    def denied(path: str) -> object:
        if str(path).endswith("more"):
            raise PermissionError(13, "Permission denied", path)
        return really(path)

    monkeypatch.setattr(os, "scandir", denied)  # root, who may run the tests, can read everything
    loaded = load(tmp_path, ACCOUNTS)
    assert "more: Y112 The folder cannot be read" in problem_lines(loaded, tmp_path)[0]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert problem_lines(load(tmp_path, ACCOUNTS), tmp_path)[0].startswith("pipe.yaml:1:1: Y112")


def test_a_dangling_link_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    assert problem_lines(load(tmp_path, ACCOUNTS), tmp_path)[0].startswith("gone.yaml:1:1: Y112")


def test_a_missing_folder_is_a_problem(tmp_path: Path) -> None:
    (problem,) = load(tmp_path / "posts", ACCOUNTS).problems
    assert "no such folder" in problem.message


def test_every_file_is_reported_at_once(tmp_path: Path) -> None:
    found = problem_lines(
        load_files(
            tmp_path, a="a: *b\n", b=SOUND.encode("utf-16"), c=campaign_with_post("text: [x]")
        ),
        tmp_path,
    )
    assert [line.split(":")[0] for line in found] == ["a.yaml", "b.yaml", "c.yaml"]


def test_a_flood_of_problems_is_cut_off_with_a_note(tmp_path: Path) -> None:
    found = load_files(tmp_path, a="campaign: a\n" + "a: 1\n" * 20_000).problems
    assert len(found) == MAX_PROBLEMS + 1
    assert "Y199" in {problem.code for problem in found}


def test_comments_alone_are_fine(tmp_path: Path) -> None:
    loaded = load_files(tmp_path, a=SOUND, b="# nothing yet\n", c="[]\n", d="---\n")
    assert loaded.problems == ()
    assert len(loaded.reads) == 4


def test_hidden_files_media_and_other_endings_are_not_read(tmp_path: Path) -> None:
    write_campaigns(tmp_path, sound=SOUND)
    write_campaigns(tmp_path / "media", notes="*broken")
    write_campaigns(tmp_path / ".git", notes="*broken")
    (tmp_path / ".hidden.yaml").write_text("*broken")
    (tmp_path / "notes.txt").write_text("*broken")
    write_campaigns(tmp_path / "more", queue="- when: 2022-07-11 09:00\n  text: Hi\n")
    loaded = load(tmp_path, ACCOUNTS)
    assert [read.path.name for read in loaded.reads] == ["queue.yaml", "sound.yaml"]
    assert [post.id for post in loaded.campaigns[0].posts] == ["at-20220711-0900", "one"]


def test_a_broken_campaign_does_not_blame_the_posts_of_others(tmp_path: Path) -> None:
    queue = "- {when: 2022-07-11 09:00, text: Hi, campaign: people}\n"
    found = problem_lines(load_files(tmp_path, a=SOUND + '    "', queue=queue), tmp_path)
    assert [line[:10] for line in found] == ["a.yaml:31:"]


def test_values_stay_what_was_typed(tmp_path: Path) -> None:
    texts = ("no", "12:30", "07:30", "1e3", "0x1F", "2022-01-01", "yes")
    rows = "".join(
        f"  - {{id: p{number}, when: 2022-07-10 09:0{number}, text: {text}, hashtags: []}}\n"
        for number, text in enumerate(texts)
    )
    loaded = load_files(tmp_path, a=campaign_yaml(rows))
    assert tuple(post.wordings[0].content.text for post in loaded.campaigns[0].posts) == texts

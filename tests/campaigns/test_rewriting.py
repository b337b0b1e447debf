"""A post is changed in its file; only the differing values are rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bot.campaigns.editing import change_files, dump_posts, parse_or_raise, to_plain
from bot.campaigns.rewriting import rewrite_posts
from bot.campaigns.source import posts_of
from bot.errors import UserError
from bot.yamlsource.nodes import MappingNode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = """\
# The team's own words.

- id: one   # the first
  # Ana: keep this one
  when: 2026-12-01 09:00   # a Tuesday
  text: One
  # groundswell: allow L801 they asked

  link: https://example.org/a

# between
- {id: two, when: 2026-12-02 09:00, text: "Two, too", hashtags: [a]}   # short
-   id: three
    when: 2026-12-03 09:00
    text: |-
      Third

      of three
    accounts:
    - our-x
    - their-x
# at the end
"""
ONE = {"id": "one", "when": "2026-12-01 09:00", "text": "One", "link": "https://example.org/a"}
TWO = {"id": "two", "when": "2026-12-02 09:00", "text": "Two, too", "hashtags": ["a"]}
THREE = {
    "id": "three",
    "when": "2026-12-03 09:00",
    "text": "Third\n\nof three",
    "accounts": ["our-x", "their-x"],
}


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def places(data: str) -> dict[str, tuple[int, int]]:
    root, _ = parse_or_raise(data.encode(), "a.yaml")
    found = [node for node in posts_of(root) if isinstance(node, MappingNode)]
    return {str(to_plain(node)["id"]): node.place for node in found}  # type: ignore[index]


def edited(before: str, **fields: dict[str, Any] | None) -> str:
    at = places(before)
    changes = {at[name]: new for name, new in fields.items()}
    return rewrite_posts(before.encode(), changes, "a.yaml").decode()


CHANGES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a text": ({"one": ONE | {"text": "Won"}}, "  text: One\n", "  text: Won\n"),
    "a text that needs quotes": (
        {"one": ONE | {"text": "One: more"}},
        "  text: One\n",
        "  text: 'One: more'\n",
    ),
    "a text that gets lines": (
        {"one": ONE | {"text": "One\n\nmore"}},
        "  text: One\n",
        "  text: |-\n    One\n\n    more\n",
    ),
    "beside a comment": (
        {"one": ONE | {"when": "2026-12-01 10:00"}},
        "  when: 2026-12-01 09:00   # a Tuesday\n",
        "  when: 2026-12-01 10:00   # a Tuesday\n",
    ),
    "something new": (
        {"one": ONE | {"demand": "stop"}},
        "example.org/a\n",
        "example.org/a\n  demand: stop\n",
    ),
    "something less": ({"one": without(ONE, "link")}, "  link: https://example.org/a\n", ""),
    "in brackets": (
        {"two": TWO | {"text": "Two\nlines", "hashtags": ["a", "b"]}},
        'text: "Two, too", hashtags: [a]}',
        'text: "Two\\nlines", hashtags: [a, b]}',
    ),
    "new in brackets": (
        {"two": TWO | {"demand": "x"}},
        "hashtags: [a]}",
        "hashtags: [a], demand: x}",
    ),
    "less in brackets": ({"two": without(TWO, "hashtags")}, ", hashtags: [a]}", "}"),
    "a text of lines": (
        {"three": THREE | {"text": "Third"}},
        "    text: |-\n      Third\n\n      of three\n",
        "    text: Third\n",
    ),
    "a list": (
        {"three": THREE | {"accounts": ["our-x"]}},
        "    accounts:\n    - our-x\n    - their-x\n",
        "    accounts:\n    - our-x\n",
    ),
    "after a list": (
        {"three": THREE | {"poll": {"options": ["a", "b"], "minutes": "60"}}},
        "    - their-x\n",
        "    - their-x\n    poll:\n      options:\n      - a\n      - b\n      minutes: '60'\n",
    ),
    "two at once": ({"one": ONE | {"text": "Won"}, "two": None}, "  text: One\n", "  text: Won\n"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_only_the_differing_values_are_rewritten(name: str) -> None:
    fields, old, new = CHANGES[name]
    wanted = FILE.replace(old, new)
    assert wanted != FILE
    if "two" in fields and fields["two"] is None:
        wanted = "".join(row for row in wanted.splitlines(True) if not row.startswith("- {id: two"))
    assert edited(FILE, **fields) == wanted


@pytest.mark.parametrize("name", ["one", "three"])
def test_a_post_is_removed_with_its_own_lines_only(name: str) -> None:
    after = edited(FILE, **{name: None})
    assert [*places(after)] == [other for other in ("one", "two", "three") if other != name]
    for kept in ("# The team's own words.\n\n", "# between\n", "  # short\n", "# at the end\n"):
        assert kept in after


def test_the_last_post_is_changed_also_without_a_line_end() -> None:
    after = edited(FILE.removesuffix("# at the end\n").rstrip(), three=THREE | {"demand": "x"})
    assert after.endswith("    - their-x\n    demand: x")


def test_line_ends_of_windows_are_kept() -> None:
    after = edited(FILE.replace("\n", "\r\n"), one=ONE | {"text": "a\nb"}, three=None)
    assert after.count("\n") == after.count("\r\n") == FILE.count("\n") - 9 + 2


def test_a_post_within_a_campaign_file_is_changed_too() -> None:
    head = "campaign: ours\ntitle: Ours\nposts:\n"
    body = "".join(f"  {row}" if row.strip() else row for row in FILE.splitlines(keepends=True))
    after = edited(head + body + "timezone: UTC\n", one=ONE | {"text": "Won"})
    assert after == head + body.replace("text: One", "text: Won") + "timezone: UTC\n"


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a comment in a list": (
        FILE.replace("    - our-x\n", "    - our-x  # Ben\n"),
        {"three": THREE | {"accounts": ["their-x"]}},
        "a.yaml:20:1: Y116 The change would lose a comment",
    ),
    "a comment on a text": (
        FILE.replace("text: |-", "text: |-  # Ben"),
        {"three": THREE | {"text": "Third"}},
        "a.yaml:15:1: Y116 The change would lose a comment",
    ),
    "a comment beside what goes": (
        FILE.replace("org/a\n", "org/a  # Ben\n"),
        {"one": without(ONE, "link")},
        "a.yaml:9:1: Y116 The change would lose a comment",
    ),
    "in brackets": ("[{id: one, when: a, text: b}]\n", {"one": None}, "a.yaml:1:1: Y116 The post"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_change_that_would_lose_a_comment_is_refused(name: str) -> None:
    before, fields, words = REFUSED[name]
    with pytest.raises(UserError) as caught:
        edited(before, **fields)
    assert str(caught.value.problems[0]).startswith(words)


TEXTS = st.text(alphabet=st.sampled_from("ab #:-'\"\\{}[],&*!|>%@`\n\u00e9\U0001f525"), max_size=30)


@example(old=":", new="\n ", link=False, flow=False, note=False)
@example(old=":", new="a\n\n\n", link=False, flow=False, note=False)
@given(old=TEXTS, new=TEXTS, link=st.booleans(), flow=st.booleans(), note=st.booleans())
def test_any_text_is_changed_and_the_rest_stays(
    *, old: str, new: str, link: bool, flow: bool, note: bool
) -> None:
    first = {"id": "one", "text": old, "when": "2026-12-01 09:00"}
    text = dump_posts([first])
    if flow:
        text = "- " + yaml.safe_dump(first, default_flow_style=True, width=float("inf"))
    text = (text.rstrip("\n") + "  # note\n") if note else text
    before = f"# top\n{text}# between\n- id: two\n  text: Two\n# end\n"
    fields = first | {"text": new} | ({"link": "https://example.org"} if link else {})
    after = edited(before, one=fields)
    root, _ = parse_or_raise(after.encode(), "a.yaml")
    assert to_plain(list(posts_of(root))) == to_plain([fields, {"id": "two", "text": "Two"}])
    assert after.startswith("# top\n- ")
    assert after.endswith("# between\n- id: two\n  text: Two\n# end\n")
    assert ("# note" in after) is note


# --- Several files --------------------------------------------------------------------------------


def made(text: str) -> Callable[[bytes | None], bytes]:
    return lambda _: text.encode()


def test_of_several_files_all_are_written_or_none(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two" / "two.yaml"
    two.parent.mkdir()
    one.write_text("one")
    change_files({one: made("won"), two: made("too")}, lambda _: ())
    assert (one.read_text(), two.read_text()) == ("won", "too")
    two.unlink()
    two.mkdir()
    with pytest.raises(UserError):
        change_files({one: made("three"), two: made("three")}, lambda _: ())
    assert one.read_text() == "won"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_written_files_are_put_back_if_a_later_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.campaigns import editing

    one, new, last = (tmp_path / name for name in ("one.yaml", "new.yaml", "two.yaml"))
    one.write_text("one")
    real = editing._replace

    def full(path: Path, data: bytes) -> None:
        if path == last:
            raise UserError([])
        real(path, data)

    monkeypatch.setattr(editing, "_replace", full)
    with pytest.raises(UserError):
        change_files({one: made("won"), new: made("new"), last: made("last")}, lambda _: ())
    assert one.read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["one.yaml"]

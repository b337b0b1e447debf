"""Three habits that make our English hard to take in, counted and held down.

"What is" and its kin stand for a noun that the reader has to find. "Where" mostly stands for "if".
A colon in mid-sentence joins two thoughts. Codebases that read easily have them 0.1, 1 and 4 times
in 1,000 words.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))

HABITS = {
    "what is": (re.compile(r"\bwhat(?:ever)? (?:is|was|are|were)\b", re.IGNORECASE), 1.0),
    "where": (re.compile(r"\bwhere\b", re.IGNORECASE), 3.0),
    "colon": (
        re.compile(r"[\w)\]\"'”’*]:(?: +|\n[ #]*(?![\s#]*\n|\s*[-*\d]))(?=[\w\"'“*(])"),  # noqa: RUF001 - curly quotes
        6.0,
    ),
}
"""A habit's pattern, and how often it may stand in 1,000 words."""
CODE = re.compile(r"``[^`]*``|`[^`]*`|https?://\S+|\b\w+:\w+(?::\w+)*")
NOT_PROSE = re.compile(r"```.*?```|^    .*?$", re.DOTALL | re.MULTILINE)
DIRECTIVE = re.compile(r"#\s*(?:noqa|type:|ruff|mypy)")
BEGINNINGS = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
"""The tokens before a statement, besides comments and empty lines."""
QUERY = re.compile(r"\b(?:SELECT|UPDATE|INSERT|DELETE)\b")


def python_files(folder: str) -> list[Path]:
    """Return the files below a folder, without npm's packages, which are thousands of folders."""
    top = [path for path in (ROOT / folder).iterdir() if path.name != "node_modules"]
    return sorted(path for one in top for path in (one, *one.rglob("*")) if path.suffix == ".py")


def explanations(path: Path) -> Iterator[str]:
    """Yield the comments, and the strings that stand by themselves, fields' explanations too."""
    string, before = "", tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type == tokenize.COMMENT:
            if not DIRECTIVE.match(token.string):
                yield token.string.lstrip("# ")
        elif token.type != tokenize.NL:
            if token.type == tokenize.NEWLINE and string:
                yield ast.literal_eval(string)
            alone = token.type == tokenize.STRING and before in BEGINNINGS
            string, before = token.string if alone else "", token.type


def messages(path: Path) -> Iterator[str]:
    """Yield the strings of at least four words that code works with."""
    nodes = [*ast.walk(ast.parse(path.read_text()))]
    within = set()
    for node in nodes:
        if isinstance(node, ast.Expr):
            within.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            within |= {id(value) for value in node.values}
    for node in nodes:
        if id(node) in within:
            continue
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(
                str(value.value) if isinstance(value, ast.Constant) else "X"
                for value in node.values
            )
        if len(re.findall(r"[A-Za-z]{2,}", text)) >= 4 and not QUERY.search(text):
            yield text


def often(texts: Iterable[str]) -> dict[str, float]:
    """Return how often each habit stands in 1,000 words of these texts; code is one word."""
    prose = [CODE.sub("CODE", text) for text in texts]
    words = sum(len(text.split()) for text in prose)
    return {
        habit: 1000 * sum(len(pattern.findall(text)) for text in prose) / words
        for habit, (pattern, _) in HABITS.items()
    }


def kept(texts: Iterable[str], *habits: str) -> dict[str, float]:
    """Return how often each of these habits stands in the texts, if that is too often."""
    found = often(texts)
    return {habit: found[habit] for habit in habits if found[habit] > HABITS[habit][1]}


@pytest.mark.parametrize("folder", ["bot", "tests", "benchmarks"])
def test_docstrings_and_comments_keep_the_habits_rare(folder: str) -> None:
    texts = (text for path in python_files(folder) for text in explanations(path))
    assert kept(texts, *HABITS) == {}


def test_messages_keep_the_habits_rare() -> None:
    """Their colons are mostly those of ``place: message``, which is a form not a habit."""
    texts = (text for path in python_files("bot") for text in messages(path))
    assert kept(texts, "what is", "where") == {}


def test_pages_keep_the_habits_rare() -> None:
    assert kept((NOT_PROSE.sub("", page.read_text()) for page in PAGES), *HABITS) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Send what is due.", "what is"),
        ("Whatever was sent stays.", "what is"),
        ("None where the account is paused.", "where"),
        ("One transaction: all or nothing.", "colon"),
        ("One transaction:\nall or nothing.", "colon"),
        ('He said "no": nothing left.', "colon"),
        ("What a post is worth.", None),
        ("Whereas others wait.", None),
        ("At 12:30, ``file:3: CODE`` or `a: b` or https://example.org.", None),
        ("These states:\n\n- scheduled\n- sending", None),
        ("These states:\n- scheduled", None),
    ],
)
def test_only_the_habits_are_counted(text: str, found: str | None) -> None:
    assert [habit for habit, count in often([text]).items() if count] == ([found] if found else [])

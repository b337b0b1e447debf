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
from functools import cache
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
QUERY = re.compile(r"\b(?:SELECT|UPDATE|INSERT|DELETE)\b")


def python_files(folder: str) -> list[Path]:
    return [
        path for path in sorted((ROOT / folder).rglob("*.py")) if "node_modules" not in path.parts
    ]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def docstrings(path: Path) -> Iterator[str]:
    """Yield the strings that stand by themselves, fields' explanations too."""
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield text


def comments(path: Path) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type == tokenize.COMMENT and not DIRECTIVE.match(token.string):
            yield token.string.lstrip("# ")


def messages(path: Path) -> Iterator[str]:
    """Yield the strings of at least four words that code works with."""
    within = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Expr):
            within.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            within |= {id(value) for value in node.values}
    for node in ast.walk(parsed(path)):
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


def often(texts: Iterable[str], habit: str) -> float:
    """Return how often a habit stands in 1,000 words of these texts; code in them is one word."""
    pattern, _ = HABITS[habit]
    prose = [CODE.sub("CODE", text) for text in texts]
    words = sum(len(text.split()) for text in prose)
    return 1000 * sum(len(pattern.findall(text)) for text in prose) / words


@cache
def explanations(folder: str) -> list[str]:
    """Return all docstrings and comments below a folder."""
    return [text for path in python_files(folder) for text in (*docstrings(path), *comments(path))]


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("folder", ["bot", "tests", "benchmarks"])
def test_docstrings_and_comments_keep_the_habits_rare(folder: str, habit: str) -> None:
    assert often(explanations(folder), habit) <= HABITS[habit][1]


@pytest.mark.parametrize("habit", ["what is", "where"])
def test_messages_keep_the_habits_rare(habit: str) -> None:
    """Their colons are mostly those of ``place: message``, which is a form not a habit."""
    texts = (text for path in python_files("bot") for text in messages(path))
    assert often(texts, habit) <= HABITS[habit][1]


@pytest.mark.parametrize("habit", HABITS)
def test_pages_keep_the_habits_rare(habit: str) -> None:
    pages = (NOT_PROSE.sub("", page.read_text()) for page in PAGES)
    assert often(pages, habit) <= HABITS[habit][1]


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
    assert [habit for habit in HABITS if often([text], habit)] == ([found] if found else [])

"""Filling names into a text: Jinja's grammar, and nothing that computes.

Jinja parses; what it parsed is then read, not run. Only names of the campaign, texts in quotes,
``~`` and a few filters have a meaning, so no code is made, no attribute of a Python object is
reached, and no loop can run away. Blocks (``{% … %}``) are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, Union

from bot.campaigns.encoding import SURROGATE, UNSENDABLE
from bot.campaigns.kinds import MOST_TEXT
from bot.campaigns.problems import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import nodes
    from jinja2.sandbox import SandboxedEnvironment

_PLACES = "{{ fact.ID.figure }}, {{ demand.ask }}, {{ event.place }} or {{ campaign.title }}"

_SLIP = re.compile(
    # {fact.hart.claim }}
    r"(?<!\{)\{\s*(?P<word>fact|statement|demand|event|value|campaign)\s*[.\[]"
    r"|\A[^{]*\}\}",  # fact.hart.claim }}
)
"""What would be published with its braces, as it was typed."""

FILTERS: Mapping[str, Callable[[str], str]] = {
    "capitalize": str.capitalize,
    "lower": str.lower,
    "title": str.title,
    "trim": str.strip,
    "upper": str.upper,
}
"""What may stand after a ``|``: none makes a text much longer than it was."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A name that is known but has nothing to say, and why; no message: it is told elsewhere."""

    message: str = ""
    hint: str = ""


Names: TypeAlias = Mapping[str, Union[str, Absent, "Names"]]
"""What a text can name: mappings inside of mappings, texts at their ends."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong in a text, at a line of it (from 1), near a word."""

    code: str
    line: int
    word: str
    message: str
    hint: str


class _FlawError(Exception):
    def __init__(self, flaw: Flaw | None) -> None:
        super().__init__()
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its names filled in: None where that cannot be done, with every flaw found.

    None without a flaw means that a name stands for something whose own problem is told already.
    ``typed`` is the text without what has a source of its own; None where nothing has.
    """

    said: str | None
    flaws: list[Flaw]
    typed: str | None = None


MOST_MARKS = 30
"""Combining marks in a row: as many as Unicode's Stream-Safe Text Format has (UAX 15, 13)."""

_STACK = re.compile(rb"[^\0]{%d}" % (MOST_MARKS + 1))
_COMPOSED_MARKS = dict.fromkeys((0x0F73, 0x0F75, 0x0F81), "\u0301")
"""Marks by what they are made of, though not by their own class."""

MOST_FLAWS = 20
"""Flaws told of one text: a file of nothing but unknown names has thousands."""

FETCHED = "\x1a"
"""Stands in ``typed`` for what was fetched: the control character "substitute", which no text may
have. With it a text in Latin letters stays at one byte a character; U+FFFC would make that two."""

_SOURCED = {"fact", "statement", "event"}
"""What has a source or a form of its own, and is not held against facts again."""


def fill(text: str, names: Names) -> tuple[str | None, list[Flaw]]:
    """Fill the names into a text; see ``Filled``."""
    filled = fill_apart(text, names)
    return filled.said, filled.flaws


def fill_apart(text: str, names: Names) -> Filled:
    """Fill the names into a text, and tell what of it was typed."""
    filled = _fill(text, names)
    if filled.said is None or not _is_stacked(filled.said):
        return filled
    message = f"More than {MOST_MARKS} combining marks follow each other"
    return Filled(None, [Flaw("T405", 1, "", message, "Type that place anew.")])


def _is_stacked(text: str) -> bool:
    """Return whether bringing it to a normal form would take time by the square of its length."""
    if text.isascii():
        return False
    classes = bytes(map(unicodedata.combining, text.translate(_COMPOSED_MARKS)))
    return _STACK.search(classes) is not None


def _fill(text: str, names: Names) -> Filled:
    if slip := _SLIP.search(text):
        line = text[: slip.start()].count("\n") + 1
        hint = f"Write two on both sides, as {_PLACES}."
        return Filled(
            None, [Flaw("T401", line, slip["word"] or "", "A brace is missing here", hint)]
        )
    if not any(mark in text for mark in ("{{", "{%", "{#")):
        return Filled(text.rstrip(), [])
    if "{%" in text:
        line = text[: text.index("{%")].count("\n") + 1
        hint = f"Name what is to be filled in, as {_PLACES}."
        return Filled(None, [Flaw("T403", line, "", "Blocks ({% … %}) are not read here", hint)])
    try:
        plain = _filled_plain(text, names)
        return _filled(text, names) if plain is None else _whole(*plain)
    except (RecursionError, ValueError, OverflowError, MemoryError):
        flaw = _unreadable(1, "it is nested too deep, or a number in it is too long")
        return Filled(None, [flaw])


_PLAIN = re.compile(
    r"(?<!\{)\{\{ *((?:fact|statement|demand|event|value|campaign)"
    r"(?:\.[A-Za-z_][A-Za-z0-9_]*)+) *\}\}"
)
_NOT_PLAIN = re.compile(r"\{[{%#]|[%#}]\}|\r")
_FETCH = re.compile(r"""(?<![\w.])(fact|statement)\s*(?:\.\s*(\w+)|\[\s*['"]([^'"]+)['"]\s*\])""")


def fetched(text: str) -> list[tuple[str, str]]:
    """Give the facts and statements that a sound template fetches, as ``("fact", "hart")``."""
    places = [piece.partition("}}")[0] for piece in text.split("{{")[1:]]
    found = [one for place in places for one in _FETCH.findall(place)]
    return [(kind, name or quoted) for kind, name, quoted in found]


def _filled_plain(text: str, names: Names) -> tuple[list[str], list[str]] | None:
    """Fill in a text of which all that is to be filled in is a known name; None of any other.

    Most texts are such, and Jinja's parser takes ten times as long for them.
    """
    *pieces, end = _PLAIN.split(text)
    if any(map(_NOT_PLAIN.search, (*pieces[::2], end))):
        return None
    paths = [path.split(".") for path in pieces[1::2]]
    try:
        pieces[1::2] = [_named(path, names, 1) for path in paths]
    except _FlawError:
        return None
    typed = [*pieces, end]
    typed[1:-1:2] = [
        FETCHED if path[0] in _SOURCED else said
        for path, said in zip(paths, pieces[1::2], strict=True)
    ]
    return [*pieces, end], typed


def _filled(text: str, names: Names) -> Filled:
    from jinja2 import TemplateSyntaxError

    try:
        tree = _grammar().parse(text)
    except TemplateSyntaxError as error:
        return Filled(None, [_unreadable(error.lineno, error.message or "")])
    pieces: list[str] = []
    typed: list[str] = []
    flaws: list[Flaw] = []
    whole = True
    for node in _outputs(tree):
        try:
            pieces.append(_value(node, names))
            typed.append(FETCHED if _is_sourced(node) else pieces[-1])
        except _FlawError as error:
            whole = False
            flaws += [error.flaw] if error.flaw else []
            if len(flaws) == MOST_FLAWS:
                break
    if not whole:
        return Filled(None, flaws)
    return _whole(pieces, typed)


def _whole(pieces: list[str], typed: list[str]) -> Filled:
    said, flaws = _joined(pieces)
    return Filled(said, flaws, "".join(typed) if FETCHED in typed else None)


def _is_sourced(node: nodes.Node) -> bool:
    from jinja2 import nodes

    if isinstance(node, nodes.TemplateData):
        return False
    inner = [node] if isinstance(node, nodes.Name) else list(node.find_all(nodes.Name))
    return any(name.name in _SOURCED for name in inner)


def _joined(pieces: list[str]) -> tuple[str | None, list[Flaw]]:
    if sum(map(len, pieces)) > MOST_TEXT:
        message = f"Filled in, the text is longer than {MOST_TEXT} characters"
        return None, [Flaw("T404", 1, "", message, "Shorten it.")]
    text = "".join(pieces).rstrip()
    if not text or UNSENDABLE.search(text) or SURROGATE.search(text):
        message = "Filled in, the text " + ("has a control character" if text else "is empty")
        return None, [Flaw("T404", 1, "", message, "Mend what is filled in.")]
    return text, []


@cache
def _grammar() -> SandboxedEnvironment:
    # Only its parser is ever used: the sandbox is a second wall behind the one below.
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(keep_trailing_newline=True)


def _outputs(tree: nodes.Template) -> list[nodes.Node]:
    from jinja2 import nodes

    return [part for node in tree.body if isinstance(node, nodes.Output) for part in node.nodes]


def _unreadable(line: int, why: str) -> Flaw:
    hint = f"Write {_PLACES}."
    why = " ".join(why.split()).rstrip(".")[:120]
    return Flaw("T401", line, "", f"The template cannot be read: {why}", hint)


def _value(node: nodes.Node, names: Names) -> str:
    """Give what a piece of the text stands for; raises _FlawError for all but names and texts."""
    from jinja2 import nodes

    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return node.value
    if isinstance(node, nodes.Concat):
        return "".join(_value(item, names) for item in node.nodes)
    if isinstance(node, nodes.Filter):
        return _filtered(node, names)
    return _named(_path(node), names, node.lineno)


def _filtered(node: nodes.Filter, names: Names) -> str:
    change = FILTERS.get(node.name)
    if change is None or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        hint = f"These are: {', '.join(FILTERS)}, without brackets."
        message = f"The filter {shown(node.name)} is not one of ours"
        raise _FlawError(Flaw("T403", node.lineno, node.name, message, hint))
    assert node.node is not None
    return change(_value(node.node, names))


def _path(node: nodes.Node | None) -> list[str]:
    """Give the names in ``a.b.c`` or ``a['b'].c``; raises _FlawError for anything else."""
    from jinja2 import nodes

    steps: list[str] = []
    while not isinstance(node, nodes.Name):
        if isinstance(node, nodes.Getattr):
            steps.append(node.attr)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            steps.append(str(node.arg.value))
        else:
            raise _FlawError(_not_a_name(node))
        node = node.node
    return [node.name, *reversed(steps)]


def _not_a_name(node: nodes.Node | None) -> Flaw:
    from jinja2 import nodes

    line = node.lineno if node else 1
    if isinstance(node, nodes.Sub):
        hint = "Write ids that have hyphens with underscores: fact.prison_calls.claim."
        return Flaw("T403", line, "", "A minus is not read here", hint)
    hint = f"Only names are filled in, as {_PLACES}."
    return Flaw("T403", line, "", "This is not a name", hint)


def _named(path: list[str], names: Names, line: int) -> str:
    value: str | Absent | Names = names
    said: list[str] = []
    for step in path:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
            said.append(step)
        elif isinstance(value, Absent):
            break
        else:
            raise _FlawError(_unknown(step, said, value, line))
    if isinstance(value, str):
        return value
    if isinstance(value, Absent):
        flaw = Flaw("T402", line, said[-1], value.message, value.hint) if value.message else None
        raise _FlawError(flaw)
    message = f"{'.'.join(said)} has several values"
    raise _FlawError(Flaw("T402", line, said[-1], message, _one_of(".".join(said), value)))


def _one_of(said: str, names: Names) -> str:
    return "Name one: " + ", ".join(f"{said}.{name}" for name in list(names)[:6]) + "."


def _unknown(step: str, said: list[str], known: str | Names, line: int) -> Flaw:
    within = f" in {'.'.join(said)}" if said else ""
    hint = did_you_mean(step, () if isinstance(known, str) else known, "There is none.")
    return Flaw("T402", line, step, f"The name {shown(step)} is unknown{within}", hint)

"""Reading ``docs/architecture.md``, and tracing the calls of our functions."""

from __future__ import annotations

import ast
import logging
import re
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from inspect import CO_OPTIMIZED
from operator import attrgetter
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

ROOT = Path(__file__).parents[2]
BOT = ROOT / "bot"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

LAYERS = (
    {"pages", "xtext"},
    {"sandbox", "text"},
    {"secrecy"},
    {"clock", "errors", "files", "model"},
    {"extras", "link_marks"},
    {"schedules", "voice", "yamlsource"},
    {"media"},
    {"platforms"},
    {"config"},
    {"campaigns"},
    {"planning"},
    {"arrivals", "lint", "reports", "share"},
    {"database"},
    {"store"},
    {"alerts", "delivery", "engagement"},
    {"checking", "evidence"},
    {"runtime", "spreadsheets"},
    {"services"},
    {"web"},
    {"cli"},
)
"""Layers from the bottom up. A package imports only from layers below its own and from itself."""

_STEP = re.compile(r"^\d+\. `([\w.]+)`", re.MULTILINE)
_CONCEPT_ROW = re.compile(r"^\| `([\w.]+)` \|", re.MULTILINE)
_LEAF = re.compile(r"^- ((?:`[\w.*]+`(?:,\s+)?)+):", re.MULTILINE)


def section(title: str) -> str:
    """Return the text under a heading of the page, up to the next one of the same level."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def steps(title: str) -> list[str]:
    """Return the functions that a walk names, in its order, as ``module.Class.function``."""
    return _STEP.findall(section(title))


def concepts() -> list[str]:
    return _CONCEPT_ROW.findall(section("The concepts"))


@cache
def leaves() -> list[str]:
    """Return the modules that the page does not explain; ``lint.*`` means a whole package."""
    found = _LEAF.findall(section("What the walk takes at its word"))
    return [name for names in found for name in re.findall(r"`([\w.*]+)`", names)]


def covers(leaf: str, module: str) -> bool:
    """Return whether an entry of ``leaves`` is this module, or a package that it is in."""
    return module == leaf or (leaf.endswith(".*") and f"{module}.".startswith(leaf[:-1]))


def is_leaf(module: str) -> bool:
    """Return whether a module is one that the page does not explain."""
    return any(covers(leaf, module) for leaf in leaves())


@cache
def modules() -> dict[str, Path]:
    names = {path: path.relative_to(BOT).with_suffix("").parts for path in BOT.rglob("*.py")}
    return {".".join(name).removesuffix(".__init__"): path for path, name in names.items()}


def split_name(name: str) -> tuple[str, str]:
    """Return the module and the name in it of ``module.Class.function``. Raise LookupError."""
    known, pieces = modules(), name.split(".")
    for count in range(len(pieces) - 1, 0, -1):
        if ".".join(pieces[:count]) in known:
            return ".".join(pieces[:count]), ".".join(pieces[count:])
    raise LookupError(name)


# --- which functions run ---


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function of ours, with its caller of ours and its thread."""

    name: str
    caller: str | None
    thread: int


@dataclass
class Trace:
    """The calls of functions in ``bot``, in all new threads, except the sandbox's."""

    calls: list[Call] = field(default_factory=list)

    def called(self) -> list[str]:
        """Return the functions that were called."""
        return list(dict.fromkeys(call.name for call in self.calls))

    def calls_by_thread(self) -> list[list[str]]:
        """Return the functions that each thread called, in the order of its first calls.

        The order between two threads is chance.
        """
        found: dict[int, dict[str, None]] = {}
        for call in self.calls:
            found.setdefault(call.thread, {})[call.name] = None
        return [[*names] for names in found.values()]

    def callers(self, name: str) -> set[str]:
        return {call.caller for call in self.calls if call.name == name and call.caller}

    def called_by(self, name: str) -> set[str]:
        return {call.name for call in self.calls if call.caller == name}

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record the calls within the block, in this thread and in new ones.

        Logging is off, because its calls are not steps and depend on other tests.
        """
        logging.disable()
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
            logging.disable(logging.NOTSET)

    def _note(self, frame: FrameType, event: str, _: Any) -> None:
        name = _function_name(frame.f_code)
        # Nested code (a comprehension, a lambda) counts as its outer function.
        if event != "call" or name is None or "<locals>" in frame.f_code.co_qualname:
            return
        callers = [*_callers(frame)]
        if not any(one.startswith("sandbox.") for one in (name, *callers)):
            above = (one for one in callers if one != name)
            self.calls.append(Call(name, next(above, None), threading.get_ident()))


def _callers(frame: FrameType) -> Iterator[str]:
    """Yield the functions of ours that enclose a frame, innermost first."""
    above = frame.f_back
    while above:
        if name := _function_name(above.f_code):
            yield name
        above = above.f_back


@cache
def _function_name(code: CodeType) -> str | None:
    """Return ``module.Class.function`` of code of ours, or of its outer function if nested.

    The wrapper of a decorator counts as the decorated function.
    """
    path = Path(code.co_filename)
    if code.co_name == "decorated":
        return None
    if not path.is_relative_to(BOT) or not code.co_flags & CO_OPTIMIZED:  # a module's, a class's
        return None
    module = ".".join(path.relative_to(BOT).with_suffix("").parts).removesuffix(".__init__")
    inner = code.co_qualname.split(".<locals>")[0]
    return f"{module}.{inner}"


# --- types of parameters and results ---


def top_package(name: str) -> str:
    """Return the package, or the module at the top, that a dotted name of ours is in."""
    return name.removeprefix("bot.").split(".")[0]


def annotated_types(name: str) -> dict[object, str]:
    """Return our classes and unions in a function's signature, each with its package."""
    module, inner = split_name(name)
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    function: Any = tree
    for piece in inner.split("."):
        function = next(one for one in function.body if getattr(one, "name", None) == piece)
    arguments = [*function.args.args, *function.args.kwonlyargs]
    noted = filter(None, [*(one.annotation for one in arguments), function.returns])
    words = {one.id for tree in noted for one in ast.walk(tree) if isinstance(one, ast.Name)}
    homes = {
        alias.name: str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("bot.")
        for alias in node.names
    }
    found: dict[object, str] = {}
    for word in words:
        home = homes.get(word, f"bot.{module}")
        thing = getattr(import_module(home), word, None)
        if isinstance(thing, UnionType):
            found[thing] = top_package(home)
        elif isinstance(thing, type) and thing.__module__.startswith("bot."):
            found[thing] = top_package(thing.__module__)
    return found


def resolve(name: str) -> object:
    """Return the object of a dotted name of ours."""
    module, inner = split_name(name)
    return attrgetter(inner)(import_module(f"bot.{module}"))

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.architecture import LAYERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ROOT = Path(__file__).parents[2]
BOT = ROOT / "bot"

PURE = (
    *("campaigns", "link_marks", "lint", "model", "planning", "reports", "schedules", "secrecy"),
    *("text", "voice", "xtext", "yamlsource"),
)
NETWORK = {
    "requests",
    "tweepy",
    "atproto_client",
    "mastodon",
    "urllib.request",
    "http.client",
    "socket",
    "httpx",
    "uvicorn",
}
LONGEST_FILE = 350
MOST_MODULES = 15
LARGE = {"cli", "reports", "services", "store", "web"}
"""Packages with a module for each command, part of a report, use case, kind of record or page."""
LONGEST_FUNCTION = 40  # lines of body, docstring included


def files() -> list[Path]:
    frozen = {"starter", "versions"}  # templates and migrations, which may be longer
    return sorted(path for path in BOT.rglob("*.py") if not frozen & {*path.parts})


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


@cache
def imported(path: Path) -> frozenset[str]:
    names = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def modules_used(path: Path, known: Collection[str]) -> set[str]:
    """Return the modules of which something is imported, without packages of imported modules."""
    used = {name for name in imported(path) if name in known}
    return used - {
        node.module
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        and node.module
        and all(f"{node.module}.{alias.name}" in known for alias in node.names)
    }


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(path: Path) -> str:
    first = path.relative_to(BOT).parts[0]
    return first.removesuffix(".py")


def packages_used(path: Path) -> set[str]:
    names = {name.split(".")[1] for name in imported(path) if name.startswith("bot.")}
    known = set().union(*LAYERS)
    return {name for name in names if name in known}


def layer(name: str) -> int:
    return next(number for number, packages in enumerate(LAYERS) if name in packages)


MODULES = [path for path in files() if package_of(path) not in {"__init__", "__main__"}]


def test_every_package_is_on_a_layer() -> None:
    assert {package_of(path) for path in MODULES} == set().union(*LAYERS)


def test_the_docstring_of_bot_names_every_package() -> None:
    words = (BOT / "__init__.py").read_text()
    assert [name for name in sorted(set().union(*LAYERS)) if f" {name}" not in words] == []


def test_imports_run_downward() -> None:
    upward = {
        f"{path.relative_to(BOT)} imports {name}"
        for path in MODULES
        for name in packages_used(path)
        if name != package_of(path) and layer(name) >= layer(package_of(path))
    }
    assert upward == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions and for types count, because they only hide a circle."""
    paths = {module_name(path): path for path in files()}
    graph = {name: modules_used(path, paths.keys()) - {name} for name, path in paths.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


def test_pure_packages_know_no_store_no_platform_and_no_network() -> None:
    impure = {
        f"{path.relative_to(BOT)} imports {name}"
        for path in MODULES
        if package_of(path) in PURE
        for name in (
            *packages_used(path) & {"database", "store", "platforms"},
            *imported(path) & NETWORK,
        )
    }
    assert impure == set()


def test_the_sandbox_imports_nothing_of_ours_but_xtext() -> None:
    """``xtext/test_reference.py`` compares that package with X's own code."""
    used = set().union(*(packages_used(path) for path in files() if package_of(path) == "sandbox"))
    assert used == {"sandbox", "xtext"}


def test_only_the_loop_imports_apscheduler() -> None:
    users = {
        str(path.relative_to(BOT))
        for path in files()
        for name in imported(path)
        if name.split(".")[0] == "apscheduler"
    }
    assert users == {"runtime/scheduler.py"}


def _wall_clock_reads(path: Path) -> list[int]:
    reads = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
    return [
        node.lineno
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in reads
    ]


def test_only_the_clock_reads_the_wall_clock() -> None:
    readers = {str(path.relative_to(BOT)) for path in files() if _wall_clock_reads(path)}
    assert readers == {"clock.py"}


def test_modules_stay_within_their_length() -> None:
    long = {str(path) for path in files() if len(path.read_text().splitlines()) > LONGEST_FILE}
    assert long == set()


def test_functions_stay_within_their_length() -> None:
    long = {
        f"{path.relative_to(BOT)}: {node.name}"
        for path in files()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.body[0].lineno + 1 > LONGEST_FUNCTION
    }
    assert long == set()


def test_packages_can_be_surveyed() -> None:
    sizes = Counter(path.parent for path in files() if path.name != "__init__.py")
    large = {str(path.relative_to(BOT)) for path, size in sizes.items() if size > MOST_MODULES}
    assert large <= LARGE


def test_few_modules_are_loose() -> None:
    loose = {path.stem for path in BOT.glob("*.py")} - {"__init__", "__main__"}
    assert loose == {
        *("clock", "errors", "evidence", "extras", "files", "link_marks", "secrecy", "text"),
    }


def test_no_module_has_a_vague_name() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert {path.stem for path in files()} & vague == set()


# --- Services make views, and commands only format them -------------------------------------------

LIBRARY_TYPES = {"cli/main.py", "cli/options.py"}
"""Modules that extend typer, whose own functions take or return Any."""

OTHERS_JSON = {"sandbox", "platforms"}
"""Packages that use the networks' own JSON, which only the networks define."""

RAW_JSON = {
    "campaigns/validation.py: campaign_file_schema",  # a JSON Schema
    "database/rows.py: get_all",  # values of the table ``meta``, which each owner reads itself
}


def test_services_and_commands_know_the_type_of_everything() -> None:
    loose = {
        f"{path.relative_to(BOT)}:{node.lineno}"
        for path in MODULES
        if package_of(path) in {"services", "cli"}
        and str(path.relative_to(BOT)) not in LIBRARY_TYPES
        for node in nodes(path)
        if isinstance(node, ast.Name) and node.id == "Any"
    }
    assert loose == set()


def test_commands_do_not_import_the_store() -> None:
    users = {
        f"{path.relative_to(BOT)} imports {name}"
        for path in MODULES
        if package_of(path) == "cli"
        for name in packages_used(path) & {"store", "database"}
    }
    assert users == set()


def test_commands_hand_the_app_to_services_and_use_none_of_its_attributes() -> None:
    """``run`` is exempt because it is the loop."""
    looks = {
        f"{path.relative_to(BOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in MODULES
        if package_of(path) == "cli" and path.stem != "run"
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value).rpartition(".")[2] in {"app", *_app_names(path)}
        and not _is_typer(path, node)
    }
    assert looks == set()


@cache
def _app_names(path: Path) -> set[str]:
    """Return a module's names of an app, opened by it or received as a parameter."""
    names = set()
    for node in nodes(path):
        if isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            opens = ast.unparse(node.context_expr).partition("(")[0]
            names |= {node.optional_vars.id} if opens == "open_app" else set()
        if isinstance(node, ast.arg) and node.annotation and ast.unparse(node.annotation) == "App":
            names.add(node.arg)
    return names


def _is_typer(path: Path, node: ast.Attribute) -> bool:
    """Return whether the node is the module's group of commands, which is also called ``app``."""
    return "command_group" in path.read_text() and node.attr in {"command", "callback"}


def test_no_dictionary_of_anything_crosses_a_package() -> None:
    users: dict[str, set[str]] = defaultdict(set)
    for path in files():
        for name in imported(path):
            users[name].add(package_of(path))
    crossing = {
        f"{path.relative_to(BOT)}: {name}"
        for path in MODULES
        if package_of(path) not in OTHERS_JSON
        for owner, name in _returning_dictionaries_of_anything(path)
        for module in [".".join(path.relative_to(ROOT).with_suffix("").parts)]
        if (users[module] | users[f"{module}.{owner}"]) - {package_of(path)}
    }
    assert crossing - RAW_JSON == set()


def _returning_dictionaries_of_anything(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the public functions and methods as the name to import and their own name."""
    for node in ast.parse(path.read_text()).body:
        for found in node.body if isinstance(node, ast.ClassDef) else [node]:
            if not isinstance(found, ast.FunctionDef) or found.name.startswith("_"):
                continue
            if found.returns and "dict[str, Any]" in ast.unparse(found.returns):
                yield (node.name if isinstance(node, ast.ClassDef) else found.name), found.name

"""Damaged campaign files and spreadsheets, each made from a number, and a script that checks them.

The script takes a kind, a first number and a count, checks these files, and prints a
``FuzzResult`` as JSON. A file fails if checking it raises anything but ``UserError``. The script's
address space is limited, which makes a file fail that needs too much memory.
"""

from __future__ import annotations

import json
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
POSTS = ROOT / "posts"
CAMPAIGN = "people-over-profit.yaml"
NOW = datetime(2022, 7, 10, 12, tzinfo=UTC)
MEMORY_LIMIT = 200 * 1024 * 1024
"""Bytes of address space that the script may take after all imports."""

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Loads texts only, by the C library if PyYAML has it, which is ten times as fast."""

MAX_POSTS = 4
"""Largest number of posts in most files; fewer posts let damage hit the other parts as often."""


@dataclass
class FuzzResult:
    """The result of checking a range of files."""

    count: int = 0
    """Number of files checked."""
    sound: int = 0
    """Number of files without an error."""
    slowest: float = 0.0
    """Processor time of the slowest file, in seconds."""
    slowest_number: int = -1
    """Number of the slowest file."""
    resident: int = 0
    """Peak of resident memory, in bytes."""
    codes: list[str] = field(default_factory=list)
    """Codes of all errors, sorted, each once."""
    failures: dict[int, str] = field(default_factory=dict)
    """Tracebacks by the file's number."""


# --- From a number to a file ----------------------------------------------------------------------

TOKENS = (
    *"\\'\"[]{}|>#?-:&*!%@,~=+$",
    *("|-", ">-", "<<"),
    *("\t", "\0", "\n", " ", "  ", "- ", ": ", "\r", "\x85", "\u2028", "\ufeff", "\u202e"),
    *("&a ", "*a", "!!str ", "!!python/object:os.system ", "<<: *a", "? ", "---\n", "...\n"),
    *("{{", "}}", "{%", "{{ fact", "{{ fact.hart.figure }}", "{{ event.place }}", "|upper"),
    *("{{ value.x }}", "{{ statement.hayes.words }}", "{{ demand.ask }}", "\\ud83d", "\\x00"),
    *("null", "true", "no", "9" * 400, "-1d", "+2h", "../", "../../etc/passwd", "media/hart.png"),
    *("posts:", "when:", "every: day", "event: nyc", "events: [nyc, chicago]", "slot: next"),
    *("at: 25:00", "id: one\n", "campaign: a\n", "text: ", "thread:", "wordings:", "values:"),
    *("facts: [hart]", "statements: []", "expires: 2h", "embargo: 2022-07-01 09:00"),
    *("require_approval: 3", "review_by: 2022-01-01", "partners: [athena]", "author: Ana"),
    *("9999-12-31 23:59", "0001-01-01 00:00", "2022-03-13 02:30", "FREQ=DAILY;COUNT=0"),
    *("FREQ=SECONDLY", "Europe/Nowhere", "https://example.org", "http://[::1", "$6 billion"),
    *("# groundswell: allow L801 because", "“", "”", "@someone", "#tag" * 5, "$AMZN $T"),
    *("\U0001f469\u200d\U0001f680", "e\u0301" * 20, "\u0430mazon.com", "A" * 3000, "\n" * 50),
)


def damaged_campaign(number: int) -> bytes:
    """Return the campaign file of a number, which is always the same."""
    chance = random.Random(number)  # noqa: S311 - not for a secret
    make = chance.choices(
        (mutate_bytes, insert_tokens, mutate_lines, mutate_nodes, random_yaml), (2, 3, 2, 4, 1)
    )[0]
    return make(chance)


def example_campaign(chance: random.Random) -> str:
    """Return the example campaign with a few of its posts, or at times with all of them."""
    text = (POSTS / CAMPAIGN).read_text(encoding="utf-8")
    if chance.random() < 0.05:
        return text
    head, _, rest = text.partition("\nposts:\n")
    posts = [f"  - id:{post}" for post in rest.split("  - id:")[1:]]
    return f"{head}\nposts:\n" + "".join(chance.sample(posts, chance.randint(1, MAX_POSTS)))


def mutate_bytes(chance: random.Random) -> bytes:
    """Change, remove, insert or cut off bytes."""
    data = bytearray(example_campaign(chance).encode())
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        gone = chance.choice((0, 0, 1, 1, 3, chance.randrange(200)))
        data[at : at + gone] = chance.randbytes(chance.choice((0, 1, 1, 4)))
    return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.1 else data)


def insert_tokens(chance: random.Random) -> bytes:
    """Insert pieces of YAML, templates and values in wrong places."""
    text = example_campaign(chance)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text) + 1)
        gone = chance.choice((0, 0, 1, chance.randrange(40)))
        text = text[:at] + chance.choice(TOKENS) + text[at + gone :]
    return text.encode()


def mutate_lines(chance: random.Random) -> bytes:
    """Move, repeat, indent, cut and join lines."""
    lines = example_campaign(chance).splitlines(keepends=True)
    for _ in range(chance.randint(1, 6)):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[at : at + chance.choice((0, 1, 1, 5))] = chance.choice(
            (
                [lines[other]],
                [lines[other]] * chance.choice((2, 50)),
                ["  " + lines[at]],
                [lines[at].lstrip()],
                [lines[at].replace(":", "", 1)],
                [lines[at].rstrip() + lines[other]],
                [],
            ),
        )
        lines = lines or ["\n"]
    return "".join(lines).encode()


def mutate_nodes(chance: random.Random) -> bytes:
    """Replace nodes of the parsed file, and write it as YAML again."""
    tree = yaml.load(example_campaign(chance), _LOADER)  # noqa: S506 - loads texts only
    for _ in range(chance.randint(1, 5)):
        places = list(_places(tree))
        holder, key = chance.choice(places)
        match chance.randrange(5):
            case 0:
                del holder[key]
            case 1:
                other, where = chance.choice(places)
                holder[key] = _copy(other.get(where) if isinstance(other, dict) else other[where])
            case 2 if isinstance(holder, dict):
                holder[chance.choice(_KEYS)] = _value(chance, 3)
            case _:
                holder[key] = _value(chance, 3)
        if not list(_places(tree)):
            break
    return _dumped(chance, tree)


def random_yaml(chance: random.Random) -> bytes:
    """Return YAML of known keys with values of any kind, or a row of random tokens."""
    if chance.random() < 0.3:
        return "".join(chance.choice(TOKENS) for _ in range(chance.randint(1, 60))).encode()
    return _dumped(chance, _value(chance, 6))


_KEYS = (
    *("campaign", "title", "timezone", "accounts", "hashtags", "facts", "statements", "demands"),
    *("events", "posts", "id", "when", "text", "thread", "media", "poll", "wordings", "values"),
    *("expires", "event", "demand", "link", "author", "claim", "figure", "source", "as_of"),
    *("review_by", "speaker", "role", "quote", "paraphrase", "ask", "target", "name", "place"),
    *("starts", "ends", "cancelled", "every", "at", "from", "until", "offset", "slot", "embargo"),
    *("require_approval", "partners", "reply_settings", "options", "hours", "file"),
    *("alt", "x", "", "<<", "nyc", "hart", "a" * 2000, "é", "\u202e", "123"),
)


def _value(chance: random.Random, depth: int) -> Any:
    if depth and chance.random() < 0.5:
        if chance.random() < 0.5:
            return [_value(chance, depth - 1) for _ in range(chance.randrange(5))]
        return {chance.choice(_KEYS): _value(chance, depth - 1) for _ in range(chance.randrange(6))}
    if chance.random() < 0.02:
        return _nested_list(chance.randint(5, 60))
    return chance.choice((*TOKENS, *_KEYS, None, True, 7, 1.5, "Hello", "2022-07-12 09:00", ""))


def _nested_list(depth: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = [value]
    return value


def _places(node: Any) -> Any:
    """Yield every node of a tree as its container and its key."""
    if isinstance(node, dict):
        pairs: Any = list(node.items())
    else:
        pairs = list(enumerate(node)) if isinstance(node, list) else []
    for key, value in pairs:
        yield node, key
        yield from _places(value)


def _copy(node: Any) -> Any:
    return json.loads(json.dumps(node))


def _dumped(chance: random.Random, tree: Any) -> bytes:
    style = chance.choice((None, False, True))
    written = yaml.safe_dump(
        tree, allow_unicode=chance.random() < 0.8, default_flow_style=style, sort_keys=False
    )
    return written.encode("utf-8", "surrogatepass")


# --- From a number to a spreadsheet ---------------------------------------------------------------

_COLUMNS = (
    *("id", "campaign", "when", "date", "time", "event", "offset", "accounts", "text", "wording"),
    *("demand", "facts", "statements", "media", "alt", "poll", "poll_for", "link", "hashtags"),
    *("expires", "reply_settings", "author", "state", "notes", "unknown", "", "Text", "When"),
)
_CELLS = (
    *TOKENS,
    *("", "", "", "Hello", "One\n---\nTwo", "---", "2022-07-12 09:00", "7/12/2022", "9:00 AM"),
    *("next slot", "nyc", "1d before", "-1d", "2h after end", "mediajustice-x", "none", "24h"),
    *("=1+1", "'=1+1", "+1", "@here", "=cmd|' /C calc'!A0", "#NAME?", "####", '"', '""', "'"),
    *("media/hart.png\nmedia/ring.png", "x" * 140_000, "planned", "cancelled", "take-hart-off-aws"),
)


def damaged_spreadsheet(number: int) -> bytes:
    """Return the spreadsheet of a number, which is always the same."""
    chance = random.Random(number)  # noqa: S311 - not for a secret
    between = chance.choice(",,;\t")
    columns = ["text", "when", *chance.choices(_COLUMNS, k=chance.randint(0, 6))]
    rows = [columns, *(_cells(chance, columns) for _ in range(chance.randint(0, 5)))]
    break_ = chance.choice(("\n", "\r\n", "\r"))
    text = break_.join(between.join(map(_quoted, row)) for row in rows)
    data = bytearray(text.encode())
    for _ in range(chance.choice((0, 0, 0, 1, 4))):
        at = chance.randrange(len(data) + 1)
        data[at : at + chance.choice((0, 1, 9))] = chance.randbytes(chance.choice((0, 1, 3)))
    return chance.choice((b"", b"", b"\xef\xbb\xbf", b"sep=;\r\n", b"\xff\xfe")) + bytes(data)


def _cells(chance: random.Random, columns: list[str]) -> list[str]:
    cells = [chance.choice(_CELLS) for _ in columns]
    if chance.random() < 0.7:
        cells[:2] = ["Hello", f"2022-07-12 {chance.randrange(24):02}:{chance.randrange(60):02}"]
    if chance.random() < 0.6:
        cells[2:] = [""] * len(cells[2:])
    return cells if chance.random() < 0.9 else cells + ["more"] * chance.randint(1, 3)


def _quoted(cell: str) -> str:
    return f'"{cell.replace(chr(34), chr(34) * 2)}"' if set(cell) & set('",;\t\r\n') else cell


# --- Checking them --------------------------------------------------------------------------------


def campaign_checker(folder: Path) -> Callable[[int], list[str]]:
    """Return a function that checks a number's campaign file and returns its errors' codes."""
    from bot.checking import Checker
    from bot.config import load

    accounts = load(ROOT / "config.example.yaml", {}).accounts
    path = folder / "posts" / CAMPAIGN

    def check(number: int) -> list[str]:
        found = (
            Checker(folder / "posts", accounts, {path: damaged_campaign(number)})
            .check(NOW)
            .problems
        )
        for problem in found:
            assert problem.code, problem
            assert min(problem.line, problem.column) >= 0, problem
            assert str(problem).isprintable(), problem
        return [problem.code for problem in found if problem.level == "error"]

    return check


def spreadsheet_checker(folder: Path) -> Callable[[int], list[str]]:
    """Return a function that tries to import a number's spreadsheet and returns its codes."""
    from bot.config import load
    from bot.errors import UserError
    from bot.spreadsheets.importing import ImportRequest, import_file

    shutil.copy(ROOT / "config.example.yaml", folder / "config.yaml")
    config, path = load(folder / "config.yaml", {}), folder / "sheet.csv"
    request = ImportRequest(sheet=path, author="Ana", dry_run=True)

    def check(number: int) -> list[str]:
        path.write_bytes(damaged_spreadsheet(number))
        try:
            import_file(config, request, NOW)
        except UserError as error:
            return [problem.code for problem in error.problems]
        return []

    return check


def failing_checker(folder: Path) -> Callable[[int], list[str]]:
    """Return a function that fails at some numbers, to test the harness itself."""

    def check(number: int) -> list[str]:
        if number == 1:
            raise LookupError("seeded")
        return [f"{len(bytearray(2 * MEMORY_LIMIT))}"] if number == 2 else []

    return check


CHECKERS = {"yaml": campaign_checker, "csv": spreadsheet_checker, "seeded": failing_checker}


def check_range(kind: str, first: int, count: int) -> FuzzResult:
    """Check so many files from a number on, however many of them fail."""
    seen = FuzzResult()
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(POSTS, Path(name, "posts"))
        check = CHECKERS[kind](Path(name))
        check(first)  # to import all modules
        _limit_memory()
        for number in range(first, first + count):
            _check_one(check, number, seen)
    seen.codes = sorted(set(seen.codes))
    seen.resident = _peak_memory()
    return seen


def _peak_memory() -> int:
    """Return the peak of this process's resident memory, in bytes.

    On Linux, ``ru_maxrss`` may count the parent's memory from before the exec, so the figure of
    ``/proc`` is used.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _check_one(check: Callable[[int], list[str]], number: int, seen: FuzzResult) -> None:
    began = time.process_time()
    try:
        codes = check(number)
    except Exception:  # noqa: BLE001 - any exception is a failure
        seen.failures[number] = traceback.format_exc()
        codes = ["failed"]
    took = time.process_time() - began
    seen.count += 1
    seen.sound += not codes
    seen.codes += codes
    if took > seen.slowest:
        seen.slowest, seen.slowest_number = took, number


def _limit_memory() -> None:
    """Limit the address space to its present size plus ``MEMORY_LIMIT``, on Linux only."""
    if sys.platform != "linux":
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY_LIMIT
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    kind, first, count = sys.argv[1:]
    sys.stdout.write(json.dumps(asdict(check_range(kind, int(first), int(count)))))

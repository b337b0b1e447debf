"""How much disk an installation takes, with each extra.

Nothing is downloaded. The libraries are those that ``make install`` has installed, which are the
locked ones, with the bytecode that pip compiled. Which of them an installation has follows from
``pyproject.toml``. Groundswell itself is a wheel, built and unpacked here. Files and folders take
whole blocks of 4,096 bytes, as on most disks, and MB are 10^6 bytes. pip itself is not counted,
because only an environment made by ``venv`` has it. The table in ``docs/install.md`` gets the
figures.
"""

from __future__ import annotations

import compileall
import re
import sys
import tempfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from bench_support import ROOT, row, title

sys.path.append(str(ROOT / ".ci"))

from distribution.archives import build_wheel
from distribution.runtime import runtime_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

PAGE = ROOT / "docs" / "install.md"
BASE, ALL = "none", "all"
"""The first cells of the rows for an installation without any extra, and with all of them."""
BLOCK = 4096
LARGE = 2_000_000
"""A library is listed if it takes more bytes than this."""


def main() -> None:
    """Measure, print, and write the table."""
    title("Size of an installation")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    runtime = runtime_in(ROOT)
    sizes = {pin.name: size_of_library(pin.name) for pin in runtime.pins}
    sizes = {name: size for name, size in sizes.items() if size}  # some are for other systems
    base = sizes.keys() - runtime.extras.keys()
    figures = {BASE: cells(sizes, base, size_of_wheel(), "")}
    for extra in tomllib.loads(text)["project"]["optional-dependencies"]:
        added = {name for name in sizes if extra in runtime.extras.get(name, ())}
        figures[extra] = cells(sizes, added, 0, "+")
    figures[ALL] = cells(sizes, sizes.keys(), size_of_wheel(), "")
    for name, (megabytes, count) in figures.items():
        row(name, f"{megabytes:>6} MB, {count:>4} libraries")
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        if sizes[name] > LARGE:
            row(f"  {name}", f"{sizes[name] / 1e6:6.1f} MB")
    PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")
    print()


def cells(sizes: dict[str, int], names: Collection[str], more: int, sign: str) -> tuple[str, str]:
    """Return the megabytes and the number of these libraries, as in the table."""
    megabytes = (sum(sizes[name] for name in names) + more) / 1e6
    return f"{sign}{megabytes:.0f}", f"{sign}{len(names)}"


def size_of_library(name: str) -> int:
    """Return the bytes on disk of a library that is installed here, or 0."""
    try:
        files = metadata.distribution(name).files or ()
    except metadata.PackageNotFoundError:
        return 0
    return size_of(Path(str(file.locate())) for file in files)


def size_of_wheel() -> int:
    """Return the bytes on disk of Groundswell itself."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build_wheel(ROOT, folder, epoch=0)
        zipfile.ZipFile(wheel).extractall(folder / "wheel")
        compileall.compile_dir(folder / "wheel", quiet=2)
        return size_of((folder / "wheel").rglob("*"))


def size_of(paths: Iterable[Path]) -> int:
    """Return the bytes that files and their folders take on a disk with blocks."""
    files = [path for path in paths if path.is_file()]
    blocks = sum(-(-file.stat().st_size // BLOCK) for file in files)
    return (blocks + len({file.parent for file in files})) * BLOCK


def with_figures(page: str, figures: dict[str, tuple[str, str]]) -> str:
    """Return the page with the figures in the last two cells of each row of the table."""
    for name, (megabytes, count) in figures.items():
        line = re.compile(rf"^(\| `?{name}`? \| [^|]+ \|) [^|]+ \| [^|]+ \|$", re.MULTILINE)
        page, found = line.subn(rf"\1 {megabytes} | {count} |", page)
        if not found:
            sys.exit(f"{PAGE} has no row for {name}.")
    return page


if __name__ == "__main__":
    main()

"""The benchmarks, which run seldom, still import and still fit the present tables."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.store import ON_SQLITE

from bot.extras import EXTRAS

if TYPE_CHECKING:
    from helpers.store import Store

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("name", sorted(path.stem for path in BENCHMARKS.glob("*.py")))
def test_a_benchmark_finds_all_that_it_imports(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    import_module(name)


@ON_SQLITE
class TestLargeRecord:
    def test_it_fits_the_tables(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(BENCHMARKS)
        record = import_module("large_record")
        made = record.write(store.database, posts=4)
        assert made.snapshots > made.posts == 4


def test_the_table_of_sizes_has_a_row_for_each_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    bench = import_module("bench_size")
    figures = dict.fromkeys((bench.BASE, *EXTRAS, bench.ALL), ("+1", "+2"))
    page = bench.with_figures(bench.PAGE.read_text(encoding="utf-8"), figures)
    assert page.count("| +1 | +2 |\n") == len(EXTRAS) + 2

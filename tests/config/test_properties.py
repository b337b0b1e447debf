from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from bot.config.reading import read
from bot.config.schema import AccountForm, ConfigForm, LogForm

if TYPE_CHECKING:
    import pytest

KEYS = [*ConfigForm.model_fields, *AccountForm.model_fields, *LogForm.model_fields, "our-x"]
CANARY = "Zq9canaryZq9"
"""Stands in the place of every value that is not valid for a key."""

_key = st.sampled_from(KEYS) | st.text(max_size=8)
_value = st.sampled_from(
    [CANARY, f"https://{CANARY}", f"postgresql://me:{CANARY}@h", f"1-{CANARY}", f"@{CANARY} x"]
)
_good = st.sampled_from(["x", "15m", "true", "posts", "info", "text", "12.50", ""])
_tree = st.recursive(
    _value | _good,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_key, inner, max_size=6),
    max_leaves=20,
)


def read_config(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> tuple[Any, str]:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(data)
    form, problems = read(file)
    assert (form is None) <= bool(problems)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
    assert all("\n" not in str(problem) for problem in problems)
    return form, "\n".join(map(str, problems))


@given(st.dictionaries(_key, _tree, max_size=6))
def test_any_tree_gives_a_form_or_problems_that_show_no_value(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Any]
) -> None:
    _, text = read_config(
        tmp_path_factory, json.dumps(tree, ensure_ascii=False).encode(errors="replace")
    )
    assert CANARY not in text


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace"))
)
def test_any_bytes_give_a_form_or_problems(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    read_config(tmp_path_factory, data)

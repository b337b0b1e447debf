"""What CI's run has and a plain one has not: more than Python beside it, and more examples."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

WANTED = os.environ.get("CI") == "true"
"""Whether tests use a browser, and servers and code of the platforms.

A plain run, which is to be quick, needs nothing but Python.
"""


def examples(most: int) -> int:
    """Return how many examples of a property are tried: in a plain run a third."""
    return most if WANTED else most // 3


def skip_without(what: str, install: str) -> NoReturn:
    """Skip, with the line that installs it; where everything must run, fail."""
    if WANTED:
        pytest.fail(f"CI needs {what}: {install}")
    pytest.skip(f"With {what} ({install}), CI=true make test runs it.")

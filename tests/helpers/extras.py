"""The differences of CI's run, which uses more programs than Python and tries more examples."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

WANTED = os.environ.get("CI") == "true"
"""Whether tests use a browser, and servers and code of the platforms.

A plain run, which is to be quick, needs nothing but Python.
"""


def examples(most: int) -> int:
    """Return the number of examples of a property to try, which is a third in a plain run."""
    return most if WANTED else most // 3


def left_to_ci(*, wanted: bool = WANTED) -> pytest.MarkDecorator:
    """Mark tests that build wheels, or that try what is installed in an environment of its own.

    They take long, and few changes of the code are a reason to run them. In CI's run they fail if
    they cannot be run.
    """
    return pytest.mark.skipif(
        not wanted, reason="CI=true make test builds wheels, and tries what is installed."
    )


def skip_without(what: str, install: str) -> NoReturn:
    """Skip the test with the line that installs the missing part, or fail in CI."""
    if WANTED:
        pytest.fail(f"CI needs {what}: {install}")
    pytest.skip(f"With {what} ({install}), CI=true make test runs it.")

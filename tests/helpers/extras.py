"""What some tests need beside Python: a browser, and servers and code of the platforms."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

WANTED = os.environ.get("CI") == "true"
"""Whether tests use them. A plain run, which is to be quick, needs nothing but Python."""


def skip_without(what: str, install: str) -> NoReturn:
    """Skip, with the line that installs it; where everything must run, fail."""
    if WANTED:
        pytest.fail(f"CI needs {what}: {install}")
    pytest.skip(f"With {what} ({install}), CI=true make test runs it.")

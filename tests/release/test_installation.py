"""`make install` takes the very packages that are locked, says what is wrong, and starts clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from checkout.install import explain
from helpers.extras import left_to_ci
from helpers.installing import installed, make, make_small_checkout
from helpers.package_index import PackageIndex, lock_of, make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9/simple"


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    with PackageIndex().served() as served:
        yield served


@pytest.fixture
def checkout(tmp_path: Path, index: PackageIndex) -> Path:
    """Return a checkout that needs an engine, and a gauge to be tested."""
    engine, gauge = make_wheel(tmp_path, "engine", "1.0"), make_wheel(tmp_path, "gauge", "2.0")
    index.offer(engine, gauge)
    locks = {"runtime": lock_of(engine), "lint": lock_of(gauge)}
    return make_small_checkout(tmp_path / "Ordner für Läufe", locks)


@left_to_ci()
def test_each_target_installs_what_it_needs(checkout: Path, index: PackageIndex) -> None:
    assert make(checkout, "install", index.address, LANG="C").returncode == 0
    assert installed(checkout) == {"engine": "1.0", "groundswell": "0.1.0"}
    assert make(checkout, "tools", index.address, LANG="C").returncode == 0
    assert installed(checkout) == {"engine": "1.0", "gauge": "2.0", "groundswell": "0.1.0"}
    assert len(index.taken) == 2


@left_to_ci()
def test_what_is_installed_needs_no_index_any_more(checkout: Path, index: PackageIndex) -> None:
    make(checkout, "install", index.address)
    again = make(checkout, "install", NOWHERE)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


@left_to_ci()
def test_a_changed_lock_leaves_nothing_of_the_one_before(
    checkout: Path, index: PackageIndex
) -> None:
    make(checkout, "tools", index.address)
    motor = make_wheel(checkout.parent, "motor", "1.0")
    index.offer(motor)
    (checkout / "requirements.lock").write_text(lock_of(motor))
    assert make(checkout, "install", index.address).returncode == 0
    assert installed(checkout) == {"motor": "1.0", "groundswell": "0.1.0"}


@left_to_ci()
def test_what_was_cut_off_is_made_anew(checkout: Path, index: PackageIndex) -> None:
    make(checkout, "install", index.address)
    (checkout / ".venv/.runtime").write_text("")  # as a killed pip leaves it
    stray = checkout / ".venv/stray"
    stray.touch()
    assert make(checkout, "install", index.address).returncode == 0
    assert installed(checkout) == {"engine": "1.0", "groundswell": "0.1.0"}
    assert not stray.exists()


@left_to_ci()
def test_a_moved_checkout_is_installed_anew(checkout: Path, index: PackageIndex) -> None:
    make(checkout, "install", index.address)
    moved = checkout.rename(checkout.with_name("elsewhere"))
    assert make(moved, "install", index.address).returncode == 0
    assert (moved / ".venv/bin/pip").read_text().startswith(f"#!{moved}")


@left_to_ci()
def test_a_missing_tool_stops_only_those_who_need_it(checkout: Path, index: PackageIndex) -> None:
    del index.wheels["gauge-2.0-py3-none-any.whl"]
    assert make(checkout, "install", index.address).returncode == 0
    refused = make(checkout, "tools", index.address)
    assert "Not installed: the package index has no gauge==2.0 for Python 3." in refused.stderr
    assert make(checkout, "install", NOWHERE).returncode == 0


@left_to_ci()
def test_a_lock_that_lacks_a_package_is_refused(checkout: Path, index: PackageIndex) -> None:
    engine = make_wheel(checkout.parent, "engine", "3.0", needs=["piston>=1"])
    index.offer(engine)
    (checkout / "requirements.lock").write_text(lock_of(engine))
    refused = make(checkout, "install", index.address)
    assert "Not installed: engine 3.0 requires piston, which is not installed." in refused.stderr
    assert make(checkout, "install", index.address).returncode == 2


@left_to_ci()
@pytest.mark.parametrize("fault", ["none", "nobody", "cuts", "proxy", "forged"])
def test_an_index_that_fails_is_named_in_one_line_and_the_next_try_works(
    checkout: Path, index: PackageIndex, fault: str
) -> None:
    expected = {
        "none": "the package index has no engine==1.0 for Python 3.",
        "nobody": "the package index cannot be reached.",
        "cuts": "a file came that is not the locked one: it was cut off, or",
        "proxy": "the proxy does not let pip through to the package index.",
        "forged": "a file came that is not the locked one: it was cut off, or",
    }
    wheel = checkout.parent / "engine-1.0-py3-none-any.whl"
    whole = wheel.read_bytes()
    variables = {}
    if fault == "none":
        index.wheels.clear()
    elif fault == "nobody":
        variables = {"PIP_INDEX_URL": NOWHERE}
    elif fault == "cuts":
        index.cuts = True
    elif fault == "proxy":
        variables = {"http_proxy": "http://127.0.0.1:9"}
    else:
        make_wheel(checkout.parent, "engine", "1.0", needs=["malware"])
    refused = make(checkout, "install", index.address, **variables)
    said, made = refused.stderr.splitlines()
    assert said.startswith(f"Not installed: {expected[fault]}")
    assert made.startswith("make: ***")
    wheel.write_bytes(whole)
    index.offer(wheel)
    index.cuts = False
    assert make(checkout, "install", index.address).returncode == 0
    assert installed(checkout) == {"engine": "1.0", "groundswell": "0.1.0"}


PRINTED = [
    ("ERROR: Could not install packages: [Errno 28] No space left on device", "the disk is full."),
    ("[Errno 30] Read-only file system: '/srv/our/.venv'", "/srv/our/.venv cannot be written."),
    ("Error: [Errno 13] Permission denied: '/srv/our/.venv'", "/srv/our/.venv cannot be written."),
    ("environment was not created successfully because ensurepip is not\navailable", "Python 3."),
    ("SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self-signed", "the certificate of the package"),
    ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection", "the proxy does not"),
    ("('Connection aborted.', RemoteDisconnected('Remote end closed", "the connection to the"),
    (
        "NewConnectionError('[Errno -3] Temporary failure in name resolution",
        "the package index can",
    ),
    ("WARNING: a\nERROR: Something that nobody has met\nmore", "Something that nobody has met"),
    ("", "pip ended without a word."),
]
"""What pip and venv print, and how we say it."""


@pytest.mark.parametrize(("printed", "meaning"), PRINTED)
def test_what_pip_prints_is_explained(printed: str, meaning: str) -> None:
    said = explain(printed)
    assert said.startswith(meaning)
    assert "\n" not in said

"""Which pins of the lock an installed Groundswell needs."""

import pytest
from distribution.runtime import Runtime, read_lock, read_runtime
from distribution.sbom import Release, build_sbom
from helpers.release import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
TOOLS = (ROOT / ".ci/locks/test.lock").read_text(encoding="utf-8")
DIGEST = "0" * 64


def test_what_a_foreign_package_needs_is_told_by_the_lock() -> None:
    """This machine installs nothing for Windows, and cannot ask what such a package needs."""
    more = pin("only-there", "1 ; sys_platform == 'win32'", via="pywin32-ctypes")
    assert "only-there" in names(read_runtime(PYPROJECT, LOCK + more))
    assert "only-there" not in names(
        read_runtime(PYPROJECT, LOCK + pin("only-there", "1", via="hatchling"))
    )


def test_an_extra_of_a_library_counts_only_if_it_is_asked_for() -> None:
    """The tests' servers need uvicorn[standard], and Groundswell needs uvicorn alone."""
    every = LOCK + TOOLS
    assert {"httptools", "uvicorn"} <= {pin.name for pin in read_lock(every)}
    assert names(read_runtime(PYPROJECT, every)) & {"httptools", "uvicorn"} == {"uvicorn"}
    asked = PYPROJECT.replace('"uvicorn>=', '"uvicorn[standard]>=')
    assert names(read_runtime(asked, every)) >= {"httptools", "uvicorn"}


def test_an_extra_may_name_others() -> None:
    extras = read_runtime(PYPROJECT, LOCK).extras
    assert all("all" in of for of in extras.values())
    assert {one for of in extras.values() for one in of} == {
        "alerts",
        "all",
        "bluesky",
        "postgresql",
    }


def test_a_package_that_the_lock_lacks_is_named() -> None:
    before, after = LOCK.index("mdurl=="), LOCK.index("more-itertools==")
    with pytest.raises(ValueError, match=r"requirements\.lock lacks mdurl"):
        read_runtime(PYPROJECT, LOCK[:before] + LOCK[after:])


def test_another_version_than_the_lock_s_is_not_asked() -> None:
    other = LOCK.replace("\ntyper==", "\ntyper==99.")
    with pytest.raises(ValueError, match=r"typer is not installed here as it is locked"):
        read_runtime(PYPROJECT, other)


def test_no_line_of_the_lock_is_passed_over() -> None:
    with pytest.raises(ValueError, match="--index-url"):
        read_lock("--index-url https://pypi.example/simple\n")


def test_a_package_without_a_licence_is_named() -> None:
    runtime = read_runtime(PYPROJECT, LOCK)
    licences = {pin.name: "MIT" for pin in runtime.pins if pin.name not in {"typer", "tweepy"}}
    with pytest.raises(ValueError, match=r"lacks the licence of tweepy, typer"):
        build_sbom(Release("1", "MIT", "A bot.", 0), runtime, licences)


def pin(name: str, version: str, *, via: str) -> str:
    return f"{name}=={version} \\\n    --hash=sha256:{DIGEST}\n    # via {via}\n"


def names(runtime: Runtime) -> set[str]:
    return {one.name for one in runtime.pins}

"""Every command answers unusable input with one clear line and exit code 1, and changes nothing."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from helpers.cli import write_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

NEED_CONFIG = (
    ["run", "--once"],
    ["queue", "list"],
    ["queue", "show", "1"],
    ["queue", "drop", "1"],
    ["queue", "add", "Hello.", "--at", "in 2 hours"],
    ["status"],
    ["inbox"],
    ["inbox", "settle", "1", "--drop"],
    ["pause"],
    ["resume"],
    ["report"],
    ["share", "build", "public"],
    ["unit"],
)
# A pause that the database cannot take goes into a file (tests/delivery/test_stopfile.py).
NEED_DATABASE = tuple(
    args for args in NEED_CONFIG if not {"add", "pause", "share", "unit"} & {*args}
)


def named(args: list[str]) -> str:
    return " ".join(args[:2])


def refused(ours: SandboxProject, args: list[str]) -> list[str]:
    """Return the lines of a failed command, without those that a starting loop logs."""
    ran = ours.run_cli(*args)
    assert ran.code == 1, ran
    assert ran.out == ""
    assert "Traceback" not in ran.err
    return [line for line in ran.err.splitlines() if not line.endswith(" problem")]


@pytest.mark.parametrize("args", NEED_CONFIG, ids=named)
def test_missing_config(ours: SandboxProject, args: list[str]) -> None:
    (ours.folder / "config.yaml").unlink()
    [line] = refused(ours, args)
    assert line == (
        "config.yaml: G101 There is no such config file. "
        "`groundswell init` writes one; --config names one elsewhere."
    )


def _no_folder(ours: SandboxProject) -> str:
    ours.configure("groundswell.db", "data/groundswell.db")
    return "data does not exist. Create it first, or set another database: in the config."


def _text_file(ours: SandboxProject) -> str:
    write_file(ours.folder / "groundswell.db", "Dear diary, this is no database at all.\n" * 20)
    return "groundswell.db: G120 It is a file of another kind."


def _folder_in_the_way(ours: SandboxProject) -> str:
    (ours.folder / "groundswell.db").unlink()
    (ours.folder / "groundswell.db").mkdir()
    return "groundswell.db: G120 It is a folder."


def _newer(ours: SandboxProject) -> str:
    with ours.app():
        pass
    connection = sqlite3.connect(ours.folder / "groundswell.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    return "was made by a newer Groundswell"


def _cut_off(ours: SandboxProject) -> str:
    with ours.app():
        pass
    path = ours.folder / "groundswell.db"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return "is damaged"


DATABASES: tuple[Callable[[SandboxProject], str], ...] = (
    _no_folder,
    _text_file,
    _folder_in_the_way,
    _newer,
    _cut_off,
)


@pytest.mark.parametrize("args", NEED_DATABASE, ids=named)
@pytest.mark.parametrize("spoil", DATABASES)
def test_database_that_cannot_be_used(
    ours: SandboxProject, spoil: Callable[[SandboxProject], str], args: list[str]
) -> None:
    words = spoil(ours)
    path = ours.folder / "groundswell.db"
    before = path.read_bytes() if path.is_file() else None
    [line] = refused(ours, args)
    assert line.startswith(("groundswell: ", f"{ours.folder}/"))
    assert words in line
    assert (path.read_bytes() if path.is_file() else None) == before


def test_read_only_database_is_reported(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now"))
    with ours.app() as app:
        app.queue_sync.refresh()
    path = ours.folder / "groundswell.db"
    path.chmod(0o444)
    ours.folder.chmod(0o555)
    try:
        if _writable(ours):
            pytest.skip("this user may write anything")
        ran = ours.run_cli_process("run", "--once")
    finally:
        ours.folder.chmod(0o755)
    assert ran.code == 1
    [line] = ran.err.splitlines()
    message = (
        "groundswell.db: attempt to write a readonly database. Check its permissions, and those"
    )
    assert f"{message} of its folder" in line
    assert ours.texts() == []


def _writable(ours: SandboxProject) -> bool:
    probe = ours.folder / "probe"
    try:
        probe.write_text("")
        probe.unlink()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("args", [["run", "--once"], ["queue", "add", "x", "--at", "in 1 hour"]])
def test_missing_posts_folder(ours: SandboxProject, args: list[str]) -> None:
    shutil.rmtree(ours.folder / "posts")
    first, *_ = refused(ours, args)
    assert "posts: " in first


def test_empty_posts_folder_has_nothing_to_do(ours: SandboxProject) -> None:
    (ours.folder / "posts" / "ours.yaml").unlink()
    ran = ours.run_cli_process("run", "--once")
    assert (ran.code, ran.out) == (0, "")
    assert "queue: empty" in ran.err
    assert (
        "There is no campaign yet" in refused(ours, ["queue", "add", "x", "--at", "in 1 hour"])[0]
    )


def test_account_that_the_config_does_not_have(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now", more="accounts: [our-y]"))
    ran = ours.run_cli_process("run", "--once")
    assert ran.code == 1
    [line] = [line for line in ran.err.splitlines() if "our-y" in line]
    assert "posts/ours.yaml:11:16: " in line
    assert 'Did you mean "our-x"?' in line
    assert ours.texts() == []


def test_account_that_leaves_the_config_holds_its_posts_back(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now"))
    with ours.app() as app:
        app.queue_sync.refresh()
    ours.configure("  our-x:", "  our-z:")
    ours.write_campaign()
    ran = ours.run_cli("queue", "list")
    assert ran.code == 0
    assert "config.yaml has no account our-x" in ran.out
    assert ours.run_cli("queue", "show", "1").code == 0
    assert ours.run_cli("report").code == 0


@pytest.mark.parametrize("secret", ["consumer_key", "access_token"])
def test_each_missing_secret_is_named(ours: SandboxProject, secret: str) -> None:
    ours.write_campaign(ours.post("now"))
    ran = ours.run_cli_process("run", "--once", without=secret)
    assert ran.code == 1
    assert f"Set GROUNDSWELL_OUR_X_{secret.upper()}, or run" in ran.err
    assert "groundswell accounts login our-x" in ran.err


def test_sandbox_that_is_not_there_leaves_the_post_in_the_queue(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now"))
    ours.configure(f"api: {ours.url}", "api: http://127.0.0.1:1")
    ran = ours.run_cli_process("run", "--once")
    assert ran.code == 0
    assert "it is not known yet to which account its keys belong: " in ran.err
    assert ours.states() == {"now": "scheduled"}


def test_secret_in_the_config_is_refused_and_not_shown(ours: SandboxProject) -> None:
    secret = ours.secrets["access_token_secret"]
    ours.configure("    gap: 0s", f"    access_token_secret: {secret}")
    [line] = refused(ours, ["run", "--once"])
    assert "G110" in line
    ours.configure(f"    access_token_secret: {secret}", "    gap: 0s")


def test_look_for_leaks_finds_a_leak(ours: SandboxProject) -> None:
    """The check at the end of every test here must be able to fail."""
    assert ours.find_leaks() == []
    path = write_file(ours.folder / "notes.txt", f"key: {ours.secrets['consumer_key']}")
    ours.outputs.append(f"... {ours.secrets['access_token']} ...")
    assert len(ours.find_leaks()) == 2
    path.unlink()
    ours.outputs.clear()

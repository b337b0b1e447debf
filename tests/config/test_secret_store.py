"""Secrets in the environment, the keyring and a file."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CONFIG, MemoryKeyring, use_keyring, write_file
from keyring.backends import fail
from keyring.errors import KeyringLocked

from bot.config.secret_store import (
    file_path,
    load_secrets,
    look_up,
    look_up_stored,
    remove_secrets,
    require_place,
    store_secrets,
)
from bot.config.secrets import environment_variable
from bot.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "98765432-Q7wErT2yUiOp4AsDfGhJ6kLzXcVbN8m"
NAMES = ("api_key", "access_token")


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    memory = MemoryKeyring()
    with use_keyring(memory):
        yield memory


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of somebody with a home and without a keyring."""
    with use_keyring(fail.Keyring()):  # type: ignore[no-untyped-call]
        yield {"HOME": str(tmp_path / "home")}


def path_in(home: dict[str, str]) -> Path:
    path = file_path(home)
    assert path
    return path


# --- The order ------------------------------------------------------------------------------------


def test_the_environment_comes_first_then_the_keyring_then_the_file(
    ring: MemoryKeyring, tmp_path: Path
) -> None:
    environ = {"HOME": str(tmp_path)}
    with use_keyring(fail.Keyring()):  # type: ignore[no-untyped-call]
        store_secrets("our-x", dict.fromkeys(("a", "b", "c"), "file"), environ)
    ring.passwords = {("groundswell", f"our-x/{name}"): "ring" for name in ("a", "b")}
    environ[environment_variable("our-x", "a")] = " env\n"
    found = [look_up("our-x", name, environ) for name in ("a", "b", "c", "d")]
    assert found == [
        ("env", "environment"),
        ("ring", "keyring"),
        ("file", "file"),
        (None, "missing"),
    ]
    assert dict(load_secrets("our-x", ("a", "b", "c"), environ)) == {
        "a": "env",
        "b": "ring",
        "c": "file",
    }


def test_a_stored_secret_is_found_even_if_the_environment_takes_precedence(
    ring: MemoryKeyring,
) -> None:
    environ = {environment_variable("our-x", "api_key"): "env"}
    store_secrets("our-x", {"api_key": "ring"}, environ)
    assert look_up_stored("our-x", NAMES, environ) == {"api_key": "ring"}


def test_all_missing_secrets_are_named_at_once(home: dict[str, str]) -> None:
    with pytest.raises(UserError) as caught:
        load_secrets("our-x", NAMES, home)
    message = str(caught.value)
    assert "GROUNDSWELL_OUR_X_API_KEY" in message
    assert "GROUNDSWELL_OUR_X_ACCESS_TOKEN" in message
    assert "groundswell accounts login our-x" in message


def test_badly_copied_secret_is_refused_and_not_shown(home: dict[str, str]) -> None:
    environ = {**home, environment_variable("our-x", "api_key"): f"{CANARY} and more"}
    with pytest.raises(UserError, match="GROUNDSWELL_OUR_X_API_KEY") as caught:
        load_secrets("our-x", ("api_key",), environ)
    assert CANARY not in str(caught.value)


# --- The keyring ----------------------------------------------------------------------------------


def test_with_a_keyring_no_file_is_written(ring: MemoryKeyring, tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    assert store_secrets("our-x", {"api_key": "1", "access_token": "2"}, environ) == "the keyring"
    assert ring.passwords == {
        ("groundswell", "our-x/api_key"): "1",
        ("groundswell", "our-x/access_token"): "2",
    }
    assert list(tmp_path.iterdir()) == []


def test_a_new_keyring_takes_over_from_the_file(home: dict[str, str]) -> None:
    store_secrets("our-x", {"api_key": "old", "access_token": "kept"}, home)
    with use_keyring(MemoryKeyring()):
        store_secrets("our-x", {"api_key": "new"}, home)
        assert look_up("our-x", "api_key", home) == ("new", "keyring")
        assert look_up("our-x", "access_token", home) == ("kept", "file")
    assert json.loads(path_in(home).read_text()) == {"our-x": {"access_token": "kept"}}


@pytest.mark.parametrize("kind", [KeyringLocked, RuntimeError])
def test_a_locked_keyring_is_reported_without_the_secret(kind: type[Exception]) -> None:
    class Locked(MemoryKeyring):
        def set_password(self, *names: str) -> None:
            raise kind(*names)

    with use_keyring(Locked()), pytest.raises(UserError, match=r"G203 .*Unlock it") as caught:
        store_secrets("our-x", {"api_key": CANARY}, {})
    assert CANARY not in str(caught.value)


def test_removing_leaves_nothing_in_either_place(home: dict[str, str]) -> None:
    ring = MemoryKeyring()
    store_secrets("our-x", {"api_key": "1"}, home)
    store_secrets("their-x", {"api_key": "2"}, home)
    ring.passwords = {("groundswell", f"{name}-x/api_key"): "3" for name in ("our", "their")}
    with use_keyring(ring):
        remove_secrets("our-x", NAMES, home)
        remove_secrets("our-x", NAMES, home)  # twice is once
        assert look_up("our-x", "api_key", home) == (None, "missing")
        assert ring.passwords == {("groundswell", "their-x/api_key"): "3"}
    assert json.loads(path_in(home).read_text()) == {"their-x": {"api_key": "2"}}


# --- The file -------------------------------------------------------------------------------------


def test_the_file_is_its_owners_alone(home: dict[str, str]) -> None:
    before = os.umask(0)
    try:
        place = store_secrets("our-x", {"api_key": CANARY}, home)
        store_secrets("our-x", {"access_token": CANARY}, home)
    finally:
        os.umask(before)
    path = Path(place)
    assert path == Path(home["HOME"]) / ".config" / "groundswell" / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert dict(load_secrets("our-x", NAMES, home)) == dict.fromkeys(NAMES, CANARY)
    assert sorted(file.name for file in path.parent.iterdir() if file.stat().st_size) == [
        "secrets.json"
    ]


def test_the_folder_is_that_of_the_xdg_standard(home: dict[str, str], tmp_path: Path) -> None:
    environ = {**home, "XDG_CONFIG_HOME": str(tmp_path / "elsewhere")}
    place = store_secrets("our-x", {"api_key": "1"}, environ)
    assert place == str(tmp_path / "elsewhere" / "groundswell" / "secrets.json")
    assert file_path({**home, "XDG_CONFIG_HOME": "relative"}) == path_in(home)


def test_without_keyring_and_home_the_message_names_variables(
    home: dict[str, str],
) -> None:
    with pytest.raises(UserError, match="GROUNDSWELL_OUR_X_API_KEY") as caught:
        store_secrets("our-x", {"api_key": CANARY}, {})
    assert CANARY not in str(caught.value)


def refused(home: dict[str, str]) -> str:
    """Return the line with which reading and storing are refused, which must be the same."""
    lines = set()
    for use in (
        lambda: look_up("our-x", "api_key", home),
        lambda: require_place("our-x", NAMES, home),
        lambda: store_secrets("our-x", {"api_key": CANARY}, home),
        lambda: remove_secrets("our-x", NAMES, home),
    ):
        with pytest.raises(UserError) as caught:
            use()
        lines.add(str(caught.value))
    [line] = lines
    assert line.startswith(f"{path_in(home)}: G204 The file for secrets ")
    assert CANARY not in line
    return line


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o602, 0o601])
def test_a_file_that_others_can_use_is_refused(home: dict[str, str], mode: int) -> None:
    store_secrets("our-x", {"api_key": CANARY}, home)
    path_in(home).chmod(mode)
    assert f"its mode is {mode:o}), and is not used. Run `chmod 600 {path_in(home)}`" in refused(
        home
    )
    path_in(home).chmod(0o600)
    assert look_up("our-x", "api_key", home) == (CANARY, "file")


def test_a_file_of_another_user_is_refused(
    home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store_secrets("our-x", {"api_key": CANARY}, home)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "belongs to another user" in refused(home)


def test_a_link_is_refused_and_not_followed(home: dict[str, str], tmp_path: Path) -> None:
    path, target = path_in(home), write_file(tmp_path / "elsewhere.json", "{}")
    target.chmod(0o600)
    path.parent.mkdir(parents=True)
    path.symlink_to(target)
    assert "is a symbolic link" in refused(home)
    assert target.read_text() == "{}"


def test_a_folder_in_its_place_is_refused(home: dict[str, str]) -> None:
    path_in(home).mkdir(parents=True)
    assert "is a folder" in refused(home)


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', '{"our-x": "text"}', "[" * 100_000])
def test_a_damaged_file_is_refused_and_not_written_over(home: dict[str, str], text: str) -> None:
    path = write_file(path_in(home), text)
    path.chmod(0o600)
    assert "is damaged" in refused(home)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("name", "kind"), [(".git", "a repository"), ("config.yaml", "a campaign")]
)
def test_a_file_in_a_campaign_or_a_repository_is_refused(
    home: dict[str, str], name: str, kind: str
) -> None:
    store_secrets("our-x", {"api_key": CANARY}, home)
    place = Path(home["HOME"])
    write_file(place / name, "accounts: {}\n")
    line = refused(home)
    assert f"would be part of {kind}, {place}, and is not used." in line
    assert "Set XDG_CONFIG_HOME to a folder outside of it." in line


def test_another_programs_config_does_not_make_a_campaign(home: dict[str, str]) -> None:
    write_file(Path(home["HOME"]) / "config.yaml", "colour: blue\n")
    store_secrets("our-x", {"api_key": CANARY}, home)
    assert look_up("our-x", "api_key", home) == (CANARY, "file")


def test_a_link_to_a_folder_in_a_repository_is_seen(home: dict[str, str], tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    write_file(dotfiles / ".git" / "HEAD", "")
    (dotfiles / "config").mkdir()
    Path(home["HOME"]).mkdir()
    (Path(home["HOME"]) / ".config").symlink_to(dotfiles / "config")
    with pytest.raises(UserError, match=f"would be part of a repository, {dotfiles}"):
        store_secrets("our-x", {"api_key": CANARY}, home)
    assert list((dotfiles / "config").iterdir()) == []


def test_a_missing_file_is_not_refused(home: dict[str, str]) -> None:
    write_file(Path(home["HOME"]) / "config.yaml", CONFIG)
    assert look_up("our-x", "api_key", home) == (None, "missing")


def test_a_write_that_fails_leaves_the_file_as_it_was(
    home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store_secrets("our-x", {"api_key": "old"}, home)
    before = path_in(home).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="cannot be written: No space left on device") as caught:
        store_secrets("our-x", {"api_key": CANARY}, home)
    assert CANARY not in str(caught.value)
    assert path_in(home).read_bytes() == before
    assert sorted(path.suffix for path in path_in(home).parent.iterdir()) == [".json", ".lock"]


def test_two_that_store_at_once_lose_nothing(home: dict[str, str]) -> None:
    names = [f"account-{number}" for number in range(8)]
    threads = [
        threading.Thread(target=store_secrets, args=(name, {"api_key": name}, home))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [look_up(name, "api_key", home)[0] for name in names] == names

"""What holds for the login of every platform."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from helpers.cli import ROOT

from bot.model import Account
from bot.platforms import PLATFORMS, load_platform
from bot.platforms.login import TypedLogin, load_login

if TYPE_CHECKING:
    from collections.abc import Mapping


class Typing:
    """A person who types the name of each secret as its value."""

    def say(self, text: str) -> None:
        raise AssertionError(text)

    def ask(self, label: str) -> str:
        return label

    def ask_secret(self, name: str, label: str) -> str:
        return f"{name}: {label}"


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_login_stores_all_secrets_of_its_platform(name: str) -> None:
    assert {*load_platform(name).SECRETS} <= {*load_login(name).STORED}


@pytest.mark.parametrize("name", PLATFORMS)
def test_without_secrets_there_is_nothing_to_revoke(name: str) -> None:
    account = Account("ours", name, "our_name@social.example", "http://127.0.0.1:1")
    nothing: Mapping[str, str] = {}
    assert load_login(name).revoke(account, nothing).endswith(".")


def test_a_platform_without_a_login_has_its_secrets_typed_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(PLATFORMS, "notes", "helpers.notes_platform")
    login = load_login("notes")
    account = Account("ours", "notes", "our_name", "https://notes.example.org")
    assert isinstance(login, TypedLogin)
    assert login.log_in(account, {}, Typing()).secrets == {"token": "token: token"}
    assert "Notes's own pages" in login.revoke(account, {"token": "secret"})


def test_a_login_that_cannot_be_imported_is_no_platform_without_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tweepy", None)
    monkeypatch.delitem(sys.modules, "bot.platforms.x.login", raising=False)
    with pytest.raises(ModuleNotFoundError, match="tweepy"):
        load_login("x")


def test_a_grant_does_not_show_its_secrets() -> None:
    from bot.platforms.login import Grant

    assert "secret" not in repr(Grant({"access_token": "secret"}))


def test_no_library_is_imported_before_somebody_logs_in() -> None:
    code = "import sys, bot.cli.accounts, bot.services.login; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not {"tweepy", "mastodon", "atproto", "requests"} & {*ran.stdout.split()}

"""What differs from platform to platform is asked of the one that is meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from helpers import notes_platform
from helpers.cli import write_file
from helpers.config import config_problems, load_config
from helpers.platform_contract import skip_if_refused

from bot.config import load
from bot.config.secrets import contains_token, looks_like_secret, redact_likely_secrets
from bot.errors import UserError
from bot.model import Account, Content, Part, Poll
from bot.platforms import PLATFORMS, load_platform
from bot.services.inbox import parse_remote_id

if TYPE_CHECKING:
    from pathlib import Path

OURS = Account("ours", "notes", "ours", "https://notes.example.org/@ours")
TOKEN = "notes-q7Wert2yUiOp4AsDfGhJ6k"
A_TOKEN = re.compile(r"\bnotes-([A-Za-z0-9]{20,})")


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLATFORMS, "notes", notes_platform.__name__)


def test_an_account_has_the_api_of_its_platform(tmp_path: Path) -> None:
    file = write_file(tmp_path / "config.yaml", "accounts:\n  a: {platform: notes, handle: ours}\n")
    assert load(file, {}).accounts["a"].api == notes_platform.api_of("ours")


def test_a_handle_without_its_server_is_refused_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def api_of(handle: str) -> str:
        raise ValueError("Write it with its server.")

    monkeypatch.setattr(notes_platform, "api_of", api_of)
    text = "accounts:\n  a: {platform: notes, handle: ours}\n"
    [problem] = config_problems(tmp_path, text)
    assert problem.startswith("config.yaml:2:32: G102 accounts.a.handle does not name")
    assert problem.endswith("server. Write it with its server.")
    text = text.replace("ours}", "ours, api: https://notes.example.org}")
    account = load_config(tmp_path, text).accounts["a"]
    assert account.api == "https://notes.example.org"


def test_settings_of_another_platform_are_refused_with_their_place(tmp_path: Path) -> None:
    text = "accounts:\n  a: {platform: notes, handle: ours, x: {long_posts: true}}\n"
    [problem] = config_problems(tmp_path, text)
    assert problem.startswith("config.yaml:2:38: G103 accounts.a.x is for accounts on X.")
    assert problem.endswith("Take the key out, because this one is on Notes.")


@pytest.mark.parametrize(
    "typed",
    [
        "9nZaBcQ",
        " 9nZaBcQ ",
        "https://notes.example.org/@ours/9nZaBcQ",
        "https://notes.example.org/@Ours/9nZaBcQ?lang=en#top",
    ],
)
def test_an_id_is_what_its_platform_calls_one(typed: str) -> None:
    assert parse_remote_id(typed, OURS) == "9nZaBcQ"


@pytest.mark.parametrize("typed", ["9.n", "", "https://notes.example.org/@others/9nZaBcQ"])
def test_what_its_platform_calls_no_id_is_none(typed: str) -> None:
    with pytest.raises(UserError, match="is not a post of ours"):
        parse_remote_id(typed, OURS)


def test_the_contract_skips_what_a_platform_refuses_and_says_its_rule() -> None:
    polled = Content((Part("End it?", poll=Poll(("Yes", "Now"), 60)),))
    with pytest.raises(pytest.skip.Exception, match="N702: There are no polls"):
        skip_if_refused(load_platform("notes"), OURS, polled)
    skip_if_refused(load_platform("notes"), OURS, Content((Part("End it."),)))


def test_a_token_of_any_platform_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not contains_token(f"Read this: {TOKEN}")
    monkeypatch.setattr(notes_platform, "TOKEN", A_TOKEN)
    assert contains_token(f"Read this: {TOKEN}")
    assert looks_like_secret(TOKEN)
    assert TOKEN[-8:] not in redact_likely_secrets(f"it said {TOKEN}.")

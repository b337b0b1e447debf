from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from helpers.cli import run_cli, use_keyring, write_file
from helpers.store import spending
from keyring.backends import fail

from bot.clock import Clock
from bot.config import load
from bot.config.secrets import environment_variable
from bot.runtime.app import create_app
from bot.sandbox import XWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    Patch = pytest.MonkeyPatch

SECRETS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
BIO = "We demand. Some posts are automated."


class Project:
    """A config whose accounts live in a sandbox, and their secrets in the environment."""

    def __init__(self, folder: Path, url: str, world: XWorld, patch: Patch) -> None:
        self.folder, self.url, self.world, self.patch = folder, url, world, patch
        self.config = "accounts:\n"
        self.secrets: dict[str, Mapping[str, str]] = {}

    def add(self, name: str, handle: str, *, bio: str = BIO, really: str = "") -> None:
        """Add an account; ``really`` is the handle that the credentials belong to."""
        secrets = self.world.add_account(really or handle, handle, description=bio).secrets
        self.secrets[name] = secrets
        self.config += f"  {name}: {{platform: x, handle: {handle}, api: {self.url}}}\n"
        write_file(self.folder / "config.yaml", self.config)
        for secret, value in secrets.items():
            self.patch.setenv(environment_variable(name, secret), value)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: Patch) -> Iterator[Project]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    no_keyring = fail.Keyring()  # type: ignore[no-untyped-call]
    world = XWorld(now=Clock().now)
    with serve(world) as url, use_keyring(no_keyring):
        yield Project(tmp_path, url, world, monkeypatch)


def hides(project: Project, *texts: str) -> bool:
    values = [value for secrets in project.secrets.values() for value in secrets.values()]
    return not any(value in text for value in values for text in texts)


# --- check ----------------------------------------------------------------------------------------


def test_working_account_is_ready(project: Project) -> None:
    project.add("our-x", "our_name")
    ran = run_cli("accounts", "check")
    assert ran.code == 0
    assert "work, as @our_name" in ran.out
    assert ran.out.endswith("1 account: ready\n")
    assert hides(project, ran.out, ran.err)
    assert not project.world.visible()


def test_silent_profile_fails_as_run_would_hold_it(project: Project) -> None:
    project.add("our-x", "our_name", bio="We demand.")
    ran = run_cli("accounts", "check")
    assert ran.code == 1
    assert "cannot tell" in ran.out
    assert "our-x: its bio does not say that it is automated" in ran.out


def test_credentials_of_another_account_fail(project: Project) -> None:
    project.add("our-x", "our_name", really="someone_else")
    ran = run_cli("accounts", "check")
    assert ran.code == 1
    assert "our-x: the credentials are those of @someone_else, not of @our_name" in ran.out
    assert ran.out.endswith("1 account: 1 cannot be used\n")


def test_handle_is_compared_in_any_case(project: Project) -> None:
    project.add("our-x", "our_name", really="Our_Name")
    assert run_cli("accounts", "check").code == 0


def test_one_account_failing_does_not_stop_the_others(project: Project, monkeypatch: Patch) -> None:
    project.add("a-x", "a_name")
    project.add("b-x", "b_name")
    project.add("c-x", "c_name")
    monkeypatch.setenv(environment_variable("a-x", "access_token_secret"), "wrong-but-well-formed")
    monkeypatch.delenv(environment_variable("b-x", "access_token"))
    ran = run_cli("accounts", "check", "--json")
    assert ran.code == 1
    read = {account["account"]: account for account in json.loads(ran.out)}
    assert [read[name]["ok"] for name in ("a-x", "b-x", "c-x")] == [False, False, True]
    assert "GROUNDSWELL_B_X_ACCESS_TOKEN" in " ".join(read["b-x"]["faults"])
    assert read["a-x"]["faults"]
    assert (read["c-x"]["who"], read["c-x"]["discloses"]) == ("c_name", True)
    assert "wrong-but-well-formed" not in ran.out
    assert hides(project, ran.out, ran.err)


def test_one_account_can_be_asked_for(project: Project) -> None:
    project.add("a-x", "a_name", really="someone_else")
    project.add("b-x", "b_name")
    ran = run_cli("accounts", "check", "--account", "b-x")
    assert ran.code == 0
    assert "a-x" not in ran.out


def test_platform_that_cannot_be_reached_is_a_fault(project: Project) -> None:
    project.add("our-x", "our_name")
    text = project.config.replace(project.url, "http://127.0.0.1:1")
    write_file(project.folder / "config.yaml", text)
    ran = run_cli("accounts", "check")
    assert ran.code == 1
    assert " unknown " in ran.out
    assert "do not work" not in ran.out
    assert "Traceback" not in ran.out + ran.err


def test_cost_of_the_question_is_booked(project: Project) -> None:
    project.add("our-x", "our_name")
    project.add("their-x", "their_name", really="someone_else")
    run_cli("accounts", "check")
    run_cli("accounts", "check")  # the same resource on the same day is free
    with create_app(load(project.folder / "config.yaml", {}), {}) as app:
        booked = {(entry.account, entry.dollars) for entry in spending(app.database)}
        assert booked == {("our-x", Decimal("0.010")), ("their-x", Decimal("0.010"))}
        assert len(spending(app.database)) == 2


def test_database_that_cannot_be_used_does_not_hide_the_answer(project: Project) -> None:
    project.add("our-x", "our_name")
    write_file(project.folder / "config.yaml", f"database: nowhere/a.db\n{project.config}")
    ran = run_cli("accounts", "check")
    assert ran.code == 0
    assert "1 account: ready" in ran.out
    assert "note: the cost of this check could not be booked" in ran.err


def test_unknown_account_lists_the_known(project: Project) -> None:
    project.add("our-x", "our_name")
    ran = run_cli("accounts", "check", "--account", "our-y")
    assert ran.code == 1
    assert 'There is no account "our-y". Did you mean "our-x"?' in ran.err


# --- list -----------------------------------------------------------------------------------------


def test_alone_it_lists(project: Project) -> None:
    assert run_cli("accounts") == run_cli("accounts", "list")
    assert run_cli("accounts", "--json") == run_cli("accounts", "list", "--json")


def test_list_names_the_source_of_secrets_and_shows_none(
    project: Project, monkeypatch: Patch
) -> None:
    project.add("a-x", "a_name")
    project.add("b-x", "b_name")
    monkeypatch.delenv(environment_variable("b-x", "access_token"))
    ran = run_cli("accounts", "list")
    assert ran.code == 0
    rows = {line.split()[0]: line for line in ran.out.splitlines()[2:]}
    assert "@a_name" in rows["a-x"]
    assert " environment " in rows["a-x"]
    assert "some environment, some missing" in rows["b-x"]
    assert hides(project, ran.out)
    read = json.loads(run_cli("accounts", "list", "--json").out)
    assert read[1]["secrets"]["access_token"] == "missing"

"""``accounts login`` and ``logout``, with X's sandbox on loopback and a person's browser."""

from __future__ import annotations

import json
import logging
import re
import stat
import sys
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import (
    Captured,
    CommandResult,
    MemoryKeyring,
    run_cli,
    run_cli_process,
    use_keyring,
    write_file,
)
from helpers.login import LoginProject, Terminal, Typist, allow, allow_in_browser, line_of
from helpers.store import spending
from keyring.backends import fail

from bot.clock import Clock
from bot.config import load
from bot.config.secrets import environment_variable
from bot.runtime.app import create_app
from bot.sandbox import XWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.sandbox.state import SimAccount

    Patch = pytest.MonkeyPatch

APP = ("consumer_key", "consumer_secret")
TOKENS = ("access_token", "access_token_secret")
BIO = "We demand. Some posts are automated."


class Project(LoginProject):
    """A campaign whose account ``our-x`` is in a sandbox."""

    def __init__(self, tmp_path: Path, patch: Patch, world: XWorld) -> None:
        super().__init__(tmp_path, patch, "x")
        self.world = world
        self.account = self.add("our_name")

    def add(self, handle: str, **more: Any) -> SimAccount:
        return self.world.add_account(handle, handle, **{"description": BIO, **more})

    def set_variables(self, *names: str) -> None:
        for name in names:
            self.patch.setenv(environment_variable("our-x", name), self.account.secrets[name])

    def hides(self, ran: CommandResult) -> bool:
        """Return whether nothing that was shown has a secret of the account in it."""
        return not any(value in ran.out + ran.err for value in self.account.secrets.values())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: Patch) -> Iterator[Project]:
    world = XWorld(now=Clock().now)
    with serve(world) as url, use_keyring(fail.Keyring()):  # type: ignore[no-untyped-call]
        made = Project(tmp_path, monkeypatch, world)
        made.configure("our_name", url)
        yield made


LOGIN = ("accounts", "login", "our-x")


# --- Logging in on X ------------------------------------------------------------------------------


def test_login_stores_the_secrets_that_check_uses(project: Project) -> None:
    project.set_variables(*APP)
    ran = project.login(allow())
    assert ran.code == 0, ran.err
    assert ran.out == f"our-x is logged in as @our_name. Its secrets are in {project.file}.\n"
    assert "signed in to X as @our_name" in ran.err
    assert project.hides(ran)
    assert project.stored() == {name: project.account.secrets[name] for name in TOKENS}
    assert stat.S_IMODE(project.file.stat().st_mode) == 0o600
    checked = run_cli("accounts", "check")
    assert (checked.code, "work, as @our_name" in checked.out) == (0, True)
    assert not project.world.visible()


def test_the_keys_of_the_app_are_asked_for_if_there_are_none(project: Project) -> None:
    typed = [project.account.secrets[name] for name in APP]
    ran = project.login(*typed, allow())
    assert ran.code == 0, ran.err
    assert project.hides(ran)
    assert project.stored() == project.account.secrets
    again = project.login(allow(), options=("--json",))  # and not once more
    assert again.code == 0, again.err
    assert json.loads(again.out)["stored_in"] == str(project.file)


def test_with_a_keyring_the_secrets_go_there(project: Project) -> None:
    ring = MemoryKeyring()
    project.set_variables(*APP)
    with use_keyring(ring):
        ran = project.login(allow())
    assert ran.out.endswith("Its secrets are in the keyring.\n")
    assert {user: value for (_, user), value in ring.passwords.items()} == {
        f"our-x/{name}": project.account.secrets[name] for name in TOKENS
    }
    assert not project.file.exists()


def test_another_accounts_consent_is_refused_before_it_costs_anything(project: Project) -> None:
    project.add("someone_else")
    project.set_variables(*APP)
    ran = project.login(allow("someone_else"))
    assert ran.code == 1
    words = "nothing was stored: the credentials are those of @someone_else, not of @our_name."
    assert words in ran.err
    assert project.stored() == {}
    assert project.world.entries == []


def test_a_partner_allows_an_app_that_is_not_theirs(project: Project) -> None:
    partner = project.add("partner")
    project.set_variables(*APP)
    project.configure("partner", project.url)
    ran = project.login(allow("partner"))
    assert ran.code == 0, ran.err
    assert project.stored()["access_token"].startswith(f"{partner.id}-")
    assert project.stored()["access_token"] != partner.secrets["access_token"]


def test_a_silent_profile_is_a_note_and_no_refusal(project: Project) -> None:
    project.account.description = "We demand."
    project.set_variables(*APP)
    ran = project.login(allow())
    assert ran.code == 0
    assert "note: its bio does not say that it is automated" in ran.out


def test_without_credit_the_login_is_stored_with_a_note(project: Project) -> None:
    project.world.set_credit(b'{"balance": "0"}')
    project.set_variables(*APP)
    ran = project.login(allow())
    assert ran.code == 0
    assert "note: the profile could not be read yet: Your enrolled account" in ran.out
    assert project.stored().keys() == {*TOKENS}


def test_cost_of_asking_is_booked(project: Project) -> None:
    project.set_variables(*APP)
    assert project.login(allow()).code == 0
    with create_app(load(project.folder / "config.yaml", {}), {}) as app:
        booked = [entry.dollars for entry in spending(app.database)]
    assert booked == [Decimal("0.010")]


def test_a_variable_that_takes_precedence_is_named(project: Project) -> None:
    project.set_variables(*APP, "access_token")
    ran = project.login(allow())
    assert ran.code == 0
    assert "note: GROUNDSWELL_OUR_X_ACCESS_TOKEN is set, and takes precedence." in ran.out


def test_json_has_the_result_alone_on_stdout(project: Project) -> None:
    project.set_variables(*APP)
    ran = project.login(allow(), options=("--json",))
    assert json.loads(ran.out) == {
        "account": "our-x",
        "handle": "our_name",
        "stored_in": str(project.file),
        "notes": [],
        "overridden": [],
    }


def test_secrets_made_on_the_platforms_pages_can_be_typed(project: Project) -> None:
    ran = project.login(*project.account.secrets.values(), options=("--typed",))
    assert ran.code == 0, ran.err
    assert project.stored() == project.account.secrets
    assert project.hides(ran)


def test_typed_secrets_of_another_account_are_refused(project: Project) -> None:
    other = project.add("someone_else")
    ran = project.login(*other.secrets.values(), options=("--typed",))
    assert (ran.code, project.stored()) == (1, {})
    assert "those of @someone_else, not of @our_name" in ran.err


def test_no_library_logs_a_secret(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    names = ("", "oauthlib", "requests_oauthlib", "tweepy", "urllib3")
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(caplog.at_level(logging.DEBUG, logger=name or None))
        typed = [project.account.secrets[name] for name in APP]
        assert project.login(*typed, allow()).code == 0
        stored = project.stored()
        assert project.logout().code == 0
    assert len(stored) == 4
    assert not [value for value in stored.values() if value in caplog.text]
    assert "oauth_signature" not in caplog.text


def test_the_loop_posts_with_what_was_stored(project: Project) -> None:
    project.set_variables(*APP)
    assert project.login(allow()).code == 0
    keys = {environment_variable("our-x", name): project.account.secrets[name] for name in APP}
    environ = {**keys, "HOME": str(project.home)}
    when = f"{Clock().now():%Y-%m-%d %H:%M}"
    post = f"  - id: ready\n    text: We are getting ready.\n    when: {when}\n"
    header = "campaign: ready\ntitle: Ready\ntimezone: UTC\naccounts: [our-x]\nposts:\n"
    write_file(project.folder / "posts" / "ready.yaml", header + post)
    ran = run_cli_process("run", "--once", cwd=project.folder, env=environ)
    assert ran.code == 0, ran.err
    assert [post.raw for post in project.world.visible()] == ["We are getting ready."]
    assert project.hides(ran)


# --- What goes wrong ------------------------------------------------------------------------------


def test_a_wrong_pin(project: Project) -> None:
    project.set_variables(*APP)
    ran = project.login("1234567")
    line = line_of(ran, "G205")
    assert "X does not accept the PIN (HTTP 401" in line
    assert "run the command again" in line
    assert project.hides(ran)
    assert project.stored() == {}


@pytest.mark.parametrize("typed", ["yes", "", "12", "1234567;1", "\uff11\uff12\uff13\uff14"])
def test_other_words_than_a_pin_are_not_sent(project: Project, typed: str) -> None:
    project.set_variables(*APP)
    ran = project.login(typed)
    assert "the input is not a PIN. Enter digits only" in line_of(ran, "G205")


def test_a_closed_input(project: Project) -> None:
    project.set_variables(*APP)
    line = line_of(project.login(), "G206")
    assert "the input ended before an answer to: PIN." in line
    project.patch.delenv(environment_variable("our-x", "consumer_key"))
    line = line_of(project.login(), "G206")
    assert "before an answer to: API key of the app (not shown)." in line
    for stdin in (None, Typist(Captured())):
        if stdin:
            stdin.closed = True
        project.patch.setattr(sys, "stdin", stdin)
        assert run_cli(*LOGIN).code == 1


def test_a_key_that_was_copied_badly_is_not_sent(project: Project) -> None:
    ran = project.login("abcdef", "with a space")
    assert "the consumer_secret contains a space" in line_of(ran, "G202")
    assert "with a space" not in ran.err


def test_wrong_keys_of_the_app(project: Project) -> None:
    wrong = "canary-that-nobody-may-see"
    ran = project.login(project.account.secrets["consumer_key"], wrong)
    line = line_of(ran, "G205")
    assert "X does not accept the keys of the app" in line
    assert wrong not in ran.err


def test_a_platform_that_is_down(project: Project) -> None:
    project.set_variables(*APP)
    project.configure("our_name", "http://127.0.0.1:1")
    line = line_of(project.login(), "G205")
    assert "nothing was stored: no connection was made" in line


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ("drop_before", "no answer arrived"),
        ("commit_then_drop", "no answer arrived"),
        ("truncate", "no answer arrived"),
        ("garbage", "no token in it"),
        ({"status": 503}, "Service Unavailable (HTTP 503)"),
        ({"status": 200, "body": {"oauth_token": "a"}}, "no token in it"),
        ({"status": 429, "problem": "window"}, "Rate limit exceeded (HTTP 429)"),
        ({"redirect": "https://example.org/steal"}, "to example.org, not followed"),
    ],
)
@pytest.mark.parametrize("route", ["/oauth/request_token", "/oauth/access_token"])
def test_a_platform_that_fails(
    project: Project, route: str, effect: dict[str, Any] | str, words: str
) -> None:
    project.set_variables(*APP)
    project.world.faults.add("POST", route, effect)
    ran = project.login(allow())
    assert words in line_of(ran, "G205")
    assert project.hides(ran)
    assert project.stored() == {}


def test_a_profile_that_cannot_be_read_is_a_note(project: Project) -> None:
    project.set_variables(*APP)
    project.world.faults.add("GET", "/2/users/me", "drop_before")
    ran = project.login(allow())
    assert ran.code == 0
    assert "note: the profile could not be read yet: no answer arrived" in ran.out
    assert project.stored().keys() == {*TOKENS}


def test_a_token_that_does_not_work_is_not_stored(project: Project) -> None:
    project.set_variables(*APP)
    project.world.faults.add("GET", "/2/users/me", {"status": 401})
    ran = project.login(allow())
    assert "nothing was stored: Unauthorized (HTTP 401); groundswell" in line_of(ran, "G205")
    assert project.stored() == {}


def test_without_a_place_to_store_nothing_is_asked(project: Project) -> None:
    project.set_variables(*APP)
    project.patch.delenv("HOME")
    line = line_of(project.login(), "G203")
    assert all(environment_variable("our-x", name) in line for name in (*APP, *TOKENS))
    project.patch.setenv("HOME", str(project.folder))
    line = line_of(project.login(), "G204")
    assert f"would be part of a campaign, {project.folder}," in line


def test_a_loose_file_is_refused_by_every_command(project: Project) -> None:
    project.set_variables(*APP)
    assert project.login(allow()).code == 0
    project.file.chmod(0o644)
    for args in (LOGIN, ("accounts", "logout", "our-x"), ("accounts", "list")):
        assert "Run `chmod 600 " in line_of(project.run(*args), "G204")
    ran = project.run("accounts", "check")
    assert (ran.code, "chmod 600" in ran.out) == (1, True)


def test_an_unknown_account_and_an_unknown_option(project: Project) -> None:
    for command in ("login", "logout"):
        ran = project.run("accounts", command, "our-y")
        assert 'There is no account "our-y". Did you mean "our-x"?' in line_of(ran, "G106")
        assert project.run("accounts", command, "our-x", "--no").code == 2


# --- Logging out ----------------------------------------------------------------------------------


@pytest.fixture
def logged_in(project: Project) -> Project:
    project.set_variables(*APP)
    assert project.login(allow()).code == 0
    return project


def test_logout_revokes_the_token_and_removes_it(logged_in: Project) -> None:
    token = logged_in.stored()["access_token"]
    ran = logged_in.logout()
    assert ran.code == 0, ran.err
    assert ran.out.startswith("The secrets of our-x are removed. X has revoked the access token.")
    assert "note: GROUNDSWELL_OUR_X_CONSUMER_KEY is still set." in ran.out
    assert logged_in.stored() == {}
    assert logged_in.account.secrets["access_token"] != token
    checked = run_cli("accounts", "check", "--json")
    assert "groundswell accounts login our-x" in json.loads(checked.out)[0]["faults"][0]


def test_logout_as_json(logged_in: Project) -> None:
    read = json.loads(logged_in.logout("--json").out)
    assert read["account"] == "our-x"
    assert read["left"] == [
        "GROUNDSWELL_OUR_X_CONSUMER_KEY",
        "GROUNDSWELL_OUR_X_CONSUMER_SECRET",
    ]


def test_secrets_that_could_not_be_revoked_are_kept(logged_in: Project) -> None:
    before = logged_in.stored()
    for effect in ({"status": 503}, {"status": 403}, "drop_before"):
        logged_in.world.faults.add("POST", "/1.1/oauth/invalidate_token.json", effect)
        line = line_of(logged_in.logout(), "G208")
        assert "the secrets could not be revoked, and are kept" in line
        assert "groundswell accounts logout our-x --local" in line
        assert logged_in.stored() == before
    assert logged_in.logout().code == 0


def test_local_logout_asks_no_platform(logged_in: Project) -> None:
    logged_in.configure("our_name", "http://127.0.0.1:1")
    ran = logged_in.logout("--local")
    assert ran.code == 0
    assert "They stay valid on the platform." in ran.out
    assert logged_in.stored() == {}


def test_a_token_that_was_revoked_elsewhere_is_removed(logged_in: Project) -> None:
    logged_in.account.secrets = {**logged_in.account.secrets, "access_token": "1-other"}
    ran = logged_in.logout()
    assert ran.code == 0
    assert "X did not accept them any more" in ran.out
    assert logged_in.stored() == {}


def test_without_stored_secrets_there_is_nothing_to_log_out(project: Project) -> None:
    line = line_of(project.logout(), "G207")
    assert "no secrets of this account are stored on this machine." in line
    project.set_variables(*TOKENS)
    line = line_of(project.logout(), "G207")
    assert "environment: GROUNDSWELL_OUR_X_ACCESS_TOKEN, GROUNDSWELL_OUR_X_ACCESS_TOKEN_S" in line


def test_after_logout_a_new_login_gets_another_token(logged_in: Project) -> None:
    first = logged_in.stored()
    assert logged_in.logout().code == 0
    assert logged_in.login(allow()).code == 0
    assert logged_in.stored()["access_token"] != first["access_token"]
    assert run_cli("accounts", "check").code == 0


# --- As a process of its own ----------------------------------------------------------------------


@pytest.fixture
def terminal(project: Project) -> Iterator[Terminal]:
    """The command in a terminal, of somebody who has no secrets yet."""
    environ = {"HOME": str(project.home)}
    with Terminal(*LOGIN, cwd=project.folder, env=environ) as made:
        yield made


def test_secrets_are_typed_unseen_and_a_pin_is_not(project: Project, terminal: Terminal) -> None:
    for name, label in zip(APP, ("API key of the app", "API secret of the app"), strict=True):
        terminal.read_until(f"{label} (not shown): ")
        terminal.type(f"{project.account.secrets[name]}\n")
    pin = allow_in_browser(re.findall(r"http\S+", terminal.read_until("PIN: "))[-1], "our_name")
    terminal.type(f"{pin}\n")
    assert terminal.wait() == 0
    assert f"PIN: {pin}" in terminal.shown
    assert "our-x is logged in as @our_name." in terminal.shown
    assert not [value for value in project.account.secrets.values() if value in terminal.shown]
    assert project.stored() == project.account.secrets


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_ctrl_c_ends_it_at_any_question(project: Project, terminal: Terminal, key: str) -> None:
    terminal.read_until("API key of the app (not shown): ")
    terminal.type(key)
    assert terminal.wait() == 130
    assert "Traceback" not in terminal.shown
    assert project.stored() == {}


def test_a_process_without_a_terminal_ends_with_one_line(project: Project) -> None:
    environ = {environment_variable("our-x", n): project.account.secrets[n] for n in APP}
    environ["XDG_CONFIG_HOME"] = str(project.home)
    ran = run_cli_process(*LOGIN, cwd=project.folder, env=environ)
    assert "G206 the input ended before an answer to: PIN." in line_of(ran, "G206")
    assert "Traceback" not in ran.err

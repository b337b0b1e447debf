"""``groundswell review`` where two people must approve and people can sign in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import CAMPAIGN_HEAD
from helpers.login import Terminal
from helpers.passwords import cheap_hashes

from bot.errors import UserError
from bot.model import Role, Scope
from bot.services import people
from bot.services.approving import approve, approve_named, waiting
from bot.services.refusing import refuse_named, take_back_named

if TYPE_CHECKING:
    from helpers.run import SandboxProject

    from bot.model import User
    from bot.runtime.app import App


pytest_plugins = ["helpers.run"]

TWO = f"{CAMPAIGN_HEAD}require_approval: 2\n"
PASSWORD = "violet harbor 17"
NAME = "ours/soon"


def queue(ours: SandboxProject, *names: str, head: str = TWO) -> None:
    """Queue posts of these names that are due within the hour."""
    posts = (ours.post(name, minutes=30 + number) for number, name in enumerate(names))
    ours.take_in(*posts, head=head)


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_hashes(monkeypatch)


def add(app: App, name: str, role: Role = Role.APPROVE, **more: Any) -> User:
    people.add_user(app, name, role, "Root", password=PASSWORD, **more)
    return people.find_user(app, name)


def approvals(app: App) -> list[tuple[str, int | None]]:
    return [(of.who, of.user) for of in app.approvals.all()]


def codes(found: Any) -> list[str]:
    return [problem.code for problem in found.problems]


# --- The services, for the web --------------------------------------------------------------------


def test_two_users_approve_a_post(ours: SandboxProject) -> None:
    queue(ours, "soon")
    with ours.app() as app:
        ana, ben = add(app, "Ana"), add(app, "Ben")
        [post] = waiting(app)
        assert approve(app, post, ana).posts[0].done == ("our-x",)
        [post] = waiting(app)
        assert approve(app, post, ben).posts[0].who == "Ben"
        assert waiting(app) == []
        assert approvals(app) == [("Ana", ana.id), ("Ben", ben.id)]


def test_who_may_only_see_approves_nothing(ours: SandboxProject) -> None:
    queue(ours, "soon")
    with ours.app() as app:
        [post] = waiting(app)
        with pytest.raises(UserError, match="Q518 Sam may see posts, and not decide about them"):
            approve(app, post, add(app, "Sam", Role.SEE))
        assert approvals(app) == []


@pytest.mark.parametrize(
    "scope", [Scope(None, frozenset({"theirs"})), Scope(frozenset({"their-x"}), None)]
)
def test_a_partner_approves_nothing_of_others(ours: SandboxProject, scope: Scope) -> None:
    queue(ours, "soon")
    with ours.app() as app:
        app.people.add("Pat", Role.ADMIN, scope, None, "Root", app.clock.now())
        pat = people.find_user(app, "Pat")
        found = approve_named(app, [NAME], pat)
        assert (found.posts, codes(found)) == ((), ["Q518"])
        refuse_named(app, [NAME], "Zoe", "the figure is old")
        assert codes(take_back_named(app, [NAME], pat)) == ["Q518"]


def test_a_person_signs_in_once_for_several_posts(ours: SandboxProject) -> None:
    queue(ours, "soon", "late")
    with ours.app() as app:
        ana, asked = add(app, "Ana"), []

        def sign_in() -> User:
            asked.append(ana.name)
            return ana

        found = approve_named(app, ["ours/soon", "ours/late"], "ana", (), sign_in)
        assert [post.who for post in found.posts] == ["Ana", "Ana"]
        assert asked == ["Ana"]


def test_nobody_is_asked_where_one_is_enough(ours: SandboxProject) -> None:
    queue(ours, "soon", head=TWO.replace("2", "1"))
    with ours.app() as app:
        add(app, "Ana")

        def sign_in() -> User:
            raise AssertionError("nobody has to")

        assert approve_named(app, [NAME], "Zoe", (), sign_in).posts[0].done == ("our-x",)


# --- The commands ---------------------------------------------------------------------------------


def test_a_typed_name_is_refused_and_told_how_to_sign_in(ours: SandboxProject) -> None:
    queue(ours, "soon")
    with ours.app() as app:
        add(app, "Ana")
    ran = ours.run_cli("review", "--approve", NAME, "--as", "Ana")
    assert ran.code == 1
    assert "Q517 It needs two people, and a name that is only typed does not count" in ran.err
    assert "Sign in to the control room, or run groundswell review in a terminal" in ran.err
    with ours.app() as app:
        assert approvals(app) == []


def test_the_first_person_who_can_sign_in_is_told_what_waits_again(ours: SandboxProject) -> None:
    queue(ours, "soon")
    for name in ("Ana", "Ben"):
        assert ours.run_cli("review", "--approve", NAME, "--as", name).code == 0
    assert json.loads(ours.run_cli("review", "--json").out) == []
    ran = ours.run_cli("web", "user", "add", "Ana", "--role", "approve", "--phrase")
    words = "These posts need two people who sign in. Typed names had approved them, and they wait"
    assert ran.out.splitlines()[-2:] == [f"{words} again:", "  ours/soon"]
    listed = ours.run_cli("review", "--list").out
    assert "0 of 2" in listed
    assert "somebody typed Ana and Ben, which does not count since people can sign in" in listed
    assert "without signing in, which does not count" in ours.run_cli("queue", "list").out


def test_a_terminal_asks_for_the_password(ours: SandboxProject) -> None:
    queue(ours, "soon")
    with ours.app() as app:
        ana = add(app, "Ana")
    words = ("review", "--approve", NAME, "--as", "ana")
    with Terminal(*words, cwd=ours.folder, env={}) as terminal:
        terminal.read_until("Password of Ana (not shown): ")
        terminal.type(f"{PASSWORD}\n")
        assert terminal.wait() == 0
    assert "Ana approved ours/soon on our-x" in terminal.shown
    assert PASSWORD not in terminal.shown
    with ours.app() as app:
        assert approvals(app) == [("Ana", ana.id)]


def test_a_wrong_password_approves_nothing(ours: SandboxProject) -> None:
    queue(ours, "soon")
    with ours.app() as app:
        add(app, "Ana")
    words = ("review", "--approve", NAME, "--as", "Ana")
    with Terminal(*words, cwd=ours.folder, env={}) as terminal:
        terminal.read_until("Password of Ana (not shown): ")
        terminal.type("seven green ferries\n")
        assert terminal.wait() == 1
    assert "U107 This is not the password of Ana" in terminal.shown
    assert "sign-in refused  Ana" in ours.run_cli("log").out
    with ours.app() as app:
        assert approvals(app) == []


def test_one_after_the_other_the_password_is_asked_for_once(ours: SandboxProject) -> None:
    queue(ours, "soon", "late")
    with ours.app() as app:
        ana = add(app, "Ana")
    with Terminal("review", "--as", "Ana", cwd=ours.folder, env={}) as terminal:
        terminal.read_until("[q]uit? ")
        terminal.type("a\n")
        terminal.read_until("Password of Ana (not shown): ")
        terminal.shown = ""
        terminal.type("seven green ferries\n")
        assert "U107" in terminal.read_until("[q]uit? ")
        terminal.shown = ""
        terminal.type("a\n")
        terminal.read_until("Password of Ana (not shown): ")
        terminal.type(f"{PASSWORD}\n")
        assert "1 to review" in terminal.read_until("[q]uit? ")
        terminal.type("a\n")
        assert terminal.wait() == 0
    assert "2 posts approved" in terminal.shown
    with ours.app() as app:
        assert approvals(app) == [("Ana", ana.id)] * 2


def test_a_typed_name_lowers_no_floor_of_two(ours: SandboxProject) -> None:
    queue(ours, "soon")
    with ours.app() as app:
        add(app, "Ana")
    queue(ours, "soon", head=TWO.replace("2", "1"))
    ran = ours.run_cli("review", "--lower", "ours", "--as", "Ana")
    assert ran.code == 1
    assert "Q517" in ran.err
    with ours.app() as app:
        assert [post.first.needed for post in waiting(app)] == [2]
    with Terminal("review", "--lower", "ours", "--as", "Ana", cwd=ours.folder, env={}) as terminal:
        terminal.read_until("Password of Ana (not shown): ")
        terminal.type(f"{PASSWORD}\n")
        assert terminal.wait() == 0
    assert "Ana confirmed that posts of ours need fewer approvals" in terminal.shown

"""People of the control room on either database: names, rights, sign-ins, sessions and links."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from helpers.clock import ManualClock
from helpers.databases import create_sqlite_file, make_config
from helpers.passwords import cheap_hashes
from helpers.store import ON_SQLITE, at_once
from sqlalchemy import delete, insert, select, text, update

from bot.database import access_tables, audit
from bot.database.backup import copy_database
from bot.errors import StoreError, UserError
from bot.model import EVERYTHING, Account, Role, Scope
from bot.runtime.loop_app import LoopApp, create_loop_app
from bot.services import people
from bot.services.database import verify_log
from bot.store.restore import RestoreStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PASSWORD = "violet harbor 17"
OTHER = "seven green ferries"
ACCOUNTS = {name: Account(name, "x", f"@{name}", "") for name in ("our-x", "their-x")}
LIMITED = Scope(frozenset({"their-x"}), None)


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_hashes(monkeypatch)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def open_app(
    dialect: str, tmp_path: Path, clock: ManualClock, request: pytest.FixtureRequest
) -> Iterator[Callable[[], LoopApp]]:
    """Return what opens the same database again, as another process does."""
    with ExitStack() as stack:
        if dialect == "sqlite":
            url = create_sqlite_file(tmp_path / "groundswell.db")
        else:
            url = stack.enter_context(request.getfixturevalue("postgresql").database())
        config = make_config(tmp_path, ACCOUNTS, url)
        yield lambda: stack.enter_context(create_loop_app(config, {}, clock=clock))


@pytest.fixture
def app(open_app: Callable[[], LoopApp]) -> LoopApp:
    return open_app()


def add(app: LoopApp, name: str = "Ana", role: Role = Role.APPROVE, **more: Any) -> Any:
    people.add_user(app, name, role, "Root", **{"password": PASSWORD, **more})
    return people.find_user(app, name)


def entries(app: LoopApp) -> list[tuple[str, str, str]]:
    return [(of.who, of.what, of.subject) for of in audit.read_entries(app.database)]


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        act()
    return str(caught.value)


class TestNames:
    def test_a_person_comes_back_as_added(self, app: LoopApp) -> None:
        view = people.add_user(app, "  Ana   Lopez ", Role.RUN, "Root", LIMITED, PASSWORD)
        assert (view.name, view.role, view.limits) == ("Ana Lopez", Role.RUN, "accounts their-x")
        user = people.find_user(app, "ana lopez")
        assert (user.name, user.role, user.scope) == ("Ana Lopez", Role.RUN, LIMITED)
        assert entries(app) == [("Root", "user added", "Ana Lopez")]
        assert people.has_users(app)

    def test_nobody_is_known_at_first(self, app: LoopApp) -> None:
        assert not people.has_users(app)
        assert people.list_users(app) == []
        assert "U104 Nobody of the name" in refused(lambda: people.find_user(app, "Ana"))

    @pytest.mark.parametrize(
        "name",
        [
            "Ana",
            "ana",
            "ANA ",
            "Ana 2",
            "\N{CYRILLIC CAPITAL LETTER A}na",
            "A\N{LATIN SMALL LETTER N WITH TILDE}a",
        ],
    )
    def test_a_name_that_reads_like_anothers_is_refused(self, app: LoopApp, name: str) -> None:
        add(app)
        assert "U101" in refused(lambda: add(app, name))
        assert [view.name for view in people.list_users(app)] == ["Ana"]

    @pytest.mark.parametrize("name", ["", "12", "A\u200bna", "x" * 201, "Groundswell"])
    def test_a_name_that_nobody_can_have_is_refused(self, app: LoopApp, name: str) -> None:
        assert "U102" in refused(lambda: add(app, name))

    def test_a_removed_persons_name_is_never_given_again(self, app: LoopApp) -> None:
        ana = add(app)
        view = people.remove_user(app, "Ana", "Root")
        assert view.removed == app.clock.now()
        assert "removed" in refused(lambda: add(app, "ana"))
        assert not people.has_users(app)
        assert app.people.any_known()
        ben = add(app, "Ben")
        assert ben.id != ana.id
        assert [view.name for view in people.list_users(app, removed=True)] == ["Ana", "Ben"]

    def test_of_two_added_at_once_under_one_name_one_is(self, app: LoopApp) -> None:
        def adding(number: int) -> bool:
            try:
                add(app, ["Ana", "ana", "ANA", "Ana 1"][number])
            except UserError:
                return False
            return True

        assert sorted(at_once(4, adding)) == [False, False, False, True]

    def test_a_limit_to_an_unknown_account_or_campaign_is_refused(self, app: LoopApp) -> None:
        accounts = Scope(frozenset({"thier-x"}), None)
        assert 'Did you mean "their-x"?' in refused(lambda: add(app, scope=accounts))
        campaigns = Scope(None, frozenset({"nothing"}))
        assert 'no campaign "nothing"' in refused(lambda: add(app, scope=campaigns))

    @pytest.mark.parametrize("values", [{"role": "owner"}, {"accounts": "{}"}, {"accounts": "["}])
    def test_a_damaged_row_gives_nobody_rights(self, app: LoopApp, values: dict[str, str]) -> None:
        add(app)
        with app.database.writing() as connection:
            connection.execute(update(access_tables.users).values(**values))
        with pytest.raises(StoreError, match="damaged"):
            people.find_user(app, "Ana")


class TestPasswords:
    def test_the_right_password_signs_in_and_is_logged(self, app: LoopApp) -> None:
        ana = add(app)
        assert people.sign_in(app, " ANA", PASSWORD, "192.0.2.7") == ana
        last = audit.read_entries(app.database)[-1]
        assert (last.who, last.what, last.subject) == ("Ana", "signed in", "Ana")
        assert last.detail == {"by": "a password", "from": "192.0.2.7"}

    def test_a_wrong_password_is_logged_with_the_address(self, app: LoopApp) -> None:
        add(app)
        assert people.sign_in(app, "Ana", OTHER, "192.0.2.7") is None
        last = audit.read_entries(app.database)[-1]
        assert (last.who, last.what, last.subject) == ("groundswell", "sign-in refused", "Ana")
        assert last.detail["from"] == "192.0.2.7"

    def test_a_password_typed_as_the_name_is_not_logged(self, app: LoopApp) -> None:
        add(app)
        assert people.sign_in(app, PASSWORD, "", "192.0.2.7") is None
        assert audit.read_entries(app.database)[-1].subject == ""
        assert PASSWORD not in str(audit.read_entries(app.database))

    def test_an_unknown_name_takes_the_same_work(
        self, app: LoopApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add(app)
        add(app, "Ben", password=None)
        people.sign_in(app, "Ana", OTHER, "")
        checked: list[str] = []
        verify = PasswordHasher.verify

        def counting(self: PasswordHasher, *args: Any) -> bool:
            checked.append(args[0])
            return verify(self, *args)

        monkeypatch.setattr(PasswordHasher, "verify", counting)
        for name in ("Ana", "Ben", "Nobody"):
            assert people.sign_in(app, name, OTHER, "") is None
        assert len(checked) == 3
        assert len({stored.rpartition("$")[0].rpartition("$")[0] for stored in checked}) == 1

    def test_a_weak_password_is_refused_and_changes_nothing(self, app: LoopApp) -> None:
        assert "U105 It is shorter" in refused(lambda: add(app, password="short"))
        assert "a name that others" in refused(
            lambda: add(app, "Anastasia", password="Anastasia " * 2)
        )
        add(app)
        assert "U105" in refused(
            lambda: people.set_password(app, "Ana", "our-x our-x our-x", "Root")
        )
        assert people.sign_in(app, "Ana", PASSWORD, "")

    def test_a_removed_person_signs_in_no_more(self, app: LoopApp) -> None:
        add(app)
        people.remove_user(app, "Ana", "Root")
        assert people.sign_in(app, "Ana", PASSWORD, "") is None
        with app.database.reading() as connection:
            assert connection.scalar(select(access_tables.users.c.password)) is None

    def test_a_hash_of_other_parameters_is_renewed(
        self, app: LoopApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add(app)
        newer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
        monkeypatch.setattr("bot.services.passwords._hasher", lambda: newer)
        assert people.sign_in(app, "Ana", PASSWORD, "")
        assert "m=16,t=2" in str(app.people.all()[0].password)
        assert people.sign_in(app, "Ana", PASSWORD, "")


class TestSessions:
    def test_a_session_is_known_by_its_token_only(self, app: LoopApp) -> None:
        ana = add(app)
        token = people.open_session(app, ana, "192.0.2.7")
        found = people.find_session(app, token)
        assert found
        assert (found.user, found.opened, found.address) == (ana, app.clock.now(), "192.0.2.7")
        for wrong in ("", token[:-1], token + "a", "a" * len(token), hash_of(token)[:43]):
            assert people.find_session(app, wrong) is None

    def test_only_hashes_of_tokens_are_kept(self, app: LoopApp) -> None:
        ana = add(app)
        tokens = [people.open_session(app, ana), people.create_feed(app, ana)]
        tokens.append(people.create_link(app, "Ana", "Root").token)
        assert len({*tokens}) == 3
        assert all(len(token) == 43 for token in tokens)
        for table in ("sessions", "feeds", "login_links", "users", "audit"):
            with app.database.reading() as connection:
                rows = str(connection.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608
            assert not any(token in rows for token in tokens)
            assert PASSWORD not in rows
        for table, token in zip(("sessions", "feeds", "login_links"), tokens, strict=True):
            with app.database.reading() as connection:
                kept = connection.scalar(text(f"SELECT hash FROM {table}"))  # noqa: S608
            assert kept == hash_of(token)

    def test_use_prolongs_it_but_not_beyond_two_weeks(
        self, app: LoopApp, clock: ManualClock
    ) -> None:
        token = people.open_session(app, add(app))
        for _ in range(16):
            clock.advance(hours=20)
            assert people.find_session(app, token)
        clock.advance(hours=16)  # 14 days
        assert people.find_session(app, token) is None

    def test_a_day_without_use_ends_it(self, app: LoopApp, clock: ManualClock) -> None:
        token = people.open_session(app, add(app))
        clock.advance(hours=23, minutes=59)
        assert people.find_session(app, token, active=False)
        clock.advance(minutes=1)
        assert people.find_session(app, token) is None

    @ON_SQLITE
    def test_its_use_is_written_every_five_minutes_at_most(
        self, app: LoopApp, clock: ManualClock
    ) -> None:
        token = people.open_session(app, add(app))
        opened = clock.now()
        clock.advance(minutes=4)
        before = app.database.data_version()
        people.find_session(app, token)
        people.find_session(app, token, active=False)
        assert app.database.data_version() == before
        assert people.list_sessions(app, people.find_user(app, "Ana"))[0].seen == opened
        clock.advance(minutes=1)
        people.find_session(app, token, active=False)
        assert people.list_sessions(app, people.find_user(app, "Ana"))[0].seen == opened
        people.find_session(app, token)
        assert people.list_sessions(app, people.find_user(app, "Ana"))[0].seen == clock.now()

    def test_signing_out_ends_this_session_and_is_logged_once(self, app: LoopApp) -> None:
        ana = add(app)
        token, other = people.open_session(app, ana), people.open_session(app, ana)
        people.end_session(app, token)
        people.end_session(app, token)
        assert people.find_session(app, token) is None
        assert people.find_session(app, other)
        assert entries(app).count(("Ana", "signed out", "Ana")) == 1

    def test_signing_out_everywhere_ends_all_of_one_person(self, app: LoopApp) -> None:
        ana, ben = add(app), add(app, "Ben")
        mine = [people.open_session(app, ana) for _ in range(3)]
        link, other = people.create_link(app, "Ana", "Ana"), people.open_session(app, ben)
        assert people.end_sessions(app, ana, "Ana") == 3
        assert [people.find_session(app, token) for token in mine] == [None] * 3
        assert people.peek_link(app, link.token) is None
        assert people.find_session(app, other)
        assert people.list_users(app)[1].sessions == 1


CHANGES: dict[str, Callable[[LoopApp], object]] = {
    "role": lambda app: people.change_role(app, "Ana", Role.ADMIN, "Root"),
    "limits": lambda app: people.change_scope(app, "Ana", LIMITED, "Root"),
    "password": lambda app: people.set_password(app, "Ana", OTHER, "Root"),
    "removed": lambda app: people.remove_user(app, "Ana", "Root"),
}


class TestChanges:
    @pytest.mark.parametrize("what", CHANGES)
    def test_a_change_ends_all_that_the_person_has_open(self, app: LoopApp, what: str) -> None:
        ana, ben = add(app), add(app, "Ben")
        session, feed = people.open_session(app, ana), people.create_feed(app, ana)
        link = people.create_link(app, "Ana", "Root").token
        other = people.open_session(app, ben)
        CHANGES[what](app)
        assert people.find_session(app, session) is None
        assert people.find_feed(app, feed) is None
        assert people.use_link(app, link, "") is None
        assert people.find_session(app, other)
        assert entries(app)[-1] == ("Root", f"user {what}", "Ana")

    @pytest.mark.parametrize("what", ["role", "limits", "removed"])
    def test_a_session_does_not_open_for_who_was_read_before(self, app: LoopApp, what: str) -> None:
        before = add(app)
        CHANGES[what](app)
        assert "U103" in refused(lambda: people.open_session(app, before))
        assert "U103" in refused(lambda: people.create_feed(app, before))

    def test_the_new_rights_hold_at_the_next_sign_in(self, app: LoopApp) -> None:
        add(app)
        people.change_role(app, "Ana", Role.ADMIN, "Root")
        people.change_scope(app, "Ana", LIMITED, "Root")
        people.set_password(app, "Ana", OTHER, "Root")
        assert people.sign_in(app, "Ana", PASSWORD, "") is None
        user = people.sign_in(app, "Ana", OTHER, "")
        assert user
        assert (user.role, user.scope) == (Role.ADMIN, LIMITED)
        assert replace(user, scope=EVERYTHING) != user
        last = [of for of in audit.read_entries(app.database) if of.what == "user limits"]
        assert last[0].detail == {"accounts": ["their-x"], "campaigns": None}

    def test_a_removed_person_cannot_be_changed(self, app: LoopApp) -> None:
        ana = add(app)
        people.remove_user(app, "Ana", "Root")
        assert "U104" in refused(lambda: people.change_role(app, "Ana", Role.SEE, "Root"))
        now = app.clock.now()
        assert "U103" in refused(lambda: app.people.change_role(ana, Role.ADMIN, "Root", now))


class TestLinks:
    def test_a_link_is_used_once_and_looking_at_it_is_no_use(self, app: LoopApp) -> None:
        ana = add(app, password=None)
        link = people.create_link(app, "ana", "Root")
        assert link.expires == app.clock.now() + timedelta(minutes=10)
        assert people.peek_link(app, link.token) == people.peek_link(app, link.token) == ana
        assert people.use_link(app, link.token, "192.0.2.7") == ana
        assert people.peek_link(app, link.token) is None
        assert people.use_link(app, link.token, "192.0.2.7") is None
        last = audit.read_entries(app.database)[-1]
        assert (last.what, last.detail) == (
            "signed in",
            {"by": "a login link", "from": "192.0.2.7"},
        )

    def test_of_many_that_use_one_at_once_one_signs_in(self, app: LoopApp) -> None:
        ana = add(app)
        token = people.create_link(app, "Ana", "Root").token
        assert people.peek_link(app, token)
        used = at_once(8, lambda _: people.use_link(app, token, ""))
        assert [user for user in used if user] == [ana]

    def test_it_ends_after_ten_minutes(self, app: LoopApp, clock: ManualClock) -> None:
        add(app)
        token = people.create_link(app, "Ana", "Root").token
        clock.advance(minutes=10)
        assert people.peek_link(app, token) is None
        assert people.use_link(app, token, "") is None

    def test_nobody_without_a_row_gets_one(self, app: LoopApp) -> None:
        assert "U104" in refused(lambda: people.create_link(app, "Ana", "Root"))


class TestFeeds:
    def test_a_feed_is_replaced_and_revoked(self, app: LoopApp) -> None:
        ana = add(app)
        first = people.create_feed(app, ana)
        second = people.create_feed(app, ana)
        assert people.find_feed(app, first) is None
        assert people.find_feed(app, second) == ana
        assert people.revoke_feed(app, ana)
        assert not people.revoke_feed(app, ana)
        assert people.find_feed(app, second) is None

    def test_it_lives_longer_than_a_session(self, app: LoopApp, clock: ManualClock) -> None:
        ana = add(app)
        token = people.create_feed(app, ana)
        clock.advance(days=300)
        assert people.find_feed(app, token) == ana
        assert people.find_session(app, token) is None


class TestDoubt:
    """A clock that jumps back, and a copy of the database, could bring back what has ended."""

    def test_a_clock_set_back_ends_every_session(self, app: LoopApp, clock: ManualClock) -> None:
        """The owner was away for 20 hours, and the clock then went back 19."""
        ana = add(app)
        token, feed = people.open_session(app, ana), people.create_feed(app, ana)
        people.find_session(app, token)
        clock.advance(hours=20)
        clock.step(hours=-19)
        assert people.find_session(app, token) is None
        assert people.find_feed(app, feed) is None
        assert entries(app)[-1] == ("groundswell", "everybody signed out", "")
        clock.step(hours=19)
        assert people.find_session(app, token) is None
        assert people.find_session(app, people.open_session(app, ana))

    def test_a_clock_set_back_makes_no_link_last(self, app: LoopApp, clock: ManualClock) -> None:
        add(app)
        token = people.create_link(app, "Ana", "Root").token
        clock.advance(minutes=9)
        clock.step(minutes=-5)
        assert people.use_link(app, token, "") is None

    def test_a_clock_set_back_between_two_runs_is_noticed(
        self, app: LoopApp, open_app: Callable[[], LoopApp], clock: ManualClock
    ) -> None:
        token = people.open_session(app, add(app))
        clock.advance(hours=20)
        people.find_session(app, token)
        clock.step(hours=-10)
        assert people.find_session(open_app(), token) is None

    def test_a_clock_that_is_corrected_by_a_minute_ends_nothing(
        self, app: LoopApp, clock: ManualClock
    ) -> None:
        token = people.open_session(app, add(app))
        clock.advance(hours=1)
        clock.step(minutes=-1)
        assert people.find_session(app, token)

    def test_doubt_outlasts_a_database_that_fails(
        self, app: LoopApp, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = people.open_session(app, add(app))
        people.find_session(app, token)
        clock.advance(hours=20)
        clock.step(hours=-19)

        def fail(*_: object) -> None:
            raise StoreError("locked")

        with monkeypatch.context() as failing:
            failing.setattr("bot.store.sign_ins.revoke_all", fail)
            for _ in range(2):
                with pytest.raises(StoreError):
                    people.find_session(app, token)
        assert people.find_session(app, token) is None

    def test_small_steps_back_add_up(self, app: LoopApp, clock: ManualClock) -> None:
        token = people.open_session(app, add(app))
        for _ in range(3):
            clock.step(minutes=-1)
            found = people.find_session(app, token)
        assert found is None

    def test_a_clock_set_forward_and_back_costs_a_sign_in(
        self, app: LoopApp, clock: ManualClock
    ) -> None:
        token = people.open_session(app, add(app))
        clock.step(hours=2)
        assert people.find_session(app, token)
        clock.step(hours=-2)
        assert people.find_session(app, token) is None

    @ON_SQLITE
    def test_a_restored_copy_signs_nobody_in(
        self, app: LoopApp, tmp_path: Path, clock: ManualClock
    ) -> None:
        """Ana was removed after the copy was made; the copy knows her, and her session."""
        token = people.open_session(app, add(app))
        path = app.database.path
        assert path
        copy_database(path, tmp_path / "earlier.db", force=False)
        people.remove_user(app, "Ana", "Root")
        app.database.close()
        (tmp_path / "earlier.db").replace(path)
        with create_loop_app(app.config, {}, clock=clock) as restored:
            assert people.find_session(restored, token) is None
            assert entries(restored)[-1] == ("groundswell", "everybody signed out", "")

    def test_a_safe_start_signs_everybody_out(self, app: LoopApp) -> None:
        token = people.open_session(app, add(app))
        RestoreStore(app.database).begin("a person asked for it", app.clock.now())
        assert people.find_session(app, token) is None


FORGERIES: dict[str, dict[str, Any]] = {
    "another role": {"role": "admin"},
    "no limits": {"accounts": None},
    "other limits": {"accounts": '["our-x"]'},
    "another name": {"name": "Anja"},
}


class TestForged:
    """Rows that were changed by the database's own tools."""

    @pytest.mark.parametrize("what", FORGERIES)
    def test_changed_rights_sign_nobody_in(self, app: LoopApp, what: str) -> None:
        add(app, scope=LIMITED)
        add(app, "Ben")
        assert app.people.differences() == []
        with app.database.writing() as connection:
            c = access_tables.users.c
            query = update(access_tables.users).where(c.name == "Ana")
            connection.execute(query.values(**FORGERIES[what]))
        name = FORGERIES[what].get("name", "Ana")
        forged = people.sign_in(app, name, PASSWORD, "")
        assert forged
        assert "U112" in refused(lambda: people.open_session(app, forged))
        assert "U112" in refused(lambda: people.require_sign_in(app, name, PASSWORD, ""))
        assert name in {problem.file for problem in app.people.differences()}
        assert "U112" in refused(lambda: verify_log(app))
        assert people.open_session(app, people.find_user(app, "Ben"))

    def test_a_row_that_was_inserted_signs_nobody_in(self, app: LoopApp) -> None:
        add(app)
        with app.database.writing() as connection:
            row = dict(connection.execute(select(access_tables.users)).mappings().one())
            row |= {"id": 9, "name": "Eve", "role": "admin"}
            connection.execute(insert(access_tables.users).values(row))
        forged = people.sign_in(app, "Eve", PASSWORD, "")
        assert forged
        assert "U112" in refused(lambda: people.open_session(app, forged))
        link = people.create_link(app, "Eve", "Eve").token
        used = people.use_link(app, link, "")
        assert used
        assert "U112" in refused(lambda: people.open_session(app, used))

    def test_a_removed_person_who_was_brought_back_does_not_sign_in(self, app: LoopApp) -> None:
        ana = add(app)
        people.remove_user(app, "Ana", "Root")
        with app.database.writing() as connection:
            connection.execute(update(access_tables.users).values(removed=None))
        assert "U112" in refused(lambda: people.open_session(app, ana))

    def test_what_the_program_changes_is_in_the_log(self, app: LoopApp) -> None:
        add(app, scope=LIMITED)
        people.change_role(app, "Ana", Role.ADMIN, "Root")
        people.change_scope(app, "Ana", EVERYTHING, "Root")
        people.set_password(app, "Ana", OTHER, "Root")
        add(app, "Ben")
        people.remove_user(app, "Ben", "Root")
        assert app.people.differences() == []
        assert verify_log(app).whole
        assert people.open_session(app, people.find_user(app, "Ana"))

    def test_a_person_who_was_deleted_is_missed(self, app: LoopApp) -> None:
        add(app)
        with app.database.writing() as connection:
            connection.execute(delete(access_tables.users))
        assert [problem.file for problem in app.people.differences()] == ["Ana"]


class TestPruning:
    def test_what_has_ended_is_deleted_and_the_rest_stays(
        self, app: LoopApp, clock: ManualClock
    ) -> None:
        ana = add(app)
        idle = people.open_session(app, ana)
        clock.advance(hours=12)
        live, ended = people.open_session(app, ana), people.open_session(app, ana)
        people.end_session(app, ended)
        people.create_feed(app, ana)
        feed = people.create_feed(app, ana)
        people.create_link(app, "Ana", "Root")
        clock.advance(hours=12)
        link = people.create_link(app, "Ana", "Root").token
        app.run_once()
        assert counts(app) == {"sessions": 1, "feeds": 1, "login_links": 1, "users": 1}
        assert people.find_session(app, idle) is None
        assert people.find_session(app, live)
        assert people.find_feed(app, feed)
        assert people.peek_link(app, link)

    @ON_SQLITE
    def test_nothing_is_written_if_nothing_has_ended(self, app: LoopApp) -> None:
        people.open_session(app, add(app))
        before = app.database.data_version()
        assert app.sign_ins.delete_ended() == 0
        assert app.database.data_version() == before


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def counts(app: LoopApp) -> dict[str, int]:
    tables = ("sessions", "feeds", "login_links", "users")
    with app.database.reading() as connection:
        return {
            table: int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608
            for table in tables
        }

"""Approvals of posts that need two people, once people can sign in, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.store import LATER, NOW, Store, text_content
from sqlalchemy import insert, select, update

from bot.database import tables
from bot.database.access_tables import users
from bot.database.audit import read_entries, verify
from bot.errors import UserError
from bot.model import EVERYTHING, Role
from bot.store.approvals import Approvals
from bot.store.people import People
from bot.store.refusals import Refusals

if TYPE_CHECKING:
    from bot.model import Delivery, User

APPROVED = tables.approvals


def add_user(store: Store, name: str) -> User:
    return People(store.database).add(name, Role.APPROVE, EVERYTHING, None, "Root", NOW)


def approve(store: Store, delivery: Delivery, who: str | User) -> None:
    name, user = (who, None) if isinstance(who, str) else (who.name, who.id)
    approvals = Approvals(store.database)
    approvals.approve(delivery.subject, delivery.approval_digest, name, NOW, user=user)


def refused(store: Store, delivery: Delivery, who: str | User) -> str:
    before = Approvals(store.database).all()
    with pytest.raises(UserError) as caught:
        approve(store, delivery, who)
    assert Approvals(store.database).all() == before
    return str(caught.value)


def lack(store: Store, delivery: Delivery) -> str | None:
    with store.database.reading() as connection:
        return Approvals(store.database).holds(connection, [store.now(delivery)]).get(delivery.id)


def is_sound(store: Store) -> bool:
    return verify(store.database) is None and not Approvals(store.database).differences()


def change_rows(store: Store, **values: Any) -> None:
    """Change all approvals by hand, as the database's own tools can."""
    store.change(update(APPROVED).values(**values))


class TestTyped:
    def test_typed_names_count_while_nobody_can_sign_in(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        approve(store, delivery, "Ana")
        approve(store, delivery, "Ben")
        assert lack(store, delivery) is None

    def test_the_first_user_ends_that_for_posts_that_need_two(self, store: Store) -> None:
        two, one = store.add(approvals=2), store.add("ring", approvals=1)
        for delivery, names in ((two, ("Ana", "Ben")), (one, ("Ana",))):
            for name in names:
                approve(store, delivery, name)
        add_user(store, "Ana")
        words = (
            "waits for approval (0 of 2; Ana and Ben approved without signing in, which does not "
        )
        words += "count): groundswell review"
        assert lack(store, two) == words
        assert store.claim(two) is None
        assert lack(store, one) is None
        assert store.claim(one)

    def test_a_typed_name_is_refused_then(self, store: Store) -> None:
        two, one = store.add(approvals=2), store.add("ring", approvals=1)
        add_user(store, "Ana")
        for name in ("Ana", "Zoe"):
            assert "Q517 It needs two people" in refused(store, two, name)
        approve(store, one, "Zoe")
        assert lack(store, one) is None

    def test_one_who_signed_in_and_a_typed_name_are_not_two(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        approve(store, delivery, "Ben")
        ana = add_user(store, "Ana")
        approve(store, delivery, ana)
        words = "(1 of 2, given by Ana; Ben approved without signing in, which does not count)"
        assert words in str(lack(store, delivery))
        assert store.claim(delivery) is None

    def test_removing_everybody_does_not_bring_typed_names_back(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        ana = add_user(store, "Ana")
        People(store.database).remove(ana, "Root", NOW)
        assert "Q517" in refused(store, delivery, "Ana")
        assert lack(store, delivery)

    def test_an_account_that_asks_for_two_counts_them_too(self, store: Store) -> None:
        """The campaign asks for one, the account for two."""
        from helpers.store import account_without_gap

        delivery = store.add(approvals=1)
        account = account_without_gap("mj", require_approval=2)
        strict = Approvals(store.database, {"mj": account})
        ana, ben = add_user(store, "Ana"), add_user(store, "Ben")
        with pytest.raises(UserError, match="Q517"):
            strict.approve(delivery.subject, delivery.approval_digest, "Ana", NOW)
        for user in (ana, ben):
            digest = delivery.approval_digest
            strict.approve(delivery.subject, digest, user.name, NOW, user=user.id)
        assert store.claim(delivery, account=account)


class TestSigned:
    def test_two_who_signed_in_are_enough(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        for user in (add_user(store, "Ana"), add_user(store, "Ben")):
            approve(store, delivery, user)
        assert lack(store, delivery) is None
        assert is_sound(store)
        assert store.claim(delivery)
        entries = [of for of in read_entries(store.database) if of.what == "approve"]
        assert [(of.who, of.detail["user"]) for of in entries] == [("Ana", 1), ("Ben", 2)]
        assert [of.user for of in Approvals(store.database).all()] == [1, 2]

    def test_one_person_signs_once(self, store: Store) -> None:
        delivery, ana = store.add(approvals=2), add_user(store, "Ana")
        approve(store, delivery, ana)
        assert "Q504 Ana has approved it already" in refused(store, delivery, ana)

    def test_the_author_is_not_one_of_two(self, store: Store) -> None:
        delivery = store.add(approvals=2, author="Lopez, Ana")
        assert "Q505" in refused(store, delivery, add_user(store, "Ana Lopez"))

    def test_signing_replaces_the_same_typed_name(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        approve(store, delivery, "Ana")
        ana, ben = add_user(store, "Ana"), add_user(store, "Ben")
        approve(store, delivery, ana)
        assert [of.user for of in Approvals(store.database).all()] == [ana.id]
        assert is_sound(store)
        approve(store, delivery, ben)
        assert lack(store, delivery) is None

    def test_a_typed_name_in_other_letters_stays_beside_and_counts_nothing(
        self, store: Store
    ) -> None:
        delivery = store.add(approvals=2)
        approve(store, delivery, "ana")
        approve(store, delivery, add_user(store, "Ana"))
        assert (
            "(1 of 2, given by Ana; ana approved without signing in, which does not count)"
            in str(lack(store, delivery))
        )
        assert is_sound(store)

    def test_the_approval_of_a_removed_person_stays(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        ana, ben = add_user(store, "Ana"), add_user(store, "Ben")
        approve(store, delivery, ana)
        People(store.database).remove(ana, "Root", NOW)
        approve(store, delivery, ben)
        assert lack(store, delivery) is None

    def test_withdrawn_it_counts_no_longer(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        for user in (add_user(store, "Ana"), add_user(store, "Ben")):
            approve(store, delivery, user)
        approvals = Approvals(store.database)
        approvals.withdraw(delivery.subject, [delivery.approval_digest], "Ana", LATER)
        assert "(1 of 2, given by Ben)" in str(lack(store, delivery))
        assert is_sound(store)

    def test_an_edit_has_it_lapse(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        for user in (add_user(store, "Ana"), add_user(store, "Ben")):
            approve(store, delivery, user)
        other = store.add("ring", approvals=2, content=text_content("Other words."))
        assert lack(store, other) == "waits for approval (0 of 2): groundswell review"


class TestForged:
    def test_a_typed_approval_does_not_become_a_signed_one(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        approve(store, delivery, "Ana")
        approve(store, delivery, "Ben")
        ana = add_user(store, "Ana")
        change_rows(store, user=ana.id)
        assert lack(store, delivery) == "waits for approval (0 of 2): groundswell review"
        assert not is_sound(store)
        assert store.claim(delivery) is None

    def test_a_signed_one_that_was_changed_counts_for_nothing(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery, add_user(store, "Ana"))
        change_rows(store, user=None)
        assert lack(store, delivery) == "waits for approval (0 of 1): groundswell review"

    def test_another_users_number_counts_for_nothing(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        ana, ben = add_user(store, "Ana"), add_user(store, "Ben")
        approve(store, delivery, ana)
        change_rows(store, user=ben.id)
        assert "(0 of 2)" in str(lack(store, delivery))

    def test_a_row_that_was_inserted_counts_for_nothing(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        ana = add_user(store, "Ana")
        approve(store, delivery, ana)
        with store.database.reading() as connection:
            row = dict(connection.execute(select(APPROVED)).mappings().one())
        values = {name: value for name, value in row.items() if name not in {"id", "entry"}}
        store.change(insert(APPROVED).values({**values, "who": "Ben", "user": 2, "entry": None}))
        assert "(1 of 2, given by Ana)" in str(lack(store, delivery))
        assert not is_sound(store)

    def test_two_users_whose_names_read_alike_count_once(self, store: Store) -> None:
        """The second can only come into the table by hand."""
        delivery, ana = store.add(approvals=2), add_user(store, "Ana")
        row = {"name": "\N{CYRILLIC CAPITAL LETTER A}na", "role": "approve", "added": NOW}
        store.change(insert(users).values(row))
        second = People(store.database).all()[1].user
        approve(store, delivery, ana)
        assert "Q504" in refused(store, delivery, second)


class TestRefusals:
    def test_a_typed_name_takes_no_refusal_back_where_two_must_approve(self, store: Store) -> None:
        delivery, ana = store.add(approvals=2), add_user(store, "Ana")
        refusals = Refusals(store.database, Approvals(store.database))
        subject, digest = delivery.subject, delivery.approval_digest
        refusals.refuse(subject, digest, "Ben", "the figure is old", NOW)
        with pytest.raises(UserError, match="Q517"):
            refusals.take_back(subject, [digest], "Ben", NOW)
        assert len(refusals.all()) == 1
        refusals.take_back(subject, [digest], ana.name, NOW, user=ana.id)
        assert refusals.all() == []

    def test_it_does_where_one_is_enough(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        add_user(store, "Ana")
        refusals = Refusals(store.database, Approvals(store.database))
        subject, digest = delivery.subject, delivery.approval_digest
        refusals.refuse(subject, digest, "Ben", "the figure is old", NOW)
        assert refusals.take_back(subject, [digest], "Zoe", NOW)

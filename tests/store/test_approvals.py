"""Approvals on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from helpers.store import (
    LATER,
    MINUTE,
    NOW,
    ON_POSTGRESQL,
    TO_PUBLISHED,
    TO_UNKNOWN,
    Store,
    at_once,
    occurrence,
    text_content,
)
from sqlalchemy import delete, insert, select, update

from bot.database import tables
from bot.database.audit import read_entries, read_seal, record, verify
from bot.errors import UserError
from bot.model import State, Subject
from bot.planning.diff import Change
from bot.store.approvals import Approvals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.database.audit import AuditEntry
    from bot.model import Delivery

HART = Subject("people", "hart", "mj")
APPROVED = tables.approvals


def approve(store: Store, delivery: Delivery, who: str = "Ana") -> None:
    Approvals(store.database).approve(delivery.subject, delivery.approval_digest, who, NOW)


def withdraw(store: Store, who: str = "Ana") -> int:
    digests = {delivery.approval_digest for delivery in store.queue.all()}
    return Approvals(store.database).withdraw(HART, digests, who, LATER)


def names(store: Store) -> list[str]:
    return [approval.who for approval in Approvals(store.database).all()]


def lacking(store: Store, deliveries: Sequence[Delivery]) -> Mapping[int, str]:
    with store.database.reading() as connection:
        return Approvals(store.database).holds(connection, deliveries)


def lack(store: Store, delivery: Delivery) -> str | None:
    return lacking(store, [store.now(delivery)]).get(delivery.id)


def entries(store: Store, what: str) -> list[AuditEntry]:
    return [entry for entry in read_entries(store.database) if entry.what == what]


def audited(store: Store) -> list[tuple[str, str, str]]:
    return [
        (entry.who, entry.what, entry.subject)
        for entry in read_entries(store.database)
        if entry.who != "groundswell"
    ]


def refused(store: Store, delivery: Delivery, who: str = "Ana") -> str:
    before = (names(store), audited(store))
    with pytest.raises(UserError) as caught:
        approve(store, delivery, who)
    assert (names(store), audited(store)) == before
    return str(caught.value)


def insert_by_hand(store: Store, delivery: Delivery, entry: int | None = None) -> None:
    """Insert an approval by Eve into the table, as the database's own tools can."""
    values = {
        **delivery.subject._asdict(),
        "digest": delivery.approval_digest,
        "frequency": delivery.frequency,
        "content": delivery.content.to_json(),
        "who": "Eve",
        "at": NOW,
        "entry": entry,
    }
    store.change(insert(APPROVED).values(values))


def unlogged(store: Store) -> list[str]:
    return list(map(str, Approvals(store.database).differences()))


class TestApprovals:
    def test_an_approval_comes_back_as_it_was_given(self, store: Store) -> None:
        delivery = store.add(approvals=1, content=text_content("ünïcode 🕊️", "a second part"))
        approve(store, delivery)
        [approval] = Approvals(store.database).all()
        assert (approval.subject, approval.who, approval.at) == (HART, "Ana", NOW)
        assert (approval.content, approval.digest) == (delivery.content, delivery.approval_digest)
        [entry] = entries(store, "approve")
        assert (entry.who, entry.subject) == ("Ana", "people/hart/mj")
        assert entry.detail == {"digest": delivery.approval_digest, "frequency": "once"}
        assert verify(store.database) is None

    def test_a_lack_of_approvals_is_named_until_they_are_there(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        assert lack(store, delivery) == "waits for approval (0 of 2): groundswell review"
        approve(store, delivery)
        assert lack(store, delivery) == (
            "waits for approval (1 of 2, given by Ana): groundswell review"
        )
        approve(store, delivery, "Ben")
        assert lack(store, delivery) is None
        assert names(store) == ["Ana", "Ben"]

    def test_a_post_that_needs_no_approval_takes_none(self, store: Store) -> None:
        delivery = store.add()
        assert lack(store, delivery) is None
        assert Approvals(store.database).needing_approval() == []
        assert refused(store, delivery).startswith("people/hart/mj: Q506 Neither its campaign")

    def test_an_edit_has_it_lapse_and_undone_it_is_approved_again(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery)
        for words, waits in (("fixed", True), (delivery.content.text, False)):
            edited = occurrence(approvals=1, content=text_content(words))
            store.queue.apply([Change(store.now(delivery), edited, ())], NOW)
            assert bool(lack(store, delivery)) is waits

    def test_a_move_leaves_it_approved(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery)
        moved = occurrence(approvals=1, due=LATER)
        store.queue.apply([Change(delivery, moved, ())], NOW)
        assert lack(store, delivery) is None

    def test_the_frequency_is_approved_with_the_words(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery)
        often = store.add(approvals=1, key="people/hart/mj/9", frequency="168 times a week")
        assert lack(store, delivery) is None
        assert lack(store, often) == "waits for approval (0 of 1): groundswell review"
        assert store.claim(often) is None
        approve(store, often)
        assert store.claim(often) is not None

    def test_edited_between_being_shown_and_approved_it_is_not_approved(self, store: Store) -> None:
        shown = store.add(approvals=1)
        edited = occurrence(approvals=1, content=text_content("another text"))
        store.queue.apply([Change(shown, edited, ())], NOW)
        assert refused(store, shown) == (
            "people/hart/mj: Q503 It was edited, and now says something else or is repeated more "
            "or less often. Read it again: groundswell review."
        )

    def test_another_account_and_another_post_need_their_own(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        others = [store.add(approvals=1, account="athena"), store.add("ring", approvals=1)]
        approve(store, delivery)
        assert set(lacking(store, [delivery, *others])) == {other.id for other in others}

    def test_every_time_of_a_recurring_post_is_approved_at_once(self, store: Store) -> None:
        weekly = [
            store.add(key=f"people/hart/mj/{week}", due=NOW + timedelta(weeks=week), approvals=1)
            for week in range(3)
        ]
        approve(store, weekly[1])
        assert lacking(store, weekly) == {}

    @pytest.mark.parametrize(
        "again", ["Ana", "ana", " ANA ", "\N{FULLWIDTH LATIN CAPITAL LETTER A}na"]
    )
    def test_nobody_approves_twice(self, store: Store, again: str) -> None:
        delivery = store.add(approvals=2)
        approve(store, delivery)
        assert "Q504" in refused(store, delivery, again)

    def test_name_that_reads_like_anothers_is_theirs(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        approve(store, delivery)
        assert refused(store, delivery, "\u0410na") == (  # a Cyrillic A
            "people/hart/mj: Q504 \u0410na reads like Ana, who has approved it already; another "
            "person must be the next."
        )
        lapsed = store.add("ring", approvals=2, author="\u0410na")
        assert "Q505 Ana is its author" in refused(store, lapsed)

    def test_name_with_an_invisible_character_is_refused(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        assert refused(store, delivery, "Ana\u200b") == (
            "people/hart/mj: Q508 The name 'Ana\\u200b' holds an invisible character, U+200B. "
            "Type the name instead of pasting it."
        )

    @pytest.mark.parametrize("author", ["Ana", "ana"])
    def test_the_author_is_none_of_two(self, store: Store, author: str) -> None:
        delivery = store.add(approvals=2, author="Ana")
        assert refused(store, delivery, author) == (
            f"people/hart/mj: Q505 {author} is its author, who cannot be one of the 2 people to "
            "approve it. Ask a colleague."
        )

    def test_the_author_may_be_the_only_one(self, store: Store) -> None:
        delivery = store.add(approvals=1, author="Ana")
        approve(store, delivery, "ana")
        assert lack(store, delivery) is None
        assert names(store) == ["Ana"]  # spelled as in the file, so that it is recognised

    def test_if_two_are_required_later_the_author_does_not_count(self, store: Store) -> None:
        delivery = store.add(approvals=1, author="Ana")
        approve(store, delivery)
        stricter = occurrence(approvals=2, author="Ana")
        store.queue.apply([Change(delivery, stricter, ())], NOW)
        assert lack(store, delivery) == "waits for approval (0 of 2): groundswell review"

    def test_withdrawn_it_counts_no_more_and_the_log_has_both(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery)
        assert withdraw(store, "ana") == 1
        assert lack(store, delivery) is not None
        assert audited(store) == [
            ("Ana", "approve", "people/hart/mj"),
            ("ana", "withdraw", "people/hart/mj"),
        ]
        approve(store, delivery)
        assert lack(store, delivery) is None

    def test_only_their_own_is_withdrawn(self, store: Store) -> None:
        delivery = store.add(approvals=2)
        approve(store, delivery)
        with pytest.raises(UserError, match="Q507 Ben has not approved its current words"):
            withdraw(store, "Ben")
        assert names(store) == ["Ana"]

    @pytest.mark.parametrize(
        ("transition", "words"),
        [
            (None, "is being sent"),
            (TO_PUBLISHED, "is out already"),
            (TO_UNKNOWN, "may be out already"),
        ],
    )
    def test_too_late_is_reported(self, store: Store, transition: object, words: str) -> None:
        delivery = store.add(approvals=0)
        claim = store.must_claim(delivery)
        if transition:
            store.close(claim, transition, "published")  # type: ignore[arg-type]
        assert f"Q502 It {words}" in refused(store, delivery)
        with pytest.raises(UserError, match=f"Q502 It {words}"):
            withdraw(store)

    def test_a_dropped_post_cannot_be_approved(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        store.queue.drop(delivery, "Ana", NOW)
        assert "Q502 It is not in the queue any more" in refused(store, delivery)

    def test_approved_by_one_person_at_two_places_at_once_it_counts_once(
        self, store: Store
    ) -> None:
        delivery = store.add(approvals=2)

        def approves(number: int) -> str:
            try:
                approve(store, delivery, ("Ana", "ana")[number])
            except UserError as error:
                return error.problems[0].code
            return ""

        assert sorted(at_once(2, approves)) == ["", "Q504"]
        assert len(names(store)) == 1

    def test_withdrawn_while_it_is_being_claimed_it_is_too_late(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery)
        errors: list[str] = []

        def try_to_withdraw() -> None:
            try:
                withdraw(store)
            except UserError as error:
                errors.append(str(error))

        thread = Thread(target=try_to_withdraw)
        with store.database.writing() as connection:
            assert Approvals(store.database).holds(connection, [delivery], lock=True) == {}
            thread.start()
            thread.join(0.3)
            assert thread.is_alive()  # it waits for the claim
            query = update(tables.deliveries).where(tables.deliveries.c.id == delivery.id)
            connection.execute(query.values(state=State.SENDING))
        thread.join()
        assert "Q502 It is being sent at this moment." in errors[0]
        assert names(store) == ["Ana"]

    # --- checked against the audit log ---

    def test_row_inserted_by_hand_counts_for_nothing_and_is_found(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        insert_by_hand(store, delivery)
        assert (names(store), lack(store, delivery) is None) == ([], False)
        assert store.claim(delivery) is None
        assert unlogged(store) == [
            (
                "log: Q510 Eve's approval of people/hart/mj is not in the audit log. "
                "It was inserted into the database by hand, and counts for nothing."
            )
        ]
        approve(store, delivery, "Eve")  # a proper one replaces it
        assert (names(store), unlogged(store)) == (["Eve"], [])
        assert store.claim(delivery) is not None

    def test_row_that_names_an_entry_of_something_else_counts_for_nothing(
        self, store: Store
    ) -> None:
        delivery, other = store.add(approvals=2), store.add("ring", approvals=1)
        approve(store, delivery)
        approve(store, other)
        mine, elsewhere = (entry.id for entry in entries(store, "approve"))
        store.change(update(APPROVED).values(entry=None))
        insert_by_hand(store, delivery, entry=elsewhere)
        assert names(store) == []
        store.change(update(APPROVED).where(APPROVED.c.who == "Eve").values(entry=mine))
        assert names(store) == []
        assert store.claim(delivery) is None

    @pytest.mark.parametrize("sealed", [False, True])
    def test_entry_inserted_by_hand_proves_nothing(self, store: Store, sealed: bool) -> None:
        delivery = store.add(approvals=1)
        detail = {"digest": delivery.approval_digest, "frequency": "once"}
        values = {"at": NOW, "who": "Eve", "what": "approve", "subject": str(HART)}
        values |= {"detail": json.dumps(detail, sort_keys=True), "hash": "a" * 64}
        values["previous"] = read_seal(store.database)[1]
        store.change(insert(tables.audit).values(values))
        if sealed:
            forged = {"value": {"count": 99, "hash": "a" * 64}}
            store.change(update(tables.meta).where(tables.meta.c.key == "audit").values(forged))
        insert_by_hand(store, delivery, entry=read_entries(store.database)[-1].id)
        assert names(store) == []
        assert store.claim(delivery) is None
        assert verify(store.database) is not None

    def test_withdrawn_it_does_not_count_again_by_its_old_entry(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery, "Eve")
        [entry] = entries(store, "approve")
        withdraw(store, "Eve")
        insert_by_hand(store, delivery, entry=entry.id)
        assert (names(store), len(unlogged(store))) == ([], 1)
        assert store.claim(delivery) is None

    def test_row_deleted_by_hand_is_found(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery)
        number = read_entries(store.database)[-1].id
        store.change(delete(APPROVED))
        assert unlogged(store) == [
            (
                f"log: Q511 Ana's approval of people/hart/mj (record {number}) is gone. "
                "It was deleted from the database by hand; it must be given again."
            )
        ]
        assert store.claim(delivery) is None

    def test_approvals_stay_in_the_chain_while_others_are_given(self, store: Store) -> None:
        deliveries = [store.add(post, approvals=2) for post in ("a", "b", "c")]
        for delivery in deliveries:
            for who in ("Ana", "Ben"):
                approve(store, delivery, who)
        assert lacking(store, deliveries) == {}
        assert (unlogged(store), verify(store.database)) == ([], None)

    def test_pending_are_those_scheduled_that_need_one(self, store: Store) -> None:
        later = store.add("later", due=NOW + MINUTE, approvals=1)
        first = store.add("first", approvals=1)
        store.add("free")
        store.queue.drop(store.add("dropped", approvals=1), "Ana", NOW)
        assert Approvals(store.database).needing_approval() == [first, later]


@ON_POSTGRESQL
class TestPostgreSQL:
    def test_claim_that_has_written_to_the_log_does_not_wait_for_who_withdraws(
        self, store: Store
    ) -> None:
        """A withdrawal has locked the approval, and waits for the log. Neither could go on."""
        delivery = store.add(approvals=1)
        approve(store, delivery)
        thread = Thread(target=withdraw, args=(store,))
        with store.database.writing() as connection:
            record(connection, "groundswell", "missed", "another post", {}, NOW)
            thread.start()
            unlocked = select(APPROVED).with_for_update(skip_locked=True)
            while True:
                with store.database.writing() as another:
                    if not another.execute(unlocked).all():
                        break
            missing = Approvals(store.database).holds(connection, [delivery], lock=True)
        thread.join()
        assert missing == {delivery.id: "waits for approval (0 of 1): groundswell review"}
        assert names(store) == []

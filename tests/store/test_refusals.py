"""Refusals on SQLite and on PostgreSQL."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest
from helpers.store import (
    LATER,
    NOW,
    TO_PUBLISHED,
    TO_UNKNOWN,
    Store,
    at_once,
    occurrence,
    text_content,
)
from sqlalchemy import delete, event, insert, update

from bot.database import rows, tables
from bot.database.audit import read_entries, verify
from bot.errors import UserError
from bot.model import State, Subject
from bot.planning.diff import Change
from bot.store.approvals import Approvals
from bot.store.refusals import Refusals
from bot.store.verdicts import REFUSED_KEY

if TYPE_CHECKING:
    from typing import Any

    from bot.model import Delivery

HART = Subject("people", "hart", "mj")
OLD_FIGURE = "the figure is old"


def refusals_of(store: Store) -> Refusals:
    return Refusals(store.database, Approvals(store.database))


def refuse(store: Store, delivery: Delivery, who: str = "Ana", why: str = OLD_FIGURE) -> None:
    digest = store.now(delivery).approval_digest
    refusals_of(store).refuse(delivery.subject, digest, who, why, NOW)


def take_back(store: Store, delivery: Delivery, who: str = "Ana") -> int:
    digests = {store.now(delivery).approval_digest}
    return len(refusals_of(store).take_back(delivery.subject, digests, who, LATER))


def approve(store: Store, delivery: Delivery, who: str = "Ana") -> None:
    Approvals(store.database).approve(delivery.subject, delivery.approval_digest, who, NOW)


def edit(store: Store, delivery: Delivery, words: str) -> None:
    edited = occurrence(approvals=delivery.approvals, content=text_content(words))
    store.queue.apply([Change(store.now(delivery), edited, ())], NOW)


def held(store: Store, delivery: Delivery) -> str | None:
    with store.database.reading() as connection:
        found = Approvals(store.database).holds(connection, [store.now(delivery)])
    return found.get(delivery.id)


def audited(store: Store) -> list[tuple[str, str]]:
    return [
        (entry.who, entry.what)
        for entry in read_entries(store.database)
        if entry.who != "groundswell"
    ]


@pytest.mark.parametrize("needed", [0, 1])
def test_refused_post_does_not_leave_until_the_refusal_is_taken_back(
    store: Store, needed: int
) -> None:
    delivery = store.add(approvals=needed)
    if needed:
        approve(store, delivery, "Ben")
    assert held(store, delivery) is None
    refuse(store, delivery)
    assert held(store, delivery) == "refused by Ana: the figure is old"
    assert store.claim(store.now(delivery)) is None
    assert take_back(store, delivery, "Ben") == 1
    assert held(store, delivery) is None
    assert store.claim(store.now(delivery)) is not None
    assert verify(store.database) is None


def test_refusal_holds_exactly_the_refused_words(store: Store) -> None:
    delivery = store.add()
    before = delivery.content.text
    refuse(store, delivery)
    edit(store, delivery, "The new figure.")
    assert held(store, delivery) is None
    edit(store, delivery, before)
    assert held(store, delivery) == "refused by Ana: the figure is old"


def test_refusal_is_logged_with_its_reason_and_its_end(store: Store) -> None:
    delivery = store.add()
    refuse(store, delivery, why="  the\nfigure  is old ")
    take_back(store, delivery, "Ben")
    first, second = (e for e in read_entries(store.database) if e.who != "groundswell")
    digest = delivery.approval_digest
    assert (first.what, first.detail) == ("refuse", {"digest": digest, "why": OLD_FIGURE})
    assert (second.who, second.what) == ("Ben", "take back")
    assert second.detail == {
        "digest": digest,
        "refusal": first.id,
        "of": "Ana",
        "why": OLD_FIGURE,
    }


def test_refusal_takes_back_the_own_approval_and_no_other(store: Store) -> None:
    delivery = store.add(approvals=2)
    approve(store, delivery)
    approve(store, delivery, "Ben")
    refuse(store, delivery, "ana")
    assert audited(store)[2:] == [("ana", "withdraw"), ("ana", "refuse")]
    take_back(store, delivery, "Ben")
    words = "waits for approval (1 of 2, given by Ben): groundswell review"
    assert held(store, delivery) == words


def test_all_who_refused_are_named_and_each_refuses_once(store: Store) -> None:
    delivery = store.add()
    refuse(store, delivery)
    refuse(store, delivery, "Ben", "wrong tone")
    assert held(store, delivery) == "refused by Ana: the figure is old; by Ben: wrong tone"
    with pytest.raises(UserError, match="Q514 ANA has refused it already"):
        refuse(store, delivery, "ANA", "again")
    assert take_back(store, delivery, "Cleo") == 2
    assert held(store, delivery) is None


def test_refused_words_take_no_approval(store: Store) -> None:
    delivery = store.add(approvals=1)
    refuse(store, delivery)
    with pytest.raises(UserError, match=r"Q513 It is refused by Ana: the figure is old\. Edit it"):
        approve(store, delivery, "Ben")


@pytest.mark.parametrize(
    ("who", "why", "code"),
    [
        ("Ana\u200b", "old", "Q508"),
        ("Ana", " \n", "Q515"),
        ("Ana", "…", "Q515"),
        ("Ana", "x" * 501, "Q515"),
    ],
)
def test_invalid_name_or_reason_changes_nothing(
    store: Store, who: str, why: str, code: str
) -> None:
    delivery = store.add()
    with pytest.raises(UserError, match=code):
        refuse(store, delivery, who, why)
    assert audited(store) == []
    assert held(store, delivery) is None


@pytest.mark.parametrize("needed", [1, 2])
def test_author_of_a_post_for_two_takes_back_only_the_own_refusal(
    store: Store, needed: int
) -> None:
    delivery = store.add(approvals=needed, author="Ana")
    refuse(store, delivery, "Ana")
    assert take_back(store, delivery, "Ana") == 1
    refuse(store, delivery, "Ben")
    if needed == 1:  # the author may approve it, and so may take it back
        assert take_back(store, delivery, "Ana") == 1
        return
    with pytest.raises(UserError, match="Q505 Ana is its author, who cannot take back"):
        take_back(store, delivery, "Ana")
    assert held(store, delivery) == "refused by Ben: the figure is old"


@pytest.mark.parametrize(
    ("transition", "words"),
    [
        (None, "is being sent"),
        (TO_PUBLISHED, "is out already"),
        (TO_UNKNOWN, "may be out already"),
    ],
)
def test_too_late_is_reported(store: Store, transition: Any, words: str) -> None:
    delivery = store.add()
    claim = store.must_claim(delivery)
    if transition:
        store.close(claim, transition, "published")
    with pytest.raises(UserError, match=f"Q502 It {words}"):
        refuse(store, delivery)
    assert audited(store) == []


def test_rest_of_a_thread_stays_back_if_it_is_refused_in_between(store: Store) -> None:
    delivery = store.add(content=text_content("The first part.", "The second part."))
    where = tables.deliveries.c.id == delivery.id
    store.change(update(tables.deliveries).where(where).values(next_part=1))
    refuse(store, delivery)
    assert store.claim(store.now(delivery)) is None


def test_edited_meanwhile_the_shown_words_cannot_be_refused(store: Store) -> None:
    delivery = store.add()
    edit(store, delivery, "Something else.")
    with pytest.raises(UserError, match="Q503 It was edited"):
        refusals_of(store).refuse(HART, delivery.approval_digest, "Ana", OLD_FIGURE, NOW)


def test_nothing_to_take_back_is_reported(store: Store) -> None:
    delivery = store.add()
    with pytest.raises(UserError, match="Q516 Nobody has refused its current words"):
        take_back(store, delivery)
    refuse(store, delivery)
    edit(store, delivery, "Something else.")
    with pytest.raises(UserError, match="Q516"):
        take_back(store, delivery)


def test_refused_by_one_person_at_two_places_at_once_it_counts_once(store: Store) -> None:
    delivery = store.add()

    def refuses(number: int) -> str:
        try:
            refuse(store, delivery, ("Ana", "ana")[number])
        except UserError as error:
            return error.problems[0].code
        return ""

    assert sorted(at_once(2, refuses)) == ["", "Q514"]
    assert len(refusals_of(store).all()) == 1


def test_approved_and_refused_at_once_it_is_held_and_nobody_waits_forever(store: Store) -> None:
    delivery = store.add(approvals=1)
    approve(store, delivery, "Cleo")

    def act(number: int) -> None:
        try:
            if number == 0:
                refuse(store, delivery, "Cleo")
            else:
                digests = {delivery.approval_digest}
                Approvals(store.database).withdraw(HART, digests, "Cleo", NOW)
        except UserError as error:
            assert error.problems[0].code == "Q507"  # noqa: PT017 - in a thread

    at_once(2, act)
    assert held(store, delivery) == "refused by Cleo: the figure is old"
    assert audited(store).count(("Cleo", "withdraw")) == 1


def test_refused_while_it_is_being_claimed_it_is_too_late(store: Store) -> None:
    delivery = store.add()
    errors: list[str] = []

    def try_to_refuse() -> None:
        try:
            refuse(store, delivery)
        except UserError as error:
            errors.append(str(error))

    thread = Thread(target=try_to_refuse)
    with store.claims.claiming() as claiming:
        assert claiming.claimable([delivery.account], NOW, None)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()  # it waits for the claim
        query = update(tables.deliveries).where(tables.deliveries.c.id == delivery.id)
        claiming.connection.execute(query.values(state=State.SENDING))
    thread.join()
    assert "Q502 It is being sent at this moment." in errors[0]
    assert refusals_of(store).all() == []


# --- checked against the audit log ---


def test_mark_without_a_refusal_in_the_log_holds_nothing(store: Store) -> None:
    delivery = store.add()
    rows.write(store.database, REFUSED_KEY, [str(HART)])
    assert held(store, delivery) is None


def test_mark_deleted_by_hand_is_found_and_an_approved_post_stays_held(store: Store) -> None:
    delivery = store.add(approvals=1)
    approve(store, delivery, "Ben")
    refuse(store, delivery)
    assert Approvals(store.database).differences() == []
    store.change(delete(tables.meta).where(tables.meta.c.key == REFUSED_KEY))
    assert held(store, delivery) == "refused by Ana: the figure is old"
    [problem] = Approvals(store.database).differences()
    assert problem.code == "Q511"
    assert problem.message.startswith("Ana's refusal of people/hart/mj (record ")


def test_end_of_a_refusal_inserted_by_hand_counts_for_nothing(store: Store) -> None:
    delivery = store.add()
    refuse(store, delivery)
    [refusal] = refusals_of(store).all()
    values = {"at": NOW, "who": "Eve", "what": "take back", "subject": str(HART)}
    values |= {"detail": f'{{"refusal": {refusal.entry}}}', "previous": "0" * 64, "hash": "f" * 64}
    store.change(insert(tables.audit).values(values))
    assert held(store, delivery) == "refused by Ana: the figure is old"
    assert verify(store.database) is not None


# --- cost ---


def test_claim_asks_nothing_more_for_posts_that_nobody_refused(store: Store) -> None:
    """Only the one read of single values, which a claim makes anyway, looks for refusals."""

    def count(delivery: Delivery) -> int:
        statements: list[str] = []

        def note(*args: Any) -> None:
            statements.append(args[2])

        engine = store.database.engine
        event.listen(engine, "before_cursor_execute", note)
        with store.database.reading() as connection:
            Approvals(store.database).holds(connection, [delivery], frozenset())
        event.remove(engine, "before_cursor_execute", note)
        return len([one for one in statements if "SELECT" in one])

    assert count(store.add()) == 0

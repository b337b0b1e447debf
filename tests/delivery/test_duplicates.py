"""Posts that repeat words of other posts.

A person may permit an account's own words, but not another account's. The account's own post counts
under another name for 30 days, another account's on the platform for 180 days.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE, AppHarness, content_of, make_media
from helpers.store import (
    HALF_PUBLISHED,
    MINUTE,
    NOW,
    TO_PUBLISHED,
    TO_UNKNOWN,
    Store,
    delivery,
    occurrence,
    schedule_fields,
    text_content,
)
from sqlalchemy import delete, update

from bot.database import rows, tables
from bot.delivery import transitions
from bot.delivery.decide import GiveUp, Send, Wait, decide
from bot.errors import UserError
from bot.model import (
    Account,
    Content,
    Delivery,
    Duplicate,
    Part,
    Poll,
    ScheduleKind,
    Situation,
    State,
    Transition,
)
from bot.planning.diff import Change
from bot.services import inbox
from bot.store.accounts import Identity, identity_key
from bot.store.duplicates import find_duplicates

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ACCOUNT = Account("mj", "x", "@mj", "https://api.x.com")
TWIN = Duplicate("people/price", "mj", State.PUBLISHED, NOW - DAY, "https://x.com/mj/status/101")
OTHERS = replace(TWIN, account="athena-x")

AT = schedule_fields("first", ScheduleKind.AT, "once")
SLOT = schedule_fields("first", ScheduleKind.SLOT, "slot")
NYC = schedule_fields("first", ScheduleKind.EVENT, "nyc")
CALLED_SLOT = schedule_fields("first", ScheduleKind.EVENT, "slot")
DAILY = schedule_fields("first", ScheduleKind.EVERY, "2026-03-02T09:00")
NEXT_DAY = schedule_fields("first", ScheduleKind.EVERY, "2026-03-03T09:00")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (delivery(), GiveUp),
        (delivery(allowed=True), Send),
        (delivery(**HALF_PUBLISHED), Send),
        (delivery(not_before=NOW + MINUTE), Wait),
    ],
)
def test_an_echo_is_not_sent_without_leave(one: Delivery, expected: type) -> None:
    found = decide(one, Situation(ACCOUNT, duplicate=TWIN), NOW)
    assert type(found) is expected
    if isinstance(found, GiveUp):
        assert found.state is State.NEEDS_HUMAN
        assert "people/price (https://x.com/mj/status/101); a renamed post?" in found.why
    if isinstance(found, Wait):
        assert "then a person is asked" in found.why


def test_who_has_said_it_and_where_is_reported_to_the_person() -> None:
    found = decide(delivery(), Situation(ACCOUNT, duplicate=OTHERS), NOW)
    assert isinstance(found, GiveUp)
    assert found.state is State.NEEDS_HUMAN
    assert found.why == (
        "athena-x has said the same words in people/price (https://x.com/mj/status/101); "
        "two accounts of a platform may not say the same"
    )


def twin(store: Store, one: Delivery, now: datetime) -> Duplicate | None:
    with store.database.reading() as connection:
        return find_duplicates(connection, [one], now).get(one.id)


class TestDuplicates:
    def test_what_is_or_may_be_out_counts(self, store: Store) -> None:
        first, second = store.add("first"), store.add("second")
        assert twin(store, second, NOW) is None
        claim = store.must_claim(first)
        assert self._twin(store, second).state is State.SENDING
        store.close(claim, TO_UNKNOWN, "unknown")
        assert self._twin(store, second).state is State.UNKNOWN
        store.unsettled.resolve(store.now(first), TO_PUBLISHED, NOW)
        found = self._twin(store, second)
        assert (found.post, found.url) == ("people/first", "https://x.com/mj/status/101")

    @pytest.mark.parametrize("words", ["Take HART off AWS. ", ""])
    def test_a_repeat_counts_whatever_marks_its_link_has(self, store: Store, words: str) -> None:
        def marked(post: str) -> Content:
            marks = f"utm_source=x&utm_medium=post&utm_campaign=people&utm_content={post}"
            return text_content(f"{words}https://example.org/a?{marks}")

        first = store.add("first", content=marked("first"))
        second = store.add("second", content=marked("second"))
        plain = store.add("plain", content=text_content(f"{words}https://example.org/a"))
        other = store.add("other", content=text_content(f"{words}https://example.org/b"))
        store.must_claim(first)
        assert [twin(store, one, NOW) is not None for one in (second, plain, other)] == [
            True,
            True,
            False,
        ]

    @pytest.mark.parametrize("older", [("first",), ("second",), ("first", "second")])
    def test_a_repeat_without_words_counts_in_a_database_of_before_marks(
        self, store: Store, older: tuple[str, ...]
    ) -> None:
        content = text_content("https://example.org/a?utm_source=x&utm_campaign=hart #HART")
        of = {name: store.add(name, content=content) for name in ("first", "second")}
        deliveries = tables.deliveries
        for name in older:  # such a post stood under the digest of its content
            before = update(deliveries).where(deliveries.c.id == of[name].id)
            store.change(before.values(words=content.digest))
        store.must_claim(of["first"])
        found = self._twin(store, store.get(of["second"].key))
        assert found.post == "people/first"

    @pytest.mark.parametrize("outcome", ["unsent", "rate_limited", "rejected"])
    def test_what_is_not_out_does_not_count(self, store: Store, outcome: str) -> None:
        first, second = store.add("first"), store.add("second")
        store.close(store.must_claim(first), Transition(State.NEEDS_HUMAN, reason="no"), outcome)
        assert twin(store, second, NOW) is None
        assert store.claim(second) is not None

    @pytest.mark.parametrize(
        "text",
        [
            "Take HART off AWS.",
            "TAKE hart off, AWS!! \U0001f525",
            "TakeHART\n\noff \u201cAWS\u201d",
            "Take HART off AWS #NoTechForIce https://example.org/b",
            "Ta\u200bke HA\u00adRT off \uff21\uff37\uff33 @somebody",
            "Take HART off Azure.",
            "T\u0251ke-HART'off AWS, and share this!",
            "A lot has happened since spring, and we are tired of waiting. Take HART off AWS.",
        ],
    )
    def test_the_same_words_from_another_account_are_a_twin(self, store: Store, text: str) -> None:
        words = text_content("Take HART off AWS. https://example.org/a")
        first = store.add("first", content=words)
        second = store.add("second", account="other", content=text_content(text))
        assert twin(store, second, NOW) is None
        store.must_claim(first)
        found = self._twin(store, second)
        assert (found.post, found.account) == ("people/first", "mj")
        assert store.claim(second) is None
        assert store.now(second).state is State.SCHEDULED

    @pytest.mark.parametrize(
        "other",
        [
            {"content": text_content("Take facial recognition off Azure.")},
            {"content": text_content("Take HART off AWS."), "platform": "mastodon"},
            {"content": text_content("\U0001f525 #NoTechForIce https://example.org/a")},
        ],
    )
    def test_other_words_or_another_platform_are_none(
        self, store: Store, other: dict[str, Any]
    ) -> None:
        for text in ("Take HART off AWS.", "\U0001f525 https://example.org/b"):
            store.close(
                store.must_claim(store.add(text, content=text_content(text))), TO_UNKNOWN, "unknown"
            )
        second = store.add("second", account="other", **other)
        assert twin(store, second, NOW) is None
        assert store.claim(second) is not None

    def test_the_same_post_on_a_second_account_is_a_twin(self, store: Store) -> None:
        first, second = (
            store.add("hart", account=name, content=text_content("Take HART off AWS."))
            for name in ("mj", "other")
        )
        store.close(store.must_claim(first), TO_PUBLISHED)
        assert self._twin(store, second).account == "mj"
        assert twin(store, second, NOW + 180 * DAY - HOUR) is not None
        assert twin(store, second, NOW + 180 * DAY) is None

    def test_two_accounts_due_at_once_do_not_both_say_it(self, store: Store) -> None:
        rounds, accounts = range(25), ("mj", "other")
        pairs = [
            [
                store.add(f"p{n}", account=name, content=text_content(f"Say {n} now."))
                for name in accounts
            ]
            for n in rounds
        ]
        barrier = Barrier(2)

        def race(place: int) -> list[int]:
            won = []
            for number, pair in enumerate(pairs):
                barrier.wait(20)
                claim = store.claim(pair[place], owner=f"here/{place}/racer")
                won += [number] if claim else []
                if claim:
                    store.close(claim, TO_UNKNOWN, "unknown")
            return won

        with ThreadPoolExecutor(2) as pool:
            won = [number for wins in pool.map(race, range(2)) for number in wins]
        assert len(won) == len(set(won))

    @pytest.mark.parametrize(
        ("before", "after"),
        [(AT, SLOT), (SLOT, AT), (NYC, AT), (NYC, SLOT), (AT, NYC), (AT, CALLED_SLOT)],
    )
    def test_a_post_given_another_kind_of_time_after_it_went_out_is_a_twin(
        self, store: Store, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        first = store.add("first", **before)
        store.close(store.must_claim(first), TO_PUBLISHED)
        second = store.add("first", **after)
        assert self._twin(store, second).post == "people/first"
        assert store.claim(second) is None

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (NYC, CALLED_SLOT),
            (CALLED_SLOT, NYC),
            (AT, DAILY),
            (NEXT_DAY, DAILY),
            (DAILY, AT),
            (AT, {"post": "second", "content": text_content("Other words.")}),
        ],
    )
    def test_other_words_and_other_events_and_days_of_a_post_are_no_twin(
        self, store: Store, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        first = store.add("first", **before)
        store.close(store.must_claim(first), TO_PUBLISHED)
        second = store.add(**{"post": "first", **after})
        assert twin(store, second, NOW) is None
        assert store.claim(second) is not None

    def test_after_30_days_it_may_be_said_again(self, store: Store) -> None:
        first = store.add("first")
        store.close(store.must_claim(first), TO_PUBLISHED)
        late = store.add("late", due=NOW + 30 * DAY - HOUR, grace=2 * HOUR)
        assert twin(store, late, NOW + 30 * DAY - HOUR) is not None
        assert store.claim(late, NOW + 30 * DAY - HOUR) is None
        assert twin(store, late, NOW + 30 * DAY) is None
        assert store.claim(late, NOW + 30 * DAY) is not None

    def test_leave_lets_it_be_claimed_and_ends_with_an_edit(self, store: Store) -> None:
        first, second = store.add("first"), store.add("second")
        store.close(store.must_claim(first), TO_PUBLISHED)
        store.claims.give_up(second, Transition(State.NEEDS_HUMAN, reason="said"), NOW)
        back = Transition(State.SCHEDULED, NOW, "Ana lets it")
        assert store.unsettled.resolve(store.now(second), back, NOW, allowed=True)
        allowed = store.now(second)
        assert allowed.allowed
        edited = occurrence("second", content=text_content("Other words."))
        store.queue.apply([Change(allowed, edited, ())], NOW)
        assert not store.now(second).allowed
        again = occurrence("second")
        store.queue.apply([Change(store.now(second), again, ())], NOW)
        assert store.claim(store.now(second)) is None

    @staticmethod
    def _twin(store: Store, one: Delivery) -> Duplicate:
        found = twin(store, one, NOW)
        assert found is not None
        return found


# --- the loop -------------------------------------------------------------------------------------


def _renamed(loop: AppHarness) -> str:
    """Send one, and queue it again under another name."""
    loop.add("price")
    loop.drive(minutes=11)
    return loop.add("prize", due=DUE + 20 * MINUTE)


def test_a_renamed_post_goes_to_a_person_with_the_address_of_the_first(loop: AppHarness) -> None:
    key = _renamed(loop)
    why = loop.why(key)
    assert "not due yet, and then a person is asked" in why
    loop.drive(minutes=60)
    [post] = loop.posts
    assert loop.state(key) is State.NEEDS_HUMAN
    assert f"people/price ({loop.url}/mediajustice/status/{post.id})" in loop.get(key).reason
    assert loop.attempts(key) == []


def test_not_sent_gives_leave_and_it_goes_out_in_time(loop: AppHarness) -> None:
    key = _renamed(loop)
    loop.drive(minutes=20)
    loop.world.duplicate_window = timedelta(0)
    settlement = inbox.settle_not_sent(loop.app, loop.get(key), "Ana")
    assert settlement.why == "Ana lets it say again what people/price has said on mj"
    loop.drive(minutes=2)
    assert loop.get(key).allowed
    assert loop.texts == ["Take HART off AWS."] * 2
    assert loop.state(key) is State.PUBLISHED


@pytest.mark.parametrize(
    ("settle", "minutes", "state"),
    [(inbox.settle_not_sent, 120, State.MISSED), (inbox.settle_drop, 25, State.DROPPED)],
)
def test_leave_that_comes_too_late_or_a_drop_sends_nothing(
    loop: AppHarness, settle: Callable[..., object], minutes: int, state: State
) -> None:
    key = _renamed(loop)
    loop.drive(minutes=minutes)
    settle(loop.app, loop.get(key), "Ana")
    loop.drive(minutes=25)
    assert loop.state(key) is state
    assert len(loop.posts) == 1


def test_a_recurring_post_says_the_same_every_day(loop: AppHarness) -> None:
    loop.world.duplicate_window = timedelta(0)
    keys = [
        loop.add("daily", due=DUE + n * 26 * HOUR, **when)
        for n, when in enumerate([DAILY, NEXT_DAY])
    ]
    for n in range(2):
        loop.clock.advance_to(DUE + n * 26 * HOUR)
        loop.drive(minutes=1)
    assert [loop.state(key) for key in keys] == [State.PUBLISHED] * 2


def test_the_same_words_with_another_picture_are_another_post(loop: AppHarness) -> None:
    loop.world.duplicate_window = timedelta(0)
    media = make_media(loop.folder)
    loop.add("one", content=content_of(Part("Look.", (media,))))
    key = loop.add("two", content=content_of(Part("Look.", (replace(media, alt="A door"),))))
    loop.drive(minutes=20)
    assert loop.state(key) is State.PUBLISHED


# --- two accounts ---------------------------------------------------------------------------------


@pytest.fixture
def both(loop: AppHarness) -> AppHarness:
    """A loop with a second account on the same platform."""
    loop.join("athena-x")
    loop.restart()
    return loop


def test_of_two_accounts_due_in_the_same_instant_one_says_it_and_a_person_is_asked(
    both: AppHarness,
) -> None:
    words = content_of(Part("Take HART off AWS."))
    first = both.add("hart", content=words)
    loud = content_of(Part("TAKE HART OFF AWS! #NoTechForIce"))
    second = both.add("hart", account="athena-x", content=loud)
    assert both.state(second) is State.SCHEDULED
    both.drive(minutes=30)
    assert both.texts == ["Take HART off AWS."]
    assert (both.state(first), both.state(second)) == (State.PUBLISHED, State.NEEDS_HUMAN)
    assert both.get(second).reason.startswith("mj has said the same words in people/hart (")
    assert both.attempts(second) == []


def test_no_person_lets_another_account_say_it(both: AppHarness) -> None:
    both.add("hart", content=content_of(Part("Take HART off AWS.")))
    key = both.add("hart", account="athena-x", content=content_of(Part("Take HART off AWS!")))
    both.drive(minutes=12)
    with pytest.raises(UserError) as refused:
        inbox.settle_not_sent(both.app, both.get(key), "Ana")
    [problem] = refused.value.problems
    assert problem.code == "Q405"
    assert problem.message.startswith("mj has said the same words in people/hart (http")
    assert "--drop" in problem.hint
    # No permit lifts it, even if another way writes one into the row.
    settled = transitions.confirmed_unsent(both.get(key), "Ana", both.clock.now())
    both.app.unsettled.resolve(both.get(key), settled, both.clock.now(), allowed=True)
    both.drive(minutes=2)
    assert both.texts == ["Take HART off AWS."]
    assert both.state(key) is State.NEEDS_HUMAN


def test_a_permit_for_own_words_does_not_lift_another_accounts(both: AppHarness) -> None:
    both.add("own", account="athena-x", content=content_of(Part("Take HART off AWS.")))
    both.drive(minutes=12)
    again = both.add("again", account="athena-x", content=content_of(Part("Take HART off AWS.")))
    both.drive(minutes=12)
    inbox.settle_not_sent(both.app, both.get(again), "Ana")
    assert both.get(again).allowed
    other = Duplicate("people/hart", "mj", State.PUBLISHED, NOW)
    found = decide(both.get(again), Situation(ACCOUNT, duplicate=other), both.clock.now())
    assert isinstance(found, GiveUp)


PAIRS = {
    "look-alikes": (Part("Take HART off AWS."), Part("T\u0251ke H\u0251RT off-\u0251WS")),
    "the same poll": (
        Part("Six in ten agree with us.", poll=Poll(("Close the network", "Keep it"), 60)),
        Part("What do you say, friends?", poll=Poll(("Keep it!", "close the netw0rk"), 60)),
    ),
    "one word changed": (
        Part("Amazon must end its contracts with the police."),
        Part("Amazon must end its contracts with the army."),
    ),
}


@pytest.mark.parametrize("trick", PAIRS)
def test_of_two_due_at_once_only_one_is_claimed(both: AppHarness, trick: str) -> None:
    one, other = PAIRS[trick]
    both.add("hart", content=content_of(one))
    second = both.add("other", account="athena-x", content=content_of(other))
    both.drive(minutes=30)
    assert both.texts == [one.text]
    assert both.state(second) is State.NEEDS_HUMAN


def test_the_same_picture_with_the_same_alt_text_is_held(both: AppHarness) -> None:
    media = make_media(both.folder)
    both.add("hart", content=content_of(Part("Our members walked to the hall.", (media,))))
    words = "Who decides what happens to these files?"
    second = both.add("b", account="athena-x", content=content_of(Part(words, (media,))))
    both.drive(minutes=30)
    assert both.texts == ["Our members walked to the hall."]
    assert both.get(second).reason.startswith("mj has shown the same picture with the same alt")


def test_a_thread_cut_elsewhere_is_held(both: AppHarness) -> None:
    first, then, last = "We met our neighbours.", "Nobody had asked them.", "Amazon had not either."
    both.add("hart", content=content_of(Part(f"{first} {then}"), Part(last)))
    other = content_of(Part(f"{last} {first}"), Part(then))
    second = both.add("other", account="athena-x", content=other)
    both.drive(minutes=30)
    assert len(both.texts) == 2
    assert both.state(second) is State.NEEDS_HUMAN


def test_what_left_the_files_and_the_config_was_said_all_the_same(both: AppHarness) -> None:
    """Deleted after publication, one word changed, said five months later by another account."""
    words = "Amazon must end its contracts with the police."
    key = both.add("hart", content=content_of(Part(words)))
    both.drive(minutes=12)
    assert both.state(key) is State.PUBLISHED
    both.clock.advance_to(both.clock.now() + 150 * DAY)
    changed = content_of(Part(words.replace("police", "army")))
    due = both.clock.now() + MINUTE
    second = both.add("new", account="athena-x", content=changed, due=due)
    both.drive(minutes=5)
    assert both.texts == [words]
    assert both.get(second).reason.startswith("mj has said almost the same words in people/hart")


def test_what_was_sent_before_there_was_an_index_counts(store: Store) -> None:
    first = store.add("first", content=text_content("Take HART off AWS."))
    store.close(store.must_claim(first), TO_PUBLISHED)
    for statement in (delete(tables.voices), delete(tables.meta)):
        store.change(statement)
    again = Store(store.url, "here/2/second")
    second = again.add("second", account="other", content=text_content("Take HART off Azure."))
    assert again.claim(second) is None
    assert twin(again, second, NOW) is not None
    again.database.close()


@pytest.mark.parametrize(("number", "held"), [("1", False), ("2", True)])
def test_an_account_that_was_renamed_in_the_config_is_no_other_one(
    store: Store, number: str, held: bool
) -> None:
    first = store.add("first", content=text_content("Take HART off AWS."))
    store.close(store.must_claim(first), TO_PUBLISHED)
    with store.database.writing() as connection:
        for name, remote_id in (("mj", "1"), ("mj-new", number)):
            found = Identity("x", remote_id, "mj", in_sandbox=False)
            rows.put(connection, identity_key(name), asdict(found))
    second = store.add("second", account="mj-new", content=text_content("Take HART off Azure."))
    assert (twin(store, second, NOW) is not None) is held

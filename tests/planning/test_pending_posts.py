"""Texts that wait for approval, and that a person reads and decides about as one post."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from helpers.store import NOW, occurrence, text_content

from bot.model import Approval, Delivery, Occurrence, ScheduleKind, State, name_posts
from bot.planning.pending import pending_approvals, pending_posts

if TYPE_CHECKING:
    from bot.planning.pending import PendingPost

DAY = timedelta(days=1)


def delivery(number: int, text: str, account: str = "ours", **other: Any) -> Delivery:
    wanted = occurrence(
        **{
            "account": account,
            "content": text_content(text),
            "approvals": 1,
            "key": f"people/hart/{account}/{other.get('label', 'once')}",
            **other,
        }
    )
    values = {field.name: getattr(wanted, field.name) for field in fields(Occurrence)}
    return Delivery(**values, id=number, state=State.SCHEDULED, not_before=NOW)


def grouped(*deliveries: Delivery) -> list[PendingPost]:
    pending = pending_approvals(deliveries, [], NOW)
    return pending_posts(pending, name_posts(deliveries))


def pending_texts(*deliveries: Delivery) -> list[tuple[str, dict[str, str]]]:
    """Return the name of each post, and its text on each account."""
    return [
        (post.name, {text.subject.account: text.next.content.text for text in post.texts})
        for post in grouped(*deliveries)
    ]


def daily(number: int, day: int, text: str, account: str = "ours", **other: Any) -> Delivery:
    label = f"2026-03-{2 + day:02}T07:00"
    due = {"label": label, "kind": ScheduleKind.EVERY, "due": NOW + day * DAY}
    return delivery(number, text, account, **{**due, **other})


def test_accounts_of_a_post_are_one_whatever_each_says() -> None:
    found = pending_texts(delivery(1, "A"), delivery(2, "A", "masto"), delivery(3, "B", "sky"))
    assert found == [("people/hart", {"masto": "A", "ours": "A", "sky": "B"})]


def test_post_on_two_events_is_two_and_each_is_named_by_its_event() -> None:
    events = {"nyc": NOW, "sf": NOW + DAY}
    found = pending_texts(
        *(
            delivery(number, f"In {label}.", account, label=label, due=events[label])
            for number, (label, account) in enumerate(
                [("nyc", "ours"), ("sf", "ours"), ("nyc", "masto"), ("sf", "masto")], 1
            )
        )
    )
    assert found == [
        ("people/hart@nyc", {"masto": "In nyc.", "ours": "In nyc."}),
        ("people/hart@sf", {"masto": "In sf.", "ours": "In sf."}),
    ]


def test_same_words_for_two_events_are_one_decision_without_an_event_in_its_name() -> None:
    found = pending_texts(
        delivery(1, "A", label="nyc"), delivery(2, "A", label="sf", due=NOW + DAY)
    )
    assert found == [("people/hart", {"ours": "A"})]


def test_recurring_post_is_one_for_all_times_and_accounts() -> None:
    days = [daily(2 * day + 1, day, "A") for day in range(20)]
    days += [daily(2 * day + 2, day, "A", "masto") for day in range(20)]
    [post] = grouped(*days)
    assert post.name == "people/hart"
    assert [len(text.deliveries) for text in post.texts] == [20, 20]


def test_wordings_that_come_in_another_order_on_another_account_go_together_by_day() -> None:
    words = {"ours": "ABAB", "masto": "BABA"}
    found = pending_texts(
        *(
            daily(10 * place + day + 1, day, text, account)
            for place, (account, texts) in enumerate(words.items())
            for day, text in enumerate(texts)
        )
    )
    assert [said for _, said in found] == [
        {"ours": "A", "masto": "B"},
        {"ours": "B", "masto": "A"},
    ]


def test_recurring_post_whose_time_has_passed_on_one_account_is_still_one() -> None:
    past = daily(1, 0, "A", due=NOW - DAY)
    [post] = grouped(past, daily(2, 1, "A"), daily(3, 0, "A", "masto"), daily(4, 1, "A", "masto"))
    assert [len(text.deliveries) for text in post.texts] == [2, 1]


def test_posts_of_one_id_in_two_campaigns_are_two() -> None:
    other = replace(delivery(2, "B", "masto"), campaign="others", key="others/hart/masto/once")
    assert pending_texts(delivery(1, "A"), other) == [
        ("others/hart", {"masto": "B"}),
        ("people/hart", {"ours": "A"}),
    ]


def test_digest_is_of_which_words_are_on_which_account() -> None:
    def digest(*said: tuple[str, str]) -> str:
        [post] = grouped(*(delivery(n, text, name) for n, (name, text) in enumerate(said, 1)))
        return post.digest

    both = digest(("ours", "A"), ("masto", "B"))
    assert both == digest(("masto", "B"), ("ours", "A"))
    others = [
        digest(("ours", "B"), ("masto", "A")),
        digest(("ours", "A")),
        digest(("ours", "A"), ("masto", "B"), ("sky", "B")),
        digest(("ours", "A"), ("sky", "B")),
    ]
    assert len({both, *others}) == 5


def test_moment_that_needs_more_approvals_than_the_next_one_is_listed_already() -> None:
    """Else its second approver would first see it once the moment before has passed."""
    first, second = daily(1, 1, "A"), daily(2, 2, "A", approvals=2)
    given = Approval(first.subject, first.approval_digest, first.content, "daily", "Ana", NOW)
    [pending] = pending_approvals([first, second], [given], NOW)
    assert (pending.deliveries, pending.approvers) == ((second,), ("Ana",))
    again = replace(given, who="Ben")
    assert pending_approvals([first, second], [given, again], NOW) == []

"""The failure catalogue, with the tests that prove each row.

``CATALOGUE`` names a test for every way in which delivery and the queue's sync can fail. A row
whose test was renamed or lost fails here. ``ELSEWHERE`` has rows of other packages.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE

from bot.errors import StoreError
from bot.model import State
from bot.store.claims import ClaimTransaction

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

TESTS = Path(__file__).parents[1]

CATALOGUE = {
    "crash before the intent's commit": [
        "delivery/test_unknown::test_a_crash_while_sending_leaves_one_post_in_the_end",
        "database/test_opening::test_a_write_that_fails_half_way_leaves_nothing",
    ],
    "crash after the intent: before, during, after the send": [
        "delivery/test_unknown::test_a_crash_while_sending_leaves_one_post_in_the_end",
        "delivery/test_unknown::test_a_crash_after_the_first_part_goes_on_with_the_second",
        "delivery/test_unknown::test_a_restart_long_after_a_crash_asks_a_person",
    ],
    "intent COMMIT errors": [
        "delivery/test_catalogue::test_an_intent_that_cannot_be_written_sends_nothing",
        "delivery/test_catalogue::test_an_intent_whose_commit_got_no_answer_sends_nothing_at_once",
    ],
    "result COMMIT fails": [
        "delivery/test_journal::test_the_id_is_journaled_and_replayed_at_the_next_reconcile",
        "delivery/test_journal::test_where_the_journal_fails_too_the_timeline_tells",
    ],
    "no byte left: DNS, connect, TLS": [
        "delivery/test_publishing::test_no_connection_is_tried_again_inside_the_grace",
        "platforms/test_wire::test_a_name_that_does_not_resolve_is_unsent",
        "platforms/test_wire::test_a_stalled_handshake_is_unsent",
        "delivery/test_outcomes::test_what_an_answer_makes_of_a_delivery",
    ],
    "reset, timeout, 5xx, unparsable 2xx": [
        "delivery/test_unknown::test_what_was_stored_without_an_answer_is_found_and_adopted",
        "delivery/test_unknown::test_what_was_never_stored_is_looked_for_three_times_and_sent_once_more",
    ],
    "stale keep-alive": ["platforms/test_wire::test_each_send_has_a_connection_of_its_own"],
    "429 with reset": [
        "delivery/test_publishing::test_429_waits_for_the_reset_and_no_longer",
        "delivery/test_publishing::test_429_beyond_the_grace_is_missed_and_said_at_once",
    ],
    "429 without": [
        "delivery/test_publishing::test_429_without_a_reset_waits_longer_each_time",
        "delivery/test_backoff::test_one_refusal_is_enough_for_all_and_the_order_is_kept",
        "delivery/test_backoff::test_tries_are_as_few_as_the_waits_however_many_are_due",
    ],
    "401, 402, 403 suspended or locked": [
        "delivery/test_publishing::test_a_refused_account_is_paused_and_nothing_is_lost",
    ],
    "403 duplicate": [
        "delivery/test_unknown::test_what_may_not_be_sent_again_unasked_goes_to_a_person",
    ],
    "3xx on POST": ["delivery/test_catalogue::test_a_redirect_is_not_followed"],
    "clock step": [
        "delivery/test_clockguard::test_a_step_holds_every_send_and_loses_none",
        "delivery/test_clockguard::test_the_platforms_clock_far_off_holds_what_comes_next",
        "delivery/test_clockguard::test_a_start_behind_what_the_database_has_seen_is_held_once",
    ],
    "sleep for six hours": [
        "delivery/test_clockguard::test_sleep_is_no_step",
        "delivery/test_presend::test_a_night_without_the_loop_sends_nothing_the_next_morning",
        "delivery/test_unknown::test_a_machine_that_stood_still_after_the_claim_does_not_send",
    ],
    "restored old database, deleted database": [
        "delivery/test_presend::test_what_is_out_already_is_adopted_and_not_sent_again",
        "delivery/test_presend::test_a_deleted_database_sends_nothing_a_second_time",
        "delivery/test_restore_check::test_what_went_out_after_the_copy_is_adopted_and_not_sent_again",
    ],
    "part of a thread deleted by hand, and the database restored": [
        "delivery/test_restore_check::test_a_thread_of_which_a_part_is_gone_goes_to_a_person_and_is_not_sent_again",
        "delivery/test_slots::test_a_thread_whose_first_part_was_deleted_is_a_persons_to_send_again",
        "delivery/test_unknown_posts::test_beside_the_rest_of_its_thread_a_first_part_is_not_sent_once_more",
    ],
    "locked database": ["database/test_opening::test_a_long_wait_for_a_writer_is_reported"],
    "corrupt or network-filesystem database": [
        "database/test_opening::test_a_damaged_file_is_named_on_one_line_and_left_alone",
        "delivery/test_mounts::test_it_is_refused_on_one_line_and_nothing_is_written",
    ],
    "YAML edited mid-run": [
        "delivery/test_unknown::test_an_edit_between_reading_and_claiming_is_what_goes_out",
    ],
    "half-written or broken file": [
        "runtime/test_sync::test_a_change_is_taken_in_when_two_looks_find_the_same",
        "runtime/test_sync::test_a_broken_edit_keeps_the_plan_and_is_logged_once",
    ],
    "items vanish": [
        "runtime/test_mass_cancel::test_posts_that_vanish_in_bulk_stay_queued_and_are_logged_once",
    ],
    "renamed id, same text": [
        "delivery/test_duplicates::test_a_renamed_post_goes_to_a_person_with_the_address_of_the_first",
        "delivery/test_duplicates::test_after_30_days_it_may_be_said_again",
    ],
    "media changed since they were checked": [
        "delivery/test_publishing::test_media_that_changed_since_they_were_checked_are_not_sent",
    ],
    "event over": ["delivery/test_publishing::test_an_expired_post_is_not_sent"],
    "kill switch": [
        "delivery/test_stopfile::test_after_pause_returns_no_send_starts_and_the_wire_is_listed",
        "delivery/test_stopfile::test_it_is_looked_at_again_right_before_the_send",
        "delivery/test_unknown::test_a_pause_between_claim_and_send_is_kept",
    ],
}
ELSEWHERE = {
    "DST, tzdata": "schedules; a tzdata update shows as changed times in plan",
    "duplicate keys, Norway, naive dates, bombs, encodings": "campaigns: strictness",
    "media traversal, bombs": "campaigns.media",
    "emoji, bidi, link rot": "text, xtext and the lint rules",
    "two schedulers, two hosts": "database.workers and database.fingerprint",
    "secrets in logs": "config.secrets and platforms.x.transport",
}


def named_in(module: str) -> set[str]:
    tree = ast.parse((TESTS / f"{module}.py").read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", CATALOGUE)
def test_every_row_has_its_proof(row: str) -> None:
    for named in CATALOGUE[row]:
        module, _, name = named.partition("::")
        assert name in named_in(module), f"{row}: {named} is not there"


def test_an_intent_that_cannot_be_written_sends_nothing(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = loop.add()
    loop.clock.advance_to(DUE)

    claim = ClaimTransaction.claim

    def full(self: ClaimTransaction, *intents: Any) -> None:
        claim(self, *intents)
        raise StoreError("database or disk is full")  # before the end of the transaction

    with monkeypatch.context() as patch:
        patch.setattr(ClaimTransaction, "claim", full)
        with pytest.raises(StoreError):
            loop.app.dispatcher.run()
    assert loop.posts == []
    assert (loop.state(key), loop.get(key).fence) == (State.SCHEDULED, 0)
    loop.drive(minutes=1)
    assert len(loop.posts) == 1


def test_an_intent_whose_commit_got_no_answer_sends_nothing_at_once(loop: AppHarness) -> None:
    key = loop.add()
    loop.clock.advance_to(DUE)

    def unanswered() -> None:
        raise StoreError("the server closed the connection")

    loop.hook_claims(after=unanswered)
    with pytest.raises(StoreError):
        loop.app.dispatcher.run()
    assert loop.posts == []
    assert loop.state(key) is State.SENDING
    loop.drive(minutes=14)
    assert len(loop.posts) == 1
    assert loop.outcomes(key) == ["unknown", "published"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(loop: AppHarness, status: int) -> None:
    key = loop.add()
    there = f"{loop.url}/2/tweets"
    loop.fault({"type": "redirect", "status": status, "location": there})
    loop.clock.advance_to(DUE)
    loop.app.dispatcher.run()
    assert loop.posts == []
    assert loop.outcomes(key) == ["rejected"]

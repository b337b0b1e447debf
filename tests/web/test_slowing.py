from __future__ import annotations

from datetime import timedelta

from helpers.clock import NOW

from bot.web.slowing import FREE_TRIES, LONGEST_WAIT, MAX_KEPT, NAME_TRIES, Slowing


def failed(count: int, address: str = "a", name: str = "Ana") -> Slowing:
    slowing = Slowing()
    for _ in range(count):
        slowing.note_failure(address, name, NOW)
    return slowing


def test_some_wrong_passwords_cost_no_wait() -> None:
    assert failed(FREE_TRIES - 1).wait("a", NOW) == timedelta(0)


def test_each_further_one_doubles_the_wait_up_to_a_limit() -> None:
    waits = [failed(FREE_TRIES + more).wait("a", NOW).total_seconds() for more in range(4)]
    assert waits == [2, 4, 8, 16]
    assert failed(1000).wait("a", NOW) == LONGEST_WAIT


def test_other_addresses_do_not_wait() -> None:
    assert failed(100).wait("b", NOW) == timedelta(0)


def test_name_is_slowed_and_never_locked() -> None:
    slowing = Slowing()
    for number in range(10 * NAME_TRIES):
        slowing.note_failure(f"address {number}", "Ana", NOW)
    assert slowing.wait("the owner's", NOW) == timedelta(0)
    assert 0 < slowing.delay("ana", NOW) <= 5


def test_an_hour_later_all_is_forgotten() -> None:
    slowing = failed(100)
    later = NOW + timedelta(hours=1)
    assert (slowing.wait("a", later), slowing.delay("Ana", later)) == (timedelta(0), 0)


def test_clock_that_is_set_back_keeps_nobody_waiting_for_days() -> None:
    assert failed(100).wait("a", NOW - timedelta(days=2)) == timedelta(0)


def test_memory_is_bounded() -> None:
    slowing = Slowing()
    for number in range(MAX_KEPT + 100):
        slowing.note_failure(f"address {number}", f"name {number}", NOW)
    assert len(slowing._failures) <= MAX_KEPT


def test_right_password_frees_the_address() -> None:
    slowing = failed(100)
    slowing.note_success("a")
    assert slowing.wait("a", NOW) == timedelta(0)

"""Limits for an account's day, a post, and all posts together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import WATCHED_HEAD, queued_states, watch_files
from helpers.planning import ACCOUNTS, NOW, campaign, post
from helpers.store import text_content

from bot.checking import Checker, check
from bot.errors import UserError
from bot.model import DayCount, Mark, State, Wording
from bot.planning.limits import MAX_DELIVERIES, MAX_TOTAL, find_excess, over_today
from bot.schedules import every
from bot.services.adding import PostRequest, add_post
from bot.spreadsheets.importing import ImportRequest, import_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from helpers.delivery import AppHarness

    from bot.checking import CheckResult
    from bot.config import Config
    from bot.errors import Problem
    from bot.model import Post

END = NOW + timedelta(days=30)
HOURLY = [f"{hour}:00" for hour in range(24)]


def asked(*posts: Post, daily_cap: int | None = None, end: datetime = END) -> list[Problem]:
    """Return the problems with these posts."""
    accounts = {name: replace(account, daily_cap=daily_cap) for name, account in ACCOUNTS.items()}
    marked = [replace(item, mark=Mark("a.yaml", n, 3)) for n, item in enumerate(posts, 1)]
    return find_excess([campaign(*marked)], accounts, NOW, end)


def on_one_day(count: int) -> list[Post]:
    return [
        post(f"p{number}", f"2026-11-27 {number // 60:02}:{number % 60:02}")
        for number in range(count)
    ]


def test_as_many_as_a_day_takes_are_queued() -> None:
    assert asked(*on_one_day(50)) == []


def test_one_more_in_a_day_is_reported_at_the_post_too_much_with_figures() -> None:
    (found,) = asked(*on_one_day(51))
    assert str(found) == (
        "a.yaml:51:3: P107 ours has 51 posts due on 2026-11-27; at most 50 for one account are "
        "allowed. Move or remove some. If this is intended, raise daily_cap in the config, to at "
        "most 100."
    )
    assert found.level == "error"


def test_a_daily_cap_above_the_usual_says_that_more_is_meant() -> None:
    assert asked(*on_one_day(80), daily_cap=80) == []
    (found,) = asked(*on_one_day(81), daily_cap=80)
    assert (
        "ours has 81 posts due on 2026-11-27; at most 80 for one account are allowed"
        in found.message
    )


def test_a_day_over_the_account_s_own_lower_cap_is_a_warning() -> None:
    (found,) = asked(*on_one_day(9), daily_cap=8)
    assert (found.code, found.level, found.line) == ("P108", "warning", 9)
    assert "ours has 9 posts due on 2026-11-27; the account's daily_cap is 8." in found.message


def threads(count: int, parts: int) -> list[Post]:
    content = text_content(*(f"Part {number}." for number in range(parts)))
    return [replace(one, wordings=(Wording("", content),)) for one in on_one_day(count)]


def test_every_part_of_a_thread_is_a_post_on_the_platform() -> None:
    assert asked(*threads(8, 25)) == []
    (found,) = asked(*threads(50, 25))
    assert str(found) == (
        "a.yaml:9:3: P113 With this post, ours has more than 200 parts of threads and single posts "
        "due on 2026-11-27, the account's daily_parts. Move or remove some, or shorten threads. If "
        "this is intended, raise daily_parts in the config, to at most 2400."
    )


@pytest.mark.parametrize(
    ("begun", "waits"), [((0, 0), 0), ((5, 5), 0), ((6, 6), 1), ((45, 45), 40), ((1, 160), 5)]
)
def test_what_is_out_already_counts_for_what_is_still_due_today(
    begun: tuple[int, int], waits: int
) -> None:
    posts = [
        replace(one, mark=Mark("a.yaml", number, 3)) for number, one in enumerate(on_one_day(45), 1)
    ]
    now = NOW.replace(day=27, hour=0)
    accounts = {name: replace(ACCOUNTS[name], timezone="UTC") for name in ("ours",)}
    found = [*over_today([campaign(*posts)], accounts, {"ours": DayCount(*begun)}, now)]
    if not waits:
        assert found == []
        return
    [warning] = found
    assert (warning.code, warning.level, warning.line) == ("P114", "warning", 46 - waits)
    assert f"{waits} of the 45 that are still due wait for tomorrow" in warning.message


def test_the_day_is_the_audience_s() -> None:
    accounts = {name: replace(account, timezone="Asia/Tokyo") for name, account in ACCOUNTS.items()}
    late = [post(f"p{number}", f"2026-11-27 14:{number:02}") for number in range(30)]
    early = [post(f"q{number}", f"2026-11-27 15:{number:02}") for number in range(30)]  # 00:00
    assert find_excess([campaign(*late, *early)], accounts, NOW, END) == []


def test_what_is_over_is_not_counted() -> None:
    past = [post(f"p{number}", f"2026-11-25 11:{number:02}") for number in range(59)]
    assert asked(*past) == []


def test_a_post_that_goes_out_too_often_is_reported_with_how_often() -> None:
    often = post("often", every("day", HOURLY, timezone="UTC"))
    (found,) = asked(often, end=NOW + timedelta(days=60))
    assert found.code == "P105"
    assert "people/often would go out 1440 times within the horizon" in found.message
    assert "at most 1000 are allowed" in found.message


def test_the_times_of_a_post_count_once_however_many_accounts_it_is_on() -> None:
    hourly = post("often", every("day", HOURLY, timezone="UTC"), accounts=("ours", "partner"))
    assert asked(hourly) == []
    by_network = [replace(hourly, platform=name, accounts=(name,)) for name in hourly.accounts]
    found = asked(*by_network, end=NOW + timedelta(days=60))
    assert [problem.code for problem in found] == ["P105"]


def test_a_full_day_of_several_accounts_is_reported_once_with_all_of_them() -> None:
    posts = [replace(one, accounts=("ours", "partner")) for one in on_one_day(51)]
    (found,) = asked(*posts)
    assert found.message == (
        "ours, partner each have 51 posts due on 2026-11-27; at most 50 for one account are "
        "allowed."
    )
    own = [replace(one, accounts=("ours",)) for one in on_one_day(51)]
    others = [
        replace(one, id=f"q{number}", accounts=("partner",))
        for number, one in enumerate(on_one_day(51))
    ]
    assert len(asked(*own, *others)) == 2  # at another place each


def test_all_together_are_capped_and_counting_ends_there() -> None:
    posts = [post(f"p{number}", every("day", HOURLY, timezone="UTC")) for number in range(5000)]
    found = asked(*posts)
    assert [problem.code for problem in found] == ["P106", "P107"]
    assert found[0].line == MAX_TOTAL // 720 + 1
    assert "more than 20000 posts are due within the horizon" in found[0].message


def test_the_deliveries_of_posts_on_many_accounts_are_capped_too() -> None:
    accounts = {f"ours-{n}": replace(ACCOUNTS["ours"], name=f"ours-{n}") for n in range(40)}
    posts = [
        replace(post(f"p{n}", every("day", HOURLY, timezone="UTC")), accounts=tuple(accounts))
        for n in range(3)
    ]
    found = find_excess([campaign(*posts[:2])], accounts, NOW, END)
    assert [problem.code for problem in found] == []
    [found_too] = find_excess([campaign(*posts)], accounts, NOW, END)[:1]
    words = f"more than {MAX_DELIVERIES} deliveries, each a post on one account, are due"
    assert words in found_too.message


FLOOD = """\
  - id: flood-%d
    when: {every: day, at: [%s]}
    text: Flood %d.
"""


def write(folder: Path, *posts: str) -> None:
    (folder / "people.yaml").write_text(
        WATCHED_HEAD % ("09:00", "false") + "".join(posts), encoding="utf-8"
    )


def floods(count: int) -> list[str]:
    clocks = ", ".join(f'"{clock}"' for clock in HOURLY)
    return [FLOOD % (number, clocks, number) for number in range(count)]


def day_of(day: str, count: int) -> list[str]:
    """Return this many posts of one day, one every quarter of an hour."""
    one = "  - id: p%d\n    when: %s %02d:%02d\n    text: This is number %d.\n"
    return [one % (number, day, number // 4, number % 4 * 15, number) for number in range(count)]


def test_check_tells_a_flood_with_its_place(loop: AppHarness) -> None:
    write(loop.campaigns, *floods(150))
    errors = check(loop.config, loop.clock.now()).errors
    assert [problem.code for problem in errors] == ["P107", "P106"]
    assert (
        f"mj has {27 * 24} posts due on 2026-03-03; at most 50 for one account are allowed"
        in str(errors[0])
    )
    assert "more than 20000 posts are due within the horizon" in str(errors[1])


def test_check_without_a_config_tells_it_too(tmp_path: Path) -> None:
    write(tmp_path, *floods(3))
    assert [problem.code for problem in Checker(tmp_path).check(NOW).errors] == ["P107"]


def test_a_flood_is_not_queued_and_the_last_good_plan_stays(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    write(loop.campaigns, *floods(1))
    assert loop.app.queue_sync.refresh() == []
    before = loop.app.queue.all()
    write(loop.campaigns, *floods(150))
    watch_files(loop)
    assert loop.app.queue.all() == before
    assert "P106" in caplog.text
    assert "go out as last planned" in caplog.text


def test_small_edits_do_not_add_up_to_a_flood(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    posts = day_of("2026-03-05", 52)
    write(loop.campaigns, *posts[:49])
    assert loop.app.queue_sync.refresh() == []
    write(loop.campaigns, *posts[:50])
    watch_files(loop)
    assert len(queued_states(loop)) == 50
    write(loop.campaigns, *posts[:51])
    watch_files(loop)
    assert len(queued_states(loop)) == 50
    assert (
        "mj has 51 posts due on 2026-03-05; at most 50 for one account are allowed" in caplog.text
    )
    assert set(queued_states(loop).values()) == {State.SCHEDULED}


def added(config: Config, now: datetime) -> CheckResult:
    nothing: dict[str, Any] = dict.fromkeys(PostRequest.__dataclass_fields__)
    wish = PostRequest(**{**nothing, "text": "One more.", "at": "2026-04-20 13:00", "accounts": ()})
    return add_post(config, wish, now)[1]


def imported(config: Config, now: datetime) -> CheckResult:
    sheet = config.path.with_name("plan.csv")
    sheet.write_text("when,text\n2026-04-20 13:00,One more.\n", encoding="utf-8")
    return import_file(config, ImportRequest(sheet=sheet, author="Ana"), now).checked


def check_as_loop(config: Config, now: datetime) -> CheckResult:
    """Check as ``QueueSync`` does."""
    accounts, horizon = config.accounts, config.horizon
    return Checker(config.campaigns, accounts, errors_only=True, horizon=horizon).check(now)


@pytest.mark.parametrize("look", [check, check_as_loop])
def test_a_flood_is_reported_as_far_ahead_as_posts_are_queued(
    loop: AppHarness, look: Callable[[Config, datetime], CheckResult]
) -> None:
    write(loop.campaigns, *day_of("2026-04-20", 51))
    config = replace(loop.config, horizon=timedelta(days=60))
    now = loop.clock.now()
    assert [problem.code for problem in look(config, now).errors] == ["P107"]
    assert look(loop.config, now).errors == ()


@pytest.mark.parametrize("write_one", [added, imported])
def test_what_is_written_for_a_person_is_refused_where_it_floods_the_horizon(
    loop: AppHarness, write_one: Callable[[Config, datetime], CheckResult]
) -> None:
    write(loop.campaigns, *day_of("2026-04-20", 50))
    config = replace(loop.config, horizon=timedelta(days=60))
    with pytest.raises(UserError, match="P107"):
        write_one(config, loop.clock.now())

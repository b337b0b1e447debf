"""Web logs come out to the unit, whatever stands in them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import resource
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from helpers.web_logs import CAMPAIGN, DAY, FIREFOX, caddy, combined, marked
from hypothesis import given
from hypothesis import strategies as st

from bot.arrivals import copies, counting
from bot.arrivals.counting import MOST_UNKNOWN, OTHER, Tally
from bot.arrivals.marks import Marks, find_marks
from bot.arrivals.reading import read_arrivals
from bot.arrivals.weblog import count_block, recognise_log, split_blocks
from bot.errors import UserError
from bot.link_marks import mark_link, share_values
from bot.model.arrivals import Arrival
from bot.model.share import LinkMarks

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.model.arrivals import ArrivalReading

ARRIVAL = Arrival(DAY, "mastodon", "share", CAMPAIGN, "hart-data")


def write(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"".join(one if isinstance(one, bytes) else one.encode() for one in lines))
    return path


def read(*paths: Path) -> ArrivalReading:
    return read_arrivals(paths, [CAMPAIGN])


def test_each_mark_is_counted_by_itself(tmp_path: Path) -> None:
    log = write(
        tmp_path / "access.log",
        combined("/"),
        combined(marked()),
        combined(marked()),
        combined(marked("x")),
        combined(marked(partner="athena")),
        combined(marked("bluesky", "post-1", medium="post")),
    )
    reading = read(log)
    assert reading.arrived == {
        ARRIVAL: 2,
        Arrival(DAY, "x", "share", CAMPAIGN, "hart-data"): 1,
        Arrival(DAY, "mastodon", "share", CAMPAIGN, "hart-data", "athena"): 1,
        Arrival(DAY, "bluesky", "post", CAMPAIGN, "post-1"): 1,
    }
    assert (reading.lines, reading.unreadable, reading.robots) == (6, 0, 0)
    assert reading.days == {DAY}
    assert reading.clocks == ("+0100",)


def test_other_campaigns_are_not_counted(tmp_path: Path) -> None:
    log = write(tmp_path / "access.log", combined(marked(campaign="newsletter")), combined("/"))
    assert read(log).arrived == {}
    assert sum(read_arrivals([log], ["newsletter"]).arrived.values()) == 1


@pytest.mark.parametrize(
    ("status", "field"),
    [
        *((200, "arrived"), (304, "arrived"), (301, "redirected"), (302, "redirected")),
        *(
            (308, "redirected"),
            (404, "refused"),
            (500, "refused"),
            (403, "refused"),
            (499, "refused"),
        ),
        *((206, ""), (204, "")),
    ],
)
def test_the_answer_decides_whether_somebody_arrived(
    tmp_path: Path, status: int, field: str
) -> None:
    reading = read(write(tmp_path / "access.log", combined(marked(), status=status)))
    found = {
        "arrived": sum(reading.arrived.values()),
        "redirected": reading.redirected,
        "refused": reading.refused,
        "robots": reading.robots,
    }
    assert found == {name: int(name == field) for name in found}


@pytest.mark.parametrize(
    ("method", "robots"), [("HEAD", 1), ("POST", 0), ("OPTIONS", 0), ("get", 0)]
)
def test_only_a_get_arrives(tmp_path: Path, method: str, robots: int) -> None:
    reading = read(write(tmp_path / "access.log", combined(marked(), method=method)))
    assert (reading.arrived, reading.robots) == ({}, robots)


def test_robots_are_counted_apart(tmp_path: Path) -> None:
    log = write(
        tmp_path / "access.log",
        combined(marked()),
        combined(marked(), agent="Mastodon/4.5.2 (http.rb/5.3.1; +https://example.social/) Bot"),
        combined(marked(), agent="-"),
        combined(marked(), agent="Twitterbot/1.0", status=301),
    )
    reading = read(log)
    assert (reading.arrived, reading.robots, reading.redirected) == ({ARRIVAL: 1}, 3, 0)
    assert any("cannot be told" in note for note in reading.notes)


FORMATS: dict[str, Callable[[str], str]] = {
    "combined": combined,
    "with the site before it": lambda target: f"example.org:443 {combined(target)}",
    "with more fields behind it": lambda target: combined(target)[:-1] + ' "203.0.113.9" 0.012\n',
    "with a field between": lambda target: combined(target).replace(' 512 "', ' 512 0.012 - "'),
    "of an IPv6 address": lambda target: combined(target, host="2001:db8::1"),
    "with a name of two words": lambda target: combined(target).replace("- -", "- ann lee", 1),
    "by a system log": lambda target: f"Nov 30 09:15:00 web nginx[7]: {combined(target)}",
    "of a site without a name": lambda target: f"[2001:db8::1]:443 {combined(target)}",
    "common": lambda target: combined(target).split(' "-"')[0] + "\n",
    "common with the site": lambda target: (
        "example.org " + combined(target).split(' "-"')[0] + "\n"
    ),
    "with Windows' line ends": lambda target: combined(target)[:-1] + "\r\n",
    "caddy": caddy,
}


@pytest.mark.parametrize("form", FORMATS)
def test_formats_are_recognised_by_their_lines(tmp_path: Path, form: str) -> None:
    line = FORMATS[form]
    reading = read(write(tmp_path / "whatever.txt", line("/"), line(marked()), line(marked())))
    assert (reading.arrived, reading.unreadable) == ({ARRIVAL: 2}, 0)
    assert reading.days == {DAY}
    assert reading.clocks == (("+0000",) if form == "caddy" else ("+0100",))


def test_a_log_without_user_agents_is_counted_and_says_so(tmp_path: Path) -> None:
    for line in (
        FORMATS["common"](marked()),
        combined(marked(), agent="-"),
        caddy(marked(), agent=None),
    ):
        reading = read(write(tmp_path / "access.log", line))
        assert (reading.arrived, reading.robots) == ({ARRIVAL: 1}, 0)
        assert any("keeps no user agents" in note for note in reading.notes)


def test_a_quiet_log_may_begin_with_requests_without_a_user_agent(tmp_path: Path) -> None:
    """A load balancer asks whether the server is well, hundreds of times before anybody comes."""
    lines = [combined("/health", agent="-")] * 500
    lines += [combined(marked(), agent="-"), combined(marked()), combined(marked(), agent="-")]
    reading = read(write(tmp_path / "access.log", *lines))
    assert (reading.arrived, reading.robots) == ({ARRIVAL: 1}, 2)
    assert not [note for note in reading.notes if "keeps no user agents" in note]


def test_each_log_has_user_agents_or_none(tmp_path: Path) -> None:
    with_agents = write(tmp_path / "a.log", combined(marked()), combined(marked(), agent="-"))
    without = write(tmp_path / "b.log", FORMATS["common"](marked()))
    for logs in ((with_agents, without), (without, with_agents)):
        reading = read(*logs)
        assert (reading.arrived, reading.robots) == ({ARRIVAL: 2}, 1)


TARGETS = [
    marked().replace("utm_source", "%75tm_source"),
    marked().replace("utm_campaign", "utm%5Fcampaign"),
    marked().replace("utm_campaign", "u%74%6D_campaign"),
    marked().replace("utm_", "UTM_"),
    marked().replace(CAMPAIGN, CAMPAIGN.upper()),
    marked().replace("mastodon", "Mastodon"),
    marked().replace(CAMPAIGN, "people%2Dover-profit"),
    marked().replace("hart-data", "+hart-data%20"),
    marked().replace("&", "&amp;"),
    marked().replace("&", "&amp;amp;"),
    marked().replace("?", "?page=2&"),
    marked().replace("?", "?page=2?"),
    marked() + "&utm_source=newsletter",
    marked() + "&fbclid=abc",
    marked() + "#top",
    "https://example.org" + marked(),
    "//example.org" + marked(path="/a//b"),
    marked(path="/caf\xe9"),
    marked().replace("mastodon", r"mast\x6fdon"),
    "/?" + "&".join(reversed(marked().removeprefix("/?").split("&"))),
    "/?" + marked().removeprefix("/?").replace("=", "%3D").replace("&", "%26"),
    marked().replace("?", "?q=" + "%22" * 300 + "&"),
    marked().replace("?", "?utm_source=&"),
]


@pytest.mark.parametrize("target", TARGETS)
def test_marks_are_found_by_their_meaning(tmp_path: Path, target: str) -> None:
    lines = (combined("/"), combined(target).encode("latin-1"))
    assert read(write(tmp_path / "access.log", *lines)).arrived == {ARRIVAL: 1}


@pytest.mark.parametrize(
    "target",
    [
        "/utm_campaign=" + CAMPAIGN,
        f"/?url=https%3A%2F%2Fexample.org%2F%3Futm_campaign%3D{CAMPAIGN}",
        f"/#?utm_campaign={CAMPAIGN}",
        f"/?xutm_campaign={CAMPAIGN}",
        f"/?utm_campaign={CAMPAIGN}-2",
        "/?utm_campaign=",
        "/?utm_campaign",
    ],
)
def test_what_only_looks_like_marks_is_not_counted(tmp_path: Path, target: str) -> None:
    assert read(write(tmp_path / "access.log", combined(target))).arrived == {}


def test_marks_in_a_referer_are_not_an_arrival(tmp_path: Path) -> None:
    """A browser names the marked address when it fetches the page's pictures."""
    asset = combined("/logo.png", referer=f"https://example.org{marked()}")
    reading = read(write(tmp_path / "access.log", combined(marked()), asset, asset))
    assert (reading.arrived, reading.lines) == ({ARRIVAL: 1}, 3)


GARBAGE = [
    b"\x16\x03\x01\x02 utm_campaign\n",
    b"\0" * 5000 + b"utm_\n",
    b"utm_campaign=people-over-profit\n",
    b'192.0.2.1 - - [30/Nov/2026:09:15:00 +0100] "GET /?utm_campaign=x" "y" 200 1 "-" "z\n',
    b'192.0.2.1 - - [30/Foo/2026:09:15:00 +0100] "GET /?utm_campaign=x HTTP/1.1" 200 1 "-" "z"\n',
    b'192.0.2.1 - - [31/Feb/2026:09:15:00 +0100] "GET /?utm_campaign=x HTTP/1.1" 200 1 "-" "z"\n',
    b'192.0.2.1 - - [30/Nov/2026:09:15:00 +0100] "GET /' + b"a" * 1_000_000 + b"?utm_campaign=x\n",
    b'192.0.2.1 - - [30/Nov/2026:09:15:00 +0100] "GET /?utm_campaign=x' + b"\\" * 60_000 + b"\n",
    b"[" * 60_000 + b"utm_\n",
    b'{"request": {"uri": "/?utm_campaign=x"}}\n',
]


@pytest.mark.parametrize("line", GARBAGE, ids=range(len(GARBAGE)))
def test_a_broken_line_costs_no_other(tmp_path: Path, line: bytes) -> None:
    log = write(tmp_path / "access.log", combined(marked()), line, combined(marked()))
    reading = read(log)
    assert (reading.arrived, reading.unreadable, reading.lines) == ({ARRIVAL: 2}, 1, 3)


def test_garbage_without_marks_is_passed_over(tmp_path: Path) -> None:
    lines = (
        b'192.0.2.1 - - [30/Nov/2026:09:15:00 +0100] "\\x16\\x03\\x01" 400 150 "-" "-"\n',
        b'192.0.2.1 - - [30/Nov/2026:09:15:00 +0100] "" 408 0 "-" "-"\n',
        b"\xff\xfe\n",
    )
    reading = read(write(tmp_path / "access.log", combined(marked()), *lines))
    assert (reading.arrived, reading.unreadable, reading.lines) == ({ARRIVAL: 1}, 0, 4)


def test_an_old_request_names_no_version(tmp_path: Path) -> None:
    line = combined(marked()).replace(" HTTP/1.1", "")
    assert read(write(tmp_path / "access.log", line)).arrived == {ARRIVAL: 1}


def test_quotes_in_a_user_agent_are_escaped_in_two_ways(tmp_path: Path) -> None:
    agents = (FIREFOX + r" \"x\" \\", FIREFOX + r" \x22x\x22 \x5C")
    lines = (combined(marked(), agent=agent) for agent in agents)
    assert read(write(tmp_path / "access.log", *lines)).arrived == {ARRIVAL: 2}


def test_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    reading = read(write(tmp_path / "access.log", combined("/"), combined(marked()).rstrip()))
    assert (reading.arrived, reading.lines) == ({ARRIVAL: 1}, 2)


def test_the_offset_of_a_line_decides_its_day(tmp_path: Path) -> None:
    log = write(
        tmp_path / "access.log",
        combined(marked(), time="24/Oct/2026:23:59:59 +0200"),
        combined("/", time="25/Oct/2026:00:00:00 +0200"),
        combined(marked(), time="26/Oct/2026:00:00:01 +0100"),
    )
    reading = read(log)
    assert {arrival.day for arrival in reading.arrived} == {date(2026, 10, 24), date(2026, 10, 26)}
    assert reading.days == {date(2026, 10, day) for day in (24, 25, 26)}
    assert reading.clocks == ("+0100", "+0200")
    assert any("+0100, +0200" in note for note in reading.notes)


def test_a_log_may_have_its_days_in_any_order(tmp_path: Path) -> None:
    """Somebody joins rotated logs, and the first and the last line are of one day."""
    first, second = "30/Nov/2026:06:00:00 +0100", "29/Nov/2026:09:15:00 +0100"
    log = write(
        tmp_path / "all.log",
        *(combined(marked(), time=first), combined("/", time=second)),
        *(combined(marked(), time=second), combined("/", time="28/Nov/2026:07:00:00 +0100")),
        combined(marked(), time="30/Nov/2026:05:00:00 +0100"),
    )
    reading = read(log)
    assert reading.days == {date(2026, 11, day) for day in (28, 29, 30)}
    assert sum(reading.arrived.values()) == 3


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from(["/", marked(), marked("x")]))))
def test_the_days_of_all_arrivals_are_days_of_the_log(lines: list[tuple[int, str]]) -> None:
    made = [
        # Somebody writes a day into a user agent, so that this day is found more often.
        combined(target, time=f"{day:02}/Nov/2026:09:15:00 +0100", agent="Mozilla [01/Nov/2026:")
        for day, target in lines
    ]
    tally = Tally([CAMPAIGN])
    if kind := recognise_log("".join(made).encode()):
        count_block("".join(made).encode(), kind, tally)
    days = {date(2026, 11, day) for day, _ in lines}
    assert {arrival.day for arrival in tally.arrived} <= tally.days <= days


FORGED = "[01/Jan/9998:00:00:00 +0000]"


@pytest.mark.parametrize("before", [FORGED, f"{FORGED} -", f"{FORGED} \\x22GET"])
def test_a_time_in_a_header_of_a_request_is_not_its_time(tmp_path: Path, before: str) -> None:
    """A log behind a proxy may begin with X-Forwarded-For, which a visitor can write."""
    lines = [combined("/", host="203.0.113.9"), combined(marked(), host=before)]
    for order in (lines, lines[::-1], lines[1:]):
        reading = read(write(tmp_path / "access.log", *order))
        assert reading.days == {DAY}
        assert reading.clocks == ("+0100",)
        assert (reading.arrived, reading.unreadable) == ({ARRIVAL: 1}, 0)


def test_a_time_beyond_the_calendar_is_of_no_day(tmp_path: Path) -> None:
    far = caddy("/").replace('"ts": 1', '"ts": 999')
    reading = read(write(tmp_path / "access.log", caddy(marked()), far))
    assert reading.days == {DAY}
    assert reading.arrived == {ARRIVAL: 1}


# --- Files ----------------------------------------------------------------------------------------

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "two gzips": lambda data: gzip.compress(data[:150]) + gzip.compress(data[150:]) + b"\0" * 512,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize("way", PACKED)
def test_packed_logs_are_recognised_by_their_bytes(tmp_path: Path, way: str) -> None:
    lines = "".join((combined("/"), combined(marked()), combined(marked(path="/a")))).encode()
    assert read(write(tmp_path / "access.log", PACKED[way](lines))).arrived == {ARRIVAL: 2}


@pytest.mark.parametrize("way", ["gzip", "xz", "bzip2"])
def test_of_a_cut_file_what_can_be_unpacked_is_counted(tmp_path: Path, way: str) -> None:
    import random

    chance = random.Random(7)  # noqa: S311 - lines that do not pack to nothing
    lines = "".join(combined(marked(path=f"/{chance.getrandbits(400)}")) for _ in range(20_000))
    packed = PACKED[way](lines.encode())
    reading = read(write(tmp_path / "access.log", packed[: len(packed) * 3 // 4]))
    assert 1000 < reading.arrived[ARRIVAL] < 19_999
    assert [note for note in reading.notes if "ends too early" in note]


def test_a_damaged_file_is_counted_up_to_the_damage(tmp_path: Path) -> None:
    lines = "".join(combined(marked(path=f"/{number * 7919}")) for number in range(40_000))
    packed = bytearray(gzip.compress(lines.encode()))
    packed[len(packed) // 2 : len(packed) // 2 + 100] = b"\xff" * 100
    reading = read(write(tmp_path / "access.log", bytes(packed)))
    assert 0 < reading.arrived[ARRIVAL] < 40_000
    assert [note for note in reading.notes if "is damaged" in note]


def test_rotated_logs_are_one(tmp_path: Path) -> None:
    new = write(tmp_path / "access.log", combined(marked(path="/1")))
    old = write(tmp_path / "access.log.1", combined(marked(path="/2")))
    older = write(tmp_path / "access.log.2.gz", gzip.compress(combined(marked(path="/3")).encode()))
    reading = read(new, old, older)
    assert reading.arrived == {ARRIVAL: 3}
    assert not [note for note in reading.notes if "once" in note]


def test_a_file_that_is_given_twice_counts_once(tmp_path: Path) -> None:
    log = write(tmp_path / "access.log", combined(marked()))
    link, hard = tmp_path / "link.log", tmp_path / "hard.log"
    link.symlink_to(log)
    hard.hardlink_to(log)
    reading = read(log, log, link, hard)
    assert (reading.arrived, reading.lines) == ({ARRIVAL: 1}, 1)
    assert reading.notes[:3] == (
        f"{log} is named twice, and counted once.",
        f"{link} is named twice as {log}, and counted once.",
        f"{hard} is named twice as {log}, and counted once.",
    )


@pytest.mark.parametrize("first", ["short", "long"])
def test_a_copy_of_a_log_counts_what_it_has_beyond(tmp_path: Path, first: str) -> None:
    lines = [combined(marked(path=f"/{number}")) for number in range(300)]
    short = write(tmp_path / "copy.log.gz", gzip.compress("".join(lines[:100]).encode()))
    long = write(tmp_path / "access.log", *lines)
    reading = read(*((short, long) if first == "short" else (long, short)))
    assert (reading.arrived, reading.lines) == ({ARRIVAL: 300}, 400)
    assert [note for note in reading.notes if "counted once" in note]


def at(second: int, day: int = 30, *, host: str = "192.0.2.1", agent: str = FIREFOX) -> str:
    time = f"{day}/Nov/2026:09:15:{second:02} +0100"
    return combined(marked(), time=time, host=host, agent=agent)


def test_a_log_of_a_month_and_logs_of_its_days_count_once(tmp_path: Path) -> None:
    days = [
        write(tmp_path / f"d{day}.log", *(at(second, day) for second in range(3)))
        for day in (28, 29, 30)
    ]
    month = write(tmp_path / "month.log", *(day.read_bytes() for day in days), at(59))
    for order in ([month, *days], [*days, month], [days[2], month, days[0]]):
        reading = read(*order)
        assert sum(reading.arrived.values()) == 10
        assert reading.arrived[ARRIVAL] == 4
        assert [note for note in reading.notes if "that an earlier log has, too" in note]


def test_logs_that_are_joined_in_another_order_count_once(tmp_path: Path) -> None:
    new = write(tmp_path / "access.log", at(1), at(2), at(3, agent="Googlebot/2.1"))
    old = write(tmp_path / "access.log.1", at(1, 29), at(2, 29), at(9, 29))
    joined = write(tmp_path / "all.log", new.read_bytes(), old.read_bytes())
    packed = write(tmp_path / "all.log.gz", gzip.compress(old.read_bytes() + new.read_bytes()))
    reading = read(joined, new, old, packed)
    assert (sum(reading.arrived.values()), reading.robots) == (5, 1)


@pytest.mark.parametrize("form", ["with the site before it", "by a system log"])
def test_two_logs_of_the_same_requests_count_once(tmp_path: Path, form: str) -> None:
    plain = write(tmp_path / "access.log", combined("/"), combined(marked()))
    other = write(tmp_path / "vhosts.log", FORMATS[form](marked()), FORMATS[form](marked("x")))
    reading = read(plain, other)
    assert reading.arrived[ARRIVAL] == 1
    assert sum(reading.arrived.values()) == 2


def test_visitors_of_one_second_are_as_many_as_one_log_has(tmp_path: Path) -> None:
    """Two people with the same browser may come in the same second."""
    three = write(tmp_path / "a.log", at(1), at(1, host="192.0.2.2"), at(1, host="192.0.2.3"))
    two = write(tmp_path / "b.log", at(1), at(1), at(2), at(2))
    one = write(tmp_path / "c.log", at(1), at(2))
    assert read(three).arrived == {ARRIVAL: 3}
    for order in ([three, two, one], [one, two, three], [two, one, three]):
        assert read(*order).arrived == {ARRIVAL: 5}


@pytest.mark.parametrize(
    "other", [at(2), at(1, agent=FIREFOX + " x"), combined(marked(), status=304), at(1, 29)]
)
def test_requests_that_differ_are_not_copies(tmp_path: Path, other: str) -> None:
    reading = read(write(tmp_path / "a.log", at(1)), write(tmp_path / "b.log", other))
    assert sum(reading.arrived.values()) == 2
    assert not [note for note in reading.notes if "once" in note]


def test_logs_of_two_servers_that_begin_alike_are_not_copies(tmp_path: Path) -> None:
    """A load balancer asks both whether they are well, in the same seconds."""
    health = [combined("/health", agent="-")] * 200
    first = write(tmp_path / "a.log", *health, *(at(second) for second in range(30)))
    second = write(tmp_path / "b.log", *health, *(at(second) for second in range(30, 60)))
    assert read(first, second).arrived == {ARRIVAL: 60}


def test_requests_beyond_the_bound_are_counted_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MOST_REQUESTS", 10)
    lines = [at(second) for second in range(15)]
    first, second = (write(tmp_path / name, *lines, *lines) for name in ("a.log", "b.log"))
    reading = read(first, second)
    assert sum(reading.arrived.values()) == 2 * (15 + 5)
    assert [note for note in reading.notes if "were not compared" in note]
    assert not [note for note in read(first).notes if "were not compared" in note]


def test_hundreds_of_logs_are_read_with_few_files_open(tmp_path: Path) -> None:
    """macOS lets a process open 256 files."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    logs = [
        write(tmp_path / f"access.log.{number}", combined(marked(path=f"/{number}")))
        for number in range(100)
    ]
    try:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (len([*Path("/dev/fd").iterdir()]) + 20, limits[1])
        )
        assert read(*logs).arrived == {ARRIVAL: 100}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_log_that_is_replaced_before_it_is_read_is_told(tmp_path: Path) -> None:
    first = write(tmp_path / "a.log", *[combined(marked())] * 20_000)
    second = write(tmp_path / "b.log", combined(marked(path="/1")))

    def rotate(done: int, _size: int) -> None:
        if done == first.stat().st_size:
            second.rename(tmp_path / "b.log.1")
            write(second, combined(marked(path="/2")))

    with pytest.raises(UserError, match=r"b\.log: A101 .*another file has taken its place"):
        read_arrivals([first, second], [CAMPAIGN], progress=rotate)


def test_progress_ends_with_all_bytes(tmp_path: Path) -> None:
    lines = [combined(marked(path=f"/{number * 7919}")) for number in range(30_000)]
    plain = write(tmp_path / "access.log", *lines)
    packed = write(tmp_path / "old.gz", gzip.compress("".join(lines[::-1]).encode()))
    steps: list[tuple[int, int]] = []
    read_arrivals([plain, packed], [CAMPAIGN], progress=lambda *step: steps.append(step))
    total = plain.stat().st_size + packed.stat().st_size
    assert steps == sorted(steps)
    assert len(steps) > 4
    assert (steps[-1], {size for _, size in steps}) == ((total, total), {total})


# --- Hostile logs ---------------------------------------------------------------------------------


def test_a_flood_of_unknown_values_does_not_hide_the_known(tmp_path: Path) -> None:
    flood = (combined(marked(f"net{number}", f"word{number}")) for number in range(2000))
    log = write(tmp_path / "access.log", *flood, combined(marked("mastodon", "hart-data")))
    reading = read_arrivals([log], [CAMPAIGN], known=["mastodon", "Hart-Data", "share"])
    assert sum(reading.arrived.values()) == 2001
    assert reading.arrived[Arrival(DAY, "mastodon", "share", CAMPAIGN, "Hart-Data")] == 1
    assert reading.arrived[Arrival(DAY, OTHER, "share", CAMPAIGN, OTHER)] == 2000 - MOST_UNKNOWN
    assert len(reading.arrived) == MOST_UNKNOWN + 2
    assert [note for note in reading.notes if note.startswith("1950 arrivals had a mark")]


@pytest.mark.parametrize("value", ["a" * 101, "%1B[2J", "a%0Ab", "%E2%80%AEabc", "%FF%FE", "%00"])
def test_a_value_that_no_link_of_ours_has_is_counted_as_other(tmp_path: Path, value: str) -> None:
    reading = read(write(tmp_path / "access.log", combined(marked(value))))
    assert reading.arrived == {Arrival(DAY, OTHER, "share", CAMPAIGN, "hart-data"): 1}


# --- Any log --------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *(combined("/"), combined(marked()), combined(marked(), agent="-"), caddy(marked()), "\n"),
        *('"', "\\", "[", "utm_campaign=", "%75tm_", "&amp;", "\0", "\xff", "/?", " HTTP/1.1"),
        *("[30/Nov/2026:09:15:00 +0100] ", '" 200 1 "-" "Mozilla/', "{", '{"ts": 1e999, '),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join), st.integers(min_value=1, max_value=400))
def test_a_log_is_counted_alike_in_pieces_of_any_size(text: str, size: int) -> None:
    data = (combined("/") + text).encode("latin-1")
    kind = recognise_log(data)
    assert kind
    counts = []
    for step in (len(data), size):
        tally = Tally([CAMPAIGN])
        for block in split_blocks(data[at : at + step] for at in range(0, len(data), step)):
            count_block(block, kind, tally)
        tally.settle_silent(log_keeps_agents=kind.keeps_agents)
        counts.append((tally.arrived, tally.robots, tally.unreadable, tally.lines, tally.days))
    assert counts[0] == counts[1]
    assert counts[0][3] == data.count(b"\n") + (not data.endswith(b"\n"))


NAMES = st.text("abcxyz-.0", min_size=1, max_size=20)


@given(
    own=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4),
    fragment=st.text(max_size=8),
    values=st.tuples(NAMES, NAMES, NAMES),
)
def test_marks_that_we_append_are_the_ones_that_are_found(
    own: list[tuple[str, str]], fragment: str, values: tuple[str, str, str]
) -> None:
    """Whatever parameters the link has by itself."""
    network, wording, partner = values
    query = f"?{urlencode(own)}" if own else ""
    link = f"https://example.org/a/b{query}#{quote(fragment)}"
    marks = LinkMarks(pages=("https://example.org/",), leave=(), campaign=CAMPAIGN, content="post")
    done = mark_link(link, marks, share_values(network, marks, wording, partner))
    if done.reason:
        assert done.link == link
        return
    target = done.link.removeprefix("https://example.org")
    assert find_marks(target) == Marks(network, "share", CAMPAIGN, wording, partner)


def test_a_flood_of_combinations_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_KEYS", 100)
    tally = Tally([CAMPAIGN], known=[f"w{number}" for number in range(40)])
    for network in range(40):
        for wording in range(40):
            marks = Marks(f"w{network}", "share", CAMPAIGN, f"w{wording}")
            tally.count_arrival(DAY, marks)
    assert sum(tally.arrived.values()) == 1600
    assert len(tally.arrived) == 101
    assert tally.arrived[Arrival(DAY, OTHER, OTHER, CAMPAIGN, OTHER, OTHER)] == 1500

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import (
    ACCOUNTS,
    HEADER,
    campaign_with_post,
    campaign_yaml,
    load,
    write_campaigns,
)
from helpers.extras import examples
from helpers.schedules import utc
from helpers.sharing import SHARE, SHARE_HEADER, share_yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.checking import Checker
from bot.services.checking import all_codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOUND = campaign_with_post(
    "demand: take-hart-off",
    "thread:",
    "  - text: |",
    "      {{ fact.hart.figure }} {{ demand.ask|upper }}",
    "    media: [{file: media/a.png, alt: A hand}]",
    "  - {text: Second, poll: {options: [yes, no], hours: 24}}",
    "link: https://example.org/a",
    "expires: {event: nyc, offset: +2d}",
    when="{event: nyc, offset: -1d, at: '09:00'}",
) + (
    "  - {id: two, when: {every: [mon, thu], at: 07:30, from: 2022-07-01, until: 2022-08-01},"
    " text: 'a', expires: 2h}\n"
    "  - {id: three, when: 2022-07-10 09:00, text: \"b\\u00fc\", hashtags: ['#A'], event: nyc}\n"
)

PIECES = st.sampled_from(
    [
        *rb"""\ ' " [ ] { } | > # ? - : & * ! % @ , ~""".split(),
        *(b"\t", b"\0", b"\n", b" ", b"  ", b"- ", b": ", b"\r", b"\xff", b"\xc2\x85"),
        *(b"&a ", b"*a", b"!!str ", b"<<: *a", b"? ", b"---\n", b"...\n", b"%YAML 1.1\n"),
        *(b"{{", b"}}", b"{%", b"{{ fact", b"|upper", b"\\ud83d", b"\\x00", b"\xed\xa0\xbd"),
        *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"null", b"9" * 400, b"-1d", b"../", b"posts:"),
        *(b"when:", b"every: day", b"event: nyc", b"at: 25:00", b"id: one\n", b"campaign: a\n"),
        *(b"9999-12-31 23:59", b"0001-01-01 00:00", b"2022-03-13 02:30", b"FREQ=DAILY;COUNT=0"),
    ]
)
CHANGES = st.lists(
    st.tuples(
        st.integers(0, len(SOUND)),
        st.integers(0, 40),
        st.one_of(PIECES, st.binary(max_size=6), st.just(b"")),
    ),
    min_size=1,
    max_size=6,
)


def changed(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for at, gone, piece in changes:
        data = data[:at] + piece + data[at + gone :]
    return data


@settings(
    max_examples=examples(400),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(CHANGES, st.sampled_from([SOUND, share_yaml()]))
@example([(len(HEADER), 0, b"{{")], SOUND)
def test_a_damaged_file_gives_problems_and_never_an_exception(
    tmp_path: Path, changes: list[tuple[int, int, bytes]], sound: str
) -> None:
    data = changed(sound.encode(), changes)
    began = time.process_time()
    loaded = load(write_campaigns(tmp_path, a=data), ACCOUNTS)
    assert time.process_time() - began < 1
    for problem in loaded.problems:
        assert problem.code in all_codes()
        assert problem.line > 0
        assert problem.column > 0
        assert str(problem).isprintable()
        assert problem.line <= data.count(b"\n") + data.count(b"\r") + data.count(b"\xc2\x85") + (
            data.count(b"\xe2\x80\xa8") + data.count(b"\xe2\x80\xa9") + 1
        )


SHARED = share_yaml().encode()


@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(0, SHARED.count(b"\n")), min_size=1, max_size=4), CHANGES)
@example([SHARED[: SHARED.index(b"    ask: Take")].count(b"\n")], [])
def test_a_share_page_in_a_damaged_file_is_checked_without_an_exception(
    tmp_path: Path, gone: list[int], changes: list[tuple[int, int, bytes]]
) -> None:
    """Whole lines are left out, so that other entries lack a demand, a fact or a language."""
    lines = [line for number, line in enumerate(SHARED.splitlines(True)) if number not in gone]
    data = b"".join(lines) if gone[0] % 2 else changed(b"".join(lines), changes[:1])
    checker = Checker(write_campaigns(tmp_path, a=data), ACCOUNTS)
    for problem in checker.check(utc("2022-08-01 09:00")).problems:
        assert problem.line > 0


def many(row: str, most: int) -> str:
    return "".join(row.replace("N", str(number)) for number in range(most))


POST = "  - {id: pN, when: 2022-07-10 09:00, text: 'Hi N'}\n"
WORDING = "    - {id: wN, demand: take-hart-off, text: 'Hi N'}\n"


def sharing(wordings: str, more: str = "") -> str:
    """Return a file with these wordings on its share page, and more keys there."""
    before = SHARE[: SHARE.index("    - id: cost")]
    return share_yaml(f"{before}{wordings}{more}", SHARE_HEADER)


HEAVY: dict[str, Callable[[], str]] = {
    "wordings": lambda: sharing(many(WORDING, 1000)),
    "too many wordings": lambda: sharing(many(WORDING, 15_000)),
    "wordings of unknown demands": lambda: sharing(many(WORDING.replace("take", "N"), 1000)),
    "wordings of unknown facts": lambda: sharing(
        many(WORDING.replace("text", "facts: [fN, gN, hN], text"), 1000)
    ),
    "wordings with wrong templates": lambda: sharing(
        many(WORDING.replace("Hi", "{{ fact.hN.x }}{{ demand.N }}"), 1000)
    ),
    "languages": lambda: sharing(
        WORDING.replace("N", "0"), many("    aN: {}\n", 50_000).join(("  languages:\n", ""))
    ),
    "translations": lambda: sharing(
        WORDING.replace("N", "0"),
        "  languages:\n    es:\n      demands:\n" + many("        dN: {ask: N}\n", 30_000),
    ),
    "partners": lambda: sharing(
        WORDING.replace("N", "0"),
        "  partners:\n"
        + many("    pN: {name: N, wordings: [{id: wN, demand: take-hart-off, text: N}]}\n", 10_000),
    ),
    "posts": lambda: campaign_yaml(many(POST, 5000)),
    "templates": lambda: campaign_yaml(many(POST.replace("Hi", "{{ fact.hart.figure }}"), 5000)),
    "wrong templates": lambda: campaign_yaml(many(POST.replace("Hi", "{{ fact.hN.x }}"), 5000)),
    "unknown keys": lambda: campaign_yaml(many("  - {id: pN, kN: a}\n", 5000)),
    "unknown keys of one post": lambda: campaign_yaml(
        "  - id: one\n" + many("    kN: a\n", 50_000)
    ),
    "duplicate keys": lambda: many("a: N\n", 80_000),
    "one endless list": lambda: "a: [" + many("N, ", 130_000) + "]",
    "endless brackets side by side": lambda: "a: [" + "[], " * 250_000 + "]",
    "unknown accounts": lambda: campaign_yaml(
        header=HEADER.replace("mediajustice-x", many("aN, ", 80_000))
    ),
    "unknown facts": lambda: campaign_yaml(
        header=HEADER.replace("[hart]", f"[{many('hN, ', 80_000)}]")
    ),
    "many facts": lambda: HEADER.replace("facts:\n", "facts:\n" + many("  fN: {}\n", 50_000)),
    "growing text": lambda: campaign_with_post("text: '" + "{{ fact.hart.claim }}" * 1100 + "'"),
    "one line": lambda: "a" * (1 << 20),
    "quotes": lambda: '"' * (1 << 20),
    "anchors": lambda: many("&aN aN: 1\n", 60_000),
    "unknown events": lambda: campaign_yaml(many(POST.replace("id", "event: eN, id"), 5000)),
    "unknown zones": lambda: campaign_yaml(
        many("  - {id: pN, when: {every: day, timezone: zN}}\n", 5000)
    ),
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_file_takes_no_more_than_its_share_of_time(name: str, tmp_path: Path) -> None:
    data = HEAVY[name]().encode()[: 1 << 20]
    write_campaigns(tmp_path, a=data)
    began = time.process_time()
    load(tmp_path, ACCOUNTS)
    assert time.process_time() - began < 4  # 1 s on an idle machine


@pytest.mark.parametrize(
    "name", ["templates", "endless brackets side by side", "unknown keys of one post"]
)
def test_a_heavy_file_takes_no_more_than_its_share_of_memory(name: str, tmp_path: Path) -> None:
    """The file is an eighth of the largest one, because tracing makes reading much slower."""
    write_campaigns(tmp_path, a=HEAVY[name]().encode()[: 1 << 17])
    tracemalloc.start()
    load(tmp_path, ACCOUNTS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25 * 1024 * 1024

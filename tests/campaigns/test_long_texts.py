"""With ``long: thread``, a text is a thread only on the platforms that it is too long for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers import notes_platform
from helpers.campaigns import HEADER, save_picture, write_campaigns
from helpers.campaigns import campaign_yaml as campaign_of
from helpers.schedules import utc
from hypothesis import given
from hypothesis import strategies as st

from bot.campaigns.voices import Voice
from bot.checking import Checker
from bot.model import Account, Part
from bot.platforms import LOADED, PLATFORMS
from bot.platforms.options import XOptions

if TYPE_CHECKING:
    from pathlib import Path

    from bot.checking import CheckResult
    from bot.model import Content

NOW = utc("2022-07-08 09:00")
ACCOUNTS = {
    "ours": Account("ours", "x", "ours", "http://127.0.0.1"),
    "more-x": Account("more-x", "x", "more", "http://127.0.0.1"),
    "ours-notes": Account("ours-notes", "notes", "ours@notes.example", "http://127.0.0.1"),
    "longer": Account(
        "longer", "x", "longer", "http://127.0.0.1", options=XOptions(long_posts=True)
    ),
}
SENTENCES = [
    f"Sentence {number} is about one of the contracts that must end." for number in range(8)
]
LONG = " ".join(SENTENCES)  # 471 characters, too many for X but not for notes


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLATFORMS, "notes", notes_platform.__name__)


def checked(
    folder: Path, *lines: str, header: str = "", accounts: str = "ours, ours-notes"
) -> CheckResult:
    save_picture(folder / "media" / "a.png")
    head = HEADER.replace(
        'accounts: [mediajustice-x]\nhashtags: [PeopleOverProfit, "#Hart"]\n',
        f"accounts: [{accounts}]\n{header}",
    )
    post = ("  - id: one", "when: 2022-07-10 09:00", *lines)
    text = campaign_of("\n    ".join(post) + "\n", head)
    return Checker(write_campaigns(folder, a=text), ACCOUNTS).check(NOW)


def contents(found: CheckResult) -> dict[str, Content]:
    assert found.errors == ()
    return {name: post.wordings[0].content for post in found.posts for name in post.accounts}


def texts(content: Content) -> list[str]:
    return [part.text for part in content.parts]


@pytest.mark.parametrize(
    ("lines", "header"), [(["long: thread"], ""), ([], "long: thread\n")], ids=["post", "campaign"]
)
def test_a_text_is_cut_at_sentence_ends_only_on_platforms_that_it_is_too_long_for(
    tmp_path: Path, lines: list[str], header: str
) -> None:
    said = contents(checked(tmp_path, f"text: {LONG}", *lines, header=header))
    assert texts(said["ours"]) == [" ".join(SENTENCES[:5]), " ".join(SENTENCES[5:])]
    assert texts(said["ours-notes"]) == [LONG]


@pytest.mark.parametrize("lines", [[], ["long: refuse"]])
def test_without_it_a_long_text_stays_an_error(tmp_path: Path, lines: list[str]) -> None:
    header = "long: thread\n" if lines else ""
    found = checked(tmp_path, f"text: {LONG}", *lines, header=header)
    assert [problem.code for problem in found.errors] == ["X701"]


def test_a_sentence_that_is_too_long_stays_an_error(tmp_path: Path) -> None:
    found = checked(tmp_path, f"text: {'word ' * 70}", "long: thread")
    assert [problem.code for problem in found.errors] == ["X701"]


def test_accounts_of_a_platform_have_limits_of_their_own(tmp_path: Path) -> None:
    other = "Whose streets does a doorbell watch, and for whom? " * 8
    wordings = f"wordings: {{a: '{LONG}', b: '{other}'}}"
    found = checked(tmp_path, wordings, "long: thread", accounts="ours, longer")
    said = contents(found)
    assert sorted(len(content.parts) for content in said.values()) == [1, 2]


def test_hashtags_stand_in_the_first_part_and_the_link_in_the_last(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        f"text: {LONG}",
        "long: thread",
        "link: https://example.org/report",
        "hashtags: [NoTech]",
        "media: [{file: media/a.png, alt: A hand that holds up a sign}]",
    )
    said = contents(found)
    first, last = said["ours"].parts
    assert first.text == " ".join(SENTENCES[:4]) + "\n\n#NoTech"
    assert last.text == " ".join(SENTENCES[4:]) + "\nhttps://example.org/report"
    assert [len(part.media) for part in (first, last)] == [1, 0]
    [part] = contents(checked(tmp_path, "text: Short", "long: thread"))["ours"].parts
    assert part.text == "Short"


def test_check_names_each_cut_text_and_its_accounts(tmp_path: Path) -> None:
    [note] = checked(tmp_path, f"text: {LONG}", "long: thread").notes
    assert (note.line, note.column, note.code) == (29, 11, "T407")
    assert (
        note.message == "The text is too long for one post from ours, "
        "and is sent as a thread of 2 there."
    )
    assert checked(tmp_path, "text: Short", "long: thread").notes == ()
    # Two accounts that cut a text alike are in one note.
    other = "Whose streets does a doorbell watch, and for whom? " * 9
    wordings = f"wordings: {{a: '{LONG}', b: '{other}'}}"
    notes = checked(tmp_path, wordings, "long: thread", accounts="ours, more-x").notes
    assert ["ours, more-x, and is sent" in note.message for note in notes] == [True, True]


def test_a_part_of_a_thread_is_cut_too_and_a_poll_is_asked_at_its_end(tmp_path: Path) -> None:
    thread = f"thread: [One., {{text: {LONG}, poll: {{options: ['Yes', 'No'], hours: 1}}}}]"
    found = checked(tmp_path, thread, "long: thread", accounts="ours")
    parts = contents(found)["ours"].parts
    assert [bool(part.poll) for part in parts] == [False, False, True]


def test_a_fetched_figure_is_judged_once(tmp_path: Path) -> None:
    text = "{{ fact.hart.figure }} for HART. " + LONG
    found = checked(tmp_path, f"text: '{text}'", "long: thread")
    assert [problem.code for problem in found.problems if problem.code.startswith("L")] == []
    cut = next(post.wordings[0] for post in found.posts if post.platform == "x")
    assert cut.cut
    assert len(cut.literal_texts) == len(cut.content.parts) == 2


X = Voice(ACCOUNTS["ours"], LOADED["x"], cuts=True)
FILL = "w" * 250


@pytest.mark.parametrize(
    "whole",
    [
        *("Dr. Hart", "the U.S. Congress", "J. Doe", "at 9 a.m. on Monday"),
        *("https://example.org/a.b?c=d", "@athena", "#NoTech", "No. 7", "approx. 7"),
    ],
)
def test_a_text_is_never_cut_within_a_name_or_a_link(whole: str) -> None:
    text = f"{SENTENCES[0]} {FILL[:200]} {whole} and so on. {SENTENCES[1]}"
    pieces = X.cut(text, "", "")
    assert pieces is not None
    assert " ".join(pieces) == text
    assert any(whole in piece for piece in pieces)


def test_a_sentence_may_end_in_a_link() -> None:
    text = f"{FILL}: https://example.org/a?b=c. {FILL[:200]}"
    assert X.cut(text, "", "") == [f"{FILL}: https://example.org/a?b=c.", FILL[:200]]


@pytest.mark.parametrize(
    ("text", "before", "after", "wanted"),
    [
        (
            f"{FILL}. Two and more.",
            "",
            "\nhttps://example.org/a",
            [f"{FILL}.", "Two and more.\nhttps://example.org/a"],
        ),
        (
            f"{FILL}{'x' * 20}.",
            "",
            "\nhttps://example.org/a",
            [f"{FILL}{'x' * 20}.", "https://example.org/a"],
        ),
        (
            f"{FILL}{'x' * 20}. Two.",
            "\n\n#NoTechForIce",
            "",
            [f"{FILL}{'x' * 20}.", "Two.\n\n#NoTechForIce"],
        ),
        (
            f"One\n\n{FILL}\n\nTwo and {FILL[:200]}",
            "",
            "",
            [f"One\n\n{FILL}", f"Two and {FILL[:200]}"],
        ),
        (f"「{'あ' * 100}。」{'い' * 60}。", "", "", [f"「{'あ' * 100}。」", f"{'い' * 60}。"]),
    ],
)
def test_each_part_fits_with_what_belongs_to_it(
    text: str, before: str, after: str, wanted: list[str]
) -> None:
    assert X.cut(text, before, after) == wanted


@given(
    st.lists(
        st.sampled_from([*SENTENCES, "Yes!", "\n\n", "#NoTech.", "https://example.org/a?b=c."]),
        max_size=40,
    ),
    st.sampled_from(["", "\n\n#NoTech"]),
    st.sampled_from(["", "\nhttps://example.org/a"]),
    st.sampled_from(["x", "mastodon", "bluesky"]),
)
def test_no_word_is_lost_and_every_part_fits(
    sentences: list[str], before: str, after: str, platform: str
) -> None:
    text = " ".join(sentences).strip()
    account = Account("a", platform, "a", "http://127.0.0.1")
    pieces = Voice(account, LOADED[platform], cuts=True).cut(text, before, after)
    if pieces is None:
        used, limit = LOADED[platform].length(Part(f"{text}{after}{before}"), account)
        assert used <= limit
        return
    assert len(pieces) > 1
    for piece in pieces:
        used, limit = LOADED[platform].length(Part(piece), account)
        assert 0 < used <= limit
    assert "".join("".join(pieces).replace(before, "").split()) == "".join(f"{text}{after}".split())


def test_a_text_of_many_sentences_is_cut_quickly() -> None:
    assert X.cut("Ab. " * 5000, "", "") is not None
    assert X.cut("Ab! " * 25_000, "", "") is None  # more parts than a thread has

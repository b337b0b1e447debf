from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.campaigns import save_picture
from helpers.cli import CONFIG, write_file

from bot.checking import check
from bot.config import load
from bot.errors import UserError
from bot.model import Poll
from bot.services.adding import PostRequest, add_post
from bot.services.prospects import added_view
from bot.services.views_plan import ProspectsView

if TYPE_CHECKING:
    from bot.model import Part

NOW = datetime(2026, 11, 25, 0, 6, 40, tzinfo=UTC)
"""A Tuesday evening in New York, on 24 November 2026 at 19:06."""

CAMPAIGN = """\
campaign: ours
title: Ours
timezone: America/New_York
accounts: [our-x]
demands:
  end-it: {ask: End it, target: The council}
posts: []
"""
QUEUE = """\
# Kept: the team's own words.

- when: 2026-11-26 09:00   # Thursday
  text: "No: 'quotes' are kept, too"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_file(tmp_path / "config.yaml", CONFIG)
    write_file(tmp_path / "posts" / "ours.yaml", CAMPAIGN)
    write_file(tmp_path / "posts" / "queue.yaml", QUEUE)
    return tmp_path


def add(folder: Path, text: str = "Hello.", now: datetime = NOW, **wish: Any) -> dict[str, Any]:
    """Return the view of a post that was added, as plain values."""
    fields = dict.fromkeys(PostRequest.__dataclass_fields__)
    filled: Any = {**fields, "at": "tomorrow 9:00", "accounts": (), **wish, "text": text}
    config = load(folder / "config.yaml", {})
    posts, checked, warnings = add_post(config, PostRequest(**filled), now)
    next_ = ProspectsView(posts=1, errors=len(checked.errors))
    view = added_view(config, posts, next_, warnings)
    values = {name: getattr(view, name) for name in view.__dataclass_fields__}
    return {**values, "accounts": [*view.accounts], "price": str(view.price), "warnings": warnings}


@pytest.mark.parametrize(
    ("text", "more", "what"),
    [
        ("No: 'quotes' \u0251re kept, t0o", {}, "say the same"),
        ("NO QUOTES-ARE'KEPT, TOO #Ours https://example.org/a", {}, "say the same"),
        ("No: 'quotes' are thrown, too", {}, "say almost the same"),
        (
            "Who decides?",
            {"poll": ("Close the netw0rk", "keep IT"), "poll_for": "24h"},
            "ask the same poll",
        ),
        ("Read on:", {"parts": ("are kept, too", "No: quotes")}, "say almost the same"),
    ],
)
def test_words_of_another_account_in_the_files_are_not_added(
    folder: Path, text: str, more: dict[str, Any], what: str
) -> None:
    accounts = CONFIG.replace("accounts:\n", "accounts:\n  more-x: {platform: x, handle: more}\n")
    write_file(folder / "config.yaml", accounts)
    poll = QUEUE + (
        "- when: 2026-11-27 09:00\n  text: What do you say, neighbours of the hall?\n"
        "  poll: {options: [Keep it, Close the network], hours: 24}\n"
    )
    write_file(folder / "posts" / "queue.yaml", poll)
    with pytest.raises(UserError) as refused:
        add(folder, text, accounts=("more-x",), **more)
    assert [problem.code for problem in refused.value.problems] == ["L817"]
    assert f"2 accounts on x {what}: our-x (" in refused.value.problems[0].message
    assert (folder / "posts" / "queue.yaml").read_text(encoding="utf-8") == poll


def test_text_of_each_network_is_counted_there(folder: Path) -> None:
    accounts = """\
accounts:
  our-x: {platform: x, handle: ours}
  more-x: {platform: x, handle: more}
  our-mastodon: {platform: mastodon, handle: ours@social.example}
  our-bluesky: {platform: bluesky, handle: ours.example.org}
"""
    write_file(folder / "config.yaml", accounts)
    names = "{ally: {x: ally, mastodon: ally@social.example, bluesky: ally.example.org}}"
    everywhere = "accounts: [our-x, our-mastodon, our-bluesky]"
    text = CAMPAIGN.replace(
        "accounts: [our-x]", f"{everywhere}\npartners: [ally]\nmentions: {names}"
    )
    write_file(folder / "posts" / "ours.yaml", text)
    added = add(folder, "See @ally.")
    assert added["accounts"] == ["our-x", "our-mastodon", "our-bluesky"]
    assert added["length"] == (
        "10 of 280 characters on X; 10 of 500 characters on Mastodon; "
        "22 of 300 characters on Bluesky"
    )
    assert added["price"] == "0.015"
    assert (
        add(folder, "Hello.", at="tomorrow 10:00", accounts=("our-x",))["length"]
        == "6 of 280 characters"
    )


def refused(folder: Path, text: str = "Hello.", now: datetime = NOW, **wish: Any) -> str:
    """Return the words of the refusal; the file must be as it was."""
    before = queue(folder)
    with pytest.raises(UserError) as caught:
        add(folder, text, now, **wish)
    assert queue(folder) == before
    [problem] = caught.value.problems
    return str(problem)


def queue(folder: Path) -> str:
    return (folder / "posts" / "queue.yaml").read_text(encoding="utf-8")


def last_parts(folder: Path) -> tuple[Part, ...]:
    """Return the parts of the last post in the files, as they are read."""
    [campaign] = check(load(folder / "config.yaml", {}), NOW).campaigns
    return campaign.posts[-1].wordings[0].content.parts


TIMES = {  # those that more can be said of are in tests/schedules/test_phrases.py
    "2026-12-01 09:00": "2026-12-01 09:00",
    "2026-12-01T09:00": "2026-12-01 09:00",
    "2026-12-01 9am": "2026-12-01 09:00",
    "tomorrow 9:00": "2026-11-25 09:00",
    "Tomorrow at 9:00": "2026-11-25 09:00",
    "9:00 tomorrow": "2026-11-25 09:00",
    "9pm tomorrow": "2026-11-25 21:00",
    "tomorrow 1:30 pm": "2026-11-25 13:30",
    "tomorrow 12:30am": "2026-11-25 00:30",
    "tomorrow noon": "2026-11-25 12:00",
    "today 20:00": "2026-11-24 20:00",
    "day after tomorrow 9:00": "2026-11-26 09:00",
    "monday 10:00": "2026-11-30 10:00",
    "on friday at 9am": "2026-11-27 09:00",
    "wed 10:00": "2026-11-25 10:00",
    "1 December 9:00": "2026-12-01 09:00",
    "dec 1, 2026, 9:00": "2026-12-01 09:00",
    "in 2 hours": "2026-11-24 21:07",
    "in 1 hour and 30 minutes": "2026-11-24 20:37",
    "in 90min": "2026-11-24 20:37",
}


@pytest.mark.parametrize("typed", TIMES)
def test_time_is_read_as_people_write_it(folder: Path, typed: str) -> None:
    added = add(folder, at=typed)
    assert f"when: {TIMES[typed]}\n" in queue(folder)
    assert added["local"].endswith(TIMES[typed])
    assert added["timezone"] == "America/New_York"


GUESSES = (
    "tuesday 9:00",
    "next week",
    "tomorrow 5",
    "tomorrow 24:00",
    "tomorrow 9:60",
    "tomorrow 13:00 pm",
    "01.12.2026 09:00",
    "tomorrow 9:00 CET",
    "2026-12-01 09:00 UTC",
    "2026-12-01 09:00+02:00",
    "2026-02-30 09:00",
    "31 november 9:00",
    "in a while",
    "in -2 hours",
    "in 2 hours or so",
    "2 hours ago",
    "banana",
    "",
)


@pytest.mark.parametrize("typed", GUESSES)
def test_time_that_would_have_to_be_guessed_is_refused(folder: Path, typed: str) -> None:
    words = refused(folder, at=typed)
    assert words.startswith("queue add: Q201 --at: ")
    assert " Write " in words


@pytest.mark.parametrize("typed", ["today 9:00", "2026-11-24 19:06", "2026-11-01 01:30"])
def test_past_is_refused(folder: Path, typed: str) -> None:
    words = refused(folder, at=typed)
    assert "has passed" in words
    assert "Write one that is ahead; it is Tue 2026-11-24 19:06 in America/New_York." in words


def test_long_time_is_cut_in_the_message(folder: Path) -> None:
    words = refused(folder, at="soon " * 2_000)
    assert words.startswith('queue add: Q201 --at: "soon soon soon')
    assert len(words) < 300


def test_time_that_the_clocks_skip_is_refused_with_its_neighbours(folder: Path) -> None:
    words = refused(folder, at="2027-03-14 02:30")
    assert words.startswith(
        "queue add --at: S603 2027-03-14 02:30 does not exist in America/New_York"
    )
    assert "01:30" in words
    assert "03:30" in words


def test_hours_from_now_are_hours_that_pass(folder: Path) -> None:
    """In the night in which the clocks go back from 2:00 to 1:00, and in that of spring."""
    for now, hours in (
        (datetime(2026, 11, 1, 4, 30, tzinfo=UTC), 3),
        (datetime(2027, 3, 14, 6, 30, tzinfo=UTC), 1),
    ):
        due = add(folder, now=now, at=f"in {hours} hours")["due"]
        assert due == now + timedelta(hours=hours)


def test_second_of_two_equal_times_cannot_be_written(folder: Path) -> None:
    words = refused(folder, now=datetime(2026, 11, 1, 4, 30, tzinfo=UTC), at="in 2 hours")
    assert "is 2026-11-01 01:30, which comes twice; it is the second." in words


def test_content_of_the_file_is_kept(folder: Path) -> None:
    add(folder, "Hello.\nA second line: with 'this' and \"that\" #NotAComment")
    assert queue(folder).startswith(QUEUE)
    assert check(load(folder / "config.yaml", {}), NOW).problems == ()
    [part] = last_parts(folder)
    assert part.text.startswith("Hello.\nA second line: with 'this' and \"that\"")


def test_file_is_made_if_there_is_none(folder: Path) -> None:
    (folder / "posts" / "queue.yaml").unlink()
    assert add(folder)["file"].endswith("posts/queue.yaml")
    assert queue(folder).startswith("- id: hello-20261125\n")


LONG = "word " * 60
REFUSED = (
    ({"demand": "end-ti"}, '--demand: R304 The demand "end-ti" is unknown. Did you mean "end-it"?'),
    (
        {"accounts": ("ourx",)},
        '--account: R302 The account "ourx" is unknown. Did you mean "our-x"',
    ),
    ({"text": LONG}, "TEXT: X701 The text has 299 characters"),
    ({"text": "First.", "parts": (LONG,)}, "TEXT: X701 The text has 299 characters"),
    (
        {"alt": "A chart that rises."},
        "Q201 --alt describes a picture. Name the picture",
    ),
    ({"media": Path("media/none.png"), "alt": "None."}, "--media: M501 "),
    ({"at": None}, "P103 our-x has no slots"),
)


@pytest.mark.parametrize(("wish", "words"), REFUSED)
def test_post_that_cannot_be_added_is_refused_with_its_option(
    folder: Path, wish: dict[str, Any], words: str
) -> None:
    assert refused(folder, **wish).removeprefix("queue add").lstrip(": ").startswith(words)


def test_token_in_the_text_is_refused_and_not_repeated(folder: Path) -> None:
    token = "98765432-Q7wErT2yUiOp4AsDfGhJ6kLzXcVbN8m"
    words = refused(folder, f"See {token}")
    assert "G111" in words
    assert token not in words


def test_price_of_a_link_is_shown(folder: Path) -> None:
    assert add(folder)["price"] == "0.015"
    added = add(folder, link="https://example.org/report")
    assert Decimal(added["price"]) == Decimal("0.20")
    assert "link: https://example.org/report" in queue(folder)
    assert added["length"] == "30 of 280 characters"  # any address counts 23


def test_one_text_is_not_added_for_two_accounts(folder: Path) -> None:
    write_file(folder / "config.yaml", CONFIG + "  other-x: {platform: x, handle: other}\n")
    assert "L817 2 accounts on x say the same: our-x, other-x." in refused(
        folder, accounts=("our-x", "other-x")
    )
    added = add(folder, accounts=("other-x",))
    assert (added["accounts"], Decimal(added["price"])) == (["other-x"], Decimal("0.015"))


def test_same_words_on_the_same_day_get_another_id(folder: Path) -> None:
    assert add(folder)["id"] == "hello-20261125"
    assert add(folder, at="tomorrow 10:00")["id"] == "hello-20261125-2"
    assert add(folder, "✊✊", at="tomorrow 11:00")["id"] == "post-20261125"


def test_id_that_is_taken_is_refused(folder: Path) -> None:
    add(folder, name="hello")
    assert "hello" in refused(folder, "Another.", name="hello")


@pytest.mark.parametrize("typed", ["media/chart.png", "posts/media/chart.png"])
def test_picture_is_found_from_here_and_from_the_folder(
    folder: Path, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    save_picture(folder / "posts" / "media" / "chart.png")
    add(folder, media=Path(typed), alt="A chart that rises.")
    assert "- file: media/chart.png\n    alt: A chart that rises." in queue(folder)


def test_picture_without_a_text_for_it_is_refused(folder: Path) -> None:
    save_picture(folder / "posts" / "media" / "chart.png")
    assert refused(folder, media=Path("media/chart.png")) == (
        "queue add: Q201 The picture has no description. "
        "Describe it with --alt, for people who cannot see it."
    )


# --- The next slot, a thread, a poll --------------------------------------------------------------

SLOTS = CONFIG + "    slots: [day 09:00]\n"


def test_post_can_wait_for_the_next_slot(folder: Path) -> None:
    write_file(folder / "config.yaml", SLOTS)
    summary = add(folder, at=None)
    assert "- id: hello\n  when:\n    slot: next\n  text: Hello.\n" in queue(folder)
    assert (summary["due"], summary["local"], summary["price"]) == (None, "next slot", "0.015")


def test_thread_is_added_with_the_length_and_price_of_each_part(folder: Path) -> None:
    summary = add(folder, "First.", parts=("Second one.", "Third."), link="https://example.org/a")
    assert "  thread:\n  - First.\n  - Second one.\n  - Third.\n" in queue(folder)
    assert summary["length"] == "6 of 280, 11 of 280, 30 of 280 characters"
    assert Decimal(summary["price"]) == Decimal("0.23")


def test_picture_of_a_thread_is_shown_with_its_first_part(folder: Path) -> None:
    save_picture(folder / "posts" / "media" / "chart.png")
    media = Path("media/chart.png")
    add(folder, "First.", parts=("Second.",), media=media, alt="A chart that rises.")
    first, second = last_parts(folder)
    assert ([media.alt for media in first.media], second.media) == (["A chart that rises."], ())


def test_poll_is_added_with_its_answers_and_length(folder: Path) -> None:
    add(folder, "Agree?", poll=("Aye", "No: never"), poll_for="1d 2h")
    [part] = last_parts(folder)
    assert part.poll == Poll(("Aye", "No: never"), 26 * 60)


@pytest.mark.parametrize(
    ("poll", "length", "words"),
    [
        (("Aye",), "1d", "queue add --poll: C204"),
        (("Aye", "aye"), "1d", "queue add --poll: C208"),
        (("Aye", "Nay"), "1m", "queue add --poll: C204"),
        (("Aye", "Nay"), "9d", "queue add --poll: C204"),
        (("Aye", "Nay"), "a day", 'queue add: Q201 --poll-for: "a day" is not a length of time.'),
        (("Aye", "N" * 30), "1d", "queue add TEXT: X711"),
    ],
)
def test_poll_that_x_would_not_take_is_refused(
    folder: Path, poll: tuple[str, ...], length: str, words: str
) -> None:
    assert refused(folder, "Agree?", poll=poll, poll_for=length).startswith(words)


# --- What a careful colleague would say -----------------------------------------------------------


def test_new_post_is_linted_and_only_new_findings_are_reported(folder: Path) -> None:
    assert add(folder, "With @alliance, we have written.")["warnings"] != []
    [warning] = add(folder, "And with @friends.", at="friday 9:00")["warnings"]
    assert (warning.code, warning.file.rpartition("/")[2]) == ("L801", "queue.yaml")
    assert "@friends" in warning.message


def test_problem_between_two_posts_is_reported(folder: Path) -> None:
    add(folder, "The council votes on Tuesday, and the hall is open to all of you.")
    again = "The council votes on Tuesday, and the hall is open to everybody."
    codes = [problem.code for problem in add(folder, again, at="friday 9:00")["warnings"]]
    assert codes
    assert "The council votes" in queue(folder)


class TestSeveralCampaigns:
    @pytest.fixture(autouse=True)
    def second(self, folder: Path) -> None:
        write_file(folder / "posts" / "queue.yaml", "")
        second = CAMPAIGN.replace("ours", "second").replace("America/New_York", "Europe/Berlin")
        write_file(folder / "posts" / "second.yaml", second)

    def test_one_has_to_be_named(self, folder: Path) -> None:
        words = refused(folder)
        assert "There are several campaigns. Name one with --campaign: ours, second." in words

    def test_the_one_that_is_named_gives_the_timezone(self, folder: Path) -> None:
        added = add(folder, campaign="second", at="today 9:00")
        assert added["due"] == datetime(2026, 11, 25, 8, tzinfo=UTC)  # it is the 25th there
        assert "campaign: second\n" in queue(folder)

    @pytest.mark.parametrize(
        ("typed", "hint"),
        [("nope", "Known here: ours, second."), ("our", 'Did you mean "ours"?')],
    )
    def test_unknown_code_is_refused(self, folder: Path, typed: str, hint: str) -> None:
        words = refused(folder, campaign=typed)
        assert words == f'queue add: Q601 There is no campaign "{typed}". {hint}'


def test_no_campaign_yet_is_reported(folder: Path) -> None:
    (folder / "posts" / "ours.yaml").unlink()
    (folder / "posts" / "queue.yaml").unlink()
    with pytest.raises(UserError, match="There is no campaign yet"):
        add(folder)


def test_mistakes_elsewhere_do_not_hinder_it_and_are_counted(folder: Path) -> None:
    text = CAMPAIGN.replace("posts: []", "posts:\n  - {id: bad, when: soon, text: Bad.}")
    write_file(folder / "posts" / "ours.yaml", text)
    assert add(folder)["errors"] == 1

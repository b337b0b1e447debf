from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
from helpers.campaigns import (
    ACCOUNTS,
    HEADER,
    VALID_POST,
    campaign_with_post,
    campaign_yaml,
    load,
    load_files,
    only_problem,
    post_problem,
    problem_lines,
    save_picture,
    sound_campaign,
    sound_post,
    write_campaigns,
)

from bot.model import Content, LinkCard, Poll
from bot.schedules import At, EventRelative, Every
from bot.yamlsource.folder import MAX_REREADS, content_fingerprint, folder_fingerprint

NINE = datetime.fromisoformat("2022-07-10 09:00")

WHENS = {
    "2022-07-10 09:00": At(NINE, "America/New_York"),
    "{at: 2022-07-10T9:00}": At(NINE, "America/New_York"),
    "2022-07-10 09:00+02:00": At(datetime(2022, 7, 10, 7, 0, tzinfo=UTC), "America/New_York"),
    "{every: day, at: 07:30}": Every(
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", (time(7, 30),), None, None, "America/New_York"
    ),
    "{every: [mon, thu], at: ['9:00', 12:30], from: 2022-07-01, until: 2022-08-01}": Every(
        "FREQ=WEEKLY;BYDAY=MO,TH",
        (time(9), time(12, 30)),
        date(2022, 7, 1),
        date(2022, 8, 1),
        "America/New_York",
    ),
    "{every: FREQ=MONTHLY;BYDAY=1TU, at: '09:00', timezone: Europe/Berlin}": Every(
        "FREQ=MONTHLY;BYDAY=1TU", (time(9),), None, None, "Europe/Berlin"
    ),
}


@pytest.mark.parametrize("when", WHENS)
def test_a_when_becomes_its_schedule(when: str, tmp_path: Path) -> None:
    assert sound_post(tmp_path, "text: Hi", when=when).when == WHENS[when]


AROUND = {
    "{event: nyc, offset: -1d, at: '08:00'}": "2022-07-11 12:00",
    "{event: nyc, offset: +2h30m}": "2022-07-12 15:30",
    "{event: nyc, from: end, offset: 30m}": "2022-07-12 22:30",
    "{event: nyc}": "2022-07-12 13:00",
}


@pytest.mark.parametrize("when", AROUND)
def test_an_event_decides_the_instant(when: str, tmp_path: Path) -> None:
    post = sound_post(tmp_path, "text: Hi", when=when)
    assert isinstance(post.when, EventRelative)
    assert f"{post.when.due:%Y-%m-%d %H:%M}" == AROUND[when]
    assert post.event == "nyc"


BAD_WHENS = {
    "2022-03-13 02:30": ("29:11: S603", "does not exist"),
    "{at: 2022-03-13 02:30}": ("29:16: S603", "does not exist"),
    "2022-02-30 09:00": ("29:11: S601", "no day"),
    "2022-07-10 09:00" + "0" * 999: ("29:11: S601", "far too long"),
    "[2022-07-10 09:00]": ("29:11: C203", "does not say when"),
    "{}": ("29:11: C203", "does not say when"),
    "{evry: day, at: '09:00'}": ("29:12: C202", 'Did you mean "every"?'),
    "{event: nyc, ofset: 1d}": ("29:24: C202", 'Did you mean "offset"?'),
    "{event: nyk, offset: 1d}": ("29:19: R305", 'Did you mean "nyc"?'),
    "{events: [nyc, boston]}": ("29:26: R305", "Known here: nyc."),
    "{event: nyc, offset: soon}": ("29:32: S601", "length of time"),
    "{event: nyc, offset: 1h, at: '09:00'}": ("29:40: S604", "whole days"),
    "{event: nyc, from: middle}": ("29:30: C205", "'end'"),
    "{event: nyc, at: '25:00'}": ("29:28: S601", "time of day"),
    "{every: someday, at: '09:00'}": ("29:19: S604", "is not a day"),
    "{every: day}": ("29:19: S604", "what time"),
    "{every: [], at: '09:00'}": ("29:19: C204", "at least 1"),
    "{every: FREQ=DAILY;BYFOO=1, at: '09:00'}": ("29:19: S604", "BYFOO"),
    "{every: day, at: '09:00', from: 2022-08-01, until: 2022-07-01}": ("29:19: S604", "before"),
    "{every: day, at: '09:00', timezone: Berlin}": ("29:47: S602", "Europe/Berlin"),
}


@pytest.mark.parametrize("when", BAD_WHENS)
def test_a_wrong_when_is_one_line(when: str, tmp_path: Path) -> None:
    start, words = BAD_WHENS[when]
    line = post_problem(tmp_path, "text: Hi", when=when)
    assert line.startswith(f"a.yaml:{start} ")
    assert words in line


def test_local_times_are_in_the_zone_of_the_posts_event(tmp_path: Path) -> None:
    header = HEADER.replace("    place:", "    timezone: Europe/Berlin\n    place:")
    text = campaign_with_post("event: nyc", "text: Hi", "expires: 2022-07-10 18:00").replace(
        HEADER, header
    )
    [post] = sound_campaign(tmp_path, text).posts
    assert post.when == At(NINE, "Europe/Berlin")
    assert post.expires == datetime(2022, 7, 10, 16, 0, tzinfo=UTC)


EXPIRIES = {
    "2h": timedelta(hours=2),
    "2022-07-11 09:00": datetime(2022, 7, 11, 13, 0, tzinfo=UTC),
    "2022-07-11 09:00Z": datetime(2022, 7, 11, 9, 0, tzinfo=UTC),
    "{event: nyc, offset: +2d}": datetime(2022, 7, 14, 13, 0, tzinfo=UTC),
    "{event: nyc, from: end}": datetime(2022, 7, 12, 22, 0, tzinfo=UTC),
}


@pytest.mark.parametrize("expires", EXPIRIES)
def test_a_post_expires(expires: str, tmp_path: Path) -> None:
    assert sound_post(tmp_path, "text: Hi", f"expires: {expires}").expires == EXPIRIES[expires]


def test_everything_of_a_post_arrives(tmp_path: Path) -> None:
    save_picture(tmp_path / "media" / "a.png")
    rows = (
        "demand: take-hart-off",
        "accounts: [athena-x, athena-x]",
        "reply_settings: following",
        "link: https://example.org/a",
        "thread:",
        "  - text: First",
        "    media: [{file: media/a.png, alt: A hand}]",
        "  - Second",
        "  - {text: Third, poll: {options: [yes, no], hours: 2}}",
    )
    post = sound_post(tmp_path, *rows)
    assert (post.demand, post.accounts) == ("take-hart-off", ("athena-x",))
    content = post.wordings[0].content
    assert content.reply_settings == "following"
    first, second, third = content.parts
    assert first.text == "First\n\n#PeopleOverProfit #Hart"
    assert [item.alt for item in first.media] == ["A hand"]
    assert second.text == "Second"
    assert third.text == "Third\nhttps://example.org/a"
    assert third.poll == Poll(("yes", "no"), 120)
    assert [part.mark.line for part in content.parts] == [35, 37, 38]
    assert Content.from_json(content.to_json()) == content
    card = LinkCard("https://example.org/a", "A page", "What it is about")
    parts = (*content.parts[:2], replace(third, card=card))
    with_more = Content(parts, None, "Violence", "nl", ("nudity", "sexual"))
    assert Content.from_json(with_more.to_json()) == with_more
    for name in ("warning", "language", "labels", "card", "focus"):  # so that older digests stay
        assert name not in content.to_json()
    media = (replace(first.media[0], focus=(0.5, -1.0)),)
    with_focus = replace(content, parts=(replace(first, media=media), second, third))
    assert Content.from_json(with_focus.to_json()) == with_focus
    assert with_focus.digest != content.digest


def test_link_and_hashtags_of_a_single_part_come_in_this_order(tmp_path: Path) -> None:
    post = sound_post(tmp_path, "text: Hi", "hashtags: ['#A', B]", "link: https://example.org/a")
    assert post.wordings[0].content.text == "Hi\nhttps://example.org/a\n\n#A #B"


def test_the_campaign_arrives(tmp_path: Path) -> None:
    campaign = sound_campaign(tmp_path)
    assert (campaign.id, campaign.title) == ("people", "People over profit")
    assert (campaign.timezone, campaign.accounts) == ("America/New_York", ("mediajustice-x",))
    assert campaign.hashtags == ("PeopleOverProfit", "Hart")
    assert campaign.facts["hart"].as_of == "2022-07-18"
    assert campaign.facts["prison-calls"].figure is None
    assert campaign.demands["take-hart-off"].facts == ("hart",)
    assert campaign.events["nyc"].starts == datetime(2022, 7, 12, 13, 0, tzinfo=UTC)
    assert (campaign.facts["hart"].mark.line, campaign.events["nyc"].mark.line) == (7, 22)


def test_an_event_can_be_cancelled(tmp_path: Path) -> None:
    header = HEADER.replace("    place:", "    cancelled: yes\n    place:")
    assert sound_campaign(tmp_path, campaign_yaml(header=header)).events["nyc"].cancelled


def test_posts_of_a_bare_list_join_the_only_campaign(tmp_path: Path) -> None:
    queue = "- {when: 2022-07-11 09:00, text: Hi}\n- {when: 2022-07-11 09:00Z, text: Ho}\n"
    loaded = load_files(tmp_path, a=campaign_yaml(), queue=queue)
    assert loaded.problems == ()
    ids = [post.id for post in loaded.campaigns[0].posts]
    assert ids == ["one", "at-20220711-0900", "at-20220711-0500"]


OTHER = campaign_yaml(header=HEADER.replace("campaign: people", "campaign: other"))
ONE = "- {when: 2022-07-11 09:00, text: Hi}\n"

REFERENCES = {
    "two of one time": ({"queue": ONE * 2}, "queue.yaml:2:3: R306", "Change the id: of one"),
    "two of one id": ({"queue": ONE.replace("{", "{id: one, ")}, "queue.yaml:1:8: R306", "a.yaml"),
    "same campaign twice": ({"b": campaign_yaml("  []\n")}, "b.yaml:1:11: R307", "a.yaml"),
    "unknown campaign": (
        {"queue": ONE.replace("{", "{campaign: peple, ")},
        "queue.yaml:1:14: R301",
        'Did you mean "people"?',
    ),
    "which of two campaigns": ({"b": OTHER, "queue": ONE}, "queue.yaml:1:3: R308", "other, people"),
    "no id without a time": (
        {"queue": "- {when: {every: day, at: '09:00'}, text: Hi}\n"},
        "queue.yaml:1:3: C203",
        "needs an id",
    ),
    "posts are a text": (
        {"b": HEADER.replace(": people", ": b") + "posts: a\n"},
        "b.yaml:27:8: C201",
        "list",
    ),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_wrong_reference_between_files_is_one_line(name: str, tmp_path: Path) -> None:
    files, start, words = REFERENCES[name]
    line = only_problem(tmp_path, a=campaign_yaml(), **files)
    assert line.startswith(f"{start} ")
    assert words in line


def test_sound_posts_beside_broken_ones_are_loaded(tmp_path: Path) -> None:
    loaded = load_files(tmp_path, a=campaign_yaml(VALID_POST + "  - id: two\n    text: Hi\n"))
    assert loaded.problems
    assert [post.id for post in loaded.campaigns[0].posts] == ["one"]


def test_a_file_can_be_checked_before_it_is_written(tmp_path: Path) -> None:
    write_campaigns(tmp_path, a=campaign_yaml())
    replaced = {tmp_path / "queue.yaml": b"- {when: 2022-07-11 09:00, text: '{{ x }}'}\n"}
    (line,) = problem_lines(load(tmp_path, ACCOUNTS, replaced), tmp_path)
    assert line.startswith("queue.yaml:1:38: T402 ")
    assert not (tmp_path / "queue.yaml").exists()


def test_the_fingerprint_changes_with_every_change(tmp_path: Path) -> None:
    write_campaigns(tmp_path, a=campaign_yaml())
    save_picture(tmp_path / "media" / "a.png")
    fingerprint = partial(folder_fingerprint, tmp_path, {})
    seen = [fingerprint(), fingerprint()]
    state = (tmp_path / "a.yaml").stat()
    write_campaigns(tmp_path, a=campaign_yaml().replace("Hello", "Hallo"))
    os.utime(tmp_path / "a.yaml", ns=(state.st_atime_ns, state.st_mtime_ns))
    seen.append(fingerprint())
    save_picture(tmp_path / "media" / "a.png", (50, 50))
    seen.append(fingerprint())
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    seen.append(fingerprint())
    assert seen[0] == seen[1]
    assert len(set(seen)) == 4


def test_an_unchanged_file_is_not_read_forever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At first it is read, because a second change may have the time of the first."""
    write_campaigns(tmp_path, a=campaign_yaml())
    fingerprint = partial(folder_fingerprint, tmp_path, {})
    read: list[Path] = []

    def reading(path: Path) -> str:
        read.append(path)
        return content_fingerprint(path)

    monkeypatch.setattr("bot.yamlsource.folder.content_fingerprint", reading)
    for _ in range(MAX_REREADS + 3):
        fingerprint()
    assert len(read) == MAX_REREADS
    (tmp_path / "a.yaml").touch()
    fingerprint()
    assert len(read) == MAX_REREADS + 1


def test_folders_nested_too_deep_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tmp_path / "posts"
    write_campaigns(top, a=campaign_with_post("text: Hi"))
    monkeypatch.chdir(top)
    for _ in range(1500):
        Path("deeper").mkdir()
        os.chdir("deeper")
    os.chdir(tmp_path)
    try:
        found = load_files(top)
        assert [campaign.id for campaign in found.campaigns] == ["people"]
        [problem] = found.problems
        deepest = top.joinpath(*["deeper"] * 20)
        assert problem.file == str(deepest)
        assert "there are folders more than 20 deep in it" in problem.message
        assert len(folder_fingerprint(top, {})) == 64
    finally:
        subprocess.run(["rm", "-rf", str(top)], check=True)  # noqa: S607 - Python's own recurses

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import replace
from datetime import UTC, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from helpers.reports import (
    CAMPAIGN,
    NOW,
    ago,
    delivery,
    evidence,
    publication,
    render_page,
    sample_answer,
    sample_evidence,
    sample_page,
    snapshot,
)
from PIL import Image

from bot.model import Content, Media, Part, State
from bot.reports import Names, render
from bot.reports.advice import Matter, PeriodNotes
from bot.reports.answer import answer
from bot.reports.cards import build_cards, embed_pictures, most_seen, safe_url
from bot.reports.charts import day_charts
from bot.reports.lines import Line, Section
from bot.reports.medians import describe_multiple
from bot.reports.period import Period, moments
from bot.reports.table import NO_DATA
from bot.services.reporting import DEFAULT_REPORTS, STORED_REPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from bot.reports import Evidence
    from bot.reports.bars import Chart


class Outline(HTMLParser):
    """The content of a page, nearly as a browser's parser would see it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - as the base class has it
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            self.scripts[-1] += data
        elif self._in != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_policy_names_the_very_scripts_and_style_and_nothing_else() -> None:
    text = sample_page()
    outline = Outline(text)
    (policy,) = [
        element["content"] or ""
        for element in outline.all("meta")
        if element.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    [script] = outline.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy


def test_the_page_of_a_played_campaign_is_light_and_has_no_charting_script() -> None:
    text = sample_page()
    assert len(text.encode()) < 150_000
    [script] = Outline(text).scripts
    assert len(script) < 2_500
    assert "sort" in script
    assert "vega" not in text.lower()


def test_a_long_table_shows_its_first_rows_and_says_how_many_more_there_are() -> None:
    text = render_page(evidence(*(publication(n) for n in range(1_000))))
    assert "These are the first 200 rows. The CSV and JSON reports have 800 more." in text


def heavy() -> Evidence:
    """Return 10,000 posts that differ in everything that the page sums by."""
    hours = [ago(hours=2 + n * 0.1) for n in range(10_000)]
    return evidence(
        *(
            publication(
                n,
                text=f"{n} " + "word " * 55,
                demand=f"A demand with quite a long name, number {n % 30}",
                event=f"event-{n % 9}",
                account=f"account-{n % 11}",
                platform=("x", "mastodon")[n % 2],
                wording=f"wording-{n % 40}",
                published=hours[n],
            )
            for n in range(10_000)
        ),
        snapshots=[
            snapshot(n, hours[n] + timedelta(hours=h), impressions=n * h, likes=n // 50, replies=1)
            for n in range(10_000)
            for h in (1, 2)
        ],
    )


def test_the_page_of_ten_thousand_posts_is_under_400_kb_and_keeps_the_totals() -> None:
    text = render_page(heavy())
    assert len(text.encode()) < 400_000
    assert f"{2 * sum(range(10_000)):,}" in text
    assert text.count("These are the first 50 rows. The CSV and JSON reports have 9,950 more.") == 2


@pytest.mark.parametrize("text", ["a\ud800b", "a\x00b", "a\x1bb", "a\u202eb"])
def test_text_that_cannot_be_written_does_not_break_the_page(text: str) -> None:
    of = evidence(publication(1, text=text), names=Names({CAMPAIGN: text}))
    assert b"a" in render_page(of).encode("utf-8")


def test_an_empty_page_says_that_there_is_no_data() -> None:
    text = render_page(evidence(), names=STORED_REPORTS)
    assert "Nothing has been published yet." in text
    assert "No counters have been read yet." in text
    assert len(text) < 32_000


def test_the_page_says_that_a_platform_is_simulated_only_if_it_is() -> None:
    assert "Simulated platform." in sample_page()
    assert "Simulated" not in render_page(evidence())


def test_no_data_and_zero_look_different_on_the_page() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, ago(hours=1), impressions=7, likes=0)])
    words = "|".join(Outline(render_page(of)).words)
    assert "no data" in words
    assert re.search(r"\|0\|", words)


def test_a_column_without_data_is_named_and_not_shown() -> None:
    text = render_page(evidence(publication(1), snapshots=[snapshot(1, ago(hours=1), likes=2)]))
    assert ">Impressions</button>" not in text
    assert ">Engagements</button>" in text
    assert re.search("These have no data, or are left to CSV and JSON: [^<]*Impressions, ", text)


def test_tables_have_captions_scopes_and_a_time_of_reading() -> None:
    outline = Outline(sample_page())
    assert len(outline.all("caption")) == len(outline.all("table"))
    assert all(element.get("scope") in {"row", "col"} for element in outline.all("th"))
    assert "Last read 2022-07-14 12:00." in "".join(outline.words)


# --- The first screen ----------------------------------------------------------------------------


def test_what_moved_people_comes_before_all_tables_and_says_how_sure_that_is() -> None:
    text = sample_page()
    order = ("Needs a person", "What next", "Leading demands", "What moved people", "Totals")
    places = [text.find(f">{words}</h") for words in order]
    assert places == sorted(places)
    assert -1 not in places
    best = text[places[3] : places[4]]
    found = sample_answer(sample_evidence()).review.best
    assert best.count("<article ") == len(found) == 5
    for post in found:
        assert f"<strong>{post.gained.engagements:,}</strong> engagements" in best
        assert all(describe_multiple(on.multiple) in best for on in post.on)


def test_what_did_worse_stands_before_the_fourth_post() -> None:
    posts = [publication(n, published=ago(days=20)) for n in range(11, 16)]
    posts += [publication(n, published=ago(days=2)) for n in range(1, 7)]
    likes = {1: 20, **dict.fromkeys(range(2, 7), 200)}  # the older ones have 100
    reads = [
        snapshot(post.id, ago(days=1), impressions=2_000, likes=likes.get(post.id, 100))
        for post in posts
    ]
    text = render_page(evidence(*posts, snapshots=reads))
    words = (
        "Post 3:",
        ">Did worse than usual</h",
        ">More posts that moved people</h",
        "Post 4:",
    )
    places = [text.find(part) for part in words]
    assert places == sorted(places)
    assert -1 not in places


def test_a_section_that_the_page_does_not_know_is_shown() -> None:
    of = sample_evidence()
    answered = sample_answer(of, PeriodNotes())
    new = Section("clicks", "Most link clicks", (Line("A post with 12 clicks"),))
    more = replace(answered, sections=(*answered.sections, new))
    text = render("html", of, [], NOW, answer=more)
    for section in more.sections:
        assert text.count(f">{section.title}</h3>") == 1
    assert "A post with 12 clicks" in text


def test_a_multiple_that_may_be_chance_has_no_colour() -> None:
    text = sample_page()
    scores = re.findall(r'<span class="(more|less|)">([^<]+)</span>', text)
    assert len(scores) == 5
    for color, words in scores:
        sure = re.search(r"(?:surely|likely) (more|less) ", words)
        assert color == (sure[1] if sure else "")


def test_demands_name_the_campaign_only_among_several() -> None:
    names = Names({"a": "Alpha", "b": "Beta"}, {("a", "hart"): "Stop A", ("b", "hart"): "Stop B"})
    reads = [snapshot(n, ago(hours=1), impressions=2_000, likes=100 * n) for n in (1, 2)]
    two = evidence(
        publication(1, campaign="a"), publication(2, campaign="b"), snapshots=reads, names=names
    )
    one = evidence(publication(1, campaign="a"), snapshots=reads, names=names)
    rows = re.findall(r"“(Stop .)” \((.*?)\): (\d+) engagements, 1 new post", panel(two))
    assert rows == [("Stop B", "Beta", "200"), ("Stop A", "Alpha", "100")]
    assert "Alpha" not in panel(one)


def panel(of: Evidence) -> str:
    """Return the page's panel about demands."""
    return render_page(of).split(">Leading demands</h3>")[1].split("</div>")[0]


def test_nothing_below_a_table_is_said_twice() -> None:
    said = re.findall(r"<p>([^<]{40,})</p>", render_page(sample_evidence(), names=DEFAULT_REPORTS))
    assert len(said) > 3
    assert len(said) == len({*said})


def test_a_post_on_two_networks_is_one_card_with_a_line_for_each() -> None:
    both = [
        publication(n, post="one", account=platform, platform=platform, text="Said once")
        for n, platform in enumerate(("mastodon", "x"))
    ]
    reads = [snapshot(n, ago(hours=1), likes=10) for n in (0, 1)]
    text = render_page(evidence(*both, snapshots=reads), names=["demand"])
    assert text.count("<article ") == 1
    assert text.count('<p class="said" dir="auto">Said once</p>') == 1
    [places] = re.findall(r'<ul class="places">(.*?)</ul>', text, re.DOTALL)
    assert re.findall(r'class="where">(\w+)<', places) == ["Mastodon", "X"]


def test_what_needs_a_person_stands_out_only_if_something_does() -> None:
    waiting = (Matter("1 post waits for a person: groundswell inbox"),)
    assert 'class="panel attention calm"' in sample_page()
    assert 'class="panel attention"' in render_page(sample_evidence(), attention=waiting)


# --- Charts --------------------------------------------------------------------------------------


def bars(chart: Chart, *, before: bool = False) -> dict[str, float]:
    """Return the height of each bar by day."""
    return {
        slot.day: height
        for slot in chart.slots
        for kind, *_, height in slot.bars
        if kind == ("before" if before else "now")
    }


def test_a_day_says_its_figures_and_the_table_has_them() -> None:
    of = sample_evidence()
    impressions, engagements = day_charts(sample_answer(of))
    assert impressions.words.title == "Impressions gained, by day"
    assert len(impressions.slots) == len(sample_answer(of).days) == 8
    for slot in impressions.slots:
        assert f"<title>{slot.day}: {slot.now} impressions" in sample_page()
        assert f'<th scope="row">{slot.day}</th>' in sample_page()
    assert engagements.slots[0].day == impressions.slots[0].day


def test_bars_are_as_tall_as_their_figures() -> None:
    of = evidence(
        publication(1, published=ago(days=2)),
        snapshots=[
            snapshot(1, ago(days=1, hours=16), impressions=100),
            snapshot(1, ago(hours=1), impressions=300),
        ],
    )
    (chart,) = day_charts(sample_answer(of))
    heights = sorted(bars(chart).values())
    assert len(heights) == 2
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)


def test_the_time_before_has_bars_of_its_own_if_anything_is_known_of_it() -> None:
    old = publication(1, published=ago(days=10))
    new = publication(2, published=ago(days=2))
    reads = [
        snapshot(1, ago(days=9, hours=12), impressions=50),
        snapshot(2, ago(hours=1), impressions=100),
    ]
    (chart,) = day_charts(sample_answer(evidence(old, new, snapshots=reads)))
    assert max(bars(chart).values()) == pytest.approx(
        2 * max(bars(chart, before=True).values()), abs=0.2
    )
    page = render_page(evidence(old, new, snapshots=reads))
    assert page.count("; in the time before ") >= len(chart.slots)
    (alone,) = day_charts(sample_answer(evidence(new, snapshots=reads)))
    assert not alone.has_before
    assert bars(alone, before=True) == {}
    assert "The time before</li>" not in render_page(evidence(new, snapshots=reads))


def test_a_day_without_data_looks_unlike_one_that_gained_nothing() -> None:
    of = evidence(
        publication(1, published=ago(days=2)),
        snapshots=[snapshot(1, ago(days=2), likes=5), snapshot(1, ago(hours=1), likes=5)],
    )
    (chart,) = day_charts(sample_answer(of))
    assert {slot.now for slot in chart.slots} >= {NO_DATA, "0"}
    assert f">{NO_DATA}</text>" in render_page(of)


def test_names_of_days_leave_each_other_room() -> None:
    of = evidence(
        publication(1, published=ago(days=29)),
        snapshots=[snapshot(1, ago(days=n), impressions=900 - 30 * n) for n in range(29)],
        moments=moments(Period.last_days(30, NOW, UTC), UTC),
    )
    (chart,) = day_charts(answer(of, Period.last_days(30, NOW, UTC), PeriodNotes(), NOW))
    places = [slot.x + slot.width / 2 for slot in chart.slots if slot.label]
    assert len(chart.slots) == 31
    assert min(right - left for left, right in pairwise(places)) > 25


def test_a_chart_without_any_figure_is_left_out() -> None:
    likes = evidence(
        publication(1, published=ago(days=2)), snapshots=[snapshot(1, ago(hours=1), likes=3)]
    )
    assert [chart.words.id for chart in day_charts(sample_answer(likes))] == ["engagements"]
    assert day_charts(sample_answer(evidence(publication(1)))) == []


def test_ids_are_unique() -> None:
    ids = [tag["id"] for _, tag in Outline(sample_page()).tags if tag.get("id")]
    assert len(ids) == len(set(ids))


# --- Cards ---------------------------------------------------------------------------------------


@pytest.fixture
def picture(tmp_path: Path) -> Media:
    path = tmp_path / "rack.png"
    Image.new("RGB", (1600, 900), "navy").save(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Media(path, "A server rack", digest, "image/png", path.stat().st_size)


def carded(picture: Media) -> str:
    content = Content((Part("Post number 1", (picture,)),))
    sent = delivery(1, State.PUBLISHED, content=content)
    return render_page(evidence(publication(1), deliveries=[sent]))


def test_a_card_shows_the_picture_that_was_sent_with_its_alt_text(picture: Media) -> None:
    (image,) = Outline(carded(picture)).all("img")
    assert image["alt"] == "A server rack"
    assert (image["src"] or "").startswith("data:image/webp;base64,")


def test_a_picture_that_changed_since_or_is_missing_gives_its_alt_text_only(
    picture: Media,
) -> None:
    Image.new("RGB", (1600, 900), "red").save(picture.path)
    assert not Outline(carded(picture)).all("img")
    picture.path.unlink()
    text = carded(picture)
    assert not Outline(text).all("img")
    assert "A server rack" in text


@pytest.mark.parametrize("kind", ["pipe", "endless", "huge"])
def test_what_took_a_pictures_place_is_not_read(picture: Media, kind: str) -> None:
    if kind == "huge":
        os.truncate(picture.path, 6 * 1024**3)  # a hole, which takes no room on the disk
    else:
        picture.path.unlink()
        os.mkfifo(picture.path) if kind == "pipe" else picture.path.symlink_to("/dev/zero")
    assert embed_pictures([picture], 10**6) == {}


def test_pictures_stay_within_their_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: Media
) -> None:
    monkeypatch.setattr("bot.reports.cards.MAX_PICTURE_BYTES", 100)
    assert embed_pictures([picture], 10**6) == {}


def test_pictures_take_only_the_room_that_all_else_leaves(
    picture: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = len(carded(picture).encode())
    monkeypatch.setattr("bot.reports.html.MAX_PAGE_BYTES", limit + 100)
    assert len(Outline(carded(picture)).all("img")) == 1
    monkeypatch.setattr("bot.reports.html.MAX_PAGE_BYTES", limit - 100)
    text = carded(picture)
    assert not Outline(text).all("img")
    assert len(text.encode()) <= limit - 100


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://x.com/i/1", True),
        ("http://127.0.0.1:8700/i/1", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("http://[bad", False),
        ("", False),
    ],
)
def test_only_web_addresses_can_be_opened(url: str, *, safe: bool) -> None:
    assert (safe_url(url) == url) is safe


def test_a_thread_is_one_card_and_a_deleted_post_says_when() -> None:
    of = sample_evidence()
    found = [*build_cards(of, NOW, most_seen(of), 0).values()]
    assert len(found) == 9
    [thread] = next(card.places for card in found if len(card.parts) == 4)
    assert thread.marks == ("thread of 4",)
    assert ("Impressions", "14,867") in thread.figures
    marks = [place.marks for card in found for place in card.places]
    assert [of for of in marks if "deleted" in "".join(of)] == [
        ("deleted, found 2022-07-14 09:00",)
    ]

from __future__ import annotations

import base64
import hashlib
import os
import re
from datetime import timedelta
from html.parser import HTMLParser
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
    sample_evidence,
    sample_page,
    snapshot,
)
from PIL import Image

from bot.model import Content, Media, Part, State
from bot.reports import Names
from bot.reports.cards import build_cards, embed_pictures, safe_url
from bot.reports.charts import Chart, chart_views

if TYPE_CHECKING:
    from pathlib import Path

    from bot.reports import Evidence

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"{{ 7*7 }}"


class Outline(HTMLParser):
    """What a page holds, as a browser's parser would see it, more or less."""

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


def hostile() -> Evidence:
    return evidence(
        publication(1, text=HOSTILE, url="javascript:alert(3)", account=HOSTILE),
        snapshots=[snapshot(1, ago(hours=2), impressions=5, likes=1)],
        deliveries=[delivery(7, State.NEEDS_HUMAN, reason=HOSTILE)],
        names=Names({CAMPAIGN: HOSTILE}, {(CAMPAIGN, "hart"): HOSTILE}),
    )


def test_the_page_is_one_file_that_reaches_for_nothing() -> None:
    outline = Outline(sample_page())
    for _, attrs in outline.tags:
        for name in ("src", "srcset", "data", "action", "background", "poster"):
            assert (attrs.get(name) or "data:").startswith("data:")
    assert not outline.all("link")
    assert not outline.all("iframe")


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
    code = [
        script
        for script, attrs in zip(outline.scripts, outline.all("script"), strict=True)
        if attrs.get("type") != "application/json"
    ]
    assert len(code) == 2
    for script in code:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_the_page_of_a_played_campaign_is_under_two_megabytes() -> None:
    assert len(sample_page().encode()) < 2_000_000


def test_a_long_table_shows_its_first_300_rows_and_says_how_many_more_there_are() -> None:
    text = render_page(evidence(*(publication(n) for n in range(1_000))))
    assert "The first 300 rows; 700 more are in the CSV and JSON reports." in text


def heavy() -> Evidence:
    """Return 10,000 posts that differ in everything the page sums by: as much as it can hold."""
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


def test_the_page_of_ten_thousand_posts_is_under_two_megabytes_and_keeps_the_totals() -> None:
    text = render_page(heavy())
    assert len(text.encode()) < 2_000_000
    assert f"{2 * sum(range(10_000)):,}" in text
    assert text.count("The first 100 rows; 9,900 more are in the CSV and JSON reports.") == 2


def test_hostile_text_stays_text_everywhere() -> None:
    text = render_page(hostile())
    outline = Outline(text)
    assert not [attrs for _, attrs in outline.tags if "onerror" in attrs]
    assert not [element for element in outline.all("img") if element.get("src") == "x"]
    assert len(outline.all("script")) == 3
    assert "javascript:" not in "".join(str(element.get("href")) for element in outline.all("a"))
    assert HOSTILE in "".join(outline.words)


@pytest.mark.parametrize("text", ["a\ud800b", "a\x00b", "a\x1bb", "a\u202eb"])
def test_text_that_cannot_be_written_does_not_break_the_page(text: str) -> None:
    of = evidence(publication(1, text=text), names=Names({CAMPAIGN: text}))
    assert b"a" in render_page(of).encode("utf-8")


def test_an_empty_page_says_that_there_is_no_data() -> None:
    text = render_page(evidence())
    assert "No data yet: nothing has been published." in text
    assert "Nothing has been read yet." in text
    assert len(text) < 40_000


def test_the_page_says_that_a_platform_is_simulated_only_if_it_is() -> None:
    assert "Simulated platform." in sample_page()
    assert "Simulated" not in render_page(hostile())


def test_no_data_and_zero_look_different_on_the_page() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, ago(hours=1), impressions=7, likes=0)])
    words = "|".join(Outline(render_page(of)).words)
    assert "no data" in words
    assert re.search(r"\|0\|", words)


def test_clicks_have_a_column_only_where_any_are_known() -> None:
    known = evidence(publication(1), snapshots=[snapshot(1, ago(hours=1), link_clicks=0)])
    assert ">Link clicks</button>" in render_page(known)
    assert ">Link clicks</button>" not in sample_page()


def test_what_is_summed_up_elsewhere_comes_last_so_that_the_cost_is_seen_first() -> None:
    words = Outline(sample_page()).words
    assert words.index("Cost per engagement") < words.index("Likes")


def test_tables_have_captions_scopes_and_a_time_of_reading() -> None:
    outline = Outline(sample_page())
    assert len(outline.all("caption")) == len(outline.all("table"))
    assert all(element.get("scope") in {"row", "col"} for element in outline.all("th"))
    assert "Last read 2022-07-14 12:00." in "".join(outline.words)


# --- Charts --------------------------------------------------------------------------------------


def drawn(of: Evidence, way: str) -> tuple[Chart, ...]:
    return next(view.charts for view in chart_views(of) if view.id == way)


def test_charts_end_on_the_tables_figures_and_say_so_in_words() -> None:
    (impressions, _) = drawn(sample_evidence(), "account")
    assert {line.name: line.values[-1] for line in impressions.lines} == {
        "@MediaJustice": 37_744,
        "@AthenaCoalition": 8_176,
    }
    assert "@MediaJustice 37,744" in impressions.description


@pytest.mark.parametrize("way", ["demand", "event", "account", "campaign"])
def test_every_way_to_sum_comes_to_the_same_total(way: str) -> None:
    (impressions, engagements) = drawn(sample_evidence(), way)
    assert sum(line.values[-1] or 0 for line in impressions.lines) == 45_920
    assert sum(line.values[-1] or 0 for line in engagements.lines) == 1_992


def test_only_what_tells_posts_apart_can_be_chosen_and_the_whole_campaign_always() -> None:
    assert [view.id for view in chart_views(sample_evidence())] == [
        "demand",
        "event",
        "account",
        "campaign",
    ]
    one = evidence(publication(1), snapshots=[snapshot(1, ago(hours=1), impressions=1)])
    assert [view.id for view in chart_views(one)] == ["campaign"]
    two = evidence(
        publication(1, wording="plain"),
        publication(2, wording="bold", platform="mastodon", account="masto"),
        snapshots=[snapshot(n, ago(hours=1), impressions=1) for n in (1, 2)],
    )
    ways = [view.id for view in chart_views(two)]
    assert ways == ["account", "wording", "platform", "campaign"]
    assert {line.name for line in drawn(two, "wording")[0].lines} == {
        "post-1: plain",
        "post-2: bold",
    }


def test_a_demand_has_one_colour_and_place_in_both_charts_whichever_leads() -> None:
    of = evidence(
        *(publication(n, demand=f"demand-{n}") for n in (1, 2, 3)),
        snapshots=[snapshot(n, ago(hours=1), impressions=90 - n, likes=n) for n in (1, 2, 3)],
    )
    (impressions, engagements) = drawn(of, "demand")
    looks = [
        [(line.name, line.color) for line in lines.lines] for lines in (impressions, engagements)
    ]
    assert looks[0] == looks[1]
    assert [line.values[-1] for line in engagements.lines] == [1, 2, 3]


def test_what_was_never_read_has_no_chart() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, ago(hours=1), likes=3)])
    assert [chart.title for chart in drawn(of, "campaign")] == ["Engagements by campaign"]


def test_more_lines_than_colours_are_summed_as_others() -> None:
    many = [publication(n, account=f"account-{n}") for n in range(1, 10)]
    reads = [snapshot(n, ago(hours=1), impressions=n, likes=10 - n) for n in range(1, 10)]
    for chart in drawn(evidence(*many, snapshots=reads), "account"):
        assert len(chart.lines) == len({line.color for line in chart.lines}) == 6
        others = next(line for line in chart.lines if line.name == "4 others")
        assert others.values[-1] == 10


def test_charts_are_drawn_without_javascript_too_each_with_its_own_ids() -> None:
    text = sample_page()
    assert text.count('<svg xmlns="http://www.w3.org/2000/svg"') == 9
    ids = [tag["id"] for _, tag in Outline(text).tags if tag.get("id")]
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
        os.truncate(picture.path, 6 * 1024**3)  # a hole: it takes no room on the disk
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
    (found, posts) = build_cards(sample_evidence(), NOW, 0)
    assert posts == len(found) == 9
    thread = next(card for card in found if len(card.parts) == 4)
    assert thread.marks == ("thread of 4",)
    assert ("Impressions", "14,867") in thread.figures
    assert [card.marks for card in found if "deleted" in "".join(card.marks)] == [
        ("deleted, found 2022-07-14 09:00",)
    ]

"""What servers make of a text, and that it is recognised in each of their kinds of HTML."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.model import Counters, PollVotes
from bot.platforms.mastodon import timeline
from bot.platforms.mastodon.timeline import comparable_text, matches_payload, to_text

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MENTION = (
    '<span class="h-card" translate="no"><a href="https://{0}/@{1}" class="u-url mention">'
    "@<span>{1}</span></a></span>"
)
TAG = '<a href="https://s.example/tags/{0}" class="mention hashtag" rel="tag">#<span>{0}</span></a>'
LINK = (
    '<a href="{0}{1}{2}" target="_blank" rel="nofollow noopener"><span class="invisible">{0}</span>'
    '<span class="ellipsis">{1}</span><span class="invisible">{2}</span></a>'
)
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
HEBREW = "\u05e9\u05dc\u05d5\u05dd"
ARABIC = "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645"

SHOWN: dict[str, tuple[str, str]] = {
    "paragraphs": ("One\ntwo\n\nthree", "<p>One<br />two</p><p>three</p>"),
    "snac's lines": ("One\ntwo\n\nthree", "One<br>two<br><br>three<br>"),
    "escaped": (
        "Fish & chips < 5 > 3 \"so\" 'to'",
        "<p>Fish &amp; chips &lt; 5 &gt; 3 &quot;so&quot; &#39;to&#39;</p>",
    ),
    "an entity as typed": ("Write &amp; for &", "<p>Write &amp;amp; for &amp;</p>"),
    "not escaped, as snac does": ("Write &amp; & <angles>", "Write &amp; & <angles><br>"),
    "emoji": (
        f"{FAMILY} \U0001f3f3\ufe0f\u200d\U0001f308",
        f"<p>{FAMILY} \U0001f3f3\ufe0f\u200d\U0001f308</p>",
    ),
    "right to left": (
        f"{ARABIC}\n{HEBREW} #{HEBREW}",
        f"<p>{ARABIC}<br>{HEBREW} {TAG.format(HEBREW)}</p>",
    ),
    "decomposed letters": ("Cafe\u0301", "<p>Caf\u00e9</p>"),
    "a link in pieces": (
        "See https://mediajustice.org/aws/and/more?x=1&y=2.",
        f"<p>See {LINK.format('https://', 'mediajustice.org/aws/and', '/more?x=1&amp;y=2')}.</p>",
    ),
    "a link that is cut": (
        "See https://mediajustice.org/aws/and/more",
        '<p>See <a href="https://mediajustice.org/aws/and/more">mediajustice.org/aws/an\u2026</a></p>',
    ),
    "a slash at its end": (
        "https://mediajustice.org",
        '<p><a href="https://mediajustice.org/">mediajustice.org</a></p>',
    ),
    "a mention elsewhere": (
        "Ask @them@other.example now",
        f"<p>Ask {MENTION.format('other.example', 'them')} now</p>",
    ),
    "a mention on a port": (
        "Ask @us now",
        'Ask <a href="http://x" class="u-url mention">@us@localhost:8001</a> now',
    ),
    "hashtags": ("#NoTechForICE now", f"<p>{TAG.format('NoTechForICE')} now</p>"),
    "Markdown": (
        "*Stop* _it_ ~~now~~ `code`",
        "<p><em>Stop</em> <i>it</i> <del>now</del> <code>code</code></p>",
    ),
    "a quotation": ("> Stop\nNow", "<blockquote>Stop<br></blockquote>Now<br>"),
    "a custom emoji": ("Hi :wave:", '<p>Hi <img alt=":wave:" src="https://x"></p>'),
}


def status(content: str, **fields: Any) -> dict[str, Any]:
    return {"id": "1", "content": content, "spoiler_text": "", **fields}


@pytest.mark.parametrize("name", SHOWN)
def test_a_text_is_recognised_in_what_a_server_makes_of_it(name: str) -> None:
    sent, shown = SHOWN[name]
    assert matches_payload({"status": sent}, status(shown))


@pytest.mark.parametrize("name", SHOWN)
def test_other_words_are_another_post(name: str) -> None:
    sent, shown = SHOWN[name]
    assert not matches_payload({"status": f"{sent} never"}, status(shown))
    assert not matches_payload({"status": "Something else"}, status(shown))


def test_a_smiley_that_snac_draws_is_recognised_by_what_was_typed() -> None:
    shown = status("Well done &#128578;<br>", text="Well done :-)")
    assert matches_payload({"status": "Well done :-)"}, shown)
    assert not matches_payload({"status": "Well done :-)"}, status("Well done &#128578;<br>"))


def test_two_links_are_two_posts() -> None:
    shown = status(f"<p>{LINK.format('https://', 'example.org/a', '/b')}</p>")
    assert matches_payload({"status": "https://example.org/a/b"}, shown)
    assert not matches_payload({"status": "https://example.org/a/c"}, shown)


def test_the_text_of_html_has_its_lines() -> None:
    assert to_text("<p>One<br>two</p><p>three</p>") == "One\ntwo\n\nthree"
    assert to_text('<a href="https://a.example/b">a.exa\u2026</a>', addresses=True) == (
        "https://a.example/b"
    )


def test_bringing_a_text_to_its_form_takes_time_in_proportion() -> None:
    begun = time.process_time()
    for text in ("<" * 20_000, "@a" * 10_000, "&" * 20_000, "a/" * 10_000, "<a href=" * 3_000):
        comparable_text(to_text(text))
    assert time.process_time() - begun < 3


# --- What else makes it the one -------------------------------------------------------------------


def test_a_boost_is_never_the_post() -> None:
    shown = status("<p>Hi</p>", reblog={"id": "2"})
    assert not matches_payload({"status": "Hi"}, shown)
    assert not timeline.may_match_payload({"status": "Hi"}, shown)


@pytest.mark.parametrize(
    ("wanted", "shown", "matches", "misplaced"),
    [
        (None, None, True, False),
        ("5", "5", True, False),
        ("5", "6", False, True),
        (None, "6", False, True),
        ("5", None, True, False),
    ],
)
def test_a_reply_is_the_one_under_its_parent(
    wanted: str | None, shown: str | None, matches: bool, misplaced: bool
) -> None:
    payload = {"status": "Hi"} | ({"in_reply_to_id": wanted} if wanted else {})
    post = status("<p>Hi</p>", in_reply_to_id=shown)
    assert matches_payload(payload, post) is matches
    assert timeline.is_misplaced(payload, post) is misplaced


def test_without_words_it_is_the_one_with_the_same_media() -> None:
    payload = {"status": "", "media_ids": ["7", "8"]}
    media = [{"id": "7"}, {"id": "8"}]
    assert matches_payload(payload, status("", media_attachments=media))
    assert matches_payload(payload, status("<p></p>"))
    assert not matches_payload(payload, status("", media_attachments=[{"id": "9"}]))


def test_a_content_warning_is_a_part_of_the_words() -> None:
    payload = {"status": "Hi", "spoiler_text": "Police & violence"}
    assert matches_payload(payload, status("Hi", spoiler_text="Police & violence"))
    assert not matches_payload(payload, status("Hi"))
    assert not matches_payload({"status": "Hi"}, status("Hi", spoiler_text="Police"))


def test_a_poll_is_the_one_with_the_same_options() -> None:
    payload = {"status": "Well?", "poll": {"options": ["Yes", "No"]}}
    options = [{"title": "Yes", "votes_count": 3}, {"title": "No", "votes_count": None}]
    shown = status("Well?", poll={"options": options, "expires_at": "2026-11-27T12:00:00Z"})
    assert matches_payload(payload, shown)
    assert not matches_payload({"status": "Well?"}, shown)
    assert matches_payload(payload, status("Well?", poll=None)), "a server without polls"
    assert timeline.parse_votes(shown, NOW) == PollVotes((3, None), NOW, closed=True)
    assert timeline.parse_votes(status("Hi"), NOW) is None


def test_counters_that_are_not_there_are_no_data() -> None:
    shown = status("Hi", favourites_count=3, reblogs_count=0, replies_count="1", quotes_count=True)
    assert timeline.parse_counters(shown) == Counters(likes=3, reposts=0)


@pytest.mark.parametrize("written", ["2026-11-27T12:00:00.000Z", "2026-11-27T12:00:00"])
def test_an_instant_is_in_utc(written: str) -> None:
    assert timeline.created_at(status("Hi", created_at=written)) == NOW


def test_a_post_that_does_not_say_when_it_was_made_has_no_instant() -> None:
    assert timeline.created_at(status("Hi", created_at=None)) is None

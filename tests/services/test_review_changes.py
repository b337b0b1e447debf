"""The differences between two contents, as a reviewer sees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Content, LinkCard, Media, Part, Poll
from bot.planning.content_diff import content_differences, word_diff

CARD = Media(Path("/posts/media/hart.png"), "A card about HART", "a" * 64, "image/png", 10)
PAGE = "https://example.org/a"
MARKS = "utm_source={}&utm_medium=post&utm_campaign=people&utm_content=one"
POLL = Poll(("Yes", "No"), 60)


def said(*texts: str, **other: object) -> Content:
    """Return a content of these parts; other arguments belong to the first part."""
    first, *rest = map(Part, texts)
    return Content((replace(first, **other), *rest))  # type: ignore[arg-type]


def changes(before: Content, after: Content) -> list[str]:
    return list(map(str, content_differences(before, after)))


EDITS = {
    "nothing": (said("Hello"), said("Hello"), []),
    "a word": (
        said("Take HART off AWS."),
        said("Take HART off Amazon's cloud."),
        ["text: Take HART off [-AWS-]{+Amazon's cloud+}."],
    ),
    "a figure": (
        said("It costs $6 billion, they say."),
        said("It costs $7 billion, they say."),
        ["text: It costs $[-6-]{+7+} billion, they say."],
    ),
    "a line": (said("One.\n\nTwo."), said("One.\nTwo."), ["text: One.[-\n\n-]{+\n+}Two."]),
    "all of it": (
        said("Take HART off AWS."),
        said("Nobody asked us whether we want this"),
        ["text: [-Take HART off AWS.-]{+Nobody asked us whether we want this+}"],
    ),
    "marks": (
        said(
            f"Read {PAGE}?{MARKS.format('x')}.", card=LinkCard(f"{PAGE}?{MARKS.format('x')}", "A")
        ),
        said(
            f"Read {PAGE}?{MARKS.format('y')}.", card=LinkCard(f"{PAGE}?{MARKS.format('y')}", "A")
        ),
        [f"marks of links: Read {PAGE}?{MARKS.format('[-x-]{+y+}')}."],
    ),
    "marks that are new": (
        said(f"Read {PAGE}?a=1."),
        said(f"Read {PAGE}?a=1&{MARKS.format('x')}."),
        [f"marks of links: Read {PAGE}?a=1{{+&{MARKS.format('x')}+}}."],
    ),
    "marks and a word": (
        said(f"Read {PAGE}?{MARKS.format('x')} today"),
        said(f"Read {PAGE}?{MARKS.format('y')} now"),
        [f"text: Read {PAGE}?{MARKS.format('[-x-]{+y+}')} [-today-]{{+now+}}"],
    ),
    "marks that a person typed": (
        said(f"Read {PAGE}?utm_source=x"),
        said(f"Read {PAGE}?utm_source=y"),
        [f"text: Read {PAGE}?utm_source=[-x-]{{+y+}}"],
    ),
    "alt text": (
        said("Hi", media=(CARD,)),
        said("Hi", media=(replace(CARD, alt="A card about Ring"),)),
        ["alt text of hart.png: A card about [-HART-]{+Ring+}"],
    ),
    "focal point": (
        said("Hi", media=(CARD,)),
        said("Hi", media=(replace(CARD, focus=(0.0, 0.5)),)),
        ["focal point of hart.png: {+0.0, 0.5+}"],
    ),
    "without what is hidden": (
        said("Hi", media=(CARD,)),
        said("Hi", media=(replace(CARD, sha256="b" * 64, original_sha256=CARD.sha256),)),
        ["picture: [-hart.png-]{+hart.png, the same file without its hidden data+}"],
    ),
    "another file": (
        said("Hi", media=(CARD,)),
        said("Hi", media=(replace(CARD, path=Path("ring.png"), sha256="b" * 64),)),
        ["picture: [-hart.png-]{+ring.png+}"],
    ),
    "the same file drawn anew": (
        said("Hi", media=(CARD,)),
        said("Hi", media=(replace(CARD, sha256="b" * 64),)),
        ["picture: [-hart.png (aaaaaaaa)-]{+hart.png (bbbbbbbb)+}"],
    ),
    "a picture more": (
        said("Hi"),
        said("Hi", media=(CARD,)),
        ["picture: {+hart.png: A card about HART+}"],
    ),
    "a picture less": (
        said("Hi", media=(CARD,)),
        said("Hi"),
        ["picture: [-hart.png: A card about HART-]"],
    ),
    "poll": (
        said("Hi?", poll=POLL),
        said("Hi?", poll=Poll(("Yes", "Never"), 90)),
        [
            "poll: [-Yes / No, open for 60 minutes-]{+Yes / Never, open for 90 minutes+}",
        ],
    ),
    "a poll less": (
        said("Hi?", poll=POLL),
        said("Hi?"),
        ["poll: [-Yes / No, open for 60 minutes-]"],
    ),
    "who may reply": (
        said("Hi"),
        replace(said("Hi"), reply_settings="following"),
        ["who may reply: [-everyone-]{+following+}"],
    ),
    "a content warning": (
        said("Hi"),
        replace(said("Hi"), warning="Violence"),
        ["content warning: {+Violence+}"],
    ),
    "a language": (
        replace(said("Hi"), language="en"),
        replace(said("Hi"), language="nl"),
        ["language: [-en-]{+nl+}"],
    ),
    "labels": (
        replace(said("Hi"), labels=("nudity",)),
        replace(said("Hi"), labels=("nudity", "sexual")),
        ["labels: [-nudity-]{+nudity, sexual+}"],
    ),
    "a link card": (
        Content((Part("Hi", card=LinkCard("https://a.example", "An old title")),)),
        Content((Part("Hi", card=LinkCard("https://a.example", "A title")),)),
        ["link card: [-An old-]{+A+} title (https://a.example)"],
    ),
    "a part in the middle": (
        said("The first part.", "The last part."),
        said("The first part.", "Something else altogether!", "The last part."),
        ["part 2 is new: {+Something else altogether!+}"],
    ),
    "a part less": (
        said("The first part.", "Something else altogether!", "The last part."),
        said("The first part.", "The last part."),
        ["part 2 is gone: [-Something else altogether!-]"],
    ),
    "a part edited": (
        said("The first part.", "The last part."),
        said("The first part.", "The very last part."),
        ["text of part 2: The{+ very+} last part."],
    ),
    "a post becomes a thread": (
        said("The first part."),
        said("The first part.", "More"),
        ["part 2 is new: {+More+}"],
    ),
}


@pytest.mark.parametrize("which", EDITS)
def test_edit_is_shown(which: str) -> None:
    before, after, expected = EDITS[which]
    assert changes(before, after) == expected


@pytest.mark.parametrize("which", EDITS)
def test_contents_of_two_digests_never_look_the_same(which: str) -> None:
    before, after, _ = EDITS[which]
    assert bool(content_differences(before, after)) is (before.digest != after.digest)
    assert bool(content_differences(after, before)) is (before.digest != after.digest)


@given(st.text("ab .,\n$", max_size=40), st.text("ab .,\n$", max_size=40))
def test_pieces_hold_both_texts_to_the_letter(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(text for kind, text in pieces if kind != "in") == before
    assert "".join(text for kind, text in pieces if kind != "out") == after


PARTS = st.lists(st.sampled_from(["One part.", "One part!", "Quite another", "Third"]), min_size=1)


@given(PARTS, PARTS)
def test_every_difference_of_a_thread_is_shown(before: list[str], after: list[str]) -> None:
    assert bool(content_differences(said(*before), said(*after))) is (before != after)


def test_long_post_is_compared_in_no_time() -> None:
    long = " ".join(f"word{number % 700}" for number in range(4000))
    [change] = content_differences(said(long), said(long.replace("word5 ", "other ")))
    assert 5 <= sum(kind == "out" for kind, _ in change.pieces) <= 6

"""The contract of every platform's client as one suite, to subclass in ``test_<name>.py``.

A subclass provides the fixture ``stage``, a platform on loopback. The tests check results only, not
the client's way to them. Tests of polls and kinds of media are skipped if the platform's own rules
refuse them, with the rule as the reason.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

import pytest
from PIL import Image

from bot.delivery.sending import PREPARE_AHEAD
from bot.delivery.situations import UPLOAD_MARGIN
from bot.link_marks import post_values
from bot.model import Content, LinkCard, Media, Part, Poll
from bot.model.share import LinkMarks
from bot.platforms.base import SendKey
from bot.platforms.outcomes import Outcome, Rejected, Unauthorized, Unknown, Unsent
from helpers.store import text_content

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from bot.model import Account, RemotePost
    from bot.platforms.base import Client, Platform
    from helpers.clock import ManualClock, OffsetClock


class PlatformBackend(Protocol):
    """A platform to test against, and a test's ways to change it."""

    kind: Platform
    account: Account
    secrets: Mapping[str, str]

    @property
    def clock(self) -> ManualClock | OffsetClock:
        """The clock of its clients, which goes on by itself on a real server."""
        ...

    def client(self, **secrets: str) -> Client:
        """Connect; a secret given here replaces the right one."""
        ...

    def visible(self) -> list[str]:
        """Return the texts that an audience sees of the account, oldest first."""
        ...

    def alt_texts(self) -> list[str]:
        """Return the alt texts that an audience hears, oldest first."""
        ...

    def delete(self, remote_id: str) -> None:
        """Delete a post, as a person would by hand."""
        ...

    def break_next_send(self, how: str) -> None:
        """Break the next send; ``lost`` is accepted without an answer, ``dropped`` is not."""
        ...


_sends = count(1)


def new_key(at: datetime) -> SendKey:
    """Return a unique key, as delivery does, whose intent was written just now."""
    return SendKey(f"campaign/post/account/once/1/{next(_sends)}", at)


def make_media(folder: Path, alt: str = "An iris, filed away", name: str = "iris.png") -> Media:
    buffer = BytesIO()
    Image.new("RGB", (16, 9), "teal").save(buffer, name.rsplit(".", 1)[1].upper())
    (folder / name).write_bytes(buffer.getvalue())
    digest = sha256(buffer.getvalue()).hexdigest()
    mime = f"image/{name.rsplit('.', 1)[1]}"
    return Media(folder / name, alt, digest, mime, len(buffer.getvalue()), 16, 9)


def payload(client: Client, said: Content | str, part: int = 0, reply_to: str | None = None) -> str:
    content = text_content(said) if isinstance(said, str) else said
    return client.payload(content, part, [], reply_to)


def publish(
    stage: PlatformBackend, said: Content, part: int = 0, reply_to: str | None = None
) -> RemotePost:
    client = stage.client()
    return client.publish(payload(client, said, part, reply_to), new_key(stage.clock.now()))


def send(stage: PlatformBackend, said: Content) -> str:
    return publish(stage, said).remote_id


def skip_if_refused(kind: Platform, account: Account, content: Content) -> None:
    """Skip the test if the platform's own rules refuse this content."""
    for violation in kind.check(content, account):
        if violation.level == "error":
            pytest.skip(f"{violation.code}: {kind.RULES[violation.code]}")


MARKED = (
    "https://mediajustice.org/aws/?a=1&utm_source=x&utm_medium=post&utm_campaign=people%202026"
    "&utm_content=at-20261201-1200.plain"
)
"""A link with parameters of its own and the marks of ``links:``."""


class PlatformContract:
    """The behaviour that delivery and engagement rely on."""

    COUNTS = True
    """Whether the platform counts anything."""

    TEXTS = (
        "Take HART off AWS",
        "Ampersands & <angles> stay: a&amp;b",
        "Z\u00fcrich, \u65e5\u672c\u8a9e, \U0001f468\u200d\U0001f469\u200d\U0001f467 and \u2026",
        "Two paragraphs\n\nand a link https://mediajustice.org/aws/",
        "Bare mediajustice.org and (https://example.com/a_(b)?x=1&y=2#z).",
        "Cafe\u0301 in decomposed letters",
        f"Marked {MARKED}#hart, and more",
    )

    @pytest.mark.parametrize("text", TEXTS)
    def test_a_published_post_is_visible_once_and_found_again(
        self, stage: PlatformBackend, text: str
    ) -> None:
        client = stage.client()
        sent = payload(client, text)
        published = client.publish(sent, new_key(stage.clock.now()))
        assert len(stage.visible()) == 1
        stage.clock.advance(seconds=30)
        search = client.find(sent, published.at)
        assert [match.remote_id for match in search.matches] == [published.remote_id]
        assert "1" in search.evidence

    def test_a_post_that_was_never_sent_is_not_found(self, stage: PlatformBackend) -> None:
        send(stage, text_content("Something else"))
        client = stage.client()
        search = client.find(payload(client, "Not out"), stage.clock.now())
        assert search.matches == ()
        assert "1 posts" in search.evidence
        assert search.complete

    def test_post_that_differs_only_in_its_words_is_a_near_match(
        self, stage: PlatformBackend
    ) -> None:
        head = publish(stage, text_content("Something else"))
        other = text_content("Something else", "A reply")
        publish(stage, other, 1, head.reply)
        client = stage.client()
        search = client.find(payload(client, "Not out"), stage.clock.now())
        assert [post.remote_id for post in search.near_matches] == [head.remote_id]
        found = client.find(payload(client, "Something else"), stage.clock.now())
        assert found.near_matches == ()

    def test_posts_from_before_the_search_do_not_count(self, stage: PlatformBackend) -> None:
        client = stage.client()
        sent = payload(client, "Every Tuesday")
        client.publish(sent, new_key(stage.clock.now()))
        stage.clock.advance(hours=1)
        assert client.find(sent, stage.clock.now()).matches == ()

    def test_the_payload_is_the_same_for_the_same_content(self, stage: PlatformBackend) -> None:
        said = text_content("One", "Two")
        first = stage.client().payload(said, 1, [], "5")
        assert first == stage.client().payload(said, 1, [], "5")
        assert first != stage.client().payload(said, 1, [], "6")

    def test_a_thread_part_is_found_under_its_parent_only(self, stage: PlatformBackend) -> None:
        client, said = stage.client(), text_content("Head", "Tail")
        head = publish(stage, said)
        other = publish(stage, text_content("Another head"))
        tail = publish(stage, said, 1, head.reply)
        here = client.find(payload(client, said, 1, head.reply), stage.clock.now())
        assert [(match.remote_id, match.reply) for match in here.matches] == [
            (tail.remote_id, tail.reply)
        ]
        elsewhere = payload(client, said, 1, other.reply)
        search = client.find(elsewhere, stage.clock.now())
        assert search.matches == ()
        assert [post.remote_id for post in search.misplaced] == [tail.remote_id]

    def test_a_thread_part_whose_parent_was_deleted_is_still_shown(
        self, stage: PlatformBackend
    ) -> None:
        client, said = stage.client(), text_content("Head", "Tail")
        head = publish(stage, said)
        tail = publish(stage, said, 1, head.reply)
        stage.delete(head.remote_id)
        search = client.find(payload(client, said, 1, None), stage.clock.now())
        assert [post.remote_id for post in search.matches + search.misplaced] == [tail.remote_id]

    def test_a_poll_is_published_and_found(self, stage: PlatformBackend) -> None:
        said = Content((Part("End it?", poll=Poll(("Yes", "Now"), 60)),))
        skip_if_refused(stage.kind, stage.account, said)
        client = stage.client()
        other = Content((Part("End it?", poll=Poll(("Yes", "No"), 60)),))
        sent = payload(client, said)
        published = client.publish(sent, new_key(stage.clock.now()))
        assert [m.remote_id for m in client.find(sent, published.at).matches] == [
            published.remote_id
        ]
        assert not client.find(payload(client, other), published.at).matches

    @pytest.mark.parametrize("name", ["iris.png", "iris.gif"])
    def test_media_is_shown_with_its_alt_text(
        self, stage: PlatformBackend, tmp_path: Path, name: str
    ) -> None:
        media = make_media(tmp_path, name=name)
        client, said = stage.client(), Content((Part("Look", (media,)),))
        skip_if_refused(stage.kind, stage.account, said)
        upload = client.upload(media)
        assert upload.expires > stage.clock.now() + PREPARE_AHEAD + UPLOAD_MARGIN
        sent = client.payload(said, 0, [upload.media_id], None)
        published = client.publish(sent, new_key(stage.clock.now()))
        assert stage.alt_texts() == [media.alt]
        assert [m.remote_id for m in client.find(sent, published.at).matches] == [
            published.remote_id
        ]

    @pytest.mark.parametrize("pictured", [False, True])
    def test_a_link_card_goes_out_with_its_link_and_is_found(
        self, stage: PlatformBackend, tmp_path: Path, pictured: bool
    ) -> None:
        if stage.kind.MAKES_CARDS:
            pytest.skip("It makes the card of a link by itself.")
        link = "https://mediajustice.org/aws/"
        card = LinkCard(link, "Cards & <links> \U0001f468\u200d\U0001f469\u200d\U0001f467", "")
        media = (replace(make_media(tmp_path), alt=""),) if pictured else ()
        said, client = Content((Part(f"See {link}", media, card=card),)), stage.client()
        assert stage.kind.check(said, stage.account) == []
        uploads = [client.upload(item).media_id for item in media]
        sent = client.payload(said, 0, uploads, None)
        published = client.publish(sent, new_key(stage.clock.now()))
        assert stage.visible() == [f"See {link}"]
        for search in (sent, client.payload(said, 0, [], None)):
            [match] = client.find(search, published.at).matches
            assert match.remote_id == published.remote_id

    def test_a_link_card_opens_the_marked_link_and_is_found(self, stage: PlatformBackend) -> None:
        if stage.kind.MAKES_CARDS:
            pytest.skip("It makes the card of a link by itself.")
        page = "https://mediajustice.org/aws/"
        values = post_values(
            stage.account.platform, LinkMarks((page,), (), "people", "post"), "hart"
        )
        link = f"{page}?{urlencode({name: value for name, value in values.items() if value})}"
        said, client = (
            Content((Part(f"See {link}", card=LinkCard(link, "A page")),)),
            stage.client(),
        )
        assert stage.kind.check(said, stage.account) == []
        sent = client.payload(said, 0, [], None)
        published = client.publish(sent, new_key(stage.clock.now()))
        assert json.loads(sent)["embed"]["external"]["uri"] == link
        [match] = client.find(sent, published.at).matches
        assert match.remote_id == published.remote_id

    def test_media_that_changed_since_it_was_checked_is_refused(
        self, stage: PlatformBackend, tmp_path: Path
    ) -> None:
        media = make_media(tmp_path)
        skip_if_refused(stage.kind, stage.account, Content((Part("Look", (media,)),)))
        Image.new("RGB", (16, 9), "navy").save(media.path)
        with pytest.raises(Rejected, match="has changed since it was checked"):
            stage.client().upload(media)

    def test_media_that_is_missing_is_not_lost_for_ever(
        self, stage: PlatformBackend, tmp_path: Path
    ) -> None:
        media = replace(make_media(tmp_path), path=tmp_path / "away.png")
        skip_if_refused(stage.kind, stage.account, Content((Part("Look", (media,)),)))
        with pytest.raises(Unsent, match=r"away\.png"):
            stage.client().upload(media)

    @pytest.mark.parametrize(("broken", "copies"), [("lost", 1), ("dropped", 0)])
    def test_a_send_without_an_answer_is_unknown_and_found_if_it_is_out(
        self, stage: PlatformBackend, broken: str, copies: int
    ) -> None:
        client = stage.client()
        sent = payload(client, "Accepted, or fallen under the table")
        stage.break_next_send(broken)
        with pytest.raises(Unknown):
            client.publish(sent, new_key(stage.clock.now()))
        assert len(stage.visible()) == copies, "sent once: nothing below may try again"
        assert len(client.find(sent, stage.clock.now()).matches) == copies

    def test_wrong_credentials_are_unauthorized_and_nothing_is_said(
        self, stage: PlatformBackend
    ) -> None:
        client = stage.client(**{stage.kind.SECRETS[-1]: "wrong-canary-4711"})
        with pytest.raises(Unauthorized) as caught:
            client.publish(payload(client, "Nobody hears this"), new_key(stage.clock.now()))
        assert "4711" not in str(caught.value)
        assert stage.visible() == []

    def test_missing_credentials_are_named_before_anything_is_sent(
        self, stage: PlatformBackend
    ) -> None:
        with pytest.raises(Unauthorized, match=stage.kind.SECRETS[0]):
            stage.client(**{stage.kind.SECRETS[0]: ""})

    def test_counters_of_every_post_are_read(self, stage: PlatformBackend) -> None:
        start = stage.clock.now()
        ids = [send(stage, text_content(f"Post {number}")) for number in range(7)]
        stage.clock.advance(hours=5)
        reading = stage.client().fetch_counters([(remote_id, start) for remote_id in ids])
        assert set(reading.counters) == set(ids)
        assert {counters.likes is None for counters in reading.counters.values()} != {self.COUNTS}
        assert reading.gone == frozenset()

    def test_votes_are_read_of_posts_with_a_poll_only(self, stage: PlatformBackend) -> None:
        asking = Content((Part("End it?", poll=Poll(("Yes", "Now"), 60)),))
        skip_if_refused(stage.kind, stage.account, asking)
        start = stage.clock.now()
        ids = [send(stage, text_content("Not a question")), send(stage, asking)]
        posts = [(remote_id, start) for remote_id in ids]
        stage.clock.advance(minutes=59)
        early = stage.client().fetch_counters(posts, ids[1:])
        assert early.counters.keys() == {*ids}
        assert early.votes.keys() == {ids[1]}
        assert (len(early.votes[ids[1]].counts), early.votes[ids[1]].closed) == (2, False)
        stage.clock.advance(minutes=1)
        assert stage.client().fetch_counters(posts, ids[1:]).votes[ids[1]].closed

    def test_a_deleted_post_is_gone_if_it_is_asked_for_and_the_others_are_read(
        self, stage: PlatformBackend
    ) -> None:
        start = stage.clock.now()
        ids = [send(stage, text_content(f"Post {number}")) for number in range(3)]
        stage.delete(ids[1])
        stage.clock.advance(hours=1)
        reading = stage.client().fetch_counters([(remote_id, start) for remote_id in ids])
        assert reading.gone == {ids[1]}
        assert set(reading.counters) == {ids[0], ids[2]}
        another = stage.client().fetch_counters([(ids[0], start)])
        assert another.gone == frozenset()
        assert ids[0] in another.counters
        assert ids[1] not in another.counters

    def test_every_own_post_that_was_paid_for_is_returned(self, stage: PlatformBackend) -> None:
        start = stage.clock.now()
        ids = [send(stage, text_content(f"Post {number}")) for number in range(7)]
        stage.clock.advance(hours=5)
        client = stage.client()
        reading = client.fetch_counters([(ids[3], start)])
        paid = {remote_id for charge in reading.charges for remote_id in charge.ids}
        assert {ids[3]} | (paid & {*ids}) <= reading.counters.keys() <= {*ids}
        for remote_id, extra in reading.counters.items():
            asked_for = client.fetch_counters([(remote_id, start)]).counters[remote_id]
            assert extra == asked_for, "no less than if it had been asked for"

    def test_whoami_posts_nothing(self, stage: PlatformBackend) -> None:
        profile = stage.client().whoami()
        assert profile.handle.lower() == stage.account.handle.lstrip("@").lower()
        assert stage.visible() == []

    def test_every_charge_has_a_price(self, stage: PlatformBackend) -> None:
        start = stage.clock.now()
        remote_id = send(stage, text_content("Post"))
        client = stage.client()
        charges = [
            *stage.kind.charges(text_content("See https://mediajustice.org", "Tail")),
            *client.fetch_counters([(remote_id, start)]).charges,
            *client.whoami().charges,
        ]
        assert all(stage.kind.price(charge, stage.clock.now()) >= 0 for charge in charges)

    def test_a_platform_that_is_not_there_leaves_the_post_unsent(
        self, stage: PlatformBackend
    ) -> None:
        elsewhere = replace(stage.account, api="http://127.0.0.1:9")
        client = stage.kind.connect(elsewhere, stage.secrets)
        with pytest.raises(Unsent):
            client.publish(payload(client, "Hello?"), new_key(stage.clock.now()))

    def test_reading_never_ends_as_unknown(self, stage: PlatformBackend) -> None:
        elsewhere = replace(stage.account, api="http://127.0.0.1:9")
        client = stage.kind.connect(elsewhere, stage.secrets)
        for call in (
            client.whoami,
            lambda: client.find("{}", stage.clock.now()),
            lambda: client.fetch_counters([("1", stage.clock.now())]),
        ):
            with pytest.raises(Outcome) as caught:
                call()
            assert not isinstance(caught.value, Unknown)

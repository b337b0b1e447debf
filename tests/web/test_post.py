"""The page of one post, over real HTTP."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import save_picture
from helpers.cli import write_file
from helpers.clock import NOW
from helpers.databases import query_plans
from helpers.films import FRAME, PLACE, box, film
from helpers.store import text_content
from helpers.web import serve_site, site_of
from PIL import Image

from bot.model import Account, LinkCard, Part, Poll, Role, Scope, State
from bot.model.content import Content
from bot.services import approving, refusing
from bot.services.dropping import drop_posts
from bot.services.posts import find_posts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from helpers.delivery import AppHarness
    from helpers.web import WebSite

API = "http://127.0.0.1:9"
ACCOUNTS = {
    "x": Account("x", "x", "ours", API),
    "masto": Account("masto", "mastodon", "ours@masto.example", API),
    "sky": Account("sky", "bluesky", "ours.sky.example", API),
}
HEAD = """\
campaign: people
title: People first
timezone: Europe/Berlin
accounts: [x, masto, sky]
require_approval: 1
facts:
  contract:
    claim: The city pays for 300 cameras
    figure: 300 cameras
    source: https://example.org/contract
    as_of: 2026-02
posts:
"""
WORDS = "Come to the hearing at the county hall."
ADDRESS = "/posts/people/hearing?at=once"


@pytest.fixture
def three(tmp_path: Path) -> Iterator[WebSite]:
    """Yield a control room with an account on each network."""
    with serve_site(tmp_path, accounts=ACCOUNTS) as running:
        yield running


def folder(site: WebSite) -> Path:
    return site.app.config.campaigns


def post(
    text: str = WORDS, *, more: str = "", at: str = "2026-03-02 14:00", name: str = "hearing"
) -> str:
    """Return a post of the campaign file, at a time in Berlin, an hour ahead of UTC."""
    lines = [f"id: {name}", f'when: "{at}"', f"text: {text}" if text else "", *more.splitlines()]
    return "  - " + "\n    ".join(line for line in lines if line) + "\n"


def say(site: WebSite, *posts: str, head: str = HEAD) -> None:
    """Write these posts, and bring the queue to them."""
    write_file(folder(site) / "people.yaml", head + "".join(posts))
    assert site.app.queue_sync.refresh() == []


def read(site: WebSite, address: str = ADDRESS, role: Role = Role.APPROVE) -> str:
    """Return the page as its reader gets it, with entities as characters."""
    answer = site.signed_in(role).get(address)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def words(page: str) -> str:
    """Return the words of a page on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


# --- What it shows --------------------------------------------------------------------------------


def test_page_has_the_post_as_it_will_look_on_each_network(three: WebSite) -> None:
    more = "on: { bluesky: { text: Come to the hearing at the city hall. } }"
    say(three, post(more=more))
    page = words(read(three))

    assert WORDS in page
    assert "Come to the hearing at the city hall." in page
    for count in ("39 of 500 characters on Mastodon, 39 of 280 on X", "37 of 300 characters"):
        assert count in page
    for handle in ("@ours", "@ours@masto.example", "@ours.sky.example"):
        assert handle in page
    assert "Mon 2026-03-02 14:00 CET" in page
    assert "waits for approval (0 of 1)" in page
    assert "Price $0.0" in page


def test_words_that_all_accounts_share_stand_there_once(three: WebSite) -> None:
    say(three, post())

    assert read(three).count(f'dir="auto">{WORDS}</p>') == 1


def test_thread_counts_its_parts(three: WebSite) -> None:
    parts = "\n".join(f"  - text: This is piece {number}." for number in range(1, 26))
    say(three, post("", more=f"thread:\n{parts}"))
    page = words(read(three))

    for number in range(1, 26):
        assert f"Part {number} of 25 This is piece {number}." in page


def test_warning_poll_card_and_labels_are_shown(three: WebSite) -> None:
    poll = Poll(("Yes, all of it", "Not yet"), 1440)
    card = LinkCard("https://example.org/petition", "End the contract", "Sign it.")
    first = Content((Part("Vote.", poll=poll),), warning="police violence", language="en")
    second = Content((Part("See it.", card=card),), labels=("graphic-media",))
    three.add("hearing", account="masto", platform="mastodon", content=first)
    three.add("hearing", account="sky", platform="bluesky", content=second)
    page = words(read(three))

    for shown in (
        "Content warning: police violence",
        "Yes, all of it",
        "open for 1 day",
        "language: en",
        "End the contract Sign it. https://example.org/petition",
        "label: graphic-media",
    ):
        assert shown in page


def test_link_without_a_card_is_said(three: WebSite) -> None:
    say(three, post("See https://example.org/contract"))
    page = words(read(three))

    assert "Mastodon and X make the card of the link from its page." in page
    assert "The link has no card on Bluesky." in page


def test_sources_place_and_problems_are_shown(three: WebSite) -> None:
    text = "THE CITY PAYS FOR {{ fact.contract.figure }} THAT NOBODY WANTED."
    say(three, post(f"'{text}'"))
    page = words(read(three))

    assert "The city pays for 300 cameras [300 cameras]" in page
    assert "https://example.org/contract , as of 2026-02" in page
    assert f"posts/people.yaml:{len(HEAD.splitlines()) + 1}" in page
    assert "What check says" in page


def test_history_is_in_the_order_in_which_it_was_done(three: WebSite) -> None:
    say(three, post())
    approving.approve_named(three.app, ["people/hearing"], "Ana")
    three.clock.advance(seconds=20)
    drop_posts(three.app, find_posts(three.app, ["people/hearing"], ["x"]), "Kim")
    page = words(read(three))

    assert "by Ana , Mon 2026-03-02 13:00 CET" in page
    assert page.index("Ana : approve") < page.index("Kim : drop on X")


def test_post_that_is_out_has_address_figures_and_attempt(loop: AppHarness) -> None:
    loop.add("hearing", content=text_content(WORDS))
    loop.drive(minutes=30)
    loop.read_as_planned(hours=1)
    with site_of(loop.app) as site:
        page = read(site)

    assert "As it looks" in page
    assert re.search(r'<a href="http[^"]*/status/\d+" rel="noreferrer noopener"', page)
    assert re.search(r"<dt><bdi>Likes</bdi></dt><dd>[\d,]+</dd>", page)
    assert "Read Mon 2026-03-02" in page
    assert "published" in words(page)


# --- Pictures -------------------------------------------------------------------------------------


def media_of(page: str) -> str:
    found = re.search(r'src="(/media/[^"]*)"', page)
    assert found, page
    return found[1]


def test_picture_is_sent_as_it_will_be_and_without_hidden_data(three: WebSite) -> None:
    save_picture(folder(three) / "media" / "hall.jpg", (800, 1000))
    file = folder(three) / "media" / "hall.jpg"
    exif = Image.Exif()
    exif[0x010F] = "SpyCam"
    Image.open(file).save(file, exif=exif)
    assert b"SpyCam" in file.read_bytes()
    say(three, post(more="media:\n  - { file: media/hall.jpg, alt: The hall., focus: [0.0, 0.5] }"))
    page = read(three)
    answer = three.signed_in(Role.SEE).get(media_of(page))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"SpyCam" not in answer.content
    assert hashlib.sha256(answer.content).hexdigest() in media_of(page)
    assert 'alt="The hall."' in page
    assert '<rect x="0" y="138" width="800" height="450"/>' in page


def film_post(site: WebSite, index: bytes = b"") -> str:
    """Queue a post with a film, and return its page."""
    (folder(site) / "media").mkdir()
    (folder(site) / "media" / "march.mp4").write_bytes(film(index=index))
    say(site, post(more="media:\n  - { file: media/march.mp4, alt: The march. }\naccounts: [x]"))
    return read(site)


def test_film_is_offered_and_sent_without_its_place(three: WebSite) -> None:
    page = film_post(three, index=box(b"udta", box(b"\xa9xyz", PLACE)))
    answer = three.signed_in(Role.SEE).get(media_of(page))

    assert '<video controls preload="none"' in page
    assert answer.headers["content-type"] == "video/mp4"
    assert FRAME in answer.content
    assert PLACE not in answer.content


def test_large_film_is_named_and_not_sent(three: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    address = media_of(film_post(three))
    monkeypatch.setattr("bot.services.sent_media.MAX_SHOWN_BYTES", 10)
    monkeypatch.setattr("bot.web.pictures.MAX_SHOWN_BYTES", 10)
    page = read(three)

    assert "<video" not in page
    assert "march.mp4" in page
    assert "The march." in page
    assert three.signed_in(Role.SEE).get(address).status_code == 404


@pytest.mark.parametrize("put", ["link", "folder", "nothing", "text"])
def test_something_else_in_the_place_of_a_picture_is_not_sent(three: WebSite, put: str) -> None:
    file = save_picture(folder(three) / "media" / "hall.png")
    say(three, post(more="media:\n  - { file: media/hall.png, alt: The hall. }"))
    address = media_of(read(three))
    bytes_before = file.read_bytes()
    file.unlink()
    if put == "link":
        secret = folder(three).parent / "elsewhere.png"
        secret.write_bytes(bytes_before)
        file.symlink_to(secret)
    elif put == "folder":
        file.mkdir()
    elif put == "text":
        file.write_text("not a picture")

    assert three.signed_in(Role.SEE).get(address).status_code == 404


def test_picture_that_changed_since_is_not_sent(three: WebSite) -> None:
    file = save_picture(folder(three) / "media" / "hall.png")
    say(three, post(more="media:\n  - { file: media/hall.png, alt: The hall. }"))
    address = media_of(read(three))
    save_picture(file, (41, 30))

    assert three.signed_in(Role.SEE).get(address).status_code == 404


def test_planned_post_shows_its_picture_too(three: WebSite) -> None:
    save_picture(folder(three) / "media" / "hall.png")
    more = "media:\n  - { file: media/hall.png, alt: The hall. }"
    say(three, post(more=more, at="2026-06-01 12:00"))
    page = read(three)

    assert "planned" in words(page)
    assert "beyond the horizon" in page
    assert three.signed_in(Role.SEE).get(media_of(page)).status_code == 200
    limited = three.signed_in(Role.SEE, Scope(None, frozenset()), "Nobody")
    assert limited.get(media_of(page)).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/media/" + "0" * 64,
        "/media/" + "0" * 64 + "?of=1",
        "/media/" + "0" * 64 + "?of=..",
        "/media/hall.png",
        "/media/..%2f..%2fconfig.yaml",
        "/media/%2e%2e%2fgroundswell.db?of=1",
        "/media/",
    ],
)
def test_only_digests_of_pictures_of_posts_are_answered(three: WebSite, address: str) -> None:
    save_picture(folder(three) / "media" / "hall.png")
    say(three, post(more="media:\n  - { file: media/hall.png, alt: The hall. }"))

    assert three.signed_in().get(address).status_code == 404


def test_picture_of_a_hidden_post_is_not_there(three: WebSite) -> None:
    save_picture(folder(three) / "media" / "hall.png")
    say(three, post(more="media:\n  - { file: media/hall.png, alt: The hall. }"))
    address = media_of(read(three))
    limited = three.signed_in(Role.SEE, Scope(frozenset(), None), "Nobody")

    assert limited.get(address).status_code == 404
    assert limited.get(address.partition("?")[0]).status_code == 404


# --- Addresses ------------------------------------------------------------------------------------


def test_number_leads_to_the_post(three: WebSite) -> None:
    say(three, post())
    client = three.signed_in(Role.SEE)
    [number] = {of.id for of in three.app.queue.all() if of.account == "x"}
    answer = client.get(f"/posts/{number}")

    assert (answer.status_code, answer.headers["location"]) == (303, ADDRESS)


def test_recurring_post_leads_to_its_other_times(three: WebSite) -> None:
    say(three, '  - id: hearing\n    when: { every: day, at: "09:00" }\n    text: Ask today.\n')
    page = read(three, "/posts/people/hearing?at=2026-03-04T09:00")

    assert "/posts/people/hearing?at=2026-03-03T09%3A00" in page
    assert "/posts/people/hearing?at=2026-03-05T09%3A00" in page
    assert "Wed 2026-03-04 09:00 CET" in page
    without = read(three, "/posts/people/hearing")
    assert "Tue 2026-03-03 09:00 CET" in without


@pytest.mark.parametrize(
    "address",
    [
        "/posts/people/nothing",
        "/posts/theirs/hearing?at=once",
        "/posts/people/hearing?at=often",
        "/posts/999999",
        "/posts/x",
        "/posts/%2e%2e/hearing",
        "/posts/people/hearing?at=" + "9" * 3000,
        "/posts/people/%F0%9F%92%A5",
    ],
)
def test_unknown_post_is_one_clear_page(three: WebSite, address: str) -> None:
    say(three, post())
    answer = three.signed_in(Role.SEE).get(address)

    assert answer.status_code == 404
    assert "There is no such post" in answer.text


def test_post_that_left_the_files_is_still_shown(three: WebSite) -> None:
    say(three, post(), post(name="other"))
    say(three, post(name="other"))
    page = words(read(three))

    assert "cancelled" in page
    assert WORDS in page


def test_broken_file_still_shows_the_post_and_the_mistake(three: WebSite) -> None:
    say(three, post())
    write_file(folder(three) / "people.yaml", HEAD + post() + "  - [\n")
    page = words(read(three))

    assert WORDS in page
    assert "no longer in the campaign files, or there is a mistake in it" in page
    assert "posts/people.yaml:" in page


def test_time_is_shown_in_the_reader_s_zone_too(three: WebSite) -> None:
    say(three, post())

    assert "(Mon 2026-03-02 22:00 JST)" in read(three, f"{ADDRESS}&zone=Asia/Tokyo")
    wrong = three.signed_in().get(f"{ADDRESS}&zone=Mars/Base")
    assert wrong.status_code == 409
    assert "is not a time zone" in wrong.text


# --- Who may see and do what ----------------------------------------------------------------------


def form_of(page: str, action: str) -> dict[str, str]:
    """Return the fields of the page's form that does this, as a browser would send them."""
    found = re.search(rf'action="/approvals/{action}">(.*?)</form>', page, re.DOTALL)
    assert found, f"no form to {action}"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[1]))


def waits(site: WebSite) -> bool:
    return bool(approving.waiting(site.app))


def test_only_who_may_approve_gets_the_forms(three: WebSite) -> None:
    say(three, post())

    assert 'action="/approvals/approve"' in read(three)
    page = read(three, role=Role.SEE)
    assert "<form" not in page
    assert "Approving needs the role approve" in page


def test_form_carries_the_version_that_was_shown(three: WebSite) -> None:
    say(three, post())
    client = three.signed_in(Role.APPROVE)
    stale = form_of(read(three), "approve")
    say(three, post("Come to the hearing at the city hall."))

    refused = client.post("/approvals/approve", data=stale)
    assert refused.status_code == 409
    assert "Read it again" in refused.text
    assert waits(three)
    assert client.post("/approvals/approve", data=form_of(read(three), "approve")).is_success
    assert not waits(three)


def test_recurring_post_is_approved_on_the_page_of_one_of_its_times(three: WebSite) -> None:
    say(three, '  - id: hearing\n    when: { every: day, at: "09:00" }\n    text: Ask today.\n')
    page = read(three, "/posts/people/hearing?at=2026-03-04T09:00")
    assert "for all times of the post" in page
    data = form_of(page, "approve")

    assert three.signed_in(Role.APPROVE).post("/approvals/approve", data=data).is_success
    assert not waits(three)


def test_two_people_who_approve_at_once_both_get_a_clear_page(three: WebSite) -> None:
    say(three, post())
    data = form_of(read(three), "approve")
    first = three.signed_in(name="Ana").post("/approvals/approve", data=data)
    second = three.signed_in(name="Ben").post("/approvals/approve", data=data)

    assert (first.status_code, second.status_code) == (200, 409)
    assert "Nothing was done" in second.text


def test_author_is_told_why_somebody_else_has_to_approve(three: WebSite) -> None:
    say(three, post(more="author: Ana"), head=HEAD.replace("approval: 1", "approval: 2"))
    mine = three.signed_in(name="Ana").get(ADDRESS).text

    assert 'action="/approvals/approve"' not in mine
    assert "is its author" in mine
    assert 'action="/approvals/approve"' in read(three)


def test_changes_since_the_last_approval_are_marked_word_by_word(three: WebSite) -> None:
    say(three, post())
    approving.approve_named(three.app, ["people/hearing"], "Ana")
    say(three, post("Come to the hearing at the city hall."))
    page = read(three)

    assert re.search(r"<del>.*county.*</del><ins>.*city.*</ins>", page)
    assert "approved it, Mon 2026-03-02 13:00 CET" in page


def test_changes_that_differ_between_accounts_name_their_places(three: WebSite) -> None:
    say(three, post())
    approving.approve_named(three.app, ["people/hearing"], "Ana")
    more = "on: { bluesky: { text: Come to the hearing on Monday. } }"
    say(three, post("Come to the hearing at the city hall.", more=more))
    page = words(read(three))

    assert "approved it, Mon 2026-03-02 13:00 CET, on Bluesky" in page
    assert "approved it, Mon 2026-03-02 13:00 CET, on Mastodon and X" in page


def test_approver_can_withdraw_until_it_leaves(three: WebSite) -> None:
    say(three, post())
    approving.approve_named(three.app, ["people/hearing"], "Ana")
    ana = three.signed_in(Role.APPROVE, name="Ana")
    mine = ana.get(ADDRESS).text
    assert 'action="/approvals/withdraw"' not in read(three)
    assert ana.post("/approvals/withdraw", data=form_of(mine, "withdraw")).is_success
    assert waits(three)
    approving.approve_named(three.app, ["people/hearing"], "Ana")
    three.clock.advance(days=2)
    three.app.dispatcher.run()

    gone = three.signed_in(Role.APPROVE, name="Ana").get(ADDRESS).text
    assert 'action="/approvals/' not in gone


def test_refused_post_says_who_and_why_and_offers_to_take_it_back(three: WebSite) -> None:
    say(three, post())
    refusing.refuse_named(three.app, ["people/hearing"], "Ana", "The hall has moved.")
    page = read(three)

    assert "refused by Ana: The hall has moved." in words(page)
    assert 'action="/approvals/take-back"' in page
    assert 'action="/approvals/approve"' not in page
    assert "<form" not in read(three, role=Role.SEE)
    assert "Ana : refuse" in words(page)
    say(three, post("Come to the hearing at the city hall."))
    assert 'action="/approvals/take-back"' not in read(three)


def test_approved_post_can_still_be_refused_as_it_is_shown(three: WebSite) -> None:
    say(three, post())
    approving.approve_named(three.app, ["people/hearing"], "Ana")
    page = read(three)
    data = {**form_of(page, "refuse"), "why": "Wrong day."}
    assert three.signed_in(name="Ben").post("/approvals/refuse", data=data).is_success
    page = read(three)
    assert "refused by Ben: Wrong day." in words(page)
    back = form_of(page, "take-back")
    assert three.signed_in(name="Kim").post("/approvals/take-back", data=back).is_success
    assert "refused by" not in words(read(three)).partition("What was done")[0]


def test_limited_person_learns_nothing_of_other_accounts(three: WebSite) -> None:
    more = "on: { bluesky: { text: Only the blue sky hears this. } }"
    say(three, post(more=more))
    approving.approve_named(three.app, ["people/hearing"], "Ana", ["sky"])
    drop_posts(three.app, find_posts(three.app, ["people/hearing"], ["masto"]), "Kim")
    limited = three.signed_in(Role.APPROVE, Scope(frozenset({"x"}), None), "Partner")
    page = unescape(limited.get(ADDRESS).text)

    main = page[page.index("<main") : page.index("</main>")]
    for hidden in ("Bluesky", "Mastodon", "masto", "sky", "Ana", "Kim"):
        assert hidden not in main
    assert WORDS in main


def test_person_who_sees_nothing_of_it_gets_the_page_of_an_unknown_post(three: WebSite) -> None:
    say(three, post())
    number = three.app.queue.all()[0].id
    for name, scope in (
        ("Partner", Scope(None, frozenset())),
        ("Nobody", Scope(frozenset(), None)),
    ):
        client = three.signed_in(Role.ADMIN, scope, name)
        for address in (ADDRESS, f"/posts/{number}", "/posts/people/hearing"):
            answer = client.get(address)
            assert answer.status_code == 404
            assert without_strip(answer) == without_strip(client.get("/posts/people/nothing"))


def without_strip(answer: httpx.Response) -> str:
    return answer.text[answer.text.index("<main") : answer.text.index("</main>")]


# --- Texts that try something ---------------------------------------------------------------------

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TURNED = "\u202eevil\u202c \u200bhidden"


def test_stored_markup_and_direction_marks_change_no_field(three: WebSite) -> None:
    trick = f"{MARKUP}{{{{ 7 * 7 }}}} {TURNED}"
    content = Content(
        (
            Part(trick, poll=Poll((trick, "No"), 60)),
            Part(trick, card=LinkCard(f"javascript:{trick}", trick, trick)),
        ),
        warning=trick,
        language="en",
        labels=(trick,),
        reply_settings=trick,
    )
    fields = {"author": trick, "event": trick, "demand": trick, "wording": trick}
    three.add("hearing", account="x", content=content, **fields)
    raw = three.signed_in(Role.ADMIN).get(ADDRESS).text

    assert "<script>alert" not in raw
    assert "<img src=x" not in raw
    assert "49" not in re.sub(r"[0-9a-f]{12,}", "", raw[raw.index("<main") :].replace("&#39;", ""))
    assert not {"\u202e", "\u202c", "\u200b"} & {*raw}
    assert 'href="javascript:' not in raw
    assert " style=" not in raw
    assert " onerror=" not in unescape(raw).replace("src=x onerror=", "")


@pytest.mark.parametrize(
    "text",
    [
        "م" * 40 + " " + "مرحبا بالعالم",
        "word " * 600,
        "x" * 3000,
        "\n\n".join(["Line."] * 200),
    ],
)
def test_long_and_right_to_left_texts_are_shown_whole(three: WebSite, text: str) -> None:
    three.add("hearing", account="masto", platform="mastodon", content=text_content(text))
    raw = unescape(three.signed_in(Role.SEE).get(ADDRESS).text)

    assert f'<p class="said" dir="auto">{text}</p>' in raw


# --- While the page is open -----------------------------------------------------------------------


def test_form_of_a_post_that_has_left_does_nothing(loop: AppHarness) -> None:
    key = loop.add("hearing", content=text_content(WORDS), approvals=1)
    with site_of(loop.app) as site:
        data = form_of(read(site), "approve")
        approving.approve_named(loop.app, ["people/hearing"], "Ana")
        assert 'action="/approvals/approve"' not in read(site)
        loop.drive(minutes=30)
        assert loop.state(key) is State.PUBLISHED
        assert "/approvals/" not in read(site).partition("<main")[2]
        for action in ("approve", "refuse", "withdraw"):
            late = site.signed_in(name="Ben").post(
                f"/approvals/{action}", data={**data, "why": "Too late."}
            )
            assert late.status_code == 409, action
            assert loop.state(key) is State.PUBLISHED


def test_post_with_an_unknown_outcome_leads_to_where_it_is_settled(loop: AppHarness) -> None:
    key = loop.add("hearing", content=text_content(WORDS), grace=timedelta(minutes=4))
    loop.lose_a_send()
    assert loop.state(key) is State.NEEDS_HUMAN
    with site_of(loop.app) as site:
        page = read(site)
        assert f'href="/inbox/{loop.get(key).id}"' in page
        assert "Looked at Mon 2026-03-02" in page


def test_page_needs_few_queries_however_many_posts_there_are(three: WebSite) -> None:
    """Nothing reads the whole queue, log or history of publications."""
    say(three, post())
    for number in range(30):
        three.add(f"other {number}", account="x", due=NOW + timedelta(days=3, minutes=number))
    client = three.signed_in(Role.SEE)
    client.get(ADDRESS)
    with query_plans(three.app.database) as plans:
        client.get(ADDRESS)
    assert plans
    assert [of for of in plans if re.match("SCAN (deliveries|audit|publications)", of[1])] == []

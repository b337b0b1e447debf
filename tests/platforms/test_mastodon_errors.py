"""Every failure between Mastodon's client and a server has its outcome and clear words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from helpers.mastodon_servers import DOMAIN, mock_backend
from helpers.platform_contract import make_media, new_key, publish, send
from helpers.store import text_content

from bot.errors import GroundswellError
from bot.model import Account, Content, Part, Poll
from bot.platforms import load_platform
from bot.platforms.base import SendKey
from bot.platforms.calls import Limits
from bot.platforms.outcomes import (
    Outcome,
    RateLimited,
    Rejected,
    Unauthorized,
    Unfit,
    Unknown,
    Unsent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.flaky_proxy import FlakyProxy
    from helpers.mastodon_servers import MastodonBackend

STATUSES = "/api/v1/statuses"
WHOAMI = "/api/v1/accounts/verify_credentials"
PAGE = "<!DOCTYPE html><title>Just a moment</title>"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def stage(mastodon_proxy: FlakyProxy) -> Iterator[MastodonBackend]:
    mastodon_proxy.requests.clear()
    yield mock_backend(mastodon_proxy)
    mastodon_proxy.faults.clear()


def attempt(stage: MastodonBackend) -> Outcome:
    """Send a post that must fail; return how."""
    with pytest.raises(Outcome) as caught:
        send(stage, text_content("Once"))
    return caught.value


def error(words: str) -> dict[str, str]:
    return {"error": words}


# --- Answers to a send ----------------------------------------------------------------------------

ANSWERS: list[tuple[int, Any, type[Outcome], str]] = [
    (422, error("Validation failed: Text is too long"), Rejected, "Text is too long"),
    (400, error("That is no poll"), Rejected, "That is no poll"),
    (404, error("The post you are replying to is gone"), Rejected, "you are replying to is gone"),
    (401, error("The access token was revoked"), Unauthorized, "token was revoked"),
    (401, PAGE, Unauthorized, "a web page"),
    (403, error("This action is outside the authorized scopes"), Unauthorized, "write:statuses"),
    (403, error("Your login is currently disabled"), Unauthorized, "login is currently disabled"),
    (403, PAGE, Unsent, "is the account's server right?"),
    (404, PAGE, Unsent, "is the account's server right?"),
    (500, error("There was an error"), Unknown, "There was an error"),
    (502, PAGE, Unknown, "a web page"),
    (503, None, Unknown, "HTTP 503"),
    (408, None, Unknown, "HTTP 408"),
    (200, PAGE, Unknown, "names no post"),
    (200, [], Unknown, "names no post"),
    (200, {"id": "1", "scheduled_at": "2026-12-01T00:00:00Z"}, Unknown, "names no post"),
    (200, {"id": "../1", "account": {}}, Unknown, "names no post"),
    (429, error("Too many requests"), RateLimited, "Too many requests"),
]


@pytest.mark.parametrize(("status", "body", "outcome", "words"), ANSWERS, ids=str)
def test_every_answer_to_a_send_has_its_outcome(
    stage: MastodonBackend, status: int, body: Any, outcome: type[Outcome], words: str
) -> None:
    stage.proxy.answer_next(status, body)
    failure = attempt(stage)
    assert type(failure) is outcome
    assert words in str(failure)
    assert len(stage.proxy.requests) == 1, "one request, whatever came of it"
    assert stage.visible() == []


@pytest.mark.parametrize(("status", "outcome"), [(301, Unsent), (302, Unknown), (303, Unknown)])
def test_a_redirect_is_not_followed(
    stage: MastodonBackend, status: int, outcome: type[Outcome]
) -> None:
    stage.proxy.answer_next(status, PAGE, location="https://elsewhere.example/login")
    failure = attempt(stage)
    assert type(failure) is outcome
    assert len(stage.proxy.requests) == 1


def test_a_redirect_names_where_it_leads(stage: MastodonBackend) -> None:
    stage.proxy.answer_next(308, PAGE, location="https://www.social.example/api")
    words = r"redirected \(HTTP 308\) to www\.social\.example, not followed: check .* api"
    with pytest.raises(Unsent, match=words):
        stage.client().whoami()


def test_a_slow_server_leaves_it_open_whether_the_post_is_out(stage: MastodonBackend) -> None:
    options = {"clock": stage.clock, "limits": Limits(silence=0.2)}
    client = stage.kind.connect(stage.account, stage.secrets, options)
    stage.proxy.delay_next(0.6, "POST")
    with pytest.raises(Unknown, match="timed out"):
        client.publish(client.payload(text_content("Slow"), 0, [], None), new_key(NOW))
    stage.proxy.delay_next(0.6, "GET")
    with pytest.raises(Unsent, match="timed out"):
        client.whoami()


SOON = NOW + timedelta(minutes=5)
RESETS = [
    ({"X_RateLimit_Reset": "2026-11-27T12:05:00.000000Z"}, SOON),
    ({"X_RateLimit_Reset": "2026-11-27T13:05:00+01:00"}, SOON),
    ({"X_RateLimit_Reset": str(int(NOW.timestamp()) + 300)}, SOON),
    ({"Retry_After": "300", "Date": "Fri, 27 Nov 2026 12:00:00 GMT"}, SOON),
    ({"Retry_After": "Fri, 27 Nov 2026 12:05:00 GMT"}, SOON),
    ({"X_RateLimit_Reset": "soon"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "until"), RESETS, ids=str)
def test_a_full_window_says_when_to_come_back(
    stage: MastodonBackend, headers: dict[str, str], until: datetime | None
) -> None:
    stage.proxy.answer_next(429, error("Too many requests"), **headers)
    failure = attempt(stage)
    assert isinstance(failure, RateLimited)
    assert failure.until == until


def test_the_token_is_in_no_message(stage: MastodonBackend) -> None:
    token = stage.secrets["access_token"]
    stage.proxy.answer_next(422, error(f"{token} or Bearer abcdef is wrong"))
    said = str(attempt(stage))
    assert "[secret] or Bearer [secret] is wrong" in said


# --- The idempotency key --------------------------------------------------------------------------


def test_the_same_key_is_one_post_on_a_server_that_knows_it(stage: MastodonBackend) -> None:
    key, client = SendKey("campaign/post/account/once/1/1", NOW), stage.client()
    payload = client.payload(text_content("Once"), 0, [], None)
    first = client.publish(payload, key)
    assert client.publish(payload, key) == first
    assert len(stage.visible()) == 1
    sent = [headers for method, _, headers, _ in stage.proxy.requests if method == "POST"]
    assert {headers["Idempotency-Key"] for headers in sent} == {
        sha256(key.name.encode()).hexdigest()
    }


def test_a_repetition_that_is_answered_by_500_is_looked_for(stage: MastodonBackend) -> None:
    key, client = SendKey("campaign/post/account/once/1/2", NOW), stage.client()
    payload = client.payload(text_content("Twice?"), 0, [], None)
    stage.break_next_send("lost")
    with pytest.raises(Unknown):
        client.publish(payload, key)
    stage.proxy.answer_next(500, error("There was an error"))
    with pytest.raises(Unknown):
        client.publish(payload, key)
    assert len(client.find(payload, stage.clock.now()).matches) == 1


# --- Whose the credentials are --------------------------------------------------------------------


US = {"id": "1", "username": "us"}
NOBODY: dict[str, tuple[int, Any, type[Outcome], str]] = {
    "a server that is down": (502, PAGE, Unsent, "HTTP 502"),
    "another site": (200, PAGE, Unsent, "is the account's server right"),
    "moved": (200, {**US, "moved": {"acct": "us@new.example"}}, Unfit, r"to us@new\.example"),
    "suspended": (200, {**US, "suspended": True}, Unauthorized, "suspended"),
    "without a name": (200, {"id": 1}, Unsent, "who the credentials belong to"),
}


@pytest.mark.parametrize(("status", "body", "outcome", "words"), NOBODY.values(), ids=NOBODY)
def test_an_account_that_cannot_be_used_has_its_outcome(
    stage: MastodonBackend, status: int, body: Any, outcome: type[Outcome], words: str
) -> None:
    stage.proxy.answer_next(status, body, path=WHOAMI)
    with pytest.raises(outcome, match=words):
        stage.client().whoami()


def account_of(stage: MastodonBackend, **fields: Any) -> dict[str, Any]:
    account: dict[str, Any] = stage.api("GET", WHOAMI).json()
    return {**account, **fields}


@pytest.mark.parametrize(
    ("fields", "discloses"),
    [
        ({"bot": True}, True),
        ({"bot": False, "note": "<p>Posts are <b>automated</b>.</p>"}, False),
        ({"bot": False, "note": ""}, False),
        ({"bot": None}, None),
    ],
)
def test_only_the_bot_flag_discloses(
    stage: MastodonBackend, fields: dict[str, Any], discloses: bool | None
) -> None:
    stage.proxy.answer_next(200, account_of(stage, **fields), path=WHOAMI)
    assert stage.client().whoami().discloses is discloses


def test_the_servers_own_limit_is_compared_with_the_configs(stage: MastodonBackend) -> None:
    assert not any("texts of" in note for note in stage.client().whoami().notes)
    for path in ("/api/v2/instance", "/api/v1/instance"):
        if path.startswith("/api/v1"):
            stage.proxy.answer_next(404, PAGE, path="/api/v2/instance")
        limits = {"configuration": {"statuses": {"max_characters": 400}}}
        stage.proxy.answer_next(200, {"domain": DOMAIN, **limits}, path=path)
        profile = stage.client().whoami()
        assert profile.handle == stage.account.handle
        [note] = [note for note in profile.notes if "texts of" in note]
        assert "400 characters, fewer than the 500 of config.yaml" in note


def test_a_server_that_says_nothing_of_itself_is_known_by_its_address(
    stage: MastodonBackend,
) -> None:
    for path in ("/api/v2/instance", "/api/v1/instance"):
        stage.proxy.answer_next(404, PAGE, path=path)
    account = account_of(stage, url=f"https://{DOMAIN}/@{stage.name}")
    stage.proxy.answer_next(200, account, path=WHOAMI)
    assert stage.client().whoami().handle == stage.account.handle


def test_credentials_of_another_server_are_not_the_accounts_own(stage: MastodonBackend) -> None:
    stage.proxy.answer_next(200, {"domain": "other.example"}, path="/api/v2/instance")
    there = f"https://other.example/@{stage.name}"
    account = account_of(stage, url=there, uri=there)
    stage.proxy.answer_next(200, account, path=WHOAMI)
    assert stage.client().whoami().handle == f"{stage.name}@other.example"


# --- The timeline ---------------------------------------------------------------------------------

NO_TIMELINES = [
    (200, {"error": "no"}, "not a list of posts"),
    (200, PAGE, "not a list of posts"),
    (200, [{"id": "1"}, "odd"], "not a list of posts"),
    (200, [{"id": "7", "account": {"id": "another"}}], "another account's posts"),
    (503, error("Down"), "Down"),
    (404, PAGE, "a web page"),
]


@pytest.mark.parametrize(("status", "body", "words"), NO_TIMELINES, ids=str)
def test_what_is_no_whole_timeline_never_proves_absence(
    stage: MastodonBackend, status: int, body: Any, words: str
) -> None:
    client = stage.client()
    path = f"/api/v1/accounts/{client.whoami().id}/statuses"
    stage.proxy.answer_next(status, body, path=path)
    with pytest.raises(Unsent, match=words):
        client.find(client.payload(text_content("Absent?"), 0, [], None), stage.clock.now())


def test_a_search_reads_every_page(stage: MastodonBackend) -> None:
    ids = [send(stage, text_content(f"Post {number}")) for number in range(85)]
    client = stage.client()
    search = client.find(client.payload(text_content("Post 0"), 0, [], None), stage.clock.now())
    assert [post.remote_id for post in search.matches] == ids[:1]
    assert "85 posts" in search.evidence
    assert search.complete


def test_a_server_that_shows_one_full_page_again_and_again_proves_nothing(
    stage: MastodonBackend,
) -> None:
    client = stage.client()
    account = client.whoami().id
    at = stage.clock.now().isoformat()
    page = [
        {"id": str(number), "account": {"id": account}, "created_at": at, "content": "<p>Hi</p>"}
        for number in range(40)
    ]
    for shown, complete in ((page, False), (page[1:], True)):
        for _ in range(2):
            stage.proxy.answer_next(200, shown, path=f"/api/v1/accounts/{account}/statuses")
        payload = client.payload(text_content("Absent?"), 0, [], None)
        assert client.find(payload, stage.clock.now()).complete is complete


# --- Counters -------------------------------------------------------------------------------------


def test_counters_come_in_batches(stage: MastodonBackend) -> None:
    posts = [(send(stage, text_content(f"Post {number}")), NOW) for number in range(25)]
    client = stage.client()
    stage.proxy.requests.clear()
    assert len(client.fetch_counters(posts).counters) == 25
    assert len(stage.proxy.requests) == 2


@pytest.mark.parametrize("status", [404, 405])
def test_without_batches_counters_come_from_pages_of_the_timeline(
    stage: MastodonBackend, status: int
) -> None:
    """GoToSocial has no such list (405), and one request a post is too many of its limit."""
    at = stage.clock.now()
    posts = [(send(stage, text_content(f"Post {number}")), at) for number in range(25)]
    client = stage.client()
    stage.proxy.answer_next(status, error("There is no such list"), method="GET", path=STATUSES)
    stage.proxy.requests.clear()
    assert len(client.fetch_counters(posts).counters) == 25
    asked = [path.partition("?")[0] for _, path, *_ in stage.proxy.requests]
    assert len(asked) <= 4, "the list, whose account it is, and pages"
    stage.delete(posts[7][0])
    stage.proxy.requests.clear()
    reading = client.fetch_counters(posts)
    assert (len(reading.counters), reading.gone) == (24, {posts[7][0]})
    asked = [path.partition("?")[0] for _, path, *_ in stage.proxy.requests]
    assert STATUSES not in asked, "it remembers that there are no batches"
    assert len(asked) <= 3
    assert asked[-1] == f"{STATUSES}/{posts[7][0]}", "what no page shows is asked for by itself"


def test_one_post_or_a_server_without_a_timeline_is_read_one_by_one(
    stage: MastodonBackend,
) -> None:
    at = stage.clock.now()
    posts = [(send(stage, text_content(f"Post {number}")), at) for number in range(3)]
    client = stage.client()
    account = client.whoami().id
    stage.proxy.answer_next(405, error("There is no such list"), method="GET", path=STATUSES)
    stage.proxy.requests.clear()
    assert len(client.fetch_counters(posts[:1]).counters) == 1
    assert len(stage.proxy.requests) == 2
    stage.proxy.answer_next(403, PAGE, path=f"/api/v1/accounts/{account}/statuses")
    stage.proxy.requests.clear()
    assert len(client.fetch_counters(posts).counters) == 3
    assert len(stage.proxy.requests) == 4


def test_a_poll_says_nothing_that_a_strict_server_refuses(stage: MastodonBackend) -> None:
    """GoToSocial refuses a whole poll for a flag that is a text, as in ``sensitive="0"``."""
    content = Content((Part("Well?", poll=Poll(("Yes", "No"), 60)),))
    stage.proxy.requests.clear()
    send(stage, content)
    [body] = [body for method, path, _, body in stage.proxy.requests if path == STATUSES]
    fields = json.loads(body)
    assert "sensitive" not in fields
    assert {name: type(field) for name, field in fields["poll"].items()} == {
        "options": list,
        "expires_in": int,
        "multiple": bool,
        "hide_totals": bool,
    }


def test_what_no_server_counts_is_no_data(stage: MastodonBackend) -> None:
    remote_id = send(stage, text_content("Post"))
    stage.api("POST", f"{STATUSES}/{remote_id}/favourite")
    counters = stage.client().fetch_counters([(remote_id, NOW)]).counters[remote_id]
    assert (counters.likes, counters.reposts, counters.replies) == (1, 0, 0)
    assert (counters.impressions, counters.link_clicks, counters.bookmarks) == (None, None, None)


def test_a_post_is_gone_only_where_the_accounts_own_server_says_so(
    stage: MastodonBackend,
) -> None:
    remote_id = send(stage, text_content("Post"))
    stage.proxy.answer_next(404, PAGE, method="GET", path=STATUSES)
    stage.proxy.answer_next(404, PAGE, path=f"{STATUSES}/{remote_id}")
    stage.proxy.answer_next(404, PAGE, path=WHOAMI)
    with pytest.raises(Unsent):
        stage.client().fetch_counters([(remote_id, NOW)])


def test_what_was_read_before_the_server_stopped_answering_is_kept(
    stage: MastodonBackend,
) -> None:
    posts = [(send(stage, text_content(f"Post {number}")), NOW) for number in range(21)]
    client = stage.client()
    stage.proxy.answer_next(429, error("Too many"), method="GET", path=f"{STATUSES}/{posts[20][0]}")
    stage.delete(posts[20][0])
    reading = client.fetch_counters(posts)
    assert len(reading.counters) == 20
    assert reading.gone == frozenset()


# --- Uploads --------------------------------------------------------------------------------------

MEDIA = "/api/v2/media"


def test_a_file_is_waited_for_until_the_server_has_processed_it(
    stage: MastodonBackend, tmp_path: Path
) -> None:
    for status, path in ((202, MEDIA), (206, "/api/v1/media/7"), (200, "/api/v1/media/7")):
        stage.proxy.answer_next(status, {"id": "7", "url": None}, path=path)
    assert stage.client().upload(make_media(tmp_path)).media_id == "7"
    assert stage.waited == [1.0, 2.0]


def test_a_file_that_is_never_processed_is_unsent(stage: MastodonBackend, tmp_path: Path) -> None:
    stage.proxy.answer_next(202, {"id": "7"}, path=MEDIA)
    for _ in range(80):
        stage.proxy.answer_next(206, {"id": "7"}, path="/api/v1/media/7")
    with pytest.raises(Unsent, match="still processing the file after 59"):
        stage.client().upload(make_media(tmp_path))


UPLOADS = [
    (422, error("Error processing thumbnail"), Rejected, "Error processing thumbnail"),
    (413, PAGE, Rejected, "larger than the server takes"),
    (403, error("This action is outside the authorized scopes"), Unauthorized, "write:media"),
    (500, None, Unsent, "HTTP 500"),
    (200, {"id": 7}, Unsent, "did not name it"),
    (200, PAGE, Unsent, "did not name it"),
]


@pytest.mark.parametrize(("status", "body", "outcome", "words"), UPLOADS, ids=str)
def test_every_answer_to_an_upload_has_its_outcome(
    stage: MastodonBackend,
    tmp_path: Path,
    status: int,
    body: Any,
    outcome: type[Outcome],
    words: str,
) -> None:
    stage.proxy.answer_next(status, body, path=MEDIA)
    with pytest.raises(Outcome, match=words) as caught:
        stage.client().upload(make_media(tmp_path))
    assert type(caught.value) is outcome


def test_a_server_without_the_second_version_gets_files_by_the_first(
    stage: MastodonBackend, tmp_path: Path
) -> None:
    stage.proxy.answer_next(404, error("Not found"), path=MEDIA)
    stage.client().upload(make_media(tmp_path))
    assert [path for _, path, _, _ in stage.proxy.requests] == [MEDIA, "/api/v1/media"]


# --- Payloads -------------------------------------------------------------------------------------


def test_the_payload_is_all_that_the_server_shows(stage: MastodonBackend) -> None:
    head = publish(stage, text_content("Head", warning="Police violence", language="en"))
    content = text_content("Head", "Tail", warning="Police violence", language="en")
    publish(stage, content, 1, head.reply)
    first, second = stage.statuses()
    assert (first["spoiler_text"], first["language"]) == ("Police violence", "en")
    assert (second["in_reply_to_id"], second["spoiler_text"]) == (first["id"], "Police violence")
    client = stage.client()
    other = client.payload(text_content("Head", warning="Something else"), 0, [], None)
    assert client.find(other, stage.clock.now()).matches == ()


def test_labelled_pictures_are_sensitive(stage: MastodonBackend, tmp_path: Path) -> None:
    media, client = make_media(tmp_path), stage.client()
    said = Content((Part("Look", (media,)),), labels=("graphic-media",))
    upload = client.upload(media).media_id
    client.publish(client.payload(said, 0, [upload], None), new_key(stage.clock.now()))
    publish(stage, text_content("Words alone", labels=("graphic-media",)))
    assert [status["sensitive"] for status in stage.statuses()] == [True, False]


def test_a_token_never_goes_over_an_open_address() -> None:
    platform = load_platform("mastodon")
    account = Account("a", "mastodon", "a@social.example", "http://social.example")
    with pytest.raises(GroundswellError, match="needs an https address"):
        platform.connect(account, {"access_token": "x"})


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        (f"https://{DOMAIN}/@us/statuses/7", True),
        ("https://elsewhere.example/7", False),
        (f"https://{DOMAIN}.evil.example/7", False),
        ("javascript:alert(1)", False),
        (f"https://{DOMAIN}/\u202e7", False),
        (None, False),
    ],
)
def test_the_servers_own_address_of_a_post_is_taken_where_it_is_its_own(
    stage: MastodonBackend, url: str | None, is_taken: bool
) -> None:
    created = "2026-11-27T12:00:00Z"
    status: dict[str, Any] = {"id": "7", "account": {}, "url": url, "created_at": created}
    stage.proxy.answer_next(200, status, method="POST")
    published = publish(stage, text_content("Hello"))
    by_form = stage.kind.post_url(stage.account, "7")
    assert (published.url, published.at) == (url if is_taken else by_form, NOW)

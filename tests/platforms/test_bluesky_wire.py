"""Every answer to Bluesky's client has its outcome, and none shows a secret."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.bluesky import BlueskyBackend, Front, bluesky_server, borrowed_account
from helpers.platform_contract import make_media, new_key, send
from helpers.store import text_content

from bot.errors import GroundswellError
from bot.model import Account
from bot.platforms import load_platform
from bot.platforms.bluesky.network import API
from bot.platforms.bluesky.responses import classify
from bot.platforms.bluesky.session import repository_server
from bot.platforms.calls import Limits
from bot.platforms.options import BlueskyOptions
from bot.platforms.outcomes import Outcome, RateLimited, Rejected, Unauthorized, Unknown, Unsent
from bot.platforms.responses import HttpAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PUT = "com.atproto.repo.putRecord"
LOGIN = "com.atproto.server.createSession"
HTML = {"content-type": "text/html"}
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with bluesky_server(tmp_path_factory.mktemp("bluesky")) as started:
        yield started


@pytest.fixture
def stage(front: Front) -> Iterator[BlueskyBackend]:
    with borrowed_account(front) as backend:
        yield backend


def said(name: str) -> bytes:
    return json.dumps({"error": name, "message": "in its words"}).encode()


ANSWERS: list[tuple[int, bytes, dict[str, str], type[Outcome]]] = [
    (200, b"", {}, Unknown),
    (200, b"{", JSON, Unknown),
    (200, b"[]", JSON, Unknown),
    (200, b"{}", JSON, Unknown),
    (200, b"<html>Welcome</html>", HTML, Unknown),
    (200, b'{"uri": "at://did:plc:other/app.bsky.feed.post/3m", "cid": "b"}', JSON, Unknown),
    (301, b"", {"location": "https://elsewhere.example/"}, Unknown),
    (400, said("InvalidRequest"), JSON, Rejected),
    (400, b"<html>Bad Request</html>", HTML, Unknown),
    (400, said("InvalidToken"), JSON, Unauthorized),
    (400, said("AccountDeactivated"), JSON, Unauthorized),
    (400, said("BlobNotFound"), JSON, Unsent),
    (401, said("AuthMissing"), JSON, Unauthorized),
    (403, said("Forbidden"), JSON, Unauthorized),
    (404, b"<html>Not Found</html>", HTML, Unknown),
    (404, said("XRPCNotSupported"), JSON, Rejected),
    (408, said("RequestTimeout"), JSON, Unknown),
    (409, said("Conflict"), JSON, Unknown),
    (413, said("PayloadTooLarge"), JSON, Rejected),
    (429, said("RateLimitExceeded"), JSON, RateLimited),
    (429, b"slow down", HTML, RateLimited),
    (500, said("InternalServerError"), JSON, Unknown),
    (501, said("MethodNotImplemented"), JSON, Unknown),
    (502, b"<html>Bad Gateway</html>", HTML, Unknown),
    (503, b"", {}, Unknown),
]
IDS = [f"{status} {body[:20]!r}" for status, body, _, _ in ANSWERS]


@pytest.mark.parametrize(("status", "body", "headers", "outcome"), ANSWERS, ids=IDS)
def test_every_answer_to_a_write_has_its_outcome(
    stage: BlueskyBackend,
    status: int,
    body: bytes,
    headers: dict[str, str],
    outcome: type[Outcome],
) -> None:
    for _ in range(3):
        stage.front.fault(PUT, "answer", status=status, body=body, headers=headers)
    with pytest.raises(outcome) as caught:
        send(stage, text_content("Once"))
    assert type(caught.value) is outcome
    assert stage.front.hits.count(PUT) == 1, "one request, whatever came of it"
    assert stage.visible() == []


@pytest.mark.parametrize(("status", "body", "headers", "_"), ANSWERS, ids=IDS)
def test_no_answer_to_a_question_is_unknown_or_proves_anything(
    stage: BlueskyBackend, tmp_path: Path, status: int, body: bytes, headers: dict[str, str], _: Any
) -> None:
    client, media = stage.client(), make_media(tmp_path)
    payload = client.payload(text_content("Hello"), 0, [], None)
    questions: dict[str, Callable[[], object]] = {
        "com.atproto.repo.listRecords": lambda: client.find(payload, stage.clock.now()),
        "com.atproto.repo.uploadBlob": lambda: client.upload(media),
        "com.atproto.server.getSession": client.whoami,
        "app.bsky.feed.getPosts": lambda: client.fetch_counters(
            [("3mg37dsgwmdsm", stage.clock.now())]
        ),
    }
    for method, question in questions.items():
        stage.front.fault(method, "answer", status=status, body=body, headers=headers)
        with pytest.raises(Outcome) as caught:
            question()
        assert not isinstance(caught.value, Unknown), method
        assert not stage.front.faults[method], method


@pytest.mark.parametrize(("status", "body", "headers", "_"), ANSWERS[2::3], ids=IDS[2::3])
def test_no_answer_to_a_login_gives_up_a_post(
    stage: BlueskyBackend, status: int, body: bytes, headers: dict[str, str], _: Any
) -> None:
    stage.forget_session()
    stage.front.fault(LOGIN, "answer", status=status, body=body, headers=headers)
    with pytest.raises((Unsent, Unauthorized, RateLimited)):
        send(stage, text_content("Hello"))
    assert PUT not in stage.front.hits
    send(stage, text_content("Hello"))
    assert stage.visible() == ["Hello"]


@pytest.mark.parametrize(
    "records",
    [
        None,
        "all of them",
        [{"uri": "at://did:plc:other/app.bsky.feed.post/3mg37dsgwmdsm", "value": {"text": ""}}],
        [{"uri": "at://{did}/app.bsky.feed.post/3mg37dsgwmdsm"}],
        [{"uri": "at://{did}/app.bsky.feed.like/3mg37dsgwmdsm", "value": {"text": ""}}],
        ["at://{did}/app.bsky.feed.post/3mg37dsgwmdsm"],
    ],
    ids=str,
)
def test_what_is_no_list_of_the_accounts_posts_proves_no_absence(
    stage: BlueskyBackend, records: Any
) -> None:
    client = stage.client()
    payload = client.payload(text_content("Hello"), 0, [], None)
    body = json.dumps({"records": records}).replace("{did}", stage.did).encode()
    stage.front.fault("com.atproto.repo.listRecords", "answer", body=body, headers=JSON)
    with pytest.raises(Unsent, match="does not show the timeline"):
        client.find(payload, stage.clock.now())


def test_a_list_without_an_end_proves_no_absence(stage: BlueskyBackend) -> None:
    client = stage.client()
    [first, second] = stage.post_by_hand("One", "Two")
    entries = [
        {"uri": f"at://{stage.did}/app.bsky.feed.post/{key}", "value": {"text": "One"}}
        for key in (second, first)
    ]
    body = json.dumps({"records": entries, "cursor": first}).encode()
    for _ in range(2):
        stage.front.fault("com.atproto.repo.listRecords", "answer", body=body, headers=JSON)
    payload = client.payload(text_content("Hello"), 0, [], None)
    with pytest.raises(Unsent, match="does not show the timeline"):
        client.find(payload, stage.clock.now())


def test_a_limit_says_when_it_ends(stage: BlueskyBackend) -> None:
    reset = datetime(2026, 3, 2, 12, 5, tzinfo=UTC)
    stage.front.error(PUT, 429, "RateLimitExceeded", ratelimit_reset=str(int(reset.timestamp())))
    with pytest.raises(RateLimited) as caught:
        send(stage, text_content("Patience"))
    assert caught.value.until == reset


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({}, None),
        ({"ratelimit-reset": "soon"}, None),
        ({"ratelimit-reset": "9" * 30}, None),
        ({"retry-after": "60"}, None),
        (
            {"retry-after": "60", "date": "Mon, 02 Mar 2026 12:00:00 GMT"},
            datetime(2026, 3, 2, 12, 1, tzinfo=UTC),
        ),
    ],
)
def test_a_limit_without_a_usable_end_has_none(
    headers: dict[str, str], until: datetime | None
) -> None:
    outcome = classify(HttpAnswer(429, headers, said("RateLimitExceeded")), str)
    assert isinstance(outcome, RateLimited)
    assert outcome.until == until


def test_the_servers_own_limit_of_logins_is_understood(tmp_path: Path) -> None:
    with bluesky_server(tmp_path, limits=True) as front:
        account = Account("mj", "bluesky", "nobody.test", front.url)
        before, kind = datetime.now(UTC), load_platform("bluesky")

        def refusal(_: int) -> Outcome:
            options = {"limits": Limits(silence=60.0)}  # all at once, on a busy machine
            client = kind.connect(account, {"app_password": "wrong"}, options)
            with pytest.raises(Outcome) as caught:
                client.whoami()
            return caught.value

        with ThreadPoolExecutor(31) as pool:  # the server takes its time for each
            refusals = [*pool.map(refusal, range(31))]
    [limited] = [outcome for outcome in refusals if isinstance(outcome, RateLimited)]
    assert sum(isinstance(outcome, Unauthorized) for outcome in refusals) == 30
    assert limited.until is not None
    assert before < limited.until <= datetime.now(UTC) + timedelta(minutes=6)


def test_a_deleted_post_cannot_be_read_anew(stage: BlueskyBackend) -> None:
    """InvalidSwap, but no record has the key. The post may have been out, and a person looks."""
    stage.front.error(PUT, 400, "InvalidSwap")
    with pytest.raises(Unknown, match=r"InvalidSwap.*RecordNotFound"):
        send(stage, text_content("Hello"))


def test_what_takes_too_long_before_a_post_leaves_it_unsent(
    stage: BlueskyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = stage.client()
    payload = client.payload(text_content(f"@{stage.handle} says"), 0, [], None)
    forward = stage.front.forward

    def slow(*request: Any) -> Any:
        stage.clock.advance(seconds=5)
        return forward(*request)

    monkeypatch.setattr(stage.front, "forward", slow)
    with pytest.raises(Unsent, match="took too long"):
        client.publish(payload, new_key(stage.clock.now()))
    assert PUT not in stage.front.hits


def test_a_slow_renewal_leaves_a_post_unsent(
    stage: BlueskyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(stage, text_content("One"))
    stage.expire_session()
    forward = stage.front.forward

    def slow(verb: str, path: str, *rest: Any) -> Any:
        if path.endswith("refreshSession"):
            stage.clock.advance(seconds=5)
        return forward(verb, path, *rest)

    monkeypatch.setattr(stage.front, "forward", slow)
    with pytest.raises(Unsent, match="took too long"):
        send(stage, text_content("Two"))
    assert stage.visible() == ["One"]
    stage.clock.advance(seconds=1)
    send(stage, text_content("Two"))
    assert stage.visible() == ["One", "Two"]


def test_several_threads_renew_a_session_once(stage: BlueskyBackend) -> None:
    client = stage.client()
    client.whoami()
    stage.expire_session()
    threads = [threading.Thread(target=client.whoami) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stage.front.hits.count("com.atproto.server.refreshSession") == 1


def test_a_secret_that_an_answer_repeats_is_not_shown(stage: BlueskyBackend) -> None:
    client, password = stage.client(), stage.secrets["app_password"]
    client.whoami()
    token = client._repository._tokens.access  # type: ignore[attr-defined]
    body = json.dumps({"error": "InvalidRequest", "message": f"{password} Bearer {token}"}).encode()
    stage.front.fault(PUT, "answer", status=400, body=body, headers=JSON)
    with pytest.raises(Rejected) as caught:
        send(stage, text_content("Hello"))
    assert password not in str(caught.value)
    assert token not in str(caught.value)
    shown = repr(client._repository._tokens)  # type: ignore[attr-defined]
    assert token not in shown


def test_a_deactivated_account_may_not_act(stage: BlueskyBackend) -> None:
    stage.forget_session()
    tokens = {"did": stage.did, "handle": stage.handle, "accessJwt": "a.b.c", "refreshJwt": "d"}
    body = json.dumps({**tokens, "active": False, "status": "deactivated"}).encode()
    stage.front.fault(LOGIN, "answer", body=body, headers=JSON)
    with pytest.raises(Unauthorized, match="the account is deactivated"):
        send(stage, text_content("Hello"))


# --- Addresses of requests ------------------------------------------------------------------------

DOCUMENT = {
    "service": [
        {"id": "#bsky_notif", "serviceEndpoint": "https://notif.example"},
        {"id": "#atproto_pds", "serviceEndpoint": "https://shimeji.example/"},
    ]
}


def test_the_login_server_names_the_one_that_keeps_the_posts() -> None:
    assert repository_server(API, DOCUMENT) == "https://shimeji.example"
    assert repository_server("https://pds.example", DOCUMENT) == "https://pds.example"


@pytest.mark.parametrize("address", ["http://shimeji.example", "https://me@x.example", 7, "", None])
def test_a_server_over_which_tokens_could_be_read_is_not_used(address: Any) -> None:
    document = {"service": [{"id": "did:x#atproto_pds", "serviceEndpoint": address}]}
    assert repository_server(API, document) == API
    assert repository_server(API, None) == API


@pytest.mark.parametrize("api", ["http://pds.example", "https://me:pass@pds.example"])
def test_an_address_over_which_tokens_could_be_read_is_refused(api: str) -> None:
    kind, secrets = load_platform("bluesky"), {"app_password": "q3ds-pvam-6jvk-ehts"}
    account = Account("mj", "bluesky", "ours.bsky.social", api)
    with pytest.raises(GroundswellError, match="It needs an https address"):
        kind.connect(account, secrets)
    other = replace(account, api=API, options=BlueskyOptions.model_construct(appview=api))
    with pytest.raises(GroundswellError, match="It needs an https address"):
        kind.connect(other, secrets)


def test_counters_are_read_from_the_usual_index_or_another() -> None:
    kind, secrets = load_platform("bluesky"), {"app_password": "q3ds-pvam-6jvk-ehts"}
    account = Account("mj", "bluesky", "ours.bsky.social", API)
    client: Any = kind.connect(account, secrets)
    assert client._appview == "https://public.api.bsky.app"
    own = replace(account, options=BlueskyOptions(appview="https://index.example/"))
    other: Any = kind.connect(own, secrets)
    assert other._appview == "https://index.example"

"""Which pages show the whole of a timeline, and what X's other answers must hold to be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.platform_contract import send
from helpers.store import text_content

from bot.platforms.outcomes import Unsent
from bot.platforms.x import client, timeline
from bot.sandbox.x import problems

if TYPE_CHECKING:
    from helpers.platforms import XBackend

ME = "42"
REPLY = {"id": "7", "text": "Hello", "referenced_tweets": [{"type": "replied_to", "id": "5"}]}
SHOWN: dict[str, Any] = {"data": [REPLY], "meta": {"result_count": 1}}


def error(kind: str, **fields: str) -> dict[str, str]:
    return {"type": f"https://api.x.com/2/problems/{kind}", "detail": "Sorry.", **fields}


MISSING = "resource-not-found"
WHOLE: dict[str, dict[str, Any]] = {
    "posts and their number": SHOWN,
    "posts alone": {"data": [REPLY]},
    "none": {"meta": {"result_count": 0}},
    "an empty list": {"data": []},
    "none here, but the next page": {"meta": {"result_count": 0, "next_token": "x"}},
    "the author is named": {"data": [{**REPLY, "author_id": ME}]},
    "its parent is deleted": {**SHOWN, "errors": [error(MISSING, resource_id="5")]},
    "its parent, by value": {**SHOWN, "errors": [error(MISSING, value="5", parameter="ids")]},
    "a field of it is withheld": {
        **SHOWN,
        "errors": [error("not-authorized-for-field", resource_id="7", field="scopes")],
    },
    "no errors": {**SHOWN, "errors": []},
}
FAULTY: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no number": {"meta": {}},
    "null": {"data": None},
    "an object": {"data": {"id": "7"}},
    "a number that is none": {"meta": {"result_count": "0"}},
    "errors only": {"errors": [error(MISSING, resource_id=ME, parameter="id")]},
    "an error, and no posts": {"meta": {"result_count": 0}, "errors": [error(MISSING, value="5")]},
    "the user cannot be seen": {
        **SHOWN,
        "errors": [error("not-authorized-for-resource", resource_id=ME)],
    },
    "the request was invalid": {**SHOWN, "errors": [{"message": "Oops", "parameters": {}}]},
    "the server failed": {**SHOWN, "errors": [error("internal-error")]},
    "another post is not shown": {**SHOWN, "errors": [error(MISSING, resource_id="8")]},
    "half an id is no mention": {
        "data": [{**REPLY, "id": "77"}],
        "errors": [error(MISSING, resource_id="7")],
    },
    "errors that are no list": {**SHOWN, "errors": {"message": "Oops"}},
    "an odd error": {**SHOWN, "errors": ["Oops"]},
    "fewer posts than announced": {"data": [REPLY], "meta": {"result_count": 2}},
    "a post without an id": {"data": [REPLY, {"text": "?"}]},
    "somebody else's": {"data": [{**REPLY, "author_id": "43"}]},
}


@pytest.mark.parametrize("name", WHOLE)
def test_these_pages_show_all_there_is(name: str) -> None:
    assert timeline.page_fault(WHOLE[name], ME) == ""


@pytest.mark.parametrize("name", FAULTY)
def test_these_pages_prove_nothing_absent(name: str) -> None:
    assert timeline.page_fault(FAULTY[name], ME)


# --- over HTTP ------------------------------------------------------------------------------------


def answer(stage: XBackend, path: str, **body: Any) -> None:
    stage.fault({"status": 200, "body": body}, path)


def test_a_search_says_why_it_cannot_be_believed_and_what_it_cost(stage: XBackend) -> None:
    remote_id = send(stage, text_content("Here"))
    shown = {"data": [{"id": remote_id, "text": "Here"}], "errors": [error("internal-error")]}
    answer(stage, r"/2/users/\d+/tweets", **shown)
    with pytest.raises(Unsent, match="does not show the timeline: Sorry") as caught:
        stage.client().find('{"text":"Not here"}', stage.clock.now())
    assert [charge.ids for charge in caught.value.charges] == [(remote_id,)]


def test_what_an_error_repeats_of_a_secret_is_blotted_out(stage: XBackend) -> None:
    secret = stage.secrets["access_token_secret"]
    answer(stage, r"/2/users/\d+/tweets", errors=[{"message": f"bad {secret}"}])
    with pytest.raises(Unsent) as caught:
        stage.client().find('{"text":"x"}', stage.clock.now())
    assert secret not in str(caught.value)


def test_pages_without_an_end_are_no_whole_timeline(
    stage: XBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_MAX_PAGES", 3)
    endless = {"meta": {"result_count": 0, "next_token": "again"}}
    stage.fault({"status": 200, "body": endless}, r"/2/users/\d+/tweets", count=9)
    with pytest.raises(Unsent, match="no end"):
        stage.client().find('{"text":"x"}', stage.clock.now())


def test_a_look_up_that_names_no_post_at_all_is_an_outcome(stage: XBackend) -> None:
    """It is neither counted nor deleted, and would be asked for again and again, unseen."""
    post = (send(stage, text_content("Here")), stage.clock.now())
    for path in (r"/2/users/\d+/tweets", "/2/tweets"):
        answer(stage, path, errors=[{"message": "Something went wrong"}])
    with pytest.raises(Unsent, match="Something went wrong"):
        stage.client().fetch_counters([post])


@pytest.mark.parametrize(
    "wrong",
    [{"resource_type": "user"}, {"parameter": "referenced_tweets.id"}],
    ids=str,
)
def test_only_a_look_up_of_the_post_itself_says_that_it_is_gone(
    stage: XBackend, wrong: dict[str, str]
) -> None:
    one, two = ((send(stage, text_content(text)), stage.clock.now()) for text in ("One", "Two"))
    stage.fault("errors_only", r"/2/users/\d+/tweets")
    missing = {**problems.missing_error("tweet", one[0], "ids"), **wrong}
    answer(stage, "/2/tweets", data=[{"id": two[0], "text": "Two"}], errors=[missing])
    reading = stage.client().fetch_counters([one, two])
    assert (reading.gone, [*reading.counters]) == (set(), [two[0]])


def test_what_is_shown_is_not_gone_whatever_an_error_says(stage: XBackend) -> None:
    remote_id = send(stage, text_content("Here"))
    stage.fault("errors_only", r"/2/users/\d+/tweets")
    missing = problems.missing_error("tweet", remote_id, "ids")
    answer(stage, "/2/tweets", data=[{"id": remote_id, "text": "Here"}], errors=[missing])
    assert stage.client().fetch_counters([(remote_id, stage.clock.now())]).gone == frozenset()


WHO: list[dict[str, Any]] = [
    {"errors": [{"message": "Something went wrong"}]},
    {"data": {"id": ME}},
    {"data": {"id": ME, "username": ""}},
    {"data": {"id": ME, "username": "mj"}, "errors": [error("internal-error")]},
]


@pytest.mark.parametrize("body", WHO, ids=str)
def test_an_answer_that_does_not_say_who_it_is_is_no_identity(
    stage: XBackend, body: dict[str, Any]
) -> None:
    answer(stage, "/2/users/me", **body)
    with pytest.raises(Unsent, match="did not say who"):
        stage.client().whoami()

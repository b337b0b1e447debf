"""Writing and reading records, as a real server does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.sandbox_bluesky import POSTS, post
from helpers.sandbox_bluesky_cases import images, picture

from bot.sandbox.bluesky.data import cid_of_bytes, cid_of_record

if TYPE_CHECKING:
    import requests
    from helpers.sandbox_bluesky import BlueskySandboxClient

PNG = b"\x89PNG\r\n\x1a\nnot much of a picture"


def error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["error"])


def texts(sky: BlueskySandboxClient) -> list[str]:
    return [post.raw for post in sky.world.visible()]


def listed(sky: BlueskySandboxClient, **params: Any) -> tuple[list[str], str | None]:
    nsid = "com.atproto.repo.listRecords"
    page = sky.get(nsid, repo=sky.own.id, collection=POSTS, **params).json()
    return [entry["value"]["text"] for entry in page["records"]], page.get("cursor")


# --- One record, however often it is sent ---------------------------------------------------------


def test_a_cid_is_what_a_real_server_gives_the_same_content() -> None:
    """Both are from answers of @atproto/pds."""
    record = {"createdAt": "2026-11-27T04:00:00.000Z", "text": "one", "$type": POSTS}
    assert cid_of_record(record) == "bafyreicbj4dyexpfalkcrb6vphbgnixonlpai6nwpbs62hauhrqucif42m"
    shown = images(picture(alt="a"))["embed"]
    record = {**record, "text": "p", "embed": shown}
    assert cid_of_record(record) == "bafyreid6wjwltbbwilksmjsakpindtkhjitd5jz4ysram5yfnb7q4wx5qi"
    assert cid_of_bytes(b"hello") == "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"


def test_the_same_record_again_is_the_same_record(sky: BlueskySandboxClient) -> None:
    key = sky.key()
    first, second = sky.put(post(), key).json(), sky.put(post(), key).json()
    assert first["commit"]["rev"]
    assert second == {name: first[name] for name in ("uri", "cid", "validationStatus")}
    assert texts(sky) == ["Hello"]


def test_another_record_under_a_key_that_is_to_be_new_is_refused(
    sky: BlueskySandboxClient,
) -> None:
    key = sky.key()
    cid = sky.put(post("One"), key).json()["cid"]
    answer = sky.put(post("Two"), key)
    assert answer.status_code == 400
    assert answer.json() == {"error": "InvalidSwap", "message": f"Record was at {cid}"}
    assert texts(sky) == ["One"]


def test_a_record_is_overwritten_where_nothing_is_expected(sky: BlueskySandboxClient) -> None:
    key = sky.key()
    first = sky.put(post("One"), key).json()
    assert sky.write("put", post("Two"), key).status_code == 200
    assert texts(sky) == ["Two"]
    expected = {"swapRecord": first["cid"]}
    assert error(sky.write("put", post("Three"), key, **expected)) == (400, "InvalidSwap")
    current = cid_of_record(post("Two"))
    assert sky.write("put", post("Three"), key, swapRecord=current).status_code == 200
    assert texts(sky) == ["Three"]


def test_a_record_that_is_expected_has_to_be_there(sky: BlueskySandboxClient) -> None:
    answer = sky.put(post(), swapRecord=cid_of_record(post()))
    assert answer.json() == {"error": "InvalidSwap", "message": "Record was at null"}
    last = sky.put(post("One")).json()["commit"]["cid"]
    assert sky.put(post("Two"), swapCommit=last).status_code == 200
    assert error(sky.put(post("Three"), swapCommit=last)) == (400, "InvalidSwap")


def test_creating_under_a_key_that_is_taken_is_an_error_of_the_server(
    sky: BlueskySandboxClient,
) -> None:
    made = sky.write("create", post("One")).json()
    key = made["uri"].rpartition("/")[2]
    assert error(sky.write("create", post("One"), key)) == (500, "InternalServerError")
    assert texts(sky) == ["One"]


def test_keys_that_the_server_makes_grow(sky: BlueskySandboxClient) -> None:
    uris = [sky.write("create", post(str(number))).json()["uri"] for number in range(5)]
    assert uris == sorted(uris)
    assert len({*uris}) == 5


def test_deleting_twice_is_no_error_and_writing_again_brings_it_back(
    sky: BlueskySandboxClient,
) -> None:
    key = sky.create_post("One")
    first, second = sky.write("delete", key=key), sky.write("delete", key=key)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["commit"]["rev"]
    assert second.json() == {}
    assert texts(sky) == []
    assert sky.put(post("One"), key).status_code == 200
    assert texts(sky) == ["One"]


def test_a_deletion_may_expect_a_record(sky: BlueskySandboxClient) -> None:
    key = sky.create_post("One")
    other, right = (cid_of_record(post(text)) for text in ("Two", "One"))
    assert error(sky.write("delete", key=key, swapRecord=other)) == (400, "InvalidSwap")
    assert sky.write("delete", key=key, swapRecord=right).status_code == 200


def test_who_deletes_a_post_by_hand_deletes_its_record(sky: BlueskySandboxClient) -> None:
    key = sky.create_post("One")
    deleted = sky.session.post(f"{sky.url}/sandbox/posts/{key}/delete", timeout=10)
    assert deleted.json() == {"deleted": key}
    answer = sky.get("com.atproto.repo.getRecord", repo=sky.own.id, collection=POSTS, rkey=key)
    uri = sky.uri(key)
    assert error(answer) == (400, "RecordNotFound")
    assert answer.json()["message"] == f"Could not locate record: {uri}"
    assert listed(sky) == ([], None)


def test_a_post_by_hand_is_a_record(sky: BlueskySandboxClient) -> None:
    made = sky.world.add_post(sky.own, "By hand")
    assert listed(sky) == (["By hand"], made.id)


def test_nobody_writes_for_others(sky: BlueskySandboxClient) -> None:
    key = sky.create_post("One")
    for how in ("put", "create", "delete"):
        record = None if how == "delete" else post()
        answer = sky.write(how, record, key, repo=sky.other.id)
        assert error(answer) == (401, "AuthenticationRequired")
    answer = sky.write("put", post(), key, repo="nobody.test")
    assert error(answer) == (403, "AccountNotFound")
    nsid = "com.atproto.repo.putRecord"
    assert error(sky.call("POST", nsid, None, json={})) == (401, "AuthMissing")
    assert texts(sky) == ["One"]


def test_a_key_may_be_in_two_repositories(sky: BlueskySandboxClient) -> None:
    key = sky.create_post("Mine")
    token = sky.login(sky.other).json()["accessJwt"]
    body = {"repo": sky.other.handle, "collection": POSTS, "rkey": key, "record": post("Theirs")}
    nsid = "com.atproto.repo.putRecord"
    answer = sky.call("POST", nsid, token, json={**body, "swapRecord": None})
    assert answer.status_code == 200
    assert texts(sky) == ["Mine", "Theirs"]
    assert sky.write("delete", key=key).status_code == 200
    assert texts(sky) == ["Theirs"]


# --- Threads --------------------------------------------------------------------------------------


def test_a_reply_is_shown_in_the_thread_of_its_parent(sky: BlueskySandboxClient) -> None:
    head = sky.put(post("Head")).json()
    ref = {"uri": head["uri"], "cid": head["cid"]}
    sky.create_post("Something else")
    sky.create_post("Tail", reply={"root": ref, "parent": ref})
    threads = sky.session.get(f"{sky.url}/sandbox/posts", timeout=10).json()["threads"]
    assert sorted(map(len, threads)) == [1, 2]
    assert [post.depth for post in sky.world.visible()] == [0, 0, 1]


# --- Reading --------------------------------------------------------------------------------------


def test_records_are_listed_latest_key_first_in_pages(sky: BlueskySandboxClient) -> None:
    for number in range(5):
        sky.create_post(str(number))
        sky.clock.advance(seconds=1)
    assert listed(sky)[0] == ["4", "3", "2", "1", "0"]
    page, cursor = listed(sky, limit=2)
    assert page == ["4", "3"]
    assert listed(sky, limit=2, cursor=cursor)[0] == ["2", "1"]
    assert listed(sky, limit=2, reverse="true")[0] == ["0", "1"]
    assert listed(sky, cursor="2") == ([], None)


def test_a_repository_is_found_by_its_name_and_by_its_did(sky: BlueskySandboxClient) -> None:
    key = sky.create_post("One")
    for repo in (sky.own.id, sky.own.handle):
        answer = sky.get("com.atproto.repo.getRecord", repo=repo, collection=POSTS, rkey=key)
        record = {"uri": sky.uri(key), "cid": cid_of_record(post("One")), "value": post("One")}
        assert answer.json() == record
    nsid = "com.atproto.repo.listRecords"
    answer = sky.get(nsid, repo="nobody.test", collection=POSTS)
    assert answer.json()["message"] == "Could not find repo: nobody.test"


@pytest.mark.parametrize(
    "params",
    [{"limit": "101"}, {"limit": "0"}, {"limit": "x"}, {"reverse": "maybe"}, {"collection": "x"}],
    ids=str,
)
def test_a_parameter_that_no_lexicon_allows_is_refused(
    sky: BlueskySandboxClient, params: dict[str, str]
) -> None:
    answer = sky.get(
        "com.atproto.repo.listRecords", repo=sky.own.id, **{"collection": POSTS, **params}
    )
    assert error(answer) == (400, "InvalidRequest")
    assert answer.json()["message"].startswith("Invalid com.atproto.repo.listRecords params: ")


def test_a_name_is_resolved_in_any_case(sky: BlueskySandboxClient) -> None:
    nsid = "com.atproto.identity.resolveHandle"
    assert sky.get(nsid, handle="Athena.TEST").json() == {"did": sky.other.id}
    answer = sky.get(nsid, handle="nobody.test")
    message = "Unable to resolve handle"
    assert answer.status_code == 400
    assert answer.json() == {"error": "InvalidRequest", "message": message}
    first, other = (sky.get(nsid, handle=f"{name}.example.org").json()["did"] for name in "ab")
    assert first.startswith("did:plc:")
    assert len(first) == len(sky.own.id)
    assert first != other


# --- Files ----------------------------------------------------------------------------------------


def test_the_same_file_again_is_the_same_file(sky: BlueskySandboxClient) -> None:
    first, second = (sky.upload(PNG, mime).json()["blob"] for mime in ("image/png", "image/jpeg"))
    assert first == second
    assert first["ref"]["$link"] == cid_of_bytes(PNG)
    assert (first["mimeType"], first["size"]) == ("image/png", len(PNG))


def test_a_file_of_no_known_type_is_what_it_is_said_to_be(sky: BlueskySandboxClient) -> None:
    assert sky.upload(b"Hello", "text/plain").json()["blob"]["mimeType"] == "text/plain"


def test_a_post_shows_its_pictures_with_their_words(sky: BlueskySandboxClient) -> None:
    blob = sky.upload(PNG).json()["blob"]
    size = {"width": 8, "height": 6}
    shown = images(picture(blob, alt="One", aspectRatio=size), picture(blob, alt="Two"))
    assert sky.put(shown).status_code == 200
    media = sky.world.visible()[0].media
    assert [(file.alt, file.width, file.data) for file in media] == [
        ("One", 8, PNG),
        ("Two", 0, PNG),
    ]
    address = f"{sky.url}/sandbox/media/{blob['ref']['$link']}"
    assert sky.session.get(address, timeout=10).content == PNG


def test_a_file_has_to_be_there_and_what_the_record_says(sky: BlueskySandboxClient) -> None:
    blob = sky.upload(PNG).json()["blob"]
    other = {**blob, "ref": {"$link": cid_of_bytes(b"another")}}
    assert error(sky.put(images(picture(other)))) == (400, "BlobNotFound")
    wrong = {**blob, "mimeType": "image/jpeg"}
    assert error(sky.put(images(picture(wrong)))) == (400, "InvalidMimeType")
    wrong = {**blob, "size": 5}
    assert error(sky.put(images(picture(wrong)))) == (400, "InvalidSize")
    assert not sky.world.posts


@pytest.mark.timeout(20)  # one step a microsecond would take an hour
def test_keys_stay_in_their_order_where_the_clock_is_turned_back(sky: BlueskySandboxClient) -> None:
    first = sky.world.next_tid()
    sky.clock.step(hours=-1)
    assert sky.world.next_tid() > first


def test_a_file_that_no_post_shows_is_forgotten(sky: BlueskySandboxClient) -> None:
    blob = sky.upload(PNG).json()["blob"]
    sky.clock.advance(minutes=61)
    assert error(sky.put(images(picture(blob)))) == (400, "BlobNotFound")
    sky.upload(PNG)
    assert sky.put(images(picture(blob))).status_code == 200
    sky.clock.advance(days=3)
    sky.tokens.clear()
    assert sky.put(images(picture(blob))).status_code == 200, "a post shows it"


def test_a_file_is_there_as_long_as_a_post_shows_it(sky: BlueskySandboxClient) -> None:
    record = images(picture(sky.upload(PNG).json()["blob"]))
    first, second = (sky.create_post("", embed=record["embed"]) for _ in range(2))
    sky.write("delete", key=first)
    assert sky.put(record, first).status_code == 200
    sky.write("delete", key=first)
    sky.world.delete_post(sky.world.posts[second])
    assert error(sky.put(record, first)) == (400, "BlobNotFound")
    sky.upload(PNG)
    assert sky.put(record, first).status_code == 200


def test_a_file_of_another_account_has_to_be_uploaded_again(sky: BlueskySandboxClient) -> None:
    blob = sky.upload(PNG).json()["blob"]
    token = sky.login(sky.other).json()["accessJwt"]
    record = images(picture(blob))
    body = {"repo": sky.other.id, "collection": POSTS, "record": record}
    answer = sky.call("POST", "com.atproto.repo.createRecord", token, json=body)
    assert error(answer) == (400, "BlobNotFound")

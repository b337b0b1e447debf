"""The methods that write and read records, and uploads.

A record of ``app.bsky.feed.post`` is also a post of the world, which people see. The post's id is
the record's key. Deleting the post on the page deletes the record.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from bot.sandbox.bluesky import data, problems
from bot.sandbox.bluesky.lexicons import POST, PROFILE
from bot.sandbox.bluesky.state import Record
from bot.sandbox.bluesky.validation import InvalidValueError, check_record, is_blob
from bot.sandbox.files import sniff_mime
from bot.sandbox.state import SimUpload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.bluesky.calls import Call
    from bot.sandbox.bluesky.state import BlueskyState, Repo
    from bot.sandbox.state import SimAccount, SimPost


def create_record(world: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.repo.createRecord. Write a new record.

    A key that exists is answered by 500, as on a real server.
    """
    repo = _own_repo(world, call)
    key = call.data.get("rkey") or world.next_tid()
    record, status = _checked(call.data, key)
    _check_commit(repo, call.data)
    if repo.find(call.data["collection"], key):
        raise problems.generic(500)
    return _write(world, call, key, record) | status


def put_record(world: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.repo.putRecord. Write a record under a key, or replace the one there.

    The same record again changes nothing, whatever it is to replace.
    """
    repo, key, collection = _own_repo(world, call), call.data["rkey"], call.data["collection"]
    record, status = _checked(call.data, key)
    current = repo.find(collection, key)
    if current and current.cid == record.cid:
        return {"uri": repo.uri(collection, key), "cid": record.cid} | status
    _check_commit(repo, call.data)
    if "swapRecord" in call.data:
        _check_swap(current, call.data["swapRecord"])
    return _write(world, call, key, record) | status


def delete_record(world: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.repo.deleteRecord. Delete a record if it exists."""
    repo, key, collection = _own_repo(world, call), call.data["rkey"], call.data["collection"]
    current = repo.find(collection, key)
    if current is None:
        return {}
    _check_commit(repo, call.data)
    if expected := call.data.get("swapRecord"):
        _check_swap(current, expected)
    del repo.records[collection][key]
    current.gone = True
    if current.post:
        world.delete_post(current.post)
    return {"commit": repo.advance(world.next_tid(), current.cid)}


def _own_repo(world: BlueskyState, call: Call) -> Repo:
    """Return the repository of a request. Raise ApiError if it is not the signer's."""
    account = world.find_account(call.data["repo"])
    if account is None:
        raise problems.named("AccountNotFound", "Account not found", 403)
    if account is not call.signer:
        raise problems.generic(401)
    return world.repo(account)


def _checked(body: dict[str, Any], key: str) -> tuple[Record, dict[str, str]]:
    """Return the record of a request, and its validation status. Raise ApiError."""
    collection, value, wanted = body["collection"], body["record"], body.get("validate")
    kind = value.get("$type", collection)
    if kind != collection:
        raise problems.invalid(f"Invalid $type: expected {collection}, got {kind}")
    value, known, problem = {**value, "$type": collection}, False, ""
    try:
        known = check_record(collection, key, value)
    except InvalidValueError as error:
        problem = str(error)
    if not known and not problem and wanted:
        problem = f"Unknown lexicon type: {collection}"
    if problem and wanted is not False:
        raise problems.invalid(problem)
    status = {} if wanted is False else {"validationStatus": "valid" if known else "unknown"}
    return Record(data.cid_of_record(value), data.in_order(value), valid=not problem), status


def _check_commit(repo: Repo, body: dict[str, Any]) -> None:
    expected, current = body.get("swapCommit"), repo.commit.get("cid")
    if expected and expected != current:
        raise problems.moved_on("Commit", current)


def _check_swap(current: Record | None, expected: str | None) -> None:
    """Raise ApiError unless a write expects the current record, or None if there is none."""
    cid = current.cid if current else None
    if cid != expected:
        raise problems.moved_on("Record", cid)


def _write(world: BlueskyState, call: Call, key: str, record: Record) -> dict[str, Any]:
    """Store a record whose content was checked. Raise ApiError if it shows unknown files."""
    repo, collection = world.repo(call.signer), call.data["collection"]
    for blob in _blobs(record.value):
        _check_blob(world, repo, blob)
    for blob in _blobs(record.value):
        repo.shown_in.setdefault(blob["ref"]["$link"], []).append(record)
    previous = repo.find(collection, key)
    if collection == POST and record.valid:
        record.post = _show(world, call.signer, key, record, previous.post if previous else None)
    elif previous and previous.post:
        world.delete_post(previous.post)
    if collection == PROFILE:
        call.signer.automated = record.valid and "bot" in label_values(record)
    if previous:
        previous.gone = True
    repo.records.setdefault(collection, {})[key] = record
    commit = repo.advance(world.next_tid(), record.cid)
    return {"uri": repo.uri(collection, key), "cid": record.cid, "commit": commit}


def _blobs(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the references to files in a record, at any depth."""
    if is_blob(value):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _blobs(item)


def _check_blob(world: BlueskyState, repo: Repo, blob: dict[str, Any]) -> None:
    """Check a file that a record shows. Raise ApiError.

    It exists as long as another record shows it. Its type and size are checked only if none does.
    """
    cid = blob["ref"]["$link"]
    if repo.shows(cid):
        return
    upload = repo.blobs.get(cid)
    if upload is None or cid in repo.shown_in or world.now() - upload.created > world.blob_life:
        raise problems.missing_blob(cid)
    for name, what, stored in (
        ("mimeType", "Mimetype", upload.mime),
        ("size", "Size", upload.total),
    ):
        if blob[name] != stored:
            message = f"Referenced {what} does not match stored blob."
            kind = f"Invalid{name[0].upper()}{name[1:]}"
            raise problems.named(kind, f"{message} Expected: {stored}, Got: {blob[name]}")


def upload_blob(world: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.repo.uploadBlob. Keep a file, for a record that shows it soon."""
    repo, now, cid = world.repo(call.signer), world.now(), data.cid_of_bytes(call.body)
    mime = sniff_mime(call.body) or call.mime
    upload = SimUpload(cid, call.signer.id, mime, len(call.body), now, data=call.body)
    upload.finalized = now
    if not repo.shows(cid):
        repo.shown_in.pop(cid, None)
        repo.blobs[cid] = world.uploads[cid] = upload
    ref = {"$link": cid}
    return {"blob": {"$type": "blob", "ref": ref, "mimeType": mime, "size": len(call.body)}}


# --- What people see ------------------------------------------------------------------------------


def _show(
    world: BlueskyState, author: SimAccount, key: str, record: Record, shown: SimPost | None
) -> SimPost:
    """Return the post that people see of a record, which is new, or ``shown`` with its content."""
    value = record.value
    media = tuple(_pictures(world, value.get("embed")))
    if shown:
        shown.raw, shown.media = value["text"], media
        return shown
    reply = value.get("reply")
    parent = world.post_at(reply["parent"]["uri"]) if reply else None
    # A key is unique in its repository, but has to be unique in the world.
    taken = key in world.posts and world.posts[key].author is not author
    id_ = f"{author.handle}:{key}" if taken else key
    return world.add_post(author, value["text"], media=media, parent=parent, id_=id_)


def _pictures(world: BlueskyState, embed: Any) -> Iterator[SimUpload]:
    if not isinstance(embed, dict) or embed.get("$type") != "app.bsky.embed.images":
        return
    for image in embed["images"]:
        size = image.get("aspectRatio", {"width": 0, "height": 0})
        upload = world.uploads[image["image"]["ref"]["$link"]]
        yield replace(upload, alt=image["alt"], width=size["width"], height=size["height"])


def label_values(record: Record | None) -> list[str]:
    """Return the values of the labels that a record puts on itself."""
    labels = record.value.get("labels", {}) if record else {}
    if labels.get("$type") != "com.atproto.label.defs#selfLabels":
        return []
    return [label["val"] for label in labels["values"]]


# --- Reading --------------------------------------------------------------------------------------


def get_record(world: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.repo.getRecord."""
    account = world.find_account(call.data["repo"])
    if account is None:
        raise problems.invalid("Could not locate record")
    repo, collection, key = world.repo(account), call.data["collection"], call.data["rkey"]
    record = repo.find(collection, key)
    if record is None or call.data.get("cid", record.cid) != record.cid:
        raise problems.missing_record(repo.uri(collection, key))
    return {"uri": repo.uri(collection, key), "cid": record.cid, "value": record.value}


def list_records(world: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.repo.listRecords. Answer the highest keys first, with ``reverse`` the lowest."""
    account = world.find_account(call.data["repo"])
    if account is None:
        raise problems.invalid(f"Could not find repo: {call.data['repo']}")
    repo, collection = world.repo(account), call.data["collection"]
    forward, after = call.data.get("reverse", False), call.data.get("cursor")
    keys = sorted(repo.records.get(collection, ()), reverse=not forward)
    if after is not None:
        keys = [key for key in keys if (key > after if forward else key < after)]
    found = [(key, record) for key in keys if (record := repo.find(collection, key))]
    page = found[: call.data["limit"]]
    records = [
        {"uri": repo.uri(collection, key), "cid": record.cid, "value": record.value}
        for key, record in page
    ]
    return {"records": records} | ({"cursor": page[-1][0]} if page else {})


def resolve_handle(world: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.identity.resolveHandle. Elsewhere, all handles but reserved ones exist."""
    handle = call.data["handle"].lower()
    if account := world.by_handle(handle):
        return {"did": account.id}
    if handle.rpartition(".")[2] in {"test", "invalid"}:
        raise problems.UNKNOWN_HANDLE
    return {"did": world.new_account_id(lambda _: sha256(handle.encode()).hexdigest())}

"""The client of one account on Bluesky: its requests, and their order.

Posts are written to the server that keeps the account's repository, and searched for there. Likes
and replies are records in others' repositories, which the index (AppView) counts.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from atproto_client import models

from bot.media.pictures import shown_size
from bot.model import RemotePost
from bot.platforms import is_loopback
from bot.platforms.base import CounterReading, Profile, Upload
from bot.platforms.bluesky import records
from bot.platforms.bluesky.names import Names
from bot.platforms.bluesky.network import APPVIEW, MEDIA_LASTS, post_url
from bot.platforms.bluesky.repository import Repository
from bot.platforms.bluesky.responses import RecordMissingError, SwapRefusedError
from bot.platforms.bluesky.transport import document_of, readable
from bot.platforms.calls import limited
from bot.platforms.options import BlueskyOptions
from bot.platforms.outcomes import Outcome, Rejected, Unknown, Unsent
from bot.platforms.responses import as_object, as_objects
from bot.platforms.searching import CLOCK_TOLERANCE, search_result
from bot.platforms.transport import canonical_json, checked_api
from bot.platforms.uploads import checked_chunks, naming

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from atproto_client.client.raw import ClientRaw

    from bot.model import Account, Content, Media
    from bot.platforms.base import SendKey, TimelineSearch
    from bot.platforms.bluesky.transport import BlueskyTransport

LOOKUP_LIMIT = 25
"""Most posts in one answer of the index (``app.bsky.feed.getPosts``)."""
PREPARE_SECONDS = 4.0
"""How long the requests before a write may take, for the parent, the ids of names or a new token.
The claim must not end before the answer to the write is in."""
_PROFILE = "app.bsky.actor.profile"
_FULL_ACCESS = "com.atproto.access"
"""The scope of a session made with the account's own password."""


class BlueskyClient:
    """One account's client. It raises only outcomes, and keeps its session and the ids of names."""

    def __init__(self, account: Account, transport: BlueskyTransport) -> None:
        self._account = account
        self._transport = transport
        self._repository = Repository(transport, account.handle.lstrip("@"))
        self._languages = account.options_as(BlueskyOptions).languages
        usual = transport.api if is_loopback(transport.api) else APPVIEW
        self._appview = checked_api(account.options_as(BlueskyOptions).appview or usual)
        self._names = Names(transport, self._appview)

    @property
    def platform_time(self) -> datetime | None:
        """The server's clock, to the second, as of the last answer. None if that is not recent."""
        return self._transport.platform_time

    @property
    def keys_last(self) -> timedelta:
        """A day. The key is the record's own, but a post that a person deleted must not return."""
        return timedelta(days=1)

    @limited("upload")
    def upload(self, media: Media) -> Upload:
        """Upload one file. It may be repeated. The alt text goes with the post. Raise Outcome."""
        start, data = self._transport.clock.now(), b"".join(checked_chunks(media))
        width, height = shown_size(data, media.width, media.height)
        with naming(media):
            kept = readable(lambda: self._repository.call(partial(_upload_blob, data, media.mime)))
        # A file's address is the hash of its bytes.
        cid = records.blob_cid(data)
        if kept != cid:
            raise Unsent("the server did not keep the file as it was sent")
        blob = {"$type": "blob", "mimeType": media.mime, "ref": {"$link": cid}, "size": len(data)}
        image: dict[str, Any] = {"image": blob}
        if width > 0 and height > 0:
            image["aspectRatio"] = {"width": width, "height": height}
        return Upload(canonical_json(image), start + MEDIA_LASTS)

    def payload(
        self, content: Content, part: int, media_ids: Sequence[str], reply_to: str | None
    ) -> str:
        """Return the record of this part as JSON, without the network.

        ``publish`` adds the time, and the ids of the mentioned accounts.
        """
        draft = records.draft(content, part, media_ids, reply_to, self._languages)
        return canonical_json(draft)

    @limited("send")
    def publish(self, payload: str, key: SendKey) -> RemotePost:
        """Write the record once. Raise Outcome.

        The same payload under the same key is the same record, however often it is written.
        """
        draft, name = json.loads(payload), records.record_key(key)
        in_time = partial(self._check_time, self._transport.clock.uptime() + PREPARE_SECONDS)
        record, found = self._completed(draft, key.at, in_time)
        did = self._repository.did
        try:
            answer = self._repository.put(records.COLLECTION, name, record, in_time)
        except SwapRefusedError as refused:
            return self._written_before(record, name, refused, found)
        document = as_object(answer.content)
        cid = document.get("cid")
        if document.get("uri") != records.post_uri(did, name) or not records.is_cid(cid):
            detail = f"accepted (HTTP {answer.status_code}), but the answer names no such post"
            raise Unknown(detail, status=answer.status_code)
        return self._remote_post(did, name, cid, record, found)

    @limited("read")
    def find(self, payload: str, since: datetime) -> TimelineSearch:
        """Search the own posts since an instant for the payload, latest first. Raise Outcome."""
        wanted, did = json.loads(payload), self._repository.did
        start = since - CLOCK_TOLERANCE
        found: list[tuple[RemotePost, bool, bool]] = []
        for key, entry in self._repository.posts(start):
            record = as_object(entry.get("value"))
            words = records.has_same_words(wanted, record)
            place = records.has_same_place(wanted, record, did)
            post = self._remote_post(did, key, str(entry.get("cid")), record)
            found.append((post, words, place))
        span = start, self._transport.clock.now()
        return search_result(self._account, found, span)

    @limited("counters")
    def fetch_counters(
        self,
        posts: Sequence[tuple[str, datetime]],
        polls: Collection[str] = (),  # noqa: ARG002 - there are none
    ) -> CounterReading:
        """Read the counters of own posts, given as (remote id, published), from the index.

        A post that the index does not show is gone only if the account's own server has no such
        post either. If one of them stops answering half-way, the counters read until then are
        returned. Raise Outcome only if there are none.
        """
        reading, did = CounterReading(), self._repository.did
        keys = {records.post_uri(did, key): key for key, _ in posts}
        uris = list(keys)
        try:
            for start in range(0, len(uris), LOOKUP_LIMIT):
                asked = uris[start : start + LOOKUP_LIMIT]
                for uri, view in self._look_up(asked).items():
                    reading.counters[keys[uri]] = records.parse_counters(view)
                for uri in asked:
                    if keys[uri] not in reading.counters and self._is_gone(keys[uri]):
                        reading.gone.add(keys[uri])
        except Outcome:
            if not (reading.counters or reading.gone):
                raise
        return reading

    @limited("read")
    def whoami(self) -> Profile:
        """Ask whose credentials these are, and post nothing. Raise Outcome."""
        document = self._repository.read("com.atproto.server.getSession")
        did, handle = document.get("did"), document.get("handle")
        if did != self._repository.did or not isinstance(handle, str):
            raise Unsent("the server did not say who the credentials belong to")
        try:
            record = as_object(self._repository.record(_PROFILE, "self").get("value"))
        except RecordMissingError:
            record = {}
        bio = str(record.get("description") or "")
        notes = []
        if self._repository.scope == _FULL_ACCESS:
            notes.append(
                "the password is the account's own: make an app password, which cannot delete the "
                "account, and use that"
            )
        return Profile(
            id=self._repository.did,
            handle=handle,
            name=str(record.get("displayName") or ""),
            bio=bio,
            discloses=records.is_labelled_bot(record),
            notes=tuple(notes),
        )

    @limited("send")
    def mark_automated(self) -> None:
        """Put the label ``bot`` on the profile, and leave the rest of it alone. Raise Outcome."""
        try:
            found = self._repository.record(_PROFILE, "self")
        except RecordMissingError:
            found = {}
        profile = {"$type": _PROFILE, **as_object(found.get("value"))}
        try:
            record = records.labelled_bot(profile)
        except ValueError as error:
            raise Rejected(f"the profile is left as it is: {error}") from error
        current = found.get("cid")  # if somebody edits the profile meanwhile, nothing is written
        self._repository.put(_PROFILE, "self", record, lambda: None, replacing=current)

    @limited("read")
    def find_names(self, content: Content) -> None:
        """Look up the accounts that all parts mention, and keep their ids. Raise Outcome."""
        self._names.find(records.names_in(content.parts))

    # --- Before a post is written -----------------------------------------------------------------

    def _completed(
        self, draft: Mapping[str, Any], created: datetime, in_time: Callable[[], None]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return a draft's whole record, and all ids of names. Raise Outcome, never Unknown."""
        parent = as_object(as_object(draft.get("reply")).get("parent"))
        # The names of all parts, because a thread must not stop half-way at an unknown name.
        names, known = records.mentioned_names(draft), records.found_names(draft)
        dids = self._names.find(names, known=known, before=in_time)
        reply = self._reply_reference(parent) if parent else None
        return records.complete(draft, created, dids, reply), {**known, **dids}

    def _check_time(self, end: float) -> None:
        if self._transport.clock.uptime() > end:
            raise Unsent("looking up names and the part before took too long")

    def _reply_reference(self, parent: Mapping[str, Any]) -> dict[str, Any]:
        """Return root and parent of a part as they are now. Raise Rejected for a deleted parent."""
        did = self._repository.did
        key = parent.get("key") or records.key_in(str(parent.get("uri")), did)
        try:
            entry = self._repository.record(records.COLLECTION, str(key))
        except RecordMissingError as missing:
            why = f"the part before it does not exist any more: {missing.detail}"
            raise Rejected(why, status=missing.status) from missing
        uri, cid = entry.get("uri"), entry.get("cid")
        if uri != records.post_uri(did, str(key)) or not records.is_cid(cid):
            raise Unsent("the server does not show the part before it")
        return records.reply_reference(uri, cid, as_object(entry.get("value")))

    def _written_before(
        self,
        record: Mapping[str, Any],
        key: str,
        refused: SwapRefusedError,
        found: Mapping[str, str],
    ) -> RemotePost:
        """Return the post that has the key already, if it says the same. Raise Unknown."""
        did = self._repository.did
        try:
            entry = self._repository.record(records.COLLECTION, key)
        except Outcome as failed:
            raise Unknown(f"{refused.detail}; then: {failed.detail}") from failed
        there = as_object(entry.get("value"))
        same = records.has_same_words(record, there) and records.has_same_place(record, there, did)
        if not same or not records.is_cid(entry.get("cid")):
            raise Unknown(f"another post has its key already: {post_url(self._account, key)}")
        return self._remote_post(did, key, entry["cid"], there, found)

    # --- Reading ----------------------------------------------------------------------------------

    def _look_up(self, uris: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return posts as the index shows them, by their addresses. Raise Outcome."""
        params = models.AppBskyFeedGetPosts.Params(uris=list(uris))
        server = self._transport.server(self._appview)
        document = document_of(server.invoke_query("app.bsky.feed.getPosts", params=params))
        if not isinstance(document.get("posts"), list):
            raise Unsent("the index does not show the posts: its answer holds none")
        views = {str(view.get("uri")): view for view in as_objects(document["posts"])}
        return {uri: views[uri] for uri in uris if uri in views}

    def _is_gone(self, key: str) -> bool:
        try:
            self._repository.record(records.COLLECTION, key)
        except RecordMissingError:
            return True
        return False

    # --- Texts ------------------------------------------------------------------------------------

    def _remote_post(
        self,
        did: str,
        key: str,
        cid: str,
        record: Mapping[str, Any],
        found: Mapping[str, str] | None = None,
    ) -> RemotePost:
        at = records.created_at(record, key) or self._transport.clock.now()
        reply = records.reply_json(records.post_uri(did, key), cid, record, found)
        return RemotePost(key, post_url(self._account, key), at, reply)


def _upload_blob(data: bytes, mime: str, server: ClientRaw, headers: dict[str, str]) -> str:
    """Upload a file, and return the server's address for it."""
    headers = {**headers, "Content-Type": mime}
    return str(server.com.atproto.repo.upload_blob(data, headers=headers).blob.cid.encode())

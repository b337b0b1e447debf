"""The account's repository: its records on the server that keeps them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from atproto_client import models

from bot.platforms.bluesky import records
from bot.platforms.bluesky.session import BlueskySession
from bot.platforms.bluesky.transport import document_of
from bot.platforms.outcomes import Unsent
from bot.platforms.responses import as_object
from bot.platforms.transport import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from atproto_client.client.raw import ClientRaw

PAGE_SIZE = 100
"""Most records on a page (``com.atproto.repo.listRecords``)."""
_MAX_PAGES = 200


class Repository(BlueskySession):
    """One account's repository. Every method raises Outcome, and only ``put`` raises Unknown."""

    def read(self, method: str, params: Any = None) -> dict[str, Any]:
        """Return the JSON object that answers a query."""
        return self.call(
            lambda server, headers: document_of(
                server.invoke_query(method, params=params, headers=headers)
            )
        )

    def record(self, collection: str, key: str) -> dict[str, Any]:
        """Return a record with its address and hash."""
        params = models.ComAtprotoRepoGetRecord.Params(
            repo=self.did, collection=collection, rkey=key
        )
        return self.read("com.atproto.repo.getRecord", params)

    def put(
        self,
        collection: str,
        key: str,
        record: Mapping[str, Any],
        before: Callable[[], None],
        *,
        replacing: str | None = None,
    ) -> Any:
        """Write a record once. Raise SwapRefusedError if another record is in its place.

        ``before`` is called right before each request. There is a second one if the token had
        expired, and the server did nothing. ``replacing`` is the hash of the record to replace, or
        None for a new record.

        None becomes ``swapRecord: null`` (lexicons/com/atproto/repo/putRecord.json in
        https://github.com/bluesky-social/atproto). atproto's client would leave the null out, and
        the server would overwrite another record.
        """
        body = {
            "repo": self.did,
            "collection": collection,
            "rkey": key,
            "record": record,
            "swapRecord": replacing,
        }
        return self.call(partial(_put_record, canonical_json(body), before))

    def posts(self, start: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the account's posts since an instant with their keys, latest first.

        It ends without an error only if the server has shown all of them, which proves absence.
        """
        cursor, last = None, ""
        for _ in range(_MAX_PAGES):
            params = models.ComAtprotoRepoListRecords.Params(
                repo=self.did, collection=records.COLLECTION, limit=PAGE_SIZE, cursor=cursor
            )
            page = self.read("com.atproto.repo.listRecords", params)
            entries = page.get("records")
            if not isinstance(entries, list):
                raise Unsent("the server does not show the timeline: its answer holds no records")
            for entry in entries:
                key = records.key_in(str(as_object(entry).get("uri")), self.did)
                record = as_object(as_object(entry).get("value"))
                if key is None or not record or (last and key >= last):
                    raise Unsent("the server does not show the timeline: it is not this account's")
                last = key
                instants = (records.key_time(key), records.created_at(record, key))
                if any(instant and instant >= start for instant in instants):
                    yield key, entry
            oldest = records.key_time(last) if last else None
            cursor = page.get("cursor")
            if not entries or not cursor or (oldest and oldest < start):
                return
        raise Unsent(f"the timeline has no end after {_MAX_PAGES} pages")


def _put_record(
    content: str, before: Callable[[], None], server: ClientRaw, headers: dict[str, str]
) -> Any:
    before()
    headers = {**headers, "Content-Type": "application/json"}
    method = "com.atproto.repo.putRecord"
    return server.invoke_procedure(method, content=content, headers=headers, repeatable=False)

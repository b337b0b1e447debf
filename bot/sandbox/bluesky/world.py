"""A simulated Bluesky: a world whose API is Bluesky's."""

from __future__ import annotations

from base64 import b32encode
from typing import TYPE_CHECKING, Any

from bot.sandbox.bluesky import BlueskyApi
from bot.sandbox.bluesky.data import cid_of_record, in_order
from bot.sandbox.bluesky.lexicons import POST, PROFILE
from bot.sandbox.bluesky.records import Record
from bot.sandbox.bluesky.views import timestamp
from bot.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.sandbox.state import SimAccount, SimPost


class BlueskyWorld(World):
    """A simulated Bluesky. An account's id is its DID, and a post's id its record's key."""

    api: BlueskyApi

    def __init__(self, *, now: Callable[[], datetime], seed: int = 1) -> None:
        super().__init__(BlueskyApi, now=now, seed=seed)

    def new_id(self) -> str:
        """Return the key of a record made now."""
        return self.api.next_tid()

    def new_account_id(self, secret: Callable[[str], str]) -> str:
        """Return a DID."""
        return f"did:plc:{b32encode(bytes.fromhex(secret('id'))[:15]).decode().lower()}"

    def add_account(self, handle: str, name: str, **more: Any) -> SimAccount:
        """Add an account, as on any platform, with its profile as a record.

        ``automated`` puts the label ``bot`` on the profile.
        """
        account = super().add_account(handle, name, **more)
        self.set_profile(account)
        return account

    def set_profile(self, account: SimAccount) -> None:
        """Write an account's name, description and label into its profile."""
        value: dict[str, Any] = {
            "$type": PROFILE,
            "displayName": account.name,
            "description": account.description,
        }
        if account.automated:
            kind = "com.atproto.label.defs#selfLabels"
            value["labels"] = {"$type": kind, "values": [{"val": "bot"}]}
        self._keep(account, PROFILE, "self", value)

    def add_post(self, author: SimAccount, raw: str, *, id_: str = "", **more: Any) -> SimPost:
        """Store a post; without an ``id_`` it is one by hand, whose record is made here."""
        post = super().add_post(author, raw, id_=id_, **more)
        if not id_:
            value = {"$type": POST, "text": raw, "createdAt": timestamp(post.created)}
            self._keep(author, POST, post.id, value).post = post
        return post

    def _keep(
        self, account: SimAccount, collection: str, key: str, value: dict[str, Any]
    ) -> Record:
        record, repo = Record(cid_of_record(value), in_order(value)), self.api.repo(account)
        repo.records.setdefault(collection, {})[key] = record
        repo.advance(self.api.next_tid(), record.cid)
        return record

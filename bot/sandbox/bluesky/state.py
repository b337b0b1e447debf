"""The state of a simulated Bluesky, with each account's records and files, and the tokens."""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.answers import timestamp
from bot.sandbox.bluesky.data import cid_of_record, in_order, tid
from bot.sandbox.bluesky.lexicons import POST, PROFILE
from bot.sandbox.bluesky.tokens import Tokens
from bot.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.state import SimAccount, SimPost, SimUpload


@dataclass(slots=True)
class Record:
    """A record of a repository."""

    cid: str
    value: dict[str, Any]
    """Its content as JSON."""

    valid: bool = True
    """Whether a lexicon allows it. Others can be stored unchecked, but nobody sees them."""

    post: SimPost | None = None
    """The post that people see of it."""

    gone: bool = False
    """Whether it was deleted or replaced."""

    @property
    def exists(self) -> bool:
        """Whether neither it nor its post was deleted, and it was not replaced."""
        return not self.gone and (self.post is None or self.post.deleted is None)


@dataclass(slots=True)
class Repo:
    """An account's repository."""

    did: str
    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    """By collection and key."""

    blobs: dict[str, SimUpload] = field(default_factory=dict)
    """Its files, by CID."""

    shown_in: dict[str, list[Record]] = field(default_factory=dict)
    """The records that showed a file since it was uploaded, by its CID."""

    commit: dict[str, str] = field(default_factory=dict)
    """The last commit."""

    def find(self, collection: str, key: str) -> Record | None:
        """Return a record that exists."""
        record = self.records.get(collection, {}).get(key)
        return record if record and record.exists else None

    def shows(self, cid: str) -> bool:
        """Return whether a record shows a file."""
        return any(record.exists for record in self.shown_in.get(cid, ()))

    def uri(self, collection: str, key: str) -> str:
        """Return the address of a record."""
        return f"at://{self.did}/{collection}/{key}"

    def advance(self, rev: str, cid: str) -> dict[str, str]:
        """Return the commit of a change, which is not signed here.

        ``cid`` is that of the written or deleted record.
        """
        body = {"did": self.did, "rev": rev, "version": 3, "prev": self.commit.get("cid", "")}
        self.commit = {"cid": cid_of_record({**body, "data": cid}), "rev": rev}
        return self.commit


class BlueskyState(World):
    """The state of a simulated Bluesky, with which ``BlueskyWorld`` answers.

    An account's id is its DID, and a post's id its record's key.
    """

    def __init__(self, *, now: Callable[[], datetime], seed: int = 1) -> None:
        super().__init__(now=now, seed=seed)
        self.blob_life = timedelta(hours=1)
        """After this time, a file that no record shows is forgotten [U]."""
        self.tokens = Tokens(seed)
        self._repos: dict[str, Repo] = {}
        self._last_moment = datetime.min.replace(tzinfo=UTC)

    def repo(self, account: SimAccount) -> Repo:
        """Return an account's repository."""
        return self._repos.setdefault(account.id, Repo(account.id))

    def find_account(self, identifier: str) -> SimAccount | None:
        """Return the account of a DID or a handle."""
        return self.accounts.get(identifier) or self.by_handle(identifier)

    def record_at(self, uri: str) -> Record | None:
        """Return the record at an address whose account is given by its DID."""
        did, _, path = uri.removeprefix("at://").partition("/")
        collection, _, key = path.partition("/")
        return self._repos[did].find(collection, key) if did in self._repos else None

    def post_at(self, uri: str) -> SimPost | None:
        """Return the post at an address, even if it was deleted."""
        did, _, path = uri.removeprefix("at://").partition("/")
        key, account = path.removeprefix(f"{POST}/"), self.accounts.get(did)
        ids = (key, f"{account.handle}:{key}") if account else ()
        posts = (self.posts.get(id_) for id_ in ids)
        return next((post for post in posts if post and post.author is account), None)

    def record_of(self, post: SimPost) -> Record | None:
        """Return the record of a post that people see."""
        return self.repo(post.author).find(POST, post.id.rpartition(":")[2])

    def next_tid(self) -> str:
        """Return a TID of now, later than any before."""
        self._last_moment = max(self.now(), self._last_moment + timedelta(microseconds=1))
        return tid(self._last_moment)

    def new_id(self) -> str:
        """Return the key of a record made now."""
        return self.next_tid()

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
        """Store a post. Without an ``id_``, a person wrote it, and its record is made here."""
        post = super().add_post(author, raw, id_=id_, **more)
        if not id_:
            value = {"$type": POST, "text": raw, "createdAt": timestamp(post.created)}
            self._keep(author, POST, post.id, value).post = post
        return post

    def _keep(
        self, account: SimAccount, collection: str, key: str, value: dict[str, Any]
    ) -> Record:
        record, repo = Record(cid_of_record(value), in_order(value)), self.repo(account)
        repo.records.setdefault(collection, {})[key] = record
        repo.advance(self.next_tid(), record.cid)
        return record

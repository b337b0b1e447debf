"""The simulated platform's state, and what changes it.

Everything that happens goes through one lock, ``World.lock``; time is whatever ``now`` says, so
that a test can turn it and the demo can let it run fast.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.sandbox import engagement, text
from bot.sandbox.billing import Ledger
from bot.sandbox.faults import Faults
from bot.sandbox.limits import Windows
from bot.sandbox.state import Account, Credentials, Poll, Post, Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.sandbox.engagement import Counters
    from bot.sandbox.spec import Spelling

_EPOCH_MS = 1_288_834_974_657  # X's ids count milliseconds from here, in their upper 42 bits.


class World:
    """A platform with its accounts, posts, money, limits and faults.

    ``now`` gives the world's time, in UTC. ``seed`` decides how the audience reacts. ``spelling``
    says which version of X's specification holds (``bot.sandbox.spec``). ``credit`` is the balance
    in US dollars. A text that the account posted less than ``duplicate_window`` ago is refused [U:
    X does not say how long]; a post is seen in timelines only after ``timeline_lag`` [U: X does not
    say whether there is any].
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int = 1,
        spelling: Spelling = "tweet",
        credit: Decimal = Decimal(1000),
        duplicate_window: timedelta = timedelta(hours=12),
        timeline_lag: timedelta = timedelta(0),
    ) -> None:
        self.lock = threading.RLock()
        self.now = now
        self.seed = seed
        self.spelling = spelling
        self.duplicate_window = duplicate_window
        self.timeline_lag = timeline_lag
        self.accounts: dict[str, Account] = {}
        self.posts: dict[str, Post] = {}
        self.uploads: dict[str, Upload] = {}
        self.ledger = Ledger(credit)
        self.windows = Windows()
        self.faults = Faults()
        self._tokens: dict[str, Account] = {}
        self._last_id = 0
        self._said: Counter[tuple[str, str]] = Counter()

    def new_id(self) -> str:
        """Give the next id: later ones are greater, and tell their millisecond, as X's do."""
        milliseconds = int(self.now().timestamp() * 1000) - _EPOCH_MS
        self._last_id = max(self._last_id + 1, milliseconds << 22)
        return str(self._last_id)

    # --- Accounts ---------------------------------------------------------------------------------

    def add_account(
        self,
        handle: str,
        name: str,
        *,
        description: str = "An automated account in a sandbox.",
        followers: int = 12_000,
        automated: bool = True,
        app: Credentials | None = None,
    ) -> Credentials:
        """Add an account and give its credentials: the same for the same handle and seed.

        ``automated`` shows the badge on the page. With ``app``, it uses that account's app instead
        of one of its own, and reading its own timeline costs what reading others' does. Raises
        ValueError where the handle is taken.
        """
        with self.lock:
            if self.by_handle(handle):
                raise ValueError(f"@{handle} exists already")
            credentials = self._credentials(handle, app)
            account = Account(credentials, handle, name, self.now(), description)
            account.followers, account.automated = followers, automated
            account.owns_app = app is None
            self.accounts[account.id] = self._tokens[credentials.access_token] = account
            return credentials

    def _credentials(self, handle: str, app: Credentials | None) -> Credentials:
        def secret(what: str) -> str:
            return hashlib.sha256(repr((self.seed, handle, what)).encode()).hexdigest()

        user = str(1_000_000_000 + int(secret("id")[:12], 16))
        return Credentials(
            app.consumer_key if app else "sandbox" + secret("key")[:18],
            app.consumer_secret if app else "sandbox-secret-" + secret("secret")[:35],
            f"{user}-sandbox{secret('token')[:24]}",
            "sandbox-token-" + secret("token secret")[:31],
            user,
        )

    def by_token(self, token: str) -> Account | None:
        """Find the account that an access token belongs to."""
        return self._tokens.get(token)

    def by_handle(self, handle: str) -> Account | None:
        """Find an account by its handle, in whatever case."""
        lower = handle.lower()
        return next((a for a in self.accounts.values() if a.handle.lower() == lower), None)

    # --- Posts ------------------------------------------------------------------------------------

    def post(self, id_: str) -> Post | None:
        """Find a post that is still there."""
        post = self.posts.get(id_)
        return post if post and not post.deleted else None

    def visible(self) -> list[Post]:
        """Give the posts that are still there, oldest first."""
        with self.lock:
            return [post for post in self.posts.values() if not post.deleted]

    def timeline(self, account: Account) -> Iterator[Post]:
        """Yield an account's posts that timelines show by now, newest first."""
        seen = self.now() - self.timeline_lag
        for post in reversed(self.posts.values()):
            if post.author is account and not post.deleted and post.created <= seen:
                yield post

    def repeats(self, account: Account, raw: str) -> bool:
        """Say whether the account has posted this text a short while ago."""
        since = self.now() - self.duplicate_window
        for post in reversed(self.posts.values()):
            if post.created < since:
                return False
            if post.author is account and not post.deleted and post.raw == raw:
                return True
        return False

    def add_post(
        self,
        author: Account,
        raw: str,
        *,
        media: tuple[Upload, ...] = (),
        poll: Poll | None = None,
        parent: Post | None = None,
    ) -> Post:
        """Store a post that has passed every rule; ``raw`` is already normal."""
        id_ = self.new_id()
        told = text.tell(
            raw, lambda url: text.short(self.seed, id_, url), _media(author, id_, media)
        )
        post = Post(id_, author, raw, told.text, told.entities, self.now(), media, poll)
        post.nth = self._said[author.id, raw]
        self._said[author.id, raw] += 1
        post.conversation = id_
        if parent:
            post.parent, post.conversation = parent.id, parent.conversation
            post.depth = parent.depth + 1
            parent.answered = True
        self.posts[id_] = post
        return post

    def delete_post(self, post: Post) -> None:
        """Take a post down, for good."""
        with self.lock:
            post.deleted = self.now()

    # --- The audience -----------------------------------------------------------------------------

    def counters(self, post: Post, at: datetime | None = None) -> Counters:
        """Count what a post has gathered by an instant, now unless said otherwise."""
        traits = engagement.Traits(
            key=f"{post.author.handle}/{post.nth}/{post.raw}/{len(post.media)}",
            text=post.raw,
            followers=post.author.followers,
            media=bool(post.media),
            link=bool(post.links),
            poll=post.poll is not None,
            threaded=post.answered and post.depth == 0,
            depth=post.depth,
        )
        end = min(
            at or self.now(), post.deleted or datetime.max.replace(tzinfo=post.created.tzinfo)
        )
        return engagement.counters(self.seed, traits, post.created, end - post.created)

    def serve(self, post: Post) -> Counters:
        """Count, and remember what was told."""
        told = self.counters(post)
        post.served = (self.now(), told)
        return told


def _media(author: Account, post: str, media: tuple[Upload, ...]) -> list[dict[str, str]]:
    return [
        {
            "expanded_url": f"https://x.com/{author.handle}/status/{post}/{_place(upload)}/1",
            "display_url": f"pic.x.com/{text.short(post)[-10:]}",
            "media_key": upload.key,
        }
        for upload in media
    ]


def _place(upload: Upload) -> str:
    return "photo" if upload.kind == "photo" else "video"

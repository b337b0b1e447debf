"""X's visible behaviour in memory, fast enough for tens of thousands of steps.

It returns answers (status and body), which the real tables interpret. The real rules match the
timeline. ``test_machine_agrees`` compares it with the sandbox over HTTP.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.model import RemotePost
from bot.platforms.base import CounterReading, Profile, TimelineSearch, Upload
from bot.platforms.outcomes import Unsent
from bot.platforms.responses import HttpAnswer, outcome_of, outcome_without_answer
from bot.platforms.x import responses, timeline
from bot.platforms.x.client import XClient
from helpers.delivery import Crash

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from bot.model import Media
    from bot.platforms.base import SendKey
    from helpers.clock import ManualClock

DUPLICATE_WINDOW = timedelta(hours=12)
STORAGE_DELAY = timedelta(seconds=20)

REFUSALS: dict[str, tuple[int, str]] = {
    "401": (401, "Unauthorized"),
    "402": (402, "CreditsDepleted"),
    "403 suspended": (403, "Your account is suspended and is not permitted."),
    "403 content": (403, "Your Tweet text is too long."),
    "403 duplicate": (403, "You are not allowed to create a Tweet with duplicate content."),
    "400": (400, "Your request is not valid."),
    "307": (307, "elsewhere"),
    "429": (429, "Too Many Requests"),
    "429 soon": (429, "Too Many Requests"),
    "429 late": (429, "Too Many Requests"),
    "503": (503, "Service Unavailable"),
}
RESETS = {"429 soon": 300, "429 late": 3600}
LOST_ANSWERS = ("lost before", "lost after", "stored late", "503 after", "garbage")
CRASHES = ("crash before", "crash after")
CLIENT_ERRORS = ("bug before", "bug after", "no connection")
SEND_FAULTS = (*REFUSALS, *LOST_ANSWERS, *CRASHES, *CLIENT_ERRORS)


@dataclass(slots=True)
class ModelPost:
    """A post on the platform; ``key`` is the delivery that sent it, which X does not know."""

    id: str
    account: str
    key: str
    text: str
    parent: str | None
    created: datetime
    deleted: bool = False

    def visible(self, now: datetime) -> bool:
        return not self.deleted and self.created <= now


def _ignore_send(_account: str, _payload: str, _key: str) -> None:
    """Do nothing."""


@dataclass
class ModelPlatform:
    """Posts, and the faults of the next calls. ``on_send`` is called before every send."""

    clock: ManualClock
    secret: str
    refuses_repeats: bool = True
    lag: timedelta = timedelta(0)
    on_send: Callable[[str, str, str], None] = _ignore_send
    posts: list[ModelPost] = field(default_factory=list)
    sends: deque[str] = field(default_factory=deque)
    reads: deque[str] = field(default_factory=deque)
    hooks: dict[str, deque[Callable[[], None]]] = field(
        default_factory=lambda: {point: deque() for point in ("claiming", "claimed", "answering")}
    )
    """Calls during the next send, once, by the point at which they happen."""

    def run_hook(self, point: str) -> None:
        if self.hooks[point]:
            self.hooks[point].popleft()()

    def visible(self) -> list[ModelPost]:
        now = self.clock.now()
        return [post for post in self.posts if post.visible(now)]

    def store(self, account: str, key: str, payload: str, late: timedelta) -> ModelPost:
        body = json.loads(payload)
        parent = body.get("reply", {}).get("in_reply_to_tweet_id")
        number = str(1000 + len(self.posts))
        at = self.clock.now() + late
        post = ModelPost(number, account, key, str(body.get("text", "")), parent, at)
        self.posts.append(post)
        return post

    def refuses(self, account: str, payload: str) -> str | None:
        """Return X's present reason to refuse a post, or None."""
        body = json.loads(payload)
        parent = body.get("reply", {}).get("in_reply_to_tweet_id")
        mine = [post for post in self.visible() if post.account == account]
        if parent and parent not in {post.id for post in mine}:
            return "You attempted to reply to a Tweet that is deleted or not visible to you."
        recent = [post for post in mine if post.created > self.clock.now() - DUPLICATE_WINDOW]
        if self.refuses_repeats and body.get("text") in {post.text for post in recent}:
            return REFUSALS["403 duplicate"][1]
        return None


class ModelClient:
    """One account's client, which satisfies ``bot.platforms.base.Client``."""

    def __init__(self, platform: ModelPlatform, account: str) -> None:
        self._platform = platform
        self._account = account

    @property
    def platform_time(self) -> datetime | None:
        return self._platform.clock.now()

    @property
    def keys_last(self) -> timedelta:
        return timedelta(0)

    def upload(self, media: Media) -> Upload:
        until = self._platform.clock.now() + timedelta(hours=24)
        fault = self._platform.reads.popleft() if self._platform.reads else ""
        if fault:
            raise self._refusal(fault, repeatable=True)
        return Upload(f"3{int(media.sha256[:8], 16)}", until)

    def payload(self, content: Any, part: int, media_ids: Sequence[str], reply: str | None) -> str:
        return XClient.payload(self, content, part, media_ids, reply)  # type: ignore[arg-type]  # pure

    def publish(self, payload: str, key: SendKey) -> RemotePost:
        platform, delivery = self._platform, key.name.rsplit("/", 2)[0]
        platform.on_send(self._account, payload, delivery)
        fault = platform.sends.popleft() if platform.sends else ""
        if fault in REFUSALS:
            raise self._refusal(fault)
        self._die(fault, "before")
        words = platform.refuses(self._account, payload)
        if words:
            raise self._refused(403, words)
        late = STORAGE_DELAY if fault == "stored late" else timedelta(0)
        post = platform.store(self._account, delivery, payload, late)
        platform.run_hook("answering")
        self._die(fault, "after")
        return self._answer(post, fault)

    def find(self, payload: str, since: datetime) -> TimelineSearch:
        platform = self._platform
        fault = platform.reads.popleft() if platform.reads else ""
        if fault:
            raise self._refusal(fault, repeatable=True)
        wanted, now = json.loads(payload), platform.clock.now()
        start = since - timedelta(minutes=1)
        seen = [post for post in platform.visible() if post.account == self._account]
        seen = [post for post in seen if start <= post.created <= now - platform.lag]
        shown = [(_published(post), _timeline_json(post)) for post in reversed(seen)]

        def where(holds: Callable[..., bool]) -> tuple[RemotePost, ...]:
            return tuple(post for post, raw in shown if holds(wanted, raw, {}))

        matches = where(timeline.matches_payload)
        near = tuple(post for post in where(timeline.may_match_payload) if post not in matches)
        misplaced = where(timeline.is_misplaced)[::-1]
        evidence = f"{len(seen)} posts since {start}"
        return TimelineSearch(matches, evidence, near_matches=near, misplaced=misplaced)

    def fetch_counters(
        self, posts: Sequence[tuple[str, datetime]], polls: Collection[str] = ()
    ) -> CounterReading:
        raise NotImplementedError

    def whoami(self) -> Profile:
        return Profile(
            f"id of {self._account}", self._account, self._account, "A bot.", discloses=True
        )

    def _die(self, fault: str, when: str) -> None:
        if fault == f"crash {when}":
            raise Crash
        if fault == f"bug {when}":
            raise ZeroDivisionError(f"sent with {self._platform.secret}")
        if fault == "no connection" and when == "before":
            raise outcome_without_answer("refused", opened=False)
        if fault == f"lost {when}" or (fault == "stored late" and when == "after"):
            raise outcome_without_answer("reset", opened=True)

    def _answer(self, post: ModelPost, fault: str) -> RemotePost:
        if fault == "503 after":
            raise self._refused(503, "Service Unavailable")
        body = b"<html>" if fault == "garbage" else json.dumps({"data": {"id": post.id}}).encode()
        remote_id = responses.published_id(HttpAnswer(201, {}, body))
        return RemotePost(remote_id, _url(remote_id), self._platform.clock.now())

    def _refusal(self, fault: str, *, repeatable: bool = False) -> Exception:
        status, words = REFUSALS[fault]
        headers = {}
        if fault in RESETS:
            until = self._platform.clock.now() + timedelta(seconds=RESETS[fault])
            headers["x-rate-limit-reset"] = str(int(until.timestamp()))
        return self._refused(status, words, headers, repeatable=repeatable)

    def _refused(
        self,
        status: int,
        words: str,
        headers: dict[str, str] | None = None,
        *,
        repeatable: bool = False,
    ) -> Exception:
        secret = self._platform.secret  # a platform may repeat the request in its answer
        body = json.dumps({"detail": f"{words} ({secret})"}).encode()
        answer = HttpAnswer(status, headers or {}, body)
        found = outcome_of(
            answer,
            responses.classify,
            repeatable=repeatable,
            hide=lambda said: said.replace(secret, "[secret]"),
        )
        return found or Unsent("no refusal")


def _url(number: str) -> str:
    return f"https://x.com/mj/status/{number}"


def _published(post: ModelPost) -> RemotePost:
    return RemotePost(post.id, _url(post.id), post.created)


def _timeline_json(post: ModelPost) -> dict[str, Any]:
    """Return a post as a timeline shows it."""
    reply = [{"type": "replied_to", "id": post.parent}] if post.parent else []
    return {"id": post.id, "text": post.text, "referenced_tweets": reply}

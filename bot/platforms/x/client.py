"""One account on X: which requests are made, in which order, and in which of X's two spellings."""

from __future__ import annotations

import json
import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot.platforms.base import (
    Charge,
    CounterReading,
    Outcome,
    Profile,
    Rejected,
    RemotePost,
    TimelineSearch,
    Unsent,
)
from bot.platforms.x import media, metrics, post_url, prices, responses, timeline
from bot.platforms.x.responses import FieldRefusedError
from bot.platforms.x.rules import x_options
from bot.platforms.x.transport import Request, XTransport, canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.model import Account, Content, Counters, Media
    from bot.platforms.base import Upload


_AUTOMATED = r"(?:automated|automatically|bots?|robot)\b"
_DISCLOSURE = re.compile(rf"\b{_AUTOMATED}", re.IGNORECASE)
_DENIAL = re.compile(
    rf"(?:\b(?:no|not|non|never)|n['\u2019]t)[\s-]+(?:an? )?{_AUTOMATED}", re.IGNORECASE
)


class XClient:
    """One account's client; every call is one request or a few, each with its own connection.

    It raises only outcomes.
    """

    def __init__(self, account: Account, transport: XTransport) -> None:
        self._account = account
        self._transport = transport
        self._reader = XReader(transport, x_options(account).field_spelling, account.name)
        self._handle = account.handle.lstrip("@")
        self._user_id = transport.user_id

    @property
    def platform_time(self) -> datetime | None:
        """X's clock as of the last answer, to the second; None if that is not recent."""
        return self._transport.platform_time

    def upload(self, media_file: Media) -> Upload:
        """Upload one file with its alt text; repeatable. Raise Outcome, never Unknown."""
        return media.upload(self._transport, media_file)

    def payload(
        self,
        content: Content,
        part: int,
        media_ids: Sequence[str],
        reply_to: str | None,
    ) -> str:
        """Return the exact JSON that ``publish`` will send for this part: pure, no network.

        Who may reply is set by the first part of a thread.
        """
        text, poll = content.parts[part].text, content.parts[part].poll
        body: dict[str, Any] = {"text": text} if text.strip() else {}
        if media_ids:
            body["media"] = {"media_ids": list(media_ids)}
        if poll:
            body["poll"] = {"options": list(poll.options), "duration_minutes": poll.minutes}
        if reply_to:
            body["reply"] = {"in_reply_to_tweet_id": reply_to}
        elif content.reply_settings:
            body["reply_settings"] = content.reply_settings
        return canonical_json(body)

    def publish(self, payload: str, key: str) -> RemotePost:  # noqa: ARG002 - X knows no such key
        """Send the payload, once, byte for byte. Raise Outcome."""
        answer = self._transport.send(Request("POST", "/2/tweets", json=payload), repeatable=False)
        return responses.parse_published(answer, self._url, self._transport.options.clock.now())

    def find(self, payload: str, since: datetime) -> TimelineSearch:
        """Search for the payload among the own posts since then, whoever sent them. Raise Outcome.

        Matches are in the timeline's order, latest first.
        """
        wanted = json.loads(payload)
        params = {**timeline.start_time_param(since), "max_results": str(timeline.PAGE_SIZE)}
        if wanted.get("poll"):
            params |= {"expansions": "attachments.poll_ids", "poll.fields": "options"}
        seen: list[dict[str, Any]] = []
        matches: list[RemotePost] = []
        near: list[RemotePost] = []
        with _collect_charges() as bill:
            user = self._find_user_id(bill)
            for page in timeline.fetch_pages(self._reader, user, timeline.FIELDS, params):
                posts = timeline.posts_in(page)
                shown = [*posts, *timeline.referenced_posts(page)]
                bill.extend(self._charge(prices.timeline_read_item(self._account), shown))
                if fault := timeline.page_fault(page, user):
                    raise Unsent(f"X does not show the timeline: {self._transport.redact(fault)}")
                seen += posts
                for post in posts:
                    if timeline.matches_payload(wanted, post, page):
                        matches.append(self._as_published(post))
                    elif timeline.may_match_payload(wanted, post, page):
                        near.append(self._as_published(post))
        evidence = self._describe_search(seen, since, len(matches))
        complete = len(seen) <= timeline.TIMELINE_LIMIT - timeline.PAGE_SIZE
        return TimelineSearch(tuple(matches), evidence, tuple(bill), tuple(near), complete)

    def fetch_counters(self, posts: Sequence[tuple[str, datetime]]) -> CounterReading:
        """Read the counters of own posts, given as (remote id, published): cheapest way first.

        Where X stops answering half-way, what was read until then is returned. Raise Outcome only
        where nothing was read.
        """
        now = self._transport.options.clock.now()
        with _collect_charges() as bill:
            read = _CounterFetch(bill)
            try:
                for group in metrics.split_by_age(posts, now):
                    # With an app that it does not own, its timeline costs as much as a look-up.
                    if x_options(self._account).owns_app:
                        self._read_timeline(group, now, read)
                    self._look_up(group, read)
            except Outcome:
                if not read.answered:
                    raise
        return CounterReading(read.counters, frozenset(read.gone), tuple(bill))

    def whoami(self) -> Profile:
        """Ask who these credentials belong to; nothing is posted. Raise Outcome."""
        params = {"user.fields": "description,protected,verified,created_at"}
        answer = self._transport.send(Request("GET", "/2/users/me", params=params))
        document = answer.document() or {}
        user = responses.as_object(document.get("data"))
        # With errors, a bio that is missing is not an empty one.
        has_bio = "description" in user or not document.get("errors")
        if not (responses.is_id(user.get("id")) and user.get("username") and has_bio):
            why = f"X did not say who the credentials belong to: {self._error_text(document)}"
            raise Unsent(why, status=answer.status)
        bio = str(user.get("description") or "")
        self._user_id = str(user["id"])
        return Profile(
            id=self._user_id,
            handle=str(user["username"]),
            name=str(user.get("name", "")),
            bio=bio,
            discloses=True if _DISCLOSURE.search(_DENIAL.sub("", bio)) else None,
            notes=tuple(self._notes(user, answer)),
            # Ids of users and of posts look alike, but X bills them apart.
            charges=(self._dated_charge(prices.USER_READ, (f"user {self._user_id}",)),),
            token_user_id=self._transport.user_id,
        )

    # --- reading ---------------------------------------------------------------------------------

    def _find_user_id(self, bill: list[Charge]) -> str:
        """Return the account's id: from its token, or by a request, which is added to the bill."""
        if self._user_id is None:
            profile = self.whoami()
            bill += profile.charges
            return profile.id
        return self._user_id

    def _read_timeline(self, group: metrics.Group, now: datetime, read: _CounterFetch) -> None:
        size = metrics.page_size(group, now)
        params = {**metrics.time_window(group, now), "max_results": str(size)}
        for page in timeline.fetch_pages(
            self._reader, self._find_user_id(read.bill), group.fields, params
        ):
            posts = timeline.posts_in(page)
            wanted = read.add_posts(posts, group.ids)
            read.bill += self._charge(prices.OWNED_READ, posts)
            if not group.ids - read.counters.keys():
                return
            if not metrics.is_timeline_cheaper(wanted, len(posts), now):
                return

    def _look_up(self, group: metrics.Group, read: _CounterFetch) -> None:
        missing = [remote_id for remote_id, _ in group.posts if remote_id not in read.counters]
        for ids in metrics.batches(missing):
            document = self._reader.read("/2/tweets", group.fields, {"ids": ",".join(ids)})
            posts = timeline.posts_in(document)
            read.add_posts(posts, group.ids)
            read.gone |= metrics.missing_ids(document, ids)
            read.bill += self._charge(prices.POST_READ, posts)
            if not metrics.is_answered(document, ids):
                raise Unsent(f"X says nothing of the posts: {self._error_text(document)}")

    def _charge(self, item: str, posts: Sequence[Mapping[str, Any]]) -> tuple[Charge, ...]:
        ids = tuple(dict.fromkeys(str(post["id"]) for post in posts))
        return (self._dated_charge(item, ids),) if ids else ()

    def _dated_charge(self, item: str, ids: tuple[str, ...]) -> Charge:
        """Return the charge for what the last answer held, on the day of X's clock."""
        time = self._transport.platform_time
        return Charge(item, len(ids), ids, time.date() if time else None)

    # --- texts -----------------------------------------------------------------------------------

    def _error_text(self, document: Mapping[str, Any]) -> str:
        return responses.error_text(document, self._transport.redact)

    def _url(self, remote_id: str) -> str:
        return post_url(self._account, remote_id)

    def _as_published(self, post: Mapping[str, Any]) -> RemotePost:
        remote_id = str(post["id"])
        at = timeline.created_at(post) or self._transport.options.clock.now()
        return RemotePost(remote_id, self._url(remote_id), at)

    def _describe_search(
        self, seen: Sequence[Mapping[str, Any]], since: datetime, matches: int
    ) -> str:
        start = timeline.start_time_param(since)["start_time"]
        now = timeline.format_timestamp(self._transport.options.clock.now())
        text = f"Looked at @{self._handle}'s timeline from {start} to {now}: {len(seen)} posts"
        instants = sorted(filter(None, map(timeline.created_at, seen)))
        if instants:
            first, last = map(timeline.format_timestamp, (instants[0], instants[-1]))
            text += f", the earliest of {first}, the latest of {last}"
        return f"{text}; {matches or 'none'} with this content."

    def _notes(self, user: Mapping[str, Any], answer: responses.HttpAnswer) -> Iterator[str]:
        if user.get("protected"):
            yield "the account is protected: only its followers see its posts"
        if answer.headers.get("x-access-level") == "read":
            yield "the token may only read: let the app write, then renew the token"


@contextmanager
def _collect_charges() -> Iterator[list[Charge]]:
    """Yield a list for what calls cost; an Outcome that ends them carries it."""
    bill: list[Charge] = []
    try:
        yield bill
    except Outcome as outcome:
        outcome.charges = tuple(bill)
        raise


class _CounterFetch:
    """What ``fetch_counters`` has read so far; ``answered``: X has shown any post."""

    def __init__(self, bill: list[Charge]) -> None:
        self.bill = bill
        self.answered = False
        self.counters: dict[str, Counters] = {}
        self.gone: set[str] = set()

    def add_posts(self, posts: Sequence[Mapping[str, Any]], wanted: frozenset[str]) -> int:
        """Keep the counters of all these posts, as each is paid for; return how many are wanted.

        What was read first stays: young posts are read first, with their clicks, and may be read
        again, without them, at the edge of the old ones.
        """
        self.answered = self.answered or bool(posts)
        counters = {str(post["id"]): metrics.parse_counters(post) for post in posts}
        self.counters = counters | self.counters
        return len(counters.keys() & wanted)


log = logging.getLogger("groundswell.x")


class XReader:
    """One account's reading requests; it remembers the spelling that X accepted last."""

    def __init__(self, transport: XTransport, spelling: str, account: str) -> None:
        self._transport = transport
        self._spelling = spelling
        self._account = account

    def read(self, route: str, names: Sequence[str], params: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer with these fields of posts, named in the spelling ``tweet``.

        Where X refuses a field or its parameter, the request is made once more in the other
        spelling. Raise Outcome: the first refusal where X refuses both.
        """
        try:
            return self._read(self._spelling, route, names, params)
        except FieldRefusedError as refused:
            other = responses.other_spelling(self._spelling)
            try:
                document = self._read(other, route, names, params)
            except Rejected:
                raise refused from None
            log.warning(
                "%s: X no longer accepts the field names of its spelling %r; asking in %r from now "
                "on. Set field_spelling: %s under x: of this account in config.yaml. X said: %s",
                *(self._account, self._spelling, other, other, refused.detail),
            )
            self._spelling = other
            return document

    def _read(
        self,
        spelling: str,
        route: str,
        names: Sequence[str],
        params: Mapping[str, str],
    ) -> dict[str, Any]:
        asked = responses.field_params(spelling, names, params.get("expansions"))
        return self._transport.read(Request("GET", route, params={**params, **asked}))

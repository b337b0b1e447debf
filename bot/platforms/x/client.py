"""One account on X: what is asked, in which order. What answers mean is in ``answers``."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot.platforms.base import Charge, Outcome, Profile, Published, Reading, Search, Unsent
from bot.platforms.x import addresses, answers, fields, find, media, metrics, prices, timeline
from bot.platforms.x.options import options
from bot.platforms.x.reader import Reader
from bot.platforms.x.session import Line, Request, canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.model import Account, Content, Counters, Media
    from bot.platforms.base import Upload

_MACHINE = r"(?:automated|automatically|bots?|robot)\b"
_DISCLOSURE = re.compile(rf"\b{_MACHINE}", re.IGNORECASE)
_DENIAL = re.compile(
    rf"(?:\b(?:no|not|non|never)|n['\u2019]t)[\s-]+(?:an? )?{_MACHINE}", re.IGNORECASE
)


class XClient:
    """One account's connection; every call is one request or a few, each with its own connection.

    Raises only outcomes. ``platform_time`` is X's clock as of the last fresh answer, or None.
    """

    def __init__(self, account: Account, line: Line) -> None:
        self._account = account
        self._line = line
        self._reader = Reader(line, options(account).field_spelling, account.name)
        self._handle = account.handle.lstrip("@")
        self._user_id = line.user_id

    @property
    def platform_time(self) -> datetime | None:
        """What X's clock said with the last answer, to the second."""
        return self._line.platform_time

    def upload(self, media_file: Media) -> Upload:
        """Hand over one file with its alt text; repeatable. Raises Outcome, never Unknown."""
        return media.upload(self._line, media_file)

    def payload(
        self,
        content: Content,
        part: int,
        media_ids: Sequence[str],
        reply_to: str | None,
    ) -> str:
        """Give the exact JSON that ``publish`` will send for this part: pure, no network.

        Who may reply is set by the first part of a thread.
        """
        said = content.parts[part]
        body: dict[str, Any] = {"text": said.text} if said.text.strip() else {}
        if media_ids:
            body["media"] = {"media_ids": list(media_ids)}
        if said.poll:
            poll = said.poll
            body["poll"] = {"options": list(poll.options), "duration_minutes": poll.minutes}
        if reply_to:
            body["reply"] = {"in_reply_to_tweet_id": reply_to}
        elif content.reply_settings:
            body["reply_settings"] = content.reply_settings
        return canonical(body)

    def publish(self, payload: str, key: str) -> Published:  # noqa: ARG002 - X knows no such key
        """Send the payload, once, byte for byte. Raises Outcome."""
        answer = self._line.ask(Request("POST", "/2/tweets", json=payload), repeatable=False)
        return answers.published(answer, self._url, self._line.options.clock.now())

    def find(self, payload: str, since: datetime) -> Search:
        """Look for the payload among the own posts since then, whoever sent them. Raises Outcome.

        Matches are in the timeline's order, latest first.
        """
        wanted = json.loads(payload)
        params = self._search_params(wanted, since)
        seen: list[dict[str, Any]] = []
        matches: list[Published] = []
        others: list[Published] = []
        with _billed() as bill:
            user = self._user(bill)
            for page in timeline.pages(self._reader, user, find.FIELDS, params):
                here = timeline.posts(page)
                told = [*here, *timeline.referenced(page)]
                bill.extend(self._charge(prices.own_read(self._account), told))
                if fault := timeline.fault(page, user):
                    raise Unsent(f"X does not show the timeline: {self._line.hide(fault)}")
                seen += here
                same = [post for post in here if find.is_same(wanted, post, page)]
                alike = [post for post in here if find.may_be(wanted, post, page)]
                matches += map(self._seen, same)
                others += [self._seen(post) for post in alike if post not in same]
        evidence = self._evidence(seen, since, len(matches))
        whole = len(seen) <= timeline.REACH - timeline.PAGE
        return Search(tuple(matches), evidence, tuple(bill), tuple(others), whole)

    def engagement(self, posts: Sequence[tuple[str, datetime]]) -> Reading:
        """Read the counters of own posts, given as (remote id, published): cheapest way first.

        Where X stops answering half-way, what was read until then is given. Raises Outcome only
        where nothing was read.
        """
        now = self._line.options.clock.now()
        with _billed() as bill:
            read = _Read(bill)
            try:
                for group in metrics.groups(posts, now):
                    # Of an app that it does not own, its timeline is no cheaper than a look-up.
                    if options(self._account).owns_app:
                        self._read_timeline(group, now, read)
                    self._look_up(group, read)
            except Outcome:
                if not read.answered:
                    raise
        return Reading(read.counters, frozenset(read.gone), tuple(bill))

    def whoami(self) -> Profile:
        """Ask who these credentials belong to; nothing is posted. Raises Outcome."""
        params = {"user.fields": "description,protected,verified,created_at"}
        answer = self._line.ask(Request("GET", "/2/users/me", params=params))
        document = answer.document() or {}
        user = fields.mapping(document.get("data"))
        # Beside errors, a bio that is not told is not an empty one.
        told = "description" in user or not document.get("errors")
        if not (fields.is_id(user.get("id")) and user.get("username") and told):
            said = f"X did not say who the credentials belong to: {self._explained(document)}"
            raise Unsent(said, status=answer.status)
        bio = str(user.get("description") or "")
        self._user_id = str(user["id"])
        return Profile(
            id=self._user_id,
            handle=str(user["username"]),
            name=str(user.get("name", "")),
            bio=bio,
            discloses=True if _DISCLOSURE.search(_DENIAL.sub("", bio)) else None,
            notes=tuple(self._notes(user, answer)),
            # Ids of users and of posts are of one kind: told apart, as X bills them apart.
            charges=(self._billed_today(prices.USER_READ, (f"user {self._user_id}",)),),
            named=self._line.user_id,
        )

    # --- reading ---------------------------------------------------------------------------------

    def _user(self, bill: list[Charge]) -> str:
        """Give the account's id: from its token, or asked for once, which is put on the bill."""
        if self._user_id is None:
            profile = self.whoami()
            bill += profile.charges
            return profile.id
        return self._user_id

    def _search_params(self, wanted: Mapping[str, Any], since: datetime) -> dict[str, str]:
        params = {**timeline.since(since), "max_results": str(timeline.PAGE)}
        if wanted.get("poll"):
            params |= {"expansions": "attachments.poll_ids", "poll.fields": "options"}
        return params

    def _read_timeline(self, group: metrics.Group, now: datetime, read: _Read) -> None:
        size = metrics.page_size(group, now)
        params = {**metrics.window(group, now), "max_results": str(size)}
        for page in timeline.pages(self._reader, self._user(read.bill), group.fields, params):
            here = timeline.posts(page)
            found = read.take(here, group.ids)
            read.bill += self._charge(prices.OWNED_READ, here)
            if not group.ids - read.counters.keys() or not metrics.pays(found, len(here), now):
                return

    def _look_up(self, group: metrics.Group, read: _Read) -> None:
        missing = [remote_id for remote_id, _ in group.posts if remote_id not in read.counters]
        for ids in metrics.batches(missing):
            document = self._reader.read("/2/tweets", group.fields, {"ids": ",".join(ids)})
            here = timeline.posts(document)
            read.take(here, group.ids)
            read.gone |= metrics.gone(document, ids)
            read.bill += self._charge(prices.POST_READ, here)
            if not metrics.is_told(document, ids):
                raise Unsent(f"X tells of none of the posts: {self._explained(document)}")

    def _charge(self, item: str, posts: Sequence[Mapping[str, Any]]) -> tuple[Charge, ...]:
        ids = tuple(dict.fromkeys(str(post["id"]) for post in posts))
        return (self._billed_today(item, ids),) if ids else ()

    def _billed_today(self, item: str, ids: tuple[str, ...]) -> Charge:
        """Charge what the last answer told, on the day that X's clock had."""
        told = self._line.platform_time
        return Charge(item, len(ids), ids, told.date() if told else None)

    # --- words -----------------------------------------------------------------------------------

    def _explained(self, document: Mapping[str, Any]) -> str:
        return answers.explained(document, self._line.hide)

    def _url(self, remote_id: str) -> str:
        return addresses.post_url(self._account, remote_id)

    def _seen(self, post: Mapping[str, Any]) -> Published:
        remote_id = str(post["id"])
        at = timeline.created(post) or self._line.options.clock.now()
        return Published(remote_id, self._url(remote_id), at)

    def _evidence(self, seen: Sequence[Mapping[str, Any]], since: datetime, matches: int) -> str:
        start = timeline.since(since)["start_time"]
        now = timeline.stamp(self._line.options.clock.now())
        looked = f"Looked at @{self._handle}'s timeline from {start} to {now}: {len(seen)} posts"
        instants = sorted(filter(None, map(timeline.created, seen)))
        if instants:
            first, last = timeline.stamp(instants[0]), timeline.stamp(instants[-1])
            looked += f", the earliest of {first}, the latest of {last}"
        return f"{looked}; {matches or 'none'} with this content."

    def _notes(self, user: Mapping[str, Any], answer: answers.Answer) -> Iterator[str]:
        if user.get("protected"):
            yield "the account is protected: only its followers see its posts"
        if answer.headers.get("x-access-level") == "read":
            yield "the token may only read: let the app write, then renew the token"


@contextmanager
def _billed() -> Iterator[list[Charge]]:
    """Give a list for what calls cost; an Outcome that ends them takes it along."""
    bill: list[Charge] = []
    try:
        yield bill
    except Outcome as outcome:
        outcome.charges = tuple(bill)
        raise


class _Read:
    """What ``engagement`` has read so far; ``answered`` is whether any post was told of."""

    def __init__(self, bill: list[Charge]) -> None:
        self.bill = bill
        self.answered = False
        self.counters: dict[str, Counters] = {}
        self.gone: set[str] = set()

    def take(self, posts: Sequence[Mapping[str, Any]], wanted: frozenset[str]) -> int:
        """Keep the counters of all these posts, as each is paid for; give how many are wanted.

        What was told first stays: young posts are asked for first, and with their clicks, and may
        be at the edge of what is told of the old ones too.
        """
        self.answered = self.answered or bool(posts)
        told = {str(post["id"]): metrics.counters(post) for post in posts}
        self.counters = told | self.counters
        return len(told.keys() & wanted)

"""The client of one account on X: its requests, their order, and their spelling."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.model import RemotePost
from bot.platforms.base import Charge, CounterReading, Profile
from bot.platforms.calls import limited
from bot.platforms.disclosure import says_automated
from bot.platforms.options import XOptions
from bot.platforms.outcomes import Outcome, Rejected, Unsent
from bot.platforms.responses import as_instant, as_object, as_objects
from bot.platforms.searching import CLOCK_TOLERANCE, search_result, timestamp
from bot.platforms.transport import canonical_json
from bot.platforms.x import media, responses, timeline
from bot.platforms.x.network import post_url
from bot.platforms.x.prices import OWNED_READ, POST_READ, SMALLEST_PAGE, USER_READ, unit_price
from bot.platforms.x.responses import FieldRefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.model import Account, Content, Media
    from bot.platforms.base import SendKey, TimelineSearch, Upload
    from bot.platforms.x.transport import XTransport

log = logging.getLogger("groundswell.x")

LOOKUP_LIMIT = 100
_MAX_PAGES = timeline.TIMELINE_LIMIT // SMALLEST_PAGE


class XClient:
    """One account's client. It raises only outcomes, and remembers the spelling that X accepted."""

    def __init__(self, account: Account, transport: XTransport) -> None:
        self._account = account
        self._transport = transport
        self._owns_app = account.options_as(XOptions).owns_app
        self._spelling: str = account.options_as(XOptions).field_spelling
        self._user_id = transport.user_id
        self._warned_of_ignored = False

    @property
    def platform_time(self) -> datetime | None:
        """X's clock, to the second, as of the last answer. None if that is not recent."""
        return self._transport.platform_time

    @property
    def keys_last(self) -> timedelta:
        """Zero, because X has no keys."""
        return timedelta(0)

    @limited("upload")
    def upload(self, file: Media) -> Upload:
        """Upload one file with its alt text. It may be repeated. Raise Outcome, never Unknown."""
        return media.upload(self._transport, file)

    def payload(
        self, content: Content, part: int, media_ids: Sequence[str], reply_to: str | None
    ) -> str:
        """Return the JSON of a part. Only the first part of a thread sets who may reply."""
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

    @limited("send")
    def publish(self, payload: str, key: SendKey) -> RemotePost:  # noqa: ARG002 - X knows no such key
        """Send the payload once, byte for byte. Raise Outcome."""
        answer = self._transport.send("POST", "/2/tweets", json=payload, repeatable=False)
        return self._remote_post(responses.published_id(answer), None)

    @limited("read")
    def find(self, payload: str, since: datetime) -> TimelineSearch:
        """Search the own posts since an instant for the payload, latest first. Raise Outcome."""
        wanted = json.loads(payload)
        start = since - CLOCK_TOLERANCE
        params = {
            "start_time": timestamp(start),
            "max_results": str(timeline.PAGE_SIZE),
        }
        if wanted.get("poll"):
            params |= {"expansions": "attachments.poll_ids", "poll.fields": "options"}
        found: list[tuple[RemotePost, bool, bool]] = []
        with _collect_charges() as bill:
            user = self._find_user_id(bill)
            for page in self._pages(user, timeline.FIELDS, params):
                posts = timeline.posts_in(page)
                shown = [*posts, *timeline.referenced_posts(page)]
                item = OWNED_READ if self._owns_app else POST_READ
                bill.extend(self._charge(item, [post["id"] for post in shown]))
                fault = timeline.page_fault(page, user)
                if not fault and timeline.ignores(timeline.FIELDS, page):
                    # Then links lack their targets, and long texts their ends, too.
                    fault = "its posts lack the fields that were asked for"
                if fault:
                    raise Unsent(f"X does not show the timeline: {self._transport.redact(fault)}")
                for post in posts:
                    place = timeline.may_match_payload(wanted, post, page)
                    same = timeline.matches_payload if place else timeline.is_misplaced
                    remote = self._remote_post(post["id"], as_instant(post.get("created_at")))
                    found.append((remote, same(wanted, post, page), place))
        complete = len(found) <= timeline.TIMELINE_LIMIT - timeline.PAGE_SIZE
        span = start, self._transport.clock.now()
        return search_result(self._account, found, span, charges=bill, complete=complete)

    @limited("counters")
    def fetch_counters(
        self, posts: Sequence[tuple[str, datetime]], polls: Collection[str] = ()
    ) -> CounterReading:
        """Read the counters of own posts, and the votes of ``polls`` in the same answers.

        If X stops answering half-way, the counters read until then are returned. Raise Outcome only
        if there are none.
        """
        now = self._transport.clock.now()
        with _collect_charges() as bill:
            reading = CounterReading(charges=bill)
            try:
                for published, fields, params in timeline.split_by_age(posts, now, polls):
                    # With another account's app, the timeline costs as much as a look-up.
                    if self._owns_app:
                        self._read_timeline(published, fields, params, reading)
                    missing = [id_ for id_ in published if id_ not in reading.counters]
                    self._look_up(missing, fields, params, reading)
            except Outcome:
                if not reading.counters:
                    raise
        return reading

    @limited("read")
    def whoami(self) -> Profile:
        """Ask whose credentials these are, and post nothing. Raise Outcome."""
        params = {"user.fields": "description,protected,verified,created_at"}
        answer = self._transport.send("GET", "/2/users/me", params=params)
        document = answer.document() or {}
        user = as_object(document.get("data"))
        # A bio that is missing beside errors is not an empty one.
        has_bio = "description" in user or not document.get("errors")
        if not (responses.is_id(user.get("id")) and user.get("username") and has_bio):
            said = responses.error_text(document, self._transport.redact)
            why = f"X did not say who the credentials belong to: {said}"
            raise Unsent(why, status=answer.status)
        bio = str(user.get("description") or "")
        self._user_id = str(user["id"])
        notes = []
        if user.get("protected"):
            notes.append("the account is protected: only its followers see its posts")
        if answer.headers.get("x-access-level") == "read":
            notes.append("the token may only read: let the app write, then renew the token")
        return Profile(
            id=self._user_id,
            handle=str(user["username"]),
            name=str(user.get("name", "")),
            bio=bio,
            discloses=says_automated(bio) or None,  # X's API does not show its label
            notes=tuple(notes),
            # Ids of users and of posts look alike, but X bills them apart.
            charges=self._charge(USER_READ, [f"user {self._user_id}"]),
            token_user_id=self._transport.user_id,
        )

    # --- Reading ----------------------------------------------------------------------------------

    def _find_user_id(self, bill: list[Charge]) -> str:
        """Return the account's id from its token, or else by a request, which goes on the bill."""
        if self._user_id is None:
            profile = self.whoami()
            bill += profile.charges
            return profile.id
        return self._user_id

    def _read_timeline(
        self,
        published: Mapping[str, datetime],
        fields: Sequence[str],
        params: Mapping[str, str],
        reading: CounterReading,
    ) -> None:
        """Read posts from the timeline as long as that costs no more than looking them up.

        All posts of a page are kept, because each is paid for. Counters read before are not
        replaced: young posts are read first, with their clicks, and may come again without clicks
        on a page with old ones.
        """
        now = self._transport.clock.now()
        own, other = unit_price(OWNED_READ, now), unit_price(POST_READ, now)
        affordable = int(len(published) * other / own) if own else timeline.PAGE_SIZE
        size = max(SMALLEST_PAGE, min(timeline.PAGE_SIZE, affordable))
        window = timeline.time_window(published.values(), now)
        params = {**window, **params, "max_results": str(size)}
        for page in self._pages(self._find_user_id(reading.charges), fields, params):
            posts = self._add_counters(page, OWNED_READ, reading)
            found = len(posts & published.keys())
            unread = published.keys() - reading.counters.keys()
            if not unread or not found or found * other < len(posts) * own:
                return

    def _look_up(
        self,
        remote_ids: Sequence[str],
        fields: Sequence[str],
        params: Mapping[str, str],
        reading: CounterReading,
    ) -> None:
        """Read posts by their ids."""
        for start in range(0, len(remote_ids), LOOKUP_LIMIT):
            ids = remote_ids[start : start + LOOKUP_LIMIT]
            document = self._read("/2/tweets", fields, {**params, "ids": ",".join(ids)})
            posts = self._add_counters(document, POST_READ, reading)
            reading.gone |= timeline.missing_ids(document, ids)
            errors = as_objects(document.get("errors"))
            if not posts and not {responses.error_subject(error) for error in errors} & {*ids}:
                said = responses.error_text(document, self._transport.redact)
                raise Unsent(f"X says nothing about the posts: {said}")

    def _add_counters(
        self, document: Mapping[str, Any], item: str, reading: CounterReading
    ) -> set[str]:
        """Add the counters of an answer, unless they are known. Return the ids of its posts."""
        posts = {post["id"]: post for post in timeline.posts_in(document)}
        for remote_id, post in posts.items():
            reading.counters.setdefault(remote_id, timeline.parse_counters(post))
        votes = timeline.parse_votes(document, self._transport.clock.now())
        reading.votes = votes | reading.votes
        reading.charges += self._charge(item, posts)
        return {*posts}

    def _pages(
        self, user: str, names: Sequence[str], params: Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        """Yield the pages of a user's timeline with these fields, latest first.

        Raise Outcome, also if the pages never end.
        """
        token: str | None = None
        for _ in range(_MAX_PAGES):
            more = {"pagination_token": token} if token else {}
            page = self._read(f"/2/users/{user}/tweets", names, {**params, **more})
            yield page
            token = as_object(page.get("meta")).get("next_token")
            if not token:
                return
        raise Unsent(f"the timeline has no end after {_MAX_PAGES} pages")

    def _read(self, route: str, names: Sequence[str], params: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer with these fields of posts, which are named in the spelling ``tweet``.

        If X refuses a field or its parameter, or ignores them all, the request is made once more in
        the other spelling. Raise Outcome, which is the first refusal if X refuses both.
        """

        def ask(spelling: str) -> dict[str, Any]:
            asked = responses.field_params(spelling, names, params.get("expansions"))
            return self._transport.read("GET", route, params={**params, **asked})

        refused: FieldRefusedError | None = None
        document: dict[str, Any] = {}
        try:
            document, said = ask(self._spelling), "nothing, and left them out"
            if not timeline.ignores(names, document):
                return document
        except FieldRefusedError as refusal:
            refused, said = refusal, refusal.detail
        other = responses.TWEET if self._spelling == responses.POST else responses.POST
        try:
            second = ask(other)
        except Rejected:
            if refused:
                raise refused from None
            second = document
        if timeline.ignores(names, second):
            self._warn_of_ignored(names)
            return document or second
        log.warning(
            "%s: X no longer accepts the field names of its spelling %r; asking in %r from now "
            "on. Set field_spelling: %s under x: of this account in config.yaml. X said: %s",
            *(self._account.name, self._spelling, other, other, said),
        )
        self._spelling = other
        return second

    def _warn_of_ignored(self, names: Sequence[str]) -> None:
        if not self._warned_of_ignored:
            self._warned_of_ignored = True
            log.warning(
                "%s: X shows posts without %s, in whichever spelling they are asked for. It may "
                "have changed its API: is there a newer Groundswell?",
                *(self._account.name, ", ".join(timeline.always_shown(names))),
            )

    def _charge(self, item: str, ids: Iterable[str]) -> tuple[Charge, ...]:
        """Return the charge for the resources in the last answer, on the day of X's clock."""
        unique, time = tuple(dict.fromkeys(ids)), self._transport.platform_time
        return (Charge(item, len(unique), unique, time.date() if time else None),) if unique else ()

    # --- Texts ------------------------------------------------------------------------------------

    def _remote_post(self, remote_id: str, at: datetime | None) -> RemotePost:
        at = at or self._transport.clock.now()
        return RemotePost(remote_id, post_url(self._account, remote_id), at)


@contextmanager
def _collect_charges() -> Iterator[list[Charge]]:
    """Yield a list for the charges of calls. An Outcome that ends them carries the list."""
    bill: list[Charge] = []
    try:
        yield bill
    except Outcome as outcome:
        outcome.charges = tuple(bill)
        raise

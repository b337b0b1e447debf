"""What may be asked of the reading endpoints, in either version of X's specification.

On 2026-08-07 version 2.167 of openapi.json renamed tweet to post, and made some fields of a post
expansions. Which of the two live X follows is [U]: ``World.spelling`` says which one holds here,
``tweet`` for 2.166 or ``post`` for 2.167, and names that only the other has are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Literal

from bot.sandbox.problems import invalid, invalid_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.state import SimAccount, SimPost
    from bot.sandbox.world import World

Spelling = Literal["tweet", "post"]

VERSIONS: dict[Spelling, str] = {"tweet": "2.166", "post": "2.167"}

OLD_NAMES = {
    "edit_history_post_ids": "edit_history_tweet_ids",
    "most_recent_post_id": "most_recent_tweet_id",
    "note_post": "note_tweet",
    "pinned_post_id": "pinned_tweet_id",
    "post_count": "tweet_count",
    "posts": "tweets",
    "referenced_posts": "referenced_tweets",
    "repost_count": "retweet_count",
}
"""The newer names, and the older ones that the sandbox uses internally."""
NEW_NAMES = {old: new for new, old in OLD_NAMES.items()}

_POST = """
    article attachments card_uri community_id context_annotations conversation_id created_at
    display_text_range edit_controls entities geo id lang matched_media_notes media_metadata
    non_public_metrics note_request_suggestions organic_metrics paid_partnership possibly_sensitive
    promoted_metrics public_metrics reply_settings scopes source suggested_source_links
    suggested_source_links_with_counts text withheld
"""
_USER = """
    confirmed_email connection_status created_at description entities id is_identity_verified
    location name parody profile_banner_url profile_image_url protected public_metrics
    receives_your_dm subscription subscription_type url username verified verified_followers_count
    verified_type withheld
"""
_EXPANSIONS = """
    article.cover_media article.media_entities attachments.media_keys
    attachments.media_source_tweet attachments.poll_ids author_id entities.mentions.username
    geo.place_id in_reply_to_user_id
"""
_OTHERS = {
    "media.fields": """
        alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url
        promoted_metrics public_metrics type url variants width
    """,
    "poll.fields": "duration_minutes end_datetime id options voting_status",
    "place.fields": "contained_within country country_code full_name geo id name place_type",
}
_POSTS = {
    "tweet": {
        "tweet.fields": f"""
            {_POST} author_id edit_history_tweet_ids in_reply_to_user_id note_tweet
            referenced_tweets
        """,
        "expansions": f"""
            {_EXPANSIONS} edit_history_tweet_ids entities.note.mentions.username
            referenced_tweets.id referenced_tweets.id.attachments.media_keys
            referenced_tweets.id.author_id
        """,
        "user.fields": f"{_USER} affiliation most_recent_tweet_id pinned_tweet_id",
        **_OTHERS,
    },
    "post": {
        "post.fields": f"{_POST} article_title note_post",
        "expansions": f"{_EXPANSIONS} edit_history_post_ids referenced_posts username",
        "user.fields": f"{_USER} subscribes_to_you",
        **_OTHERS,
    },
}
_ME = {
    "tweet": {
        "user.fields": _POSTS["tweet"]["user.fields"],
        "tweet.fields": _POSTS["tweet"]["tweet.fields"],
        "expansions": "affiliation.user_id most_recent_tweet_id pinned_tweet_id",
    },
    "post": {
        "user.fields": _POSTS["post"]["user.fields"],
        "post.fields": _POSTS["post"]["post.fields"],
        "expansions": "affiliation most_recent_post_id pinned_post_id",
    },
}
_TIMELINE = """
    max_results pagination_token start_time end_time since_id until_id exclude
"""
_PLAIN_PARAMS = {
    "GET /2/tweets": "ids",
    "GET /2/users/:id/tweets": _TIMELINE,
    "GET /2/media/upload": "media_id command",
}
_LIST_PARAMS = {
    "GET /2/tweets": _POSTS,
    "GET /2/users/:id/tweets": _POSTS,
    "GET /2/users/me": _ME,
}
_EXPANSION_FIELD = {
    "attachments.media_keys": "attachments",
    "attachments.poll_ids": "attachments",
    "referenced_tweets.id": "referenced_tweets",
}
"""The field of a post that an expansion adds, where their names differ."""


TIMELINE_DEPTH, TIMELINE_DEPTH_WITHOUT_REPLIES = 3200, 800
_MIN_SIZE, _MAX_SIZE, _DEFAULT_SIZE = 5, 100, 10
_ID = re.compile("[0-9]{1,19}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_TOKEN = "7140sandbox"  # noqa: S105 - begins page tokens, no secret


@dataclass(frozen=True, slots=True)
class RequestedFields:
    """The fields that a request asks for, by their names in version 2.166."""

    posts: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    polls: frozenset[str] = frozenset()
    expansions: frozenset[str] = frozenset()


def describe_spelling(spelling: Spelling) -> str:
    """Describe a spelling by the version of the specification."""
    return f"{spelling} (version {VERSIONS[spelling]} of X's specification)"


def parse_query(spelling: Spelling, endpoint: str, query: Mapping[str, str]) -> RequestedFields:
    """Check a query against the specification. Raise ApiError 400 with all that is unknown."""
    lists = _LIST_PARAMS.get(endpoint, {}).get(spelling, {})
    known = [*_PLAIN_PARAMS.get(endpoint, "").split(), *lists]
    errors = [
        ({name: [value]}, f"The query parameter [{name}] is not one of [{','.join(known)}]")
        for name, value in query.items()
        if name not in known
    ]
    requested: dict[str, frozenset[str]] = {}
    for name, values in lists.items():
        wanted = query[name].split(",") if name in query else []
        allowed = values.split()
        errors += [
            (
                {name: [value]},
                f"The `{name}` query parameter value [{value}] is not one of [{','.join(allowed)}]",
            )
            for value in wanted
            if value not in allowed
        ]
        requested[name] = frozenset(OLD_NAMES.get(value, value) for value in wanted)
    if errors:
        raise invalid_all(errors)
    nothing: frozenset[str] = frozenset()
    expansions = requested.get("expansions", nothing)
    expanded = {_EXPANSION_FIELD.get(name, name) for name in expansions}
    return RequestedFields(
        requested.get(f"{spelling}.fields", nothing) | expanded,
        requested.get("user.fields", nothing),
        requested.get("media.fields", nothing),
        requested.get("poll.fields", nothing),
        expansions,
    )


def require_id(value: str, name: str) -> str:
    """Return a value that is an id. Raise ApiError 400 if it is not."""
    if not _ID.fullmatch(value):
        message = f"The `{name}` query parameter value [{value}] does not match ^[0-9]{{1,19}}$"
        raise invalid(message, {name: [value]})
    return value


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Posts, newest first, and the tokens of ``meta``."""

    posts: tuple[SimPost, ...]
    tokens: dict[str, str]


def timeline_page(world: World, account: SimAccount, query: Mapping[str, str]) -> TimelinePage:
    """Return the posts that a query asks for. Raise ApiError 400."""
    size = _page_size(query.get("max_results"))
    filters = _filters(query)
    without_replies = "replies" in _exclude(query)
    depth = TIMELINE_DEPTH_WITHOUT_REPLIES if without_replies else TIMELINE_DEPTH
    own = (p for p in world.timeline(account) if not (without_replies and p.parent))
    matching = [post for post in islice(own, depth) if all(passes(post) for passes in filters)]
    posts, rest = matching[:size], matching[size:]
    return TimelinePage(tuple(posts), {"next_token": _TOKEN + posts[-1].id} if rest else {})


def _page_size(value: str | None) -> int:
    if value is None:
        return _DEFAULT_SIZE
    if not _ID.fullmatch(value) or not _MIN_SIZE <= int(value) <= _MAX_SIZE:
        message = f"The `max_results` query parameter value [{value}] is not between 5 and 100"
        raise invalid(message, {"max_results": [value]})
    return int(value)


def _exclude(query: Mapping[str, str]) -> set[str]:
    values = {value for value in query.get("exclude", "").split(",") if value}
    if not values <= {"replies", "retweets"}:
        message = "The `exclude` query parameter value is not one of [replies,retweets]"
        raise invalid(message, {"exclude": sorted(values)})
    return values


def _filters(query: Mapping[str, str]) -> list[Callable[[SimPost], bool]]:
    filters: list[Callable[[SimPost], bool]] = []
    if start := query.get("start_time"):
        oldest = parse_instant(start, "start_time")
        filters.append(lambda post: post.created >= oldest)
    if end := query.get("end_time"):
        newest = parse_instant(end, "end_time")
        filters.append(lambda post: post.created < newest)
    if since := query.get("since_id"):
        after = int(require_id(since, "since_id"))
        filters.append(lambda post: int(post.id) > after)
    if until := query.get("until_id"):
        before = int(require_id(until, "until_id"))
        filters.append(lambda post: int(post.id) < before)
    if token := query.get("pagination_token"):
        last = int(require_id(token.removeprefix(_TOKEN), "pagination_token"))
        filters.append(lambda post: int(post.id) < last)
    return filters


def parse_instant(value: str, name: str) -> datetime:
    """Return an instant of a query. Raise ApiError 400."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or not _INSTANT.fullmatch(value):
        message = f"The `{name}` query parameter value [{value}] is not a valid RFC3339 date-time"
        raise invalid(message, {name: [value]})
    return moment

"""What may be asked of each reading endpoint, in either version of X's specification.

On 2026-08-07 version 2.167 of openapi.json renamed tweet to post, and made some fields of a post
expansions. Which of the two live X answers by is [U]: ``World.spelling`` says which one is in force
here, ``tweet`` for 2.166 or ``post`` for 2.167, and what only the other knows is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.sandbox.problems import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

Spelling = Literal["tweet", "post"]

VERSIONS: dict[Spelling, str] = {"tweet": "2.166", "post": "2.167"}

OLD = {
    "edit_history_post_ids": "edit_history_tweet_ids",
    "most_recent_post_id": "most_recent_tweet_id",
    "note_post": "note_tweet",
    "pinned_post_id": "pinned_tweet_id",
    "post_count": "tweet_count",
    "posts": "tweets",
    "referenced_posts": "referenced_tweets",
    "repost_count": "retweet_count",
}
"""The newer names, and what the sandbox calls them inside."""
NEW = {old: new for new, old in OLD.items()}

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
_WITH_POST = """
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
            {_WITH_POST} edit_history_tweet_ids entities.note.mentions.username
            referenced_tweets.id referenced_tweets.id.attachments.media_keys
            referenced_tweets.id.author_id
        """,
        "user.fields": f"{_USER} affiliation most_recent_tweet_id pinned_tweet_id",
        **_OTHERS,
    },
    "post": {
        "post.fields": f"{_POST} article_title note_post",
        "expansions": f"{_WITH_POST} edit_history_post_ids referenced_posts username",
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
_PLAIN = {
    "GET /2/tweets": "ids",
    "GET /2/users/:id/tweets": _TIMELINE,
    "GET /2/media/upload": "media_id command",
}
_LISTS = {
    "GET /2/tweets": _POSTS,
    "GET /2/users/:id/tweets": _POSTS,
    "GET /2/users/me": _ME,
}
_SHOWN_BY = {
    "attachments.media_keys": "attachments",
    "attachments.poll_ids": "attachments",
    "referenced_tweets.id": "referenced_tweets",
}
"""The field of a post that an expansion makes it show, where it is not called the same."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks to be shown, by the names of version 2.166."""

    posts: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    polls: frozenset[str] = frozenset()
    expansions: frozenset[str] = frozenset()


def described(spelling: Spelling) -> str:
    """Say which spelling is in force, and by which version of the specification."""
    return f"{spelling} (version {VERSIONS[spelling]} of X's specification)"


def asked(spelling: Spelling, endpoint: str, query: Mapping[str, str]) -> Asked:
    """Hold a query against the specification. Raises ApiError 400 with all that is unknown."""
    lists = _LISTS.get(endpoint, {}).get(spelling, {})
    known = [*_PLAIN.get(endpoint, "").split(), *lists]
    errors = [
        ({name: [value]}, f"The query parameter [{name}] is not one of [{','.join(known)}]")
        for name, value in query.items()
        if name not in known
    ]
    found: dict[str, frozenset[str]] = {}
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
        found[name] = frozenset(OLD.get(value, value) for value in wanted)
    if errors:
        problem = invalid("")
        problem.body["errors"] = [
            {"parameters": parameters, "message": message} for parameters, message in errors
        ]
        raise problem
    return _asked(spelling, found)


def _asked(spelling: Spelling, found: Mapping[str, frozenset[str]]) -> Asked:
    nothing: frozenset[str] = frozenset()
    expansions = found.get("expansions", nothing)
    shown = {_SHOWN_BY.get(name, name) for name in expansions}
    return Asked(
        found.get(f"{spelling}.fields", nothing) | shown,
        found.get("user.fields", nothing),
        found.get("media.fields", nothing),
        found.get("poll.fields", nothing),
        expansions,
    )

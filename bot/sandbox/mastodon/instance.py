"""The server's description of itself, with its limits and its software."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.mastodon.content import URL_LENGTH
from bot.sandbox.mastodon.media import (
    ALT_CHARACTERS,
    IMAGE_BYTES,
    IMAGE_PIXELS,
    MIME_TYPES,
    VIDEO_BYTES,
)
from bot.sandbox.mastodon.params import Endpoint
from bot.sandbox.mastodon.problems import not_found
from bot.sandbox.mastodon.statuses import MAX_MEDIA, OPTION_CHARACTERS, POLL_OPTIONS, POLL_SECONDS

if TYPE_CHECKING:
    from bot.sandbox.mastodon.params import Call
    from bot.sandbox.mastodon.state import MastodonState

TITLE = "Sandbox: simulated platform, nobody sees these posts"
VERSION = "4.5.0+sandbox"
MINIMAL_VERSION = "2.7.2 (compatible; sandbox)"
API_VERSION = 7


def get_v2(world: MastodonState, _: Call) -> dict[str, Any]:
    """GET /api/v2/instance."""
    if world.minimal:
        raise not_found()
    configuration = _configuration(world) | {
        "urls": {"streaming": None, "status": None, "about": None, "privacy_policy": None},
        "translation": {"enabled": False},
        "limited_federation": False,
    }
    return {
        "domain": world.domain,
        "title": TITLE,
        "version": VERSION,
        "source_url": "https://github.com/mastodon/mastodon",
        "description": TITLE,
        "usage": {"users": {"active_month": len(world.accounts)}},
        "thumbnail": {"url": None},
        "icon": [],
        "languages": ["en"],
        "configuration": configuration,
        "registrations": {"enabled": False, "approval_required": False, "message": None},
        "api_versions": {"mastodon": API_VERSION},
        "contact": {"email": "", "account": None},
        "rules": [],
    }


def get_v1(world: MastodonState, _: Call) -> dict[str, Any]:
    """GET /api/v1/instance."""
    posts = len(world.visible())
    shown = {
        "uri": world.domain,
        "title": TITLE,
        "short_description": TITLE,
        "description": TITLE,
        "email": "",
        "version": MINIMAL_VERSION if world.minimal else VERSION,
        "urls": {},
        "stats": {"user_count": len(world.accounts), "status_count": posts, "domain_count": 0},
        "thumbnail": None,
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "contact_account": None,
        "rules": [],
    }
    return shown | {"configuration": _configuration(world)}


def _configuration(world: MastodonState) -> dict[str, Any]:
    """Return the limits, which are the same in both versions."""
    shortest, longest = POLL_SECONDS
    return {
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": world.max_characters,
            "max_media_attachments": MAX_MEDIA,
            "characters_reserved_per_url": URL_LENGTH,
        },
        "media_attachments": {
            "supported_mime_types": list(MIME_TYPES),
            "description_limit": ALT_CHARACTERS,
            "image_size_limit": IMAGE_BYTES,
            "image_matrix_limit": IMAGE_PIXELS,
            "video_size_limit": VIDEO_BYTES,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": POLL_OPTIONS[1],
            "max_characters_per_option": OPTION_CHARACTERS,
            "min_expiration": shortest,
            "max_expiration": longest,
        },
    }


ENDPOINTS = {
    "GET /api/v2/instance": Endpoint(get_v2, public=True),
    "GET /api/v1/instance": Endpoint(get_v1, public=True),
}

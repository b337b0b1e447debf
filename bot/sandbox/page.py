"""The pages: posts as people would see them, clearly marked as a simulation.

All of them are at ``/``, those of an account at ``/HANDLE``, a post with its thread at
``/HANDLE/status/ID``: the paths are those of X, so that the address of every post opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import xtext
from bot.sandbox import posting
from bot.sandbox.state import group_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Template
    from starlette.requests import Request

    from bot.sandbox.state import SimAccount, SimPost
    from bot.sandbox.world import World

BANNER = "Sandbox: simulated platform, nobody sees these posts"
MAX_THREADS = 200
"""How many threads the page shows; older ones are only counted."""

_HERE = Path(__file__).parent
_SAFE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self';"
    " media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_MEDIA_POLICY = {"content-security-policy": "default-src 'none'; sandbox"}
_SERVED_TYPES = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm"},
)
_TINTS = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text: plain, or a ``link``, ``hashtag``, ``mention`` or ``cashtag``."""

    text: str
    kind: str = ""
    href: str = ""


def routes(world: World) -> list[Route]:
    """Return the routes of the pages, their style sheet and the media that they show."""

    async def page(request: Request) -> Response:
        with world.lock:
            path = request.path_params
            status, html = render_page(world, path.get("handle", ""), path.get("post", ""))
        return Response(html, status, headers=_SAFE_HEADERS, media_type="text/html")

    async def style(_: Request) -> Response:
        sheet = (_HERE / "page.css").read_text(encoding="utf-8")
        return Response(sheet, headers=_SAFE_HEADERS, media_type="text/css")

    async def media(request: Request) -> Response:
        return _media_response(world, request.path_params["id"])

    async def icon(_: Request) -> Response:
        return Response(status_code=204, headers=_SAFE_HEADERS)

    return [
        Route("/", page),
        Route("/favicon.ico", icon),
        Route("/sandbox/page.css", style),
        Route("/sandbox/media/{id}", media),
        Route("/{handle}", page),
        Route("/{handle}/status/{post}", page),
        Route("/{handle}/status/{post}/photo/{number}", page),
        Route("/{handle}/status/{post}/video/{number}", page),
    ]


def render_page(world: World, handle: str = "", post: str = "") -> tuple[int, str]:
    """Return the HTTP status and the HTML of a page, newest threads first.

    With the id of a ``post``, only its thread, whatever the handle is, as on X.
    """
    posts, missing = _select_posts(world, handle, post)
    threads = group_threads(posts)
    html = _template().render(
        banner=BANNER,
        threads=list(islice(reversed(threads), MAX_THREADS)),
        count=sum(map(len, threads)),
        now=world.now(),
        counters=world.counters,
        pieces=pieces,
        initials=initials,
        tint=tint,
        accounts=list(world.accounts.values()),
        hidden=max(0, len(threads) - MAX_THREADS),
        missing=missing,
    )
    return (404 if missing else 200), html


def _select_posts(world: World, handle: str, id_: str) -> tuple[list[SimPost], str]:
    """Return the posts of a page, and what is missing if the page does not exist."""
    posts = world.visible()
    if id_:
        wanted = world.post(id_)
        if wanted is None:
            return [], "There is no such post, or it was deleted."
        return [post for post in posts if post.conversation == wanted.conversation], ""
    if handle:
        account = world.by_handle(handle)
        missing = "" if account else "There is no such account."
        return [post for post in posts if post.author is account], missing
    return posts, ""


def pieces(post: SimPost) -> Iterator[Piece]:
    """Cut a post's text where links, hashtags and mentions begin and end."""
    end = 0
    for kind, entity in xtext.entities(post.raw):
        yield Piece(post.raw[end : entity.start])
        if kind == "link":
            yield Piece(posting.display_url(entity.text), kind, posting.link_target(entity.text))
        else:
            yield Piece(post.raw[entity.start : entity.end], kind)
        end = entity.end
    yield Piece(post.raw[end:])


def initials(account: SimAccount) -> str:
    """Return the initials of an account, one or two letters."""
    return "".join(word[0] for word in account.name.split()[:2]).upper()


def tint(account: SimAccount) -> int:
    """Return the number of an account's colour."""
    return sum(account.handle.encode()) % _TINTS


def _media_response(world: World, id_: str) -> Response:
    """Serve an attachment: only kinds that cannot run anything, never sniffed."""
    with world.lock:
        upload = world.uploads.get(id_)
    shown = upload and upload.finalized and not upload.failure and upload.mime in _SERVED_TYPES
    if not upload or not shown:
        return PlainTextResponse("Not found", 404, headers=_SAFE_HEADERS)
    return Response(upload.data, headers=_SAFE_HEADERS | _MEDIA_POLICY, media_type=upload.mime)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = _short_count
    environment.filters["when"] = lambda moment: f"{moment:%-d %b %Y, %H:%M} UTC"
    return environment.get_template("page.html")


def _short_count(number: Any) -> str:
    """Write a number the short way: 950, 1.2K, 34K."""
    if number < 1000:  # noqa: PLR2004 - where K begins
        return str(number)
    thousands = number / 1000
    return f"{thousands:.1f}K" if thousands < 10 else f"{thousands:.0f}K"  # noqa: PLR2004 - room

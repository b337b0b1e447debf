"""Pages with the posts as people would see them, clearly marked as a simulation.

The page at ``/`` has all posts. An account and a post with its thread have the same paths as on the
platform, and the address of every post opens.
"""

from __future__ import annotations

from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.state import group_threads

if TYPE_CHECKING:
    from jinja2 import Template
    from starlette.requests import Request

    from bot.sandbox.state import SimAccount, SimPost
    from bot.sandbox.world import World

BANNER = "Sandbox: simulated platform, nobody sees these posts"
MAX_THREADS = 200
"""How many threads a page shows. Older ones are only counted."""

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


def routes(world: World) -> list[Route]:
    """Return the routes of the pages, their style sheet and their media."""

    async def page(request: Request) -> Response:
        with world.lock:
            path = request.path_params
            status, html = render_page(world, path.get("handle", ""), path.get("post", ""))
        return html_response(html, status)

    async def style(_: Request) -> Response:
        sheet = (_HERE / "page.css").read_text(encoding="utf-8")
        return Response(sheet, headers=_SAFE_HEADERS, media_type="text/css")

    async def media(request: Request) -> Response:
        """Serve a file of a kind that cannot run anything, and let no browser guess its type."""
        with world.lock:
            upload = world.uploads.get(request.path_params["id"])
        if not upload or not upload.finalized or upload.failure or upload.mime not in _SERVED_TYPES:
            return PlainTextResponse("Not found", 404, headers=_SAFE_HEADERS)
        return Response(upload.data, headers=_SAFE_HEADERS | _MEDIA_POLICY, media_type=upload.mime)

    async def icon(_: Request) -> Response:
        return Response(status_code=204, headers=_SAFE_HEADERS)

    return [
        Route("/", page),
        Route("/favicon.ico", icon),
        Route("/sandbox/page.css", style),
        Route("/sandbox/media/{id}", media),
        *(Route(path, page) for path in world.ACCOUNT_PAGES + world.POST_PAGES),
    ]


def render_page(world: World, handle: str, id_: str) -> tuple[int, str]:
    """Return the HTTP status and the HTML of a page, newest threads first.

    With an ``id_``, the page has only the thread of that post, whatever the handle is.
    """
    posts, missing = world.visible(), ""
    if id_:
        wanted = world.post(id_)
        missing = "" if wanted else "There is no such post, or it was deleted."
        posts = [p for p in posts if wanted and p.conversation == wanted.conversation]
    elif handle:
        account = world.by_handle(handle)
        missing = "" if account else "There is no such account."
        posts = [post for post in posts if post.author is account]
    threads = group_threads(posts)
    html = template("page.html").render(
        banner=BANNER,
        threads=list(islice(reversed(threads), MAX_THREADS)),
        count=len(posts),
        now=world.now(),
        world=world,
        account_path=partial(_path_of, world.ACCOUNT_PAGES[0]),
        post_path=partial(_path_of, world.POST_PAGES[0]),
        accounts=list(world.accounts.values()),
        hidden=max(0, len(threads) - MAX_THREADS),
        missing=missing,
    )
    return (404 if missing else 200), html


def _path_of(pattern: str, account: SimAccount, post: SimPost | None = None) -> str:
    """Return the path of an account's or a post's page."""
    return pattern.replace("{handle}", account.handle).replace("{post}", post.id if post else "")


def html_response(html: str, status: int = 200, *, form_targets: str = "'none'") -> Response:
    """Return a page that can run nothing. Its forms may lead to ``form_targets``."""
    policy = _SAFE_HEADERS["content-security-policy"]
    allowed = policy.replace("form-action 'none'", f"form-action {form_targets}")
    headers = _SAFE_HEADERS | {"content-security-policy": allowed}
    return Response(html, status, headers=headers, media_type="text/html")


@cache
def template(name: str) -> Template:
    """Return a template of this folder or of a platform's package."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["when"] = lambda moment: f"{moment:%-d %b %Y, %H:%M} UTC"
    return environment.get_template(name)

"""What a test or a person may do to the world from outside, under /sandbox: no part of X's API.

==========================================  ======================================================
``POST /sandbox/accounts``                  add an account: handle, name, description, followers
``GET, POST, DELETE /sandbox/faults``       list, set, clear faults (``bot.sandbox.faults``)
``GET /sandbox/posts``                      all visible posts, and how they form threads
``POST /sandbox/posts/{id}/delete``         take a post down, as a person would on the platform
``POST /sandbox/credits``                   ``{"balance": "0"}`` or ``{"add": "5"}``, in dollars
``GET /sandbox/ledger``                     every charge
``GET /sandbox/totals``                     counters per post and together, at ``?at=`` or now
==========================================  ======================================================

Changes are refused when a browser says that they come from another page.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox import engagement, incoming, views
from bot.sandbox.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from bot.sandbox.state import Post
    from bot.sandbox.world import World


_MOST = 1_000_000_000
"""Dollars, or followers."""


class NewAccount(BaseModel):
    """The body of ``POST /sandbox/accounts``."""

    model_config = ConfigDict(extra="forbid")

    handle: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,15}$")]
    name: Annotated[str, Field(min_length=1, max_length=50)]
    description: str = "An automated account in a sandbox."
    followers: Annotated[int, Field(ge=0, le=_MOST)] = 12_000
    automated: bool = True


class Credit(BaseModel):
    """The body of ``POST /sandbox/credits``."""

    model_config = ConfigDict(extra="forbid")

    balance: Annotated[Decimal, Field(ge=-_MOST, le=_MOST)] | None = None
    add: Annotated[Decimal, Field(ge=-_MOST, le=_MOST)] = Decimal(0)


class Refused(Exception):  # noqa: N818 - says what happened to a request
    """A control request that cannot be done: HTTP status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def add_account(world: World, _: Mapping[str, str], body: Any) -> Any:
    """Add an account; answer its credentials."""
    try:
        credentials = world.add_account(**NewAccount.model_validate(body).model_dump())
    except ValueError as error:
        raise Refused(422, str(error)) from None
    return asdict(credentials)


def list_faults(world: World, _: Mapping[str, str], __: Any) -> Any:
    """List the faults still to come, and the requests already hit."""
    waiting = [fault.model_dump(exclude_none=True) for fault in world.faults.waiting]
    return {"faults": waiting, "hits": [asdict(hit) for hit in world.faults.hits]}


def add_fault(world: World, path: Mapping[str, str], body: Any) -> Any:
    """Set a fault; answer the list."""
    world.faults.waiting.append(Fault.model_validate(body))
    return list_faults(world, path, None)


def clear_faults(world: World, path: Mapping[str, str], _: Any) -> Any:
    """Clear all faults; answer the list."""
    world.faults.clear()
    return list_faults(world, path, None)


def list_posts(world: World, _: Mapping[str, str], __: Any) -> Any:
    """List the visible posts, oldest first, and their threads."""
    posts = world.visible()
    return {"posts": [_post(world, post) for post in posts], "threads": threads(posts)}


def remove_post(world: World, path: Mapping[str, str], _: Any) -> Any:
    """Take a post down."""
    post = world.post(path["id"])
    if post is None:
        raise Refused(404, f"there is no post {path['id']}")
    world.delete_post(post)
    return {"deleted": post.id}


def set_credit(world: World, _: Mapping[str, str], body: Any) -> Any:
    """Set the balance, or add to it."""
    credit = Credit.model_validate(body)
    start = world.ledger.balance if credit.balance is None else credit.balance
    world.ledger.balance = start + credit.add
    return {"balance": str(world.ledger.balance)}


def show_ledger(world: World, _: Mapping[str, str], __: Any) -> Any:
    """List every charge, and the balance."""
    rows = [
        {**asdict(entry), "at": views.instant(entry.at), "dollars": str(entry.dollars)}
        for entry in world.ledger.entries
    ]
    told = {"balance": str(world.ledger.balance), "spent": str(world.ledger.spent)}
    return {**told, "entries": rows}


def show_totals(world: World, query: Mapping[str, str], _: Any) -> Any:
    """Count everything: ``now`` at the instant asked for, ``served`` as the API last told it."""
    at = datetime.fromisoformat(query["at"]) if "at" in query else world.now()
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    posts = list(world.posts.values())
    now = {post.id: world.counters(post, at) for post in posts}
    served = {post.id: post.served[1] for post in posts if post.served}
    rows = [
        {
            **_place(post),
            "counters": asdict(now[post.id]),
            "served": asdict(served[post.id]) if post.id in served else None,
            "served_at": views.instant(post.served[0]) if post.served else None,
        }
        for post in posts
    ]
    totals = {"totals": asdict(engagement.total([*now.values()]))}
    totals["served_totals"] = asdict(engagement.total([*served.values()]))
    return {"at": views.instant(at), "posts": rows, **totals, "spent": str(world.ledger.spent)}


def threads(posts: list[Post]) -> list[list[str]]:
    """Give the ids of each conversation's visible posts, heads first."""
    found: dict[str, list[str]] = {}
    for post in posts:
        found.setdefault(post.conversation, []).append(post.id)
    return list(found.values())


def _place(post: Post) -> dict[str, Any]:
    return {
        "id": post.id,
        "handle": post.author.handle,
        "text": post.raw,
        "created_at": views.instant(post.created),
        "parent": post.parent,
        "conversation": post.conversation,
        "deleted_at": views.instant(post.deleted) if post.deleted else None,
    }


def _post(world: World, post: Post) -> dict[str, Any]:
    return {
        **_place(post),
        "api_text": post.text,
        "depth": post.depth,
        "reply_settings": post.reply_settings,
        "media": [
            {"id": upload.id, "type": upload.kind, "alt": upload.alt} for upload in post.media
        ],
        "poll": list(post.poll.options) if post.poll else None,
        "counters": asdict(world.counters(post)),
    }


_CONTROLS: dict[str, tuple[Callable[[World, Mapping[str, str], Any], Any], int]] = {
    "POST /sandbox/accounts": (add_account, 201),
    "GET /sandbox/faults": (list_faults, 200),
    "POST /sandbox/faults": (add_fault, 201),
    "DELETE /sandbox/faults": (clear_faults, 200),
    "GET /sandbox/posts": (list_posts, 200),
    "POST /sandbox/posts/{id}/delete": (remove_post, 200),
    "POST /sandbox/credits": (set_credit, 200),
    "GET /sandbox/ledger": (show_ledger, 200),
    "GET /sandbox/totals": (show_totals, 200),
}


def routes(world: World) -> list[Route]:
    """Give the routes under /sandbox."""
    return [
        Route(key.split()[1], _endpoint(world, *control), methods=[key.split()[0]])
        for key, control in _CONTROLS.items()
    ]


def _endpoint(
    world: World,
    control: Callable[[World, Mapping[str, str], Any], Any],
    status: int,
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            body = await _read(request)
            with world.lock:
                told = control(world, {**request.query_params, **request.path_params}, body)
        except incoming.TooLargeError:
            return JSONResponse({"error": "the body is too large"}, 413, {"connection": "close"})
        except ClientDisconnect:
            return Response()  # Nobody is there to read it.
        except Refused as refused:
            return JSONResponse({"error": str(refused)}, refused.status)
        except ValidationError as error:
            reasons = error.errors(include_url=False, include_context=False, include_input=False)
            return JSONResponse({"error": reasons}, 422)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(told, status)

    return answer


async def _read(request: Request) -> Any:
    """Read the JSON of a change, unless another page sent it. Raises Refused, ValueError."""
    if request.method == "GET":
        return None
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refused(403, "a change cannot come from another page")
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Refused(403, "a change cannot come from another page")
    body = await incoming.body(request)
    return incoming.parsed(body) if body else None

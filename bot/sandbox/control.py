"""What a test or a person may change in the world, under /sandbox: not part of X's API.

==========================================  ======================================================
``POST /sandbox/accounts``                  add an account: handle, name, description, followers
``GET, POST, DELETE /sandbox/faults``       list, set, clear faults (``bot.sandbox.faults``)
``GET /sandbox/posts``                      all visible posts, and how they form threads
``POST /sandbox/posts/{id}/delete``         delete a post, as a person would on the platform
``POST /sandbox/credits``                   ``{"balance": "0"}`` or ``{"add": "5"}``, in dollars
``GET /sandbox/ledger``                     every charge
``GET /sandbox/totals``                     counters per post and together, at ``?at=`` or now
==========================================  ======================================================

A change that a browser sends for another page is refused.
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

from bot.sandbox import bodies, views
from bot.sandbox.faults import Fault
from bot.sandbox.state import group_threads
from bot.sandbox.world import sum_counters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from bot.sandbox.state import SimPost
    from bot.sandbox.world import World


_MAX_AMOUNT = 1_000_000_000
"""Dollars, or followers."""


class NewAccount(BaseModel):
    """The body of ``POST /sandbox/accounts``."""

    model_config = ConfigDict(extra="forbid")

    handle: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,15}$")]
    name: Annotated[str, Field(min_length=1, max_length=50)]
    description: str = "An automated account in a sandbox."
    followers: Annotated[int, Field(ge=0, le=_MAX_AMOUNT)] = 12_000
    automated: bool = True


class Credit(BaseModel):
    """The body of ``POST /sandbox/credits``."""

    model_config = ConfigDict(extra="forbid")

    balance: Annotated[Decimal, Field(ge=-_MAX_AMOUNT, le=_MAX_AMOUNT)] | None = None
    add: Annotated[Decimal, Field(ge=-_MAX_AMOUNT, le=_MAX_AMOUNT)] = Decimal(0)


class ControlError(Exception):
    """A control request that is refused: HTTP status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def add_account(world: World, _: Mapping[str, str], body: Any) -> Any:
    """Add an account; answer its credentials."""
    try:
        credentials = world.add_account(**NewAccount.model_validate(body).model_dump())
    except ValueError as error:
        raise ControlError(422, str(error)) from None
    return asdict(credentials)


def list_faults(world: World, _: Mapping[str, str], __: Any) -> Any:
    """List the faults that are pending, and the requests already hit."""
    pending = [fault.model_dump(exclude_none=True) for fault in world.faults.pending]
    return {"faults": pending, "hits": [asdict(hit) for hit in world.faults.hits]}


def add_fault(world: World, path: Mapping[str, str], body: Any) -> Any:
    """Set a fault; answer the list."""
    world.faults.pending.append(Fault.model_validate(body))
    return list_faults(world, path, None)


def clear_faults(world: World, path: Mapping[str, str], _: Any) -> Any:
    """Clear all faults; answer the list."""
    world.faults.clear()
    return list_faults(world, path, None)


def list_posts(world: World, _: Mapping[str, str], __: Any) -> Any:
    """List the visible posts, oldest first, and their threads."""
    posts = world.visible()
    return {
        "posts": [_post_details(world, post) for post in posts],
        "threads": [[post.id for post in thread] for thread in group_threads(posts)],
    }


def remove_post(world: World, path: Mapping[str, str], _: Any) -> Any:
    """Delete a post."""
    post = world.post(path["id"])
    if post is None:
        raise ControlError(404, f"there is no post {path['id']}")
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
        {**asdict(entry), "at": views.api_timestamp(entry.at), "dollars": str(entry.dollars)}
        for entry in world.ledger.entries
    ]
    ledger = world.ledger
    return {"balance": str(ledger.balance), "spent": str(ledger.spent), "entries": rows}


def show_totals(world: World, query: Mapping[str, str], _: Any) -> Any:
    """Count everything: at the instant asked for, and as the API last gave it (``served``)."""
    at = datetime.fromisoformat(query["at"]) if "at" in query else world.now()
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    posts = list(world.posts.values())
    now = {post.id: world.counters(post, at) for post in posts}
    served = {post.id: post.last_read[1] for post in posts if post.last_read}
    rows = [
        {
            **_post_summary(post),
            "counters": asdict(now[post.id]),
            "served": asdict(served[post.id]) if post.id in served else None,
            "served_at": views.api_timestamp(post.last_read[0]) if post.last_read else None,
        }
        for post in posts
    ]
    return {
        "at": views.api_timestamp(at),
        "posts": rows,
        "totals": asdict(sum_counters([*now.values()])),
        "served_totals": asdict(sum_counters([*served.values()])),
        "spent": str(world.ledger.spent),
    }


def _post_summary(post: SimPost) -> dict[str, Any]:
    return {
        "id": post.id,
        "handle": post.author.handle,
        "text": post.raw,
        "created_at": views.api_timestamp(post.created),
        "parent": post.parent,
        "conversation": post.conversation,
        "deleted_at": views.api_timestamp(post.deleted) if post.deleted else None,
    }


def _post_details(world: World, post: SimPost) -> dict[str, Any]:
    return {
        **_post_summary(post),
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
    """Return the routes under /sandbox."""
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
            body = await _read_change(request)
            with world.lock:
                result = control(world, {**request.query_params, **request.path_params}, body)
        except bodies.TooLargeError:
            return JSONResponse({"error": "the body is too large"}, 413, {"connection": "close"})
        except ClientDisconnect:
            return Response()  # Nobody will read it.
        except ControlError as refused:
            return JSONResponse({"error": str(refused)}, refused.status)
        except ValidationError as error:
            reasons = error.errors(include_url=False, include_context=False, include_input=False)
            return JSONResponse({"error": reasons}, 422)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(result, status)

    return answer


async def _read_change(request: Request) -> Any:
    """Read the JSON of a change, unless another page sent it. Raise ControlError, ValueError."""
    if request.method == "GET":
        return None
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise ControlError(403, "a change cannot come from another page")
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise ControlError(403, "a change cannot come from another page")
    body = await bodies.read_body(request)
    return bodies.parse_json(body) if body else None

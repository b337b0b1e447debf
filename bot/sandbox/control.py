"""Controls under /sandbox, with which a test or a person reads and changes the world.

No real platform has them. ``CONTROLS`` are those of every platform. A change that a browser sends
for another page is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from bot.sandbox.audience import sum_counters
from bot.sandbox.faults import Fault
from bot.sandbox.state import group_threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.sandbox.answers import Control
    from bot.sandbox.state import SimCounters, SimPost
    from bot.sandbox.world import World


class NewAccount(BaseModel):
    """The body of ``POST /sandbox/accounts``."""

    model_config = ConfigDict(extra="forbid")

    handle: str
    name: Annotated[str, Field(min_length=1, max_length=50)]
    description: str = "An automated account. It is simulated."


def add_account(world: World, _: Mapping[str, str], body: bytes) -> Any:
    """Add an account, and answer its credentials."""
    wanted = NewAccount.model_validate_json(body)
    if not world.HANDLE.fullmatch(wanted.handle):
        raise HTTPException(422, f"handle: {world.HANDLE_RULE}")
    try:
        account = world.add_account(**wanted.model_dump())
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return {**account.secrets, "user_id": account.id}


def list_faults(world: World, _: Mapping[str, str], __: bytes) -> Any:
    """List the pending faults, and the requests that faults have hit."""
    pending = [fault.model_dump(exclude_none=True) for fault in world.faults.pending]
    return {"faults": pending, "hits": world.faults.hits}


def add_fault(world: World, path: Mapping[str, str], body: bytes) -> Any:
    """Set a fault, and answer the list."""
    faults = world.faults
    faults.pending.append(Fault.model_validate_json(body, context=faults.problems))
    return list_faults(world, path, b"")


def clear_faults(world: World, path: Mapping[str, str], _: bytes) -> Any:
    """Clear all faults, and answer the list."""
    world.faults.pending.clear()
    return list_faults(world, path, b"")


def list_posts(world: World, _: Mapping[str, str], __: bytes) -> Any:
    """List the visible posts, oldest first, and their threads."""
    posts = world.visible()
    details = [
        {
            **_post_summary(post),
            **world.details(post),
            "media": [{"id": file.id, "type": file.kind, "alt": file.alt} for file in post.media],
            "poll": list(post.poll.options) if post.poll else None,
            "counters": _public(world, world.counters(post)),
        }
        for post in posts
    ]
    threads = [[post.id for post in thread] for thread in group_threads(posts)]
    return {"posts": details, "threads": threads}


def remove_post(world: World, path: Mapping[str, str], _: bytes) -> Any:
    """Delete a post, as a person would on the platform."""
    post = world.post(path["id"])
    if post is None:
        raise HTTPException(404, f"there is no post {path['id']}")
    world.delete_post(post)
    return {"deleted": post.id}


def show_totals(world: World, _: Mapping[str, str], __: bytes) -> Any:
    """List all posts, and sum their counters, as they are and as the API last showed them."""
    posts = world.posts.values()
    now = [world.counters(post) for post in posts]
    rows = [
        {
            **_post_summary(post),
            "counters": _public(world, counters),
            "votes": world.votes(post),
        }
        for post, counters in zip(posts, now, strict=True)
    ]
    served = [post.last_read[1] for post in posts if post.last_read]
    return {
        "posts": rows,
        "totals": _public(world, sum_counters(now)),
        "served_totals": _public(world, sum_counters(served)),
        "spent": str(world.spent),
    }


def _public(world: World, counters: SimCounters) -> dict[str, int]:
    """Return the counters that the platform has."""
    return {name: getattr(counters, name) for name in world.COUNTERS}


def _post_summary(post: SimPost) -> dict[str, Any]:
    return {
        "id": post.id,
        "handle": post.author.handle,
        "text": post.raw,
        "created_at": post.created.isoformat(),
        "parent": post.parent,
        "deleted_at": post.deleted.isoformat() if post.deleted else None,
    }


CONTROLS: dict[str, Control] = {
    "POST /sandbox/accounts": add_account,
    "GET /sandbox/faults": list_faults,
    "POST /sandbox/faults": add_fault,
    "DELETE /sandbox/faults": clear_faults,
    "GET /sandbox/posts": list_posts,
    "POST /sandbox/posts/{id}/delete": remove_post,
    "GET /sandbox/totals": show_totals,
}
_CREATING = frozenset({"POST /sandbox/accounts", "POST /sandbox/faults"})


def is_foreign(request: Request) -> bool:
    """Return whether a browser sent a request for another site's page."""
    origin = request.headers.get("origin")
    elsewhere = origin and urlsplit(origin).netloc != request.headers.get("host")
    return bool(elsewhere) or request.headers.get("sec-fetch-site", "none") not in {
        "none",
        "same-origin",
    }


async def answer(world: World, request: Request, key: str, body: bytes) -> Response:
    """Answer a request to a control. Raise HTTPException for a change that another page sends."""
    if request.method != "GET" and is_foreign(request):
        raise HTTPException(403, "a change cannot come from another page")
    control = {**CONTROLS, **world.CONTROLS}[key]
    try:
        with world.lock:
            result = control(world, {**request.query_params, **request.path_params}, body)
    except ValidationError as error:
        reasons = error.errors(include_url=False, include_context=False, include_input=False)
        is_json = all(reason["type"] != "json_invalid" for reason in reasons)
        return JSONResponse({"error": reasons}, 422 if is_json else 400)
    except ValueError as error:
        return JSONResponse({"error": str(error)}, 400)
    return JSONResponse(result, 201 if key in _CREATING else 200)

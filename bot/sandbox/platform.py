"""What the sandbox asks of the API of the platform that it plays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Protocol

from starlette.responses import Response

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from starlette.requests import Request

    from bot.sandbox.control import Control
    from bot.sandbox.faults import Effect
    from bot.sandbox.state import SimAccount, SimPost

Form = list[tuple[str, "str | bytes"]]
"""A multipart body in its order: texts, and the bytes of files."""


@dataclass(frozen=True)
class ApiError(Exception):
    """A refusal: HTTP status and JSON body."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Traits:
    """What is fixed about a platform.

    ``handle`` is the form of a handle that an account here may have, ``handle_rule`` the same in
    words. ``counters`` are the fields of ``SimCounters`` that it shows somebody (it does not count
    the others), ``public_counters`` those that everybody sees on a post, in the order of the page.

    Its ids count milliseconds from ``id_epoch_ms``, with ``id_shift`` bits below. The paths of the
    pages of an account and of a post have ``{handle}`` and ``{post}`` in them; the first of each is
    the one for links.
    """

    name: str
    handle: re.Pattern[str]
    handle_rule: str
    counters: tuple[str, ...]
    public_counters: tuple[str, ...]
    id_epoch_ms: int
    id_shift: int
    account_pages: tuple[str, ...]
    post_pages: tuple[str, ...]


class PlatformApi(Protocol):
    """A platform's API over a world, with what only this platform keeps of the world."""

    TRAITS: Traits

    ENDPOINTS: Mapping[str, Any]
    """Its endpoints, as ``GET /2/tweets/:id``; the values are its own business."""

    CONTROLS: Mapping[str, Control]
    """Controls under /sandbox that only it has."""

    PROBLEMS: Collection[str]
    """The names of refusals that it documents, for faults."""

    @property
    def spent(self) -> Decimal:
        """What all requests cost so far, in dollars."""
        ...

    def new_secrets(self, id_: str, secret: Callable[[str], str]) -> dict[str, str]:
        """Return a new account's secrets; ``secret`` gives 64 hex digits for each purpose."""
        ...

    def handle(self, request: Request, endpoint: str, body: bytes, form: Form | None) -> Response:
        """Answer a request as the platform would; ``form`` is None where it is not valid."""
        ...

    def refuse(self, status: int, headers: dict[str, str] | None = None) -> Response:
        """Return the platform's usual refusal with this status."""
        ...

    def fail(self, request: Request, effect: Effect) -> Response:
        """Return the answer of a fault that stores nothing: a refusal, redirect or mere errors."""
        ...

    def text(self, post: SimPost) -> str:
        """Return a post's text as the API shows it."""
        ...

    def details(self, post: SimPost) -> dict[str, Any]:
        """Return what only this platform keeps of a post, for ``/sandbox/posts``."""
        ...

    def pieces(self, post: SimPost) -> Iterable[tuple[str, str, str]]:
        """Yield a post's text in pieces for the page, each with its kind and address.

        A kind is "" for plain text, or ``link``, ``hashtag``, ``mention`` or ``cashtag``.
        """
        ...

    def warning(self, post: SimPost) -> str:
        """Return the warning that a post is folded under, if it has one."""
        ...

    def notes(self, post: SimPost) -> list[str]:
        """Return what the page says below a post: who may reply, for instance."""
        ...

    def about(self) -> list[tuple[str, str]]:
        """Return what to say of it at the start, as labels and texts."""
        ...


def to_json(body: Any) -> str:
    """Return a body as JSON, as short as it gets."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def json_response(
    text: str,
    status: int,
    headers: dict[str, str] | None,
    now: datetime,
    kind: str = "application/json; charset=utf-8",
) -> Response:
    """Return an answer of JSON with the world's date."""
    date = {"date": format_datetime(now, usegmt=True)}
    return Response(text.encode(), status, date | (headers or {}), kind)


def path_of(pattern: str, account: SimAccount, post: SimPost | None = None) -> str:
    """Return the path of an account's or a post's page."""
    return pattern.replace("{handle}", account.handle).replace("{post}", post.id if post else "")

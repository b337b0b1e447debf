"""``/healthz``: whether the control room works, for the program that runs it.

It needs no login and tells no details, because anybody may ask. Whether the loop lives is another
question, which ``status`` and ``/metrics`` answer: to start the control room again would not help
the loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.visit import Call


def healthz(call: Call) -> Response:
    """Answer ``ok`` with 200, or ``unavailable`` with 503."""
    if call.site.readiness.is_readable():
        return PlainTextResponse("ok\n")
    return PlainTextResponse("unavailable\n", 503)

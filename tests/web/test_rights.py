from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from helpers.cli import PACKAGE

from bot.model import Role
from bot.web.rights import ROUTES, Route

if TYPE_CHECKING:
    from helpers.web import WebSite

WEB = PACKAGE / "web"


def filled(route: Route) -> str:
    """Return an address of the route. Nothing has these names."""
    return route.path.format(
        **dict.fromkeys(("number", "campaign", "post", "token", "digest", "name", "file"), "99")
    )


def status(site: WebSite, route: Route, role: Role | None) -> int:
    client = site.signed_in(role) if role else site.client()
    return client.request(route.method, filled(route), data={"x": "y"}).status_code


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_each_route_answers_exactly_the_roles_of_its_line(site: WebSite, route: Route) -> None:
    for role in Role:
        refused = status(site, route, role) == 403
        allowed = route.right is None or role.may(route.right)
        assert refused != allowed, role


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.right],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_nobody_gets_a_page_without_signing_in(site: WebSite, route: Route) -> None:
    answer = site.client().request(route.method, filled(route), data={"x": "y"})
    if route.method == "GET":
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=")
    else:
        assert answer.status_code == 401


def test_every_route_of_the_application_is_in_the_table(site: WebSite) -> None:
    """``/static`` and ``/events`` are the two exceptions, which other tests cover."""
    from bot.web.server import create_site

    made = {route.path for route in create_site(site.app, site.addresses).routes}  # type: ignore[attr-defined]  # each is a Route
    assert made == {route.path for route in ROUTES} | {"/static/{name}", "/events"}


def test_every_handler_exists_and_no_page_asks_for_a_role_by_itself() -> None:
    for route in ROUTES:
        assert callable(route.load())
    decided = {
        path.name
        for path in WEB.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in {"see", "approve", "run", "admin"}
    }
    assert decided == set()


def test_get_never_has_a_right_to_change() -> None:
    """Three pages show to fewer people than others do. Whatever else needs a right is a POST."""
    assert {route.method for route in ROUTES} == {"GET", "POST"}
    gets = {route.path: route.right for route in ROUTES if route.method == "GET" and route.right}
    assert {path: right for path, right in gets.items() if right is not Role.SEE} == {
        "/pauses": Role.RUN,
        "/people": Role.ADMIN,
        "/people/{number}": Role.ADMIN,
    }

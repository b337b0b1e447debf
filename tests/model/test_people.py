"""Roles, and which posts a person sees."""

from __future__ import annotations

import pytest

from bot.model import EVERYTHING, Role, Scope

PARTNER = Scope(frozenset({"their-x", "their-mastodon"}), frozenset({"library-hours"}))


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.SEE, {Role.SEE}),
        (Role.APPROVE, {Role.SEE, Role.APPROVE}),
        (Role.RUN, {Role.SEE, Role.APPROVE, Role.RUN}),
        (Role.ADMIN, {Role.SEE, Role.APPROVE, Role.RUN, Role.ADMIN}),
    ],
)
def test_a_role_may_do_all_that_the_roles_before_it_may(role: Role, rights: set[Role]) -> None:
    assert {right for right in Role if role.may(right)} == rights


@pytest.mark.parametrize(
    ("campaign", "account", "sees"),
    [
        ("library-hours", "their-x", True),
        ("library-hours", "their-mastodon", True),
        ("library-hours", "our-x", False),
        ("night-buses", "their-x", False),
        ("night-buses", "our-x", False),
    ],
)
def test_a_partner_sees_its_own_campaign_on_its_own_accounts(
    campaign: str, account: str, *, sees: bool
) -> None:
    assert PARTNER.sees(campaign, account) == sees


def test_a_limit_on_accounts_leaves_every_campaign() -> None:
    scope = Scope(frozenset({"their-x"}), None)
    assert scope.sees("night-buses", "their-x")
    assert not scope.sees("night-buses", "our-x")
    assert not scope.is_everything


def test_a_limit_on_campaigns_leaves_every_account() -> None:
    scope = Scope(None, frozenset({"library-hours"}))
    assert scope.sees("library-hours", "any")
    assert not scope.sees("night-buses", "any")
    assert not scope.is_everything


def test_an_empty_limit_hides_everything() -> None:
    """Otherwise the last account taken from a list would show all accounts."""
    assert not Scope(frozenset(), None).sees("library-hours", "our-x")
    assert not Scope(frozenset(), None).is_everything


def test_everything_is_seen_without_limits() -> None:
    assert EVERYTHING.is_everything
    assert EVERYTHING.sees("night-buses", "our-x")

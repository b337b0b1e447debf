"""The promises of approval hold under edits, reviews and sends in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.machine_rules import run_settings
from helpers.review_machine import ReviewMachine
from helpers.scale import FULL, SEEDS
from hypothesis import Phase, seed
from hypothesis.stateful import run_state_machine_as_test

from bot.model import Delivery
from bot.planning import approval
from bot.planning.approval import Verdicts
from bot.planning.pending import PendingPost
from bot.services.version_names import _TypedName

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.model import Refusal

EXAMPLES = 100 if FULL else 6


@pytest.mark.timeout(3600 if FULL else 600)
@pytest.mark.parametrize("number", range(SEEDS))
def test_nothing_leaves_without_its_approvals_and_nothing_unseen_is_approved(number: int) -> None:
    @seed(number)
    class Seeded(ReviewMachine):
        pass

    run_state_machine_as_test(Seeded, settings=run_settings(EXAMPLES))
    assert Seeded.sends > EXAMPLES, "too few sends to prove anything"
    assert Seeded.approvals > 5 * EXAMPLES
    assert Seeded.refusals > EXAMPLES
    assert Seeded.partly, "no post was approved in part"


def digest_of_one_account(patch: pytest.MonkeyPatch) -> None:
    """An approval is bound to the first account's text only."""
    patch.setattr(PendingPost, "digest", property(lambda post: post.texts[0].digest))


def digest_ignored(patch: pytest.MonkeyPatch) -> None:
    """An approval with a digest is recorded for the post's present text."""
    patch.setattr(_TypedName, "_shown_as", lambda _, post, *__: post)


def frequency_alone(patch: pytest.MonkeyPatch) -> None:
    """An approval is not bound to the text."""
    patch.setattr(Delivery, "approval_digest", property(lambda delivery: delivery.frequency))


def refusal_ignored(patch: pytest.MonkeyPatch) -> None:
    """A refused text leaves once enough people have approved it."""
    patch.setattr(approval, "refused_words", lambda _: None)


def refusal_of_the_post(patch: pytest.MonkeyPatch) -> None:
    """A refusal is bound to the post, and not to its text."""

    def refusals_of(verdicts: Verdicts, occurrence: Delivery) -> list[Refusal]:
        every = (of for refusals in verdicts.refusals.values() for of in refusals)
        return [of for of in every if of.subject == occurrence.subject]

    patch.setattr(Verdicts, "refusals_of", refusals_of)


BUGS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the digest of one account": digest_of_one_account,
    "the digest ignored": digest_ignored,
    "the frequency alone": frequency_alone,
    "a refusal ignored": refusal_ignored,
    "a refusal of the post": refusal_of_the_post,
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @seed(0)
    class Bugged(ReviewMachine):
        pass

    BUGS[bug](monkeypatch)
    # It need only be caught, not shortened.
    settings = run_settings(60, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Bugged, settings=settings)

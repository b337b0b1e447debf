"""Print a post in full, with its attempts, for ``queue show`` and ``inbox``."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.cli.output import part_lines, with_config, wrap
from bot.model.post_words import join_places, place_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.services.views import DeliveryView
    from bot.services.views_queue import AttemptView, ShownPost


def shown_post_lines(shown: ShownPost) -> list[str]:
    """Return the details of a post, each version of its text once, and the attempts."""
    post = shown.post
    details = {
        "number": str(post.number),
        "post": post.name,
        "due": post.local,
        "on": ", ".join(delivery.account for delivery in post.deliveries),
        "state": with_config(post.summary),
        "price": f"${post.price}",
        "differs": "; ".join(post.notes),
    }
    lines = [f"{name:<8} {value}" for name, value in details.items() if value]
    wanted = [delivery for delivery in post.deliveries if delivery.account in shown.accounts]
    places = place_names(post.deliveries)
    groups: dict[object, list[DeliveryView]] = defaultdict(list)
    for delivery in wanted:
        groups[_content(delivery)].append(delivery)
    for group in groups.values():
        on = "" if len(groups) == 1 else join_places(group, places)
        lines += ["", *_group_lines(group, on)]
    return lines + attempt_lines(shown.attempts)


def _content(delivery: DeliveryView) -> object:
    """Return the version that an audience sees, to compare it."""
    parts = tuple((part.text, part.media, part.poll, part.card) for part in delivery.parts)
    return parts, delivery.wording, delivery.warning, delivery.language, delivery.labels


def _group_lines(group: list[DeliveryView], on: str) -> Iterator[str]:
    first = group[0]
    if on:
        yield f"On {on}:"
    settings = {
        "wording": first.wording,
        "warning": first.warning,
        "labels": ", ".join(first.labels),
        "language": first.language,
    }
    yield from (f"{name:<8} {value}" for name, value in settings.items() if value)
    for index, part in enumerate(first.parts):
        if index:
            yield ""
        yield f"Part {index + 1} of {len(first.parts)}:"
        for line in part_lines(part):
            yield from wrap(line, "  ")
        for delivery in group:
            sent = delivery.parts[index]
            length = sent.length or "its account is not in config.yaml"
            published = f", published: {sent.url}" if sent.url else ""
            yield f"  - {delivery.account}: {length}{published}"


def attempt_lines(attempts: Iterable[AttemptView]) -> list[str]:
    """Return the attempts with their outcomes, and the looks at the timeline afterwards."""
    lines = []
    for attempt in attempts:
        outcome = attempt.outcome or "no answer yet"
        sent = f"Sent part {attempt.part} at {attempt.opened:%Y-%m-%d %H:%M:%SZ}"
        lines += ["", f"{attempt.account}: {sent}: {outcome}. {attempt.detail}"]
        for look in attempt.looks:
            matches = ", ".join(look.matches) or "no matching post"
            seen = matches if look.readable else "could not be read"
            lines.append(f"  looked at {look.at:%Y-%m-%d %H:%M:%SZ}: {seen}. {look.evidence}")
    return lines

"""What is not the same on all accounts of a post. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services.views import DeliveryView


def differences(deliveries: Sequence[DeliveryView]) -> tuple[str, ...]:
    """Return what is not the same on all accounts of a post."""
    aspects: dict[str, set[object]] = {
        "time": {delivery.due for delivery in deliveries},
        "text": {delivery.text for delivery in deliveries},
        "parts": {len(delivery.parts) for delivery in deliveries},
        "media": {tuple(part.media for part in delivery.parts) for delivery in deliveries},
        "poll": {tuple(part.poll for part in delivery.parts) for delivery in deliveries},
        "warning": {delivery.warning for delivery in deliveries},
    }
    return tuple(name for name, found in aspects.items() if len(found) > 1)

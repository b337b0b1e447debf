"""Take the control room's pictures for README.md from the example campaign in its midst.

PYTHONPATH=tests python tests/take_pictures.py
"""

from __future__ import annotations

import logging
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from helpers.browser import chromium
from helpers.played_room import played_room
from helpers.web import serve_app
from PIL import Image

from bot.model import Role
from bot.services import people
from bot.web.signin import cookie_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser

FOLDER = Path(__file__).parents[1] / ".github"
DESK = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
SCALE = 1.5
GAP = 36
"""Pixels between two pictures that stand side by side."""

ON_A_DESK = "/"
ON_A_PHONE = ("/calendar?on=2022-07-13&view=day", "/posts/people-over-profit/ring-doorbells")


def main() -> None:
    """Write both pictures."""
    logging.disable()
    with TemporaryDirectory() as folder, chromium() as browser:
        [desk] = take(browser, Path(folder) / "desk", DESK, [ON_A_DESK])
        phones = [*take(browser, Path(folder) / "phone", PHONE, ON_A_PHONE)]
    save(desk, "control-room.png")
    width = sum(phone.width for phone in phones) + GAP * (len(phones) - 1)
    both = Image.new("RGB", (width, phones[0].height), "#5c6670")
    for place, phone in enumerate(phones):
        both.paste(phone, (place * (phone.width + GAP), 0))
    save(both, "phone.png")


def take(
    browser: Browser, folder: Path, size: dict[str, int], paths: Sequence[str]
) -> Iterator[Image.Image]:
    """Yield a picture of each page, as Ana sees it."""
    folder.mkdir()
    with played_room(folder, more="") as app, serve_app(app) as (url, _):
        people.add_user(app, "Ana", Role.RUN, "the pictures")
        token = people.open_session(app, people.find_user(app, "Ana"))
        context = browser.new_context(viewport=size, device_scale_factor=SCALE)  # type: ignore[arg-type]
        context.add_cookies([{"name": cookie_name(secure=False), "value": token, "url": url}])
        page = context.new_page()
        for path in paths:
            page.goto(url + path)
            yield Image.open(BytesIO(page.screenshot())).convert("RGB")
        context.close()


def save(picture: Image.Image, name: str) -> None:
    """Write a picture with few colours, because it is downloaded with every clone."""
    few = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    main()

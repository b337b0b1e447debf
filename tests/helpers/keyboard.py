"""A person at a real browser who has only a keyboard, and the faults that the browser reports."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

DESK: Any = {"width": 1360, "height": 900}
PHONE: Any = {"width": 390, "height": 844}

MAX_TABS = 120
"""After so many presses of Tab, everything of a page has had the focus."""

OUTLINED = """element => {
    for (let at = element; at && at.tagName !== "MAIN"; at = at.parentElement)
        if (getComputedStyle(at).outlineStyle !== "none") return true;
    return false;
}"""

_FOCUSED = re.compile(r'- (?P<role>[\w-]+)(?: "(?P<name>(?:[^"\\]|\\.)*)")?')


@dataclass
class KeyboardUser:
    """One window. No method uses a mouse, and none needs the page's scripts."""

    page: Page
    url: str
    """The origin of the control room."""
    faults: list[str] = field(default_factory=list)
    """Messages in the console, errors, dialogs, and requests to other places."""

    def __post_init__(self) -> None:
        note = self.faults.append
        self.page.on("console", lambda message: note(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: note(f"error: {error}"))
        self.page.on("dialog", lambda dialog: note(f"dialog: {dialog.message}"))
        self.page.context.on("request", lambda request: self._asked(request.url))

    def _asked(self, address: str) -> None:
        if not address.startswith(f"{self.url}/"):
            self.faults.append(f"request: {address}")

    # --- moving ---

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(path if path.startswith("http") else self.url + path)

    def focused(self) -> tuple[str, str]:
        """Return the role and the accessible name of the element that has the focus."""
        found = self.page.locator(":focus")
        if not found.count():
            return "", ""
        # What is inside of an element has lines of its own.
        match = _FOCUSED.match(found.aria_snapshot())
        return (match["role"], match["name"] or "") if match else ("", "")

    def reach(self, role: str, name: str) -> None:
        """Press Tab until an element with this role and accessible name has the focus."""
        seen = []
        for _ in range(MAX_TABS):
            self.page.keyboard.press("Tab")
            at = self.focused()
            if at[0] == role and name in at[1]:
                self._require_visible_focus()
                return
            seen.append(at)
        raise AssertionError(f"Tab never comes to the {role} {name!r}, but to {seen}")

    def _require_visible_focus(self) -> None:
        """Require an outline around the element, or around the line or label that it stands in."""
        focused = self.page.locator(":focus")
        assert focused.is_visible()
        assert focused.evaluate(OUTLINED), f"nobody sees that {self.focused()} has the focus"

    # --- acting ---

    def press(self, role: str, name: str) -> None:
        """Reach a link or a button, and press Enter."""
        self.reach(role, name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def fill(self, name: str, words: str) -> None:
        """Reach a field, and type."""
        self.reach("textbox", name)
        self.page.keyboard.type(words)

    def tick(self, name: str) -> None:
        """Reach a checkbox, and press Space."""
        self.reach("checkbox", name)
        self.page.keyboard.press("Space")

    def unfold(self, name: str) -> None:
        """Reach the line that unfolds a part of the page, and press Enter."""
        seen = []
        for _ in range(MAX_TABS):
            self.page.keyboard.press("Tab")
            summary = self.page.locator("summary:focus")
            seen += summary.all_text_contents()
            if summary.count() and " ".join(seen[-1].split()) == name:
                self.page.keyboard.press("Enter")
                return
        raise AssertionError(f"Tab never comes to {name!r}, but to {seen}")

    def choose(self, group_first: str, name: str) -> None:
        """Reach a group of answers by its first one, and go down to another by the arrows."""
        self.reach("radio", group_first)
        self.page.keyboard.press("Space")
        for _ in range(10):
            if name in self.focused()[1]:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows never come to {name!r}")

    # --- reading ---

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def text(self) -> str:
        """Return the words of the page."""
        return self.page.locator("main").inner_text()


@contextmanager
def keyboard_user(
    browser: Browser, url: str, viewport: Any, *, scripts: bool = True
) -> Iterator[KeyboardUser]:
    """Yield a person at a new window. Nothing may go wrong in it."""
    context = browser.new_context(viewport=viewport, java_script_enabled=scripts)
    context.set_default_timeout(60_000)
    try:
        user = KeyboardUser(context.new_page(), url)
        yield user
    finally:
        context.close()
    assert user.faults == []

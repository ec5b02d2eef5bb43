"""A person at a browser: every page that they look at is checked, and can be kept as a picture."""

import os
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, ViewportSize

PICTURES = os.environ.get("SCREENSHOTS", "")  # the folder for pictures of all pages, empty for none
WIDE, NARROW = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
COLOURS = 128  # of a picture, which is a fifth of its size in true colours
_RULES: dict[str, dict[str, Any]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast"]},  # nothing else depends on colours
}


@dataclass
class Faults:
    """What must not happen on any page."""

    of_policy: list[str] = field(default_factory=list)  # what the Content-Security-Policy refused
    foreign: list[str] = field(default_factory=list)  # requests to other hosts
    of_access: list[str] = field(default_factory=list)  # what axe found
    too_wide: list[str] = field(default_factory=list)  # pages that scroll sideways on a telephone

    def all(self) -> list[str]:
        return [*self.of_policy, *self.foreign, *self.of_access, *self.too_wide]


class Reader:
    """A window of its own session. `page` is Playwright's; `look` checks what it shows."""

    def __init__(self, browser: Browser, url: str, faults: Faults, scripts: bool = True) -> None:
        self.url, self.faults, self.has_scripts = url, faults, scripts
        self.posted: set[str] = set()  # the paths that forms were sent to
        self.context: BrowserContext = browser.new_context(
            base_url=url, viewport=WIDE, java_script_enabled=scripts, locale="en-GB", reduced_motion="reduce"
        )  # without motion, colours do not fade while axe compares them
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.context.on("request", self._requested)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.set_default_timeout(20_000)

    def _requested(self, request: Request) -> None:
        if request.url.startswith(("http:", "https:", "ws:")) and not request.url.startswith(f"{self.url}/"):
            self.faults.foreign.append(f"{self.page.url} requests {request.url}")
        if request.method == "POST":
            self.posted.add(urlsplit(request.url).path)

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.faults.of_policy.append(f"{self.page.url}: {message.text[:300]}")

    def open(self, path: str) -> Page:
        """Open a page of the application, which must answer."""
        response = self.page.goto(path if path.startswith("http") else f"{self.url}{path}")
        assert response is None or response.status < 400, f"{path} is {response.status}: {self.text()[:500]}"
        return self.page

    def at(self, path: str) -> "Reader":
        """This reader, who has opened a page."""
        self.open(path)
        return self

    def fill(self, **values: str) -> None:
        """Fill the fields with these labels, or the first whose labels begin so."""
        for label, value in values.items():
            exact = self.page.get_by_label(label, exact=True)
            (exact if exact.count() else self.page.get_by_label(label).first).fill(value)

    def text(self) -> str:
        """What the page says."""
        return self.page.inner_text("body")

    def path(self) -> str:
        """The path of the address."""
        return urlsplit(self.page.url).path

    def press(self, name: str, within: str = "main") -> None:
        """Press Enter on the first button or link with this name, else one that has it in its name; wait for a page."""
        exact = self._target(name, within, is_exact=True)
        (exact if exact.count() else self._target(name, within)).first.press("Enter")
        self.page.wait_for_load_state()

    def _target(self, name: str, within: str, is_exact: bool = False) -> Locator:
        place = self.page.locator(within)
        return place.get_by_role("button", name=name, exact=is_exact).or_(
            place.get_by_role("link", name=name, exact=is_exact)
        )

    def look(self, name: str) -> None:
        """Check the page in light and dark, wide and narrow, and keep pictures of it under this name."""
        if not self.has_scripts:
            return
        self._audit(name, "light")
        self._picture(name, "wide")
        self.page.set_viewport_size(NARROW)
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.faults.too_wide.append(f"{name}: {self.page.url} is {wide} pixels too wide")
        self._picture(name, "narrow")
        self.page.set_viewport_size(WIDE)
        self.page.emulate_media(color_scheme="dark")
        self._audit(name, "dark")
        self.page.emulate_media(color_scheme="light")

    def _audit(self, name: str, scheme: str) -> None:
        for found in Axe().run(self.page, options=_RULES[scheme]).response["violations"]:
            nodes: list[Any] = found["nodes"]
            where = "; ".join(f"{node['html'][:150]} ({node['failureSummary'][:200]})" for node in nodes[:3])
            self.faults.of_access.append(f"{name} ({scheme}, {urlsplit(self.page.url).path}): {found['id']}: {where}")

    def _picture(self, name: str, form: str) -> None:
        if not PICTURES:
            return
        shown = Image.open(BytesIO(self.page.screenshot(full_page=True))).convert("RGB")
        shown = shown.crop((0, 0, shown.width, min(shown.height, 2400)))
        folder = Path(PICTURES)
        folder.mkdir(parents=True, exist_ok=True)
        shown.quantize(COLOURS).save(folder / f"{name}-{form}.png", optimize=True)

    def close(self) -> None:
        """Close the window and forget its cookies."""
        self.context.close()

"""A browser, and the people who use it one after the other."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from infra.local.stack import Stack
from tests.e2e.journey.reader import Faults, Reader

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PASSWORD = "sieben lila Giraffen schweigen"


class World:
    """The stack, the browser, and what the steps tell each other."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        self.browser, self.stack, self.faults = browser, stack, Faults()
        self.readers: list[Reader] = []
        self.token = self.token_id = self.channel_id = self.channel_token = ""

    def reader(self, scripts: bool = True) -> Reader:
        """A new window in which nobody is signed in."""
        reader = Reader(self.browser, self.stack.url, self.faults, scripts)
        self.readers.append(reader)
        return reader

    @property
    def posted(self) -> set[str]:
        """The paths to which forms were sent, by all readers."""
        return {path for reader in self.readers for path in reader.posted}

    def follow_mail(self, reader: Reader, address: str) -> None:
        """Open the newest mail to an address in the local list of mails, and follow its link."""
        page = reader.open("/local/mail/")
        page.get_by_role("listitem").filter(has_text=address).first.get_by_role("link", name="HTML").click()
        page.get_by_role("link").first.click()
        page.wait_for_load_state()

    def registered(self, reader: Reader, address: str, name: str) -> Reader:
        """Register, on the page that is shown, and confirm by the mail's link."""
        page = reader.page
        page.get_by_label("First name").fill(name)
        page.get_by_label("E-mail address").fill(address)
        page.get_by_label("Password").fill(PASSWORD)
        reader.press("Register")
        reader.look("register-sent")
        self.follow_mail(reader, address)
        reader.look("activate")
        page.get_by_label("Password").fill(PASSWORD)
        reader.press("Confirm and sign in")
        return reader

    def signed_in(self, reader: Reader, address: str, password: str = PASSWORD) -> Reader:
        """Sign in, on the page that is shown or that asks for it."""
        reader.page.get_by_label("E-mail address").fill(address)
        reader.page.get_by_label("Password").fill(password)
        reader.press("Sign in")
        return reader


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert path, "Chromium is missing: install it by `make chromium`."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def administrator(stack: Stack) -> str:
    """The address of one, who signs in with `PASSWORD`, as `make user ADMIN=1` makes them."""
    address = "admin-of-pages@example.org"
    environment = stack.environment | {"DATA_DIR": str(stack.data_dir), "PASSWORD": PASSWORD}
    command = [sys.executable, "-m", "infra.local.user", address, "--admin"]
    subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return address


@pytest.fixture(scope="module")
def world(browser: Browser, stack: Stack) -> World:
    return World(browser, stack)


@pytest.fixture(scope="module")
def ada(world: World) -> Iterator[Reader]:
    """The window of a content team's member."""
    reader = world.reader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def ben(world: World) -> Iterator[Reader]:
    """The window of a curator, whom Ada invites."""
    reader = world.reader()
    yield reader
    reader.close()

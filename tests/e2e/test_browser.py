"""A real browser, with the session of a signed-in user, opens what others have uploaded: nothing of it is executed.

Chromium is installed by `make chromium`.
"""

import base64
import hashlib
import shutil
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Page, Route, sync_playwright

from infra.local.aws import emulator
from infra.local.stack import Stack
from tests.e2e.api import Api

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
RED, GREEN, BLUE = (254, 0, 0), (0, 128, 0), (0, 0, 255)
# What an attacker uploads: it signs nothing in, it uses whoever opens it.
ATTACK = """
document.documentElement.setAttribute("data-ran", "yes");
fetch("/api/auth/session/current/", {credentials: "include"}).then((answer) => answer.json()).then((session) =>
  fetch("/api/channel/", {
    method: "POST",
    credentials: "include",
    headers: {"X-CSRFToken": session.csrf_token, "Content-Type": "application/json"},
    body: JSON.stringify({name: "made by " + session.email}),
  })
).then((answer) => document.documentElement.setAttribute("data-status", answer.status));
"""
HTML = f"<!DOCTYPE html><title>x</title><script>{ATTACK}</script>"


def svg(size: int) -> str:
    """A green square with the attack's script; each size is another file."""
    return f'''<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}">
<script><![CDATA[{ATTACK}]]></script><rect width="{size}" height="{size}" style="fill:green"/></svg>'''


def picture(form: str, colour: tuple[int, int, int], size: tuple[int, int]) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert path, "Chromium is missing: install it by `make chromium`."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, stack: Stack) -> Iterator[Page]:
    """A window in which the stack's first user is signed in."""
    context = chromium.new_context(viewport={"width": 800, "height": 600})
    page = context.new_page()
    page.goto(f"{stack.url}/en/accounts/")
    page.fill("input[name=username]", stack.email)
    page.fill("input[name=password]", stack.password or "")
    page.click("main button")
    page.wait_for_url(f"{stack.url}/channels/")
    yield page
    context.close()


def upload(api: Api, extension: str, content: bytes) -> str:
    """Upload a file as ricecooker does; returns its address."""
    digest = hashlib.md5(content)
    name = digest.hexdigest()
    sent = {"size": len(content), "checksum": name, "name": "x", "file_format": extension, "preset": None}
    answer = api.client.post("/api/file/upload_url", json=sent).raise_for_status().json()
    headers = {"Content-Type": answer["mimetype"], "Content-MD5": base64.b64encode(digest.digest()).decode()}
    api.client.put(answer["uploadURL"], content=content, headers=headers).raise_for_status()
    return f"{api.client.base_url}/content/storage/{name[0]}/{name[1]}/{name}.{extension}".replace(
        "//content", "/content"
    )


def colours(page: Page) -> set[Any]:
    """The colours of a good part of what the window shows."""
    shown = Image.open(BytesIO(page.screenshot())).convert("RGB")
    return {colour for count, colour in shown.getcolors(shown.width * shown.height) or [] if count > 5000}


def names(api: Api) -> set[str]:
    return {channel["name"] for channel in api.client.get("/api/channel", params={"edit": "true"}).json()}


def without_policy(route: Route) -> None:
    """Show a file as it was shown before it was sandboxed."""
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
    route.fulfill(response=answer, headers=headers)


def test_a_script_in_a_picture_uses_nobodys_session(page: Page, uploader: Api) -> None:
    address = upload(uploader, "svg", svg(200).encode())
    page.goto(address)
    page.wait_for_timeout(1000)
    assert GREEN in colours(page)
    assert page.locator("svg").get_attribute("data-ran") is None
    assert f"made by {uploader.client.get('/api/user/me').json()['email']}" not in names(uploader)


def test_the_script_would_run_without_the_policy(page: Page, uploader: Api) -> None:
    """What the test above looks for does happen."""
    page.route("**/*.svg", without_policy)
    page.goto(upload(uploader, "svg", svg(201).encode()))
    page.wait_for_selector("svg[data-status='201']", timeout=10_000)
    name = f"made by {uploader.client.get('/api/user/me').json()['email']}"
    assert name in names(uploader)
    for channel in uploader.client.get("/api/channel", params={"edit": "true"}).json():
        if channel["name"] == name:
            uploader.client.delete(f"/api/channel/{channel['id']}").raise_for_status()


def test_a_sandboxed_document_gets_no_token_and_changes_nothing(page: Page, stack: Stack, uploader: Api) -> None:
    """Even if a browser executed it: here, a sandbox that allows scripts."""
    page.route("**/*.svg", lambda route: _allow_scripts(route))
    page.goto(upload(uploader, "svg", svg(202).encode()))
    page.wait_for_selector("svg[data-ran]", timeout=10_000)
    page.wait_for_timeout(1000)
    assert page.locator("svg").get_attribute("data-status") is None  # it cannot read the session
    assert not any(name.startswith("made by ") for name in names(uploader))


def _allow_scripts(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": "sandbox allow-scripts"})


@pytest.mark.parametrize(
    ("extension", "kind", "content"),
    [("html", "text/html", HTML), ("xml", "application/xml", svg(200)), ("json", "application/json", HTML)],
)
def test_other_types_are_downloads_even_if_an_earlier_version_stored_them(
    page: Page, stack: Stack, extension: str, kind: str, content: str
) -> None:
    name = hashlib.md5(f"{kind}{content}".encode()).hexdigest()
    key = f"content/storage/{name[0]}/{name[1]}/{name}.{extension}"
    s3 = emulator.client("s3", stack.environment["AWS_ENDPOINT_URL"])
    s3.put_object(Bucket=stack.environment["BUCKET"], Key=key, Body=content.encode(), ContentType=kind)
    address = f"{stack.url}/{key}"
    with page.expect_download() as download, pytest.raises(Error, match="Download is starting"):
        page.goto(address)
    assert download.value.url == address


def test_a_thumbnail_is_shown_on_our_pages_but_not_on_others(page: Page, stack: Stack, uploader: Api) -> None:
    for extension, content, colour in (
        ("png", picture("PNG", BLUE, (300, 200)), BLUE),
        ("svg", svg(203).encode(), GREEN),
    ):
        address = upload(uploader, extension, content)
        page.goto(f"{stack.url}/en/accounts/")
        page.evaluate("address => { document.body.innerHTML = `<img src='${address}'>`; }", address)
        page.wait_for_function("() => document.images[0].complete")
        assert colour in colours(page)
        page.goto(f"{stack.url.replace('127.0.0.1', 'localhost')}/en/accounts/")
        page.set_content(f"<img src='{address}'>")
        page.wait_for_function("() => document.images[0].complete")
        assert page.evaluate("() => document.images[0].naturalWidth") == 0


@pytest.mark.parametrize("extension", ["png", "pdf"])
def test_pictures_and_documents_are_shown(page: Page, uploader: Api, extension: str) -> None:
    colour = {"png": BLUE, "pdf": RED}[extension]
    page.goto(upload(uploader, extension, picture(extension.upper(), colour, (400, 500))))
    for _ in range(20):  # the viewer of PDFs starts after its page has loaded
        if colour in colours(page):
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"The {extension} is not shown: {colours(page)}")

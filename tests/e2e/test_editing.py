"""Editing in a real browser: what the scripts of the pages do, and the same without them. Nothing breaks the policy."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from infra.local.stack import Stack
from tests.e2e.api import Api
from tests.e2e.test_browser import chromium

__all__ = ["chromium"]
LARGE = b"%PDF" + os.urandom(9_000_000)  # more than one part of the MD5, and than a function takes


@pytest.fixture(scope="module")
def cookies(chromium: Browser, stack: Stack) -> Any:
    """Those of the signed-in first user."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{stack.url}/accounts/login/")
        page.fill("input[name=username]", stack.email)
        page.fill("input[name=password]", stack.password or "")
        page.click("main button")
        page.wait_for_load_state()
        return context.storage_state()


@pytest.fixture
def context(chromium: Browser, cookies: Any) -> Iterator[BrowserContext]:
    with chromium.new_context(storage_state=cookies) as context:
        yield context


@pytest.fixture
def complaints() -> list[str]:
    """What the browser says about a page: violations of its policy, and errors of its scripts."""
    return []


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Page:
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


@pytest.fixture
def channel(uploader: Api) -> dict[str, Any]:
    """A new channel of the user."""
    made: dict[str, Any] = uploader.client.post("/api/channel", json={"name": "School"}).raise_for_status().json()
    return made


def make(api: Api, parent: str, title: str) -> str:
    sent = {"parent": parent, "title": title, "kind": "topic"}
    return str(api.client.post("/api/contentnode", json=sent).raise_for_status().json()["id"])


def titles(api: Api, parent: str) -> list[str]:
    rows = api.client.get(f"/api/contentnode?parent={parent}").raise_for_status().json()["results"]
    return [row["title"] for row in rows]


def path(stack: Stack, channel: dict[str, Any], node_id: str, name: str) -> str:
    return f"{stack.url}/channels/{channel['id']}/nodes/{node_id}/{name}/"


def test_files_are_uploaded_one_after_the_other_with_the_right_md5(
    page: Page, stack: Stack, uploader: Api, channel: dict[str, Any], complaints: list[str], tmp_path: Path
) -> None:
    for name, data in [("large.pdf", LARGE), ("small.epub", b"small"), ("bad.exe", b"bad")]:
        (tmp_path / name).write_bytes(data)
    page.goto(path(stack, channel, channel["root_id"], "add"))
    page.set_input_files("#file", [tmp_path / name for name in ("large.pdf", "small.epub", "bad.exe")])
    page.get_by_text("Added. Edit large.pdf").wait_for()
    page.get_by_text("Added. Edit small.epub").wait_for()
    page.locator("#uploads").get_by_text("Not one of:").wait_for()
    assert titles(uploader, channel["root_id"]) == ["large", "small"]
    node_id = page.get_by_text("Added. Edit large.pdf").get_attribute("href").split("/")[4]  # type: ignore[union-attr]
    (file,) = uploader.client.get(f"/api/file?contentnode={node_id}").json()
    assert file["checksum"] == hashlib.md5(LARGE).hexdigest()
    assert uploader.client.get(file["url"]).content == LARGE
    assert not complaints


def test_nodes_are_dragged_beside_others_and_into_topics(
    page: Page, stack: Stack, uploader: Api, channel: dict[str, Any], complaints: list[str]
) -> None:
    root = channel["root_id"]
    first, second, third = (make(uploader, root, name) for name in ("first", "second", "third"))
    page.goto(f"{stack.url}/channels/{channel['id']}/")
    page.locator(f"#node-{third}").drag_to(page.locator(f"#node-{first}"), target_position={"x": 200, "y": 3})
    page.get_by_text("Moved.").wait_for()
    assert titles(uploader, root) == ["third", "first", "second"]
    target = page.locator(f"#node-{second}")
    box = target.bounding_box()
    assert box
    page.locator(f"#node-{first}").drag_to(target, target_position={"x": 200, "y": box["height"] / 2})
    page.wait_for_function(f"!document.getElementById('node-{first}')")
    assert (titles(uploader, root), titles(uploader, second)) == (["third", "second"], ["first"])
    assert not complaints


def test_nodes_are_moved_by_keyboard(page: Page, stack: Stack, uploader: Api, channel: dict[str, Any]) -> None:
    goal = make(uploader, channel["root_id"], "goal")
    moved = make(uploader, channel["root_id"], "moved")
    page.goto(path(stack, channel, moved, "move"))
    page.get_by_role("link", name="goal").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**into=*")
    page.get_by_role("button", name="Move here").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Moved.").wait_for()
    assert titles(uploader, goal) == ["moved"]


def test_files_are_uploaded_without_scripts(
    chromium: Browser, cookies: Any, stack: Stack, uploader: Api, channel: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "small.epub").write_bytes(b"small")
    with chromium.new_context(storage_state=cookies, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path(stack, channel, channel["root_id"], "add"))
        page.set_input_files("#file", tmp_path / "small.epub")
        page.get_by_role("button", name="Upload", exact=True).click()
        page.get_by_text("The file is added.").wait_for()
    assert titles(uploader, channel["root_id"]) == ["small"]

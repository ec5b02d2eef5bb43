"""Every form of every page, sent by browsers that run no scripts. Each test continues where the one before stopped."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from chalicelib.pages.registry import ROUTES
from examples import archives
from tests.e2e import uploads
from tests.e2e.api import Api
from tests.e2e.journey.conftest import PASSWORD, World
from tests.e2e.journey.reader import Reader

CLEO = "cleo@example.org"
OTHER_PASSWORD = "acht rosa Nashorn-Kinder tanzen"

# They ask on the same page as other actions of administrators, but for what is never stuck here.
OF_STUCK_WORK = {"/admin/work/tasks/{id}/{action}", "/admin/work/queues/{id}/{action}"}


@pytest.fixture(scope="module")
def cleo(world: World) -> Iterator[Reader]:
    reader = world.reader(scripts=False)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def keeper(world: World, administrator: str) -> Iterator[Reader]:
    """The window of an administrator."""
    reader = world.reader(scripts=False)
    reader.open("/admin/")
    world.signed_in(reader, administrator)
    yield reader
    reader.close()


def says(reader: Reader, *sentences: str) -> None:
    missing = [one for one in sentences if one not in reader.text()]
    assert not missing, f"{reader.path()} does not say {missing}: {reader.text()[:1500]}"


def open_again(reader: Reader, path: str, wanted: str) -> None:
    """Open a page, and reload it as its reader would, until it shows what a worker does meanwhile."""
    reader.open(path)
    for _ in range(100):
        if wanted in reader.text():
            return
        reader.page.wait_for_timeout(200)
        reader.open(path)
    says(reader, wanted)


def test_registering_and_signing_in(world: World, cleo: Reader) -> None:
    cleo.open("/accounts/register/")
    world.registered(cleo, CLEO, "Cleo")
    says(cleo, "Your address is confirmed")
    cleo.open("/accounts/logout/")
    cleo.press("Sign out")
    says(cleo, "You have signed out.")
    cleo.open("/accounts/login/")
    world.signed_in(cleo, CLEO)
    assert cleo.path() == "/channels/"


def test_a_forgotten_and_a_changed_password(world: World, cleo: Reader) -> None:
    cleo.open("/accounts/password/change/")
    cleo.fill(**{"Current password": PASSWORD, "New password": OTHER_PASSWORD, "New password, again": OTHER_PASSWORD})
    cleo.press("Change password")
    says(cleo, "Your password was changed.")
    cleo.context.clear_cookies()
    cleo.open("/accounts/password/reset/")
    cleo.fill(**{"E-mail address": CLEO})
    cleo.press("Send the link")
    world.follow_mail(cleo, CLEO)
    cleo.fill(**{"New password": PASSWORD, "New password, again": PASSWORD})
    cleo.press("Save the password")
    says(cleo, "Your password was saved.")
    world.signed_in(cleo, CLEO)
    assert cleo.path() == "/channels/"


def test_a_channel_is_created_and_described(world: World, cleo: Reader, tmp_path: Path) -> None:
    cleo.open("/channels/new/")
    cleo.fill(Name="Plain")
    cleo.press("Create channel")
    says(cleo, "The channel was created.")
    world.channel_id = cleo.path().split("/")[2]
    cleo.press("Bookmark")
    says(cleo, "The channel was bookmarked")
    cleo.press("Edit details")
    cleo.fill(Name="Plain and simple", Description="No scripts.")
    cleo.press("Save")
    says(cleo, "Plain and simple", "No scripts.")
    cleo.open(f"/channels/{world.channel_id}/edit-details/")
    cleo.page.get_by_label("Picture").set_input_files(_picture(tmp_path))
    cleo.press("Save the thumbnail")
    says(cleo, "The thumbnail is saved.")


def test_nodes_are_added_edited_moved_and_copied(world: World, cleo: Reader, tmp_path: Path) -> None:
    for title in ("Birds", "Fish"):
        cleo.open(f"/channels/{world.channel_id}/")
        cleo.press("Add")
        cleo.fill(Title=title)
        cleo.press("Add the topic")
        says(cleo, "The topic is added.")
    topic = _opened(cleo, world.channel_id, "Fish")
    cleo.open(f"{topic}move/")
    cleo.press("Move up")
    says(cleo, "The order is changed.")
    cleo.open(f"{topic}add/")
    (tmp_path / "Pike.pdf").write_bytes(archives.pdf("Pike"))
    cleo.page.get_by_label("Files to upload").set_input_files(tmp_path / "Pike.pdf")
    cleo.press("Upload")
    says(cleo, "The file is added.")
    cleo.fill(Title="The pike")
    cleo.page.get_by_label("Licence", exact=True).select_option("Public Domain")
    cleo.press("Save")
    says(cleo, "The changes are saved.", "The pike")
    node = cleo.path()
    cleo.press("Files")
    cleo.page.get_by_label("File", exact=True).set_input_files(_picture(tmp_path))
    cleo.press("Upload")
    says(cleo, "The file is saved.")
    cleo.open(f"{node}copy/")
    cleo.press("Plain and simple")
    cleo.press("Copy here")
    says(cleo, "Copied.")
    cleo.open(f"/channels/{world.channel_id}/")
    cleo.press("Move, copy or delete several")
    cleo.page.get_by_label("The pike").check()
    cleo.press("Move")
    cleo.press("Birds")
    cleo.press("Move here")
    says(cleo, "Moved.")


def test_nodes_are_deleted_and_restored(world: World, cleo: Reader) -> None:
    topic = _opened(cleo, world.channel_id, "Birds")
    cleo.press("Delete")
    cleo.press("Move to the trash")
    says(cleo, "Moved to the trash")
    cleo.press("Trash")
    cleo.page.get_by_label("Birds").check()
    cleo.press("Restore")
    says(cleo, "Restored to where it was.")
    cleo.open(f"{topic}delete/")
    cleo.press("Move to the trash")
    cleo.press("Trash")
    cleo.page.get_by_label("Birds").check()
    cleo.press("Delete for good")
    cleo.press("Delete for good")
    says(cleo, "Deleted for good.")


def test_a_token_uploads_what_is_reviewed_and_published(world: World, cleo: Reader) -> None:
    cleo.open("/settings/tokens/")
    cleo.fill(Name="Script")
    cleo.press("Create token")
    found = re.search(r"\b[0-9a-f]{40}\b", cleo.text())
    assert found
    world.token = found[0]
    api = Api(world.stack.url, world.token)
    for name, decision, answer in (("Old", "Discard", "was discarded"), ("New", "Deploy", "The staged tree is live")):
        staged = uploads.stage(api, "Without scripts", "en", [uploads.document(api, name)])
        open_again(cleo, f"/channels/{staged}/staging/", f"{decision} …")
        cleo.press(f"{decision} …")
        cleo.press(decision)
        says(cleo, answer)
    cleo.open(f"/channels/{staged}/publish/")
    cleo.fill(**{"What is new": "Without scripts."})
    cleo.press("Publish")
    open_again(cleo, f"/channels/{staged}/publish/", "has ended")
    says(cleo.at("/channels/"), "Version 1")


def test_a_colleague_is_invited(world: World, cleo: Reader, keeper: Reader, administrator: str) -> None:
    cleo.open(f"/channels/{world.channel_id}/people/")
    cleo.fill(**{"E-mail address": administrator})
    cleo.page.get_by_label("They may").select_option("edit")
    cleo.press("Send invitation")
    says(cleo, "The invitation was sent.")
    world.follow_mail(keeper, administrator)
    keeper.press("Accept")
    says(keeper, "You have accepted the invitation.", "Plain and simple")


def test_settings(world: World, cleo: Reader) -> None:
    cleo.open("/settings/")
    cleo.fill(**{"Last name": "Plain"})
    cleo.press("Save")
    says(cleo, "Your names are saved.")
    cleo.open("/settings/storage/")
    cleo.fill(**{"How much more": "10", "What it is for": "Films"})
    cleo.press("Request storage")
    says(cleo, "Your request was sent.")
    cleo.press("Withdraw the request")
    says(cleo, "Your request was withdrawn.")
    elsewhere = world.reader(scripts=False)
    for _ in range(2):
        elsewhere.context.clear_cookies()
        elsewhere.open("/accounts/login/")
        world.signed_in(elsewhere, CLEO)
    elsewhere.close()
    cleo.open("/settings/sessions/")
    cleo.press("End the session")
    says(cleo, "The session has ended.")
    cleo.press("End all other sessions")
    says(cleo, "Your other sessions have ended.")


def test_a_revoked_token_is_refused(world: World, cleo: Reader) -> None:
    cleo.open("/settings/tokens/")
    cleo.page.locator("summary", has_text="Revoke").first.click()
    cleo.press("Revoke it")
    says(cleo, "The token was revoked.")
    answer = httpx.get(f"{world.stack.url}/api/user/me", headers={"Authorization": f"Token {world.token}"})
    assert answer.status_code == 401


def test_an_administrator_changes_users_and_channels(world: World, keeper: Reader) -> None:
    keeper.open(f"/admin/users/?keywords={CLEO}")
    keeper.press(CLEO)
    keeper.fill(**{"Quota in GB": "7"})
    keeper.press("Save")
    says(keeper, "Quota and limits are saved.")
    keeper.press("End all sessions")
    keeper.press("End all sessions")
    says(keeper, "All sessions of the user have ended.")
    keeper.open(f"/admin/channels/{world.channel_id}/")
    keeper.fill(Priority="3")
    keeper.press("Save")
    says(keeper, "The changes of the channel are saved.")
    keeper.press("Make public")
    keeper.press("Make public")
    says(keeper, "The channel is public.")


def test_leaving(world: World, cleo: Reader) -> None:
    cleo.open("/settings/account/")
    world.signed_in(cleo, CLEO)  # again, as the administrator ended the sessions
    cleo.press("Export my data")
    open_again(cleo, "/settings/account/", "Download")
    cleo.press("Delete my account …")
    cleo.fill(**{"Your password": PASSWORD})
    cleo.press("Delete my account")
    says(cleo, "Your account is being deleted.")


def test_every_form_was_sent_and_nothing_foreign_requested(world: World) -> None:
    forms = {route.path for route in ROUTES if route.is_page and route.method == "POST"} - OF_STUCK_WORK
    left = {form for form in forms if not any(map(re.compile(_pattern(form)).fullmatch, world.posted))}
    assert not left
    assert not world.faults.all(), "\n".join(world.faults.all())


def _opened(reader: Reader, channel_id: str, title: str) -> str:
    """Open a node by the link on its channel's page; returns the path of its page."""
    reader.open(f"/channels/{channel_id}/")
    reader.press(title)
    return reader.path()


def _picture(folder: Path) -> Path:
    path, out = folder / "picture.png", BytesIO()
    Image.new("RGB", (160, 90), (10, 120, 200)).save(out, "PNG")
    path.write_bytes(out.getvalue())
    return path


def _pattern(path: str) -> str:
    return re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "/"

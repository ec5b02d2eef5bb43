"""The page of one's account: exporting one's data, and deleting the account."""

import pytest

from chalicelib.identity import accounts
from chalicelib.models import users
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.http.pages import Visitor
from tests.support.worlds.leaving import PASSWORD, Leaver, leaver

URL = "/settings/account/"
DELETE = f"{URL}delete/"


@pytest.fixture
def me(studio: Studio) -> Leaver:
    return leaver(studio)


@pytest.fixture
def visiting(me: Leaver) -> Visitor:
    return Visitor(me.studio, me.user_id)


def test_shows_what_goes_and_what_stays(visiting: Visitor, me: Leaver) -> None:
    page = visiting.click(visiting.open(URL), "Delete my account …")
    assert (page.status, page.title) == (200, "Delete your account")
    text = page.text
    gone, kept = text.index("Own of leaver (public)"), text.index("Shared by leaver")
    assert text.index("1 channel of which you are the only editor") < gone < text.index("2 channels") < kept
    assert "Viewed by leaver (you view it)" in text


def test_exports(visiting: Visitor, me: Leaver) -> None:
    page = visiting.submit(visiting.open(URL), f"{URL}export/")
    assert (page.status, "Your data is being collected." in page.text) == (200, True)
    assert "Reload" in page.links
    me.studio.deliver()
    page = visiting.open(URL)
    (address,) = (path for text, path in page.links.items() if text.startswith("Download ("))
    assert address.startswith("http")
    assert "/content/answers/own/" in address
    assert page.form(f"{URL}export/")


def test_shows_the_limit_of_exports(visiting: Visitor, me: Leaver) -> None:
    for _ in range(5):
        visiting.post(f"{URL}export")
        me.studio.deliver()
    answer = visiting.post(f"{URL}export")
    assert (answer.status, "the limit for a day" in answer.text) == (429, True)


def test_deletes_after_the_password(visiting: Visitor, me: Leaver) -> None:
    page = visiting.submit(visiting.open(DELETE), DELETE, password="wrong")
    assert (page.status, "This is not your password." in page.text) == (400, True)
    assert existing(users.get(me.user_id)).is_active
    page = visiting.submit(page, DELETE, password=PASSWORD)
    assert (page.path.partition("?")[0], "Your account is being deleted" in page.text) == ("/", True)
    assert not existing(users.get(me.user_id)).is_active
    assert visiting.open(URL).title != "Account"
    assert "kolibri_studio_sessionid" not in visiting.browser.cookies


def test_the_last_administrator_sees_why_not(studio: Studio) -> None:
    user_id, _ = accounts.create_user("root@example.org", PASSWORD, is_admin=True)
    root = Visitor(studio, user_id)
    page = root.open(DELETE)
    assert "last administrator" in page.text
    assert not [form for form in page.forms if form.action.endswith("/delete/")]
    assert root.post(f"{URL}delete", password=PASSWORD).status == 409


def test_only_the_question_costs_a_query_per_channel(visiting: Visitor, me: Leaver) -> None:
    with counting(me.studio) as watch:
        visiting.open(URL)
    assert watch.names == ["GetItem"] * 2  # the session, and the state of the export

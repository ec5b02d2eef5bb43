"""Publishing by a form, its progress, and its end."""

import json
import re
import shutil
import subprocess
import time

import pytest

from chalicelib.models import tasks
from chalicelib.operations.publishing import publish_failure
from chalicelib.rendering import assets, formats
from tests.support.aws.calls import counting
from tests.support.http.client import Studio
from tests.support.http.pages import Page, Visitor
from tests.support.worlds import nodes


@pytest.fixture
def channel_id(studio: Studio) -> str:
    """A channel with a complete exercise and an incomplete one."""
    channel_id, root = studio.make_channel()
    topic = studio.add(root, nodes.topic("Numbers"))[nodes.node_id("Numbers")]
    studio.add(topic, nodes.exercise("Counting", nodes.question("q")), nodes.exercise("Adding"))
    studio.finish(channel_id)
    return channel_id


def publish(user: Visitor, channel_id: str, **values: str) -> Page:
    page = user.open(f"/channels/{channel_id}/publish/")
    return user.submit(page, f"/channels/{channel_id}/publish/", **values)


def ended(user: Visitor, studio: Studio, channel_id: str) -> Page:
    studio.deliver()
    return user.open(f"/channels/{channel_id}/publish/")


def test_the_form_publishes_with_notes_and_language(user: Visitor, studio: Studio, channel_id: str) -> None:
    page = publish(user, channel_id, version_notes="First <version>", language="fr")
    assert (page.path, "Waiting for a worker" in page.text) == (f"/channels/{channel_id}/publish/", True)
    assert re.search(r'data-task="[0-9a-f]{32}"', page.answer.text)
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page.answer.text
    studio.deliver()
    channel = studio.get(f"/api/channel/{channel_id}").json
    assert (channel["version"], channel["language"]) == (1, "fr")
    (version,) = studio.get(f"/api/channelversion?channel={channel_id}").json["results"]
    assert version["version_notes"] == "First <version>"


def test_the_end_shows_the_version_the_token_and_what_was_left_out(
    user: Visitor, studio: Studio, channel_id: str
) -> None:
    publish(user, channel_id)
    page = ended(user, studio, channel_id)
    token = studio.get(f"/api/channel/{channel_id}").json["primary_token"]
    assert "Published version 1: 1 resource." in page.text
    assert "1 incomplete resource was left out: Numbers > Adding" in page.text
    assert token in page.text
    assert "KOLIBRI_CENTRAL_CONTENT_BASE_URL=http://front.example.org" in page.text
    assert "refresh" not in page.answer.text


def test_a_failure_says_why_and_what_to_do(user: Visitor, studio: Studio) -> None:
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("Adding"))
    studio.finish(channel_id)
    publish(user, channel_id)
    page = ended(user, studio, channel_id)
    assert "The latest publish failed" in page.text
    assert "no complete resource" in page.text
    assert "Adding" in page.text
    assert "publish again" in page.text


def test_a_publish_that_was_given_up_names_its_number(user: Visitor, studio: Studio, channel_id: str) -> None:
    publish(user, channel_id)
    (task,) = tasks.of_channel(channel_id, 1)
    publish_failure.give_up(task.id)
    page = user.open(f"/channels/{channel_id}/publish/")
    assert ("The latest publish failed" in page.text, task.id in page.text) == (True, True)


def test_an_unchanged_channel_says_so_and_keeps_the_notes(user: Visitor, studio: Studio, channel_id: str) -> None:
    publish(user, channel_id)
    studio.deliver()
    publish(user, channel_id, version_notes="Later")
    page = ended(user, studio, channel_id)
    assert "Nothing has changed since version 1" in page.text
    assert "The version notes are kept for the next version" in page.text
    assert page.form(f"/channels/{channel_id}/publish/").fields["version_notes"] == ["Later"]


def test_a_publish_that_runs_is_joined_by_a_page_that_stays(user: Visitor, channel_id: str) -> None:
    """What is being typed would be lost if the page were loaded again."""
    page = user.click(publish(user, channel_id), "Request another publish after this one")
    assert ("refresh" in page.answer.text, "data-task" in page.answer.text) == (False, False)
    after = user.submit(page, f"/channels/{channel_id}/publish/", version_notes="More")
    assert "another one follows it" in after.text


def test_a_page_that_follows_a_publish_has_no_form(user: Visitor, channel_id: str) -> None:
    assert not [form for form in publish(user, channel_id).forms if form.action.endswith("/publish/")]


def test_invalid_fields_are_shown_with_what_was_typed(user: Visitor, channel_id: str) -> None:
    page = publish(user, channel_id, version_notes="Typed", language="klingon")
    assert page.status == 400
    assert page.form(f"/channels/{channel_id}/publish/").fields["version_notes"] == ["Typed"]


def test_a_deleted_channel_is_not_published(user: Visitor, studio: Studio, channel_id: str) -> None:
    page = user.open(f"/channels/{channel_id}/publish/")
    studio.call("DELETE", f"/api/channel/{channel_id}")
    answer = user.submit(page, f"/channels/{channel_id}/publish/")
    assert (answer.status, "Restore it first" in answer.text) == (409, True)


def test_viewers_see_the_state_alone(studio: Studio, channel_id: str) -> None:
    viewer_id, _ = studio.sign_up("viewer")
    studio.share(channel_id, viewer_id, "view")
    page = Visitor(studio, viewer_id).open(f"/channels/{channel_id}/publish/")
    assert "Editors of this channel can publish it" in page.text
    assert not [form for form in page.forms if form.action.endswith("/publish/")]


def test_the_page_takes_few_calls(user: Visitor, studio: Studio, channel_id: str) -> None:
    publish(user, channel_id)
    studio.deliver()
    with counting(studio) as calls:
        user.open(f"/channels/{channel_id}/publish/")
    assert len([name for name in calls.names if name != "UpdateItem"]) <= 4


def test_a_running_publish_shows_the_time_left(user: Visitor, channel_id: str) -> None:
    publish(user, channel_id)
    (task,) = tasks.of_channel(channel_id, 1)
    tasks.advance(task, 30, "Writing the content database", int(time.time()) + 185)
    page = user.open(f"/channels/{channel_id}/publish/")
    assert "30 % Writing the content database about 3 minutes left" in page.text


WORDS = {
    0: "less than a minute left",
    29: "less than a minute left",
    30: "about a minute left",
    89: "about a minute left",
    90: "about 2 minutes left",
    150: "about 3 minutes left",
    59 * 60: "about 59 minutes left",
    60 * 60: "about an hour left",
    89 * 60: "about an hour left",
    90 * 60: "about 2 hours left",
}


def test_the_time_left_is_in_plain_words() -> None:
    assert {seconds: formats.left(seconds) for seconds in WORDS} == WORDS
    assert formats.left(None) == ""


@pytest.mark.skipif(not shutil.which("node"), reason="node is missing: it runs the script")
def test_the_script_writes_the_time_left_as_the_page_does() -> None:
    script = assets.text("progress.js")
    function = script[script.index("const left") : script.index("const follow")]
    program = f"{function}; console.log(JSON.stringify([...{list(WORDS)}, undefined].map((one) => left(one))))"
    said = subprocess.run(["node", "-e", program], capture_output=True, check=True, text=True).stdout
    assert json.loads(said) == [*WORDS.values(), ""]

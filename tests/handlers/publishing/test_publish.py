"""publish_channel: the live tree becomes a version, once per change, however many requests ask for it."""

import pytest

from chalicelib.models import channels
from chalicelib.models.channels import Channel
from tests.support.existing import existing, values_of
from tests.support.http.client import Studio
from tests.support.http.recordings import store
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes, published

PATH = "/api/internal/publish_channel"


def exercise(name, **fields):
    return nodes.exercise(name, nodes.question(name), **fields)


def deploy(studio, *content, channel_id=None):
    """Return the ID of a channel whose live tree has these top-level nodes."""
    channel_id, root = studio.make_channel(channel_id=channel_id)
    studio.add(root, *content)
    assert studio.finish(channel_id).status == 200
    return channel_id


def ask(studio, channel_id, notes=""):
    answer = studio.post(PATH, {"channel_id": channel_id, "version_notes": notes})
    assert answer.status == 200, answer.text
    return answer.json["task_id"]


def test_a_publish_is_requested_and_its_task_polled(studio):
    channel_id = deploy(studio, exercise("one"))
    answer = studio.post(PATH, {"channel_id": channel_id})
    assert set(answer.json) == {"success", "channel", "task_id"}
    assert answer.json["channel"] == channel_id
    waiting = studio.task(answer.json["task_id"])
    assert (waiting["task_name"], waiting["status"], waiting["progress"]) == ("export-channel", "PENDING", 0)
    studio.deliver("publish")
    started = studio.task(answer.json["task_id"])
    assert (started["status"], 0 < started["progress"] < 100) == ("STARTED", True)
    assert published.lookup(studio, channel_id) is None
    studio.deliver("export")
    done = studio.task(answer.json["task_id"])
    assert (done["status"], done["progress"], done["channel_id"]) == ("SUCCESS", 100, channel_id)
    assert existing(published.lookup(studio, channel_id))["version"] == 1


@pytest.mark.parametrize(
    "content",
    [
        [],
        [nodes.topic("empty")],
        [nodes.resource("incomplete")],
        [exercise("e", license=None)],
    ],
    ids=["nothing", "an empty topic", "a document without a file", "an exercise without a licence"],
)
def test_a_tree_without_a_complete_resource_is_not_published(studio, content):
    channel_id = deploy(studio, *content)
    task = studio.publish(channel_id)
    assert task["status"] == "FAILURE"
    assert "no complete resource" in task["detail"]
    channel = existing(channels.get(channel_id))
    assert values_of(channel, "version", "publish_task_id", "primary_token") == (0, None, None)
    assert not [key for key in studio.cloud.objects() if key.startswith("content/databases")]


def test_publishing_works_again_after_a_failure(studio):
    channel_id = deploy(studio)
    assert studio.publish(channel_id)["status"] == "FAILURE"
    deploy(studio, exercise("one"), channel_id=channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert published.titles(studio, channel_id) == ["one"]


def test_a_node_in_two_topics_is_published_at_the_first_place(studio):
    channel_id, root = studio.make_channel()
    topics = studio.add(root, nodes.topic("a"), nodes.topic("b"))
    ids = []
    for name in ("a", "b"):
        ids += studio.add(topics[nodes.node_id(name)], exercise("same")).values()
    studio.finish(channel_id)
    task = studio.publish(channel_id)
    assert task["status"] == "SUCCESS"
    assert "b > same (at a > same)" in task["detail"]
    assert published.titles(studio, channel_id) == ["a", "same"]
    rows = [studio.get(f"/api/contentnode/{id}").json for id in (*ids, *topics.values())]
    assert [row["published"] for row in rows] == [True, False, True, False]


def test_an_unchanged_tree_gets_no_new_version(studio):
    channel_id = deploy(studio, exercise("one"))
    studio.publish(channel_id, "first")
    before = studio.cloud.contents()
    task = studio.publish(channel_id, "second")
    assert task["status"] == "SUCCESS"
    assert "Nothing has changed" in task["detail"]
    entry = existing(published.lookup(studio, channel_id))
    assert (entry["version"], entry["version_notes"]) == (1, {"1": "first"})
    after = studio.cloud.contents()
    assert (after["bucket"], after["channel_versions"]) == (before["bucket"], before["channel_versions"])


def test_notes_of_an_unchanged_publish_are_kept_for_the_next_version(studio):
    channel_id = deploy(studio, exercise("one"))
    studio.publish(channel_id, "first")
    assert "version notes" not in studio.publish(channel_id)["detail"]
    kept = "The version notes are kept for the next version, unless newer ones are sent."
    assert kept in studio.publish(channel_id, "second")["detail"]
    studio.publish(channel_id)
    for name, notes in (("two", ""), ("three", "")):
        deploy(studio, exercise(name), channel_id=channel_id)
        studio.publish(channel_id, notes)
    assert existing(published.lookup(studio, channel_id))["version_notes"] == {"1": "first", "2": "second"}


def test_newer_notes_replace_those_that_were_kept(studio):
    channel_id = deploy(studio, exercise("one"))
    studio.publish(channel_id, "first")
    studio.publish(channel_id, "second")
    deploy(studio, exercise("two"), channel_id=channel_id)
    studio.publish(channel_id, "third")
    assert existing(published.lookup(studio, channel_id))["version_notes"] == {"1": "first", "2": "third"}


def test_notes_sent_while_an_unchanged_publish_runs_are_kept(studio):
    channel_id = deploy(studio, exercise("one"))
    studio.publish(channel_id, "first")
    task_id = ask(studio, channel_id)
    answer = studio.post(PATH, {"channel_id": channel_id, "version_notes": "second"})
    assert answer.json["task_id"] == task_id
    assert "kept for the next version" in answer.json["detail"]
    studio.deliver()
    deploy(studio, exercise("two"), channel_id=channel_id)
    studio.publish(channel_id)
    assert existing(published.lookup(studio, channel_id))["version_notes"] == {"1": "first", "2": "second"}


def test_the_same_upload_again_gets_no_new_version(studio):
    channel_id = deploy(studio, exercise("one"), nodes.topic("t"))
    studio.publish(channel_id)
    deploy(studio, exercise("one"), nodes.topic("t"), channel_id=channel_id)
    assert "Nothing has changed" in studio.publish(channel_id)["detail"]
    assert existing(published.lookup(studio, channel_id))["version"] == 1


def test_a_staged_tree_is_not_published(studio):
    channel_id = deploy(studio, exercise("live"))
    _, root = studio.make_channel(channel_id=channel_id)
    studio.add(root, exercise("staged"))
    studio.finish(channel_id, stage=True)
    studio.publish(channel_id)
    assert published.titles(studio, channel_id) == ["live"]


def test_a_second_request_joins_the_running_publish(studio):
    channel_id = deploy(studio, exercise("one"))
    first = ask(studio, channel_id, "first")
    assert ask(studio, channel_id, "second") == first
    studio.deliver("publish")
    assert ask(studio, channel_id, "third") == first
    studio.deliver()
    entry = existing(published.lookup(studio, channel_id))
    assert (entry["version"], entry["version_notes"]) == (1, {"1": "first"})
    assert existing(channels.get(channel_id)).publish_task_id is None


@pytest.mark.parametrize("asked", [1, 3])
def test_changes_during_a_publish_are_published_once_after_it(studio, asked):
    channel_id = deploy(studio, exercise("old"))
    ask(studio, channel_id, "first")
    studio.deliver("publish")
    deploy(studio, exercise("new"), channel_id=channel_id)
    for number in range(asked):
        ask(studio, channel_id, f"notes {number}")
    studio.deliver()
    entry = existing(published.lookup(studio, channel_id))
    assert (entry["version"], entry["version_notes"]) == (2, {"1": "first", "2": f"notes {asked - 1}"})
    assert published.titles(studio, channel_id, 1) == ["old"]
    assert published.titles(studio, channel_id, 2) == published.titles(studio, channel_id) == ["new"]
    assert len(studio.cloud.items("channel_versions")) == 2


def test_every_message_may_be_delivered_twice(studio):
    channel_id = deploy(studio, exercise("one"))
    ask(studio, channel_id, "notes")
    studio.deliver(times=2)
    assert existing(published.lookup(studio, channel_id))["version"] == 1
    assert len(studio.cloud.items("channel_versions")) == 1


def test_a_second_version_matches_the_second_upload(studio):
    """Nodes are removed and edited; the others keep their IDs."""
    channel_id = deploy(studio, nodes.topic("gone too"), exercise("kept"), exercise("gone"), exercise("edited"))
    studio.publish(channel_id, "first")
    token = existing(channels.get(channel_id)).primary_token
    deploy(studio, exercise("edited", title="New title"), exercise("kept"), exercise("added"), channel_id=channel_id)
    assert studio.publish(channel_id, "sécond")["status"] == "SUCCESS"

    entry = existing(published.lookup(studio, channel_id))
    assert (entry["version"], entry["version_notes"]) == (2, {"1": "first", "2": "sécond"})
    assert published.titles(studio, channel_id, 1) == ["kept", "gone", "edited"]
    assert published.titles(studio, channel_id) == ["New title", "kept", "added"]
    assert studio.database(channel_id) == studio.database(channel_id, 2) != studio.database(channel_id, 1)
    first, second = (published.node_ids(studio, channel_id, version) for version in (1, 2))
    assert first["kept"] == second["kept"] == nodes.node_id("kept")
    assert first["edited"] == second["New title"]
    assert existing(channels.get(channel_id)).primary_token == token
    assert existing(published.lookup(studio, token))["version"] == 2
    assert published.rows(studio, channel_id, "select version from content_channelmetadata") == [(2,)]


def test_a_version_without_notes_has_none(studio):
    channel_id = deploy(studio, exercise("one"))
    studio.publish(channel_id)
    assert existing(published.lookup(studio, channel_id))["version_notes"] == {}


@pytest.mark.parametrize("field", ["name", "description", "language"])
def test_a_change_of_the_channel_alone_makes_a_version(studio, field):
    channel_id = deploy(studio, exercise("one"))
    studio.publish(channel_id)
    _, root = studio.make_channel(channel_id=channel_id, **{field: "fr"})
    studio.add(root, exercise("one"))
    studio.finish(channel_id)
    studio.publish(channel_id)
    entry = existing(published.lookup(studio, channel_id))
    assert (entry["version"], entry[field]) == (2, "fr")


def test_incomplete_nodes_and_their_descendants_are_left_out(studio):
    channel_id, root = studio.make_channel()
    ids = studio.add(
        root,
        exercise("good"),
        nodes.resource("no file"),
        exercise("no licence", license=None),
        nodes.exercise("no question"),
        nodes.topic("t", title=""),
        nodes.topic("of incomplete ones"),
    )
    (below,) = studio.add(ids[nodes.node_id("t")], exercise("below")).values()
    studio.add(ids[nodes.node_id("of incomplete ones")], nodes.resource("incomplete too"))
    studio.finish(channel_id)
    task = studio.publish(channel_id)
    assert task["status"] == "SUCCESS"
    assert "4 incomplete resources were left out: no file (It has no file" in task["detail"]
    assert "of incomplete ones > incomplete too (" in task["detail"]
    assert "1 incomplete topic was left out with its content: (no title)" in task["detail"]
    assert published.titles(studio, channel_id) == ["good"]
    assert existing(published.lookup(studio, channel_id))["total_resource_count"] == 1
    flags = {name: studio.get(f"/api/contentnode/{id}").json["published"] for name, id in ids.items()}
    assert [name for name, is_published in flags.items() if is_published] == [nodes.node_id("good")]
    assert not studio.get(f"/api/contentnode/{below}").json["published"]


def test_an_unchanged_publish_and_a_draft_say_what_they_leave_out_too(studio):
    channel_id = deploy(studio, exercise("good"), nodes.resource("no file"))
    studio.publish(channel_id)
    assert "1 incomplete resource was left out: no file" in studio.publish(channel_id)["detail"]
    task_id = studio.post(f"/api/channel/{channel_id}/publish_draft", {}).json["task_id"]
    studio.deliver()
    assert "1 incomplete resource was left out: no file" in studio.task(task_id)["detail"]


def test_a_topic_is_published_once_it_holds_a_resource(studio):
    channel_id, root = studio.make_channel()
    (topic_id,) = studio.add(root, nodes.topic("t")).values()
    studio.add(root, exercise("good"))
    studio.finish(channel_id)
    path = f"/api/contentnode/{topic_id}"
    for expected in (False, True):
        assert studio.publish(channel_id)["status"] == "SUCCESS"
        assert studio.get(path).json["published"] is expected
        studio.add(topic_id, exercise("below"))
        assert studio.get(path).json["published"] is expected


def test_the_public_record_describes_the_version(studio):
    pdf = store(studio, b"%PDF", "pdf")
    files = [nodes.file(pdf)]
    channel_id, root = studio.make_channel("Náme", description="About", tagline="Tag")
    topic = studio.add(root, nodes.topic("t", language="fr"))[nodes.node_id("t")]
    studio.add(topic, nodes.resource("1", files=files, tags=["b"]), nodes.resource("2", files=files, language="sw"))
    studio.finish(channel_id)
    studio.publish(channel_id)
    entry = existing(published.lookup(studio, channel_id))
    expected = {
        "name": "Náme",
        "description": "About",
        "tagline": "Tag",
        "language": "en",
        "included_languages": ["en", "fr", "sw"],
        "kind_count": {"document": 2, "topic": 2},
        "total_resource_count": 2,
        "published_size": 4,
        "public": False,
        "library": None,
        "matching_tokens": [],
    }
    assert {name: entry[name] for name in expected} == expected


def test_the_token_works_from_the_first_version_on(studio):
    channel_id = deploy(studio, exercise("one"))
    assert existing(channels.get(channel_id)).primary_token is None
    task = studio.publish(channel_id)
    token = existing(channels.get(channel_id)).primary_token
    assert task["result"]["token"] == token
    assert len(token) == 10
    assert existing(published.lookup(studio, token))["id"] == channel_id


def test_an_unknown_channel_is_404(studio):
    for channel_id in (NOTHING, "bad", ""):
        assert studio.post(PATH, {"channel_id": channel_id}).status == 404


@pytest.mark.parametrize("notes", ["x" * 10_001, 5, []])
def test_invalid_notes_are_refused(studio, notes):
    channel_id = deploy(studio, exercise("one"))
    answer = studio.post(PATH, {"channel_id": channel_id, "version_notes": notes})
    assert (answer.status, "version_notes" in answer.json) == (400, True)
    assert existing(channels.get(channel_id)).publish_task_id is None


def test_null_notes_are_no_notes(studio):
    channel_id = deploy(studio, exercise("one"))
    assert studio.post(PATH, {"channel_id": channel_id, "version_notes": None}).status == 200
    studio.deliver()
    assert existing(published.lookup(studio, channel_id))["version_notes"] == {}


def test_long_notes_of_many_versions_do_not_stop_publishing(studio):
    """A table item holds at most 400 kB: the oldest notes are dropped."""
    channel_id = deploy(studio, exercise("one"))
    notes = {str(version): "x" * 10_000 for version in range(1, 10)}
    Channel(channel_id).update([Channel.version_notes.set(notes), Channel.version.set(9)])
    for version in (10, 11, 12):
        deploy(studio, exercise(f"{version}"), channel_id=channel_id)
        assert studio.publish(channel_id, str(version) * 5_000)["status"] == "SUCCESS"
    kept = existing(published.lookup(studio, channel_id))["version_notes"]
    assert kept["12"] == "12" * 5_000
    assert {"10", "11"} < set(kept)
    assert len(str(kept)) < 120_000


def test_two_channels_are_published_side_by_side(aws):
    studio = Studio(aws)
    one, two = deploy(studio, exercise("one")), deploy(studio, exercise("two"))
    tasks = [ask(studio, channel_id) for channel_id in (one, two)]
    studio.deliver()
    assert [studio.task(task)["status"] for task in tasks] == ["SUCCESS", "SUCCESS"]
    assert (published.titles(studio, one), published.titles(studio, two)) == (["one"], ["two"])

"""Changes of each table have the same effect as the REST API."""

import uuid

import pytest

from chalicelib.operations.sync import apply
from tests.support.http import recordings
from tests.support.worlds import contentnode
from tests.support.worlds.syncing import URL, Client, reasons


def new_id():
    return uuid.uuid4().hex


def own(type, table, key, **fields):
    """A change of an object that belongs to a user."""
    return {"type": type, "table": table, "key": key, **fields}


def done(client, *sent):
    """Send changes that must all succeed; returns the response."""
    received = client.send(*sent)
    assert [received["disallowed"], received["errors"], len(received["successes"])] == [[], [], len(sent)], received
    return received


def test_nodes_accept_maps_and_dotted_names(studio, client, root):
    node = new_id()
    done(client, client.created(node, root, tags={"a": True, "b": False}, kind="document"))
    done(client, client.updated(node, **{"tags.c": True, "tags.a": False, "categories": {"d&WXdXWF": True}}))
    assert contentnode.row(studio, node)["tags"] == ["c"]
    done(client, client.updated(node, **{"extra_fields.options.modality": None}))


@pytest.mark.parametrize("mods", [{"parent": "0" * 32}, {"kind": "video"}])
def test_parent_and_kind_cannot_be_updated(client, root, mods):
    node = new_id()
    received = client.send(client.created(node, root), client.updated(node, **mods))
    assert reasons(received)[0].keys() == mods.keys()


def test_deleted_nodes_are_in_the_trash(studio, client, root):
    node = new_id()
    done(client, client.created(node, root), client.deleted(node))
    trash = studio.get(f"/api/channel/{client.channel_id}").json["trash_root_id"]
    assert contentnode.children(studio, trash) == ["n"]
    assert studio.get(f"{contentnode.URL}/{node}").status == 404
    done(client, client.moved(node, root))
    assert contentnode.row(studio, node)["parent"] == root


def test_a_deletion_that_is_sent_twice_leaves_the_node_in_the_trash(studio, client, root):
    """The answer to the first one was lost. A second deletion of the client deletes the node for good."""
    node = new_id()
    done(client, client.created(node, root))
    lost = client.deleted(node)
    assert client.ask({**lost, "rev": 7}).status == 200
    received = client.send({**lost, "rev": 7})
    assert (received["errors"], len(received["successes"])) == ([], 1)
    trash = studio.get(f"/api/channel/{client.channel_id}").json["trash_root_id"]
    assert contentnode.children(studio, trash) == ["n"]
    done(client, {**lost, "rev": 8})
    assert contentnode.children(studio, trash) == []


def test_a_copy_leaves_out_excluded_descendants(studio, client, root):
    top, kept, left, copy = new_id(), new_id(), new_id(), new_id()
    made = [client.created(top, root), client.created(kept, top, "k"), client.created(left, top, "l")]
    done(client, *made, client.copied(copy, top, root, excluded_descendants={left: True}, mods={"title": "c"}))
    assert contentnode.children(studio, copy) == ["k"]
    assert contentnode.row(studio, copy)["title"] == "c"


def test_a_large_copy_is_left_to_the_queue(studio, client, root, monkeypatch):
    monkeypatch.setattr("chalicelib.operations.copying.node_copies.MIN_BACKGROUND_NODES", 1)
    top, copy = new_id(), new_id()
    done(client, client.created(top, root), *(client.created(new_id(), top) for _ in range(2)))
    assert client.send(client.copied(copy, top, root))["successes"] == []
    studio.deliver("maintenance")
    received = client.poll()
    assert [one["key"] for one in received["successes"]] == [copy]
    assert received["changes"][-1]["mods"]["__COPYING_STATUS"] == "SUCCESS"


def test_prerequisites(studio, client, root):
    first, second = new_id(), new_id()
    done(client, client.created(first, root), client.created(second, root))
    done(client, client.change(1, "contentnode_prerequisite", [first, second], obj={}))
    assert studio.get(f"{contentnode.URL}/{root}/requisites").json == [{"target_node": first, "prerequisite": second}]
    received = client.send(client.change(1, "contentnode_prerequisite", [second, first], obj={}))
    assert "cycle" in reasons(received)[0]["prerequisite"][0]
    done(client, client.change(3, "contentnode_prerequisite", [first, second]))
    assert studio.get(f"{contentnode.URL}/{root}/requisites").json == []


def test_questions(studio, client, root):
    node, question = new_id(), new_id()
    done(client, client.created(node, root, kind="exercise", extra_fields={"randomize": True}))
    key = [node, question]
    obj = {"type": "free_response", "question": "?", "order": 0}
    done(client, client.change(1, "assessmentitem", key, obj=obj))
    done(client, client.change(2, "assessmentitem", key, mods={"question": "!"}))
    assert studio.get(f"/api/assessmentitem/{node},{question}").json["question"] == "!"
    assert contentnode.row(studio, node)["assessment_item_count"] == 1
    done(client, client.change(3, "assessmentitem", key))
    assert studio.get(f"/api/assessmentitem/{node},{question}").status == 404


def test_files(studio, client, root):
    node = new_id()
    done(client, client.created(node, root, kind="document"))
    name = recordings.store(studio, b"%PDF", "pdf")
    body = {"size": 4, "checksum": name[:32], "name": "a", "file_format": "pdf", "preset": "document"}
    file = studio.post("/api/file/upload_url", body).json["file"]["id"]
    put = own(2, "file", file, mods={"contentnode": node})  # the channel is that of the node
    assert done(client, put)["successes"][0]["channel_id"] == client.channel_id
    change = own(2, "file", file, mods={"language": "fr"})  # the channel is that of the file
    assert done(client, change)["successes"][0]["channel_id"] == client.channel_id
    (row,) = studio.get(f"/api/file?contentnode={node}").json
    assert (row["id"], row["language"]) == (file, "fr")
    done(client, client.change(3, "file", file))
    assert studio.get(f"/api/file?contentnode={node}").json == []


def test_channels(studio, client):
    channel_id, node = new_id(), new_id()
    made = own(1, "channel", channel_id, channel_id=channel_id, obj={"name": "c", "language": "en"})
    second = Client(studio, channel_id)
    assert done(second, made)["successes"][0]["channel_id"] == channel_id
    found = studio.get(f"/api/channel/{channel_id}").json
    assert (found["name"], found["edit"]) == ("c", True)
    staged = {"name": "d", "staging_root_id": node, "content_defaults.author": "a"}
    done(second, second.change(2, "channel", channel_id, mods=staged))
    found = studio.get(f"/api/channel/{channel_id}").json
    assert (found["name"], found["staging_root_id"], found["content_defaults"]["author"]) == ("d", None, "a")
    done(second, second.change(2, "channel", channel_id, mods={"deleted": True}))
    assert studio.get(f"/api/channel/{channel_id}").json["deleted"]
    done(second, second.change("UPDATED", "channel", channel_id, mods={"deleted": False}))
    done(second, second.change("DELETED", "channel", channel_id))
    assert studio.get(f"/api/channel/{channel_id}").json["deleted"]


def test_a_new_channel_can_be_changed_in_the_same_request(studio):
    second = Client(studio, new_id())
    channel_id = second.channel_id
    made = own(1, "channel", channel_id, obj={"name": "c"})
    done(second, made, second.change(2, "channel", channel_id, mods={"description": "d"}))
    assert studio.get(f"/api/channel/{channel_id}").json["description"] == "d"


def test_creating_an_existing_channel_fails_and_emits_nothing(studio, client):
    stranger = Client(studio, client.channel_id, studio.sign_up("stranger")[1])
    received = stranger.send(own(1, "channel", client.channel_id, obj={"name": "mine"}))
    assert "already" in reasons(received)[0][0]
    answer = stranger.ask(own(1, "channel", client.channel_id, obj={}), client.change(3, "channel", client.channel_id))
    assert len(answer.json["disallowed"]) == 1
    assert client.poll()["changes"] == []


def test_a_staged_tree_goes_live(studio, client):
    _, root = studio.make_channel(channel_id=client.channel_id)
    studio.finish(client.channel_id, stage=True)
    assert done(client, client.change("DEPLOYED", "channel", client.channel_id))
    found = studio.get(f"/api/channel/{client.channel_id}").json
    assert (found["root_id"], found["staging_root_id"]) == (root, None)
    assert "staged" in reasons(client.send(client.change(8, "channel", client.channel_id)))[0][0]


def test_a_publish_is_requested(studio, client, root):
    received = done(client, client.change("PUBLISHED", "channel", client.channel_id, version_notes="n", language="fr"))
    (task_id,) = [row["mods"]["__TASK_ID"] for row in received["changes"] if row["mods"].get("__TASK_ID")]
    assert studio.task(task_id)["task_name"] == "export-channel"
    assert received["successes"][0]["unpublishable"]
    assert studio.get(f"/api/channel/{client.channel_id}").json["language"] == "fr"
    received = client.send(client.change("PUBLISHED", "channel", client.channel_id, language="bogus"))
    assert reasons(received)[0].keys() == {"language"}


def test_the_callers_profile_left_to_a_worker_reaches_sessions_and_tokens(studio, client, monkeypatch):
    browser = studio.sign_in()
    monkeypatch.setattr(apply, "is_large", lambda _: True)
    client.send(own(2, "user", studio.user_id, user_id=studio.user_id, mods={"first_name": "Adm"}))
    studio.deliver("maintenance")
    for answer in (browser.call("GET", "/api/auth/session/current"), studio.get("/api/auth/session/current")):
        assert answer.json["first_name"] == "Adm"


def test_the_callers_profile(studio, client):
    own_id, other = studio.user_id, studio.sign_up("other")[0]
    done(client, own(2, "user", own_id, user_id=own_id, mods={"first_name": "Adm", "is_admin": True}))
    me = studio.get("/api/user/me").json
    assert (me["first_name"], me["is_admin"]) == ("Adm", False)
    assert "yourself" in reasons(client.send(own(2, "user", other, mods={"first_name": "x"})))[0][0]


def test_bookmarks(studio, client):
    done(client, own(1, "bookmark", client.channel_id, obj={"channel": client.channel_id}))
    assert studio.get("/api/bookmark").json == [{"channel": client.channel_id}]
    second = Client(studio, client.channel_id)
    assert [one["table"] for one in second.poll()["changes"]] == ["bookmark"]
    done(client, own(3, "bookmark", client.channel_id))
    assert studio.get("/api/bookmark").json == []


def test_channel_sets(studio, client):
    key = new_id()
    done(client, own(1, "channelset", key, obj={"name": "s", "channels": {}}))
    done(client, own(2, "channelset", key, mods={f"channels.{client.channel_id}": True, "name": "t"}))
    (found,) = studio.get("/api/channelset").json
    assert (found["id"], found["name"]) == (key, "t")
    done(client, own(3, "channelset", key))
    assert studio.get("/api/channelset").json == []


def test_invitations(studio, client):
    key, (_, token) = new_id(), studio.sign_up("guest")
    obj = {"email": "guest@example.org", "share_mode": "edit"}
    done(client, client.change(1, "invitation", key, obj=obj))
    guest = Client(studio, client.channel_id, token)
    taken = own(2, "invitation", key, channel_id=client.channel_id, mods={"accepted": True})
    assert done(guest, taken)
    assert studio.get(f"/api/channel/{client.channel_id}", token).json["edit"]
    other = new_id()
    sent = client.change(1, "invitation", other, obj={"email": "b@example.org", "channel": client.channel_id})
    done(client, sent, client.change(3, "invitation", other))
    assert studio.get(f"/api/invitation/{other}").json["revoked"]


def test_members(studio, client):
    user_id, token = studio.sign_up("second")
    studio.share(client.channel_id, user_id, "view")
    pair = [user_id, client.channel_id]
    done(client, client.change(1, "viewer_m2m", pair, obj={}))
    done(client, client.change(1, "editor_m2m", pair, obj={}), client.change(3, "viewer_m2m", pair))
    assert studio.get(f"/api/channel/{client.channel_id}", token).json["edit"]
    done(client, client.change(3, "editor_m2m", pair))
    assert studio.get(f"/api/channel/{client.channel_id}", token).status == 404
    stranger = [studio.sign_up("stranger")[0], client.channel_id]
    received = client.send(
        client.change(1, "viewer_m2m", stranger, obj={}), client.change(1, "editor_m2m", stranger, obj={})
    )
    assert ["Invite" in one[0] for one in reasons(received)] == [True, True]


def test_viewers_may_leave(studio, client):
    user_id, token = studio.sign_up("second")
    studio.share(client.channel_id, user_id, "view")
    answer = studio.post(URL, {"changes": [own(3, "viewer_m2m", [user_id, client.channel_id])]}, token).json
    assert len(answer["allowed"]) == 1
    assert studio.get(f"/api/channel/{client.channel_id}", token).status == 404


def test_a_change_of_many_nodes_is_left_to_the_queue(studio, client, root, monkeypatch):
    monkeypatch.setattr("chalicelib.operations.copying.node_copies.MIN_BACKGROUND_NODES", 2)
    top, below = new_id(), new_id()
    done(client, client.created(top, root), client.created(below, top), client.created(new_id(), top))
    change = client.change("UPDATED_DESCENDANTS", "contentnode", top, mods={"language": "es"})
    assert client.send(change)["successes"] == []
    studio.deliver("maintenance")
    assert contentnode.row(studio, below)["language"] == "es"


def test_descendants_keep_their_titles(studio, client, root):
    top = new_id()
    done(client, client.created(top, root))
    received = client.send(client.change("UPDATED_DESCENDANTS", "contentnode", top, mods={"title": "x"}))
    assert reasons(received)[0].keys() == {"title"}


def test_an_update_does_not_read_the_whole_node(studio, client, root, monkeypatch):
    node = new_id()
    done(client, client.created(node, root))
    monkeypatch.setattr("chalicelib.operations.nodes.node_writes.retrieve", lambda *_: 1 / 0)
    monkeypatch.setattr("chalicelib.operations.nodes.node_moves.retrieve", lambda *_: 1 / 0)
    done(client, client.updated(node, title="new"))
    assert contentnode.row(studio, node)["title"] == "new"
    done(client, client.change("DELETED", "contentnode", node))


def test_descendants(studio, client, root):
    top, below = new_id(), new_id()
    done(client, client.created(top, root), client.created(below, top))
    done(client, client.change("UPDATED_DESCENDANTS", "contentnode", top, mods={"language": "es"}))
    assert [contentnode.row(studio, node)["language"] for node in (top, below)] == ["es", "es"]


def test_copies_are_synced_with_their_originals(studio, client, root):
    node, copy, other = new_id(), new_id(), new_id()
    done(client, client.created(node, root), client.copied(copy, node, root), client.copied(other, node, root))
    done(client, client.updated(node, title="new"))
    done(client, client.change("SYNCED", "contentnode", copy, titles_and_descriptions=True))
    assert [contentnode.row(studio, id)["title"] for id in (copy, other)] == ["new", "n"]
    assert client.send(client.change(7, "channel", client.channel_id, titles_and_descriptions=True))["successes"] == []
    studio.deliver("maintenance")
    assert len(client.poll()["successes"]) == 1
    assert contentnode.row(studio, other)["title"] == "new"
    received = client.send(client.change(7, "contentnode", copy, files="yes"))
    assert reasons(received)[0].keys() == {"files"}


def test_the_clipboard(studio, client, root):
    node, entry = new_id(), new_id()
    done(client, client.created(node, root, kind="document"))
    source = {"source_node_id": contentnode.row(studio, node)["node_id"], "source_channel_id": client.channel_id}
    done(client, own(1, "clipboard", entry, obj={**source, "parent": studio.user_id, "kind": "document"}))
    excluded = {f"extra_fields.excluded_descendants.{node}": True}
    done(client, own(2, "clipboard", entry, mods=excluded))
    (row,) = studio.get(f"/api/clipboard?parent={studio.user_id}").json
    assert (row["id"], row["extra_fields"]) == (entry, {"excluded_descendants": {node: True}})
    done(client, own(3, "clipboard", entry))
    assert studio.get(f"/api/clipboard?parent={studio.user_id}").json == []


def test_saved_searches(studio, client):
    key = new_id()
    done(client, own(1, "savedsearch", key, obj={"name": "s", "params": {"keywords": "a"}}))
    done(client, own(2, "savedsearch", key, mods={"name": "t"}))
    (row,) = studio.get("/api/search/saved-search").json
    assert (row["id"], row["name"]) == (key, "t")
    done(client, own(3, "savedsearch", key))
    assert studio.get("/api/search/saved-search").json == []

"""Update a node and all its descendants at once."""

import pytest

from chalicelib.errors import Conflict, Forbidden, NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, trees
from chalicelib.models.channel_members import VIEW
from chalicelib.operations.nodes import bulk_update, node_batches
from chalicelib.schemas.base import parse
from chalicelib.schemas.contentnode import NodeChange
from tests.support.aws.interleaved import interrupted
from tests.support.existing import existing
from tests.support.worlds import counts, nodes
from tests.support.worlds.contentnode import FLAGS, row, values


@pytest.fixture(params=[40, 2])
def tree(request, studio, monkeypatch):
    """A live channel, changed in one batch or in several: a topic with a document, an exercise and an inner topic."""
    monkeypatch.setattr(node_batches, "MAX_NODES", request.param)
    channel_id, root = studio.make_channel()
    (top,) = studio.add(root, nodes.topic("top")).values()
    pdf = nodes.file(studio.upload(b"%PDF", "pdf", "document"))
    below = studio.add(
        top, nodes.resource("d", files=[pdf]), nodes.exercise("e", nodes.question("q")), nodes.topic("inner")
    )
    ids = {name: below[nodes.node_id(name)] for name in ("d", "e", "inner")} | {"top": top, "root": root}
    (ids["v"],) = studio.add(ids["inner"], nodes.resource("v", "video", license=None)).values()
    studio.finish(channel_id)
    return {**ids, "channel": channel_id, "user": Identity(studio.user_id, "", "", "", is_admin=False)}


def update(tree, **mods):
    return bulk_update.update(tree["user"], tree["top"], parse(NodeChange, mods))


def fields_of(tree, name):
    return {node["title"]: dict(node)[name] for node in trees.walk(tree["top"])}


def test_changes_every_node(studio, tree):
    update(tree, language="fr", author="A", tags={"new": True}, categories={"d&WXdXWF": True})
    assert row(studio, tree["top"])["language"] == "fr"
    for name, value in (("language", "fr"), ("author", "A"), ("tags", ["new"]), ("categories", ["d&WXdXWF"])):
        assert fields_of(tree, name) == dict.fromkeys(("top", "d", "e", "inner", "v"), value)


def test_skips_fields_that_a_kind_cannot_have(tree):
    criterion = {"model": "mastery", "threshold": {"mastery_model": "do_all"}}
    update(tree, extra_fields={"options": {"completion_criteria": criterion}}, license=2, author="A")
    assert {title for title, fields in fields_of(tree, "extra_fields").items() if "options" in fields} == {"e"}
    assert {title for title, license in fields_of(tree, "license").items() if license == "CC BY-SA"} == {"d", "e", "v"}
    assert set(fields_of(tree, "author").values()) == {"A"}


def test_refuses_fields_that_are_set_per_node(tree):
    picture = {"base64": "data:image/png;base64,AA"}
    own = {"title": "x", "description": "d", "thumbnail_encoding": picture, "parent": tree["root"], "kind": "topic"}
    for name, value in own.items():
        with pytest.raises(ValidationFailed) as refused:
            update(tree, **{name: value, "language": "fr"})
        assert set(refused.value.fields) == {name}
    assert set(fields_of(tree, "language").values()) == {None}
    assert set(fields_of(tree, "title")) == {"top", "d", "e", "inner", "v"}
    assert not any(node.get("thumbnail_encoding") for node in trees.walk(tree["top"]))


def test_updates_counts_and_completeness(studio, tree):
    assert values(studio, tree["root"]) == [5, 3, 0, 1]
    update(tree, license=None, role_visibility="coach")
    assert values(studio, tree["root"]) == [5, 3, 3, 3]
    update(tree, license=1, role_visibility="learner")
    assert values(studio, tree["root"]) == [5, 3, 0, 1]
    assert counts.stored(tree["root"]) == counts.recounted(tree["root"])


def test_repeated_changes_nothing(studio, tree):
    update(tree, language="fr")
    before = studio.cloud.contents()
    update(tree, language="fr")
    assert studio.cloud.contents() == before


def test_marks_each_node_and_its_ancestors_as_changed(studio, tree):
    studio.publish(tree["channel"])
    update(tree, language="fr")
    assert values(studio, tree["v"], FLAGS) == [False, True, False, False]  # incomplete
    assert values(studio, tree["top"], FLAGS) == [True, True, False, True]
    assert values(studio, tree["root"], FLAGS) == [True, False, False, True]


def test_skips_nodes_that_are_moved_away_meanwhile(studio, tree):
    path, body = f"/api/contentnode/{tree['inner']}/move", {"target": tree["root"]}
    with interrupted(studio, lambda: studio.post(path, body)):
        update(tree, language="fr")
    assert row(studio, tree["inner"])["parent"] == tree["root"]
    assert (row(studio, tree["v"])["language"], row(studio, tree["e"])["language"]) == (None, "fr")
    assert counts.stored(tree["root"]) == counts.recounted(tree["root"])


def test_requires_the_permission_to_edit(studio, tree):
    user_id, _ = studio.sign_up("someone")
    other = {**tree, "user": Identity(user_id, "", "", "", is_admin=False)}
    with pytest.raises(NotFound):
        update(other, language="fr")
    studio.share(tree["channel"], user_id, VIEW)
    with pytest.raises(Forbidden):
        update(other, language="fr")
    trash = existing(channels.get(tree["channel"])).trash_root_id
    with pytest.raises(Conflict):
        update({**tree, "top": trash}, language="fr")

"""One change of a node and of all below it."""

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
def made(request, studio, monkeypatch):
    """A live channel, changed in one piece or in several: a topic with a document, an exercise and an inner topic."""
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


def update(made, **mods):
    return bulk_update.update(made["user"], made["top"], parse(NodeChange, mods))


def told(made, name):
    return {node["title"]: dict(node)[name] for node in trees.walk(made["top"])}


def test_reaches_every_node(studio, made):
    update(made, language="fr", author="A", tags={"new": True}, categories={"d&WXdXWF": True})
    assert row(studio, made["top"])["language"] == "fr"
    for name, value in (("language", "fr"), ("author", "A"), ("tags", ["new"]), ("categories", ["d&WXdXWF"])):
        assert told(made, name) == dict.fromkeys(("top", "d", "e", "inner", "v"), value)


def test_skips_what_a_kind_cannot_have(made):
    criterion = {"model": "mastery", "threshold": {"mastery_model": "do_all"}}
    update(made, extra_fields={"options": {"completion_criteria": criterion}}, license=2, author="A")
    assert {title for title, fields in told(made, "extra_fields").items() if "options" in fields} == {"e"}
    assert {title for title, license in told(made, "license").items() if license == "CC BY-SA"} == {"d", "e", "v"}
    assert set(told(made, "author").values()) == {"A"}


def test_refuses_what_each_node_has_of_its_own(made):
    picture = {"base64": "data:image/png;base64,AA"}
    own = {"title": "x", "description": "d", "thumbnail_encoding": picture, "parent": made["root"], "kind": "topic"}
    for name, value in own.items():
        with pytest.raises(ValidationFailed) as refused:
            update(made, **{name: value, "language": "fr"})
        assert set(refused.value.fields) == {name}
    assert set(told(made, "language").values()) == {None}
    assert set(told(made, "title")) == {"top", "d", "e", "inner", "v"}
    assert not any(node.get("thumbnail_encoding") for node in trees.walk(made["top"]))


def test_keeps_counts_and_completeness_right(studio, made):
    assert values(studio, made["root"]) == [5, 3, 0, 1]
    update(made, license=None, role_visibility="coach")
    assert values(studio, made["root"]) == [5, 3, 3, 3]
    update(made, license=1, role_visibility="learner")
    assert values(studio, made["root"]) == [5, 3, 0, 1]
    assert counts.kept(made["root"]) == counts.recounted(made["root"])


def test_again_changes_nothing(studio, made):
    update(made, language="fr")
    before = studio.cloud.contents()
    update(made, language="fr")
    assert studio.cloud.contents() == before


def test_is_a_change_of_each_node_and_of_those_above(studio, made):
    studio.publish(made["channel"])
    update(made, language="fr")
    assert values(studio, made["v"], FLAGS) == [True, True, False, False]
    assert values(studio, made["top"], FLAGS) == [True, True, False, True]
    assert values(studio, made["root"], FLAGS) == [True, False, False, True]


def test_does_not_follow_nodes_that_are_moved_away_meanwhile(studio, made):
    path, body = f"/api/contentnode/{made['inner']}/move", {"target": made["root"]}
    with interrupted(studio, lambda: studio.post(path, body)):
        update(made, language="fr")
    assert row(studio, made["inner"])["parent"] == made["root"]
    assert (row(studio, made["v"])["language"], row(studio, made["e"])["language"]) == (None, "fr")
    assert counts.kept(made["root"]) == counts.recounted(made["root"])


def test_needs_the_right_to_edit(studio, made):
    user_id, _ = studio.sign_up("someone")
    other = {**made, "user": Identity(user_id, "", "", "", is_admin=False)}
    with pytest.raises(NotFound):
        update(other, language="fr")
    studio.share(made["channel"], user_id, VIEW)
    with pytest.raises(Forbidden):
        update(other, language="fr")
    trash = existing(channels.get(made["channel"])).trash_root_id
    with pytest.raises(Conflict):
        update({**made, "top": trash}, language="fr")

"""New nodes: what a client need not send, and licences by name and id."""

import pytest
from le_utils.constants import licenses

from chalicelib.models.nodes import Node
from tests.support.worlds import nodes, syncing
from tests.support.worlds.contentnode import URL, change, empty_tree, make, row

DEFAULTS = {"author": "Ann", "license": "CC BY", "copyright_holder": "Ann", "language": "fr"}
LICENSES = {license.id: license.name for license in licenses.LICENSELIST}


@pytest.fixture
def root(studio):
    return empty_tree(studio)


def live_root(studio, channel_id):
    return studio.get(f"/api/channel/{channel_id}").json["root_id"]


def set_defaults(studio, root, **defaults):
    answer = studio.call("PATCH", f"/api/channel/{row(studio, root)['channel_id']}", {"content_defaults": defaults})
    assert answer.status == 200, answer.text
    return answer.json["content_defaults"]


class TestTitle:
    def test_is_optional_and_leaves_the_node_incomplete(self, studio, root):
        answer = studio.post(URL, {"parent": root, "kind": "topic"})
        assert (answer.status, answer.json["title"], answer.json["complete"]) == (201, "", False)
        assert change(studio, answer.json["id"], title="t")["complete"] is True

    def test_is_optional_in_sync(self, studio, client, root):
        live = live_root(studio, client.channel_id)
        created = client.created("a" * 32, live)
        del created["obj"]["title"]
        assert syncing.reasons(client.send(created)) == []
        assert row(studio, "a" * 32)["title"] == ""


class TestDefaults:
    def test_apply_to_fields_that_are_not_sent(self, studio, root):
        set_defaults(studio, root, **DEFAULTS)
        made = make(studio, root, kind="document", author="Bob")
        assert (made["author"], made["license"], made["copyright_holder"]) == ("Bob", 1, "Ann")
        assert (made["language"], row(studio, made["id"])["language"]) == ("fr", "fr")

    def test_do_not_apply_to_topics_and_existing_nodes(self, studio, root):
        before = make(studio, root, kind="document")
        set_defaults(studio, root, **DEFAULTS)
        assert change(studio, before["id"], title="new")["author"] == ""
        assert make(studio, root)["author"] == ""

    def test_complete_an_exercise(self, studio, root):
        set_defaults(studio, root, mastery_model="m_of_n", m_value=3, n_value=4, auto_randomize_questions=False)
        made = make(studio, root, kind="exercise")
        threshold = {"mastery_model": "m_of_n", "m": 3, "n": 4}
        criterion = {"model": "mastery", "threshold": threshold, "learner_managed": False}
        assert made["extra_fields"] == {"randomize": False, "options": {"completion_criteria": criterion}}

    def test_reach_sync_clients(self, studio, root):
        set_defaults(studio, root, **DEFAULTS)
        client = syncing.Client(studio, row(studio, root)["channel_id"])
        client.poll()
        make(studio, root, kind="document")
        (change,) = client.poll()["changes"]
        assert {name: change["obj"][name] for name in ("author", "license")} == {"author": "Ann", "license": 1}

    def test_do_not_apply_to_nodes_of_sync_clients_and_chefs(self, studio):
        """Studio's editor applies them itself, and chefs send everything."""
        channel_id, chef_root = studio.make_channel()
        studio.call("PATCH", f"/api/channel/{channel_id}", {"content_defaults": DEFAULTS})
        (node_id,) = studio.add(chef_root, nodes.resource("d")).values()
        assert Node.get(node_id).author == ""
        studio.finish(channel_id)
        client = syncing.Client(studio, channel_id)
        client.send(client.created("b" * 32, live_root(studio, channel_id), kind="document"))
        assert row(studio, "b" * 32)["author"] == ""


class TestLicences:
    @pytest.mark.parametrize("id", LICENSES)
    def test_of_nodes_are_accepted_by_id_and_name(self, studio, root, id):
        made = make(studio, root, kind="document", license=id)
        assert (made["license"], made["license_id"], made["license_name"]) == (id, id, LICENSES[id])
        assert change(studio, made["id"], license=None)["license_name"] is None
        assert change(studio, made["id"], license=LICENSES[id])["license"] == id

    @pytest.mark.parametrize("sent", [2, "CC BY-SA"])
    def test_of_defaults_are_accepted_by_id_and_name(self, studio, root, sent):
        seen = set_defaults(studio, root, license=sent)
        assert (seen["license"], seen["license_id"], seen["license_name"]) == ("CC BY-SA", 2, "CC BY-SA")
        assert make(studio, root, kind="document")["license"] == 2

    @pytest.mark.parametrize("sent", [3, "CC BY-ND"])
    def test_are_accepted_by_id_and_name_in_sync_uploads_and_copies(self, studio, client, sent):
        live = live_root(studio, client.channel_id)
        assert syncing.reasons(client.send(client.created("c" * 32, live, kind="document", license=sent))) == []
        assert row(studio, "c" * 32)["license"] == 3
        _, chef_root = studio.make_channel()
        (node_id,) = studio.add(chef_root, nodes.resource("d", license=sent)).values()
        assert Node.get(node_id).license == "CC BY-ND"
        body = {"target": live, "mods": {"license": sent}}
        assert studio.post(f"{URL}/{'c' * 32}/copy", body).json["license"] == 3

    @pytest.mark.parametrize("sent", [0, 10, True, "cc", "1", 1.0, [1]])
    def test_others_are_refused_with_the_choices(self, studio, root, sent):
        answer = studio.post(URL, {"parent": root, "kind": "document", "title": "x", "license": sent})
        assert answer.status == 400
        assert "1 (CC BY)" in answer.json["license"][0]

    def test_of_defaults_are_null_without_one(self, studio, root):
        seen = set_defaults(studio, root, author="x")
        assert (seen["license"], seen["license_id"], seen["license_name"]) == (None, None, None)

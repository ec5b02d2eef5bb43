"""Read content nodes."""

import json
from pathlib import Path

import pytest

from chalicelib.domain.types import LABELS
from chalicelib.models import channels
from chalicelib.models.channel_members import EDIT, VIEW
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

RECORDED = Path(__file__).parents[2] / "fixtures" / "recordings" / "contentnode.json"
URL = "/api/contentnode"


@pytest.fixture
def tree(studio):
    """A published channel: topic One with three documents, topic Two, topic Three with an exercise."""
    channel_id, root = studio.make_channel()
    topics = studio.add(root, *(nodes.topic(name) for name in ("One", "Two", "Three")))
    one, two, three = (topics[nodes.node_id(name)] for name in ("One", "Two", "Three"))
    file = nodes.file(studio.upload(b"%PDF a", "pdf", "document"))
    picture = nodes.file(studio.upload(b"\x89PNG", "png", "document_thumbnail"), "document_thumbnail")
    below = studio.add(
        one,
        nodes.resource("b", files=[file, picture], tags=["x", "y"], categories=["d&WXdXWF"], suggested_duration=60),
        nodes.resource("c", files=[file], role="coach"),
        nodes.resource("a"),
    )
    (exercise,) = studio.add(three, nodes.exercise("e", nodes.question("q"))).values()
    assert studio.finish(channel_id).status == 200
    studio.publish(channel_id)
    b, c, a = (below[nodes.node_id(name)] for name in "bca")
    return {"channel": channel_id, "root": root, "one": one, "two": two, "three": three, "e": exercise} | {
        "a": a,
        "b": b,
        "c": c,
    }


def titles(answer):
    assert answer.status == 200, answer.text
    return [row["title"] for row in answer.json["results"]]


def listed(studio, query, token=""):
    return titles(studio.get(f"{URL}?{query}", token))


FILTERED = {
    "parent__in={one},{three}": ["b", "c", "a", "e"],
    "parent__in={three},{one}&ordering=-lft": ["a", "c", "b", "e"],
    "id__in={two},{one}": ["Two", "One"],
    "ancestors_of={b}": ["Channel", "One", "b"],
    "root_id={root}": ["Channel", "One", "b", "c", "a", "Two", "Three", "e"],
    "root_id={root}&ordering=-lft": ["e", "Three", "Two", "a", "c", "b", "One", "Channel"],
    "root_id={root}&kind=document": ["b", "c", "a"],
    "root_id={one}": [],
    "parent={one}&complete=false": ["a"],
    "parent={one}&complete=true": ["b", "c"],
    "parent={one}&kind=topic": [],
    "parent={root}&kind=topic": ["One", "Two", "Three"],
    "parent={one}&ordering=title": ["a", "b", "c"],
    "parent={one}&ordering=-title": ["c", "b", "a"],
    "parent={root}&ordering=-resource_count": ["One", "Three", "Two"],
    "parent={nothing}": [],
    "id__in={nothing}": [],
    "ancestors_of={nothing}": [],
    "root_id={nothing}": [],
}
PAGED = [
    "parent={one}",
    "parent={one}&ordering=-lft",
    "parent={one}&ordering=title",
    "root_id={root}",
    "root_id={root}&ordering=-title",
    "parent__in={one},{three}",
    "id__in={a},{b},{c}",
    "ancestors_of={b}",
    "parent={one}&complete=true",
    "root_id={root}&kind=document",
]
BAD = [
    "parent=bad",
    "id__in=bad",
    "parent__in=1,2",
    "root_id=x",
    "ancestors_of=x",
    "_node_id_channel_id___in=x",
    f"_node_id_channel_id___in={NOTHING}",
    f"parent={NOTHING}&max_results=0",
    f"parent={NOTHING}&lft__gt=abc",
    f"parent={NOTHING}&max_results=a",
    f"parent={NOTHING}&kind=bogus",
    f"parent={NOTHING}&complete=maybe",
    f"parent={NOTHING}&ordering=bogus",
    f"root_id={NOTHING}&cursor=x",
    f"id__in={NOTHING}&cursor=x",
    f"parent={NOTHING}&lft__gt=99999999999",
    f"parent={NOTHING}&ordering=-",
    f"parent={NOTHING}&cursor=a",
]


class TestFields:
    def test_are_those_of_the_recording(self, studio, tree):
        recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
        row = studio.get(f"{URL}/{tree['one']}").json
        assert set(recorded) <= set(row)
        same = {
            "complete",
            "published",
            "changed",
            "role_visibility",
            "license",
            "kind",
            "has_children",
            "extra_fields",
        }
        assert {name: row[name] for name in same} == {name: recorded[name] for name in same}
        assert {name for name in LABELS if isinstance(row[name], dict)} == set(LABELS)

    def test_of_a_topic(self, studio, tree):
        row = studio.get(f"{URL}/{tree['one']}").json
        numbers = ("total_count", "resource_count", "coach_count", "error_count", "assessment_item_count")
        assert [row[name] for name in numbers] == [3, 3, 1, 1, 0]
        assert (row["has_children"], row["parent"], row["parent_id"]) == (True, tree["root"], tree["root"])
        assert (row["root_id"], row["channel_id"]) == (tree["root"], tree["channel"])
        assert row["original_channel_id"] == tree["channel"]
        assert (row["original_channel_name"], row["original_source_node_id"]) == ("Channel", None)

    def test_of_a_resource(self, studio, tree):
        row = studio.get(f"{URL}/{tree['b']}").json
        assert (row["license"], row["tags"], row["categories"]) == (1, ["x", "y"], {"d&WXdXWF": True})
        assert (row["suggested_duration"], row["complete"], row["lft"]) == (60, True, 0)
        checksum = row["thumbnail_checksum"]
        path = f"/content/storage/{checksum[0]}/{checksum[1]}/{checksum}.png"
        assert (row["thumbnail_src"], row["thumbnail_extension"]) == (path, "png")

    def test_of_an_exercise(self, studio, tree):
        row = studio.get(f"{URL}/{tree['e']}").json
        assert (row["kind"], row["assessment_item_count"], row["has_children"]) == ("exercise", 1, False)

    def test_of_publishing_follow_from_revisions(self, studio, tree):
        names = ("published", "changed", "has_new_descendants", "has_updated_descendants")
        row = studio.get(f"{URL}/{tree['one']}").json
        assert [row[name] for name in names] == [True, False, False, False]
        studio.add(tree["one"], nodes.resource("new"))
        row = studio.get(f"{URL}/{tree['one']}").json
        assert [row[name] for name in names] == [True, False, True, False]
        new = studio.get(f"{URL}?parent={tree['one']}&ordering=-lft&max_results=1").json["results"][0]
        assert [new[name] for name in names] == [False, True, False, False]
        studio.publish(tree["channel"])
        assert not studio.get(f"{URL}/{new['id']}").json["published"]  # it has no file

    def test_of_a_tree_that_went_live_after_the_publish_are_unpublished(self, studio, tree):
        _, root = studio.make_channel(channel_id=tree["channel"])
        studio.add(root, nodes.topic("again"))
        studio.finish(tree["channel"])
        row = studio.get(f"{URL}/{root}").json
        assert (row["published"], row["changed"], row["has_new_descendants"]) == (False, True, True)
        assert studio.get(f"{URL}/{tree['one']}").json["published"] is False
        assert existing(channels.get(tree["channel"])).root_rev == existing(channels.get(tree["channel"])).rev


class TestLists:
    def test_require_a_filter(self, studio):
        for query in ("", "?bogus=1", "?parent="):
            answer = studio.get(URL + query)
            assert answer.status == 412
            assert answer.json["detail"].startswith("No valid filter parameters supplied")

    def test_of_children_are_in_order(self, studio, tree):
        assert listed(studio, f"parent={tree['root']}") == ["One", "Two", "Three"]
        assert listed(studio, f"parent={tree['root']}&ordering=-lft") == ["Three", "Two", "One"]

    def test_are_filtered_and_ordered(self, studio, tree):
        known = {**tree, "nothing": NOTHING}
        assert {query: listed(studio, query.format(**known)) for query in FILTERED} == FILTERED

    def test_by_node_id_and_channel(self, studio, tree):
        pairs = [nodes.node_id("b"), tree["channel"], nodes.node_id("e"), tree["channel"], NOTHING, NOTHING]
        assert listed(studio, f"_node_id_channel_id___in={','.join(pairs)}") == ["b", "e"]

    @pytest.mark.parametrize("size", [1, 2])
    def test_have_pages_that_together_contain_all_rows(self, studio, tree, size):
        for query in PAGED:
            query = query.format(**tree)
            found, more = [], f"{query}&max_results={size}"
            while more:
                answer = studio.get(f"{URL}?{more}").json
                assert len(answer["results"]) <= size
                found += [row["title"] for row in answer["results"]]
                more = answer["more"] and "&".join(f"{name}={value}" for name, value in answer["more"].items())
            assert found == listed(studio, query)

    def test_return_the_parameters_of_the_next_page_as_recorded(self, studio, tree):
        more = studio.get(f"{URL}?parent={tree['root']}&max_results=2").json["more"]
        assert more == {"parent": tree["root"], "max_results": "2", "lft__gt": "1"}
        assert listed(studio, f"parent={tree['root']}&max_results=1000") == ["One", "Two", "Three"]

    def test_refuse_invalid_parameters(self, studio):
        answered = {query: studio.get(f"{URL}?{query}").status for query in BAD}
        assert answered == dict.fromkeys(BAD, 400)

    def test_show_only_nodes_that_the_user_may_view(self, studio, tree):
        user_id, stranger = studio.sign_up("stranger")
        queries = [f"parent={tree['one']}", f"id__in={tree['b']}", f"root_id={tree['root']}"]
        queries += [f"ancestors_of={tree['b']}", f"parent__in={tree['one']}", f"parent={tree['one']}&ordering=title"]
        assert [listed(studio, query, stranger) for query in queries] == [[]] * len(queries)
        studio.share(tree["channel"], user_id, VIEW)
        assert all(listed(studio, query, stranger) for query in queries)

    def test_show_public_channels_to_all_users(self, studio, tree):
        studio.make_public(tree["channel"])
        _, stranger = studio.sign_up("stranger")
        assert listed(studio, f"parent={tree['root']}", stranger) == ["One", "Two", "Three"]

    def test_show_drafts_of_public_channels_to_members_only(self, studio, tree):
        studio.make_public(tree["channel"])
        user_id, stranger = studio.sign_up("stranger")
        trash = existing(channels.get(tree["channel"])).trash_root_id
        assert studio.post(f"{URL}/{tree['one']}/move", {"target": trash}).status == 200
        queries = [f"parent={trash}", f"id__in={tree['one']}", f"root_id={trash}", f"ancestors_of={tree['one']}"]
        paths = [tree["one"], trash, f"{trash}/size", f"{tree['one']}/requisites"]

        def answers():
            return [listed(studio, query, stranger) != [] for query in queries] + [
                studio.get(f"{URL}/{path}", stranger).status == 200 for path in paths
            ]

        assert answers() == [False] * 8
        row = studio.get(f"/api/channel/{tree['channel']}", stranger).json
        assert [row[name] for name in ("trash_root_id", "staging_root_id", "primary_token")] == [None] * 3
        studio.share(tree["channel"], user_id, VIEW)  # who sees the trash, but nothing in it
        assert answers() == [False, False, True, True, False, True, True, False]
        studio.share(tree["channel"], user_id, EDIT)
        assert answers() == [True, False, True, True, False, True, True, False]
        assert studio.get(f"/api/channel/{tree['channel']}", stranger).json["trash_root_id"] == trash

    def test_cost_few_calls(self, studio, tree):
        for query in ("parent={one}", "id__in={a},{b},{c}", "ancestors_of={b}", "parent={one}&ordering=title"):
            with counting(studio) as watch:
                assert listed(studio, query.format(**tree))
            assert len(watch.names) <= 5

    def test_of_a_hundred_children_cost_few_calls_too(self, studio):
        channel_id, root = studio.make_channel()
        studio.add(root, *(nodes.topic(str(number)) for number in range(40)))
        studio.add(root, *(nodes.topic(str(number)) for number in range(40, 80)))
        studio.add(root, *(nodes.topic(str(number)) for number in range(80, 102)))
        studio.finish(channel_id)
        with counting(studio) as watch:
            answer = studio.get(f"{URL}?parent={root}").json
        assert (len(answer["results"]), answer["more"]["lft__gt"]) == (100, "99")
        assert len(watch.names) <= 5


class TestSingle:
    def test_unknown_and_hidden_nodes_are_not_found(self, studio, tree):
        _, stranger = studio.sign_up("stranger")
        for path in ("", "/requisites", "/size"):
            assert studio.get(f"{URL}/{NOTHING}{path}").status == 404
            assert studio.get(f"{URL}/bad{path}").status == 404
            assert studio.get(f"{URL}/{tree['root']}{path}", stranger).status == 404

    def test_size_counts_every_file_once_and_exists_for_roots_only(self, studio, tree):
        assert studio.get(f"{URL}/{tree['root']}/size").json == {"size": len(b"%PDF a") + 4, "stale": False}
        assert studio.get(f"{URL}/{tree['one']}/size").status == 404

    def test_requisites_of_a_tree_without_prerequisites_are_empty(self, studio, tree):
        assert studio.get(f"{URL}/{tree['one']}/requisites").json == []

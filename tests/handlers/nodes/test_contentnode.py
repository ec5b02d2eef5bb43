"""Reading content nodes."""

import json
from pathlib import Path

import pytest

from chalicelib.domain.types import LABELS
from chalicelib.models import channels
from chalicelib.models.channel_members import VIEW
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

RECORDED = Path(__file__).parents[2] / "fixtures" / "recordings" / "contentnode.json"
URL = "/api/contentnode"


@pytest.fixture
def made(studio):
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
    def test_are_those_recorded(self, studio, made):
        recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
        row = studio.get(f"{URL}/{made['one']}").json
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

    def test_of_a_topic(self, studio, made):
        row = studio.get(f"{URL}/{made['one']}").json
        numbers = ("total_count", "resource_count", "coach_count", "error_count", "assessment_item_count")
        assert [row[name] for name in numbers] == [3, 3, 1, 1, 0]
        assert (row["has_children"], row["parent"], row["parent_id"]) == (True, made["root"], made["root"])
        assert (row["root_id"], row["channel_id"]) == (made["root"], made["channel"])
        assert row["original_channel_id"] == made["channel"]
        assert (row["original_channel_name"], row["original_source_node_id"]) == ("Channel", None)

    def test_of_a_resource(self, studio, made):
        row = studio.get(f"{URL}/{made['b']}").json
        assert (row["license"], row["tags"], row["categories"]) == (1, ["x", "y"], {"d&WXdXWF": True})
        assert (row["suggested_duration"], row["complete"], row["lft"]) == (60, True, 0)
        checksum = row["thumbnail_checksum"]
        path = f"/content/storage/{checksum[0]}/{checksum[1]}/{checksum}.png"
        assert (row["thumbnail_src"], row["thumbnail_extension"]) == (path, "png")

    def test_of_an_exercise(self, studio, made):
        row = studio.get(f"{URL}/{made['e']}").json
        assert (row["kind"], row["assessment_item_count"], row["has_children"]) == ("exercise", 1, False)

    def test_of_what_is_published_follow_from_revisions(self, studio, made):
        names = ("published", "changed", "has_new_descendants", "has_updated_descendants")
        row = studio.get(f"{URL}/{made['one']}").json
        assert [row[name] for name in names] == [True, False, False, False]
        studio.add(made["one"], nodes.resource("new"))
        row = studio.get(f"{URL}/{made['one']}").json
        assert [row[name] for name in names] == [True, False, True, False]
        new = studio.get(f"{URL}?parent={made['one']}&ordering=-lft&max_results=1").json["results"][0]
        assert [new[name] for name in names] == [False, True, False, False]
        studio.publish(made["channel"])
        assert studio.get(f"{URL}/{new['id']}").json["published"]

    def test_of_a_tree_that_went_live_later_say_that_it_is_not_published(self, studio, made):
        _, root = studio.make_channel(channel_id=made["channel"])
        studio.add(root, nodes.topic("again"))
        studio.finish(made["channel"])
        row = studio.get(f"{URL}/{root}").json
        assert (row["published"], row["changed"], row["has_new_descendants"]) == (False, True, True)
        assert studio.get(f"{URL}/{made['one']}").json["published"] is False
        assert existing(channels.get(made["channel"])).root_rev == existing(channels.get(made["channel"])).rev


class TestLists:
    def test_need_a_filter(self, studio):
        for query in ("", "?bogus=1", "?kind=topic", "?complete=true", "?parent="):
            answer = studio.get(URL + query)
            assert answer.status == 412
            assert answer.json["detail"].startswith("No valid filter parameters supplied")

    def test_of_children_are_in_order(self, studio, made):
        assert listed(studio, f"parent={made['root']}") == ["One", "Two", "Three"]
        assert listed(studio, f"parent={made['root']}&ordering=-lft") == ["Three", "Two", "One"]

    def test_are_filtered_and_ordered(self, studio, made):
        known = {**made, "nothing": NOTHING}
        assert {query: listed(studio, query.format(**known)) for query in FILTERED} == FILTERED

    def test_by_node_id_and_channel(self, studio, made):
        pairs = [nodes.node_id("b"), made["channel"], nodes.node_id("e"), made["channel"], NOTHING, NOTHING]
        assert listed(studio, f"_node_id_channel_id___in={','.join(pairs)}") == ["b", "e"]

    @pytest.mark.parametrize("size", [1, 2])
    def test_come_in_pages_that_together_are_the_whole(self, studio, made, size):
        for query in PAGED:
            query = query.format(**made)
            found, more = [], f"{query}&max_results={size}"
            while more:
                answer = studio.get(f"{URL}?{more}").json
                assert len(answer["results"]) <= size
                found += [row["title"] for row in answer["results"]]
                more = answer["more"] and "&".join(f"{name}={value}" for name, value in answer["more"].items())
            assert found == listed(studio, query)

    def test_name_the_parameters_of_the_next_page_as_recorded(self, studio, made):
        more = studio.get(f"{URL}?parent={made['root']}&max_results=2").json["more"]
        assert more == {"parent": made["root"], "max_results": "2", "lft__gt": "1"}
        assert listed(studio, f"parent={made['root']}&max_results=1000") == ["One", "Two", "Three"]

    def test_refuse_what_they_do_not_understand(self, studio):
        answered = {query: studio.get(f"{URL}?{query}").status for query in BAD}
        assert answered == dict.fromkeys(BAD, 400)

    def test_show_only_what_one_may_view(self, studio, made):
        user_id, stranger = studio.sign_up("stranger")
        queries = [f"parent={made['one']}", f"id__in={made['b']}", f"root_id={made['root']}"]
        queries += [f"ancestors_of={made['b']}", f"parent__in={made['one']}", f"parent={made['one']}&ordering=title"]
        assert [listed(studio, query, stranger) for query in queries] == [[]] * len(queries)
        studio.share(made["channel"], user_id, VIEW)
        assert all(listed(studio, query, stranger) for query in queries)

    def test_show_public_channels_to_all(self, studio, made):
        studio.make_public(made["channel"])
        _, stranger = studio.sign_up("stranger")
        assert listed(studio, f"parent={made['root']}", stranger) == ["One", "Two", "Three"]

    def test_show_drafts_of_public_channels_to_members_only(self, studio, made):
        studio.make_public(made["channel"])
        user_id, stranger = studio.sign_up("stranger")
        trash = existing(channels.get(made["channel"])).trash_root_id
        assert studio.post(f"{URL}/{made['one']}/move", {"target": trash}).status == 200
        queries = [f"parent={trash}", f"id__in={made['one']}", f"root_id={trash}", f"ancestors_of={made['one']}"]
        paths = [made["one"], trash, f"{trash}/size", f"{made['one']}/requisites"]

        def answers():
            return [listed(studio, query, stranger) != [] for query in queries] + [
                studio.get(f"{URL}/{path}", stranger).status == 200 for path in paths
            ]

        assert answers() == [False] * 8
        row = studio.get(f"/api/channel/{made['channel']}", stranger).json
        assert [row[name] for name in ("trash_root_id", "staging_root_id", "primary_token")] == [None] * 3
        studio.share(made["channel"], user_id, VIEW)
        assert answers() == [True] * 8
        assert studio.get(f"/api/channel/{made['channel']}", stranger).json["trash_root_id"] == trash

    def test_cost_few_calls(self, studio, made):
        for query in ("parent={one}", "id__in={a},{b},{c}", "ancestors_of={b}", "parent={one}&ordering=title"):
            with counting(studio) as watch:
                assert listed(studio, query.format(**made))
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
    def test_unknown_or_hidden_ones_are_not_found(self, studio, made):
        _, stranger = studio.sign_up("stranger")
        for path in ("", "/requisites", "/size"):
            assert studio.get(f"{URL}/{NOTHING}{path}").status == 404
            assert studio.get(f"{URL}/bad{path}").status == 404
            assert studio.get(f"{URL}/{made['root']}{path}", stranger).status == 404

    def test_size_counts_every_file_once_and_is_told_of_roots_only(self, studio, made):
        assert studio.get(f"{URL}/{made['root']}/size").json == {"size": len(b"%PDF a") + 4, "stale": False}
        assert studio.get(f"{URL}/{made['one']}/size").status == 404

    def test_requisites_of_a_tree_without_any(self, studio, made):
        assert studio.get(f"{URL}/{made['one']}/requisites").json == []

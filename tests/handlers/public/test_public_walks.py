"""Paging through lists and trees returns each public node once, in order, and no other."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.labels import has_label
from chalicelib.domain.types import LABELS
from tests.support.http.client import Studio
from tests.support.worlds import nodes, public_world
from tests.support.worlds.public_world import (
    AUTHORS,
    IMPORT,
    LIST,
    TAGS,
    TREE,
    USED_LABELS,
    V1_LIST,
    WORDS,
    World,
    walk,
)

pytestmark = pytest.mark.xdist_group("public walks")

FAST = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
SLOW = settings(FAST, max_examples=20)
Query = list[tuple[str, str]]


@pytest.fixture(scope="module")
def world(shared_cloud: Any) -> World:
    shared_cloud.empty()
    return public_world.build(Studio(shared_cloud))


@pytest.fixture(scope="module")
def everything(world: World) -> list[dict[str, Any]]:
    """All public nodes, as listed without parameters."""
    listed: list[dict[str, Any]] = world.get(LIST)
    return listed


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [node["id"] for node in found]


class TestWholeList:
    def test_has_channel_after_channel_each_in_tree_order(self, everything):
        places = [(node["channel_id"], node["lft"]) for node in everything]
        assert places == sorted(set(places))

    def test_has_every_node_of_public_channels_and_none_of_others(self, world, everything):
        assert sorted({node["channel_id"] for node in everything}) == world.public
        assert not world.hidden & {part for node in everything for part in (node["id"], node["channel_id"])}
        for channel_id in world.public:
            of_channel = [node for node in everything if node["channel_id"] == channel_id]
            assert [node["lft"] for node in of_channel if node["parent"] is None] == [1]
            assert max(node["rght"] for node in of_channel) == 2 * len(of_channel)

    def test_gives_each_channel_its_own_tree_id(self, world, everything):
        pairs = {(node["channel_id"], node["tree_id"]) for node in everything}
        assert len(pairs) == len(world.public) == len({tree_id for _, tree_id in pairs})

    def test_is_the_same_in_v1_except_for_the_host_of_files(self, world, everything):
        (listed,) = walk(world, V1_LIST, [("max_results", "1000")])
        for one, two in zip(listed, everything, strict=True):
            for file, other in zip(one["files"], two["files"], strict=True):
                assert file["storage_url"] == f"http://front.example.org{other['storage_url']}"
                other = {**other, "storage_url": file["storage_url"]}
                assert file == other
            assert {**one, "files": [], "thumbnail": None} == {**two, "files": [], "thumbnail": None}


# ---- filters and their definition ----

NOBODY = nodes.node_id("nobody")


def words_in(words: str, text: str) -> bool:
    return all(word in text.casefold() for word in words.casefold().split())


def has_labels(field: str, value: str, node: dict[str, Any]) -> bool:
    return all(has_label(node[field], frozenset([label])) for label in value.split(","))


def is_in(field: str) -> Any:
    return lambda value, node, _: node[field] in value.split(",")


def is_it(field: str) -> Any:
    return lambda value, node, _: node[field] == value


def is_below(value: str, node: dict[str, Any]) -> bool:
    return value in [ancestor["id"] for ancestor in node["ancestors"]]


def leads_to_quiz(node: dict[str, Any], everything: list[dict[str, Any]]) -> bool:
    quizzes = [n for n in everything if n["options"].get("modality") == "QUIZ"]
    return any(quiz["id"] == node["id"] or is_below(node["id"], quiz) for quiz in quizzes)


# By parameter: whether a node matches, from (value, node, all nodes).
MEANING: dict[str, Any] = {
    "channel_id": is_it("channel_id"),
    "channels": is_in("channel_id"),
    "ids": is_in("id"),
    "parent": is_it("parent"),
    "content_id": is_it("content_id"),
    "kind": lambda value, node, _: node["kind"] != "topic" if value == "content" else node["kind"] == value,
    "kind_in": is_in("kind"),
    "parent__isnull": lambda value, node, _: (node["parent"] is None) is (value == "true"),
    "descendant_of": lambda value, node, _: is_below(value, node),
    "exclude_content_ids": lambda value, node, _: node["content_id"] not in value.split(","),
    "keywords": lambda value, node, _: words_in(value, node["title"]) or words_in(value, node["description"]),
    "languages": lambda value, node, _: (node["lang"] or {}).get("id") in value.split(","),
    "authors": is_in("author"),
    "tags": lambda value, node, _: not set(value.split(",")).isdisjoint(node["tags"]),
    "include_coach_content": lambda value, node, _: value == "true" or not node["coach_content"],
    "contains_quiz": lambda value, node, everything: value == "false" or leads_to_quiz(node, everything),
    "categories__isnull": lambda value, node, _: (not node["categories"]) is (value == "true"),
    "tree_id": lambda value, node, _: node["tree_id"] == int(value),
    "lft__gt": lambda value, node, _: node["lft"] > int(value),
    "rght__lt": lambda value, node, _: node["rght"] < int(value),
    **{field: lambda value, node, _, field=field: has_labels(field, value, node) for field in LABELS},
}


def joined(values: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(",".join)


def values_of(everything: list[dict[str, Any]]) -> dict[str, st.SearchStrategy[str]]:
    """Relevant values by parameter."""

    def some(field: str) -> st.SearchStrategy[str]:
        return st.sampled_from([*sorted({str(node[field]) for node in everything if node[field]}), NOBODY])

    kinds = st.sampled_from(["topic", "video", "exercise", "document", "audio"])
    flags = st.sampled_from(["true", "false"])
    return {
        **{name: some(name) for name in ("channel_id", "parent", "content_id")},
        "channels": joined(some("channel_id")),
        "ids": joined(some("id"), 10),
        "kind": kinds | st.just("content"),
        "kind_in": joined(kinds),
        "parent__isnull": flags,
        "descendant_of": some("id"),
        "exclude_content_ids": joined(some("content_id"), 10),
        "keywords": st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join),
        "languages": joined(st.sampled_from(["en", "fr", "sw", "pt-BR", "de"])),
        "authors": st.sampled_from([AUTHORS[0], "nobody"]),
        "tags": joined(st.sampled_from(TAGS)),
        **dict.fromkeys(("include_coach_content", "contains_quiz", "categories__isnull"), flags),
        "tree_id": st.integers(1, 7).map(str),
        **dict.fromkeys(("lft__gt", "rght__lt"), st.integers(0, 60).map(str)),
        **{field: joined(st.sampled_from([*USED_LABELS[field], "d&WXdXWF"]), 2) for field in LABELS},
    }


def queries(everything: list[dict[str, Any]], most: int = 3) -> st.SearchStrategy[Query]:
    values = values_of(everything)
    names = st.lists(st.sampled_from(sorted(values)), max_size=most, unique=True)
    return names.flatmap(lambda chosen: st.tuples(*(st.tuples(st.just(name), values[name]) for name in chosen))).map(
        list
    )


def wanted(query: Query, everything: list[dict[str, Any]]) -> list[str]:
    return ids([n for n in everything if all(MEANING[name](value, n, everything) for name, value in query)])


class TestFilters:
    @settings(FAST, max_examples=250)
    @given(data=st.data())
    def test_match_their_definition(self, world, everything, data):
        query = data.draw(queries(everything))
        assert ids(world.get(f"{LIST}?{urlencode(query)}")) == wanted(query, everything)

    @pytest.mark.parametrize("name", MEANING)
    def test_match_some_nodes_but_not_all(self, world, everything, name):
        """So that the property above tests each of them."""
        values = {
            **{field: USED_LABELS[field][0] for field in LABELS},
            **{name: everything[5][name] for name in ("channel_id", "parent", "content_id")},
            "channels": everything[5]["channel_id"],
            "ids": everything[5]["id"],
            "exclude_content_ids": everything[5]["content_id"],
            "descendant_of": everything[0]["id"],
            "kind": "video",
            "kind_in": "video,topic",
            "keywords": "red",
            "languages": "fr,sw",
            "authors": AUTHORS[0],
            "tags": TAGS[2],
            "tree_id": str(everything[5]["tree_id"]),
            "lft__gt": "7",
            "rght__lt": "7",
            **dict.fromkeys(("parent__isnull", "contains_quiz", "categories__isnull"), "true"),
            "include_coach_content": "false",
        }
        found = ids(world.get(f"{LIST}?{urlencode([(name, values[name])])}"))
        assert found == wanted([(name, values[name])], everything)
        assert 0 < len(found) < len(everything)

    @FAST
    @given(data=st.data())
    def test_apply_to_a_single_node_too(self, world, everything, data):
        query = data.draw(queries(everything, 2))
        node = data.draw(st.sampled_from(everything))
        answer = world.studio.get(f"{LIST}/{node['id']}?{urlencode(query)}", token=None)
        assert answer.status == (200 if node["id"] in wanted(query, everything) else 404)
        assert answer.status == 404 or answer.json == node


class TestPages:
    @FAST
    @given(data=st.data(), size=st.integers(4, 100))
    def test_have_every_node_once_in_order(self, world, everything, data, size):
        query = data.draw(queries(everything, 2))
        for path in (LIST, V1_LIST):
            pages = list(walk(world, path, [*query, ("max_results", str(size))]))
            assert [node for page in pages for node in ids(page)] == wanted(query, everything)
            assert all(len(page) == size for page in pages[:-1])
            assert len(pages) == 1 or pages[-1]

    def test_may_have_one_node_each(self, world, everything):
        for path in (LIST, V1_LIST):
            pages = list(walk(world, path, [("max_results", "1")]))
            assert [ids(page) for page in pages] == [[node["id"]] for node in everything]

    def test_have_100_nodes_in_v1_by_default(self, world, everything):
        assert ids(world.get(V1_LIST)["results"]) == ids(everything[:100])

    def test_have_at_most_1000_nodes(self, world, everything):
        assert ids(world.get(f"{LIST}?max_results=1000000")["results"]) == ids(everything)

    def test_can_change_their_size_in_between(self, world, everything):
        first = world.get(f"{LIST}?max_results=7")
        more = {**first["more"], "max_results": "50"}
        second = world.get(f"{LIST}?{urlencode(more)}")
        assert ids(first["results"] + second["results"]) == ids(everything[:57])


class TestTrees:
    @pytest.mark.parametrize("depth", [1, 2])
    @pytest.mark.parametrize("path", [TREE, TREE.replace("v2", "v1")])
    def test_have_every_node_once_in_order(self, world, everything, depth, path):
        for channel_id in world.public:
            root = world.get(f"{path}/{channel_id}?depth={depth}")
            found = list(public_world.tree_in_order(world, root, depth, path))
            assert ids(found) == [node["id"] for node in everything if node["channel_id"] == channel_id]

    @SLOW
    @given(data=st.data(), depth=st.sampled_from([1, 2]))
    def test_begin_at_any_node(self, world, everything, data, depth):
        node = data.draw(st.sampled_from(everything))
        root = world.get(f"{TREE}/{node['id']}?depth={depth}")
        found = list(public_world.tree_in_order(world, root, depth))
        assert ids(found) == [node["id"], *wanted([("descendant_of", node["id"])], everything)]
        assert found == [n for n in everything if n["id"] in set(ids(found))]

    @FAST
    @given(data=st.data(), coach=st.sampled_from(["true", "false"]), kinds=st.sampled_from(["", "topic,video"]))
    def test_show_only_matching_children(self, world, everything, data, coach, kinds):
        topics = [node for node in everything if not node["is_leaf"]]
        node = data.draw(st.sampled_from(topics))
        query = [("include_coach_content", coach), *([("kind_in", kinds)] if kinds else [])]
        shown = []
        path = f"{TREE}/{node['id']}?{urlencode([*query, ('depth', '1')])}"
        while path:
            children = world.get(path)["children"]
            shown += ids(children["results"])
            more = children["more"]
            path = more and f"{TREE}/{more['id']}?{urlencode(more['params'])}"
            assert not more or more["params"].items() >= dict(query).items()
        assert shown == wanted([("parent", node["id"]), *query], everything)


class TestImportMetadata:
    @SLOW
    @given(data=st.data(), size=st.integers(3, 40))
    def test_has_every_node_below_once_in_tree_order(self, world, everything, data, size):
        node = data.draw(st.sampled_from(everything))
        query = [("descendants", "true"), ("max_results", str(size))]
        pages = list(walk(world, f"{IMPORT}/{node['id']}", query))
        above = [ancestor["id"] for ancestor in node["ancestors"]]
        below = wanted([("descendant_of", node["id"])], everything)
        assert [n for page in pages for n in ids(page["content_contentnode"])] == [*above, node["id"], *below]
        assert all(len(page["content_contentnode"]) == size for page in pages[:-1])

    @SLOW
    @given(data=st.data())
    def test_is_the_same_in_pages_as_at_once(self, world, everything, data):
        node = data.draw(st.sampled_from([n for n in everything if not n["is_leaf"]]))
        whole = world.get(f"{IMPORT}/{node['id']}?descendants=true")
        pages = list(walk(world, f"{IMPORT}/{node['id']}", [("descendants", "true"), ("max_results", "5")]))
        for table, rows in whole.items():
            if table != "schema_version":
                together = [row for page in pages for row in page[table]]
                assert {str(row) for row in together} == {str(row) for row in rows}, table
        files = [row["id"] for page in pages for row in page["content_file"]]
        assert len(set(files)) == len(files)

    def test_without_descendants_has_only_the_node_and_its_ancestors(self, world, everything):
        for node in everything[::7]:
            rows = world.get(f"{IMPORT}/{node['id']}")["content_contentnode"]
            assert ids(rows) == [*(ancestor["id"] for ancestor in node["ancestors"]), node["id"]]


class TestAcrossChannels:
    def test_the_same_content_is_found_in_all(self, world, everything):
        channels_of: dict[str, set[str]] = {}
        for node in everything:
            channels_of.setdefault(node["content_id"], set()).add(node["channel_id"])
        content_id = max(channels_of, key=lambda id: len(channels_of[id]))
        found = world.get(f"{LIST}?content_id={content_id}")
        assert len(channels_of[content_id]) > 1
        assert {node["channel_id"] for node in found} == channels_of[content_id]

    def test_nodes_are_found_by_id_wherever_they_are(self, world, everything):
        chosen = ids(everything[::9])
        assert ids(world.get(f"{LIST}?ids={','.join(reversed(chosen))}")) == chosen

    def test_hidden_nodes_are_not_found_by_any_id(self, world):
        for hidden in sorted(world.hidden):
            for name in ("ids", "parent", "channels", "channel_id", "descendant_of", "content_id"):
                assert world.get(f"{LIST}?{name}={hidden}") == []
            for path in (LIST, TREE, IMPORT, V1_LIST):
                assert world.studio.get(f"{path}/{hidden}", token=None).status == 404

"""Pages for any filter contain each matching node once, in tree order, like a linear scan."""

import re
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from le_utils.constants.labels import subjects

from chalicelib.content_databases import nodes
from chalicelib.content_databases.filters import parse
from chalicelib.domain.labels import has_label, ids_of
from tests.content_databases import builders
from tests.support.worlds.trees import CHANNEL_ID, resource

OTHER = "f" * 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


class Place(NamedTuple):
    """A node and its surroundings in the tree."""

    node: dict
    lft: int
    rght: int
    above: list[str]  # node_ids of the ancestors
    all: list[dict]


def everywhere(snapshot):
    """The place of each node, in tree order."""
    numbers, parents = builders.places(snapshot), builders.parents(snapshot)
    for node in snapshot["nodes"]:
        above: list[str] = []
        parent = parents[node["node_id"]]
        while parent:
            above.insert(0, parent)
            parent = parents[parent]
        yield Place(node, *numbers[node["node_id"]], above, snapshot["nodes"])


def by_node_id(place, node_id):
    return next((node for node in place.all if node["node_id"] == node_id), None)


def has_words(value, place):
    words = [word.casefold() for word in re.split('[?.,!";: ]', value) if word]
    texts = (place.node["title"].casefold(), place.node["description"].casefold())
    return any(all(word in text for word in words) for text in texts)


def has_quiz(value, place):
    below = [other for other in everywhere({"nodes": place.all}) if place.lft <= other.lft and other.rght <= place.rght]
    return value == "false" or any(other.node["extra_fields"] for other in below)


def has_labels(field):
    return lambda value, place: all(has_label(place.node[field], ids_of(field, word)) for word in value.split(","))


def requires(node, other):
    return bool(node and other and other["id"] in node["prerequisites"])


PREDICATES = {
    "ids": lambda value, place: place.node["node_id"] in value.split(","),
    "channels": lambda value, place: CHANNEL_ID in value.split(","),
    "channel_id": lambda value, place: value == CHANNEL_ID,
    "tree_id": lambda value, place: value == str(builders.TREE_ID),
    "kind": lambda value, place: (place.node["kind"] != "topic") if value == "content" else place.node["kind"] == value,
    "kind_in": lambda value, place: place.node["kind"] in value.split(","),
    "parent": lambda value, place: place.above[-1:] == [value],
    "parent__isnull": lambda value, place: (not place.above) == (value == "true"),
    "descendant_of": lambda value, place: value in place.above,
    "keywords": has_words,
    "languages": lambda value, place: (place.node["language"] or "").lower() in value.lower().split(","),
    "authors": lambda value, place: place.node["author"] in value.split(","),
    "tags": lambda value, place: not {*value.split(",")}.isdisjoint(place.node["tags"]),
    "content_id": lambda value, place: place.node["content_id"] == value,
    "exclude_content_ids": lambda value, place: place.node["content_id"] not in value.split(","),
    "prerequisite_for": lambda value, place: requires(by_node_id(place, value), place.node),
    "has_prerequisite": lambda value, place: requires(place.node, by_node_id(place, value)),
    "contains_quiz": has_quiz,
    "include_coach_content": lambda value, place: value == "true" or place.node["role_visibility"] != "coach",
    "categories": has_labels("categories"),
    "grade_levels": has_labels("grade_levels"),
    "categories__isnull": lambda value, place: (not place.node["categories"]) == (value == "true"),
    "lft__gt": lambda value, place: place.lft > int(value),
    "rght__lt": lambda value, place: place.rght < int(value),
}


def one_of(*values):
    return st.sampled_from(values)


def some_of(values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=3).map(",".join)


def values(snapshot):
    """Strategies for parameter values by name; most values occur in the snapshot."""
    ids = [*builders.node_ids(snapshot), OTHER]
    contents = [letter * 32 for letter in "abcd"]
    numbers = st.integers(-2, 2 * len(ids) + 1).map(str)
    flags = one_of("true", "false")
    return {
        **dict.fromkeys(("parent", "descendant_of", "prerequisite_for", "has_prerequisite"), one_of(*ids)),
        **dict.fromkeys(("parent__isnull", "contains_quiz", "include_coach_content", "categories__isnull"), flags),
        **dict.fromkeys(("lft__gt", "rght__lt"), numbers),
        "ids": some_of(ids),
        "channels": some_of([CHANNEL_ID, OTHER]),
        "channel_id": one_of(CHANNEL_ID, CHANNEL_ID, OTHER),
        "tree_id": one_of(str(builders.TREE_ID), "1"),
        "kind": one_of("content", "topic", "video", "zim"),
        "kind_in": some_of(["topic", "video", "audio", "document"]),
        "keywords": one_of("strasse", "HAUS strasse", "ΕΛΛΆΣ", "日本", "100%", "sure_thing", "Haus, ελλας", "_"),
        "languages": some_of(["en", "PT-br", "zh-cn", "sw", "xx"]),
        "authors": some_of(["Ann", "Bob; Co", "ann"]),
        "tags": some_of([*builders.TAGS, "none"]),
        "content_id": one_of(*contents),
        "exclude_content_ids": some_of(contents),
        "categories": some_of([*builders.CATEGORIES, "mathematics", "School", "bogus", "d&WX"]),
        "grade_levels": some_of([*builders.GRADES, "preschool"]),
    }


def walk(source, query, limit):
    """The ids on all pages."""
    chosen = parse({name: [value] for name, value in query.items()})
    found, after = [], 0
    while page := nodes.page(source, chosen, after, limit):
        assert len(page) <= limit
        found += page
        after = page[-1]["lft"]
    return [node["id"] for node in found]


def wanted(snapshot, query):
    return [
        place.node["node_id"]
        for place in everywhere(snapshot)
        if all(PREDICATES[name](value, place) for name, value in query.items())
    ]


@settings(deadline=None, max_examples=60)
@given(data=st.data(), snapshot=builders.snapshots(), limit=st.integers(1, 12))
def test_pages_have_each_matching_node_once_in_tree_order(folder, data, snapshot, limit):
    possible = values(snapshot)
    with builders.opened(snapshot, folder) as source:
        assert walk(source, {}, limit) == builders.node_ids(snapshot)
        for name, strategy in possible.items():
            query = {name: data.draw(strategy, label=name)}
            assert walk(source, query, limit) == wanted(snapshot, query), query
        names = data.draw(st.lists(st.sampled_from(sorted(possible)), min_size=2, max_size=3, unique=True))
        query = {name: data.draw(possible[name], label=name) for name in names}
        assert walk(source, query, limit) == wanted(snapshot, query), query


@settings(deadline=None, max_examples=25)
@given(data=st.data(), snapshot=builders.snapshots())
def test_a_node_is_retrieved_if_it_matches(folder, data, snapshot):
    name = data.draw(st.sampled_from(sorted(PREDICATES)))
    query = {name: data.draw(values(snapshot)[name])}
    chosen = parse({name: [value] for name, value in query.items()})
    with builders.opened(snapshot, folder) as source:
        found = {node_id for node_id in builders.node_ids(snapshot) if nodes.retrieve(source, node_id, chosen)}
        assert found == set(wanted(snapshot, query))
        assert nodes.retrieve(source, OTHER) is None


def test_all_words_must_be_in_the_title_or_all_in_the_description(tmp_path):
    snapshot = builders.snapshot_of(resource("alpha", description="beta gamma"))
    with builders.opened(snapshot, tmp_path) as source:
        found = {words: len(walk(source, {"keywords": words}, 5)) for words in ("alpha", "gamma BETA", "alpha beta")}
    assert found == {"alpha": 1, "gamma BETA": 1, "alpha beta": 0}


def test_the_longest_filters_are_supported(tmp_path):
    every = ",".join(subjects.SUBJECTSLIST)
    query = {
        "categories": every,
        "tags": ",".join(map(str, range(3000))),
        "ids": ",".join([OTHER, *(f"{n:032x}" for n in range(3000))]),
        "keywords": " ".join(f"{n}" for n in range(250)),
        "lft__gt": str(2**63 - 1),
        "rght__lt": str(-(2**63 - 1)),
    }
    with builders.opened(builders.snapshot_of(), tmp_path) as source:
        assert walk(source, query, 2**62) == []
        assert walk(source, {"lft__gt": query["rght__lt"], "rght__lt": query["lft__gt"]}, 1) == [CHANNEL_ID]

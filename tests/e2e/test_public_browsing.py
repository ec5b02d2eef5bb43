"""Kolibri's library shows the content server's channels: remote viewsets, which forward requests (`baseurl=`)."""

from typing import Any

import pytest
from le_utils.constants import content_kinds
from le_utils.constants.labels import levels, subjects

from examples.clients import ChefRun, rows
from tests.e2e import uploads
from tests.e2e.api import Api
from tests.e2e.kolibri.kolibri_process import RunningKolibri

# Only one of two servers returns these: a node's location, and, for a copy, learners' progress and inferred labels.
OF_ONE_SERVER = {"admin_imported", "on_device_resources", "parent_id", "tree_id", "cursor", "baseurl", "labels"}
INFERRED = {"learning_activities"}  # from the kind alone, with the min_schema_version 1 that Studio's databases have
Node = dict[str, Any]


@pytest.fixture(scope="module")
def wide_ids(uploader: Api, wide: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The ids of the wide channel's nodes in tree order."""
    database = tmp_path_factory.mktemp("wide") / "content.sqlite3"
    database.write_bytes(uploader.database(wide).content)
    return [row["id"] for row in rows(database, "select id from content_contentnode order by lft")]


def comparable(value: Any) -> Any:
    """A response without the fields that only one of two servers returns, and without the base URL in its addresses."""
    if isinstance(value, dict):
        return {name: comparable(part) for name, part in value.items() if name not in OF_ONE_SERVER | INFERRED}
    if isinstance(value, list):
        return [comparable(part) for part in value]
    return value.partition("?baseurl=")[0] if isinstance(value, str) else value


def walk(kolibri: RunningKolibri, node: Node, depth: int) -> list[Node]:
    """A node of a tree with its descendants, in tree order, fetching missing ones."""
    if not node["is_leaf"] and "children" not in node:
        node = kolibri.browse(f"contentnode_tree/{node['id']}/", depth=depth)
    found = [node]
    children = node.get("children") or {"results": [], "more": None}
    for child in children["results"]:
        found += walk(kolibri, child, depth)
    while more := children["more"]:
        children = kolibri.body(f"contentnode_tree/{more['id']}/", **more["params"])["children"]
        for child in children["results"]:
            found += walk(kolibri, child, depth)
    return found


def test_public_channels_can_be_browsed(kolibri: RunningKolibri, small: ChefRun, wide: str) -> None:
    listed = {channel["id"]: channel for channel in kolibri.browse("channel/", available=True)}
    assert (listed[wide]["name"], listed[small.channel_id]["lang_code"]) == ("Wide", "de")
    assert kolibri.browse(f"channel/{wide}/") == listed[wide]


@pytest.mark.parametrize("size", [7, 25, 1000])
def test_pages_of_nodes_have_every_node_once_in_tree_order(
    kolibri: RunningKolibri, wide: str, wide_ids: list[str], size: int
) -> None:
    page = kolibri.browse("contentnode/", max_results=size, channels=wide)
    found = page["results"]
    while page["more"]:
        assert len(page["results"]) == size
        page = kolibri.body("contentnode/", **page["more"])
        found += page["results"]
    assert [node["id"] for node in found] == wide_ids


@pytest.mark.parametrize("depth", [1, 2])
def test_pages_of_a_tree_have_every_node_once_in_tree_order(
    kolibri: RunningKolibri, wide: str, wide_ids: list[str], depth: int
) -> None:
    root = kolibri.browse(f"contentnode_tree/{wide}/", depth=depth, include_coach_content=True)
    assert (len(root["children"]["results"]), bool(root["children"]["more"])) == (12, True)
    assert [node["id"] for node in walk(kolibri, root, depth)] == wide_ids


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"parent__isnull": True},
        {"kind": content_kinds.EXERCISE},
        {"kind": "content"},
        {"kind_in": f"{content_kinds.VIDEO},{content_kinds.AUDIO}"},
        {"keywords": "Vögel"},
        {"keywords": "die"},
        {"languages": "en,es"},
        {"include_coach_content": False},
        {"categories": subjects.PHYSICS},
        {"categories": f"{subjects.PHYSICS},{subjects.LITERATURE}"},
        {"grade_levels": levels.LOWER_PRIMARY},
        {"contains_quiz": True},
        {"max_results": 5},
        {"max_results": 5, "kind": content_kinds.TOPIC},
        {"lft__gt": 6, "rght__lt": 15},
    ],
    ids=lambda filters: ",".join(filters) or "none",
)
def test_filters_find_the_same_as_in_an_imported_copy(
    kolibri: RunningKolibri, imported: ChefRun, filters: dict[str, Any]
) -> None:
    of_copy = kolibri.body("contentnode/", channel_id=imported.channel_id, **filters)
    remote = kolibri.browse("contentnode/", channel_id=imported.channel_id, **filters)
    assert comparable(remote) == comparable(of_copy)


def test_nodes_and_trees_are_the_same_as_in_an_imported_copy(kolibri: RunningKolibri, imported: ChefRun) -> None:
    ids = [node["node_id"] for node, _ in imported.nodes() if node["source_id"] != "later"]
    for path in [f"{view}/{node_id}/" for node_id in ids for view in ("contentnode", "contentnode_tree")]:
        assert comparable(kolibri.browse(path)) == comparable(kolibri.body(path))


def test_listed_files_can_be_downloaded(kolibri: RunningKolibri, uploader: Api, imported: ChefRun) -> None:
    nodes = kolibri.browse("contentnode/", channel_id=imported.channel_id)
    urls = {file["storage_url"].partition("?")[0] for node in nodes for file in node["files"]}
    assert len(urls) > 10
    assert {uploader.client.head(url).status_code for url in urls} == {200}


def test_an_unchanged_answer_is_not_sent_again(kolibri: RunningKolibri, wide: str) -> None:
    first = kolibri.get(f"contentnode/{wide}/", baseurl=kolibri.url)
    again = kolibri.get(f"contentnode/{wide}/", {"HTTP_IF_NONE_MATCH": first["headers"]["Etag"]}, baseurl=kolibri.url)
    assert (first["status"], again["status"], again["body"]) == (200, 304, None)


def test_a_private_channel_cannot_be_browsed(kolibri: RunningKolibri, uploader: Api) -> None:
    private = uploads.upload(uploader, "Closed", "en", [uploads.document(uploader, "Locked")])
    assert uploader.version(private) == 1
    for view in ("channel", "contentnode", "contentnode_tree"):
        assert kolibri.get(f"{view}/{private}/", baseurl=kolibri.url)["status"] == 404
    assert kolibri.browse("contentnode/", channel_id=private) == []


@pytest.mark.parametrize("filters", [{}, {"kind": content_kinds.EXERCISE}], ids=["none", "kind"])
def test_pages_list_the_available_labels(kolibri: RunningKolibri, imported: ChefRun, filters: dict[str, str]) -> None:
    """Kolibri's library requests them (`max_results=1`) before it shows its search."""
    query = {"channel_id": imported.channel_id, "max_results": 1, **filters}
    of_copy = kolibri.body("contentnode/", **query)["labels"]
    remote = kolibri.browse("contentnode/", **query)["labels"]
    for field in ("categories", "grade_levels", "accessibility_labels", "learner_needs"):
        assert sorted(remote[field]) == sorted(of_copy[field]), field
    by_id = [sorted(labels["languages"], key=lambda language: language["id"]) for labels in (remote, of_copy)]
    assert by_id[0] == by_id[1]
    assert set(of_copy["learning_activities"]) <= set(remote["learning_activities"])

"""Kolibri imports published content: a resource, a topic with its descendants, a channel by token, a new version."""

import json
from collections.abc import Set
from typing import Any

import pytest
from le_utils.constants import content_kinds

from examples.clients import ChefRun
from infra.local.stack import Stack
from tests.e2e import uploads
from tests.e2e.api import Api
from tests.e2e.conftest import LEAVES
from tests.e2e.kolibri.kolibri_process import RunningKolibri
from tests.e2e.tokens import channel_token

CHANNEL = "Journal"
# Kolibri changes these in its copy: its own numbers, and activities inferred from kinds (with min_schema_version 1).
OF_A_COPY = {
    "content_contentnode": {"tree_id", "learning_activities"},
    "content_contentnode_tags": {"id"},
    "content_channelmetadata": {"last_updated"},
}
AVAILABLE = "select title from content_contentnode where channel_id = ? and available order by lft"


def titles(kolibri: RunningKolibri, channel_id: str) -> list[str]:
    """Titles of the nodes that learners see, in tree order."""
    return [row["title"] for row in kolibri.rows(AVAILABLE, channel_id)]


def published_ids(uploader: Api, channel_id: str) -> dict[str, str]:
    """The ids of a public channel's nodes by title, in tree order."""
    answer = uploader.client.get("/api/public/v2/contentnode/", params={"channel_id": channel_id}).raise_for_status()
    return {node["title"]: node["id"] for node in answer.json()}


def test_one_resource_is_imported_with_only_its_ancestors(kolibri: RunningKolibri, uploader: Api, wide: str) -> None:
    deep = published_ids(uploader, wide)["Deep"]
    job = kolibri.task("remoteresourceimport", node_id=deep, node_name="Deep")
    assert (job["transferred_resources"], job["total_resources"]) == (1, 1)
    assert titles(kolibri, wide) == ["Wide", "Stairs", "Cellar", "Deep"]
    assert kolibri.rows("select title from content_contentnode where channel_id = ? and not available", wide) == []
    assert [file["available"] for file in kolibri.files(wide)] == [1]
    assert kolibri.damaged_files(wide) == []
    (tag,) = kolibri.rows(
        "select tag_name from content_contenttag t join content_contentnode_tags n on n.contenttag_id = t.id"
        " where n.contentnode_id = ?",
        deep,
    )
    assert tag == {"tag_name": "well"}
    shown = kolibri.body(f"contentnode/{deep}/")
    remote = kolibri.browse(f"contentnode/{deep}/")
    same = ("title", "grade_levels", "lang", "license_name", "ancestors", "content_id", "lft")
    assert {name: shown[name] for name in same} == {name: remote[name] for name in same}


@pytest.mark.parametrize(("title", "nodes"), [("Wide", slice(None)), ("Shelf", slice(LEAVES + 2))])
def test_all_pages_of_import_metadata_have_every_node_once(
    kolibri: RunningKolibri, uploader: Api, wide: str, title: str, nodes: slice
) -> None:
    ids = published_ids(uploader, wide)
    tables = kolibri.import_metadata(ids[title], True)
    wanted = list(ids.values())[nodes]
    assert [node["id"] for node in tables["content_contentnode"]] == wanted
    resources = [node["id"] for node in tables["content_contentnode"] if node["kind"] != content_kinds.TOPIC]
    assert [file["contentnode_id"] for file in tables["content_file"]] == resources
    stored = {file["id"] for file in tables["content_localfile"]}
    assert {file["local_file_id"] for file in tables["content_file"]} == stored


@pytest.mark.parametrize("descendants", [{}, {"descendants": "true"}])
def test_import_metadata_are_those_of_an_imported_copy(
    kolibri: RunningKolibri, uploader: Api, imported: ChefRun, descendants: dict[str, str]
) -> None:
    for node_id in published_ids(uploader, imported.channel_id).values():
        path = f"/api/public/v2/importmetadata/{node_id}/"
        of_copy = kolibri.body(path, **descendants)
        remote = uploader.client.get(path, params=descendants).raise_for_status().json()
        assert remote.pop("schema_version") == of_copy.pop("schema_version") == "5"
        assert remote.keys() == of_copy.keys()
        for table, rows in of_copy.items():
            columns = (rows[0].keys() if rows else set()) - OF_A_COPY.get(table, set())
            assert selected(remote[table], columns) == selected(rows, columns), table


def selected(rows: list[dict[str, Any]], columns: Set[str]) -> list[str]:
    """The rows with some of their columns, as sorted texts."""
    return sorted(json.dumps({column: row[column] for column in sorted(columns)}) for row in rows)


def test_import_metadata_of_a_node_are_its_ancestors_and_itself(
    kolibri: RunningKolibri, uploader: Api, wide: str
) -> None:
    tables = kolibri.import_metadata(published_ids(uploader, wide)["Leaf 3"], False)
    assert [node["title"] for node in tables["content_contentnode"]] == ["Wide", "Shelf", "Leaf 3"]
    assert [channel["id"] for channel in tables["content_channelmetadata"]] == [wide]


def test_unknown_resources_have_no_import_metadata(kolibri: RunningKolibri) -> None:
    assert kolibri.import_metadata("0" * 32, True) is None


@pytest.fixture(scope="module")
def journal(stack: Stack, kolibri: RunningKolibri, uploader: Api) -> str:
    """A private channel, of which Kolibri has imported version 1 by its token."""
    week = uploads.topic("Week", [uploads.document(uploader, day) for day in ("Monday", "Tuesday", "Wednesday")])
    cover = uploads.topic("Cover", [uploads.document(uploader, "Photo")])
    channel_id = uploads.upload(uploader, CHANNEL, "fr", [week, cover])
    token = channel_token(stack, channel_id)
    kolibri.import_channel(f"{token[:5]}-{token[5:]}", channel_id)
    return channel_id


def version(kolibri: RunningKolibri, channel_id: str) -> int:
    """The version in Kolibri."""
    (channel,) = kolibri.rows("select version from content_channelmetadata where id = ?", channel_id)
    number: int = channel["version"]
    return number


def test_a_private_channel_is_imported_by_its_token(kolibri: RunningKolibri, journal: str) -> None:
    assert version(kolibri, journal) == 1
    assert titles(kolibri, journal) == [CHANNEL, "Week", "Monday", "Tuesday", "Wednesday", "Cover", "Photo"]
    assert len(kolibri.files(journal)) == 4
    assert kolibri.damaged_files(journal) == []


def test_a_new_version_is_compared_and_replaces_the_old_one(
    stack: Stack, kolibri: RunningKolibri, uploader: Api, journal: str
) -> None:
    days = [
        uploads.document(uploader, "Monday", title="Lundi"),
        uploads.document(uploader, "Wednesday", "written again"),
        uploads.document(uploader, "Thursday"),
        uploads.document(uploader, "Friday"),
    ]
    cover = uploads.topic("Cover", [uploads.document(uploader, "Photo")])
    uploads.upload(uploader, CHANNEL, "fr", [cover, uploads.topic("Week", days)])
    lookup = f"/api/public/v1/channels/lookup/{journal}?channel_versions=true"
    uploads.wait_until(lambda: uploader.client.get(lookup).json()[0]["version"] == 2)
    diffs = [
        kolibri.task("remotechanneldiffstats", channel_id=journal, channel_name=CHANNEL, **token)
        for token in ({"token": channel_token(stack, journal)}, {})
    ]
    counts = ("new_channel_version", "new_resources_count", "deleted_resources_count", "updated_resources_count")
    assert [[diff[count] for count in counts] for diff in diffs] == [[2, 2, 1, 1]] * 2

    kolibri.task("remoteimport", channel_id=journal, channel_name=CHANNEL, update=True)
    assert version(kolibri, journal) == 2
    assert titles(kolibri, journal) == [CHANNEL, "Cover", "Photo", "Week", "Lundi", "Wednesday"]

    kolibri.task("remotecontentimport", channel_id=journal, channel_name=CHANNEL)
    assert titles(kolibri, journal) == [CHANNEL, "Cover", "Photo", "Week", "Lundi", "Wednesday", "Thursday", "Friday"]
    assert kolibri.damaged_files(journal) == []

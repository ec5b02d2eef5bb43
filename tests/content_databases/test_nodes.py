"""Fields of a node, and the number of statements per page."""

import pytest
from le_utils.constants import format_presets
from le_utils.constants.labels import subjects

from chalicelib.content_databases import nodes
from chalicelib.content_databases.filters import NodeFilter
from tests.content_databases import builders
from tests.support.worlds.trees import CHANNEL_ID, make_file, resource, topic

EVERY = NodeFilter()


@pytest.fixture
def read(tmp_path):
    """Nodes by title."""

    def read(*branches, files_url=""):
        with builders.opened(builders.snapshot_of(*branches), tmp_path, files_url) as source:
            return {node["title"]: node for node in nodes.page(source, EVERY, 0, 100)}

    return read


def test_ancestors_are_listed_from_the_root_down(read):
    found = read(topic("one", topic("two", resource("doc"))))
    assert [above["title"] for above in found["doc"]["ancestors"]] == ["Channel", "one", "two"]
    assert [above["id"] for above in found["doc"]["ancestors"]] == [
        CHANNEL_ID,
        found["one"]["id"],
        found["two"]["id"],
    ]
    assert found["Channel"]["ancestors"] == []
    assert found["doc"]["parent"] == found["doc"]["parent_id"] == found["two"]["id"]


def test_coach_resources_are_counted(read):
    coach = {"role_visibility": "coach"}
    found = read(
        topic("one", resource("a", **coach), topic("two", resource("b", **coach), resource("c")), **coach),
        resource("d", **coach),
    )
    counts = {title: node["num_coach_contents"] for title, node in found.items()}
    assert counts == {"Channel": 3, "one": 2, "a": 1, "two": 1, "b": 1, "c": 0, "d": 1}
    assert [title for title, node in found.items() if node["coach_content"]] == ["one", "a", "b", "d"]


def test_files_are_sorted_by_priority_and_the_first_thumbnail_is_used(read):
    presets = [
        format_presets.VIDEO_SUBTITLE,
        format_presets.VIDEO_THUMBNAIL,
        format_presets.VIDEO_LOW_RES,
        format_presets.VIDEO_HIGH_RES,
    ]
    node = read(resource("film", files=[make_file(preset, preset) for preset in presets]))["film"]
    assert [file["preset"] for file in node["files"]] == presets[::-1]
    assert [file["priority"] for file in node["files"]] == [1, 2, 3, 4]
    assert node["thumbnail"] == node["files"][2]["storage_url"]


@pytest.mark.parametrize("files_url", ["", "https://studio.example.org"])
def test_file_urls_start_with_that_of_the_source(read, files_url):
    file = make_file("doc", language="pt-BR")
    (shown,) = read(resource("doc", files=[file]), files_url=files_url)["doc"]["files"]
    sum = file["checksum"]
    assert shown["storage_url"] == f"{files_url}/content/storage/{sum[0]}/{sum[1]}/{sum}.pdf"
    assert shown["lang"]["lang_subcode"] == "BR"
    assert shown["available"] is True


def test_sizes_beyond_32_bits_are_exact(read):
    node = read(resource("doc", files=[make_file("doc", file_size=2**33)]))["doc"]
    assert node["files"][0]["file_size"] == 2**33


def test_tags_are_sorted_by_name_and_labels_are_lists(read):
    node = read(resource("doc", tags=["z", "a", "ц"], categories=[subjects.WORK, subjects.ALGEBRA]))["doc"]
    assert node["tags"] == ["a", "z", "ц"]
    assert node["categories"] == sorted([subjects.WORK, subjects.ALGEBRA])
    assert node["grade_levels"] == []


def test_the_tree_id_is_that_of_the_source(read):
    assert {node["tree_id"] for node in read(resource("doc")).values()} == {builders.TREE_ID}


@pytest.mark.parametrize("number", [1, 60])
def test_a_page_of_any_size_takes_the_same_number_of_statements(tmp_path, number):
    branches = [topic(f"t{n}", resource(f"r{n}", tags=["a"])) for n in range(number)]
    with builders.opened(builders.snapshot_of(*branches), tmp_path) as source:
        assert len(nodes.page(source, EVERY, 0, 1000)) == 2 * number + 1
        assert builders.statements(source) == 8  # four for the page and four for data shared by all pages


def test_an_empty_page_is_valid(tmp_path):
    with builders.opened(builders.snapshot_of(), tmp_path) as source:
        assert nodes.page(source, EVERY, 1, 10) == []
        assert nodes.page(source, EVERY, 2**63 - 1, 10) == []
        assert [node["is_leaf"] for node in nodes.page(source, EVERY, 0, 10)] == [False]

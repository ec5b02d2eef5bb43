"""The content_id of copies."""

from dataclasses import dataclass

from chalicelib.domain.trees import content_ids
from tests.support.worlds.trees import make_file


@dataclass(frozen=True)
class Node:
    node_id: str = "b" * 32
    content_id: str = "c" * 32
    original_node_id: str | None = None


def test_a_node_that_is_not_a_copy_keeps_its_content_id():
    assert content_ids.after_change(Node()) is None
    assert content_ids.after_change(Node(original_node_id="b" * 32)) is None


def test_the_first_change_of_a_copy_sets_its_content_id_and_the_next_keeps_it():
    copy = Node(original_node_id="d" * 32)
    own = content_ids.after_change(copy)
    assert own is not None
    assert own != copy.content_id
    assert content_ids.after_change(Node(original_node_id="d" * 32, content_id=own)) is None
    assert content_ids.after_change(Node(node_id="e" * 32, original_node_id="d" * 32)) not in (None, own)


def test_thumbnails_are_not_content():
    pdf, thumbnail = make_file("pdf"), make_file("thumbnail", "document_thumbnail")
    assert not content_ids.is_other_content([pdf], [pdf, thumbnail])
    assert content_ids.is_other_content([pdf], [])
    assert content_ids.is_other_content([pdf], [{**pdf, "language": "fr"}])

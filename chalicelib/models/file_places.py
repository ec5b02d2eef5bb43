"""The place of each file: the node or question it belongs to, or an upload that belongs to neither yet.

| access pattern | key condition | used by |
| --- | --- | --- |
| places of files by id | `id` (batches) | file: lists by id, update, delete |

Files are stored in their node or question; an entry is only a reference to it. If the node or question does not have
the file, the file was deleted. Entries are written before the node or question. An upload that is not used expires
after 30 days (`expires`); the object in S3 remains.
"""

import time
from collections.abc import Iterable
from typing import Any, cast

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException

from chalicelib.domain.types import AssessmentItemData, FileData, NodeData
from chalicelib.models import file_references
from chalicelib.models.base import Table, in_parallel, read_many, save_if, save_new, was_refused, write_many

RETENTION = 30 * 24 * 3600  # seconds after which an unused upload expires


class FilePlace(Table):
    class Meta:
        table_name = "file_places"

    id = UnicodeAttribute(hash_key=True)
    contentnode_id = UnicodeAttribute(null=True)  # of the node, or of the question's exercise
    assessment_id = UnicodeAttribute(null=True)
    user_id = UnicodeAttribute(null=True)  # the uploader, while it is unused
    file: "JSONAttribute" = JSONAttribute(null=True)  # FileData, while it is unused
    expires = NumberAttribute(null=True)  # Unix time


def get_many(file_ids: Iterable[str]) -> list[FilePlace]:
    """The places of files; unknown ones are left out. One read per 100."""
    return cast(list[FilePlace], read_many({FilePlace: list(file_ids)})[FilePlace])


def note(channel_id: str, nodes: Iterable[NodeData], items: Iterable[AssessmentItemData]) -> None:
    """Record the places of the files of a channel's nodes and questions, and that these use the files.

    Call this before writing those.
    """
    nodes, items = list(nodes), list(items)
    references = file_references.of_parts(channel_id, nodes, items)
    write_many(puts=[*{place.id: place for place in _of(nodes, items)}.values(), *references.values()])


def note_missing(nodes: Iterable[NodeData], items: Iterable[AssessmentItemData]) -> None:
    """Record the places of those files of stored nodes and questions that have no entry. One read per 100 files."""
    places = {place.id: place for place in _of(nodes, items)}
    known = {place.id for place in get_many(places)}
    in_parallel(save_new, [place for id, place in places.items() if id not in known])


def _of(nodes: Iterable[NodeData], items: Iterable[AssessmentItemData]) -> list[FilePlace]:
    places = [FilePlace(file["id"], contentnode_id=node["id"]) for node in nodes for file in node["files"]]
    return places + [
        FilePlace(file["id"], contentnode_id=item["contentnode_id"], assessment_id=item["assessment_id"])
        for item in items
        for file in item["files"]
    ]


def note_upload(user_id: str, file: FileData) -> bool:
    """Record an upload of a user. Returns False if a file with this id already belongs to a node or question."""
    place = FilePlace(file["id"], user_id=user_id, file=cast(Any, file), expires=int(time.time()) + RETENTION)
    return save_if(place, FilePlace.contentnode_id.does_not_exist())


def forget_upload(place: FilePlace) -> bool:
    """Delete the entry of an unused upload. Returns False if it belongs to a node or question meanwhile."""
    try:
        place.delete(condition=FilePlace.contentnode_id.does_not_exist())
    except PynamoDBException as error:
        if was_refused(error):
            return False
        raise
    return True


def forget(file_ids: Iterable[str]) -> None:
    """Delete the entries of deleted files."""
    write_many(deletes=[(FilePlace, file_id) for file_id in dict.fromkeys(file_ids)])

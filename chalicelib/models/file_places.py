"""Where each file is: part of which node or question, or uploaded and not part of anything yet.

| access pattern | key condition | used by |
| --- | --- | --- |
| where files are, by id | `id` (batches) | file: lists by id, update, delete |

Files are kept in their node or question; an entry only says where to look, so one that leads nowhere is a file that is
gone. Entries are written before the node or question that holds the file. An upload that is put nowhere is forgotten
after 30 days (`expires`); the stored bytes stay.
"""

import time
from collections.abc import Iterable
from typing import Any, cast

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException

from chalicelib.domain.types import AssessmentItemData, FileData, NodeData
from chalicelib.models.base import Table, read_many, save_if, was_refused, write_many

RETENTION = 30 * 24 * 3600  # seconds that an upload waits to be put somewhere


class FilePlace(Table):
    class Meta:
        table_name = "file_places"

    id = UnicodeAttribute(hash_key=True)
    contentnode_id = UnicodeAttribute(null=True)  # of the node, or of the question's exercise
    assessment_id = UnicodeAttribute(null=True)
    user_id = UnicodeAttribute(null=True)  # of who uploaded it, while it is nowhere
    file: "JSONAttribute" = JSONAttribute(null=True)  # FileData, while it is nowhere
    expires = NumberAttribute(null=True)  # Unix time


def get_many(file_ids: Iterable[str]) -> list[FilePlace]:
    """Where files are; those that nobody knows are left out. A call a hundred."""
    return cast(list[FilePlace], read_many({FilePlace: list(file_ids)})[FilePlace])


def note(nodes: Iterable[NodeData], items: Iterable[AssessmentItemData]) -> None:
    """Say where the files of nodes and questions are, before these are written."""
    places = [FilePlace(file["id"], contentnode_id=node["id"]) for node in nodes for file in node["files"]]
    places += [
        FilePlace(file["id"], contentnode_id=item["contentnode_id"], assessment_id=item["assessment_id"])
        for item in items
        for file in item["files"]
    ]
    write_many(puts={place.id: place for place in places}.values())


def note_upload(user_id: str, file: FileData) -> bool:
    """Say that a user has uploaded a file; False where one with this id has been put somewhere already."""
    place = FilePlace(file["id"], user_id=user_id, file=cast(Any, file), expires=int(time.time()) + RETENTION)
    return save_if(place, FilePlace.contentnode_id.does_not_exist())


def forget_upload(place: FilePlace) -> bool:
    """Delete the entry of an upload that is part of nothing; False where it has been put somewhere meanwhile."""
    try:
        place.delete(condition=FilePlace.contentnode_id.does_not_exist())
    except PynamoDBException as error:
        if was_refused(error):
            return False
        raise
    return True


def forget(file_ids: Iterable[str]) -> None:
    """Delete the entries of files that are gone."""
    write_many(deletes=[(FilePlace, file_id) for file_id in dict.fromkeys(file_ids)])

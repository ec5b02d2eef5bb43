"""The references of files that an update adds to a node or question, or removes from it."""

from chalicelib.domain.storage_uses import NODE, QUESTION, use_of
from chalicelib.domain.types import FileData
from chalicelib.operations.files.file_changes import Lists, Owner
from chalicelib.operations.storage import uses


def prepare(lists: Lists, file: FileData) -> None:
    """Record the use of the file by its new owner, and that uses by owners that lose files may end.

    Call it before the commit.
    """
    for owner, files in lists:
        channel, use = owner.place.channel, _use_of(owner)
        if uses.removed_names(files, owner.files):
            uses.begin_part(channel, use, file)
        uses.prepare_end(channel.id, [(name, use) for name in uses.removed_names(owner.files, files)])


def _use_of(owner: Owner) -> str:
    node_id, assessment_id = owner.address
    channel_id = owner.place.channel.id
    return use_of(channel_id, QUESTION, node_id, assessment_id) if assessment_id else use_of(channel_id, NODE, node_id)

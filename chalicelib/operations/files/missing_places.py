"""Record the places of files that copies of version 0.1 lack: such files are listed, but not found by their ids."""

from le_utils.constants import content_kinds

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.models import assessment_items, channels, file_places, tree_streams
from chalicelib.models.base import in_parallel

CHUNK = 200  # nodes whose questions are held in memory at once


def request() -> None:
    """Request `note` for every channel."""
    for channel in channels.everything():
        queues.send_maintenance(jobs.NOTE_FILES_OF_CHANNEL.message(channel_id=channel.id))


def note(channel_id: str) -> None:
    """Record the missing places of the files in all trees of a channel. May run repeatedly and beside other writes."""
    channel = channels.get(channel_id)
    for root_id in filter(None, channels.tree_names(channel).values()) if channel else ():
        for chunk in tree_streams.data_in_chunks(root_id, CHUNK):
            exercises = [node["id"] for node in chunk if node["kind"] == content_kinds.EXERCISE]
            found = in_parallel(assessment_items.as_stored, exercises)
            file_places.note_missing(chunk, [assessment_items.outline(item) for items in found for item in items])

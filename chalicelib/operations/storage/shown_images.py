"""Images that questions show. A question lists them among its files, which keeps them.

Those that chefs uploaded to earlier versions may show images that they do not list.
"""

from collections.abc import Iterable
from typing import cast

from chalicelib.domain.exercises import questions
from chalicelib.domain.storage_keys import RAW_DATA
from chalicelib.domain.types import AssessmentItemData
from chalicelib.models import assessment_items, file_places, stored_objects
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import read_many, update_if
from chalicelib.models.channels import Channel


def listed(items: Iterable[AssessmentItemData]) -> list[AssessmentItemData]:
    """Questions that list the stored images that they show. No call, unless one shows an image that is not listed."""
    every = list(items)
    names = [name for item in every for name in questions.unlisted(item)]
    sizes, _ = stored_objects.stored(names) if names else ({}, [])
    return [questions.with_unlisted(item, sizes) for item in every]


def list_missing(channel: Channel, outlines: Iterable[AssessmentItemData]) -> None:
    """Let stored questions list the stored images that they show, unless they are changed at the same time.

    Only those that show others are read whole.
    """
    keys = [
        (item["contentnode_id"], item["assessment_id"])
        for item in outlines
        if questions.unlisted(item) or item["raw_data"].startswith(RAW_DATA)  # which is stored apart
    ]
    for item in read_many({AssessmentItem: keys})[AssessmentItem]:
        [after] = listed([assessment_items.to_data(item)])
        if after["files"] != item.files:
            file_places.note(channel.id, [], [after])
            as_read = AssessmentItem.files == cast(str, item.files)
            update_if(AssessmentItem(*_key(item)), [AssessmentItem.files.set(after["files"])], as_read)


def _key(item: AssessmentItem) -> tuple[str, str]:
    return str(item.contentnode_id), str(item.assessment_id)

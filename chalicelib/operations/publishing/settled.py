"""Whether publishing again would change nothing, which is known without reading the tree.

`Channel.settled` names the last publish that read the tree, the revision that it read, and the code that it ran. As
long as these are the same, another publish finds the same. It is not set if something was missing that may be stored
later, such as a picture.
"""

import hashlib
from dataclasses import dataclass
from typing import TypedDict

from chalicelib import __version__
from chalicelib.domain.freezing.left_out import LeftOut
from chalicelib.domain.trees import frozen_tree
from chalicelib.domain.trees.frozen_tree import canonical
from chalicelib.models import tasks
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.search import search_index_update

CODE = f"{__version__}/{frozen_tree.FORMAT}"  # another version may publish the same tree differently
_FIELDS = ("name", "description", "tagline", "language", "thumbnail", "thumbnail_encoding", "ricecooker_version")
NOTES_KEPT = "The version notes are kept for the next version, unless newer ones are sent."


@dataclass(frozen=True)
class Found:
    """What a publish found in a tree: what it left out, sentences about it, and whether it would find that again."""

    omitted: LeftOut
    remarks: list[str]
    is_final: bool = True


class Mark(TypedDict):
    """The value of `Channel.settled`."""

    rev: int
    code: str
    fields: str  # digest of the channel's published fields, of which some do not count as changes
    task: str


def mark(task: Task, channel: Channel, found: Found) -> Mark | None:
    """The mark that a task has read the tree, if another one would find the same."""
    if not found.is_final:
        return None
    return {"rev": int(channel.rev), "code": CODE, "fields": _fields(channel), "task": task.id}


def holds(channel: Channel) -> bool:
    """Whether the channel is as the last publish has read it."""
    known: Mark | None = channel.settled
    if known is None or channel.published_rev != channel.rev:
        return False
    return (known["rev"], known["code"], known["fields"]) == (channel.rev, CODE, _fields(channel))


def found_before(channel: Channel) -> Found | None:
    """What the last publish found, if nothing has changed since. Two reads, none if it has changed."""
    if not holds(channel):
        return None
    known: Mark = channel.settled
    task = tasks.get(known["task"])
    if task is None or task.status != tasks.SUCCESS or not search_index_update.has_part(channel):
        return None
    remarks = [remark for remark in task.result["remarks"] if remark != NOTES_KEPT]
    return Found(LeftOut(task.result["left_out"], list(channel.left_out or ())), remarks)


def _fields(channel: Channel) -> str:
    values = canonical({name: getattr(channel, name) for name in _FIELDS})
    return hashlib.sha256(values.encode()).hexdigest()

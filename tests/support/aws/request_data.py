"""The data of the requests in `tests/test_permissions.py`: bodies, and the items that their paths name.

What a row changes or uses up is created for each request, so that rows do not depend on one another.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib.domain.tokens import digest
from chalicelib.identity import accounts
from chalicelib.models import channel_members, children, tasks, tokens
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import now
from chalicelib.models.channel_members import VIEW, ChannelMember
from chalicelib.models.channel_sets import ChannelSet
from chalicelib.models.channels import Channel
from chalicelib.models.children import Child
from chalicelib.models.clipboard import ClipboardEntry
from chalicelib.models.file_places import FilePlace
from chalicelib.models.invitations import Invitation
from chalicelib.models.nodes import Node
from chalicelib.models.resumable_uploads import ResumableUpload
from chalicelib.models.saved_searches import SavedSearch
from chalicelib.models.users import User
from tests.models.builders import put

FORM = "multipart/form-data; boundary=x"
DATA = b"data"


@dataclass
class State:
    """A published channel with an open upload, and what else the requests below need."""

    channel_id: str
    public_id: str  # of another channel, which is publicly listed
    root: str
    task_id: str


def new_id() -> str:
    return uuid.uuid4().hex


def channel(state: State) -> dict[str, Any]:
    return {"channel_id": state.channel_id}


def channel_of(state: State) -> str:
    return state.channel_id


def public_of(state: State) -> str:
    return state.public_id


def upload_url(_: State) -> dict[str, Any]:
    return {"size": 5, "checksum": "a" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}


def in_parts(_: State) -> dict[str, Any]:
    return {"size": 5, "checksum": "b" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}


def new_upload(_: State) -> str:
    """Another user's."""
    upload = ResumableUpload(new_id(), new_id(), filename=f"{new_id()}.pdf", file_size=5, part_size=5, key="k", file={})
    upload.created, upload.expires = now(), int(now().timestamp()) + 60
    upload.save()
    return str(upload.id)


def form(_: State) -> bytes:
    name = f"{hashlib.md5(DATA).hexdigest()}.pdf".encode()
    return b'--x\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n%b\r\n--x--\r\n' % (name, DATA)


def exercise_of(state: State) -> str:
    root = Channel.get(state.channel_id).root_id
    return next(edge.node_id for edge in children.of(root) if edge.kind == "exercise")


def question(state: State) -> dict[str, Any]:
    return {"contentnode": exercise_of(state), "type": "free_response", "question": "?"}


def new_question(state: State) -> str:
    item = AssessmentItem(exercise_of(state), new_id(), type="free_response")
    item.save()
    return f"{item.contentnode_id},{item.assessment_id}"


def new_file(state: State) -> str:
    node = Node.get(exercise_of(state))
    fields = {"checksum": "a" * 32, "file_format": "png", "file_size": 1, "preset": "exercise_thumbnail"}
    file = {"id": new_id(), **fields, "language": None, "original_filename": "", "source_url": None, "duration": None}
    node.update([Node.files.set([file])])
    FilePlace(file["id"], contentnode_id=node.id).save()
    return str(file["id"])


def new_viewer(state: State) -> str:
    """The id of a new user who may view the channel."""
    user = User(new_id(), email=f"{new_id()}@example.org")
    user.save()
    ChannelMember(user.id, state.channel_id, role=VIEW).save()
    return str(user.id)


def new_late_task(state: State) -> str:
    """The id of a new task that no worker has taken for two hours."""
    task = tasks.new(new_id(), tasks.DIFF, state.channel_id, new_id())
    task.created = (now() - timedelta(hours=2)).isoformat()
    task.save()
    return str(task.id)


def new_invitation(state: State) -> str:
    users: dict[str, Any] = {"user_id": new_id(), "email": "a@example.org", "sender_id": new_id(), "sender_name": "s"}
    sent = Invitation(new_id(), **users, channel_id=state.channel_id, share_mode=VIEW, created=now())
    sent.save()
    return str(sent.id)


def new_set(_: State) -> str:
    channel_set = ChannelSet(new_id(), user_id=new_id(), name="s")
    channel_set.save()
    return str(channel_set.id)


def new_account(_: State) -> dict[str, str]:
    """The credentials of a new user."""
    sent = {"username": f"{new_id()}@example.org", "password": "correct horse"}
    accounts.create_user(sent["username"], sent["password"])
    return sent


def new_token(_: State) -> str:
    """The id of another user's API token."""
    return tokens.id_of(digest(accounts.create_user(f"{new_id()}@example.org")[1]))


def new_saved_search(_: State) -> str:
    """Another user's."""
    search = SavedSearch(new_id(), new_id(), name="s", created=now(), modified=now())
    search.save()
    return str(search.id)


def source(state: State) -> dict[str, Any]:
    return {"source_node_id": Channel.get(state.channel_id).root_id, "source_channel_id": state.channel_id}


def new_clipboard_entry(state: State) -> str:
    """Another user's."""
    source: dict[str, Any] = {
        "contentnode_id": new_id(),
        "source_node_id": new_id(),
        "source_channel_id": state.channel_id,
    }
    entry = ClipboardEntry(new_id(), new_id(), kind="topic", lft=1, **source)
    entry.save()
    return str(entry.id)


def live_root(state: State) -> str:
    return str(Channel.get(state.channel_id).root_id)


def new_node(state: State) -> str:
    """The id of a topic of the live tree."""
    return str(put(Node.get(live_root(state)), new_id(), kind="topic")[0].id)


def node_of(state: State) -> str:
    """The channel and a topic of its live tree."""
    return f"{state.channel_id}/{new_node(state)}"


def trashed_node(state: State) -> str:
    root = Node.get(Channel.get(state.channel_id).trash_root_id, consistent_read=True)
    edge = Child(root.id, f"{int(root.total_count):08x}#{new_id()}", node_id=new_id(), kind="topic")
    edge.save()
    fields: dict[str, Any] = {
        "tree_id": root.id,
        "channel_id": root.channel_id,
        "path": [root.id],
        "position": edge.position,
    }
    text: dict[str, Any] = {"title": "t", "kind": "topic", "role_visibility": "learner", "content_id": new_id()}
    Node(edge.node_id, node_id=edge.node_id, parent_id=root.id, complete=True, **fields, **text).save()
    return str(edge.node_id)


def in_root(state: State) -> dict[str, str]:
    return {"target": live_root(state)}


def required(state: State) -> dict[str, str]:
    return {"prerequisite": exercise_of(state)}


def requiring_node(state: State) -> str:
    node = Node.get(new_node(state))
    node.update([Node.prerequisites.set([exercise_of(state)])])
    return str(node.id)


def staged_channel(state: State) -> str:
    """The id of a new channel with the same members, a staged tree and a previous tree to roll back to."""
    names = ("root_id", "trash_root_id", "staging_root_id", "previous_root_id")
    roots: dict[str, Any] = {name: new_id() for name in names}
    staged = Channel(new_id(), name="n", created=now(), modified=now(), **roots)
    staged.save()
    for member in channel_members.of_channel(state.channel_id):
        ChannelMember(member.user_id, staged.id, role=member.role).save()
    return str(staged.id)

"""What reading files and questions shares: the nodes that they are part of, and which files are stored."""

from collections.abc import Iterable

from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, nodes
from chalicelib.models.base import read_many
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.models.stored_objects import StoredObject
from chalicelib.operations.files import file_uploads


def viewable(user: Identity, found: Iterable[Node]) -> dict[str, Node]:
    """Those of the nodes that the user may view, by id. One read a fifty channels.

    Viewable is what is in a channel that the user is a member of, and the live tree of a public channel; not what
    belongs to a copy that is not finished yet.
    """
    asked = list(found)
    ids = list(dict.fromkeys(node.channel_id for node in asked))
    if not ids:
        return {}
    keys = [(user.user_id, channel_id) for channel_id in ids]
    rows = read_many({Channel: ids, ChannelMember: keys, Node: nodes.tops_of(asked)}, nodes.TOP)
    hidden = nodes.unfinished(rows[Node])
    there = [node for node in asked if node.copied_below not in hidden]
    own = {member.channel_id for member in rows[ChannelMember]}
    live = {channel.root_id for channel in rows[Channel] if channel.public and channels.is_live(channel)}
    return {node.id: node for node in there if user.is_admin or node.channel_id in own or node.tree_id in live}


def stored(names: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """(sizes in bytes of the files that are stored, names of those that are not); names are "<md5>.<extension>"."""
    wanted = list(names)
    known = read_many({StoredObject: [name[:32] for name in wanted]})[StoredObject]
    return file_uploads.sizes_of(wanted, {entry.checksum: entry for entry in known})

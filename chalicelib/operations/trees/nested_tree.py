"""Nested trees of a channel, for chefs who may edit it.

A large tree is written to the bucket by a task; its address cannot be guessed, and it is deleted after a day.
"""

import gzip
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import IO, Any, TypedDict, cast, final

from chalicelib.aws import storage
from chalicelib.domain import jobs, jsontext
from chalicelib.domain.storage_keys import own_answer_key
from chalicelib.domain.trees import tree_data
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, children, nodes, tasks, tree_streams, trees
from chalicelib.models.base import now
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.models.tasks import Task
from chalicelib.operations.access.channel_rights import editable_channel
from chalicelib.operations.background import cached_results
from chalicelib.operations.background.cached_results import Stamp
from chalicelib.schemas.chef import TreeReference
from chalicelib.schemas.responses.internal import TreeNode
from chalicelib.schemas.responses.task import StartedTask

MAX_AT_ONCE = 2000  # nodes of a tree, or of one level, that a request reads: about 2 s, and under 6 MB
AVAILABLE = timedelta(hours=20)  # for which the address of a stored tree is given out: it is deleted after a day
_PRIVATE = "private, no-store"
_LEVEL = 1  # of gzip


@final
class StoredTree(TypedDict):
    """A response in the bucket: the keys of the JSON text, plain and gzipped, and when it was made."""

    plain: str
    zipped: str
    made: str


Found = list[TreeNode] | StoredTree | StartedTask


def below(user: Identity, sent: TreeReference) -> Found:
    """Return all nodes below a node of a tree, by default its root, nested; of a large tree, where it is stored, or the
    task that stores it.

    Raises NotFound and Forbidden as `editable_channel` does, NotFound if the tree or node does not exist.
    """
    channel = editable_channel(user, sent.channel_id)
    top = _top(channel, sent)
    if top.total_count > MAX_AT_ONCE:
        return _stored(user, channel, top, {})
    return _nested(top, None)


def level_below(user: Identity, sent: TreeReference) -> tuple[Found, bool]:
    """Return (the children of a node of a tree, whether the channel has a staged tree). Returns and raises as `below`
    does."""
    channel = editable_channel(user, sent.channel_id)
    top, is_staged = _top(channel, sent), bool(channel.staging_root_id)
    if top.total_count > MAX_AT_ONCE and _has_many(top.id):
        return _stored(user, channel, top, {"staged": is_staged}), is_staged
    return _nested(top, 1), is_staged


def _has_many(parent_id: str) -> bool:
    return next(islice(children.some_of(parent_id, page=MAX_AT_ONCE + 1), MAX_AT_ONCE, None), None) is not None


def _top(channel: Channel, sent: TreeReference) -> Node:
    root_id = channels.tree_names(channel).get(sent.tree)
    if not root_id:
        raise NotFound(f"Invalid tree name: channel {channel.id} has no {sent.tree[:60]!r} tree.")
    top = nodes.find_in_tree(root_id, node_id=sent.node_id) if sent.node_id else nodes.get(root_id)
    if top is None:
        raise NotFound(f"Node {sent.node_id or root_id} is not in the {sent.tree} tree.")
    return top


def _nested(top: Node, levels: int | None) -> list[TreeNode]:
    top_entry = tree_data.nested(trees.walk(top.id, levels), with_children=levels is None)
    return cast(list[TreeNode], top_entry["children"])


def _stored(user: Identity, channel: Channel, top: Node, fields: dict[str, Any]) -> StoredTree | StartedTask:
    """Return where the current tree is stored, or start its task. `fields` of the response say that it is one level."""
    stamp: Stamp = [int(channel.rev), int(top.total_count)]
    found = cached_results.read(_name(top.id, fields), StoredTree)
    if found is not None and found[0] == stamp and datetime.fromisoformat(found[1]["made"]) + AVAILABLE > now():
        return found[1]
    arguments = {"node_id": top.id, "fields": fields}
    task_id = cached_results.start(jobs.STORE_TREE, tasks.TREE, channel.id, user.user_id, stamp, **arguments)
    return {"task_id": task_id}


def _name(top_id: str, fields: dict[str, Any]) -> str:
    return f"tree-{top_id}{'-'.join(['', *(f'{name}-{value}' for name, value in fields.items())])}"


def store(task_id: str) -> None:
    """Run a task that writes a large tree to the bucket."""
    task = tasks.get(task_id)
    if task is None or task.status in tasks.FINISHED:
        return
    channel, top = channels.get(task.channel_id), nodes.get(task.arguments["node_id"])
    if channel is None or top is None:
        tasks.finish(task, tasks.FAILURE, "The tree no longer exists.")
        return
    fields = task.arguments["fields"]
    stamp: Stamp = [int(channel.rev), int(top.total_count)]
    tasks.advance(task, 1, "Reading the tree")
    secret = secrets.token_hex(32)
    stored: StoredTree = {"plain": own_answer_key(secret), "zipped": own_answer_key(f"{secret}-gzip"), "made": ""}
    with tempfile.TemporaryFile() as plain, tempfile.TemporaryFile() as zipped:
        with gzip.GzipFile(fileobj=zipped, mode="wb", compresslevel=_LEVEL, mtime=0) as packed:
            _write((plain, packed), _texts(task, top, fields))
        for key, file, encoding in ((stored["plain"], plain, None), (stored["zipped"], zipped, "gzip")):
            file.seek(0)
            storage.put(key, file, "application/json", _PRIVATE, encoding)
    stored["made"] = now().isoformat()
    cached_results.write(_name(top.id, fields), stamp, stored)
    tasks.finish(task, tasks.SUCCESS, "The tree is ready: send the request again.", {"location": f"/{stored['plain']}"})


def _write(files: Iterable[IO[bytes] | gzip.GzipFile], texts: Iterable[str]) -> None:
    for text in texts:
        for file in files:
            file.write(text.encode())


def _texts(task: Task, top: Node, fields: dict[str, Any]) -> Iterator[str]:
    """Yield the response to `get_tree_data` or, with `fields`, to `get_node_tree_data`, a chunk of nodes at a time."""
    total, done = int(top.total_count) + 1, 0
    body = jsontext.dumps({"success": True, **fields})

    def read() -> Iterator[list[Any]]:
        nonlocal done
        for chunk in tree_streams.data_in_chunks(top.id, levels=1 if fields else None):
            yield chunk
            done += len(chunk)
            tasks.advance(task, min(99, 1 + 98 * done // total), "Writing the tree")

    yield f'{body[:-1]},"tree":'
    yield from tree_data.texts(chain.from_iterable(read()), with_children=not fields)
    yield "}"

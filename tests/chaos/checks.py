"""What must hold after a history, when faults are off and all messages are processed."""

import re
import traceback
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib.models import changes, tasks
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.changes import Change
from chalicelib.models.channels import PUBLISH_LEASE, Channel, tree_names
from chalicelib.models.children import Child
from chalicelib.models.file_references import FileReference
from chalicelib.models.nodes import Node
from chalicelib.models.tasks import Task
from chalicelib.operations.storage import recount
from tests.chaos import databases
from tests.chaos.chefs import FILES
from tests.chaos.editors import GONE, TRASH, Editor
from tests.conftest import BUCKET
from tests.support.source.code import ROOT
from tests.support.worlds import counts, storage
from tests.support.worlds.syncing import URL

if TYPE_CHECKING:
    from tests.chaos.run import Run

Found = list[str]
# Prefixes of keys that the bucket's rules know, which end what is passing; and of what belongs to a channel.
PREFIXES = (*re.findall(r"Prefix: ([\w/-]+/)", (ROOT / "infra/resources.yaml").read_text()), "retained-files/")


def problems(run: "Run") -> Found:
    found: Found = []
    for check in CHECKS:
        try:
            found += [f"{check.__name__}: {problem}" for problem in check(run)]
        except Exception:
            found.append(f"{check.__name__}: {traceback.format_exc()}")
    return found


def nothing_waits(run: "Run") -> Found:
    found = [f"{message.queue} {message.body}" for message in run.world.queues.waiting]
    found += [f"dead {message.queue} {message.body}" for message in run.world.queues.dead]
    for task in storage.stored(run.cloud, Task):
        if task.status not in tasks.FINISHED:
            found.append(f"task {task.id} {task.task_name} of {task.channel_id} is {task.status}")
    return found


def no_lease_is_held(run: "Run") -> Found:
    found = []
    for channel in storage.stored(run.cloud, Channel):
        if channel.publish_task_id or channel.publish_again or channel.publish_worker:
            found.append(f"channel {channel.id} {channel.publish_task_id} {channel.publish_worker}")
        if not PUBLISH_LEASE.is_free(PUBLISH_LEASE.of(channel)):
            found.append(f"the lease of channel {channel.id} is held")
    for change in storage.stored(run.cloud, Change):
        if int(change.rev) == 0:
            counter = changes.counter_of(change.owner)
            if not counter.is_free or counter.has_pending:
                found.append(f"{counter}")
        elif change.status == changes.PENDING:
            found.append(f"change {change.rev} of {change.owner} is pending")
    return found


def no_temporary_object_is_left(run: "Run") -> Found:
    found = [key for key in run.cloud.objects() if not key.startswith(PREFIXES)]
    uploads = run.cloud.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return found + [f"unfinished upload {upload['Key']}" for upload in uploads]


def trees_are_whole(run: "Run") -> Found:
    """Counts are equal to recounted ones, each node has one edge, and nothing is unreachable."""
    nodes = {node.id: node for node in storage.stored(run.cloud, Node)}
    edges = storage.stored(run.cloud, Child)
    below: dict[str, list[str]] = {}
    for edge in edges:
        below.setdefault(edge.parent_id, []).append(edge.node_id)
    reached: list[str] = []
    for channel in storage.stored(run.cloud, Channel):
        waiting = [root for root in tree_names(channel).values() if root]
        while waiting:
            id = waiting.pop()
            reached.append(id)
            waiting += below.get(id, [])
    found = [f"node {id} is reached {times} times" for id, times in Counter(reached).items() if times > 1]
    found += [
        f"node {id} {nodes[id].title} below {nodes[id].parent_id} is in no tree" for id in nodes.keys() - {*reached}
    ]
    for edge in edges:
        node = nodes.get(edge.node_id)
        if node is None or node.parent_id != edge.parent_id:
            found.append(f"edge {edge.parent_id} -> {edge.node_id}, whose parent is {node and node.parent_id}")
    items = {item.contentnode_id for item in storage.stored(run.cloud, AssessmentItem)}
    return [*found, *_wrong_counts(nodes), *(f"questions of {id}" for id in items - nodes.keys())]


def _wrong_counts(nodes: dict[str, Node]) -> Found:
    """The nodes whose stored counts differ from those of the nodes below them."""
    below: dict[str, Counter[str]] = {id: Counter() for id in nodes}
    for node in nodes.values():
        above = nodes.get(node.parent_id or "")
        while above:
            below[above.id].update(counts.shares(node))
            above = nodes.get(above.parent_id or "")
    rows = [(node, name, below[id][name]) for id, node in nodes.items() for name in counts.COUNTS]
    return [f"{name} of {node.id} is not {count}" for node, name, count in rows if getattr(node, name) != count]


def storage_is_counted(run: "Run") -> Found:
    cloud = run.cloud
    sizes = {databases.name_of_file(run, number): len(run.world.file(number)[0]) for number in range(FILES)}
    found = [f"without a reference: {use}" for use in storage.unreferenced(cloud)]
    if storage.used(cloud) != storage.charged(cloud):
        found.append(f"used {storage.used(cloud)} is not charged {storage.charged(cloud)}")
    _recount(run)
    for what, value in (("used", storage.used(cloud)), ("charged", storage.charged(cloud))):
        wanted = storage.expected(cloud, sizes)
        found += [f"{what} by {id}: {value[id]}, expected {wanted[id]}" for id in wanted if wanted[id] != value[id]]
    entries = [entry for entry in storage.stored(cloud, FileReference) if entry.filename in sizes]
    known = {(entry.channel_id, entry.filename) for entry in entries}
    of_trees, of_versions = storage.uses_of_trees(cloud), storage.uses_of_versions(cloud, set(sizes))
    used = {(id, name) for uses in (of_trees, of_versions) for id, names in uses.items() for name in names}
    return found + [f"reference without a use: {use}" for use in known - used]


def _recount(run: "Run") -> None:
    age, recount.MIN_AGE = recount.MIN_AGE, -10
    run.world.queues.schedule("recount_storage")
    run.world.hub.run()
    recount.MIN_AGE = age


def answers_were_true(run: "Run") -> Found:
    """What was answered is so, and what was refused is not."""
    nodes = {node.id: node for node in storage.stored(run.cloud, Node)}
    channels = {channel.id: channel for channel in storage.stored(run.cloud, Channel)}
    found = []
    for chef in run.chefs:
        channel = channels.get(chef.channel_id)
        if channel is None:
            found += [f"channel {chef.channel_id} is missing"] if chef.is_created else []
            continue
        if channel.name not in chef.names:
            found.append(f"channel {channel.id} is called {channel.name}, not {chef.names}")
        if bool(channel.deleted) not in chef.deleted:
            found.append(f"channel {channel.id}: deleted is {channel.deleted}")
        roots = (channel.root_id, channel.staging_root_id, channel.previous_root_id)
        titles = tuple(_titles(nodes, root) for root in roots)
        wanted = {tuple(chef.titles[number] if number >= 0 else None for number in state) for state in chef.states}
        if titles not in wanted:
            found.append(f"channel {channel.id} has {titles}, not one of {wanted}")
    trash = {channel.trash_root_id for channel in channels.values()}
    for editor in run.editors:
        found += _of_editor(editor, nodes, trash)
    for sync in run.sync_editors:
        known = {int(change.rev) for change in storage.stored(run.cloud, Change) if change.owner == sync.channel_id}
        found += [f"the accepted change {rev} of {sync.channel_id} is missing" for rev in set(sync.accepted) - known]
    return found


def _titles(nodes: dict[str, Any], root: str | None) -> frozenset[str] | None:
    if root is None:
        return None
    return frozenset(node.title for node in nodes.values() if node.tree_id == root and node.id != root)


def _of_editor(editor: Editor, nodes: dict[str, Any], trash: set[str]) -> Found:
    found = []
    for id, made in editor.made.items():
        node = nodes.get(id)
        place = GONE if node is None else TRASH if node.parent_id in trash else node.parent_id
        if place not in made.places:
            found.append(f"{editor.name}: node {id} is in {place}, not {made.places}")
        if node and node.title not in made.titles:
            found.append(f"{editor.name}: node {id} is called {node.title}, not {made.titles}")
    known = {"", *editor.maybe}
    for node in nodes.values():
        if node.title.startswith(f"{editor.name} ") and node.id not in editor.made and node.title not in known:
            found.append(f"{editor.name}: node {node.id} {node.title} was made by no answered request")
    return found


def feeds_give_the_data(run: "Run") -> Found:
    for follower in run.followers:
        while True:
            answer = run.world.studio.post(URL, {"channel_revs": {follower.channel_id: follower.rev}})
            rows = answer.json["changes"]
            if not rows:
                break
            follower.mirror.apply(answer.json)
            follower.rev = max(row["server_rev"] for row in rows)
        follower.assert_true()
    return []


def published_databases_are_as_without_faults(run: "Run") -> Found:
    return databases.missing_files(run) + databases.problems(run)


CHECKS: tuple[Callable[["Run"], Found], ...] = (
    nothing_waits,
    no_lease_is_held,
    no_temporary_object_is_left,
    trees_are_whole,
    answers_were_true,
    feeds_give_the_data,
    storage_is_counted,
    published_databases_are_as_without_faults,
)

"""Two clients edit one channel, each with a copy that only sync responses change. Once both have received everything,
their copies are equal to each other and to what the API reads."""

import contextlib
import uuid
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib.models import changes
from chalicelib.operations.sync import apply
from tests.support.aws.cloud import empty_cloud
from tests.support.aws.moto_internals import quick_transactions
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.worlds import contentnode
from tests.support.worlds.syncing import Client

picks = st.integers(0, 50)
sides = st.integers(0, 1)
HIDDEN = "~"  # prefix of IDs that the client does not know
MAX_COPY_SIZE = 8
positions = st.sampled_from(["first-child", "last-child", "left", "right"])


class Killed(BaseException):
    """An exception that no code catches, like the end of a process."""


def killed(*_):
    raise Killed


@dataclass
class Node:
    title: str
    parent: str | None
    children: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)


class Copy:
    """A client's copy of a tree. It applies received changes in order and checks no permissions or rules."""

    def __init__(self, client, root):
        self.client, self.root = client, root
        self.nodes = {root: Node("Channel", None)}

    def apply(self, received):
        """Apply all received changes in the order of their revisions."""
        for change in sorted(received["changes"] + received["successes"], key=lambda one: one["server_rev"]):
            getattr(self, f"_{change['type']}", lambda _: None)(change)

    def put(self, id, target, position):
        beside = not position.endswith("child")
        parent = self.nodes[target].parent if beside else target
        siblings = self.nodes[parent].children
        at = siblings.index(target) + (position == "right") if beside else len(siblings) * (position == "last-child")
        siblings.insert(at, id)
        self.nodes[id].parent = parent

    def take(self, id):
        self.nodes[self.nodes[id].parent].children.remove(id)

    def _1(self, change):
        self.nodes[change["key"]] = Node(change["obj"]["title"], None)
        self.put(change["key"], change["obj"]["parent"], "last-child")

    def _2(self, change):
        node, mods = self.nodes[change["key"]], change["mods"]
        node.title = mods.get("title", node.title)
        for name, value in mods.items():
            if name.startswith("tags."):
                (node.tags.add if value else node.tags.discard)(name.removeprefix("tags."))

    def _3(self, change):
        self.take(change["key"])
        waiting = [change["key"]]
        while waiting:
            waiting += self.nodes.pop(waiting.pop()).children

    def _4(self, change):
        if change["key"] != change["target"]:
            self.take(change["key"])
            self.put(change["key"], change["target"], change["position"])

    def _5(self, change):
        self.clone(change["from_key"], change["key"], change["excluded_descendants"])
        self.nodes[change["key"]].title = change["mods"]["title"]
        self.put(change["key"], change["target"], change["position"])

    def clone(self, source, id, excluded):
        """The IDs below a copy are not sent: its descendants get local IDs here and are not changed by them."""
        self.nodes[id] = Node(self.nodes[source].title, None, [], set(self.nodes[source].tags))
        for child in self.nodes[source].children:
            if child not in excluded:
                self.clone(child, f"{HIDDEN}{id}.{child}", excluded)
                self.nodes[f"{HIDDEN}{id}.{child}"].parent = id
                self.nodes[id].children.append(f"{HIDDEN}{id}.{child}")

    def size(self, id):
        return 1 + sum(map(self.size, self.nodes[id].children))

    def shape(self, id=None):
        node = self.nodes[id or self.root]
        return node.title, sorted(node.tags), [self.shape(child) for child in node.children]


class Machine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        cloud = existing(CLOUD)
        cloud.empty()
        self.studio = Studio(cloud)
        self.channel_id = self.studio.make_channel()[0]
        self.root = self.studio.get(f"/api/channel/{self.channel_id}").json["root_id"]
        user_id, token = self.studio.sign_up(uuid.uuid4().hex)
        self.studio.share(self.channel_id, user_id, "edit")
        self.copies = [Copy(Client(self.studio, self.channel_id, who), self.root) for who in ("", token)]
        self.made = 0

    def pick(self, side, number):
        """A node that a client sees; it may already be deleted."""
        ids = [id for id in self.copies[side].nodes if not id.startswith(HIDDEN)]
        return ids[number % len(ids)]

    def send(self, side, *sent):
        copy = self.copies[side]
        bad = copy.client.moved(self.root, self.root)
        received = copy.client.send(*sent, bad)
        copy.apply(received)

    @rule(side=sides, parent=picks, other=picks)
    def create_two(self, side, parent, other):
        client = self.copies[side].client
        ids = [uuid.uuid4().hex, uuid.uuid4().hex]
        self.made += 1
        first = client.created(ids[0], self.pick(side, parent), f"a{self.made}")
        self.send(side, first, client.created(ids[1], ids[0], f"b{self.made}"))

    @rule(side=sides, number=picks, tag=st.sampled_from("xy"), is_on=st.booleans())
    def edit(self, side, number, tag, is_on):
        self.made += 1
        mods = {"title": f"e{self.made}", f"tags.{tag}": is_on}
        self.send(side, self.copies[side].client.updated(self.pick(side, number), **mods))

    @rule(side=sides, number=picks, goal=picks, position=positions)
    def move(self, side, number, goal, position):
        key, target = self.pick(side, number), self.pick(side, goal)
        self.send(side, self.copies[side].client.moved(key, target, position))

    @rule(side=sides, number=picks)
    def delete(self, side, number):
        if number % 3 == 0:
            self.send(side, self.copies[side].client.deleted(self.pick(side, number)))

    @rule(side=sides, number=picks, goal=picks, position=positions)
    def copy(self, side, number, goal, position):
        """Copy a node with its descendants, except one of its children."""
        copy = self.copies[side]
        source = self.pick(side, number)
        self.made += 1
        known = [id for id in copy.nodes[source].children if not id.startswith(HIDDEN)]
        excluded = known[: number % 2] if copy.size(source) <= MAX_COPY_SIZE else copy.nodes[source].children
        if not any(id.startswith(HIDDEN) for id in excluded):
            fields = {"position": position, "mods": {"title": f"c{self.made}"}, "excluded_descendants": excluded}
            self.send(side, copy.client.copied(uuid.uuid4().hex, source, self.pick(side, goal), **fields))

    @rule(side=sides, what=st.sampled_from(["create_two", "copy", "move", "edit"]), one=picks, other=picks)
    def kill_the_process_before_it_marks(self, side, what, one, other):
        """A change is applied but not marked. The other client's request completes it."""
        last = {"edit": ("x", True), "create_two": (other,)}.get(what, (other, "left"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(changes, "mark", killed)
            patch.setattr(changes, "abandon", lambda _: None)
            with contextlib.suppress(Killed):
                getattr(self, what)(side, one, *last)
        if changes.counter_of(self.channel_id).lease.holder:
            changes.Change(self.channel_id, 0).update([changes.Change.until.set(1)])
        self.poll(1 - side)

    @rule(side=sides, number=picks)
    def leave_a_change_to_the_queue(self, side, number):
        """The other client polls while it is pending."""
        with patch.object(apply, "is_large", lambda _: True):
            self.edit(side, number, "z", True)
            self.poll(1 - side)
        self.studio.deliver("maintenance")

    @rule(side=sides)
    def poll(self, side):
        self.copies[side].apply(self.copies[side].client.poll())

    @invariant()
    def nothing_is_left_pending(self):
        counter = changes.counter_of(self.channel_id)
        assert not counter.has_pending
        assert not counter.lease.holder

    @rule()
    def all_copies_are_equal(self):
        for copy in self.copies:
            copy.apply(copy.client.poll())
            assert not copy.client.waiting
        first, second = (copy.shape() for copy in self.copies)
        assert first == second == self.stored(contentnode.row(self.studio, self.root))

    def stored(self, node):
        below = self.studio.get(f"{contentnode.URL}?parent={node['id']}").json["results"]
        return node["title"], sorted(node["tags"]), list(map(self.stored, below))


CLOUD = None


def test_two_clients_converge():
    global CLOUD
    rules = settings(
        max_examples=4,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    with empty_cloud() as CLOUD, quick_transactions():
        run_state_machine_as_test(Machine, settings=rules)

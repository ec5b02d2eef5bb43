"""Random changes of a channel's trees, compared with the same changes of nested lists.

After each change, order, parents, counts and trees are equal, and no two siblings have the same position.
"""

import contextlib
from types import SimpleNamespace
from unittest import mock

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib.domain.trees.positions import value_of
from chalicelib.errors import BadRequest
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, children, nodes, tree_streams
from chalicelib.operations.copying import node_copies, pull_from_source
from chalicelib.operations.nodes import bulk_update, node_batches, node_moves, node_writes
from chalicelib.schemas.base import parse
from chalicelib.schemas.contentnode import Copy, Move, NodeChange, NodeWrite, Restore
from tests.models.builders import make_channel, make_root
from tests.support.aws.cloud import empty_cloud
from tests.support.existing import existing

ADMIN = Identity("0" * 32, "a@example.org", "", "", is_admin=True)
picks = st.integers(0, 50)
positions = st.sampled_from(["first-child", "last-child", "left", "right"])


def plain(kind, title, coach=False):
    return SimpleNamespace(id="", kind=kind, title=title, coach=coach, parent=None, children=[], former=None)


def below(node):
    return [found for child in node.children for found in (child, *below(child))]


def is_complete(node):
    """Resources have no file here; roots need no title."""
    return node.kind == "topic" and bool(node.title or node.parent is None)


def counts_of(node):
    found = below(node)
    resources = [one for one in found if one.kind != "topic"]
    coach = sum(one.coach for one in resources)
    return (len(found), len(resources), coach, sum(not is_complete(one) for one in found))


def spot(target, position):
    """(new parent, index among its children)"""
    if position.endswith("child"):
        return target, 0 if position == "first-child" else len(target.children)
    return target.parent, target.parent.children.index(target) + (position == "right")


class Machine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.channel = make_channel()
        self.live, self.trash = plain("topic", "Root"), plain("topic", "Root")
        self.live.id, self.trash.id = self.channel.root_id, self.channel.trash_root_id
        for root_id in (self.live.id, self.trash.id):
            make_root(self.channel, root_id)
        self.made = 0

    def pick(self, number, root=None):
        every = [self.live, *below(self.live)] if root is None else below(root)
        return every[number % len(every)] if every else None

    @contextlib.contextmanager
    def refused_unless(self, allowed):
        """An impossible change must be rejected; the plain model then stays unchanged."""
        refused = False
        try:
            yield
        except BadRequest:
            refused = True
        assert refused == (not allowed)

    def put(self, node, parent, index):
        node.parent = parent
        parent.children.insert(index, node)

    def take(self, node):
        node.parent.children.remove(node)

    @rule(parent=picks, kind=st.sampled_from(["topic", "topic", "video"]), coach=st.booleans())
    def create(self, parent, kind, coach):
        parent, node = self.pick(parent), plain(kind, str(self.made), coach)
        self.made += 1
        role = "coach" if coach else "learner"
        sent = {"parent": parent.id, "kind": kind, "title": node.title, "role_visibility": role}
        with self.refused_unless(parent.kind == "topic"):
            node.id = node_writes.create(ADMIN, parse(NodeWrite, sent))["id"]
            self.put(node, parent, len(parent.children))

    @rule(number=picks, title=st.sampled_from(["", "t"]), coach=st.booleans())
    def update(self, number, title, coach):
        node = self.pick(number)
        sent = {"title": title, "role_visibility": "coach" if coach else "learner"}
        node_writes.update(ADMIN, node.id, parse(NodeChange, sent))
        node.title, node.coach = title, coach

    @rule(number=picks, goal=picks, position=positions)
    def move(self, number, goal, position):
        node, target = self.pick(number), self.pick(goal)
        beside = not position.endswith("child")
        same = node is target and beside
        parent = target.parent if beside else target
        allowed = node.parent and (
            same or (parent and parent.kind == "topic" and parent is not node and parent not in below(node))
        )
        with self.refused_unless(allowed):
            node_moves.move(ADMIN, node.id, parse(Move, {"target": target.id, "position": position}))
            if not same:
                self.take(node)
                self.put(node, *spot(target, position))

    @rule(number=picks)
    def delete(self, number):
        node = self.pick(number)
        with self.refused_unless(node.parent), self.late_propagation(number):
            node_moves.trash(ADMIN, node.id)
            self.take(node)
            node.former = node.parent
            self.put(node, self.trash, len(self.trash.children))

    @contextlib.contextmanager
    def late_propagation(self, number):
        """Every other move to the trash is propagated in the background, as if the subtree were large."""
        with mock.patch.object(node_moves, "MAX_MOVED_AT_ONCE", 50 * (number % 2)):
            yield

    @rule(number=picks)
    def restore(self, number):
        node = self.pick(number, self.trash)
        if node:
            node_moves.restore(ADMIN, node.id, parse(Restore, {}))
            self.take(node)
            back = node.former if node.former in below(self.live) else self.live
            self.put(node, back, len(back.children))
            node.former = None

    @rule(number=picks, goal=picks, position=positions)
    def copy(self, number, goal, position):
        node, target = self.pick(number), self.pick(goal)
        parent = target if position.endswith("child") else target.parent
        if len(below(node)) > 8:
            return
        with self.refused_unless(parent and parent.kind == "topic"):
            sent = {"target": target.id, "position": position, "mods": {"title": "copy"}}
            made = node_copies.copy(ADMIN, node.id, parse(Copy, sent))
            copied = self.twin(node)
            copied.id, copied.title = made["id"], "copy"
            self.put(copied, *spot(target, position))
            for one, id in zip([copied, *below(copied)], self.stored(copied.id), strict=True):
                one.id = id

    @rule(number=picks, coach=st.booleans(), size=st.sampled_from([2, 40]))
    def update_descendants(self, number, coach, size):
        """In batches of a few nodes, or all at once; only resources have roles."""
        node = self.pick(number)
        sent = {"role_visibility": "coach" if coach else "learner"}
        with mock.patch.object(node_batches, "MAX_NODES", size):
            bulk_update.update(ADMIN, node.id, parse(NodeChange, sent))
        for one in (node, *below(node)):
            if one.kind != "topic":
                one.coach = coach

    @rule(number=picks, title=st.sampled_from(["", "s"]))
    def pull(self, number, title):
        """A source changes its title, and all its copies get the new title unless it is empty."""
        node = self.pick(number)
        if node.parent:
            node_writes.update(ADMIN, node.id, parse(NodeChange, {"title": title}))
            node.title = title
        pull_from_source.pull(ADMIN, self.channel.id, titles_and_descriptions=True)
        taken = {found.id: found for found in nodes.get_many([one.id for one in below(self.live)])}
        for one in below(self.live):
            one.title = taken[one.id].title

    def twin(self, node):
        copied = plain(node.kind, node.title, node.coach)
        for child in node.children:
            self.put(self.twin(child), copied, len(copied.children))
        return copied

    def stored(self, root_id):
        return tree_streams.ids(root_id)

    @invariant()
    def stored_trees_equal_the_plain_ones(self):
        for root in (self.live, self.trash):
            expected = [root, *below(root)]
            assert self.stored(root.id) == [node.id for node in expected]
            for node, found in zip(expected, nodes.get_many([one.id for one in expected]), strict=True):
                numbers = (found.total_count, found.resource_count, found.coach_count, found.error_count)
                assert numbers == counts_of(node)
                assert (found.parent_id, found.tree_id) == (node.parent and node.parent.id, root.id)
                assert bool(found.complete) == is_complete(node)
                edges = children.of(node.id)
                assert len({value_of(edge.position) for edge in edges}) == len(edges)
                stored = [child.position for child in nodes.get_many([edge.node_id for edge in edges])]
                assert stored == [edge.position for edge in edges]

    @invariant()
    def revisions_are_not_ahead_of_the_channel(self):
        channel = existing(channels.get(self.channel.id))
        for found in nodes.get_many([node.id for node in (self.live, *below(self.live))]):
            below_it = (found.newest_created_rev, found.newest_modified_rev)
            assert max(found.created_rev, found.modified_rev, *below_it) <= channel.rev


def test_random_changes_preserve_order_counts_and_trees():
    rules = settings(
        max_examples=3,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    with empty_cloud():
        run_state_machine_as_test(Machine, settings=rules)

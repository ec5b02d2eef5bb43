"""Flags of published and changed nodes, derived from revisions."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.trees.node_flags import Revisions, flags

revisions = st.integers(0, 5)
nodes = st.builds(Revisions, revisions, revisions, revisions, revisions)
NOTHING = {"has_new_descendants": False, "has_updated_descendants": False}


def test_a_chefs_node_is_published_once_its_tree_went_live_before_the_publish():
    chefs = Revisions(0, 0, 0, 0)
    assert flags(chefs, root_rev=3, published_rev=3, is_live=True) == {"published": True, "changed": False, **NOTHING}
    assert flags(chefs, root_rev=4, published_rev=3, is_live=True) == {"published": False, "changed": True, **NOTHING}


def test_nodes_created_or_modified_after_a_publish_are_changed():
    assert flags(Revisions(5, 5, 0, 0), 1, 4, True) == {"published": False, "changed": True, **NOTHING}
    assert flags(Revisions(2, 5, 0, 0), 1, 4, True) == {"published": True, "changed": True, **NOTHING}
    below = flags(Revisions(2, 3, 5, 4), 1, 4, True)
    assert (below["has_new_descendants"], below["has_updated_descendants"]) == (True, False)


@given(nodes, revisions)
def test_nothing_is_published_without_a_publish_or_outside_the_live_tree(node, rev):
    assert not flags(node, rev, 0, True)["published"]
    assert not flags(node, rev, 5, False)["published"]


@given(nodes, revisions, st.booleans())
def test_unpublished_nodes_are_changed(node, rev, is_live):
    found = flags(node, rev, 3, is_live)
    assert found["published"] or found["changed"]


@given(nodes)
def test_a_publish_of_everything_leaves_nothing_changed(node):
    assert flags(node, 5, 5, True) == {"published": True, "changed": False, **NOTHING}

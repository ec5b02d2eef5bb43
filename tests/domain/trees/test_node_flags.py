"""Flags of published and changed nodes, derived from revisions."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.trees.node_flags import MAX_REVS, Revisions, flags, incomplete_revs, turned, was_incomplete

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


class TestIncompleteNodes:
    """A node that a publish left out is not published until a publish includes it."""

    @staticmethod
    def published(complete, revs, published_rev, **fields):
        node = Revisions(0, 0, 0, 0, incomplete_revs(complete, revs))
        return flags(node, root_rev=1, published_rev=published_rev, is_live=True, **fields)["published"]

    def test_are_not_published_if_they_always_were_incomplete(self):
        assert self.published(True, None, 5)
        assert not self.published(False, None, 5)

    def test_stay_unpublished_when_they_are_completed(self):
        revs = turned(incomplete_revs(False, None), 6, 5)
        assert not self.published(True, revs, 5)
        assert self.published(True, revs, 6)

    def test_stay_published_until_the_next_publish(self):
        revs = turned(incomplete_revs(True, None), 6, 5)
        assert self.published(False, revs, 5)
        assert not self.published(False, revs, 6)

    def test_that_turned_twice_since_a_publish_that_left_them_out_are_not_published(self):
        revs = turned(turned(incomplete_revs(False, None), 6, 5), 7, 5)
        assert not self.published(False, revs, 5)
        assert self.published(False, revs, 6)

    def test_that_were_left_out_although_complete_are_not_published(self):
        assert not self.published(True, None, 5, is_left_out=True)

    @given(st.booleans(), st.lists(st.sampled_from(["turn", "publish", "edit"]), max_size=MAX_REVS))
    def test_are_known_to_every_publish_of_any_history(self, complete, history):
        """Also to a publish that read an earlier revision and ends only now."""
        is_complete, revs, published_rev = complete, incomplete_revs(complete, None), 0
        was_complete = [complete]  # at each revision
        for action in history:
            if action == "publish":
                published_rev = len(was_complete) - 1
                continue
            if action == "turn":
                is_complete = not is_complete
                revs = turned(revs, len(was_complete), published_rev)
            was_complete.append(is_complete)
        for rev in range(published_rev, len(was_complete)):
            assert was_incomplete(revs, rev) == (not was_complete[rev])

    def test_have_a_bounded_number_of_revisions(self):
        revs = incomplete_revs(False, None)
        for rev in range(1, 5 * MAX_REVS):
            revs = turned(revs, rev, 0)
            assert len(revs) <= MAX_REVS
            assert was_incomplete(revs, rev) == (rev % 2 == 0)
        assert was_incomplete(revs, 2)

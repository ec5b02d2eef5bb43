"""Edges of the trees: a child's place among its siblings.

| access pattern | key condition | used by |
| --- | --- | --- |
| children of a node, in order | `parent_id` | lists, publish |

`position` is a fraction (see `domain.positions`) and the child's id, so that it sorts and is unique. `kind` is
copied from the node (it never changes): whole trees are walked over their edges without reading a node.
"""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.models.base import Table


class Child(Table):
    class Meta:
        table_name = "children"

    parent_id = UnicodeAttribute(hash_key=True)
    position = UnicodeAttribute(range_key=True)
    node_id = UnicodeAttribute()  # the `id` of the child
    kind = UnicodeAttribute()


def of(parent_id: str) -> list[Child]:
    """The children of a node, in order."""
    return list(Child.query(parent_id, consistent_read=True))

"""Places among siblings: fractions written so that they sort as text.

An appended child takes the next whole number. A child put between two others takes a longer text that sorts
between theirs, so that nobody else has to move.
"""

_WIDTH = 8


def appended(index: int, node_id: str) -> str:
    """The position of the child appended as number `index` (from 0)."""
    return f"{index:0{_WIDTH}x}#{node_id}"

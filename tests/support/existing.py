from typing import TypeVar

T = TypeVar("T")


def existing(value: T | None) -> T:
    """The result of a read that the test expects to find something."""
    assert value is not None, "Expected a value, found None."
    return value

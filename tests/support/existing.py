from typing import Any, TypeVar

T = TypeVar("T")


def existing(value: T | None) -> T:
    """The result of a read that the test expects to find something."""
    assert value is not None, "Expected a value, found None."
    return value


def values_of(item: object, *names: str) -> tuple[Any, ...]:
    """Attributes of a stored item, any of which may be None: PynamoDB's types do not say so."""
    return tuple(getattr(item, name) for name in names)

"""Read-only items for long lists, as converting items to models takes far longer than reading them."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

from chalicelib.models.base import M

R = TypeVar("R")


class _Lazy:
    """An item whose attributes are deserialized on first access and then cached.

    Two items are equal if their stored data is equal.
    """

    def __init__(self, attributes: dict[str, Any], raw: dict[str, dict[str, Any]], key: str) -> None:
        self._attributes = attributes
        self._raw = raw
        self._key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Lazy) and self._attributes is other._attributes and self._raw == other._raw

    def __hash__(self) -> int:
        return hash(*self._raw[self._key].values())

    def __getattr__(self, name: str) -> Any:
        try:
            attribute = self._attributes[name]
        except KeyError:
            raise AttributeError(name) from None
        stored = self._raw.get(attribute.attr_name)
        value = _default(attribute) if stored is None or "NULL" in stored else _value(attribute, stored)
        self.__dict__[name] = value
        return value


def _default(attribute: Any) -> Any:
    default = attribute.default
    return cast(Callable[[], Any], default)() if callable(default) else default


def _value(attribute: Any, stored: dict[str, Any]) -> Any:
    (value,) = stored.values()
    return attribute.deserialize(value)


def to_read(model: type[M], raws: list[dict[str, Any]]) -> list[M]:
    """Wrap items in DynamoDB's format as read-only items of a table."""
    attributes = model.get_attributes()
    key = next(attribute.attr_name for attribute in attributes.values() if attribute.is_hash_key)
    return [cast(M, _Lazy(attributes, raw, key)) for raw in raws]


def remembered(size: int) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Cache the last `size` results of a function of a read-only item (and other hashable arguments).

    The function must depend only on the stored data, and callers must not modify its results.
    """

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        known = lru_cache(size)(function)

        @wraps(function)
        def call(item: Any, *others: Any) -> R:
            return known(item, *others) if isinstance(item, _Lazy) else function(item, *others)

        return call

    return decorate

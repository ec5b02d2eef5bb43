"""Items of long lists: making whole models of them takes many times longer than reading them."""

from collections.abc import Callable
from typing import Any, cast

from chalicelib.models.base import M


class _Lazy:
    """An item of which an attribute is made out of DynamoDB's form when it is asked for, and then remembered."""

    def __init__(self, attributes: dict[str, Any], raw: dict[str, dict[str, Any]]) -> None:
        self._attributes = attributes
        self._raw = raw

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
    """What DynamoDB answered as items of this table that can be read, but neither changed nor written."""
    attributes = model.get_attributes()
    return [cast(M, _Lazy(attributes, raw)) for raw in raws]

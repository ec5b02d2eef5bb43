"""How query parameters are checked: each is text, of which the last one given counts; an empty one is none."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, ConfigDict

from chalicelib.schemas.base import Schema, parse, refuse

LONGEST_TEXT = 1000  # characters
LARGEST_PAGE = 1000
_BIGGEST = 2**31
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_LONGEST_LANGUAGE = 14  # characters: Kolibri's column

Q = TypeVar("Q", bound="Query")


class Query(Schema):
    """The parameters that a view knows; others are ignored."""

    model_config = ConfigDict(defer_build=True, extra="ignore", populate_by_name=True)


def parse_query(schema: type[Q], query: Mapping[str, Sequence[str]]) -> Q:
    """`query` as `schema`.

    Raises ValidationFailed with every wrong parameter at once.
    """
    return parse(schema, {name: values[-1] for name, values in query.items() if values and values[-1] != ""})


def _text(value: str) -> str:
    if "\0" in value:
        raise refuse("Null characters are not allowed.")
    if len(value) > LONGEST_TEXT:
        raise refuse(f"At most {LONGEST_TEXT} characters are allowed.")
    return value.strip()


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _flag(value: str) -> bool:
    if value.lower() not in _FLAGS:
        raise refuse("This must be true or false.")
    return _FLAGS[value.lower()]


def _language(value: str) -> str:
    if len(value) > _LONGEST_LANGUAGE or not _LANGUAGE.fullmatch(value):
        raise refuse(f"{value[:_LONGEST_LANGUAGE]!r} is not a language code of le_utils, such as en or pt-BR.")
    return value.lower()


def _positive(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value[:12]) < _BIGGEST):
        raise refuse("This must be a whole number from 1 on.")
    return int(value)


def _page_size(value: str) -> int:
    return min(_positive(value), LARGEST_PAGE)


def _languages(value: str) -> list[str]:
    return [_language(word) for word in _words(value)]


Text = Annotated[str, BeforeValidator(_text)]
Words = Annotated[list[str], BeforeValidator(_words)]  # with commas
Flag = Annotated[bool, BeforeValidator(_flag)]
Language = Annotated[str, BeforeValidator(lambda value: _language(value.strip()))]  # in lower case
Languages = Annotated[list[str], BeforeValidator(_languages)]
Positive = Annotated[int, BeforeValidator(_positive)]
PageSize = Annotated[int, BeforeValidator(_page_size)]  # above the limit: the limit

"""How query parameters are checked: each is text, of which the last one given counts; an empty one is none."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field

from chalicelib.schemas.base import Schema, parse, refuse

MAX_TEXT_LENGTH = 1000  # characters
MAX_PAGE_SIZE = 1000
MAX_INTEGER = 2**63 - 1  # of SQLite's integers
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile("([+-]?)0*([0-9]+)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_MAX_LANGUAGE_LENGTH = 14  # characters: Kolibri's column

Q = TypeVar("Q", bound="Query")


class Query(Schema):
    """The parameters that a view knows; others are ignored."""


def parse_query(schema: type[Q], query: Mapping[str, Sequence[str]], even_empty: Collection[str] = ()) -> Q:
    """`query` as `schema`; the parameters `even_empty` count even where they are empty.

    Raises ValidationFailed with every wrong parameter at once.
    """
    given = last_values(query)
    return parse(schema, {name: value for name, value in given.items() if value or name in even_empty})


def last_values(query: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Of each parameter the value that counts."""
    return {name: values[-1] for name, values in query.items() if values}


def whole(value: str) -> int | None:
    """The whole number that a text writes, None where it writes none. What is beyond 64 bits is 2^63, or -2^63."""
    found = _NUMBER.fullmatch(value)
    if found is None:
        return None
    number = min(int(found[2][:20]), MAX_INTEGER + 1)
    return -number if found[1] == "-" else number


def parts(value: str) -> tuple[str, ...]:
    """What is between commas, as it is written, each once."""
    return tuple(dict.fromkeys(part for part in value.split(",") if part.strip()))


def each(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """A reader of what is between commas, blanks aside."""
    return lambda value: tuple(dict.fromkeys(read(part.strip()) for part in parts(value)))


def storable(value: str) -> str:
    """Text that databases can hold."""
    if "\0" in value:
        raise refuse("Null characters are not allowed.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise refuse("This text is not Unicode.") from error
    return value


def short(value: str) -> str:
    """Text that databases can hold, and that is not too long to be looked for."""
    if len(value) > MAX_TEXT_LENGTH:
        raise refuse(f"At most {MAX_TEXT_LENGTH} characters are allowed.")
    return storable(value).strip()


def language(value: str) -> str:
    """The code of a language, in lower case."""
    if len(value) > _MAX_LANGUAGE_LENGTH or not _LANGUAGE.fullmatch(value):
        raise refuse(f"{value[:_MAX_LANGUAGE_LENGTH]!r} is not a language code of le_utils, such as en or pt-BR.")
    return value.lower()


def _flag(value: str) -> bool:
    if value.lower() not in _FLAGS:
        raise refuse("This must be true or false.")
    return _FLAGS[value.lower()]


def _number(value: str) -> int:
    number = whole(value)
    if number is None or abs(number) > MAX_INTEGER:
        raise refuse("Enter a whole number, of at most 63 bits.")
    return number


def _positive(value: str) -> int:
    number = whole(value) if value[:1] != "+" else None
    if not number or number < 0:
        raise refuse("This must be a whole number from 1 on.")
    return min(number, MAX_INTEGER)


def _page_size(value: str) -> int:
    return min(_positive(value), MAX_PAGE_SIZE)


# How they are written: lists with commas between their parts.
_Short = Annotated[str, Field(max_length=MAX_TEXT_LENGTH)]
_Code = Annotated[str, Field(max_length=_MAX_LANGUAGE_LENGTH, pattern=f"^{_LANGUAGE.pattern}$")]
_Count = Annotated[int, Field(ge=1)]
_Number = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]

Text = Annotated[str, BeforeValidator(short, json_schema_input_type=_Short)]
Words = Annotated[tuple[str, ...], BeforeValidator(each(str), json_schema_input_type=list[str])]
Flag = Annotated[bool, BeforeValidator(_flag)]
Language = Annotated[  # in lower case
    str, BeforeValidator(lambda value: language(value.strip()), json_schema_input_type=_Code)
]
Languages = Annotated[tuple[str, ...], BeforeValidator(each(language), json_schema_input_type=list[_Code])]
Number = Annotated[int, BeforeValidator(_number, json_schema_input_type=_Number)]  # of SQLite
Positive = Annotated[  # beyond SQLite's: the largest of these
    int, BeforeValidator(_positive, json_schema_input_type=_Count)
]
PageSize = Annotated[  # above the limit: the limit
    int, BeforeValidator(_page_size, json_schema_input_type=_Count)
]

"""Validation of query parameters: the last value of each counts, and an empty value counts as missing."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field

from chalicelib.schemas import vocabularies
from chalicelib.schemas.base import Schema, parse, refuse

MAX_TEXT_LENGTH = 1000  # characters
MAX_PAGE_SIZE = 1000
MAX_INTEGER = 2**63 - 1  # SQLite's largest integer
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile("([+-]?)([0-9]+)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_MAX_LANGUAGE_LENGTH = 14  # characters, as in Kolibri's database

Q = TypeVar("Q", bound="Query")


class Query(Schema):
    """The query parameters of a view; unknown ones are ignored."""


def parse_query(schema: type[Q], query: Mapping[str, Sequence[str]], even_empty: Collection[str] = ()) -> Q:
    """Validate `query` against `schema`. Parameters in `even_empty` count even if they are empty.

    Raises ValidationFailed, which lists every invalid parameter.
    """
    given = last_values(query)
    return parse(schema, {name: value for name, value in given.items() if value or name in even_empty})


def last_values(query: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The last value of each parameter."""
    return {name: values[-1] for name, values in query.items() if values}


def filled(query: Mapping[str, Sequence[str]], names: Collection[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The filters of a form that are not empty: as `parse_query` takes them, and as they are shown, without page."""
    given = {name: value for name, value in last_values(query).items() if name in names and value.strip()}
    return {name: [value] for name, value in given.items()}, {name: given[name] for name in given if name != "page"}


def whole(value: str) -> int | None:
    """Parse a whole number; None if the text is not one. Numbers beyond 64 bits become 2^63 or -2^63."""
    found = _NUMBER.fullmatch(value)
    if found is None:
        return None
    number = min(int(found[2].lstrip("0")[:20] or "0"), MAX_INTEGER + 1)
    return -number if found[1] == "-" else number


def parts(value: str) -> tuple[str, ...]:
    """Split a text at commas; duplicates and blank parts are dropped."""
    return tuple(dict.fromkeys(part for part in value.split(",") if part.strip()))


def each(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """A parser that applies `read` to each part between commas, without surrounding white space."""
    return lambda value: tuple(dict.fromkeys(read(part.strip()) for part in parts(value)))


def storable(value: str) -> str:
    """Check that databases can store a text."""
    if "\0" in value:
        raise refuse("Null characters are not allowed.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise refuse("This text is not valid Unicode.") from error
    return value


def short(value: str) -> str:
    """Check that databases can store a text and that it is at most MAX_TEXT_LENGTH long."""
    if len(value) > MAX_TEXT_LENGTH:
        raise refuse(f"At most {MAX_TEXT_LENGTH} characters are allowed.")
    return storable(value).strip()


def language(value: str) -> str:
    """The language code in lower case, of a code or a language's name. Codes may be unknown to le-utils."""
    is_code = len(value) <= _MAX_LANGUAGE_LENGTH and _LANGUAGE.fullmatch(value)
    code = value if is_code and _is_known(value) else vocabularies.code_of("Language", value)
    if code is None and not is_code:
        raise refuse(f"{value[:60]!r} is not a language of le-utils. Send its code, such as en or pt-BR, or its name.")
    return str(code or value).lower()


def _is_known(code: str) -> bool:
    return code in vocabularies.names("Language")


def _flag(value: str) -> bool:
    if value.lower() not in _FLAGS:
        raise refuse("This must be true or false.")
    return _FLAGS[value.lower()]


def _number(value: str) -> int:
    number = whole(value)
    if number is None or abs(number) > MAX_INTEGER:
        raise refuse("Enter a whole number of at most 63 bits.")
    return number


def _positive(value: str) -> int:
    number = whole(value) if value[:1] != "+" else None
    if not number or number < 0:
        raise refuse("Enter a whole number of 1 or more.")
    return min(number, MAX_INTEGER)


def _page_size(value: str) -> int:
    return min(_positive(value), MAX_PAGE_SIZE)


# The JSON schemas of parameters; lists are separated by commas.
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
Number = Annotated[int, BeforeValidator(_number, json_schema_input_type=_Number)]  # fits into SQLite's integers
Positive = Annotated[  # larger values are capped at MAX_INTEGER
    int, BeforeValidator(_positive, json_schema_input_type=_Count)
]
PageSize = Annotated[  # larger values are capped at MAX_PAGE_SIZE
    int, BeforeValidator(_page_size, json_schema_input_type=_Count)
]

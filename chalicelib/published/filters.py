"""Which nodes a client asks for: the query parameters of the node endpoints (Kolibri's filters of content nodes)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from le_utils.constants import content_kinds, languages

from chalicelib.domain.ids import parse_id
from chalicelib.domain.labels import ids_of
from chalicelib.domain.types import LABELS
from chalicelib.errors import ValidationFailed

CONTENT = "content"  # as a kind: everything but topics
LARGEST = 2**63 - 1  # of SQLite's integers
_LONGEST_KEYWORDS = 1000  # characters
_LONGEST_LANGUAGE = 14  # characters: Kolibri's column
_SEPARATORS = re.compile(r'[?.,!";: ]+')
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_KINDS = frozenset(kind for kind, _ in content_kinds.choices)
_LANGUAGES: dict[str, str] = {language.id.lower(): language.id for language in languages.LANGUAGELIST}

Ids = tuple[str, ...]
Labels = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class NodeFilter:
    """What must be true of a node, all of it; what is None or empty was not asked for.

    Ids are 32 lowercase hex digits, languages as le_utils writes them where it knows them. Of labels, each set has
    the le_utils ids that one word means (none for an unknown word): the node bears one of them, or a label below it.
    """

    ids: Ids = ()
    channels: Ids = ()
    channel_id: str | None = None
    parent: str | None = None
    parent__isnull: bool | None = None
    descendant_of: str | None = None
    kind: str | None = None  # a le_utils kind, or CONTENT
    kind_in: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()  # casefolded; all in the title, or all in the description
    languages: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    content_id: str | None = None
    exclude_content_ids: Ids = ()
    prerequisite_for: str | None = None
    has_prerequisite: str | None = None
    contains_quiz: bool | None = None  # only True asks for anything
    include_coach_content: bool | None = None  # only False asks for anything
    grade_levels: Labels = ()
    resource_types: Labels = ()
    learning_activities: Labels = ()
    accessibility_labels: Labels = ()
    categories: Labels = ()
    learner_needs: Labels = ()
    categories__isnull: bool | None = None
    tree_id: int | None = None
    lft__gt: int | None = None
    rght__lt: int | None = None


def parse(query: Mapping[str, Sequence[str]]) -> NodeFilter:
    """The filter that query parameters make: of each name the last value counts, unknown names are ignored.

    An empty value asks for nothing, except that a list must name something. Raises ValidationFailed with every
    wrong parameter at once.
    """
    given: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, read in _READERS.items():
        values = query.get(name)
        if not values or (values[-1] == "" and name not in _LISTS):
            continue
        try:
            given[name] = read(_text(values[-1]))
        except _Refused as refused:
            wrong[name] = [str(refused)]
    if wrong:
        raise ValidationFailed(wrong)
    return NodeFilter(**given)


class _Refused(Exception):
    """A value cannot be understood; the message is for the client."""


def _text(value: str) -> str:
    if "\0" in value:
        raise _Refused("Null characters are not allowed.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _Refused("This text is not Unicode.") from error
    return value


def _id(value: str) -> str:
    plain = parse_id(value.strip())
    if plain is None:
        raise _Refused("Enter a valid UUID.")
    return plain


def _flag(value: str) -> bool:
    if value.lower() not in _FLAGS:
        raise _Refused("This must be true or false.")
    return _FLAGS[value.lower()]


def _number(value: str) -> int:
    if not _NUMBER.fullmatch(value) or abs(int(value)) > LARGEST:
        raise _Refused("Enter a whole number, of at most 63 bits.")
    return int(value)


def _kind(value: str) -> str:
    return value if value == CONTENT else _real_kind(value)


def _real_kind(value: str) -> str:
    if value not in _KINDS:
        raise _Refused(f"Select a valid choice. {value[:60]} is not one of the available choices.")
    return value


def _language(value: str) -> str:
    if len(value) > _LONGEST_LANGUAGE or not _LANGUAGE.fullmatch(value):
        raise _Refused(f"{value[:_LONGEST_LANGUAGE]} is not a language code of le-utils, such as en or pt-BR.")
    code = value.lower()
    return _LANGUAGES.get(code, code)


def _keywords(value: str) -> tuple[str, ...]:
    if len(value) > _LONGEST_KEYWORDS:
        raise _Refused(f"At most {_LONGEST_KEYWORDS} characters are allowed.")
    words = [word.casefold() for word in _SEPARATORS.split(value) if word]
    if not words:
        raise _Refused("Give at least one word.")
    return tuple(dict.fromkeys(words))


def _words(value: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word for word in value.split(",") if word))
    if not words:
        raise _Refused("Give at least one value, separated by commas.")
    return words


def _each(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    return lambda value: tuple(dict.fromkeys(read(word.strip()) for word in _words(value)))


def _labels(field: str) -> Callable[[str], Labels]:
    return lambda value: tuple(dict.fromkeys(ids_of(field, word) for word in _words(value)))


_LISTS: dict[str, Callable[[str], tuple[Any, ...]]] = {
    "ids": _each(_id),
    "channels": _each(_id),
    "kind_in": _each(_real_kind),
    "languages": _each(_language),
    "authors": _words,
    "tags": _words,
    "exclude_content_ids": _each(_id),
    **{field: _labels(field) for field in LABELS},
}
_READERS: dict[str, Callable[[str], Any]] = {
    **_LISTS,
    **dict.fromkeys(("channel_id", "parent", "descendant_of", "content_id"), _id),
    **dict.fromkeys(("prerequisite_for", "has_prerequisite"), _id),
    **dict.fromkeys(("parent__isnull", "contains_quiz", "include_coach_content", "categories__isnull"), _flag),
    **dict.fromkeys(("tree_id", "lft__gt", "rght__lt"), _number),
    "kind": _kind,
    "keywords": _keywords,
}

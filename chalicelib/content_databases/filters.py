"""Query parameters of the public node endpoints, which are Kolibri's filters of content nodes."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from le_utils.constants import content_kinds, languages
from pydantic import BeforeValidator, ConfigDict, ValidationInfo

from chalicelib.domain.ids import parse_id
from chalicelib.domain.labels import ids_of
from chalicelib.domain.types import LABELS
from chalicelib.schemas.base import PlainId, refuse
from chalicelib.schemas.constants import one_of
from chalicelib.schemas.query import Flag, Number, Query, each, language, parse_query, parts, short, storable

CONTENT = "content"  # a pseudo-kind that means everything but topics
_SEPARATORS = re.compile(r'[?.,!";: ]+')
_KINDS = frozenset(kind for kind, _ in content_kinds.choices)
_LANGUAGES: dict[str, str] = {known.id.lower(): known.id for known in languages.LANGUAGELIST}


def _id(value: str) -> str:
    plain = parse_id(value.strip())
    if plain is None:
        raise refuse("Enter a valid UUID.")
    return plain


def _kind(value: str) -> str:
    if value not in _KINDS:
        raise refuse(f"Select a valid choice. {value[:60]} is not one of the available choices.")
    return value


def _language(value: str) -> str:
    code = language(value)
    return _LANGUAGES.get(code, code)


def _keywords(value: str) -> tuple[str, ...]:
    words = [word.casefold() for word in _SEPARATORS.split(short(value)) if word]
    if not words:
        raise refuse("Enter at least one word.")
    return tuple(dict.fromkeys(words))


def _some(value: str) -> str:
    if not parts(storable(value)):
        raise refuse("Enter at least one value. Separate several by commas.")
    return value


def _labels(value: str, field: ValidationInfo) -> tuple[frozenset[str], ...]:
    return tuple(dict.fromkeys(ids_of(str(field.field_name), word) for word in parts(value)))


# BeforeValidators run from last to first.
Some = BeforeValidator(_some)
Id = Annotated[str, BeforeValidator(_id, json_schema_input_type=PlainId)]
Ids = Annotated[tuple[str, ...], BeforeValidator(each(_id), json_schema_input_type=list[PlainId]), Some]
Kind = Annotated[
    str, BeforeValidator(lambda value: value if value == CONTENT else _kind(value)), one_of({*_KINDS, CONTENT})
]
_Kinds = list[Annotated[str, one_of(_KINDS)]]
Kinds = Annotated[tuple[str, ...], BeforeValidator(each(_kind), json_schema_input_type=_Kinds), Some]
Keywords = Annotated[tuple[str, ...], BeforeValidator(_keywords, json_schema_input_type=str)]
Languages = Annotated[tuple[str, ...], BeforeValidator(each(_language), json_schema_input_type=list[str]), Some]
Names = Annotated[tuple[str, ...], BeforeValidator(parts, json_schema_input_type=list[str]), Some]
Labels = Annotated[tuple[frozenset[str], ...], BeforeValidator(_labels, json_schema_input_type=list[str]), Some]


class NodeFilter(Query):
    """Conditions that a node must meet. Fields that are None or empty set no condition.

    Ids are 32 lowercase hex digits. Languages are spelled as in le_utils if it knows them. Labels are sets of le_utils
    ids, one set per word (empty for an unknown word): a node must have one label of each set, or a descendant of one.
    """

    model_config = ConfigDict(frozen=True)

    ids: Ids = ()
    channels: Ids = ()
    channel_id: Id | None = None
    parent: Id | None = None
    parent__isnull: Flag | None = None
    descendant_of: Id | None = None
    kind: Kind | None = None  # a le_utils kind, or CONTENT
    kind_in: Kinds = ()
    keywords: Keywords = ()  # casefolded; all in the title, or all in the description
    languages: Languages = ()
    authors: Names = ()
    tags: Names = ()
    content_id: Id | None = None
    exclude_content_ids: Ids = ()
    prerequisite_for: Id | None = None
    has_prerequisite: Id | None = None
    contains_quiz: Flag | None = None  # only True sets a condition
    include_coach_content: Flag | None = None  # only False sets a condition
    grade_levels: Labels = ()
    resource_types: Labels = ()
    learning_activities: Labels = ()
    accessibility_labels: Labels = ()
    categories: Labels = ()
    learner_needs: Labels = ()
    categories__isnull: Flag | None = None
    tree_id: Number | None = None
    lft__gt: Number | None = None
    rght__lt: Number | None = None


_LISTS = {"ids", "channels", "kind_in", "languages", "authors", "tags", "exclude_content_ids", *LABELS}


def parse(query: Mapping[str, Sequence[str]]) -> NodeFilter:
    """Parse query parameters. The last value of each counts, and unknown parameters are ignored.

    An empty value sets no condition, except that lists may not be empty. Raises ValidationFailed, which lists every
    invalid parameter.
    """
    return parse_query(NodeFilter, query, even_empty=_LISTS)

"""Building blocks of response types, which describe responses for type checks and OpenAPI.

They cost nothing at run time. Every key of a TypedDict is present unless it is NotRequired, and there are no others.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Generic, Literal, TypeVar

from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)
from pydantic import Field, WithJsonSchema
from typing_extensions import TypeAliasType, TypedDict

from chalicelib.schemas.constants import FORMATS, KINDS, LICENSES, PRESETS, QUESTIONS, ROLES, one_of

T = TypeVar("T")


def labels_among(values: Iterable[str]) -> WithJsonSchema:
    """The JSON schema of a set of labels, as an object {label: true}."""
    names = {"enum": sorted(values)}
    return WithJsonSchema({"type": "object", "propertyNames": names, "additionalProperties": {"const": True}})


Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Count = Annotated[int, Field(ge=0)]
Bytes = Annotated[int, Field(ge=0, json_schema_extra={"x-unit": "bytes"})]
Seconds = Annotated[int, Field(ge=0, json_schema_extra={"x-unit": "seconds"})]
Percent = Annotated[int, Field(ge=0, le=100, json_schema_extra={"x-unit": "percent"})]
Url = Annotated[str, Field(json_schema_extra={"format": "uri-reference"})]
Object = dict[str, Any]
Success = Literal[True]

Kind = TypeAliasType("Kind", Annotated[str, one_of(KINDS)])
Preset = TypeAliasType("Preset", Annotated[str, one_of(PRESETS)])
FileFormat = TypeAliasType("FileFormat", Annotated[str, one_of(FORMATS)])
Role = TypeAliasType("Role", Annotated[str, one_of(ROLES)])
QuestionType = TypeAliasType("QuestionType", Annotated[str, one_of(QUESTIONS)])
LicenseName = TypeAliasType("LicenseName", Annotated[str, one_of(LICENSES)])
LicenseId = TypeAliasType(
    "LicenseId",
    Annotated[int, WithJsonSchema({"type": "integer", "enum": sorted(one.id for one in LICENSES.values())})],
)
Language = Annotated[str, Field(json_schema_extra={"x-choices": "Language"})]

GradeLevel = TypeAliasType("GradeLevel", Annotated[str, one_of(levels.LEVELSLIST)])
ResourceType = TypeAliasType("ResourceType", Annotated[str, one_of(resource_type.RESOURCETYPELIST)])
Activity = TypeAliasType("Activity", Annotated[str, one_of(learning_activities.LEARNINGACTIVITIESLIST)])
Accessibility = TypeAliasType(
    "Accessibility", Annotated[str, one_of(accessibility_categories.ACCESSIBILITYCATEGORIESLIST)]
)
Category = TypeAliasType("Category", Annotated[str, one_of(subjects.SUBJECTSLIST)])
Need = TypeAliasType("Need", Annotated[str, one_of(needs.NEEDSLIST)])


class Page(TypedDict, Generic[T]):
    """One page of a list, returned if `page` or `page_size` is sent."""

    page: Annotated[int, Field(ge=1)]
    count: Count
    total_pages: Annotated[int, Field(ge=1)]
    next: Url | None
    previous: Url | None
    results: list[T]


class Results(TypedDict, Generic[T]):
    """One page of a list. `more` is the query of the next page, null on the last one."""

    results: list[T]
    more: dict[str, str | int] | None


def paged(one: Any) -> Any:
    """The type of a list of `one`, or of a page of it."""
    return one and (list[one] | Page[one])


class Problem(TypedDict):
    """What went wrong and what to do about it."""

    error: str
    detail: str


Fields = dict[str, list[str] | str]  # the sentences of each invalid field; some add `error` and `detail`

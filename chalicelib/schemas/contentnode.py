"""Request bodies and query parameters of content nodes."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError, model_validator

from chalicelib.domain.ids import parse_id
from chalicelib.domain.trees.positions import bounds_of
from chalicelib.domain.types import LABELS
from chalicelib.schemas import vocabularies
from chalicelib.schemas.base import BlankText, Id, PlainId, Schema, Text, refuse
from chalicelib.schemas.channel import ThumbnailEncoding
from chalicelib.schemas.chef import Seconds
from chalicelib.schemas.constants import KINDS, Kind, Language, LicenseName, Role, one_of
from chalicelib.schemas.node_sets import (
    NONE,
    AccessibilityLabels,
    Categories,
    GradeLevels,
    LearnerNeeds,
    LearningActivities,
    ResourceTypes,
    Tags,
)
from chalicelib.schemas.query import Flag, Positive, Query, each
from chalicelib.schemas.query import Text as QueryText

MAX_PAGE_SIZE = 100
MAX_IDS = 100  # per query
MAX_EXCLUDED = 1000  # descendants left out of a copy
ORDERINGS = ("lft", "title", "modified", "kind", "published", "complete", "resource_count", "total_count", "id")
_WAYS = {*ORDERINGS, *(f"-{name}" for name in ORDERINGS)}


def _one_id(value: str) -> str:
    plain = parse_id(value)
    if plain is None:
        raise refuse("Enter a valid UUID.")
    return plain


def _ids(value: str) -> tuple[str, ...]:
    ids = each(_one_id)(value)
    if len(ids) > MAX_IDS:
        raise refuse(f"Send at most {MAX_IDS} ids.")
    return ids


def _pairs(value: str) -> tuple[tuple[str, str], ...]:
    """Parse `node_id,channel_id,node_id,channel_id…`."""
    ids = [_one_id(part.strip()) for part in value.split(",") if part.strip()]
    if len(ids) % 2 or len(ids) > 2 * MAX_IDS:
        raise refuse(f"Send pairs of node_id and channel_id, separated by commas, at most {MAX_IDS} pairs.")
    return tuple(dict.fromkeys(zip(ids[::2], ids[1::2], strict=True)))


def _kind(value: str) -> str:
    code = value if value in KINDS else vocabularies.code_of("Kind", value)
    if code is None:
        raise refuse(f"Select a valid choice: one of {', '.join(sorted(KINDS))}.")
    return str(code)


def _decimal(value: str) -> str:
    if bounds_of(value) is None:
        raise refuse("lft must be a number but an invalid value was given.")
    return value


def _ordering(value: str) -> str:
    if value.removeprefix("-") not in ORDERINGS:
        raise refuse(f"Order by one of {', '.join(ORDERINGS)}. Put - before it for descending order.")
    return value


_Ids = Annotated[list[PlainId], Field(max_length=MAX_IDS)]
_Pairs = Annotated[list[PlainId], Field(max_length=2 * MAX_IDS)]
QueryId = Annotated[str, BeforeValidator(_one_id, json_schema_input_type=PlainId)]
QueryIds = Annotated[tuple[str, ...], BeforeValidator(_ids, json_schema_input_type=_Ids)]
Decimal = Annotated[str, BeforeValidator(_decimal, json_schema_input_type=float)]
Pairs = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_pairs, json_schema_input_type=_Pairs)]


class NodeQuery(Query):
    """`GET /api/contentnode`. One of the parameters in `ONE_OF` or `ENOUGH` is required; the others filter the result.

    With none of `ONE_OF`, the list has the nodes of all channels that the caller edits, views or has bookmarked. At
    most 2,000 nodes can be ordered by another field than `lft`; then those of a topic or tree still can.
    Deleted nodes are listed to those who may restore them: by `parent`, `root_id` or `ancestors_of` with the trash or
    something in it, and with `deleted=true`.
    """

    parent: QueryId | None = None
    parent__in: QueryIds | None = None
    id__in: QueryIds | None = None
    ancestors_of: QueryId | None = None
    root_id: QueryId | None = None
    node_id_channel_id: Pairs | None = Field(default=None, alias="_node_id_channel_id___in")
    kind: Annotated[str, BeforeValidator(_kind), one_of(KINDS)] | None = None
    complete: Flag | None = None
    deleted: Flag | None = None
    ordering: Annotated[str, BeforeValidator(_ordering), one_of(_WAYS)] = "lft"
    max_results: Positive = MAX_PAGE_SIZE  # larger values are capped
    lft__gt: Decimal | None = None
    lft__lt: Decimal | None = None
    cursor: QueryText | None = None


ONE_OF = ("parent", "parent__in", "id__in", "ancestors_of", "root_id", "node_id_channel_id")
ENOUGH = ("kind", "complete", "deleted")


def _object(value: Any) -> Any:
    return {} if value is None else value


def _picture(value: Any) -> dict[str, Any]:
    if value in (None, {}):
        return {}
    try:
        picture = ThumbnailEncoding.model_validate(value).model_dump(exclude_unset=True)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise refuse(f"{'.'.join(map(str, wrong['loc'])) or 'value'}: {wrong['msg']}") from error
    return picture if picture.get("base64") else {}


Short = Annotated[BlankText, Field(max_length=200)]
Object = Annotated[dict[str, Any], BeforeValidator(_object, json_schema_input_type=dict[str, Any] | None)]
Picture = Annotated[
    dict[str, Any], PlainValidator(_picture, json_schema_input_type=ThumbnailEncoding | None)
]  # empty if there is none, as stored
_NESTED = frozenset({"extra_fields", "tags", "thumbnail_encoding", *LABELS})


def _unfolded(data: Any) -> Any:
    """Convert `{"tags.algebra": true}` to `{"tags": {"algebra": true}}`. Dots inside labels are left alone."""
    if not isinstance(data, Mapping):
        return data
    result: dict[str, Any] = {}
    for name, value in data.items():
        field, _, rest = name.partition(".")
        if not rest or field not in _NESTED:
            result[name] = value
            continue
        present = result.get(field)
        result[field] = present = dict(present) if isinstance(present, dict) else {}
        *parents, last = rest.split(".") if field == "extra_fields" else [rest]
        for parent in parents:
            present = present.setdefault(parent, {})
            if not isinstance(present, dict):
                raise refuse(f"{name}: {parent} is also set to a value. Send only one of the two.")
        present[last] = value
    return result


class NodeChange(Schema):
    """Changes of a node; missing fields are left unchanged. `parent` and `kind` may be sent but not changed."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    dotted: ClassVar[frozenset[str]] = _NESTED  # fields whose parts may be sent as `<field>.<part>`

    parent: Id | None = None
    kind: Kind | None = None
    title: Annotated[Text, Field(max_length=200)] = ""
    description: Annotated[BlankText, Field(max_length=100_000)] = ""
    language: Language | None = None
    license: LicenseName | None = None
    license_description: Annotated[Text | None, Field(max_length=400)] = None
    copyright_holder: Short = ""
    author: Short = ""
    provider: Short = ""
    aggregator: Short = ""
    role_visibility: Role = "learner"
    thumbnail_encoding: Picture = Field(default_factory=dict)
    extra_fields: Object = Field(default_factory=dict)
    suggested_duration: Seconds = None
    tags: Tags = NONE
    grade_levels: GradeLevels = NONE
    resource_types: ResourceTypes = NONE
    learning_activities: LearningActivities = NONE
    accessibility_labels: AccessibilityLabels = NONE
    categories: Categories = NONE
    learner_needs: LearnerNeeds = NONE

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, data: Any) -> Any:
        return _unfolded(data)


class NodeWrite(NodeChange):
    """A node to create. The client may choose its `id`. Missing fields get the channel's `content_defaults`."""

    id: Id | None = None
    parent: Id
    kind: Kind


Position = Literal["first-child", "last-child", "left", "right"]


class Move(Schema):
    """The destination of a move: among the children of the target, or next to it."""

    target: Id
    position: Position = "last-child"


class DeleteQuery(Query):
    """`DELETE /api/contentnode/{id}`: with `deleted=true`, a node of the trash is deleted for good."""

    deleted: Flag = False


class Restore(Schema):
    """The topic to which a node is restored from the trash; by default the one that it was deleted from."""

    target: Id | None = None


class Prerequisite(Schema):
    """The node to be learned before another."""

    prerequisite: Id


def _excluded(value: Any) -> Any:
    """Convert ids or node_ids, sent as a list or as a map {id: true or false}, to a list."""
    if isinstance(value, dict):
        return [id for id, excluded in value.items() if excluded]
    return [] if value is None else value


_Excluded = list[PlainId] | dict[PlainId, bool] | None


class Copy(Schema):
    """The destination of a copy, and the changes made to it."""

    target: Id
    position: Position = "last-child"
    mods: Annotated[NodeChange, BeforeValidator(_object, json_schema_input_type=NodeChange | None)] = Field(
        default_factory=NodeChange
    )
    excluded_descendants: Annotated[
        list[Id], Field(max_length=MAX_EXCLUDED), BeforeValidator(_excluded, json_schema_input_type=_Excluded)
    ] = Field(default_factory=list)
    key: Id | None = None

    @model_validator(mode="after")
    def _fixed(self) -> "Copy":
        if self.mods.model_fields_set & {"parent", "kind"}:
            raise refuse("mods: parent and kind cannot be changed. To place the copy, use target and position.")
        return self

"""Responses that summarize the contents of a tree."""

from typing_extensions import TypedDict

from chalicelib.schemas.responses.channel import KindCount
from chalicelib.schemas.responses.common import Bytes, Category, Count, GradeLevel, Id, Kind, LicenseName, Url


class IncludedCounts(TypedDict):
    """The number of resources for coaches and of exercises."""

    coach_content: Count
    exercises: Count


class TagCount(TypedDict):
    tag_name: str
    count: Count


class OriginalChannel(TypedDict):
    """A public channel from which resources were copied."""

    id: Id
    name: str
    thumbnail: Url | None
    count: Count


class PathwayStep(TypedDict):
    title: str
    node_id: Id
    kind_id: Kind


class SampleNode(TypedDict):
    """A resource. `thumbnail` is empty if it has none."""

    node_id: Id
    title: str
    description: str
    thumbnail: str
    kind: Kind


class TreeDetails(TypedDict):
    """A summary of a tree's contents. Languages have their native names; times are in UTC."""

    last_update: str
    created: str
    resource_count: Count
    resource_size: Bytes
    includes: IncludedCounts
    kind_count: list[KindCount]
    languages: list[str]
    accessible_languages: list[str]
    licenses: list[LicenseName]
    tags: list[TagCount]
    original_channels: list[OriginalChannel]
    sample_pathway: list[PathwayStep]
    sample_nodes: list[SampleNode]
    authors: list[str]
    aggregators: list[str]
    providers: list[str]
    copyright_holders: list[str]
    levels: list[GradeLevel]
    categories: list[Category]

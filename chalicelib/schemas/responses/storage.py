"""Responses about the caller's storage."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Bytes, Count, Id, Moment


class StorageRequest(TypedDict):
    """An open request for more storage. `bytes` are those beyond the current quota."""

    bytes: Bytes
    reason: str
    created: Moment


class KindSize(TypedDict):
    """What files of one kind take. `kind` is one of le-utils, "image" or "other", by the format of the file."""

    kind: str
    name: str
    size: Bytes


class ChannelSize(TypedDict):
    """What the files of one channel take, and what deleting it gives back: files that no other channel uses."""

    id: Id
    name: str
    size: Bytes
    freed: Bytes


class OtherChannels(TypedDict):
    """Channels that are not listed one by one."""

    count: Count
    freed: Bytes


class StorageCount(TypedDict):
    """What a user is charged for, as counted. Each file is charged once.

    `used` is the sum of `by_kind`, and also of all `freed`, `shared` (files of several channels) and `not_in_channels`
    (uploads under way). `by_channel` has the largest channels. All but `by_kind` is null for a user with millions of
    files.
    """

    counted: Moment
    used: Bytes
    by_kind: list[KindSize]
    by_channel: list[ChannelSize] | None
    other_channels: OtherChannels | None
    shared: Bytes | None
    not_in_channels: Bytes | None


class Storage(TypedDict):
    """The caller's storage. `used` and `allowed` are of this moment."""

    used: Bytes
    allowed: Bytes
    available: Bytes
    count: StorageCount | None
    counting: Annotated[bool, Field(description="Whether a newer count is on its way: ask again in some seconds.")]
    request: StorageRequest | None

"""Responses of the internal API, which ricecooker reads."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Bytes, Count, Id, Kind, Success


class AuthenticatedUser(TypedDict):
    """The user that a token belongs to."""

    success: Success
    username: str
    user_id: Id
    first_name: str
    last_name: str
    is_admin: bool


class VersionCheck(TypedDict):
    """Result of checking the ricecooker version: 0 current, 1 a newer one exists, 2 old, 3 too old to be used."""

    success: Success
    status: Annotated[int, Field(ge=0, le=3)]
    message: str


class SuccessResponse(TypedDict):
    success: Success


class NewChannel(TypedDict):
    """The channel, and the root of the chef tree that nodes are added to."""

    success: Success
    root: Id
    channel_id: Id


class AddedNodes(TypedDict):
    """The ids of the request's nodes by node_id."""

    success: Success
    root_ids: dict[str, Id]


class FinishedChannel(TypedDict):
    """`diff_task_id` is the task that compares the new tree with the old one; null if there is none."""

    success: Success
    new_channel: Id
    diff_task_id: Id | None


class PublishStarted(TypedDict):
    success: Success
    channel: Id
    task_id: Id
    detail: NotRequired[str]  # what happens to version notes while another publish runs


class ChannelStatuses(TypedDict):
    success: Success
    statuses: dict[str, Literal["active", "deleted", "staged", "unpublished"]]


class TreeNode(TypedDict):
    """A node of a tree. Topics may have `children`, exercises have `count`, and other kinds have `file_size`."""

    title: str
    kind: Kind
    node_id: Id
    studio_id: Id
    count: NotRequired[Count]
    file_size: NotRequired[Bytes | None]
    children: NotRequired["list[TreeNode]"]


class Tree(TypedDict):
    success: Success
    tree: list[TreeNode]


class StartedTree(TypedDict):
    """The task that prepares a large tree. When it has ended, the same request is redirected to the tree."""

    success: Success
    task_id: Id


class NodeTree(TypedDict):
    success: Success
    tree: list[TreeNode]
    staged: bool

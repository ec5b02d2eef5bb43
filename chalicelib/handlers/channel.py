"""Channels (specification: Resource Shapes, channel)."""

from collections.abc import Callable
from typing import Any

from chalicelib.http.resources import Listing, Resource, posts, routes_of, started
from chalicelib.http.rights import on_path
from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.identity.authentication import Identity
from chalicelib.operations.access import channel_rights
from chalicelib.operations.channels import channel_list, channel_resource, deploy
from chalicelib.operations.publishing import drafts, publish_request
from chalicelib.operations.trees import tree_diff
from chalicelib.schemas.base import Nothing, parse
from chalicelib.schemas.channel import ChannelChange, ChannelIn, ChannelQuery, DiffQuery, DraftIn, PublishIn
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.responses.channel import Channel, Diff, Exists, Languages, VersionDetail
from chalicelib.schemas.responses.task import StartedTask

# These are enough without a filter: then the list has the channels that one edits, views or has bookmarked.
ENOUGH = frozenset({"page", "page_size", "search"})

CHANNEL = Resource(
    name="channel",
    title="a channel",
    listing=Listing(
        query=ChannelQuery,
        find=channel_list.find,
        fill=channel_list.fill,
        one_of=channel_list.FILTERS | ENOUGH,
        search=("name", "description"),
        ordering=channel_list.ORDERING,
    ),
    retrieve=channel_resource.retrieve,
    create=channel_resource.create,
    update=channel_resource.update,
    delete=channel_resource.delete,
    write=ChannelIn,
    change=ChannelChange,
    read=Channel,
    editable=channel_rights.writable,
)


def _of_one(do: Callable[[Identity, str], Any], name: str = "") -> Callable[[Request], Any]:
    """A view of an operation on one channel; with `name`, its result is wrapped in an object with that field."""

    def view(request: Request) -> Any:
        answer = do(request.user, request.params["id"])
        return {name: answer} if name else answer

    return view


def publish(request: Request) -> dict[str, str]:
    sent = parse(PublishIn, request.json)
    channel_id = request.params["id"]
    requested = publish_request.request(request.user, channel_id, sent.version_notes, sent.language)
    return {"task_id": requested.task_id, **({"detail": requested.detail} if requested.detail else {})}


def publish_draft(request: Request) -> dict[str, str]:
    sent = parse(DraftIn, request.json)
    return {"task_id": publish_request.request_draft(request.user, request.params["id"], sent.use_staging_tree)}


def discard_draft(request: Request) -> Reply:
    """Its token finds nothing afterwards, and its database is deleted. Without a draft, nothing changes."""
    drafts.discard(request.user, request.params["id"])
    return Reply(status=204)


def discard_staged(request: Request) -> Reply:
    """It is removed with the storage that only it uses. Without a staged tree, nothing changes."""
    deploy.discard(request.user, request.params["id"])
    return Reply(status=204)


def diff(request: Request) -> Reply:
    answer = tree_diff.read(request.user, request.params["id"], parse_query(DiffQuery, request.query))
    return Reply(answer) if "counts" in answer else started(answer)


EDITORS = on_path(channel_rights.writable)
ONE = "/api/channel/{id}"
_TREES = (
    ("deploy", _of_one(deploy.deploy), "Deploy the staged tree"),
    ("rollback", _of_one(deploy.rollback), "Roll back to the previous live tree"),
)
_PUBLISHING = (
    ("publish", publish, PublishIn, "Publish the live tree"),
    ("publish_draft", publish_draft, DraftIn, "Publish a draft for import by token"),
)

ROUTES = (
    *routes_of(CHANNEL),
    Route(
        "POST",
        f"{ONE}/restore",
        _of_one(channel_resource.restore),
        Access.SIGNED_IN,
        "Restore a deleted channel",
        body=Nothing,
        answer=Channel,
        rights=EDITORS,
    ),
    Route(
        "GET",
        f"{ONE}/languages",
        _of_one(channel_resource.languages, "languages"),
        Access.SIGNED_IN,
        "List the languages in a channel",
        answer=Languages,
    ),
    Route(
        "GET",
        f"{ONE}/language_exists",
        _of_one(channel_resource.language_exists, "exists"),
        Access.SIGNED_IN,
        "Check whether a channel has content in its language",
        answer=Exists,
    ),
    Route(
        "GET",
        f"{ONE}/version_detail",
        _of_one(channel_resource.version_detail),
        Access.SIGNED_IN,
        "Get details of the published version",
        answer=VersionDetail,
    ),
    *posts(ONE, _TREES, body=Nothing, answer=Channel, rights=EDITORS),
    *(
        Route("POST", f"{ONE}/{name}", view, Access.SIGNED_IN, summary, body=body, answer=StartedTask, rights=EDITORS)
        for name, view, body, summary in _PUBLISHING
    ),
    Route(
        "DELETE",
        f"{ONE}/draft",
        discard_draft,
        Access.SIGNED_IN,
        "Discard the draft of a channel",
        status=204,
        rights=EDITORS,
    ),
    Route(
        "DELETE",
        f"{ONE}/staging",
        discard_staged,
        Access.SIGNED_IN,
        "Discard the staged tree",
        status=204,
        rights=EDITORS,
    ),
    Route(
        "GET",
        f"{ONE}/diff",
        diff,
        Access.SIGNED_IN,
        "Compare the staged tree with the live tree",
        query=DiffQuery,
        answer=Diff,
        also=((202, StartedTask),),
        rights=on_path(tree_diff.check_member),
    ),
)

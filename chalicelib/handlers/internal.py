"""The internal API: what ricecooker calls to create, fill and publish a channel (specification: internal API)."""

from chalicelib.domain import ricecooker_versions
from chalicelib.errors import BadRequest, ValidationFailed
from chalicelib.http.conditional import accepts_gzip
from chalicelib.http.resources import started
from chalicelib.http.rights import Rights, in_body
from chalicelib.http.router import NO_STORE, Access, Reply, Request, Route, anyone
from chalicelib.operations.access.channel_rights import editable_channel
from chalicelib.operations.channels import chef_upload
from chalicelib.operations.files import file_uploads
from chalicelib.operations.nodes import add_nodes
from chalicelib.operations.publishing import publish_request
from chalicelib.operations.trees import nested_tree
from chalicelib.schemas import multipart
from chalicelib.schemas.base import Nothing, parse
from chalicelib.schemas.chef import (
    MAX_NAMES,
    AddNodes,
    ChannelReference,
    ChannelReferences,
    CreateChannel,
    FileForm,
    FileNames,
    FinishChannel,
    PublishChannel,
    TreeReference,
    VersionIn,
)
from chalicelib.schemas.responses.internal import (
    AddedNodes,
    AuthenticatedUser,
    ChannelStatuses,
    FinishedChannel,
    NewChannel,
    NodeTree,
    PublishStarted,
    StartedTree,
    SuccessResponse,
    Tree,
    VersionCheck,
)


def authenticate_user(request: Request) -> AuthenticatedUser:
    user = request.user
    return {
        "success": True,
        "username": user.email,
        "user_id": user.user_id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_admin": user.is_admin,
    }


def check_version(request: Request) -> VersionCheck:
    body = parse(VersionIn, request.json)
    try:
        status, message = ricecooker_versions.check(body.version)
    except ValueError as error:
        raise ValidationFailed({"version": [str(error)]}) from error
    return {"success": True, "status": status, "message": message}


def file_diff(request: Request) -> list[str]:
    names = [] if request.json is None else request.json
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRequest('Send a list of file names, ["<md5>.<extension>", …].')
    if len(names) > MAX_NAMES:
        raise BadRequest(f"Send at most {MAX_NAMES} file names at once.")
    return file_uploads.missing(names)


def file_upload(request: Request) -> SuccessResponse:
    name, data = multipart.file_of(request.headers.get("content-type", ""), request.body)
    file_uploads.store_upload(request.user, name, data)
    return {"success": True}


def create_channel(request: Request) -> NewChannel:
    body = parse(CreateChannel, request.json).channel_data
    root_id = chef_upload.open_for_chef(request.user, body)
    return {"success": True, "root": root_id, "channel_id": body.id}


def add(request: Request) -> AddedNodes:
    body = parse(AddNodes, request.json)
    root_ids = add_nodes.add_nodes(request.user, body.root_id, body.content_data)
    return {"success": True, "root_ids": root_ids}


def finish_channel(request: Request) -> FinishedChannel:
    body = parse(FinishChannel, request.json)
    channel_id, task_id = chef_upload.finish(request.user, body.channel_id, stage=body.stage)
    return {"success": True, "new_channel": channel_id, "diff_task_id": task_id}


def publish_channel(request: Request) -> PublishStarted:
    body = parse(PublishChannel, request.json)
    requested = publish_request.request_for_chef(request.user, body.channel_id, body.version_notes)
    answer: PublishStarted = {"success": True, "channel": requested.channel_id, "task_id": requested.task_id}
    return {**answer, "detail": requested.detail} if requested.detail else answer


def check_user_is_editor(request: Request) -> SuccessResponse:
    editable_channel(request.user, parse(ChannelReference, request.json).channel_id)
    return {"success": True}


def get_channel_status_bulk(request: Request) -> ChannelStatuses:
    body = parse(ChannelReferences, request.json)
    return {"success": True, "statuses": chef_upload.statuses(request.user, body.channel_ids)}


def get_tree_data(request: Request) -> Reply:
    return _tree(nested_tree.below(request.user, parse(TreeReference, request.json)), request)


def get_node_tree_data(request: Request) -> Reply:
    tree, is_staged = nested_tree.level_below(request.user, parse(TreeReference, request.json))
    return _tree(tree, request, staged=is_staged)


def _tree(found: nested_tree.Found, request: Request, **fields: object) -> Reply:
    """The response with a tree, a redirect to it, or the task that stores it."""
    if isinstance(found, list):
        return Reply({"success": True, "tree": found, **fields})
    if "task_id" in found:
        return started({"success": True, **found})
    zipped = accepts_gzip(request.headers.get("accept-encoding", ""))
    location = f"/{found['zipped' if zipped else 'plain']}"
    return Reply(None, 303, {**NO_STORE, "Location": location, "Vary": "Accept-Encoding"})


BASE = "/api/internal"
OWNER = "Get the owner of the API token"

# By body: who may send it.
RIGHTS: dict[object, Rights] = {
    CreateChannel: in_body("channel_data.id", chef_upload.check_editor),
    AddNodes: in_body("root_id", add_nodes.check_editor),
    **dict.fromkeys(
        (FinishChannel, PublishChannel, ChannelReference, TreeReference), in_body("channel_id", editable_channel)
    ),
}

IN_BACKGROUND = ((202, StartedTree), (303, None))  # of a large tree

ROUTES = (
    Route(
        "GET",
        f"{BASE}/authenticate_user_internal",
        authenticate_user,
        Access.SIGNED_IN,
        OWNER,
        answer=AuthenticatedUser,
    ),
    *(
        Route(
            "POST",
            f"{BASE}/{name}",
            view,
            Access.SIGNED_IN,
            summary,
            body=body,
            answer=answer,
            rights=RIGHTS.get(body, anyone),
            also=IN_BACKGROUND if body is TreeReference else (),
        )
        for name, view, summary, body, answer in (
            ("authenticate_user_internal", authenticate_user, OWNER, Nothing, AuthenticatedUser),
            ("check_version", check_version, "Check the ricecooker version", VersionIn, VersionCheck),
            ("file_diff", file_diff, "List the files that are not stored yet", FileNames, list[str]),
            ("file_upload", file_upload, "Upload a small file (deprecated)", FileForm, SuccessResponse),
            (
                "create_channel",
                create_channel,
                "Create a channel, start its upload",
                CreateChannel,
                NewChannel,
            ),
            ("add_nodes", add, "Add nodes below a node", AddNodes, AddedNodes),
            (
                "finish_channel",
                finish_channel,
                "Finish an upload: stage or deploy it",
                FinishChannel,
                FinishedChannel,
            ),
            ("publish_channel", publish_channel, "Publish the live tree", PublishChannel, PublishStarted),
            (
                "check_user_is_editor",
                check_user_is_editor,
                "Check the right to edit a channel",
                ChannelReference,
                SuccessResponse,
            ),
            (
                "get_channel_status_bulk",
                get_channel_status_bulk,
                "Get the status of channels",
                ChannelReferences,
                ChannelStatuses,
            ),
            ("get_tree_data", get_tree_data, "Get a whole tree, nested", TreeReference, Tree),
            ("get_node_tree_data", get_node_tree_data, "Get the children of a node", TreeReference, NodeTree),
        )
    ),
)

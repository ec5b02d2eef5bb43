"""Content nodes (specification: Content Nodes API)."""

from chalicelib.errors import FilterRequired
from chalicelib.http.resources import Resource, routes_of, started
from chalicelib.http.rights import both, in_body, on_path
from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.operations.access import node_rights
from chalicelib.operations.copying import node_copies
from chalicelib.operations.nodes import node_moves, node_reads, node_writes, prerequisites, purging
from chalicelib.schemas.base import parse
from chalicelib.schemas.contentnode import (
    ENOUGH,
    ONE_OF,
    Copy,
    DeleteQuery,
    Move,
    NodeChange,
    NodeQuery,
    NodeWrite,
    Prerequisite,
    Restore,
)
from chalicelib.schemas.query import last_values, parse_query
from chalicelib.schemas.responses.common import Results
from chalicelib.schemas.responses.content import ContentNode, Requisite, TreeSize
from chalicelib.schemas.responses.task import StartedTask


def listing(request: Request) -> Results[ContentNode]:
    """Always `{"results", "more"}`; `more` is the whole query of the next page."""
    query = parse_query(NodeQuery, request.query)
    if not query.model_fields_set & {*ONE_OF, *ENOUGH}:
        names = ", ".join(name.replace("node_id_channel_id", "_node_id_channel_id___in") for name in (*ONE_OF, *ENOUGH))
        raise FilterRequired(f"No valid filter parameters supplied. Send one of: {names}.")
    page = node_reads.find(request.user, query)
    given = {name: value for name, value in last_values(request.query).items() if value}
    return {"results": page["results"], "more": page["more"] and {**given, **page["more"]}}


CONTENTNODE = Resource(
    "contentnode",
    "a content node",
    retrieve=node_reads.retrieve,
    create=node_writes.create,
    update=node_writes.update,
    write=NodeWrite,
    change=NodeChange,
    replace=NodeChange,
    read=ContentNode,
    editable=node_rights.live,
    within=("parent", node_rights.live),
)


def delete(request: Request) -> Reply:
    """It moves to the trash. With `deleted=true`, a node that is in the trash is deleted for good with all descendants:
    they cannot be restored, and storage that nothing else uses is given back within a minute."""
    is_purge = parse_query(DeleteQuery, request.query).deleted
    (purging.purge if is_purge else node_moves.trash)(request.user, request.params["id"])
    return Reply(None, 204)


def move(request: Request) -> ContentNode:
    return node_moves.move(request.user, request.params["id"], parse(Move, request.json))


def restore(request: Request) -> ContentNode:
    return node_moves.restore(request.user, request.params["id"], parse(Restore, request.json))


def copy(request: Request) -> Reply:
    answer, is_done = node_copies.request(request.user, request.params["id"], request.json)
    return Reply(answer, 201) if is_done else started(answer)


def add_prerequisite(request: Request) -> Reply:
    return Reply(prerequisites.add(request.user, request.params["id"], parse(Prerequisite, request.json)), 201)


def remove_prerequisite(request: Request) -> Reply:
    prerequisites.remove(request.user, request.params["id"], parse(Prerequisite, request.json))
    return Reply(None, 204)


IN_TARGET = in_body("target", node_rights.live)
MANY, ONE = "/api/contentnode", "/api/contentnode/{id}"

ROUTES = (
    *routes_of(CONTENTNODE),
    Route("GET", MANY, listing, Access.SIGNED_IN, "List content nodes", query=NodeQuery, answer=Results[ContentNode]),
    Route("DELETE", ONE, delete, Access.SIGNED_IN, "Delete a content node", query=DeleteQuery, status=204),
    Route(
        "GET",
        f"{ONE}/requisites",
        lambda request: node_reads.requisites(request.user, request.params["id"]),
        Access.SIGNED_IN,
        "List the prerequisites in a node's tree",
        answer=list[Requisite],
    ),
    Route(
        "GET",
        f"{ONE}/size",
        lambda request: node_reads.size(request.user, request.params["id"]),
        Access.SIGNED_IN,
        "Get the total size of the files in a node's tree",
        answer=TreeSize,
    ),
    Route(
        "POST",
        f"{ONE}/move",
        move,
        Access.SIGNED_IN,
        "Move a content node",
        body=Move,
        answer=ContentNode,
        rights=both(on_path(node_rights.editable), IN_TARGET),
    ),
    Route(
        "POST",
        f"{ONE}/restore",
        restore,
        Access.SIGNED_IN,
        "Restore a content node from the trash",
        body=Restore,
        answer=ContentNode,
        rights=both(on_path(node_rights.editable), IN_TARGET),
    ),
    Route(
        "POST",
        f"{ONE}/copy",
        copy,
        Access.SIGNED_IN,
        "Copy a content node and its descendants",
        body=Copy,
        answer=ContentNode,
        status=201,
        also=((202, StartedTask),),
        rights=both(on_path(node_rights.viewable), IN_TARGET),
    ),
    Route(
        "POST",
        f"{ONE}/prerequisites",
        add_prerequisite,
        Access.SIGNED_IN,
        "Add a prerequisite",
        body=Prerequisite,
        answer=Requisite,
        status=201,
        rights=on_path(node_rights.editable),
    ),
    Route(
        "DELETE",
        f"{ONE}/prerequisites",
        remove_prerequisite,
        Access.SIGNED_IN,
        "Remove a prerequisite",
        body=Prerequisite,
        status=204,
        rights=on_path(node_rights.editable),
    ),
)

"""The trash of a channel: what was deleted, to restore it or delete it for good."""

from collections.abc import Sequence
from typing import Any

from chalicelib.errors import BadRequest, Conflict, StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import redirect
from chalicelib.operations.access import channel_rights
from chalicelib.operations.editing import node_editor, several
from chalicelib.operations.editing.several import Outcome
from chalicelib.operations.nodes import node_reads
from chalicelib.pages.editing import paths
from chalicelib.pages.editing.showing import page
from chalicelib.schemas.contentnode import NodeQuery
from chalicelib.schemas.query import last_values, parse_query
from chalicelib.schemas.responses.content import ContentNode

Left = Sequence[tuple[str, str]]  # (title, sentence) of what was refused


def find(request: Request) -> Reply:
    """What was deleted last comes last, as in the trash."""
    return _list(request)


def change(request: Request) -> Reply:
    """Restore the selected nodes, or ask before they are deleted for good."""
    try:
        nodes = _selected(request)
        if request.form.get("do") == "delete":
            return _ask(request, nodes)
        outcome = several.restore(request.user, [node["id"] for node in nodes])
    except BadRequest as error:
        return _list(request, error)
    if outcome.refused:
        return _list(request, *_refusal(nodes, outcome))
    return redirect(paths.trash(request.params["id"]), "nodes-restored")


def purge(request: Request) -> Reply:
    """Delete the selected nodes for good."""
    nodes = _selected(request)
    outcome = several.purge(request.user, [node["id"] for node in nodes])
    if outcome.refused:
        return _list(request, *_refusal(nodes, outcome))
    return redirect(paths.trash(request.params["id"]), "deleted-for-good")


def _selected(request: Request) -> list[ContentNode]:
    ids = request.form.all("node")
    return node_editor.all_of(request.user, ids, request.params["id"], is_edited=True, is_deleted=True)


def _list(request: Request, error: StudioError | None = None, left: Left = ()) -> Reply:
    channel, _ = channel_rights.writable(request.user, request.params["id"])
    after = last_values(request.query).get("after", "")
    query = {"parent": [channel.trash_root_id], "lft__gt": [after]}
    found = node_reads.find(request.user, parse_query(NodeQuery, query))
    more = (found["more"] or {}).get("lft__gt", "")
    return page(
        request,
        "trash",
        error=error,
        left=left,
        chosen=request.form.all("node"),
        channel_id=channel.id,
        channel_name=channel.name,
        nodes=found["results"],
        more=more,
        is_continued=bool(after),
    )


def _ask(request: Request, nodes: list[ContentNode]) -> Reply:
    values: dict[str, Any] = {"channel_id": nodes[0]["channel_id"], "back": paths.trash(nodes[0]["channel_id"])}
    return page(request, "purge", nodes=nodes, below=sum(node["total_count"] for node in nodes), **values)


def _refusal(nodes: list[ContentNode], outcome: Outcome) -> tuple[StudioError, Left]:
    titles = {node["id"]: node["title"] for node in nodes}
    return Conflict(f"{outcome.done} of {len(nodes)} are done. These are not:"), [
        (titles.get(id, id), error.detail) for id, error in outcome.refused.items()
    ]

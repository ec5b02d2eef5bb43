"""Edit the fields of a node, and add a topic."""

from typing import Any

from chalicelib.domain.files import file_kinds
from chalicelib.domain.ids import new_id
from chalicelib.domain.types import CREDITS, LABELS
from chalicelib.errors import Conflict, StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import redirect
from chalicelib.operations.editing import node_editor
from chalicelib.operations.editing.node_editor import Opened
from chalicelib.operations.nodes import node_writes
from chalicelib.pages.editing import paths
from chalicelib.pages.editing.showing import page
from chalicelib.rendering import choices
from chalicelib.schemas.base import parse
from chalicelib.schemas.contentnode import NodeChange, NodeWrite
from chalicelib.schemas.forms import Form
from chalicelib.schemas.responses.content import ContentNode

_CHOSEN = ("language", "license", "license_description")  # null if nothing is chosen
_TEXTS = ("title", "description", "role_visibility", *(name for name in CREDITS if name not in _CHOSEN), *_CHOSEN)


def opened(request: Request) -> Opened:
    """The node of the path, which the user may edit."""
    return node_editor.to_edit(request.user, request.params["node"], request.params["id"])


def edit(request: Request) -> Reply:
    return _form(request, opened(request))


def save(request: Request) -> Reply:
    """Store the fields that differ from those that the form had, unless someone has changed the node since."""
    at = opened(request)
    try:
        changes = _changes(request.form, at.node)
        sent = parse(NodeChange, changes)
        if changes:
            node_writes.apply(request.user, at.node["id"], sent, seen=request.form.get("modified"))
    except StudioError as error:
        return _form(request, at, error)
    return redirect(paths.of(at), "node-saved")


def _form(request: Request, at: Opened, error: StudioError | None = None) -> Reply:
    return page(
        request,
        "edit",
        error=error,
        at=at,
        node=at.node,
        back=paths.of(at),
        is_topic=at.node["kind"] == "topic",
        licences=choices.licences(),
        languages=choices.spoken(),
        roles=choices.ROLES,
        labels=choices.labels(),
        chosen={name: _chosen(request, at.node, name) for name in LABELS},
    )


def _chosen(request: Request, node: ContentNode, name: str) -> list[str]:
    present: dict[str, Any] = node[name]  # type: ignore[literal-required]
    return request.form.all(name) if request.method == "POST" else list(present)


def _changes(form: Form, node: ContentNode) -> dict[str, Any]:
    """What a form changes, as a REST client sends it. A group of boxes of which none is ticked is sent as nothing."""
    stored: dict[str, Any] = {**node, "license": node["license_name"]}
    given: dict[str, Any] = {name: _line_ends(value) for name, value in form.filled(*_TEXTS).items()}
    given |= {name: given[name] or None for name in _CHOSEN if name in given}
    if "tags" in form.fields:
        given["tags"] = [tag for tag in (part.strip() for part in form.get("tags").split(",")) if tag]
    for name in LABELS:
        if "labels" in form.fields and set(form.all(name)) != set(stored[name]):
            given[name] = form.all(name)
    return {name: value for name, value in given.items() if name in LABELS or value != (stored[name] or type(value)())}


def _line_ends(text: str) -> str:
    """A text without the carriage returns that browsers add."""
    return text.replace("\r\n", "\n")


def add(request: Request) -> Reply:
    return add_form(request, opened(request))


def create(request: Request) -> Reply:
    """Add a topic as the last child of this one. The form has the new topic's id, so that it is added once."""
    at, given = opened(request), request.form.filled("id", "title", "description")
    try:
        sent = {**given, "parent": at.node["id"], "kind": "topic"}
        made = node_writes.create(request.user, parse(NodeWrite, sent))
    except StudioError as error:
        return add_form(request, at, error)
    return redirect(paths.node(at.channel_id, made["id"]), "topic-added")


def add_form(request: Request, at: Opened, error: StudioError | None = None) -> Reply:
    """The page to add a topic or files to this topic."""
    key = new_id() if isinstance(error, Conflict) else request.form.get("id") or new_id()
    return page(request, "add", error=error, at=at, back=paths.of(at), key=key, taken=file_kinds.MAIN)

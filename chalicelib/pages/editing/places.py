"""Move, copy and delete nodes: one, or several of a topic that were selected.

Pages of one node name it in their path, those of several have `node` in their query or form, once for each.
"""

from typing import Any
from urllib.parse import urlencode

from chalicelib.domain.ids import new_id
from chalicelib.errors import BadRequest, Conflict, StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import redirect
from chalicelib.operations.channels import channel_list
from chalicelib.operations.editing import node_editor, several
from chalicelib.operations.editing.node_editor import Opened
from chalicelib.operations.editing.several import Outcome
from chalicelib.operations.nodes import node_reads
from chalicelib.pages.editing import paths
from chalicelib.pages.editing.showing import page
from chalicelib.schemas.base import parse
from chalicelib.schemas.channel import ChannelQuery
from chalicelib.schemas.contentnode import Move, NodeQuery
from chalicelib.schemas.next_page import safe_next
from chalicelib.schemas.query import last_values, parse_query
from chalicelib.schemas.responses.content import ContentNode

PAGE_SIZE = 100  # nodes of a topic that a page shows
MAX_CHANNELS = 200  # to copy into
BESIDE = ("right", "left")  # begin a place after or before a node, as in "right:<id>"
STEPS = {"up": (True, "left"), "down": (False, "right")}  # (whether the sibling is before, the place beside it)


def several_of(request: Request) -> Reply:
    """The children of a topic, to select some of them."""
    at = node_editor.to_edit(request.user, request.params["node"], request.params["id"])
    values: dict[str, Any] = {"at": at, "back": paths.of(at), "chosen": request.query.get("node", [])}
    return page(request, "several", **values, **_children(request, at))


def selected(request: Request) -> Reply:
    """What to do with the nodes that were selected: the page of the button that was pressed."""
    view = {"copy": copy, "delete": delete}.get(last_values(request.query).get("do", ""), move)
    return view(request)


def change_selected(request: Request) -> Reply:
    change = {"copy": make_copies, "delete": trash}.get(request.form.get("do"), relocate)
    return change(request)


# ---- move ----


def move(request: Request) -> Reply:
    """Where to move nodes: a topic, found by going up and down the tree, and a place in it."""
    return _move_form(request, _nodes(request, is_edited=True))


def relocate(request: Request) -> Reply:
    """Move nodes to the chosen place, or one node a step up or down among its siblings."""
    nodes = _nodes(request, is_edited=True)
    try:
        step = STEPS.get(request.form.get("step"))
        sent = _step(request, nodes[0], step) if step else _place(request)
        outcome = several.move(request.user, [node["id"] for node in nodes], sent) if sent else Outcome(1, False, {})
    except StudioError as error:
        return _move_form(request, nodes, error)
    if outcome.refused:
        return _move_form(request, nodes, *_refusal(nodes, outcome))
    if step:
        return redirect(f"{_own(request)}move/", "nodes-ordered")
    if request.form.get("next"):  # of a script, which shows the tree
        return redirect(safe_next(request.form.get("next")), "nodes-moved")
    return redirect(paths.of(node_editor.to_edit(request.user, request.form.get("into"))), "nodes-moved")


def _step(request: Request, node: ContentNode, step: tuple[bool, str]) -> Move | None:
    """The move of a node beyond its next sibling in one direction; None if there is none."""
    is_before, position = step
    beside = node_editor.neighbour(request.user, node["id"], is_before)
    return parse(Move, {"target": beside, "position": position}) if beside else None


def _move_form(request: Request, nodes: list[ContentNode], error: StudioError | None = None, left: Any = ()) -> Reply:
    into = _into(request) or nodes[0]["parent"] or ""
    goal = node_editor.to_edit(request.user, into)
    return _browse(request, nodes, goal, error, left, "move", key="")


# ---- copy ----


def copy(request: Request) -> Reply:
    """Where to copy nodes of a channel that the user may view: to a channel that they edit, and a place in it."""
    return _copy_form(request, _nodes(request))


def make_copies(request: Request) -> Reply:
    """Copy nodes to the chosen place. The form has the ids of the copies, so that each is made once."""
    nodes, key = _nodes(request), request.form.get("key")
    try:
        ids = [node["id"] for node in nodes]
        outcome = several.copy(request.user, ids, _place(request), key)
    except StudioError as error:
        return _copy_form(request, nodes, error)
    if outcome.refused:
        return _copy_form(request, nodes, *_refusal(nodes, outcome))
    goal = node_editor.to_edit(request.user, request.form.get("into"))
    return redirect(paths.of(goal), "copy-started" if outcome.is_continued else "nodes-copied")


def _copy_form(request: Request, nodes: list[ContentNode], error: StudioError | None = None, left: Any = ()) -> Reply:
    into = _into(request)
    if not into:
        return _channels(request, nodes, error)
    goal = node_editor.to_edit(request.user, into)
    return _browse(request, nodes, goal, error, left, "copy", key=request.form.get("key") or new_id())


def _channels(request: Request, nodes: list[ContentNode], error: StudioError | None) -> Reply:
    rows = channel_list.find(request.user, parse_query(ChannelQuery, {"edit": ["true"]}))
    found = channel_list.fill(request.user, rows[:MAX_CHANNELS])
    values: dict[str, Any] = {
        "nodes": nodes,
        "channels": found,
        "more": len(rows) - len(found),
        "back": _back(request, nodes),
    }
    return page(request, "channels", error=error, **values, **_form(request, "copy"))


# ---- delete ----


def delete(request: Request) -> Reply:
    """Ask before nodes move to the trash."""
    return _delete_form(request, _nodes(request, is_edited=True))


def trash(request: Request) -> Reply:
    nodes = _nodes(request, is_edited=True)
    outcome = several.trash(request.user, [node["id"] for node in nodes])
    if outcome.refused:
        return _delete_form(request, nodes, *_refusal(nodes, outcome))
    return redirect(_topic_of(nodes[0]), "nodes-deleted")


def _delete_form(request: Request, nodes: list[ContentNode], error: StudioError | None = None, left: Any = ()) -> Reply:
    below = sum(node["total_count"] for node in nodes)
    values: dict[str, Any] = {"nodes": nodes, "below": below, "left": left, "back": _back(request, nodes)}
    return page(request, "delete", error=error, **values, **_form(request, "delete"))


# ---- what they have in common ----


def _nodes(request: Request, is_edited: bool = False) -> list[ContentNode]:
    """The nodes that the request names, all in the channel of its path. Raises NotFound for others."""
    open_one = node_editor.to_edit if is_edited else node_editor.to_view
    if "node" in request.params:
        return [open_one(request.user, request.params["node"], request.params["id"]).node]
    given = request.form.all("node") if request.method == "POST" else request.query.get("node", [])
    return node_editor.all_of(request.user, given, request.params["id"], is_edited)


def _into(request: Request) -> str:
    """The topic that the reader has come to in looking for a place."""
    return request.form.get("into") or last_values(request.query).get("into", "")


def _own(request: Request) -> str:
    return paths.node(request.params["id"], request.params["node"])


def _back(request: Request, nodes: list[ContentNode]) -> str:
    return _own(request) if "node" in request.params else _topic_of(nodes[0])


def _topic_of(node: ContentNode) -> str:
    """The page of the topic that a node is in; for the root, that of the channel."""
    is_below = node["parent"] not in (None, node["root_id"])
    return paths.node(node["channel_id"], node["parent"] or "") if is_below else paths.channel(node["channel_id"])


def _form(request: Request, do: str) -> dict[str, Any]:
    """Where the form of a page is sent, the ids that it repeats, and the query that links to the page repeat."""
    if "node" in request.params:
        return {"do": do, "action": f"{_own(request)}{do}/", "fixed": [], "query": ""}
    ids = request.form.all("node") if request.method == "POST" else request.query.get("node", [])
    pairs = [("do", do), *(("node", id) for id in ids)]
    action = f"{paths.channel(request.params['id'])}selected/"
    return {"do": do, "action": action, "fixed": ids, "query": f"{urlencode(pairs)}&"}


def _place(request: Request) -> Move:
    """The place that was chosen: at the start or end of a topic, or beside one of its children."""
    given, into = request.form.get("place") or "last-child", request.form.get("into")
    side, _, beside = given.partition(":")
    if side in BESIDE:
        return parse(Move, {"target": beside, "position": side})
    return parse(Move, {"target": into, "position": given})


def _children(request: Request, at: Opened) -> dict[str, Any]:
    after = last_values(request.query).get("after", "")
    query = {"parent": [at.node["id"]], "max_results": [str(PAGE_SIZE)], "lft__gt": [after]}
    found = node_reads.find(request.user, parse_query(NodeQuery, query))
    return {"children": found["results"], "more": (found["more"] or {}).get("lft__gt", ""), "is_continued": bool(after)}


def _browse(
    request: Request, nodes: list[ContentNode], goal: Opened, error: StudioError | None, left: Any, do: str, key: str
) -> Reply:
    if goal.node["kind"] != "topic":
        raise BadRequest("Only topics can have children. Choose a topic.")
    values: dict[str, Any] = {"nodes": nodes, "goal": goal, "left": left, "key": key, "back": _back(request, nodes)}
    values |= {"moved": {node["id"] for node in nodes}, "is_single": "node" in request.params}
    return page(request, "place", error=error, **values, **_form(request, do), **_children(request, goal))


def _refusal(nodes: list[ContentNode], outcome: Outcome) -> tuple[StudioError, list[tuple[str, str]]]:
    """The error of the whole form, and (title, sentence) of each of several nodes that was refused."""
    if len(nodes) == 1:
        return next(iter(outcome.refused.values())), []
    titles = {node["id"]: node["title"] for node in nodes}
    sentences = [(titles.get(id, id), error.detail) for id, error in outcome.refused.items()]
    return Conflict(f"{outcome.done} of {len(nodes)} are done. These are not:"), sentences

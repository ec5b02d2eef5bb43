"""Nodes of a channel: topics with their children, and contents with their files and questions."""

from typing import Any

from chalicelib.errors import NotFound
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page
from chalicelib.operations.channels import channel_resource
from chalicelib.operations.exercises import questions
from chalicelib.operations.files import node_files
from chalicelib.operations.nodes import node_reads
from chalicelib.pages import learner_view, rights
from chalicelib.schemas.contentnode import NodeQuery
from chalicelib.schemas.file_resource import FileQuery
from chalicelib.schemas.query import last_values, parse_query
from chalicelib.schemas.responses.content import ContentNode

PAGE_SIZE = 100  # nodes of a level that a page shows
QUESTIONS = 20  # questions that a page shows at most
MAX_TEXTS = 500_000  # characters of their texts after which a page ends
LABELS = (
    ("categories", "Subjects"),
    ("grade_levels", "Levels"),
    ("learning_activities", "Activities"),
    ("resource_types", "Kinds of resource"),
    ("learner_needs", "What learners need"),
    ("accessibility_labels", "Accessibility"),
)
PLAYED = ("mp4", "webm", "mp3")
THUMBNAILS = "_thumbnail"  # ends the presets of thumbnails


def show(request: Request) -> Reply:
    """A node with its place in the tree; a topic with its children, other kinds with what a learner gets."""
    channel = channel_resource.retrieve(request.user, request.params["id"])
    node = node_reads.retrieve(request.user, request.params["node"])
    if node["channel_id"] != channel["id"]:
        raise NotFound("This node is in another channel.")
    above = node_reads.find(request.user, parse_query(NodeQuery, {"ancestors_of": [node["id"]]}))["results"]
    is_topic = node["kind"] == "topic"
    content = children(request, node["id"]) if is_topic else _content(request, node)
    return page(
        request,
        "nodes/topic.html" if is_topic else "nodes/content.html",
        channel=channel,
        node=node,
        may_edit=rights.may_edit(request, channel),
        above=[one for one in above if one["parent"] and one["id"] != node["id"]],
        labels=[(title, list(node[field])) for field, title in LABELS if node[field]],  # type: ignore[literal-required]
        **content,
    )


def children(request: Request, parent_id: str) -> dict[str, Any]:
    """One page of the nodes of a level, the sizes of their files, and the query of the next page."""
    after = last_values(request.query).get("lft__gt", "")
    query = {"parent": [parent_id], "max_results": [str(PAGE_SIZE)], "lft__gt": [after]}
    found = node_reads.find(request.user, parse_query(NodeQuery, query))
    return {
        "children": found["results"],
        "sizes": _sizes(request, found["results"]),
        "more": found["more"],
        "is_continued": bool(after),
    }


def _sizes(request: Request, rows: list[ContentNode]) -> dict[str, int]:
    """The bytes of the files of each content by its id. Two reads per 100 nodes."""
    ids = [row["id"] for row in rows if row["kind"] != "topic"]
    if not ids:
        return {}
    sizes = dict.fromkeys(ids, 0)
    for file in node_files.find(request.user, parse_query(FileQuery, {"contentnode__in": [",".join(ids)]})):
        sizes[file["contentnode"] or ""] += file["file_size"]
    return sizes


def _content(request: Request, node: ContentNode) -> dict[str, Any]:
    files = node_files.find(request.user, parse_query(FileQuery, {"contentnode": [node["id"]]}))
    return {
        "files": files,
        "shown": [file for file in files if not (file["preset"] or "").endswith(THUMBNAILS)],
        "played": next((file for file in files if file["file_format"] in PLAYED), None),
        "subtitles": [file for file in files if file["file_format"] == "vtt"],
        **_questions(request, node),
    }


def _questions(request: Request, node: ContentNode) -> dict[str, Any]:
    """A page of the questions of an exercise, as a learner reads them."""
    if not node["assessment_item_count"]:
        return {"questions": [], "first": 1, "next": None}
    start = last_values(request.query).get("from", "")
    count = int(node["assessment_item_count"])
    at = max(0, min(int(start[:9]), count) - 1) if start.isdecimal() else 0
    found, total = questions.part(request.user, node["id"], at, QUESTIONS)
    shown: list[learner_view.Shown] = []
    left = MAX_TEXTS
    for question in found:
        if left < 0:
            break
        shown.append(learner_view.of(question))
        left -= learner_view.length(shown[-1])
    end = at + len(shown)
    return {"questions": shown, "first": at + 1, "next": end + 1 if end < total else None}

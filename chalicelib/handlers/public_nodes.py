"""Content nodes of public channels: lists, trees, and the data to import a node into Kolibri.

Kolibri requests `v2`, the specification defines `v1`; they differ in envelopes and in the form of file URLs.
"""

from collections.abc import Callable

from chalicelib.config import settings
from chalicelib.content_databases import cursors, filters, importing, nodes, tree
from chalicelib.content_databases.cursors import Cursor
from chalicelib.content_databases.filters import NodeFilter
from chalicelib.domain.ids import parse_id
from chalicelib.errors import BadRequest, Busy, NotFound, ValidationFailed
from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.operations.public import public_index, public_labels, public_nodes
from chalicelib.operations.public.public_index import Index
from chalicelib.operations.public.public_nodes import Page
from chalicelib.schemas.public import ImportMetadataQuery, NodePageQuery, TreePageQuery
from chalicelib.schemas.query import last_values, parse_query
from chalicelib.schemas.responses.public import ImportPage, ImportTables, NodesV1, NodesV2, PublicNode, PublicTree

PAGE_SIZE = 100  # default of v1
MAX_NODES = 20_000  # in one response
_IN_PAGES = "Send max_results, and follow `more`."


class NodeListQuery(NodeFilter, NodePageQuery):
    """Filters and page of nodes."""


class NodeTreeQuery(NodeFilter, TreePageQuery):
    """Filters and page of descendants."""


def list_v1(request: Request) -> Reply:
    """A page of nodes: `{"results", "more"}`, where `more` is null or `{"cursor"}`."""
    query = parse_query(NodePageQuery, request.query)
    index = public_index.current()
    page = _page(request, index, query, query.max_results or PAGE_SIZE, settings().public_url)
    more = {"cursor": cursors.encode(page.more)} if page.more else None
    return Reply({"more": more, "results": page.nodes}, changed=index.modified)


def list_v2(request: Request) -> Reply:
    """All nodes or, with `max_results`, a page of them, whose `more` is the query of the next page."""
    query = parse_query(NodePageQuery, request.query)
    index = public_index.current()
    page = _page(request, index, query, query.max_results or MAX_NODES, "")
    if query.max_results:
        labels = public_labels.labels(index, filters.parse(request.query))
        body = {"more": _more(request, page.more), "results": page.nodes, "labels": labels}
        return Reply(body, changed=index.modified)
    if not page.in_time:
        raise Busy(f"Finding all these nodes takes too long. {_IN_PAGES}")
    if page.more:
        raise _too_many()
    return Reply(page.nodes, changed=index.modified)


def _page(request: Request, index: Index, query: NodePageQuery, limit: int, files_url: str) -> Page:
    after = cursors.decode(query.cursor) if query.cursor else None
    return public_nodes.page(index, filters.parse(request.query), after, limit, files_url)


def _more(request: Request, place: Cursor | None) -> dict[str, str] | None:
    return {**last_values(request.query), "cursor": cursors.encode(place)} if place else None


def _too_many() -> ValidationFailed:
    return ValidationFailed({"max_results": [f"Too many nodes for one response. {_IN_PAGES}"]})


def retrieve_v1(request: Request) -> Reply:
    """One node that matches the filters. A malformed id is 400, as specified; in v2 it is 404, as recorded."""
    _node_id(request)
    return retrieve(_this_host)(request)


def retrieve(files_url: Callable[[], str]) -> Callable[[Request], Reply]:
    """A view of one node that matches the filters; `files_url` is the base URL of its files."""

    def view(request: Request) -> Reply:
        node_id = parse_id(request.params["node_id"])
        chosen = filters.parse(request.query)
        index = public_index.current()
        for source in public_nodes.holding(node_id, index, files_url()) if node_id else ():
            if node := nodes.retrieve(source, str(node_id), chosen):
                return Reply(node, changed=index.modified)
        raise _missing(request)

    return view


def retrieve_tree(files_url: Callable[[], str]) -> Callable[[Request], Reply]:
    """A view of a node with one or two levels of descendants."""

    def view(request: Request) -> Reply:
        node_id = _node_id(request)
        chosen, query = filters.parse(request.query), parse_query(TreePageQuery, request.query)
        page = tree.TreePage(min(query.depth or tree.DEEPEST, tree.DEEPEST), query.next__gt)
        own = TreePageQuery.model_fields
        given = {name: value for name, value in last_values(request.query).items() if name not in own}
        index = public_index.current()
        for source in public_nodes.holding(node_id, index, files_url()):
            if node := tree.subtree(source, node_id, page, chosen, given):
                return Reply(node, changed=index.modified)
        raise _missing(request)

    return view


def import_metadata(request: Request) -> Reply:
    """The rows of the content database for a node, its ancestors and, with `descendants`, its descendants."""
    node_id = _node_id(request)
    schema = importing.parse_schema(request.query)
    query = parse_query(ImportMetadataQuery, request.query)
    limit = query.max_results or MAX_NODES
    index = public_index.current()
    after = cursors.decode(query.cursor) if query.cursor else None
    for channel, source in public_nodes.importable(node_id, index, after):
        lft, version = (after.lft, after.version) if after else (0, channel.version)
        found = importing.import_metadata(source.database, node_id, schema, query.descendants, lft, limit)
        if found is None:
            continue
        tables, last = found
        place = None if last is None else Cursor(channel.id, version, last)
        if query.max_results:
            return Reply({"more": _more(request, place), "results": tables}, changed=index.modified)
        if place:
            raise _too_many()
        return Reply(tables, changed=index.modified)
    raise _missing(request)


def _node_id(request: Request) -> str:
    node_id = parse_id(request.params["node_id"])
    if node_id is None:
        raise BadRequest("Invalid UUID format.")
    return node_id


def _missing(request: Request) -> NotFound:
    return NotFound(f"No public node matches {request.params['node_id'][:100]}.")


def _no_host() -> str:
    return ""


def _this_host() -> str:
    return settings().public_url


V1, V2 = "/api/public/v1", "/api/public/v2"
NODES = list[PublicNode] | NodesV2
NODE = "Get a node of a public channel"
TREE = "Get a node and its descendants"
IMPORT = "Get the database rows to import a node into Kolibri"

ROUTES = tuple(
    Route("GET", path, view, Access.ANYONE, summary, query=query, answer=answer)
    for path, view, summary, query, answer in (
        (f"{V1}/contentnode", list_v1, "List nodes of public channels in pages", NodeListQuery, NodesV1),
        (f"{V1}/contentnode/{{node_id}}", retrieve_v1, NODE, NodeFilter, PublicNode),
        (f"{V1}/contentnode_tree/{{node_id}}", retrieve_tree(_this_host), TREE, NodeTreeQuery, PublicTree),
        (f"{V2}/contentnode", list_v2, "List nodes of public channels", NodeListQuery, NODES),
        (f"{V2}/contentnode/{{node_id}}", retrieve(_no_host), NODE, NodeFilter, PublicNode),
        (f"{V2}/contentnode_tree/{{node_id}}", retrieve_tree(_no_host), TREE, NodeTreeQuery, PublicTree),
        (
            f"{V2}/importmetadata/{{node_id}}",
            import_metadata,
            IMPORT,
            ImportMetadataQuery,
            ImportTables | ImportPage,
        ),
    )
)

"""Resources as data: makes the routes to list, read and change a resource from its declaration.

A resource's functions are those of `operations/`: they take the caller and plain data and know nothing of HTTP.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from chalicelib.config import settings
from chalicelib.errors import FilterRequired
from chalicelib.http import whole_lists
from chalicelib.http.pagination import page_of
from chalicelib.http.rights import in_body, on_path
from chalicelib.http.router import Access, Reply, Request, Route, anyone
from chalicelib.identity.authentication import ANONYMOUS, Identity
from chalicelib.schemas.base import Schema, parse
from chalicelib.schemas.listing import PAGE_SIZE, ListQuery
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.responses.common import paged

RETRY_SECONDS = 3  # after which a client may ask again for the result of a task
Item = Mapping[str, object]  # one of a resource: a TypedDict of schemas/responses
OneItem = TypeVar("OneItem", bound=Item)
Documented = dict[str, Any]  # the documentation of a route: arguments of Route


@dataclass(frozen=True)
class Listing:
    """How a resource is listed.

    `find` takes the caller and the parsed query and returns all matches in their default order; it must not read more
    than it returns. At least one filter of `one_of` is required. `search` are the fields that `?search=` matches,
    `ordering` those that `?ordering=` accepts. `fill` completes the items of the requested page: reads that only
    returned items need belong there.
    """

    query: type[ListQuery]
    find: Callable[[Identity, Any], Sequence[Item]]
    one_of: frozenset[str] = frozenset()
    search: tuple[str, ...] = ()
    ordering: tuple[str, ...] = ()
    fill: Callable[[Identity, list[Any]], Sequence[Item]] = lambda _, items: items
    refusals: tuple[int, ...] = ()  # statuses of errors, in addition to those of all lists


@dataclass(frozen=True)
class Resource:
    """A resource under `/api/<name>`. Methods whose function is None are refused with 405.

    `write` is the body of POST and PUT, `change` that of PATCH. An update changes only the fields that were sent
    (`model_fields_set`). `retrieve`, `create` and `update` return the resource as in lists. All raise domain errors:
    NotFound if the caller may not view the resource, Forbidden if they may only view it. `editable`, by default
    `retrieve`, and `within` raise them before a malformed body is refused.
    """

    name: str
    title: str  # in words, singular, with its article
    listing: Listing | None = None
    retrieve: Callable[[Identity, str], Item] | None = None
    create: Callable[[Identity, Any], Item] | None = None
    update: Callable[[Identity, str, Any], Item] | None = None
    delete: Callable[[Identity, str], None] | None = None
    write: type[Schema] = Schema
    change: type[Schema] = Schema
    replace: type[Schema] | None = None  # the body of PUT, by default `write`
    access: Access = Access.SIGNED_IN
    read: Any = None  # the type of an item
    editable: Callable[[Identity, str], object] | None = None  # checks that the caller may change an item
    within: tuple[str, Callable[[Identity, Any], object]] | None = None  # a field of POST, and the check of its object
    plural: str = ""  # of the title, where it is more than an appended "s"


def posts(path: str, rows: Iterable[tuple[str, Callable[[Request], Any], str]], **documented: Any) -> tuple[Route, ...]:
    """The routes `POST <path>/<name>` of signed-in users, for (name, view, summary); further arguments are Route's."""
    return tuple(
        Route("POST", f"{path}/{name}", view, Access.SIGNED_IN, summary, **documented) for name, view, summary in rows
    )


def routes_of(resource: Resource) -> tuple[Route, ...]:
    """The routes of a resource; the path of a single item ends in `{id}`."""
    many, one = f"/api/{resource.name}", f"/api/{resource.name}/{{id}}"
    views = {
        ("GET", many): resource.listing and _list_view(resource.listing),
        ("POST", many): resource.create and _create_view(resource.create, resource.write),
        ("GET", one): resource.retrieve and _retrieve_view(resource.retrieve),
        ("PUT", one): resource.update and _update_view(resource.update, resource.replace or resource.write),
        ("PATCH", one): resource.update and _update_view(resource.update, resource.change),
        ("DELETE", one): resource.delete and _delete_view(resource.delete),
    }
    described = _descriptions(resource, many)
    return tuple(
        Route(method, path, view, resource.access, **described[method, path], rights=_rights(resource, method))
        for (method, path), view in views.items()
        if view
    )


def _rights(resource: Resource, method: str) -> Callable[[Request], object]:
    check = resource.editable or resource.retrieve
    if method in ("PUT", "PATCH") and check:
        return on_path(check)
    return in_body(*resource.within) if method == "POST" and resource.within else anyone


_VERBS = {"GET": "Get", "POST": "Create", "PUT": "Replace", "PATCH": "Update", "DELETE": "Delete"}


def _descriptions(resource: Resource, many: str) -> dict[tuple[str, str], Documented]:
    """The documentation of the routes, by method and path."""
    read, one = resource.read, f"{many}/{{id}}"
    plural = resource.plural or f"{resource.title.partition(' ')[2]}s"
    names = (resource.write, resource.change, read)
    answers: dict[tuple[str, str], Documented] = {
        ("GET", many): {**_list_documentation(resource.listing), "answer": paged(read)},
        ("POST", many): {"body": resource.write, "answer": read, "status": 201, "resource": names},
        ("GET", one): {"answer": read},
        ("PUT", one): {"body": resource.replace or resource.write, "answer": read, "resource": names},
        ("PATCH", one): {"body": resource.change, "answer": read, "resource": names},
        ("DELETE", one): {"status": 204},
    }
    for (method, path), answer in answers.items():
        is_list = (method, path) == ("GET", many)
        answer["summary"] = f"List {plural}" if is_list else f"{_VERBS[method]} {resource.title}"
    return answers


def _list_documentation(listing: Listing | None) -> Documented:
    if listing is None:
        return {}
    parts = (
        ("Requires one of", tuple(sorted(listing.one_of))),
        ("`search` matches in", listing.search),
        ("`ordering` (prefix `-` for descending order) accepts", listing.ordering),
    )
    text = " ".join(f"{what}: {', '.join(f'`{name}`' for name in names)}." for what, names in parts if names)
    return {"query": listing.query, "description": text, "refusals": listing.refusals}


def _list_view(listing: Listing) -> Callable[[Request], Any]:
    def view(request: Request) -> Any:
        query = parse_query(listing.query, request.query)
        if listing.one_of and not listing.one_of & query.model_fields_set:
            names = ", ".join(sorted(listing.one_of))
            raise FilterRequired(f"No valid filter parameters supplied. Send one of: {names}.")
        items = searched(listing.find(_caller(request), query), query.search, listing.search)
        items = ordered(items, query.ordering, listing.ordering)
        if query.page is None and query.page_size is None:
            batches = (items[at : at + whole_lists.BATCH] for at in range(0, len(items), whole_lists.BATCH))
            return whole_lists.reply(([*listing.fill(_caller(request), batch)] for batch in batches), request)
        url = settings().public_url + request.path
        page = page_of(items, query.page or 1, query.page_size or PAGE_SIZE, url, request.query)
        return {**page, "results": listing.fill(_caller(request), page["results"])}

    return view


def _caller(request: Request) -> Identity:
    """The caller; ANONYMOUS with the client's address on routes that require no authentication."""
    return request.caller or replace(ANONYMOUS, address=request.address)


def searched(items: Sequence[OneItem], words: str, fields: tuple[str, ...]) -> list[OneItem]:
    """The items whose fields contain all words, ignoring case."""
    wanted = set(words.casefold().split()) if fields else set()

    def has_all(item: Item) -> bool:
        text = "\n".join(str(item.get(field) or "") for field in fields).casefold()
        return all(word in text for word in wanted)

    return [item for item in items if has_all(item)]


def ordered(items: list[OneItem], name: str, fields: tuple[str, ...]) -> list[OneItem]:
    """The items ordered by a field, descending if its name begins with "-"; unknown fields change nothing."""
    field = name.removeprefix("-")
    if field not in fields:
        return items

    def place(item: Item) -> tuple[bool, Any]:
        value = item.get(field)
        return value is not None, value.casefold() if isinstance(value, str) else value or 0

    return sorted(items, key=place, reverse=name.startswith("-"))


def _create_view(create: Callable[[Identity, Any], Item], schema: type[Schema]) -> Callable[[Request], Any]:
    return lambda request: Reply(create(request.user, parse(schema, request.json)), 201)


def _retrieve_view(retrieve: Callable[[Identity, str], Item]) -> Callable[[Request], Any]:
    return lambda request: retrieve(_caller(request), request.params["id"])


def _update_view(update: Callable[[Identity, str, Any], Item], schema: type[Schema]) -> Callable[[Request], Any]:
    return lambda request: update(request.user, request.params["id"], parse(schema, request.json))


def _delete_view(delete: Callable[[Identity, str], None]) -> Callable[[Request], Any]:
    def view(request: Request) -> Reply:
        delete(request.user, request.params["id"])
        return Reply(None, 204)

    return view


def started(answer: Mapping[str, Any]) -> Reply:
    """The response that names a task, with where its progress is and when to look."""
    return Reply(answer, 202, {"Location": f"/api/task/{answer['task_id']}", "Retry-After": str(RETRY_SECONDS)})

"""Saved searches. Users, including administrators, can access only their own."""

from chalicelib.domain.ids import new_id, parse_id
from chalicelib.domain.limits import SAVED_SEARCHES
from chalicelib.errors import Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.identity.daily_limits import counted
from chalicelib.models import saved_searches
from chalicelib.models.base import now
from chalicelib.models.saved_searches import SavedSearch
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.search import SavedSearch as SavedSearchOut
from chalicelib.schemas.search import SavedSearchChange, SavedSearchIn


def listed(user: Identity, _: ListQuery) -> list[SavedSearchOut]:
    """Return the caller's searches, newest first."""
    found = saved_searches.of_user(user.user_id)
    return [_row(search) for search in sorted(found, key=lambda search: (search.created, search.id), reverse=True)]


def one(user: Identity, search_id: str) -> SavedSearchOut:
    """Return one of the caller's searches. Raises NotFound."""
    return _row(_own(user, search_id))


def create(user: Identity, sent: SavedSearchIn) -> SavedSearchOut:
    """Save a search. Raises Conflict if the caller has one with this ID, LimitReached."""
    at = now()
    search = SavedSearch(user.user_id, sent.id or new_id(), name=sent.name, params=sent.params, created=at, modified=at)
    with counted(SAVED_SEARCHES, user.user_id):
        if not saved_searches.add(search):
            raise Conflict(f"Saved search {search.id} already exists. Send another ID, or none.")
    return _row(search)


def update(user: Identity, search_id: str, sent: SavedSearchChange | SavedSearchIn) -> SavedSearchOut:
    """Change the given fields. Raises NotFound."""
    search = _own(user, search_id)
    given = {name: getattr(sent, name) for name in sent.model_fields_set - {"id"}}
    if isinstance(sent, SavedSearchIn):
        given["params"] = sent.params
    if not saved_searches.change(search, {**given, "modified": now()}):
        raise _unknown(search_id)
    return _row(search)


def delete(user: Identity, search_id: str) -> None:
    """Delete a search. Raises NotFound."""
    plain = parse_id(search_id)
    if plain is None or not saved_searches.remove(user.user_id, plain):
        raise _unknown(search_id)


def _own(user: Identity, search_id: str) -> SavedSearch:
    plain = parse_id(search_id)
    found = saved_searches.get(user.user_id, plain) if plain else None
    if found is None:
        raise _unknown(search_id)
    return found


def _unknown(search_id: str) -> NotFound:
    return NotFound(f"Saved search not found: {search_id[:60]!r}")


def _row(search: SavedSearch) -> SavedSearchOut:
    return {
        "id": search.id,
        "name": search.name,
        "created": moment(search.created),
        "modified": moment(search.modified),
        "params": search.params,
        "saved_by": search.user_id,
    }

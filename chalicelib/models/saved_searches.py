"""Users' saved searches.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user's saved searches | `user_id` | `GET /api/search/saved-search` |
| a saved search | `user_id`, `id` | reading, changing and deleting one |
"""

from collections.abc import Mapping
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, delete_if_there, find, save_if, setting, update_if


class SavedSearch(Table):
    class Meta:
        table_name = "saved_searches"

    user_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    params = JSONAttribute(default=dict)  # of `GET /api/search`, as sent by the client
    created = UTCDateTimeAttribute()
    modified = UTCDateTimeAttribute()


def of_user(user_id: str) -> list[SavedSearch]:
    """All saved searches of a user."""
    return list(SavedSearch.query(user_id, consistent_read=True))


def get(user_id: str, search_id: str) -> SavedSearch | None:
    """One of a user's saved searches."""
    return find(SavedSearch, user_id, search_id)


def add(search: SavedSearch) -> bool:
    """Save a new search. Returns False if its user has one with this id."""
    return save_if(search, SavedSearch.id.does_not_exist())


def change(search: SavedSearch, fields: Mapping[str, Any]) -> bool:
    """Change a search. Returns False if it does not exist."""
    return update_if(search, setting(SavedSearch, fields), SavedSearch.id.exists())


def remove(user_id: str, search_id: str) -> bool:
    """Delete a search. Returns whether it existed."""
    return delete_if_there(SavedSearch(user_id, search_id))

"""Every table that may name a user: a new one must be exported and deleted with the account, or say why not."""

import pytest

from chalicelib.models.personal_data import OWN
from tests.support.source import data_model

NAMING = {
    "user_id",
    "email",
    "address",
    "owner",
    "owner_id",
    "sender_id",
    "created_by_id",
    "first_name",
    "email_address",
}
# How each is handled (`operations.accounts.export_files` and `deletion_job`).
HANDLED = {
    "account_links": "found by secret keys only, and expire within a week",
    "bookmarks": "own items",
    "changes": "own items: the user's feed; ids only in feeds of channels, which expire",
    "channel_members": "memberships are exported, and left",
    "channel_sets": "exported and deleted by an index",
    "channels": "the owner, who is replaced",
    "clipboard": "own items",
    "email_addresses": "deleted with the user",
    "file_places": "ids of uploaders of unused files, which expire",
    "invitations": "exported by indexes; deleted, or the sender's name is replaced",
    "resumable_uploads": "own items, not exported: they last for days, and their files are in `uploads`",
    "saved_searches": "own items",
    "sessions": "listed without secrets, and deleted at once",
    "storage_reports": "own items",
    "storage_requests": "exported and deleted",
    "tasks": "ids only, which expire",
    "tokens": "listed without secrets, and deleted at once",
    "uploads": "exported and deleted",
    "users": "exported, and deleted last",
}


def models():
    return [model for module in data_model.model_modules() for model in data_model.models_of(module)]


def test_tables_that_name_users_are_exported_and_deleted():
    found = {data_model.table_name(model) for model in models() if NAMING & set(model.get_attributes())}
    assert found == set(HANDLED)


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_own_items_have_the_key_of_the_user(model):
    assert "own items" in HANDLED[data_model.table_name(model)]

"""Deactivating a user by an operator's command does the same as by the administrators' API."""

import pytest

from chalicelib.errors import NotFound
from chalicelib.models import channels
from chalicelib.models.channel_members import EDIT
from chalicelib.operations.users import administration
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.worlds import storage


@pytest.fixture
def studio(aws):
    return Studio(aws)


def owner(channel_id):
    return existing(channels.get(channel_id)).owner_id


def test_shared_channels_of_a_deactivated_user_get_another_owner(studio):
    (shared, _), (own, _) = studio.make_channel(), studio.make_channel()
    other, _ = studio.sign_up("other")
    studio.share(shared, other, EDIT)
    administration.set_active("chef@example.org", False)
    storage.drain(studio)
    assert (owner(shared), owner(own)) == (other, studio.user_id)


def test_an_activated_user_stays_the_owner(studio):
    channel_id, _ = studio.make_channel()
    studio.share(channel_id, studio.sign_up("other")[0], EDIT)
    administration.set_active("chef@example.org", True)
    storage.drain(studio)
    assert owner(channel_id) == studio.user_id


@pytest.mark.parametrize("is_active", [True, False])
def test_an_unknown_user_is_reported(aws, is_active):
    with pytest.raises(NotFound, match="User not found"):
        administration.set_active("nobody@example.org", is_active)

"""All tests of the HTTP face share one cloud; those of sync a channel that somebody follows."""

import pytest

from tests.support.shared_cloud import aws, shared_cloud
from tests.support.syncing import Client

__all__ = ["aws", "shared_cloud"]


@pytest.fixture
def client(studio):
    """The client of a channel's editor."""
    return Client(studio, studio.make_channel()[0])


@pytest.fixture
def root(studio, client):
    """The root of its live tree."""
    return studio.get(f"/api/channel/{client.channel_id}").json["root_id"]

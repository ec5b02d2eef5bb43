"""All tests of the HTTP API share one cloud. Fixtures for sync: a channel and a client of it."""

from collections.abc import Iterator

import pytest

from chalicelib.config import settings
from chalicelib.operations.sync import endpoint
from tests.support import quick_passwords
from tests.support.aws import rights_check
from tests.support.aws.shared_cloud import aws, shared_cloud
from tests.support.worlds import accounts
from tests.support.worlds.syncing import Client

__all__ = ["aws", "shared_cloud"]


@pytest.fixture
def client(studio):
    """The client of a channel's editor."""
    return Client(studio, studio.make_channel()[0])


@pytest.fixture
def root(studio, client):
    """The root of its live tree."""
    return studio.get(f"/api/channel/{client.channel_id}").json["root_id"]


@pytest.fixture
def proper_passwords() -> Iterator[None]:
    """Hash passwords at the application's cost."""
    with quick_passwords.hashed_properly():
        yield


@pytest.fixture(autouse=True)
def _changes_are_for_workers_too(monkeypatch):
    """The maintenance worker needs the permissions of sync requests: it completes the changes that they leave."""
    run = endpoint._run

    def run_for_both(*arguments):
        with rights_check.judge.running("api", "maintenance"):
            run(*arguments)

    monkeypatch.setattr(endpoint, "_run", run_for_both)


@pytest.fixture
def mailing(studio, monkeypatch):
    """The application can send mail. Call it to change further settings."""

    def with_settings(**more):
        accounts.send_mail(studio, monkeypatch, **more)

    with_settings()
    yield with_settings
    monkeypatch.undo()
    settings.cache_clear()

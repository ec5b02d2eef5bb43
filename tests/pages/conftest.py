"""All tests of pages share one cloud."""

import pytest

from tests.support.aws.shared_cloud import aws, shared_cloud
from tests.support.http.client import Studio
from tests.support.http.pages import Visitor

__all__ = ["aws", "shared_cloud"]


@pytest.fixture
def visitor(studio: Studio) -> Visitor:
    """A visitor without an account."""
    return Visitor(studio)


@pytest.fixture
def user(studio: Studio) -> Visitor:
    """The signed-in first user."""
    return Visitor(studio, studio.user_id)

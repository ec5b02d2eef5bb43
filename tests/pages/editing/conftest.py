"""A channel of its own for each test."""

import pytest

from tests.support.http.client import Studio
from tests.support.worlds import editing
from tests.support.worlds.editing import World


@pytest.fixture
def world(studio: Studio) -> World:
    return editing.new(studio)

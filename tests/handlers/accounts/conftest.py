"""Fixtures of accounts."""

import pytest

from tests.support.http.client import Browser


@pytest.fixture
def browser(studio):
    return Browser(studio)

"""Fixtures of the tests of operations, which share one cloud."""

from collections.abc import Iterator

import pytest

from tests.support.aws.cloud import Cloud
from tests.support.aws.shared_cloud import aws, shared_cloud
from tests.support.worlds.publishing_world import Publishing

__all__ = ["aws", "publishing", "shared_cloud"]


@pytest.fixture
def publishing(aws: Cloud) -> Iterator[Publishing]:
    with Publishing().running() as made:
        yield made

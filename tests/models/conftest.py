"""All tests of the models share one cloud."""

from collections.abc import Iterator

import pytest

from tests.models.publishing import Publishing
from tests.support.cloud import Cloud
from tests.support.shared_cloud import aws, shared_cloud

__all__ = ["aws", "publishing", "shared_cloud"]


@pytest.fixture
def publishing(aws: Cloud) -> Iterator[Publishing]:
    with Publishing().running() as made:
        yield made

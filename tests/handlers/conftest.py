"""One cloud for all tests of the HTTP face, emptied before each: making it takes longer than most tests."""

from collections.abc import Iterator

import pytest

from tests.support.cloud import Cloud, empty_cloud


@pytest.fixture(scope="package")
def shared_cloud() -> Iterator[Cloud]:
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture
def aws(shared_cloud: Cloud) -> Cloud:
    shared_cloud.empty()
    return shared_cloud

"""One cloud for all tests of a folder, emptied before each: creating it takes longer than most tests.

The folder's conftest.py imports both fixtures.
"""

from collections.abc import Iterator

import pytest

from tests.support.aws.cloud import Cloud, empty_cloud


@pytest.fixture(scope="package")
def shared_cloud() -> Iterator[Cloud]:
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture
def aws(shared_cloud: Cloud) -> Cloud:
    shared_cloud.empty()
    return shared_cloud

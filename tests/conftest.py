"""Fixtures of all tests: the application on AWS in this process (moto), as the template describes it."""

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

PREFIX = "studio-test-"
BUCKET = "studio-test-content"

os.environ.update(
    {
        "STAGE": "test",
        "TABLE_PREFIX": PREFIX,
        "BUCKET": BUCKET,
        "PUBLIC_URL": "http://front.example.org",
        "INDEX_SECONDS": "0",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "POWERTOOLS_METRICS_NAMESPACE": "studio",
        **{
            f"{name}_QUEUE_URL": f"https://sqs.us-east-1.amazonaws.com/123456789012/{PREFIX}{name.lower()}"
            for name in ("PUBLISH", "EXPORT", "MAINTENANCE", "UPLOADS")
        },
    }
)
for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
    os.environ.pop(name, None)


hypothesis.settings.register_profile("quick", max_examples=10, deadline=None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--hypothesis-profile=quick`, tests that say how many examples they want get no more than the profile."""
    if config.getoption("--hypothesis-profile") != "quick":
        return
    for item in items:
        test = getattr(item, "obj", None)
        wanted = getattr(test, "_hypothesis_internal_use_settings", None)  # there is no other way to it
        if wanted is not None:
            few = hypothesis.settings(wanted, max_examples=min(10, wanted.max_examples))
            getattr(test, "__func__", test)._hypothesis_internal_use_settings = few


@pytest.fixture
def aws() -> Iterator[Any]:
    """Empty tables, bucket and queues, all in this process."""
    from tests.support.cloud import empty_cloud

    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture
def studio(aws: Any) -> Any:
    """The application with one user, driven as a client drives it."""
    from tests.support.client import Studio

    return Studio(aws)

"""Fixtures of all tests: the application on an in-process AWS (moto), with the template's resources."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.support import quick_part
from tests.support.hypothesis_internals import limit_examples

pytest_plugins = ("tests.support.aws.rights_check", "tests.support.faults", "tests.support.time_limits")

PREFIX = "studio-test-"
DEPLOYED = Path(__file__).with_name("deployed")
BUCKET = "studio-test-content"
DYNAMODB_URL = os.environ.get("DYNAMODB_URL", "")  # DynamoDB Local for the tables, if it is set

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
            for name in ("PUBLISH", "EXPORT", "MAINTENANCE", "UPLOADS", "ASSEMBLY", "FAILED")
        },
    }
)
for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
    os.environ.pop(name, None)
if DYNAMODB_URL:
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = DYNAMODB_URL
    os.environ["AWS_ACCESS_KEY_ID"] += os.environ.get("PYTEST_XDIST_WORKER", "")  # each process has its own tables


hypothesis.settings.register_profile("quick", max_examples=10, deadline=None)
hypothesis.settings.register_profile("unhurried", deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="skip what tests/support/quick_part.py lists, use few examples"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--quick"):
        hypothesis.settings.load_profile("quick")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip `tests/deployed` unless requested: it deploys the application first (`make test-deployed`)."""
    requested = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    if collection_path == DEPLOYED and not any(path.is_relative_to(DEPLOYED) for path in requested):
        return True
    if config.getoption("--quick") and collection_path in quick_part.modules():
        return True
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--quick`, tests that set their number of examples get no more than its profile."""
    if not config.getoption("--quick"):
        return
    skipped = quick_part.tests()
    items[:] = [item for item in items if (item.path, getattr(item, "originalname", "")) not in skipped]
    for item in items:
        limit_examples(getattr(item, "obj", None), 10)


def pytest_collection_finish() -> None:
    """Collect garbage less often, and not among imported modules: that took a tenth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture
def aws() -> Iterator[Any]:
    """Empty tables, bucket and queues in this process."""
    from tests.support.aws.cloud import empty_cloud

    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture
def studio(aws: Any) -> Any:
    """The application with one user, called as a client does."""
    from tests.support.http.client import Studio

    return Studio(aws)

"""AWS in this process: moto's, with what the template describes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.session import get_session
from moto import mock_aws

from chalicelib import queues, storage
from chalicelib.models import base
from infra import resources
from tests.conftest import BUCKET, PREFIX


@dataclass
class Cloud:
    """The clients of one empty cloud."""

    dynamodb: Any
    s3: Any
    sqs: Any
    queue_urls: dict[str, str]


@contextmanager
def empty_cloud() -> Iterator[Cloud]:
    """Tables, bucket and queues, gone afterwards; the application's clients are made anew within."""
    with mock_aws():
        for cached in (base.connection, storage.client, queues.client):
            cached.cache_clear()
        session = get_session()
        dynamodb, s3, sqs = (session.create_client(name) for name in ("dynamodb", "s3", "sqs"))
        resources.create_tables(dynamodb, PREFIX)
        s3.create_bucket(Bucket=BUCKET)
        yield Cloud(dynamodb, s3, sqs, resources.create_queues(sqs, PREFIX))

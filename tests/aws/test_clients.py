"""Clients of boto3, made at their first use."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from chalicelib.aws import clients
from tests.support.source.code import ROOT


def test_boto3_is_not_loaded_before_the_first_client():
    """It takes a tenth of the time that the application's own start may take (docs/decisions/0023-boto3.md)."""
    code = "import sys, app; print([name for name in ('boto3', 's3transfer') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_threads_may_make_clients_at_the_same_time(aws):
    clients.session.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(clients.make, ["s3", "sqs", "sesv2", "s3"]))
    assert [client.meta.service_model.service_name for client in made] == ["s3", "sqs", "sesv2", "s3"]
    assert clients.session.cache_info().misses == 1

"""AWS for the local stack: starts ministack, creates the template's resources, and makes the app's environment."""

import contextlib
import http.client
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import botocore.session

from infra import resources
from infra.local.checks import HOST, StackError, listen
from infra.local.children import Child

ROOT = Path(__file__).resolve().parents[3]
PYTHON = Path(os.environ.get("MINISTACK_PYTHON", ROOT / ".venv-ministack/bin/python"))
PREFIX = "studio-local-"
HEALTH = "/_ministack/health"
SENDER = "studio@example.org"  # of mails, which stay here: see edge/mailbox.py
STARTS_WITHIN = 30.0  # seconds
_IDENTITY = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": resources.LOCAL_REGION,
    "AWS_REGION": resources.LOCAL_REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": HOST,
    "no_proxy": HOST,
}


@contextmanager
def serve(
    data_dir: Path, lock: TextIO | None = None, more: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Child]]:
    """Run ministack on a free port with its data in `data_dir`/aws; yields its URL and its process.

    `more` are settings of ministack that extend or replace the usual ones. ministack shares the `lock` of the data
    directory: if this process is killed, the next one has to wait until everything is saved.
    """
    if not PYTHON.exists():
        raise StackError("ministack is missing: `make run` or `make test` installs it.")
    listener = listen(0)
    endpoint = f"http://{HOST}:{listener.getsockname()[1]}"
    folder = (data_dir / "aws").resolve()
    for name in ("s3", "state"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    settings = {
        "SERVICES": "dynamodb,s3,ses,sqs,cloudformation",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
    if more:  # the port is part of queue URLs, by which persisted queues are found: not for persistent stacks
        settings |= {"GATEWAY_PORT": str(listener.getsockname()[1]), **more}
    command = [str(PYTHON), "-m", "infra.local.aws.server"]
    child = Child("ministack", command, _base() | settings, ROOT, data_dir, listener, lock)
    try:
        wait_until_healthy(endpoint + HEALTH, child)
        yield endpoint, child
    finally:
        child.stop()


def _base() -> dict[str, str]:
    """This process's environment without its own AWS settings, and with the local ones."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return others | _IDENTITY


def wait_until_healthy(url: str, child: Child) -> None:
    """Wait for a response below 500 to a GET. The socket listens already, so requests wait in its backlog."""
    parts = urlsplit(url)
    deadline = time.monotonic() + STARTS_WITHIN
    while child.running and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(HOST, parts.port or 80, timeout=STARTS_WITHIN)
        try:
            connection.request("GET", parts.path)
            if connection.getresponse().status < 500:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    raise StackError(f"{child.name} did not start: see {child.log}.")


def client(service: str, endpoint: str) -> Any:
    """A botocore client for ministack."""
    return botocore.session.get_session().create_client(
        service,
        endpoint_url=endpoint,
        region_name=resources.LOCAL_REGION,
        aws_access_key_id=_IDENTITY["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=_IDENTITY["AWS_SECRET_ACCESS_KEY"],
    )


def prepare(endpoint: str) -> dict[str, str]:
    """Create or update tables, bucket, queues and the sender of mails; returns the queues' URLs by name.

    Raises StackError if data on disk has other keys than the template.
    """
    try:
        resources.create_tables(client("dynamodb", endpoint), PREFIX)
    except resources.KeysDiffer as table:
        raise StackError(f"The keys of table {table} have changed: remove DATA_DIR to start with no data.") from None
    ses = client("sesv2", endpoint)
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=SENDER)
    queues = resources.create_queues(client("sqs", endpoint), PREFIX)
    s3 = client("s3", endpoint)
    resources.create_bucket(s3, PREFIX)
    resources.notify_queues(s3, PREFIX)
    return queues


def operator(endpoint: str) -> dict[str, str]:
    """The environment of a process with all permissions, like an operator of a real account."""
    return _base() | {"AWS_ENDPOINT_URL": endpoint}


def environment(endpoint: str, queues: Mapping[str, str], public_url: str) -> dict[str, str]:
    """All environment variables of a process that runs the app or calls its code."""
    return _base() | {
        "STAGE": "local",
        "TABLE_PREFIX": PREFIX,
        "BUCKET": resources.bucket_name(PREFIX),
        **{f"{name.upper()}_QUEUE_URL": queues[name] for name in resources.QUEUES},
        "PUBLIC_URL": public_url,
        "AWS_ENDPOINT_URL": endpoint,
        "POWERTOOLS_LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
    }

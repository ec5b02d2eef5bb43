"""The account and region to deploy to, with the credentials that botocore finds."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploying.problems import DeployError, explain

STAGES = Path(__file__).parents[1] / "stages.json"
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 6}, connect_timeout=10, read_timeout=60)


@dataclass
class Account:
    """Clients for one region."""

    region: str
    session: Any = field(default_factory=botocore.session.get_session)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """The client of a service, created once."""
        if service not in self._clients:
            self._clients[service] = self.session.create_client(service, region_name=self.region, config=_CONFIG)
        return self._clients[service]

    @cached_property
    def id(self) -> str:
        """The account's number."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, …"""
        return str(self.session.get_partition_for_region(self.region))

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn errors of botocore into DeployError with a sentence."""
        try:
            yield
        except ClientError as error:
            raise DeployError(explain(error, self._service_of(error.operation_name))) from error
        except BotoCoreError as error:
            raise DeployError(explain(error)) from error

    def _service_of(self, operation: str) -> str:
        """The service that has an operation, by its name in policies."""
        models = [client.meta.service_model for client in self._clients.values()]
        return next((str(model.signing_name) for model in models if operation in model.operation_names), "")


def at(region: str) -> Account:
    """The account of the current credentials. An empty region means that of the AWS settings.

    Raises DeployError.
    """
    session = botocore.session.get_session()
    try:
        found = region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        known = {name for part in session.get_available_partitions() for name in _regions(session, part)}
    except BotoCoreError as error:
        raise DeployError(explain(error)) from error
    if not found:
        raise DeployError("REGION is required: REGION=eu-central-1, or any other AWS region.")
    if found not in known:
        raise DeployError(f"There is no AWS region {found!r}: set one such as REGION=eu-central-1.")
    return Account(found, session)


def _regions(session: Any, partition: str) -> list[str]:
    names: list[str] = session.get_available_regions("cloudformation", partition)
    return names


def parameters_of(stage: str) -> dict[str, str]:
    """The template parameters of a stage.

    Raises DeployError if there is no such stage.
    """
    stages: dict[str, dict[str, str]] = json.loads(STAGES.read_text())
    if stage not in stages:
        problem = f"There is no stage {stage!r}" if stage else "STAGE is required"
        raise DeployError(f"{problem}: set STAGE to one of {', '.join(stages)}.")
    return stages[stage]


def stack_name(parameters: dict[str, str]) -> str:
    """The name of a stage's stack: `studio-prod`."""
    return parameters["Prefix"].rstrip("-")

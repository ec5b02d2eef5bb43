"""Pauses and resumes everything that writes to a stage's tables: the API by a reserved concurrency of zero, the
functions of queues by their triggers. Messages wait in their queues meanwhile.

CloudFormation sees neither, so a deploy reverts them only if it changes that function or trigger.
"""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from infra.deploying.account import Account
from infra.deploying.problems import DeployError, code_of
from infra.resources import QUEUES

POLL = 2.0  # seconds
STATES = {True: "Enabled", False: "Disabled"}


def pause(account: Account, prefix: str) -> None:
    """Stop the API and the triggers, and wait for them; running calls continue. Idempotent.

    Raises DeployError if the stage is not deployed.
    """
    functions = account.client("lambda")
    _set_api(account, prefix, lambda name: functions.put_function_concurrency(**name, ReservedConcurrentExecutions=0))
    _set_triggers(functions, prefix, False)


def resume(account: Account, prefix: str) -> None:
    """Start triggers and API again, and wait for them. Idempotent.

    Raises DeployError if the stage is not deployed.
    """
    functions = account.client("lambda")
    _set_api(account, prefix, lambda name: functions.delete_function_concurrency(**name))
    _set_triggers(functions, prefix, True)


def _set_api(account: Account, prefix: str, work: Callable[[dict[str, str]], Any]) -> None:
    """Call `work` with the name of the API's function."""
    try:
        work({"FunctionName": f"{prefix}api"})
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        raise DeployError(f"{prefix}api is not deployed in {account.region}: run make deploy first.") from error


def _set_triggers(functions: Any, prefix: str, is_on: bool) -> None:
    """Switch all triggers, and wait until each has the state. A trigger cannot be changed while it is changing."""
    while True:
        states = {each["UUID"]: each["State"] for each in _triggers(functions, prefix)}
        others = [uuid for uuid, state in states.items() if state != STATES[is_on]]
        if not others:
            return
        for uuid in others:
            if states[uuid] in STATES.values():
                _switch(functions, uuid, is_on)
        time.sleep(POLL)


def _triggers(functions: Any, prefix: str) -> list[Any]:
    pages = functions.get_paginator("list_event_source_mappings")
    return [
        each
        for queue in QUEUES
        for page in pages.paginate(FunctionName=f"{prefix}{queue}")
        for each in page["EventSourceMappings"]
    ]


def _switch(functions: Any, uuid: str, is_on: bool) -> None:
    try:
        functions.update_event_source_mapping(UUID=uuid, Enabled=is_on)
    except ClientError as error:
        if code_of(error) != "ResourceInUseException":
            raise

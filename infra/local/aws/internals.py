"""All uses of ministack's internals: the only place where its private names are called or replaced.

ministack has no settings for what is done here. Each function says why it is needed and links what upstream has on it,
or says what to report at https://github.com/ministackorg/ministack/issues. INTERNALS lists the private names as version
1.5.33 has them. `python -m infra.local.aws.internals` prints those that an update has changed; a test runs it.

Runs in ministack's virtual environment. Lambda and API Gateway are imported only where they are served.
"""

import asyncio
import copy
import importlib
import inspect
import json
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ministack.app
from ministack.core import concurrency, persistence
from ministack.services import ses, sqs

VERSION = "1.5.33"  # of ministack, as in requirements-ministack.txt
MAX_BATCHES = 2  # of a queue, concurrently
LOG_WAITS = (0.01, 0.005, 0.25)  # seconds: for a first line, for another one, in all
GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
BINARY_TYPES = "x-amazon-apigateway-binary-media-types"
SOURCE = "DeadLetterQueueSourceArn"
# Neither PYTHONPATH nor any site-packages.
_ISOLATED_PYTHON = '#!/bin/sh\nexec "{python}" -I -S "$@"\n'

application = ministack.app.app
is_persistent: bool = persistence.PERSIST_STATE


@dataclass(frozen=True)
class Internal:
    """A name of ministack that we depend on: its parameters or type, and a fragment that its source must contain."""

    module: str
    name: str
    shape: str
    fragment: str = ""

    def problem(self) -> str | None:
        """What differs in the installed version, None if nothing does."""
        try:
            value = importlib.import_module(f"ministack.{self.module}")
            for part in self.name.split("."):
                value = getattr(value, part)
        except (ImportError, AttributeError):
            return f"{self} is missing"
        if _shape(value) != self.shape:
            return f"{self} is {_shape(value)}, not {self.shape}"
        if self.fragment and self.fragment not in inspect.getsource(value):
            return f"{self} no longer contains {self.fragment!r}"
        return None

    def __str__(self) -> str:
        return f"ministack.{self.module}.{self.name}"


INTERNALS = (
    Internal("app", "_build_persistence_save_dict", "()"),
    Internal("core.persistence", "json", "module json"),
    Internal("core.persistence", "save_state", "(service, data)", "json.dump("),
    Internal("core.persistence", "save_all", "(services)", "get_state()"),
    Internal("core.concurrency", "esm_wake", "Event"),
    Internal("services.sqs", "asyncio", "module asyncio"),
    Internal("services.sqs", "_act_receive_message", "(data, qurl)", "await asyncio.sleep("),
    Internal("services.sqs", "_act_send_message", "(data, qurl)", "esm_wake.set()"),
    Internal("services.sqs", "_Err", "(code, message, status)"),
    Internal("services.sqs", "_HANDLERS", "dict"),
    Internal("services.sqs", "_queue_by_arn", "(arn)"),
    Internal("services.sqs", "_queues", "AccountRegionScopedDict"),
    Internal("services.sqs", "_queues.all_items", "()"),
    Internal("services.sqs", "_queues_lock", "lock"),
    Internal("services.sqs", "get_state", "()", "copy.deepcopy(_queues)"),
    Internal("services.sqs", "load_persisted_state", "(data)"),
    Internal("services.ses", "_sent_emails", "AccountRegionScopedDict"),
    Internal("services.ses", "_restore_regional_store", "(store, restored)"),
    Internal("services.ses", "get_state", "()", "copy.deepcopy("),
    Internal("services.ses", "load_persisted_state", "(data)"),
    Internal("core.lambda_runtime", "_detect_runtime_binary", "(runtime)", "sys.executable"),
    Internal("core.lambda_runtime", "Worker._drain_stderr_bounded", "(self, first_line_wait, idle_confirm, hard_cap)"),
    Internal("services.lambda_svc", "_sqs_esm_concurrency", "(esm, func_rec, config, queue)"),
    Internal("services.lambda_svc", "_run_sqs_batch", "(esm, func_rec, event, batch, queue_url, queue_name)"),
    Internal("services.apigateway_v1", "_import_rest_api", "(spec, base_data)"),
    Internal("services.apigateway_v1", "_put_gateway_response", "(api_id, response_type, data)"),
)


def changed() -> list[str]:
    """What an update of ministack has changed of what we depend on, as sentences."""
    advice = f"Adapt infra/local/aws/internals.py to it, or pin ministack {VERSION} again."
    return [f"{problem}. {advice}" for problem in (internal.problem() for internal in INTERNALS) if problem]


def _shape(value: Any) -> str:
    if inspect.ismodule(value):
        return f"module {value.__name__}"
    if callable(value):
        return f"({', '.join(inspect.signature(value).parameters)})"
    return type(value).__name__


# ---- saving ----
# ministack writes its state only when it stops in order, which loses everything if the process or the machine dies:
# https://github.com/ministackorg/ministack/pull/1032 describes it and was closed without being merged.


def save_state() -> None:
    """Write tables and queues to disk, as ministack does when it stops."""
    persistence.save_all(ministack.app._build_persistence_save_dict())


def use_c_encoder() -> None:
    """Encode state with json.dumps: json.dump streams by a pure Python encoder, many times slower.

    To report: `persistence.save_state` should write `json.dumps(…)`.
    """

    def dump(value: Any, file: Any, default: Any) -> None:
        file.write(json.dumps(value, default=default))

    persistence.json = SimpleNamespace(dump=dump, load=json.load, JSONDecodeError=json.JSONDecodeError)


def save_without_copies() -> None:
    """Let `get_state` return state instead of deep copies of it, where this process will not change it any more.

    To report: a way to save without copying at shutdown, when nothing is served any more.
    """

    def same(value: Any, memo: Any = None) -> Any:
        return value

    copy.deepcopy = same  # type: ignore[assignment]


# ---- queues ----


def release_messages() -> None:
    """Make messages visible when they are loaded that were received before the stop: their receivers are gone.

    To report: a restart keeps messages invisible for the rest of their timeout, though no receiver can have survived.
    """
    load = sqs.load_persisted_state

    def load_visible(data: dict[str, Any]) -> None:
        load(data)
        for _, queue in sqs._queues.all_items():
            for message in queue["messages"]:
                if message["receive_count"]:
                    message["visible_at"] = min(message["visible_at"], time.time())

    sqs.load_persisted_state = load_visible


def keep_mails() -> None:
    """Save the mails that were sent, too.

    To report: ministack saves the identities of SES, but forgets its mails when it stops.
    """
    get, load = ses.get_state, ses.load_persisted_state

    def get_with_mails() -> dict[str, Any]:
        return {**get(), "_sent_emails": copy.deepcopy(ses._sent_emails)}

    def load_with_mails(data: dict[str, Any]) -> None:
        load(data)
        ses._restore_regional_store(ses._sent_emails, data.get("_sent_emails", {}))

    ses.get_state, ses.load_persisted_state = get_with_mails, load_with_mails


def replace_poll_sleep(sleep: Callable[[float], Awaitable[None]]) -> None:
    """Let long polls wait by `sleep` between two looks at the queue; ministack looks every 100 ms.

    To report: long polls should wait for `esm_wake`, as event source mappings do.
    """
    sqs.asyncio = SimpleNamespace(sleep=sleep, iscoroutine=asyncio.iscoroutine)


def on_new_message(wake: Callable[[], object]) -> None:
    """Call `wake`, from whichever thread, when a message is sent; see `replace_poll_sleep`."""
    event = concurrency.esm_wake

    def set_and_wake() -> None:
        type(event).set(event)
        wake()

    event.set = set_and_wake


def service_unavailable() -> Exception:
    """The error of SQS that a long poll is answered with while the server stops."""
    error: Exception = sqs._Err("ServiceUnavailable", "The server is stopping.", 503)
    return error


# ---- functions ----


def isolate_functions(folder: Path) -> None:
    """Give a function's process the standard library and its zip, nothing else; `folder` gets the command for it.

    ministack runs functions by its own Python, in which a package that is missing from the zip could be found after
    all. (AWS has boto3 there; the app brings its own botocore.) To report: a setting for the Python of functions.
    The processes end by themselves with ministack, whose pipes they read.
    """
    from ministack.core import lambda_runtime

    command = folder / "function-python"
    command.write_text(_ISOLATED_PYTHON.format(python=sys.executable))
    command.chmod(0o755)
    detect = lambda_runtime._detect_runtime_binary

    def isolated(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (os.fspath(command) if binary == sys.executable else binary), script

    lambda_runtime._detect_runtime_binary = isolated


def limit_batches() -> None:
    """Process few batches of a queue concurrently, whatever the template allows: each takes a process of this machine.

    To report: a setting for the largest number of processes of a function.
    """
    from ministack.services import lambda_svc

    concurrency_of = lambda_svc._sqs_esm_concurrency

    def limited(*arguments: Any, **named: Any) -> int:
        return min(MAX_BATCHES, int(concurrency_of(*arguments, **named)))

    lambda_svc._sqs_esm_concurrency = limited


def name_sources() -> None:
    """Name the queue that a dead letter comes from in the events of functions, as AWS does.

    To report: ReceiveMessage returns `DeadLetterQueueSourceArn`, but events of functions lack it.
    """
    from ministack.services import lambda_svc

    run = lambda_svc._run_sqs_batch

    def named(esm: Any, function: Any, event: dict[str, Any], batch: list[dict[str, Any]], *queue: str) -> None:
        sources = {message["id"]: message["sys"].get(SOURCE) for message in batch}
        for record in event["Records"]:
            if source := sources[record["messageId"]]:
                record["attributes"][SOURCE] = source
        run(esm, function, event, batch, *queue)

    lambda_svc._run_sqs_batch = named


def shorten_log_waits() -> None:
    """Do not let an answer wait 50 ms for a function's first line of log.

    To report: a setting for it; AWS sends the log apart from the answer.
    """
    from ministack.core import lambda_runtime

    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = LOG_WAITS


def import_gateway_responses() -> None:
    """Take gateway responses and binary types from the OpenAPI body that CloudFormation imports.

    ministack knows AWS::ApiGateway::GatewayResponse (https://github.com/ministackorg/ministack/issues/1124). To
    report: it ignores the same in a body, `x-amazon-apigateway-gateway-responses`.
    """
    from ministack.services import apigateway_v1

    import_api = apigateway_v1._import_rest_api

    def imported(document: dict[str, Any], data: dict[str, Any]) -> str:
        api: str = import_api(document, data | {"binaryMediaTypes": document.get(BINARY_TYPES, [])})
        for kind, response in document.get(GATEWAY_RESPONSES, {}).items():
            apigateway_v1._put_gateway_response(api, kind, response)
        return api

    apigateway_v1._import_rest_api = imported


def main() -> int:
    """Print the changes; returns 0 if there are none."""
    logging.disable()
    problems = changed()
    print("\n".join(problems))
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())

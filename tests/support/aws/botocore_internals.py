"""All uses of botocore's internals by the tests.

botocore has events for calls, but none that can answer, refuse or repeat a whole call with its retries: `before-call`
is emitted after parameters are serialized, and its response skips later events. `Stubber` is for one client whose calls
are known in advance. So `BaseClient._make_api_call` is replaced, as in
https://docs.getmoto.org/en/latest/docs/services/patching_other_services.html; to be reported at
https://github.com/boto/botocore/issues as "an event around a whole call". Signing a URL makes no call:
`BaseClient._emit_api_params` is the only step that it shares with calls. Handlers for future clients are added to
`botocore.handlers.BUILTIN_HANDLERS`, as moto does. The user agent, which is built for every call, cannot be disabled.

`tests/test_library_internals.py` fails when an update changes any of this.
"""

from collections.abc import Callable
from typing import Any

from botocore.client import BaseClient
from botocore.handlers import BUILTIN_HANDLERS
from botocore.useragent import UserAgentString

Call = Callable[[BaseClient, str, dict[str, Any]], Any]

_client: Any = BaseClient  # its type stubs leave out the private methods


def current_call() -> Call:
    """The function that all clients currently use for their calls."""
    call: Call = _client._make_api_call
    return call


def replace_call(call: Call) -> None:
    """Let all clients of this process use this function for their calls."""
    _client._make_api_call = call


def before_signing(check: Callable[[BaseClient, str, dict[str, Any]], None]) -> None:
    """Call `check(client, operation, arguments)` before every URL that is signed from now on."""
    emit = _client._emit_api_params

    def checked(client: BaseClient, api_params: dict[str, Any], operation_model: Any, context: dict[str, Any]) -> Any:
        if context.get("is_presign_request"):
            check(client, operation_model.name, api_params)
        return emit(client, api_params, operation_model, context)

    _client._emit_api_params = checked


def handle(event: str, handler: Callable[..., Any]) -> None:
    """Register an event handler with all clients that are created from now on."""
    BUILTIN_HANDLERS.append((event, handler))


def skip_user_agent() -> None:
    """Use "tests" as the user agent, instead of describing the platform for every call."""
    agent: Any = UserAgentString
    agent.to_string = lambda _: "tests"

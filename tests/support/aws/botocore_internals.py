"""Every reach of the tests into botocore's internals.

botocore has events for calls, but none that stands before everything and may answer, refuse or repeat a call as a
whole, with its retries: `before-call` comes after parameters are serialized, and its answer skips the events behind it.
`Stubber` is for one client whose calls are known in advance. So `BaseClient._make_api_call` is replaced, as also
https://docs.getmoto.org/en/latest/docs/services/patching_other_services.html does; to be reported at
https://github.com/boto/botocore/issues as "an event around a whole call". URLs that are signed make no call:
`BaseClient._emit_api_params` is the one step that they share with calls. Handlers for clients that do not exist yet go
into `botocore.handlers.BUILTIN_HANDLERS`, as moto's do. The text of the user agent, which is put together for every
call, has no setting that leaves it out.

`tests/test_library_internals.py` fails where an update changes any of this.
"""

from collections.abc import Callable
from typing import Any

from botocore.client import BaseClient
from botocore.handlers import BUILTIN_HANDLERS
from botocore.useragent import UserAgentString

Call = Callable[[BaseClient, str, dict[str, Any]], Any]

_client: Any = BaseClient  # its type stubs leave out the private methods


def current_call() -> Call:
    """The function by which all clients make their calls now."""
    call: Call = _client._make_api_call
    return call


def replace_call(call: Call) -> None:
    """Let all clients of this process make their calls by this function."""
    _client._make_api_call = call


def before_signing(check: Callable[[BaseClient, str, dict[str, Any]], None]) -> None:
    """Let `check` of (client, operation, arguments) come before every URL that is signed from now on."""
    emit = _client._emit_api_params

    def checked(client: BaseClient, api_params: dict[str, Any], operation_model: Any, context: dict[str, Any]) -> Any:
        if context.get("is_presign_request"):
            check(client, operation_model.name, api_params)
        return emit(client, api_params, operation_model, context)

    _client._emit_api_params = checked


def handle(event: str, handler: Callable[..., Any]) -> None:
    """Register a handler of an event with all clients that are made from now on."""
    BUILTIN_HANDLERS.append((event, handler))


def skip_user_agent() -> None:
    """Let clients call themselves "tests"; what they run on is looked up for every call otherwise."""
    agent: Any = UserAgentString
    agent.to_string = lambda _: "tests"

"""Statistics of the content of a channel or below a node (recorded: get_channel_details, get_node_details)."""

from collections.abc import Callable

from chalicelib.http.resources import started
from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.identity.authentication import Identity
from chalicelib.operations.channels import tree_details
from chalicelib.schemas.responses.details import TreeDetails
from chalicelib.schemas.responses.task import StartedTask


def _view(details: Callable[[Identity, str], TreeDetails | StartedTask]) -> Callable[[Request], Reply]:
    def view(request: Request) -> Reply:
        answer = details(request.user, request.params["id"])
        return started(answer) if "task_id" in answer else Reply(answer)

    return view


ROUTES = tuple(
    Route("GET", path, _view(details), Access.SIGNED_IN, summary, answer=TreeDetails, also=((202, StartedTask),))
    for path, details, summary in (
        ("/api/get_channel_details/{id}", tree_details.of_channel, "Get details of the content of a channel"),
        ("/api/get_node_details/{id}", tree_details.of_node, "Get details of the content below a node"),
    )
)

"""Actions that are confirmed on a page of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.errors import NotFound, StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.identity.authentication import Identity
from chalicelib.schemas.base import Schema, parse

T = TypeVar("T", bound=Schema)


@dataclass(frozen=True)
class Action:
    """What an administrator may do with one user or channel, on the page `<path of it>/<key of the action>`."""

    title: str
    consequence: str
    run: Callable[[Identity, str], object]
    message: str  # a key of `rendering.messages`
    is_harmless: bool = False
    shown: Mapping[str, str] = field(default_factory=dict)  # what the question shows, sent back with the confirmation


@dataclass(frozen=True)
class Subject:
    """What a confirmation is about."""

    name: str
    path: str


def setting(
    update: Callable[[Identity, str, T], object], schema: type[T], **fields: bool
) -> Callable[[Identity, str], object]:
    """What an action runs that only sets fields."""
    changes = parse(schema, fields)
    return lambda caller, subject_id: update(caller, subject_id, changes)


def ask(request: Request, actions: Mapping[str, Action], subject: Subject, error: StudioError | None = None) -> Reply:
    """The page that asks before an action. Raises NotFound for an unknown one."""
    return page(request, "admin/confirm.html", error=error, action=_action(request, actions), subject=subject)


def do(request: Request, actions: Mapping[str, Action], subject: Subject) -> Reply:
    """Run an action and lead back to its subject; what the operation refuses is shown where it was confirmed."""
    action = _action(request, actions)
    try:
        action.run(request.user, request.params["id"])
    except StudioError as error:
        return ask(request, actions, subject, error)
    return redirect(subject.path, action.message)


def _action(request: Request, actions: Mapping[str, Action]) -> Action:
    found = actions.get(request.params["action"])
    if found is None:
        raise NotFound("There is nothing at this path.")
    return found

"""What can go wrong, as named facts; `rest.STATUS` alone knows their HTTP status.

StudioError
├── BadRequest           the request cannot be understood as a whole
│   └── ValidationFailed some of its fields are wrong; `fields` says which and why
├── NotSignedIn          no credentials, or bad ones
├── Forbidden            known, but without the right
├── NotFound             there is no such thing, or one may not even know of it
├── MethodNotAllowed     the path is there, the method is not
├── Conflict             the state of things forbids it now: a lost race, a taken name
│   └── TakenOver        a later request has what this one had begun to make
├── QuotaExceeded        no storage left for the user
├── FilterRequired       this list is too long to be given whole: a filter must be named
└── Busy                 someone else holds what is needed; try again later
    └── TooManyTries     too many wrong passwords; nobody may try another one for a while
"""

from collections.abc import Mapping


class StudioError(Exception):
    """A fact with a sentence for the caller that says what to do."""

    title = "Error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadRequest(StudioError):
    title = "Bad request"


class ValidationFailed(BadRequest):
    """`fields` maps each wrong field (dotted path for nested ones) to its sentences."""

    title = "Validation error"

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in fields.items()))
        self.fields = dict(fields)


class NotSignedIn(StudioError):
    title = "Not signed in"


class Forbidden(StudioError):
    title = "Forbidden"


class NotFound(StudioError):
    title = "Not found"


class MethodNotAllowed(StudioError):
    title = "Method not allowed"


class Conflict(StudioError):
    title = "Conflict"


class TakenOver(Conflict):
    title = "Superseded"


class QuotaExceeded(StudioError):
    title = "Not enough storage"


class FilterRequired(StudioError):
    title = "No valid filter parameters supplied"


class Busy(StudioError):
    """`retry_after` is in seconds."""

    title = "Busy"

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyTries(Busy):
    title = "Too many attempts"

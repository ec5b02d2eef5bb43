"""Domain errors, without HTTP: `http.router.STATUS` maps them to statuses.

StudioError
├── BadRequest           the request as a whole is malformed
│   └── ValidationFailed some fields are invalid; `fields` maps them to messages
├── NotSignedIn          credentials are missing or invalid
├── Forbidden            the caller lacks a permission
├── NotFound             it does not exist, or the caller may not view it
├── MethodNotAllowed     the path does not support the method
├── Conflict             it conflicts with the current state: a lost race, a taken name
│   └── Superseded       a later request has taken over the work of this one
├── QuotaExceeded        the user has not enough storage
├── FilterRequired       the list is too long without a filter
├── LimitReached         the user has created as much as is allowed in a day
└── Busy                 temporarily unavailable; try again later
    └── TooManyAttempts  too many wrong passwords or unknown tokens; blocked for a while
"""

from collections.abc import Mapping

NO_PERMISSION = "You do not have permission to perform this action."
CSRF_FAILED = "CSRF Failed:"


class StudioError(Exception):
    """An error with a message for the caller: what is wrong, then what to do."""

    title = "Error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadRequest(StudioError):
    title = "Bad request"


class ValidationFailed(BadRequest):
    """`fields` maps each invalid field (a dotted path if nested) to its messages."""

    title = "Validation error"

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in fields.items()))
        self.fields = dict(fields)


class NotSignedIn(StudioError):
    title = "Not signed in"


class Forbidden(StudioError):
    """The message begins with the specification's sentence, except for CSRF failures, which have their own."""

    title = "Forbidden"

    def __init__(self, advice: str) -> None:
        super().__init__(advice if advice.startswith(CSRF_FAILED) else f"{NO_PERMISSION} {advice}")


class NotFound(StudioError):
    title = "Not found"


class MethodNotAllowed(StudioError):
    title = "Method not allowed"


class Conflict(StudioError):
    title = "Conflict"


class Superseded(Conflict):
    title = "Superseded"


class QuotaExceeded(StudioError):
    title = "Not enough storage"


class FilterRequired(StudioError):
    title = "No valid filter parameters supplied"


class LimitReached(StudioError):
    """`retry_after` is in seconds. Not Busy: a worker that applies a change must refuse it, not try again."""

    title = "Limit reached"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Busy(StudioError):
    """`retry_after` is in seconds."""

    title = "Busy"

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyAttempts(Busy):
    title = "Too many attempts"

"""The errors that the stack knows."""


class Conflict(Exception):
    """The email is taken."""


class ValidationFailed(Exception):
    """Something sent is wrong."""

"""What pages say after a form has succeeded, by a key that the redirect has in its query."""

MESSAGES = {
    "channel-created": "The channel was created.",
    "signed-out": "You have signed out.",
}


def of(key: str) -> str:
    """The message of a key, empty for any other text."""
    return MESSAGES.get(key, "")

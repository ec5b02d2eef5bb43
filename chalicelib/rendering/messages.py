"""What pages say after a form has succeeded, by a key that the redirect has in its query."""

MESSAGES = {
    "channel-saved": "The changes of the channel are saved.",
    "copy-started": "The copy is being made in the background, since it is large. It appears here when it is done.",
    "deleted-for-good": "Deleted for good. Storage that nothing else uses is given back within a minute.",
    "node-saved": "The changes are saved.",
    "nodes-copied": "Copied.",
    "nodes-deleted": "Moved to the trash, from which you can restore it.",
    "nodes-moved": "Moved.",
    "nodes-ordered": "The order is changed.",
    "nodes-restored": "Restored to where it was.",
    "topic-added": "The topic is added.",
    "channel-created": "The channel was created.",
    "signed-out": "You have signed out.",
}


def of(key: str) -> str:
    """The message of a key, empty for any other text."""
    return MESSAGES.get(key, "")

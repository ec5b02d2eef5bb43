"""What pages say after a form has succeeded, by a key that the redirect has in its query."""

MESSAGES = {
    "channel-created": "The channel was created.",
    "administrator-made": "The user is an administrator now.",
    "administrator-removed": "The user is not an administrator any more.",
    "channel-deleted": "The channel is deleted. It can be restored.",
    "channel-private": "The channel is private. Public lists follow within minutes.",
    "channel-public": "The channel is public. Lists show it within minutes, or with its first publish.",
    "channel-restored": "The channel is restored.",
    "channel-saved": "The changes of the channel are saved.",
    "copy-started": "The copy is being made in the background, since it is large. It appears here when it is done.",
    "deleted-for-good": "Deleted for good. Storage that nothing else uses is given back within a minute.",
    "invited": "The invitation was sent.",
    "file-added": "The file is added. What it still needs is below.",
    "file-removed": "The file is removed.",
    "file-saved": "The file is saved.",
    "thumbnail-saved": "The thumbnail is saved.",
    "node-saved": "The changes are saved.",
    "nodes-copied": "Copied.",
    "nodes-deleted": "Moved to the trash, from which you can restore it.",
    "nodes-moved": "Moved.",
    "nodes-ordered": "The order is changed.",
    "nodes-restored": "Restored to where it was.",
    "deployed": "The staged tree is live now. Publish it, so that Kolibri gets it.",
    "discarded": "The staged tree was discarded.",
    "password-changed": "Your password was changed. Your other sessions have ended.",
    "password-chosen": "Your password was saved. Sign in with it.",
    "publish-follows": "A publish is running; another one follows it with these version notes.",
    "registered": "Welcome. Your address is confirmed, and you are signed in.",
    "profile-saved": "Your names are saved.",
    "session-ended": "The session has ended.",
    "sessions-ended": "Your other sessions have ended.",
    "signed-out": "You have signed out.",
    "storage-requested": "Your request was sent. An administrator decides about it.",
    "storage-withdrawn": "Your request was withdrawn.",
    "token-revoked": "The token was revoked.",
    "topic-added": "The topic is added.",
    "user-sessions-ended": "All sessions of the user have ended.",
    "user-tokens-revoked": "All API tokens of the user are revoked.",
    "user-activated": "The user is active.",
    "user-deactivated": "The user is deactivated.",
    "user-saved": "Quota and limits are saved.",
}


def of(key: str) -> str:
    """The message of a key, empty for any other text."""
    return MESSAGES.get(key, "")

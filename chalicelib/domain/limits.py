"""Limits per day on what users create, as data. Days are those of UTC.

An operator raises them for all users by the setting `DailyLimits`, and for one user by `limits` of
`PATCH /api/admin-users/<id>`. They never concern uploads and publishing: `upload_url`, `add_nodes`, `finish_channel`,
`publish_channel`, and `create_channel` for a channel that exists.
"""

from dataclasses import dataclass

DAY = 24 * 3600  # seconds


@dataclass(frozen=True)
class Limit:
    """A limit per day. `name` is stored and deployed: it is the key of counters, settings and users' own limits."""

    name: str
    default: int
    refusal: str  # what has been reached, with {allowed}


CHANNELS = Limit("channels", 1000, "You have created {allowed} channels today, the limit for a day.")
ACCOUNT_REQUESTS = Limit(  # from one network, which a school may share
    "account_requests", 200, "Your network has requested {allowed} accounts and passwords today, the limit for a day."
)
ACCOUNT_MAILS = Limit(  # to one address from one network, so that a stranger cannot use up all of MAILS
    "account_mails", 5, "You have requested {allowed} mails to this address today, the limit for a day."
)
EXPORTS = Limit("exports", 5, "You have requested {allowed} exports of your data today, the limit for a day.")
INVITATIONS = Limit("invitations", 100, "You have sent {allowed} invitations today, the limit for a day.")
MAILS = Limit("mails", 20, "This address has received {allowed} mails today, the limit for a day.")
SAVED_SEARCHES = Limit("saved_searches", 1000, "You have saved {allowed} searches today, the limit for a day.")
STORAGE_REQUESTS = Limit(
    "storage_requests", 5, "You have requested more storage {allowed} times today, the limit for a day."
)
TOKENS = Limit("tokens", 50, "You have created {allowed} API tokens today, the limit for a day.")
OF_STRANGERS = (ACCOUNT_MAILS, ACCOUNT_REQUESTS)  # not of users, who may have more of the others
_ALL = (*OF_STRANGERS, CHANNELS, EXPORTS, INVITATIONS, MAILS, SAVED_SEARCHES, STORAGE_REQUESTS, TOKENS)
LIMITS = {limit.name: limit for limit in _ALL}

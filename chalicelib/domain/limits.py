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
INVITATIONS = Limit("invitations", 100, "You have sent {allowed} invitations today, the limit for a day.")
MAILS = Limit("mails", 20, "This address has received {allowed} mails today, the limit for a day.")
SAVED_SEARCHES = Limit("saved_searches", 1000, "You have saved {allowed} searches today, the limit for a day.")
TOKENS = Limit("tokens", 50, "You have created {allowed} API tokens today, the limit for a day.")
LIMITS = {limit.name: limit for limit in (CHANNELS, INVITATIONS, MAILS, SAVED_SEARCHES, TOKENS)}

"""Channels: metadata, the roots of their trees, the published version and the state of a running publish.

| access pattern | key condition | used by |
| --- | --- | --- |
| a channel by id | `id` | everything |
| all channels, for administrators | index `all-index`: `all_key` = "channel" | `GET /api/admin-channels` |
| channels by id | index `all-index`: `all_key` = "channel", `id` beyond another | recount of storage, retention |
| channels that are being deleted for good | index `all-index`: `all_key` = "purging" | `models.channel_purges` |
| ids of public channels | index `public-index`: `public_key` = "public" | rebuilding the public index |

The index of all channels has only attributes that rarely change, because all its writes go to one partition.
`rev` counts changes of the channel and its live tree; everything is published if `published_rev` equals it, except for
incomplete nodes and those in `left_out` (see `domain.freezing.left_out`).
`publish_*` is the lock of a running publish: `publish_task_id` names it, `publish_stage` says which worker has it,
`publish_worker`, `publish_lease` and `publish_attempts` hold the lease of that worker (`PUBLISH_LEASE`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.models import emission, tasks
from chalicelib.models.base import (
    Condition,
    Table,
    Transaction,
    find,
    now,
    read_many,
    read_raw,
    setting,
    transact,
    unchanged,
)
from chalicelib.models.emission import Emission
from chalicelib.models.lazy import to_read
from chalicelib.models.leases import LeaseAttributes

Status = Literal["active", "deleted", "staged", "unpublished"]
PUBLIC = "public"
ALL = "channel"
# Attributes by which administrators search for channels.
LISTED = ["name", "public", "deleted", "primary_token", "version", "language", "ricecooker_version"]


class PublicIndex(GlobalSecondaryIndex["Channel"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "public-index"
        projection = KeysOnlyProjection()

    public_key = UnicodeAttribute(hash_key=True)


class AllIndex(GlobalSecondaryIndex["Channel"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "all-index"
        projection = IncludeProjection(LISTED)

    all_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class Channel(Table):
    class Meta:
        table_name = "channels"

    id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    tagline = UnicodeAttribute(default="")
    language = UnicodeAttribute(null=True)
    thumbnail = UnicodeAttribute(null=True)  # "<md5>.<extension>"
    thumbnail_encoding = JSONAttribute(default=dict)
    source_id = UnicodeAttribute(null=True)
    source_domain = UnicodeAttribute(null=True)
    source_url = UnicodeAttribute(null=True)
    demo_server_url = UnicodeAttribute(null=True)
    ricecooker_version = UnicodeAttribute(null=True)
    extra_fields = JSONAttribute(default=dict)
    content_defaults = JSONAttribute(default=dict)  # default metadata of new nodes
    countries = JSONAttribute(default=list)  # codes of ISO 3166 that the channel is relevant to
    created = UTCDateTimeAttribute()
    modified = UTCDateTimeAttribute()
    deleted = BooleanAttribute(default=False)
    deleted_at = UTCDateTimeAttribute(null=True)  # when it was deleted last; missing in channels of earlier versions
    owner_id = UnicodeAttribute(null=True)  # the user who is charged for its files; missing until a first recount
    freed = NumberAttribute(default=0)  # counts removals of references, and publishes, see `models.file_references`

    root_id = UnicodeAttribute()  # the live tree
    trash_root_id = UnicodeAttribute()
    chef_root_id = UnicodeAttribute(null=True)  # the tree that a chef is uploading
    staging_root_id = UnicodeAttribute(null=True)  # uploaded, waiting to be deployed
    previous_root_id = UnicodeAttribute(null=True)  # the live tree before the last deploy
    rev = NumberAttribute(default=1)
    root_rev = NumberAttribute(default=0)  # value of `rev` when the live tree was deployed

    public = BooleanAttribute(default=False)
    public_key = UnicodeAttribute(null=True)
    public_changed = UTCDateTimeAttribute(null=True)  # when it last became public or private
    priority = NumberAttribute(default=0)  # the catalog is sorted by descending priority, then by name
    version = NumberAttribute(default=0)
    published_rev = NumberAttribute(default=0)
    left_out: "JSONAttribute" = JSONAttribute(null=True)  # ids of complete nodes that the last publish left out
    published_digest = UnicodeAttribute(null=True)
    settled: "JSONAttribute" = JSONAttribute(null=True)  # see `operations.publishing.settled`
    published: "JSONAttribute" = JSONAttribute(null=True)  # public record, see export.public_record
    last_published = UTCDateTimeAttribute(null=True)
    kept_from = NumberAttribute(default=1)  # no version below has a database, see `operations.retention.old_versions`
    version_notes = JSONAttribute(default=dict)  # {"1": notes}
    next_version_notes = UnicodeAttribute(null=True)  # of a publish that made no version, for the next one that does
    primary_token = UnicodeAttribute(null=True)
    draft_token = UnicodeAttribute(null=True)  # finds the newest draft since the last publish

    publish_task_id = UnicodeAttribute(null=True)
    publish_name = UnicodeAttribute(null=True)  # the name of that task: a publish or a draft
    publish_stage = UnicodeAttribute(null=True)
    publish_worker = UnicodeAttribute(null=True)  # the holder of the lease
    publish_lease = NumberAttribute(null=True)  # Unix time in microseconds
    publish_attempts = NumberAttribute(null=True)  # workers of the stage that were killed
    publish_again = JSONAttribute(null=True)  # pending requests, see `operations.publishing.pending_requests`

    editors_count = NumberAttribute(default=0)  # see models.channel_members
    viewers_count = NumberAttribute(default=0)
    all_key = UnicodeAttribute(default=ALL)

    public_index = PublicIndex()
    all_index = AllIndex()


PUBLISH_LEASE = LeaseAttributes(
    Channel.publish_worker, Channel.publish_lease, per_second=1_000_000, attempts=Channel.publish_attempts
)


def get(channel_id: str) -> Channel | None:
    """A channel by id."""
    return find(Channel, channel_id)


def get_many(channel_ids: list[str]) -> list[Channel]:
    """The channels with these ids that exist, in the given order."""
    found = {channel.id: channel for channel in read_many({Channel: list(channel_ids)})[Channel]}
    return [found[channel_id] for channel_id in channel_ids if channel_id in found]


def existing(channel_ids: list[str]) -> set[str]:
    """Those of these ids that channels have."""
    return {raw["id"]["S"] for raw in read_raw({Channel: list(channel_ids)}, {Channel: ("id",)})[Channel]}


def everything() -> list[Channel]:
    """All channels by id, with the attributes of their index only, which may lag by a second."""
    return list(Channel.all_index.query(ALL))


def next_id(after: str) -> str | None:
    """The id of the first channel after this id, by the same index."""
    place = AllIndex.id > after if after else None
    return next((str(channel.id) for channel in Channel.all_index.query(ALL, place, limit=1)), None)


def get_many_to_read(channel_ids: list[str]) -> list[Channel]:
    """The channels with these ids that exist, as read-only items in any order, for long lists."""
    return to_read(Channel, read_raw({Channel: list(channel_ids)})[Channel])


def public_ids() -> list[str]:
    """The ids of all public channels, from an index that may lag by a second."""
    return [channel.id for channel in Channel.public_index.query(PUBLIC)]


def change(channel: Channel, fields: Mapping[str, Any], emissions: Sequence[Emission] = ()) -> bool | None:
    """Change a channel regardless of other changes, and emit that in the same transaction.

    Returns False if it does not exist, and None if a feed was changed meanwhile, after which callers retry.
    """
    actions = [*setting(Channel, fields), Channel.modified.set(now())]
    return _write(channel, actions, Channel.id.exists(), emissions)


def set_public(
    channel: Channel, public: bool, fields: Mapping[str, Any], emissions: Sequence[Emission] = ()
) -> bool | None:
    """Make a channel public or private and change its `fields` in one transaction, or none if nothing changes.

    Returns False if `public` or `deleted` was changed since the channel was read, and None as `change` does.
    """
    actions = setting(Channel, fields)
    if actions:
        actions.append(Channel.modified.set(now()))
    if bool(channel.public) != public:
        key = Channel.public_key.set(PUBLIC) if public else Channel.public_key.remove()
        actions += [Channel.public.set(public), key, Channel.public_changed.set(now())]
    as_read = (Channel.public == bool(channel.public)) & (Channel.deleted == bool(channel.deleted))
    return _write(channel, actions, as_read, emissions) if actions else True


def _write(channel: Channel, actions: list[Any], condition: Condition, emissions: Sequence[Emission]) -> bool | None:
    def fill(transaction: Transaction) -> None:
        transaction.update(Channel(channel.id), actions, condition=condition)
        emission.emit(transaction, emissions)

    codes = transact(fill)
    if not codes:
        return True
    of_channel = codes[-1 - len(emissions)]  # before those of the counters
    return False if of_channel == "ConditionalCheckFailed" else None


def as_counted(channel: Channel) -> Condition:
    """The condition that a channel exists, and that nothing changed it or removed references to its files since it was
    read."""
    as_read = unchanged(Channel.rev, channel.rev) & unchanged(Channel.freed, channel.freed)
    condition: Condition = Channel.id.exists() & as_read  # `unchanged` also holds for an item that does not exist
    return condition


def is_live(channel: Channel) -> bool:
    """Whether the channel is published and not deleted."""
    return bool(channel.version) and not channel.deleted and channel.published is not None


def is_publishing(channel: Channel) -> bool:
    """Whether a publish is running, not counting drafts."""
    return bool(channel.publish_task_id) and channel.publish_name != tasks.DRAFT


def status(channel: Channel) -> Status:
    """The status for get_channel_status_bulk: deleted, staged, unpublished or active."""
    if channel.deleted:
        return "deleted"
    if channel.staging_root_id:
        return "staged"
    return "active" if channel.rev == channel.published_rev else "unpublished"


def tree_names(channel: Channel) -> dict[str, str | None]:
    """The ids of the roots by the tree names of get_tree_data."""
    return {
        "main": channel.root_id,
        "chef": channel.chef_root_id,
        "staging": channel.staging_root_id,
        "previous": channel.previous_root_id,
        "trash": channel.trash_root_id,
    }

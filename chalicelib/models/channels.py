"""Channels: what a curator edits, where its trees are, what of it is published, and who is publishing it now.

| access pattern | key condition | used by |
| --- | --- | --- |
| a channel by id | `id` | everything |
| all channels, as administrators look for them | index `all-index`: `all_key` = "channel" | `GET /api/admin-channels` |
| ids of public channels | index `public-index`: `public_key` = "public" | writing the public index anew |

The index of all channels holds only what seldom changes: every change of it writes to one partition.
`rev` counts changes of the live tree and of the channel; it is published where `published_rev` equals it.
`publish_*` is the lock of a running publish: `publish_task_id` names it, `publish_stage` says which worker has it,
`publish_worker` and `publish_lease` hold the lease of that worker (`PUBLISH_LEASE`). Its attempts are counted by SQS.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.models import tasks
from chalicelib.models.base import Table, find, now, read_many, read_raw, setting, update_if
from chalicelib.models.lazy import to_read
from chalicelib.models.leases import LeaseAttributes

Status = Literal["active", "deleted", "staged", "unpublished"]
PUBLIC = "public"
ALL = "channel"
# What administrators look for channels by.
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
    content_defaults = JSONAttribute(default=dict)  # what was chosen for new nodes
    created = UTCDateTimeAttribute()
    modified = UTCDateTimeAttribute()
    deleted = BooleanAttribute(default=False)

    root_id = UnicodeAttribute()  # the live tree
    trash_root_id = UnicodeAttribute()
    chef_root_id = UnicodeAttribute(null=True)  # being uploaded
    staging_root_id = UnicodeAttribute(null=True)  # uploaded, waiting for a person
    previous_root_id = UnicodeAttribute(null=True)  # live before the last deploy
    rev = NumberAttribute(default=1)
    root_rev = NumberAttribute(default=0)  # value of `rev` when the live tree was deployed

    public = BooleanAttribute(default=False)
    public_key = UnicodeAttribute(null=True)
    public_changed = UTCDateTimeAttribute(null=True)  # when it last became public or private
    priority = NumberAttribute(default=0)  # in the catalog those with the highest come first, then by name
    version = NumberAttribute(default=0)
    published_rev = NumberAttribute(default=0)
    published_digest = UnicodeAttribute(null=True)
    published: "JSONAttribute" = JSONAttribute(null=True)  # public record, see export.public_record
    last_published = UTCDateTimeAttribute(null=True)
    version_notes = JSONAttribute(default=dict)  # {"1": notes}
    primary_token = UnicodeAttribute(null=True)
    draft_token = UnicodeAttribute(null=True)  # opens what was drafted since the last publish

    publish_task_id = UnicodeAttribute(null=True)
    publish_name = UnicodeAttribute(null=True)  # of that task: a publish, or a draft
    publish_stage = UnicodeAttribute(null=True)
    publish_worker = UnicodeAttribute(null=True)  # whose lease it is
    publish_lease = NumberAttribute(null=True)  # Unix time in microseconds
    publish_again = JSONAttribute(null=True)  # asked for while one was running, see `operations.publish_wishes`

    editors_count = NumberAttribute(default=0)  # see models.channel_members
    viewers_count = NumberAttribute(default=0)
    all_key = UnicodeAttribute(default=ALL)

    public_index = PublicIndex()
    all_index = AllIndex()


PUBLISH_LEASE = LeaseAttributes(Channel.publish_worker, Channel.publish_lease, per_second=1_000_000)


def get(channel_id: str) -> Channel | None:
    """A channel by id."""
    return find(Channel, channel_id)


def get_many(channel_ids: list[str]) -> list[Channel]:
    """Those of the channels that exist, in the order asked for."""
    found = {channel.id: channel for channel in read_many({Channel: list(channel_ids)})[Channel]}
    return [found[channel_id] for channel_id in channel_ids if channel_id in found]


def everything() -> list[Channel]:
    """All channels by id, with what their index holds only; may lag behind a change by a second."""
    return list(Channel.all_index.query(ALL))


def get_many_to_read(channel_ids: list[str]) -> list[Channel]:
    """Those of the channels that exist, in any order, to be read only: for long lists."""
    return to_read(Channel, read_raw({Channel: list(channel_ids)})[Channel])


def public_ids() -> list[str]:
    """Ids of all public channels; may lag behind a change by a second."""
    return [channel.id for channel in Channel.public_index.query(PUBLIC)]


def change(channel: Channel, fields: Mapping[str, Any]) -> bool:
    """Change a channel, whatever else changed of it; says whether it is still there."""
    return update_if(channel, [*setting(Channel, fields), Channel.modified.set(now())], Channel.id.exists())


def set_public(channel: Channel, public: bool, fields: Mapping[str, Any]) -> bool:
    """Make a channel public or private, and change `fields` of it, in one write that is left out where nothing changes.

    Says whether the channel was still as public, and as deleted, as it was read.
    """
    actions = setting(Channel, fields)
    if actions:
        actions.append(Channel.modified.set(now()))
    if bool(channel.public) != public:
        key = Channel.public_key.set(PUBLIC) if public else Channel.public_key.remove()
        actions += [Channel.public.set(public), key, Channel.public_changed.set(now())]
    as_read = (Channel.public == bool(channel.public)) & (Channel.deleted == bool(channel.deleted))
    return not actions or update_if(channel, actions, as_read)


def is_live(channel: Channel) -> bool:
    """Whether there is something published to see."""
    return bool(channel.version) and not channel.deleted and channel.published is not None


def is_publishing(channel: Channel) -> bool:
    """Whether a new version of it is on its way; a draft is none."""
    return bool(channel.publish_task_id) and channel.publish_name != tasks.DRAFT


def status(channel: Channel) -> Status:
    """deleted, staged, unpublished or active (specification: get_channel_status_bulk)."""
    if channel.deleted:
        return "deleted"
    if channel.staging_root_id:
        return "staged"
    return "active" if channel.rev == channel.published_rev else "unpublished"


def tree_names(channel: Channel) -> dict[str, str | None]:
    """Root ids by the names that get_tree_data takes."""
    return {
        "main": channel.root_id,
        "chef": channel.chef_root_id,
        "staging": channel.staging_root_id,
        "previous": channel.previous_root_id,
        "trash": channel.trash_root_id,
    }

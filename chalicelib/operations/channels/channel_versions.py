"""The published versions of a channel (recorded: Studio's channelversion)."""

from chalicelib.identity.authentication import Identity
from chalicelib.models import channel_versions
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.operations.access.channel_rights import viewable
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.channel import VersionQuery, cursor_before
from chalicelib.schemas.responses.channel import ChannelVersion as VersionOut
from chalicelib.schemas.responses.channel import Version
from chalicelib.schemas.responses.common import Results


def page(user: Identity, query: VersionQuery) -> Results[VersionOut]:
    """Return a page of a channel's versions, newest first: `{results, more}`; `more` is the query of the next page."""
    channel, _ = viewable(user, query.channel)
    found = channel_versions.newest(channel.id, query.max_results + 1, query.cursor)
    shown = found[: query.max_results]
    more: dict[str, str | int] | None = None
    if len(found) > len(shown):
        cursor = cursor_before(int(shown[-1].version))
        more = {"channel": channel.id, "max_results": query.max_results, "cursor": cursor}
    return {"results": [_row(version) for version in shown], "more": more}


def _row(version: ChannelVersion) -> VersionOut:
    return {"id": version.id, "channel": version.channel_id, **fields_of_version(version)}


def fields_of_version(version: ChannelVersion) -> Version:
    """Return the fields of a version in lists and details. `included_licenses` holds le_utils license IDs."""
    fields: Version = {
        "id": version.id,
        "version": int(version.version),
        "size": int(version.size),
        "resource_count": int(version.resource_count),
        "kind_count": [{"count": count, "kind_id": kind} for kind, count in sorted(version.kind_count.items())],
        "date_published": moment(version.date_published),
        "version_notes": version.version_notes,
        "included_languages": version.included_languages,
        "included_licenses": version.included_licenses,
        "included_categories": version.included_categories,
    }
    if version.database_ended:
        fields["database_deleted"] = moment(version.database_ended)
    return fields

"""Accept changes: find the feed that each belongs to, check permissions, and store them with the next revisions.

Changes rejected here are `disallowed`: malformed, in the wrong channel, or not permitted to the sender. The content of
a change is validated when it is applied; then it may still fail with an error.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.domain.ids import parse_id
from chalicelib.errors import Busy, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes
from chalicelib.models.changes import Change, Counter
from chalicelib.operations.access import policy
from chalicelib.operations.sync.context import SyncContext
from chalicelib.operations.sync.effects import EFFECTS
from chalicelib.schemas.base import parse
from chalicelib.schemas.sync import (
    COPIED,
    CREATED,
    DELETED,
    MOVED,
    OF_USERS,
    PUBLISHED,
    ChangeIn,
    is_too_deep,
)

MAX_TRANSACTION_BYTES = 2_500_000  # bytes of stored changes; a DynamoDB transaction holds at most 4 MB
Echo = dict[str, Any]


@dataclass
class Claim:
    """A change as sent, with the result of accepting it."""

    sent: Echo
    change: ChangeIn | None = None
    owner: str = ""
    channel_id: str | None = None
    refused: str | dict[str, list[str]] = ""  # a sentence, or sentences by field
    is_written: bool = False

    @property
    def disallowed(self) -> Echo:
        """The change as sent, with the reason; only its revision if it is nested too deeply to return."""
        return self.shortened if is_too_deep(self.sent) else {**self.sent, **self._why}

    @property
    def shortened(self) -> Echo:
        """The client's revision of the change, with the reason."""
        rev = self.sent.get("rev")
        return {"rev": rev if isinstance(rev, int) else None, **self._why}

    @property
    def _why(self) -> Echo:
        return {"errors": [self.refused] if isinstance(self.refused, str) else self.refused}


def parse_claims(user: Identity, sent: list[Any]) -> list[Claim]:
    """Parse the sent changes in order. Values that are not objects are ignored; malformed changes are refused."""
    return [_read(user, one) for one in sent if isinstance(one, dict)]


def preload(context: SyncContext, claims: list[Claim], asked: Iterable[str]) -> None:
    """Read, in one batch, the data that most changes and the requested channels need."""
    named = [claim.change for claim in claims if claim.change]
    channel_ids = [change.channel_id for change in named if change.channel_id]
    node_ids = [id for change in named for id in _nodes_of(context, change)]
    context.read([*asked, *channel_ids], node_ids, [str(change.key) for change in named if change.table == "file"])
    if context.files:
        context.read([], context.files.values())


def authorize(context: SyncContext, claims: list[Claim]) -> None:
    """Assign each change to the feed of its owner, and refuse changes that the sender may not make."""
    made = {claim.change.key for claim in claims if claim.change and _is_new_channel(claim.change)}
    for claim in claims:
        if claim.change:
            _locate(context, claim, claim.change)
    context.read([claim.channel_id for claim in claims if claim.channel_id])
    for claim in claims:
        if claim.change and not claim.refused:
            claim.refused = _refusal_of(context, claim, claim.change, made)


def _read(user: Identity, sent: Echo) -> Claim:
    try:
        change = parse(ChangeIn, sent)
    except ValidationFailed as error:
        return Claim(sent, refused=error.fields)
    if (change.table, change.type) not in EFFECTS:
        return Claim(
            sent, refused=f"Changes of this type are not supported for table {change.table}. Send another type."
        )
    if change.user_id is not None and not policy.owns(user, change.user_id):
        return Claim(sent, refused="You can only change your own data. Omit user_id.")
    return Claim(sent, change)


def _locate(context: SyncContext, claim: Claim, change: ChangeIn) -> None:
    """Find the owner of a change: its channel, or its user if it does not concern an existing channel."""
    claim.owner = changes.owner_of_user(context.user.user_id)
    if change.table in OF_USERS:
        return
    homes = _channels_of(context, change)
    claim.channel_id = change.channel_id or next(iter(homes), None)
    if homes and claim.channel_id not in homes:
        claim.refused = f"This is not in channel {claim.channel_id}. Correct channel_id or omit it."
    elif claim.channel_id is None and change.table != "invitation":
        claim.refused = "The channel of this change is unknown. Give channel_id."
    elif claim.channel_id and not (_is_new_channel(change) or _is_decision(change)):
        claim.owner = claim.channel_id
        _track_node(context, claim.channel_id, change)


def _track_node(context: SyncContext, channel_id: str, change: ChangeIn) -> None:
    """Record where a node will be, for later changes of the same request."""
    if change.table == "contentnode" and change.type in (CREATED, COPIED):
        beside = (change.obj or {}).get("parent") if change.type == CREATED else change.target
        context.track_created(str(change.key), channel_id, parse_id(beside))
    elif change.table == "contentnode" and change.type == MOVED:
        context.track_moved(str(change.key), parse_id(change.target) or "")


def _channels_of(context: SyncContext, change: ChangeIn) -> list[str]:
    """Return the possible channels of a change, from the objects that it names; empty if unknown."""
    if change.table == "channel":
        return [str(change.key)]
    if change.table in ("editor_m2m", "viewer_m2m"):
        return [change.key[1]]
    if change.table == "invitation":
        return [id for id in [parse_id((change.obj or {}).get("channel"))] if id]
    return [home for id in _nodes_of(context, change) for home in context.channels_of(id)]


def _nodes_of(context: SyncContext, change: ChangeIn) -> list[str]:
    """Return the IDs of the nodes that determine a change's channel: the first existing one, if no channel is given."""
    named = change.obj or change.mods or {}
    ends: list[Any] = []
    if change.table == "contentnode":
        ends = {CREATED: [named.get("parent")], COPIED: [change.target], MOVED: [change.key, change.target]}.get(
            change.type, [change.key]
        )
    elif change.table in ("contentnode_prerequisite", "assessmentitem"):
        ends = [change.key[0]]
    elif change.table == "file":
        ends = [context.files.get(str(change.key)) or named.get("contentnode") or _node_of_question(named)]
    return [id for end in ends if (id := parse_id(end))]


def _node_of_question(named: Echo) -> Any:
    """Return the node of the question that a file is attached to."""
    question = named.get("assessment_item")
    parts = question.split(",") if isinstance(question, str) else question
    return parts[0] if isinstance(parts, list) and parts else None


def _is_new_channel(change: ChangeIn) -> bool:
    return change.table == "channel" and change.type == CREATED


def _is_decision(change: ChangeIn) -> bool:
    """Whether an invited user accepts or declines; that user has no permission in the channel yet."""
    return change.table == "invitation" and bool({"accepted", "declined"} & (change.mods or {}).keys())


def _refusal_of(context: SyncContext, claim: Claim, change: ChangeIn, made: set[Any]) -> str:
    """Return why the user may not make a change, or "" if it is allowed."""
    if claim.owner != claim.channel_id:
        return ""
    channel_id = claim.channel_id
    role = context.role(channel_id)
    if policy.may_edit(role) or (channel_id in made and channel_id not in context.channels):
        return ""
    is_leaving = change.table == "viewer_m2m" and change.type == DELETED  # editors may make every change
    if is_leaving and policy.may_remove_member(context.user, role, change.key[0]):
        return ""
    if policy.may_view(role):
        return "You may only view this channel. Ask one of its editors for editing rights."
    return f"Channel {channel_id} does not exist, or you may not edit it."


@dataclass
class Written:
    """The stored changes of one owner and the counter after them. `is_held`: the lease was taken too."""

    counter: Counter
    is_held: bool = False
    appended: list[Change] = field(default_factory=list)
    is_all: bool = True  # no other changes are pending
    problem: Exception | None = None  # why some were not stored


def write(user: Identity, counter: Counter, claims: list[Claim], holder: str, seconds: float) -> Written:
    """Store changes of one owner in order, which assigns their revisions. Takes the lease if it is free.

    After too many lost races, or if a service does not respond, the remaining changes stay unwritten.
    """
    written = Written(counter)
    try:
        for part in _batches(claims):
            _write_batch(written, [_item(user, claim) for claim in part], holder, seconds)
    except (Busy, *UNAVAILABLE) as error:
        written.problem = error
    for claim, change in zip(claims, written.appended, strict=False):
        claim.sent = {"rev": claim.change.rev if claim.change else None, "server_rev": int(change.rev)}
        claim.is_written = True
    return written


def _write_batch(written: Written, made: list[Change], holder: str, seconds: float) -> None:
    counter = written.counter
    for attempt in range(changes.MAX_RACES):
        takes = not written.is_held and counter.is_free
        after = changes.append(counter, made, holder if takes else "", seconds)
        if after:
            written.is_all &= counter.done + len(written.appended) == counter.last
            written.counter, written.is_held = after, written.is_held or takes
            written.appended += made
            return
        changes.pause(attempt)
        counter = changes.counter_of(counter.owner)
    raise Busy("Others are changing the same channel. Send this again.")


def _batches(claims: list[Claim]) -> Iterable[list[Claim]]:
    part: list[Claim] = []
    room = MAX_TRANSACTION_BYTES
    for claim in claims:
        size = len(json.dumps(claim.change.fields)) if claim.change else 0
        if part and (len(part) == changes.MAX_APPENDED or size > room):
            yield part
            part, room = [], MAX_TRANSACTION_BYTES
        part.append(claim)
        room -= size
    if part:
        yield part


def _item(user: Identity, claim: Claim) -> Change:
    change = claim.change
    assert change
    return Change(
        type=change.type,
        table=change.table,
        key=change.key,
        fields=change.fields,
        channel_id=claim.channel_id,
        user_id=None if claim.channel_id else user.user_id,
        created_by_id=user.user_id,
        session=user.session,
        client_rev=change.rev,
        unpublishable=change.type == PUBLISHED,
        status=changes.PENDING,
    )

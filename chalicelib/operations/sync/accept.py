"""Accepting changes: whose they are, who may make them, and writing them down with the next revisions.

What is refused here is `disallowed`: what is no change at all, what is in the wrong channel, and what its sender has no
right to. What a change says is looked at when it is done; then it may end as an error.
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
from chalicelib.operations.sync.context import Known
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

MAX_TRANSACTION_BYTES = 2_500_000  # bytes of changes as they are stored: a transaction of DynamoDB has 4 MB at most
Echo = dict[str, Any]


@dataclass
class Claim:
    """A change that was sent, and what became of it."""

    sent: Echo
    change: ChangeIn | None = None
    owner: str = ""
    channel_id: str | None = None
    refused: str = ""
    is_written: bool = False

    @property
    def disallowed(self) -> Echo:
        """It as it was sent, with the reason; of what nobody could read only the revision."""
        return self.in_short if is_too_deep(self.sent) else {**self.sent, **self._why}

    @property
    def in_short(self) -> Echo:
        """Its revision, with the reason."""
        rev = self.sent.get("rev")
        return {"rev": rev if isinstance(rev, int) else None, **self._why}

    @property
    def _why(self) -> Echo:
        return {"errors": [self.refused]}


def claims_of(user: Identity, sent: list[Any]) -> list[Claim]:
    """What is sent, in its order. What is no object is left out; what is no change is refused."""
    return [_read(user, one) for one in sent if isinstance(one, dict)]


def read_for(known: Known, claims: list[Claim], asked: Iterable[str]) -> None:
    """Read at once what most changes, and questions about channels, need."""
    named = [claim.change for claim in claims if claim.change]
    channel_ids = [change.channel_id for change in named if change.channel_id]
    node_ids = [id for change in named for id in _nodes_of(known, change)]
    known.read([*asked, *channel_ids], node_ids, [str(change.key) for change in named if change.table == "file"])
    if known.files:
        known.read([], known.files.values())


def judge(known: Known, claims: list[Claim]) -> None:
    """Find out whose changes they are, and refuse those that their sender may not make."""
    made = {claim.change.key for claim in claims if claim.change and _is_new_channel(claim.change)}
    for claim in claims:
        if claim.change:
            _place(known, claim, claim.change)
    known.read([claim.channel_id for claim in claims if claim.channel_id])
    for claim in claims:
        if claim.change and not claim.refused:
            claim.refused = _problem(known, claim, claim.change, made)


def _read(user: Identity, sent: Echo) -> Claim:
    try:
        change = parse(ChangeIn, sent)
    except ValidationFailed as error:
        return Claim(sent, refused=error.detail)
    if (change.table, change.type) not in EFFECTS:
        return Claim(sent, refused=f"Nothing of table {change.table} can be changed by this type.")
    if change.user_id is not None and not policy.owns(user, change.user_id):
        return Claim(sent, refused="You can only change what is your own. Leave user_id out.")
    return Claim(sent, change)


def _place(known: Known, claim: Claim, change: ChangeIn) -> None:
    """Find out whose a change is: its channel's; its user's, where it is not about a channel that there is yet."""
    claim.owner = changes.owner_of_user(known.user.user_id)
    if change.table in OF_USERS:
        return
    homes = _homes(known, change)
    claim.channel_id = change.channel_id or next(iter(homes), None)
    if homes and claim.channel_id not in homes:
        claim.refused = f"This is not in channel {claim.channel_id}. Leave channel_id out, or correct it."
    elif claim.channel_id is None and change.table != "invitation":
        claim.refused = "It is not known which channel this belongs to. Give channel_id."
    elif claim.channel_id and not (_is_new_channel(change) or _is_decision(change)):
        claim.owner = claim.channel_id
        _note(known, claim.channel_id, change)


def _note(known: Known, channel_id: str, change: ChangeIn) -> None:
    """Where a node will be, for the changes behind this one."""
    if change.table == "contentnode" and change.type in (CREATED, COPIED):
        beside = (change.obj or {}).get("parent") if change.type == CREATED else change.target
        known.note_new(str(change.key), channel_id, parse_id(beside))
    elif change.table == "contentnode" and change.type == MOVED:
        known.note_move(str(change.key), parse_id(change.target) or "")


def _homes(known: Known, change: ChangeIn) -> list[str]:
    """The channels in which a change can be, none where that is not known: of all that it names."""
    if change.table == "channel":
        return [str(change.key)]
    if change.table in ("editor_m2m", "viewer_m2m"):
        return [change.key[1]]
    if change.table == "invitation":
        return [id for id in [parse_id((change.obj or {}).get("channel"))] if id]
    return [home for id in _nodes_of(known, change) for home in known.homes(id)]


def _nodes_of(known: Known, change: ChangeIn) -> list[str]:
    """Ids of the nodes in whose channel a change is; the channel of the first that there is, where none is named."""
    named = change.obj or change.mods or {}
    ends: list[Any] = []
    if change.table == "contentnode":
        ends = {CREATED: [named.get("parent")], COPIED: [change.target], MOVED: [change.key, change.target]}.get(
            change.type, [change.key]
        )
    elif change.table in ("contentnode_prerequisite", "assessmentitem"):
        ends = [change.key[0]]
    elif change.table == "file":
        ends = [known.files.get(str(change.key)) or named.get("contentnode") or _exercise_of(named)]
    return [id for end in ends if (id := parse_id(end))]


def _exercise_of(named: Echo) -> Any:
    """The node of the question that a file is put into."""
    question = named.get("assessment_item")
    parts = question.split(",") if isinstance(question, str) else question
    return parts[0] if isinstance(parts, list) and parts else None


def _is_new_channel(change: ChangeIn) -> bool:
    return change.table == "channel" and change.type == CREATED


def _is_decision(change: ChangeIn) -> bool:
    """Whether somebody invited decides: they have no right in the channel yet."""
    return change.table == "invitation" and bool({"accepted", "declined"} & (change.mods or {}).keys())


def _problem(known: Known, claim: Claim, change: ChangeIn, made: set[Any]) -> str:
    """Why a user may not make a change; "" where they may."""
    if claim.owner != claim.channel_id:
        return ""
    channel_id = claim.channel_id
    role = known.role(channel_id)
    if policy.may_edit(role) or (channel_id in made and channel_id not in known.channels):
        return ""
    removes = change.table in ("editor_m2m", "viewer_m2m") and change.type == DELETED
    if removes and policy.may_remove_member(known.user, role, change.key[0]):
        return ""
    if policy.may_view(role):
        return "You may only view this."
    return f"You may not edit channel {channel_id}, or there is none."


@dataclass
class Written:
    """Changes of one owner that were written down, and the counter after it. `is_held`: the lease was taken too."""

    counter: Counter
    is_held: bool = False
    made: list[Change] = field(default_factory=list)
    is_all: bool = True  # nothing else is pending
    problem: Exception | None = None  # why not all of them were written


def write(user: Identity, counter: Counter, claims: list[Claim], holder: str, seconds: float) -> Written:
    """Write down changes of one owner, in their order; they get their revisions then. Takes the lease where it is free.

    Where too many races are lost, or a service does not answer, those that were not written yet are left.
    """
    written = Written(counter)
    try:
        for part in _parts(claims):
            _write_part(written, [_item(user, claim) for claim in part], holder, seconds)
    except (Busy, *UNAVAILABLE) as error:
        written.problem = error
    for claim, change in zip(claims, written.made, strict=False):
        claim.sent = {"rev": claim.change.rev if claim.change else None, "server_rev": int(change.rev)}
        claim.is_written = True
    return written


def _write_part(written: Written, made: list[Change], holder: str, seconds: float) -> None:
    counter = written.counter
    for attempt in range(changes.MAX_RACES):
        takes = not written.is_held and counter.is_free
        after = changes.append(counter, made, holder if takes else "", seconds)
        if after:
            written.is_all &= counter.done + len(written.made) == counter.last
            written.counter, written.is_held = after, written.is_held or takes
            written.made += made
            return
        changes.pause(attempt)
        counter = changes.counter_of(counter.owner)
    raise Busy("Others are changing the same channel. Send this once more.")


def _parts(claims: list[Claim]) -> Iterable[list[Claim]]:
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
        unpublishable=change.type == PUBLISHED,
        status=changes.PENDING,
    )

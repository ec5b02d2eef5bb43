"""One request of a client that syncs: what it did is accepted and done, and it is told what it does not know yet."""

from typing import Any

from chalicelib.auth import Identity
from chalicelib.domain.ids import new_id, parse_id
from chalicelib.models import changes
from chalicelib.operations import sync_answer, sync_apply
from chalicelib.operations.sync_accept import Claim, Written, claims_of, judge, read_for, write
from chalicelib.operations.sync_apply import Budget
from chalicelib.operations.sync_known import Known
from chalicelib.schemas.sync import SyncIn
from chalicelib.telemetry import log


def sync(user: Identity, sent: SyncIn) -> dict[str, Any]:
    """`{disallowed, allowed, changes, errors, successes, tasks}`, as in docs/decisions/0011-sync.md.

    Raises Busy where others change the same channel all the time; what was written down until then stays.
    """
    known = Known(user)
    asked = {id: rev for name, rev in sent.channel_revs.items() if (id := parse_id(name))}
    claims = claims_of(user, sent.changes)
    read_for(known, claims, asked)
    judge(known, claims)
    accepted = [claim for claim in claims if not claim.refused]
    _do(known, accepted, sync_apply.of_request(user))
    revs = asked | ({changes.owner_of_user(user.user_id): sent.user_rev} if sent.user_rev is not None else {})
    own = {owner: {claim.sent["server_rev"] for claim in some} for owner, some in _by_owner(accepted).items()}
    return {
        "disallowed": [claim.disallowed for claim in claims if claim.refused],
        "allowed": [claim.sent for claim in accepted],
        **sync_answer.told(known, revs, own, set(sent.unapplied_revs)),
        "tasks": sync_answer.running(known, asked),
    }


def _by_owner(claims: list[Claim]) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.owner, []).append(claim)
    return found


def _do(known: Known, accepted: list[Claim], budget: Budget) -> None:
    """Write changes down and do them, and what a holder that was killed has left behind.

    Everything is written down before anything is done: a request that is ended early has then accepted all of it.
    """
    by_owner = _by_owner(accepted)
    held = [written for owner in by_owner if (written := _write(known, owner, by_owner[owner])).is_held]
    for owner, counter in known.counters.items():
        if owner not in by_owner and counter.has_pending and counter.is_abandoned and known.may_see(owner):
            taken = changes.take(counter, new_id(), sync_apply.LEASE)
            held += [Written(taken, is_all=False)] if taken else []
    for written in held:
        _run(written, budget)


def _write(known: Known, owner: str, claims: list[Claim]) -> Written:
    written = write(known.user, known.counters[owner], claims, new_id(), sync_apply.LEASE)
    if not written.is_held and not written.counter.holder.startswith(sync_apply.WORKER):
        # Whoever holds the lease does these too, unless killed.
        sync_apply.leave_to_queue(owner, delay=sync_apply.LEASE)
    return written


def _run(written: Written, budget: Budget) -> None:
    """What was accepted is answered so, whatever becomes of it now."""
    owner = written.counter.owner
    try:
        sync_apply.run(written.counter, budget, written.made if written.is_all else [])
    except sync_apply.UNAVAILABLE:
        log.exception("changes are left to a worker")
        try:
            sync_apply.leave_to_queue(owner)
        except sync_apply.UNAVAILABLE:
            log.exception("no worker could be told: the next request for this channel does them")

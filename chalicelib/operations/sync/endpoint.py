"""A sync request: accept and apply the client's changes, and return the changes it has not received yet."""

from collections.abc import Collection, Iterator
from typing import Any, cast

from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.domain.ids import new_id, parse_id
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes
from chalicelib.operations.sync import apply, response
from chalicelib.operations.sync.accept import Claim, Written, authorize, parse_claims, preload, write
from chalicelib.operations.sync.apply import Budget
from chalicelib.operations.sync.context import SyncContext
from chalicelib.schemas.responses.sync import Allowed, SyncResult
from chalicelib.schemas.sync import SyncIn
from chalicelib.telemetry import log


def sync(user: Identity, sent: SyncIn) -> SyncResult:
    """`{disallowed, allowed, changes, errors, successes, tasks}`, as in docs/decisions/0011-sync.md.

    Changes that could not be stored, after too many lost races or because a service does not respond, are in neither
    `allowed` nor `disallowed`: clients send them again. If none could be stored, raises that error (Busy, or one of
    UNAVAILABLE).
    """
    context = SyncContext(user)
    asked = {id: rev for name, rev in sent.channel_revs.items() if (id := parse_id(name))}
    claims = parse_claims(user, sent.changes)
    preload(context, claims, asked)
    authorize(context, claims)
    problem = _do(context, [claim for claim in claims if not claim.refused], apply.of_request(user))
    accepted = [claim for claim in claims if claim.is_written]
    if problem and not accepted:
        raise problem
    revs = asked | ({changes.owner_of_user(user.user_id): sent.user_rev} if sent.user_rev is not None else {})
    own = {owner: {claim.sent["server_rev"] for claim in some} for owner, some in _by_owner(accepted).items()}
    tasks = response.running(context, asked)
    allowed = [cast(Allowed, claim.sent) for claim in accepted]
    used = response.size_of({"tasks": tasks, "allowed": allowed})
    disallowed, used = _disallowed_rows([claim for claim in claims if claim.refused], used)
    feed = response.collect(context, revs, own, set(sent.unapplied_revs), used)
    return {"disallowed": disallowed, "allowed": allowed, **feed, "tasks": tasks}


def _disallowed_rows(refused: list[Claim], used: int) -> tuple[list[dict[str, Any]], int]:
    """Return the disallowed rows, shortened to the revision once the response is full, and the bytes used so far."""
    rows = []
    for claim in refused:
        row = claim.disallowed
        size = response.size_of(row)
        if used + size > response.MAX_RESPONSE_BYTES:
            row = claim.shortened
            size = response.size_of(row)
        used += size
        rows.append(row)
    return rows, used


def _by_owner(claims: list[Claim]) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.owner, []).append(claim)
    return found


def _do(context: SyncContext, claims: list[Claim], budget: Budget) -> Exception | None:
    """Store and apply changes, as well as those left by a killed holder. Returns the error if some could not be stored.

    All changes are stored before any is applied, so that a request that is interrupted has accepted all of them.
    """
    by_owner, held, problem = _by_owner(claims), list[Written](), None
    try:
        for owner, some in by_owner.items():
            written = _write(context, owner, some)
            problem = problem or written.problem
            held += [written] if written.is_held else []
        held += _abandoned(context, by_owner.keys())
    finally:
        for written in held:
            _run(written, budget)
    return problem


def _abandoned(context: SyncContext, others: Collection[str]) -> Iterator[Written]:
    """Take over the leases that killed holders left behind."""
    for owner, counter in context.counters.items():
        if owner not in others and counter.has_pending and counter.is_abandoned and context.may_see(owner):
            try:
                taken = changes.take(counter, new_id(), apply.LEASE)
            except UNAVAILABLE:
                log.exception("a lease could not be taken: left to the next request")
            else:
                yield from [Written(taken, is_all=False)] if taken else []


def _write(context: SyncContext, owner: str, claims: list[Claim]) -> Written:
    written = write(context.user, context.counters[owner], claims, new_id(), apply.LEASE)
    if written.problem:
        log.warning("changes could not be stored", exc_info=written.problem)
    if written.appended and not written.is_held and not written.counter.lease.holder.startswith(apply.WORKER):
        # The holder of the lease applies these too, unless it is killed.
        _enqueue(owner, delay=apply.LEASE)
    return written


def _run(written: Written, budget: Budget) -> None:
    """Apply the stored changes. A failure here does not alter the response: they have been accepted."""
    try:
        apply.run(written.counter, budget, written.appended if written.is_all else [])
    except UNAVAILABLE:
        log.exception("changes are left to a worker")
        _enqueue(written.counter.owner)


def _enqueue(owner: str, delay: int = 0) -> None:
    try:
        apply.enqueue(owner, delay)
    except UNAVAILABLE:
        log.exception("changes could not be queued: left to the next request for this channel")

"""One request of a client that syncs: what it did is accepted and done, and it is told what it does not know yet."""

from collections.abc import Collection, Iterator
from typing import Any, cast

from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.domain.ids import new_id, parse_id
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes
from chalicelib.operations.sync import apply, response
from chalicelib.operations.sync.accept import Claim, Written, claims_of, judge, read_for, write
from chalicelib.operations.sync.apply import Budget
from chalicelib.operations.sync.context import Known
from chalicelib.schemas.responses.sync import Allowed, SyncResult
from chalicelib.schemas.sync import SyncIn
from chalicelib.telemetry import log


def sync(user: Identity, sent: SyncIn) -> SyncResult:
    """`{disallowed, allowed, changes, errors, successes, tasks}`, as in docs/decisions/0011-sync.md.

    What could not be written down, as others change the same channel all the time or a service does not answer, is in
    neither list: clients send it once more. Raises that error (Busy, or one of UNAVAILABLE) where nothing could.
    """
    known = Known(user)
    asked = {id: rev for name, rev in sent.channel_revs.items() if (id := parse_id(name))}
    claims = claims_of(user, sent.changes)
    read_for(known, claims, asked)
    judge(known, claims)
    problem = _do(known, [claim for claim in claims if not claim.refused], apply.of_request(user))
    accepted = [claim for claim in claims if claim.is_written]
    if problem and not accepted:
        raise problem
    revs = asked | ({changes.owner_of_user(user.user_id): sent.user_rev} if sent.user_rev is not None else {})
    own = {owner: {claim.sent["server_rev"] for claim in some} for owner, some in _by_owner(accepted).items()}
    tasks = response.running(known, asked)
    allowed = [cast(Allowed, claim.sent) for claim in accepted]
    used = response.size_of({"tasks": tasks, "allowed": allowed})
    disallowed, used = _sent_back([claim for claim in claims if claim.refused], used)
    told = response.told(known, revs, own, set(sent.unapplied_revs), used)
    return {"disallowed": disallowed, "allowed": allowed, **told, "tasks": tasks}


def _sent_back(refused: list[Claim], used: int) -> tuple[list[dict[str, Any]], int]:
    """What is disallowed, of what does not fit into the answer any more only its revision; and how full that is."""
    rows = []
    for claim in refused:
        row = claim.disallowed
        size = response.size_of(row)
        if used + size > response.MAX_RESPONSE_BYTES:
            row = claim.in_short
            size = response.size_of(row)
        used += size
        rows.append(row)
    return rows, used


def _by_owner(claims: list[Claim]) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.owner, []).append(claim)
    return found


def _do(known: Known, claims: list[Claim], budget: Budget) -> Exception | None:
    """Write changes down and do them, and what a holder that was killed has left behind. Returns why some of them
    could not be written down.

    Everything is written down before anything is done: a request that is ended early has then accepted all of it.
    """
    by_owner, held, problem = _by_owner(claims), list[Written](), None
    try:
        for owner, some in by_owner.items():
            written = _write(known, owner, some)
            problem = problem or written.problem
            held += [written] if written.is_held else []
        held += _abandoned(known, by_owner.keys())
    finally:
        for written in held:
            _run(written, budget)
    return problem


def _abandoned(known: Known, others: Collection[str]) -> Iterator[Written]:
    """The leases of those that a killed holder left behind; now they are ours."""
    for owner, counter in known.counters.items():
        if owner not in others and counter.has_pending and counter.is_abandoned and known.may_see(owner):
            try:
                taken = changes.take(counter, new_id(), apply.LEASE)
            except UNAVAILABLE:
                log.exception("a lease could not be taken: the next request does")
            else:
                yield from [Written(taken, is_all=False)] if taken else []


def _write(known: Known, owner: str, claims: list[Claim]) -> Written:
    written = write(known.user, known.counters[owner], claims, new_id(), apply.LEASE)
    if written.problem:
        log.warning("changes could not be written down", exc_info=written.problem)
    if written.made and not written.is_held and not written.counter.lease.holder.startswith(apply.WORKER):
        # Whoever holds the lease does these too, unless killed.
        _leave_to_queue(owner, delay=apply.LEASE)
    return written


def _run(written: Written, budget: Budget) -> None:
    """What was accepted is answered so, whatever becomes of it now."""
    try:
        apply.run(written.counter, budget, written.made if written.is_all else [])
    except UNAVAILABLE:
        log.exception("changes are left to a worker")
        _leave_to_queue(written.counter.owner)


def _leave_to_queue(owner: str, delay: int = 0) -> None:
    try:
        apply.leave_to_queue(owner, delay)
    except UNAVAILABLE:
        log.exception("no worker could be told: the next request for this channel does them")

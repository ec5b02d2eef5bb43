"""AWS calls that fail, hang, are throttled, or are made twice, and processes that are killed at them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from chalicelib.aws.unavailable import UNAVAILABLE
from tests.chaos.hub import Hub, Killed, Work
from tests.conftest import PREFIX
from tests.support.aws.botocore_internals import Call
from tests.support.aws.calls import WRITES, AnswerLost, NeverSent

# What may happen at a call, and how often in comparison.
KINDS = {
    "never sent": 3,
    "answer lost": 4,
    "throttled": 3,
    "conflict": 2,
    "twice": 6,
    "in part": 3,
    "late": 3,
    "answered late": 2,
    "killed before": 3,
    "killed after": 4,
    "the clock jumps": 1,
}
LATE = (2.0, 100.0)  # seconds of a call that hangs
JUMP = (31.0, 400.0)  # seconds: longer than each lease
CALL = (0.002, 0.03)  # seconds of a call


@dataclass
class Faults:
    """Makes the calls of all processes, with faults at a `rate` of them. Messages are not sent to AWS but to `send`."""

    hub: Hub
    call: Call
    queue: Callable[[str, dict[str, Any]], Any]
    rate: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)

    def __call__(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        process = self.hub.current
        work = process.work if process else None
        if work is None:
            return self._do(client, operation, arguments)
        self._renew(work)
        self.hub.sleep(self.hub.random.uniform(*CALL))
        self._end_in_time(work)
        kind = self._choose(operation, arguments)
        self.hub.note(f"{work.name} {operation} {_what(arguments)}{f' [{kind}]' if kind else ''}")
        if not kind:
            return self._do(client, operation, arguments)
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return self._with_fault(kind, work, lambda: self._do(client, operation, arguments), operation, arguments)

    def _do(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        if client.meta.service_model.service_name == "sqs":
            return self.queue(operation, arguments)
        return self.call(client, operation, arguments)

    def _end_in_time(self, work: Work) -> None:
        if not work.is_dead and self.hub.now > work.ends:
            self.hub.note(f"{work.name} takes too long")
            work.is_dead = True
        if work.is_dead:
            raise Killed

    def _renew(self, work: Work) -> None:
        """Renew the leases of a process, as its threads would."""
        for renewal in list(work.renewals):
            if not work.is_dead and renewal.due <= self.hub.now:
                renewal.due = self.hub.now + renewal.every
                work.renewals.remove(renewal)  # the call of the renewal renews nothing
                try:
                    is_held = renewal.renew()
                except UNAVAILABLE:
                    is_held = True  # it is renewed the next time
                if is_held:
                    work.renewals.append(renewal)

    def _choose(self, operation: str, arguments: dict[str, Any]) -> str:
        if self.hub.random.random() >= self.rate:
            return ""
        impossible = set[str]()
        if not operation.startswith(WRITES):
            impossible |= {"twice", "answer lost", "killed after"}
        if not operation.startswith(("Transact", "Update", "Put", "Delete")) or operation.endswith("Object"):
            impossible.add("conflict")
        if not arguments.get("RequestItems"):
            impossible.add("in part")
        kinds = [kind for kind in KINDS if kind not in impossible]
        (kind,) = self.hub.random.choices(kinds, [KINDS[kind] for kind in kinds])
        return kind

    def _with_fault(
        self, kind: str, work: Work, do: Callable[[], Any], operation: str, arguments: dict[str, Any]
    ) -> Any:
        if kind == "the clock jumps":
            return self._jump(do)
        if kind == "late":
            self._hang(work)
            return do()
        if kind == "answered late":
            answer = do()
            self._hang(work)
            return answer
        if kind == "in part":
            return self._in_part(do, operation, arguments)
        if kind == "twice":
            return self._twice(do, operation)
        return self._refused(kind, work, do, operation)

    def _jump(self, do: Callable[[], Any]) -> Any:
        """Let time pass in which nobody works. A holder whose lease is no fence would be ended by its time limit."""
        self.hub.now += self.hub.random.uniform(*JUMP)
        for process in self.hub.processes:
            if process.work and not all(renewal.is_fence for renewal in process.work.renewals):
                process.work.is_dead = True
        return do()

    def _hang(self, work: Work) -> None:
        """Wait for an answer. Leases expire meanwhile, except those that are no fence: threads renew them."""
        seconds = self.hub.random.uniform(*LATE)
        is_fence = all(renewal.is_fence for renewal in work.renewals)
        self.hub.sleep(seconds if is_fence else min(seconds, 15))
        self._end_in_time(work)

    def _refused(self, kind: str, work: Work, do: Callable[[], Any], operation: str) -> Any:
        if kind in ("answer lost", "killed after"):
            try:
                do()
            except ClientError as error:  # the answer that is lost is a refusal
                self.hub.note(f"refused: {error}")
        if kind.startswith("killed"):
            work.is_dead = True
            raise Killed
        if kind == "answer lost":
            raise AnswerLost(endpoint_url=operation)
        if kind == "never sent":
            raise NeverSent(endpoint_url=operation)
        raise _client_error(kind, operation)

    def _twice(self, do: Callable[[], Any], operation: str) -> Any:
        """The first answer is lost, and the client sends the call again. DynamoDB knows a repeated transaction."""
        answer = do()
        self.hub.turn()
        return answer if operation == "TransactWriteItems" else do()

    def _in_part(self, do: Callable[[], Any], operation: str, arguments: dict[str, Any]) -> Any:
        """Process some of a batch, and return the rest as unprocessed."""
        whole = arguments["RequestItems"]
        now: dict[str, Any] = {}
        later: dict[str, Any] = {}
        for table, wanted in whole.items():
            keys = wanted["Keys"] if isinstance(wanted, dict) else wanted
            at = self.hub.random.randint(0, len(keys))
            for part, some in ((now, keys[:at]), (later, keys[at:])):
                if some:
                    part[table] = {**wanted, "Keys": some} if isinstance(wanted, dict) else some
        name = "UnprocessedKeys" if operation == "BatchGetItem" else "UnprocessedItems"
        if not now:
            return {"Responses": {}, name: later}
        arguments["RequestItems"] = now
        try:
            answer = do()
        finally:
            arguments["RequestItems"] = whole
        return {**answer, name: later}


def _what(arguments: dict[str, Any]) -> str:
    """The tables, keys and objects of a call, for its line in the history."""
    items = [next(iter(item.values())) for item in arguments.get("TransactItems", [])]
    tables = [str(item["TableName"]) for item in [*items, *([arguments] if "TableName" in arguments else [])]]
    tables += arguments.get("RequestItems", {})
    values = [value for part in arguments.get("Key", {}).values() for value in part.values()] if tables else []
    texts = [arguments.get("MessageBody", ""), "" if tables else arguments.get("Key", "")]
    return " ".join(filter(None, [*(table.removeprefix(PREFIX) for table in tables), *values, *texts]))


def _client_error(kind: str, operation: str) -> ClientError:
    conflict = "TransactionCanceledException" if operation == "TransactWriteItems" else "TransactionConflictException"
    code = "ThrottlingException" if kind == "throttled" else conflict
    answer: Any = {"Error": {"Code": code, "Message": kind}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    if code == "TransactionCanceledException":
        answer["CancellationReasons"] = [{"Code": "TransactionConflict", "Message": "conflict"}]
        answer["Error"]["Message"] = "Transaction cancelled, please refer cancellation reasons [TransactionConflict]"
    return ClientError(answer, operation)

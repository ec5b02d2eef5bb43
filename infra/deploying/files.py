"""Unused files, for operators: what their collection would delete, and bringing one back.

Of a deployed stage, or of the stack on this machine.

As in `people`, `infra.deploying.admin` does the work by the application's own code, in its environment.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.deploying import account as accounts
from infra.deploying import admin, commands
from infra.deploying.account import Account
from infra.deploying.events import say_now
from infra.deploying.people import Run
from infra.deploying.problems import DeployError

MAX_LINES = 1000  # files that a dry run names


def show(run: Run) -> None:
    """Print which stored files nothing uses, when they go, and what the last collection did. Changes nothing."""
    found = json.loads(run("unused"))
    for line in found["lines"]:
        say_now(line)
    for step, (files, size) in found["steps"].items():
        say_now(f"{step}: {files:,} files, {size:,} bytes")
    say_now(found["last"])


def restore(run: Run, name: str) -> None:
    """Bring a deleted file back."""
    if not name:
        raise DeployError("NAME is required: NAME=<md5>.<extension>.")
    size = run("restore-file", name)
    if size is None:
        raise DeployError(f"{name} is not a stored file, or S3 has no version of it any more. Upload it again.")
    say_now(f"{name} is stored: {int(size):,} bytes.")


def _collect(at: Account, stage: str, options: Mapping[str, str]) -> None:
    if options.get("DRY"):
        show(_of_stage(at, stage))
    else:
        commands.COMMANDS["job"](at, stage, {"JOB": "collect_files"})


def _of_stage(at: Account, stage: str) -> Run:
    prefix = accounts.parameters_of(stage)["Prefix"]
    return lambda *arguments: admin.run(at, prefix, *arguments)


COMMANDS: dict[str, Callable[[Account, str, Mapping[str, str]], None]] = {
    "collect": _collect,
    "restore-file": lambda at, stage, options: restore(_of_stage(at, stage), options.get("NAME", "")),
}


# ---- actions of `admin`, in the application's environment ----


def unused() -> str:
    """What a collection would find, as JSON: sentences about the first files, numbers by step, and the last pass."""
    from chalicelib.config import settings
    from chalicelib.domain.storage.collecting import Step
    from chalicelib.models import storage_passes
    from chalicelib.operations.storage import collection

    lines: list[str] = []
    steps: dict[str, list[int]] = {}
    days = settings().collect_days
    for page, _ in collection.pages():
        for files, step in page:
            counted = steps.setdefault(step.value, [0, 0])
            counted[0] += len(files.objects)
            counted[1] += files.size
            if step is not Step.KEEP and len(lines) < MAX_LINES:
                since = files.marks.unused_since if files.marks else None
                lines += [f"{name}: {_why(step, since, days)}" for name in files.names]
    last = storage_passes.last(storage_passes.COLLECTION)
    return json.dumps({"lines": lines, "steps": steps, "last": _last(days, last)})


def _why(step: Any, since: int | None, days: int) -> str:
    if since is None:
        return str(step.value)
    marked = f"{step.value}, since {_day(since)}"
    return f"{marked}, goes from {_day(since + days * 24 * 3600)} on" if days else marked


def _last(days: int, last: Any) -> str:
    if not days:
        return "The collection is turned off: CollectDays is 0."
    if last is None:
        return "There was no collection yet."
    counts = ", ".join(f"{name}: {int(number):,}" for name, number in sorted((last.found or {}).items()))
    return f"The last collection began {_day(int(last.began))}. {counts}"


def _day(moment: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def restore_file(name: str) -> int | None:
    """Bring a deleted file back; returns its size in bytes, None if there is none of this name."""
    from chalicelib.domain.storage_keys import split_filename
    from chalicelib.models import stored_objects

    return stored_objects.bring_back([name]).get(name) if split_filename(name) else None

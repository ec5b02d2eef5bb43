"""The collection of files that nothing uses.

It walks all stored files, page by page. Files without a reference are marked; those that have been marked for
`collect_days`, and were passed by a complete recount since, are deleted. S3 keeps them for another 35 days as older
versions, and whoever names them brings them back (`models.stored_objects`).

A step may run twice, late, or be killed at any call. Before the objects are deleted, the mark is replaced by
`gone_since`, on the condition that nobody has removed it. Who begins to use the files at the same moment finds
`gone_since` and brings them back, but the call that deletes them may still be on its way. Therefore `settle` follows
each deletion, and does so once more after the function has ended, even if it was killed, as its message is sent before:
it brings back what is used.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from chalicelib.aws import queues, storage, versions
from chalicelib.aws.versions import Stored
from chalicelib.config import settings
from chalicelib.domain import jobs
from chalicelib.domain.storage.collecting import DAY, Marks, Step, next_step
from chalicelib.domain.storage_keys import STORED_FILES, checksum_of
from chalicelib.models import file_references, storage_passes, stored_objects, unused_files
from chalicelib.models.base import in_parallel
from chalicelib.telemetry import count, log

MAX_SECONDS = 120  # of one step, which then queues the rest
PAGE = 500  # objects that are read together
SETTLE_DELAY = 900  # seconds after which the function that deletes files has ended, at the most that SQS allows
Counts = dict[str, int]


@dataclass(frozen=True)
class Files:
    """The stored files of one checksum, which have different extensions; almost always there is one."""

    checksum: str
    objects: list[Stored]
    marks: Marks | None  # None without an entry
    is_used: bool

    @property
    def names(self) -> list[str]:
        """Their names, "<md5>.<extension>"."""
        return [_name(one.key) for one in self.objects]

    @property
    def size(self) -> int:
        """The sum of their sizes in bytes."""
        return sum(one.size for one in self.objects)


def begin() -> None:
    """Start a collection, unless `collect_days` is 0. What it would do is in `plan`."""
    if settings().collect_days:
        run("", int(time.time()), {})


def run(after: str, began: int, counts: Counts) -> None:
    """Collect from the key `after` on, and queue the rest after MAX_SECONDS. `counts` are those of earlier steps."""
    if not settings().collect_days:
        return
    deadline, total = time.monotonic() + MAX_SECONDS, dict(counts)
    for found, last in pages(after):
        for files, step in found:
            for name, number in (("files", len(files.objects)), ("bytes", files.size)):
                total[f"{name} {step.value}"] = total.get(f"{name} {step.value}", 0) + number
        _apply(found)
        if time.monotonic() > deadline:
            rest = jobs.COLLECT_STEP.message(after=last, began=began, counts=total)
            queues.send_maintenance(rest)
            return
    storage_passes.note(storage_passes.COLLECTION, began, total)
    log.info("unused files were collected", extra={"began": began, "found": total})


Page = list[tuple[Files, Step]]


def pages(after: str = "") -> Iterator[tuple[Page, str]]:
    """The stored files after a key with their next steps, and the last key of each page. Changes nothing."""
    is_more = True
    while is_more:
        found, is_more = versions.page(STORED_FILES, after, PAGE)
        groups = [(checksum, list(some)) for checksum, some in groupby(found, lambda one: checksum_of(one.key))]
        if is_more and len(groups) > 1:
            groups.pop()  # the next page may have more of its files
        if not groups:
            return
        after = groups[-1][1][-1].key
        yield _judged([(checksum, some) for checksum, some in groups if checksum]), after


def _judged(groups: list[tuple[str, list[Stored]]]) -> Page:
    marks = unused_files.marks_of(checksum for checksum, _ in groups)
    used = dict(_uses(one.key for _, some in groups for one in some))
    recount = storage_passes.last(storage_passes.RECOUNT)
    now, recounted, grace = int(time.time()), int(recount.began) if recount else 0, settings().collect_days * DAY
    found = [
        Files(checksum, some, marks.get(checksum), any(used[one.key] for one in some)) for checksum, some in groups
    ]
    return [(files, next_step(files.is_used, files.marks or Marks(), now, grace, recounted)) for files in found]


def _uses(keys: Iterable[str]) -> Iterable[tuple[str, bool]]:
    """Each key with whether anything uses the file."""
    every = list(keys)
    return zip(every, in_parallel(lambda key: file_references.is_used(_name(key)), every), strict=True)


def _apply(page: Page) -> None:
    by_step: dict[Step, list[Files]] = {step: [] for step in Step}
    for files, step in page:
        by_step[step].append(files)
    stored_objects.renew(name for files in by_step[Step.RENEW] for name in files.names)
    in_parallel(_mark, by_step[Step.MARK])
    if by_step[Step.DELETE]:
        _delete(by_step[Step.DELETE])


def _mark(files: Files) -> None:
    first = files.objects[0]
    unused_files.mark(files.checksum, files.marks, int(time.time()), _name(first.key), first.size)


def _delete(unused: list[Files]) -> None:
    names = [name for files in unused for name in files.names]
    queues.send_maintenance(jobs.SETTLE_COLLECTED.message(names=names), delay=SETTLE_DELAY)
    began = in_parallel(_begin_deletion, unused)
    deleted = [files for files, is_theirs in zip(unused, began, strict=True) if is_theirs]
    used = dict(_uses(one.key for files in deleted for one in files.objects))
    gone = [one for files in deleted if not any(used[it.key] for it in files.objects) for one in files.objects]
    in_parallel(storage.delete, [one.key for one in gone])
    settle(names)
    count("CollectedFiles", len(gone))
    count("CollectedBytes", sum(one.size for one in gone))
    for one in gone:
        log.info("unused file deleted", extra={"file": _name(one.key), "size": one.size})


def _begin_deletion(files: Files) -> bool:
    return unused_files.begin_deletion(files.checksum, files.marks or Marks(), int(time.time()), files.names)


def settle(names: list[str]) -> None:
    """Bring files back whose deletion had begun, if anything uses them or has named them since. May run repeatedly."""
    marks = unused_files.marks_of(name[:32] for name in names)
    uses = zip(names, in_parallel(file_references.is_used, names), strict=True)
    used = {name[:32] for name, is_used in uses if is_used}
    stored_objects.bring_back(name for name in names if name[:32] in used or not _is_gone(marks.get(name[:32])))


def _is_gone(marks: Marks | None) -> bool:
    return marks is not None and marks.gone_since is not None


def _name(key: str) -> str:
    return key.rpartition("/")[2]

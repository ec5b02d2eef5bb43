"""The review of a staged tree: what differs from the live tree, level by level, for the members of a channel."""

from typing import TypedDict

from chalicelib.domain.ids import parse_id
from chalicelib.domain.trees.diff_levels import Entry, Step
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import tasks
from chalicelib.models.channels import Channel
from chalicelib.operations.access import policy
from chalicelib.operations.trees import diff_levels, tree_diff
from chalicelib.operations.trees.diff_levels import Summary

PAGE = 100  # entries
NO_LEVEL = "Nothing below this topic differs. Go back to the first level."


class Shown(TypedDict):
    """A page of a level of the difference. It is `stale` if the trees have changed since they were compared."""

    stale: bool
    summary: Summary
    path: list[Step]
    entries: list[Entry]
    unchanged: int
    page: int
    pages: int


class Comparison(TypedDict):
    """The task that compares the trees."""

    task_id: str
    progress: int
    detail: str
    seconds_left: int | None


class Review(TypedDict):
    """A staged tree in review. Without a staged tree, `staged` is empty; before it was compared, `shown` is None."""

    channel_id: str
    name: str
    may_edit: bool
    staged: str
    shown: Shown | None
    comparison: Comparison | None


def review(user: Identity, channel_id: str, topic: str = "", page: int = 1) -> Review:
    """Return a page of the differences below a topic, by default the root; compare the trees if that is needed.

    Raises NotFound if the caller is not a member of the channel, or the topic has no differences.
    """
    channel, rights = tree_diff.member(user, channel_id)
    staged = str(channel.staging_root_id or "")
    shown, comparison = _compared(user, channel, staged, topic, page) if staged else (None, None)
    return {
        "channel_id": channel.id,
        "name": channel.name,
        "may_edit": policy.may_edit(rights.role) and not channel.deleted,
        "staged": staged,
        "shown": shown,
        "comparison": comparison,
    }


def _compared(
    user: Identity, channel: Channel, staged: str, topic: str, page: int
) -> tuple[Shown | None, Comparison | None]:
    live = str(channel.root_id)
    name, stamp = tree_diff.name_of(live, staged), tree_diff.stamp_of(channel, live, staged)
    found = diff_levels.summary(name)
    is_current = found is not None and found[0] == stamp
    comparison = None if is_current else _comparison(tree_diff.start(user, channel, stamp, live, staged))
    shown = _shown(name, found[1], topic or staged, page, not is_current) if found else None
    return shown, comparison


def _comparison(task_id: str) -> Comparison:
    task = tasks.get(task_id)
    progress, detail = (int(task.progress), task.detail) if task else (0, "")
    left = tasks.seconds_left(task) if task else None
    return {"task_id": task_id, "progress": progress, "detail": detail, "seconds_left": left}


def _shown(name: str, summary: Summary, parent_id: str, page: int, stale: bool) -> Shown:
    plain = parse_id(parent_id)
    level = diff_levels.level(name, summary, plain) if plain else None
    if level is None and (summary["marks"] or not plain):
        raise NotFound(NO_LEVEL)
    total = level.get("total", len(level["entries"])) if level else 0
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    entries = diff_levels.entries(name, plain or "", level, (page - 1) * PAGE, PAGE) if level else []
    return {
        "stale": stale,
        "summary": summary,
        "path": level["path"] if level else [],
        "entries": entries,
        "unchanged": level["unchanged"] if level else 0,
        "page": page,
        "pages": pages,
    }

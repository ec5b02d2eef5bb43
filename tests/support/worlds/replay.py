"""A client that knows an earlier state of a channel, and replays the feed from there."""

from copy import copy, deepcopy
from typing import Any

from chalicelib.models import changes
from tests.support.http.client import Studio
from tests.support.worlds import contentnode
from tests.support.worlds.mirror import Mirror
from tests.support.worlds.syncing import URL

Row = dict[str, Any]
Rows = dict[tuple[str, str], Row]
# Fields of channels that no change keeps up to date: they follow from other writes.
_DERIVED = frozenset({"modified", "unpublished_changes", "count"})


class Follower:
    """One channel: its tree, and the parts of its nodes, as they were when this object was created."""

    def __init__(self, studio: Studio, channel_id: str) -> None:
        self.studio, self.channel_id = studio, channel_id
        read = studio.get(f"/api/channel/{channel_id}").json
        self.rev = changes.counter_of(channel_id).last
        self.mirror = Mirror(studio, read["root_id"])
        self.known = set(self.mirror.nodes)
        self.mirror.rows = self._read_parts()
        # The end of a publish is emitted, its beginning is not.
        self.ignored = _DERIVED if read["publishing"] else _DERIVED | {"publishing"}
        if not read["deleted"]:
            self.mirror.rows["channel", channel_id] = read

    def replay(self) -> list[int]:
        """Apply the feed, and check the result against what the API returns. Returns the types of the changes."""
        answer = self.studio.post(URL, {"channel_revs": {self.channel_id: self.rev}})
        assert answer.status == 200, answer.text
        replayed = copy(self)
        replayed.mirror = copy(self.mirror)
        for name in ("nodes", "children", "rows", "made"):
            setattr(replayed.mirror, name, deepcopy(getattr(self.mirror, name)))
        types = replayed.mirror.apply(answer.json)
        replayed.assert_true()
        return types

    def assert_true(self) -> None:
        self._compare_channel()
        live = self.mirror.rows.get(("channel", self.channel_id), {}).get("root_id", self.mirror.root)
        if live == self.mirror.root:  # otherwise, clients read the new tree
            self._compare_tree()
            self._compare_parts()

    def _compare_channel(self) -> None:
        read = self.studio.get(f"/api/channel/{self.channel_id}").json
        known = self.mirror.rows.get(("channel", self.channel_id), {"deleted": True})
        known = {name: value for name, value in known.items() if name not in self.ignored}
        assert known == {name: read[name] for name in known}

    def _compare_tree(self) -> None:
        read = self.studio.get(f"{contentnode.URL}?root_id={self.mirror.root}").json["results"]
        assert self._reachable() == {row["id"] for row in read}
        below: dict[str, list[str]] = {}
        for row in read:
            below.setdefault(str(row["parent"]), []).append(row["id"])
            known = {name: value for name, value in self.mirror.nodes[row["id"]].items() if name != "parent"}
            if "tags" in known:
                known["tags"] = sorted(known["tags"])
            assert known == {name: row[name] for name in known}
        for row in read:
            assert self.mirror.children[row["id"]] == below.get(row["id"], [])

    def _reachable(self) -> set[str]:
        found, waiting = set(), [self.mirror.root]
        while waiting:
            found.add(id := waiting.pop())
            waiting += self.mirror.children[id]
        return found

    def _compare_parts(self) -> None:
        """Compare the parts of the original nodes. Clients read those of new nodes when they learn of them."""
        self.known = self.known & self._reachable()  # a new set: copies share the old one
        read = self._read_parts()
        known = {key: row for key, row in self.mirror.rows.items() if key[0] != "channel" and self._is_of_known(row)}
        assert known.keys() == read.keys()
        for key, row in known.items():
            assert {name: read[key][name] for name in row} == row

    def _is_of_known(self, row: Row) -> bool:
        node_id = row.get("contentnode") or row.get("target_node") or (row.get("assessment_item") or "").split(",")[0]
        return node_id in self.known and row.get("prerequisite", node_id) in self.known

    def _read_parts(self) -> Rows:
        ids = ",".join(self.known)
        questions = self.studio.get(f"/api/assessmentitem?contentnode__in={ids}").json
        files = self.studio.get(f"/api/file?contentnode__in={ids}").json
        pairs = self.studio.get(f"{contentnode.URL}/{self.mirror.root}/requisites").json
        rows = {("assessmentitem", str([row["contentnode"], row["assessment_id"]])): row for row in questions}
        rows |= {("file", row["id"]): row for row in files}
        rows |= {("contentnode_prerequisite", str([row["target_node"], row["prerequisite"]])): row for row in pairs}
        return {key: row for key, row in rows.items() if self._is_of_known(row)}

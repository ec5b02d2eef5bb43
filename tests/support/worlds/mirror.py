"""A client's copy of a channel, which is changed only by the changes that it receives from sync."""

from typing import Any

from tests.support.http.client import Studio
from tests.support.worlds import contentnode, nodes
from tests.support.worlds.syncing import Client

CREATED, UPDATED, DELETED, MOVED, COPIED = range(1, 6)
Row = dict[str, Any]
# Fields of nodes that no change sets: clients see them in the tree, or they follow from other writes.
DERIVED = frozenset(
    {
        *("parent", "parent_id", "root_id", "lft", "modified", "changed", "published", "complete", "has_children"),
        "incomplete_reasons",
        *("total_count", "resource_count", "coach_count", "assessment_item_count", "error_count"),
        *("has_new_descendants", "has_updated_descendants", "original_channel_name"),
        *("thumbnail_checksum", "thumbnail_extension", "thumbnail_src"),
    }
)


def stated(row: Row) -> Row:
    """The fields of a node's row that changes keep up to date."""
    return {name: value for name, value in row.items() if name not in DERIVED}


def _fields(change: Row) -> Row:
    """The fields of a row that a change sets. Names with "__" are of the client."""
    return {name: value for name, value in change.get("mods", {}).items() if name[0] != "_"}


class Mirror:
    """Applies changes in the order of their revisions: to the tree of a channel, and to rows of other tables by key.

    It knows no rules. It reads the children of a node that is new to it, as clients do.
    """

    def __init__(self, studio: Studio, root: str) -> None:
        self.studio, self.root = studio, root
        self.nodes: dict[str, Row] = {root: stated(contentnode.row(studio, root))}
        self.children: dict[str, list[str]] = {root: []}
        self.rows: dict[tuple[str, Any], Row] = {}
        self.made: set[str] = set()  # nodes that a change has made, and no later one has moved or deleted
        self._read_below(root)

    def apply(self, response: Row) -> list[int]:
        """Apply the changes of a response; returns their types."""
        changes = sorted(response["changes"], key=lambda one: one["server_rev"])
        for change in changes:
            (self._apply_to_node if change["table"] == "contentnode" else self._apply_to_row)(change)
        return [change["type"] for change in changes]

    def _apply_to_row(self, change: Row) -> None:
        key = change["table"], str(change["key"])
        if change["type"] == DELETED:
            self.rows.pop(key, None)
        elif change["type"] == CREATED:
            self.rows[key] = change["obj"]
        else:
            self.rows.setdefault(key, {}).update(_fields(change))

    def _apply_to_node(self, change: Row) -> None:
        id, type = change["key"], change["type"]
        if type != UPDATED:  # the counts of the nodes above follow from it
            self.nodes = {known: stated(row) for known, row in self.nodes.items()}
        if type == UPDATED:
            self.nodes[id].update(_fields(change))
        elif type == DELETED:
            self.made.discard(id)
            self._take(id)
        elif type == MOVED:
            self.made.discard(id)
            self._take(id)
            if change["target"] in self.nodes:  # otherwise, it is in another channel
                self._put(id, change["target"], change["position"])
        elif type == CREATED:
            self.nodes[id] = dict(change["obj"])
            if id not in self.made:  # otherwise, its client has sent the change twice
                self._take(id)  # it may have been read already, with what is above it
                self._put(id, change["obj"]["parent"], "last-child")
                self.made.add(id)
            self._read_below(id)
        else:
            self.nodes[id] = dict(change["mods"])
            self._take(id)
            self._put(id, change["target"], change["position"])
            self._read_below(id)

    def _put(self, id: str, target: str, position: str) -> None:
        if position.endswith("child"):
            siblings = self.children[target]
            at = len(siblings) * (position == "last-child")
        else:
            siblings = next(some for some in self.children.values() if target in some)
            at = siblings.index(target) + (position == "right")
        siblings.insert(at, id)
        self.children.setdefault(id, [])

    def _take(self, id: str) -> None:
        for siblings in self.children.values():
            if id in siblings:
                siblings.remove(id)

    def _read_below(self, id: str) -> None:
        found = self.studio.get(f"{contentnode.URL}?parent={id}").json["results"]
        self.children[id] = [node["id"] for node in found]
        for node in found:
            self.nodes[node["id"]] = stated(node)
            self._read_below(node["id"])

    def assert_true(self) -> None:
        """Check that the tree and the known fields of its nodes are equal to those that the API returns."""
        waiting = [self.root]
        while waiting:
            id = waiting.pop()
            read = contentnode.row(self.studio, id)
            known = {name: value for name, value in self.nodes[id].items() if name != "parent"}
            if "tags" in known:
                known["tags"] = sorted(known["tags"])
            assert known == {name: read[name] for name in known}
            below = self.studio.get(f"{contentnode.URL}?parent={id}").json["results"]
            assert self.children[id] == [node["id"] for node in below]
            waiting += self.children[id]


class World:
    """A live channel with an exercise and two topics, and an up-to-date client of another user."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        pdf = studio.upload(b"%PDF-1.4", "pdf", "document")
        self.channel_id, chef = studio.make_channel()
        ids = studio.add(
            chef,
            nodes.exercise("e", nodes.question("q")),
            nodes.resource("d", files=[nodes.file(pdf)]),
            nodes.topic("a"),
            nodes.topic("b"),
        )
        self.e, self.d, self.a, self.b = (ids[nodes.node_id(name)] for name in "edab")
        studio.finish(self.channel_id)
        self.user_id, token = studio.sign_up("other")
        studio.share(self.channel_id, self.user_id, "edit")
        self.root = studio.get(f"/api/channel/{self.channel_id}").json["root_id"]
        self.client, self.mirror = self.following(self.channel_id, self.root, token)

    def following(self, channel_id: str, root: str, token: str = "") -> tuple[Client, Mirror]:
        client = Client(self.studio, channel_id, token)
        client.poll()
        return client, Mirror(self.studio, root)

    def write(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.studio.call(method, path, body)
        assert answer.status < 300, answer.text
        return answer.json if answer.text else None

    def synced(self) -> list[int]:
        """Sync, and check that the copy is then equal to what the API returns. Returns the types of the changes."""
        response = self.client.poll()
        creators = {
            (one["created_by_id"], one["unpublishable"]) for one in response["changes"] if one["type"] != UPDATED
        }
        assert creators <= {(self.studio.user_id, False)}
        types = self.mirror.apply(response)
        self.mirror.assert_true()
        assert self.client.poll()["changes"] == []
        return types

    def row(self, table: str, key: Any) -> Row | None:
        return self.mirror.rows.get((table, str(key)))

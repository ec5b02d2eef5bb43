"""Random histories of files: whatever happens, users are charged for what their channels use.

Expected values are computed from the stored trees and databases. A reference is never missing, not even between steps;
after the messages, and after a recount if a process was killed, the charges agree.
"""

from contextlib import suppress
from typing import Any, cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib.models import channels
from chalicelib.models.channels import tree_names
from chalicelib.models.children import Child
from chalicelib.models.nodes import Node
from chalicelib.schemas import sync
from tests.faults.feed_world import KILLED, Fault, Killed
from tests.support.aws.calls import watching
from tests.support.aws.cloud import empty_cloud
from tests.support.existing import existing
from tests.support.http.client import Answer, Studio
from tests.support.worlds import images, nodes, storage

picks = st.integers(0, 40)
names = st.integers(0, 4)
owners = st.booleans()


class Machine(RuleBasedStateMachine):
    def __init__(self, cloud: Any) -> None:
        super().__init__()
        cloud.empty()
        self.studio = Studio(cloud)
        other_id, token = self.studio.sign_up("other")
        self.tokens = {self.studio.user_id: self.studio.token, other_id: token}
        self.ids = list(self.tokens)
        self.files = self.stored_files()
        self.channels: list[str] = []
        self.is_interrupted = False
        self.number = 0
        self.revision = 0  # of the last change that was sent to sync
        self.failing: int | None = None

    def stored_files(self) -> dict[str, int]:
        """Files that others have uploaded: their names are enough to use them."""
        contents = [(b"%PDF-1.4 " + bytes([64 + number]) * 10**number, "pdf") for number in (1, 2, 3)]
        contents += [(images.png(size=(8 + number, 8)), "png") for number in range(2)]
        made = {}
        for data, extension in contents:
            made[storage.put(self.studio, data, extension)] = len(data)
        return made

    # ---- what there is ----

    @property
    def cloud(self) -> Any:
        return self.studio.cloud

    def document(self, number: int) -> str:
        return [name for name in self.files if name.endswith("pdf")][number % 3]

    def image(self, number: int) -> str:
        return [name for name in self.files if name.endswith("png")][number % 2]

    def channel(self, number: int) -> str | None:
        return self.channels[number % len(self.channels)] if self.channels else None

    def node(self, number: int, kind: str | None = None, tree: str = "main") -> Node | None:
        """A node below the root of a tree."""
        found = []
        every = {node.id: node for node in storage.stored(self.cloud, Node)}
        edges = storage.stored(self.cloud, Child)
        for channel_id in self.channels:
            stack = [tree_names(existing(channels.get(channel_id)))[tree]]
            while stack:
                parent = stack.pop()
                inside = sorted(edge.node_id for edge in edges if edge.parent_id == parent)
                found += [every[node_id] for node_id in inside if node_id in every]
                stack += inside
        found = [node for node in found if kind in (None, node.kind)]
        return found[number % len(found)] if found else None

    def root(self, channel_id: str) -> str:
        return str(existing(channels.get(channel_id)).root_id)

    # ---- requests ----

    def call(self, method: str, path: str, body: Any = None, channel_id: str | None = None) -> Answer | None:
        """Send a request by the owner of a channel, or by the first user; None if the process was killed by it."""
        channel = channels.get(channel_id) if channel_id else None
        token = self.tokens[channel.owner_id if channel and channel.owner_id else self.ids[0]]
        if self.failing is None:
            return self.studio.call(method, path, body, token)
        watch = Fault(failing=self.failing, kind=KILLED)
        self.failing = None
        with watching(watch, own=(self.cloud.dynamodb, self.cloud.s3, self.cloud.sqs)), suppress(Killed):
            return self.studio.call(method, path, body, token)
        self.is_interrupted = True
        return None

    @rule(call=st.integers(1, 12))
    def let_the_next_request_be_killed(self, call: int) -> None:
        self.failing = call

    @rule(owner=owners, number=names)
    def request_an_upload(self, owner: bool, number: int) -> None:
        name = list(self.files)[number]
        checksum, _, extension = name.partition(".")
        preset = {"pdf": "document", "png": "document_thumbnail"}[extension]
        sent = {"size": self.files[name], "checksum": checksum, "name": "a", "file_format": extension, "preset": preset}
        answer = self.studio.call("POST", "/api/file/upload_url", sent, self.tokens[self.ids[owner]])
        assert answer.status == 200

    @rule()
    def let_uploads_expire(self) -> None:
        storage.let_uploads_expire(self.studio)

    @rule(
        owner=owners, pick=picks, is_new=st.booleans(), files=st.tuples(names, names), ending=st.sampled_from(range(3))
    )
    def upload_by_chef(self, owner: bool, pick: int, is_new: bool, files: tuple[int, int], ending: int) -> None:
        """Finish the upload by staging it or deploying it, or not at all."""
        channel_id = None if is_new or len(self.channels) > 3 else self.channel(pick)
        if channel_id is None:
            self.number += 1
            channel_id = f"{self.number:032x}"
        token = self.tokens[self.ids[owner]]
        if channel_id in self.channels:
            token = self.tokens[existing(channels.get(channel_id)).owner_id]
        thumbnail = self.image(files[0]) if files[0] < 3 else None
        data = {"id": channel_id, "name": "c", "language": "en", "ricecooker_version": "0.8.0", "thumbnail": thumbnail}
        answer = self.studio.post("/api/internal/create_channel", {"channel_data": data}, token)
        assert answer.status == 200, answer.text
        self.channels = sorted({*self.channels, channel_id})
        image = self.image(files[1])
        shown = nodes.question(
            "q", question=f"![](${{☣ CONTENTSTORAGE}}/{image})", files=[nodes.file(image, "exercise_image")]
        )
        content = [
            nodes.resource("d", files=[nodes.file(self.document(files[0]))]),
            nodes.topic("t"),
            nodes.exercise("e", shown),
        ]
        body = {"root_id": answer.json["root"], "content_data": content}
        added = self.call("POST", "/api/internal/add_nodes", body, channel_id)
        if added is not None:
            assert added.status == 200, added.text
        if ending and added is not None:
            sent = {"channel_id": channel_id, "stage": ending == 1}
            self.call("POST", "/api/internal/finish_channel", sent, channel_id)

    @rule(pick=picks, what=st.sampled_from(["deploy", "rollback", "publish", "publish_draft", "publish"]))
    def act_on_channel(self, pick: int, what: str) -> None:
        channel_id = self.channel(pick)
        if channel_id:
            self.call("POST", f"/api/channel/{channel_id}/{what}", {}, channel_id)

    @rule(pick=picks)
    def delete_channel(self, pick: int) -> None:
        channel_id = self.channel(pick)
        if channel_id:
            self.call("DELETE", f"/api/channel/{channel_id}", None, channel_id)

    @rule(pick=picks)
    def restore_channel(self, pick: int) -> None:
        channel_id = self.channel(pick)
        if channel_id:
            self.call("POST", f"/api/channel/{channel_id}/restore", {}, channel_id)

    @rule(pick=picks, number=names)
    def change_thumbnail(self, pick: int, number: int) -> None:
        channel_id = self.channel(pick)
        if channel_id:
            thumbnail = self.image(number) if number < 3 else None
            self.call("PATCH", f"/api/channel/{channel_id}", {"thumbnail": thumbnail}, channel_id)

    @rule(pick=picks, number=names)
    def attach_a_file(self, pick: int, number: int) -> None:
        node = self.node(pick, "document")
        if node:
            owner_id = existing(channels.get(node.channel_id)).owner_id
            name = self.document(number)
            sent = {
                "size": self.files[name],
                "checksum": name[:32],
                "name": "a",
                "file_format": "pdf",
                "preset": "document",
            }
            row = self.studio.call("POST", "/api/file/upload_url", sent, self.tokens[owner_id]).json["file"]
            self.call(
                "PATCH", f"/api/file/{row['id']}", {"contentnode": node.id, "preset": "document"}, node.channel_id
            )

    @rule(pick=picks, number=names)
    def delete_a_file(self, pick: int, number: int) -> None:
        node = self.node(pick, "document")
        if node and node.files:
            file = node.files[number % len(node.files)]
            self.call("DELETE", f"/api/file/{file['id']}", None, node.channel_id)

    @rule(pick=picks, number=names)
    def change_a_question(self, pick: int, number: int) -> None:
        node = self.node(pick, "exercise")
        rows = self.call("GET", f"/api/assessmentitem?contentnode={node.id}", None, node.channel_id) if node else None
        if node and rows and rows.status == 200 and rows.json:
            key = f"{node.id},{rows.json[0]['assessment_id']}"
            text = f"![](${{☣ CONTENTSTORAGE}}/{self.image(number)})" if number < 4 else "none"
            self.call("PATCH", f"/api/assessmentitem/{key}", {"question": text}, node.channel_id)

    @rule(pick=picks)
    def delete_a_question(self, pick: int) -> None:
        node = self.node(pick, "exercise")
        rows = self.call("GET", f"/api/assessmentitem?contentnode={node.id}", None, node.channel_id) if node else None
        if node and rows and rows.status == 200 and rows.json:
            key = f"{node.id},{rows.json[0]['assessment_id']}"
            self.call("DELETE", f"/api/assessmentitem/{key}", None, node.channel_id)

    @rule(pick=picks, goal=picks)
    def copy_a_node(self, pick: int, goal: int) -> None:
        node, channel_id = self.node(pick), self.channel(goal)
        if node and channel_id:
            self.share(node.channel_id, channel_id)
            sent = {"target": self.root(channel_id), "position": "last-child"}
            self.call("POST", f"/api/contentnode/{node.id}/copy", sent, channel_id)

    @rule(pick=picks, goal=picks)
    def move_a_node(self, pick: int, goal: int) -> None:
        node, channel_id = self.node(pick), self.channel(goal)
        if node and channel_id:
            self.share(node.channel_id, channel_id)
            sent = {"target": self.root(channel_id), "position": "last-child"}
            self.call("POST", f"/api/contentnode/{node.id}/move", sent, channel_id)

    @rule(pick=picks)
    def update_copies_from_their_sources(self, pick: int) -> None:
        channel_id = self.channel(pick)
        if channel_id:
            self.share(*self.channels)
            self.revision += 1
            parts = dict.fromkeys(("titles_and_descriptions", "resource_details", "files", "assessment_items"), True)
            whole = {"table": "channel", "type": sync.SYNCED, "key": channel_id, "channel_id": channel_id}
            body = {"changes": [{"rev": self.revision, **whole, **parts}], "channel_revs": {channel_id: 0}}
            answer = self.call("POST", "/api/sync", body, channel_id)
            if answer is not None:
                assert (answer.status, answer.json["disallowed"]) == (200, []), answer.text

    def share(self, *channel_ids: str) -> None:
        """Let both users edit channels."""
        for channel_id in channel_ids:
            for user_id in self.ids:
                self.studio.share(channel_id, user_id, "edit")

    @rule(pick=picks)
    def trash_a_node(self, pick: int) -> None:
        node = self.node(pick)
        if node:
            self.call("DELETE", f"/api/contentnode/{node.id}", None, node.channel_id)

    @rule(pick=picks)
    def restore_a_node(self, pick: int) -> None:
        node = self.node(pick, tree="trash")
        if node:
            self.call("POST", f"/api/contentnode/{node.id}/restore", {}, node.channel_id)

    @rule(pick=picks)
    def delete_a_node_for_good(self, pick: int) -> None:
        node = self.node(pick, tree="trash")
        if node:
            self.call("DELETE", f"/api/contentnode/{node.id}?deleted=true", None, node.channel_id)

    @rule()
    def deliver(self) -> None:
        storage.drain(self.studio)

    # ---- what must hold ----

    @invariant()
    def no_use_is_without_a_reference(self) -> None:
        assert not storage.unreferenced(self.cloud)

    @invariant()
    def counters_and_items_agree(self) -> None:
        assert storage.used(self.cloud) == storage.charged(self.cloud)

    def teardown(self) -> None:
        storage.drain(self.studio)
        if self.is_interrupted:
            storage.recount_all(self.studio)
        self.no_use_is_without_a_reference()
        assert storage.used(self.cloud) == storage.expected(self.cloud, self.files)
        storage.recount_all(self.studio)
        assert storage.used(self.cloud) == storage.expected(self.cloud, self.files)


def test_random_histories_agree_with_a_recount() -> None:
    rules = settings(
        max_examples=15,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    with empty_cloud() as cloud:
        run_state_machine_as_test(cast(Any, lambda: Machine(cloud)), settings=rules)

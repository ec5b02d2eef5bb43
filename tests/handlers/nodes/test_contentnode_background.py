"""Large operations on trees: in the background, interrupted and repeated, and concurrent."""

import pytest

from chalicelib.domain import jobs
from chalicelib.errors import Busy
from chalicelib.handlers import workers
from chalicelib.models import assessment_items, channels, tree_streams, trees
from chalicelib.models.base import find
from chalicelib.models.nodes import Node, is_reserved
from chalicelib.operations.copying import node_copies
from chalicelib.operations.nodes import node_moves, propagation
from tests.models.builders import put
from tests.support.aws.calls import NeverSent, Watch, watching
from tests.support.aws.interleaved import interrupted
from tests.support.existing import existing
from tests.support.worlds import counts, nodes
from tests.support.worlds.contentnode import FLAGS, URL, children, empty_tree, make, row, values

KEY = "c" * 32


@pytest.fixture
def root(studio):
    return empty_tree(studio)


@pytest.fixture
def source(studio):
    """The id of a topic of another channel, with an exercise and two topics below it, one of which has videos."""
    channel_id, chef_root = studio.make_channel("Source")
    (topic,) = studio.add(chef_root, nodes.topic("t")).values()
    below = studio.add(topic, nodes.exercise("e", nodes.question("q")), nodes.topic("inner"), nodes.topic("empty"))
    studio.add(below[nodes.node_id("inner")], *(nodes.resource(name, "video") for name in "abc"))
    studio.finish(channel_id)
    studio.deliver("maintenance")
    return topic


@pytest.fixture
def everything_is_large(monkeypatch):
    monkeypatch.setattr(node_copies, "MIN_BACKGROUND_NODES", 1)


def copy(studio, node_id, target, status=202, **fields):
    answer = studio.post(f"{URL}/{node_id}/copy", {"target": target, "key": KEY, **fields})
    assert answer.status == status, answer.text
    return answer.json


def titles(node_id):
    return [node["title"] for node in trees.walk(node_id)]


def assert_sound(root):
    """Assert that counts are right, and that exactly one edge leads to every node of the tree."""
    assert counts.stored(root) == counts.recounted(root)
    assert len(counts.edges(root)) == len(trees.walk(root)) - 1 == len(counts.stored(root)) - 1


@pytest.mark.usefixtures("everything_is_large")
class TestLargeCopies:
    def test_run_in_a_task(self, studio, root, source):
        task_id = copy(studio, source, root, mods={"title": "new"})["task_id"]
        assert (studio.task(task_id)["status"], children(studio, root)) == ("PENDING", [])
        studio.deliver("maintenance")
        task = studio.task(task_id)
        assert (task["status"], task["progress"], task["result"]) == ("SUCCESS", 100, {"id": KEY})
        assert titles(KEY) == ["new", "e", "inner", "a", "b", "c", "empty"]
        assert [item["question"] for item in assessment_items.of(trees.walk(KEY)[1]["id"])] == ["q"]
        assert_sound(root)

    def test_create_nodes_once_if_the_message_is_delivered_twice(self, studio, root, source):
        task_id = copy(studio, source, root)["task_id"]
        studio.deliver("maintenance", times=2)
        assert (studio.task(task_id)["status"], len(titles(root))) == ("SUCCESS", 8)

    def test_are_refused_immediately_if_they_are_invalid(self, studio, root, source):
        copy(studio, source, "f" * 32, 404)
        copy(studio, source, root, 400, mods={"extra_fields": {"options": 1}})
        copy(studio, source, root, 409, key=root)
        copy(studio, source, root, 400, position="left")
        assert studio.deliver("maintenance") == 0

    def test_that_became_impossible_fail_and_leave_no_nodes(self, studio, root, source):
        target = make(studio, root)["id"]
        task_id = copy(studio, source, target)["task_id"]
        studio.call("DELETE", f"{URL}/{target}")
        before = studio.cloud.contents()["nodes"]
        studio.deliver("maintenance")
        task = studio.task(task_id)
        assert (task["status"], "trash" in task["detail"]) == ("FAILURE", True)
        assert studio.cloud.contents()["nodes"] == before

    def test_whose_target_is_deleted_meanwhile_leave_no_nodes(self, studio, root, source):
        target = make(studio, root)["id"]
        task_id = copy(studio, source, target)["task_id"]
        with interrupted(studio, lambda: studio.call("DELETE", f"{URL}/{target}")):
            node_copies.run(task_id)
        assert (studio.task(task_id)["status"], find(Node, KEY)) == ("FAILURE", None)
        assert counts.stored(root) == counts.recounted(root)

    def test_that_fail_repeatedly_end_with_status_failure(self, studio, root, source, monkeypatch):
        task_id = copy(studio, source, root)["task_id"]
        monkeypatch.setitem(workers.WORK, jobs.COPY_NODES, lambda task_id: 1 / 0)
        studio.deliver("maintenance")
        assert studio.task(task_id)["status"] == "FAILURE"

    def test_interrupted_at_any_call_are_completed_when_repeated(self, studio, root, source):
        own = (studio.cloud.dynamodb, studio.cloud.s3, studio.cloud.sqs)
        number = 0
        hit: str | bool = True
        while hit:
            key = f"{number:032x}"
            task_id = copy(studio, source, root, key=key)["task_id"]
            with watching(Watch(failing=number, answer_lost=number % 2 == 1), own=own) as watch:
                kill(lambda task_id=task_id: node_copies.run(task_id))
            hit, found = watch.hit, find(Node, key)
            assert found is None or is_reserved(found) or len(titles(key)) == 7
            node_copies.run(task_id)
            assert studio.task(task_id)["status"] == "SUCCESS"
            number += 7
        assert number > 30
        assert len(titles(root)) == 1 + 7 * (number // 7)
        assert_sound(root)


def kill(work):
    try:
        work()
    except Exception:
        return


class TestConcurrentCopiesWithOneKey:
    def test_never_mix_their_nodes(self, studio, root, source):
        """The second starts while the first is writing the descendants; one of them is completed."""
        other = make(studio, root, "other")["id"]
        for name in "xyz":
            make(studio, other, name)
        answers = []

        def second():
            answers.append(studio.post(f"{URL}/{other}/copy", {"target": root, "key": KEY}).status)

        with interrupted(studio, second):
            first = studio.post(f"{URL}/{source}/copy", {"target": root, "key": KEY}).status
        assert (first, answers) == (409, [201])
        assert titles(KEY) == ["other", "x", "y", "z"]
        assert_sound(root)

    def test_leave_no_children_of_the_first_that_the_second_excludes(self, studio, root, source):
        inner = next(node["id"] for node in trees.walk(source) if node["title"] == "inner")

        def second():
            body = {"target": root, "key": KEY, "excluded_descendants": [inner]}
            assert studio.post(f"{URL}/{source}/copy", body).status == 201

        with interrupted(studio, second):
            assert studio.post(f"{URL}/{source}/copy", {"target": root, "key": KEY}).status == 409
        assert titles(KEY) == ["t", "e", "empty"]
        assert_sound(root)

    def test_are_hidden_until_they_are_complete(self, studio, root, source):
        def look():
            assert studio.get(f"{URL}/{KEY}").status == 404
            assert studio.get(f"{URL}?id__in={KEY}").json["results"] == []
            assert studio.post(f"{URL}/{KEY}/move", {"target": root}).status == 404
            assert studio.post(URL, {"id": KEY, "parent": root, "kind": "topic", "title": "t"}).status == 409

        with interrupted(studio, look):
            copy(studio, source, root, 201)


class TestUnfinishedCopies:
    """Copies that were killed right before the commit, when all descendants were written."""

    @pytest.fixture
    def left(self, studio, root, source, monkeypatch):
        """Ids of the descendants of the top node, by title."""
        monkeypatch.setattr(node_copies, "MAX_ATTEMPT_SECONDS", 0)
        one, two, exercise = (
            next(node["id"] for node in trees.walk(source) if node["title"] == title) for title in ("a", "b", "e")
        )
        for node_id, required in ((one, [two]), (two, [exercise])):
            Node(node_id).update(actions=[Node.prerequisites.set(required), Node.requires.set("1")])
        monkeypatch.setattr(node_copies, "_commit", lambda *_: 1 / 0)
        copy(studio, source, root, 500)
        monkeypatch.undo()
        found = {node["title"]: node["id"] for node in trees.walk(KEY)}
        assert len(found) == 7
        return {title: id for title, id in found.items() if id != KEY}

    def look(self, studio, root, left):
        """Return how many of them each list shows."""
        node_ids, exercise = ",".join(left.values()), left["e"]
        pair = f"{existing(find(Node, exercise)).node_id},{row(studio, root)['channel_id']}"
        lists = [f"{URL}?id__in={node_ids}", f"{URL}?parent={KEY}", f"{URL}?ancestors_of={left['a']}"]
        lists += [f"{URL}?_node_id_channel_id___in={pair}"]
        found = [len(studio.get(path).json["results"]) for path in lists]
        return [
            *found,
            len(studio.get(f"/api/assessmentitem?contentnode__in={exercise}").json),
            len(studio.get(f"{URL}/{root}/requisites").json),
        ]

    def test_are_hidden_everywhere(self, studio, root, source, left):
        assert self.look(studio, root, left) == [0] * 6
        copy(studio, source, root, 201)
        assert self.look(studio, root, left) == [6, 3, 4, 1, 1, 2]

    def test_are_removed_later(self, studio, root, left):
        studio.deliver("maintenance", times=2)
        assert all(find(Node, id) is None for id in (KEY, *left.values()))
        assert assessment_items.of(left["e"]) == []
        assert tree_streams.below(KEY) == {KEY: []}

    def test_that_are_repeated_are_not_removed(self, studio, root, source, left):
        copy(studio, source, root, 201)
        studio.deliver("maintenance", times=2)
        assert len(titles(KEY)) == 7
        assert_sound(root)


def test_a_copy_during_a_publish_is_not_published(studio, root, source):
    """Its descendants were written before the publish, but came into the tree after it."""
    make(studio, root, "before")
    channel = existing(channels.get(row(studio, root)["channel_id"]))

    def publish():
        channel.update(actions=[type(channel).rev.add(1), type(channel).published_rev.set(channel.rev + 1)])

    with interrupted(studio, publish):
        copy(studio, source, root, 201)
    for node in trees.walk(KEY):
        assert values(studio, node["id"], FLAGS[:2]) == [False, True]


class OnceWritten(Watch):
    """Every call of AWS fails after the first new node was written into its tree."""

    def __call__(self, client, operation, arguments):
        if self.hit:
            raise NeverSent(endpoint_url=operation)
        answer = super().__call__(client, operation, arguments)
        puts = [action["Put"]["Item"] for action in arguments.get("TransactItems", []) if "Put" in action]
        self.hit = "written" if operation == "TransactWriteItems" and any("title" in put for put in puts) else ""
        return answer


class TestSuccessAfterTheWrite:
    def test_is_returned_if_the_propagation_after_a_copy_fails(self, studio, root, source, monkeypatch):
        def busy(*_):
            raise Busy("Other requests are changing the same channel. Send this request again.")

        monkeypatch.setattr(propagation, "propagate", busy)
        channel = existing(channels.get(row(studio, root)["channel_id"]))
        made = type(channel)

        def publish():
            channel.update(actions=[made.rev.add(1), made.published_rev.set(channel.rev + 1)])

        make(studio, root, "before")
        channel.refresh()
        with interrupted(studio, publish):
            assert copy(studio, source, root, 201)["id"] == KEY
        assert len(titles(KEY)) == 7

    def test_is_returned_if_reads_after_creating_a_node_fail(self, studio, root):
        path, body = URL, {"parent": root, "title": "n", "kind": "topic"}
        self.check(studio, root, path, body)

    def test_is_returned_if_reads_after_a_copy_fail(self, studio, root, source):
        (exercise,) = (node["id"] for node in trees.walk(source) if node["title"] == "e")
        self.check(studio, root, f"{URL}/{exercise}/copy", {"target": root})

    def check(self, studio, root, path, body):
        own = (studio.cloud.dynamodb, studio.cloud.s3, studio.cloud.sqs)
        with watching(OnceWritten(), own=own) as watch:
            answer = studio.post(path, body)
        assert (watch.hit, answer.status) == ("written", 201), answer.text
        assert row(studio, answer.json["id"]) == answer.json


class TestMovesToTheTrash:
    @pytest.fixture
    def topic(self, studio, root, monkeypatch):
        """Ids of a topic with too many nodes to move in one transaction, and of these nodes."""
        monkeypatch.setattr(node_moves, "MAX_MOVED_AT_ONCE", 2)
        monkeypatch.setattr(propagation, "DELAY", 0)
        topic = make(studio, root, "t")["id"]
        return topic, [node.id for node in put(Node(topic), "a", "b", "c")]

    def test_that_are_killed_after_the_commit_are_propagated_in_the_background(self, studio, root, topic, monkeypatch):
        top, below = topic
        trash = existing(channels.get(row(studio, root)["channel_id"])).trash_root_id
        monkeypatch.setattr(propagation, "complete", lambda *_: 1 / 0)
        assert studio.call("DELETE", f"{URL}/{top}").status == 500
        assert {Node.get(id).tree_id for id in below} == {root}
        studio.deliver("maintenance", times=2)
        assert {Node.get(id).tree_id for id in below} == {trash}

    def test_that_lost_a_race_propagate_nothing(self, studio, root, topic):
        top, below = topic
        before = [Node.get(id).created_rev for id in below]
        propagation.prepare(top, 1000)
        studio.deliver("maintenance")
        assert [Node.get(id).created_rev for id in below] == before

    def test_followed_by_a_restore_end_in_the_live_tree(self, studio, root, topic):
        """Messages that arrive late, in any order, propagate the tree that the node is in then."""
        top, below = topic
        studio.call("DELETE", f"{URL}/{top}")
        assert studio.post(f"{URL}/{top}/restore").status == 200
        studio.deliver("maintenance", times=2)
        assert {Node.get(id).tree_id for id in below} == {root}
        assert {Node.get(id).created_rev for id in below} == {Node.get(top).created_rev}

"""The AWS calls of a request, by name: neither more, nor none because nothing is counted."""

from tests.support.aws.calls import counting
from tests.support.worlds import nodes


def test_authenticating_takes_1_call(studio):
    with counting(studio) as watch:
        assert studio.post("/api/internal/authenticate_user_internal").status == 200
    assert watch.names == ["GetItem"]


def test_an_upload_url_takes_4_calls(studio):
    with counting(studio) as watch:
        studio.upload(b"%PDF-1.4", "pdf", "document", notified=False)
    assert watch.names == ["GetItem", "BatchGetItem", "TransactWriteItems", "PutItem"]


def test_adding_10_new_nodes_takes_5_calls(studio):
    names = [studio.upload(b"%PDF-1.4 " + str(n).encode(), "pdf", "document") for n in range(10)]
    _, root = studio.make_channel()
    documents = [nodes.resource(f"d{n}", files=[nodes.file(name)]) for n, name in enumerate(names)]
    with counting(studio) as watch:
        assert len(studio.add(root, *documents)) == 10
    assert watch.names == ["GetItem", "GetItem", "BatchGetItem", "BatchWriteItem", "TransactWriteItems"]


def test_adding_10_new_exercises_far_down_takes_6_calls(studio):
    _, parent = studio.make_channel()
    for level in range(6):
        parent = studio.add(parent, nodes.topic(f"t{level}"))[nodes.node_id(f"t{level}")]
    exercises = [nodes.exercise(f"e{n}", *(nodes.question(f"{n}.{q}") for q in range(5))) for n in range(10)]
    with counting(studio) as watch:
        assert len(studio.add(parent, *exercises)) == 10
    written = ["BatchWriteItem", "BatchWriteItem", "TransactWriteItems"]
    assert watch.names == ["GetItem", "GetItem", "BatchGetItem", *written]


def test_requesting_a_publish_takes_4_calls_and_joining_it_5(studio):
    channel_id, root = studio.make_channel()
    pdf = studio.upload(b"%PDF-1.4", "pdf", "document")
    studio.add(root, nodes.resource("d", files=[nodes.file(pdf)]))
    studio.finish(channel_id)
    for more in ([], ["GetItem"]):  # the first; one that joins it also reads its task
        with counting(studio) as watch:
            answer = studio.post("/api/internal/publish_channel", {"channel_id": channel_id})
            assert answer.status == 200
        assert watch.names == ["GetItem", "BatchGetItem", *more, "TransactWriteItems", "SendMessage"]


def test_a_diff_of_1000_names_takes_one_call_per_100(studio):
    names = [f"{n:032x}.mp4" for n in range(1000)]
    with counting(studio) as watch:
        assert studio.post("/api/internal/file_diff", names).json == names
    assert watch.names == ["GetItem", *["BatchGetItem"] * 10]

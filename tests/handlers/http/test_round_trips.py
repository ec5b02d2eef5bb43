"""The maximum number of AWS calls of a request."""

from tests.support.aws.calls import counting
from tests.support.worlds import nodes


def test_authenticating_takes_1_call(studio):
    with counting(studio) as watch:
        assert studio.post("/api/internal/authenticate_user_internal").status == 200
    assert len(watch.names) <= 1, watch.names


def test_an_upload_url_takes_4_calls(studio):
    with counting(studio) as watch:
        studio.upload(b"%PDF-1.4", "pdf", "document", notified=False)
    assert len(watch.names) <= 4, watch.names


def test_adding_10_new_nodes_takes_8_calls(studio):
    names = [studio.upload(b"%PDF-1.4 " + str(n).encode(), "pdf", "document") for n in range(10)]
    _, root = studio.make_channel()
    documents = [nodes.resource(f"d{n}", files=[nodes.file(name)]) for n, name in enumerate(names)]
    with counting(studio) as watch:
        assert len(studio.add(root, *documents)) == 10
    assert len(watch.names) <= 8, watch.names


def test_adding_10_new_exercises_far_down_takes_8_calls(studio):
    _, parent = studio.make_channel()
    for level in range(6):
        parent = studio.add(parent, nodes.topic(f"t{level}"))[nodes.node_id(f"t{level}")]
    exercises = [nodes.exercise(f"e{n}", *(nodes.question(f"{n}.{q}") for q in range(5))) for n in range(10)]
    with counting(studio) as watch:
        assert len(studio.add(parent, *exercises)) == 10
    assert len(watch.names) <= 8, watch.names


def test_requesting_a_publish_takes_5_calls(studio):
    channel_id, root = studio.make_channel()
    pdf = studio.upload(b"%PDF-1.4", "pdf", "document")
    studio.add(root, nodes.resource("d", files=[nodes.file(pdf)]))
    studio.finish(channel_id)
    for _ in ("the first", "one that joins it"):
        with counting(studio) as watch:
            answer = studio.post("/api/internal/publish_channel", {"channel_id": channel_id})
            assert answer.status == 200
        assert len(watch.names) <= 5, watch.names


def test_a_diff_of_1000_names_takes_one_call_per_100(studio):
    names = [f"{n:032x}.mp4" for n in range(1000)]
    with counting(studio) as watch:
        assert studio.post("/api/internal/file_diff", names).json == names
    assert len(watch.names) <= 11, watch.names

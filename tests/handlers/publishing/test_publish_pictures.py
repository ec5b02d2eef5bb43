"""Which stored files a publish uses for archives, thumbnails and icons: pictures that Kolibri shows, up to a size."""

import base64
import io
import json
import zipfile

import pytest
from le_utils.constants import exercises

from chalicelib.aws import storage
from chalicelib.domain import pictures
from chalicelib.domain.storage_keys import storage_key
from chalicelib.models import channels, tasks
from tests.conftest import BUCKET
from tests.support.existing import existing
from tests.support.http.recordings import store
from tests.support.worlds import images, nodes
from tests.support.worlds.published import lookup, rows

VIDEO = b"\x00\x00\x00\x18ftypmp42" + b"video" * 100
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'
QTI = (
    '<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="a" title="a" adaptive="false"'
    ' time-dependent="false"><qti-item-body><p><img src="{}" alt="a"/></p></qti-item-body></qti-assessment-item>'
)
ARCHIVES = """select f.local_file_id, f.extension from content_file f join content_contentnode n on n.id =
    f.contentnode_id where f.preset in ('exercise', 'qti') and n.title = 'e'"""
THUMBNAILS = "select local_file_id, extension from content_file where thumbnail"


def naming(*names):
    """A question whose text shows stored files."""
    return nodes.question(" ".join(f"![](${{☣ CONTENTSTORAGE}}/{name})" for name in names))


def raw(names):
    text = json.dumps({"question": {"content": naming(*names)["question"]}})
    return nodes.question("q", type="perseus_question", raw_data=text, answers="[]", hints="[]")


def qti(names):
    (name,) = names
    return nodes.question("q", type="QTI", raw_data=QTI.format(name), answers="[]", hints="[]")


def published(studio, *added, **fields):
    """Publish a channel of these nodes: (channel id, task)."""
    channel_id, root = studio.make_channel(**fields)
    studio.add(root, *added)
    studio.finish(channel_id)
    task = studio.publish(channel_id)
    assert task["status"] == "SUCCESS"
    return channel_id, task


def detail(task):
    return existing(tasks.get(task["task_id"])).detail


def archive(studio, channel_id):
    """The names of the members in the archive of exercise "e"."""
    ((checksum, extension),) = rows(studio, channel_id, ARCHIVES)
    data = studio.cloud.s3.get_object(Bucket=BUCKET, Key=storage_key(checksum, extension))["Body"].read()
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        return {name.rpartition("/")[2] for name in members.namelist()}


@pytest.fixture
def reads(monkeypatch):
    """The bytes that are downloaded, by key."""
    read: dict[str, int] = {}
    get = storage._get

    def counting(key, limit=None):
        answer = get(key, limit)
        read[key] = answer["ContentLength"]
        return answer

    monkeypatch.setattr(storage, "_get", counting)
    return read


@pytest.mark.parametrize("question", [lambda names: naming(*names), raw, qti])
def test_a_file_that_is_not_a_picture_is_not_even_downloaded_for_an_archive(studio, reads, question):
    name = store(studio, VIDEO, "mp4")
    channel_id, task = published(studio, nodes.exercise("e", question([name])))
    assert name not in archive(studio, channel_id)
    assert storage_key(*name.split(".")) not in reads
    assert name in detail(task)


def test_the_note_is_repeated_by_a_publish_that_uses_the_same_archive(studio):
    name = store(studio, VIDEO, "mp4")
    channel_id, _ = published(studio, nodes.exercise("e", naming(name)))
    assert name in detail(studio.publish(channel_id))


def test_a_file_that_only_claims_to_be_a_picture_is_left_out(studio):
    name = store(studio, VIDEO, "png")
    channel_id, task = published(studio, nodes.exercise("e", naming(name)))
    assert name not in archive(studio, channel_id)
    assert name in detail(task)


def test_the_name_of_a_stored_picture_or_graphie_is_enough_to_use_it(studio):
    names = [store(studio, images.png("green"), "png"), store(studio, SVG, "svg")]
    graphie = store(studio, f'<svg/>{exercises.GRAPHIE_DELIMITER}{{"labels": []}}'.encode(), "graphie")
    file = nodes.file(graphie, "exercise_graphie", original_filename="af32c")
    question = naming(*names)
    channel_id, task = published(studio, nodes.exercise("e", {**question, "files": [file]}))
    assert archive(studio, channel_id) >= {*names, "af32c.svg", "af32c-data.json"}
    assert "left out" not in detail(task)


def test_a_picture_that_is_too_large_is_left_out_before_its_bytes_are_read(studio, reads, monkeypatch):
    name, small = store(studio, images.png("red", (50, 50)) + b"\0" * 3000, "png"), store(studio, images.png(), "png")
    monkeypatch.setattr(pictures, "MAX_PICTURE_BYTES", 3000)
    channel_id, task = published(studio, nodes.exercise("e", naming(name, small)))
    assert small in archive(studio, channel_id)
    assert name not in archive(studio, channel_id)
    assert storage_key(*name.split(".")) not in reads
    assert name in detail(task)


def test_the_pictures_of_one_exercise_have_a_limit_together(studio, monkeypatch):
    names = sorted(store(studio, images.png(colour), "png") for colour in ("red", "green", "blue"))
    monkeypatch.setattr(pictures, "MAX_PICTURES_BYTES", 2 * len(images.png("red")) + 10)
    channel_id, task = published(studio, nodes.exercise("e", naming(*names)))
    assert len(archive(studio, channel_id) & set(names)) == 2
    assert names[2] in detail(task)


@pytest.mark.parametrize("data", [VIDEO, b"no picture"])
def test_a_thumbnail_that_is_no_picture_is_left_out(studio, data):
    good, bad = store(studio, images.png("navy"), "png"), store(studio, data, "png")
    files = [nodes.file(name, "exercise_thumbnail") for name in (good, bad)]
    added = [nodes.exercise(f"e{n}", nodes.question(f"q{n}"), files=[file]) for n, file in enumerate(files)]
    channel_id, task = published(studio, *added)
    assert len(rows(studio, channel_id, THUMBNAILS)) == 1
    assert bad in detail(task)


def test_a_video_as_thumbnail_of_a_node_is_left_out(studio, reads):
    video = store(studio, VIDEO, "mp4")
    exercise = nodes.exercise("e", nodes.question("q"), files=[nodes.file(video, "exercise_thumbnail")])
    channel_id, task = published(studio, exercise)
    assert rows(studio, channel_id, THUMBNAILS) == []
    assert storage_key(*video.split(".")) not in reads
    assert video in detail(task)


def icon_of(studio, channel_id):
    return existing(lookup(studio, channel_id))["icon_encoding"] or ""


@pytest.mark.parametrize(("data", "limit"), [(VIDEO, 10_000), (images.png("red", (80, 80)) + b"\0" * 5000, 5000)])
def test_a_stored_thumbnail_of_a_channel_that_is_unusable_makes_no_icon(studio, monkeypatch, data, limit):
    monkeypatch.setattr("chalicelib.operations.freezing.stored_pictures.MAX_PICTURE_BYTES", limit)
    name = store(studio, data, "png")
    channel_id, _ = published(studio, nodes.exercise("e", nodes.question("q")), thumbnail=name)
    assert icon_of(studio, channel_id) == ""


def test_a_video_stored_as_thumbnail_by_an_earlier_version_is_not_read(studio, reads):
    name = store(studio, VIDEO, "mp4")
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    channels.change(existing(channels.get(channel_id)), {"thumbnail": name})
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert icon_of(studio, channel_id) == ""
    assert storage_key(*name.split(".")) not in reads


def test_a_cropped_thumbnail_that_is_no_picture_gives_way_to_the_thumbnail(studio):
    channel_id, root = studio.make_channel(thumbnail=store(studio, images.png("teal"), "png"))
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    uri = "data:image/png;base64," + base64.b64encode(VIDEO).decode()
    assert studio.call("PATCH", f"/api/channel/{channel_id}", {"thumbnail_encoding": {"base64": uri}}).status == 200
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert icon_of(studio, channel_id).startswith("data:image/png;base64,iVBOR")


MESSAGE = "A channel's thumbnail is a picture"


def test_a_channel_refuses_a_thumbnail_that_is_no_picture(studio):
    video = store(studio, VIDEO, "mp4")
    channel_id, _ = studio.make_channel()
    sent = {"id": "c" * 32, "name": "C", "language": "en", "thumbnail": video}
    answers = [
        studio.post("/api/internal/create_channel", {"channel_data": sent}),
        studio.post("/api/channel", {"name": "C", "thumbnail": video}),
        studio.call("PATCH", f"/api/channel/{channel_id}", {"thumbnail": video}),
    ]
    assert [answer.status for answer in answers] == [400] * 3
    assert all(MESSAGE in answer.text for answer in answers)
    assert existing(channels.get(channel_id)).thumbnail is None

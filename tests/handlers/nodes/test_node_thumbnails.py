"""The picture that a curator selects for a node, and the published thumbnail."""

import base64
import io

import pytest
from PIL import Image

from chalicelib.domain.storage_keys import storage_key
from tests.conftest import BUCKET
from tests.support.worlds import nodes
from tests.support.worlds.contentnode import URL, change, empty_tree, make, row
from tests.support.worlds.images import png
from tests.support.worlds.published import rows

THUMBNAILS = """select f.local_file_id, f.preset from content_file f join content_contentnode n
    on n.id = f.contentnode_id where f.thumbnail and n.title = 'd'"""


def picture(colour, side=900):
    return "data:image/png;base64," + base64.b64encode(png(colour, (side, side))).decode()


@pytest.fixture
def published(studio):
    """A published channel with a document that has a thumbnail file."""
    channel_id, root = studio.make_channel()
    pdf = nodes.file(studio.upload(b"%PDF", "pdf", "document"))
    thumbnail = nodes.file(studio.upload(png("red"), "png", "document_thumbnail"), "document_thumbnail")
    (node_id,) = studio.add(root, nodes.resource("d", files=[pdf, thumbnail])).values()
    studio.finish(channel_id)
    studio.publish(channel_id)
    return channel_id, node_id


def thumbnail_of(studio, channel_id):
    ((checksum, preset),) = rows(studio, channel_id, THUMBNAILS)
    data = studio.cloud.s3.get_object(Bucket=BUCKET, Key=storage_key(checksum, "png"))["Body"].read()
    image = Image.open(io.BytesIO(data))
    return preset, image.size, image.convert("RGB").getpixel((0, 0))


def test_replaces_the_thumbnail_file_when_published(studio, published):
    channel_id, node_id = published
    assert thumbnail_of(studio, channel_id) == ("document_thumbnail", (320, 180), (255, 0, 0))
    change(studio, node_id, thumbnail_encoding={"base64": picture("blue")})
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert thumbnail_of(studio, channel_id) == ("document_thumbnail", (400, 400), (0, 0, 255))
    change(studio, node_id, thumbnail_encoding=None)
    studio.publish(channel_id)
    assert thumbnail_of(studio, channel_id) == ("document_thumbnail", (320, 180), (255, 0, 0))


def test_is_published_for_a_node_without_a_thumbnail_file(studio):
    root = empty_tree(studio)
    channel_id = row(studio, root)["channel_id"]
    (topic,) = [make(studio, root, "d", thumbnail_encoding={"base64": picture("green", 50)})["id"]]
    body = {"target": topic, "mods": {"title": "copy"}}
    source, chef_root = studio.make_channel("Source")
    file = nodes.file(studio.upload(b"%PDF", "pdf", "document"))
    (document,) = studio.add(chef_root, nodes.resource("x", files=[file])).values()
    studio.finish(source)
    assert studio.post(f"{URL}/{document}/copy", body).status == 201
    studio.publish(channel_id)
    assert thumbnail_of(studio, channel_id) == ("topic_thumbnail", (50, 50), (0, 128, 0))


@pytest.mark.parametrize(
    "text", ["data:image/png;base64,AAAA", "data:image/png;base64,%%%", "data:image/svg+xml,<svg/>"]
)
def test_that_is_not_an_image_leaves_the_thumbnail_file(studio, published, text):
    channel_id, node_id = published
    change(studio, node_id, thumbnail_encoding={"base64": text}, description="changed")
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert thumbnail_of(studio, channel_id)[1] == (320, 180)


@pytest.mark.parametrize(
    "value",
    [
        {"base64": "javascript:alert(1)"},
        {"base64": "data:image/png;base64," + "A" * 50_000},
        {"base64": 1},
        {"base64": "data:image/png;base64,AA", "scale": "big"},
        {"startX": 1e9},
        [],
        "data:image/png;base64,AA",
    ],
)
def test_is_validated_like_that_of_a_channel(studio, value):
    node = make(studio, empty_tree(studio))
    answer = studio.call("PATCH", f"{URL}/{node['id']}", {"thumbnail_encoding": value})
    assert (answer.status, set(answer.json)) == (400, {"thumbnail_encoding"})
    assert row(studio, node["id"])["thumbnail_encoding"] is None


def test_is_copied(studio):
    root = empty_tree(studio)
    node = make(studio, root, thumbnail_encoding={"base64": picture("red", 5), "scale": 2})
    copied = studio.post(f"{URL}/{node['id']}/copy", {"target": root}).json
    assert copied["thumbnail_encoding"] == node["thumbnail_encoding"]
    assert copied["thumbnail_src"] == picture("red", 5)

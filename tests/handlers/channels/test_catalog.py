"""The catalog: the published version of public channels, open to everyone."""

from urllib.parse import quote

import pytest
from le_utils.constants.labels import subjects

from tests.support.aws.calls import counting
from tests.support.http.recordings import store
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes
from tests.support.worlds.publishing import publish

LIST = "/api/catalog"
# As recorded, without what Studio answers there by mistake ("published": "main_tree__published").
FIELDS = {"id", "name", "description", "thumbnail", "thumbnail_url", "thumbnail_encoding", "language"}
FIELDS |= {"primary_token", "count", "public", "last_published", "demo_server_url"}


def listed(studio, query="?public=true", token=None):
    answer = studio.get(LIST + query, token)
    assert answer.status == 200, answer.text
    return answer.json


def names(studio, query="?public=true"):
    return [row["name"] for row in listed(studio, query)]


def test_describes_a_channel(studio):
    picture = store(studio, b"png", "png")
    same = nodes.node_id("content")
    first, second = (nodes.exercise(name, nodes.question("q"), content_id=same) for name in "ab")
    channel_id = publish(studio, first, second, public=True, name="Maths", description="d", thumbnail=picture)
    (row,) = listed(studio)
    channel = studio.get(f"/api/channel/{channel_id}").json
    assert row.keys() == FIELDS
    assert row["count"] == 1
    for name in FIELDS - {"count"}:
        assert row[name] == channel[name], name
    assert row["thumbnail_url"].endswith(picture)
    assert studio.get(f"{LIST}/{channel_id}", token=None).json == row


def test_a_list_needs_a_filter(studio):
    for query in ("", "?page_size=2", "?page=1", "?ordering=name", "?search=a"):
        for token in (None, ""):
            answer = studio.get(LIST + query, token)
            assert (answer.status, answer.json["error"]) == (412, "No valid filter parameters supplied")


def test_has_public_channels_only(studio):
    public, private = publish(studio, name="public", public=True), publish(studio, name="private")
    assert names(studio) == ["public"]
    assert names(studio, f"?id__in={public},{private},{NOTHING}") == ["public"]
    assert studio.get(f"{LIST}/{private}").status == 404
    assert studio.get(f"{LIST}/x").status == 404
    for excluded in ("?public=false", "?published=false", "?deleted=true"):
        assert names(studio, excluded) == []
    studio.call("DELETE", f"/api/channel/{public}")
    studio.deliver()
    assert names(studio) == []
    assert studio.get(f"{LIST}/{public}").status == 404


def test_the_highest_priority_comes_first_then_names(studio):
    ids = {name: publish(studio, name=name, public=True) for name in ("b", "A", "c")}
    assert names(studio) == ["A", "b", "c"]
    admin = studio.sign_up("admin", is_admin=True)[1]
    changes = {"priority": 5, "demo_server_url": "https://demo.example.org"}
    assert studio.call("PATCH", f"/api/admin-channels/{ids['c']}", changes, admin).status == 200
    studio.deliver()
    assert names(studio) == ["c", "A", "b"]
    assert listed(studio)[0]["demo_server_url"] == "https://demo.example.org"
    assert names(studio, "?public=true&ordering=-name") == ["c", "b", "A"]
    assert names(studio, "?public=true&search=B") == ["b"]


@pytest.fixture
def two(studio):
    """A channel with a video that has all metadata, and one with an exercise."""
    video = nodes.resource(
        "v",
        "video",
        [
            nodes.file(store(studio, b"mp4", "mp4"), "high_res_video"),
            nodes.file(store(studio, b"vtt", "vtt"), "video_subtitle", language="sw"),
        ],
        language="fr",
        role="coach",
        tags=["sea"],
        license="CC BY-SA",
        categories=[subjects.ALGEBRA],
    )
    publish(studio, video, name="One", description="Deep water", public=True)
    publish(studio, "e", name="Two", language="en", public=True)


FILTERS = {
    "keywords=deep%20one": ["One"],
    "keywords=SEA": ["One"],
    "keywords=zz": [],
    "languages=fr": ["One"],
    "languages=SW": ["One"],
    "languages=sw,en": ["One", "Two"],
    "kinds=video": ["One"],
    "kinds=exercise,video": ["One", "Two"],
    "licenses=CC%20BY-SA": ["One"],
    "licenses=1": ["Two"],
    "coach=true": ["One"],
    "coach=false": ["Two"],
    "assessments=true": ["Two"],
    "assessments=false": ["One"],
    "subtitles=true": ["One"],
    "subtitles=false": ["Two"],
    f"categories={quote(subjects.ALGEBRA)}": ["One"],
    f"categories={quote(subjects.MATHEMATICS)}": ["One"],
    "categories=algebra,reading": ["One"],
    "categories=history": [],
    "published=true": ["One", "Two"],
}


def test_filters(studio, two):
    for query, wanted in FILTERS.items():
        assert names(studio, f"?{query}") == wanted, query
    assert names(studio, "?kinds=video&languages=sw&coach=true") == ["One"]
    assert names(studio, "?kinds=video&assessments=true") == []


def test_a_collection_is_named_by_its_token_or_its_id(studio, two):
    (one,) = listed(studio, "?keywords=one")
    made = studio.post("/api/channelset", {"name": "s", "channels": [one["id"]]}).json
    token = made["secret_token"]
    for name in (made["id"], token, f"{token[:5]}-{token[5:]}".upper()):
        assert names(studio, f"?collection={name}") == ["One"]
    for name in (one["primary_token"], NOTHING, "x"):
        assert names(studio, f"?collection={name}") == []


def test_pages(studio):
    for name in "abc":
        publish(studio, name=name, public=True)
    page = listed(studio, "?public=true&page_size=2&page=2")
    assert [row["name"] for row in page["results"]] == ["c"]
    assert (page["count"], page["total_pages"], page["next"]) == (3, 2, None)
    assert studio.get(f"{LIST}?public=true&page_size=2&page=3").status == 404


def test_does_not_read_channels(studio):
    publish(studio, public=True)
    listed(studio)
    with counting(studio) as watch:
        listed(studio)
    assert watch.names == ["GetItem"]  # which index is the newest


@pytest.mark.parametrize("query", ["id__in=x", "kinds=x", "licenses=x", "coach=x", "languages=!", "page_size=0"])
def test_bad_input_is_refused(studio, query):
    answer = studio.get(f"{LIST}?public=true&{query}", token=None)
    assert (answer.status, list(answer.json)) == (400, [query.partition("=")[0]])

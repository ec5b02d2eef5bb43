"""Lists of nodes by `kind` or `complete` alone: those of the channels that one edits, views or has bookmarked."""

import pytest

from chalicelib.models.channel_members import EDIT, VIEW, ChannelMember
from chalicelib.operations.nodes import node_reads
from tests.support.aws.calls import counting
from tests.support.http.client import query_of
from tests.support.worlds import nodes
from tests.support.worlds.contentnode import URL, make


@pytest.fixture
def someone(studio):
    """(user id, token) of a user who has no channel yet."""
    return studio.cloud.once("someone", lambda: studio.sign_up("someone"))


def channel(studio, title, publish=False, **fields):
    """A channel with a topic and, in it, an exercise with this title."""
    channel_id, root = studio.make_channel()
    topics = studio.add(root, nodes.topic(f"topic of {title}"))
    (topic,) = topics.values()
    studio.add(topic, nodes.exercise(title, nodes.question("q"), **fields))
    studio.finish(channel_id)
    if publish:
        assert studio.publish(channel_id)["status"] == "SUCCESS"
        studio.make_public(channel_id)
    return channel_id


def walk(studio, query, token):
    """The titles on each page."""
    pages, more = [], query
    while more:
        answer = studio.get(f"{URL}?{more}", token)
        assert answer.status == 200, answer.text
        pages.append([node["title"] for node in answer.json["results"]])
        more = answer.json["more"] and "&".join(f"{name}={value}" for name, value in answer.json["more"].items())
        assert not more or query_of(f"?{more}").keys() >= query_of(f"?{query}").keys()
    return pages


@pytest.fixture
def world(studio, someone):
    return studio.cloud.once("channels everywhere", lambda: _world(studio, someone))


def _world(studio, someone):
    edited, viewed = channel(studio, "edited"), channel(studio, "viewed")
    marked, public = channel(studio, "marked", publish=True), channel(studio, "public", publish=True)
    channel(studio, "of others")
    gone = channel(studio, "deleted")
    for channel_id, role in ((edited, EDIT), (viewed, VIEW), (gone, EDIT)):
        studio.share(channel_id, someone[0], role)
    for channel_id in (marked, edited):
        assert studio.post("/api/bookmark", {"channel": channel_id}, someone[1]).status == 201
    assert studio.call("DELETE", f"/api/channel/{gone}").status == 204
    assert public
    studio.deliver()
    return someone[1]


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize("ordering", ["lft", "-lft", "title", "-title"])
def test_kind_lists_ones_own_and_bookmarked_channels_once(studio, world, size, ordering):
    pages = walk(studio, f"kind=exercise&max_results={size}&ordering={ordering}", world)
    assert all(len(page) <= size for page in pages)
    titles = [title for page in pages for title in page]
    assert sorted(titles) == ["edited", "marked", "viewed"]
    if "title" in ordering:
        assert titles == sorted(titles, reverse=ordering.startswith("-"))


def test_complete_lists_them_too(studio, world):
    for complete in ("true", "false"):
        titles = [title for page in walk(studio, f"complete={complete}&kind=topic", world) for title in page]
        assert ("topic of viewed" in titles) == (complete == "true")


def test_a_user_without_channels_gets_an_empty_list(studio, someone):
    assert walk(studio, "kind=topic", someone[1]) == [[]]


@pytest.mark.parametrize("query", ["", "ordering=title", "max_results=5", "lft__gt=1", "kind="])
def test_other_parameters_are_not_enough(studio, query):
    assert studio.get(f"{URL}?{query}").status == 412


def test_what_is_bookmarked_but_no_longer_public_is_left_out(studio, someone):
    channel_id = channel(studio, "withdrawn", publish=True)
    studio.post("/api/bookmark", {"channel": channel_id}, someone[1])
    studio.make_public(channel_id, False)
    assert walk(studio, "kind=exercise", someone[1]) == [[]]


@pytest.mark.parametrize("cursor", ["0" * 32, "x"])
def test_an_unknown_cursor_is_refused(studio, world, cursor):
    assert studio.get(f"{URL}?kind=exercise&cursor={cursor}", world).status == 400


def test_a_channel_left_between_two_pages_is_omitted(studio, someone):
    for title in "abc":
        studio.share(channel(studio, title), someone[0], VIEW)
    first = studio.get(f"{URL}?kind=exercise&max_results=1", someone[1]).json
    (seen,) = first["results"]
    ChannelMember(someone[0], seen["channel_id"]).delete()
    rest = walk(studio, "&".join(f"{name}={value}" for name, value in first["more"].items()), someone[1])
    assert sorted([seen["title"], *(title for page in rest for title in page)]) == ["a", "b", "c"]


def test_a_page_takes_a_bounded_number_of_reads_and_may_be_short(studio, someone, monkeypatch):
    monkeypatch.setattr(node_reads, "MAX_EXAMINED_EVERYWHERE", 6)
    monkeypatch.setattr(node_reads, "_PART", 3)
    for title in "abcde":
        studio.share(channel(studio, title), someone[0], VIEW)
    pages, more = [], {"kind": "exercise", "max_results": "3"}
    while more:
        with counting(studio) as calls:
            answer = studio.get(f"{URL}?{'&'.join(f'{name}={value}' for name, value in more.items())}", someone[1]).json
        assert len(calls.names) <= 20, calls.names
        pages.append(len(answer["results"]))
        more = answer["more"]
    assert sum(pages) == 5
    assert min(pages) < 3


@pytest.mark.parametrize("ordering", ["lft", "-lft"])
def test_a_cursor_whose_node_was_deleted_is_refused_instead_of_omitting_nodes(studio, ordering):
    channel_id, root = studio.make_channel()
    studio.add(root, *(nodes.exercise(title, nodes.question(title)) for title in "abc"))
    studio.finish(channel_id)
    first = studio.get(f"{URL}?kind=exercise&max_results=1&ordering={ordering}").json
    assert studio.call("DELETE", f"{URL}/{first['more']['cursor']}").status == 204
    answer = studio.get(f"{URL}?{'&'.join(f'{name}={value}' for name, value in first['more'].items())}")
    assert answer.status == 400
    assert "Start again" in answer.json["detail"]


def test_an_ordering_of_too_many_nodes_is_refused_before_trees_are_read(studio, someone, monkeypatch):
    for title in "abcde":
        studio.share(channel(studio, title), someone[0], VIEW)
    assert len(walk(studio, "kind=exercise&ordering=title", someone[1])[0]) == 5
    monkeypatch.setattr(node_reads, "MAX_SORTED", 14)  # there are 15
    with counting(studio) as calls:
        answer = studio.get(f"{URL}?kind=exercise&ordering=-modified&max_results=2", someone[1])
    assert answer.status == 400
    assert "root_id" in answer.json["detail"]
    assert len(calls.names) <= 6, calls.names
    monkeypatch.setattr(node_reads, "MAX_SORTED", 4)  # fewer than channels
    assert studio.get(f"{URL}?kind=exercise&ordering=title", someone[1]).status == 400
    assert len(walk(studio, "kind=exercise&ordering=lft", someone[1])[0]) == 5


def test_other_trees_and_the_trash_are_left_out(studio, someone):
    channel_id = channel(studio, "live")
    studio.share(channel_id, someone[0], EDIT)
    root = studio.get(f"/api/channel/{channel_id}").json["root_id"]
    studio.call("DELETE", f"{URL}/{make(studio, root, 'trashed')['id']}")
    _, staged = studio.make_channel(channel_id=channel_id)
    studio.add(staged, nodes.topic("staged"))
    studio.finish(channel_id, stage=True)
    assert {title for page in walk(studio, "kind=topic", someone[1]) for title in page} == {"Channel", "topic of live"}

"""The public API shows published content of visible channels, and nothing else."""

import uuid
from typing import Any

import pytest

from chalicelib import __version__
from chalicelib.http import router
from chalicelib.models import channels
from chalicelib.models.channels import Channel
from chalicelib.operations.public import public_index_update
from tests.support.aws.calls import counting, strictly
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes, publishing

LIST = "/api/public/v1/channels"
CACHED = "public, max-age=300, stale-while-revalidate=100"


def publish(studio, name="Channel", public=False, **fields):
    """(id, token) of a published channel."""
    exercise = nodes.exercise(f"e {name}", nodes.question("q"), tags=[f"tag {name}"[:30]])
    channel_id = publishing.publish(studio, exercise, name=name, public=public, **fields)
    return channel_id, existing(channels.get(channel_id)).primary_token


def get(studio, path):
    return studio.get(path, token=None)


def listed(studio, query=""):
    answer = get(studio, f"{LIST}{query}")
    assert answer.status == 200, answer.text
    return [entry["id"] for entry in answer.json]


def paths_of(channel_id):
    return f"{LIST}/lookup/{channel_id}", f"/api/public/channel/{channel_id}"


def test_public_channels_are_listed_by_name_whatever_its_case(studio):
    names = ["beta", "Alpha", "gamma", "ÁLPHA"]
    ids = {name: publish(studio, name, public=True)[0] for name in names}
    assert listed(studio)[:3] == [ids[name] for name in ("Alpha", "beta", "gamma")]
    assert set(listed(studio)) == set(ids.values())


def test_a_private_channel_is_not_listed_but_found_by_its_id_and_token(studio):
    channel_id, token = publish(studio)
    assert listed(studio) == []
    for identifier in (channel_id, str(uuid.UUID(channel_id)), channel_id.upper(), token, token.upper()):
        answer = get(studio, f"{LIST}/lookup/{identifier}")
        assert [entry["id"] for entry in answer.json] == [channel_id]
        assert answer.json[0]["public"] is False
    assert get(studio, f"/api/public/channel/{channel_id}").status == 200


def test_a_token_lists_private_channels(studio):
    one, token = publish(studio, "One")
    two, other = publish(studio, "Two")
    public, public_token = publish(studio, "Public", public=True)
    assert listed(studio, f"?tokens={token}") == [one, public]
    dashed = f"{other[:5]}-{other[5:].upper()}"
    answer = get(studio, f"{LIST}?tokens={token},%20{dashed},,unknown,{public_token}")
    assert {entry["id"]: entry["matching_tokens"] for entry in answer.json} == {
        one: [token],
        two: [other],
        public: [public_token],
    }
    assert sorted(listed(studio, f"?tokens={token}&tokens={other}")) == sorted([one, two, public])


def test_an_unknown_token_finds_nothing(studio):
    publish(studio)
    assert listed(studio, "?tokens=abcde-fghij") == []
    assert listed(studio, "?tokens=") == listed(studio, "?tokens=,,%20,") == []


@pytest.mark.parametrize("state", ["new", "uploaded", "staged", "live", "failed"])
def test_an_unpublished_channel_is_not_found(studio, state):
    channel_id, root = studio.make_channel()
    if state != "new":
        studio.add(root, nodes.exercise("e", nodes.question("q")) if state != "failed" else nodes.topic("t"))
    if state in ("staged", "live", "failed"):
        studio.finish(channel_id, stage=state == "staged")
    if state == "failed":
        assert studio.publish(channel_id)["status"] == "FAILURE"
    administrator = studio.sign_up("administrator", is_admin=True)[1]
    answer = studio.call("PATCH", f"/api/admin-channels/{channel_id}", {"public": True}, administrator)
    assert answer.json["public"] is True
    studio.deliver()
    assert listed(studio) == []
    assert [get(studio, path).status for path in paths_of(channel_id)] == [404, 404]


def test_a_deleted_channel_is_not_found(studio):
    channel_id, token = publish(studio, public=True)
    Channel(channel_id).update([Channel.deleted.set(True)])
    public_index_update.refresh([channel_id])
    assert listed(studio) == listed(studio, f"?tokens={token}") == []
    for path in (*paths_of(channel_id), f"{LIST}/lookup/{token}"):
        assert get(studio, path).status == 404


def test_unpublished_changes_are_not_visible(studio):
    channel_id, token = publish(studio, "Old", description="old", public=True)
    _, root = studio.make_channel("New", channel_id, description="new")
    studio.add(root, nodes.exercise("new", nodes.question("q")))
    studio.finish(channel_id)
    for path in (LIST, f"{LIST}/lookup/{channel_id}", f"{LIST}/lookup/{token}"):
        (entry,) = get(studio, path).json
        assert (entry["name"], entry["description"], entry["version"]) == ("Old", "old", 1)
    short = get(studio, f"/api/public/channel/{channel_id}").json
    assert short == {"name": "Old", "description": "old", "version": 1}


def test_a_keyword_is_searched_in_name_description_and_tags(studio):
    channel_id, _ = publish(studio, "Algebra", public=True, description="All about numbers")
    for keyword in ("", "alg", "ALG", "%20algebra%20", "numbers", "tag%20alg"):
        assert listed(studio, f"?keyword={keyword}") == [channel_id], keyword
    for keyword in ("geometry", "[", "%ff", ".*", "x" * 1000):
        assert listed(studio, f"?keyword={keyword}") == [], keyword
    for keyword in ("%00", "x" * 1001):
        assert set(get(studio, f"{LIST}?keyword={keyword}").json) == {"keyword", "error", "detail"}


def test_a_language_matches_the_channel_or_its_nodes(studio):
    english, _ = publish(studio, "English", public=True)
    french, _ = publish(studio, "French", public=True, language="fr")
    assert listed(studio, "?language=en") == [english]
    assert listed(studio, "?language=FR") == [french]
    assert listed(studio, "?language=sw") == []
    assert listed(studio, "?language=fr&keyword=english") == []


def test_public_reads_are_cacheable_and_anonymous(studio):
    channel_id, token = publish(studio, public=True)
    for path in (LIST, f"{LIST}/lookup/{token}", *paths_of(channel_id)):
        answers = [studio.get(path, sent) for sent in (None, "0" * 40, studio.token)]
        assert {answer.headers["Cache-Control"] for answer in answers} == {CACHED}
        assert len({answer.text for answer in answers}) == 1


def test_not_found_errors_have_the_texts_of_the_specification(studio):
    assert get(studio, f"/api/public/channel/{NOTHING}").json["error"] == f"Channel with id {NOTHING} not found"
    assert get(studio, f"{LIST}/lookup/none").json["error"] == "No channel matching none found"


BAD = ["bad", "%00", "%ff%fe", "-", "%20", "%2F", "%F0%9F%8C%8D", "a" * 10_000, "..", "'", "%", "%zz", "²" * 32]


@pytest.mark.parametrize("identifier", BAD, ids=range(len(BAD)))
def test_an_invalid_identifier_is_404(studio, identifier):
    with strictly(studio):
        for path in paths_of(identifier):
            answer = get(studio, path)
            assert answer.status == 404
            assert set(answer.json) == {"error", "detail"}


TOO_LONG = "a" * 10_000


@pytest.mark.parametrize(
    "tokens",
    [*(one for one in BAD if one != TOO_LONG), ",".join(f"t{number}" for number in range(20)), "-,-,a,a,A"],
    ids=range(14),
)
def test_invalid_tokens_find_nothing(studio, tokens):
    with strictly(studio):
        assert listed(studio, f"?tokens={tokens}") == []


@pytest.mark.parametrize(
    ("version", "more"),
    [
        ("", 0),
        ("?v=1", 0),
        ("?v=2", 1),
        ("?v=3", 2),
        ("?v=9", 2),
        ("?v=" + "9" * 20, 2),
        ("?v=0", 0),
        ("?v=", 0),
        ("?v=x", 0),
        ("?v=-1", 0),
        ("?v=2.5", 0),
        ("?v=%C2%B2", 0),
        ("?v=%D9%A3", None),
        ("?v=" + "9" * 5000, None),
        ("?v=1&v=3", 2),
    ],
)
def test_higher_versions_of_info_add_fields(studio, version, more):
    answer = get(studio, f"/api/public/info{version}")
    assert answer.status == 200, answer.text
    fields = ["application", "kolibri_version", "instance_id", "device_name", "operating_system"]
    added = ["subset_of_users_device", "min_content_schema_version"]
    counts = (0, 1, 2) if more is None else (more,)
    assert list(answer.json) in [[*fields, *added[:count], "studio_version"] for count in counts]
    assert answer.json["application"] == "studio"
    assert answer.json["studio_version"] == __version__


def test_the_instance_stays_the_same(studio):
    first, second = (get(studio, "/api/public/info").json["instance_id"] for _ in range(2))
    assert first == second
    assert uuid.UUID(first).hex == first


def test_info_is_served_when_aws_is_unavailable(studio):
    publish(studio, public=True)
    with counting(studio) as calls:
        answers = [get(studio, "/api/public/info?v=3") for _ in range(2)]
    assert calls.names == []
    assert answers[0].headers == answers[1].headers
    assert "Last-Modified" in answers[0].headers


def test_links_have_the_requested_path(studio):
    for name in "ab":
        publish(studio, name, public=True)
    for path in ("/api/public/v2/channel", "/api/public/v2/channel/", "/api/public/v1/channelmetadata/"):
        link = get(studio, f"{path}?page_size=1").json["next"]
        assert link.partition("?")[0].endswith(path)


def test_a_request_is_identified_by_its_path_with_all_parameters(studio, monkeypatch):
    seen: list[str] = []
    answer = router.respond

    def noted(methods: Any, request: Any) -> Any:
        seen.append(request.path)
        return answer(methods, request)

    monkeypatch.setattr(router, "respond", noted)
    for path in (f"{LIST}/lookup/a%20b", f"/api/public/channel/{NOTHING}", f"/api/public/channel/{NOTHING}/"):
        get(studio, path)
        assert seen.pop() == path

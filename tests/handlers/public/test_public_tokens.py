"""Tokens of channels, of their versions, and of sets of channels."""

import pytest

from chalicelib.identity import accounts
from chalicelib.models import channels
from chalicelib.models.channel_sets import ChannelSet
from chalicelib.models.channels import Channel
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.models.users import User
from chalicelib.operations.public import public_index_update
from tests.support.existing import existing
from tests.support.worlds import nodes, publishing

LIST = "/api/public/v1/channels"
NOBODY = nodes.node_id("nobody")


def publish(studio, name="Channel", count=1, public=False, channel_id=None, **fields):
    """The id of a channel with this many exercises."""
    titles, notes = [f"e {number}" for number in range(count)], f"{count} exercises"
    more = {"name": name, "public": public, "channel_id": channel_id, "notes": notes}
    return publishing.publish(studio, *titles, **more, **fields)


def chef_id():
    return accounts.user_with("chef@example.org").id


def token_of(channel_id):
    return existing(channels.get(channel_id)).primary_token


def make_set(token, *channel_ids, set_id=None):
    set_id = set_id or nodes.node_id(f"set {token}")
    ChannelSet(set_id, user_id=chef_id(), name="Set", channel_ids=list(channel_ids), secret_token=token).save()
    SecretToken(token, channel_set_id=set_id).save()


def delete(channel_id):
    Channel(channel_id).update([Channel.deleted.set(True)])
    public_index_update.refresh([channel_id])


def lookup(studio, identifier):
    """The ids that a lookup finds, or its status if it finds none."""
    answer = studio.get(f"{LIST}/lookup/{identifier}", token=None)
    return [entry["id"] for entry in answer.json] if answer.status == 200 else answer.status


def matched_tokens(studio, *tokens):
    """The tokens by which each channel of the list was found."""
    answer = studio.get(f"{LIST}?tokens={','.join(tokens)}", token=None)
    assert answer.status == 200, answer.text
    return {entry["id"]: sorted(entry["matching_tokens"]) for entry in answer.json}


class TestTokenOfASet:
    def test_finds_all_its_channels_by_name(self, studio):
        ids = {name: publish(studio, name, public=name == "Beta") for name in ("beta 2", "Alpha", "Beta")}
        publish(studio, "other")
        make_set("aaaaabbbbb", *ids.values())
        assert lookup(studio, "aaaaabbbbb") == [ids["Alpha"], ids["Beta"], ids["beta 2"]]
        assert matched_tokens(studio, "aaaaabbbbb") == {channel_id: ["aaaaabbbbb"] for channel_id in ids.values()}

    @pytest.mark.parametrize(
        "written", ["AAAAA-BBBBB", "aaaaa-bbbbb", "AaaaabBbbb", "%20aaaaabbbbb%20", "a-a-a-a-abbbbb"]
    )
    def test_may_be_written_with_dashes_and_in_any_case(self, studio, written):
        channel_id = publish(studio)
        make_set("aaaaabbbbb", channel_id)
        assert lookup(studio, written) == [channel_id]
        assert matched_tokens(studio, written) == {channel_id: ["aaaaabbbbb"]}

    def test_finds_no_deleted_or_unpublished_channels(self, studio):
        private, deleted, listed = (publish(studio, name, public=name == "c") for name in ("a", "b", "c"))
        draft, _ = studio.make_channel("d")
        make_set("aaaaabbbbb", private, deleted, listed, draft, NOBODY)
        delete(deleted)
        delete(listed)
        assert lookup(studio, "aaaaabbbbb") == [private]
        assert matched_tokens(studio, "aaaaabbbbb") == {private: ["aaaaabbbbb"]}
        delete(private)
        assert lookup(studio, "aaaaabbbbb") == 404
        assert matched_tokens(studio, "aaaaabbbbb") == {}

    @pytest.mark.parametrize("is_admin", [False, True])
    def test_finds_only_public_channels_if_its_owner_is_inactive(self, studio, is_admin):
        private, public = publish(studio, "a"), publish(studio, "b", public=True)
        make_set("aaaaabbbbb", private, public)
        User(chef_id()).update([User.is_active.set(False), User.is_admin.set(is_admin)])
        assert lookup(studio, "aaaaabbbbb") == [public]
        assert matched_tokens(studio, "aaaaabbbbb") == {public: ["aaaaabbbbb"]}

    def test_finds_nothing_if_the_set_is_empty_or_deleted(self, studio):
        publish(studio)
        make_set("aaaaabbbbb")
        SecretToken("cccccddddd", channel_set_id=NOBODY).save()
        for token in ("aaaaabbbbb", "cccccddddd"):
            assert lookup(studio, token) == 404
            assert matched_tokens(studio, token) == {}

    def test_finds_a_channel_once_even_if_the_set_lists_it_twice(self, studio):
        channel_id = publish(studio)
        make_set("aaaaabbbbb", channel_id, channel_id)
        assert lookup(studio, "aaaaabbbbb") == [channel_id]
        assert matched_tokens(studio, "aaaaabbbbb") == {channel_id: ["aaaaabbbbb"]}

    def test_can_be_combined_with_another_token(self, studio):
        channel_id = publish(studio)
        make_set("aaaaabbbbb", channel_id)
        SecretToken("cccccddddd", channel_set_id=nodes.node_id("set aaaaabbbbb")).save()
        assert matched_tokens(studio, "aaaaabbbbb", "cccccddddd") == {channel_id: ["aaaaabbbbb", "cccccddddd"]}


class TestTokenOfAVersion:
    @pytest.mark.parametrize("public", [False, True])
    def test_finds_the_channel_at_that_version(self, studio, public):
        channel_id = publish(studio, "Old", 1, public)
        (first,) = studio.get(f"{LIST}/lookup/{channel_id}", token=None).json
        publish(studio, "New", 3, channel_id=channel_id)
        SecretToken("aaaaabbbbb", channel_id=channel_id, version=1).save()
        (entry,) = studio.get(f"{LIST}/lookup/aaaaa-BBBBB", token=None).json
        numbers = ("version", "total_resource_count", "kind_count", "published_size", "included_languages")
        assert {name: entry[name] for name in numbers} == {name: first[name] for name in numbers}
        assert (entry["version"], entry["version_notes"]) == (1, {"1": "1 exercises"})
        assert entry["last_published"] == first["last_published"]
        (newest,) = studio.get(f"{LIST}/lookup/{channel_id}", token=None).json
        assert (newest["version"], newest["total_resource_count"]) == (2, 3)
        assert newest["version_notes"] == {"1": "1 exercises", "2": "3 exercises"}

    @pytest.mark.parametrize("public", [False, True])
    def test_of_a_version_that_never_existed_finds_nothing(self, studio, public):
        channel_id = publish(studio, public=public)
        SecretToken("aaaaabbbbb", channel_id=channel_id, version=7).save()
        assert lookup(studio, "aaaaabbbbb") == 404
        assert matched_tokens(studio, "aaaaabbbbb") == ({channel_id: []} if public else {})

    def test_does_not_find_a_deleted_channel(self, studio):
        channel_id = publish(studio)
        SecretToken("aaaaabbbbb", channel_id=channel_id, version=1).save()
        delete(channel_id)
        assert lookup(studio, "aaaaabbbbb") == 404

    @pytest.mark.parametrize("tokens", [("aaaaabbbbb", "cccccddddd"), ("cccccddddd", "aaaaabbbbb")])
    def test_is_overridden_by_that_of_a_higher_version(self, studio, tokens):
        channel_id = publish(studio, count=1)
        for count in (2, 3):
            publish(studio, count=count, channel_id=channel_id)
        for version, token in ((1, "aaaaabbbbb"), (2, "cccccddddd"), (7, "eeeeefffff")):
            SecretToken(token, channel_id=channel_id, version=version).save()
        for more in ((), ("eeeeefffff",)):  # of a version that never existed
            (entry,) = studio.get(f"{LIST}?tokens={','.join(tokens + more)}", token=None).json
            assert (entry["version"], entry["matching_tokens"]) == (2, ["cccccddddd"])

    def test_is_overridden_by_that_of_the_channel(self, studio):
        channel_id = publish(studio, count=1)
        publish(studio, count=2, channel_id=channel_id)
        SecretToken("aaaaabbbbb", channel_id=channel_id, version=1).save()
        token = token_of(channel_id)
        for tokens in ((token, "aaaaabbbbb"), ("aaaaabbbbb", token)):
            (entry,) = studio.get(f"{LIST}?tokens={','.join(tokens)}", token=None).json
            assert (entry["version"], set(entry["matching_tokens"])) == (2, {token, "aaaaabbbbb"})


class TestSeveralTokens:
    def test_find_all_their_channels_and_name_the_token_of_each(self, studio):
        one, two, three = (publish(studio, name) for name in ("one", "two", "three"))
        listed = publish(studio, "listed", public=True)
        make_set("aaaaabbbbb", two, listed)
        SecretToken("cccccddddd", channel_id=three, version=1).save()
        tokens = (token_of(one).upper(), f"{token_of(two)[:5]}-{token_of(two)[5:]}", "AAAAA-bbbbb", "cccccddddd", "zzz")
        assert matched_tokens(studio, *tokens) == {
            one: [token_of(one)],
            two: sorted([token_of(two), "aaaaabbbbb"]),
            three: ["cccccddddd"],
            listed: ["aaaaabbbbb"],
        }

    def test_are_listed_once_even_if_repeated(self, studio):
        channel_id = publish(studio)
        token = token_of(channel_id)
        assert matched_tokens(studio, token, token.upper(), f"{token[:5]}-{token[5:]}") == {channel_id: [token]}

    def test_find_channels_that_match_the_other_filters(self, studio):
        channel_id = publish(studio, "Private", language="fr")
        token = token_of(channel_id)
        for query, found in (
            ("keyword=priv", True),
            ("language=fr", True),
            ("keyword=zz", False),
            ("language=de", False),
        ):
            entries = studio.get(f"{LIST}?tokens={token}&{query}", token=None).json
            assert [entry["id"] for entry in entries] == ([channel_id] if found else [])

    def test_are_listed_among_public_channels_by_name(self, studio):
        ids = {name: publish(studio, name, public=name != "b") for name in ("c", "a", "b")}
        answer = studio.get(f"{LIST}?tokens={token_of(ids['b'])}", token=None).json
        assert [(entry["name"], entry["public"]) for entry in answer] == [("a", True), ("b", False), ("c", True)]

    def test_may_be_twenty(self, studio):
        channel_id = publish(studio)
        others = [f"t{number}" for number in range(19)]
        assert matched_tokens(studio, *others, token_of(channel_id)) == {channel_id: [token_of(channel_id)]}

    def test_are_not_shown_elsewhere(self, studio):
        channel_id = publish(studio, public=True)
        for path in (LIST, f"{LIST}/lookup/{channel_id}", f"{LIST}/lookup/{token_of(channel_id)}"):
            answer = studio.get(path, token=None)
            assert token_of(channel_id) not in answer.text
            assert answer.json[0]["matching_tokens"] == []


def test_an_unknown_token_is_404(studio):
    SecretToken("aaaaabbbbb", channel_id=NOBODY).save()
    SecretToken("cccccddddd").save()
    for token in ("aaaaabbbbb", "cccccddddd", "none"):
        assert lookup(studio, token) == 404
        assert matched_tokens(studio, token) == {}


def test_a_set_is_not_found_by_its_id(studio):
    channel_id = publish(studio)
    make_set("aaaaabbbbb", channel_id)
    assert lookup(studio, nodes.node_id("set aaaaabbbbb")) == 404

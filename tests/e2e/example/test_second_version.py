"""A second run of the chef: unchanged nodes retain their ids; removed, edited and added ones show in Kolibri."""

from le_utils.constants import content_kinds

from tests.e2e.example import expected
from tests.e2e.example.conftest import Version

ADDED = {"second-app", "known"}
REMOVED = {"book", "more-13"}


def published_ids(version: Version) -> set[str]:
    return {node_id for node_id, (node, _) in version.sent.items() if expected.is_published(node)}


def test_the_version_rises(second: Version) -> None:
    (channel,) = second.published("select version from content_channelmetadata")
    (installed,) = second.kolibri.rows(
        "select version from content_channelmetadata where id = ?", second.chef.channel_id
    )
    assert (channel["version"], installed["version"]) == (2, 2)


def test_unchanged_nodes_retain_their_ids(first: Version, second: Version) -> None:
    before, after = published_ids(first), published_ids(second)
    gone = {first.named(source_id)["node_id"] for source_id in REMOVED}
    assert before - after == gone
    assert after - before == {second.named(source_id)["node_id"] for source_id in ADDED}
    assert {row["id"] for row in second.published("select id from content_contentnode")} == {
        second.chef.channel_id,
        *after,
    }


def test_kolibri_upgrades_to_the_same_nodes(second: Version) -> None:
    published = {row["id"] for row in second.published("select id from content_contentnode")}
    assert {row["id"] for row in second.imported} == published
    assert [row["title"] for row in second.imported if not row["available"]] == []
    assert second.damaged == []


def test_an_edited_node_changes_in_place(first: Version, second: Version) -> None:
    guide = second.named("guide")
    assert guide["node_id"] == first.named("guide")["node_id"]
    (row,) = [row for row in second.imported if row["id"] == guide["node_id"]]
    assert row["title"] == guide["title"] != first.named("guide")["title"]
    before = {file["checksum"] for file in first.files_of(guide["node_id"]) if not file["thumbnail"]}
    after = {file["checksum"] for file in second.files_of(guide["node_id"]) if not file["thumbnail"]}
    assert len(after) == 1
    assert after.isdisjoint(before)


def test_an_added_question_creates_a_new_archive(first: Version, second: Version) -> None:
    node_id = second.named("quiz")["node_id"]
    (row,) = second.published(
        "select number_of_assessments as n from content_assessmentmetadata where contentnode_id = ?", node_id
    )
    assert row["n"] == 3
    assert first.archive_of(node_id) != second.archive_of(node_id)


def test_archives_and_thumbnails_of_unchanged_nodes_are_the_same_files(first: Version, second: Version) -> None:
    edited = {second.named(source_id)["node_id"] for source_id in ("guide", "quiz")}
    sql = "select contentnode_id, preset, checksum from content_file order by contentnode_id, preset, checksum"
    stayed = published_ids(first) & published_ids(second) - edited

    def files(version: Version) -> list[dict[str, str]]:
        return [row for row in version.published(sql) if row["contentnode_id"] in stayed]

    assert files(first) == files(second)
    assert {row["preset"] for row in files(second)} >= {content_kinds.EXERCISE, "exercise_thumbnail"}


def test_the_first_version_is_still_available(first: Version, second: Version) -> None:
    assert second.versioned(1) == first.database.read_bytes()
    assert second.versioned(2) == second.database.read_bytes()

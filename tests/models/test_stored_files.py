"""Records of files in the bucket."""

from chalicelib.models import derived_files, stored_objects
from chalicelib.models.derived_files import DerivedFile
from chalicelib.models.stored_objects import StoredObject
from tests.models.dynamodb import answering

MD5 = "a" * 32


def entry(checksum, extension="pdf"):
    return StoredObject(checksum, extension=extension, file_size=1)


def test_recorded_files_are_known_by_name(aws):
    stored_objects.remember([entry(f"{number:032x}") for number in range(130)])
    requested = [f"{number:032x}" for number in range(0, 260, 2)]
    assert stored_objects.known_names(requested) == {f"{number:032x}.pdf" for number in range(0, 130, 2)}


def test_other_files_are_unknown(aws):
    assert stored_objects.known_names([MD5]) == set()
    assert stored_objects.known_names([]) == set()


def test_same_bytes_under_two_names_are_recorded_in_one_batch(aws):
    """DynamoDB rejects a whole batch that contains a key twice."""
    with answering("BatchWriteItem") as calls:
        stored_objects.remember([entry(MD5, "jpg"), entry(MD5, "jpeg"), entry("b" * 32)])
    for call in calls.calls:
        written = [
            action["PutRequest"]["Item"]["checksum"]["S"] for batch in call["RequestItems"].values() for action in batch
        ]
        assert len(set(written)) == len(written)
    assert stored_objects.known_names([MD5]) & {f"{MD5}.jpg", f"{MD5}.jpeg"}
    assert stored_objects.known_names(["b" * 32]) == {f"{'b' * 32}.pdf"}


def test_derived_files_are_found_by_their_inputs(aws):
    for number in range(3):
        DerivedFile(f"thumbnail:{number}", checksum=f"{number:032x}", extension="png", file_size=number).save()
    found = derived_files.made_before(["thumbnail:0", "thumbnail:2", "thumbnail:9", "exercise:0"])
    assert {key: (entry.checksum, int(entry.file_size)) for key, entry in found.items()} == {
        "thumbnail:0": (f"{0:032x}", 0),
        "thumbnail:2": (f"{2:032x}", 2),
    }

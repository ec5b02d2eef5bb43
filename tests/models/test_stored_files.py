"""Records of files in the bucket."""

from chalicelib.models import derived_files, stored_objects
from chalicelib.models.derived_files import DerivedFile

MD5 = "a" * 32


def test_recorded_files_are_known_by_name(aws):
    for number in range(130):
        stored_objects.remember(f"{number:032x}.pdf", 1)
    requested = [f"{number:032x}" for number in range(0, 260, 2)]
    assert stored_objects.known_names(requested) == {f"{number:032x}.pdf" for number in range(0, 130, 2)}


def test_other_files_are_unknown(aws):
    assert stored_objects.known_names([MD5]) == set()
    assert stored_objects.known_names([]) == set()


def test_of_the_same_bytes_under_two_names_the_last_is_known(aws):
    stored_objects.remember(f"{MD5}.jpg", 1)
    stored_objects.remember(f"{MD5}.jpeg", 1)
    assert stored_objects.known_names([MD5]) == {f"{MD5}.jpeg"}


def test_the_first_version_of_each_name_is_kept(aws):
    assert stored_objects.remember(f"{MD5}.jpg", 1) is None
    assert stored_objects.remember(f"{MD5}.jpg", 1, "v1") == "v1"
    assert stored_objects.remember(f"{MD5}.png", 1, "w1") == "w1"
    assert stored_objects.remember(f"{MD5}.jpg", 1, "v2") == "v1"


def test_derived_files_are_found_by_their_inputs(aws):
    for number in range(3):
        DerivedFile(f"thumbnail:{number}", checksum=f"{number:032x}", extension="png", file_size=number).save()
    found = derived_files.made_before(["thumbnail:0", "thumbnail:2", "thumbnail:9", "exercise:0"])
    assert {key: (entry.checksum, int(entry.file_size)) for key, entry in found.items()} == {
        "thumbnail:0": (f"{0:032x}", 0),
        "thumbnail:2": (f"{2:032x}", 2),
    }

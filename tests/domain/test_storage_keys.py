"""Keys of objects in the content bucket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from le_utils.constants import file_formats

from chalicelib.domain import storage_keys
from chalicelib.domain.storage_keys import checksum_of, database_key, split_filename, storage_key

MD5 = "0123456789abcdef0123456789abcdef"
checksums = st.uuids().map(lambda value: value.hex)
formats = st.sampled_from([form.id for form in file_formats.FORMATLIST])


def test_content_files_have_the_keys_that_kolibri_expects():
    assert storage_key(MD5, "mp4") == f"content/storage/0/1/{MD5}.mp4"


@given(checksums, formats)
def test_keys_and_names_are_parsed_back(checksum, extension):
    assert checksum_of(storage_key(checksum, extension)) == checksum
    assert split_filename(f"{checksum}.{extension}") == (checksum, extension)


@pytest.mark.parametrize(
    "name",
    [
        "",
        MD5,
        f"{MD5}.",
        f"{MD5[:-1]}.pdf",
        f"{MD5}.PDF",
        f"{MD5.upper()}.pdf",
        f"{MD5}.pdf\n",
        f"a/{MD5}.pdf",
        f"{MD5}.p/f",
        f"{MD5}..pdf",
        f"{MD5}.pdf.exe",
        f"../{MD5}.pdf",
        f"{MD5}.{'x' * 41}",
    ],
)
def test_other_names_are_not_split(name):
    assert split_filename(name) is None


@pytest.mark.parametrize(
    "key",
    [
        f"content/databases/{MD5}.sqlite3",
        f"work/{MD5}/tree.jsonl.gz",
        f"content/storage/{MD5}.pdf",
        f"content/storage/0/1/{MD5}.pdf.part",
        f"storage/0/1/{MD5}.pdf",
        f"content/storage/0/1/{MD5[:-1]}.pdf",
    ],
)
def test_other_keys_have_no_checksum(key):
    assert checksum_of(key) is None


def test_a_key_in_the_wrong_folder_has_no_checksum():
    assert checksum_of(f"content/storage/f/f/{MD5}.pdf") is None


def test_databases_are_named_by_channel_and_version():
    assert database_key(MD5) == f"content/databases/{MD5}.sqlite3"
    assert database_key(MD5, 3) == f"content/databases/{MD5}-3.sqlite3"


def test_private_keys_are_outside_content():
    private = [
        storage_keys.frozen_tree_key(MD5),
        storage_keys.cached_result_key(MD5),
        storage_keys.raw_data_key("0" * 64),
    ]
    assert len(set(private)) == 3
    assert not any(key.startswith("content/") for key in private)
    # the bucket deletes work/ after a week, so questions must not be stored there
    assert [key.split("/")[0] for key in private] == ["work", "work", "items"]

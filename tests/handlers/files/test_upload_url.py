"""upload_url: upload URLs and quotas."""

import hashlib

import pytest
from le_utils.constants import file_formats, format_presets

from chalicelib.models import users
from chalicelib.models.users import User
from chalicelib.schemas.file import MAX_UPLOAD
from tests.support.aws.interleaved import interrupted
from tests.support.existing import existing
from tests.support.http import requests
from tests.support.http.client import query_of

PATH = requests.UPLOAD_URL
CHECKSUM = hashlib.md5(b"bytes").hexdigest()


def request(studio, token="", **fields):
    sent = {"size": 5, "checksum": CHECKSUM, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
    return studio.post(PATH, {**sent, **fields}, token)


def left(studio):
    return int(existing(users.get(studio.user_id)).disk_space_left)


def set_left(studio, size):
    User(studio.user_id).update([User.disk_space_left.set(size)])


def test_the_url_points_to_the_cdn_and_signs_key_type_md5_and_length(studio):
    answer = request(studio).json
    url = answer["uploadURL"]
    assert url.startswith(f"http://front.example.org/content/storage/{CHECKSUM[0]}/{CHECKSUM[1]}/{CHECKSUM}.pdf?")
    signed = query_of(url)["X-Amz-SignedHeaders"].split(";")
    assert set(signed) == {"content-length", "content-md5", "content-type", "host"}
    assert answer["mimetype"] == "application/pdf"
    assert "Signature" in url


def test_another_file_has_another_signature(studio):
    def signature(**fields):
        return query_of(request(studio, **fields).json["uploadURL"])["X-Amz-Signature"]

    other = hashlib.md5(b"other").hexdigest()
    signatures = {signature(), signature(checksum=other), signature(file_format="epub", preset="epub")}
    assert len(signatures) == 3


@pytest.mark.parametrize("form", file_formats.FORMATLIST, ids=lambda form: form.id)
def test_every_format_can_be_uploaded_with_every_preset_that_allows_it(studio, form):
    presets = [preset for preset in format_presets.PRESETLIST if form.id in preset.allowed_formats]
    for preset in presets:
        answer = request(studio, file_format=form.id, preset=preset.id, duration=5)
        assert answer.status == 200, (preset.id, answer.text)
        file = answer.json["file"]
        assert (file["file_format"], file["preset"]) == (form.id, preset.id)
        assert file["url"].endswith(f"/{CHECKSUM}.{form.id}")


def test_a_file_is_charged_once_for_repeated_requests(studio):
    before = left(studio)
    files = [request(studio).json["file"] for _ in range(3)]
    assert left(studio) == before - 5
    assert files[0] == files[1] == files[2]


def test_a_file_of_another_format_is_another_file(studio):
    before = left(studio)
    request(studio)
    request(studio, file_format="epub", preset="epub")
    assert left(studio) == before - 10


def test_a_larger_size_of_the_same_file_is_charged_in_full(studio):
    """Otherwise, users could upload files of any size without being charged."""
    before = left(studio)
    assert request(studio, size=0).status == 200
    assert request(studio, size=1000).status == 200
    assert left(studio) == before - 1000


def test_the_upload_of_a_stored_file_might_be_skipped(studio):
    assert request(studio).json["might_skip"] is False
    studio.put(CHECKSUM, "pdf", b"bytes")
    assert request(studio).json["might_skip"] is True
    assert request(studio, file_format="epub", preset="epub").json["might_skip"] is False
    assert request(studio, studio.sign_up("other")[1]).json["might_skip"] is True


@pytest.mark.parametrize(("size", "status"), [(99, 200), (100, 200), (101, 412)])
def test_the_quota_can_be_used_up_exactly(studio, size, status):
    set_left(studio, 100)
    answer = request(studio, size=size)
    assert answer.status == status
    if status == 412:
        assert set(answer.json) == {"error", "detail"}
    assert left(studio) == (100 - size if status == 200 else 100)


def test_without_quota_left_no_other_file_can_be_uploaded(studio):
    set_left(studio, 5)
    assert request(studio).status == 200
    before = studio.cloud.contents()
    assert request(studio, checksum="a" * 32).status == 412
    assert studio.cloud.contents() == before
    assert request(studio).status == 200  # a charged file may still be uploaded
    assert request(studio, checksum="b" * 32, size=0).status == 200


def test_without_quota_left_stored_files_are_refused_too(studio):
    studio.put(CHECKSUM, "pdf", b"bytes")
    set_left(studio, 0)
    assert request(studio).status == 412


def test_two_requests_at_once_for_one_file_are_charged_once(studio):
    before = left(studio)
    with interrupted(studio, lambda: request(studio)):
        assert request(studio).status == 200
    assert left(studio) == before - 5


def test_two_requests_at_once_do_not_overdraw_the_quota(studio):
    set_left(studio, 8)
    answers = []
    with interrupted(studio, lambda: answers.append(request(studio, checksum="a" * 32))):
        answers.append(request(studio))
    assert sorted(answer.status for answer in answers) == [200, 412]
    assert left(studio) == 3


@pytest.mark.parametrize("size", [MAX_UPLOAD + 1, 10**20, 10**200])
@pytest.mark.parametrize("resumable", [True, False])
def test_a_file_above_the_maximum_size_is_refused_and_not_charged(studio, size, resumable):
    before = studio.cloud.contents()
    answer = request(studio, size=size, resumable=resumable)
    assert answer.status == 400
    assert "larger than 5120 MB" in answer.text or "a number is too large" in answer.text
    assert studio.cloud.contents() == before


def test_there_are_no_resumable_uploads(studio):
    assert request(studio, resumable=True).json["resumable"] is False


@pytest.mark.parametrize(("preset", "form"), [("audio", "mp3"), ("high_res_video", "mp4"), ("low_res_video", "webm")])
def test_audio_and_video_require_a_duration(studio, preset, form):
    answer = request(studio, preset=preset, file_format=form)
    assert answer.json == {"non_field_errors": ["Duration is required for audio/video files"]}
    assert request(studio, preset=preset, file_format=form, duration=1).status == 200


def test_subtitles_and_thumbnails_require_no_duration(studio):
    assert request(studio, preset="video_subtitle", file_format="vtt").status == 200
    assert request(studio, preset="audio_thumbnail", file_format="png").status == 200


def test_the_preset_may_be_null_for_thumbnails_of_remote_nodes(studio):
    answer = request(studio, preset=None, file_format="png")
    assert (answer.status, answer.json["file"]["preset"]) == (200, None)


@pytest.mark.parametrize("duration", [0, -1, -0.5, "3", True, [], {}])
def test_an_invalid_duration_is_refused(studio, duration):
    answer = request(studio, preset="audio", file_format="mp3", duration=duration)
    assert (answer.status, set(answer.json)) == (400, {"duration"})


def test_a_duration_below_one_second_becomes_one_second(studio):
    answer = request(studio, preset="audio", file_format="mp3", duration=0.2)
    assert answer.json["file"]["duration"] == 1


@pytest.mark.parametrize("checksum", ["", "A" * 32, "a" * 31, "a" * 33, "a" * 32 + "\n", "../" * 8, None, 5])
def test_an_invalid_checksum_is_refused(studio, checksum):
    answer = request(studio, checksum=checksum)
    assert (answer.status, set(answer.json)) == (400, {"checksum"})


def test_files_belong_to_their_uploaders(studio):
    other_id, token = studio.sign_up("other")
    mine, other = (request(studio, token).json["file"] for token in ("", token))
    assert (mine["uploaded_by"], other["uploaded_by"]) == (studio.user_id, other_id)
    assert mine["id"] != other["id"]

"""file_upload: upload a file through the API itself, as old versions of ricecooker do."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.http.router import Request
from chalicelib.models import users
from chalicelib.models.users import User
from chalicelib.schemas.multipart import MAX_FIELD_BYTES, MAX_HEADER_BYTES, MAX_HEADERS, MAX_PARTS, file_of
from tests.conftest import BUCKET
from tests.support.existing import existing
from tests.support.source.growth import is_slow

PATH = "/api/internal/file_upload"
BOUNDARY = "0123abc"


def form(name, data, field="file", more=b""):
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n'.encode()
    return b"--%b\r\n%b%b\r\n%b\r\n--%b--\r\n" % (BOUNDARY.encode(), head, more, data, BOUNDARY.encode())


def send(studio, body, content_type=f"multipart/form-data; boundary={BOUNDARY}", token=""):
    return studio.call("POST", PATH, body, token, content_type=content_type)


def name_of(data, extension="pdf"):
    return f"{hashlib.md5(data).hexdigest()}.{extension}"


def stored(studio, name):
    key = f"content/storage/{name[0]}/{name[1]}/{name}"
    return studio.cloud.s3.get_object(Bucket=BUCKET, Key=key)


def left(studio):
    return int(existing(users.get(studio.user_id)).disk_space_left)


def test_a_file_is_stored_recorded_and_charged_once(studio):
    data, before = b"\x00\xff\r\n--binary\r\n\x80", left(studio)
    name = name_of(data)
    for _ in range(2):
        answer = send(studio, form(name, data))
        assert (answer.status, answer.json) == (200, {"success": True})
    found = stored(studio, name)
    assert found["Body"].read() == data
    assert found["ContentType"] == "application/pdf"
    assert "immutable" in found["CacheControl"]
    assert studio.post("/api/internal/file_diff", [name]).json == []
    assert left(studio) == before - len(data)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"\x00", b"\xff", b"a", b":"])).map(b"".join))
def test_every_byte_arrives(studio, data):
    name = name_of(data)
    answer = send(studio, form(name, data, more=b"Content-Type: application/octet-stream\r\n"))
    assert answer.status == 200
    assert stored(studio, name)["Body"].read() == data


def test_other_fields_of_the_form_are_ignored(studio):
    data = b"data of this test"
    other = b'--%b\r\nContent-Disposition: form-data; name="other"\r\n\r\nvalue\r\n' % BOUNDARY.encode()
    accepted(studio, other + form(name_of(data), data), data)


def accepted(studio, body, data):
    """Send a form: exactly these bytes are stored under their name."""
    answer = send(studio, body)
    assert (answer.status, answer.json) == (200, {"success": True})
    assert stored(studio, name_of(data))["Body"].read() == data


def refused(studio, body, status=400, **options):
    before = studio.cloud.contents()
    answer = send(studio, body, **options)
    assert answer.status == status, answer.text
    assert set(answer.json) == {"error", "detail"}
    assert studio.cloud.contents() == before
    return answer


def test_bytes_with_another_checksum_are_refused(studio):
    refused(studio, form(name_of(b"other"), b"data"))


@pytest.mark.parametrize(
    "name",
    [
        "nodot",
        "",
        ".pdf",
        "{md5}",
        "{md5}.",
        "{md5}.exe",
        "{upper}.pdf",
        "a{md5}.pdf",
        "../{md5}.pdf",
        "dir/{md5}.pdf",
        "{md5}.pdf/..",
        "{md5}.pdf\x00",
        "\udcff{md5}.pdf",
        "é{md5}.pdf",
        "x" * 10_000,
    ],
)
def test_a_name_without_checksum_and_format_is_refused(studio, name):
    md5 = hashlib.md5(b"data").hexdigest()
    sent = name.replace("{md5}", md5).replace("{upper}", md5.upper())
    refused(studio, form("@@", b"data").replace(b"@@", sent.encode("utf-8", "surrogateescape")))


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=other",
        "multipart/mixed; boundary=0123abc",
        "multipart/form-data; boundary=é",
        "multipart/form-data; boundary*=utf-8''%ff",
        "",
        "x" * 10_000,
    ],
)
def test_other_content_types_are_refused(studio, content_type):
    refused(studio, form(name_of(b"data"), b"data"), content_type=content_type)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--0123abc",
        b"--0123abc--",
        b"--0123abc\r\n\r\n--0123abc--",
        b"--0123abc\r\nContent-Disposition: form-data\r\n\r\ndata\r\n--0123abc--",
        b'--0123abc\r\nContent-Disposition: form-data; name="file"\r\n\r\ndata\r\n--0123abc--',
        b'--0123abc\r\nContent-Disposition: ;;;="\r\n\r\ndata\r\n--0123abc--',
        b"--0123abc\r\nContent-Disposition: form-data; name*=utf-8''%zz; filename*=x'y'%ff\r\n\r\ndata\r\n--0123abc--",
        b"--0123abc\r\nContent-Disposition: form-data; name*0=fi; name*1=le; filename*x=a\r\n\r\nd\r\n--0123abc--",
        b"--0123abc\r\nContent-Type: multipart/mixed\r\n" * 50,
        b"--0123abc\r\n" * 10_000,
        b"\xff" * 1000,
    ],
    ids=range(12),
)
def test_a_broken_form_is_refused(studio, body):
    refused(studio, body)


def test_a_form_without_the_field_file_is_refused(studio):
    refused(studio, form(name_of(b"data"), b"data", field="upload"))


@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=x", "message/rfc822", "multipart/digest"])
def test_a_part_is_stored_as_it_is_whatever_its_type(studio, kind):
    data = b"--x\r\n\r\na\r\n--x--"
    accepted(studio, form(name_of(data), data, more=f"Content-Type: {kind}\r\n".encode()), data)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_bytes_are_sent_without_a_transfer_encoding(studio, encoding):
    more = f"Content-Transfer-Encoding: {encoding}\r\n".encode()
    answer = refused(studio, form(name_of(b"data"), b"data", more=more))
    assert "Send plain bytes." in answer.json["detail"]


def test_binary_is_no_transfer_encoding(studio):
    accepted(studio, form(name_of(b"\xff=0A"), b"\xff=0A", more=b"Content-Transfer-Encoding: Binary\r\n"), b"\xff=0A")


def part(head, data=b""):
    return b"--%b\r\n%b\r\n\r\n%b\r\n" % (BOUNDARY.encode(), head, data)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (part(b"A: b") * MAX_PARTS, "more than 20 parts"),
        (part(b"A: b\r\n" * MAX_HEADERS + b"C: d"), "header count"),
        (part(b"A: " + b"b" * MAX_HEADER_BYTES), "header size"),
        (part(b"A" * MAX_HEADER_BYTES + b": b"), "header size"),
        (part(b"A: b", b"x" * (MAX_FIELD_BYTES + 1)), "more than 100000 bytes"),
        (part(b"A: b", b"x" * 60_000) * 2, "more than 100000 bytes"),
    ],
    ids=range(6),
)
def test_a_form_beyond_a_limit_is_refused(studio, body, sentence):
    answer = refused(studio, body + form(name_of(b"data"), b"data"))
    assert sentence in answer.json["detail"]


def test_a_form_within_the_limits_is_accepted(studio):
    body = part(b"A: b\r\n" * (MAX_HEADERS - 1) + b"C: d", b"x" * 5000) * (MAX_PARTS - 1)
    accepted(studio, body + form(name_of(b"data"), b"data"), b"data")


def test_a_body_that_was_cut_is_refused(studio):
    whole = form(name_of(b"data"), b"data")
    for end in range(1, len(whole) - 3):
        answer = send(studio, whole[:end])
        assert (answer.status, set(answer.json)) == (400, {"error", "detail"}), end


@pytest.mark.parametrize("unit", ["; a=b", '; a="', ";", "; name*0=a", '\\"'])
def test_headers_are_read_in_linear_time(unit):
    def request(times):
        head = f'Content-Disposition: form-data; name="file"; filename="{name_of(b"")}"'.encode()
        body = part(head + unit.encode() * times) + b"--%b--" % BOUNDARY.encode()
        return Request("POST", PATH, {}, {}, {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}, body, "r")

    assert not is_slow(lambda sent: file_of(sent.headers["content-type"], sent.body), request)


@pytest.mark.parametrize(("quota", "status"), [(4, 200), (3, 403)])
def test_without_enough_storage_an_upload_is_forbidden(studio, quota, status):
    """The specification requires 403 for insufficient storage here, and 412 at upload_url."""
    User(studio.user_id).update([User.disk_space_left.set(quota)])
    name = name_of(b"data")
    answer = send(studio, form(name, b"data"))
    assert answer.status == status
    assert studio.post("/api/internal/file_diff", [name]).json == ([] if status == 200 else [name])
    assert any(key.endswith(name) for key in studio.cloud.objects()) == (status == 200)


def test_an_empty_file_is_stored(studio):
    accepted(studio, form(name_of(b""), b""), b"")

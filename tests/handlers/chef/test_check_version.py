"""check_version: four levels, compared as versions, not as strings."""

import pytest

PATH = "/api/internal/check_version"


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("0.8.0", 0),
        ("0.7.3", 0),
        ("0.10.0", 0),
        ("1.0", 0),
        ("0.7.3.dev1", 1),
        ("0.7.2", 1),
        ("0.6.31", 1),
        ("0.6.30", 2),
        ("0.6.21", 2),
        ("0.6.20", 3),
        ("0.6.3", 3),
        ("0.0.1", 3),
        ("0.8.0b1", 0),
        ("v0.8.0", 0),
    ],
)
def test_each_version_has_its_level(studio, version, status):
    answer = studio.post(PATH, {"version": version})
    assert answer.status == 200
    assert set(answer.json) == {"success", "status", "message"}
    assert answer.json["status"] == status
    assert f"v{version}" in answer.json["message"]


@pytest.mark.parametrize("version", ["abc", "", " ", "1.0.x", "\x00", "²", "1" * 10_000, "1." * 5_000, "é"])
def test_an_invalid_version_is_refused(studio, version):
    answer = studio.post(PATH, {"version": version})
    assert answer.status == 400
    assert set(answer.json) == {"version", "error", "detail"}


@pytest.mark.parametrize("version", [None, 1, 0.7, [], {}, True])
def test_a_version_must_be_a_string(studio, version):
    answer = studio.post(PATH, {"version": version})
    assert answer.status == 400
    assert answer.json["version"] == ["A valid string is required."]

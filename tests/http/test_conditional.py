"""Conditional requests: whether a client already has the current response."""

from datetime import UTC, datetime

import pytest

from chalicelib.http.conditional import accepts_gzip, etag_of, http_date, is_current

ETAG = etag_of(b"body")
MODIFIED = http_date(datetime(2026, 11, 21, 2, 0, 51, 999_999, tzinfo=UTC))


def test_a_date_is_written_to_the_second():
    assert MODIFIED == "Sat, 21 Nov 2026 02:00:51 GMT"


def test_etags_are_strong_and_distinguish_bodies():
    assert ETAG.startswith('"')
    assert ETAG.endswith('"')
    assert len({etag_of(b"a"), etag_of(b"b"), etag_of(b"")}) == 3


@pytest.mark.parametrize("given", [ETAG, f"W/{ETAG}", "*", f'"other", {ETAG}', f'W/"other",W/{ETAG}', f" {ETAG} "])
def test_a_known_etag_is_current_weak_or_strong(given):
    assert is_current({"if-none-match": given}, ETAG, MODIFIED)


@pytest.mark.parametrize("given", ['"other"', 'W/"other"', ETAG.strip('"'), '"', "é", "W/", f'"{ETAG}"x' * 100])
def test_other_etags_are_not(given):
    assert not is_current({"if-none-match": given}, ETAG, MODIFIED) or ETAG in given


@pytest.mark.parametrize(
    ("since", "current"),
    [
        (MODIFIED, True),
        ("Sat, 21 Nov 2026 02:00:52 GMT", True),
        ("Sat, 21 Nov 2026 02:00:50 GMT", False),
        ("Sat, 21 Nov 2026 03:00:51 +0100", True),
        ("Sat, 21 Nov 2026 02:00:51", True),
        ("2026-11-21T02:00:51Z", False),
        ("tomorrow", False),
        ("", False),
        ("Sat, 99 Nov 2026 99:00:51 GMT", False),
        ("Sat, 21 Nov 99999999999 02:00:51 GMT", False),
    ],
)
def test_only_valid_dates_count(since, current):
    assert is_current({"if-modified-since": since}, ETAG, MODIFIED) is current


def test_an_etag_takes_precedence_over_a_date():
    for given in ('"other"', "", "é"):
        assert not is_current({"if-none-match": given, "if-modified-since": MODIFIED}, ETAG, MODIFIED)
    assert not is_current({}, ETAG, MODIFIED)


def test_without_validators_no_copy_is_current():
    for headers in ({"if-none-match": ETAG}, {"if-none-match": ""}, {"if-modified-since": MODIFIED}):
        assert not is_current(headers, "", "")


@pytest.mark.parametrize("value", ["gzip", "GZIP", "deflate, gzip, br", "br;q=1, gzip;q=0.5", "gzip;q=0.01"])
def test_gzip_is_accepted_if_it_is_listed(value):
    assert accepts_gzip(value)


@pytest.mark.parametrize("value", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, br", "gzipped"])
def test_gzip_is_not_accepted_otherwise(value):
    assert not accepts_gzip(value)

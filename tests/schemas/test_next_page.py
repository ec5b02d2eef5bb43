"""Where signing in may lead to."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.schemas.next_page import MAX_NEXT, safe_next

OURS = (
    "/",
    "/channels/",
    "/search/?q=a%20b&page=2",
    "/channels/x/?next=//evil.example",
    "/a%20b/",
    "/invitations/1/#top",
)
HOSTILE = (
    "", None, "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "https://evil.example", "https:evil.example", "https:/evil.example", "HTTPS://evil.example", "evil.example",
    "javascript:alert(1)", "data:text/html,x", " //evil.example", "/ /evil.example", "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example", "/\r\nSet-Cookie: a=b", "/a\x00b", "/%2Fevil.example", "/%2f%2fevil.example",
    "%2F%2Fevil.example",
    "/%5Cevil.example", "/%5c%5cevil.example", "/%09/evil.example", "/%0d%0aSet-Cookie:a", "/%252Fevil.example",
    "/%25252Fevil.example", "/.//evil.example", "/..//evil.example", "/a/..//evil.example", "/%2e%2e//evil.example",
    "/a\\..\\\\evil.example", "/channels/?a=\\evil", "/\u2215evil.example", "/\uff0f\uff0fevil.example",
    "/\u00e9", "/\u202e/",
    "?next=/", "#top", "@evil.example", ".evil.example", "/content/storage/a/b/c.html", "/%63ontent/a.html",
    "/" + "a" * MAX_NEXT,
)  # fmt: skip


@pytest.mark.parametrize("wanted", OURS)
def test_pages_of_ours_are_kept(wanted):
    assert safe_next(wanted) == wanted


@pytest.mark.parametrize("wanted", HOSTILE)
def test_all_else_leads_to_the_start_page(wanted):
    assert safe_next(wanted) == "/"


@given(st.text(alphabet="/\\.:@%25fFcC09 \t\nae?#h-", max_size=30))
def test_the_host_stays(wanted):
    """As Python's own resolution of addresses sees it, with what browsers make of backslashes and white space."""
    found = safe_next(wanted)
    seen = "".join(found.split()).replace("\\", "/")
    assert urlsplit(urljoin("https://studio.example.org/accounts/login/", seen)).netloc == "studio.example.org"

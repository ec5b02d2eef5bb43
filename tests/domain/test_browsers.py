"""User-Agents in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import browsers

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"{_WINDOWS[:-1]}; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Windows"),
        (f"{_WINDOWS} {_WEBKIT} Chrome/130.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{_WINDOWS} {_WEBKIT} Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0", "Edge on Windows"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_WEBKIT} Chrome/130.0.0.0 Safari/537.36", "Chrome on ChromeOS"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} HeadlessChrome/130.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/130.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
            "Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "Curl"),
        ("python-requests/2.32.3", "A Python program"),
        ("", browsers.UNKNOWN),
        ("<script>alert(1)</script>", browsers.UNKNOWN),
        ("x" * 1_000_000 + "Firefox/1 Windows", browsers.UNKNOWN),
    ],
)
def test_name_browser_and_system(agent, words):
    assert browsers.described(agent) == words


@given(st.text(max_size=500))
def test_nothing_else_is_repeated(agent):
    words = browsers.described(agent)
    assert len(words) <= 40
    assert words.isascii()

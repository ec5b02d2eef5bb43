"""Names as they appear in mail."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.plain_names import MAX_NAME, plain_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mathematics 1.0 (grade 3.5)", "Mathematics 1.0 (grade 3.5)"),
        ("Ünï 名前 العربية", "Ünï 名前 العربية"),
        ("  two\r\nlines\t ", "two lines"),
        ("evil.example", "evil. example"),
        ("see https://evil.example/a", "see evil. example/a"),
        ("HTTP://evil.example javascript://x", "evil. example x"),
        ("//evil.example", "evil. example"),
        ("evil\uff0eexample", "evil. example"),
        ("evil\u3002example", "evil. example"),
        ("evil\u2024example", "evil. example"),
        ("evil.\u200bexample", "evil. example"),
        ("evil.\ufe0fexample", "evil. example"),
        ("evil\u034f.\U000e0100example", "evil. example"),
        ("evil\u115f.\u3164example", "evil. example"),
        ("https:/\ufe0f/evil.example", "evil. example"),
        ("me@evil.example", "me at evil. example"),
        ("\u202egnirts\u202c", "gnirts"),
        ('quoted" and <b>', "quoted' and (b)"),
        ("\U000e0041a", "a"),
        ("\u200b\u2028", "(no name)"),
        ("", "(no name)"),
    ],
)
def test_are_plain(name, shown):
    assert plain_name(name) == shown


@given(st.text(max_size=400))
def test_are_short_lines_without_links(name):
    shown = plain_name(name)
    assert 0 < len(shown) <= MAX_NAME
    assert "//" not in shown
    assert "@" not in shown
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}

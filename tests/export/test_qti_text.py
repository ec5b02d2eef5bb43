"""Conversion of question texts to XHTML."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.export.qti_text import MAX_FORMULA_LENGTH, blocks, unformatted
from tests.export.perseus_builders import stored

NAME = f"{'a1' * 16}.png"


def html(text):
    return "".join(ElementTree.tostring(block, encoding="unicode") for block in blocks(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Which is *even*?", "<p>Which is <em>even</em>?</p>"),
        ("a **b** `c`", "<p>a <strong>b</strong> <code>c</code></p>"),
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("1914. When?", '<ol start="1914">\n<li>When?</li>\n</ol>'),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
        ("$x$ stays", "<p>$x$ stays</p>"),
        ("[here](http://example.org/%ff)", "<p>here</p>"),
        ("[here](javascript:alert(1))", "<p>[here](javascript:alert(1))</p>"),
        ("a\x00b\x01c\ud800d&#12;e", "<p>abcde</p>"),
        ("", ""),
        (" \n", ""),
    ],
)
def test_markdown_becomes_xhtml(text, expected):
    assert html(text) == expected


def test_tables_have_no_style():
    assert "<th>a</th>" in html("|a|\n|:-:|\n|b|")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (f"![red]({stored(NAME)})", f'<img alt="red" src="images/{NAME}" />'),
        (f"![]({stored(NAME)} =20x10.4)", f'<img alt="" src="images/{NAME}" width="20" height="10" />'),
        (f'![]({stored(NAME)} "title")', f'<img alt="" src="images/{NAME}" />'),
        (f"![]({stored(NAME)} =0x0)", f'<img alt="" src="images/{NAME}" />'),
        (f'![a "b" & *<c>*]({stored(NAME)})', f'<img alt="a &quot;b&quot; &amp; &lt;c&gt;" src="images/{NAME}" />'),
        ("![a tree](http://example.org/tree.png)", "a tree"),
        ("![a tree](data:image/png;base64,AAAA)", "a tree"),
        (f"![a tree]({stored('tree.png')})", "a tree"),
    ],
)
def test_stored_images_are_referenced_and_others_are_described(written, expected):
    assert html(written) == f"<p>{expected}</p>"


class TestFormulas:
    def test_are_mathml_with_its_namespace(self):
        assert html("so $$x_1$$.") == (
            '<p>so <math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow>'
            "<msub><mi>x</mi><mn>1</mn></msub></mrow></math>.</p>"
        )

    @pytest.mark.parametrize(
        "latex", [r"\frac{1}{2}", "x < y", "a_1 * b_1 * c", r"\text{if } x > 0", "[a](b)", r"a\\b"]
    )
    def test_are_not_parsed_as_markdown(self, latex):
        found = html(f"$${latex}$$")
        assert found.startswith("<p><math")
        assert "<em>" not in found

    @pytest.mark.parametrize("latex", ["x^", "{" * 900, "a & b", r"\left(", "x" * (MAX_FORMULA_LENGTH + 1)])
    def test_that_cannot_be_converted_are_shown_as_source(self, latex):
        [paragraph] = blocks(f"$${latex}$$")
        assert [(child.tag, child.text) for child in paragraph] == [("code", f"$${latex}$$")]

    @pytest.mark.parametrize(
        "element",
        [
            "<script>alert(1)</script>",
            "<style>p</style>",
            "<meta\thttp-equiv='refresh'\tcontent='0;url=https://evil.example'/>",
            "<button\tform='f'\tformaction='/settings'>x</button>",
            "<x\txmlns='http://www.w3.org/1999/xhtml'>x</x>",
        ],
    )
    def test_cannot_add_other_elements(self, element):
        [paragraph] = blocks(rf"$$\text{{{element}}}$$")
        assert {part.tag for part in paragraph.iter()} == {"p", "code"}

    def test_cannot_add_other_attributes(self):
        found = html(r"$$\href{javascript:alert(1)}{x} \style{color:red}{y} \class{a}{z}$$")
        assert not any(word in found for word in ("href", "style=", "class="))
        [paragraph] = blocks("$$\\text{<mi\tonclick='a'\tdata-a='b'>x</mi>}$$")
        names = {name for part in paragraph.iter() for name in part.attrib}
        assert names == {"xmlns", "display"}

    @pytest.mark.parametrize("text", ["$$", "a $$ b", "$$$"])
    def test_require_delimiters_at_both_ends(self, text):
        assert html(text) == f"<p>{text}</p>"


any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)  # including lone surrogates
marks = st.sampled_from(
    ["$$", "\\", "{", "}", "![", "](", ")", "`", "*", "_", "|", "\n", "    ", "> ", "- ", "<", "&", "#"]
)
marked_text = st.lists(marks | any_text, max_size=12).map("".join)


@settings(max_examples=200, deadline=None)
@given(marked_text)
def test_any_text_becomes_well_formed_xml(text):
    ElementTree.fromstring(f"<div>{html(text)}</div>")


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_words_are_preserved(text):
    assert html(text) == f"<p>{text}</p>"


class TestDeepTexts:
    @pytest.mark.parametrize(("start", "end"), [("**a ", "**"), ("*a ", "a* "), ("_a ", "a_ ")])
    def test_are_shown_as_source(self, start, end):
        text = start * 2000 + "x" + end * 2000
        assert html(text) == f"<p>{text.strip()}</p>"

    def test_formulas_are_shown_as_source(self):
        latex = r"\sqrt{" * 280 + "x" + "}" * 280
        assert html(f"a $${latex}$$ b") == f"<p>a <code>$${latex}$$</code> b</p>"

    @pytest.mark.parametrize("text", ["> " * 15 + "a", "**a *b** c*", r"$$\sqrt{\sqrt{\frac{1}{x^{2^{2}}}}}$$"])
    def test_of_usual_depth_are_formatted(self, text):
        assert "$$" not in html(text)
        assert "*" not in html(text)


def test_unformatted_texts_are_one_paragraph_of_xml():
    [paragraph] = unformatted(" **a** < \0b\n\n$$x$$ ")
    assert (paragraph.tag, paragraph.text) == ("p", "**a** < b\n\n$$x$$")
    assert unformatted(" \n") == []

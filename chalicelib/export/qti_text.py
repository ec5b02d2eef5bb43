"""Conversion of question texts (markdown, formulas between `$$`, stored images) to XHTML for QTI items.

Only formulas declare a namespace, as Kolibri parses the elements as HTML. Links are replaced by their text because
learners' devices are offline; images that are not stored files are replaced by their description.
"""

import re
from functools import cache
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, fromstring, tostring
from xml.sax.saxutils import escape, quoteattr

from chalicelib.export.markup import clean, element, is_deep, plain
from chalicelib.export.perseus_images import Size, rewritten

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

FOLDER = "images"
MAX_FORMATTED_LENGTH = 30_000  # characters of all texts of a question; longer questions are shown without formatting
MAX_FORMULA_LENGTH = 2000  # characters; longer formulas are shown as source text

_MAX_DEPTH = 100  # levels of elements; texts and formulas with more are shown as source text
_FENCE = "$$"
_IMAGE = re.compile(rf"({FOLDER}/[0-9a-f]{{32}}\.[a-z0-9]+)(?:#(\d+)x(\d+))?")
_XHTML = "http://www.w3.org/1999/xhtml"
# What a formula consists of. The converter copies the text of `\text{…}` as XML, so it may contain any other element.
_MATHML = "http://www.w3.org/1998/Math/MathML"
_ELEMENTS = frozenset(
    f"{{{_MATHML}}}{name}"
    for name in (
        *("math", "mrow", "mstyle", "mpadded", "mphantom", "menclose", "mi", "mn", "mo", "mtext", "mspace"),
        *("mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"),
        *("mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd"),
    )
)
_ATTRIBUTES = frozenset(
    (
        *("display", "displaystyle", "scriptlevel", "mathvariant", "mathsize", "mathcolor", "mathbackground"),
        *("accent", "accentunder", "fence", "form", "largeop", "linebreak", "lspace", "maxsize", "minsize"),
        *("movablelimits", "rspace", "separator", "stretchy", "symmetric", "depth", "height", "voffset", "width"),
        *("linethickness", "notation", "columnalign", "columnlines", "columnspacing", "rowlines", "rowspacing"),
    )
)


def blocks(text: str) -> list[Element]:
    """The block elements (paragraphs, lists, tables, …) of a text; empty if it is blank."""
    pointed = rewritten(clean(text), _address)
    html = clean(_markdown().render(pointed))
    root = _parsed(f'<div xmlns="{_XHTML}">{html}</div>')
    return unformatted(text) if is_deep(root, _MAX_DEPTH) else [_cleaned(child) for child in root]


def unformatted(text: str) -> list[Element]:
    """A text as one paragraph without formatting, formulas and images; empty if it is blank."""
    return [element("p", text=clean(text).strip())] if text.strip() else []


def _address(name: str, size: Size | None) -> str:
    return f"{FOLDER}/{name}" + (f"#{size[0]}x{size[1]}" if size else "")


def _parsed(xml: str) -> Element:
    """Parse XML written by our converters, which declares no entities."""
    return fromstring(xml)  # noqa: S314


def _cleaned(source: Element) -> Element:
    result = plain(source, _XHTML)
    result.tail = None
    return result


@cache
def _markdown() -> "MarkdownIt":
    # Imported here because only the workers need it.
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True, "langPrefix": ""}).enable("table")
    markdown.inline.ruler.before("escape", "formula", _formula)
    markdown.add_render_rule("formula", lambda _, tokens, at, *__: _mathml(tokens[at].content))
    markdown.add_render_rule("image", lambda _, tokens, at, *__: _image(tokens[at]))
    for nothing in ("link_open", "link_close"):
        markdown.add_render_rule(nothing, lambda *_: "")
    for cell in ("th_open", "td_open"):  # QTI does not allow their style attribute
        markdown.add_render_rule(cell, lambda _, tokens, at, *__: f"<{tokens[at].tag}>")
    return markdown


def _formula(state: "StateInline", silent: bool) -> bool:
    """An inline rule of the markdown parser: text between two `$$` is a formula."""
    start = state.pos + len(_FENCE)
    if not state.src.startswith(_FENCE, state.pos):
        return False
    end = state.src.find(_FENCE, start + 1, state.posMax)
    if end < 0:
        return False
    if not silent:
        state.push("formula", "math", 0).content = state.src[start:end]
    state.pos = end + len(_FENCE)
    return True


def _mathml(latex: str) -> str:
    """Convert a formula to MathML, or to its source text if that fails."""
    from latex2mathml.converter import convert

    written = f"<code>{escape(_FENCE + latex + _FENCE)}</code>"
    if len(latex) > MAX_FORMULA_LENGTH:
        return written
    try:
        math = _parsed(clean(convert(latex)))
    except Exception:  # for invalid LaTeX, the converter raises many types of errors or writes invalid XML
        return written
    if is_deep(math, _MAX_DEPTH) or any(part.tag not in _ELEMENTS for part in math.iter()):
        return written
    for part in math.iter():
        for name in part.attrib.keys() - _ATTRIBUTES:
            del part.attrib[name]
    return tostring(plain(math), encoding="unicode")


def _image(token: "Token") -> str:
    alt = _alternative(token.children or [])
    match = _IMAGE.fullmatch(str(token.attrs.get("src", "")))
    if match is None:
        return escape(alt)
    path, width, height = match.groups()
    size = f' width="{width}" height="{height}"' if width else ""
    return f'<img alt={quoteattr(alt)} src="{path}"{size} />'


def _alternative(tokens: "list[Token]") -> str:
    return "".join(_alternative(token.children or []) if token.type == "image" else token.content for token in tokens)

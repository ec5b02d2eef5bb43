"""What reads users' text takes time in proportion to its length, so that no text occupies a function for long.

Every regular expression is tried on texts that are derived from it, every other parser on repeated pieces of syntax.
Times for texts of different lengths are compared within one run.
"""

import ast
import importlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from chalicelib.content_databases import search_words
from chalicelib.domain import ids, jsontext, tokens
from chalicelib.domain.exercises import numbers, perseus_json, qti_xml, questions
from chalicelib.domain.trees import positions
from chalicelib.export import markup, perseus_images, qti_text
from chalicelib.http import conditional, negotiation
from chalicelib.identity import accounts, cookies
from chalicelib.schemas import query
from tests.export.perseus_builders import make_item
from tests.support.source.code import modules
from tests.support.source.growth import is_slow
from tests.support.source.patterns import attacks_on

Pattern = re.Pattern[Any]
METHODS = {"match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn"}
OF_RE = {"compile", "escape", "Pattern", "Match", "IGNORECASE", "DOTALL", "MULTILINE", "ASCII"}

# ---- regular expressions ----


def uses(module: str, tree: ast.Module) -> Iterator[tuple[Pattern, str]]:
    """The patterns used in a module, with the methods called on them."""
    found = vars(importlib.import_module(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in METHODS:
            pattern = found.get(node.value.id)
            if isinstance(pattern, re.Pattern):
                yield pattern, node.attr


def declared() -> dict[str, Pattern]:
    """All patterns of the application by module and name."""
    found = {}
    for module in modules():
        for name, value in vars(importlib.import_module(module)).items():
            if isinstance(value, re.Pattern):
                found[f"{module}.{name}"] = value
    return found


@cache
def methods() -> dict[Pattern, set[str]]:
    found = defaultdict(set)
    for module, tree in modules().items():
        for pattern, method in uses(module, tree):
            found[pattern].add(method)
    return found


def call(pattern: Pattern, method: str) -> Callable[[Any], Any]:
    """What a method of a pattern does with a text, until the end of the text."""
    if method in ("match", "fullmatch", "search"):
        return lambda text: getattr(pattern, method)(text)
    return lambda text: [None for _ in pattern.finditer(text)]


def slow_text(pattern: Pattern, used: set[str]) -> str | None:
    """A text on which the pattern is slow, described; None if none was found."""
    for attack in sorted(attacks_on(pattern), key=repr):

        def text(times, attack=attack):
            written = attack.text(times)
            return written.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else written

        for method in sorted(used):
            if is_slow(call(pattern, method), text):
                return f"{method} is slow on {attack}"
    return None


@pytest.mark.parametrize("module", modules())
def test_patterns_are_compiled_where_the_test_below_finds_them(module):
    tree = modules()[module]
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.ImportFrom) and node.module == "re"), "import re"
        if isinstance(node, ast.Import):
            assert all(alias.name != "regex" and (alias.name != "re" or not alias.asname) for alias in node.names)
    assigned = [node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "re":
            assert node.attr in OF_RE, f"line {node.lineno}: compile the pattern as a constant of the module"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
            assert node in assigned, f"line {node.lineno}: compile the pattern as a constant of the module"


def test_there_are_patterns():
    assert len(declared()) > 20


@pytest.mark.parametrize("name", declared())
def test_patterns_take_linear_time(name):
    pattern = declared()[name]
    used = methods()[pattern]
    assert used, "How is it used? Call its methods by its name."
    assert slow_text(pattern, used) is None


SLOW = {
    # The pattern that stopped publishing: the address of a graphie, sought again from every `web+graphie:`.
    "graphie": (r'web\+graphie:[^\s()"$]*/(?P<name>[^\s()"$/]+)', "sub"),
    "exponential": (r"(a+)+b", "fullmatch"),
    "alternatives": (r"(x|xx)*y", "fullmatch"),
    "leading zeros": (r"([+-]?)0*([0-9]+)", "fullmatch"),
    "spaces at the end": (r"\s+$", "search"),
    "unclosed": (r"<[^>]*>", "findall"),
    "two dots": (r"a.*b.*c", "search"),
    "nested": (r"^(\w+\s?)*$", "match"),
    "bytes": (rb"x[^\n]*y", "split"),
}


@pytest.mark.parametrize("name", SLOW)
def test_slow_patterns_are_found(name):
    pattern, method = SLOW[name]
    assert slow_text(re.compile(pattern), {method})


# ---- other parsers ----

ITEM = f'<qti-assessment-item xmlns="{qti_xml.NAMESPACE}"{{}}><qti-item-body>{{}}</qti-item-body></qti-assessment-item>'
STORAGE = "${☣ CONTENTSTORAGE}/"
PIECES = (
    *"a0 \n\t\"'`*_#<>&;,.:/\\|()[]{}%=+-!?\0é☃",
    *(
        "$$",
        "$$x$$ ",
        "$a$$",
        "$$x",
        "1,",
        "1 ",
        "1/",
        "0.",
        ".0",
        "e1",
        "+-",
        "%e2",
        "%2",
        "a,b;q=0.1, ",
        "W/",
        '"a", ',
    ),
    *("a=b; ", "gzip;", ";q=1", "\\ud800", "\\u0000", '"a":', "[[", '{"a":', "true,", "1e5,", "00000000-", "abcdef-"),
    *(
        "![",
        "![a](",
        "](",
        "[a](b",
        "[a][b]",
        "[a]: b\n",
        "*a ",
        "**a ",
        "_a ",
        "*a_ ",
        "`a``",
        "> ",
        "- ",
        "  - ",
        "1. ",
    ),
    *(
        "| a ",
        "|-",
        "|\n",
        "a|b\n-|-\n",
        "- a\n\n",
        "-\n",
        "> - ",
        "<a ",
        "<!--",
        "<http://a",
        "&amp",
        "~~~\n",
        "---\n",
        "a  \n",
    ),
    *("[a](<b", "[a](b 'c", "$$\\frac{", "$$\\left(", "$$\\sqrt{x}$$", STORAGE, f"![a]({STORAGE}", f"{STORAGE}a =1x"),
    *("web+graphie:", "web+graphie:/", "web+graphie:a/b", "<a>", "<a/>", "</a>", "<![CDATA[", "<?a", 'a="', "\u4e00"),
)
ENDS = {
    "": "",
    "*": "*",
    "`": "`",
    "![": "](a)",
    "[[": "]]",
    '{"a":': "1}",
    "**a ": "**",
    "$$\\frac{": "}{1}$$",
    "<a>": "</a>",
}
PARSERS: dict[str, Callable[[str], Any]] = {
    "accounts.plain_address": accounts.plain_address,
    "conditional.accepts_gzip": conditional.accepts_gzip,
    "conditional.is_current": lambda text: conditional.is_current({"if-none-match": text}, '"a"', ""),
    "cookies.parsed": cookies.parsed,
    "ids.parse_id": ids.parse_id,
    "jsontext.loads": jsontext.loads,
    "jsontext.loads of a list": lambda text: jsontext.loads(f"[{text}]"),
    "jsontext.loads of a text": lambda text: jsontext.loads(json.dumps(text)),
    "markup.clean": markup.clean,
    "negotiation.prefers_html": negotiation.prefers_html,
    "numbers.parse_number": numbers.parse_number,
    "perseus_json.parse": perseus_json.parse,
    "perseus_json.parse of a text": lambda text: perseus_json.parse(json.dumps({"a": text})),
    "perseus_images.localise_graphies": lambda text: perseus_images.localise_graphies(text, {"a"}),
    "perseus_images.rewritten": lambda text: perseus_images.rewritten(text, lambda name, size: name),
    "perseus_images.stored_names": lambda text: list(perseus_images.stored_names(text)),
    "positions.bounds_of": positions.bounds_of,
    "query.whole": query.whole,
    "questions.images": lambda text: questions.images(make_item(text, raw_data=text)),
    "qti_xml.parse": qti_xml.parse,
    "qti_xml.parse of a body": lambda text: qti_xml.parse(ITEM.format("", text)),
    "qti_xml.stored_names": lambda text: qti_xml.stored_names(ITEM.format("", f"<a src='{text}'/>")),
    "search_words.match_of": lambda text: search_words.match_of(text, text),
    "search_words.spaced": search_words.spaced,
    "tokens.plain_token": lambda text: tokens.is_channel_token(tokens.plain_token(text)),
}


@pytest.mark.parametrize("name", PARSERS)
def test_parsers_take_linear_time(name):
    assert [piece for piece in PIECES if is_slow(PARSERS[name], repeated(piece))] == []


def repeated(piece: str) -> Callable[[int], str]:
    """A text that repeats a piece of syntax, and closes each where that is possible."""
    return lambda times: piece * times + "x" + ENDS.get(piece, "") * times


@pytest.mark.parametrize("piece", PIECES)
def test_formatted_texts_take_linear_time(piece):
    assert not is_slow(qti_text.blocks, repeated(piece), sizes=(64, 256, 1024))


LATEX = (
    "{",
    "}",
    "\\frac{",
    "\\sqrt{",
    "\\sqrt[",
    "\\left(",
    "\\right)",
    "\\begin{matrix}",
    "&",
    "\\\\",
    "x^",
    "x_",
    "x'",
    "\\",
    "(",
    "|",
    "1.",
    "\\text{",
)


@pytest.mark.parametrize("piece", LATEX)
def test_formulas_take_linear_time(piece):
    def text(times):
        return f"$${piece * times}x{'}' * (times * piece.count('{'))}$$"

    assert not is_slow(qti_text.blocks, text, sizes=(16, 64, 256))


@pytest.mark.parametrize(
    ("before", "unit", "after"),
    [
        (ITEM.format(' xmlns:p="{}"', "{}"), "<p:a/>", "A"),
        (ITEM.format(' xmlns:p="{}"', "{}"), "<b p:a='1'/>", "A"),
        (ITEM.format("{}", "{}"), "<a/>", " xmlns:b='c'"),
    ],
)
def test_namespaces_take_linear_time(before, unit, after):
    """The parser writes the address of a namespace before every name."""
    assert not is_slow(qti_xml.parse, lambda times: before.format(after * times * 8, unit * times))

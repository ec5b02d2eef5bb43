"""HTML is rendered in one way: from template files, with everything escaped, sent with the headers of pages."""

import ast
import re

import pytest

from chalicelib.http.router import Access, Reply, Request, Route, respond
from chalicelib.rendering import html
from chalicelib.schemas.forms import Form
from tests.support.source.code import modules

MARKUP = re.compile(r"</\w|<!doctype|<(br|code|form|html|input|p|span|td) ", re.IGNORECASE)
# These write content for Kolibri, not pages; the last one cuts icons out of a packaged file.
CONTENT = ("chalicelib.export.", "chalicelib.domain.", "chalicelib.rendering.assets")


def sent(reply):
    route = Route("GET", "/api/x", lambda _: reply, Access.ANYONE, "A page")
    return respond({"GET": route}, Request("GET", "/api/x", {}, {}, {}, b"", "1"))


@pytest.mark.parametrize("module", [name for name in modules() if not name.startswith(CONTENT)])
def test_no_module_writes_markup(module):
    texts = [node.value for node in ast.walk(modules()[module]) if isinstance(node, ast.Constant)]
    assert not [text for text in texts if isinstance(text, str) and MARKUP.search(text)]


@pytest.mark.parametrize("template", sorted(html.TEMPLATES.glob("**/*.html"), key=str))
def test_no_template_disables_escaping(template):
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape", text)


def test_values_are_escaped():
    form = Form({"username": ['"><script>']})
    page = html.render("accounts/sign_in.html", problem="a & <b>", problems={}, form=form)
    assert "a &amp; &lt;b&gt;" in page
    assert 'value="&#34;&gt;&lt;script&gt;"' in page


def test_a_reply_with_a_page_is_sent_as_one():
    found = sent(Reply(html.Html("<p>"), 400))
    assert found.body == "<p>"
    assert found.headers.items() >= {**html.headers(), "Cache-Control": "no-store"}.items()


def test_text_that_is_not_a_page_is_sent_as_json():
    found = sent(Reply("<p>"))
    assert (found.body, found.headers["Content-Type"]) == ('"<p>"', "application/json")

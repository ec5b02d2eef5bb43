"""The pages of the API's reference, and forms to call what a path accepts."""

import json
import re
from html import unescape

import pytest

from chalicelib.http import docs, openapi
from chalicelib.reference import form_inputs, texts
from tests.support.http.pages import HTML, Visitor
from tests.support.source import routes
from tests.support.worlds import nodes

SUBJECTS = [subject.slug for subject in texts.load().subjects]


@pytest.fixture
def visitor(studio):
    return Visitor(studio)


@pytest.fixture
def user(studio):
    return Visitor(studio, studio.user_id)


@pytest.fixture
def channel(studio):
    channel_id, root = studio.make_channel("Fractions")
    studio.add(root, nodes.topic("one"))
    studio.finish(channel_id)
    return studio.get(f"/api/channel/{channel_id}").json


def text_of(page):
    return page.answer.text


class TestOverviews:
    @pytest.mark.parametrize("path", ["/api/", "/api/docs/"])
    def test_list_every_operation_by_subject(self, visitor, path):
        page = visitor.open(path)
        assert page.answer.headers["Content-Type"] == HTML
        for route in openapi.documented(routes.ALL):
            name = "_".join([route.method.lower(), *re.findall(r"[\w.-]+", route.path.removeprefix("/api"))])
            assert f"#{name}" in text_of(page)
        titles = [title for level, title in page.read.headings if level == 2]
        assert titles == [subject.title for subject in texts.load().subjects]

    @pytest.mark.parametrize("path", ["/api/", "/api/docs/"])
    def test_are_searched_without_scripts(self, visitor, path):
        found = text_of(visitor.open(f"{path}?search=publish+POST"))
        assert "/api/channel/{id}/publish" in found
        assert "/api/bookmark" not in found
        none = visitor.open(f"{path}?search=nothing+like+this")
        assert "No operation has all these words." in none.text

    def test_link_to_what_can_be_opened(self, visitor):
        links = set(visitor.open("/api/").links.values())
        assert {"/api/channel", "/api/sync", "/api/internal/add_nodes", "/api/file/upload_url"} <= links
        assert not [link for link in links if link.startswith("/api/public") or "{" in link]


@pytest.mark.parametrize("slug", SUBJECTS)
class TestSubjects:
    def test_show_fields_examples_and_code(self, visitor, slug):
        text = text_of(visitor.open(f"/api/docs/{slug}/"))
        subject = next(one for one in texts.load().subjects if one.slug == slug)
        assert text.count('<section class="operation"') == len(subject.operations)
        assert text.count("<h3>curl</h3>") >= len(subject.operations)
        assert text.count("<h3>Python</h3>") >= len(subject.operations)

    def test_have_a_target_for_each_link_within(self, visitor, slug):
        text = text_of(visitor.open(f"/api/docs/{slug}/"))
        anchors = re.findall(r'\bid="([^"]+)"', text)
        assert set(re.findall(r'href="#([^"]+)"', text)) <= set(anchors)
        assert len(anchors) == len(set(anchors))

    def test_have_nothing_inline(self, visitor, slug):
        page = visitor.open(f"/api/docs/{slug}/")
        assert not page.read.inline
        assert all(path.startswith("/static/") for path in page.read.loaded)


def test_a_subject_that_does_not_exist(visitor):
    page = visitor.open("/api/docs/nothing/")
    assert page.answer.status == 404


def test_types_of_answers_include_those_within_them():
    whole = docs.reference(openapi.document(routes.ALL, ""))
    (found,) = [one for one in whole["subjects"] if one["slug"] == "publishing"]
    names = docs.types_of(found["operations"], whole["types"])
    assert {"Diff", "DiffMoved", "Kind", "TreeTotals"} <= set(names)
    assert "Person" not in names


class TestPages:
    def test_say_who_is_signed_in(self, user, channel):
        assert "chef@example.org" in user.open(f"/api/channel/{channel['id']}").text

    def test_choose_get_first(self, user, channel):
        text = text_of(user.open(f"/api/channel/{channel['id']}"))
        methods = re.findall(r'name="method_name" id="[^"]+" value="(\w+)"( checked)?', text)
        assert methods == [("GET", " checked"), ("PUT", ""), ("PATCH", ""), ("DELETE", "")]

    def test_offer_to_try_before_the_answer(self, user, channel):
        text = text_of(user.open(f"/api/channel/{channel['id']}"))
        assert text.index('<form class="try') < text.index('<pre class="whole"')

    def test_fill_in_current_values(self, user, channel):
        text = text_of(user.open(f"/api/channel/{channel['id']}"))
        patch = text[text.index('data-method="PATCH"') : text.index('data-method="DELETE"')]
        assert 'data-field="name" data-kind="text" value="Fractions"' in patch
        (body,) = re.findall(r"<textarea[^>]*data-json[^>]*>(.*?)</textarea>", patch, re.S)
        body = json.loads(unescape(body))
        assert (body["name"], body["language"], body["deleted"]) == ("Fractions", "en", False)
        assert '<option value="en" selected>' in patch

    def test_have_an_input_for_each_kind_of_field(self, user, channel):
        text = text_of(user.open(f"/api/contentnode/{channel['root_id']}"))
        for kind in ("select", "multiple", "text", "lines", "json", "number"):
            assert f'data-kind="{kind}"' in text
        assert 'data-kind="checkbox"' in text_of(user.open(f"/api/channel/{channel['id']}"))
        assert 'type="file"' in text_of(user.open("/api/internal/file_upload"))

    @pytest.mark.parametrize(
        "path", ["/api/sync", "/api/internal/add_nodes", "/api/internal/file_diff", "/api/file/upload_url"]
    )
    def test_open_as_a_form_where_only_post_is_taken(self, user, path):
        page = user.open(path)
        assert page.answer.status == 405
        assert "This address takes POST, not GET." in page.text
        assert '<details class="try" open>' in text_of(page)

    def test_take_values_for_post_from_the_query(self, user, channel):
        text = text_of(user.open(f"/api/contentnode?parent={channel['root_id']}"))
        post = text[text.index('data-method="POST"') :]
        assert f'data-field="parent" data-kind="text" value="{channel["root_id"]}"' in post

    def test_lead_to_children_parent_channel_and_actions(self, user, channel, studio):
        links = user.open(f"/api/channel/{channel['id']}").links.values()
        own = f"/api/channel/{channel['id']}"
        assert {f"{own}/publish", f"{own}/deploy", f"/api/contentnode/{channel['root_id']}"} <= set(links)
        (child,) = studio.get(f"/api/contentnode?parent={channel['root_id']}").json["results"]
        links = set(user.open(f"/api/contentnode/{child['id']}").links.values())
        node = f"/api/contentnode/{child['id']}"
        assert {f"/api/contentnode?parent={child['id']}", f"/api/contentnode/{child['parent']}", own} <= links
        assert {f"{node}/move", f"{node}/copy", f"/api/file?contentnode={child['id']}"} <= links

    def test_of_actions_open(self, user, channel):
        page = user.open(f"/api/channel/{channel['id']}/publish")
        assert "This address takes POST, not GET." in page.text
        assert 'data-field="version_notes" data-kind="lines"' in text_of(page)


class TestInputs:
    def field(self, kind, **more):
        return {"type": kind, "required": False, **more}

    @pytest.mark.parametrize(
        ("kind", "value", "wanted"),
        [
            ("string", "a", ("text", "a")),
            ("string or null", None, ("text", "")),
            ("integer", 3, ("number", "3")),
            ("boolean", True, ("checkbox", "true")),
            ("boolean", False, ("checkbox", "")),
            ("object", {"a": 1}, ("json", '{"a": 1}')),
            ("list of strings", ["é"], ("json", '["é"]')),
        ],
    )
    def test_of_a_field_with_a_value(self, kind, value, wanted):
        (found,) = form_inputs.inputs({"x": self.field(kind)}, {"x": value})
        assert (found.kind, found.value) == wanted

    def test_choose_from_sets_in_any_form(self):
        choices = [{"value": "a", "display_name": "A"}, {"value": "b", "display_name": "B"}]
        field = self.field("list of strings or object or null", choices=choices)
        for value in (["b"], {"b": True, "a": False}):
            (found,) = form_inputs.inputs({"x": field}, {"x": value})
            assert (found.kind, found.chosen) == ("multiple", frozenset({"b"}))

    def test_show_each_name_once_and_the_chosen_code(self):
        choices = [{"value": "CC BY", "display_name": "CC BY"}, {"value": 1, "display_name": "CC BY"}]
        for chosen, shown in ((1, [1]), ("CC BY", ["CC BY"]), (None, ["CC BY"])):
            (found,) = form_inputs.inputs({"x": self.field("string or integer", choices=choices)}, {"x": chosen})
            assert [one["value"] for one in found.choices[1:]] == shown

    def test_start_a_body_with_what_is_required(self):
        fields = {
            "a": {**self.field("string"), "required": True},
            "b": self.field("string"),
            "c": self.field("integer"),
        }
        assert json.loads(form_inputs.body(fields, {"c": 5})) == {"a": "", "c": 5}

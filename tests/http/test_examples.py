"""The examples of the API's documents are what the API answers. `python -m tests.support.examples` records them."""

import importlib
import json
import os
import pkgutil

import pytest

from chalicelib.http import openapi
from chalicelib.reference import examples, snippets
from tests.support import examples as scenes
from tests.support.aws import declared
from tests.support.examples import recording
from tests.support.source import routes, undescribed

MODULES = {
    found.name: importlib.import_module(f"{scenes.__name__}.{found.name}")
    for found in pkgutil.iter_modules(scenes.__path__)
    if found.name not in ("recording", "worlds", "__main__")
}
STORED = [(name, exchange) for name in MODULES for exchange in recording.stored(name)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_what_the_api_answers(studio, name):
    scene = recording.Scene(studio)
    MODULES[name].record(scene)
    exchanges = recording.normalised(name, json.loads(json.dumps(scene.recorded)))
    if os.environ.get("RECORD_EXAMPLES"):
        recording.store(name, exchanges)
    assert exchanges == recording.stored(name), f"run `python -m tests.support.examples {name}`"


def test_every_file_has_a_scene():
    assert {path.stem for path in examples.FOLDER.glob("*.json")} == set(MODULES)


@pytest.mark.parametrize(("name", "exchange"), STORED, ids=[one["operation"] for _, one in STORED])
class TestStored:
    def test_are_as_declared(self, name, exchange):
        method, path = exchange["operation"].split(" ")
        answer, kind = exchange.get("answer"), "text/html" if path.startswith("/api/docs") else "application/json"
        headers, text = {"Content-Type": kind}, "" if answer is None else json.dumps(answer)
        declared.check(method, path, exchange["status"], headers, text)

    def test_are_valid_examples_of_requests(self, name, exchange):
        operation = undescribed.OPERATIONS[exchange["operation"]]
        known = {parameter["name"] for parameter in operation["parameters"]}
        assert set(exchange.get("query", {})) <= known
        assert ("body" in exchange) <= ("requestBody" in operation)

    def test_hold_nothing_of_this_run(self, name, exchange):
        text = json.dumps(exchange)
        assert "front.example.org" not in text
        assert "X-Amz-Credential" not in text


class TestDocument:
    def test_has_requests_and_responses(self):
        operation = undescribed.OPERATIONS["POST /api/channel"]
        sent = operation["requestBody"]["content"]["application/json"]["examples"]["example1"]
        answer = operation["responses"]["201"]["content"]["application/json"]["examples"]["example1"]
        assert sent["value"]["countries"] == ["Kenya"]
        assert answer["value"]["countries"] == ["KE"]

    def test_has_examples_of_parameters(self):
        found = {one["name"]: one for one in undescribed.OPERATIONS["GET /api/contentnode"]["parameters"]}
        assert found["max_results"]["example"] == 1
        assert len(found["parent"]["example"]) == 32
        (in_path,) = undescribed.OPERATIONS["GET /api/channel/{id}"]["parameters"]
        assert len(in_path["example"]) == 32

    def test_has_code_for_each_operation(self):
        for operation in undescribed.OPERATIONS.values():
            assert [one["label"] for one in operation["x-codeSamples"]] == ["curl", "Python"]

    def test_names_this_server(self):
        whole = json.dumps(openapi.document(routes.ALL, "http://here.example.org"))
        assert examples.HOST not in whole
        assert "http://here.example.org/api/channel" in whole


class TestSnippets:
    @pytest.mark.parametrize("operation", examples.load())
    def test_of_python_can_be_compiled(self, operation):
        for exchange in examples.of_operation(operation):
            compile(snippets.python(exchange, "https://a.example.org"), operation, "exec")

    def test_for_a_shell_quote_what_users_write(self):
        exchange = examples.Exchange("POST /api/x", "/api/x", 200, body={"name": "it's $HOME"})
        assert "'\"'\"'" in snippets.curl(exchange, "https://a.example.org")

    def test_say_who_calls(self):
        for caller, said in (("token", "Token $TOKEN"), ("session", "-b cookies.txt"), ("nobody", "")):
            exchange = examples.Exchange("POST /api/x", "/api/x", 200, caller=caller)
            text = snippets.curl(exchange, "https://a.example.org")
            assert said in text
            assert ("Token" in text) == (caller == "token") or caller == "session"

    def test_upload_files(self):
        exchange = examples.Exchange("POST /api/x", "/api/x", 200, form="a.pdf")
        assert "-F file=@a.pdf" in snippets.curl(exchange, "https://a.example.org")
        assert 'open("a.pdf", "rb")' in snippets.python(exchange, "https://a.example.org")

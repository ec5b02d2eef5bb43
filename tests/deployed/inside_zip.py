"""Run by `python -I -S inside_zip.py FOLDER`: uses the functions with the packages of the zip alone.

Events of API Gateway, by name, come as JSON on stdin; the last line printed is `{name of a check: what went wrong, or
null}`.
"""

import importlib
import io
import json
import os
import pkgutil
import sys
import traceback
from types import SimpleNamespace
from typing import Any

Events = dict[str, dict[str, Any]]


def answer(event: dict[str, Any]) -> dict[str, Any]:
    import app

    context = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 29_000)
    answered: dict[str, Any] = app.app(event, context)
    assert answered["statusCode"] == 200, answered
    return answered


def every_module_of_ours_loads(events: Events) -> None:
    import app  # noqa: F401
    import chalicelib

    for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        importlib.import_module(module.name)


def a_request_is_answered(events: Events) -> None:
    assert "channel" in json.loads(answer(events["/api"])["body"])


def the_reference_is_rendered(events: Events) -> None:
    page = answer(events["/api/docs"])
    assert page["headers"]["Content-Type"].startswith("text/html")
    assert "</html>" in page["body"]


def pages_have_style_and_script(events: Events) -> None:
    page = answer({**events["/api"], "headers": {"accept": "text/html"}, "multiValueHeaders": {}})["body"]
    assert "/bootstrap.css" in page
    assert "/docs.js" in page


def styles_scripts_and_icons_are_found(events: Events) -> None:
    from chalicelib.rendering import assets

    for name in assets.ASSETS:
        assert assets.text(name)
    assert "prefers-color-scheme:dark" in assets.text("bootstrap.css")
    assert 'id="folder"' in assets.text("icons.svg")


def examples_and_descriptions_are_packaged(events: Events) -> None:
    operation = json.loads(answer(events["/api/openapi.json"])["body"])["paths"]["/api/channel"]["post"]
    assert operation["description"]
    assert operation["x-codeSamples"]


def the_openapi_document_is_made(events: Events) -> None:
    assert len(json.loads(answer(events["/api/openapi.json"])["body"])["paths"]) > 90


def an_upload_is_signed(events: Events) -> None:
    from chalicelib.aws import storage

    assert "X-Amz-Signature=" in storage.upload_url("0" * 32, "png", 1, "image/png")


def the_other_services_are_known(events: Events) -> None:
    from chalicelib.aws import mail, queues
    from chalicelib.models.connection import connection

    found = [client.meta.service_model.service_name for client in (queues.client(), mail.client(), connection().client)]
    assert found == ["sqs", "sesv2", "dynamodb"]


def errors_of_aws_are_read(events: Events) -> None:
    """A server that does not exist: retries and endpoints are read from botocore's data."""
    from botocore.exceptions import EndpointConnectionError

    from chalicelib.aws import queues

    queues.client().meta.config.retries["total_max_attempts"] = 1
    try:
        queues.send_publish("1")
    except EndpointConnectionError:
        return
    raise AssertionError("there was a response")


def constants_of_le_utils_are_read(events: Events) -> None:
    from le_utils.constants import content_kinds, file_formats, format_presets, languages, licenses

    assert languages.getlang("pt-BR").native_name
    for listed in (content_kinds.KINDLIST, file_formats.FORMATLIST, format_presets.PRESETLIST, licenses.LICENSELIST):
        assert listed


def criteria_are_checked(events: Events) -> None:
    from chalicelib.domain.exercises import criteria

    criterion = {"model": "mastery", "threshold": {"mastery_model": "m_of_n", "m": 3, "n": 5}, "learner_managed": False}
    assert criteria.problem("exercise", {"options": {"completion_criteria": criterion}}) is None
    assert criteria.problem("exercise", {"options": {"completion_criteria": {"model": "nonsense"}}})


def pictures_are_scaled(events: Events) -> None:
    from PIL import Image

    from chalicelib.export.thumbnails import make_thumbnail

    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        drawn = io.BytesIO()
        Image.new("RGB", (800, 600), "red").save(drawn, kind)
        assert Image.open(io.BytesIO(make_thumbnail(drawn.getvalue(), kind.lower()))).size == (400, 300)


def databases_have_full_text_search(events: Events) -> None:
    from chalicelib.sqlite import sqlite3

    assert sqlite3.__name__.startswith("pysqlite3")
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE VIRTUAL TABLE words USING fts5(text)")


def formulas_are_written(events: Events) -> None:
    from chalicelib.export import qti_text

    (paragraph,) = qti_text.blocks(r"*so* $$\frac{1}{2}$$")
    assert [part.tag.rpartition("}")[2] for part in paragraph] == ["em", "math"]


def passwords_are_hashed(events: Events) -> None:
    from chalicelib.identity.accounts import hash_password

    assert hash_password("a long enough password").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def common_passwords_are_known(events: Events) -> None:
    from chalicelib.identity import password_rules

    assert password_rules.problem("password1234", "a@example.org")
    assert password_rules.problem("a long enough password", "a@example.org") is None


def everything_came_compiled_from_the_zip(events: Events) -> None:
    """Runs last. What else is loaded is Python's own."""
    folder, own = sys.path[0], os.path.dirname(os.__file__)
    this = {"__main__", "__mp_main__"}  # multiprocessing, which boto3 imports, calls it by the second name
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items() if name not in this}
    ours = {name: sys.modules[name] for name, file in files.items() if file.startswith(folder)}
    assert len(ours) > 400
    foreign = [file for file in files.values() if not file.startswith((folder, own)) or "site-packages" in file]
    assert not any(foreign), foreign
    assert not [name for name, module in ours.items() if files[name].endswith(".py") and not _is_compiled(module)]


def _is_compiled(module: Any) -> bool:
    with open(module.__cached__, "rb") as file:
        return file.read(8)[4] == 1  # valid, whatever its source says (PEP 552)


CHECKS = [
    every_module_of_ours_loads,
    a_request_is_answered,
    the_reference_is_rendered,
    pages_have_style_and_script,
    styles_scripts_and_icons_are_found,
    examples_and_descriptions_are_packaged,
    the_openapi_document_is_made,
    an_upload_is_signed,
    the_other_services_are_known,
    errors_of_aws_are_read,
    constants_of_le_utils_are_read,
    criteria_are_checked,
    pictures_are_scaled,
    databases_have_full_text_search,
    formulas_are_written,
    passwords_are_hashed,
    common_passwords_are_known,
    everything_came_compiled_from_the_zip,
]


def main() -> None:
    sys.path.insert(0, sys.argv[1])  # beside it, -I and -S leave Python's own modules
    sys.dont_write_bytecode = True
    sent = json.load(sys.stdin)
    print("\n" + json.dumps({check.__name__: problem(check, sent) for check in CHECKS}))


def problem(check: Any, sent: dict[str, Any]) -> str | None:
    try:
        check(sent)
    except Exception:  # whatever it is, the test shows it
        return traceback.format_exc()
    return None


if __name__ == "__main__":
    main()

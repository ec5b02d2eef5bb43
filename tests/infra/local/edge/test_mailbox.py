"""The mails of the local stack."""

import asyncio
import json

import httpcore
import pytest

import app as application
from infra.local.aws.emulator import ROOT
from infra.local.edge.mailbox import PATH, Mailbox
from infra.package import SOURCES

SENT = {
    "messages": {
        "000000000000": [
            {
                "MessageId": f"{name}@email.amazonses.com",
                "Source": "studio@example.org",
                "To": ["ada@example.org"],
                "Subject": f"<b>{name}</b>",
                "BodyText": "Open\nhttp://127.0.0.1/a/\n",
                "BodyHtml": '<p><a href="http://127.0.0.1/a/">Open</a></p>',
                "Timestamp": time,
            }
            for time, name in enumerate(("first", "second"))
        ]
    }
}


class Ministack(httpcore.AsyncConnectionPool):
    def __init__(self, sent):
        super().__init__()
        self._sent = sent

    async def handle_async_request(self, request):
        assert request.url.target == b"/_ministack/ses/messages"
        return httpcore.Response(200, content=json.dumps(self._sent).encode())


def ask(path, method="GET", sent=SENT):
    mailbox = Mailbox("http://127.0.0.1:9")
    mailbox._pool = Ministack(sent)
    return asyncio.run(mailbox.answer(method, path))


@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/")])
def test_the_list_has_the_newest_first_and_links_to_both_forms(path):
    page = ask(path).body.decode()
    assert page.index("second") < page.index("first")
    assert "<b>" not in page
    assert '<a href="/local/mail/first.html">' in page
    assert '<a href="/local/mail/first.txt">' in page


def test_an_empty_list_says_so():
    assert b"No mail was sent yet." in ask(PATH, sent={"messages": {}}).body


def test_a_mail_is_shown_as_text_and_as_html():
    text, html = ask(f"{PATH}first.txt"), ask(f"{PATH}first.html")
    assert dict(text.headers)["content-type"] == "text/plain; charset=utf-8"
    assert b"To: ada@example.org" in text.body
    assert b"\nhttp://127.0.0.1/a/\n" in text.body
    assert html.body == b'<p><a href="http://127.0.0.1/a/">Open</a></p>'
    assert "default-src 'none'" in dict(html.headers)["content-security-policy"]


def test_programs_get_json():
    found = json.loads(ask(f"{PATH}all.json").body)
    assert [mail["id"] for mail in found] == ["second", "first"]
    assert set(found[0]) == {"id", "time", "from", "to", "subject", "text", "html"}


@pytest.mark.parametrize("path", [f"{PATH}third.html", f"{PATH}first.exe", f"{PATH}first", f"{PATH}a/b"])
def test_other_paths_are_not_found(path):
    assert ask(path).status == 404


def test_mails_can_only_be_read():
    assert ask(PATH, "DELETE").status == 405


def test_nothing_of_it_is_deployed():
    """Neither in the sources of the package nor among the routes."""
    roots = [ROOT / name for name in SOURCES if (ROOT / name).exists()]
    files = [file for root in roots for file in ([root] if root.is_file() else sorted(root.rglob("*")))]
    checked = [file for file in files if file.is_file() and file.suffix != ".pyc"]
    assert len(checked) > 100
    assert not [file for file in checked if b"/local/" in file.read_bytes()]
    assert not [path for path in application.app.routes if path.startswith("/local")]

"""Mails as text and as HTML."""

from html.parser import HTMLParser

import pytest

from chalicelib.config import settings
from chalicelib.mails import messages
from chalicelib.mails.mail import compose

URL = "https://studio.example.org/a/"


class Reader(HTMLParser):
    """The links and the visible text of a page."""

    def __init__(self, page):
        super().__init__()
        self.links, self.loaded, self.text, self._hidden = [], [], "", 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self._hidden += tag in ("style", "title")
        self.links += [given["href"]] if tag == "a" else []
        self.loaded += [given[name] for name in ("src", "background", "srcset") if name in given]
        assert tag not in ("link", "script", "img", "iframe", "form")

    def handle_endtag(self, tag):
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data):
        self.text += "" if self._hidden else data


ALL = {
    "invitation": lambda: messages.invitation("a" * 32, "a@example.org", "A B", 'A "b" <c>', may_edit=True),
    "registration": lambda: messages.registration("a" * 40),
    "has_account": messages.has_account,
    "not_invited": messages.not_invited,
    "reset_password": lambda: messages.reset_password("a" * 40),
    "no_account": lambda: messages.no_account(may_register=True),
    "deactivated": messages.deactivated,
    "choose_password": lambda: messages.choose_password("a" * 40),
    "password_changed": lambda: messages.password_changed(tokens_revoked=True),
    "account_deleted": messages.account_deleted,
    "storage_answered": lambda: messages.storage_answered(5_000_000_000, 10_000_000_000),
    "storage_request": lambda: messages.storage_request("a@example.org", 5_000_000_000),
}


@pytest.mark.parametrize("name", ALL)
class TestEveryMail:
    def test_says_the_same_as_text_and_as_html(self, name):
        mail = ALL[name]()
        shown = " ".join(Reader(mail.html).text.split())
        for line in mail.text.splitlines():
            assert line.rstrip(":") in shown
        assert mail.subject in shown

    def test_has_one_link_of_ours_and_loads_nothing(self, name):
        mail = ALL[name]()
        page = Reader(mail.html)
        assert len(set(page.links)) == 1
        assert page.links[0].startswith(settings().public_url)
        assert page.loaded == []
        assert mail.text.count("://") == 1
        assert f"\n{page.links[0]}\n" in mail.text  # on a line of its own: mail readers make a link of it

    def test_is_short(self, name):
        mail = ALL[name]()
        assert "\n" not in mail.subject
        assert len(mail.subject) <= 100
        assert max(map(len, mail.text.splitlines())) < 998  # RFC 5322


def test_names_are_escaped():
    mail = compose("<s>", "<b>bold</b>", action="<i>", url=URL + "?a=1&b=2")
    assert "<b>bold</b>" in mail.text
    assert "<b>bold" not in mail.html
    assert Reader(mail.html).links == [URL + "?a=1&b=2"] * 2


def test_every_message_is_tested():
    made = {name for name, value in vars(messages).items() if getattr(value, "__module__", "") == messages.__name__}
    assert set(ALL) == {name for name in made if not name.startswith("_") and name != "reset_path"}

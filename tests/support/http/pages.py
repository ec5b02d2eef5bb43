"""A browser without scripts: it follows links and redirects, fills in forms, and keeps cookies."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from chalicelib.domain.tokens import new_session_id
from chalicelib.identity.cookies import CSRF
from chalicelib.identity.csrf import FIELD
from tests.support.http.client import Answer, Browser, Studio

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "0123456789abcdef"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
HTML = "text/html; charset=utf-8"
_VOID = {"input", "img", "link", "meta", "br", "hr", "source", "track", "wbr", "col"}


def _part(disposition: str, content: bytes) -> bytes:
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"


@dataclass
class PageForm:
    """A form as it was sent: its fields have the values of the page."""

    method: str
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects links, forms, headings, loaded files and visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.forms: list[PageForm] = []
        self.headings: list[tuple[int, str]] = []
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.texts: list[str] = []
        self._open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.inline += [name for name in found if name.startswith("on") or name == "style"]
        self.loaded += [str(found[name]) for name in ("src",) if found.get(name)]
        if tag == "link":
            self.loaded.append(str(found.get("href")))
        if tag == "form":
            self.forms.append(PageForm((found.get("method") or "get").upper(), found.get("action") or ""))
        self._fill(tag, found)
        if tag not in _VOID:
            self._open.append((tag, found, []))

    def _fill(self, tag: str, found: dict[str, str | None]) -> None:
        """Note the value that a field of the latest form would send."""
        name = found.get("name")
        if tag == "select":
            self._select = name or ""
            self.forms[-1].fields[self._select] = []
        elif tag == "option" and self._select and ("selected" in found or not self.forms[-1].fields[self._select]):
            self.forms[-1].fields[self._select] = [found.get("value") or ""]
        elif tag == "textarea" and name:
            self.forms[-1].fields[name] = [""]
        elif tag == "input" and name and found.get("type") in ("checkbox", "radio"):
            values = self.forms[-1].fields.setdefault(name, [])
            values += [found.get("value") or "on"] if "checked" in found else []
        elif tag == "input" and name:
            self.forms[-1].fields.setdefault(name, []).append(found.get("value") or "")

    def handle_data(self, data: str) -> None:
        for _, _, texts in self._open:
            texts.append(data)
        if not any(tag in ("script", "style", "head") for tag, _, _ in self._open):
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, found, texts = self._open.pop()
            text = " ".join("".join(texts).split())
            if name == "a" and found.get("href"):
                self.links.setdefault(text, str(found["href"]))
            elif name == "textarea":
                self.forms[-1].fields[found.get("name") or ""] = ["".join(texts).removeprefix("\n")]
            elif name == "select":
                self._select = ""
            elif name in ("script", "style") and "src" not in found:
                self.inline.append(name)
            elif name in ("h1", "h2", "h3", "h4"):
                self.headings.append((int(name[1]), text))
            if name == tag:
                return


@dataclass
class Page:
    """A page that a visitor sees."""

    path: str
    answer: Answer

    def __post_init__(self) -> None:
        self.read = _Reader(self.answer.text)

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def text(self) -> str:
        """What can be read, with single spaces."""
        return " ".join(" ".join(self.read.texts).split())

    @property
    def title(self) -> str:
        """The first heading."""
        return next((text for level, text in self.read.headings if level == 1), "")

    @property
    def links(self) -> dict[str, str]:
        """The first target of each link by its text."""
        return self.read.links

    @property
    def forms(self) -> list[PageForm]:
        """The forms of the page, with that of the header."""
        return self.read.forms

    def form(self, action: str) -> PageForm:
        """The form that is sent to this path."""
        return next(form for form in self.forms if form.action == action)


class Visitor:
    """A person with a browser in which scripts are off. `user_id` signs them in."""

    def __init__(self, studio: Studio, user_id: str | None = None) -> None:
        self.browser = Browser(studio) if user_id is None else studio.sign_in(user_id)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request as a browser sends it."""
        parts = urlsplit(path)
        trimmed = (parts.path.rstrip("/") or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"accept": ACCEPT, **({"content_type": FORM} if body is not None else {}), **headers}
        return self.browser.call(method, trimmed, body, csrf=False, **sent)

    def open(self, path: str) -> Page:
        """Open a page, following redirects."""
        return self._follow(path, self.send("GET", path))

    def submit(self, page: Page, action: str, **values: str | list[str]) -> Page:
        """Fill in the form with this action and send it."""
        form = page.form(action)
        filled: dict[str, Any] = {**form.fields, **values}
        target = urljoin(page.path, form.action)
        query = urlencode(filled, doseq=True)
        if form.method == "GET":
            return self.open(f"{target}?{query}")
        return self._follow(target, self.send("POST", target, query.encode()))

    def post(self, path: str, **values: str) -> Answer:
        """Send a form to a path as one of our pages does, without following redirects."""
        if CSRF not in self.browser.cookies:
            self.browser.cookies[CSRF] = new_session_id()
        return self.send("POST", path, urlencode({FIELD: self.browser.cookies[CSRF], **values}).encode())

    def upload(self, page: Page, action: str, name: str, data: bytes, **values: str) -> Page:
        """Fill in the form with this action, choose a file in its field `file`, and send it."""
        filled: dict[str, Any] = {**page.form(action).fields, **values}
        filled.pop("file", None)
        texts = [
            (key, text) for key, given in filled.items() for text in ([given] if isinstance(given, str) else given)
        ]
        parts = [_part(f'name="{key}"', text.encode()) for key, text in texts]
        body = b"".join([*parts, _part(f'name="file"; filename="{name}"', data), f"--{BOUNDARY}--\r\n".encode()])
        return self._follow(action, self.send("POST", action, body, content_type=MULTIPART))

    def click(self, page: Page, text: str) -> Page:
        """Follow the link with this text."""
        return self.open(urljoin(page.path, page.links[text]))

    def _follow(self, path: str, answer: Answer) -> Page:
        for _ in range(5):
            if answer.status not in (302, 303):
                return Page(path, answer)
            path = urljoin(path, answer.headers["Location"])
            answer = self.send("GET", path)
        raise AssertionError(f"{path} redirects for ever")

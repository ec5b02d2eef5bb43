"""Records exchanges with the API as the examples of its documents, in `chalicelib/reference/recorded/`.

A scene is a function `record(scene)` of a module beside this one: it makes a small world and calls operations by
`scene("POST /api/channel", body)`. `tests/http/test_examples.py` runs all scenes, and compares what the API answers
with what is stored; `python -m tests.support.examples` stores it. What differs between runs (ids, tokens, times) is
replaced by equal values, the same ones wherever the original occurs.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from chalicelib import __version__
from chalicelib.reference import examples
from tests.support.http.client import Answer, Browser, Studio

HOST = "https://studio.example.org"
MAX_ITEMS = 2  # of a list of objects in an answer
BOUNDARY = "boundary"

_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32,64}(?![0-9A-Za-z])")
_PLAIN_TOKEN = re.compile(r"[a-z]{5}-?[a-z]{5}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T| )\d\d:\d\d:\d\d(\.\d+)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SIGNATURE = re.compile(r"\?(?:uploadId|X-Amz-|AWSAccessKeyId)[^\"]*")
_LOOKUP = re.compile(r"(.*/lookup/)([a-z]{5}-?[a-z]{5})")
_MICROSECONDS = 1_772_443_800_000_000  # since 1970: positions on a clipboard
_VOWELS, _CONSONANTS = "aiou", "bdfghjklmnprstvz"


@dataclass
class Scene:
    """Calls operations and records them."""

    studio: Studio
    recorded: list[dict[str, Any]] = field(default_factory=list)

    def __call__(
        self,
        operation: str,
        body: Any = None,
        *,
        at: Mapping[str, str] | None = None,
        title: str = "",
        query: dict[str, str] | None = None,
        token: str | None = "",
        browser: Browser | None = None,
        form: tuple[str, bytes] | None = None,
        only: Callable[[Any], Any] = lambda answer: answer,
    ) -> Any:
        """Call an operation, `<METHOD> <path>`, and record the exchange; returns the JSON that it answers with.

        `at` are the parameters of the path. `token` None is anonymous, `browser` sends its cookies instead; `form` is a
        file to upload. `only` leaves out
        parts of a long answer.
        """
        method, pattern = operation.split(" ")
        path = pattern.format(**{name: quote(value, safe=",") for name, value in (at or {}).items()})
        url = f"{path}?{urlencode(query)}" if query else path
        answer = self._sent(method, url, body, token, browser, form)
        assert answer.status < 400, f"{operation}: {answer.status} {answer.text}"
        is_json = answer.headers.get("Content-Type") == "application/json" and answer.text
        found = answer.json if is_json else answer.text.partition(">")[0] + ">" if answer.text else None
        kind = "session" if browser else "nobody" if token is None else "token"
        exchange = {
            "operation": operation,
            "title": title,
            "caller": kind,
            "path": path,
            "query": query or {},
            "body": body,
            "form": f"{form[0]}" if form else "",
            "status": answer.status,
            "answer": _shortened(only(found)),
        }
        self.recorded.append({name: value for name, value in exchange.items() if value not in ("", None, {})})
        return found

    def _sent(
        self,
        method: str,
        url: str,
        body: Any,
        token: str | None,
        browser: Browser | None,
        form: tuple[str, bytes] | None,
    ) -> Answer:
        if form:
            kind = f"multipart/form-data; boundary={BOUNDARY}"
            return self.studio.call(method, url, _multipart(*form), token, content_type=kind)
        if browser:
            return browser.call(method, url, body)
        return self.studio.call(method, url, body, token)


def _multipart(name: str, data: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def _shortened(answer: Any) -> Any:
    """An answer with the first items of its lists of objects."""
    if isinstance(answer, dict):
        return {name: _shortened(part) for name, part in answer.items()}
    if isinstance(answer, list):
        kept = answer[:MAX_ITEMS] if any(isinstance(part, dict) for part in answer) else answer[:20]
        return [_shortened(part) for part in kept]
    return answer


def stored(name: str) -> list[dict[str, Any]]:
    """The stored exchanges of a scene."""
    path = examples.FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def store(name: str, exchanges: list[dict[str, Any]]) -> None:
    """Replace the stored exchanges of a scene."""
    text = json.dumps(exchanges, ensure_ascii=False, indent=1)
    (examples.FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def normalised(name: str, exchanges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The exchanges of a scene with equal ids, tokens and times in every run."""
    seen: dict[str, str] = {}
    result: list[dict[str, Any]] = _replaced(exchanges, "", name, seen)
    text = json.dumps(result, ensure_ascii=False)
    for original, shown in seen.items():  # tokens and cursors also occur where their field does not tell
        text = text.replace(original, shown)
    again: list[dict[str, Any]] = json.loads(text)
    return again


def _replaced(part: Any, field_name: str, name: str, seen: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {_text(key, "", name, seen): _replaced(own, str(key), name, seen) for key, own in part.items()}
    if isinstance(part, list):
        return [_replaced(own, field_name, name, seen) for own in part]
    if isinstance(part, int) and part > _MICROSECONDS:
        return _MICROSECONDS
    return _text(part, field_name, name, seen) if isinstance(part, str) else part


def _text(text: str, field_name: str, name: str, seen: dict[str, str]) -> str:
    looked_up = _LOOKUP.fullmatch(text)
    if looked_up:
        return looked_up[1] + _text(looked_up[2], "token", name, seen)
    if field_name.endswith(("token", "tokens")) and _PLAIN_TOKEN.fullmatch(text):
        seen.setdefault(text, _proquint(f"{name} {len(seen)}"))
        seen.setdefault(text.replace("-", ""), seen[text].replace("-", ""))
        return seen[text]
    if field_name == "prefix":
        return "4ec1f09a"[: len(text)]
    if field_name == "cursor":
        return seen.setdefault(text, "djEuMTIuMw")
    if field_name == "studio_version" or text == __version__:
        return "1.0.0"
    text = _HEX.sub(lambda found: _hex(found[0], name, seen), text)
    text = _TIME.sub(lambda found: f"2026-03-02{found[1]}09:30:00{'.000000' if found[2] else ''}", text)
    text = _DAY.sub("2026-03-02", text) if field_name not in ("created_after",) else text
    text = _SIGNATURE.sub("?X-Amz-Signature=0", text)
    return text.replace("http://front.example.org", HOST)


def _hex(original: str, name: str, seen: dict[str, str]) -> str:
    if original not in seen:
        digits = hashlib.sha256(f"{name} {len(seen)}".encode()).hexdigest()
        seen[original] = digits[: len(original)]
    return seen[original]


def _proquint(seed: str) -> str:
    digits = hashlib.sha256(seed.encode()).digest()
    letters = [(_CONSONANTS, _VOWELS)[place % 2][digits[place] % (16, 4)[place % 2]] for place in range(5)]
    more = [(_CONSONANTS, _VOWELS)[place % 2][digits[place + 5] % (16, 4)[place % 2]] for place in range(5)]
    return f"{''.join(letters)}-{''.join(more)}"

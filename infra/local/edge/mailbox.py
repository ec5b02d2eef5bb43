"""`/local/mail/`: the mails that the application has sent to ministack's SES, newest first. Only the local gateway has
these paths: nothing of them is deployed.

| path | what |
| --- | --- |
| `/local/mail/` | a list |
| `/local/mail/all.json` | the same for programs: `id`, `time`, `from`, `to`, `subject`, `text`, `html` |
| `/local/mail/<id>.txt`, `/local/mail/<id>.html` | a mail as text, as HTML |
"""

import json
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit

import httpcore

from infra.local.edge.responses import Response, problem

PATH = "/local/mail/"
_MESSAGES = b"/_ministack/ses/messages"
# A mail may show itself and its links, and load nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
li { margin: 1rem 0; padding-bottom: 1rem; border-bottom: 1px solid #8888; overflow-wrap: anywhere }
ul { list-style: none; padding: 0 }
"""


class Mailbox:
    """Reads mails from the ministack at `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self._origin = (parts.scheme.encode(), (parts.hostname or "").encode(), parts.port)
        self._pool = httpcore.AsyncConnectionPool(max_connections=4, keepalive_expiry=20)

    async def close(self) -> None:
        """Close the connections to ministack."""
        await self._pool.aclose()

    async def answer(self, method: str, path: str) -> Response:
        """The response to a request below `PATH`."""
        if method not in ("GET", "HEAD"):
            return problem(405, "Method not allowed", "Mails can only be read.", {"allow": "GET, HEAD"})
        mails = _mails(await self._fetch())
        name, _, kind = path.removeprefix(PATH).partition(".")
        if path in (PATH, PATH.rstrip("/")):
            return _page(_listed(mails))
        if (name, kind) == ("all", "json"):
            return _response("application/json", json.dumps(mails, indent=1))
        found = next((mail for mail in mails if mail["id"] == name), None)
        if found is None or kind not in ("txt", "html"):
            return problem(404, "Not found", f"There is no such mail. {PATH} lists all.")
        return _page(found["html"]) if kind == "html" else _response("text/plain; charset=utf-8", _as_text(found))

    async def _fetch(self) -> dict[str, Any]:
        url = httpcore.URL(scheme=self._origin[0], host=self._origin[1], port=self._origin[2], target=_MESSAGES)
        answer = await self._pool.request("GET", url)
        found: dict[str, Any] = json.loads(answer.content)
        return found


def _mails(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """ministack's records, newest first."""
    records = [record for of_account in answer.get("messages", {}).values() for record in of_account]
    return [
        {
            "id": record["MessageId"].partition("@")[0],
            "time": datetime.fromtimestamp(record["Timestamp"], UTC).isoformat(timespec="seconds"),
            "from": record["Source"],
            "to": record["To"],
            "subject": record["Subject"],
            "text": record["BodyText"],
            "html": record["BodyHtml"] or "",
        }
        for record in sorted(records, key=lambda record: record["Timestamp"], reverse=True)
    ]


def _listed(mails: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<li><strong>{escape(mail['subject'])}</strong><br>to {escape(', '.join(mail['to']))}, {mail['time']}<br>"
        f'<a href="{PATH}{mail["id"]}.html">HTML</a> <a href="{PATH}{mail["id"]}.txt">Text</a></li>'
        for mail in mails
    )
    body = f"<ul>{rows}</ul>" if mails else "<p>No mail was sent yet.</p>"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Mail of the local stack</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>Mail of the local stack</h1>{body}</main></body></html>"
    )


def _as_text(mail: dict[str, Any]) -> str:
    return f"From: {mail['from']}\nTo: {', '.join(mail['to'])}\nSubject: {mail['subject']}\n\n{mail['text']}"


def _page(html: str) -> Response:
    return _response("text/html; charset=utf-8", html)


def _response(kind: str, text: str) -> Response:
    headers = {
        "content-type": kind,
        "cache-control": "no-store",
        "content-security-policy": _POLICY,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return Response(200, text.encode(), [*headers.items()])

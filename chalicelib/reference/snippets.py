"""Requests as code to copy: for curl, and for Python with requests."""

import json
import shlex
from typing import Any

from chalicelib.reference.examples import Exchange, at

_WIDTH = 84
_SIGNED_IN = {
    "token": "Authorization: Token $TOKEN",
    "session": "X-CSRFToken: $CSRF_TOKEN",
}


def curl(exchange: Exchange, server: str) -> str:
    """The request for a shell. `$TOKEN` is the caller's API token; with a session, cookies are in `cookies.txt`."""
    parts = [f"curl {shlex.quote(server + exchange.url)}"]
    if exchange.method != "GET":
        parts.append(f"-X {exchange.method}")
    if exchange.caller in _SIGNED_IN and not (exchange.caller == "session" and exchange.method == "GET"):
        parts.append(f'-H "{_SIGNED_IN[exchange.caller]}"')
    if exchange.caller == "session":
        parts.append("-b cookies.txt")
    if exchange.form:
        parts.append(f"-F file=@{exchange.form}")
    elif exchange.body is not None:
        parts += ['-H "Content-Type: application/json"', f"-d {shlex.quote(_json(at(server, exchange.body)))}"]
    return " \\\n  ".join(parts)


def python(exchange: Exchange, server: str) -> str:
    """The request for Python. `token` is the caller's API token; with a session, `session` has signed in."""
    sender = "session" if exchange.caller == "session" else "requests"
    arguments = [f'"{server}{exchange.path}"']
    if exchange.query:
        arguments.append(f"params={_literal(dict(exchange.query))}")
    if exchange.caller == "token":
        arguments.append('headers={"Authorization": f"Token {token}"}')
    if exchange.caller == "session" and exchange.method != "GET":
        arguments.append('headers={"X-CSRFToken": csrf_token}')
    if exchange.form:
        arguments.append(f'files={{"file": open("{exchange.form}", "rb")}}')
    elif exchange.body is not None:
        arguments.append(f"json={_literal(at(server, exchange.body))}")
    call = ",\n".join(_indented(argument) for argument in arguments)
    result = "print(answer.json())" if isinstance(exchange.answer, dict | list) else "print(answer.status_code)"
    start = "import requests\n\n" if sender == "requests" else ""
    return f"{start}answer = {sender}.{exchange.method.lower()}(\n{call},\n)\nanswer.raise_for_status()\n{result}"


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else json.dumps(value, ensure_ascii=False, indent=2)


def _literal(value: Any, indent: str = "") -> str:
    """Data as Python writes it, with double quotes; in several lines if it is long."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list):
        return repr(value)
    start, end = "{}" if isinstance(value, dict) else "[]"
    inner = f"{indent}    "
    pairs = value.items() if isinstance(value, dict) else [("", part) for part in value]
    parts = [f"{json.dumps(name, ensure_ascii=False)}: " * bool(name) + _literal(part, inner) for name, part in pairs]
    line = f"{start}{', '.join(parts)}{end}"
    if len(line) + len(indent) <= _WIDTH and "\n" not in line:
        return line
    return f"{start}\n{inner}" + f",\n{inner}".join(parts) + f",\n{indent}{end}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())

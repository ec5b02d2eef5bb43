"""HTML pages: Jinja2 templates with autoescaping, and the headers that every page is sent with.

Jinja2 is imported when the first page is rendered: most instances of the function never render one.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
STYLE, SCRIPT = "style.css", "try.js"


class Html(str):
    """A page, as a template rendered it. A Reply with this body is sent as HTML with `headers()`."""


def render(template: str, **values: Any) -> Html:
    """Render a file of `templates/`. Values are escaped; templates must not mark any of them as safe."""
    return Html(_environment().get_template(template).render(values))


@cache
def headers() -> dict[str, str]:
    """The headers of a page. Its policy allows our own style and script, by hash, and nothing else."""
    policy = (
        f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; connect-src 'self'; "
        "img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
    }


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    environment.globals.update(style=Markup(_text(STYLE)), script=Markup(_text(SCRIPT)))  # noqa: S704 (our own files)
    return environment


@cache
def _text(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


@cache
def _hash(name: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(_text(name).encode()).digest()).decode()}'"

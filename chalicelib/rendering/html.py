"""HTML pages: Jinja2 templates with autoescaping, and the headers that every page is sent with.

Jinja2 is imported when the first page is rendered: most instances of the function never render one.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.config import settings

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


class Text(str):
    """A body that is sent as it is, with the Content-Type of its reply."""

    def headers(self) -> dict[str, str]:
        """The headers that it is sent with."""
        return {"X-Content-Type-Options": "nosniff"}


class Html(Text):
    """A page, as a template rendered it."""

    def headers(self) -> dict[str, str]:
        return headers()


def render(template: str, **values: Any) -> Html:
    """Render a file of `templates/`. Values are escaped; templates must not mark any of them as safe."""
    return Html(_environment().get_template(template).render(values))


@cache
def headers() -> dict[str, str]:
    """The headers of a page. Its policy allows styles and scripts of `/static/` alone: users' files have our host, too.

    Pictures may be data URLs, as Bootstrap's stylesheet has them. Scripts read files before their upload as blobs.
    """
    own = f"{settings().public_url}/static/"
    policy = (
        f"default-src 'none'; style-src {own}; script-src {own}; worker-src {own}; connect-src 'self'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader

    from chalicelib.rendering import assets, formats, names

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(asset=assets.url)
    environment.filters.update(formats.FILTERS)
    environment.filters.update(names.FILTERS)
    return environment
